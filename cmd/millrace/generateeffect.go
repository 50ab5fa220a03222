package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// effect is the notation of schemas of Effect 4. Their types are those of typescript.
type effect struct{}

const effectImports = `
import { Schema } from "effect";
import { Rpc, RpcGroup } from "effect/rpc";
`

const effectFailures = `
/** What the server tells of a failure, as RFC 9457 says. */
export const Problem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Finite,
  detail: Schema.optionalKey(Schema.String),
});

/** Why a call failed: the code is that of JSON-RPC. */
export const Failure = Schema.Struct({ code: Schema.Finite, message: Schema.String, data: Schema.optionalKey(Problem) });
`

// procedure is the definition of a method or a stream.
func procedure(name, params, result string, stream bool) string {
	streams := ""
	if stream {
		streams = ", stream: true"
	}
	return fmt.Sprintf("Rpc.make(%s, { payload: %s, success: %s, error: Failure%s })", quoted(name), params, result, streams)
}

func (effect) word(name string) string {
	switch name {
	case "DateTime", "Base64", "string":
		return "Schema.String"
	case "number":
		return "Schema.Finite"
	default:
		return "Schema." + pascal(name)
	}
}

func (effect) reference(name string) string {
	return fmt.Sprintf("Schema.suspend((): Schema.Codec<%s> => %s)", name, name)
}

func (e effect) literal(value json.RawMessage) string {
	switch text, ok := simple(value); {
	case !ok:
		return e.word("unknown")
	case text == "null":
		return e.word("null")
	default:
		return "Schema.Literal(" + text + ")"
	}
}

func (e effect) union(types []string) string {
	null := e.word("null")
	switch all := alternatives(types, e.word("unknown"), null); {
	case len(all) == 1:
		return all[0]
	case len(all) == 2 && all[1] == null: //nolint:mnd // it and null
		return "Schema.NullOr(" + all[0] + ")"
	default:
		return "Schema.Union([" + strings.Join(all, ", ") + "])"
	}
}

// both has no schema in Effect: its values are not checked, and have TypeScript's type where that is declared.
func (effect) both([]string) string { return "Schema.Any" }

func (effect) list(of string) string { return "Schema.mutable(Schema.Array(" + of + "))" }

func (effect) dictionary(of string) string { return "Schema.Record(Schema.String, " + of + ")" }

func (e effect) object(members []field, rest, indent string) string {
	var into strings.Builder
	into.WriteString("Schema.Struct({\n")
	for _, m := range members {
		written := m.written
		if m.optional {
			written = "Schema.optionalKey(" + written + ")"
		}
		into.WriteString(indent + "  " + property(m.name) + ": " + written + ",\n")
	}
	into.WriteString(indent + "})")
	if rest != "" {
		return "Schema.StructWithRest(" + into.String() + ", [" + e.dictionary(rest) + "])"
	}
	return into.String()
}
