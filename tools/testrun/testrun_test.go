package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// events is what go test -json writes for a package with one test of each
// outcome, one that does not build, and one that panics outside any test.
const events = `{"Action":"run","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestBad","Output":"=== RUN   TestBad\n"}
{"Action":"output","Package":"p","Test":"TestBad","Output":"    p_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestAway","Output":"=== RUN   TestAway\n"}
{"Action":"output","Package":"p","Test":"TestAway","Output":"    p_test.go:9: PARLEY_TESTDATA is not set\n"}
{"Action":"skip","Package":"p","Test":"TestAway","Elapsed":0}
{"Action":"fail","Package":"p","Elapsed":0.2}
{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"Action":"fail","Package":"q","Elapsed":0,"FailedBuild":"q"}
{"Action":"output","Package":"r","Output":"panic: outside\n"}
{"Action":"fail","Package":"r","Elapsed":0}
{"Action":"output","Package":"s","Output":"?   \ts\t[no test files]\n"}
{"Action":"skip","Package":"s","Elapsed":0}
`

func TestEachOutcomeOfGoTestIsTakenForWhatItIs(t *testing.T) {
	var shown bytes.Buffer
	g := newGoRun(&shown)
	if err := g.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	want := []result{
		{"p TestGood", passed, ""},
		{"p TestBad", failed, "p_test.go:7: got 1, want 2"},
		{"p TestAway", skipped, "p_test.go:9: PARLEY_TESTDATA is not set"},
		{"q", failed, "it does not build"},
		{"r", failed, "the package failed outside any test"},
	}
	if len(g.tests) != len(want) {
		t.Fatalf("got %v, want %v", g.tests, want)
	}
	for i, r := range g.tests {
		if r != want[i] {
			t.Errorf("got %v, want %v", r, want[i])
		}
	}
	for _, line := range []string{"got 1, want 2", "panic: outside", "syntax error", "SKIPPED  p TestAway"} {
		if !strings.Contains(shown.String(), line) {
			t.Errorf("%q was not shown:\n%s", line, &shown)
		}
	}
}

const browser = `{"suites":[{"title":"a.spec.ts","specs":[
 {"title":"shows the alert","tests":[{"status":"expected"}]},
 {"title":"flickers","tests":[{"status":"flaky"}]}],
 "suites":[{"title":"inner","specs":[{"title":"later","tests":[{"status":"skipped","annotations":[{"type":"skip","description":"no Chromium"}]}]}]}]}],
 "errors":[]}`

func TestTheClosingCountIsTheWorstOfWhatRan(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	count := func(strict bool, want ...string) (string, bool) {
		var out bytes.Buffer
		ok, err := sum(&out, dir, want, strict)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return lines[len(lines)-1], ok
	}
	expect := func(what, line string, ok bool, wantLine string, wantOK bool) {
		t.Helper()
		if line != wantLine || ok != wantOK {
			t.Errorf("%s: %q, %v; want %q, %v", what, line, ok, wantLine, wantOK)
		}
	}

	line, ok := count(false)
	expect("nothing ran", line, ok, "0 passed, 0 failed, 0 skipped", false)

	put("go", `{"tests":[{"name":"p A","outcome":"pass"},{"name":"p B","outcome":"pass"}]}`)
	line, ok = count(true, "go")
	expect("all is well", line, ok, "2 passed, 0 failed, 0 skipped", true)

	line, ok = count(false, "go", "e2e")
	expect("a run left nothing", line, ok, "2 passed, 1 failed, 0 skipped", false)

	put("race", `{"tests":[{"name":"p A","outcome":"fail","reason":"DATA RACE"},{"name":"p B","outcome":"pass"}]}`)
	line, ok = count(false, "go")
	expect("A passes plain and fails under -race", line, ok, "1 passed, 1 failed, 0 skipped", false)

	put("race", `{"tests":[{"name":"p C","outcome":"skip","reason":"no data"}]}`)
	line, ok = count(false, "go")
	expect("a skip by hand", line, ok, "2 passed, 0 failed, 1 skipped", true)
	line, ok = count(true, "go")
	expect("a skip where none may be", line, ok, "2 passed, 0 failed, 1 skipped", false)

	put("race", `{"tests":[]}`)
	line, ok = count(false, "go")
	expect("a run without a test", line, ok, "2 passed, 1 failed, 0 skipped", false)
	put("race", `{"tests":[{"name":"p A","outcome":"pass"}]}`)

	put("e2e", browser)
	line, ok = count(false, "go")
	expect("the browser's report, flaky is failed", line, ok, "3 passed, 1 failed, 1 skipped", false)
}
