package parley_test

// No targeting, as a test. Every field of what Parley writes, signs or sends
// stands by name and purpose in one closed list, docs/spec/fields.md; a field
// that isn't there fails, and so does a row that no format has any more. Words
// that only a targeting system or a permission needs are refused as field names
// and in what the product says to people, whatever the list holds.

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "add a row without a purpose to docs/spec/fields.md for each field that has none; you then write the purposes")

const fieldList = "docs/spec/fields.md"

const howToAdd = `
How to add a field: write its row in ` + fieldList + `, in alphabetical order,

	| ` + "`name`" + ` | what a duty officer or inspector needs it for, with its unit |

or have the empty rows added by

	go test -run TestFields -update .

and write each purpose yourself: the test refuses an empty one. If the honest
purpose is to aim, to choose or to rank something to strike, the field does not
belong in Parley, and neither does a row for it.`

// bannedFields are words that no field name may hold, in any spelling of it:
// fire-control, FireControl and fire_control are all "fire control".
var bannedFields = []string{
	"target", "weapon", "aim", "aimpoint", "fire control", "munition", "warhead", "kill", "lethality", "strike",
	"engage", "engagement", "hostile", "enemy", "priority by value", "value of", "high value", "threat",
	"approve", "approval", "clear", "cleared", "clearance", "permission", "authorize", "authorise", "authorization",
}

// bannedSpeech is what the product never says to people. Parley informs; it
// grants no permission and names nobody a target.
var bannedSpeech = regexp.MustCompile(`(?i)\b(target(s|ed|ing)?|weapons?|aim(s|ed|ing|point)?|fire[- ]?control|munitions?|kill(s|ed|ing)?|priority[- ]by[- ]value|approv(e|es|ed|al|ing)|cleared|clearance)\b`)

// bannedPermission is the part of it that no text in any Go file may hold.
var bannedPermission = regexp.MustCompile(`(?i)\b(approved|cleared to|fire[- ]control|priority[- ]by[- ]value)\b`)

// speechAllowed are texts that hold such a word and must: file, part of the
// text, reason.
var speechAllowed = []struct{ file, text, why string }{}

// fieldAllowed are field names that hold such a word and must.
var fieldAllowed = []struct{ field, why string }{}

// words splits a name into lower-case words: "fireControl-ID" is fire control id.
func words(name string) []string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// banned gives the banned word that a field name holds, or "". It knows the
// common endings: targets, targeted, targeting, killed.
func banned(name string) string {
	if slices.ContainsFunc(fieldAllowed, func(e struct{ field, why string }) bool { return e.field == name }) {
		return ""
	}
	joined := " "
	for _, w := range words(name) {
		joined += w + " "
	}
	for _, ban := range bannedFields {
		for _, end := range []string{"", "s", "d", "ed", "ing"} {
			if strings.Contains(joined, " "+ban+end+" ") || strings.TrimSpace(joined) == strings.ReplaceAll(ban, " ", "")+end {
				return ban
			}
		}
	}
	return ""
}

// found is a field name and the first place that has it.
type found struct {
	name, where string
	listed      bool // a wire format: it must stand in the closed list
}

// structFields gives the tagged fields of the structs in one file. A field with
// a cbor tag is part of a signed or sent format and must be listed; others
// (our API, config, reports) must only be free of banned words. The name is the
// one that people see in JSON, since CBOR carries numbers.
func structFields(s source) []found {
	var all []found
	ast.Inspect(s.file, func(n ast.Node) bool {
		st, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range st.Fields.List {
			if f.Tag == nil {
				continue
			}
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				continue
			}
			tag := reflect.StructTag(text)
			first := func(key string) string { name, _, _ := strings.Cut(tag.Get(key), ","); return name }
			_, wire := tag.Lookup("cbor")
			wire = wire && first("cbor") != "-"
			name := first("json")
			for _, key := range []string{"cbor", "toml", "xml", "yaml"} {
				if other := first(key); (name == "" || name == "-") && other != "-" && strings.IndexFunc(other, unicode.IsLetter) >= 0 {
					name = other
				}
			}
			if (name == "" || name == "-") && len(f.Names) > 0 && f.Names[0].Name != "_" {
				name = strings.Join(words(f.Names[0].Name), "_")
			}
			if name != "" && name != "-" {
				all = append(all, found{name, s.at(f), wire})
			}
			for _, ident := range f.Names { // the Go name may say what the tag hides
				all = append(all, found{ident.Name, s.at(f), false})
			}
		}
		return true
	})
	return all
}

var (
	cddlBlock = regexp.MustCompile("(?s)```cddl\n(.*?)```")
	// A member by name, "place: tstr"; or by number with its name in the comment
	// that ends the line, "? 2 => tstr, ; place: by name".
	cddlNamed    = regexp.MustCompile(`^\s*[({,]*\s*(?:[?*+]\s*)?"?([a-z][a-z0-9_-]*)"?\s*(?::|=>)`)
	cddlNumbered = regexp.MustCompile(`^\s*[({,]*\s*(?:[?*+]\s*)?-?\d+\s*(?::|=>)[^;]*;\s*([a-z][a-z0-9_-]*)`)
	cddlUnnamed  = regexp.MustCompile(`^\s*[({,]*\s*(?:[?*+]\s*)?-?\d+\s*(?::|=>)`)
)

