package parley_test

// The law of imports as tested policy, after Go's own src/go/build/deps_test.go:
// a short table of what may not be, each line with the reason that a person
// needs who runs into it. A path without a slash is the core; a path with one is
// an edge; cmd, tools and bench stand outside and wire or serve the rest.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bans are imports that no core package may have outside its tests. A path
// covers what lies below it.
var bans = []struct{ path, why string }{
	{"net", "the core is handed bytes and hands back bytes; carriers are edges, so that the simulator can stand in for them"},
	{"os", "the core has no files, environment or signals: the same records must give the same picture everywhere"},
	{"syscall", "as os"},
	{"golang.org/x/sys", "as os"},
	{"database/sql", "the logbook keeps what it holds behind the Store interface; drivers are edges"},
	{"modernc.org/sqlite", "as database/sql"},
	{"math/rand", "chance would make two nodes, or two runs, see different pictures; who needs random bytes is given an io.Reader"},
	{"crypto/rand", "as math/rand; cmd/parley hands it to the node as an io.Reader"},
	{"log", "the core says what happened by what it returns; edges decide what is logged"},
	{"log/slog", "as log"},
	{"testing", "test code must not be in the binary"},
	{"github.com/spf13", "the command line is cmd/parley"},
	{"github.com/prometheus", "metrics are read at the edge from what node's Status says"},
}

// allowed are exceptions from bans and from the rule that edges never import
// edges: from, to, reason. One that is no longer used fails.
var allowed = []struct{ from, to, why string }{}

// clock are the functions of package time that read the clock or wait for it.
// Only node may use them in the core: everybody else is given the instant, and
// is therefore the same in a replay. Edges are exempt: they time out sockets.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// source is one Go file of this module.
type source struct {
	path string // slash-separated, from the root
	file *ast.File
	fset *token.FileSet
	text []byte
}

func (s source) pkg() string { return path.Dir(s.path) }
func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") }
func (s source) core() bool  { return !strings.Contains(s.pkg(), "/") && s.pkg() != "." }
func (s source) edge() bool  { return isEdge(s.pkg()) }
func (s source) made() bool  { return ast.IsGenerated(s.file) }
func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// isEdge reports whether a package of ours, by its path in the tree, is an edge.
func isEdge(pkg string) bool {
	top, _, deep := strings.Cut(pkg, "/")
	return deep && !slices.Contains([]string{"cmd", "tools", "bench"}, top)
}

func parse(t testing.TB, name string, text []byte) source {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("couldn't parse %s: %v", name, err)
	}
	return source{name, f, fset, text}
}

// walk gives the path of every file of the project: what git knows or would
// add, or, in a copy without git, all but what is built or fetched.
func walk(t testing.TB) []string {
	t.Helper()
	if out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output(); err == nil && len(out) > 0 {
		var all []string
		for _, p := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
			if info, err := os.Lstat(p); err == nil && info.Mode().IsRegular() { // not one that is deleted but not yet committed
				all = append(all, p)
			}
		}
		return all
	}
	skip := []string{".git", "bin", "node_modules", "dist", "test-results", "playwright-report"}
	var all []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(skip, d.Name()) {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			all = append(all, filepath.ToSlash(p))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("couldn't list the project: %v", err)
	}
	return all
}

// sources gives every Go file but test data, which may be wrong on purpose.
func sources(t testing.TB) []source {
	t.Helper()
	var all []source
	for _, p := range walk(t) {
		if !strings.HasSuffix(p, ".go") || strings.Contains(p, "testdata/") {
			continue
		}
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, p, text))
	}
	if len(all) < 10 {
		t.Fatalf("found %d Go files: is this the root of the project?", len(all))
	}
	return all
}

// excepted looks an import up in allowed and notes that it was needed.
func excepted(from, to string, used map[int]bool) bool {
	for i, e := range allowed {
		if e.from == from && e.to == to {
			used[i] = true
			return true
		}
	}
	return false
}

// breaches gives what one file does against the law of imports.
func breaches(s source, used map[int]bool) []string {
	if s.test() {
		return nil
	}
	var all []string
	for _, spec := range s.file.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser would have refused it
		}
		ours, inside := strings.CutPrefix(imp, "parley/")
		var why string
		switch {
		case inside && s.core() && isEdge(ours):
			why = "the core never imports an edge; cmd/parley hands it one behind an interface"
		case inside && s.edge() && isEdge(ours):
			why = "edges never import edges; cmd/parley wires them"
		case inside && (s.core() || s.edge()) && !isEdge(ours) && strings.Contains(ours, "/"):
			why = "nothing imports cmd or tools"
		case s.core():
			for _, ban := range bans {
				if imp == ban.path || strings.HasPrefix(imp, ban.path+"/") {
					why = ban.why
				}
			}
		}
		if why != "" && !excepted(s.pkg(), strings.TrimPrefix(imp, "parley/"), used) {
			all = append(all, fmt.Sprintf("%s: imports %s: %s", s.at(spec), imp, why))
		}
	}
	return all
}

