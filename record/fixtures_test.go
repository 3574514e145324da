package record

import (
	"crypto/sha256"
	"encoding/json"
	"unicode"

	"pgregory.net/rapid"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

// signerOf gives the same key for the same name in every run.
func signerOf(name string) party.Signer {
	return party.NewSigner(sha256.Sum256([]byte("parley test key " + name)))
}

func cardOf(id party.ID, officers ...party.Officer) party.Card {
	key := func(what string) party.Key { return signerOf(string(id) + " " + what).Public() }
	if len(officers) == 0 {
		officers = []party.Officer{
			{ID: "chief", Name: "Chief of " + string(id), Roles: []party.Role{party.Chief}, Key: key("chief")},
			{ID: "duty", Name: "Duty of " + string(id), Roles: []party.Role{party.Duty, party.Deputy}, Key: key("duty")},
		}
	}
	return party.Card{Party: id, Name: "Party " + string(id), Log: key("log"), Receipt: key("receipt"), Node: key("node"), Link: key("link"),
		Officers: officers, Addresses: []string{"192.0.2.1:7360"}}
}

const evening utc.Time = 1537209540000 // 2018-09-17T18:39:00Z

func charterOf(ids ...party.ID) Charter {
	c := Charter{Name: "IL-RU", Clocks: DefaultClocks(), Phrases: Hash{1}, Made: evening - 86_400_000, Nonce: Nonce{7}}
	for _, id := range ids {
		c.Cards = append(c.Cards, cardOf(id))
		c.Mirrors = append(c.Mirrors, id)
	}
	if len(ids) == 1 {
		c.Name, c.Home, c.Mirrors = "HOME", true, nil
	}
	return c
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// signedBy gives the charter with the signatures of the chiefs of ids.
func signedBy(c Charter, ids ...party.ID) CharterRecord {
	b := must(MarshalCharter(c))
	r := CharterRecord{Charter: b}
	for _, id := range ids {
		r.Signatures = append(r.Signatures, must(SignCharter(b, id, signerOf(string(id)+" chief"))))
	}
	return r
}

func box() volume.Volume {
	return volume.Volume{
		Area:   volume.Area{Polygon: []volume.Point{volume.Deg(35.3, 35.4), volume.Deg(35.3, 36.1), volume.Deg(35.8, 36.1), volume.Deg(35.8, 35.4)}},
		Band:   volume.Band{Lower: volume.Altitude{Feet: 0, Datum: volume.AGL}, Upper: volume.Altitude{Feet: 30000}},
		Window: volume.Window{From: evening + 60_000, To: evening + 3_000_000},
	}
}

func disc() volume.Volume {
	return volume.Volume{
		Area:   volume.Area{Circle: &volume.Circle{Center: volume.Deg(35.41, 35.95), RadiusM: 30000}},
		Band:   volume.Band{Lower: volume.Altitude{Feet: 5000, Datum: volume.AMSL}, Unlimited: true},
		Window: volume.Window{From: evening, To: evening + 3_600_000},
	}
}

func refTo(id party.ID, index uint64) Ref {
	return Ref{Party: id, Lane: Urgent, Incarnation: 1, Index: index, Leaf: Hash{9, byte(index)}}
}

func envelopeOf(id party.ID) Envelope {
	return Envelope{Line: LineID{0xa1}, Party: id, Lane: Urgent, Officer: "duty", Composed: evening, Precedence: Flash}
}

// sample is one good record: what Seal takes.
type sample struct {
	Name     string
	Envelope Envelope
	Body     Body
}

// samples gives good records of every kind and every level and class that has
// rules of its own.
func samples() []sample {
	e := envelopeOf("IL")
	re := e
	ref := refTo("RU", 4)
	re.Re = &ref
	machine := e
	machine.Officer, machine.Precedence, machine.Lane = "", Ordinary, Routine
	machineRe := machine
	machineRe.Re = &ref
	seen := e
	seen.Seen = []Head{{"RU", Urgent, 1, 5, Hash{5}}, {"RU", Routine, 2, 77, Hash{6}}}
	seen.Exercise = true
	point := volume.Deg(35.52, 35.78)
	founding := signedBy(charterOf("IL", "RU"), "IL", "RU")
	chartered := machine
	chartered.Line = LineID(CharterHash(founding.Charter))
	leg := volume.Leg{From: volume.Deg(36, 36.6), To: volume.Deg(35.41, 35.95), Band: volume.Band{Lower: volume.Altitude{Feet: 15000}, Upper: volume.Altitude{Feet: 17000}},
		Depart: evening, Arrive: evening + 1_200_000, HalfWidthM: 5000}
	ss := []sample{
		{"charter", chartered, founding},
		{"notice", e, Notice{Class: HazardArea, Place: "north Syria", Volumes: []volume.Volume{box(), disc()}, Text: "Keep clear.\nWe repeat: keep clear.", Lang: "en",
			Wants: []Level{LevelUnderstood, LevelUnit}, Late: "no earlier decision", Contact: "desk 1", Expires: evening + 3_600_000,
			Closed: []Closed{{"aircraft", Commit(Hash{1}, []byte("four"))}, {"purpose", Hash{2}}}}},
		{"notice-without-volume", seen, Notice{Class: Activity, Text: "ללא נפח", Lang: "he"}},
		{"notice-cancellation", re, Notice{Class: Cancellation}},
		{"notice-correction", re, Notice{Class: Correction, Volumes: []volume.Volume{disc()}}},
		{"ack-seen", machineRe, Ack{Level: LevelSeen}},
		{"ack-read", re, Ack{Level: LevelRead}},
		{"ack-understood", re, Ack{Level: LevelUnderstood, ReadBack: []string{"35.41N 35.95E", "Latakia"}}},
		{"ack-relayed", re, Ack{Level: LevelRelayed, Unit: "brigade 26", At: evening + 1}},
		{"ack-unit", re, Ack{Level: LevelUnit, Unit: "brigade 26", At: evening + 2, Text: "in writing"}},
		{"ack-no-objection", re, Ack{Level: LevelNoObjection}},
		{"ack-objection", re, Ack{Level: LevelObjection, Reason: "our aircraft is there"}},
		{"ack-alternative", re, Ack{Level: LevelAlternative, Alternative: []volume.Volume{disc()}}},
		{"ack-unknown", re, Ack{Level: LevelUnknown}},
		{"say-stop", e, Say{Phrase: &Phrase{Code: CodeStop, Params: []Param{{"area", "Latakia"}}}, Volumes: []volume.Volume{disc()}}},
		{"say-words", machine, Say{Text: "Это проверка линии.", Lang: "ru"}},
		{"relay", e, Relay{Origin: CommitOrigin(Hash{3}, Origin{LineID{1}, ref}), Phrases: []Phrase{{Code: "HOLD-FIRE", Params: []Param{{"corridor", "west"}, {"until", "2018-09-17T19:30:00Z"}}}},
			Volumes: []volume.Volume{disc()}, Unit: "brigade 26", Text: "now", Lang: "en", Wants: []Level{LevelRelayed, LevelUnit}}},
		{"opening-part", re, Opening{Label: "aircraft", Salt: Hash{1}, Content: []byte("four")}},
		{"opening-origin", re, Opening{Salt: Hash{3}, Origin: &Origin{LineID{1}, ref}}},
		{"received", machine, Received{Heads: []Head{{"RU", Urgent, 1, 6, Hash{5}}}}},
		{"close", e, Close{Text: "We leave.", Duties: []string{"answer to 12"}}},
		{"finding", machine, Finding{What: FindingFork, Line: LineID{0xa1}, Party: "RU", Lane: Urgent, Text: "two checkpoints of size 5", Proof: [][]byte{{1}, {2, 3}}}},
		{"plan", e, Plan{Name: "Il-20", Track: "155001", Legs: []volume.Leg{leg}, Crew: 15, Text: "home by nine"}},
		{"plan-ended", re, Plan{Name: "Il-20", Ended: true}},
		{"alert", machine, Alert{Rule: "plan-notice", Key: "plan-notice IL/urgent/12 Il-20", Why: "The route of Il-20 crosses the hazard area.",
			About: []About{{LineID{2}, ref}}, Track: "155001", From: evening + 1, To: evening + 2, At: &point, Deadline: evening + 60_000}},
		{"end", machineRe, End{Reason: "the window has passed"}},
		{"watch-take", e, Watch{Act: WatchTake}},
		{"watch-hand-over", e, Watch{Act: WatchHand, To: "deputy", Open: []string{"one"}, Promises: "to call back", OpenHash: OpenItems([]string{"one", "two"})}},
		{"kept", machine, Kept{Salt: Hash{3}, Origin: Origin{LineID{1}, ref}}},
		{"minute", machine, Minute{From: evening, Reports: 900, Tracks: 12, Digest: Hash{8}}},
	}
	return ss
}

// The generators draw good values of every shape, for properties.

var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Hebrew, unicode.Arabic, unicode.Cyrillic}

func genLine(max int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		r := rapid.RuneFrom([]rune(" .,-/:!?'\"\u200e\u200f<>&"), scripts...)
		return rapid.StringMatching(`[a-z]`).Draw(t, "first") + rapid.StringOfN(r, 0, 12, max-1).Draw(t, "line")
	})
}

