package picture_test

import (
	"strings"
	"testing"

	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

func alertBody(key string, deadline utc.Time) record.Alert {
	return record.Alert{Rule: "plan-notice", Key: key, Why: "it collides", Deadline: deadline}
}

func TestAMissingAnswerCallsDutyThenDeputyThenEveryDesk(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Precedence: record.Flash, Body: alertBody("k", t("18:40:00"))})
	for _, c := range []struct {
		at, calls string
		overdue   int64
	}{
		{"18:39:00", "duty", 0}, {"18:39:59.999", "duty", 0},
		{"18:40:00", "deputy", 0}, {"18:40:59.999", "deputy", 59},
		{"18:41:00", "every-desk", 60}, {"19:03:00", "every-desk", 1380}, {"23:00:00", "every-desk", 15600},
	} {
		got := w.Now(t(c.at)).Alerts[0]
		if got.Calls != c.calls || got.OverdueSeconds != c.overdue || got.ID != a.ID {
			tt.Errorf("at %s it calls %q, %d s overdue; want %q, %d", c.at, got.Calls, got.OverdueSeconds, c.calls, c.overdue)
		}
	}
}

func TestAnAcknowledgementStopsAnAlertAndNothingRevivesIt(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Precedence: record.Flash, Body: alertBody("k", t("18:40:00"))})
	h.Say(post{By: "RU", At: t("18:41:00"), Officer: "orlov", Re: &a, Body: record.Ack{Level: record.LevelRead}})
	// The same key raised again, by whatever mistake, and acknowledged later by another.
	b := h.Say(post{By: "RU", At: t("18:42:00"), Precedence: record.Flash, Body: alertBody("k", t("18:43:00"))})
	h.Say(post{By: "RU", At: t("18:50:00"), Officer: "petrov", Re: &b, Body: record.Ack{Level: record.LevelRead}})
	p := w.Now(t("20:00:00"))
	if len(p.Alerts) != 1 {
		tt.Fatalf("%d alerts of one key", len(p.Alerts))
	}
	got := p.Alerts[0]
	if got.ID != a.ID || got.Calls != "" || got.OverdueSeconds != 0 || got.AcknowledgedAt != t("18:41:00") || got.AcknowledgedBy != "orlov" {
		tt.Errorf("%+v", got)
	}
	h.Say(post{By: "RU", At: t("20:01:00"), Precedence: record.Flash, Body: alertBody("k#2", t("20:02:00"))})
	p = w.Now(t("20:01:30"))
	if len(p.Alerts) != 2 || p.Alerts[0].Alert.Key != "k#2" || p.Alerts[0].Calls != "duty" {
		tt.Error("a new key must be a new alert, and come first")
	}
}

func TestWhatWasKnownBeforeTheAcknowledgementStillCalls(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Body: alertBody("k", t("18:40:00"))})
	h.Say(post{By: "RU", At: t("18:41:00"), Re: &a, Body: record.Ack{Level: record.LevelRead}})
	if got := w.Book().At(t("18:40:59"), t("18:41:30")).Alerts[0]; got.Calls != "every-desk" {
		tt.Errorf("calls %q", got.Calls)
	}
}

func TestAMachineAcknowledgesNoAlert(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Body: alertBody("k", t("18:40:00"))})
	h.Say(post{By: "RU", At: t("18:39:10"), Officer: "-", Re: &a, Body: record.Ack{Level: record.LevelSeen}})
	if got := w.Now(t("18:39:30")).Alerts[0]; got.Calls != "duty" || !got.AcknowledgedAt.IsZero() {
		tt.Errorf("%+v", got)
	}
}

func TestAnEndedAlertCallsNobodyAndStandsLast(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Body: alertBody("a", t("18:40:00"))})
	h.Say(post{By: "RU", At: t("18:39:30"), Body: alertBody("b", t("18:50:00"))})
	h.Say(post{By: "RU", At: t("18:39:40"), Body: alertBody("c", t("18:45:00"))})
	h.Say(post{By: "RU", At: t("18:44:00"), Officer: "-", Re: &a, Body: record.End{Reason: "the notice was cancelled"}})
	p := w.Now(t("19:00:00"))
	var order []string
	for _, x := range p.Alerts {
		order = append(order, x.Alert.Key)
	}
	if got := strings.Join(order, ""); got != "cba" {
		tt.Errorf("order %s, want open by deadline, then ended", got)
	}
	if last := p.Alerts[2]; last.Calls != "" || last.EndedAt != t("18:44:00") || last.EndedWhy != "the notice was cancelled" {
		tt.Errorf("%+v", last)
	}
}

