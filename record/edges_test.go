package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

// spot is one place for a value in a record: its field, as an error names it,
// its bound, and how to put a value there in an otherwise good record.
type spot[T any] struct {
	field string
	most  int
	lines bool // a text of several lines
	put   func(T) sample
}

func about() Envelope {
	e, ref := envelopeOf("IL"), refTo("RU", 4)
	e.Re = &ref
	return e
}

func machine() Envelope {
	e := envelopeOf("IL")
	e.Officer = ""
	return e
}

func onePhrase(code string, params ...Param) []Phrase { return []Phrase{{Code: code, Params: params}} }

// texts gives every place where a person's or a machine's words may stand.
func texts() []spot[string] {
	e, re, m := envelopeOf("IL"), about(), machine()
	s := func(e Envelope, b Body) sample { return sample{"", e, b} }
	finding := Finding{What: FindingGap, Line: LineID{1}, Party: "RU", Text: "x"}
	return []spot[string]{
		{"body.place", MaxName, false, func(x string) sample { return s(e, Notice{Class: Activity, Text: "x", Place: x}) }},
		{"body.text", MaxText, true, func(x string) sample { return s(e, Notice{Class: Activity, Place: "x", Text: x}) }},
		{"body.late", MaxShort, true, func(x string) sample { return s(e, Notice{Class: Activity, Place: "x", Late: x}) }},
		{"body.contact", MaxName, false, func(x string) sample { return s(e, Notice{Class: Activity, Place: "x", Contact: x}) }},
		{"body.read_back[1]", MaxName, false, func(x string) sample { return s(re, Ack{Level: LevelUnderstood, ReadBack: []string{"a", x}}) }},
		{"body.unit", MaxUnit, false, func(x string) sample { return s(re, Ack{Level: LevelRelayed, Unit: x, At: evening}) }},
		{"body.reason", MaxText, true, func(x string) sample { return s(re, Ack{Level: LevelObjection, Reason: x}) }},
		{"body.text", MaxText, true, func(x string) sample { return s(re, Ack{Level: LevelRead, Text: x}) }},
		{"body.phrase.params[1].value", MaxShort, false, func(x string) sample {
			return s(e, Say{Phrase: &onePhrase("AB", Param{"a", "y"}, Param{"b", x})[0]})
		}},
		{"body.text", MaxText, true, func(x string) sample { return s(e, Say{Phrase: &Phrase{Code: "AB"}, Text: x}) }},
		{"body.unit", MaxUnit, false, func(x string) sample { return s(e, Relay{Origin: Hash{1}, Phrases: onePhrase("AB"), Unit: x}) }},
		{"body.text", MaxText, true, func(x string) sample { return s(e, Relay{Origin: Hash{1}, Phrases: onePhrase("AB"), Text: x}) }},
		{"body.text", MaxText, true, func(x string) sample { return s(e, Close{Text: x}) }},
		{"body.duties[1]", MaxShort, false, func(x string) sample { return s(e, Close{"x", []string{"a", x}}) }},
		{"body.text", MaxText, true, func(x string) sample { f := finding; f.Text = x; return s(m, f) }},
		{"body.name", MaxName, false, func(x string) sample { return s(re, Plan{Name: x, Ended: true}) }},
		{"body.track", MaxTrack, false, func(x string) sample { return s(re, Plan{Name: "x", Track: x, Ended: true}) }},
		{"body.text", MaxText, true, func(x string) sample { return s(re, Plan{Name: "x", Text: x, Ended: true}) }},
		{"body.key", MaxShort, false, func(x string) sample { return s(m, Alert{Rule: "r", Key: x, Why: "w", Deadline: evening}) }},
		{"body.why", 2 * MaxShort, true, func(x string) sample { return s(m, Alert{Rule: "r", Key: "k", Why: x, Deadline: evening}) }},
		{"body.track", MaxTrack, false, func(x string) sample {
			return s(m, Alert{Rule: "r", Key: "k", Why: "w", Track: x, Deadline: evening})
		}},
		{"body.reason", MaxShort, true, func(x string) sample { return s(re, End{x}) }},
		{"body.open[1]", MaxShort, false, func(x string) sample { return s(e, Watch{Act: WatchTake, Open: []string{"a", x}}) }},
		{"body.promises", MaxText, true, func(x string) sample { return s(e, Watch{Act: WatchTake, Promises: x}) }},
	}
}

