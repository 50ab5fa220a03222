package asyncapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
)

// About is what a document says of the application.
type About struct {
	// Title and Version are needed; Description may be Markdown.
	Title, Version, Description string
	// Servers are Kafka clusters by name, each with its address as [bus.Open] takes it. Of an address the brokers are in the document, each as a
	// server, of which those after the first have a number behind the name; and which kind of authentication it asks for, without what that takes.
	Servers map[string]string
}

// The actions of AsyncAPI's operations.
const (
	send    = "send"
	receive = "receive"
)

// role is a definition with what the application does with it.
type role struct {
	bus.Definition

	action, group string
}

// Sends says that the application publishes the definition's events.
func Sends(def bus.Definition) bus.Definition { return role{def, send, ""} }

// Receives says that the application subscribes to the definition's events as the consumer group.
func Receives(group string, def bus.Definition) bus.Definition { return role{def, receive, group} }

// Document is the AsyncAPI 3.0.0 document of the definitions, as JSON. It is the same for the same definitions, in whatever order they come.
// [Sends] and [Receives] make operations; what is given without them is described alone, and one definition may be given several times.
// Definitions that [bus.Bus.Verify] would refuse without asking the cluster are refused here too, and so is a schema that the document could
// not hold.
func Document(about About, defs ...bus.Definition) ([]byte, error) {
	d, err := describe(about, defs)
	if err != nil {
		return nil, fmt.Errorf("asyncapi: %w", err)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("asyncapi: %w", err)
	}
	return text.Bytes(), nil
}

func describe(about About, defs []bus.Definition) (*document, error) {
	if about.Title == "" || about.Version == "" {
		return nil, errors.New("About needs a Title and a Version")
	}
	for i, def := range defs {
		if !given(def) {
			return nil, fmt.Errorf("definition %d is nil", i+1)
		}
	}
	specs, err := bus.Specs(defs...)
	if err != nil {
		return nil, err
	}
	d := newDocument(about)
	if err := d.servers(about.Servers); err != nil {
		return nil, err
	}
	for _, spec := range specs {
		if err := d.channel(spec); err != nil {
			return nil, err
		}
	}
	for _, def := range defs {
		if err := d.message(def.Contract()); err != nil {
			return nil, err
		}
		if err := d.operations(def); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// given says whether a definition is there, also within a role.
func given(def bus.Definition) bool {
	if r, is := def.(role); is {
		return given(r.Definition)
	}
	return def != nil
}
