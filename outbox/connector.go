package outbox

import (
	_ "embed" // the recommended configuration is a file, so that a connector can be given the same
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
)

//go:embed connector.json
var recommended []byte

// ErrConnector is found in the error of a connector configuration that cannot be followed.
var ErrConnector = errors.New("outbox: connector configuration")

// connector is what of a Debezium connector's configuration shapes a record.
type connector struct {
	id, key, payload, routeBy string
	timestamp, version        string // empty where not asked for
	topics                    *topicRoute
	reroutes                  []*topicRoute
	placements                []placement
	skipMissing               bool
	tombstones                bool
	expand                    *expansion // nil where payloads stay text
	keys, values, headers     converter
	types                     typeModes
	prefix                    string
	messages                  bool
	tables                    *tableList // nil for all
	prefixes                  *tableList // of messages, nil for the outbox's own
	named                     *envelopeNames
}

const (
	eventRouter   = "io.debezium.transforms.outbox.EventRouter"
	decodeMessage = "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent"
)

// readConnector reads a connector's JSON, either the whole with "name" and "config" or the inner object alone. An
// option that would make other records than the relay's is an error, so that the two never differ unnoticed.
func readConnector(data []byte) (*connector, error) {
	all, err := readOptions(data)
	if err != nil {
		return nil, err
	}
	c := &connector{prefix: all.text("topic.prefix", ""), named: &envelopeNames{}}
	c.types, c.tables, c.prefixes = readTypeModes(all), readTableList(all), readPrefixes(all)
	all.refuse()
	router, err := c.chain(all)
	if err != nil {
		return nil, err
	}
	c.route(router)
	c.keys = readConverter(all.below("key.converter"), stringConverter)
	c.values = readConverter(all.below("value.converter"), stringConverter)
	c.headers = readConverter(all.below("header.converter"), simpleConverter)
	if err := all.err(); err != nil {
		return nil, err
	}
	return c, c.check()
}

const regexRouter = "org.apache.kafka.connect.transforms.RegexRouter"

// chain finds the event router. What opens logical decoding messages may come before it, and routers by regular
// expression after it.
func (c *connector) chain(all *options) (*options, error) {
	var router *options
	for name := range strings.SplitSeq(all.text("transforms", ""), ",") {
		one := all.below("transforms." + strings.TrimSpace(name))
		switch class := one.text("type", ""); {
		case class == eventRouter && router == nil:
			router = one
		case class == decodeMessage && router == nil && !c.messages:
			if one.choice("fields.null.include", "false", "true") == "false" {
				one.fail("the relay cannot follow %sfields.null.include = false, which takes columns that are NULL away", one.prefix)
			}
			one.rest()
			c.messages = true
		case class == regexRouter && router != nil:
			c.reroutes = append(c.reroutes, one.topicRoute("regex", "", "replacement", ""))
			one.rest()
		default:
			return nil, fmt.Errorf("%w: the transformation %q of type %q; the relay follows one %s, %s before it and %s after it",
				ErrConnector, name, class, eventRouter, decodeMessage, regexRouter)
		}
	}
	if router == nil {
		return nil, fmt.Errorf("%w: there is no transformation %s", ErrConnector, eventRouter)
	}
	return router, nil
}

// route reads the options of the event router.
func (c *connector) route(o *options) {
	c.id, c.key = o.text("table.field.event.id", "id"), o.text("table.field.event.key", "aggregateid")
	c.payload, c.routeBy = o.text("table.field.event.payload", "payload"), o.text("route.by.field", "aggregatetype")
	c.timestamp, c.version = o.text("table.field.event.timestamp", ""), o.text("table.field.event.schema.version", "")
	o.text("table.field.event.type", "") // Debezium declares it and makes nothing of it
	c.topics = o.topicRoute("route.topic.regex", "(?<routedByValue>.*)", "route.topic.replacement", bus.TopicPrefix+"${routedByValue}")
	c.placements = o.placements("table.fields.additional.placement")
	c.skipMissing = o.choice("table.field.additional.missing", "error", "ignore") == "ignore"
	c.tombstones = o.flag("route.tombstone.on.empty.payload", false)
	o.choice("table.op.invalid.behavior", "warn", "error", "fatal") // of updates, which the publication leaves out
	nulls := o.choice("table.json.payload.null.behavior", "ignore", "optional_bytes")
	arrays := o.choice("table.json.payload.empty.array.behavior", "ignore", "optional_string")
	o.choice("field.name.adjustment.mode", "none")
	if o.flag("table.expand.json.payload", false) {
		c.expand = &expansion{nulls: nulls == "optional_bytes", emptyArrays: arrays == "optional_string"}
	}
	for _, tracing := range []string{"span.context.field", "operation.name", "with.context.field.only"} {
		o.text("tracing."+tracing, "") // only with OpenTelemetry's agent in the worker
	}
	o.rest()
}

func (c *connector) enveloped() bool {
	return slices.ContainsFunc(c.placements, func(p placement) bool { return p.where == inEnvelope })
}

// check refuses options that are fine alone and make something together that only Java can write.
func (c *connector) check() error {
	json, isJSON := c.values.json()
	switch {
	case c.enveloped() && !isJSON:
		return fmt.Errorf("%w: a column placed in the envelope needs %s for value.converter; others write a Java object's own text",
			ErrConnector, jsonConverter)
	case c.expand != nil && !isJSON:
		return fmt.Errorf("%w: table.expand.json.payload needs %s for value.converter; others write a Java object's own text",
			ErrConnector, jsonConverter)
	case c.expand != nil && c.enveloped() && c.version != "" && json.schemas:
		return fmt.Errorf("%w: table.field.event.schema.version with table.expand.json.payload gives all payloads of one version "+
			"the schema of the first", ErrConnector)
	case c.enveloped() && json.schemas && c.prefix == "":
		return fmt.Errorf("%w: topic.prefix is missing; it is part of the schema's name", ErrConnector)
	}
	names := map[string]bool{"payload": true}
	for _, p := range c.placements {
		if p.where == inEnvelope {
			if names[p.alias] {
				return fmt.Errorf("%w: two fields of the envelope are named %q", ErrConnector, p.alias)
			}
			names[p.alias] = true
		}
	}
	return nil
}
