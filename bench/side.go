package main

import "context"

// side is one library under test.
type side struct {
	name string
	// share is the part of the events that this side is given, so that a slow one does not take the whole run.
	share int
	// publish writes n events to the topic, in batches, and returns when all are acknowledged.
	publish func(ctx context.Context, topic string, n int) error
	// consume decodes and handles the events of the topic as a new group, until ctx ends.
	consume func(ctx context.Context, topic, group string, handle func(payload)) error
	// one publishes a single event and returns when it is acknowledged.
	one func(ctx context.Context, topic string, i int) error
}
