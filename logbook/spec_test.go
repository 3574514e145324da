package logbook

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const specFile = "../docs/spec/logbook.md"

// The example at the head of the spec is what the code writes today, and its
// keys are those that sign it.
func TestTheExampleOfTheSpecIsReal(t *testing.T) {
	b, err := os.ReadFile(specFile)
	must(t, err)
	_, rest, ok := strings.Cut(string(b), "<!-- example -->\n```\n")
	example, after, ok2 := strings.Cut(rest, "```\n")
	if !ok || !ok2 {
		t.Fatal("the spec has no example")
	}
	id := ID{Party: "IL", Lane: 1, Incarnation: 1}
	for i := range id.Line {
		id.Line[i] = byte(i)
	}
	l, err := Open(id, NewMemory(), author.Public())
	must(t, err)
	say(t, l, "first entry")
	say(t, l, "second entry", "third entry")
	line, err := l.Receipt(3, mirror, "RU/mirror", 1537210145000)
	must(t, err)
	_, err = l.AddReceipt(3, line, "RU/mirror", mirror.Public())
	must(t, err)
	if string(l.Note()) != example {
		t.Errorf("the spec's example is\n%s\nthe code writes\n%s", example, l.Note())
	}
	for _, key := range []string{vkey(id.Origin(), algEd25519, author.Public()), vkey("RU/mirror", algCosignature, mirror.Public())} {
		if !strings.Contains(after, key+"\n") {
			t.Errorf("the spec lacks the key %s", key)
		}
	}
}

// Every test that the spec names exists.
func TestEveryTestThatTheSpecNamesExists(t *testing.T) {
	b, err := os.ReadFile(specFile)
	must(t, err)
	var code strings.Builder
	for _, pattern := range []string{"*_test.go", "../line/*_test.go", "../line/courier/*_test.go", "../internal/sqlite/*_test.go"} {
		files, err := filepath.Glob(pattern)
		must(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			must(t, err)
			code.Write(text)
		}
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(string(b), -1)
	if len(names) < 25 {
		t.Fatalf("the spec names only %d tests", len(names))
	}
	for _, n := range names {
		if !strings.Contains(code.String(), "func "+n[1]+"(") {
			t.Errorf("the spec names %s, which is not there", n[1])
		}
	}
}
