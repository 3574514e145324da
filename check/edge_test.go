package check_test

import (
	"testing"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// banded gives the area of Latakia with a window and flight levels.
func banded(from, to utc.Time, lower, upper int32) volume.Volume {
	v := disc(35.52, 35.78, 25, from, to)
	v.Band.Lower.Feet, v.Band.Upper.Feet = lower*100, upper*100
	return v
}

// TestWhatOnlyTouchesInTimeDoesNotMeet: one window ends where the other begins;
// a millisecond more and they meet. Levels that touch do: an aircraft at FL100 is
// in both.
func TestWhatOnlyTouchesInTimeDoesNotMeet(tt *testing.T) {
	a := banded(t("18:40:00"), t("19:00:00"), 0, 100)
	for name, c := range map[string]struct {
		b    volume.Volume
		want int
	}{
		"begins where it ends":      {banded(t("19:00:00"), t("20:00:00"), 0, 100), 0},
		"a millisecond before":      {banded(t("18:59:59.999"), t("20:00:00"), 0, 100), 1},
		"ends where it begins":      {banded(t("18:00:00"), t("18:40:00"), 0, 100), 0},
		"a millisecond after":       {banded(t("18:00:00"), t("18:40:00.001"), 0, 100), 1},
		"over it":                   {banded(t("18:40:00"), t("19:00:00"), 101, 200), 0},
		"from the level of its top": {banded(t("18:40:00"), t("19:00:00"), 100, 200), 1},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(a)})
		l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(c.b)})
		if got := of(check.All(w.Now(t("17:30:00"))), check.RuleNotices); len(got) != c.want {
			tt.Errorf("%s: %d conflicts, want %d", name, len(got), c.want)
		}
	}
}

// TestHalfAnHourBeforeItIsAMatterOfTheMinute, to the millisecond, and it is over
// when its window is.
func TestHalfAnHourBeforeItIsAMatterOfTheMinute(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(disc(35.5, 35.5, 300, t("19:00:00"), t("19:10:00")))})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: class(record.Transit, disc(35.5, 35.5, 300, t("18:00:00"), t("19:10:00")))})
	for _, c := range []struct {
		at            string
		plan, notices record.Precedence // 0: none
	}{
		{"18:29:59.999", record.Immediate, record.Priority},
		{"18:30:00", record.Flash, record.Immediate},
		{"19:00:00", record.Flash, record.Immediate},
		{"19:09:59.999", record.Flash, record.Immediate},
		{"19:10:00.001", 0, 0},
	} {
		cs := check.All(w.Now(t(c.at)))
		for rule, want := range map[string]record.Precedence{check.RulePlan: c.plan, check.RuleNotices: c.notices} {
			if want == 0 {
				none(tt, cs, rule)
			} else if got := one(tt, cs, rule); got.Precedence != want {
				tt.Errorf("at %s %s is %s, want %s", c.at, rule, got.Precedence, want)
			}
		}
	}
}

// TestAPlanIsPastANoticeBeforeTheNoticeIsOver: what counts is when the flight is
// in it.
func TestAPlanIsPastANoticeBeforeTheNoticeIsOver(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(disc(35.5, 35.2, 10, t("18:00:00"), t("23:00:00")))})
	c := one(tt, check.All(w.Now(t("18:00:00"))), check.RulePlan)
	if c.To >= t("19:30:00") {
		tt.Fatalf("the flight is out of it at %s", c.To)
	}
	one(tt, check.All(w.Now(c.To)), check.RulePlan)
	none(tt, check.All(w.Now(c.To+1)), check.RulePlan)
}

// TestANoticeThatExpiresBeforeTheFlightIsThereMeetsNoPlan.
func TestANoticeThatExpiresBeforeTheFlightIsThereMeetsNoPlan(tt *testing.T) {
	for at, want := range map[string]int{"18:31:00": 0, "19:29:00": 1} {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
		h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
		n := hazard(disc(35.5, 35.8, 10, t("18:00:00"), t("23:00:00")))
		n.Expires = t(at)
		l.Say(post{By: "IL", At: t("17:30:00"), Body: n})
		if got := of(check.All(w.Now(t("18:00:00"))), check.RulePlan); len(got) != want {
			tt.Errorf("expires at %s: %d conflicts, want %d", at, len(got), want)
		}
	}
}

