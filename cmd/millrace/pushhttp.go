package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// handler answers clients and operators.
func (p *pushPod) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/events", p.hub.SSE())
	mux.Handle("/ws", p.hub.WebSocket())
	mux.Handle("/poll", p.hub.Poll())
	mux.Handle("/ticket", p.hub.Ticket())
	mux.Handle("GET /schema", p.hub.Schema())
	mux.Handle("POST /publish", p.operators(p.publish))
	mux.Handle("GET /connections", p.operators(func(w http.ResponseWriter, _ *http.Request) *httpapi.Problem {
		answer(w, p.hub.Census())
		return nil
	}))
	return mux
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(what) // the client has gone
}

// operators lets those with the operator's secret do what others may not.
func (p *pushPod) operators(do func(http.ResponseWriter, *http.Request) *httpapi.Problem) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		given, own := sha256.Sum256([]byte(secret)), sha256.Sum256(p.operator)
		var refused *httpapi.Problem
		switch {
		case p.operator == nil:
			refused = refuse(http.StatusNotFound, "this gateway was started without --operator-secret")
		case !hmac.Equal(given[:], own[:]):
			refused = refuse(http.StatusUnauthorized, "give the operator's secret, as Authorization: Bearer …")
		default:
			refused = do(w, r)
		}
		if refused != nil {
			refused.Write(w, r)
		}
	})
}

func refuse(status int, detail string) *httpapi.Problem {
	return &httpapi.Problem{Status: status, Detail: detail}
}

// announcement is a message that is published by HTTP.
type announcement struct {
	Channel string          `json:"channel"`
	Key     string          `json:"key"`
	Tenant  request.Tenant  `json:"tenant"`
	Data    json.RawMessage `json:"data"`
}

// Bounds of what is published at once.
const (
	maxAnnounced     = 8 << 20
	maxAnnouncements = 1000
	// announcing is how long its request may take to come, and then to be published.
	announcing = 15 * time.Second
)

// publish publishes messages, and answers when all are written.
func (p *pushPod) publish(w http.ResponseWriter, r *http.Request) *httpapi.Problem {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(announcing))
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxAnnounced)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); !large {
			return refuse(http.StatusRequestTimeout, "the request was not sent in time")
		}
		return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("send %d bytes at most", maxAnnounced))
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // which would end the request's context
	all, err := announcements(body.Bytes())
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	for _, a := range all {
		if err := a.check(); err != nil {
			return refuse(http.StatusUnprocessableEntity, err.Error())
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), announcing)
	defer cancel()
	messages, err := messages(ctx, all)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, err.Error())
	}
	results := p.bus.Publish(ctx, messages...)
	if err := results.Err(); err != nil {
		p.log.WarnContext(ctx, "messages were not published", "error", err)
	}
	for i, result := range results {
		if result.Err != nil && resilience.ClassOf(result.Err) == resilience.ClassPermanent {
			return refuse(http.StatusUnprocessableEntity, fmt.Sprintf("message %d cannot be published, others perhaps were: %v", i+1, result.Err))
		}
	}
	if results.Err() != nil {
		return refuse(http.StatusServiceUnavailable, "not all was published: publish it again")
	}
	answer(w, struct {
		Published int `json:"published"`
	}{len(all)})
	return nil
}

// messages are what is published, each for its tenant, so that all of them go together and in their order.
func messages(ctx context.Context, all []announcement) ([]bus.Message, error) {
	messages := make([]bus.Message, len(all))
	for i, a := range all {
		records, err := bus.Encode(request.With(ctx, request.Info{Tenant: a.Tenant}), channelOf(a.Channel).New(a.Key, a.Data))
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		messages[i] = records[0].Message()
	}
	return messages, nil
}

func announcements(body []byte) (all []announcement, err error) {
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] != '[' {
		all = make([]announcement, 1)
		err = json.Unmarshal(body, &all[0])
	} else {
		err = json.Unmarshal(body, &all)
	}
	if err != nil || len(all) == 0 || len(all) > maxAnnouncements {
		return nil, errors.New(`send {"channel", "key", "tenant", "data"} as JSON, or a list of 1 to 1000 of them`)
	}
	return all, nil
}

func (a announcement) check() error {
	if err := channelOf(a.Channel).Err(); err != nil {
		return err
	}
	if a.Data == nil {
		return errors.New("data is missing: it is any JSON")
	}
	return request.Info{Tenant: a.Tenant}.Validate()
}

// channelOf is a channel of any JSON.
func channelOf(name string) push.Channel[json.RawMessage] { return push.Define[json.RawMessage](name) }