// cddlFields gives the member names of a CDDL text, and an error for a numbered
// member that no comment names.
func cddlFields(where, text string) (all []found, errs []string) {
	for i, line := range strings.Split(text, "\n") {
		at := fmt.Sprintf("%s, CDDL line %d", where, i+1)
		if m := cddlNumbered.FindStringSubmatch(line); m != nil {
			all = append(all, found{strings.ReplaceAll(m[1], "-", "_"), at, true})
		} else if cddlUnnamed.MatchString(line) {
			errs = append(errs, at+": a numbered member must end in a comment with its name: "+strings.TrimSpace(line))
		} else if m := cddlNamed.FindStringSubmatch(line); m != nil {
			all = append(all, found{strings.ReplaceAll(m[1], "-", "_"), at, true})
		}
	}
	return all, errs
}

// apiFields gives the property names of our OpenAPI file.
func apiFields(where, text string) []found {
	key := regexp.MustCompile(`^\s+([A-Za-z_][A-Za-z0-9_]*):`)
	var all []found
	for i, line := range strings.Split(text, "\n") {
		if m := key.FindStringSubmatch(line); m != nil {
			all = append(all, found{m[1], fmt.Sprintf("%s:%d", where, i+1), false})
		}
	}
	return all
}

// allFields gathers from Go, CDDL and OpenAPI.
func allFields(t *testing.T) []found {
	t.Helper()
	var all []found
	for _, s := range sources(t) {
		if !s.test() && !strings.HasPrefix(s.path, "tools/") {
			all = append(all, structFields(s)...)
		}
	}
	for _, p := range walk(t) {
		isSpec := strings.HasPrefix(p, "docs/spec/")
		if !isSpec && p != "internal/api/openapi.yaml" {
			continue
		}
		text := read(t, p)
		blocks := [][]string{}
		switch path.Ext(p) {
		case ".md":
			blocks = cddlBlock.FindAllStringSubmatch(text, -1)
		case ".cddl":
			blocks = [][]string{{"", text}}
		case ".yaml":
			all = append(all, apiFields(p, text)...)
		}
		for _, b := range blocks {
			fields, errs := cddlFields(p, b[1])
			all = append(all, fields...)
			for _, e := range errs {
				t.Error(e)
			}
		}
	}
	return all
}

func read(t testing.TB, p string) string {
	t.Helper()
	text, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var row = regexp.MustCompile("^\\| `([^`]+)` \\|(.*)\\|\\s*$")

// readList gives name → purpose of the closed list, and the names in order.
func readList(text string) (purpose map[string]string, order []string) {
	purpose = map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		if m := row.FindStringSubmatch(line); m != nil {
			purpose[m[1]] = strings.TrimSpace(m[2])
			order = append(order, m[1])
		}
	}
	return purpose, order
}

func TestFieldsStandInTheClosedList(t *testing.T) {
	where := map[string]string{}
	for _, f := range allFields(t) {
		if _, ok := where[f.name]; !ok && f.listed {
			where[f.name] = f.where
		}
	}
	if *update {
		addRows(t, where)
	}
	purpose, order := readList(read(t, fieldList))
	bad := false
	fail := func(format string, args ...any) { bad = true; t.Errorf(format, args...) }
	for _, name := range slices.Sorted(maps.Keys(where)) {
		at := where[name]
		if p, ok := purpose[name]; !ok {
			fail("%s: field %q does not stand in %s", at, name, fieldList)
		} else if p == "" {
			fail("%s: field %q has no purpose in %s: a person writes it", at, name, fieldList)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(purpose)) {
		if where[name] == "" {
			fail("%s: no format has the field %q: take its row out", fieldList, name)
		}
	}
	if !slices.IsSorted(order) || len(order) != len(purpose) {
		fail("%s: rows must be in alphabetical order, each name once", fieldList)
	}
	if bad {
		t.Log(howToAdd)
	}
}

// addRows adds a row without a purpose for each missing name. It keeps every
// row that is there, also stale ones: taking one out is a person's decision.
func addRows(t *testing.T, where map[string]string) {
	t.Helper()
	text := read(t, fieldList)
	purpose, _ := readList(text)
	var head []string
	rows := map[string]string{}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if m := row.FindStringSubmatch(line); m != nil {
			rows[m[1]] = line
		} else {
			head = append(head, line)
		}
	}
	for name := range where {
		if _, ok := purpose[name]; !ok {
			rows[name] = "| `" + name + "` | |"
		}
	}
	var b bytes.Buffer
	b.WriteString(strings.Join(head, "\n") + "\n")
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		b.WriteString(rows[name] + "\n")
	}
	if err := os.WriteFile(fieldList, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFieldsServeNoTargeting(t *testing.T) {
	said := map[string]bool{}
	for _, f := range allFields(t) {
		if w := banned(f.name); w != "" && !said[f.name] {
			said[f.name] = true
			t.Errorf("%s: field %q holds the word %q: Parley has no targeting and grants no permission", f.where, f.name, w)
		}
	}
}

// speech gives the texts of a Go file: its string literals, but not tags and
// import paths.
func speech(s source) map[int]string {
	texts := map[int]string{}
	tags := map[*ast.BasicLit]bool{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Tag != nil {
				tags[n.Tag] = true // seen before its literal, which lies below it
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING && !tags[n] {
				if text, err := strconv.Unquote(n.Value); err == nil {
					texts[s.fset.Position(n.Pos()).Line] += " " + text
				}
			}
		}
		return true
	})
	return texts
}

