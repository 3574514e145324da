package check_test

import (
	"strings"
	"testing"

	"parley/check"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// raised gives the picture's conflicts of one rule as standing alerts, as if
// the node had appended them.
func raised(w *picturetest.World, h *picturetest.Line, at utc.Time, rule string) {
	for _, c := range of(check.All(w.Now(at)), rule) {
		h.Say(post{By: w.Self, At: at, Body: record.Alert{Rule: c.Rule, Key: c.Key, Why: c.Why, About: c.About, From: c.From, To: c.To, Deadline: at + 60_000}})
	}
}

// over gives why the one standing alert is over, "" if it is not.
func over(tt *testing.T, w *picturetest.World, at utc.Time) string {
	tt.Helper()
	p := w.Now(at)
	if len(p.Alerts) != 1 {
		tt.Fatalf("%d alerts, want 1", len(p.Alerts))
	}
	for _, why := range check.Over(p, p.Alerts) {
		return why
	}
	return ""
}

func TestEachRuleIsOverWhenItsFactsAre(tt *testing.T) {
	area := func() volume.Volume { return disc(35.5, 35.5, 30, t("18:40:00"), t("19:30:00")) }
	type world struct {
		*picturetest.World
		home, line *picturetest.Line
	}
	for _, c := range []struct {
		rule, at string
		set      func(w world) picturetest.Posted // what the conflict comes from
		end      func(w world, x picturetest.Posted)
		ended    string
	}{
		{check.RulePlan, "18:00:00", func(w world) picturetest.Posted {
			p := w.home.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
			w.line.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(area())})
			return p
		}, func(w world, x picturetest.Posted) {
			e := way(t("18:30:00"), 5)
			e.Ended = true
			w.home.Say(post{By: "RU", At: t("18:10:00"), Re: &x, Body: e})
		}, "The plan Il-20 is over."},
		{check.RuleNotices, "18:00:00", func(w world) picturetest.Posted {
			w.line.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(area())})
			return w.line.Say(post{By: "RU", At: t("17:31:00"), Body: hazard(area())})
		}, func(w world, x picturetest.Posted) {
			w.line.Say(post{By: "RU", At: t("18:10:00"), Re: &x, Body: record.Notice{Class: record.Cancellation}})
		}, "IL-RU/RU/urgent/1 was cancelled by IL-RU/RU/urgent/2."},
		{check.RulePlace, "18:00:00", func(w world) picturetest.Posted {
			n := hazard(disc(33.5, 36.3, 5, t("18:40:00"), t("19:30:00")))
			n.Place = "Latakia"
			return w.line.Say(post{By: "IL", At: t("17:30:00"), Body: n})
		}, func(w world, x picturetest.Posted) {
			w.line.Say(post{By: "IL", At: t("18:10:00"), Re: &x, Body: class(record.Correction, disc(35.52, 35.78, 5, t("18:40:00"), t("19:30:00")))})
		}, "IL-RU/IL/urgent/1 was corrected by IL-RU/IL/urgent/2."},
		{check.RuleVolume, "18:00:00", func(w world) picturetest.Posted {
			return w.line.Say(post{By: "IL", At: t("17:30:00"), Body: record.Notice{Class: record.Activity, Text: "north Syria"}})
		}, func(w world, x picturetest.Posted) {
			w.line.Say(post{By: "IL", At: t("18:10:00"), Re: &x, Body: record.Notice{Class: record.Cancellation}})
		}, "IL-RU/IL/urgent/1 was cancelled by IL-RU/IL/urgent/2."},
		{check.RuleFlash, "18:00:00", func(w world) picturetest.Posted {
			return w.line.Say(post{By: "IL", At: t("17:59:00"), Precedence: record.Flash, Body: record.Say{Text: "listen"}})
		}, func(w world, x picturetest.Posted) { w.line.Ack("RU", t("18:10:00"), x, record.LevelUnderstood) },
			"An officer of ours has acknowledged it on its line."},
		{check.RuleAnswer, "18:00:00", func(w world) picturetest.Posted {
			n := w.line.Say(post{By: "RU", At: t("17:30:00"), Body: hazard(area())})
			w.line.Ack("IL", t("17:40:00"), n, record.LevelObjection)
			return n
		}, func(w world, x picturetest.Posted) {
			w.line.Say(post{By: "RU", At: t("18:10:00"), Re: &x, Body: record.Notice{Class: record.Cancellation}})
		}, "IL-RU/RU/urgent/1 was cancelled by IL-RU/RU/urgent/2."},
	} {
		w := world{World: picturetest.New("RU")}
		w.home, w.line = w.Home(), w.Line("IL-RU", "IL", "RU")
		x := c.set(w)
		raised(w.World, w.home, t(c.at), c.rule)
		if got := over(tt, w.World, t("18:05:00")); got != "" {
			tt.Errorf("%s is over by nothing: %s", c.rule, got)
		}
		c.end(w, x)
		if got := over(tt, w.World, t("18:11:00")); got != c.ended {
			tt.Errorf("%s\n got %q\nwant %q", c.rule, got, c.ended)
		}
	}
}

