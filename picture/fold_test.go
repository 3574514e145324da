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

// evening draws a random evening on three lines, with every kind that acts on
// another, wrong ones among them.
func evening(r *rapid.T) *picturetest.World {
	w := picturetest.New("RU")
	h := w.Home()
	lines := []*picturetest.Line{w.Line("IL-RU", "IL", "RU"), w.Line("RU-SY", "RU", "SY"), w.Line("three", "IL", "RU", "SY"), h}
	said := map[*picturetest.Line][]picturetest.Posted{}
	now := t("18:00:00")
	for range rapid.IntRange(1, 60).Draw(r, "records") {
		l := lines[rapid.IntRange(0, len(lines)-1).Draw(r, "line")]
		by := l.Charter.Cards[rapid.IntRange(0, len(l.Charter.Cards)-1).Draw(r, "by")].Party
		now += utc.Time(rapid.IntRange(0, 90_000).Draw(r, "later"))
		// Clocks differ between parties, and are set back at times.
		p := post{By: by, At: now + utc.Time(rapid.IntRange(-5000, 5000).Draw(r, "skew")), Lane: record.Lane(rapid.IntRange(1, 2).Draw(r, "lane"))}
		p.Precedence = record.Precedence(rapid.IntRange(1, 4).Draw(r, "precedence"))
		if rapid.Bool().Draw(r, "seen") {
			p.Seen = l.Heads(by)
		}
		var re *picturetest.Posted
		if n := len(said[l]); n > 0 {
			re = &said[l][rapid.IntRange(0, n-1).Draw(r, "re")]
		}
		v := disc(35.5, 35.7, 20, now+600_000, now+3_600_000)
		switch k := rapid.IntRange(0, 9).Draw(r, "kind"); {
		case l == h && k < 3:
			p.Body = alertBody(fmt.Sprint("k", k), now+60_000)
		case l == h && k < 5:
			p.Body = record.Plan{Name: "x", Legs: []volume.Leg{{Depart: now, Arrive: now + 1}}, Ended: re != nil && k == 4}
			p.Re = re
		case l == h && k < 7:
			p.Body = record.Watch{Act: []string{"take", "hand-over", "leave"}[rapid.IntRange(0, 2).Draw(r, "act")], To: "b"}
			p.Officer = []string{"a", "b"}[rapid.IntRange(0, 1).Draw(r, "officer")]
		case k < 3:
			p.Body = hazard(v)
		case k == 3 && re != nil:
			p.Body, p.Re = record.Notice{Class: record.Correction, Volumes: []volume.Volume{v}}, re
		case k == 4 && re != nil:
			p.Body, p.Re = record.Notice{Class: record.Cancellation}, re
		case k == 5 && re != nil:
			p.Body, p.Re = record.Ack{Level: record.LevelRead}, re
		case k == 6 && re != nil:
			p.Body, p.Re = record.Ack{Level: record.LevelUnit, Unit: "u"}, re
		case k == 7 && re != nil && l == h:
			p.Body, p.Re = record.End{Reason: "over"}, re
		case k == 8:
			l.Broken(by, picture.Invalid, "cannot be opened")
			continue
		default:
			if hs := l.Heads(by); len(hs) > 0 {
				p.Body, p.Officer = record.Received{Heads: hs}, "-"
			} else {
				p.Body = record.Say{Text: "hello"}
			}
		}
		said[l] = append(said[l], l.Say(p))
	}
	return w
}

func TestAnyOrderAndAnyRepetitionGivesTheSamePicture(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		knownAt := t("18:00:00") + utc.Time(rapid.IntRange(0, 5_000_000).Draw(r, "known"))
		instant := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant"))
		want, wantNow := asJSON(tt, w.Book().At(knownAt, instant)), asJSON(tt, w.Now(instant))

		mixed := rapid.Permutation(slices.Concat(w.Held, w.Held[:len(w.Held)/2])).Draw(r, "order")
		b := picture.NewBook(w.Self)
		cards := rapid.Permutation(w.Lines).Draw(r, "lines")
		for i, h := range mixed {
			b.Add(h)
			if i%7 == 0 {
				b.Now(instant) // asking in between must not change what comes out
			}
		}
		for _, l := range cards {
			b.AddCharter(l.ID, l.Name, l.Charter)
		}
		if got := asJSON(tt, b.At(knownAt, instant)); got != want {
			r.Fatalf("another order gives another picture at %s:\n%s\n%s", knownAt, want, got)
		}
		if got := asJSON(tt, b.Now(instant)); got != wantNow {
			r.Fatalf("another order gives another picture now:\n%s\n%s", wantNow, got)
		}
	})
}