func genOpt(max int) *rapid.Generator[string] { return rapid.OneOf(rapid.Just(""), genLine(max)) }

func genTime() *rapid.Generator[utc.Time] {
	return rapid.Custom(func(t *rapid.T) utc.Time {
		return utc.Time(rapid.Int64Range(int64(evening), int64(utc.Max)/2).Draw(t, "time"))
	})
}

func genHash() *rapid.Generator[Hash] {
	return rapid.Custom(func(t *rapid.T) Hash {
		b := rapid.SliceOfN(rapid.Byte(), 31, 31).Draw(t, "hash")
		return Hash(append(b, 1))
	})
}

func genID() *rapid.Generator[party.ID] {
	return rapid.Custom(func(t *rapid.T) party.ID {
		return party.ID(rapid.StringMatching(`[A-Z][A-Z0-9-]{0,15}`).Draw(t, "party"))
	})
}

func genLane() *rapid.Generator[Lane] { return rapid.SampledFrom([]Lane{Urgent, Routine}) }

func genRef() *rapid.Generator[Ref] {
	return rapid.Custom(func(t *rapid.T) Ref {
		return Ref{genID().Draw(t, "party"), genLane().Draw(t, "lane"), rapid.Uint32Min(1).Draw(t, "inc"),
			rapid.Uint64Max(maxCount).Draw(t, "index"), genHash().Draw(t, "leaf")}
	})
}

