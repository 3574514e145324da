package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/line"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/scenario"
	"parley/utc"
	"parley/volume"
)

var update = flag.Bool("update", false, "write the golden files anew; then look at them")

func at(s string) utc.Time {
	t, err := utc.Parse("2018-09-17T" + s + "Z")
	if err != nil {
		panic(err)
	}
	return t
}

const noticeID = picture.ID("IL-RU/IL/urgent/2")

// evening is a small evening made by hand: a notice, the alert on it, an answer,
// a relay that a unit confirms, two claims.
func evening(t testing.TB) Data {
	t.Helper()
	sc, err := scenario.Parse(scenario.IL20())
	if err != nil {
		t.Fatal(err)
	}
	area := volume.Volume{Area: volume.Area{Polygon: []volume.Point{volume.Deg(35.3, 34.6), volume.Deg(35.75, 34.6), volume.Deg(35.75, 35.9)}},
		Band: volume.Band{Upper: volume.Altitude{Feet: 30000}}, Window: volume.Window{From: at("18:40:00"), To: at("19:30:00")}}
	ring := volume.Volume{Area: volume.Area{Circle: &volume.Circle{Center: volume.Deg(35.5, 35.5), RadiusM: 30_000}}, Band: area.Band, Window: area.Window}
	got := func(p party.ID, s string) []picture.PartyStates {
		return []picture.PartyStates{{Party: p, States: []picture.StateAt{{State: "received", At: at(s)}}}}
	}
	notice := picture.Item{ID: noticeID, LineName: "IL-RU", Kind: record.KindNotice, Party: "IL", Officer: "levi", Composed: at("18:39:00"), Words: "Hazard area.", States: got("RU", "18:39:00.120")}
	ack := picture.Item{ID: "IL-RU/RU/urgent/2", LineName: "IL-RU", Kind: record.KindAck, Party: "RU", Officer: "orlov", Composed: at("18:39:20"), Words: "Read by an officer.",
		Body: record.Ack{Level: record.LevelRead}, States: got("IL", "18:39:20")}
	relay := picture.Item{ID: "RU-SY/RU/urgent/2", LineName: "RU-SY", Kind: record.KindRelay, Party: "RU", Officer: "orlov", Composed: at("18:39:50"), Words: "Relay: hold.", States: got("SY", "18:39:51")}
	alert := picture.Item{ID: "home/RU/urgent/2", LineName: "home", Kind: record.KindAlert, Party: "RU", Composed: at("18:39:00.130"), Words: "Our plan Il-20 meets IL's hazard area."}
	il := &picture.Picture{Self: "IL", Lines: []picture.Conversation{{Name: "IL-RU", Parties: []party.ID{"IL", "RU"}, Items: []picture.Item{notice, ack}}},
		Notices: []picture.Notice{{Item: notice, Volumes: []volume.Volume{area}}}}
	ru := &picture.Picture{Self: "RU", Lines: []picture.Conversation{{Name: "IL-RU", Parties: []party.ID{"IL", "RU"}, Items: []picture.Item{notice, ack}},
		{Name: "RU-SY", Parties: []party.ID{"RU", "SY"}, Items: []picture.Item{relay}}, {Name: "home", Home: true, Parties: []party.ID{"RU"}, Items: []picture.Item{alert}}},
		Relays: []picture.Relay{{Item: relay, Relay: record.Relay{Volumes: []volume.Volume{ring}}}},
		Alerts: []picture.Alert{{Item: alert, Alert: record.Alert{Rule: "plan-notice", Track: "Il-20"}}}}
	answered := at("18:39:20")
	was := Run{Outcome: scenario.Outcome{Name: "as it was", Missing: []scenario.MissingAt{{Record: noticeID, Party: "RU", Level: record.LevelRelayed,
		Since: at("18:39:00"), Due: at("18:40:00"), Seconds: 1425, OverdueSeconds: 1365}}}, Seats: map[party.ID]*picture.Picture{"IL": il}, Records: 4, Receipted: 4}
	with := Run{Outcome: scenario.Outcome{Name: "with Parley", Alerts: []scenario.Alert{{Party: "RU", ID: alert.ID, Rule: "plan-notice", Track: "Il-20", Notice: noticeID,
		RaisedAt: at("18:39:00.130"), LeadSeconds: 1424, AcknowledgedAt: &answered, AcknowledgedBy: "orlov"}},
		Relayed: true, RelayedAt: at("18:39:51"), UnitConfirmed: true, UnitConfirmedAt: at("18:41:00"), Unit: "Coastal"},
		Seats: map[party.ID]*picture.Picture{"IL": il, "RU": ru}, Records: 6, Receipted: 6}
	return Data{Title: sc.Title, Scenario: sc, Moment: sc.Moment, Runs: []Run{was, with}, Verified: true, Exercise: true, Version: "v0",
		Copies: []Copy{{File: "bundles/IL-RU.parley", Run: "with Parley", Verdict: line.Verdict{OK: true, Name: "IL-RU", Holder: "IL", Records: 6,
			Logs: []line.LogVerdict{{Log: "IL/urgent", Party: "IL", To: 2, Opened: 2, Root: record.Hash{0xab}}}}}},
		Commands: []string{"parley verify bundles"}, BaseMap: []byte(`{"parley":{"attribution":"A & B."},"features":[
			{"properties":{"layer":"land"},"geometry":{"type":"MultiPolygon","coordinates":[[[[35.7,33],[38,33],[38,37],[35.7,37]]]]}},
			{"properties":{"layer":"border"},"geometry":{"type":"MultiLineString","coordinates":[[[36,33],[36,37]]]}}]}`)}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make it with: go test ./report -update)", err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("%s differs from byte %d on:\n got %.160q\nwant %.160q\n(if it is meant: go test ./report -update, and look at it)", name, i, got[max(0, i-20):], want[max(0, i-20):])
	}
}

