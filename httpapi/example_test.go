package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/bearer"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/push/tokens"
	"github.com/millrace/millrace/request"
)

// order is what clients send.
type order struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
}

// application are the routes that a team writes.
func application(errs *httpapi.Errors, r chi.Router) {
	r.Method(http.MethodPost, "/orders", errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
		var o order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			return &httpapi.Problem{Status: http.StatusBadRequest, Detail: "send an order as JSON"}
		}
		if o.Quantity < 1 {
			return httpapi.Unprocessable("the order cannot be placed", httpapi.Invalid{Pointer: "#/quantity", Detail: "must be 1 or more"})
		}
		info := request.From(r.Context())
		w.WriteHeader(http.StatusCreated)
		_, err := fmt.Fprintf(w, "%s of %s ordered %d", info.Principal, info.Tenant, o.Quantity)
		return err
	}))
}

// ExampleChain puts all steps round an application's routes. Clients repeat a request safely, on any pod.
func ExampleChain() {
	client := redis.NewClient(&redis.Options{Addr: os.Getenv("REDIS_ADDRESS"), ContextTimeoutEnabled: true, MaxRetries: -1})
	build := func(secret []byte, log *slog.Logger) (http.Handler, error) {
		errs, err := httpapi.NewErrors(log)
		if err != nil {
			return nil, err
		}
		trace, err := httpapi.Trace(otel.GetTracerProvider(), otel.GetMeterProvider(), nil)
		if err != nil {
			return nil, err
		}
		verifier, err := tokens.New([]tokens.Key{tokens.Secret("", secret)}, tokens.Audience("shop"))
		if err != nil {
			return nil, err
		}
		authenticator, err := bearer.New[bearer.Standard](verifier)
		if err != nil {
			return nil, err
		}
		identify, err := httpapi.Identify(errs, authenticator, httpapi.TenantRequired())
		if err != nil {
			return nil, err
		}
		limiter, err := cache.NewLimiter(client, "api", cache.Rate{Count: 100, Per: time.Second}, cache.Logger(log))
		if err != nil {
			return nil, err
		}
		limit, err := httpapi.RateLimit(errs, limiter, httpapi.ByClient)
		if err != nil {
			return nil, err
		}
		answers, err := httpapi.NewRedisAnswers(client, "shop", 250*time.Millisecond)
		if err != nil {
			return nil, err
		}
		once, err := httpapi.Idempotency(errs, answers)
		if err != nil {
			return nil, err
		}
		chain, err := httpapi.Chain(httpapi.Steps{Errors: errs, Trace: trace, Identify: identify, RateLimit: limit, Idempotency: once})
		if err != nil {
			return nil, err
		}
		r := chi.NewRouter()
		r.Use(chain...)
		errs.Unrouted(r)
		application(errs, r)
		return r, nil
	}
	handler, err := build([]byte(strings.Repeat("s", 32)), slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		panic(err)
	}
	_ = handler // for httpapi.NewServer
	_ = client.Close()
	// Output:
}

// people say who asks by a name in the header, as no application should.
type people struct{}

func (people) Authenticate(r *http.Request) (httpapi.Identity, error) {
	name := r.Header.Get("Name")
	if name == "" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	return httpapi.Identity{Principal: request.Principal(name), Tenant: "acme"}, nil
}

// ExampleServer_Run serves until its context ends: signal.NotifyContext, in a program.
func ExampleServer_Run() {
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	identify, err := httpapi.Identify(errs, people{})
	if err != nil {
		panic(err)
	}
	chain, err := httpapi.Chain(httpapi.Steps{Errors: errs, Identify: identify})
	if err != nil {
		panic(err)
	}
	r := chi.NewRouter()
	r.Use(chain...)
	application(errs, r)

	health, err := observe.NewHealth()
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server, err := httpapi.NewServer(r, health, httpapi.Listener(listener), httpapi.Drain(0, time.Second))
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()

	for _, name := range []string{"ann", ""} {
		asked, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+listener.Addr().String()+"/orders",
			strings.NewReader(`{"quantity": 2}`))
		asked.Header.Set("Name", name)
		response, err := http.DefaultClient.Do(asked)
		if err != nil {
			panic(err)
		}
		text, err := io.ReadAll(response.Body)
		fmt.Println(response.StatusCode, string(text[:min(len(text), 22)]), errors.Join(err, response.Body.Close()))
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	fmt.Println(<-ended)
	// Output:
	// 201 ann of acme ordered 2 <nil>
	// 401 {"type":"about:blank", <nil>
	// <nil>
}