// refusedAt wants x to be refused by Seal, by Parse of what a party that checks
// nothing would write, and at that field.
func refusedAt(t *testing.T, x sample, field, what string) {
	t.Helper()
	var inv *InvalidError
	if _, err := Seal(x.Envelope, x.Body, signerOf("duty")); !errors.As(err, &inv) || inv.Field != field {
		t.Errorf("%s %s: %s: sealed: %v", x.Body.Kind(), field, what, err)
	}
	if _, err := Parse(sealUnchecked(x.Envelope, x.Body)); !errors.As(err, &inv) {
		t.Errorf("%s %s: %s: parsed: %v", x.Body.Kind(), field, what, err)
	}
}

func accepted(t *testing.T, x sample, field, what string) {
	t.Helper()
	leaf, err := Seal(x.Envelope, x.Body, signerOf("duty"))
	if err == nil {
		_, err = Open(leaf, alwaysKey(signerOf("duty").Public()))
	}
	if err != nil {
		t.Errorf("%s %s: %s: %v", x.Body.Kind(), field, what, err)
	}
}

// Wherever words stand, they may be as long as the bound in bytes, in any
// script, with the marks that right-to-left scripts need; what bends, hides or
// breaks what is read is refused there, and so is what shows nothing.
func TestEveryTextOfEveryKindIsBoundedAndShowsWhatItSays(t *testing.T) {
	good := []string{"x", "שלום לכולם", "קו־\u200fאדום", "می\u200cشود", "Линия связи", "e\u0301", "𝄞", "a\u00a0b", "\ufffd", "<b>&amp;</b>", "'; DROP", "%s%n"}
	bad := map[string]string{
		"a null": "a\x00b", "a bell": "a\x07", "an escape": "\x1b[31mred", "a tab": "a\tb", "a carriage return": "a\rb", "DEL": "a\x7f", "C1": "a\u0085b",
		"an override": "a\u202eb", "an embedding": "a\u202ab", "an isolate": "a\u2066b", "a closing isolate": "a\u2069", "a line separator": "a\u2028b",
		"a paragraph separator": "a\u2029b", "a byte order mark": "\ufeffa", "tags": "a\U000e0041b",
		"spaces": "   ", "a no-break space": "\u00a0", "nothing but a joiner": "\u200b", "nothing but marks": "\u200e\u200f\u061c", "fillers": "\u3164\u115f", "an ideographic space": "\u3000",
	}
	for _, p := range texts() {
		for _, x := range append(slices.Clone(good), strings.Repeat("x", p.most), strings.Repeat("é", p.most/2)) {
			accepted(t, p.put(x), p.field, fmt.Sprintf("%.20q", x))
		}
		for what, x := range bad {
			refusedAt(t, p.put(x), p.field, what)
		}
		refusedAt(t, p.put(strings.Repeat("x", p.most+1)), p.field, "one byte above")
		refusedAt(t, p.put(strings.Repeat("x", p.most-1)+"é"), p.field, "one byte above, in the last character")
		if p.lines {
			accepted(t, p.put("two\nlines"), p.field, "two lines")
			refusedAt(t, p.put("\n \n"), p.field, "blank lines")
		} else {
			refusedAt(t, p.put("two\nlines"), p.field, "two lines")
		}
	}
}

