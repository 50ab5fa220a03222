package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/resilience"
)

// The configuration of a share group, and what the broker does without it.
const (
	shareReset     = "share.auto.offset.reset"
	shareIsolation = "share.isolation.level"
	shareLimit     = "share.delivery.count.limit"
	shareFeature   = "share.version"

	committedOnly     = "read_committed"
	defaultShareLimit = 5
	// Version 2 of ShareFetch and ShareAcknowledge can renew a lock.
	shareFetchVersion = 2
)

// prepareShared makes sure that the broker has share groups and that this one is configured. It returns how often the
// broker delivers an event before it drops it.
func (b *Bus) prepareShared(ctx context.Context, s *subscription) (limit int, err error) {
	if err := b.hasShareGroups(ctx); err != nil {
		return 0, err
	}
	if err := b.isShareGroup(ctx, s.group); err != nil {
		return 0, err
	}
	wanted := map[string]string{shareIsolation: committedOnly, shareReset: "earliest"}
	if s.start == Latest {
		wanted[shareReset] = "latest"
	}
	found, err := b.shareConfig(ctx, s.group)
	if err != nil {
		return 0, unconfigured(s.group, wanted, err)
	}
	limit = defaultShareLimit
	if n, err := strconv.Atoi(found[shareLimit].value); err == nil {
		limit = n
	}
	if found[shareReset].set {
		delete(wanted, shareReset)
	}
	if found[shareIsolation].value == committedOnly {
		delete(wanted, shareIsolation)
	}
	if len(wanted) == 0 {
		return limit, nil
	}
	if err := b.configureShare(ctx, s.group, wanted); err != nil {
		return 0, unconfigured(s.group, wanted, err)
	}
	return limit, nil
}

func (b *Bus) hasShareGroups(ctx context.Context) error {
	versions, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, b.client)
	if err != nil {
		return fmt.Errorf("ask for the broker's features: %w", readError(err))
	}
	able := slices.ContainsFunc(versions.ApiKeys, func(k kmsg.ApiVersionsResponseApiKey) bool {
		return k.ApiKey == kmsg.ShareFetch.Int16() && k.MaxVersion >= shareFetchVersion
	})
	offered := slices.ContainsFunc(versions.SupportedFeatures, func(f kmsg.ApiVersionsResponseSupportedFeature) bool {
		return f.Name == shareFeature
	})
	enabled := slices.ContainsFunc(versions.FinalizedFeatures, func(f kmsg.ApiVersionsResponseFinalizedFeature) bool {
		return f.Name == shareFeature && f.MaxVersionLevel > 0
	})
	switch {
	case offered && !enabled:
		return fmt.Errorf("%w: the feature is off; turn it on with kafka-features.sh upgrade --feature share.version=1", ErrNoShareGroups)
	case !able:
		return fmt.Errorf("%w: the broker is older", ErrNoShareGroups)
	}
	return nil
}

// isShareGroup refuses the name of a group of another kind: the broker would not say why nothing is delivered.
func (b *Bus) isShareGroup(ctx context.Context, group string) error {
	others, err := b.admin.ListGroupsByType(ctx, []string{"classic", "consumer", "streams"})
	if err != nil {
		return fmt.Errorf("list the groups: %w", readError(err))
	}
	if other, ok := others[group]; ok && other.State != "Dead" {
		return fmt.Errorf("%w: %q was used without bus.Shared and is a group of another kind; choose another name, or delete the group",
			ErrGroupKind, group)
	}
	return nil
}

type shareSetting struct {
	value string
	set   bool
}

// shareConfig describes the group's configuration as every broker sees it: a setting counts as set when all know it.
func (b *Bus) shareConfig(ctx context.Context, group string) (map[string]shareSetting, error) {
	request := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	request.Resources = append(request.Resources, resource)
	brokers, err := b.admin.ListBrokers(ctx)
	if err != nil {
		return nil, readError(err)
	}
	var all map[string]shareSetting
	var failed error
	for _, broker := range brokers {
		one, err := shareConfigAt(ctx, b.client.Broker(int(broker.NodeID)), request)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if all == nil {
			all = one
		}
		maps.DeleteFunc(all, func(name string, s shareSetting) bool { return s.set && s != one[name] })
	}
	if all == nil {
		return nil, readError(failed)
	}
	return all, nil
}

func shareConfigAt(ctx context.Context, broker kmsg.Requestor, request *kmsg.DescribeConfigsRequest) (map[string]shareSetting, error) {
	response, err := request.RequestWith(ctx, broker)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by prepareShared
	}
	settings := make(map[string]shareSetting)
	for _, resource := range response.Resources {
		if err := kerr.ErrorForCode(resource.ErrorCode); err != nil {
			return nil, err //nolint:wrapcheck // wrapped by prepareShared
		}
		for _, config := range resource.Configs {
			if config.Value != nil {
				settings[config.Name] = shareSetting{*config.Value, config.Source == kmsg.ConfigSourceGroupConfig}
			}
		}
	}
	return settings, nil
}

// configureShare sets the group's configuration and returns once the brokers know it: a partition that is first read
// before that would begin elsewhere.
func (b *Bus) configureShare(ctx context.Context, group string, wanted map[string]string) error {
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Value = name, new(wanted[name])
		resource.Configs = append(resource.Configs, config)
	}
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, b.client)
	if err != nil {
		return readError(err)
	}
	for _, resource := range response.Resources {
		if err := kerr.ErrorForCode(resource.ErrorCode); err != nil {
			return readError(err)
		}
	}
	policy := resilience.RetryPolicy{
		Attempts: 1000, Initial: 20 * time.Millisecond, Max: 250 * time.Millisecond, Multiplier: 1.5, Elapsed: settleLimit,
	}
	return resilience.Do(ctx, policy, func(ctx context.Context) error {
		found, err := b.shareConfig(ctx, group)
		for name, value := range wanted {
			if err == nil && found[name].value != value {
				err = resilience.Transient(fmt.Errorf("the brokers do not know %s=%s yet", name, value))
			}
		}
		return err
	})
}

// unconfigured says what an operator may do instead.
func unconfigured(group string, wanted map[string]string, err error) error {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		settings = append(settings, name+"="+wanted[name])
	}
	return fmt.Errorf("configure the share group (or let its user describe and alter the group's configuration, or run "+
		"kafka-configs.sh --alter --entity-type groups --entity-name %s --add-config %s): %w", group, strings.Join(settings, ","), err)
}
