package api

import (
	"encoding/json"
	"testing"
)

// Whatever bytes come, reading them strictly ends, and what it takes is one JSON
// value that reads the same way again after it was written.
func FuzzStrictBodies(f *testing.F) {
	for _, s := range []string{noticeDraft, `{}`, `[]`, `{"id":"a","id":"b"}`, `{"line":"x","kind":"say","body":{"a":[{"b":1},{"b":2}]}}`, "\xff", `{"a":`, `{"line":null}`, `1 2`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Draft
		if err := readStrict(b, &d); err != nil {
			if err.Error() == "" {
				t.Error("refused without a word")
			}
			return
		}
		if !json.Valid(b) {
			t.Fatalf("took what is no JSON: %q", b)
		}
		again, err := json.Marshal(map[string]any{"line": d.Line, "kind": d.Kind, "body": d.Body})
		if err != nil {
			return // a body that was left out
		}
		var e Draft
		if len(d.Body) > 0 {
			if err := readStrict(again, &e); err != nil || e.Line != d.Line || e.Kind != d.Kind {
				t.Fatalf("%q reads otherwise a second time: %v", again, err)
			}
		}
	})
}
