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
	"parley/volume"
)

// TestEveryNameOfABookFindsItsLeafAndNoOther: each item of an evening is found
// by its name; a name with any part changed finds another or nothing.
func TestEveryNameOfABookFindsItsLeafAndNoOther(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		b := w.Book()
		if b.Len() != len(w.Held) {
			r.Fatalf("%d leaves, %d were added", b.Len(), len(w.Held))
		}
		for _, l := range b.Now(t("19:00:00")).Lines {
			for _, it := range l.Items {
				h, ok := b.ByID(it.ID)
				if !ok || h.Ref != it.Ref || h.Line != it.Line {
					r.Fatalf("%s finds %+v", it.ID, h.Ref)
				}
				for _, other := range []string{"x" + string(it.ID), string(it.ID) + "9999", strings.Replace(string(it.ID), "/"+string(it.Party)+"/", "/ZZ/", 1),
					strings.Replace(strings.Replace(string(it.ID), "/urgent/", "/urgent~2/", 1), "/routine/", "/routine~2/", 1), string(it.ID) + "/", ""} {
					if h, ok := b.ByID(picture.ID(other)); ok {
						r.Fatalf("%q finds %+v", other, h.Ref)
					}
				}
			}
		}
	})
}

// TestTwoChartersOfOneRevisionCountTheSameInEitherOrder: no honest line has
// them; what is shown must only not depend on which came first.
func TestTwoChartersOfOneRevisionCountTheSameInEitherOrder(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Flash, Body: hazard(area())})
	other := l.Charter
	other.Nonce[0], other.Exercise, other.Clocks.Ack[0] = 1, true, 5000
	var seen []string
	for _, cs := range [][]record.Charter{{l.Charter, other}, {other, l.Charter}, {other, l.Charter, other}} {
		b := picture.NewBook("RU")
		for _, c := range cs {
			b.AddCharter(l.ID, l.Name, c)
		}
		b.Add(w.Held[0])
		seen = append(seen, asJSON(tt, b.Now(t("18:00:30"))))
	}
	if seen[0] != seen[1] || seen[1] != seen[2] || strings.Contains(seen[0], `"exercise":true`) {
		tt.Errorf("%s\n%s\n%s", seen[0], seen[1], seen[2])
	}
}

// TestWhatActsOnNothingSaysWhy: each record that cannot have the effect that it
// names stays in the conversation with the reason, and changes nothing.
func TestWhatActsOnNothingSaysWhy(tt *testing.T) {
	salt, origin := record.Hash{1}, record.Origin{Ref: record.Ref{Party: "SY", Lane: record.Urgent, Incarnation: 1}}
	for name, c := range map[string]struct {
		by   party.ID
		re   string // "": none; notice, hello, relay, cancelled, broken, gone
		body record.Body
		want string
	}{
		"cancels nothing":             {"IL", "", record.Notice{Class: record.Cancellation}, "cancels no record: no effect"},
		"corrects nothing":            {"IL", "", record.Notice{Class: record.Correction}, "corrects no record: no effect"},
		"cancels another's":           {"RU", "notice", record.Notice{Class: record.Cancellation}, "cancels a record of another party: no effect"},
		"cancels words":               {"IL", "hello", record.Notice{Class: record.Cancellation}, "cancels a record that is no notice: no effect"},
		"cancels a cancellation":      {"IL", "cancelled", record.Notice{Class: record.Cancellation}, "cancels a cancellation: no effect; send a new notice"},
		"corrects what is not held":   {"IL", "gone", record.Notice{Class: record.Correction}, "corrects a record that is not held here"},
		"acknowledges nothing":        {"RU", "", record.Ack{Level: record.LevelRead}, "acknowledges no record"},
		"acknowledges its own":        {"IL", "notice", record.Ack{Level: record.LevelRead}, "acknowledges a record of its own party: no effect"},
		"acknowledges what will come": {"RU", "gone", record.Ack{Level: record.LevelRead}, ""},
		"opens nothing":               {"IL", "", record.Opening{Salt: salt, Origin: &origin}, "opens no record"},
		"opens what is not held":      {"IL", "gone", record.Opening{Salt: salt, Origin: &origin}, "opens a record that is not held here"},
		"opens another's":             {"RU", "relay", record.Opening{Salt: salt, Origin: &origin}, "opens a record of another party: no effect"},
		"opens what cannot be":        {"IL", "broken", record.Opening{Salt: salt, Origin: &origin}, "opens a record that can't be opened"},
		"opens a relay with a label":  {"IL", "relay", record.Opening{Salt: salt, Label: "x"}, "opens nothing that was closed: no effect"},
		"opens a notice's origin":     {"IL", "notice", record.Opening{Salt: salt, Origin: &origin}, "opens nothing that was closed: no effect"},
		"opens no part of a notice":   {"IL", "notice", record.Opening{Salt: salt, Label: "x"}, "opens nothing that was closed: no effect"},
		"opens another origin":        {"IL", "relay", record.Opening{Salt: record.Hash{2}, Origin: &origin}, "doesn't open the relay's origin: it is not what was committed to"},
		"opens it":                    {"IL", "relay", record.Opening{Salt: salt, Origin: &origin}, ""},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		k := kept{tt, w.BookOf(nil)}
		said := map[string]picturetest.Posted{
			"notice": k.add(l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(area())})),
			"hello":  k.add(l.Say(post{By: "IL", At: t("18:00:01"), Body: say("hello")})),
			"relay":  k.add(l.Say(post{By: "IL", At: t("18:00:02"), Body: record.Relay{Origin: record.CommitOrigin(salt, origin), Text: "x"}})),
			"broken": k.add(l.Broken("IL", picture.Invalid, "no")),
		}
		other := k.add(l.Say(post{By: "IL", At: t("18:00:03"), Body: hazard(area())}))
		said["cancelled"] = k.add(l.Say(post{By: "IL", At: t("18:00:04"), Re: &other, Body: record.Notice{Class: record.Cancellation}}))
		gone := said["notice"]
		gone.Ref.Index, gone.Ref.Leaf = 99, record.Hash{99}
		said["gone"] = gone
		p := post{By: c.by, At: t("18:01:00"), Body: c.body}
		if c.re != "" {
			x := said[c.re]
			p.Re = &x
		}
		x := k.add(l.Say(p))
		now := k.same(t("18:45:00"))
		if got := item(tt, now, x.ID).Problem; got != c.want {
			tt.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if n := notice(tt, now, said["notice"].ID); !n.Active || n.CorrectedBy != "" || len(n.Missing) != 1 {
			tt.Errorf("%s: the notice is changed: %+v", name, n)
		}
		if opened := now.Relays[0].Opened != nil; opened != (name == "opens it") {
			tt.Errorf("%s: opened %v", name, opened)
		}
	}
}

