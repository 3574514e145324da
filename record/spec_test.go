package record

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"parley/party"
	"parley/volume"
)

var update = flag.Bool("update", false, "write the example and the vectors of the spec anew")

const specDir = "../docs/spec/"

// TestTheSchemaIsThatOfTheCode: every struct stands in record.cddl with the
// same labels, the same names and the same fields optional, and nothing else
// stands there.
func TestTheSchemaIsThatOfTheCode(t *testing.T) {
	text := string(must(os.ReadFile(specDir + "record.cddl")))
	rules := map[string]any{
		"header": header{}, "payload": payload{}, "ref": Ref{}, "head": Head{}, "envelope": Envelope{},
		"point": volume.Point{}, "altitude": volume.Altitude{}, "band": volume.Band{}, "window": volume.Window{},
		"circle": volume.Circle{}, "area": volume.Area{}, "volume": volume.Volume{}, "leg": volume.Leg{},
		"notice": Notice{}, "closed": Closed{}, "ack": Ack{}, "param": Param{}, "phrase": Phrase{}, "say": Say{},
		"relay": Relay{}, "origin": Origin{}, "opening": Opening{}, "received": Received{}, "close": Close{},
		"finding": Finding{}, "plan": Plan{}, "about": About{}, "alert": Alert{}, "end": End{}, "watch": Watch{},
		"minute": Minute{}, "kept": Kept{}, "charter-record": CharterRecord{}, "charter-signature": CharterSignature{},
		"charter": Charter{}, "clocks": Clocks{}, "lead": Lead{}, "card": party.Card{}, "officer": party.Officer{},
	}
	block := regexp.MustCompile(`(?ms)^([a-z-]+) = \{\n(.*?)^\}`)
	line := regexp.MustCompile(`^  (\? )?(-?\d+): .*; ([A-Za-z0-9_]+)(:.*)?$`)
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		v, ok := rules[m[1]]
		if !ok {
			t.Errorf("%s stands in the schema only", m[1])
			continue
		}
		delete(rules, m[1])
		want := fields(reflect.TypeOf(v))
		for _, l := range strings.Split(strings.TrimSuffix(m[2], "\n"), "\n") {
			f := line.FindStringSubmatch(l)
			if f == nil {
				t.Errorf("%s: couldn't read %q", m[1], l)
				continue
			}
			var label int64
			fmt.Sscan(f[2], &label)
			w, ok := want[label]
			if !ok || !strings.EqualFold(w.name, f[3]) || w.optional != (f[1] != "") {
				t.Errorf("%s: the schema says %q, the code %+v", m[1], strings.TrimSpace(l), w)
			}
			delete(want, label)
		}
		for label, w := range want {
			t.Errorf("%s: the schema lacks %d, %s", m[1], label, w.name)
		}
	}
	for name := range rules {
		t.Errorf("%s is not in the schema", name)
	}
	for _, words := range [][]string{words(Kinds()), words(Classes()), words(Levels())} {
		for _, w := range words {
			if !strings.Contains(text, `"`+w+`"`) {
				t.Errorf("%q is not in the schema", w)
			}
		}
	}
}

func words[T ~string](list []T) (ws []string) {
	for _, x := range list {
		ws = append(ws, string(x))
	}
	return ws
}

// TestNoFieldServesTargeting: every field of every record stands in the schema
// (TestTheSchemaIsThatOfTheCode), and none of them has a name of aim or value.
func TestNoFieldServesTargeting(t *testing.T) {
	text := strings.ToLower(string(must(os.ReadFile(specDir + "record.cddl"))))
	for _, w := range []string{"target", "weapon", "aim", "munition", "fire", "value of", "rank", "approved", "cleared"} {
		if strings.Contains(text, w) {
			t.Errorf("the schema says %q", w)
		}
	}
}

