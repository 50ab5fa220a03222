/** What RFC 9457 calls a problem: the data of an error that the server tells. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
}

/**
 * Why something failed:
 *
 * - "answer": the server says so; `code` is that of JSON-RPC, and `problem` is there where the server tells more.
 * - "lost": the connection was lost before the answer came, so a call may have been done. `code` is the WebSocket's, 1006 where there is none.
 * - "closed": the client was closed, or the server does not want it back; `code` is the WebSocket's.
 * - "timeout": no answer came in time.
 */
export type Reason = "answer" | "lost" | "closed" | "timeout";

/** Everything that the client throws or tells of, but for the reason of an AbortSignal, which is thrown as it is. */
export class PushError extends Error {
  override readonly name = "PushError";

  constructor(
    readonly reason: Reason,
    readonly code: number,
    message: string,
    readonly problem?: Problem,
  ) {
    super(message);
  }
}

/** The error of an answer. */
export function answered(error: { code: number; message: string; data?: unknown }): PushError {
  const data = error.data;
  const told = typeof data === "object" && data !== null && "status" in data ? (data as Problem) : undefined;
  return new PushError("answer", error.code, error.message, told);
}
