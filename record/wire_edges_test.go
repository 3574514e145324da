package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/party"
	"parley/volume"
)

// relayOf gives a relay whose leaf is as long as its text makes it.
func relayOf(text int) Relay {
	r := Relay{Origin: Hash{1}, Text: strings.Repeat("t", text)}
	for range MaxPhrases - 1 {
		p := Phrase{Code: "LONG"}
		for i := range MaxParams {
			p.Params = append(p.Params, Param{fmt.Sprintf("p%02d", i), strings.Repeat("v", MaxShort)})
		}
		r.Phrases = append(r.Phrases, p)
	}
	r.Phrases[0].Params = r.Phrases[0].Params[:14]
	return r
}

// A leaf of exactly MaxLeaf bytes is sealed and opened; one byte more is sealed
// by nobody here, and opened from nobody.
func TestALeafOfExactlyTheLimitIsTheLargest(t *testing.T) {
	s := signerOf("duty")
	first := must(Seal(envelopeOf("IL"), relayOf(1000), s))
	text := 1000 + MaxLeaf - len(first)
	if text < 300 || text > MaxText {
		t.Fatalf("a relay with 1000 bytes of text has %d bytes: no text fills it up", len(first))
	}
	leaf, err := Seal(envelopeOf("IL"), relayOf(text), s)
	if err != nil || len(leaf) != MaxLeaf {
		t.Fatalf("%d bytes, %v", len(leaf), err)
	}
	if _, err := Open(leaf, alwaysKey(s.Public())); err != nil {
		t.Errorf("the largest leaf: %v", err)
	}
	refusedAt(t, sample{"", envelopeOf("IL"), relayOf(text + 1)}, "leaf", "one byte above")
}

// Sealing is a function of what is said and by whom: the same bytes each time,
// others for any difference, and its key id in the header.
func TestSealingTheSameGivesTheSameBytes(t *testing.T) {
	leaves := map[string]string{}
	for _, x := range samples() {
		for _, who := range []string{"duty", "deputy"} {
			s := signerOf(who)
			for range 2 {
				leaf := must(Seal(x.Envelope, x.Body, s))
				name := x.Name + " by " + who
				if other, ok := leaves[string(leaf)]; ok && other != name {
					t.Errorf("%s and %s are the same leaf", name, other)
				}
				leaves[string(leaf)] = name
				pub := s.Public()
				id := sha256.Sum256(append([]byte("parley key v1\n"), pub[:]...))
				if p := must(Parse(leaf)); !bytes.Equal(p.Key[:], id[:8]) {
					t.Errorf("%s: key id %s, want %x", name, p.Key, id[:8])
				}
			}
		}
	}
	if len(leaves) != 2*len(samples()) {
		t.Errorf("%d leaves of %d statements", len(leaves), 2*len(samples()))
	}
	e := envelopeOf("IL")
	plain := string(must(Seal(e, Say{Text: "x"}, signerOf("duty"))))
	ref := refTo("RU", 1)
	for what, f := range map[string]func(*Envelope){
		"line": func(e *Envelope) { e.Line[31] ^= 1 }, "party": func(e *Envelope) { e.Party = "RU" }, "lane": func(e *Envelope) { e.Lane = Routine },
		"officer": func(e *Envelope) { e.Officer = "" }, "composed": func(e *Envelope) { e.Composed++ }, "precedence": func(e *Envelope) { e.Precedence = Priority },
		"seen": func(e *Envelope) { e.Seen = []Head{{"RU", Urgent, 1, 1, Hash{1}}} }, "re": func(e *Envelope) { e.Re = &ref }, "exercise": func(e *Envelope) { e.Exercise = true },
	} {
		x := e
		f(&x)
		leaf := must(Seal(x, Say{Text: "x"}, signerOf("duty")))
		if string(leaf) == plain {
			t.Errorf("another %s gives the same leaf", what)
		}
		if got := must(Parse(leaf)).Envelope; fmt.Sprintf("%+v", got) == fmt.Sprintf("%+v", e) {
			t.Errorf("another %s is not read back", what)
		}
	}
}

