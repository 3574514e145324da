package picture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// wordsAt gives a conversation in one line each, as known at an instant.
func wordsAt(b *picture.Book, line string, knownAt string) string {
	var out []string
	for _, l := range b.At(t(knownAt), t(knownAt)).Lines {
		if l.Name == line {
			for _, it := range l.Items {
				if it.Kind != record.KindReceived {
					out = append(out, string(it.Party)+" "+it.Words)
				}
			}
		}
	}
	return strings.Join(out, " | ")
}

func say(text string) record.Body { return record.Say{Text: text} }

// TestKnownAtBisectsAConversation goes back through a conversation second by
// second: at each instant just that had been said which our own signed words
// could have answered, and never less than a moment before.
func TestKnownAtBisectsAConversation(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:00:00"), Body: say("one")})
	l.Receive("RU", t("18:00:05"))
	l.Say(post{By: "RU", At: t("18:01:00"), Body: say("two")})
	l.Say(post{By: "IL", At: t("18:02:00"), Body: say("three")})
	l.Say(post{By: "IL", At: t("18:02:10"), Body: say("four")})
	l.Say(post{By: "RU", At: t("18:03:00"), Seen: l.Heads("RU"), Body: say("five")}) // names three and four as seen
	l.Say(post{By: "IL", At: t("18:02:30"), Body: say("six")})                       // came while five was written
	l.Receive("RU", t("18:04:00"))
	b := w.Book()
	for _, c := range []struct{ at, want string }{
		{"17:59:59", ""},
		{"18:00:04.999", ""},
		{"18:00:05", "IL one"},
		{"18:00:59.999", "IL one"},
		{"18:01:00", "IL one | RU two"},
		{"18:02:59.999", "IL one | RU two"},
		{"18:03:00", "IL one | RU two | IL three | IL four | RU five"},
		{"18:04:00", "IL one | RU two | IL three | IL four | IL six | RU five"},
	} {
		if got := wordsAt(b, "IL-RU", c.at); got != c.want {
			tt.Errorf("at %s\n got %s\nwant %s", c.at, got, c.want)
		}
	}
	// Bisecting for the first instant at which four was known finds that of five.
	lo, hi := t("18:00:00"), t("18:10:00")
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if strings.Contains(asJSON(tt, b.At(mid, mid).Lines), `"four"`) {
			hi = mid
		} else {
			lo = mid
		}
	}
	if hi != t("18:03:00") {
		tt.Errorf("four was known from %s on", hi.Clock())
	}
}

// TestWhatWasKnownOnlyGrows looks at a random evening at rising instants: what
// was known stays known, under the same name, with the same words.
func TestWhatWasKnownOnlyGrows(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		b := evening(r).Book()
		known := map[picture.ID]string{}
		at := t("17:59:00")
		for range 12 {
			at += utc.Time(rapid.IntRange(0, 900_000).Draw(r, "later"))
			now := map[picture.ID]string{}
			for _, l := range b.At(at, at).Lines {
				for _, it := range l.Items {
					now[it.ID] = it.Words
					if it.KnownAt > at {
						r.Fatalf("%s is shown at %s and known at %s", it.ID, at, it.KnownAt)
					}
				}
			}
			for id, s := range known {
				if now[id] != s {
					r.Fatalf("%s was known as %q and is %q at %s", id, s, now[id], at)
				}
			}
			known = now
		}
	})
}

