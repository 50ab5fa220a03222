package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errFindings: doctor found something that must be changed.
var errFindings = errors.New("doctor found something to change")

// severity says how much a finding matters.
type severity string

const (
	fine   severity = "ok"
	advice severity = "advice"
	fault  severity = "problem"
	// hidden is a setting that the server does not tell.
	hidden severity = "unknown"
)

// finding is one thing that doctor looked at. Change is what to do, and empty where there is nothing to do.
type finding struct {
	Severity    severity `json:"severity"`
	Server      string   `json:"server"`
	Subject     string   `json:"subject"`
	Found       string   `json:"found"`
	Recommended string   `json:"recommended,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Change      string   `json:"change,omitempty"`
	// Setting says that the subject is the name of a setting or feature, one that deploy/kafka explains.
	Setting bool `json:"setting,omitempty"`
}

// unreachable is the finding of a server that does not answer.
func unreachable(server string, err error) []finding {
	return []finding{{
		Severity: fault, Server: server, Subject: "connection", Found: err.Error(), Recommended: "an answer",
		Change: "check the address, and that the server runs",
	}}
}

// judge settles a finding: where good is true there is nothing to do about it.
func judge(good bool, f finding) finding {
	if good {
		f.Severity, f.Change = fine, ""
	}
	return f
}

// rule is one recommended setting.
type rule struct {
	name string
	// want is the recommendation as people read it.
	want  string
	holds func(found string) bool
	// bad is how much a setting that breaks the rule matters.
	bad    severity
	reason string
	// change is what to do about it.
	change string
}

// check judges what a server says of its settings.
func (r rule) check(server string, settings map[string]string) finding {
	found, told := settings[r.name]
	f := finding{
		Severity: r.bad, Server: server, Subject: r.name, Found: found, Recommended: r.want, Reason: r.reason, Change: r.change,
		Setting: true,
	}
	if !told {
		f.Severity, f.Found, f.Change = hidden, "not told", ""
		return f
	}
	return judge(r.holds(found), f)
}

func checkAll(server string, settings map[string]string, rules []rule) []finding {
	findings := make([]finding, len(rules))
	for i, r := range rules {
		findings[i] = r.check(server, settings)
	}
	return findings
}

const shown = 3

// counted names the first few.
func counted(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > shown:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// worst is the finding that matters most of those that several brokers gave for one rule.
func worst(findings []finding) finding {
	order := []severity{hidden, fine, advice, fault}
	return slices.MaxFunc(findings, func(a, b finding) int {
		return slices.Index(order, a.Severity) - slices.Index(order, b.Severity)
	})
}
