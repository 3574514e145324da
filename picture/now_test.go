package picture_test

import (
	"testing"

	"pgregory.net/rapid"

	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
)

// TestNowKeepsUpWithAtUnderAnyInterleaving adds the leaves of an evening in an
// order near that in which they were said, some of them late, and asks for Now in
// between at instants that go forward and back: it is the definition every time,
// and pictures given before don't change.
func TestNowKeepsUpWithAtUnderAnyInterleaving(tt *testing.T) {
	kept := 0
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		held := append([]picture.Held{}, w.Held...)
		for range rapid.IntRange(0, 6).Draw(r, "late ones") {
			i, by := rapid.IntRange(0, len(held)-1).Draw(r, "which"), rapid.IntRange(1, 8).Draw(r, "by")
			x := held[i]
			held = append(held[:i], held[i+1:]...)
			i = min(i+by, len(held))
			held = append(held[:i], append([]picture.Held{x}, held[i:]...)...)
		}
		b := w.BookOf(nil)
		type given struct {
			p    *picture.Picture
			json string
		}
		var all []given
		asked := 0
		for i, h := range held {
			b.Add(h)
			if rapid.IntRange(0, 12).Draw(r, "known") == 0 {
				b.Known(h.Line, record.Head{Party: h.Ref.Party, Lane: h.Ref.Lane, Incarnation: 1, Size: h.Ref.Index + 1}, t("18:30:00"))
			}
			if rapid.IntRange(0, 2).Draw(r, "ask") == 0 && i < len(held)-1 {
				continue
			}
			asked++
			instant := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant"))
			p := b.Now(instant)
			now := asJSON(tt, p)
			if at := asJSON(tt, b.At(utc.Max, instant)); now != at {
				r.Fatalf("after %d leaves, at %s, Now differs from At:\n%s\n%s", i+1, instant, now, at)
			}
			all = append(all, given{p, now})
		}
		kept += asked - picture.Folds(b)
		for _, g := range all {
			if got := asJSON(tt, g.p); got != g.json {
				r.Fatalf("a picture that was given has changed:\n%s\n%s", g.json, got)
			}
		}
	})
	if kept == 0 {
		tt.Error("every Now was folded from the beginning: the test tests nothing")
	}
}

// TestTheReachesAreThoseOfTheNotices holds what is kept beside the notices
// against them: whatever the order of arrival, a notice is in force by its reach
// just when it is active, and its reach meets all that it meets.
func TestTheReachesAreThoseOfTheNotices(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		b := w.BookOf(nil)
		for _, h := range w.Held {
			b.Add(h)
			instant := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant"))
			p := b.Now(instant)
			for i, x := range p.Reaches() {
				n := p.Notices[i]
				if n.Active != (instant < x.Ends) || (len(n.Volumes) > 0) != (x.To != 0) {
					r.Fatalf("%s at %s: active %v, and its reach is %+v", n.ID, instant, n.Active, x)
				}
				for _, v := range n.Volumes {
					if c := picture.CapOfArea(v.Area); x.Apart(&c) || x.From > v.Window.From || x.To < v.Window.To {
						r.Fatalf("%s: the reach leaves out a volume", n.ID)
					}
				}
			}
		}
	})
}

func TestWhatArrivesInOrderIsNotFoldedAgain(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("three", "IL", "RU", "SY")
	b := w.BookOf(nil)
	add := func(x picturetest.Posted) picturetest.Posted {
		b.Add(x.Held)
		if now, at := asJSON(tt, b.Now(x.Rec.Composed)), asJSON(tt, b.At(utc.Max, x.Rec.Composed)); now != at {
			tt.Fatalf("after %s:\n%s\n%s", x.ID, now, at)
		}
		return x
	}
	n := add(l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())}))
	add(l.Receive("RU", t("18:30:01")))
	add(l.Receive("SY", t("18:30:02")))
	add(l.Ack("RU", t("18:30:10"), n, record.LevelUnderstood))
	c := add(l.Say(post{By: "IL", At: t("18:31:00"), Re: &n, Seen: l.Heads("IL"), Body: record.Notice{Class: record.Correction, Volumes: hazard(disc(34, 34, 9, t("18:50:00"), t("19:00:00"))).Volumes}}))
	add(l.Ack("SY", t("18:31:20"), c, record.LevelUnderstood))
	add(l.Say(post{By: "IL", At: t("18:32:00"), Re: &c, Body: record.Notice{Class: record.Cancellation}}))
	a := add(h.Say(post{By: "RU", At: t("18:32:01"), Body: alertBody("k", t("18:33:00"))}))
	add(h.Say(post{By: "RU", At: t("18:32:30"), Re: &a, Body: record.Ack{Level: record.LevelRead}}))
	add(h.Say(post{By: "RU", At: t("18:32:40"), Re: &a, Body: record.End{Reason: "over"}}))
	add(l.Say(post{By: "SY", At: t("18:33:00"), Body: record.Close{Text: "leaves"}}))
	if got := picture.Folds(b); got != 1 {
		tt.Errorf("folded %d times from the beginning, want once", got)
	}
}

func TestWhatComesOutOfOrderIsFoldedAsDefined(tt *testing.T) {
	for name, order := range map[string][]int{
		"an answer before its question":      {1, 0, 2, 3, 4},
		"a correction before its notice":     {2, 1, 0, 3, 4},
		"a cancellation before a correction": {0, 1, 3, 2, 4},
		"the oldest last":                    {1, 2, 3, 4, 0},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
		l.Ack("RU", t("18:30:10"), n, record.LevelRead)
		c := l.Say(post{By: "IL", At: t("18:31:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: hazard(area()).Volumes}})
		l.Say(post{By: "IL", At: t("18:32:00"), Lane: record.Routine, Re: &c, Body: record.Notice{Class: record.Cancellation}})
		l.Receive("RU", t("18:33:00"))
		b := w.BookOf(nil)
		for _, i := range order {
			b.Add(w.Held[i])
			if now, at := asJSON(tt, b.Now(t("18:40:00"))), asJSON(tt, b.At(utc.Max, t("18:40:00"))); now != at {
				tt.Errorf("%s:\n%s\n%s", name, now, at)
			}
		}
	}
}

func TestAForkAndASecondIncarnationAreFoldedAsDefined(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	other := n.Held
	other.Ref.Leaf = record.Hash{1}
	again := n.Held
	again.Ref.Incarnation = 2
	b := w.BookOf(nil)
	for _, x := range []picture.Held{n.Held, other, again} {
		b.Add(x)
		if now, at := asJSON(tt, b.Now(t("18:40:00"))), asJSON(tt, b.At(utc.Max, t("18:40:00"))); now != at {
			tt.Errorf("%s\n%s", now, at)
		}
	}
	if got := len(b.Now(t("18:40:00")).Notices); got != 3 {
		tt.Errorf("%d notices, want both of the fork and the other incarnation's", got)
	}
}
