package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

// heard is what a stream's line, or the params of a notification, say.
type heard struct {
	Channel, ID, Reset string
	Data               *string
}

var errWrong = errors.New("a message came that must not")

// bySocket follows each channel by itself.
func bySocket(ctx context.Context, v *viewer) error {
	conn, _, err := websocket.Dial(ctx, strings.Replace(v.gateway(), "http", "ws", 1)+"/ws", //nolint:bodyclose // as Dial says
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + v.token(v.tenant)}}})
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	for i, channel := range v.channels {
		ask := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"push.subscribe","params":{"channel":%q,"since":%q}}`, i, channel, v.since[channel])
		if err := conn.Write(ctx, websocket.MessageText, []byte(ask)); err != nil {
			return err
		}
	}
	live := make(map[string]bool)
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params heard
			Result struct{ ID, Outcome string }
			Error  any
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		switch {
		case m.Error != nil:
			return fmt.Errorf("refused: %v", m.Error)
		case m.Method == "push.message" && m.Params.Data != nil:
			if !v.receive(m.Params.Channel, *m.Params.Data) {
				return errWrong
			}
			v.since[m.Params.Channel] = m.Params.ID
		case m.Method == "push.position":
			for channel := range live {
				v.since[channel] = m.Params.ID
			}
		case m.Method == "":
			at, err := strconv.Atoi(string(m.ID))
			if err != nil || at >= len(v.channels) {
				return fmt.Errorf("an answer to nothing: %s", text)
			}
			channel := v.channels[at]
			if m.Result.Outcome == "reset" {
				v.resets.Add(1)
				v.reset(channel)
			}
			live[channel], v.since[channel] = true, m.Result.ID
		}
	}
}

// all follows all channels by one id.
const all = "*"

// byStream reads NDJSON, as long as it comes.
func byStream(ctx context.Context, v *viewer) error { return v.lines(ctx, "/events") }

// byPoll polls until the time is over.
func byPoll(ctx context.Context, v *viewer) error {
	for {
		if err := v.lines(ctx, "/poll"); err != nil {
			return err
		}
	}
}

func (v *viewer) lines(ctx context.Context, path string) error {
	query := "?channel=" + strings.Join(v.channels, "&channel=") + "&last_event_id=" + v.since[all]
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.gateway()+path+query, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/x-ndjson")
	r.Header.Set("Authorization", "Bearer "+v.token(v.tenant))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", response.Status)
	}
	from := bufio.NewScanner(response.Body)
	for from.Scan() {
		if len(from.Bytes()) == 0 {
			continue
		}
		var l heard
		if err := json.Unmarshal(from.Bytes(), &l); err != nil {
			return err // a line that was cut
		}
		switch {
		case l.Reset != "":
			v.resets.Add(1)
			v.reset(v.channels...)
		case l.Data != nil && !v.receive(l.Channel, *l.Data):
			return errWrong
		}
		if l.ID != "" {
			v.since[all] = l.ID
		}
	}
	return from.Err()
}
