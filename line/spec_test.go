package line

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const specFile = "../docs/spec/line.md"

// block gives the fenced block behind a marker in the specification.
func block(t *testing.T, spec, marker string) string {
	t.Helper()
	_, rest, ok := strings.Cut(spec, "<!-- "+marker+" -->\n```\n")
	text, _, end := strings.Cut(rest, "\n```\n")
	if !ok || !end {
		t.Fatalf("the specification has no block %q", marker)
	}
	return text
}

func TestTheExampleOfTheSpecIsReal(t *testing.T) {
	raw, err := os.ReadFile(specFile)
	if err != nil {
		t.Fatal(err)
	}
	spec := string(raw)
	example := block(t, spec, "example")
	got := strings.TrimRight(play(t, example), "\n")
	cr := founded(t, "IL-RU", "IL", "RU")
	file, err := MarshalProposal(Proposal{Charter: cr.Charter, Signatures: cr.Signatures[:1]})
	if err != nil {
		t.Fatal(err)
	}
	proposal := block(t, spec, "proposal")
	if *update {
		spec = strings.Replace(spec, example, got, 1)
		spec = strings.Replace(spec, "```\n"+proposal+"\n```", "```\n"+strings.TrimRight(string(file), "\n")+"\n```", 1)
		if err := os.WriteFile(specFile, []byte(spec), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != example {
		t.Errorf("the example: %s", firstDifference(example, got))
	}
	if want := strings.TrimRight(string(file), "\n"); proposal != want {
		t.Errorf("the proposal: %s", firstDifference(proposal, want))
	}
}

func TestEveryTestThatTheSpecNamesExists(t *testing.T) {
	spec, err := os.ReadFile(specFile)
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, dir := range []string{".", "linehttp"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)(?:/([a-z-]+))?`").FindAllStringSubmatch(string(spec), -1)
	if len(named) < 30 {
		t.Errorf("the specification names %d tests", len(named))
	}
	for _, m := range named {
		if !strings.Contains(code.String(), "func "+m[1]+"(") {
			t.Errorf("no test is called %s", m[1])
		}
		if m[2] != "" {
			if _, err := os.Stat(filepath.Join("testdata", m[2]+".txt")); err != nil {
				t.Errorf("%s: %v", m[0], err)
			}
		}
	}
}
