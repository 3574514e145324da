package scenario

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"

	"parley/utc"
	"parley/volume"
)

func evening(t testing.TB) *Scenario {
	t.Helper()
	s, err := Parse(IL20())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instant(t testing.TB, s string) utc.Time {
	t.Helper()
	at, err := utc.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheBuiltInEveningHoldsEveryDisputedFactWithItsClaims(t *testing.T) {
	s := evening(t)
	var all strings.Builder
	for _, d := range s.Disputed {
		fmt.Fprintf(&all, "%s\n", d.Fact)
		by := map[string]bool{}
		for _, c := range d.Claims {
			by[c.By] = true
		}
		if len(d.Claims) < 2 || len(by) < 2 {
			t.Errorf("%s: %d claims by %d", d.Fact, len(d.Claims), len(by))
		}
	}
	for _, want := range []string{"gave notice", "lead", "area was named", "strike took place", "Where it took place", "F-16s were", "height", "was hit", "lost from radar",
		"came down", "aboard", "frigate", "missiles", "firing began and ended"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no disputed fact about %q", want)
		}
	}
	if s.Moment.At != instant(t, "2018-09-17T19:02:45Z") {
		t.Errorf("leads are counted to %s", s.Moment.At)
	}
}

func TestTheBuiltInEveningSaysWhatIsAssumed(t *testing.T) {
	s := evening(t)
	kinds := map[string]int{}
	var all strings.Builder
	for _, a := range s.Assumed {
		kinds[a.Kind]++
		all.WriteString(a.Item + "\n")
	}
	if kinds["assumed"] == 0 || kinds["synthetic"] == 0 || kinds["computed"] == 0 {
		t.Errorf("kinds: %v", kinds)
	}
	for _, want := range []string{"area, heights and window", "filed route", "positions between published points"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not said to be assumed", want)
		}
	}
	// An F-16 way is drawn for each side that claims one, and neither is predicted.
	claims := map[string]bool{}
	for _, x := range s.Tracks {
		if x.Claim != "" {
			claims[x.Claim] = true
			if x.TrackStanding().Predictable() {
				t.Errorf("%s would be predicted", x.ID)
			}
		}
	}
	if !claims["Russia"] || !claims["Israel"] {
		t.Errorf("ways by claim: %v", claims)
	}
}

func TestNothingAboutTheAlertIsScripted(t *testing.T) {
	s := evening(t)
	run, ok := s.Run("with Parley")
	if !ok {
		t.Fatal("no such run")
	}
	for i, st := range run.Steps {
		switch st.Act {
		case ActWatch, ActPlan, ActNotice, ActOpen:
		default:
			if st.When == nil {
				t.Errorf("step %d (%s) happens at a fixed time", i+1, st.Act)
			}
		}
	}
	if strings.Contains(string(IL20()), "2018-09-17T18:39:00.001") {
		t.Error("a time that only the node can know stands in the file")
	}
}

