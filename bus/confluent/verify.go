package confluent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
)

// Check compares the contracts that are not registered yet with what is, and asks the registry what it thinks of them.
func (r *Registry) Check(ctx context.Context, contracts ...*bus.Contract) error {
	var errs []error
	for _, c := range contracts {
		errs = append(errs, r.check(ctx, c))
	}
	return errors.Join(errs...)
}

func (r *Registry) check(ctx context.Context, c *bus.Contract) error {
	schema, err := c.Schema()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", bus.ErrContract, c.Name(), err)
	}
	theirs, err := r.theirs(ctx, schema)
	unknownImport := errors.Is(err, bus.ErrNoSchema)
	if err != nil && !unknownImport {
		return err
	}
	if !unknownImport {
		if found, err := r.client.LookupSchema(ctx, r.subject(c), theirs); err == nil {
			r.remember(c, schema, found.ID)
			return nil
		} else if !missing(err) {
			return failure("look for "+c.Name(), err)
		}
	}
	registered, err := r.client.Schemas(ctx, r.subject(c))
	if missing(err) || err == nil && len(registered) == 0 {
		return nil
	}
	if err != nil {
		return failure("read the schemas of "+r.subject(c), err)
	}
	refusals := r.compare(ctx, c, schema, registered)
	if len(refusals) > 0 || unknownImport { // the registry cannot be asked before it knows the imports; it checks again then
		return errors.Join(refusals...)
	}
	return r.ask(ctx, c, theirs)
}

// compare holds the contract's schema against each registered one, as the contract itself asks for.
func (r *Registry) compare(ctx context.Context, c *bus.Contract, schema bus.Schema, registered []sr.SubjectSchema) []error {
	slices.SortFunc(registered, func(a, b sr.SubjectSchema) int { return a.Version - b.Version })
	var refusals []error
	for _, one := range registered {
		imports, err := r.imports(ctx, one.References, nil)
		if err != nil {
			return append(refusals, err)
		}
		changes, err := c.Compare(ours(one.Schema, imports, schema), schema)
		if err != nil {
			return append(refusals, fmt.Errorf("confluent: compare %s with version %d of %s: %w", c.Name(), one.Version, one.Subject, err))
		}
		changes = slices.DeleteFunc(changes, func(change bus.Change) bool { return change.Breaks&c.Compatible() == 0 })
		if len(changes) > 0 {
			refusals = append(refusals, &bus.IncompatibleError{Contract: c.Name(), Registered: one.Version, Changes: changes})
		}
	}
	return refusals
}

// imports reads what a registered schema imports, each behind what it imports itself.
func (r *Registry) imports(ctx context.Context, links []sr.SchemaReference, read []bus.Reference) ([]bus.Reference, error) {
	for _, link := range links {
		if slices.ContainsFunc(read, func(known bus.Reference) bool { return known.Name == link.Name }) {
			continue
		}
		imported, err := r.client.SchemaByVersion(ctx, link.Subject, link.Version)
		if err != nil {
			return nil, failure("read the import "+link.Name, err)
		}
		if read, err = r.imports(ctx, imported.References, read); err != nil {
			return nil, err
		}
		reference := bus.Reference{Name: link.Name, Text: imported.Schema.Schema}
		for _, inner := range imported.References {
			reference.Imports = append(reference.Imports, inner.Name)
		}
		read = append(read, reference)
	}
	return read, nil
}

// ask lets the registry compare by the level that it has for the subject.
func (r *Registry) ask(ctx context.Context, c *bus.Contract, theirs sr.Schema) error {
	answer, err := r.client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), r.subject(c), -2, theirs)
	if missing(err) {
		return nil
	}
	if err != nil {
		return failure("check "+c.Name(), err)
	}
	if answer.Is {
		return nil
	}
	if len(answer.Messages) == 0 {
		answer.Messages = []string{"it does not say why; its level for the subject " + r.subject(c) + " is stricter than the contract's"}
	}
	return refused(c, answer.Messages...)
}

func refused(c *bus.Contract, messages ...string) error {
	refusal := &bus.IncompatibleError{Contract: c.Name()}
	for _, message := range messages {
		refusal.Changes = append(refusal.Changes, bus.Change{What: brief(message)})
	}
	return refusal
}

// Register adds the contracts' schemas, and before them what they import.
func (r *Registry) Register(ctx context.Context, contracts ...*bus.Contract) error {
	for _, c := range contracts {
		if _, known := r.known.Load(c); known {
			continue
		}
		if err := r.register(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *Registry) register(ctx context.Context, c *bus.Contract) error {
	schema, err := c.Schema()
	if err != nil {
		return err
	}
	versions := make(map[string]int, len(schema.References))
	for _, reference := range schema.References {
		imported := importForm(schema.Type, reference, versions)
		if _, err := r.client.RegisterSchema(ctx, reference.Name, imported, -1, -1); err != nil {
			return failure("register the import "+reference.Name, err)
		}
		found, err := r.client.LookupSchema(ctx, reference.Name, imported)
		if err != nil {
			return failure("look for the import "+reference.Name, err)
		}
		versions[reference.Name] = found.Version
	}
	theirs, err := form(schema)
	if err != nil {
		return err
	}
	theirs.References = links(names(schema.References), versions)
	id, err := r.client.RegisterSchema(ctx, r.subject(c), theirs, -1, -1)
	if answer, ok := errors.AsType[*sr.ResponseError](err); ok && answer.StatusCode == http.StatusConflict {
		return refused(c, answer.Error())
	}
	if err != nil {
		return failure("register "+c.Name(), err)
	}
	r.remember(c, schema, id)
	return nil
}