// TestTwoPlansAndTwoLinesAreFoundApart: one notice said on two lines is one
// party's one area, but each plan meets each saying of it, under a key of its
// own, whichever record is asked about.
func TestTwoPlansAndTwoLinesAreFoundApart(tt *testing.T) {
	w := picturetest.New("RU")
	h, two, three := w.Home(), w.Line("IL-RU", "IL", "RU"), w.Line("three", "IL", "RU", "SY")
	p := h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	q := h.Say(post{By: "RU", At: t("17:01:00"), Body: way(t("18:35:00"), 5)})
	area := hazard(disc(35.5, 35.5, 30, t("18:20:00"), t("19:30:00")))
	a := two.Say(post{By: "IL", At: t("17:10:00"), Body: area})
	b := three.Say(post{By: "IL", At: t("17:10:00"), Body: area})
	now := w.Now(t("17:30:00"))
	none(tt, check.All(now), check.RuleNotices)
	keys := map[string]bool{}
	for _, c := range of(check.All(now), check.RulePlan) {
		keys[c.Key] = true
	}
	if len(keys) != 4 {
		tt.Errorf("keys %v, want four", keys)
	}
	for _, c := range []struct {
		ids  []picture.ID
		want int
	}{{[]picture.ID{p.ID}, 2}, {[]picture.ID{a.ID}, 2}, {[]picture.ID{p.ID, a.ID}, 3}, {[]picture.ID{q.ID, b.ID}, 3}, {[]picture.ID{p.ID, q.ID}, 4}, {[]picture.ID{a.ID, b.ID}, 4}} {
		if got := of(check.Touching(now, c.ids), check.RulePlan); len(got) != c.want {
			tt.Errorf("%v touch %d, want %d", c.ids, len(got), c.want)
		}
	}
	// A kilometre makes it another area of the same party.
	three.Say(post{By: "IL", At: t("17:20:00"), Re: &b, Body: class(record.Correction, disc(35.5, 35.5, 31, t("18:20:00"), t("19:30:00")))})
	one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices)
}

func TestOfTwoPlacesThatDisagreeTheNearerIsSaid(tt *testing.T) {
	damascus, tartus := disc(33.5, 36.3, 5, t("18:40:00"), t("19:30:00")), disc(34.89, 35.89, 5, t("18:40:00"), t("19:30:00"))
	for _, vs := range [][]volume.Volume{{damascus, tartus}, {tartus, damascus}} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		n := hazard(vs...)
		n.Place = "Latakia"
		l.Say(post{By: "IL", At: t("17:00:00"), Body: n})
		c := one(tt, check.All(w.Now(t("17:30:00"))), check.RulePlace)
		nearer := hazard(tartus)
		nearer.Place = "Latakia"
		x := picturetest.New("RU")
		x.Line("IL-RU", "IL", "RU").Say(post{By: "IL", At: t("17:00:00"), Body: nearer})
		if alone := one(tt, check.All(x.Now(t("17:30:00"))), check.RulePlace); alone.Why != c.Why {
			tt.Errorf("\n got %s\nwant %s", c.Why, alone.Why)
		}
		n.Volumes = append(n.Volumes, disc(35.52, 35.78, 5, t("18:40:00"), t("19:30:00")))
		l.Say(post{By: "IL", At: t("17:10:00"), Body: n})
		one(tt, check.All(w.Now(t("17:30:00"))), check.RulePlace) // one of the three is there
	}
}