// clockReads gives where a core file reads the clock or waits for it.
func clockReads(s source) []string {
	if s.test() || !s.core() || s.pkg() == "node" {
		return nil
	}
	name := ""
	for _, spec := range s.file.Imports {
		if spec.Path.Value == `"time"` {
			name = "time"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	if name == "" {
		return nil
	}
	if name == "." {
		return []string{s.path + ": imports time with a dot, which hides the clock"}
	}
	var all []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && slices.Contains(clock, sel.Sel.Name) {
			all = append(all, fmt.Sprintf("%s: uses time.%s: only node reads the clock; take the instant as a parameter", s.at(sel), sel.Sel.Name))
		}
		return true
	})
	return all
}

// inits gives the init functions of a file that a person wrote.
func inits(s source) []string {
	var all []string
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && !s.made() {
			all = append(all, s.at(f)+": has an init function: what happens on import can't be seen, ordered or tested; call it from main")
		}
	}
	return all
}

func TestTheLawOfImports(t *testing.T) {
	used := map[int]bool{}
	present := map[string]bool{}
	for _, s := range sources(t) {
		present[s.pkg()] = true
		for _, b := range breaches(s, used) {
			t.Error(b)
		}
	}
	for i, e := range allowed {
		if e.why == "" {
			t.Errorf("the exception of %s for %s has no reason", e.from, e.to)
		}
		if present[e.from] && !used[i] {
			t.Errorf("the exception of %s for %s is not needed: take it out of the table", e.from, e.to)
		}
	}
}

func TestOnlyTheNodeReadsTheClock(t *testing.T) {
	for _, s := range sources(t) {
		for _, b := range clockReads(s) {
			t.Error(b)
		}
	}
}

func TestNothingHappensOnImport(t *testing.T) {
	for _, s := range sources(t) {
		for _, b := range inits(s) {
			t.Error(b)
		}
	}
}

// The law must bite, or it is only a text: each line is a file that breaks it,
// or keeps it at the very edge.
func TestTheLawBites(t *testing.T) {
	for _, c := range []struct {
		path, code string
		want       string // part of the breach; empty: there is none
	}{
		{"picture/a.go", `import "net/http"`, "imports net/http"},
		{"picture/a.go", `import "net/netip"`, "imports net/netip"},
		{"picture/a.go", `import "os"`, "imports os"},
		{"picture/a.go", `import r "math/rand/v2"`, "imports math/rand/v2"},
		{"picture/a.go", `import _ "database/sql"`, "imports database/sql"},
		{"picture/a.go", `import "testing"`, "imports testing"},
		{"picture/a_test.go", `import "os"`, ""},
		{"picture/a.go", `import "math"`, ""},
		{"picture/a.go", `import "parley/line/linehttp"`, "core never imports an edge"},
		{"picture/a.go", `import "parley/record"`, ""},
		{"internal/feed/a.go", `import "net"`, ""},
		{"internal/feed/a.go", `import "parley/internal/api"`, "edges never import edges"},
		{"line/courier/a.go", `import "parley/line/linehttp"`, "edges never import edges"},
		{"line/courier/a.go", `import "parley/line"`, ""},
		{"internal/api/a_test.go", `import "parley/internal/sqlite"`, ""},
		{"internal/api/a.go", `import "parley/cmd/parley"`, "nothing imports cmd"},
		{"cmd/parley/a.go", `import ("os"; "parley/internal/api")`, ""},
		{"watch/a.go", "import \"time\"\nvar _ = time.Now()", "time.Now"},
		{"watch/a.go", "import clock \"time\"\nvar _ = clock.After(1)", "time.After"},
		{"watch/a.go", "import . \"time\"", "with a dot"},
		{"watch/a.go", "import \"time\"\nvar _ = time.Second", ""},
		{"node/a.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"internal/feed/a.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"watch/a.go", "func init() {}", "init function"},
		{"watch/a.go", "type x int\nfunc (x) init() {}", ""},
	} {
		s := parse(t, c.path, []byte("package p\n"+c.code+"\n"))
		got := append(append(breaches(s, map[int]bool{}), clockReads(s)...), inits(s)...)
		if c.want == "" && len(got) > 0 {
			t.Errorf("%s with %q: %v, want no breach", c.path, c.code, got)
		}
		if c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s with %q: %v, want one with %q", c.path, c.code, got, c.want)
		}
	}
}

func TestEveryGoFileIsGofmted(t *testing.T) {
	for _, s := range sources(t) {
		want, err := format.Source(s.text)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
		} else if !bytes.Equal(want, s.text) {
			t.Errorf("%s: not as gofmt writes it", s.path)
		}
	}
}

// machinePath finds what names one machine: its folders, or the host that its
// packages came from. Split here so that it does not find itself.
var machinePath = regexp.MustCompile(`(^|[^\w.-])/(wo` + `rk|ro` + `ot|home/[a-z]+|tmp/bash_` + `jobs|tmp/par` + `ley)/|registry\.npmjs` + `\.org|/tmp/bash_` + `jobs`)

func TestNothingNamesTheMachineItWasWrittenOn(t *testing.T) {
	for _, p := range walk(t) {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			continue // not text
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := machinePath.Find(line); m != nil {
				t.Errorf("%s:%d: names %q: a path or host of one machine", p, i+1, m)
			}
		}
	}
}
