package outbox

import (
	_ "embed" // the recommended configuration is a file, so that a connector can be given the same
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

//go:embed connector.json
var recommended []byte

// ErrConnector is found in the error of a connector configuration that cannot be followed.
var ErrConnector = errors.New("outbox: connector configuration")

// connector is what of a Debezium connector's configuration shapes a record.
type connector struct {
	placements []placement
}

// placement puts a column into a record header.
type placement struct{ column, header string }

// readConnector reads a connector's JSON, either the whole with "name" and "config" or the inner object alone.
func readConnector(data []byte) (connector, error) {
	var whole struct {
		Config map[string]string `json:"config"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return connector{}, fmt.Errorf("%w: %w", ErrConnector, err)
	}
	config := whole.Config
	var c connector
	for key, value := range config {
		name, ok := strings.CutSuffix(key, ".type")
		if !ok || value != "io.debezium.transforms.outbox.EventRouter" {
			continue
		}
		list := config[name+".table.fields.additional.placement"]
		for item := range strings.SplitSeq(list, ",") {
			parts := strings.Split(strings.TrimSpace(item), ":")
			if len(parts) < 2 || len(parts) > 3 || parts[1] != "header" {
				return connector{}, fmt.Errorf("%w: placement %q must be column:header[:alias]", ErrConnector, item)
			}
			c.placements = append(c.placements, placement{column: parts[0], header: parts[len(parts)-1]})
			if len(parts) == 2 {
				c.placements[len(c.placements)-1].header = parts[0]
			}
		}
		return c, nil
	}
	return connector{}, fmt.Errorf("%w: it has no EventRouter transformation", ErrConnector)
}