// A header of a newer version says so up to its bound and in its form only; a
// signature has 64 bytes before anybody looks at a key.
func TestTheHeaderAndTheSignatureAtTheirEdges(t *testing.T) {
	protected, content := basis()
	sig := must(signerOf("duty").Sign(sigStructure(protected, content)))
	for n := range 130 {
		_, err := Parse(join(protected, content, append(bytes.Clone(sig), make([]byte, 66)...)[:n]))
		var inv *InvalidError
		if (err == nil) != (n == 64) || err != nil && (!errors.As(err, &inv) || inv.Field != "signature" || !strings.HasPrefix(inv.Why, fmt.Sprint(n, " bytes"))) {
			t.Fatalf("a signature of %d bytes: %v", n, err)
		}
	}
	newer := func(kind string, version, pad int) []byte {
		type wide struct {
			Alg     int64       `cbor:"1,keyasint"`
			Key     party.KeyID `cbor:"4,keyasint"`
			Pad     []byte      `cbor:"5,keyasint,omitempty"`
			Kind    string      `cbor:"-70001,keyasint"`
			Version int         `cbor:"-70002,keyasint"`
		}
		return mustMarshal(wide{algEdDSA, party.KeyID{1}, make([]byte, pad), kind, version})
	}
	fill := maxHeader - len(newer("say", 2, 900)) + 900
	long := strings.Repeat("k", 32)
	for what, c := range map[string]struct {
		header []byte
		want   string // "" for unreadable, else the field
	}{
		"a newer version":                     {newer("say", 2, 10), ""},
		"a newer version of a newer kind":     {newer("pact", 300, 10), ""},
		"the largest header":                  {newer("say", 2, fill), ""},
		"one byte above":                      {newer("say", 2, fill+1), "protected"},
		"a newer version of what is no kind":  {newer("Say", 2, 0), "protected.version"},
		"a newer version of no kind":          {newer("", 2, 0), "protected"},
		"our version, with more in it":        {newer("say", 1, 10), "protected"},
		"version 0, with more in it":          {newer("say", 0, 10), "protected"},
		"an unknown kind of the longest name": {newer(long, 1, 0), ""},
		"a kind of 33 letters":                {newer(long+"k", 1, 0), "protected.kind"},
		"a kind with a digit":                 {newer("say2", 1, 0), "protected.kind"},
	} {
		_, err := Parse(join(c.header, content, sig))
		var inv *InvalidError
		var un *UnreadableError
		switch {
		case c.want == "" && !errors.As(err, &un):
			t.Errorf("%s (%d bytes): %v, want unreadable", what, len(c.header), err)
		case c.want != "" && (!errors.As(err, &inv) || !strings.HasPrefix(inv.Field, c.want) && !strings.HasPrefix(c.want, inv.Field)):
			t.Errorf("%s (%d bytes): %v, want invalid %s", what, len(c.header), err, c.want)
		}
	}
	if _, err := readHeader(newer("say", 1, 0)); err != nil {
		t.Errorf("the same as ours has it: %v", err)
	}
}

// What stands twice is found wherever it stands, not only side by side.
func TestWhatStandsTwiceIsFoundAnywhere(t *testing.T) {
	e := envelopeOf("IL")
	refusedAt(t, sample{"", e, Notice{Class: Activity, Text: "x", Wants: []Level{LevelRead, LevelUnderstood, LevelRead}}}, "body.wants[2]", "twice")
	refusedAt(t, sample{"", e, Say{Phrase: &Phrase{"AB", []Param{{"a", "1"}, {"b", "2"}, {"a", "3"}}}}}, "body.phrase.params[2].name", "twice")
	refusedAt(t, sample{"", e, Notice{Class: Activity, Text: "x", Closed: []Closed{{"b", Hash{1}}, {"a", Hash{1}}}}}, "body.closed[1].label", "descending")
	accepted(t, sample{"", e, Notice{Class: Activity, Text: "x", Wants: []Level{LevelRead, LevelUnderstood, LevelRelayed, LevelUnit, LevelNoObjection}}}, "wants", "all that can be asked for")
	for _, l := range []Level{LevelSeen, LevelObjection, LevelAlternative, LevelUnknown, "received"} {
		refusedAt(t, sample{"", e, Notice{Class: Activity, Text: "x", Wants: []Level{l}}}, "body.wants[0]", string(l))
	}
}

