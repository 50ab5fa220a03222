package confluent

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
)

const requestLimit = 10 * time.Second

// Registry is a Confluent-compatible schema registry. It is safe for concurrent use.
type Registry struct {
	client    *sr.Client
	transport *http.Transport
	subject   func(*bus.Contract) string
	known     sync.Map // *bus.Contract to its entry
	writers   sync.Map // id to bus.Schema
}

var _ bus.Framing = (*Registry)(nil)

// entry is a contract's schema and the id that the registry gave it.
type entry struct {
	schema bus.Schema
	id     int
}

// New makes a registry from its address: https://user:password@host:port, several separated by commas. The address may
// end with ?ca=FILE&cert=FILE&key=FILE, PEM files as in the address of a bus, and &token_file=FILE for a bearer token
// that is read for each request. Nothing is contacted yet.
func New(address string, opts ...Option) (*Registry, error) {
	s, err := newSettings(address, opts)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented to be one
	transport.TLSClientConfig = s.tls
	client, err := sr.NewClient(
		sr.URLs(s.urls...), sr.UserAgent("millrace"), sr.PreReq(s.authorize),
		sr.HTTPClient(&http.Client{Transport: transport, Timeout: requestLimit}),
	)
	if err != nil {
		return nil, fmt.Errorf("confluent: %w", err)
	}
	return &Registry{client: client, transport: transport, subject: s.subject}, nil
}

// Close frees the connections. Close the bus first.
func (r *Registry) Close() error {
	r.transport.CloseIdleConnections()
	return nil
}

// Name is what the header [bus.HeaderFraming] says.
func (*Registry) Name() string { return "confluent" }

// Schema returns [bus.ErrNoSchema]: the registry knows ids and no versions of contracts.
func (*Registry) Schema(_ context.Context, contract string, version int) (bus.Schema, error) {
	return bus.Schema{}, fmt.Errorf("%w: %s version %d was written without the registry's wire format, which alone names its schema",
		bus.ErrNoSchema, contract, version)
}

// entry finds a contract's id. It does not register anything.
func (r *Registry) entry(ctx context.Context, c *bus.Contract) (entry, error) {
	if known, ok := r.known.Load(c); ok {
		return known.(entry), nil //nolint:forcetypeassert // nothing else is stored
	}
	schema, err := c.Schema()
	if err != nil {
		return entry{}, err
	}
	theirs, err := r.theirs(ctx, schema)
	if err != nil {
		return entry{}, err
	}
	found, err := r.client.LookupSchema(ctx, r.subject(c), theirs)
	if err != nil {
		return entry{}, failure("look for "+c.Name(), err)
	}
	return r.remember(c, schema, found.ID), nil
}

func (r *Registry) remember(c *bus.Contract, schema bus.Schema, id int) entry {
	e := entry{schema: schema, id: id}
	r.known.Store(c, e)
	return e
}

// theirs is a schema in the registry's form. What it imports must be registered.
func (r *Registry) theirs(ctx context.Context, schema bus.Schema) (sr.Schema, error) {
	theirs, err := form(schema)
	if err != nil {
		return theirs, err
	}
	versions := make(map[string]int, len(schema.References))
	for _, reference := range schema.References {
		imported := importForm(schema.Type, reference, versions)
		found, err := r.client.LookupSchema(ctx, reference.Name, imported)
		if err != nil {
			return theirs, failure("look for the import "+reference.Name, err)
		}
		versions[reference.Name] = found.Version
	}
	theirs.References = links(names(schema.References), versions)
	return theirs, nil
}