func TestAnAlertNamesTheRecordsItIsAbout(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	l.Receive("RU", t("18:39:01"))
	body := alertBody("k", t("18:40:00"))
	body.About = []record.About{{Line: l.ID, Ref: n.Ref}}
	h.Say(post{By: "RU", At: t("18:39:01"), Body: body})
	if got := w.Now(t("18:39:10")).Alerts[0].AboutIDs; len(got) != 1 || got[0] != n.ID {
		tt.Errorf("about %v", got)
	}
}

func TestOnlyTheHomeLineMakesPlansAndAlerts(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:39:00"), Body: alertBody("k", t("18:40:00"))})
	l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Plan{Name: "x", Legs: []volume.Leg{{}}}})
	if p := w.Now(t("18:40:00")); len(p.Alerts)+len(p.Plans) != 0 {
		tt.Error("another party made us a plan or an alert")
	}
}

func TestAPlanIsReplacedAndEnded(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	leg := volume.Leg{From: volume.Deg(35, 35), To: volume.Deg(36, 36), Depart: t("18:00:00"), Arrive: t("19:00:00")}
	a := h.Say(post{By: "RU", At: t("17:00:00"), Body: record.Plan{Name: "Il-20", Legs: []volume.Leg{leg}}})
	b := h.Say(post{By: "RU", At: t("17:10:00"), Re: &a, Body: record.Plan{Name: "Il-20", Legs: []volume.Leg{leg}}})
	p := w.Now(t("17:20:00"))
	if len(p.Plans) != 2 || !p.Plans[0].Ended || p.Plans[1].Ended {
		tt.Errorf("%+v: the old one is over, the new one stands", p.Plans)
	}
	h.Say(post{By: "RU", At: t("19:07:00"), Re: &b, Body: record.Plan{Name: "Il-20", Legs: []volume.Leg{leg}, Ended: true}})
	if p = w.Now(t("19:10:00")); len(p.Plans) != 2 || !p.Plans[1].Ended {
		tt.Errorf("%+v", p.Plans)
	}
	if p = w.Book().At(t("19:00:00"), t("19:10:00")); p.Plans[1].Ended {
		tt.Error("at 19:00 nobody knew that the plan was over")
	}
}

func TestTheWatchIsNeverWithNobodyByOneSignature(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	act := func(at, officer, act, to string) {
		h.Say(post{By: "RU", At: t(at), Officer: officer, Body: record.Watch{Act: act, To: to}})
	}
	on := func() string {
		var out []string
		for _, x := range w.Now(t("20:00:00")).OnWatch {
			out = append(out, x.Officer+"@"+x.Since.Clock())
		}
		return strings.Join(out, " ")
	}
	act("06:00:00", "orlov", "take", "")
	act("07:00:00", "orlov", "take", "") // again: since stays
	if got := on(); got != "orlov@06:00:00Z" {
		tt.Error(got)
	}
	act("12:00:00", "orlov", "hand-over", "petrov")
	if got := on(); got != "orlov@06:00:00Z" {
		tt.Errorf("handed over but not taken: %s", got)
	}
	act("12:05:00", "petrov", "take", "")
	if got := on(); got != "petrov@12:05:00Z" {
		tt.Error(got)
	}
	act("13:00:00", "ivanov", "take", "")
	act("14:00:00", "petrov", "hand-over", "ivanov") // who is already there
	if got := on(); got != "ivanov@13:00:00Z" {
		tt.Error(got)
	}
	act("15:00:00", "ivanov", "leave", "")
	if got := on(); got != "" {
		tt.Error(got)
	}
}

func TestCallsNeverGoBack(tt *testing.T) {
	rank := map[string]int{picture.CallsDuty: 0, picture.CallsDeputy: 1, picture.CallsEveryDesk: 2}
	last := 0
	for at := utc.Time(1000); at < 200_000; at += 97 {
		r := rank[picture.Calls(60_000, 60_000, at)]
		if r < last {
			tt.Fatalf("at %d it fell from %d to %d", at, last, r)
		}
		last = r
	}
	if last != 2 {
		tt.Error("every desk was never called")
	}
}

