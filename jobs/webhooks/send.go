package webhooks

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Why there was no answer, as attempts tell it. The errors themselves would tell a customer of this network.
const (
	failedTimeout  = "timeout"
	failedTarget   = "target refused"
	failedName     = "name not found"
	failedTLS      = "tls"
	failedConnect  = "connection failed"
	failedProtocol = "no valid answer"
	failedSecret   = "secret not readable"
)

const (
	maxAnswerHeader = 16 << 10
	// bodyWait is how long an answer's body is waited for: what counts is the status.
	bodyWait    = 2 * time.Second
	idleTimeout = 30 * time.Second
	idleConns   = 512
	agent       = "Millrace-Webhooks/1"
)

// transport makes connections through the guard: without a proxy, of HTTP/1.1, so that receivers of one host share nothing but
// idle connections, and without compression, so that an answer is as large as it is.
func (g *Guard) transport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: nil, DialContext: g.DialContext, Protocols: protocols, DisableCompression: true,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.roots},
		TLSHandshakeTimeout: dialTimeout, MaxResponseHeaderBytes: maxAnswerHeader,
		MaxIdleConns: idleConns, MaxIdleConnsPerHost: 4, IdleConnTimeout: idleTimeout,
	}
}

// answer is what came of one request.
type answer struct {
	status     int    // 0 without an answer
	failed     string // why there is none
	excerpt    string
	retryAfter string // the header, as it was sent
}

func (a answer) delivered() bool { return a.status >= 200 && a.status < 300 }

// exchange makes one request and reads its answer, excerpt bytes at most. Redirects are answers like others. It takes as long as ctx
// lasts at most.
func exchange(ctx context.Context, t http.RoundTripper, url string, header http.Header, body []byte, excerpt int) answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{failed: failedTarget}
	}
	request.Header = header
	request.GetBody = nil // what was sent is not sent again by itself
	response, err := t.RoundTrip(request)
	if err != nil {
		return answer{failed: cmp.Or(kindOf(err), failedProtocol)}
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	late := time.AfterFunc(bodyWait, cancel)
	defer late.Stop()
	read, _ := io.ReadAll(io.LimitReader(response.Body, int64(excerpt)))
	return answer{status: response.StatusCode, excerpt: legible(read), retryAfter: response.Header.Get("Retry-After")}
}

func kindOf(err error) string {
	_, name := errors.AsType[*lookUpError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	timeout, is := errors.AsType[net.Error](err)
	_, connection := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, ErrTarget):
		return failedTarget
	case errors.Is(err, context.DeadlineExceeded) || is && timeout.Timeout():
		return failedTimeout
	case name:
		return failedName
	case certificate || record || alert:
		return failedTLS
	case connection || errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe):
		return failedConnect
	}
	return ""
}

// legible is text that can be shown and stored, whatever was answered.
func legible(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(string(b), "."))
}

// retryAfter reads the header, as seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