func genAltitude() *rapid.Generator[volume.Altitude] {
	return rapid.Custom(func(t *rapid.T) volume.Altitude {
		return volume.Altitude{Feet: rapid.Int32Range(-1000, 60000).Draw(t, "feet"), Datum: volume.Datum(rapid.IntRange(0, 3).Draw(t, "datum"))}
	})
}

func genBand() *rapid.Generator[volume.Band] {
	return rapid.Custom(func(t *rapid.T) volume.Band {
		lo := genAltitude().Draw(t, "lower")
		if rapid.Bool().Draw(t, "unlimited") {
			return volume.Band{Lower: lo, Unlimited: true}
		}
		hi := lo
		hi.Feet += rapid.Int32Range(1, 40000).Draw(t, "thickness")
		return volume.Band{Lower: lo, Upper: hi}
	})
}

func genPoint() *rapid.Generator[volume.Point] {
	return rapid.Custom(func(t *rapid.T) volume.Point {
		return volume.Point{LatE7: rapid.Int32Range(-800000000, 800000000).Draw(t, "lat"), LonE7: rapid.Int32Range(-1800000000, 1800000000).Draw(t, "lon")}
	})
}

func genVolume() *rapid.Generator[volume.Volume] {
	return rapid.Custom(func(t *rapid.T) volume.Volume {
		p, from := genPoint().Draw(t, "point"), genTime().Draw(t, "from")
		v := volume.Volume{Band: genBand().Draw(t, "band"), Window: volume.Window{From: from, To: from + utc.Time(rapid.Int64Range(1, 86_400_000).Draw(t, "long"))}}
		if rapid.Bool().Draw(t, "circle") {
			v.Area.Circle = &volume.Circle{Center: p, RadiusM: rapid.Uint32Range(1, 1_000_000).Draw(t, "radius")}
			return v
		}
		p.LonE7 /= 2
		v.Area.Polygon = []volume.Point{p, {LatE7: p.LatE7 + 10_000_000, LonE7: p.LonE7}, {LatE7: p.LatE7, LonE7: p.LonE7 + 10_000_000}}
		return v
	})
}

