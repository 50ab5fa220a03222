package main

import (
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

const policy = "cleanup.policy"

// policyFindings looks for topics of Millrace whose cleanup removes what is needed, or keeps what is not.
func policyFindings(settings map[bus.Topic]map[string]string, alter string) []finding {
	var short, long, thinned []string
	for name, set := range settings {
		group, changelog := strings.CutSuffix(string(name), ".changelog")
		_, ours := settings[bus.Topic(group+".dlq")]
		deleted, compacted := strings.Contains(set[policy], "delete"), strings.Contains(set[policy], "compact")
		switch {
		case name == bus.SchemaTopic && (compacted || deleted && set["retention.ms"] != "-1"), changelog && ours && deleted:
			short = append(short, string(name))
		case changelog && ours && set[policy] != "" && !compacted:
			long = append(long, string(name))
		case name == push.Topic && compacted:
			thinned = append(thinned, string(name))
		}
	}
	return []finding{
		judge(len(short) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "state and schemas that are removed", Found: counted(short), Recommended: "none",
			Reason: "rows that nobody has changed for long, and the first schema of a version, are gone when they are needed",
			Change: alter + policy + "=compact; for " + string(bus.SchemaTopic) + " " + policy + "=delete,retention.ms=-1",
		}),
		judge(len(long) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "state that is not compacted", Found: counted(long), Recommended: "none",
			Reason: "it grows without end, and each restore takes longer", Change: alter + policy + "=compact",
		}),
		judge(len(thinned) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "broadcast topics that are compacted", Found: counted(thinned), Recommended: "none",
			Reason: "push serves nobody, since gaps could not be told", Change: alter + policy + "=delete",
		}),
	}
}