// TestKnownStatementsOfTheDoorCountLikeReceipts gives the same knowledge once by
// Received records and once by Known: the same is known at each instant.
func TestKnownStatementsOfTheDoorCountLikeReceipts(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		n := rapid.IntRange(1, 12).Draw(r, "records")
		for i := range n {
			l.Say(post{By: "IL", At: t("18:00:00") + utc.Time(i*1000), Body: say(fmt.Sprint(i))})
		}
		door, said := w.Book(), w.Book()
		for range rapid.IntRange(1, 8).Draw(r, "statements") {
			h := record.Head{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: uint64(rapid.IntRange(0, n+2).Draw(r, "size"))}
			at := t("18:00:00") + utc.Time(rapid.IntRange(1, 600_000).Draw(r, "at"))
			door.Known(l.ID, h, at)
			said.Add(l.Say(post{By: "RU", At: at, Body: record.Received{Heads: []record.Head{h}}}).Held)
			door.Now(at) // in between
		}
		for range 10 {
			at := t("18:00:00") + utc.Time(rapid.IntRange(0, 700_000).Draw(r, "look"))
			if a, b := theirs(door.At(at, at)), theirs(said.At(at, at)); a != b {
				r.Fatalf("at %s by the door %s, by receipts %s", at, a, b)
			}
			if a, b := theirs(door.Now(at)), theirs(said.Now(at)); a != b {
				r.Fatalf("now by the door %s, by receipts %s", a, b)
			}
		}
	})
}

// theirs gives what IL said and since when we know it.
func theirs(p *picture.Picture) string {
	var out []string
	for _, l := range p.Lines {
		for _, it := range l.Items {
			if it.Party == "IL" {
				out = append(out, fmt.Sprint(it.Words, "@", it.KnownAt))
			}
		}
	}
	return strings.Join(out, " ")
}

// TestAPartyThatLeavesAndReturns: an exit closes a line of two for good, a line
// of three only for who left, and a charter made later takes the exit back.
func TestAPartyThatLeavesAndReturns(tt *testing.T) {
	closed := func(b *picture.Book, name string) bool {
		for _, l := range b.Now(t("20:00:00")).Lines {
			if l.Name == name {
				return l.Closed
			}
		}
		tt.Fatalf("no line %s", name)
		return false
	}
	w := picturetest.New("RU")
	two, three := w.Line("two", "IL", "RU"), w.Line("three", "IL", "RU", "SY")
	b := w.BookOf(nil)
	add := func(x picturetest.Posted) { b.Add(x.Held) }
	add(two.Say(post{By: "RU", At: t("17:00:00"), Body: say("hello")}))
	if closed(b, "two") || closed(b, "three") {
		tt.Error("closed although nobody left")
	}
	add(two.Say(post{By: "IL", At: t("18:00:00"), Body: record.Close{Text: "leaves"}}))
	add(three.Say(post{By: "IL", At: t("18:00:00"), Body: record.Close{Text: "leaves"}}))
	if !closed(b, "two") || closed(b, "three") {
		tt.Error("with IL gone two has nobody left to speak with, three has")
	}
	add(three.Say(post{By: "RU", At: t("18:30:00"), Body: record.Close{Text: "leaves"}}))
	if !closed(b, "three") {
		tt.Error("we left three ourselves")
	}
	c := three.Charter
	c.Revision, c.Made = 2, t("19:00:00")
	b.AddCharter(three.ID, three.Name, c)
	if closed(b, "three") {
		tt.Error("a charter made after the exits takes them back")
	}
	add(three.Say(post{By: "IL", At: t("19:30:00"), Body: say("we are back")}))
	add(three.Say(post{By: "SY", At: t("19:31:00"), Body: record.Close{Text: "leaves"}}))
	if closed(b, "three") {
		tt.Error("SY left, but IL is back")
	}
	if now, at := asJSON(tt, b.Now(t("20:00:00"))), asJSON(tt, b.At(utc.Max, t("20:00:00"))); now != at {
		tt.Errorf("%s\n%s", now, at)
	}
}

