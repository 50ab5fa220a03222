package console

import (
	"context"
	"maps"
	"slices"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

// connected is how many connections something has.
type connected struct {
	what, name  string
	connections int
}

const (
	whatFormat  = "format"
	whatChannel = "channel"
	whatTenant  = "tenant"
)

func (l *looker) connections(context.Context) ([]connected, error) {
	if l.Hub == nil {
		return []connected{}, nil
	}
	census := l.Hub.Census()
	all := []connected{}
	for _, format := range slices.Sorted(maps.Keys(census.Formats)) {
		all = append(all, connected{whatFormat, format, census.Formats[format]})
	}
	for _, c := range census.Channels {
		all = append(all, connected{whatChannel, c.Name, c.Connections})
	}
	for _, c := range census.Tenants {
		all = append(all, connected{whatTenant, c.Name, c.Connections})
	}
	return all, nil
}

func (l *looker) pushSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[connected]{
		Name: "push", Title: "Push connections",
		About: "Who is connected to this process's hub: by format, by channel and by tenant, the 100 with the most.",
		ID:    func(c connected) string { return joined(c.what, c.name) }, Order: "-connections", Read: l.connections,
		Tenant: func(c connected) request.Tenant {
			if c.what == whatTenant {
				return request.Tenant(c.name)
			}
			return ""
		},
		Columns: []admin.Column[connected]{
			admin.Code("name", "Name", func(c connected) string { return c.name }),
			admin.Text("what", "What", func(c connected) string { return c.what }).Filtered(),
			admin.Number("connections", "Connections", func(c connected) int64 { return int64(c.connections) }),
		},
		Facts: func(all []connected) []admin.Fact {
			var connections, channels, tenants int64
			for _, c := range all {
				switch c.what {
				case whatFormat:
					connections += int64(c.connections)
				case whatChannel:
					channels++
				default:
					tenants++
				}
			}
			return []admin.Fact{
				count("connections", "Connections", connections, admin.ToneNone), count("channels", "Channels", channels, admin.ToneNone),
				count("tenants", "Tenants", tenants, admin.ToneNone),
			}
		},
	})
}