func TestAFindingIsNeverOver(tt *testing.T) {
	for _, rule := range []string{check.RuleFinding, check.RuleInvalid} {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
		if rule == check.RuleInvalid {
			l.Broken("IL", picture.Invalid, "no")
		} else {
			l.Say(post{By: "RU", At: t("18:00:00"), Officer: "-", Body: record.Finding{What: record.FindingGap, Party: "IL", Text: "a gap"}})
		}
		raised(w, h, t("18:00:10"), rule)
		if got := over(tt, w, t("23:59:59")); got != "" {
			tt.Errorf("%s: %s", rule, got)
		}
	}
}

func TestAnAlertWhoseRecordIsNotYetKnownStands(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("17:59:00"), Precedence: record.Flash, Body: record.Say{Text: "listen"}})
	raised(w, h, t("18:00:00"), check.RuleFlash)
	p := w.Book().At(t("18:30:00"), t("18:30:00")) // no Received: the record is not known at any time
	if len(p.Alerts) != 1 || len(check.Over(p, p.Alerts)) != 0 {
		tt.Error("ended for want of a record")
	}
}

func TestAMeetingAcrossTheDateLine(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(disc(-10, 179.9, 20, t("18:40:00"), t("19:30:00")))})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(picturetest.Box(-10.1, -180, -9.9, -179.8, t("18:40:00"), t("19:30:00")))})
	c := one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, "S 1") // south, near 180
	if lon := c.At.Lon(); lon > -179 && lon < 179 {
		tt.Errorf("they meet at %s", c.At)
	}
}

func TestHeightsOfDifferentDatumsAreSaidAbout(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	a, b := disc(35.5, 35.5, 30, t("18:40:00"), t("19:30:00")), disc(35.5, 35.5, 30, t("18:40:00"), t("19:30:00"))
	a.Band = volume.Band{Lower: volume.Altitude{Feet: 1000, Datum: volume.AMSL}, Unlimited: true}
	l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(a)})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(b)})
	one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, "about ")
}

func TestOfSeveralMeetingsTheFirstThatIsNotOverIsSaid(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("17:00:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:00:00"), t("18:10:00")), disc(35.5, 35.5, 30, t("19:00:00"), t("19:10:00")))})
	l.Say(post{By: "RU", At: t("17:00:00"), Body: hazard(disc(35.5, 35.5, 30, t("17:50:00"), t("20:00:00")))})
	first := one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, "from 18:00Z to 18:10Z", "the first of 2 meetings")
	second := one(tt, check.All(w.Now(t("18:10:00"))), check.RuleNotices, "from 19:00Z to 19:10Z")
	if strings.Contains(second.Why, "meetings") || first.Key != second.Key {
		tt.Errorf("%+v", second)
	}
}

func TestTheMostUrgentStandsFirst(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	l.Say(post{By: "IL", At: t("17:00:00"), Body: record.Notice{Class: record.Activity, Text: "somewhere"}})
	l.Say(post{By: "IL", At: t("17:01:00"), Body: hazard(disc(35.5, 35.5, 30, t("18:20:00"), t("19:30:00")))})
	l.Say(post{By: "IL", At: t("17:02:00"), Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}})
	l.Say(post{By: "RU", At: t("17:03:00"), Body: record.Notice{Class: record.Transit, Text: "somewhere"}})
	var order []string
	for _, c := range check.All(w.Now(t("17:50:00"))) {
		order = append(order, c.Rule)
	}
	if got := strings.Join(order, " "); got != "stop no-volume plan-notice no-volume" {
		tt.Errorf("order: %s", got)
	}
}

func TestTouchingByAnyRecordThatTakesPart(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	p := h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	n := l.Say(post{By: "IL", At: t("17:01:00"), Body: hazard(disc(0, 0, 30, t("18:20:00"), t("19:30:00")))})
	c := l.Say(post{By: "IL", At: t("17:02:00"), Re: &n, Body: class(record.Correction, disc(35.5, 35.5, 30, t("18:20:00"), t("19:30:00")))})
	pic := w.Now(t("17:30:00"))
	for _, id := range []picture.ID{p.ID, n.ID, c.ID} {
		one(tt, check.Touching(pic, []picture.ID{id}), check.RulePlan)
	}
	if got := check.Touching(pic, []picture.ID{"IL-RU/IL/urgent/77"}); len(got) != 0 {
		tt.Errorf("a record that is not there touches %+v", got)
	}
	if got := check.Touching(pic, nil); len(got) != 0 {
		tt.Errorf("nothing touches %+v", got)
	}
}

func TestAnEmptyPictureHasNoConflicts(tt *testing.T) {
	if got := check.All(picture.NewBook("RU").Now(t("18:00:00"))); got == nil || len(got) != 0 {
		tt.Errorf("%v", got)
	}
}

func TestACorrectionOfAnUnheldNoticeIsADanger(tt *testing.T) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("17:00:00"), Body: way(t("18:30:00"), 5)})
	n := l.Say(post{By: "IL", At: t("17:01:00"), Body: hazard(disc(0, 0, 30, t("18:20:00"), t("19:30:00")))})
	l.Say(post{By: "IL", At: t("17:02:00"), Re: &n, Body: class(record.Correction, disc(35.5, 35.5, 30, t("18:20:00"), t("19:30:00")))})
	held := w.Held[:1:1]
	held = append(held, w.Held[2])
	one(tt, check.All(w.BookOf(held).Now(t("17:30:00"))), check.RulePlan, "IL's correction")
}
