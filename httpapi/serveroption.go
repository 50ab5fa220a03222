package httpapi

import (
	"crypto/tls"
	"log/slog"
	"net"
	"time"
)

// ServerOption changes a [Server].
type ServerOption interface{ applyServer(*serverSettings) }

type serverOption func(*serverSettings)

func (f serverOption) applyServer(s *serverSettings) { f(s) }

type serverSettings struct {
	address    string
	listener   net.Listener
	tls        *tls.Config
	log        *slog.Logger
	delay      time.Duration
	drain      time.Duration
	readHeader time.Duration
	idle       time.Duration
	header     int
	ending     []func()
}

// Address is where the server listens. The default is ":8080".
func Address(hostPort string) ServerOption {
	return serverOption(func(s *serverSettings) { s.address = hostPort })
}

// Listener is what the server takes connections from, in place of [Address]. It is closed.
func Listener(l net.Listener) ServerOption {
	return serverOption(func(s *serverSettings) { s.listener = l })
}

// TLS lets the server speak TLS, and HTTP/2. The configuration has the certificates.
func TLS(c *tls.Config) ServerOption { return serverOption(func(s *serverSettings) { s.tls = c }) }

// ServerLogger receives what the server has to say.
func ServerLogger(l *slog.Logger) ServerOption {
	return serverOption(func(s *serverSettings) { s.log = l })
}

// Drain says how long the server serves on after readiness has fallen, so that load balancers notice, and how long requests have to end after it has
// stopped listening. The defaults are 5 and 15 seconds; the sum must be below the pod's terminationGracePeriodSeconds.
func Drain(delay, limit time.Duration) ServerOption {
	return serverOption(func(s *serverSettings) { s.delay, s.drain = delay, limit })
}

// HeaderLimits bounds a request's header: the time in which it comes, and its bytes. The defaults are 10 seconds and 64 KiB.
func HeaderLimits(time time.Duration, bytes int) ServerOption {
	return serverOption(func(s *serverSettings) { s.readHeader, s.header = time, bytes })
}

// Idle is how long a connection may rest between requests. The default is 2 minutes: more than load balancers keep theirs.
func Idle(d time.Duration) ServerOption { return serverOption(func(s *serverSettings) { s.idle = d }) }

// Ending is called when the server stops listening, beside the requests that still run. What ends streams and sockets, which would not end by
// themselves, begins here; it must not block.
func Ending(begin func()) ServerOption {
	return serverOption(func(s *serverSettings) { s.ending = append(s.ending, begin) })
}
