package volume

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page docs/spec/volume.md is law: its examples have to be valid volumes,
// and every test that it names has to exist.
func TestSpecIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/spec/volume.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(page, -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		var v Volume
		if err := json.Unmarshal(e[1], &v); err != nil {
			t.Fatalf("%s: %v", e[1], err)
		}
		if err := v.Validate(); err != nil {
			t.Errorf("%s: %v", e[1], err)
		}
		// As printed: the same fields and values, but for the white space.
		var a, b any
		out, _ := json.Marshal(v)
		_ = json.Unmarshal(e[1], &a)
		_ = json.Unmarshal(out, &b)
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("printed as\n%s\nthe page has\n%s", y, x)
		}
	}
	var code strings.Builder
	files, _ := filepath.Glob("*_test.go")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	named := regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(string(page), -1)
	if len(named) < 30 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, n := range named {
		if !strings.Contains(code.String(), "func "+n+"(") {
			t.Errorf("the page names %s, which does not exist", n)
		}
	}
}