// TestEachRecipientOwesForItself: on a line of three, what is missing goes by
// who received when, who answered what, and which levels were asked for.
func TestEachRecipientOwesForItself(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("IL")
		l := w.Line("three", "IL", "RU", "SY")
		n := hazard(area())
		levels := []record.Level{record.LevelRead, record.LevelUnderstood, record.LevelUnit}
		n.Wants = rapid.SliceOfNDistinct(rapid.SampledFrom(levels), 0, 3, rapid.ID[record.Level]).Draw(r, "wants")
		x := l.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Flash, Body: n})
		want := map[party.ID]map[record.Level]utc.Time{}
		for _, p := range []party.ID{"RU", "SY"} {
			due := t("18:00:00")
			if rapid.Bool().Draw(r, "received") {
				due += utc.Time(rapid.IntRange(1, 200_000).Draw(r, "after"))
				l.Receive(p, due)
			}
			due += utc.Time(record.DefaultClocks().Ack[0])
			want[p] = map[record.Level]utc.Time{record.LevelRead: due}
			for _, level := range n.Wants {
				want[p][level] = due
			}
			for _, level := range rapid.SliceOfN(rapid.SampledFrom(levels), 0, 2).Draw(r, "answers") {
				l.Ack(p, t("18:05:00"), x, level)
				delete(want[p], level)
				asked := false
				for _, a := range n.Wants {
					asked = asked || a == record.LevelRead
				}
				if !asked {
					delete(want[p], record.LevelRead) // who answered at all has read
				}
			}
		}
		at := t("18:00:00") + utc.Time(rapid.IntRange(200_001, 400_000).Draw(r, "looked at"))
		got := map[party.ID]map[record.Level]utc.Time{"RU": {}, "SY": {}}
		for _, m := range notice(tt, w.Now(at), x.ID).Missing {
			got[m.Party][m.Level] = m.Due
			if m.Overdue != (at >= m.Due) {
				r.Errorf("%+v at %s", m, at)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Errorf("owed %v, want %v", got, want)
		}
	})
}

// TestEachNoticeHasItsOwnReach: a picture that no fold made gives the same.
func TestEachNoticeHasItsOwnReach(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	a := l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(area(), disc(30, 30, 9, t("20:00:00"), t("21:00:00")))})
	l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Notice{Class: record.Activity, Text: "words"}})
	l.Say(post{By: "IL", At: t("18:01:00"), Re: &a, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{area()}}})
	for _, at := range []string{"18:30:00", "19:29:59.999", "19:30:00"} {
		p := w.Now(t(at))
		bare := picture.Picture{Notices: p.Notices, Instant: p.Instant}
		for i, x := range bare.Reaches() {
			kept := p.Reaches()[i]
			if (t(at) < x.Ends) != p.Notices[i].Active || x.From != kept.From || x.To != kept.To || x.Apart(&kept) && kept.To != 0 {
				tt.Errorf("at %s %s: %+v, kept %+v", at, p.Notices[i].ID, x, kept)
			}
		}
	}
}

// TestOurOwnClockSetBackHidesNothingThatWasSaid: each record of ours is known
// from its own time on, also one that stands behind a later time in the log.
func TestOurOwnClockSetBackHidesNothingThatWasSaid(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	for _, at := range []string{"18:00:00", "18:05:00", "18:03:00", "18:06:00"} { // set back after the second
		l.Say(post{By: "RU", At: t(at), Body: say(at)})
	}
	b := w.Book()
	for _, c := range []struct{ at, want string }{
		{"18:02:59.999", "RU 18:00:00"},
		{"18:03:00", "RU 18:00:00 | RU 18:03:00"},
		{"18:05:00", "RU 18:00:00 | RU 18:05:00 | RU 18:03:00"},
		{"18:06:00", "RU 18:00:00 | RU 18:05:00 | RU 18:03:00 | RU 18:06:00"},
	} {
		if got := wordsAt(b, "IL-RU", c.at); got != c.want {
			tt.Errorf("at %s\n got %s\nwant %s", c.at, got, c.want)
		}
	}
}
