package partitions

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
)

// Access is what a group's nodes may do with one resource: the part of a Kafka ACL that does not say who and from where.
type Access struct {
	// Resource is "topic", "group" or "transactional-id".
	Resource string
	Name     string
	// Prefixed says that Name is the beginning of the resource's name.
	Prefixed bool
	// Operations are named as in kafka-acls.sh.
	Operations []string
}

// String is the access as arguments of kafka-acls.sh, beside --add and --allow-principal.
func (a Access) String() string {
	words := []string{"--" + a.Resource, a.Name}
	if a.Prefixed {
		words = append(words, "--resource-pattern-type", "prefixed")
	}
	for _, operation := range a.Operations {
		words = append(words, "--operation", operation)
	}
	return strings.Join(words, " ")
}

// Access lists all that a node needs on a cluster with access control, where handlers emit to the topics given. Create
// can be left out for the group's own topics when they have been made.
func (g *Group) Access(emitted ...bus.Topic) []Access {
	c := g.config
	var all []Access
	allow := func(resource, name string, operations ...string) {
		all = append(all, Access{Resource: resource, Name: name, Operations: operations})
	}
	own := []string{c.changelog(), c.deadTopic()}
	switch {
	case len(c.commands) > 0:
		own = append(own, c.commandTopic(), c.answerTopic())
	case len(c.handlers) == 0:
		own = append(own, c.commandTopic())
	}
	for _, topic := range c.topics() {
		if !slices.Contains(own, topic) {
			allow("topic", topic, "Read", "Describe")
		}
	}
	for _, topic := range own {
		allow("topic", topic, "Create", "Read", "Write", "Describe")
	}
	for _, topic := range emitted {
		allow("topic", string(topic), "Write", "Describe")
	}
	allow("group", c.name, "Read", "Describe")
	return append(all, Access{Resource: "transactional-id", Name: c.name + ".", Prefixed: true, Operations: []string{"Write", "Describe"}})
}
