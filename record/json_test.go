package record

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestJSONRoundTrips: what a person reads of any record is enough to write it.
func TestJSONRoundTrips(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, x sample) {
		b, err := json.Marshal(x.Body)
		if err != nil {
			t.Fatalf("%s: %v", x.Name, err)
		}
		got, err := BodyFromJSON(x.Body.Kind(), b)
		if err != nil || !reflect.DeepEqual(got, x.Body) {
			t.Fatalf("%s: %s gives %+v, %v", x.Name, b, got, err)
		}
		r := Record{Kind: x.Body.Kind(), Version: 1, Key: signerOf("duty").Public().ID(), Envelope: x.Envelope, Body: x.Body}
		whole := must(json.Marshal(r))
		var back Record
		if err := json.Unmarshal(whole, &back); err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("%s: %s gives %+v, %v", x.Name, whole, back, err)
		}
	}
	for _, x := range samples() {
		check(t, x)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, genRecord().Draw(t, "record")) })
}

// TestJSONIsForPeople: words, UTC, hex, degrees and altitudes as they are read.
func TestJSONIsForPeople(t *testing.T) {
	x := samples()[1]
	leaf := must(Seal(x.Envelope, x.Body, signerOf("duty")))
	b := string(must(json.Marshal(must(Parse(leaf)).Record)))
	for _, want := range []string{`"kind":"notice"`, `"version":1`, `"key":"`, `"line":"a10000`, `"party":"IL"`, `"lane":"urgent"`, `"officer":"duty"`,
		`"composed":"2018-09-17T18:39:00.000Z"`, `"precedence":"flash"`, `"body":{"class":"hazard-area"`, `{"lat":35.3,"lon":35.4}`,
		`"upper":"FL300"`, `"lower":"5000ft AMSL"`, `"radius_m":30000`, `"wants":["understood","unit-confirms"]`} {
		if !strings.Contains(b, want) {
			t.Errorf("%s is not in %s", want, b)
		}
	}
}

// TestJSONIsReadStrictly: each fault is refused and named.
func TestJSONIsReadStrictly(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		in, where string
	}{
		{KindSay, `{"text":"x","colour":1}`, "body.colour: is no field"},
		{KindSay, `{"Text":"x"}`, "body.Text: is no field"},
		{KindSay, `{"text":"x","text":"y"}`, "body.text: stands there twice"},
		{KindSay, `{"text":null}`, "body.text: is null"},
		{KindSay, `{"text":7}`, "body.text: is a JSON number, want a string"},
		{KindSay, `{"text":"x"} {}`, "body: has something behind its end"},
		{KindSay, `{"text":"x"`, "body: is no JSON"},
		{KindSay, ``, "body: is no JSON"},
		{KindSay, `[]`, "body: is a JSON array, want an object"},
		{KindSay, `"x"`, "body: is a JSON string"},
		{KindSay, `{"text":""}`, "body.phrase: is missing"},
		{KindSay, `{"phrase":{"code":"AB","params":[{"name":"a","value":"x","type":"t"}]}}`, "body.phrase.params[0].type: is no field"},
		{KindSay, strings.Repeat("[", 40), "is nested deeper"},
		{KindSay, `{"text":"` + strings.Repeat("x", maxJSON) + `"}`, "body: 524"},
		{KindNotice, `{"class":"activity","expires":"2018-09-17 18:39"}`, "body.expires: couldn't read time"},
		{KindNotice, `{"class":"activity","volumes":[{"area":{"circle":{"center":{"lat":91,"lon":0},"radius_m":1}}}]}`, "body.volumes[0].area.circle.center: couldn't read point: lat 91"},
		{KindNotice, `{"class":"activity","volumes":[{"area":{"circle":{"center":{"lat":1,"lon":0},"radius_m":-1}}}]}`, "body.volumes[0].area.circle.radius_m: is a JSON number -1, want a whole number in range"},
		{KindNotice, `{"class":"activity","volumes":[{"band":{"lower":"3000"}}]}`, "body.volumes[0].band.lower: couldn't read altitude"},
		{KindFinding, `{"what":"gap","line":"abc","party":"RU","text":"x"}`, "body.line: couldn't read line"},
		{KindFinding, `{"what":"gap","lane":1}`, "body.lane"},
		{KindFinding, `{"what":"gap","proof":["*"]}`, "body.proof[0]: illegal base64"},
		{KindNotice, `{"class":"activity","closed":{}}`, "body.closed: is a JSON object, want an array"},
		{"strike", `{}`, `kind: "strike" is not known`},
	} {
		_, err := BodyFromJSON(c.kind, []byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.where) {
			t.Errorf("%.60s: %v, want %q", c.in, err, c.where)
		}
	}
}

