package check_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

var (
	t      = picturetest.T
	disc   = picturetest.Disc
	hazard = picturetest.Hazard
)

type post = picturetest.Post

// of gives the conflicts of one rule.
func of(cs []check.Conflict, rule string) []check.Conflict {
	var out []check.Conflict
	for _, c := range cs {
		if c.Rule == rule {
			out = append(out, c)
		}
	}
	return out
}

// one wants exactly one conflict of a rule, with these words in its reason.
func one(tt *testing.T, cs []check.Conflict, rule string, words ...string) check.Conflict {
	tt.Helper()
	got := of(cs, rule)
	if len(got) != 1 {
		tt.Fatalf("%d conflicts of rule %s, want 1: %+v", len(got), rule, got)
	}
	for _, w := range words {
		if !strings.Contains(got[0].Why, w) {
			tt.Errorf("why lacks %q: %s", w, got[0].Why)
		}
	}
	return got[0]
}

func none(tt *testing.T, cs []check.Conflict, rule string) {
	tt.Helper()
	if got := of(cs, rule); len(got) != 0 {
		tt.Errorf("rule %s: %s", rule, got[0].Why)
	}
}

func ids(ids ...picture.ID) string { return fmt.Sprint(ids) }

// way is a plan from west to east through 35.5N, 35.0E to 36.0E, an hour from at.
func way(at utc.Time, halfKM uint32) record.Plan {
	return record.Plan{Name: "Il-20", Track: "il20", Crew: 15, Legs: []volume.Leg{{
		From: volume.Deg(35.5, 35.0), To: volume.Deg(35.5, 36.0), Depart: at, Arrive: at + 3_600_000, HalfWidthM: halfKM * 1000,
		Band: volume.Band{Lower: volume.Altitude{Feet: 15000}, Upper: volume.Altitude{Feet: 17000}},
	}}}
}

func class(c record.Class, vs ...volume.Volume) record.Notice {
	return record.Notice{Class: c, Volumes: vs}
}

func TestANoticeOverAPlanIsFoundTheMomentItIsThere(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	plan := h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	none(tt, check.All(w.Now(t("18:38:00"))), check.RulePlan)
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))})
	c := one(tt, check.All(w.Now(t("18:39:00"))), check.RulePlan,
		"our plan Il-20, 15 aboard,", "IL's hazard area (IL-RU/IL/urgent/1)", "leg 1", "Latakia, 35.501N 35.800E: our", "FL150 to FL170, from 19:08:03Z to 19:27:56Z", "the route leads through it")
	if c.Precedence != record.Flash || c.Track != "il20" || c.Plan != plan.ID || ids(c.IDs...) != ids(n.ID, plan.ID) || c.At == nil {
		tt.Errorf("%+v", c)
	}
	// 35.8E is 80 % of the way, at 19:18; 15 km of 90.4 km are ten minutes.
	if c.From < t("19:06:00") || c.From > t("19:10:00") || c.To < t("19:26:00") || c.To > t("19:30:00") {
		tt.Errorf("from %s to %s", c.From, c.To)
	}
	if c = one(tt, check.All(w.Now(t("18:30:00"))), check.RulePlan, "it begins in 38 min"); c.Precedence != record.Immediate {
		tt.Errorf("more than half an hour before it is %s", c.Precedence)
	}
	one(tt, check.All(w.Now(t("19:15:00"))), check.RulePlan, "it has begun")
	none(tt, check.All(w.Now(t("19:31:00"))), check.RulePlan)
}

