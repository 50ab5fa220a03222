/** What watches a queue's reader. */
export interface Watch {
  /** A value was taken, and so many are left. */
  taken(left: number): void;
  /** The reader wants no more. It is called once, and not after the end. */
  left(): void;
}

/** Values that one reader takes, one after the other. All of them are handed out before the end is. */
export class Queue<T> implements AsyncIterableIterator<T, undefined> {
  #values: T[] = [];
  #head = 0;
  #readers: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void }[] = [];
  #over = false;
  #error: { of: unknown } | undefined;

  constructor(private readonly watch: Watch) {}

  get size(): number {
    return this.#values.length - this.#head;
  }

  push(...values: T[]): void {
    if (this.#over) return;
    for (const value of values) this.#values.push(value);
    while (this.size > 0 && this.#readers.length > 0) {
      this.#readers.shift()!.resolve({ done: false, value: this.#take() });
    }
  }

  /** end says that nothing comes any more, because of an error where there is one. */
  end(error?: { of: unknown }): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) this.#last(reader.resolve, reader.reject);
  }

  /** drop forgets what was not taken. */
  drop(): void {
    this.#values = [];
    this.#head = 0;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.size > 0) resolve({ done: false, value: this.#take() });
      else if (this.#over) this.#last(resolve, reject);
      else this.#readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.drop();
    if (!this.#over) {
      this.end();
      this.watch.left();
    }
    this.#error = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T {
    const value = this.#values[this.#head++] as T;
    if (this.#head === this.#values.length) this.drop();
    this.watch.taken(this.size);
    return value;
  }

  #last(resolve: (result: IteratorResult<T, undefined>) => void, reject: (error: unknown) => void): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) reject(error.of);
    else resolve({ done: true, value: undefined });
  }
}
