package console_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/cmd/millrace/console"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	const planted = "hunter2"
	var all []console.Setting
	for name, value := range map[string]string{
		"DATABASE_URL":               "postgres://app:" + planted + "@db.internal:5432/shop?sslmode=require&password=" + planted + "&sslpassword=" + planted,
		"KAFKA_URL":                  "kafkas://app:" + planted + "%40@k1:9092,k2:9092?mechanism=SCRAM-SHA-512&token=" + planted,
		"REDIS_URL":                  "redis://:" + planted + "@redis:6379/0",
		"S3_URL":                     "s3://key:" + planted + "@s3/bucket?secret_key=" + planted,
		"BROKEN_URL":                 "postgres://app:" + planted + "@db/shop?%zz=" + planted,
		"AT_URL":                     "postgres://app:p@" + planted + "@db/shop",
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer " + planted,
		"PUSH_TICKET_SECRET":         planted,
		"MILLRACE_WEBHOOKS_KEY":      "k1:" + planted,
		"SOME_PASSWORD":              planted,
		"API_KEY":                    planted,
		"PUSH_JWT_SECRET":            "/run/secrets/push.key",
		"HTTP_ADDRESS":               ":8080",
		"OTEL_SERVICE_NAME":          "shop",
	} {
		all = append(all, console.Setting{Name: name, Value: value, Source: console.SourceEnvironment})
	}
	_, text := open(t, all...).ask("GET", "/api/configuration?limit=500", "")
	if strings.Contains(text, planted) {
		t.Errorf("a secret is shown: %s", text)
	}
	for _, want := range []string{
		`"postgres://app:(hidden)@db.internal:5432/shop?password=(hidden)\u0026sslmode=require\u0026sslpassword=(hidden)"`,
		`"kafkas://app:(hidden)@k1:9092,k2:9092?mechanism=SCRAM-SHA-512\u0026token=(hidden)"`, `"redis://:(hidden)@redis:6379/0"`,
		`"/run/secrets/push.key"`, `":8080"`, `"shop"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
