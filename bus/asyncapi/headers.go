package asyncapi

import (
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// headersName is where the headers that all messages have in common are described. No contract has a name without a dot.
const headersName = "headers"

// headers describes the headers of records that [bus.Encode] makes: CloudEvents 1.0 in binary mode, the request's context and the trace.
func headers() map[string]any {
	carried := request.Kafka()
	properties := map[string]any{
		bus.HeaderSpecVersion: text("1.0"),
		bus.HeaderID:          text(),
		bus.HeaderSource:      text(),
		bus.HeaderType:        text(),
		bus.HeaderTime:        instant(),
		bus.HeaderDataSchema:  text(),
		bus.HeaderContentType: text(),
		bus.HeaderSubject:     text(),
		bus.HeaderFraming:     text(),
		carried.Deadline:      instant(),
		"traceparent":         text(),
		"tracestate":          text(),
	}
	for _, name := range []string{carried.Tenant, carried.Principal, carried.Roles, carried.Session, carried.ID, carried.Locale} {
		properties[name] = text()
	}
	return map[string]any{
		"type":        "object",
		"description": "CloudEvents 1.0, Kafka protocol binding in binary mode, and what a request carries along.",
		"required": []string{
			bus.HeaderSpecVersion, bus.HeaderID, bus.HeaderSource, bus.HeaderType, bus.HeaderTime, bus.HeaderDataSchema, bus.HeaderContentType,
		},
		"properties": properties,
	}
}

// headersOf says by which headers a contract's records are told from others of their topic.
func headersOf(c *bus.Contract) map[string]any {
	return map[string]any{"allOf": []any{
		ref{pointer("components", "schemas", headersName)},
		map[string]any{"properties": map[string]any{
			bus.HeaderType: text(c.Name()), bus.HeaderSource: text(c.Source()), bus.HeaderContentType: text(c.ContentType()),
		}},
	}}
}

func instant() map[string]any { return map[string]any{"type": "string", "format": "date-time"} }