// TestWordsAndNumbersOfLanesAndPrecedences, and that a wrong one is no word.
func TestWordsAndNumbersOfLanesAndPrecedences(t *testing.T) {
	for _, l := range []Lane{Urgent, Routine} {
		var back Lane
		if b, err := l.MarshalText(); err != nil || back.UnmarshalText(b) != nil || back != l {
			t.Errorf("lane %v", l)
		}
	}
	for p := Flash; p <= Ordinary; p++ {
		var back Precedence
		if b, err := p.MarshalText(); err != nil || back.UnmarshalText(b) != nil || back != p {
			t.Errorf("precedence %v", p)
		}
	}
	if Ordinary.String() != "routine" || Lane(7).String() != "lane(7)" || Precedence(9).String() != "precedence(9)" {
		t.Error("another word")
	}
	if _, err := Lane(0).MarshalText(); err == nil {
		t.Error("lane 0 has a word")
	}
	if _, err := Precedence(0).MarshalText(); err == nil {
		t.Error("precedence 0 has a word")
	}
	var h Hash
	for _, s := range []string{"", "aa", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("a", 66)} {
		if h.UnmarshalText([]byte(s)) == nil {
			t.Errorf("%q is read as a hash", s)
		}
	}
}

// TestAWholeRecordIsReadStrictlyToo: its envelope, its body, and how they fit.
func TestAWholeRecordIsReadStrictlyToo(t *testing.T) {
	x := samples()[1]
	r := Record{Kind: KindNotice, Version: 1, Key: signerOf("duty").Public().ID(), Envelope: x.Envelope, Body: x.Body}
	good := string(must(json.Marshal(r)))
	for _, c := range []struct{ old, new, want string }{
		{`"party":"IL"`, `"party":"il"`, "envelope.party"},
		{`"lane":"urgent"`, `"lane":"fast"`, "record.lane: couldn't read lane"},
		{`"precedence":"flash"`, `"precedence":1`, "record.precedence"},
		{`"precedence":"flash"`, `"precedence":"flush"`, "record.precedence: couldn't read precedence"},
		{`"composed":"2018`, `"sent":"2018`, "record.sent: is no field"},
		{`"version":1`, `"version":2`, "version: is 2"},
		{`"kind":"notice"`, `"kind":"say"`, "body.class: is no field"},
		{`"class":"hazard-area"`, `"class":"correction"`, "envelope.re: is missing"},
		{`"officer":"duty"`, `"officer":true`, "record.officer: is a JSON bool, want a string"},
	} {
		in := strings.Replace(good, c.old, c.new, 1)
		if in == good {
			t.Fatalf("%s is not in %s", c.old, good)
		}
		var got Record
		err := got.UnmarshalJSON([]byte(in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}

// TestACharterIsForPeopleToo: its JSON comes back, nonce and clocks included.
func TestACharterIsForPeopleToo(t *testing.T) {
	c := charterOf("IL", "RU")
	b := must(json.Marshal(c))
	var back Charter
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%s gives %+v, %v", b, back, err)
	}
	if !strings.Contains(string(b), `"nonce":"07000000000000000000000000000000"`) {
		t.Errorf("the nonce is not in hex: %s", b)
	}
}

// TestUnreadableSaysWhatWouldBeNeeded to read it.
func TestUnreadableSaysWhatWouldBeNeeded(t *testing.T) {
	if s := (&UnreadableError{"say", 2}).Error(); !strings.Contains(s, "version 2") || !strings.Contains(s, "reads version 1") {
		t.Error(s)
	}
	if s := (&UnreadableError{"pact", 1}).Error(); !strings.Contains(s, `kind "pact"`) {
		t.Error(s)
	}
}
