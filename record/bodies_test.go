package record

import (
	"errors"
	"strings"
	"testing"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

// fault is a record that must be refused, and the beginning of the reason.
type fault struct {
	want string // "field: why…"
	x    sample
}

func with[B Body](e Envelope, b B, f func(*Envelope, *B)) sample {
	f(&e, &b)
	return sample{"", e, b}
}

// faults gives for every rule of every kind a record that breaks just it.
func faults() []fault {
	e := envelopeOf("IL")
	re := e
	ref := refTo("RU", 4)
	re.Re = &ref
	machine := e
	machine.Officer = ""
	long := strings.Repeat("x", 5000)
	env := func(want string, f func(*Envelope)) fault {
		return fault{"envelope." + want, with(e, Say{Text: "x"}, func(e *Envelope, _ *Say) { f(e) })}
	}
	notice := func(want string, f func(*Notice)) fault {
		return fault{"body." + want, with(re, Notice{Class: HazardArea, Volumes: []volume.Volume{box()}}, func(_ *Envelope, n *Notice) { f(n) })}
	}
	ack := func(want string, a Ack) fault { return fault{"body." + want, sample{"", re, a}} }
	say := func(want string, s Say) fault { return fault{"body." + want, sample{"", e, s}} }
	relay := func(want string, f func(*Relay)) fault {
		return fault{"body." + want, with(e, Relay{Origin: Hash{1}, Phrases: []Phrase{{Code: "SAY-AGAIN"}}}, func(_ *Envelope, r *Relay) { f(r) })}
	}
	opening := func(want string, o Opening) fault { return fault{"body." + want, sample{"", re, o}} }
	finding := func(want string, f func(*Finding)) fault {
		return fault{"body." + want, with(e, Finding{What: FindingGap, Line: LineID{1}, Party: "RU", Text: "x"}, func(_ *Envelope, x *Finding) { f(x) })}
	}
	plan := func(want string, f func(*Plan)) fault {
		leg := volume.Leg{From: volume.Deg(36, 36), To: volume.Deg(35, 36), Band: volume.Band{Lower: volume.Altitude{Feet: 1}, Upper: volume.Altitude{Feet: 2}}, Depart: evening, Arrive: evening + 10}
		return fault{"body." + want, with(e, Plan{Name: "a", Legs: []volume.Leg{leg}}, func(_ *Envelope, p *Plan) { f(p) })}
	}
	alert := func(want string, f func(*Alert)) fault {
		return fault{"body." + want, with(machine, Alert{Rule: "r", Key: "k", Why: "w", Deadline: evening}, func(_ *Envelope, a *Alert) { f(a) })}
	}
	watch := func(want string, w Watch) fault { return fault{"body." + want, sample{"", e, w}} }
	minute := func(want string, f func(*Minute)) fault {
		return fault{"body." + want, with(machine, Minute{From: evening, Digest: Hash{1}}, func(_ *Envelope, m *Minute) { f(m) })}
	}
	head := Head{"RU", Urgent, 1, 1, Hash{1}}
	return []fault{
		env("line: is missing", func(e *Envelope) { e.Line = LineID{} }),
		env("party: party \"il\"", func(e *Envelope) { e.Party = "il" }),
		env("party: party \"\"", func(e *Envelope) { e.Party = "" }),
		env("lane: 0 is neither", func(e *Envelope) { e.Lane = 0 }),
		env("lane: 3 is neither", func(e *Envelope) { e.Lane = 3 }),
		env("officer: \"Orlov\"", func(e *Envelope) { e.Officer = "Orlov" }),
		env("composed: is missing", func(e *Envelope) { e.Composed = 0 }),
		env("composed: is outside", func(e *Envelope) { e.Composed = -1 }),
		env("composed: is outside", func(e *Envelope) { e.Composed = utc.Max + 1 }),
		env("precedence: 0 is not", func(e *Envelope) { e.Precedence = 0 }),
		env("precedence: 5 is not", func(e *Envelope) { e.Precedence = 5 }),
		env("seen[0].root: is missing", func(e *Envelope) { e.Seen = []Head{{"RU", Urgent, 1, 1, Hash{}}} }),
		env("seen[0].size: 0 is not", func(e *Envelope) { e.Seen = []Head{{"RU", Urgent, 1, 0, Hash{1}}} }),
		env("seen[0].incarnation: is 0", func(e *Envelope) { e.Seen = []Head{{"RU", Urgent, 0, 1, Hash{1}}} }),
		env("seen[0].lane: 9", func(e *Envelope) { e.Seen = []Head{{"RU", 9, 1, 1, Hash{1}}} }),
		env("seen[0].party", func(e *Envelope) { e.Seen = []Head{{"", Urgent, 1, 1, Hash{1}}} }),
		env("seen[1]: is not after", func(e *Envelope) { e.Seen = []Head{head, head} }),
		env("seen[0]: names a logbook of IL itself", func(e *Envelope) { e.Seen = []Head{{"IL", Urgent, 1, 1, Hash{1}}} }),
		env("seen: 65 of them", func(e *Envelope) { e.Seen = make([]Head, 65) }),
		env("re.leaf: is missing", func(e *Envelope) { e.Re = &Ref{"RU", Urgent, 1, 0, Hash{}} }),
		env("re.index: 9007199254740992 is too large", func(e *Envelope) { e.Re = &Ref{"RU", Urgent, 1, 1 << 53, Hash{1}} }),
		env("re.incarnation: is 0", func(e *Envelope) { e.Re = &Ref{"RU", Urgent, 0, 0, Hash{1}} }),

		notice("class: \"strike\" is no class", func(n *Notice) { n.Class = "strike" }),
		notice("place: is blank", func(n *Notice) { n.Place = "  " }),
		notice("place: is 201 bytes long", func(n *Notice) { n.Place = long[:201] }),
		notice("place: holds the control character U+000A", func(n *Notice) { n.Place = "a\nb" }),
		notice("place: holds U+202E", func(n *Notice) { n.Place = "a\u202eb" }),
		notice("text: holds U+2067", func(n *Notice) { n.Text = "a\u2067b" }),
		notice("text: holds the control character U+000D", func(n *Notice) { n.Text = "a\r\nb" }),
		notice("text: is not UTF-8 at byte 1", func(n *Notice) { n.Text = "a\xff" }),
		notice("text: is 5000 bytes", func(n *Notice) { n.Text = long }),
		notice("lang: is given without text", func(n *Notice) { n.Lang = "en" }),
		notice("lang: \"e\"", func(n *Notice) { n.Text, n.Lang = "x", "e" }),
		notice("volumes: are missing, and so are", func(n *Notice) { n.Volumes = nil }),
		notice("volumes: 33 of them", func(n *Notice) { n.Volumes = make([]volume.Volume, 33) }),
		notice("volumes[0]: area:", func(n *Notice) { n.Volumes[0].Area = volume.Area{} }),
		notice("volumes[0]: window:", func(n *Notice) { n.Volumes[0].Window.To = 0 }),
		notice("volumes[0].band.upper: is given although", func(n *Notice) { n.Volumes[0].Band.Unlimited = true }),
		notice("volumes: are given: a cancellation", func(n *Notice) { n.Class = Cancellation }),
		notice("volumes: are missing: a correction", func(n *Notice) { n.Class, n.Volumes, n.Text = Correction, nil, "x" }),
		notice("wants[0]: \"objection\" is no level", func(n *Notice) { n.Wants = []Level{LevelObjection} }),
		notice("wants[1]: \"read\" stands there twice", func(n *Notice) { n.Wants = []Level{LevelRead, LevelRead} }),
		notice("late: is 501 bytes", func(n *Notice) { n.Late = long[:501] }),
		notice("contact: holds", func(n *Notice) { n.Contact = "\x7f" }),
		notice("expires: is outside", func(n *Notice) { n.Expires = -5 }),
		notice("expires: 2018-09-17T18:39:00.000Z is not after", func(n *Notice) { n.Expires = evening }),
		notice("closed[0].label", func(n *Notice) { n.Closed = []Closed{{"A", Hash{1}}} }),
		notice("closed[0].hash: is missing", func(n *Notice) { n.Closed = []Closed{{"a", Hash{}}} }),
		notice("closed[1].label: \"a\" is not after", func(n *Notice) { n.Closed = []Closed{{"a", Hash{1}}, {"a", Hash{2}}} }),
		notice("closed: 17 of them", func(n *Notice) { n.Closed = make([]Closed, 17) }),
		{"envelope.re: is missing: a cancellation", sample{"", e, Notice{Class: Cancellation}}},
		{"envelope.re: is missing: a correction", sample{"", e, Notice{Class: Correction, Volumes: []volume.Volume{box()}}}},

		ack("level: \"approved\" is no level", Ack{Level: "approved"}),
		ack("level: \"received\" is no level", Ack{Level: "received"}),
		ack("read_back: is missing", Ack{Level: LevelUnderstood}),
		ack("read_back: doesn't belong", Ack{Level: LevelRead, ReadBack: []string{"x"}}),
		ack("read_back[0]: is missing", Ack{Level: LevelUnderstood, ReadBack: []string{" "}}),
		ack("unit: is missing", Ack{Level: LevelRelayed, At: evening}),
		ack("at: is missing", Ack{Level: LevelRelayed, Unit: "u"}),
		ack("at: is missing", Ack{Level: LevelUnit, Unit: "u"}),
		ack("unit: doesn't belong", Ack{Level: LevelNoObjection, Unit: "u"}),
		ack("at: doesn't belong", Ack{Level: LevelRead, At: evening}),
		ack("reason: is missing", Ack{Level: LevelObjection}),
		ack("reason: doesn't belong", Ack{Level: LevelNoObjection, Reason: "x"}),
		ack("alternative: is missing", Ack{Level: LevelAlternative}),
		ack("alternative: doesn't belong", Ack{Level: LevelObjection, Reason: "x", Alternative: []volume.Volume{box()}}),
		{"envelope.re: is missing", sample{"", e, Ack{Level: LevelRead}}},
		{"envelope.officer: is missing", with(re, Ack{Level: LevelRead}, func(e *Envelope, _ *Ack) { e.Officer = "" })},

		say("phrase: is missing", Say{}),
		say("phrase.code: \"stop\"", Say{Phrase: &Phrase{Code: "stop"}}),
		say("phrase.params[0].name", Say{Phrase: &Phrase{Code: "AB", Params: []Param{{"", "x"}}}}),
		say("phrase.params[0].value: is missing", Say{Phrase: &Phrase{Code: "AB", Params: []Param{{"a", ""}}}}),
		say("phrase.params[1].name: \"a\" stands there twice", Say{Phrase: &Phrase{Code: "AB", Params: []Param{{"a", "x"}, {"a", "y"}}}}),
		say("phrase.params: 17 of them", Say{Phrase: &Phrase{Code: "AB", Params: make([]Param, 17)}}),
		say("text: is blank", Say{Text: "\n"}),
		{"envelope.precedence: is routine in the urgent lane: a stop", with(e, Say{Phrase: &Phrase{Code: CodeStop}}, func(e *Envelope, _ *Say) { e.Precedence = Ordinary })},
		{"envelope.precedence: is flash in the routine lane: a stop", with(e, Say{Phrase: &Phrase{Code: CodeStop}}, func(e *Envelope, _ *Say) { e.Lane = Routine })},

		relay("origin: is missing", func(r *Relay) { r.Origin = Hash{} }),
		relay("phrases: 0 of them", func(r *Relay) { r.Phrases = nil }),
		relay("phrases: 9 of them", func(r *Relay) { r.Phrases = make([]Phrase, 9) }),
		relay("phrases[0].code", func(r *Relay) { r.Phrases[0].Code = "" }),
		relay("unit: is 101 bytes", func(r *Relay) { r.Unit = long[:101] }),
		relay("wants[0]", func(r *Relay) { r.Wants = []Level{LevelSeen} }),
		{"envelope.officer: is missing", with(machine, Relay{Origin: Hash{1}, Phrases: []Phrase{{Code: "AB"}}}, func(*Envelope, *Relay) {})},

		opening("salt: is missing", Opening{Label: "a", Content: []byte{1}}),
		opening("label: \"\": want", Opening{Salt: Hash{1}, Content: []byte{1}}),
		opening("content: 0 bytes", Opening{Salt: Hash{1}, Label: "a"}),
		opening("content: 16385 bytes", Opening{Salt: Hash{1}, Label: "a", Content: make([]byte, 16385)}),
		opening("label: doesn't belong", Opening{Salt: Hash{1}, Label: "a", Origin: &Origin{LineID{1}, ref}}),
		opening("content: doesn't belong", Opening{Salt: Hash{1}, Content: []byte{1}, Origin: &Origin{LineID{1}, ref}}),
		opening("origin.line: is missing", Opening{Salt: Hash{1}, Origin: &Origin{LineID{}, ref}}),
		opening("origin.ref.leaf", Opening{Salt: Hash{1}, Origin: &Origin{LineID{1}, Ref{"RU", Urgent, 1, 0, Hash{}}}}),
		{"envelope.re: is missing", sample{"", e, Opening{Salt: Hash{1}, Label: "a", Content: []byte{1}}}},

		{"body.heads: are missing", sample{"", machine, Received{}}},
		{"body.heads[1]: is not after", sample{"", machine, Received{[]Head{{"RU", Routine, 1, 1, Hash{1}}, {"RU", Urgent, 1, 1, Hash{1}}}}}},
		{"body.heads[0]: names a logbook of IL itself", sample{"", machine, Received{[]Head{{"IL", Urgent, 1, 1, Hash{1}}}}}},
		{"envelope.officer: is \"duty\"", sample{"", e, Received{[]Head{head}}}},

		{"body.text: is missing", sample{"", e, Close{}}},
		{"body.duties: 65 items", sample{"", e, Close{"x", make([]string, 65)}}},
		{"body.duties[0]: is missing", sample{"", e, Close{"x", []string{""}}}},
		{"envelope.officer: is missing", sample{"", machine, Close{Text: "x"}}},

		finding("what: \"lie\"", func(f *Finding) { f.What = "lie" }),
		finding("line: is missing", func(f *Finding) { f.Line = LineID{} }),
		finding("party:", func(f *Finding) { f.Party = "?" }),
		finding("lane: 3", func(f *Finding) { f.Lane = 3 }),
		finding("text: is missing", func(f *Finding) { f.Text = "" }),
		finding("proof: 9 pieces", func(f *Finding) { f.Proof = make([][]byte, 9) }),
		finding("proof[0]: 0 bytes", func(f *Finding) { f.Proof = [][]byte{{}} }),
		finding("proof[0]: 8193 bytes", func(f *Finding) { f.Proof = [][]byte{make([]byte, 8193)} }),
		finding("proof: 57344 bytes in all", func(f *Finding) {
			for range 7 {
				f.Proof = append(f.Proof, make([]byte, MaxProofLen))
			}
		}),

		plan("name: is missing", func(p *Plan) { p.Name = "" }),
		plan("track: is 65 bytes", func(p *Plan) { p.Track = long[:65] }),
		plan("legs: are missing", func(p *Plan) { p.Legs = nil }),
		plan("legs: 257 of them", func(p *Plan) { p.Legs = make([]volume.Leg, 257) }),
		plan("legs[0]: arrive", func(p *Plan) { p.Legs[0].Arrive = 0 }),
		plan("legs[0].band.upper: is given", func(p *Plan) { p.Legs[0].Band.Unlimited = true }),
		plan("legs[1].depart: 2018-09-17T18:39:00.000Z is before the arrival", func(p *Plan) { p.Legs = append(p.Legs, p.Legs[0]) }),
		plan("crew: 100001", func(p *Plan) { p.Crew = 100001 }),
		{"envelope.re: is missing: the end of a plan", sample{"", e, Plan{Name: "a", Ended: true}}},

		alert("rule: \"\"", func(a *Alert) { a.Rule = "" }),
		alert("key: is missing", func(a *Alert) { a.Key = "" }),
		alert("why: is missing", func(a *Alert) { a.Why = "" }),
		alert("about[0].line: is missing", func(a *Alert) { a.About = []About{{LineID{}, ref}} }),
		alert("about: 17 of them", func(a *Alert) { a.About = make([]About, 17) }),
		alert("to: 2018-09-17T18:39:00.000Z is before from", func(a *Alert) { a.From, a.To = evening+1, evening }),
		alert("at: lat 91", func(a *Alert) { a.At = &volume.Point{LatE7: 910000000} }),
		alert("deadline: is missing", func(a *Alert) { a.Deadline = 0 }),
		{"body.reason: is missing", sample{"", re, End{}}},
		{"envelope.re: is missing", sample{"", e, End{"x"}}},

		watch("act: \"sleep\"", Watch{Act: "sleep"}),
		watch("to: \"\": want", Watch{Act: WatchHand}),
		watch("to: doesn't belong", Watch{Act: WatchTake, To: "b"}),
		watch("open: 65 items", Watch{Act: WatchTake, Open: make([]string, 65)}),
		watch("promises: holds", Watch{Act: WatchTake, Promises: "\x1b[2J"}),
		{"envelope.officer: is missing", sample{"", machine, Watch{Act: WatchTake}}},

		minute("from: is missing", func(m *Minute) { m.From = 0 }),
		minute("from: 2018-09-17T18:39:00.001Z is not the beginning", func(m *Minute) { m.From++ }),
		minute("tracks: 1 is more", func(m *Minute) { m.Tracks = 1 }),
		minute("digest: is missing", func(m *Minute) { m.Digest = Hash{} }),
		{"envelope.officer: is \"duty\"", sample{"", e, Minute{From: evening, Digest: Hash{1}}}},

		{"body.salt: is missing", sample{"", machine, Kept{Origin: Origin{LineID{1}, ref}}}},
		{"body.origin.line: is missing", sample{"", machine, Kept{Salt: Hash{1}, Origin: Origin{LineID{}, ref}}}},
		{"body.origin.ref.party", sample{"", machine, Kept{Salt: Hash{1}, Origin: Origin{LineID{1}, Ref{}}}}},

		{"body.charter: is no map", sample{"", machine, CharterRecord{Charter: []byte{0}}}},
		{"body.charter: is not well-formed", sample{"", machine, CharterRecord{}}},
		{"body.signatures: 0 of them", sample{"", machine, signedBy(charterOf("IL"))}},
		{"body.signatures[0].sig: 0 bytes", sample{"", machine, CharterRecord{signedBy(charterOf("IL")).Charter, []CharterSignature{{"IL", signerOf("IL chief").Public(), nil}}}}},
		{"body.signatures[0].key: is missing", sample{"", machine, CharterRecord{signedBy(charterOf("IL")).Charter, []CharterSignature{{"IL", party.Key{}, make([]byte, 64)}}}}},
	}
}

// TestEveryRuleOfEveryKindIsHeld: Seal refuses each fault with its field, and
// so does Parse of the same thing written by somebody who doesn't check.
func TestEveryRuleOfEveryKindIsHeld(t *testing.T) {
	for _, f := range faults() {
		_, err := Seal(f.x.Envelope, f.x.Body, signerOf("duty"))
		var inv *InvalidError
		if !errors.As(err, &inv) || !strings.HasPrefix(inv.Error(), f.want) {
			t.Errorf("sealed: %v, want %q", err, f.want)
		}
		if strings.Contains(f.want, "UTF-8") {
			continue // not to be written in CBOR at all
		}
		_, err = Parse(sealUnchecked(f.x.Envelope, f.x.Body))
		if !errors.As(err, &inv) {
			t.Errorf("%s: parsed with %v", f.want, err)
			continue
		}
		field, _, _ := strings.Cut(f.want, ":")
		if !strings.HasPrefix(inv.Field, field) && !strings.HasPrefix(field, inv.Field) {
			t.Errorf("%s: parsed with a fault of %s", f.want, inv)
		}
	}
}

// sealUnchecked signs whatever it is given, as a hostile party would.
func sealUnchecked(e Envelope, b Body) []byte {
	s := signerOf("duty")
	r := Record{Kind: b.Kind(), Version: Version, Key: s.Public().ID(), Envelope: e, Body: b}
	protected, content := r.bytes()
	return join(protected, content, must(s.Sign(sigStructure(protected, content))))
}

// TestFaultsAreFoundByValidateAlone: an error of Body.Validate names the field
// without a prefix, so that a form can show it beside its input.
func TestFaultsAreFoundByValidateAlone(t *testing.T) {
	err := Notice{Class: "strike"}.Validate()
	var inv *InvalidError
	if !errors.As(err, &inv) || inv.Field != "class" {
		t.Errorf("%v", err)
	}
}

// TestAVolumeListIsBoundedAsAWhole, so that no record costs long to check.
func TestAVolumeListIsBoundedAsAWhole(t *testing.T) {
	v := box()
	v.Area.Polygon = nil
	for i := range 256 {
		v.Area.Polygon = append(v.Area.Polygon, volume.Destination(volume.Deg(35, 35), float64(i)*360/256, 100_000))
	}
	n := Notice{Class: Activity, Volumes: []volume.Volume{v, v}}
	if err := n.Validate(); err != nil {
		t.Errorf("512 vertices: %v", err)
	}
	n.Volumes = append(n.Volumes, box())
	if err := n.Validate(); err == nil || !strings.HasPrefix(err.Error(), "volumes: have more than 512 vertices") {
		t.Errorf("516 vertices: %v", err)
	}
}

// TestHomeOnlyKindsAreTheHomeLines: what is a party's own never leaves by kind.
func TestHomeOnlyKindsAreTheHomeLines(t *testing.T) {
	home := map[Kind]bool{KindPlan: true, KindAlert: true, KindEnd: true, KindWatch: true, KindMinute: true, KindKept: true}
	for _, k := range Kinds() {
		if k.HomeOnly() != home[k] {
			t.Errorf("%s: home only is %v", k, k.HomeOnly())
		}
	}
}