func TestThePageIsAsItWasLookedAt(t *testing.T) {
	golden(t, "evening.html", Build(evening(t)))
	golden(t, "evening.txt", []byte(Text(evening(t), 100)))
}

func TestTheSameDataGiveTheSameBytes(t *testing.T) {
	page, text := Build(evening(t)), Text(evening(t), 80)
	for range 5 {
		if !bytes.Equal(Build(evening(t)), page) || Text(evening(t), 80) != text {
			t.Fatal("two builds differ")
		}
	}
}

// plainText takes the tags out of a page.
func plainText(page []byte) string {
	s := regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).ReplaceAllString(string(page), " ")
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}

func TestEveryClaimStandsWithItsClaimantAndSource(t *testing.T) {
	d := evening(t)
	page, text := plainText(Build(d)), strings.Join(strings.Fields(Text(d, 100)), " ")
	for _, x := range d.Scenario.Disputed {
		from := 0
		for _, c := range x.Claims {
			row := strings.Join(strings.Fields(c.By+" "+c.Says+" "+d.Scenario.Source(c.Source)), " ")
			i := strings.Index(page[from:], row)
			if i < 0 {
				t.Errorf("%s: the page lacks, or has out of order: %s", x.Fact, row)
				continue
			}
			if !strings.Contains(text, strings.Join(strings.Fields(fmt.Sprintf("%s: %s [%s]", c.By, c.Says, c.Source)), " ")) {
				t.Errorf("%s: the text lacks the claim of %s", x.Fact, c.By)
			}
		}
	}
	for _, a := range d.Scenario.Assumed {
		if !strings.Contains(page, strings.Join(strings.Fields(a.Item), " ")) || !strings.Contains(text, strings.Join(strings.Fields(a.Item), " ")) {
			t.Errorf("it is not said that %q is %s", a.Item, a.Kind)
		}
	}
}

