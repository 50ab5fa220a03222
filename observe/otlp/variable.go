package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// checkReceiver looks at the variables of one signal's receiver. The exporters would pass over what they do not
// understand. Values that may hold credentials are not repeated.
func (e *environment) checkReceiver(s signal, to target) {
	if endpoint, name := e.receiver(s, "ENDPOINT"); endpoint != "" {
		at, err := url.Parse(endpoint)
		web := err == nil && (at.Scheme == "http" || at.Scheme == "https") && at.Host != ""
		if !web && (to == toHTTP || err != nil) {
			e.wrong("%s must be of the form http://host:4318 or https://host:4318", name)
		}
		if err == nil && at.User != nil {
			e.wrong("%s must hold no user and password; put an authorization header into OTEL_EXPORTER_OTLP_HEADERS", name)
		}
	}
	if value, name := e.receiver(s, "HEADERS"); value != "" && !headers(value) {
		e.wrong("%s must be name=value, separated by commas, with other characters percent-encoded", name)
	}
	if value, name := e.receiver(s, "COMPRESSION"); value != "" && value != "gzip" && value != "none" {
		e.wrong("%s=%q must be gzip or none", name, value)
	}
	_, name := e.receiver(s, "TIMEOUT")
	e.integer(name, math.MaxInt32)
	if to == toGRPC {
		_, name = e.receiver(s, "INSECURE")
		e.boolean(name)
	}
	e.checkCertificates(s)
}

func (e *environment) checkCertificates(s signal) {
	if path, name := e.receiver(s, "CERTIFICATE"); path != "" {
		content, err := os.ReadFile(path) //nolint:gosec // the file that the variable names
		if err != nil || !x509.NewCertPool().AppendCertsFromPEM(content) {
			e.wrong("%s must name a readable file of PEM certificates", name)
		}
	}
	certificate, name := e.receiver(s, "CLIENT_CERTIFICATE")
	key, keyName := e.receiver(s, "CLIENT_KEY")
	if certificate == "" && key == "" {
		return
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		e.wrong("%s and %s must name readable PEM files of a certificate and its key", name, keyName)
	}
}

// headers says whether the text is a list of W3C Baggage's form, as the exporters read it.
func headers(text string) bool {
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		_, err := url.PathUnescape(value)
		if !found || name == "" || err != nil || strings.ContainsFunc(name, notToken) {
			return false
		}
	}
	return true
}

// notToken says whether a header's name may not hold the character, by RFC 9110.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// samplers are the values of OTEL_TRACES_SAMPLER; those that end in ratio take an argument.
func samplers() []string {
	return []string{
		"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
	}
}

// checkProcess looks at the variables that hold for the whole process.
func (e *environment) checkProcess() {
	if value := e.get("OTEL_RESOURCE_ATTRIBUTES"); value != "" && !headers(value) {
		e.wrong("OTEL_RESOURCE_ATTRIBUTES must be name=value, separated by commas, with other characters percent-encoded")
	}
	if value := e.get("OTEL_TRACES_SAMPLER"); value != "" && !slices.Contains(samplers(), value) {
		e.wrong("OTEL_TRACES_SAMPLER=%q must be one of %s", value, strings.Join(samplers(), ", "))
	}
	if value := e.get("OTEL_TRACES_SAMPLER_ARG"); value != "" && strings.HasSuffix(e.get("OTEL_TRACES_SAMPLER"), "ratio") {
		if ratio, err := strconv.ParseFloat(value, 64); err != nil || !(ratio >= 0 && ratio <= 1) {
			e.wrong("OTEL_TRACES_SAMPLER_ARG=%q must be a number from 0 to 1", value)
		}
	}
	for _, kind := range []string{"OTEL_BSP_", "OTEL_BLRP_"} {
		for _, key := range []string{"SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"} {
			e.integer(kind+key, math.MaxInt32)
		}
	}
	e.integer("OTEL_METRIC_EXPORT_INTERVAL", math.MaxInt32)
	e.integer("OTEL_METRIC_EXPORT_TIMEOUT", math.MaxInt32)
}

// integer is a variable that holds a number from 0 to most, or nothing.
func (e *environment) integer(name string, most int) string {
	value := e.get(name)
	if value == "" {
		return ""
	}
	if n, err := strconv.Atoi(value); err != nil || n < 0 || n > most {
		e.wrong("%s=%q must be a whole number from 0 to %d", name, value, most)
		return ""
	}
	return value
}

func (e *environment) boolean(name string) bool {
	value := e.get(name)
	if value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		e.wrong("%s=%q must be true or false", name, value)
	}
	return strings.EqualFold(value, "true")
}
