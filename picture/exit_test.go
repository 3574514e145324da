package picture_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
)

// owed writes who owes what on each notice and relay, and since when whoever
// left is gone.
func owed(p *picture.Picture) string {
	var out []string
	put := func(it picture.Item, ms []picture.Missing) {
		for _, m := range ms {
			s := fmt.Sprintf("%s:%s", strings.TrimPrefix(string(it.ID), it.LineName+"/"), m.Party)
			if !m.Left.IsZero() {
				s += " left " + m.Left.Std().Format("15:04")
			}
			out = append(out, s)
		}
	}
	for i := range p.Notices {
		put(p.Notices[i].Item, p.Notices[i].Missing)
	}
	for i := range p.Relays {
		put(p.Relays[i].Item, p.Relays[i].Missing)
	}
	return strings.Join(out, ", ")
}

func gone(p *picture.Picture, line string) string {
	for _, l := range p.Lines {
		if l.Name == line {
			s := fmt.Sprintf("closed %v", l.Closed)
			for _, x := range l.Left {
				s += fmt.Sprintf(", %s at %s (%s: %s)", x.Party, x.At.Std().Format("15:04"), x.By, x.Text)
			}
			return s
		}
	}
	return "no line"
}

// TestAPartyThatLeftIsAskedNothing: on a line of three RU leaves with one answer
// open, is away for an hour in which others speak, and returns by a charter made
// anew. What it owed before stands all the time, what was said while it was away
// it never owes.
func TestAPartyThatLeftIsAskedNothing(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("three", "IL", "RU", "SY")
	b := w.BookOf(nil)
	add := func(x picturetest.Posted) picturetest.Posted { b.Add(x.Held); return x }
	want := func(when, missing, left string) {
		tt.Helper()
		p := b.Now(t("20:30:00"))
		if got := owed(p); got != missing {
			tt.Errorf("%s: owed %q, want %q", when, got, missing)
		}
		if got := gone(p, "three"); got != left {
			tt.Errorf("%s: %s, want %s", when, got, left)
		}
		if at := b.At(utc.Max, t("20:30:00")); asJSON(tt, p) != asJSON(tt, at) {
			tt.Errorf("%s: Now is not At:\n%s\n%s", when, asJSON(tt, p), asJSON(tt, at))
		}
	}
	area := func() record.Notice { return hazard(disc(35, 35, 9, t("20:00:00"), t("21:00:00"))) }
	add(l.Say(post{By: "IL", At: t("18:30:00"), Body: area()}))
	add(l.Say(post{By: "SY", At: t("18:31:00"), Body: record.Relay{Text: "a boat"}}))
	b.Now(t("20:30:00"))
	want("before", "IL/urgent/1:RU, IL/urgent/1:SY, SY/urgent/1:IL, SY/urgent/1:RU", "closed false")
	add(l.Say(post{By: "RU", At: t("18:41:00"), Body: record.Close{Text: "we are\nrelieved"}}))
	left := "closed false, RU at 18:41 (three/RU/urgent/1: we are relieved)"
	want("at the exit", "IL/urgent/1:RU left 18:41, IL/urgent/1:SY, SY/urgent/1:IL, SY/urgent/1:RU left 18:41", left)
	add(l.Say(post{By: "IL", At: t("18:50:00"), Body: area()}))
	add(l.Say(post{By: "RU", At: t("18:51:00"), Body: record.Close{Text: "we said so"}}))
	before := "IL/urgent/1:RU left 18:41, IL/urgent/1:SY, IL/urgent/2:SY, SY/urgent/1:IL, SY/urgent/1:RU left 18:41"
	want("away", before, left)
	if got := picture.Folds(b); got != 1 {
		tt.Errorf("folded %d times from the beginning, want once", got)
	}

	c := l.Charter
	c.Revision, c.Made = 2, t("19:00:00")
	c.Cards = []party.Card{{Party: "IL"}, {Party: "SY"}}
	b.AddCharter(l.ID, l.Name, c)
	want("a charter without it is no return", before, left)
	c.Revision, c.Made, c.Cards = 3, t("19:30:00"), l.Charter.Cards
	b.AddCharter(l.ID, l.Name, c)
	add(l.Say(post{By: "IL", At: t("19:40:00"), Body: area()}))
	want("returned", "IL/urgent/1:RU, IL/urgent/1:SY, IL/urgent/2:SY, IL/urgent/3:RU, IL/urgent/3:SY, SY/urgent/1:IL, SY/urgent/1:RU", "closed false")
	add(l.Say(post{By: "RU", At: t("20:00:00"), Body: record.Close{Text: "for good"}}))
	want("left again", "IL/urgent/1:RU left 20:00, IL/urgent/1:SY, IL/urgent/2:SY, IL/urgent/3:RU left 20:00, IL/urgent/3:SY, SY/urgent/1:IL, SY/urgent/1:RU left 20:00",
		"closed false, RU at 20:00 (three/RU/urgent/3: for good)")
	add(l.Say(post{By: "SY", At: t("20:10:00"), Body: record.Close{Text: "so do we"}}))
	if got := gone(b.Now(t("20:30:00")), "three"); !strings.HasPrefix(got, "closed true, RU at 20:00") || !strings.Contains(got, "SY at 20:10") {
		tt.Errorf("nobody is left to speak with: %s", got)
	}
}

