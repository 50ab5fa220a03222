package outbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/millrace/millrace/bus"
)

// router makes records of the rows of one relation, as Debezium's outbox event router does.
type router struct {
	connector *connector
	seq       int // the column of poll mode, -1 for none
	routeBy   slot
	id, key   slot
	headers   []placedHeader
	value     *eventValue
	partition *slot
	timestamp *slot
	width     int
}

// slot is a column with what becomes of it.
type slot struct {
	column   int
	fallback []byte
	encode   func(raw []byte) ([]byte, error)
}

// raw is the column's text, nil for NULL, which a default replaces.
func (s slot) raw(values [][]byte) []byte {
	if raw := values[s.column]; raw != nil {
		return raw
	}
	return s.fallback
}

func (s slot) write(values [][]byte) ([]byte, error) { return s.encode(s.raw(values)) }

type placedHeader struct {
	name string
	slot slot
}

// routing makes a router, column by column.
type routing struct {
	relation  walRelation
	connector *connector
}

func newRouter(relation walRelation, c *connector) (*router, error) {
	making := routing{relation, c}
	r := &router{connector: c, seq: making.find("seq"), width: len(relation.columns)}
	if making.find("xact") < 0 { // the table's owners number its rows themselves
		r.seq = -1
	}
	var err error
	if r.routeBy, err = making.slot(c.routeBy, converter{class: stringConverter, option: "route.by.field"}); err != nil {
		return nil, err
	}
	if r.id, err = making.slot(c.id, c.headers); err != nil {
		return nil, err
	}
	if r.key, err = making.slot(c.key, c.keys); err != nil {
		return nil, err
	}
	if r.value, err = making.value(); err != nil {
		return nil, err
	}
	if c.timestamp != "" {
		if r.timestamp, err = making.typed(c.timestamp, oidTimestamp, "a timestamp without time zone"); err != nil {
			return nil, err
		}
	}
	return r, making.place(r)
}

// place adds the placed headers and the partition; the envelope is the value's.
func (m routing) place(r *router) error {
	for _, p := range m.connector.placements {
		var err error
		switch at := m.find(p.column); {
		case at < 0 && m.connector.skipMissing:
		case p.where == inHeader:
			header := placedHeader{name: p.alias}
			header.slot, err = m.slot(p.column, m.connector.headers)
			r.headers = append(r.headers, header)
		case p.where == asPartition:
			r.partition, err = m.typed(p.column, oidInt4, "an integer")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m routing) find(name string) int {
	return slices.IndexFunc(m.relation.columns, func(column walColumn) bool { return column.name == name })
}

func (m routing) field(name string) (*field, int, error) {
	at := m.find(name)
	if at < 0 {
		return nil, at, fmt.Errorf("%w: table %s has no column %q", ErrTable, m.relation.name, name)
	}
	c := m.connector
	f, err := c.types.field(m.relation.columns[at], c.keys.writesSchemas() || c.values.writesSchemas() || c.headers.writesSchemas())
	return f, at, err
}

func (m routing) slot(name string, c converter) (slot, error) {
	f, at, err := m.field(name)
	if err != nil {
		return slot{}, err
	}
	encode, err := c.encode(f)
	return slot{column: at, fallback: f.fallback, encode: encode}, err
}

// typed is a column that the record's own fields are made of.
func (m routing) typed(name string, oid uint32, kind string) (*slot, error) {
	f, at, err := m.field(name)
	if err == nil && f.column.oid != oid {
		err = fmt.Errorf("%w: column %q must be %s", ErrTable, name, kind)
	}
	if err != nil {
		return nil, err
	}
	return &slot{column: at, fallback: f.fallback}, nil
}

// record makes a row's record. What it returns may share the row's bytes.
func (r *router) record(values [][]byte) (bus.Record, error) {
	if len(values) != r.width {
		return bus.Record{}, fmt.Errorf("%w: a row of %d columns, not %d", errMalformed, len(values), r.width)
	}
	route, err := r.routeBy.write(values)
	if err == nil && len(route) == 0 {
		err = fmt.Errorf("%w: a row without the column that routes it", ErrTable)
	}
	if err != nil {
		return bus.Record{}, err
	}
	record := bus.Record{Topic: r.topic(route), Headers: make(bus.Headers, 0, 1+len(r.headers))}
	if record.Key, err = r.key.write(values); err != nil {
		return bus.Record{}, err
	}
	if record.Value, err = r.value.write(values, route); err != nil {
		return bus.Record{}, err
	}
	id, err := r.id.write(values)
	if err != nil {
		return bus.Record{}, err
	}
	record.Headers = append(record.Headers, bus.Header{Key: "id", Value: id})
	for _, header := range r.headers {
		value, err := header.slot.write(values)
		if err != nil {
			return bus.Record{}, err
		}
		record.Headers = append(record.Headers, bus.Header{Key: header.name, Value: value})
	}
	return r.placed(record, values)
}

func (r *router) topic(route []byte) bus.Topic {
	topic := r.connector.topics.topic(route)
	for _, again := range r.connector.reroutes {
		topic = again.topic([]byte(topic))
	}
	return topic
}

// polled says that a poller publishes the row: it has a number in the column that poll mode adds.
func (r *router) polled(values [][]byte) bool {
	return r.seq >= 0 && len(values) == r.width && values[r.seq] != nil
}

// placed adds what columns say of the record's time and partition.
func (r *router) placed(record bus.Record, values [][]byte) (bus.Record, error) {
	if r.timestamp != nil {
		if raw := r.timestamp.raw(values); raw != nil {
			millis, err := epoch(raw, millisecond)
			if err != nil {
				return bus.Record{}, err
			}
			record.Time = time.UnixMilli(millis)
		}
	}
	if r.partition != nil {
		if raw := r.partition.raw(values); raw != nil {
			number, err := strconv.ParseInt(string(raw), 10, 32)
			if err != nil || number < 0 {
				return bus.Record{}, fmt.Errorf("%w: a row whose partition is %s", ErrTable, raw)
			}
			return record.To(bus.Partition(number)), nil
		}
	}
	return record, nil
}
