package main

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// rights asks the brokers what this user may do.
type rights struct {
	client *kgo.Client
	admin  *kadm.Client
	bus    *bus.Bus
	// lacks is what it may not do, and untold what the brokers do not say.
	lacks  []partitions.Access
	untold []string
}

// rightFindings say what the user lacks that the groups need.
func rightFindings(ctx context.Context, b *bus.Bus, groups []string, seed string) []finding {
	client, err := b.Client()
	if err != nil {
		return unreachable("kafka", err)
	}
	defer client.Close()
	var findings []finding
	for _, group := range groups {
		r := &rights{client: client, admin: kadm.NewClient(client), bus: b}
		if err := r.ask(ctx, group); err != nil {
			findings = append(findings, finding{
				Severity: hidden, Server: "kafka", Subject: "rights to run the group " + group, Found: "not told: " + err.Error(),
			})
			continue
		}
		findings = append(findings, r.finding(group, seed))
	}
	return findings
}

func (r *rights) finding(group, seed string) finding {
	f := finding{
		Severity: fault, Server: "kafka", Subject: "rights to run the group " + group, Recommended: "all that it needs",
		Reason: "it does not start, or stops where it needs them",
	}
	var lacks, change []string
	for _, access := range r.lacks {
		lacks = append(lacks, strings.Join(access.Operations, " and ")+" on the "+access.Resource+" "+access.Name)
		change = append(change, access.String())
	}
	f.Found = "lacks " + strings.Join(lacks, ", ")
	f.Change = "for each: kafka-acls.sh --bootstrap-server " + seed + " --add --allow-principal User:NAME " + strings.Join(change, " | ")
	if len(lacks) == 0 {
		f.Found = "all, as far as brokers tell"
	}
	if len(r.untold) > 0 {
		f.Found += "; not told: " + strings.Join(r.untold, ", ")
	}
	return judge(len(lacks) == 0, f)
}

// lack notes which of the wanted operations are not among those that are allowed.
func (r *rights) lack(resource, name string, allowed []kmsg.ACLOperation, wanted ...kmsg.ACLOperation) {
	access := partitions.Access{Resource: resource, Name: name}
	for _, operation := range wanted {
		if !slices.Contains(allowed, operation) {
			access.Operations = append(access.Operations, map[kmsg.ACLOperation]string{
				mayRead: "Read", mayWrite: "Write", mayCreate: "Create", mayDescribe: "Describe",
			}[operation])
		}
	}
	if len(access.Operations) > 0 {
		r.lacks = append(r.lacks, access)
	}
}

const (
	mayRead     = kmsg.ACLOperationRead
	mayWrite    = kmsg.ACLOperationWrite
	mayCreate   = kmsg.ACLOperationCreate
	mayDescribe = kmsg.ACLOperationDescribe
)

// ask looks at the group, at the topics that are named after it and that it has read, and at its transactional ids.
func (r *rights) ask(ctx context.Context, group string) error {
	if err := r.askGroup(ctx, group); err != nil {
		return err
	}
	for _, ending := range []string{".changelog", ".commands", ".answers", ".retry", ".dlq"} {
		if err := r.askTopic(ctx, group+ending, ending == ".dlq", mayRead, mayWrite, mayDescribe); err != nil {
			return err
		}
	}
	lags, err := r.bus.Lag(ctx, group)
	if err != nil && !errors.Is(err, bus.ErrDenied) {
		return err
	}
	var inputs []string
	for _, lag := range lags {
		for _, p := range lag.Partitions {
			if !strings.HasPrefix(string(p.Topic), group+".") {
				inputs = append(inputs, string(p.Topic))
			}
		}
	}
	for _, topic := range slices.Compact(slices.Sorted(slices.Values(inputs))) {
		if err := r.askTopic(ctx, topic, false, mayRead, mayDescribe); err != nil {
			return err
		}
	}
	return r.askTransactions(ctx, group+".")
}

func (r *rights) askGroup(ctx context.Context, group string) error {
	described, err := r.admin.DescribeGroups(ctx, group)
	of := described[group]
	switch err = cmp.Or(of.Err, err); {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		r.lack("group", group, nil, mayRead, mayDescribe)
	case len(of.AuthorizedOperations) > 0:
		r.lack("group", group, of.AuthorizedOperations, mayRead, mayDescribe)
	case err != nil && !errors.Is(err, kerr.GroupIDNotFound):
		return err //nolint:wrapcheck // as it is
	default:
		r.untold = append(r.untold, "Read on the group, which is not there yet")
	}
	return nil
}

// askTopic looks at a topic, which need not be there. One that is made when it is missing must be allowed to be.
func (r *rights) askTopic(ctx context.Context, name string, made bool, wanted ...kmsg.ACLOperation) error {
	request := kmsg.NewPtrMetadataRequest()
	request.IncludeTopicAuthorizedOperations = true
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &name
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, r.client)
	if err != nil {
		return err //nolint:wrapcheck // as it is
	}
	for _, t := range response.Topics {
		switch err := kerr.ErrorForCode(t.ErrorCode); {
		case errors.Is(err, kerr.TopicAuthorizationFailed):
			if made {
				wanted = append(wanted, mayCreate)
			}
			r.lack("topic", name, nil, wanted...)
		case errors.Is(err, kerr.UnknownTopicOrPartition):
			if made {
				return r.askCreate(ctx, name)
			}
		case err != nil:
			return err //nolint:wrapcheck // as it is
		case t.AuthorizedOperations == math.MinInt32:
			r.untold = append(r.untold, "the topic "+name)
		default:
			r.lack("topic", name, kadm.DecodeACLOperations(t.AuthorizedOperations), wanted...)
		}
	}
	return nil
}

// askCreate has the brokers say whether they would make the topic.
func (r *rights) askCreate(ctx context.Context, name string) error {
	answers, err := r.admin.ValidateCreateTopics(ctx, -1, -1, nil, name)
	if err = cmp.Or(err, answers[name].Err); errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed) {
		r.lack("topic", name, nil, mayCreate)
		err = nil
	}
	return err
}

// askTransactions looks for an id that nobody has: it is not found where it may be described.
func (r *rights) askTransactions(ctx context.Context, prefix string) error {
	const asked = "millrace-doctor"
	described, err := r.admin.DescribeTransactions(ctx, prefix+asked)
	if err = cmp.Or(described[prefix+asked].Err, err); errors.Is(err, kerr.TransactionalIDAuthorizationFailed) {
		r.lacks = append(r.lacks, partitions.Access{
			Resource: "transactional-id", Name: prefix, Prefixed: true, Operations: []string{"Write", "Describe"},
		})
		return nil
	}
	if err != nil && !errors.Is(err, kerr.TransactionalIDNotFound) {
		return err //nolint:wrapcheck // as it is
	}
	r.untold = append(r.untold, "Write on the transactional ids "+prefix+"…, which only taking one tells")
	return nil
}