func saidOnPurpose(file, text string) bool {
	for _, e := range speechAllowed {
		if e.file == file && strings.Contains(text, e.text) {
			return true
		}
	}
	return false
}

// messageFile reports whether a file of the console holds texts for people.
func messageFile(p string) bool {
	return strings.HasPrefix(p, "web/src/") && regexp.MustCompile(`(?i)(message|i18n|locale|lang)`).MatchString(p) && !strings.HasSuffix(p, ".d.ts")
}

func TestTheProductGrantsNothingAndNamesNoTarget(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || strings.HasPrefix(s.path, "tools/") {
			continue
		}
		ban := bannedPermission
		if s.pkg() == "phrase" {
			ban = bannedSpeech
		}
		for line, text := range speech(s) {
			if m := ban.FindString(text); m != "" && !saidOnPurpose(s.path, text) {
				t.Errorf("%s:%d: says %q: Parley informs; it grants no permission and names no target", s.path, line, m)
			}
		}
	}
	for _, p := range walk(t) {
		if !messageFile(p) && !strings.HasPrefix(p, "phrase/") || strings.HasSuffix(p, ".go") || strings.Contains(p, "testdata/") {
			continue
		}
		for i, line := range strings.Split(read(t, p), "\n") {
			if m := bannedSpeech.FindString(line); m != "" && !saidOnPurpose(p, line) {
				t.Errorf("%s:%d: says %q: Parley informs; it grants no permission and names no target", p, i+1, m)
			}
		}
	}
}

func TestBannedWordsAreFoundInEverySpelling(t *testing.T) {
	for name, want := range map[string]string{
		"target": "target", "Targets": "target", "targetID": "target", "next_target": "target", "TargetedAt": "target",
		"fire-control": "fire control", "FireControl": "fire control", "firecontrol": "fire control", "fire_control_id": "fire control",
		"aim": "aim", "AimPoint": "aim", "killed": "kill", "approved": "approve", "is_cleared": "clear",
		// Ordinary names that only look alike.
		"claim": "", "claims": "", "maim": "", "skill": "", "nuclear": "", "precedence": "", "place": "", "valid_until": "", "retargetless": "",
	} {
		if got := banned(name); got != want {
			t.Errorf("banned(%q) = %q, want %q", name, got, want)
		}
	}
	for text, want := range map[string]bool{
		"Your request is approved": true, "cleared to proceed": true, "The Fire-Control radar": true, "2 targets": true,
		"both claims stand": false, "no objection": false, "unclear": false, "skilled": false,
	} {
		if got := bannedSpeech.MatchString(text); got != want {
			t.Errorf("speech %q: banned is %v, want %v", text, got, want)
		}
	}
}

func TestFieldsAreFoundWhereverTheyAreWritten(t *testing.T) {
	s := parse(t, "record/x.go", []byte("package record\ntype T struct {\n"+
		"\tReadBack []string `cbor:\"2,keyasint\" json:\"read_back,omitempty\"`\n"+
		"\tLocalOnly int `cbor:\"-\" json:\"local\"`\n"+
		"\tOldName int `cbor:\"3,keyasint\"`\n"+
		"\tPlain int\n"+
		"\tIn struct { Deep int `cbor:\"deep\"` } `json:\"in\"`\n}\n"))
	listed := []string{}
	for _, f := range structFields(s) {
		if f.listed {
			listed = append(listed, f.name)
		}
	}
	if want := []string{"read_back", "old_name", "deep"}; !slices.Equal(listed, want) {
		t.Errorf("listed: %v, want %v", listed, want)
	}
	fields, errs := cddlFields("x", "notice = {\n  1 => class, ; class of the notice\n  ? 2: tstr ; place-name\n  text: tstr,\n  ? \"quoted\": bool\n}\nclass = \"activity\" / \"test\"\n; a comment: no field\n")
	names := []string{}
	for _, f := range fields {
		names = append(names, f.name)
	}
	if want := []string{"class", "place_name", "text", "quoted"}; !slices.Equal(names, want) || len(errs) > 0 {
		t.Errorf("CDDL: %v, %v; want %v", names, errs, want)
	}
	if _, errs := cddlFields("x", "a = { 1: int }\n  2 => tstr,\n"); len(errs) != 1 {
		t.Errorf("a numbered member without a name: %v, want one error", errs)
	}
}