func TestEveryKindIsSaidInOneCalmLine(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	h := w.Home()
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.HazardArea, Place: "Latakia", Volumes: []volume.Volume{area()}, Text: "two\nlines", Late: "short notice"}})
	cases := []struct {
		p    picturetest.Posted
		want string
	}{
		{n, "Hazard area at “Latakia”: FL000 to FL300, 18:40:00Z to 19:30:00Z. two lines Reason for the short lead: short notice"},
		{l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.Activity, Text: "north Syria"}}), "Activity, without an area. north Syria"},
		{l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.Accident, Volumes: []volume.Volume{area(), area()}}}), "Accident, not hostile: 2 volumes, the first FL000 to FL300, 18:40:00Z to 19:30:00Z."},
		{l.Ack("RU", t("18:40:00"), n, record.LevelRead), "Read by an officer."},
		{l.Ack("RU", t("18:40:00"), n, record.LevelUnderstood), "Understood, read back: 35.52N 35.78E."},
		{l.Ack("RU", t("18:40:00"), n, record.LevelRelayed), "Relayed to unit “battery 7” at 18:39:59Z."},
		{l.Ack("RU", t("18:40:00"), n, record.LevelUnit), "Unit “battery 7” confirms at 18:39:59Z."},
		{l.Ack("RU", t("18:40:00"), n, record.LevelObjection), "Objection: we fly there."},
		{l.Say(post{By: "RU", At: t("18:40:00"), Re: &n, Body: record.Ack{Level: record.LevelAlternative, Alternative: []volume.Volume{area()}}}), "Alternative proposed: FL000 to FL300, 18:40:00Z to 19:30:00Z."},
		{l.Say(post{By: "RU", At: t("18:40:00"), Body: record.Say{Text: "hello"}}), "hello"},
		{l.Say(post{By: "RU", At: t("18:40:00"), Body: record.Say{Phrase: &record.Phrase{Code: "NO-SUCH", Params: []record.Param{{Name: "a", Value: "b"}}}}}), "unknown phrase NO-SUCH (a=b)"},
		{l.Receive("RU", t("18:41:00")), "Holds IL urgent up to 3."},
		{l.Say(post{By: "RU", At: t("18:40:00"), Body: record.Close{Text: "we leave.", Duties: []string{"answer 12"}}}), "Leaves the line: we leave. Left open: answer 12."},
		{l.Say(post{By: "RU", At: t("18:40:00"), Officer: "-", Body: record.Finding{What: record.FindingFork, Party: "IL", Text: "two heads."}}), "Finding on IL: fork. two heads."},
		{l.Say(post{By: "RU", At: t("18:40:00"), Body: record.Opening{Label: "witness"}}), "Opens the closed part “witness”."},
		{h.Say(post{By: "RU", At: t("18:40:00"), Body: record.Plan{Name: "Il-20", Legs: []volume.Leg{{Depart: t("18:00:00"), Arrive: t("19:00:00")}}}}), "Plan “Il-20”: 1 leg, 18:00:00Z to 19:00:00Z."},
		{h.Say(post{By: "RU", At: t("18:40:00"), Body: record.Plan{Name: "Il-20", Ended: true}}), "The plan “Il-20” is over."},
		{h.Say(post{By: "RU", At: t("18:40:00"), Body: record.Watch{Act: "hand-over", To: "petrov", Open: []string{"a", "b"}}}), "Hands the watch over to petrov, 2 open items."},
		{h.Say(post{By: "RU", At: t("18:40:00"), Body: record.Minute{From: t("18:39:00"), Reports: 12, Tracks: 1}}), "Recorded minute from 18:39:00Z: 12 reports of 1 track."},
		{h.Say(post{By: "RU", At: t("18:40:00"), Body: record.End{Reason: "over."}}), "The alert has ended: over."},
	}
	p := w.Now(t("19:00:00"))
	for _, c := range cases {
		got := item(tt, p, c.p.ID).Words
		if got != c.want {
			tt.Errorf("%s %s\n got %s\nwant %s", c.p.ID, c.p.Rec.Kind, got, c.want)
		}
		if strings.ContainsAny(got, "\n\r") {
			tt.Errorf("%s is more than one line", c.p.ID)
		}
	}
	stop := l.Say(post{By: "IL", At: t("18:50:00"), Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop, Params: []record.Param{{Name: "area", Value: "Latakia"}}}}})
	if got := item(tt, w.Now(t("19:00:00")), stop.ID).Words; !strings.Contains(got, "Latakia") {
		tt.Errorf("the stop's words are %q", got)
	}
}