func genVolumes(min int) *rapid.Generator[[]volume.Volume] {
	return rapid.Custom(func(t *rapid.T) []volume.Volume {
		vs := rapid.SliceOfN(genVolume(), min, 3).Draw(t, "volumes")
		if len(vs) == 0 {
			return nil
		}
		return vs
	})
}

func genSome[T any](g *rapid.Generator[T], min, max int) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		vs := rapid.SliceOfN(g, min, max).Draw(t, "list")
		if len(vs) == 0 {
			return nil
		}
		return vs
	})
}

func genPhrase() *rapid.Generator[Phrase] {
	return rapid.Custom(func(t *rapid.T) Phrase {
		p := Phrase{Code: rapid.StringMatching(`[A-Z][A-Z0-9-]{1,20}`).Draw(t, "code")}
		for i := range rapid.IntRange(0, 3).Draw(t, "params") {
			p.Params = append(p.Params, Param{string(rune('a'+i)) + "_x", genLine(80).Draw(t, "value")})
		}
		return p
	})
}

func genBody() *rapid.Generator[Body] {
	return rapid.Custom(func(t *rapid.T) Body {
		switch rapid.SampledFrom(Kinds()[1:]).Draw(t, "kind") { // charters have tests of their own
		case KindNotice:
			n := Notice{Class: rapid.SampledFrom(Classes()[:11]).Draw(t, "class"), Place: genOpt(MaxName).Draw(t, "place"), Volumes: genVolumes(0).Draw(t, "vs"),
				Text: genLine(MaxText).Draw(t, "text"), Late: genOpt(80).Draw(t, "late"), Contact: genOpt(80).Draw(t, "contact"),
				Lang: rapid.SampledFrom([]string{"", "en", "he", "ar-SY"}).Draw(t, "lang")}
			if rapid.Bool().Draw(t, "wants") {
				n.Wants = []Level{LevelRead, LevelUnderstood}
				n.Expires = genTime().Draw(t, "expires") + 1
				n.Closed = []Closed{{"a", genHash().Draw(t, "hash")}}
			}
			return n
		case KindAck:
			a := Ack{Level: rapid.SampledFrom(Levels()).Draw(t, "level"), Text: genOpt(80).Draw(t, "text")}
			switch a.Level {
			case LevelUnderstood:
				a.ReadBack = genSome(genLine(MaxName), 1, 3).Draw(t, "read back")
			case LevelRelayed, LevelUnit:
				a.Unit, a.At = genLine(MaxUnit).Draw(t, "unit"), genTime().Draw(t, "at")
			case LevelObjection:
				a.Reason = genLine(MaxText).Draw(t, "reason")
			case LevelAlternative:
				a.Alternative = genVolumes(1).Draw(t, "alternative")
			}
			return a
		case KindSay:
			s := Say{Text: genOpt(MaxText).Draw(t, "text"), Volumes: genVolumes(0).Draw(t, "vs")}
			if s.Text == "" || rapid.Bool().Draw(t, "phrase") {
				p := genPhrase().Draw(t, "phrase")
				s.Phrase = &p
			}
			return s
		case KindRelay:
			return Relay{Origin: genHash().Draw(t, "origin"), Phrases: genSome(genPhrase(), 1, 3).Draw(t, "phrases"), Volumes: genVolumes(0).Draw(t, "vs"),
				Unit: genOpt(MaxUnit).Draw(t, "unit"), Text: genOpt(80).Draw(t, "text")}
		case KindOpening:
			o := Opening{Salt: genHash().Draw(t, "salt")}
			if rapid.Bool().Draw(t, "origin") {
				o.Origin = &Origin{LineID(genHash().Draw(t, "line")), genRef().Draw(t, "ref")}
				return o
			}
			o.Label, o.Content = "part", rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "content")
			return o
		case KindReceived:
			return Received{Heads: []Head{{"A0", genLane().Draw(t, "lane"), 1, rapid.Uint64Range(1, maxCount).Draw(t, "size"), genHash().Draw(t, "root")},
				{"A1", Urgent, rapid.Uint32Min(1).Draw(t, "inc"), 1, genHash().Draw(t, "root")}}}
		case KindClose:
			return Close{genLine(MaxText).Draw(t, "text"), genSome(genLine(MaxShort), 0, 3).Draw(t, "duties")}
		case KindFinding:
			return Finding{What: FindingGap, Line: LineID(genHash().Draw(t, "line")), Party: genID().Draw(t, "party"), Lane: Lane(rapid.IntRange(0, 2).Draw(t, "lane")),
				Text: genLine(80).Draw(t, "text"), Proof: genSome(rapid.SliceOfN(rapid.Byte(), 1, 40), 0, 3).Draw(t, "proof")}
		case KindPlan:
			p := Plan{Name: genLine(MaxName).Draw(t, "name"), Track: genOpt(MaxTrack).Draw(t, "track"), Crew: rapid.Uint32Max(MaxCrew).Draw(t, "crew"), Text: genOpt(80).Draw(t, "text")}
			at := genTime().Draw(t, "depart")
			for range rapid.IntRange(1, 3).Draw(t, "legs") {
				from := genPoint().Draw(t, "from")
				to := volume.Point{LatE7: from.LatE7 / 2, LonE7: from.LonE7 / 2}
				l := volume.Leg{From: from, To: to, Band: genBand().Draw(t, "band"), Depart: at, Arrive: at + 1000, HalfWidthM: rapid.Uint32Max(1000).Draw(t, "w")}
				p.Legs, at = append(p.Legs, l), l.Arrive
			}
			return p
		case KindAlert:
			a := Alert{Rule: "rule-1", Key: genLine(MaxShort).Draw(t, "key"), Why: genLine(MaxShort).Draw(t, "why"), Deadline: genTime().Draw(t, "deadline")}
			if rapid.Bool().Draw(t, "more") {
				p := genPoint().Draw(t, "at")
				a.At, a.From = &p, genTime().Draw(t, "from")
				a.To = a.From + 1
				a.About = []About{{LineID(genHash().Draw(t, "line")), genRef().Draw(t, "ref")}}
			}
			return a
		case KindEnd:
			return End{genLine(MaxShort).Draw(t, "reason")}
		case KindWatch:
			w := Watch{Act: rapid.SampledFrom([]string{WatchTake, WatchHand, WatchLeave}).Draw(t, "act"), Open: genSome(genLine(MaxShort), 0, 3).Draw(t, "open")}
			if w.Act == WatchHand {
				w.To, w.OpenHash = "b.c", OpenItems(w.Open)
			}
			return w
		case KindKept:
			return Kept{genHash().Draw(t, "salt"), Origin{LineID(genHash().Draw(t, "line")), genRef().Draw(t, "ref")}}
		default:
			n := rapid.Uint32().Draw(t, "reports")
			return Minute{From: genTime().Draw(t, "from") / 60_000 * 60_000, Reports: n, Tracks: n / 2, Digest: genHash().Draw(t, "digest")}
		}
	})
}

