package outbox

import "strings"

// placement puts a column somewhere into a record.
type placement struct {
	column string
	where  place
	alias  string
}

type place string

const (
	inHeader    place = "header"
	inEnvelope  place = "envelope"
	asPartition place = "partition"
)

// placements takes out a list of column:place[:alias].
func (o *options) placements(name string) []placement {
	if _, set := o.values[name]; !set {
		return nil
	}
	var placed []placement
	for item := range strings.SplitSeq(o.text(name, ""), ",") {
		parts := strings.Split(item, ":")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[len(parts)-1] == "" {
			o.fail("placement %q must be column:place[:alias]", item)
			continue
		}
		p := placement{column: parts[0], where: place(strings.ToLower(parts[1])), alias: parts[len(parts)-1]}
		if len(parts) == 2 { //nolint:mnd // without an alias
			p.alias = p.column
		}
		switch p.where {
		case inHeader, inEnvelope, asPartition:
			placed = append(placed, p)
		default:
			o.fail("placement %q must be in header, envelope or partition", item)
		}
	}
	return placed
}
