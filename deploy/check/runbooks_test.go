package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	commandLine = regexp.MustCompile(`(?m)^    (millrace .+)$|` + "`(millrace [a-z][^`]*)`")
	commandName = regexp.MustCompile(`^[a-z]+$`)
	sections    = []string{"**Symptom.** ", "**What it means.** ", "**Look.**", "**Do.** ", "**Verify.** "}
)

// TestRunbooks holds alerts and runbooks together, and has the program understand each command in one.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../runbooks/Millrace*.md")
	if err != nil {
		t.Fatal(err)
	}
	unused := map[string]bool{}
	for _, file := range files {
		unused[strings.TrimSuffix(filepath.Base(file), ".md")] = true
	}
	for _, a := range alerts(t) {
		if !unused[a.Alert] {
			t.Errorf("%s has no runbook, or is there twice", a.Alert)
		}
		delete(unused, a.Alert)
		if severity := a.Labels["severity"]; severity != "critical" && severity != "warning" || a.Annotations["summary"] == "" ||
			!strings.HasSuffix(a.Annotations["runbook_url"], "/deploy/runbooks/"+a.Alert+".md") {
			t.Errorf("%s: %v, %v", a.Alert, a.Labels, a.Annotations)
		}
	}
	for name := range unused {
		t.Errorf("%s is of no alert", name)
	}
	commands := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range sections {
			if strings.Count(string(text), section) != 1 {
				t.Errorf("%s does not say %q once", file, section)
			}
		}
		for _, match := range commandLine.FindAllStringSubmatch(string(text), -1) {
			commands++
			understood(t, file, match[1]+match[2])
		}
	}
	if commands < 50 {
		t.Errorf("%d commands were found", commands)
	}
}

// understood asks for the help of the command with its flags, which are understood or refused before that is printed.
func understood(t *testing.T, file, line string) {
	t.Helper()
	words := strings.Fields(line)[1:]
	output, err := exec.CommandContext(t.Context(), millrace(t), append(words, "--help")...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %s: %v: %s", filepath.Base(file), line, err, output)
		return
	}
	_, usage, _ := strings.Cut(string(output), "Usage:\n  ")
	usage, _, _ = strings.Cut(usage, "\n")
	meant := []string{"millrace"}
	for _, word := range words {
		if !commandName.MatchString(word) {
			break
		}
		meant = append(meant, word)
	}
	if name := strings.Join(meant, " "); !strings.HasPrefix(usage+" ", name+" ") && !argument(words, usage) {
		t.Errorf("%s: %s is not understood as %s: %s", filepath.Base(file), line, name, usage)
	}
}

// argument says whether the last word of the command's name is one of its arguments, such as a topic.
func argument(words []string, usage string) bool {
	return len(words) > 0 && strings.HasPrefix(usage, "millrace "+words[0]+" ") && !strings.Contains(usage, "[command]") && len(words) == 2
}
