package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// ErrPortInUse is found in the error of a server whose address another program has.
var ErrPortInUse = errors.New("embedded: port in use")

// Broker is a Kafka broker within the process, which any Kafka client may use.
type Broker struct {
	cluster *kfake.Cluster
	address string
}

// BrokerOption changes a broker. See [StartBroker].
type BrokerOption interface{ applyBroker(*brokerConfig) }

type brokerConfig struct{ opts []kfake.Opt }

type brokerOption func(*brokerConfig)

func (f brokerOption) applyBroker(c *brokerConfig) { f(c) }

// SyncWrites syncs every batch to the disk before it is acknowledged, so that a power cut loses none.
func SyncWrites() BrokerOption {
	return brokerOption(func(c *brokerConfig) { c.opts = append(c.opts, kfake.SyncWrites()) })
}

// BrokerLog receives what the broker has to say.
func BrokerLog(l *slog.Logger) BrokerOption {
	return brokerOption(func(c *brokerConfig) { c.opts = append(c.opts, kfake.WithLogger(brokerLog{l})) })
}

const (
	brokerFolder      = "kafka"
	defaultPartitions = 6
)

// StartBroker runs a broker at address, host:port; port 0 takes a free one. Where the host is every interface
// (0.0.0.0), clients are sent to the loopback address.
func StartBroker(address string, dir *Directory, opts ...BrokerOption) (*Broker, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	config := brokerConfig{opts: []kfake.Opt{
		kfake.Ports(port), kfake.ClusterID("millrace-dev"), kfake.DefaultNumPartitions(defaultPartitions),
		kfake.BrokerConfigs(map[string]string{"offsets.retention.minutes": "20160"}),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return listen(network, host, port) }),
	}}
	if !dir.Ephemeral() {
		config.opts = append(config.opts, kfake.DataDir(filepath.Join(dir.Path(), brokerFolder)))
	}
	for _, opt := range opts {
		opt.applyBroker(&config)
	}
	cluster, err := kfake.NewCluster(config.opts...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: Kafka broker: another program listens on %s", ErrPortInUse, address)
	}
	if err != nil {
		return nil, fmt.Errorf("embedded: Kafka broker on %s: %w", address, err)
	}
	return &Broker{cluster: cluster, address: cluster.ListenAddrs()[0]}, nil
}

// Address is host:port, as clients use it.
func (b *Broker) Address() string { return b.address }

// URL is the address as [bus.Open] takes it.
func (b *Broker) URL() string { return "kafka://" + b.address }

// Close ends the broker and writes its state.
func (b *Broker) Close() { b.cluster.Close() }

// HasBroker says whether a broker has kept data in the directory.
func HasBroker(dir *Directory) (bool, error) {
	return exists(filepath.Join(dir.Path(), brokerFolder, "meta.json"))
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("embedded: %w", err)
	}
	return true, nil
}

func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("embedded: address %q must be host:port, such as 127.0.0.1:9092", address)
	}
	return host, port, nil
}

// listener names itself by an address that clients can use.
type listener struct {
	net.Listener
	at net.Addr
}

func (l listener) Addr() net.Addr { return l.at }

func listen(network, host string, port int) (net.Listener, error) {
	inner, err := net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // it does not wait
	if err != nil {
		return nil, err //nolint:wrapcheck // StartBroker wraps it
	}
	at, ok := inner.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsUnspecified() {
		return inner, nil
	}
	return listener{inner, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}}, nil
}

// brokerLog passes on what needs attention: at lower levels the broker tells of every request.
type brokerLog struct{ log *slog.Logger }

func (b brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		b.log.Error("broker", "says", fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		b.log.Warn("broker", "says", fmt.Sprintf(format, args...))
	default:
	}
}
