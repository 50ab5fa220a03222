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

// Shown is the value without secrets. Of what is named like a secret nothing is shown, unless it is a file's name. Of an address, which begins
// with a scheme or is named like one, the password, the parameters that are not known to be harmless, and the path of a web address are hidden; one
// that cannot be read without doubt is hidden whole.
func (s Setting) Shown() string {
	switch {
	case s.Value == "":
		return ""
	case secretName.MatchString(s.Name) && !fileName.MatchString(s.Value):
		return hidden
	case strings.Contains(s.Value, "://"):
		return hideInAddress(s.Value)
	case addressName.MatchString(s.Name) && !hosts.MatchString(s.Value):
		return hidden
	}
	return s.Value
}

var (
	addressName = regexp.MustCompile(`(?i)url|uri|dsn|database|postgres|redis|kafka|broker|endpoint`)
	hosts       = regexp.MustCompile(`^[\w.-]*(:\d+)?(,[\w.-]+(:\d+)?)*$`)
	fileName    = regexp.MustCompile(`^(/|\./)[\w./-]+\.(pem|key|txt|json|secret|tokens)$`)
	harmless    = []string{ //nolint:gochecknoglobals // constant
		"sslmode", "application_name", "connect_timeout", "pool_max_conns", "tls", "sasl", "mechanism", "db", "protocol", "search_path",
	}
)

// hideInAddress takes the password and unknown parameters out of an address, which may name several hosts. What stands behind a ? or a # and has an @
// may be the rest of a password.
func hideInAddress(address string) string {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || strings.Contains(at.Path+at.RawQuery+at.Fragment, "@") {
		return hidden
	}
	shown := at.Scheme + "://"
	if at.User != nil {
		shown += at.User.Username()
		if _, secret := at.User.Password(); secret {
			shown += ":" + hidden
		}
		shown += "@"
	}
	shown += at.Host
	switch {
	case at.Path == "" || at.Path == "/":
		shown += at.Path
	case at.Scheme == "http" || at.Scheme == "https": // it may be known to nobody else
		shown += "/" + hidden
	default:
		shown += at.EscapedPath()
	}
	var parameters []string
	for name, given := range at.Query() {
		value := strings.Join(given, ",")
		if !slices.Contains(harmless, name) {
			value = hidden
		}
		parameters = append(parameters, name+"="+value)
	}
	if len(parameters) == 0 {
		return shown
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
