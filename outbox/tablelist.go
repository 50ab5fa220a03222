package outbox

import (
	"regexp"
	"strings"
)

// tableList is which tables a connector takes rows of: those whose schema and name the first list has and the second
// has not.
type tableList struct{ include, exclude []namesList }

// namesList are expressions for a schema's name, or for a schema's and a table's with a dot between.
type namesList struct {
	tables bool
	names  *regexp.Regexp
}

// readTableList takes table.include.list and its like out. It is nil where there is none.
func readTableList(o *options) *tableList {
	list := &tableList{}
	for _, kind := range []string{"schema", "table"} {
		include, exclude := o.names(kind+".include.list"), o.names(kind+".exclude.list")
		if include != nil && exclude != nil {
			o.fail("%s.include.list and %s.exclude.list exclude each other", kind, kind)
		}
		if include != nil {
			list.include = append(list.include, namesList{kind == "table", include})
		}
		if exclude != nil {
			list.exclude = append(list.exclude, namesList{kind == "table", exclude})
		}
	}
	if list.include == nil && list.exclude == nil {
		return nil
	}
	return list
}

// readPrefixes takes message.prefix.include.list and its like out: names without a table.
func readPrefixes(o *options) *tableList {
	const include, exclude = "message.prefix.include.list", "message.prefix.exclude.list"
	list := &tableList{}
	if names := o.names(include); names != nil {
		list.include = []namesList{{names: names}}
	}
	if names := o.names(exclude); names != nil {
		list.exclude = []namesList{{names: names}}
	}
	switch {
	case list.include != nil && list.exclude != nil:
		o.fail("%s and %s exclude each other", include, exclude)
	case list.include == nil && list.exclude == nil:
		return nil
	}
	return list
}

// takes says whether messages of a prefix are the relay's: those that the connector takes, or the outbox's own where it
// takes all.
func (r *Relay) takes(prefix string) bool {
	if r.connector.prefixes != nil {
		return r.connector.prefixes.has(prefix, "")
	}
	return prefix == r.table
}

// names takes a list of Java expressions out, of which one has to match a whole name, in capitals or not.
func (o *options) names(option string) *regexp.Regexp {
	text := strings.TrimSpace(o.text(option, ""))
	if text == "" {
		return nil
	}
	var all []string
	for one := range strings.SplitSeq(text, ",") {
		translated, err := translateRegex(strings.TrimSpace(one))
		if err != nil {
			o.fail("the relay cannot follow %s = %q: %w", o.prefix+option, text, err)
			return nil
		}
		all = append(all, "(?:"+translated+")")
	}
	names, err := regexp.Compile(`(?i)\A(?:` + strings.Join(all, "|") + `)\z`)
	if err != nil {
		o.fail("the relay cannot follow %s = %q: %w", o.prefix+option, text, err)
	}
	return names
}

func (l *tableList) has(schema, table string) bool {
	if l == nil {
		return true
	}
	for _, list := range l.include {
		if !list.names.MatchString(list.of(schema, table)) {
			return false
		}
	}
	for _, list := range l.exclude {
		if list.names.MatchString(list.of(schema, table)) {
			return false
		}
	}
	return true
}

func (l namesList) of(schema, table string) string {
	if l.tables {
		return schema + "." + table
	}
	return schema
}
