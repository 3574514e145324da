package picture_test

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
)

// kept is a book that is asked after each record, and held against At.
type kept struct {
	tb testing.TB
	b  *picture.Book
}

func (k kept) add(x picturetest.Posted) picturetest.Posted {
	k.tb.Helper()
	k.b.Add(x.Held)
	at := t("18:00:00")
	if x.Rec != nil {
		at = x.Rec.Composed
	}
	k.same(at)
	return x
}

func (k kept) same(instant utc.Time) *picture.Picture {
	k.tb.Helper()
	p := k.b.Now(instant)
	if now, at := asJSON(k.tb, p), asJSON(k.tb, k.b.At(utc.Max, instant)); now != at {
		k.tb.Fatalf("at %s Now differs from At:\n%s\n%s", instant.Clock(), now, at)
	}
	return p
}

func TestDeadlinesPassInAKeptPicture(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("three", "IL", "RU", "SY")
	k := kept{tt, w.BookOf(nil)}
	n := k.add(l.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Flash, Body: hazard(area())}))
	k.add(l.Receive("RU", t("18:00:10")))
	overdue := func(at string) string {
		s := ""
		for _, m := range notice(tt, k.same(t(at)), n.ID).Missing {
			s += fmt.Sprintf("%s %v ", m.Party, m.Overdue)
		}
		return s
	}
	for _, c := range []struct{ at, want string }{
		{"18:00:30", "RU false SY false "},
		{"18:01:00", "RU false SY true "},
		{"18:01:10", "RU true SY true "},
		{"18:00:59.999", "RU false SY false "}, // looked at earlier again
		{"19:29:59.999", "RU true SY true "},
	} {
		if got := overdue(c.at); got != c.want {
			tt.Errorf("at %s %s, want %s", c.at, got, c.want)
		}
	}
	k.add(l.Ack("RU", t("18:05:00"), n, record.LevelRead))
	if got := overdue("18:05:00"); got != "SY true " {
		tt.Errorf("after RU answered: %s", got)
	}
	for at, active := range map[string]bool{"19:29:59.999": true, "19:30:00": false, "18:00:00": true} {
		if got := notice(tt, k.same(t(at)), n.ID).Active; got != active {
			tt.Errorf("at %s active %v", at, got)
		}
	}
	if got := picture.Folds(k.b); got != 1 {
		tt.Errorf("folded %d times", got)
	}
}

func TestAlertsRelaysAndOpeningsInAKeptPicture(tt *testing.T) {
	w := picturetest.New("RU")
	h, il, sy := w.Home(), w.Line("IL-RU", "IL", "RU"), w.Line("RU-SY", "RU", "SY")
	k := kept{tt, w.BookOf(nil)}
	n := il.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(area())})
	body := alertBody("k", t("18:40:00"))
	body.About = []record.About{{Line: il.ID, Ref: n.Ref}}
	a := k.add(h.Say(post{By: "RU", At: t("18:39:02"), Body: body}))
	if got := k.same(t("18:39:30")).Alerts[0]; len(got.AboutIDs) != 0 || got.Calls != picture.CallsDuty {
		tt.Errorf("what it is about isn't held yet: %+v", got)
	}
	k.add(n) // it comes after the alert about it
	if got := k.same(t("18:40:00")).Alerts[0]; len(got.AboutIDs) != 1 || got.AboutIDs[0] != n.ID || got.Calls != picture.CallsDeputy {
		tt.Errorf("%+v", got)
	}
	salt, origin := record.Hash{1, 2}, record.Origin{Line: il.ID, Ref: n.Ref}
	r := k.add(sy.Say(post{By: "RU", At: t("18:41:00"), Precedence: record.Flash, Body: record.Relay{Origin: record.CommitOrigin(salt, origin), Text: "hold", Wants: []record.Level{record.LevelUnit}}}))
	k.add(sy.Receive("SY", t("18:41:05")))
	k.add(sy.Ack("SY", t("18:41:30"), r, record.LevelUnit))
	if m := k.same(t("18:50:00")).Relays[0].Missing; len(m) != 0 {
		tt.Errorf("the unit has confirmed: %+v", m)
	}
	wrong := k.add(sy.Say(post{By: "RU", At: t("18:50:00"), Re: &r, Body: record.Opening{Salt: record.Hash{9}, Origin: &origin}}))
	if x := k.same(t("18:51:00")); x.Relays[0].Opened != nil || item(tt, x, wrong.ID).Problem == "" {
		tt.Error("opened by what it was not committed to")
	}
	k.add(sy.Say(post{By: "RU", At: t("18:51:00"), Re: &r, Body: record.Opening{Salt: salt, Origin: &origin}}))
	if x := k.same(t("18:52:00")); x.Relays[0].Opened == nil {
		tt.Error("not opened")
	}
	k.add(h.Say(post{By: "RU", At: t("18:53:00"), Officer: "orlov", Re: &a, Body: record.Ack{Level: record.LevelRead}}))
	k.add(h.Say(post{By: "RU", At: t("18:54:00"), Re: &a, Body: record.End{Reason: "over"}}))
	if got := k.same(t("18:55:00")).Alerts[0]; got.AcknowledgedBy != "orlov" || got.EndedWhy != "over" || got.Calls != "" {
		tt.Errorf("%+v", got)
	}
	if got := picture.Folds(k.b); got != 1 {
		tt.Errorf("folded %d times", got)
	}
}