// TestCorrectionsOfCorrections follows one notice through a chain of
// corrections, some of them cancelled, some after the fact.
func TestCorrectionsOfCorrections(tt *testing.T) {
	type step struct {
		re     int  // which record before; 0 is the notice
		cancel bool // else a correction to this longitude
		lon    float64
		force  float64 // the longitude in force after it; 0: cancelled
		own    bool    // it has no effect and stands by itself
	}
	for name, steps := range map[string][]step{
		"each corrects the last":               {{0, false, 36, 36, false}, {1, false, 37, 37, false}, {2, false, 38, 38, false}},
		"each corrects the first":              {{0, false, 36, 36, false}, {0, false, 37, 37, false}},
		"the last is cancelled":                {{0, false, 36, 36, false}, {1, false, 37, 37, false}, {2, true, 0, 36, false}},
		"one in the middle is cancelled":       {{0, false, 36, 36, false}, {1, false, 37, 37, false}, {1, true, 0, 37, false}},
		"all corrections are cancelled":        {{0, false, 36, 36, false}, {1, false, 37, 37, false}, {1, true, 0, 37, false}, {2, true, 0, 35, false}},
		"the notice is cancelled":              {{0, false, 36, 36, false}, {0, true, 0, 0, false}},
		"a cancelled correction is cancelled":  {{0, false, 36, 36, false}, {1, true, 0, 35, false}, {1, true, 0, 35, false}},
		"cancelled, then corrected":            {{0, true, 0, 0, false}, {0, false, 36, 0, true}},
		"cancelled by way of its correction":   {{0, false, 36, 36, false}, {1, true, 0, 35, false}, {0, true, 0, 0, false}},
		"corrected again after a cancellation": {{0, false, 36, 36, false}, {1, true, 0, 35, false}, {0, false, 37, 37, false}},
		"a correction of a cancelled one":      {{0, false, 36, 36, false}, {1, true, 0, 35, false}, {1, false, 37, 37, false}},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		b := w.BookOf(nil)
		window := func(lon float64) volume.Volume { return disc(35, lon, 9, t("18:40:00"), t("19:30:00")) }
		said := []picturetest.Posted{l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(window(35))})}
		b.Add(said[0].Held)
		for i, s := range steps {
			n := record.Notice{Class: record.Cancellation}
			if !s.cancel {
				n = record.Notice{Class: record.Correction, Volumes: []volume.Volume{window(s.lon)}}
			}
			x := l.Say(post{By: "IL", At: t("18:01:00") + utc.Time(i*1000), Re: &said[s.re], Body: n})
			said = append(said, x)
			b.Add(x.Held)
			p := b.Now(t("18:45:00"))
			root := notice(tt, p, said[0].ID)
			if root.Active != (s.force != 0) {
				tt.Errorf("%s, step %d: active %v", name, i+1, root.Active)
			}
			if s.force != 0 && root.Volumes[0].Area.Circle.Center != volume.Deg(35, s.force) {
				tt.Errorf("%s, step %d: in force is %s, want longitude %g", name, i+1, root.Volumes[0].Area.Circle.Center, s.force)
			}
			if own := notice(tt, p, x.ID); own.Active != s.own || s.own != (own.Problem != "") {
				tt.Errorf("%s, step %d: the record itself is active %v: %q", name, i+1, own.Active, own.Problem)
			}
			if now, at := asJSON(tt, p), asJSON(tt, b.At(utc.Max, t("18:45:00"))); now != at {
				tt.Errorf("%s, step %d:\n%s\n%s", name, i+1, now, at)
			}
		}
	}
}

// TestReachesHoldWhatTheyAreOf: the cap of an area, across 180° and near the poles
// too, holds each of its points, and not what is far away.
func TestReachesHoldWhatTheyAreOf(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		lat := rapid.Float64Range(-89, 89).Draw(r, "lat")
		lon := rapid.SampledFrom([]float64{180, -180, 179.99, -179.99, 0, 35}).Draw(r, "lon")
		v := disc(lat, lon, rapid.Float64Range(0.1, 400).Draw(r, "km"), t("18:40:00"), t("19:30:00"))
		c := picture.CapOfArea(v.Area)
		in := volume.Destination(v.Area.Circle.Center, rapid.Float64Range(0, 360).Draw(r, "way"),
			rapid.Float64Range(0, 1).Draw(r, "part")*float64(v.Area.Circle.RadiusM))
		p := picture.CapOf(in, 0)
		if c.Apart(&p) {
			r.Fatalf("%s is in %v and apart from its cap", in, v.Area.Circle)
		}
		south, north := c.Latitudes()
		if a := in.Lat() * 3.141592653589793 / 180; a < south || a > north {
			r.Fatalf("latitude %g is not in %g to %g", a, south, north)
		}
		far := picture.CapOf(volume.Destination(in, 90, 2*float64(v.Area.Circle.RadiusM)+500_000), 0)
		if !c.Apart(&far) {
			r.Fatalf("%+v is not apart from what is 500 km away", c)
		}
	})
}