// Each line breaks the evening in one place; the error names it.
func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"caution =", "cauton =", `unknown key "cauton"`},
		{`class = "activity"`, `class = "party"`, "run[1].step[4].notice: "},
		{"[run.expect]\nno_alerts", "[run.expect]\nno_alarms", `unknown key "run.expect.no_alarms"`},
		{`at    = "2018-09-17T19:02:45Z"`, `at    = "2018-09-17T22:02:45+03:00"`, "write it in UTC"},
		{`at    = "2018-09-17T19:02:45Z"`, `at    = 7`, "must follow each other"},
		{`at     = "2018-09-17T18:30:00Z"`, `at     = 7`, "more than a year from starts"},
		{`pos    = [35.41, 35.50]`, `pos    = [135.41, 35.50]`, "disputed["},
		{`pos    = [35.41, 35.50]`, `pos    = [35.41]`, "want [latitude, longitude]"},
		{`source = "fr-statement"`, `source = "hearsay"`, `"hearsay" is unknown`},
		{`basis    = "published"`, `basis    = "sure"`, "want published, computed or assumed"},
		{`kind = "synthetic"`, `kind = "true"`, "want assumed, synthetic or computed"},
		{`altitude = "FL230"`, `altitude = "7000m"`, "altitude"},
		{`standing = "own"`, `standing = "hostile"`, "want own, protected, civil or other"},
		{`officer = "orlov"`, `officer = "smirnov"`, `"smirnov" is no officer of RU`},
		{`line       = "RU-SY"`, `line       = "IL-SY"`, `"IL-SY" is no line of RU`},
		{`code   = "HOLD-FIRE"`, `code   = "GO-AHEAD"`, "is not in the phrasebook"},
		{`values = { corridor`, `values = { korridor`, "run[2].step["},
		{`after   = "10s"`, `after   = "-10s"`, "want whole seconds"},
		{`when    = { sees = "alert", track = "Il-20" }`, `when    = { sees = "dawn", track = "Il-20" }`, `"dawn": want alert`},
		{`when       = { sees = "step", of = "sy-relayed" }`, `when       = { sees = "step", of = "later" }`, `"later" is no earlier step`},
		{`id         = "relay"`, `id         = "notice"`, `"notice" stands there twice`},
		{`level = "unit-confirms"`, `level = "approved-by-nobody"`, "run[2].step["},
		{`roles = ["duty", "chief"]`, `roles = ["king"]`, `"king" is none of`},
		{`parties = ["RU", "SY"]`, `parties = ["RU", "RU"]`, "stands there twice"},
		{`precedence = "flash"`, `precedence = "now"`, "precedence"},
		{`half_width_km = 25`, `half_width_km = 25000`, "half_width_km"},
		{`upper   = "FL300"`, `upper   = "FL0000300"`, "upper"},
		{`ends   = "2018-09-17T19:12:00Z"`, `ends   = "2018-09-17T18:12:00Z"`, "must follow each other in time"},
		{"north = 36.15", "north = 34.15", "map: "},
		{`act     = "open-origin"`, `act     = "guess"`, "want plan, notice"},
		{`lead_seconds   = 1300`, `lead_seconds   = "long"`, "line "},
	} {
		text := string(IL20())
		if !strings.Contains(text, c.old) {
			t.Errorf("the evening has no %q", c.old)
			continue
		}
		_, err := Parse([]byte(strings.Replace(text, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

func TestAnUnknownKeyIsNamedWithItsLine(t *testing.T) {
	lines := strings.Split(string(IL20()), "\n")
	at := -1
	for i, l := range lines {
		if strings.HasPrefix(l, "short =") {
			at = i
		}
	}
	lines[at] = `shrt = "Il-20 hit"`
	_, err := Parse([]byte(strings.Join(lines, "\n")))
	if want := fmt.Sprintf(`line %d: unknown key "moment.shrt"`, at+1); err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("%v, want %q", err, want)
	}
}

func TestADisputedFactNeedsTwoClaims(t *testing.T) {
	s := evening(t)
	s.Disputed[0].Claims = s.Disputed[0].Claims[:1]
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "has at least two") {
		t.Fatal(err)
	}
}

func TestAFileIsBounded(t *testing.T) {
	if _, err := Parse(bytes.Repeat([]byte("#"), MaxFile+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Error(err)
	}
	if _, err := Parse([]byte("title = " + strings.Repeat("[", 100_000))); err == nil {
		t.Error("brackets without end were taken")
	}
	if _, err := Parse([]byte("title = " + strings.Repeat("{a=", 100_000))); err == nil {
		t.Error("tables without end were taken")
	}
	s := evening(t)
	for len(s.Runs[0].Steps) <= MaxSteps {
		s.Runs[0].Steps = append(s.Runs[0].Steps, s.Runs[0].Steps[0])
	}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "want 1 to 500") {
		t.Error(err)
	}
}

// A track goes through its points, never faster between them than it has to,
// and says of every report that it is synthetic.
func TestATrackGoesThroughItsPoints(t *testing.T) {
	s := evening(t)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SampledFrom(s.Tracks).Draw(t, "track")
		i := rapid.IntRange(0, len(x.Points)-2).Draw(t, "leg")
		a, b := x.Points[i], x.Points[i+1]
		at := utc.Time(rapid.Int64Range(int64(a.At), int64(b.At)).Draw(t, "at"))
		r, ok := x.Report(at)
		if !ok || !r.Synthetic || r.At != at || r.Validate() != nil {
			t.Fatalf("%+v %v %v", r, ok, r.Validate())
		}
		pa, pb := volume.Deg(a.Pos[0], a.Pos[1]), volume.Deg(b.Pos[0], b.Pos[1])
		whole := volume.DistanceM(pa, pb)
		if d := volume.DistanceM(pa, r.Pos.Point) + volume.DistanceM(r.Pos.Point, pb) - whole; d > 1 {
			t.Fatalf("%.1f m off the way", d)
		}
		f := float64(at-a.At) / float64(b.At-a.At)
		if d := volume.DistanceM(pa, r.Pos.Point) - whole*f; d > 1 || d < -1 {
			t.Fatalf("%.1f m ahead or behind", d)
		}
		if r.Pos.Alt.Feet < 0 || r.SpeedKt > 1200 {
			t.Fatalf("%+v", r)
		}
	})
	for _, x := range s.Tracks {
		first, last := x.Points[0].At, x.Points[len(x.Points)-1].At
		if x.Covers(first-1) || x.Covers(last+1) || !x.Covers(first) || !x.Covers(last) {
			t.Errorf("%s covers what it should not, or not what it should", x.ID)
		}
		if _, ok := x.Report(last + 1); ok {
			t.Errorf("%s goes on after its end", x.ID)
		}
	}
}