func TestThePageSaysTheNumbers(t *testing.T) {
	page := plainText(Build(evening(t)))
	for _, want := range []string{"23 min 44 s", "23 min 45 s", "verified", "Exercise record", "parley verify bundles", "19:02:45Z", "“Coastal” confirmed at 18:41:00Z",
		"10 records, 0 without receipt", strings.Repeat("0", 20)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d := evening(t)
	d.Verified, d.Problem = false, "IL-RU/IL/urgent/2: the entry does not open"
	d.Copies[0].Verdict.OK = false
	d.Copies[0].Verdict.Problems = []line.Problem{{Place: "IL-RU/IL/urgent/2", What: "the entry does not open"}}
	page = plainText(Build(d))
	if strings.Contains(page, "Verified.") && !strings.Contains(page, "Not verified.") || !strings.Contains(page, d.Problem) || !strings.Contains(page, "does not hold") {
		t.Error("a record that does not verify is not called so")
	}
	if !strings.Contains(Text(d, 80), "NOT VERIFIED") {
		t.Error("the text does not say that it is not verified")
	}
}

var outside = regexp.MustCompile(`(?i)<script|<iframe|<object|<embed|<link|<img|<base|<form|javascript:|https?://|\bsrc\s*=|\bhref\s*=|@import|\bon[a-z]+\s*=|url\(`)

// lonely checks that a page refers to nothing outside and runs nothing.
func lonely(page []byte) error {
	text := strings.NewReplacer(`url(#hatch)`, "", `url(#sheet)`, "", `url(#inset)`, "").Replace(string(page))
	// Inside of tags only: a text may quote an address.
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1) {
		if m := outside.FindString(tag); m != "" {
			return fmt.Errorf("%q in %.200s", m, tag)
		}
	}
	style := text[strings.Index(text, "<style>"):strings.Index(text, "</style>")]
	if m := outside.FindString(style); m != "" {
		return fmt.Errorf("%q in the style", m)
	}
	return nil
}

// drawings checks that each SVG is well-formed and its numbers are numbers.
func drawings(page []byte) error {
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAll(page, -1) {
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			return fmt.Errorf("a drawing holds what is no number")
		}
		dec := xml.NewDecoder(bytes.NewReader(svg))
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				return fmt.Errorf("a drawing is not well-formed: %w", err)
			}
		}
	}
	return nil
}

func TestThePageNeedsNothingElse(t *testing.T) {
	page := Build(evening(t))
	if err := lonely(page); err != nil {
		t.Error(err)
	}
	if err := drawings(page); err != nil {
		t.Error(err)
	}
	if n := bytes.Count(page, []byte("<svg")); n != 3 {
		t.Errorf("%d drawings: want the map, the timeline and the run that has three records", n)
	}
}