// Wherever a time stands it lies in 1970 to 2199, to the millisecond.
func TestEveryTimeOfEveryKindIsWithinItsBounds(t *testing.T) {
	const last = utc.Max
	alert := func(from, to, deadline utc.Time) sample {
		return sample{"", machine(), Alert{Rule: "r", Key: "k", Why: "w", From: from, To: to, Deadline: deadline}}
	}
	composed := func(at utc.Time) sample {
		e := envelopeOf("IL")
		e.Composed = at
		return sample{"", e, Say{Text: "x"}}
	}
	for _, p := range []struct {
		field       string
		first, last utc.Time
		optional    bool // 0 leaves it out
		put         func(utc.Time) sample
	}{
		{"envelope.composed", 1, last, false, composed},
		{"body.expires", evening + 1, last, false, func(at utc.Time) sample {
			return sample{"", envelopeOf("IL"), Notice{Class: Activity, Text: "x", Expires: at}}
		}},
		{"body.at", 1, last, false, func(at utc.Time) sample {
			return sample{"", about(), Ack{Level: LevelUnit, Unit: "u", At: at}}
		}},
		{"body.from", 1, last, true, func(at utc.Time) sample { return alert(at, 0, evening) }},
		{"body.to", 1, last, true, func(at utc.Time) sample { return alert(0, at, evening) }},
		{"body.deadline", 1, last, false, func(at utc.Time) sample { return alert(0, 0, at) }},
		{"body.from", 60_000, last / 60_000 * 60_000, false, func(at utc.Time) sample {
			return sample{"", machine(), Minute{From: at, Digest: Hash{1}}}
		}},
	} {
		accepted(t, p.put(p.first), p.field, "the first")
		accepted(t, p.put(p.last), p.field, "the last")
		refusedAt(t, p.put(last+1), p.field, "after the last")
		refusedAt(t, p.put(-60_000), p.field, "before 1970")
		if !p.optional {
			refusedAt(t, p.put(p.first-1), p.field, "just before the first")
		}
	}
}