func TestNowIsAtForEverything(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		b := w.Book()
		for _, d := range []utc.Time{0, 1_800_000, 60_000} {
			if a, n := asJSON(tt, b.At(utc.Max, t("18:00:00")+d)), asJSON(tt, b.Now(t("18:00:00")+d)); a != n {
				r.Fatalf("Now differs from At:\n%s\n%s", a, n)
			}
		}
	})
}

func TestWhatIsLearntLaterDoesNotChangeWhatWasKnown(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		cut := t("18:00:00") + utc.Time(rapid.IntRange(0, 3_000_000).Draw(r, "known"))
		// Everything of ours composed later, and everything of others, which only
		// later statements of ours could make known, may be missing.
		var held []picture.Held
		known := map[picture.ID]bool{}
		for _, l := range w.Book().At(cut, cut).Lines {
			for _, it := range l.Items {
				known[it.ID] = true
			}
		}
		for _, h := range w.Held {
			for _, l := range w.Lines {
				if l.ID == h.Line && known[picture.FormatID(l.Name, h.Ref)] {
					held = append(held, h)
				}
			}
		}
		if a, b := asJSON(tt, w.Book().At(cut, cut+60_000)), asJSON(tt, w.BookOf(held).At(cut, cut+60_000)); a != b {
			r.Fatalf("the picture of %s depends on what came later:\n%s\n%s", cut, a, b)
		}
	})
}

func TestConversationsAgreeWithCausality(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		for _, l := range w.Now(t("19:00:00")).Lines {
			place := map[record.Ref]int{}
			for i, it := range l.Items {
				place[it.Ref] = i
			}
			for _, h := range w.Held {
				if h.Line != l.Line {
					continue
				}
				for ref, i := range place {
					same := ref.Party == h.Ref.Party && ref.Lane == h.Ref.Lane
					if same && ref.Index < h.Ref.Index && i > place[h.Ref] {
						r.Fatalf("%v stands after %v of the same log", ref, h.Ref)
					}
					if h.Rec == nil {
						continue
					}
					if h.Rec.Re != nil && *h.Rec.Re == ref && i > place[h.Ref] {
						r.Fatalf("%v stands after what answers it", ref)
					}
					for _, s := range h.Rec.Seen {
						if s.Party == ref.Party && s.Lane == ref.Lane && ref.Index < s.Size && i > place[h.Ref] {
							r.Fatalf("%v stands after %v, whose author had seen it", ref, h.Ref)
						}
					}
				}
			}
		}
	})
}

func TestAFalseClockDoesNotMoveAnAnswerBeforeItsQuestion(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	q := l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "question"}})
	l.Say(post{By: "RU", At: t("17:00:00"), Re: &q, Body: record.Say{Text: "answer"}}) // an hour slow
	l.Say(post{By: "IL", At: t("18:01:00"), Body: record.Say{Text: "thanks"}, Seen: l.Heads("IL")})
	l.Say(post{By: "RU", At: t("17:02:00"), Body: record.Say{Text: "alone"}})
	var got []string
	for _, it := range w.Now(t("19:00:00")).Lines[0].Items {
		got = append(got, it.Words)
	}
	if s := strings.Join(got, " "); s != "question answer alone thanks" && s != "question answer thanks alone" {
		tt.Errorf("order: %s", s)
	}
}

