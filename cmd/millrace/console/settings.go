package console

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/millrace/millrace/httpapi/admin"
)

// Setting is something that the process was started with. Its value may be a secret: what is shown of it is [Setting.Shown].
type Setting struct{ Name, Value, Source string }

// hidden stands for what is not shown.
const hidden = "(hidden)"

var secretName = regexp.MustCompile(`(?i)secret|password|passwd|token|credential|private|api_?key|headers|_key$|-key$`)

// Shown is the value without secrets: of an address no password, and no parameter that is not known to be harmless; of what is named like a
// secret nothing, unless it is a file's name.
func (s Setting) Shown() string {
	switch {
	case s.Value == "":
		return ""
	case strings.Contains(s.Value, "://"):
		return hideInAddress(s.Value)
	case secretName.MatchString(s.Name) && !fileName.MatchString(s.Value):
		return hidden
	}
	return s.Value
}

var (
	fileName = regexp.MustCompile(`^(/|\./)[\w./-]+\.(pem|key|txt|json|secret|tokens)$`)
	harmless = []string{ //nolint:gochecknoglobals // constant
		"sslmode", "application_name", "connect_timeout", "pool_max_conns", "tls", "sasl", "mechanism", "db", "protocol", "search_path",
	}
)

// hideInAddress takes the password and unknown parameters out of an address, which may name several hosts.
func hideInAddress(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	rest, query, asks := strings.Cut(rest, "?")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, _, secret := strings.Cut(rest[:at], ":")
		if secret {
			user += ":" + hidden
		}
		rest = user + rest[at:]
	}
	shown := scheme + "://" + rest
	if !asks {
		return shown
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return shown + "?" + hidden
	}
	var parameters []string
	for name, given := range values {
		value := strings.Join(given, ",")
		if !slices.Contains(harmless, name) {
			value = hidden
		}
		parameters = append(parameters, name+"="+value)
	}
	slices.Sort(parameters)
	return shown + "?" + strings.Join(parameters, "&")
}

func (l *looker) settingSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[Setting]{
		Name: "configuration", Title: "Configuration", About: "What this process was started with. Secrets are hidden.",
		ID: func(s Setting) string { return joined(s.Source, s.Name) },
		Read: func(context.Context) ([]Setting, error) {
			return slices.Clone(l.Settings), nil
		},
		Columns: []admin.Column[Setting]{
			admin.Code("name", "Name", func(s Setting) string { return s.Name }),
			admin.Code("value", "Value", Setting.Shown),
			admin.Text("source", "Source", func(s Setting) string { return s.Source }).Filtered(),
		},
		Facts: func(all []Setting) []admin.Fact {
			facts := []admin.Fact{}
			for _, s := range all {
				if s.Source == SourceProcess {
					facts = append(facts, admin.Describe(s, admin.Code("value", s.Name, Setting.Shown))...)
				}
			}
			return facts
		},
	})
}

// Where settings come from.
const (
	SourceFlag        = "flag"
	SourceEnvironment = "environment"
	SourceProcess     = "process" // what the process is, such as its version
)
