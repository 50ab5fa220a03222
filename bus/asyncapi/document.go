package asyncapi

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bus"
)

type document struct {
	AsyncAPI    string                `json:"asyncapi"`
	Info        info                  `json:"info"`
	ContentType string                `json:"defaultContentType"`
	Servers     map[string]server     `json:"servers,omitempty"`
	Channels    map[string]*channel   `json:"channels"`
	Operations  map[string]*operation `json:"operations,omitempty"`
	Components  components            `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}

type server struct {
	Host     string `json:"host"`
	Protocol string `json:"protocol"`
	Security []ref  `json:"security,omitempty"`
}

type channel struct {
	Address  string                   `json:"address"`
	Messages map[string]ref           `json:"messages"`
	Bindings bindings[channelBinding] `json:"bindings"`
}

type operation struct {
	Action   string                      `json:"action"`
	Channel  ref                         `json:"channel"`
	Messages []ref                       `json:"messages"`
	Bindings *bindings[operationBinding] `json:"bindings,omitempty"`
}

type message struct {
	Name        string                   `json:"name"`
	ContentType string                   `json:"contentType"`
	Headers     any                      `json:"headers"`
	Payload     *ref                     `json:"payload,omitempty"`
	Bindings    bindings[messageBinding] `json:"bindings"`
	Version     int                      `json:"x-schema-version"`
	Sensitive   []string                 `json:"x-sensitive,omitempty"`
}

type components struct {
	Messages map[string]message `json:"messages,omitempty"`
	Schemas  map[string]any     `json:"schemas"`
	Security map[string]scheme  `json:"securitySchemes,omitempty"`
}

type ref struct {
	To string `json:"$ref"`
}

func newDocument(about About) *document {
	return &document{
		AsyncAPI: "3.0.0", Info: info{about.Title, about.Version, about.Description}, ContentType: "application/json",
		Servers: map[string]server{}, Channels: map[string]*channel{}, Operations: map[string]*operation{},
		Components: components{
			Messages: map[string]message{}, Schemas: map[string]any{headersName: headers()}, Security: map[string]scheme{},
		},
	}
}

var serverName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (d *document) servers(addresses map[string]string) error {
	for name, address := range addresses {
		if !serverName.MatchString(name) {
			return fmt.Errorf("the server's name %q must be of the characters a-z A-Z 0-9 _ -", name)
		}
		reached, err := accessOf(address)
		if err != nil {
			return fmt.Errorf("server %s: %w", name, err)
		}
		for i, broker := range reached.brokers {
			numbered := name
			if i > 0 {
				numbered += "-" + strconv.Itoa(i+1)
			}
			if _, taken := d.Servers[numbered]; taken {
				return fmt.Errorf("two servers are called %s: a cluster's further brokers have numbers behind its name; choose another", numbered)
			}
			d.Servers[numbered] = server{broker, reached.protocol, d.demand(reached)}
		}
	}
	return nil
}

func (d *document) channel(spec bus.TopicSpec) error {
	binding, err := bindingOf(spec)
	if err != nil {
		return err
	}
	d.Channels[string(spec.Name)] = &channel{string(spec.Name), map[string]ref{}, kafka(binding)}
	return nil
}

func (d *document) message(c *bus.Contract) error {
	if _, known := d.Components.Messages[c.Name()]; known {
		return nil
	}
	schema, err := c.Schema()
	if err != nil {
		return fmt.Errorf("the schema of %s: %w", c.Name(), err)
	}
	m := message{
		Name: c.Name(), ContentType: c.ContentType(), Headers: headersOf(c), Bindings: kafka(messageBinding{text(), bindingVersion}),
		Version: c.Version(), Sensitive: c.Sensitive(),
	}
	if schema.Text != "" {
		at := pointer("components", "schemas", c.Name())
		if d.Components.Schemas[c.Name()], err = embed(schema, at); err != nil {
			return fmt.Errorf("the schema of %s: %w", c.Name(), err)
		}
		m.Payload = &ref{at}
	}
	d.Components.Messages[c.Name()] = m
	channel := d.Channels[string(c.Topic())]
	channel.Messages[c.Name()] = ref{pointer("components", "messages", c.Name())}
	channel.Bindings.Kafka.Partitions = max(channel.Bindings.Kafka.Partitions, c.Partitions())
	return nil
}

// operations adds what the application does with a definition. A group's events of one topic, and what is sent to one, are one operation.
func (d *document) operations(def bus.Definition) error {
	r, is := def.(role)
	if !is {
		return nil
	}
	c := r.Contract()
	topic := string(c.Topic())
	id := r.action + "/" + topic
	if r.action == receive {
		if r.group == "" {
			return fmt.Errorf("%s is received by a group without a name: give Receives the one of Subscribe", c.Name())
		}
		id = r.action + "/" + r.group + "/" + topic
	}
	o := d.Operations[id]
	if o == nil {
		o = &operation{Action: r.action, Channel: ref{pointer("channels", topic)}}
		if r.action == receive {
			of := kafka(operationBinding{text(r.group), bindingVersion})
			o.Bindings = &of
		}
		d.Operations[id] = o
	}
	takes := ref{pointer("channels", topic, "messages", c.Name())}
	if at, there := slices.BinarySearchFunc(o.Messages, takes, func(a, b ref) int { return strings.Compare(a.To, b.To) }); !there {
		o.Messages = slices.Insert(o.Messages, at, takes)
	}
	return d.operations(r.Definition)
}