// The smallest that each class and level can say is enough, and less is not.
func TestTheSmallestThatCanBeSaid(t *testing.T) {
	e, re := envelopeOf("IL"), about()
	for _, c := range Classes() {
		with := func(n Notice) sample { n.Class = c; return sample{"", re, n} }
		if c != Cancellation && c != Correction {
			accepted(t, with(Notice{Place: "x"}), string(c), "a place")
			accepted(t, with(Notice{Text: "x"}), string(c), "words")
			refusedAt(t, with(Notice{}), "body.volumes", "nothing")
			refusedAt(t, with(Notice{Contact: "x", Late: "y"}), "body.volumes", "nothing but a contact")
		}
		n := Notice{Class: c, Volumes: []volume.Volume{box()}}
		switch c {
		case Cancellation:
			accepted(t, with(Notice{}), string(c), "what it cancels")
			refusedAt(t, sample{"", re, n}, "body.volumes", "a volume")
		default:
			accepted(t, sample{"", re, n}, string(c), "a volume")
		}
		if c == Cancellation || c == Correction {
			n.Volumes = nil
			if c == Correction {
				n.Volumes = []volume.Volume{box()}
			}
			refusedAt(t, sample{"", e, n}, "envelope.re", "of nothing")
		}
	}
	for _, lane := range []Lane{Urgent, Routine} {
		for p := Flash; p <= Ordinary; p++ {
			x := e
			x.Lane, x.Precedence = lane, p
			stop := sample{"", x, Say{Phrase: &Phrase{Code: CodeStop}}}
			accepted(t, sample{"", x, Say{Text: "x"}}, "say", fmt.Sprint(lane, p))
			if lane == Urgent && p == Flash {
				accepted(t, stop, "stop", "flash, urgent")
			} else {
				refusedAt(t, stop, "envelope.precedence", fmt.Sprint(lane, " ", p))
			}
		}
	}
}