func TestAPlanThatPassesClearIsNoConflict(tt *testing.T) {
	for name, n := range map[string]record.Notice{
		"elsewhere":   hazard(disc(34.0, 35.5, 30, t("18:00:00"), t("20:00:00"))),
		"another day": hazard(disc(35.5, 35.5, 30, t("21:00:00"), t("22:00:00"))),
		"under it":    hazard(lowered(disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00")), 10000)),
		"harmless":    class(record.ProtectedSite, disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00"))),
	} {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
		h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
		l.Say(post{By: "IL", At: t("17:30:00"), Body: n})
		if got := of(check.All(w.Now(t("18:00:00"))), check.RulePlan); len(got) != 0 {
			tt.Errorf("%s: %s", name, got[0].Why)
		}
	}
}

func lowered(v volume.Volume, feet int32) volume.Volume {
	v.Band.Upper.Feet = feet
	return v
}

func TestAPlanThatPassesNearWithinItsToleranceSaysHowNear(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	// 35.6N is 11.1 km north of the way; 8 km of radius leave 3.1 km.
	l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(disc(35.6, 35.5, 8, t("18:00:00"), t("20:00:00")))})
	one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan, "NM (3.", "within its tolerance of 2.7 NM (5.0 km)")
}

func TestAnEndedOrReplacedPlanIsOver(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	a := h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00")))})
	c := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	b := h.Say(post{By: "RU", At: t("18:01:00"), Re: &a, Body: way(t("18:50:00"), 5)})
	d := one(tt, check.All(w.Now(t("18:02:00"))), check.RulePlan)
	if d.Key == c.Key || d.Plan != b.ID {
		tt.Error("the new plan's conflict is not the old one's")
	}
	end := way(t("18:50:00"), 5)
	end.Ended = true
	h.Say(post{By: "RU", At: t("18:03:00"), Re: &b, Body: end})
	none(tt, check.All(w.Now(t("18:04:00"))), check.RulePlan)
}

func TestACancelledNoticeCollidesWithNothing(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	area := disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00"))
	n := l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(area)})
	l.Say(post{By: "RU", At: t("17:31:00"), Body: hazard(area)})
	cs := check.All(w.Now(t("18:00:00")))
	one(tt, cs, check.RuleNotices)
	if len(of(cs, check.RulePlan)) != 2 {
		tt.Error("our own hazard area counts for our own plan too")
	}
	l.Say(post{By: "IL", At: t("17:40:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	cs = check.All(w.Now(t("18:00:00")))
	none(tt, cs, check.RuleNotices)
	if c := one(tt, cs, check.RulePlan); strings.Contains(c.Key, string(n.ID)) {
		tt.Error("the cancelled one is still there")
	}
}

func TestACorrectionClearsOrMakesAnotherConflict(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	n := l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00")))})
	first := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	correct := func(at string, v volume.Volume) {
		l.Say(post{By: "IL", At: t(at), Re: &n, Body: class(record.Correction, v)})
	}
	correct("17:40:00", disc(30, 30, 30, t("18:00:00"), t("20:00:00")))
	none(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	correct("17:50:00", disc(35.5, 35.6, 30, t("18:00:00"), t("20:00:00")))
	again := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	if again.Key == first.Key {
		tt.Error("an officer who answered to the old area has not answered to this one")
	}
	if again.About[0].Ref != n.Ref {
		tt.Error("it is still about that notice")
	}
}

func TestACorrectionFromTheWrongPartyClearsNothing(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	n := l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00")))})
	before := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	l.Say(post{By: "RU", At: t("17:40:00"), Re: &n, Body: class(record.Correction, disc(0, 0, 1, t("18:00:00"), t("20:00:00")))})
	l.Say(post{By: "RU", At: t("17:41:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	if after := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan); after.Key != before.Key || after.Why != before.Why {
		tt.Error("it changed")
	}
}

func TestWhichNoticesCollide(tt *testing.T) {
	area := disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00"))
	for _, c := range []struct {
		a, b   record.Class
		same   bool // one party
		want   record.Precedence
		reason string
	}{
		{record.HazardArea, record.HazardArea, false, record.Immediate, "two parties' areas, begun"},
		{record.Transit, record.Transit, false, record.Immediate, "two parties' ways"},
		{record.HazardArea, record.ProtectedSite, false, record.Immediate, "danger over people"},
		{record.Distress, record.Exercise, true, record.Immediate, "danger over people, of one party"},
		{record.ProtectedSite, record.ProtectedMovement, false, 0, "neither endangers the other"},
		{record.HazardArea, record.Exercise, true, record.Immediate, "one party's areas"},
		{record.Activity, record.Transit, true, 0, "a party knows of itself"},
		{record.HazardArea, record.HazardArea, true, 0, "the same said twice"},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		by := party.ID("RU")
		if c.same {
			by = "IL"
		}
		a := l.Say(post{By: "IL", At: t("17:00:00"), Body: class(c.a, area)})
		b := l.Say(post{By: by, At: t("17:00:00"), Body: class(c.b, area)})
		got := of(check.All(w.Now(t("18:10:00"))), check.RuleNotices)
		switch {
		case c.want == 0 && len(got) != 0, c.want != 0 && len(got) != 1:
			tt.Errorf("%s: %d conflicts", c.reason, len(got))
		case c.want != 0 && (got[0].Precedence != c.want || ids(got[0].IDs...) != ids(a.ID, b.ID)):
			tt.Errorf("%s: %+v", c.reason, got[0])
		}
	}
}

func TestTwoNoticesSayWhereAndWhenTheyMeet(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(disc(35.5, 35.5, 30, t("19:00:00"), t("20:00:00")))})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(lowered(disc(35.5, 35.9, 30, t("18:00:00"), t("19:30:00")), 20000))})
	c := one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, "FL000 to FL200", "from 19:00Z to 19:30Z", "it begins in 90 min")
	if c.Precedence != record.Priority || c.From != t("19:00:00") || c.To != t("19:30:00") {
		tt.Errorf("%+v", c)
	}
	if c = one(tt, check.All(w.Now(t("18:30:00"))), check.RuleNotices); c.Precedence != record.Immediate {
		tt.Error("half an hour before it is a matter of the minute")
	}
	none(tt, check.All(w.Now(t("19:30:00"))), check.RuleNotices)
}

