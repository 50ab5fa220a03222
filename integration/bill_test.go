package integration_test

import (
	"encoding/json"
	"os"
	"testing"
)

// holdBill looks for what the program surely is made of in its bill of materials, CycloneDX as JSON.
func holdBill(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(text, &bill); err != nil || bill.BOMFormat != "CycloneDX" {
		t.Fatal(bill.BOMFormat, err)
	}
	versions := map[string]string{}
	for _, c := range bill.Components {
		versions[c.Name] = c.Version
	}
	for _, wanted := range []string{"github.com/twmb/franz-go", "github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9"} {
		if versions[wanted] == "" {
			t.Errorf("the bill of materials lacks %s", wanted)
		}
	}
}