func TestAFalseSeenInACircleFallsBackToTheLogs(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	claim := func(p party.ID) []record.Head {
		return []record.Head{{Party: p, Lane: record.Urgent, Incarnation: 1, Size: 2}}
	}
	l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "i1"}, Seen: claim("RU")})
	l.Say(post{By: "RU", At: t("18:00:01"), Body: record.Say{Text: "r1"}, Seen: claim("IL")})
	l.Say(post{By: "IL", At: t("18:00:02"), Body: record.Say{Text: "i2"}})
	l.Say(post{By: "RU", At: t("18:00:03"), Body: record.Say{Text: "r2"}})
	var got []string
	for _, it := range w.Now(t("19:00:00")).Lines[0].Items {
		got = append(got, it.Words)
	}
	if s := strings.Join(got, " "); s != "i1 r1 i2 r2" {
		tt.Errorf("order: %s", s)
	}
}

func TestKnownAtFollowsOurSignedStatements(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	a := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	rc := l.Receive("RU", t("18:39:02"))
	b := l.Say(post{By: "IL", At: t("18:40:00"), Body: hazard(area())})
	ours := l.Say(post{By: "RU", At: t("18:41:00"), Body: record.Say{Text: "we have your second"}, Seen: l.Heads("RU")})
	c := l.Say(post{By: "IL", At: t("18:42:00"), Body: hazard(area())})
	book := w.Book()
	p := book.Now(t("19:00:00"))
	for _, x := range []struct {
		p    picturetest.Posted
		want utc.Time
	}{{a, t("18:39:02")}, {rc, t("18:39:02")}, {b, t("18:41:00")}, {ours, t("18:41:00")}, {c, 0}} {
		if got := item(tt, p, x.p.ID).KnownAt; got != x.want {
			tt.Errorf("%s known at %q, want %q", x.p.ID, got, x.want)
		}
	}
	if n := len(book.At(t("18:39:01.999"), t("19:00:00")).Notices); n != 0 {
		tt.Errorf("%d notices known before our Received", n)
	}
	if n := len(book.At(t("23:00:00"), t("23:00:00")).Notices); n != 2 {
		tt.Errorf("%d notices known at 23:00; the third was never stated", n)
	}
	if n := len(p.Notices); n != 3 {
		tt.Errorf("now %d notices, want all three", n)
	}
	book.Known(l.ID, record.Head{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: 3}, t("18:43:00"))
	if got := item(tt, book.Now(t("19:00:00")), c.ID).KnownAt; got != t("18:43:00") {
		tt.Errorf("after Known: %q", got)
	}
	if got := item(tt, book.Now(t("19:00:00")), a.ID).KnownAt; got != t("18:39:02") {
		tt.Errorf("Known moved what was known before: %q", got)
	}
}

func TestBothLeavesOfAForkStand(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	a := l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}})
	twin := a.Held
	twin.Ref.Leaf = record.Hash{0xff}
	twin.Rec = &record.Record{Kind: record.KindSay, Envelope: a.Rec.Envelope, Body: record.Say{Text: "another"}}
	one := w.BookOf([]picture.Held{a.Held, twin})
	two := w.BookOf([]picture.Held{twin, a.Held})
	x, y := asJSON(tt, one.Now(t("19:00:00"))), asJSON(tt, two.Now(t("19:00:00")))
	if x != y || !strings.Contains(x, `"another"`) || !strings.Contains(x, `"one"`) {
		tt.Errorf("a fork is not shown the same: %s", x)
	}
}

func TestAnAmendmentMovesNoRunningDeadline(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Flash, Body: hazard(area())})
	m := l.Say(post{By: "IL", At: t("18:20:00"), Precedence: record.Flash, Body: hazard(area())})
	b := w.Book()
	next := l.Charter
	next.Revision, next.Made = 1, t("18:10:00")
	next.Clocks.Ack[0] = 5000
	b.AddCharter(l.ID, l.Name, next)
	p := b.Now(t("19:00:00"))
	if due := notice(tt, p, n.ID).Missing[0].Due; due != t("18:01:00") {
		tt.Errorf("the old deadline moved to %s", due)
	}
	if due := notice(tt, p, m.ID).Missing[0].Due; due != t("18:20:05") {
		tt.Errorf("the new clock gives %s", due)
	}
}

