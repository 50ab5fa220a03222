package soak_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJournalsFind looks at journals of two processes.
func TestJournalsFind(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	hold := func(token, from, until int64, end ...note) []note {
		notes := []note{
			{At: from, What: granted, Token: token, Name: "x", Call: from - 1},
			{At: from + 1, What: believes, Token: token, Name: "x"},
			{At: until, What: believes, Token: token, Name: "x"},
		}
		for _, n := range end {
			n.Token, n.Name = token, "x"
			notes = append(notes, n)
		}
		return notes
	}
	reigning := func(token int64, at ...int64) (notes []note) {
		for _, each := range at {
			notes = append(notes, note{At: each, What: reigns, Name: "sun", Token: token})
		}
		return notes
	}
	for _, test := range []struct {
		name, says string
		one, two   []note
		pauses     []pause // of the first process
	}{
		{name: "one after the other", one: hold(3, 10, 20, note{At: 21, What: over}, note{At: 30, What: released}), two: hold(5, 25, 40)},
		{name: "killed, and the next one", one: hold(3, 10, 20), two: hold(5, 25, 40)},
		{name: "lost, and told late", one: hold(3, 10, 20, note{At: 90, What: over, Text: "lost"}), two: hold(5, 25, 40)},
		{name: "two at once", says: "that is lock x", one: hold(3, 10, 30), two: hold(5, 20, 40)},
		{name: "given back after another has it", says: "that is lock x", one: hold(3, 10, 20, note{At: 26, What: over}), two: hold(5, 24, 25)},
		{name: "a token that shrinks", says: "porcupine says", one: hold(5, 10, 20, note{At: 21, What: over}), two: hold(3, 25, 40)},
		{name: "reign after reign", one: reigning(3, 1, 2, 3), two: reigning(7, 4, 5)},
		{name: "two reign", says: "w1 reigns with token 3 until 4, and w2 with token 7 from 4", one: reigning(3, 1, 2, 4), two: reigning(7, 4, 5)},
		{name: "one token of two", says: "w1 and w2 have the token 3", one: reigning(3, 1), two: reigning(3, 2)},
		{name: "it stood still", one: reigning(3, 1, second, 9*second), two: reigning(7, 5*second), pauses: []pause{{2 * second, 9*second - 1}}},
		{
			name: "it had stood still long ago", says: "w2 with token 7", one: reigning(3, 1, second, 12*second), two: reigning(7, 5*second),
			pauses: []pause{{2 * second, 9 * second}},
		},
	} {
		var broken []string
		breaks := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
		checkLocks(map[string][]note{"w1": test.one, "w2": test.two}, breaks)
		checkReigns(append(reignsOf("w1", test.one, test.pauses), reignsOf("w2", test.two, nil)...), breaks)
		said := strings.Join(broken, "\n")
		if (test.says == "") != (said == "") || !strings.Contains(said, test.says) {
			t.Errorf("%s: found %q, want %q", test.name, said, test.says)
		}
	}
}

// TestJournalIsCutOff reads what a process left that was killed while it wrote.
func TestJournalIsCutOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.write(note{At: 1, What: reigns, Token: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.file.WriteString(`{"at":2,"wh`); err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	notes, err := readJournal(path)
	if err != nil || len(notes) != 1 || notes[0] != (note{At: 1, What: reigns, Token: 2}) {
		t.Errorf("%v, %v", notes, err)
	}
	if err := os.WriteFile(path, []byte("{}\nno\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if notes, err := readJournal(path); err == nil {
		t.Errorf("a broken line in the middle was taken: %v", notes)
	}
}
