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
		"DATABASE_URL": "postgres://app:" + planted + "@db.internal:5432/shop?sslmode=require&password=" + planted +
			"&sslpassword=" + planted,
		"KAFKA_URL":                  "kafkas://app:" + planted + "%40@k1:9092,k2:9092?mechanism=SCRAM-SHA-512&token=" + planted,
		"REDIS_URL":                  "redis://:" + planted + "@redis:6379/0",
		"S3_URL":                     "s3://key:" + planted + "@s3/bucket?secret_key=" + planted,
		"BROKEN_URL":                 "postgres://app:" + planted + "@db/shop?%zz=" + planted,
		"AT_URL":                     "postgres://app:p@" + planted + "@db/shop",
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer " + planted,
		"OTEL_EXPORTER_HEADERS":      "authorization=Bearer " + planted + ",referer=https://a",
		"PG_DATABASE_URL":            "host=db user=app password=" + planted + " dbname=shop",
		"ASKING_URL":                 "postgres://app:" + planted + "?x@db/shop",
		"NUMBER_URL":                 "postgres://app:1234?" + planted + "@db/shop",
		"REDIS_ADDRESS":              "redis:6379,password=" + planted,
		"HOOK_URL":                   "https://hooks.example/services/" + planted,
		"kafka":                      "k1:9092,k2:9092",
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
		`"/run/secrets/push.key"`, `":8080"`, `"shop"`, `"k1:9092,k2:9092"`, `"https://hooks.example/(hidden)"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