func TestAnExpiredNoticeMeetsNothing(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := hazard(disc(35.5, 35.5, 30, t("18:00:00"), t("20:00:00")))
	n.Expires = t("18:30:00")
	l.Say(post{By: "IL", At: t("17:00:00"), Body: n})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:45:00"), t("20:00:00")))})
	none(tt, check.All(w.Now(t("18:10:00"))), check.RuleNotices) // it begins after the expiry
	none(tt, check.All(w.Now(t("18:50:00"))), check.RuleNotices)
}

func TestAPlaceThatDisagreesWithItsCoordinates(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	far := disc(33.5, 36.3, 5, t("18:00:00"), t("20:00:00")) // Damascus
	near := disc(35.52, 35.78, 5, t("18:00:00"), t("20:00:00"))
	say := func(place string, v volume.Volume) picturetest.Posted {
		n := hazard(v)
		n.Place = place
		return l.Say(post{By: "IL", At: t("17:00:00"), Body: n})
	}
	say("Latakia", near)
	say("a field that nobody knows", far)
	none(tt, check.All(w.Now(t("17:30:00"))), check.RulePlace)
	n := say("Latakia", far)
	c := one(tt, check.All(w.Now(t("17:30:00"))), check.RulePlace, "IL's hazard area", "NM (", "km)")
	if ids(c.IDs...) != ids(n.ID) || c.Precedence != record.Immediate {
		tt.Errorf("%+v", c)
	}
	l.Say(post{By: "IL", At: t("17:10:00"), Re: &n, Body: class(record.Correction, near)})
	none(tt, check.All(w.Now(t("17:30:00"))), check.RulePlace)
}