// JSON in any form that a person or a program may send: each is read as it was
// meant or refused by name, none is read as something else.
func TestJSONThatIsReadOtherwiseThanItLooksIsRefused(t *testing.T) {
	deep := func(n int) string {
		return `{"class":"activity","volumes":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	for _, c := range []struct {
		kind     Kind
		in, want string // "" for good
	}{
		{KindNotice, `{"claſs":"activity","place":"x"}`, "body.claſs: is no field"},
		{KindNotice, `{"class":"activity","claſs":"transit","place":"x"}`, "body.claſs: is no field"},
		{KindWatch, "{\"act\":\"ta\u212ae\"}", "body.act: "},
		{KindNotice, `{"clas\u0073":"activity","place":"x"}`, ""},
		{KindNotice, `{"class":"activity","clas\u0073":"activity","place":"x"}`, "body.class: stands there twice"},
		{KindSay, "{\"text\":\"caf\xe9\"}", "body: is not UTF-8"},
		{KindSay, "{\"te\xffxt\":\"x\"}", "body: is not UTF-8"},
		{KindSay, `{"text":"a\ud800b"}`, "body: holds half of a character"},
		{KindSay, `{"text":"a\udc00"}`, "body: holds half of a character"},
		{KindSay, `{"text":"\ud834\u0041"}`, "body: holds half of a character"},
		{KindSay, `{"text":"\ud834"}`, "body: holds half of a character"},
		{KindSay, `{"text":"\ud834\udd1e and \\ud800"}`, ""},
		{KindSay, `{"text":"\\\ud800"}`, "body: holds half of a character"},
		{KindSay, `{"text":"\ufffd"}`, ""},
		{KindSay, `{"text":"a\u202eb"}`, "body.text: holds U+202E"},
		{KindSay, `{"text":"a\u0000b"}`, "body.text: holds the control character"},
		{KindSay, `{"text":"\u200b"}`, "body.text: is blank"},
		{KindSay, "\ufeff" + `{"text":"x"}`, "body: is no JSON"},
		{KindSay, `{"text":"x",}`, "body: is no JSON"},
		{KindSay, `{'text':'x'}`, "body: is no JSON"},
		{KindSay, `{"text":"x"} // yes`, "body: has something behind its end"},
		{KindSay, ` {"text" : "x"} `, ""},
		{KindSay, `{"text":["x"]}`, "body.text: is a JSON array, want a string"},
		{KindPlan, `{"name":"x","legs":[],"crew":1}`, "body.legs: are missing"},
		{KindPlan, `{"name":"x","crew":1e2}`, "body.crew: "},
		{KindPlan, `{"name":"x","crew":1.0}`, "body.crew: "},
		{KindPlan, `{"name":"x","crew":-1}`, "body.crew: "},
		{KindPlan, `{"name":"x","crew":4294967296}`, "body.crew: "},
		{KindPlan, `{"name":"x","crew":` + strings.Repeat("9", 4000) + `}`, "body.crew: "},
		{KindPlan, `{"name":"x","crew":1e999999999}`, "body.crew: "},
		{KindPlan, `{"name":"x","ended":1}`, "body.ended: is a JSON number, want true or false"},
		{KindPlan, `{"name":"x","legs":{"0":1}}`, "body.legs: is a JSON object, want an array"},
		{KindSay, `{"phrase":"STOP-NOW"}`, "body.phrase: is a JSON string, want an object"},
		{KindNotice, deep(16), "body.volumes[0]: is a JSON array"},
		{KindNotice, deep(17), "is nested deeper than 16"},
		{KindNotice, deep(100_000), "is nested deeper than 16"},
		{KindReceived, `{"heads":[{"party":"RU","lane":"urgent","incarnation":1,"size":18446744073709551616,"root":"` + strings.Repeat("a", 64) + `"}]}`, "body.heads[0].size: "},
		{KindReceived, `{"heads":[{"party":"RU","lane":"urgent","incarnation":1,"size":9007199254740991,"root":"` + strings.Repeat("a", 64) + `"}]}`, ""},
		{KindReceived, `{"heads":[{"party":"RU","lane":"urgent","incarnation":1,"size":9007199254740992,"root":"` + strings.Repeat("a", 64) + `"}]}`, "body.heads[0].size: "},
	} {
		body, err := BodyFromJSON(c.kind, []byte(c.in))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%.90s: %v, %v, want %q", c.in, body, err, c.want)
		}
		if err != nil && len(err.Error()) > 600 {
			t.Errorf("%.60s: the error has %d bytes", c.in, len(err.Error()))
		}
	}
	exactly := `{"text":"x"` + strings.Repeat(" ", maxJSON-len(`{"text":"x"}`)) + `}`
	if _, err := BodyFromJSON(KindSay, []byte(exactly)); err != nil {
		t.Errorf("%d bytes: %v", len(exactly), err)
	}
	if _, err := BodyFromJSON(KindSay, []byte(exactly+" ")); err == nil || !strings.Contains(err.Error(), "bytes of JSON, at most") {
		t.Errorf("one byte more: %v", err)
	}
	x := samples()[1]
	r := Record{Kind: KindNotice, Version: 1, Key: signerOf("duty").Public().ID(), Envelope: x.Envelope, Body: x.Body}
	whole := string(must(json.Marshal(r)))
	for old, want := range map[string]string{`"version":1`: `"version":0`, `"lane":"urgent"`: `"lane":"urgent","lane":"routine"`, `"line":"a1`: `"line":"A1`, `"key":"`: `"key":"0`} {
		was := *must(Parse(must(Seal(x.Envelope, x.Body, signerOf("duty")))))
		got := was.Record
		if err := got.UnmarshalJSON([]byte(strings.Replace(whole, old, want, 1))); err == nil || got.Composed != was.Composed || got.Version != 1 {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// BenchmarkSeal is one notice with a polygon, checked, signed, verified.
func BenchmarkSeal(b *testing.B) {
	x, s := samples()[1], signerOf("duty")
	for b.Loop() {
		must(Seal(x.Envelope, x.Body, s))
	}
}

// BenchmarkParse is the same notice, read strictly.
func BenchmarkParse(b *testing.B) {
	x := samples()[1]
	leaf := must(Seal(x.Envelope, x.Body, signerOf("duty")))
	b.SetBytes(int64(len(leaf)))
	for b.Loop() {
		must(Parse(leaf))
	}
}

// BenchmarkVerify is one signature by itself; BenchmarkOpenBatch is many.
func BenchmarkVerify(b *testing.B) {
	x, s := samples()[1], signerOf("duty")
	p := must(Parse(must(Seal(x.Envelope, x.Body, s))))
	for b.Loop() {
		if err := p.Verify(s.Public()); err != nil {
			b.Fatal(err)
		}
	}
}