// genRecord draws an envelope that suits the body.
func genRecord() *rapid.Generator[sample] {
	return rapid.Custom(func(t *rapid.T) sample {
		b := genBody().Draw(t, "body")
		e := Envelope{Line: LineID(genHash().Draw(t, "line")), Party: genID().Draw(t, "party"), Lane: genLane().Draw(t, "lane"), Officer: "o.ne",
			Composed: evening, Precedence: Precedence(rapid.IntRange(1, 4).Draw(t, "precedence")), Exercise: rapid.Bool().Draw(t, "exercise")}
		if e.Party == "A0" || e.Party == "A1" || e.Party == "Z" {
			e.Party = "B"
		}
		if k := b.Kind(); k == KindReceived || k == KindMinute {
			e.Officer = ""
		}
		needs := b.Kind() == KindAck || b.Kind() == KindOpening || b.Kind() == KindEnd
		if needs || rapid.Bool().Draw(t, "re") {
			r := genRef().Draw(t, "re")
			e.Re = &r
		}
		if rapid.Bool().Draw(t, "seen") {
			e.Seen = []Head{{"Z", genLane().Draw(t, "lane"), 1, 1, genHash().Draw(t, "root")}}
		}
		return sample{"drawn", e, b}
	})
}

func jsonOf(v any) ([]byte, error)      { return json.Marshal(v) }
func (r *Record) json() ([]byte, error) { return json.Marshal(r) }