// Each list may be as long as its bound, and no longer.
func TestEveryListOfEveryKindIsBounded(t *testing.T) {
	e, re, m := envelopeOf("IL"), about(), machine()
	ref := refTo("RU", 1)
	strs := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("item ", i))
		}
		return out
	}
	small := func(n int) (out []volume.Volume) { return slices.Repeat([]volume.Volume{disc()}, n) }
	heads := func(n int) (out []Head) {
		for i := range n {
			out = append(out, Head{"RU", Urgent, uint32(i + 1), 1, Hash{1}})
		}
		return out
	}
	params := func(n int) (out []Param) {
		for i := range n {
			out = append(out, Param{fmt.Sprint("p", i), "v"})
		}
		return out
	}
	for _, p := range []spot[int]{
		{field: "envelope.seen", most: MaxHeads, put: func(n int) sample { x := e; x.Seen = heads(n); return sample{"", x, Say{Text: "x"}} }},
		{field: "body.volumes", most: MaxVolumes, put: func(n int) sample { return sample{"", e, Notice{Class: Activity, Volumes: small(n)}} }},
		{field: "body.closed", most: MaxClosed, put: func(n int) sample {
			x := Notice{Class: Activity, Text: "x"}
			for i := range n {
				x.Closed = append(x.Closed, Closed{fmt.Sprintf("p%02d", i), Hash{1}})
			}
			return sample{"", e, x}
		}},
		{field: "body.read_back", most: MaxReadBack, put: func(n int) sample { return sample{"", re, Ack{Level: LevelUnderstood, ReadBack: strs(n)}} }},
		{field: "body.alternative", most: MaxVolumes, put: func(n int) sample { return sample{"", re, Ack{Level: LevelAlternative, Alternative: small(n)}} }},
		{field: "body.phrase.params", most: MaxParams, put: func(n int) sample { return sample{"", e, Say{Phrase: &Phrase{"AB", params(n)}}} }},
		{field: "body.volumes", most: MaxVolumes, put: func(n int) sample { return sample{"", e, Say{Text: "x", Volumes: small(n)}} }},
		{field: "body.phrases", most: MaxPhrases, put: func(n int) sample {
			return sample{"", e, Relay{Origin: Hash{1}, Phrases: slices.Repeat(onePhrase("AB"), n)}}
		}},
		{field: "body.volumes", most: MaxVolumes, put: func(n int) sample {
			return sample{"", e, Relay{Origin: Hash{1}, Phrases: onePhrase("AB"), Volumes: small(n)}}
		}},
		{field: "body.content", most: MaxContent, put: func(n int) sample {
			return sample{"", re, Opening{Label: "a", Salt: Hash{1}, Content: make([]byte, n)}}
		}},
		{field: "body.heads", most: MaxHeads, put: func(n int) sample { return sample{"", m, Received{heads(n)}} }},
		{field: "body.duties", most: MaxOpen, put: func(n int) sample { return sample{"", e, Close{"x", strs(n)}} }},
		{field: "body.proof", most: MaxProof, put: func(n int) sample {
			return sample{"", m, Finding{What: FindingFork, Line: LineID{1}, Party: "RU", Text: "x", Proof: slices.Repeat([][]byte{{1}}, n)}}
		}},
		{field: "body.proof[0]", most: MaxProofLen, put: func(n int) sample {
			return sample{"", m, Finding{What: FindingFork, Line: LineID{1}, Party: "RU", Text: "x", Proof: [][]byte{make([]byte, n)}}}
		}},
		{field: "body.proof", most: MaxProofTotal, put: func(n int) sample {
			f := Finding{What: FindingFork, Line: LineID{1}, Party: "RU", Text: "x"}
			for ; n > 0; n -= min(n, MaxProofLen) {
				f.Proof = append(f.Proof, make([]byte, min(n, MaxProofLen)))
			}
			return sample{"", m, f}
		}},
		{field: "body.legs", most: MaxLegs, put: func(n int) sample {
			p := Plan{Name: "x"}
			for i := range n {
				at := evening + utc.Time(i)*1000 // each leg leaves as the one before it arrives
				p.Legs = append(p.Legs, volume.Leg{From: volume.Deg(36, 36), To: volume.Deg(36.01, 36), Band: box().Band, Depart: at, Arrive: at + 1000})
			}
			return sample{"", e, p}
		}},
		{field: "body.crew", most: MaxCrew, put: func(n int) sample { return sample{"", re, Plan{Name: "x", Crew: uint32(n), Ended: true}} }},
		{field: "body.about", most: MaxAbout, put: func(n int) sample {
			return sample{"", m, Alert{Rule: "r", Key: "k", Why: "w", Deadline: evening, About: slices.Repeat([]About{{LineID{1}, ref}}, n)}}
		}},
		{field: "body.open", most: MaxOpen, put: func(n int) sample { return sample{"", e, Watch{Act: WatchLeave, Open: strs(n)}} }},
	} {
		accepted(t, p.put(p.most), p.field, fmt.Sprint(p.most))
		refusedAt(t, p.put(p.most+1), p.field, fmt.Sprint(p.most+1))
	}
	for _, n := range []uint64{1, 1<<53 - 1} { // what a JSON number still holds exactly
		x := e
		x.Seen, x.Re = []Head{{"RU", Urgent, 1<<32 - 1, n, Hash{1}}}, &Ref{"RU", Routine, 1<<32 - 1, n, Hash{1}}
		accepted(t, sample{"", x, Say{Text: "x"}}, "sizes", fmt.Sprint(n))
	}
	x := e
	x.Seen = []Head{{"RU", Urgent, 1, 1 << 53, Hash{1}}}
	refusedAt(t, sample{"", x, Say{Text: "x"}}, "envelope.seen[0].size", "2^53")
	minute := Minute{From: evening, Reports: 7, Tracks: 7, Digest: Hash{1}}
	accepted(t, sample{"", m, minute}, "tracks", "one track a report")
	point := sample{"", m, Alert{Rule: "r", Key: "k", Why: "w", From: evening, To: evening, Deadline: evening}}
	accepted(t, point, "to", "a conflict of one instant")
}

