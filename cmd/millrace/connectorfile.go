package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/millrace/millrace/outbox"
)

// connectorNames are the slot and the publication of a Debezium connector's file, and the relay's own without a file.
func connectorNames(file string) (slot, publication string, err error) {
	if file == "" {
		return outbox.Publication, outbox.Publication, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the one that was asked for
	if err != nil {
		return "", "", fmt.Errorf("--connector: %w", err)
	}
	type options struct {
		Slot        string `json:"slot.name"`
		Publication string `json:"publication.name"`
	}
	var read struct {
		options

		Config *options `json:"config"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return "", "", fmt.Errorf("--connector %s: it must be the JSON object that Kafka Connect is given: %w", file, err)
	}
	if read.Config != nil {
		read.options = *read.Config
	}
	return read.Slot, read.Publication, nil
}
