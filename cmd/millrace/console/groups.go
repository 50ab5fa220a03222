package console

import (
	"context"
	"encoding/json"
	"strings"
)

const (
	changelogSuffix = ".changelog"
	deadSuffix      = ".dlq"
)

// groups are those that have a topic with the suffix.
func (l *looker) groups(ctx context.Context, suffix string) ([]string, error) {
	infos, err := l.Bus.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, info := range infos {
		if group, is := strings.CutSuffix(string(info.Name), suffix); is {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// joined names a row by what it is of.
func joined(parts ...string) string { return strings.Join(parts, "/") }

// anyJSON is a value of any type, as JSON.
type anyJSON = json.RawMessage
