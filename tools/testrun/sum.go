package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
)

// suite is the part of Playwright's JSON report that is read.
type suite struct {
	Title  string  `json:"title"`
	Suites []suite `json:"suites"`
	Specs  []struct {
		Title string `json:"title"`
		Tests []struct {
			Status      string `json:"status"` // expected, unexpected, flaky, skipped
			Annotations []struct {
				Type        string `json:"type"`
				Description string `json:"description"`
			} `json:"annotations"`
		} `json:"tests"`
	} `json:"specs"`
}

// load reads one file of results, ours or Playwright's.
func load(path string) ([]result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read results: %w", err)
	}
	var both struct {
		Tests  []result `json:"tests"`
		Suites []suite  `json:"suites"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(data, &both); err != nil {
		return nil, fmt.Errorf("couldn't read results in %s: %w", path, err)
	}
	all := both.Tests
	for _, s := range both.Suites {
		all = append(all, s.results("console")...)
	}
	for _, e := range both.Errors {
		all = append(all, result{"console: browser tests", failed, firstLine(e.Message)})
	}
	return all, nil
}

// results flattens a suite. A flaky test failed once, so it counts as failed.
func (s suite) results(above string) []result {
	var all []result
	at := above + " › " + s.Title
	for _, spec := range s.Specs {
		for _, t := range spec.Tests {
			r := result{Name: at + " › " + spec.Title}
			switch t.Status {
			case "expected":
				r.Outcome = passed
			case "skipped":
				r.Outcome, r.Reason = skipped, "no reason given"
				for _, a := range t.Annotations {
					if a.Description != "" {
						r.Reason = a.Description
					}
				}
			default:
				r.Outcome, r.Reason = failed, t.Status
			}
			all = append(all, r)
		}
	}
	for _, inner := range s.Suites {
		all = append(all, inner.results(at)...)
	}
	return all
}

// sum prints the closing count of every *.json in folder and reports whether
// all is well. A run in want without its file is a failure: nothing was shown.
func sum(w io.Writer, folder string, want []string, strict bool) (bool, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return false, fmt.Errorf("couldn't list results: %w", err)
	}
	worst := map[string]result{}
	for _, run := range want {
		if !slices.Contains(paths, filepath.Join(folder, run+".json")) {
			worst[run] = result{run, failed, "it left no results"}
		}
	}
	for _, path := range paths {
		all, err := load(path)
		if err != nil {
			return false, err
		}
		if len(all) == 0 {
			all = []result{{filepath.Base(path), failed, "it holds no result"}}
		}
		for _, r := range all {
			if old, ok := worst[r.Name]; !ok || rank[r.Outcome] > rank[old.Outcome] {
				worst[r.Name] = r
			}
		}
	}
	count := map[string]int{}
	names := make([]string, 0, len(worst))
	for name, r := range worst {
		names = append(names, name)
		count[r.Outcome]++
	}
	sort.Strings(names)
	for _, show := range []struct{ outcome, word string }{{skipped, "skipped"}, {failed, "FAILED"}} {
		for _, name := range names {
			if r := worst[name]; r.Outcome == show.outcome {
				fmt.Fprintf(w, "%s %s: %s\n", show.word, name, r.Reason)
			}
		}
	}
	if strict && count[skipped] > 0 {
		fmt.Fprintln(w, "a skip is a failure here: install what is missing, or mend the test")
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", count[passed], count[failed], count[skipped])
	return count[failed] == 0 && len(worst) > 0 && !(strict && count[skipped] > 0), nil
}
