package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

type finding struct {
	Severity, Server, Subject, Found, Recommended, Reason, Change string
	Setting                                                       bool
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kafka", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// recommendations are what doctor recommends, by setting. It finds the servers of the running dev by their file.
func recommendations(t *testing.T) map[string]finding {
	t.Helper()
	p := launch(t, nil, "--ephemeral").awaitReady(t)
	text, err := os.ReadFile(filepath.Join(p.at(t, "data"), "servers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ Kafka, Database, Redis string }
	if err := json.Unmarshal(text, &at); err != nil {
		t.Fatal(err)
	}
	out, errs, code := command(t, "", "doctor", "--json", "--kafka", at.Kafka, "--database", at.Database, "--redis", at.Redis)
	if code != 3 { // an ephemeral PostgreSQL runs without fsync
		t.Errorf("code %d: %s", code, errs)
	}
	found := map[string]finding{}
	for _, f := range jsonLines[finding](t, out) {
		if f.Setting {
			found[f.Subject] = f
		}
	}
	return found
}

var (
	tableRow    = regexp.MustCompile("(?m)^\\| `([\\w.-]+)` \\| ([^|]+) \\| ([^|]+) \\|$")
	property    = regexp.MustCompile(`(?m)^([a-z][\w.]+)=(\S+)$`)
	composeLine = regexp.MustCompile(`(?m)^ +KAFKA_([A-Z_]+): "?([^"\n]+)"?$`)
	needsThree  = regexp.MustCompile(`replication\.factor|min\.isr|min\.insync`)
)

// follows says whether a setting is what is recommended, or more where more is well.
func follows(recommended, set string) bool {
	least, more := strings.CutSuffix(recommended, " or more")
	if !more {
		least, _, _ = strings.Cut(recommended, " ")
		return set == least
	}
	wanted, err := strconv.ParseInt(least, 10, 64)
	found, errFound := strconv.ParseInt(set, 10, 64)
	return err == nil && errFound == nil && found >= wanted
}

// TestRecommendations holds doctor, the tables of deploy/kafka, the brokers' properties and what runs for development together.
func TestRecommendations(t *testing.T) {
	t.Parallel()
	rules := recommendations(t)
	tables, _, _ := strings.Cut(read(t, "README.md"), "### Topics")
	_, rest, _ := strings.Cut(read(t, "README.md"), "### PostgreSQL")
	explained := map[string]bool{}
	for _, row := range tableRow.FindAllStringSubmatch(tables+rest, -1) {
		explained[row[1]] = true
		if r, ok := rules[row[1]]; !ok || r.Recommended != row[2] || r.Reason != row[3] {
			t.Errorf("README.md says of %s: %s, %s; doctor: %s, %s", row[1], row[2], row[3], r.Recommended, r.Reason)
		}
	}
	properties := map[string]string{}
	for _, line := range property.FindAllStringSubmatch(read(t, "broker.properties"), -1) {
		properties[line[1]] = line[2]
		if rules[line[1]].Server != "kafka" {
			t.Errorf("broker.properties sets %s, of which doctor knows nothing", line[1])
		}
	}
	if len(rules) < 20 {
		t.Errorf("doctor knows %d settings", len(rules))
	}
	compose := map[string]string{}
	for _, line := range composeLine.FindAllStringSubmatch(read(t, "compose.yaml"), -1) {
		compose[strings.ToLower(strings.ReplaceAll(line[1], "_", "."))] = line[2]
	}
	local := map[string]string{}
	for _, line := range property.FindAllStringSubmatch(read(t, "local/run.sh"), -1) {
		local[line[1]] = line[2]
	}
	for name, r := range rules {
		value, _, _ := strings.Cut(r.Recommended, " ")
		if !explained[name] {
			t.Errorf("README.md does not explain %s", name)
		}
		if r.Server != "kafka" || strings.HasSuffix(name, ".version") {
			continue
		}
		if !follows(r.Recommended, properties[name]) {
			t.Errorf("broker.properties sets %s=%q, doctor recommends %s", name, properties[name], r.Recommended)
		}
		if needsThree.MatchString(name) || strings.HasSuffix(r.Recommended, "less") {
			continue // one broker cannot; and less is fine
		}
		for file, settings := range map[string]map[string]string{"compose.yaml": compose, "local/run.sh": local} {
			if set, ok := settings[name]; ok && set != value {
				t.Errorf("%s sets %s to %s, doctor recommends %s", file, name, set, r.Recommended)
			}
		}
	}
	for _, wanted := range []string{
		"wal_level=" + rules["wal_level"].Recommended, "max_slot_wal_keep_size=10GB",
		`"--maxmemory-policy", "` + rules["maxmemory-policy"].Recommended + `"`, `"--appendonly", "` + rules["appendonly"].Recommended + `"`,
	} {
		if !strings.Contains(read(t, "compose.yaml"), wanted) {
			t.Errorf("compose.yaml has no %s", wanted)
		}
	}
}