// Whatever a record or a file says, the page stays a page: no tag, no attribute
// and no script comes out of it.
func TestHostileTextStaysText(t *testing.T) {
	nasty := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>`, `' onload='x`, "\u202eevil", "\x00\x1b[31m", `]]>`, `<!--`, `&lt;b&gt;`, `javascript:alert(1)`, "%s%d%!"}
	rapid.Check(t, func(t *rapid.T) {
		s := func(label string) string {
			return rapid.SampledFrom(nasty).Draw(t, label) + rapid.StringN(0, 12, 40).Draw(t, label+"+")
		}
		it := picture.Item{ID: picture.ID(s("id")), LineName: s("line"), Kind: record.KindNotice, Party: party.ID(s("party")), Officer: s("officer"),
			Composed: at("18:39:00"), Words: s("words")}
		sc := &scenario.Scenario{Title: s("t"), Summary: s("s"), Caution: s("c"), Starts: at("18:00:00"), Shows: at("18:30:00"), Ends: at("19:10:00"),
			Moment: scenario.Moment{Name: s("m"), Short: s("ms"), At: at("19:02:45")}, Map: scenario.Map{South: 35, West: 34, North: 36, East: 37},
			Sources: []scenario.Source{{ID: "x", Text: s("src")}}, Assumed: []scenario.Assumed{{Item: s("i"), Kind: s("k"), Text: s("at")}},
			Parties: []scenario.Party{{ID: "IL", Name: s("pn")}}, Places: []scenario.Place{{Name: s("place"), Pos: scenario.LatLon{35.5, 35.5}}},
			Disputed: []scenario.Disputed{{Fact: s("f"), Why: s("w"), Claims: []scenario.Claim{{By: s("by"), Says: s("says"), Label: s("l"), At: at("18:40:00"), Pos: scenario.LatLon{35.5, 35.6}, Source: "x"}, {By: s("by2"), Says: s("says2"), Source: s("src2")}}}},
			Tracks:   []scenario.Track{{ID: s("tid"), Party: "IL", Claim: s("tc"), Points: []scenario.Point{{At: at("18:30:00"), Pos: scenario.LatLon{35.2, 35}}, {At: at("18:50:00"), Pos: scenario.LatLon{35.4, 35}}}}}}
		d := Data{Title: s("title"), Moment: sc.Moment, Problem: s("problem"), Version: s("v"), Commands: []string{s("cmd")},
			Copies: []Copy{{File: s("file"), Run: s("run"), Verdict: line.Verdict{Name: s("vn"), Holder: party.ID(s("h")), Problems: []line.Problem{{Place: s("pp"), What: s("pw")}}, Logs: []line.LogVerdict{{Log: s("log")}}}}},
			Runs: []Run{{Outcome: scenario.Outcome{Name: s("on"), Text: s("ot"), Missing: []scenario.MissingAt{{Party: party.ID(s("mp")), Level: record.Level(s("ml")), Since: at("18:39:00"), Seconds: 4}}, UnitConfirmed: true, Unit: s("unit")},
				Seats: map[party.ID]*picture.Picture{"IL": {Self: "IL", Lines: []picture.Conversation{{Name: s("ln"), Items: []picture.Item{it, it}}}}}}}}
		if rapid.Bool().Draw(t, "scenario") {
			d.Scenario = sc
		}
		page := Build(d)
		if err := lonely(page); err != nil {
			t.Fatal(err)
		}
		if err := drawings(page); err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(page, "\x00\x1b") || bytes.Contains(page, []byte("\u202e")) {
			t.Fatal("a control character came through")
		}
		if strings.ContainsAny(Text(d, 80), "\x00\x1b\u202e") {
			t.Fatal("a control character came through in the text")
		}
	})
}

// Any bounded data give a page; nothing panics on empty, lone or odd parts.
func TestOddDataStillGiveAPage(t *testing.T) {
	empty := Build(Data{})
	if !bytes.Contains(empty, []byte("</html>")) {
		t.Error("no page")
	}
	_ = Text(Data{}, 0)
	rapid.Check(t, func(t *rapid.T) {
		deg := func(name string, most float64) float64 { return rapid.Float64Range(-most, most).Draw(t, name) }
		v := volume.Volume{Band: volume.Band{Unlimited: true}, Window: volume.Window{From: at("18:00:00"), To: at("19:00:00")}}
		if rapid.Bool().Draw(t, "circle") {
			v.Area.Circle = &volume.Circle{Center: volume.Deg(deg("lat", 90), deg("lon", 180)), RadiusM: rapid.Uint32Range(1, volume.MaxRadiusM).Draw(t, "r")}
		} else {
			for i := range rapid.IntRange(3, 8).Draw(t, "n") {
				v.Area.Polygon = append(v.Area.Polygon, volume.Deg(deg(fmt.Sprint("a", i), 90), deg(fmt.Sprint("o", i), 180)))
			}
		}
		n := picture.Notice{Item: picture.Item{Party: "IL"}, Volumes: []volume.Volume{v}}
		d := Data{Title: "x", Runs: []Run{{Seats: map[party.ID]*picture.Picture{"IL": {Self: "IL", Notices: []picture.Notice{n}}}}}}
		page := Build(d)
		if err := drawings(page); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSpansAreSaidAsPeopleSayThem(t *testing.T) {
	for s, want := range map[int64]string{0: "0 s", 45: "45 s", 60: "1 min", 125: "2 min 5 s", 1425: "23 min 45 s", 3600: "1 h 00 min", 7500: "2 h 05 min", -30: "−30 s"} {
		if got := seconds(s); got != want {
			t.Errorf("%d: %q, want %q", s, got, want)
		}
	}
}

// A ring that is cut to the map keeps what is inside of it and adds nothing far
// outside.
func TestCuttingTheCoastKeepsWhatIsInside(t *testing.T) {
	box := scenario.Box{South: 35, West: 34, North: 36, East: 37}
	rapid.Check(t, func(t *rapid.T) {
		var ring [][2]float64
		for i := range rapid.IntRange(3, 12).Draw(t, "n") {
			ring = append(ring, [2]float64{rapid.Float64Range(30, 40).Draw(t, fmt.Sprint("x", i)), rapid.Float64Range(31, 39).Draw(t, fmt.Sprint("y", i))})
		}
		in := map[[2]float64]bool{}
		for _, q := range clipRing(ring, box) {
			if q[0] < 33.79 || q[0] > 37.21 || q[1] < 34.79 || q[1] > 36.21 {
				t.Fatalf("%v lies outside", q)
			}
			in[q] = true
		}
		for _, q := range ring {
			if q[0] > 34 && q[0] < 37 && q[1] > 35 && q[1] < 36 && !in[q] {
				t.Fatalf("%v was lost", q)
			}
		}
	})
}
