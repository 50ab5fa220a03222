package bus

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// BrokerInfo is what one broker says of itself.
type BrokerInfo struct {
	ID      int32
	Address string // host:port, as clients are told
	Rack    string // empty where it has none
	// Settings are those that the broker applies, defaults included, without secrets.
	Settings map[string]string
	// Features are the levels that the cluster has agreed on, such as transaction.version.
	Features map[string]int
}

// Brokers describes the cluster's brokers, sorted by id. The credentials need the right to describe the cluster's
// configuration, else the error matches [ErrDenied].
func (b *Bus) Brokers(ctx context.Context) ([]BrokerInfo, error) {
	metadata, err := b.admin.BrokerMetadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("bus: brokers: %w", readError(err))
	}
	infos := make([]BrokerInfo, 0, len(metadata.Brokers))
	places, ids := map[int32]int{}, metadata.Brokers.NodeIDs()
	for i, broker := range metadata.Brokers {
		places[broker.NodeID] = i
		info := BrokerInfo{ID: broker.NodeID, Address: net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port))), Features: map[string]int{}}
		if broker.Rack != nil {
			info.Rack = *broker.Rack
		}
		infos = append(infos, info)
	}
	described, err := b.admin.DescribeBrokerConfigs(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("bus: settings of the brokers: %w", readError(err))
	}
	for _, broker := range described {
		if broker.Err != nil {
			return nil, fmt.Errorf("bus: settings of broker %s: %w", broker.Name, readError(broker.Err))
		}
		id, err := strconv.ParseInt(broker.Name, 10, 32)
		place, known := places[int32(id)]
		if err != nil || !known {
			continue
		}
		infos[place].Settings = settingValues(broker)
	}
	versions, err := b.admin.ApiVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("bus: features of the brokers: %w", readError(err))
	}
	for id, version := range versions {
		if version.Err != nil {
			return nil, fmt.Errorf("bus: features of broker %d: %w", id, readError(version.Err))
		}
		for _, feature := range version.Raw().FinalizedFeatures {
			infos[places[id]].Features[feature.Name] = int(feature.MaxVersionLevel)
		}
	}
	return infos, nil
}