// TestWhoLeftDoesNotDependOnTheOrderOfArrival adds the records of an evening
// with exits in any order, asking now and then.
func TestWhoLeftDoesNotDependOnTheOrderOfArrival(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("RU")
		l := w.Line("three", "IL", "RU", "SY")
		at := t("18:00:00")
		for range rapid.IntRange(1, 12).Draw(r, "records") {
			at += utc.Time(rapid.IntRange(0, 2).Draw(r, "minutes")) * 60_000
			by := rapid.SampledFrom([]party.ID{"IL", "RU", "SY"}).Draw(r, "by")
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				l.Say(post{By: by, At: at, Body: record.Close{Text: "leaves"}})
			case 1:
				l.Receive(by, at)
			default:
				l.Say(post{By: by, At: at, Seen: l.Heads(by), Body: hazard(disc(35, 35, 9, t("20:00:00"), t("21:00:00")))})
			}
		}
		b := w.BookOf(nil)
		for _, h := range rapid.Permutation(w.Held).Draw(r, "order") {
			b.Add(h)
			if rapid.Bool().Draw(r, "ask") {
				if now, def := asJSON(tt, b.Now(t("19:00:00"))), asJSON(tt, b.At(utc.Max, t("19:00:00"))); now != def {
					r.Fatalf("Now is not At:\n%s\n%s", now, def)
				}
			}
		}
		if got, want := asJSON(tt, b.Now(t("19:00:00"))), asJSON(tt, w.Now(t("19:00:00"))); got != want {
			r.Fatalf("another picture in another order:\n%s\n%s", got, want)
		}
	})
}

// TestSentencesOfOthersEndOnce: a text of others that ends its own sentence gets no
// second full stop, and one that doesn't gets one.
func TestSentencesOfOthersEndOnce(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(disc(35, 35, 9, t("20:00:00"), t("21:00:00")))})
	for _, c := range []struct {
		body record.Body
		want string
	}{
		{record.Ack{Level: record.LevelObjection, Reason: "We fly there."}, "Objection: We fly there."},
		{record.Ack{Level: record.LevelObjection, Reason: "we fly there"}, "Objection: we fly there."},
		{record.Ack{Level: record.LevelObjection, Reason: "Why there?", Text: "Please\nsay."}, "Objection: Why there? Please say."},
		{record.Ack{Level: record.LevelUnderstood, ReadBack: []string{"35.52N 35.78E", "25 km."}}, "Understood, read back: 35.52N 35.78E; 25 km."},
		{record.Close{Text: "we leave", Duties: []string{"the tow."}}, "Leaves the line: we leave. Left open: the tow."},
		{record.Close{Text: "We\nleave!"}, "Leaves the line: We leave!"},
	} {
		x := l.Say(post{By: "RU", At: t("18:10:00"), Re: &n, Body: c.body})
		if got := item(tt, w.Now(t("19:00:00")), x.ID).Words; got != c.want {
			tt.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestAPictureOfNowIsKnownNow: what holds everything says the instant it is of,
// from the kept fold and from the beginning; what was asked for stays as asked.
func TestAPictureOfNowIsKnownNow(tt *testing.T) {
	w := picturetest.New("IL")
	w.Line("IL-RU", "IL", "RU").Say(post{By: "IL", At: t("18:00:00"), Body: say("hello")})
	b := w.Book()
	for _, at := range []utc.Time{t("18:00:00"), t("19:00:00"), t("17:00:00")} {
		if now, all := b.Now(at), b.At(utc.Max, at); now.KnownAt != at || all.KnownAt != at || asJSON(tt, now) != asJSON(tt, all) {
			tt.Errorf("at %s known at %s and %s", at, now.KnownAt, all.KnownAt)
		}
		if p := b.At(t("18:30:00"), at); p.KnownAt != t("18:30:00") {
			tt.Errorf("at %s known at %s, asked for 18:30", at, p.KnownAt)
		}
	}
}
