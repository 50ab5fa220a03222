package asyncapi

import "strings"

// splitNames makes of each full name in an Avro schema a namespace and a name, which is the same to Avro: AsyncAPI's schema of it takes no others.
func splitNames(schema any) {
	if union, is := schema.([]any); is {
		for _, branch := range union {
			splitNames(branch)
		}
		return
	}
	whole, is := schema.(map[string]any)
	if !is {
		return
	}
	if full, named := whole["name"].(string); named {
		if dot := strings.LastIndexByte(full, '.'); dot > 0 {
			whole["namespace"], whole["name"] = full[:dot], full[dot+1:]
		}
	}
	for _, within := range []string{"type", "items", "values"} {
		splitNames(whole[within])
	}
	for _, field := range list(whole["fields"]) {
		splitNames(field)
	}
}
