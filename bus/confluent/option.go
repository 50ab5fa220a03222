package confluent

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"

	"github.com/millrace/millrace/bus"
)

// Option changes how [New] makes a registry.
type Option interface{ applyRegistry(*settings) }

type option func(*settings)

func (f option) applyRegistry(s *settings) { f(s) }

// Credentials sends a user and password with each request, which are asked for each time, so that they may be rotated.
// They go before those in the address.
func Credentials(ask func(ctx context.Context) (user, password string, err error)) Option {
	return option(func(s *settings) { s.credentials = ask })
}

// Token sends a bearer token with each request, which is asked for each time.
func Token(ask func(ctx context.Context) (string, error)) Option {
	return option(func(s *settings) { s.token = ask })
}

// TLS replaces the TLS settings that the address states.
func TLS(config *tls.Config) Option { return option(func(s *settings) { s.tls = config }) }

// Subject chooses the subject that a contract is registered under. Two contracts of one topic must not share one.
func Subject(of func(*bus.Contract) string) Option {
	return option(func(s *settings) { s.subject = of })
}

// TopicContract is the default subject: "<topic>-<contract>".
func TopicContract(c *bus.Contract) string { return string(c.Topic()) + "-" + c.Name() }

// TopicValue is the subject "<topic>-value", Confluent's default, for topics with one contract.
func TopicValue(c *bus.Contract) string { return string(c.Topic()) + "-value" }

// TopicRecord is the subject "<topic>-<record>" of Confluent's TopicRecordNameStrategy, where record is the full name of
// the Avro record or Protobuf message. JSON has no such name, and the contract's stands for it.
func TopicRecord(c *bus.Contract) string {
	if schema, err := c.Schema(); err == nil && schema.Name != "" {
		return string(c.Topic()) + "-" + schema.Name
	}
	return TopicContract(c)
}

// authorize adds to a request what says who asks.
func (s *settings) authorize(request *http.Request) error {
	switch {
	case s.token != nil:
		token, err := s.token(request.Context())
		if err != nil || token == "" {
			return errors.Join(err, errors.New("there is no bearer token"))
		}
		request.Header.Set("Authorization", "Bearer "+token)
	case s.credentials != nil:
		user, password, err := s.credentials(request.Context())
		if err != nil {
			return err
		}
		request.SetBasicAuth(user, password)
	}
	return nil
}
