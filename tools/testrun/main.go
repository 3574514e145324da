// Command testrun runs tests and counts what really happened.
//
//	testrun go         -out F -- ARGS       go test -json ARGS, shown short
//	testrun playwright -out F -- COMMAND    the browser tests, run in web/
//	testrun check      -out F -name N -- C  one command that passes or fails
//	testrun skip       -out F -name N -reason R
//	testrun sum [-strict] FOLDER [RUN …]    the closing count of FOLDER/*.json
//
// Each run leaves one file of results, also when it could not start, and sum
// is told which runs there must be, so that a part that never ran can't be
// taken for one that passed. sum prints every
// failure and every skip with its reason and, as its last line,
// "N passed, N failed, N skipped"; it ends with 1 on any failure and, with
// -strict, on any skip. A test that ran twice (plain and under -race) is
// counted once, by its worst outcome.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An outcome is ordered: the worst of two runs of a test is the larger.
const (
	passed  = "pass"
	skipped = "skip"
	failed  = "fail"
)

var rank = map[string]int{passed: 0, skipped: 1, failed: 2}

// result is what became of one test.
type result struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"` // of a skip, or what failed
}

// results is the content of one file of results.
type results struct {
	Tests []result `json:"tests"`
}

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	verb, args := os.Args[1], os.Args[2:]
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	out := flags.String("out", "", "file of results to write")
	name := flags.String("name", "", "name of the check")
	reason := flags.String("reason", "", "why it is skipped")
	strict := flags.Bool("strict", false, "a skip is a failure")
	if err := flags.Parse(args); err != nil {
		usage()
	}
	rest := flags.Args()
	var ok bool
	var err error
	switch {
	case verb == "sum" && len(rest) > 0:
		ok, err = sum(os.Stdout, rest[0], rest[1:], *strict)
	case *out == "":
		usage()
	case verb == "go":
		ok, err = runGo(*out, rest)
	case verb == "playwright" && len(rest) > 0:
		ok, err = runPlaywright(*out, rest)
	case verb == "check" && len(rest) > 0:
		ok, err = runCheck(*out, *name, rest)
	case verb == "skip":
		ok, err = true, write(*out, results{Tests: []result{{*name, skipped, *reason}}})
		fmt.Printf("SKIPPED %s: %s\n", *name, *reason)
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: testrun go|playwright|check|skip -out FILE … | sum [-strict] FOLDER [RUN …]")
	os.Exit(2)
}

// runCheck runs one command and notes whether it ended with 0.
func runCheck(out, name string, args []string) (bool, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	r := result{Name: name, Outcome: passed}
	if err := cmd.Run(); err != nil {
		r.Outcome, r.Reason = failed, strings.Join(args, " ")+": "+err.Error()
	}
	fmt.Printf("%-6s %s\n", r.Outcome, name)
	return r.Outcome == passed, write(out, results{Tests: []result{r}})
}

// runPlaywright runs the browser tests; Playwright's own reporter writes out.
// Where it wrote nothing, out says that they failed to start.
func runPlaywright(out string, args []string) (bool, error) {
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("couldn't clear old results: %w", err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = "web"
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	if _, statErr := os.Stat(out); statErr != nil {
		reason := "Playwright wrote no results"
		if err != nil {
			reason += ": " + err.Error()
		}
		return false, write(out, results{Tests: []result{{"console: browser tests", failed, reason}}})
	}
	return err == nil, nil
}

func write(out string, r results) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("couldn't encode results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("couldn't make folder of results: %w", err)
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return fmt.Errorf("couldn't write results: %w", err)
	}
	return nil
}