func TestWhatCannotBeOpenedInAKeptPicture(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	k := kept{tt, w.BookOf(nil)}
	k.add(l.Say(post{By: "IL", At: t("18:00:00"), Body: say("one")}))
	k.add(l.Broken("IL", picture.Invalid, "no"))
	k.add(l.Broken("IL", picture.Unreadable, "later"))
	k.add(l.Receive("RU", t("18:01:00"))) // now they are known since then
	k.add(l.Say(post{By: "RU", At: t("18:02:00"), Officer: "-", Body: record.Finding{What: record.FindingGap, Party: "IL", Text: "a gap"}}))
	p := k.same(t("18:03:00"))
	if len(p.Findings) != 3 || p.Findings[0].KnownAt != t("18:01:00") || len(p.Lines[0].Items) != 5 {
		tt.Errorf("%+v", p.Findings)
	}
	b := k.b
	b.Known(l.ID, record.Head{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: 3}, t("18:00:30"))
	if p := k.same(t("18:03:00")); p.Findings[0].KnownAt != t("18:00:30") {
		tt.Errorf("the door knew earlier: %+v", p.Findings[0])
	}
}

// TestReadersKeepTheirPictures reads pictures in other goroutines while the book
// goes on; run with -race it also shows that nothing given is written to.
func TestReadersKeepTheirPictures(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	b := w.BookOf(nil)
	var wg sync.WaitGroup
	var last picturetest.Posted
	for i := range 60 {
		at := t("18:00:00") + utc.Time(i*1000)
		switch i % 3 {
		case 0:
			last = l.Say(post{By: "IL", At: at, Precedence: record.Flash, Body: hazard(area())})
			b.Add(last.Held)
		case 1:
			b.Add(l.Receive("RU", at).Held)
		case 2:
			b.Add(l.Ack("RU", at, last, record.LevelUnderstood).Held)
		}
		p := b.Now(at)
		want := asJSON(tt, p)
		wg.Go(func() {
			for range 20 {
				if got := asJSON(tt, p); got != want {
					tt.Errorf("a reader's picture changed")
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestALateMemberOfALineOfThree: SY's records reach us long after they were
// said, in one batch, in any order, while the others go on. In the end there is
// one picture.
func TestALateMemberOfALineOfThree(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("RU")
		l := w.Line("three", "IL", "RU", "SY")
		var there, late []picturetest.Posted
		var notices []picturetest.Posted
		for i := range rapid.IntRange(3, 30).Draw(r, "records") {
			by := rapid.SampledFrom([]party.ID{"IL", "RU", "SY"}).Draw(r, "by")
			p := post{By: by, At: t("18:00:00") + utc.Time(i*10_000), Body: hazard(area())}
			if len(notices) > 0 && rapid.Bool().Draw(r, "answer") {
				re := rapid.SampledFrom(notices).Draw(r, "re")
				p.Re, p.Body = &re, record.Ack{Level: record.LevelRead}
				if re.Ref.Party == by {
					p.Body = record.Notice{Class: record.Cancellation}
				}
			}
			x := l.Say(p)
			if x.Rec.Kind == record.KindNotice && x.Rec.Re == nil {
				notices = append(notices, x)
			}
			if by == "SY" {
				late = append(late, x)
			} else {
				there = append(there, x)
			}
		}
		k := kept{tt, w.BookOf(nil)}
		for _, x := range there {
			k.add(x)
		}
		for _, x := range rapid.Permutation(late).Draw(r, "order") {
			k.add(x)
		}
		if got, want := asJSON(tt, k.same(t("18:45:00"))), asJSON(tt, w.Now(t("18:45:00"))); got != want {
			r.Fatalf("late:\n%s\nin order:\n%s", got, want)
		}
	})
}