func TestTheGridGoesForward(t *testing.T) {
	s := evening(t)
	rapid.Check(t, func(t *rapid.T) {
		at := s.Starts + utc.Time(rapid.Int64Range(0, 7200_000).Draw(t, "ms"))
		for _, every := range []int64{15, 60} {
			next := s.Grid(at, time.Duration(every)*time.Second)
			if next <= at || next > at+utc.Time(every*1000) || (next-s.Starts)%utc.Time(every*1000) != 0 {
				t.Fatalf("%s after %s by %d s", next, at, every)
			}
		}
	})
}

func TestWhatIsReadIsWrittenAndReadAlike(t *testing.T) {
	s := evening(t)
	b, err := toml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	c, err := toml.Marshal(again)
	if err != nil || !bytes.Equal(b, c) {
		t.Fatalf("written twice it differs, %v", err)
	}
	if !reflect.DeepEqual(s.Runs[1].Expect, again.Runs[1].Expect) {
		t.Error("the expectations changed on the way")
	}
}

// small is the least evening: all that is needed, once.
const small = `title = "t"
summary = "s"
caution = "c"
starts = "2018-09-17T17:25:00Z"
shows = "2018-09-17T18:36:00Z"
ends = "2018-09-17T19:12:00Z"
moment = { name = "n", short = "s", at = "2018-09-17T19:02:45Z" }
map = { south = 34, west = 34, north = 36, east = 37 }
source = [{ id = "a", text = "b" }]
party = [{ id = "A", name = "a", officer = [{ id = "o", name = "O", roles = ["chief"] }] }, { id = "B", name = "b", officer = [{ id = "p", name = "P", roles = ["chief"] }] }]
line = [{ name = "A-B", parties = ["A", "B"] }]
disputed = [{ fact = "f", claim = [{ by = "A", says = "x", source = "a" }, { by = "B", says = "y", source = "a" }] }]
track = [{ id = "T", party = "A", standing = "own", point = [{ at = "2018-09-17T18:00:00Z", pos = [35, 35], basis = "assumed" }] }]
[[run]]
name = "r"
text = "t"
[[run.step]]
id = "n"
at = "2018-09-17T18:39:00Z"
party = "A"
officer = "o"
act = "notice"
line = "A-B"
notice = { class = "hazard-area", volume = [{ center = [35, 35], radius_km = 5, lower = "SFC", upper = "FL100", from = "2018-09-17T18:40:00Z", to = "2018-09-17T19:00:00Z" }] }
[[run.step]]
when = { sees = "notice", of = "n" }
after = "5s"
party = "B"
officer = "p"
act = "ack"
ack = { level = "read" }
`

func TestTheLeastEveningIsEnough(t *testing.T) {
	if _, err := Parse([]byte(small)); err != nil {
		t.Fatal(err)
	}
}

// Parse never panics and takes nothing that it would not take again.
func FuzzParse(f *testing.F) {
	f.Add([]byte("title = \"x\"\n"))
	f.Add([]byte("[[run]]\nname = \"a\"\n[[run.step]]\nact = \"plan\"\n"))
	f.Add([]byte("[[track]]\n[[track.point]]\npos = [1e999, nan]\n"))
	f.Add([]byte("starts = 1979-05-27T07:32:00-08:00\n"))
	f.Add([]byte(small)) // the built-in evening is too long to be made shorter in good time
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "couldn't read the scenario: ") {
				t.Fatalf("%v", err)
			}
			return
		}
		text, err := toml.Marshal(s)
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		if len(text) <= MaxFile {
			if _, err := Parse(text); err != nil {
				t.Fatalf("what was written can't be read: %v", err)
			}
		}
		for _, x := range s.Tracks {
			for _, p := range x.Points {
				x.Report(p.At)
			}
		}
	})
}