// Names that programs use have one form each, to the last character.
func TestNamesOfFieldsCodesAndLabelsHaveTheirForm(t *testing.T) {
	e, re, m := envelopeOf("IL"), about(), machine()
	rep := strings.Repeat
	for _, p := range []struct {
		field     string
		put       func(string) sample
		good, bad []string
	}{
		{"body.phrase.code", func(s string) sample { return sample{"", e, Say{Phrase: &Phrase{Code: s}}} },
			[]string{"AB", "A1", "STOP-2", rep("A", 48), "A-"}, []string{"", "A", "1A", "-A", "ab", "A_B", "A B", "ÄB", "AB\n", rep("A", 49)}},
		{"body.phrase.params[0].name", func(s string) sample { return sample{"", e, Say{Phrase: &Phrase{"AB", []Param{{s, "v"}}}}} },
			[]string{"a", "a_1", rep("a", 32), "z_"}, []string{"", "_a", "1", "A", "a-b", "a b", "á", "a\n", rep("a", 33)}},
		{"body.closed[0].label", func(s string) sample {
			return sample{"", e, Notice{Class: Activity, Text: "x", Closed: []Closed{{s, Hash{1}}}}}
		}, []string{"a", "a-1", rep("a", 32), "a-"}, []string{"", "-a", "1", "A", "a_b", "a\n", rep("a", 33)}},
		{"body.label", func(s string) sample { return sample{"", re, Opening{Label: s, Salt: Hash{1}, Content: []byte{1}}} },
			[]string{"a", rep("a", 32)}, []string{"", "A", "a.b", rep("a", 33)}},
		{"body.rule", func(s string) sample { return sample{"", m, Alert{Rule: s, Key: "k", Why: "w", Deadline: evening}} },
			[]string{"a", "no-ack", rep("a", 32)}, []string{"", "A", "a b", "1", rep("a", 33)}},
		{"body.lang", func(s string) sample { return sample{"", e, Say{Text: "x", Lang: s}} },
			[]string{"en", "ckb", "ar-SY", "zh-Hant-TW", "de-CH-1996", "en-aaaaaaaa-bbbbbbbb-cccccccc-dddd"},
			[]string{"e", "engl", "en_US", "en-", "-en", "en-a", "en-aaaaaaaaa", "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", "en-aa-bb-cc-dd-ee", "русский", "en\n"}},
		{"body.lang", func(s string) sample {
			return sample{"", e, Relay{Origin: Hash{1}, Phrases: onePhrase("AB"), Text: "x", Lang: s}}
		}, []string{"en"}, []string{"e"}},
		{"body.lang", func(s string) sample { return sample{"", e, Say{Phrase: &Phrase{Code: "AB"}, Lang: s}} }, []string{""}, []string{"en"}},
		{"envelope.officer", func(s string) sample { x := e; x.Officer = s; return sample{"", x, Say{Text: "x"}} },
			[]string{"", "a", "a.b-1", rep("a", 32)}, []string{"A", "1a", "a_b", "a b", ".a", rep("a", 33)}},
		{"envelope.party", func(s string) sample { x := e; x.Party = party.ID(s); return sample{"", x, Say{Text: "x"}} },
			[]string{"A", "UN-OPS", "A1", rep("A", 16)}, []string{"", "a", "1A", "-A", "A B", "А", rep("A", 17)}},
	} {
		for _, s := range p.good {
			accepted(t, p.put(s), p.field, s)
		}
		for _, s := range p.bad {
			refusedAt(t, p.put(s), p.field, fmt.Sprintf("%q", s))
		}
	}
}

// Heads are ordered by party, then lane, then incarnation; every other order of
// the same heads is another encoding of the same statement, and refused.
func TestHeadsHaveOneOrder(t *testing.T) {
	sorted := []Head{
		{"A", Urgent, 1, 9, Hash{1}}, {"A", Urgent, 2, 1, Hash{1}}, {"A", Routine, 1, 5, Hash{1}}, {"A-B", Urgent, 1, 1, Hash{1}}, {"B", Urgent, 1, 1, Hash{1}}, {"B", Routine, 7, 1, Hash{1}},
	}
	put := func(hs []Head) []sample {
		e := envelopeOf("IL")
		e.Seen = hs
		return []sample{{"envelope.seen", e, Say{Text: "x"}}, {"body.heads", machine(), Received{hs}}}
	}
	for _, x := range put(sorted) {
		accepted(t, x, x.Name, "ascending")
	}
	for i := range sorted {
		for j := range i {
			hs := slices.Clone(sorted)
			hs[i], hs[j] = hs[j], hs[i]
			twice := slices.Insert(slices.Clone(sorted), i, sorted[j])
			for k, x := range append(put(hs), put(twice)...) {
				var inv *InvalidError
				if _, err := Seal(x.Envelope, x.Body, signerOf("duty")); !errors.As(err, &inv) || !strings.HasPrefix(inv.Field, x.Name+"[") || !strings.Contains(inv.Why, "ascending") {
					t.Errorf("%d and %d exchanged or repeated (%d): %v", j, i, k, err)
				}
			}
		}
	}
}