func TestTwoLinesOfOneNameHaveDifferentIDs(tt *testing.T) {
	w := picturetest.New("RU")
	a, b := w.Line("IL-RU", "IL", "RU"), w.Line("other", "IL", "RU")
	b.Name = "IL-RU"
	a.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}})
	b.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "two"}})
	book := w.Book()
	p := book.Now(t("19:00:00"))
	x, y := p.Lines[0].Items[0], p.Lines[1].Items[0]
	if x.ID == y.ID {
		tt.Fatalf("both are %s", x.ID)
	}
	for _, it := range []picture.Item{x, y} {
		if h, ok := book.ByID(it.ID); !ok || h.Ref != it.Ref || h.Line != it.Line {
			tt.Errorf("ByID(%s) gives %+v", it.ID, h)
		}
	}
}

func TestIDsAreReadBackAndNothingElseIs(tt *testing.T) {
	for _, c := range []struct {
		id  picture.ID
		ref record.Ref
	}{
		{"IL-RU/IL/urgent/12", record.Ref{Party: "IL", Lane: record.Urgent, Incarnation: 1, Index: 11}},
		{"IL-RU/UN-OPS/routine~3/1", record.Ref{Party: "UN-OPS", Lane: record.Routine, Incarnation: 3, Index: 0}},
	} {
		line, ref, err := picture.ParseID(c.id)
		if err != nil || line != "IL-RU" || ref != c.ref || picture.FormatID(line, ref) != c.id {
			tt.Errorf("%s: %s %+v %v", c.id, line, ref, err)
		}
	}
	for _, bad := range []picture.ID{"", "IL-RU", "a/b/c", "IL-RU/IL/urgent/0", "IL-RU/IL/urgent/012", "IL-RU/IL/urgent~1/2", "IL-RU/IL/urgent~/2",
		"IL-RU/IL/fast/2", "IL-RU//urgent/2", "/IL/urgent/2", "IL-RU/IL/urgent/-1", "IL-RU/IL/urgent/99999999999999999999", picture.ID(strings.Repeat("x", 300)) + "/IL/urgent/1"} {
		if _, _, err := picture.ParseID(bad); err == nil {
			tt.Errorf("%.40q was read", string(bad))
		} else if !strings.Contains(err.Error(), "record name") {
			tt.Errorf("%q: %v", bad, err)
		}
	}
	b := picturetest.New("RU").Book()
	if _, ok := b.ByID("IL-RU/IL/urgent/1"); ok {
		tt.Error("found in an empty book")
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"IL-RU/IL/urgent/12", "a/b/routine~2/1", "////", "a/b/urgent/18446744073709551615"} {
		f.Add(s)
	}
	f.Fuzz(func(tt *testing.T, s string) {
		line, ref, err := picture.ParseID(picture.ID(s))
		if err == nil && string(picture.FormatID(line, ref)) != s {
			tt.Errorf("%q reads as %q", s, picture.FormatID(line, ref))
		}
	})
}

func TestALineWithoutACharterIsStillShown(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}})
	b := picture.NewBook("RU")
	b.Add(w.Held[0])
	p := b.Now(t("19:00:00"))
	if len(p.Lines) != 1 || len(p.Lines[0].Items) != 1 || fmt.Sprint(p.Lines[0].Parties) != "[IL RU]" {
		tt.Errorf("%+v", p.Lines)
	}
}

func BenchmarkNowAfterOneMoreOfTenThousand(b *testing.B) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	for i := range 10_000 {
		l.Say(post{By: "IL", At: t("18:00:00") + utc.Time(i), Body: hazard(area())})
		if i%20 == 19 {
			l.Receive("RU", t("18:00:00")+utc.Time(i))
		}
	}
	book := w.Book()
	last := w.Held[len(w.Held)-1]
	b.ResetTimer()
	for range b.N {
		last.Ref.Leaf[0]++
		book.Add(last)
		book.Now(t("19:00:00"))
	}
}