func TestEachAndNoticesOfFindByName(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		p := evening(r).Now(t("19:00:00"))
		var all []picture.ID
		for _, l := range p.Lines {
			for _, it := range l.Items {
				all = append(all, it.ID)
			}
		}
		ids := map[picture.ID]bool{"": true, "no/such/name": true, "IL-RU/IL/urgent/9999": true}
		for _, id := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(r, "ids") {
			ids[id] = true
		}
		var want, got []picture.ID
		for _, id := range all {
			if ids[id] {
				want = append(want, id)
			}
		}
		p.Each(ids, func(l *picture.Conversation, i int) { got = append(got, l.Items[i].ID) })
		if !slices.Equal(got, want) {
			r.Fatalf("found %v, want %v", got, want)
		}
		var places []int
		for i, n := range p.Notices {
			if ids[n.ID] || n.CorrectedBy != "" && ids[n.CorrectedBy] {
				places = append(places, i)
			}
		}
		if got := p.NoticesOf(ids); !slices.Equal(got, places) {
			r.Fatalf("notices %v, want %v", got, places)
		}
		for _, id := range all {
			if it, ok := p.Item(id); !ok || it.ID != id {
				r.Fatalf("Item doesn't find %s", id)
			}
		}
	})
}

// TestReadBacksOfThreeParties: each party's last read-back of what stands now.
func TestReadBacksOfThreeParties(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("three", "IL", "RU", "SY")
	n := l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(area())})
	read := func(by party.ID, at string, re picturetest.Posted, line string) picturetest.Posted {
		return l.Say(post{By: by, At: t(at), Re: &re, Seen: l.Heads(by), Body: record.Ack{Level: record.LevelUnderstood, ReadBack: []string{line}}})
	}
	said := func() string {
		var out []string
		x := notice(tt, w.Now(t("18:45:00")), n.ID)
		for _, r := range x.ReadBacks() {
			out = append(out, fmt.Sprintf("%s %s of %d", r.Party, r.Lines[0], len(r.Against)))
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() {}, ""},
		{func() { l.Ack("RU", t("18:01:00"), n, record.LevelRead) }, ""},
		{func() { read("RU", "18:02:00", n, "first") }, "RU first of 1"},
		{func() { read("SY", "18:02:30", n, "mine") }, "RU first of 1, SY mine of 1"},
		{func() { read("RU", "18:03:00", n, "second") }, "RU second of 1, SY mine of 1"},
		{func() { read("IL", "18:03:10", n, "one's own") }, "RU second of 1, SY mine of 1"},
		{func() {
			c := l.Say(post{By: "IL", At: t("18:04:00"), Re: &n, Seen: l.Heads("IL"), Body: record.Notice{Class: record.Correction,
				Volumes: []volume.Volume{area(), disc(34, 34, 5, t("18:50:00"), t("19:00:00"))}}})
			read("SY", "18:05:00", c, "new")
		}, "SY new of 2"},
	} {
		c.do()
		if got := said(); got != c.want {
			tt.Errorf("got %q, want %q", got, c.want)
		}
	}
	x := l.Say(post{By: "RU", At: t("18:06:00"), Re: &n, Body: record.Ack{Level: record.LevelUnderstood}})
	if it := item(tt, w.Now(t("18:45:00")), x.ID); it.Words != "Understood, without read-back." {
		tt.Errorf("said as %q", it.Words)
	}
	if got := said(); got != "SY new of 2" {
		tt.Errorf("one without a read-back is none: %q", got)
	}
}