func TestANoticeWithoutAnAreaCannotBeChecked(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.Activity, Place: "north Syria", Text: "in the next minutes"}})
	l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.Distress, Text: "a crew is down"}})
	one(tt, check.All(w.Now(t("18:40:00"))), check.RuleVolume, "cannot be checked against anything", "“north Syria”")
	l.Say(post{By: "IL", At: t("18:41:00"), Re: &n, Body: class(record.Correction, disc(35.5, 35.5, 5, t("18:40:00"), t("19:00:00")))})
	none(tt, check.All(w.Now(t("18:42:00"))), check.RuleVolume)
}

func TestALateNoticeSaysByHowMuch(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))
	n.Late = "weather"
	l.Say(post{By: "IL", At: t("18:10:00"), Body: n})
	none(tt, check.All(w.Now(t("18:38:00"))), check.RuleLate) // not received: no lead yet
	l.Receive("RU", t("18:39:00"))
	one(tt, check.All(w.Now(t("18:39:10"))), check.RuleLate, "came at 18:39Z, 60 s before it begins", "asks for 10 min", "9 min short", "“weather”")
	none(tt, check.All(w.Now(t("19:30:00"))), check.RuleLate)
	early := picturetest.New("RU")
	m := early.Line("IL-RU", "IL", "RU")
	m.Say(post{By: "IL", At: t("18:10:00"), Body: n})
	m.Receive("RU", t("18:30:00")) // exactly ten minutes
	none(tt, check.All(early.Now(t("18:39:10"))), check.RuleLate)
}

func TestANoticeReceivedAfterItBeganIsLateWithoutAnyMinimum(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:10:00"), Body: class(record.Transit, disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	l.Receive("RU", t("18:50:00"))
	one(tt, check.All(w.Now(t("18:50:00"))), check.RuleLate, "10 min after it had begun", "No reason is given")
}

func TestAMissingAcknowledgementNamesWhoAndHowLong(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	none(tt, check.All(w.Now(t("18:39:59"))), check.RuleMissing)
	one(tt, check.All(w.Now(t("18:40:00"))), check.RuleMissing, "RU has not acknowledged", "no receipt is there")
	l.Receive("RU", t("18:39:02"))
	one(tt, check.All(w.Now(t("19:04:02"))), check.RuleMissing, "was due at 18:40:02Z, 24 min ago", "it was received at 18:39:02Z")
	l.Ack("RU", t("19:05:00"), n, record.LevelRead)
	none(tt, check.All(w.Now(t("19:06:00"))), check.RuleMissing)
}

func TestWhatTwoOthersOweEachOtherIsTheirs(tt *testing.T) {
	w := picturetest.New("UN")
	l := w.Line("three", "IL", "RU", "UN")
	l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	c := one(tt, check.All(w.Now(t("19:00:00"))), check.RuleMissing, "We have not acknowledged")
	if !strings.HasSuffix(c.Key, "/UN") {
		tt.Errorf("key %s", c.Key)
	}
}

func TestAStopNeedsAnOfficerUntilOneHasAnswered(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	stop := l.Say(post{By: "RU", At: t("18:45:00"), Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop, Params: []record.Param{{Name: "area", Value: "Latakia"}}}}})
	c := one(tt, check.All(w.Now(t("18:45:01"))), check.RuleStop, "STOP from RU at 18:45Z", "Latakia")
	if c.Precedence != record.Flash {
		tt.Error("a stop is flash")
	}
	l.Say(post{By: "IL", At: t("18:45:05"), Officer: "-", Re: &stop, Body: record.Ack{Level: record.LevelSeen}})
	one(tt, check.All(w.Now(t("18:45:06"))), check.RuleStop) // a machine is no officer
	l.Ack("IL", t("18:45:20"), stop, record.LevelRead)
	none(tt, check.All(w.Now(t("18:45:21"))), check.RuleStop)
	ours := picturetest.New("RU")
	m := ours.Line("IL-RU", "IL", "RU")
	m.Say(post{By: "RU", At: t("18:45:00"), Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}})
	none(tt, check.All(ours.Now(t("18:45:01"))), check.RuleStop)
}

