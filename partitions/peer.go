package partitions

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/millrace/millrace/request"
)

// PeerSecret lets the nodes of a group know each other's HTTP requests, see [Group.Forward]. A secret has at least 32
// bytes. The first one signs and all are accepted, so that a secret can be changed on one node after the other.
func PeerSecret(secrets ...[]byte) Option {
	return option(func(c *config) {
		c.errs = append(c.errs, missing(len(secrets) == 0, "PeerSecret: no secret is given"))
		for _, secret := range secrets {
			c.errs = append(c.errs, missing(len(secret) < sha256.Size, "PeerSecret: a secret has %d bytes, fewer than %d", len(secret), sha256.Size))
			c.secrets = append(c.secrets, bytes.Clone(secret))
		}
	})
}

const (
	// headerPeer is "<version> <unix seconds> <from> <to> <HMAC-SHA256 in hex>" on a request, and peerMoved on its refusal. Version 2 covers roles
	// and session too; version 1 is written where there are none, for nodes that do not know 2.
	headerPeer = "Millrace-Peer"
	peerMoved  = "moved"
	// peerSkew is how far apart the nodes' clocks may be, and how long a request may be repeated by who overheard it.
	peerSkew = 30 * time.Second
)

var errPeer = errors.New("partitions: the request is not of a node of the group")

// seal makes a request one that the node called to takes as this group's, with what ctx knows of who asks.
func (c *config) seal(ctx context.Context, r *http.Request, to string) {
	for _, name := range identityHeaders("2") {
		r.Header.Del(name)
	}
	request.HTTP().Inject(ctx, r.Header)
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	version := "1"
	if info := request.From(ctx); info.Roles != "" || info.Session != "" {
		version = "2"
	}
	fields := []string{version, strconv.FormatInt(time.Now().Unix(), 10), c.node, to}
	r.Header.Set(headerPeer, strings.Join(append(fields, hex.EncodeToString(c.mac(c.secrets[0], r, fields))), " "))
}

// unseal returns a context with what the other node knew of who asks, and until when.
func (c *config) unseal(r *http.Request) (context.Context, time.Time, error) {
	fields := strings.Fields(r.Header.Get(headerPeer))
	if len(fields) != 5 || fields[0] != "1" && fields[0] != "2" {
		return nil, time.Time{}, fmt.Errorf("%w: it is signed in a way that this version does not know", errPeer)
	}
	mac, err := hex.DecodeString(fields[4])
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: the signature is damaged", errPeer)
	}
	known := false
	for _, secret := range c.secrets {
		known = known || hmac.Equal(mac, c.mac(secret, r, fields[:4]))
	}
	at, err := strconv.ParseInt(fields[1], 10, 64)
	switch {
	case !known:
		return nil, time.Time{}, fmt.Errorf("%w: the signature is wrong", errPeer)
	case err != nil || time.Since(time.Unix(at, 0)).Abs() > peerSkew:
		return nil, time.Time{}, fmt.Errorf("%w: it is older than %s, or the clocks differ by as much", errPeer, peerSkew)
	case fields[3] != c.node:
		return nil, time.Time{}, fmt.Errorf("%w: it is for another node", errPeer)
	}
	names := request.HTTP()
	if fields[0] == "1" && (r.Header.Get(names.Roles) != "" || r.Header.Get(names.Session) != "") {
		return nil, time.Time{}, fmt.Errorf("%w: its signature does not cover roles and session", errPeer)
	}
	return names.Extract(r.Context(), r.Header)
}

// mac covers everything but the body and the headers that do not say who asks.
func (c *config) mac(secret []byte, r *http.Request, fields []string) []byte {
	h := hmac.New(sha256.New, secret)
	parts := append([]string{c.name, r.Method, r.URL.RequestURI()}, fields...)
	for _, name := range identityHeaders(fields[0]) {
		parts = append(parts, r.Header.Get(name))
	}
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // a hash never fails
	}
	return h.Sum(nil)
}

// identityHeaders are those that a signature of the version covers.
func identityHeaders(version string) []string {
	names := request.HTTP()
	covered := []string{names.Tenant, names.Principal, names.ID, names.Locale, names.Deadline}
	if version == "2" {
		covered = append(covered, names.Roles, names.Session)
	}
	return covered
}
