package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck/s3"
)

func (g *global) diagnoseS3(ctx context.Context) []finding {
	const server = "s3"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	store, err := g.openS3()
	if err != nil {
		return unreachable(server, err)
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		return unreachable(server, err)
	}
	findings := []finding{{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + store.String()}}
	found, err := store.Settings(ctx)
	if err != nil {
		return append(findings, finding{
			Severity: advice, Server: server, Subject: "settings of the bucket", Found: err.Error(), Recommended: "readable",
			Change: "allow s3:GetBucketVersioning and s3:GetLifecycleConfiguration to have them checked",
		})
	}
	findings = append(findings, judge(!found.Versioned || found.Cleaned, finding{
		Severity: advice, Server: server, Subject: "old versions", Found: "kept for ever", Recommended: "none, or a rule that ends them",
		Reason: "payloads that were deleted stay, those of tenants that are forgotten too",
		Change: "add a lifecycle rule for noncurrent versions, or suspend versioning",
	}))
	if len(found.Expiries) == 0 {
		return findings
	}
	return append(findings, g.expiryFinding(ctx, store, found.Expiries))
}

// expiryFinding looks for payloads that a rule of the bucket deletes sooner than their topic deletes the records.
func (g *global) expiryFinding(ctx context.Context, store *s3.Store, rules []s3.Expiry) finding {
	f := finding{
		Severity: fault, Server: "s3", Subject: "payloads that expire before their records", Recommended: "none",
		Reason: "an event whose payload is gone becomes a dead letter",
		Change: "take the rule away, and let millrace claimcheck gc delete",
	}
	untold := f
	untold.Severity, untold.Found, untold.Change = hidden, "not told", ""
	settings, err := g.topicSettings(ctx)
	if err != nil {
		return untold
	}
	var early []string
	for topic, set := range settings {
		prefix := string(topic) + "/"
		for _, rule := range rules {
			if !strings.HasPrefix(prefix, rule.Prefix) && !strings.HasPrefix(rule.Prefix, prefix) || !outlives(set, rule.After) {
				continue
			}
			for object, err := range store.List(ctx, prefix) { // one is enough to know that the topic has any
				if err != nil {
					return untold
				}
				if object.Key != "" {
					early = append(early, fmt.Sprintf("%s after %d days", topic, int(rule.After.Hours()/24))) //nolint:mnd // hours of a day
				}
				break
			}
		}
	}
	slices.Sort(early)
	f.Found = counted(early)
	return judge(len(early) == 0, f)
}

// outlives says whether a topic may keep records for longer.
func outlives(settings map[string]string, than time.Duration) bool {
	kept, err := strconv.ParseInt(settings["retention.ms"], 10, 64)
	return err != nil || kept < 0 || kept > than.Milliseconds() || strings.Contains(settings[policy], "compact")
}

func (g *global) topicSettings(ctx context.Context) (map[bus.Topic]map[string]string, error) {
	b, err := g.open(ctx)
	if err != nil {
		return nil, err
	}
	infos, err := b.Topics(ctx)
	names := make([]bus.Topic, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	if err != nil || len(names) == 0 {
		return nil, errors.Join(err, b.Close())
	}
	settings, err := b.Settings(ctx, names...)
	return settings, errors.Join(err, b.Close())
}