func TestUrgentWordsNeedAnOfficer(tt *testing.T) {
	for name, p := range map[string]post{
		"hold fire": {Precedence: record.Priority, Body: record.Say{Phrase: &record.Phrase{Code: "HOLD-FIRE"}}},
		"accident":  {Precedence: record.Priority, Body: record.Say{Phrase: &record.Phrase{Code: "ACCIDENT-NOT-HOSTILE"}}},
		"relay":     {Precedence: record.Ordinary, Body: record.Relay{Phrases: []record.Phrase{{Code: "HOLD-FIRE"}}}},
		"flash":     {Precedence: record.Flash, Body: record.Say{Text: "listen"}},
		"notice":    {Precedence: record.Flash, Body: hazard(disc(1, 1, 1, t("18:40:00"), t("19:00:00")))},
	} {
		w := picturetest.New("SY")
		l := w.Line("RU-SY", "RU", "SY")
		p.By, p.At = "RU", t("18:45:00")
		x := l.Say(p)
		if got := of(check.All(w.Now(t("18:45:01"))), check.RuleFlash); len(got) != 1 || got[0].Key != "flash/"+string(x.ID) {
			tt.Errorf("%s: %+v", name, got)
		}
		l.Ack("SY", t("18:46:00"), x, record.LevelUnderstood)
		none(tt, check.All(w.Now(t("18:46:01"))), check.RuleFlash)
	}
	w := picturetest.New("SY")
	l := w.Line("RU-SY", "RU", "SY")
	l.Say(post{By: "RU", At: t("18:45:00"), Precedence: record.Priority, Body: record.Say{Phrase: &record.Phrase{Code: "STAND-BY"}}})
	l.Receive("RU", t("18:45:00"))
	if got := check.All(w.Now(t("18:45:01"))); len(got) != 0 {
		tt.Errorf("ordinary words: %+v", got)
	}
}

func TestFindingsAndLeavesThatCannotBeOpenedNeedAPerson(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Broken("IL", picture.Invalid, "body.class is no class")
	l.Say(post{By: "RU", At: t("18:00:00"), Officer: "-", Body: record.Finding{What: record.FindingFork, Line: l.ID, Party: "IL", Text: "two heads of size 12"}})
	cs := check.All(w.Now(t("18:10:00")))
	one(tt, cs, check.RuleInvalid, "IL-RU/IL/urgent/1", "nothing acts on it: body.class is no class")
	one(tt, cs, check.RuleFinding, "fork", "two heads of size 12")
}

func TestAnObjectionOrAlternativeIsBroughtToUs(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "RU", At: t("18:00:00"), Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	l.Ack("IL", t("18:01:00"), n, record.LevelRead)
	none(tt, check.All(w.Now(t("18:10:00"))), check.RuleAnswer)
	l.Ack("IL", t("18:02:00"), n, record.LevelObjection)
	c := one(tt, check.All(w.Now(t("18:10:00"))), check.RuleAnswer, "IL answers IL-RU/RU/urgent/1 at 18:02Z", "we fly there")
	alt := l.Say(post{By: "IL", At: t("18:03:00"), Re: &n, Body: record.Ack{Level: record.LevelAlternative, Alternative: []volume.Volume{disc(34, 34, 5, t("18:40:00"), t("19:00:00"))}}})
	if got := of(check.All(w.Now(t("18:10:00"))), check.RuleAnswer); len(got) != 2 || got[0].Key != c.Key || got[1].IDs[1] != alt.ID || got[1].At == nil {
		tt.Errorf("%+v", got)
	}
	l.Say(post{By: "RU", At: t("18:05:00"), Re: &n, Seen: l.Heads("RU"), Body: class(record.Correction, disc(34, 34, 5, t("18:40:00"), t("19:00:00")))})
	none(tt, check.All(w.Now(t("18:10:00"))), check.RuleAnswer)
}
