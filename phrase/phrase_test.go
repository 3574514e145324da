package phrase

import (
	"encoding/hex"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata anew")

// A value that is right for each type.
var good = map[Type]string{
	Area: "the sea west of Latakia", Corridor: "Latakia to Hmeimim", Time: "2018-09-17T19:00:00Z",
	Minutes: "5", Place: "35.41N 35.95E", Unit: "brigade 26", Item: "one light aircraft", Field: "place",
	Number: "IL/urgent/12", Text: "wait until the aircraft is down",
}

// TestThePackIsTheOneOnPaper: the canonical text, and with it the hash that
// charters name, changes only on purpose.
func TestThePackIsTheOneOnPaper(t *testing.T) {
	const file = "testdata/pack_en.txt"
	hash := Pack().Hash()
	got := Pack().Canonical() + "hash " + hex.EncodeToString(hash[:]) + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the pack changed; if that is meant, run with -update and say so to every line that uses it:\n%s", got)
	}
}

// TestTheSeedIsComplete: every phrase that the watches were promised is there.
func TestTheSeedIsComplete(t *testing.T) {
	for _, code := range strings.Fields(`STOP-NOW HOLD-FIRE ACCIDENT-NOT-HOSTILE AIRCRAFT-IN-DISTRESS SEARCH-AND-RESCUE
		WE-DID-NOT-SEND NOT-OUR-FORCE SAY-AGAIN READ-BACK STAND-BY CORRECTION-TO CANCEL WE-OBJECT WE-PROPOSE
		RELAYED-TO-UNIT UNIT-CONFIRMS UNABLE-TO-RELAY LINE-TEST LINE-DEGRADED WHAT-IS-AT WE-CANNOT-ANSWER
		MEDICAL-FLIGHT CONVOY-LATE CONVOY-OFF-ROUTE CONVOY-STOPPED OVER-TO-STRATEGIC SAFETY-ONLY`) {
		if _, ok := Pack().Lookup(code); !ok {
			t.Errorf("%s is not in the pack", code)
		}
	}
}

// TestEveryEntryIsWellMade: codes and names keep their form, wordings use every
// value and no other, brackets close, and no wording grants anything.
func TestEveryEntryIsWellMade(t *testing.T) {
	code, name := regexp.MustCompile(`^[A-Z][A-Z0-9-]{1,47}$`), regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	hole := regexp.MustCompile(`\{([a-z_]+)\}`)
	for _, e := range Pack().Entries() {
		if !code.MatchString(e.Code) {
			t.Errorf("%s: the code has another form", e.Code)
		}
		for lang, text := range e.Text {
			used := map[string]bool{}
			for _, m := range hole.FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
			}
			for _, p := range e.Params {
				if !name.MatchString(p.Name) || good[p.Type] == "" {
					t.Errorf("%s: value %q of type %q", e.Code, p.Name, p.Type)
				}
				if !used[p.Name] {
					t.Errorf("%s in %s never says %s", e.Code, lang, p.Name)
				}
				if in := strings.Contains(text, "[") && regexp.MustCompile(`\[[^\]]*\{`+p.Name+`\}[^\]]*\]`).MatchString(text); in != p.Optional {
					t.Errorf("%s in %s: %s is optional %v, but in brackets %v", e.Code, lang, p.Name, p.Optional, in)
				}
				delete(used, p.Name)
			}
			if len(used) > 0 {
				t.Errorf("%s in %s uses values it doesn't take: %v", e.Code, lang, used)
			}
			if !regexp.MustCompile(`^[^\[\]]*(\[[^\[\]]*\][^\[\]]*)*$`).MatchString(text) {
				t.Errorf("%s in %s: brackets don't close: %s", e.Code, lang, text)
			}
			for _, word := range []string{"approve", "clear", "permi", "allow", "grant"} {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("%s in %s says %q", e.Code, lang, word)
				}
			}
		}
		if e.Text["en"] == "" {
			t.Errorf("%s has no English", e.Code)
		}
	}
}

func values(e Entry) (ps [][2]string) {
	for _, p := range e.Params {
		ps = append(ps, [2]string{p.Name, good[p.Type]})
	}
	return ps
}

// TestEveryPhraseRendersWithItsValues: right values are valid and stand in the
// words; what must not be missed stands there twice.
func TestEveryPhraseRendersWithItsValues(t *testing.T) {
	for _, e := range Pack().Entries() {
		words, err := Render(e.Code, values(e), "en")
		if err != nil {
			t.Errorf("%s: %v", e.Code, err)
		}
		want := 1
		if e.Twice {
			want = 2
		}
		for _, p := range e.Params {
			if v := shown(p.Type, good[p.Type]); strings.Count(words, v) < want {
				t.Errorf("%s: %q stands less than %d times in %q", e.Code, v, want, words)
			}
		}
		if strings.ContainsAny(words, "{}[]") || strings.Contains(words, "?)") {
			t.Errorf("%s: %q is not filled in", e.Code, words)
		}
	}
}

