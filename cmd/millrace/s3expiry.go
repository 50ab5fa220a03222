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

// expiryFinding looks for payloads that a rule of the bucket deletes sooner than a topic deletes records that may refer to them.
func (g *global) expiryFinding(ctx context.Context, store *s3.Store, rules []s3.Expiry) finding {
	f := finding{
		Severity: fault, Server: "s3", Subject: "payloads that expire before their records", Recommended: "none",
		Reason: "an event whose payload is gone becomes a dead letter",
		Change: "take the rule away, and let millrace claimcheck gc delete",
	}
	untold := f
	untold.Severity, untold.Found, untold.Change = hidden, "not told", ""
	kept, err := g.keepers(ctx)
	if err != nil {
		return untold
	}
	var early []string
	for topic := range kept.settings {
		prefix := string(topic) + "/"
		for _, rule := range rules {
			if !strings.HasPrefix(prefix, rule.Prefix) && !strings.HasPrefix(rule.Prefix, prefix) {
				continue
			}
			by, outlived := kept.outlives(topic, rule.After)
			if !outlived {
				continue
			}
			for object, err := range store.List(ctx, prefix) { // one is enough to know that the topic has any
				if err != nil {
					return untold
				}
				if object.Key != "" {
					text := fmt.Sprintf("%s after %d days", topic, int(rule.After.Hours()/24)) //nolint:mnd // hours of a day
					if by != topic {
						text += " (" + string(by) + " keeps records for longer)"
					}
					early = append(early, text)
				}
				break
			}
		}
	}
	slices.Sort(early)
	f.Found = counted(early)
	return judge(len(early) == 0, f)
}

// keepers are the topics with what they do with records, and for each group the topics that it has read.
type keepers struct {
	settings map[bus.Topic]map[string]string
	reads    map[string][]bus.Topic
}

// outlives says which topic may keep references to payloads of one for longer: itself, or one with what is tried again, given up or stored
// by a group that reads it. Of a group that has read nothing, or does not tell, anything may be there.
func (k keepers) outlives(of bus.Topic, than time.Duration) (by bus.Topic, longer bool) {
	holders := []bus.Topic{}
	for topic := range k.settings {
		for _, ending := range []string{".retry", ".dlq", ".changelog"} {
			group, is := strings.CutSuffix(string(topic), ending)
			if reads := k.reads[group]; is && (len(reads) == 0 || slices.Contains(reads, of)) {
				holders = append(holders, topic)
			}
		}
	}
	slices.Sort(holders)
	for _, holder := range append([]bus.Topic{of}, holders...) {
		if outlives(k.settings[holder], than) {
			return holder, true
		}
	}
	return "", false
}

// outlives says whether a topic may keep records for longer.
func outlives(settings map[string]string, than time.Duration) bool {
	kept, err := strconv.ParseInt(settings["retention.ms"], 10, 64)
	return err != nil || kept < 0 || kept > than.Milliseconds() || strings.Contains(settings[policy], "compact")
}

func (g *global) keepers(ctx context.Context) (k keepers, err error) {
	b, err := g.open(ctx)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	infos, err := b.Topics(ctx)
	if err != nil || len(infos) == 0 {
		return k, err
	}
	names := make([]bus.Topic, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	if k.settings, err = b.Settings(ctx, names...); err != nil {
		return k, err
	}
	k.reads = map[string][]bus.Topic{}
	lags, err := b.Lag(ctx)
	if errors.Is(err, bus.ErrDenied) {
		err = nil // then it is not known who reads what
	}
	for _, lag := range lags {
		for _, p := range lag.Partitions {
			if p.Topic != bus.Topic(lag.Group+".retry") {
				k.reads[lag.Group] = append(k.reads[lag.Group], p.Topic)
			}
		}
	}
	return k, err
}
