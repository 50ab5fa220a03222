package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/push"
)

func newConnections(g *global) *cobra.Command {
	var secret string
	cmd := &cobra.Command{
		Use: "connections URL…", Short: "Say who is connected to push gateways",
		Long:    "Say who is connected to push gateways: how, to which channels, and of which tenants. Each URL is one of `millrace push`.",
		Example: "  millrace connections http://push-0:8080 http://push-1:8080 --operator-secret operator.key",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			operator, err := secretFile("--operator-secret", secret)
			if err != nil {
				return err
			}
			var all []gateway
			for _, url := range args {
				census, err := askCensus(cmd, url, string(operator))
				if err != nil {
					return fmt.Errorf("%s: %w", url, err)
				}
				all = append(all, gateway{url, census})
			}
			return printGateways(cmd, all, g.json)
		},
	}
	cmd.Flags().StringVar(&secret, "operator-secret", "", "`file` with the secret that the gateways were started with")
	g.wantJSON(cmd)
	return cmd
}

// gateway is who is connected to one, as programs read it.
type gateway struct {
	Gateway string `json:"gateway"`
	push.Census
}

const censusLimit = 10 * time.Second

func askCensus(cmd *cobra.Command, url, operator string) (census push.Census, err error) {
	r, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, strings.TrimSuffix(url, "/")+"/connections", nil)
	if err != nil {
		return census, &usageError{err}
	}
	r.Header.Set("Authorization", "Bearer "+operator)
	response, err := (&http.Client{Timeout: censusLimit}).Do(r)
	if err != nil {
		return census, err //nolint:wrapcheck // as it is
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		var said struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(response.Body).Decode(&said) // the status says enough
		return census, fmt.Errorf("%s: %s", response.Status, said.Detail)
	}
	return census, json.NewDecoder(response.Body).Decode(&census) //nolint:wrapcheck // as it is
}

func printGateways(cmd *cobra.Command, all []gateway, asJSON bool) error {
	if asJSON {
		for _, one := range all {
			if err := printJSON(cmd.OutOrStdout(), one); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(cmd.OutOrStdout(), "GATEWAY", "WHAT", "NAME", "CONNECTIONS")
	for _, one := range all {
		t.row(one.Gateway, "all", "", strconv.Itoa(one.Connections))
		for _, format := range []string{"websocket", "text/event-stream", "application/x-ndjson"} {
			if count := one.Formats[format]; count > 0 {
				t.row(one.Gateway, "format", format, strconv.Itoa(count))
			}
		}
		for _, c := range one.Channels {
			t.row(one.Gateway, "channel", c.Name, strconv.Itoa(c.Connections))
		}
		for _, c := range one.Tenants {
			t.row(one.Gateway, "tenant", c.Name, strconv.Itoa(c.Connections))
		}
	}
	return t.flush()
}
