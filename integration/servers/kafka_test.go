package servers_test

import (
	"testing"

	"github.com/millrace/millrace/integration/servers"
)

func TestKafkaFromEnvironment(t *testing.T) {
	t.Setenv("KAFKA_URL", "kafka://elsewhere:1")
	address, stop, err := servers.Kafka(t.Context())
	if err != nil || address != "kafka://elsewhere:1" {
		t.Fatalf("%s, %v", address, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
