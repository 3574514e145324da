package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// event is one line of `go test -json` (see go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build-output line
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// runGo runs go test and shows a line a package, the whole output of what
// failed, and each skip with its reason.
func runGo(out string, args []string) (bool, error) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return false, fmt.Errorf("couldn't read from go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("couldn't start go test: %w", err)
	}
	g := newGoRun(os.Stdout)
	readErr := g.read(stdout)
	ranErr := cmd.Wait()
	if readErr != nil {
		return false, readErr
	}
	if ranErr != nil && !g.sawFailure() {
		g.add(result{"go test " + strings.Join(args, " "), failed, ranErr.Error()})
	}
	return ranErr == nil, write(out, results{Tests: g.tests})
}

// goRun gathers the events of one go test.
type goRun struct {
	show   io.Writer
	tests  []result
	output map[string]*strings.Builder // what a test, or a package by itself, printed
	count  map[string]int              // tests passed, by package
	failed map[string]bool             // packages with a failed test
}

func newGoRun(show io.Writer) *goRun {
	return &goRun{show: show, output: map[string]*strings.Builder{}, count: map[string]int{}, failed: map[string]bool{}}
}

func (g *goRun) add(r result) { g.tests = append(g.tests, r) }

func (g *goRun) sawFailure() bool {
	for _, r := range g.tests {
		if r.Outcome == failed {
			return true
		}
	}
	return false
}

func (g *goRun) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(g.show, lines.Text()) // not an event: the go tool's own words
			continue
		}
		g.take(e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("couldn't read go test's output: %w", err)
	}
	return nil
}

func (g *goRun) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(g.show, e.Output)
	case "output":
		b := g.output[key]
		if b == nil {
			b = new(strings.Builder)
			g.output[key] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			g.endPackage(e)
		} else {
			g.endTest(e, key)
		}
		delete(g.output, key)
	}
}

func (g *goRun) endTest(e event, key string) {
	r := result{Name: key, Outcome: e.Action}
	said := ""
	if b := g.output[key]; b != nil {
		said = b.String()
	}
	switch e.Action {
	case "pass":
		g.count[e.Package]++
	case "fail":
		g.failed[e.Package] = true
		r.Reason = firstLine(said)
		fmt.Fprintf(g.show, "--- FAIL %s\n%s", key, said)
	case "skip":
		r.Reason = firstLine(said)
		fmt.Fprintf(g.show, "SKIPPED  %s: %s\n", key, r.Reason)
	}
	g.add(r)
}

// endPackage shows a package's line. A package that fails without a failed
// test (it did not build, panicked, ran out of time) is a failure of its own.
func (g *goRun) endPackage(e event) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(g.show, "ok    %-28s %4d tests %7.1f s\n", e.Package, g.count[e.Package], e.Elapsed)
	case "fail":
		said := ""
		if b := g.output[e.Package+" "]; b != nil {
			said = b.String()
		}
		if !g.failed[e.Package] {
			reason := "the package failed outside any test"
			if e.FailedBuild != "" {
				reason = "it does not build"
			}
			g.add(result{e.Package, failed, reason})
		}
		fmt.Fprintf(g.show, "%sFAIL  %-28s %4d tests %7.1f s\n", said, e.Package, g.count[e.Package], e.Elapsed)
	}
}

var framing = regexp.MustCompile(`^\s*(=== |--- |$)`)

// firstLine gives the first line that the test itself wrote.
func firstLine(said string) string {
	for line := range strings.Lines(said) {
		if !framing.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return "no reason given"
}