// TestEveryMustNamesItsTest: the rules of record.md name tests that exist.
func TestEveryMustNamesItsTest(t *testing.T) {
	md := string(must(os.ReadFile(specDir + "record.md")))
	var code string
	for _, f := range must(filepath.Glob("*_test.go")) {
		code += string(must(os.ReadFile(f)))
	}
	for _, f := range must(filepath.Glob("../party/*_test.go")) {
		code += string(must(os.ReadFile(f)))
	}
	rules, n := strings.Split(md, "\n"), 0
	for _, l := range rules {
		if !strings.Contains(l, "MUST") || !strings.HasPrefix(l, "|") {
			continue
		}
		n++
		tests := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+`).FindAllString(l, -1)
		if len(tests) == 0 {
			t.Errorf("no test: %s", l)
		}
		for _, name := range tests {
			if !strings.Contains(code, "func "+name+"(t ") && !strings.Contains(code, "func "+name+"(f ") {
				t.Errorf("there is no %s: %s", name, l)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d rules found", n)
	}
}

// TestTheExampleOfTheSpecIsTrue: the leaf, its annotation and its JSON in
// record.md are what the code makes.
func TestTheExampleOfTheSpecIsTrue(t *testing.T) {
	e := envelopeOf("IL")
	e.Line = LineID(CharterHash(must(MarshalCharter(charterOf("IL", "RU")))))
	n := Notice{Class: HazardArea, Place: "Latakia", Volumes: []volume.Volume{{
		Area: volume.Area{Circle: &volume.Circle{Center: volume.Deg(35.52, 35.78), RadiusM: 30000}},
		Band: volume.Band{Lower: volume.Altitude{Feet: 0, Datum: volume.AGL}, Upper: volume.Altitude{Feet: 30000}}, Window: box().Window}},
		Wants: []Level{LevelUnderstood}}
	leaf := must(Seal(e, n, signerOf("IL duty")))
	p := must(Parse(leaf))
	outer := must(split(leaf))
	k := signerOf("IL duty").Public()
	var s strings.Builder
	fmt.Fprintf(&s, "The leaf, %d bytes:\n\n```\n%s```\n\n", len(leaf), wrapped(leaf))
	fmt.Fprintf(&s, "The same in diagnostic notation; the comments are the names in JSON:\n\n```\n18([\n")
	fmt.Fprintf(&s, "  << %s >>,  / protected /\n", strings.TrimSpace(notation(reflect.TypeFor[header](), outer.Protected, "  ")))
	fmt.Fprintf(&s, "  {},  / unprotected: nothing stands beside what is signed /\n")
	fmt.Fprintf(&s, "  << {\n    1: %s,  / envelope /\n", notation(reflect.TypeFor[Envelope](), mustMarshal(p.Envelope), "    "))
	fmt.Fprintf(&s, "    2: %s  / body /\n  } >>,  / payload /\n", notation(reflect.TypeFor[Notice](), mustMarshal(p.Body), "    "))
	fmt.Fprintf(&s, "  h'%x'  / signature /\n])\n```\n\n", outer.Signature)
	j := must(json.MarshalIndent(p.Record, "", "  "))
	fmt.Fprintf(&s, "The same as `parley show` prints it:\n\n```json\n%s\n```\n\n", j)
	fmt.Fprintf(&s, "The officer's public key is `%s`, its key id `%s`, and the leaf hash in the log `%s`.\n", k, k.ID(), LeafHash(leaf))

	const from, to = "<!-- example -->\n", "<!-- end of example -->"
	file := specDir + "record.md"
	md := string(must(os.ReadFile(file)))
	before, rest, ok1 := strings.Cut(md, from)
	old, after, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatal("record.md has no place for the example")
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+from+s.String()+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != s.String() {
		t.Errorf("the example is no longer true; run with -update:\n%s", s.String())
	}
}

func wrapped(b []byte) string {
	var s strings.Builder
	for h := hex.EncodeToString(b); h != ""; {
		n := min(64, len(h))
		s.WriteString(h[:n] + "\n")
		h = h[n:]
	}
	return s.String()
}

// notation writes b, of type t, in diagnostic notation with the names of fields.
func notation(t reflect.Type, b []byte, indent string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	in := indent + "  "
	var raw cbor.RawMessage
	_, n, size, err := head(b)
	switch {
	case err != nil:
		panic(err)
	case t.Kind() == reflect.Struct:
		var s strings.Builder
		s.WriteString("{\n")
		rest := b[size:]
		for i := range n {
			var label int64
			rest = must(decoder.UnmarshalFirst(rest, &label))
			rest = must(decoder.UnmarshalFirst(rest, &raw))
			f, comma := fields(t)[label], ","
			if i == n-1 {
				comma = ""
			}
			fmt.Fprintf(&s, "%s%d: %s%s  / %s /\n", in, label, notation(f.typ, raw, in), comma, f.name)
		}
		return s.String() + indent + "}"
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		var s strings.Builder
		s.WriteString("[\n")
		rest := b[size:]
		for i := range n {
			rest = must(decoder.UnmarshalFirst(rest, &raw))
			s.WriteString(in + notation(t.Elem(), raw, in))
			if i < n-1 {
				s.WriteString(",")
			}
			s.WriteString("\n")
		}
		return s.String() + indent + "]"
	}
	return must(cbor.Diagnose(b))
}

// vector is one file of docs/spec/vectors/record, for whoever writes another
// implementation.
type vector struct {
	Name     string          `json:"name"`
	About    string          `json:"about"`
	Key      party.Key       `json:"public_key"`
	Leaf     string          `json:"leaf"`    // hex
	Verdict  string          `json:"verdict"` // good, invalid, unreadable
	Field    string          `json:"field,omitempty"`
	LeafHash *Hash           `json:"leaf_hash,omitempty"`
	Record   json.RawMessage `json:"record,omitempty"`
}

// TestTheVectorsOfTheSpecAreTrue: each file's leaf gets the verdict that the
// file says, and the files are all that the code makes.
func TestTheVectorsOfTheSpecAreTrue(t *testing.T) {
	dir := specDir + "vectors/record/"
	made := map[string]bool{}
	bad := 0
	for _, v := range append(goodVectors(), badVectors()...) {
		file := v.Name + ".json"
		made[file] = true
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if *update {
			seed := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", unhexed(v.Leaf))
			err := errorsOf(os.MkdirAll(dir, 0o755), os.WriteFile(dir+file, b.Bytes(), 0o644),
				os.MkdirAll("testdata/fuzz/FuzzParse", 0o755), os.WriteFile("testdata/fuzz/FuzzParse/"+v.Name, []byte(seed), 0o644))
			if err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(dir + file)
		if err != nil || !bytes.Equal(stored, b.Bytes()) {
			t.Errorf("%s is not what the code makes (%v); run with -update", file, err)
			continue
		}
		var read vector
		if err := json.Unmarshal(stored, &read); err != nil {
			t.Fatal(err)
		}
		checkVector(t, read)
		if read.Verdict != "good" {
			bad++
		}
	}
	if bad < 25 {
		t.Errorf("only %d hostile vectors", bad)
	}
	for _, f := range must(filepath.Glob(dir + "*.json")) {
		if !made[filepath.Base(f)] {
			t.Errorf("%s: the code makes no such vector", f)
		}
	}
}

func errorsOf(errs ...error) error { return first(errs...) }

func checkVector(t *testing.T, v vector) {
	t.Helper()
	leaf := unhexed(v.Leaf)
	verdict, field := verdictOf(leaf, v.Key)
	if verdict != v.Verdict || field != v.Field {
		_, err := Open(leaf, alwaysKey(v.Key))
		t.Errorf("%s: %s %s (%v), want %s %s", v.Name, verdict, field, err, v.Verdict, v.Field)
		return
	}
	if verdict == "good" {
		r := must(Open(leaf, alwaysKey(v.Key)))
		var want Record
		if err := json.Unmarshal(v.Record, &want); err != nil || !reflect.DeepEqual(&want, r) {
			t.Errorf("%s: the record is %+v, the file says %+v (%v)", v.Name, r, want, err)
		}
		if *v.LeafHash != LeafHash(leaf) {
			t.Errorf("%s: leaf hash %s", v.Name, LeafHash(leaf))
		}
	}
}