func TestARelayIsMissedLikeANotice(tt *testing.T) {
	for _, c := range []struct {
		volumes []volume.Volume
		where   string
	}{{nil, "Relay: "}, {[]volume.Volume{latakia()}, "Latakia"}} {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("RU-SY", "RU", "SY")
		r := l.Say(post{By: "RU", At: t("18:00:00"), Precedence: record.Flash, Body: record.Relay{Text: "hold", Volumes: c.volumes}})
		none(tt, check.All(w.Now(t("18:00:59.999"))), check.RuleMissing)
		one(tt, check.All(w.Now(t("18:01:00"))), check.RuleMissing, c.where, "SY has not acknowledged RU's relay", "was due at 18:01Z, 0 s ago")
		one(tt, check.Touching(w.Now(t("18:01:00")), []picture.ID{r.ID}), check.RuleMissing)
		raised(w, h, t("18:01:00"), check.RuleMissing)
		l.Receive("SY", t("18:01:30"))
		none(tt, check.All(w.Now(t("18:01:31"))), check.RuleMissing) // it is due anew
		if got := over(tt, w, t("18:01:31")); got != "" {
			tt.Errorf("it is still owed: %s", got)
		}
		l.Ack("SY", t("18:02:00"), r, record.LevelRead)
		if got := over(tt, w, t("18:02:01")); got != "The acknowledgement is there." {
			tt.Errorf("over: %q", got)
		}
	}
}

// TestTheRulesOfOurOwnAnswersEndToo goes on with TestEachRuleIsOverWhenItsFactsAre.
func TestTheRulesOfOurOwnAnswersEndToo(tt *testing.T) {
	type line = *picturetest.Line
	for _, c := range []struct {
		rule string
		by   party.ID
		body record.Body
		then func(l line, x picturetest.Posted) // before it is raised at 18:35:10
		end  func(l line, x picturetest.Posted)
		at   string // when it is over
		why  string
	}{
		{check.RuleLate, "IL", hazard(latakia()), func(l line, _ picturetest.Posted) { l.Receive("RU", t("18:35:00")) },
			func(line, picturetest.Posted) {}, "19:30:00", "Its time is past."},
		{check.RuleStop, "IL", record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}, func(line, picturetest.Posted) {},
			func(l line, x picturetest.Posted) { l.Ack("RU", t("18:36:00"), x, record.LevelRead) }, "18:36:01", "An officer of ours has acknowledged it on its line."},
		{check.RuleReadBack, "RU", hazard(latakia()), func(l line, x picturetest.Posted) { understood(l, "IL", "18:35:00", x, "36.52N 35.78E") },
			func(l line, x picturetest.Posted) { understood(l, "IL", "18:36:00", x, "35.52N 35.78E") }, "18:36:01", "It has been read back anew."},
	} {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
		x := l.Say(post{By: c.by, At: t("18:34:00"), Precedence: record.Flash, Body: c.body})
		c.then(l, x)
		raised(w, h, t("18:35:10"), c.rule)
		if got := over(tt, w, t("18:35:20")); got != "" {
			tt.Errorf("%s is over by nothing: %s", c.rule, got)
		}
		c.end(l, x)
		if got := over(tt, w, t(c.at)); got != c.why {
			tt.Errorf("%s\n got %q\nwant %q", c.rule, got, c.why)
		}
	}
}

func TestLeadAndExpiryToTheMoment(tt *testing.T) {
	for name, c := range map[string]struct {
		received, expires string
		late, volume      int
	}{
		"received as it begins":      {"18:40:00", "", 0, 0},
		"a second later":             {"18:40:01", "", 1, 0},
		"a millisecond later":        {"18:40:00.001", "", 1, 0},
		"expires as it begins":       {"18:00:00", "18:40:00", 0, 1},
		"expires a millisecond on":   {"18:00:00", "18:40:00.001", 0, 0},
		"expires before it begins":   {"18:00:00", "18:39:59", 0, 1},
		"received as it is over":     {"19:30:00", "", 1, 0},
		"received as it has expired": {"19:00:00", "19:00:00", 1, 0},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		n := class(record.Transit, latakia()) // of no minimum
		if c.expires != "" {
			n.Expires = t(c.expires)
		}
		l.Say(post{By: "IL", At: t("17:59:00"), Body: n})
		l.Receive("RU", t(c.received))
		cs := check.All(w.Now(t(c.received)))
		if got := len(of(cs, check.RuleLate)); got != c.late {
			tt.Errorf("%s: %d late, want %d", name, got, c.late)
		}
		if got := len(of(cs, check.RuleVolume)); got != c.volume {
			tt.Errorf("%s: %d never in force, want %d", name, got, c.volume)
		}
	}
}