func TestWhatTheWatchReads(t *testing.T) {
	for _, c := range []struct {
		code   string
		params [][2]string
		want   string
	}{
		{StopNow, nil, "STOP NOW. I say again: STOP NOW."},
		{StopNow, [][2]string{{"area", "Latakia"}}, "STOP NOW in Latakia. I say again: STOP NOW in Latakia."},
		{StandBy, [][2]string{{"minutes", "1"}}, "INFORMATION: stand by for 1 minute."},
		{RelayedToUnit, [][2]string{{"unit", "brigade 26"}, {"at", "2018-09-17T18:43:00Z"}},
			"INFORMATION: relayed to unit brigade 26 at 18:43:00Z on 17 September 2018."},
		{"NEWER-CODE", [][2]string{{"a", "1"}, {"b", "two words"}}, "unknown phrase NEWER-CODE (a=1 b=two words)"},
		{"NEWER-CODE", nil, "unknown phrase NEWER-CODE"},
	} {
		for _, lang := range []string{"en", "ru"} { // no Russian yet: English, never nothing
			if got, err := Render(c.code, c.params, lang); got != c.want || err != nil {
				t.Errorf("%s in %s: %q, %v; want %q", c.code, lang, got, err, c.want)
			}
		}
	}
}

// TestWrongValuesAreNamedAndStillShown: an officer must see what came even when
// it doesn't fit, and the sender is told what to mend.
func TestWrongValuesAreNamedAndStillShown(t *testing.T) {
	for _, c := range []struct {
		code      string
		params    [][2]string
		err, show string
	}{
		{HoldFire, [][2]string{{"corridor", "north"}}, "until is missing (time)", "(until?)"},
		{HoldFire, [][2]string{{"corridor", "north"}, {"until", "22:00"}}, `until "22:00" is no time`, "22:00"},
		{HoldFire, [][2]string{{"corridor", "north"}, {"until", "2018-09-17T22:00:00+03:00"}}, "is no time", "+03:00"},
		{StandBy, [][2]string{{"minutes", "0"}}, "is not 1 to 1440", "0 minutes"},
		{StandBy, [][2]string{{"minutes", "05"}}, "is not 1 to 1440", "05"},
		{StandBy, [][2]string{{"minutes", "5"}, {"minutes", "6"}}, "given twice", "(minutes=6)"},
		{SayAgain, [][2]string{{"field", "place"}}, "takes no value", "(field=place)"},
		{"CANCEL", [][2]string{{"number", "-1"}}, "is no number of a record", "-1"},
		{"CANCEL", [][2]string{{"number", "IL/fast/12"}}, "is no number of a record", "IL/fast/12"},
		{StopNow, [][2]string{{"area", "  "}}, "area is blank", "STOP NOW"},
		{StopNow, [][2]string{{"area", "a\u202eb"}}, "U+202E", "STOP NOW"},
		{StopNow, [][2]string{{"area", strings.Repeat("x", 201)}}, "201 bytes", "STOP NOW"},
	} {
		words, err := Render(c.code, c.params, "en")
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%s %v: error %v, want %q", c.code, c.params, err, c.err)
		}
		if !strings.Contains(words, c.show) {
			t.Errorf("%s %v: %q doesn't show %q", c.code, c.params, words, c.show)
		}
	}
	if err := Validate("NEWER-CODE", nil); err == nil {
		t.Error("a code that isn't in the book is valid to send")
	}
}

// TestRenderNeverFailsToShow: whatever comes, there are words, and Render's
// error is Validate's.
func TestRenderNeverFailsToShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := []string{"NO-SUCH"}
		for _, e := range Pack().Entries() {
			codes = append(codes, e.Code)
		}
		code := rapid.SampledFrom(codes).Draw(t, "code")
		var ps [][2]string
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			ps = append(ps, [2]string{
				rapid.SampledFrom([]string{"area", "until", "minutes", "number", "{", "]", "unit"}).Draw(t, "name"),
				rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"{area}", "[", "5", "2018-09-17T19:00:00Z"})).Draw(t, "value"),
			})
		}
		words, err := Render(code, ps, "en")
		if words == "" {
			t.Fatal("no words")
		}
		if _, known := Pack().Lookup(code); known && (err == nil) != (Validate(code, ps) == nil) {
			t.Fatalf("Render says %v, Validate %v", err, Validate(code, ps))
		}
	})
}

// TestTheHashCoversEverything: any change of a pack is another hash.
func TestTheHashCoversEverything(t *testing.T) {
	base := newBook(seed()).Hash()
	if base != Pack().Hash() {
		t.Fatal("the hash depends on more than the pack")
	}
	for name, change := range map[string]func(*Entry){
		"word":     func(e *Entry) { e.Text = map[string]string{"en": e.Text["en"] + " "} },
		"language": func(e *Entry) { e.Text["ru"] = "x" },
		"mark":     func(e *Entry) { e.Twice = !e.Twice },
		"value":    func(e *Entry) { e.Params = append(e.Params, ParamSpec{"x", Text, false}) },
		"code":     func(e *Entry) { e.Code += "X" },
	} {
		s := seed()
		change(&s[3])
		if newBook(s).Hash() == base {
			t.Errorf("another %s, the same hash", name)
		}
	}
}
