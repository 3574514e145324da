package alert_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/alert"
	"parley/check"
	"parley/party"
	"parley/picture/picturetest"
	"parley/record"
	"parley/track"
	"parley/utc"
	"parley/volume"
	"parley/watch"
)

var (
	t      = picturetest.T
	disc   = picturetest.Disc
	hazard = picturetest.Hazard
)

type post = picturetest.Post

// desk is one party's node without a node: what it holds, its engine, and the
// drafts that it appends.
type desk struct {
	*picturetest.World
	home, line *picturetest.Line
	engine     *watch.Engine
	self       party.ID
}

func newDesk(self party.ID) *desk {
	w := picturetest.New(self)
	return &desk{World: w, home: w.Home(), line: w.Line("IL-RU", "IL", "RU"), self: self,
		engine: watch.NewEngine(watch.Config{Standing: func(string) track.Standing { return track.Own }})}
}

// look runs the desk at an instant, until it has nothing more to say, and gives
// what was appended: "+key" and "-key reason".
func (d *desk) look(tb testing.TB, at utc.Time, reports ...track.Report) string {
	tb.Helper()
	es := d.engine.Tick(at)
	for _, r := range reports {
		es = append(es, d.engine.Report(r)...)
	}
	es = append(es, d.engine.Volumes(alert.Volumes(d.Now(at)))...)
	var out []string
	for round := 0; ; round++ {
		drafts := d.raise(at, es)
		if len(drafts) == 0 {
			return strings.Join(out, "\n")
		}
		if round == 4 {
			tb.Fatalf("it does not come to rest: %v", out)
		}
		out = append(out, d.append(tb, at, drafts)...)
	}
}

func (d *desk) raise(at utc.Time, es []watch.Event) []alert.Draft {
	p := d.Now(at)
	return alert.Raise(p, check.All(p), es, d.home.Charter.Clocks)
}

// append puts drafts on the home line, as the node does.
func (d *desk) append(tb testing.TB, at utc.Time, drafts []alert.Draft) []string {
	tb.Helper()
	var out []string
	for _, x := range drafts {
		if err := x.Body.Validate(); err != nil {
			tb.Fatalf("the draft %+v can't be sealed: %v", x.Body, err)
		}
		p := post{By: d.self, At: at, Precedence: x.Precedence, Body: x.Body}
		switch b := x.Body.(type) {
		case record.Alert:
			out = append(out, "+"+b.Key)
			if want := at + utc.Time(d.home.Charter.Clocks.Ack[x.Precedence-1]); b.Deadline != want {
				tb.Errorf("deadline %s, want %s", b.Deadline, want)
			}
		case record.End:
			for i := range d.Held {
				if d.Held[i].Line == d.home.ID && d.Held[i].Ref == *x.Re {
					p.Re = &picturetest.Posted{Held: d.Held[i]}
					out = append(out, "-"+d.Held[i].Rec.Body.(record.Alert).Key+" "+b.Reason)
				}
			}
			if p.Re == nil {
				tb.Fatal("an end of nothing")
			}
		}
		d.home.Say(p)
	}
	return out
}

// acknowledge lets our officer acknowledge an alert, and what it is about.
func (d *desk) acknowledge(tb testing.TB, at utc.Time, key string) {
	tb.Helper()
	for _, h := range d.Held {
		if h.Rec != nil && h.Line == d.home.ID {
			if a, ok := h.Rec.Body.(record.Alert); ok && a.Key == key {
				d.home.Ack(d.self, at, picturetest.Posted{Held: h}, record.LevelRead)
				return
			}
		}
	}
	tb.Fatalf("no alert %s", key)
}

func (d *desk) calls(at utc.Time, key string) string {
	for _, a := range d.Now(at).Alerts {
		if a.Alert.Key == key {
			return a.Calls
		}
	}
	return "no such alert"
}

func want(tb testing.TB, what, got string, lines ...string) {
	tb.Helper()
	if w := strings.Join(lines, "\n"); got != w {
		tb.Errorf("%s\n got %s\nwant %s", what, got, w)
	}
}

func plan(at utc.Time) record.Plan {
	return record.Plan{Name: "Il-20", Track: "il20", Legs: []volume.Leg{{
		From: volume.Deg(35.5, 35.0), To: volume.Deg(35.5, 36.0), Depart: at, Arrive: at + 3_600_000, HalfWidthM: 5000,
		Band: volume.Band{Lower: volume.Altitude{Feet: 15000}, Upper: volume.Altitude{Feet: 17000}},
	}}}
}

// notify lets IL give a notice that RU receives at once; its lead is enough.
func (d *desk) notify(at string, v volume.Volume) picturetest.Posted {
	n := d.line.Say(post{By: "IL", At: t(at), Precedence: record.Immediate, Body: hazard(v)})
	d.line.Receive("RU", t(at)+500)
	return n
}

func flies(clock string, lat float64, kt float64) track.Report {
	return track.Report{ID: "il20", At: t(clock), HasVelocity: true, TrackDeg: 0, SpeedKt: kt,
		Pos: volume.Position{Point: volume.Deg(lat, 35), Alt: volume.Altitude{Feet: 16000}, HasAlt: true}}
}

func TestANoticeOverAPlanRaisesOnceAndEndsWhenItIsCancelled(tt *testing.T) {
	d := newDesk("RU")
	d.home.Say(post{By: "RU", At: t("17:00:00"), Body: plan(t("18:30:00"))})
	want(tt, "before", d.look(tt, t("17:59:00")))
	n := d.notify("18:00:00", disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))
	key := "plan-notice/home-RU/RU/urgent/1/IL-RU/IL/urgent/1"
	want(tt, "at once", d.look(tt, t("18:00:00.500")), "+"+key)
	want(tt, "once", d.look(tt, t("18:00:01")))
	d.line.Ack("RU", t("18:01:00"), n, record.LevelRead)
	want(tt, "an hour of nothing", d.look(tt, t("18:59:00")))
	if got := d.calls(t("18:59:00"), key); got != "every-desk" {
		tt.Errorf("nobody answered, and it calls %q", got)
	}
	d.line.Say(post{By: "IL", At: t("19:00:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	d.line.Receive("RU", t("19:00:01"))
	got := d.look(tt, t("19:00:02"))
	if !strings.HasPrefix(got, "-"+key+" IL-RU/IL/urgent/1 was cancelled by IL-RU/IL/urgent/2.") || strings.Contains(got, "+") {
		tt.Errorf("cancelled: %s", got)
	}
	if got := d.calls(t("19:00:02"), key); got != "" {
		tt.Errorf("an ended alert calls %q", got)
	}
}

func TestACorrectionThatClearsEndsAndOneThatMovesRaisesAnew(tt *testing.T) {
	d := newDesk("RU")
	d.home.Say(post{By: "RU", At: t("17:00:00"), Body: plan(t("18:30:00"))})
	n := d.notify("18:00:00", disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	key := "plan-notice/home-RU/RU/urgent/1/IL-RU/IL/urgent/1"
	want(tt, "raised", d.look(tt, t("18:00:10")), "+"+key)
	d.acknowledge(tt, t("18:00:30"), key)
	correct := func(at string, v volume.Volume) {
		c := d.line.Say(post{By: "IL", At: t(at), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{v}}})
		d.line.Ack("RU", t(at)+1000, c, record.LevelRead)
	}
	correct("18:10:00", disc(35.5, 35.7, 10, t("18:50:00"), t("19:30:00")))
	want(tt, "moved, and still over the plan", d.look(tt, t("18:10:05")), "+"+key+"+IL-RU/IL/urgent/2", "-"+key+" IL-RU/IL/urgent/1 was corrected by IL-RU/IL/urgent/2.")
	correct("18:12:00", disc(30, 30, 10, t("18:50:00"), t("19:30:00")))
	want(tt, "clear", d.look(tt, t("18:12:05")), "-"+key+"+IL-RU/IL/urgent/2 IL-RU/IL/urgent/1 was corrected by IL-RU/IL/urgent/3.")
}

func TestACorrectionFromTheWrongPartyEndsNothing(tt *testing.T) {
	d := newDesk("RU")
	d.home.Say(post{By: "RU", At: t("17:00:00"), Body: plan(t("18:30:00"))})
	n := d.notify("18:00:00", disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:00:10"))
	x := d.line.Say(post{By: "RU", At: t("18:01:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	d.line.Ack("IL", t("18:01:10"), x, record.LevelRead)
	want(tt, "our own word on their notice", d.look(tt, t("18:05:00")))
}

func TestALateNoticeRaises(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:39:00", disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:39:05"), n, record.LevelRead)
	want(tt, "late", d.look(tt, t("18:39:01")), "+late/IL-RU/IL/urgent/1")
	want(tt, "the window is past", d.look(tt, t("19:30:00")), "-late/IL-RU/IL/urgent/1 Its time is past.")
}

func TestAMissingAcknowledgementGoesFromDutyToDeputyToEveryDesk(tt *testing.T) {
	d := newDesk("IL")
	n := d.line.Say(post{By: "IL", At: t("18:30:00"), Precedence: record.Flash, Body: hazard(disc(35.5, 35.8, 10, t("18:50:00"), t("19:30:00")))})
	d.line.Receive("RU", t("18:30:02"))
	key := "missing-ack/IL-RU/IL/urgent/1/RU"
	want(tt, "not yet due", d.look(tt, t("18:31:01")))
	want(tt, "due", d.look(tt, t("18:31:02")), "+"+key)
	for at, calls := range map[string]string{"18:31:02": "duty", "18:32:01": "duty", "18:32:02": "deputy", "18:33:02": "every-desk", "18:54:00": "every-desk"} {
		if got := d.calls(t(at), key); got != calls {
			tt.Errorf("at %s it calls %q, want %q", at, got, calls)
		}
	}
	want(tt, "24 minutes of silence", d.look(tt, t("18:54:00")))
	d.acknowledge(tt, t("18:54:10"), key)
	want(tt, "acknowledged: it stands, and calls nobody", d.look(tt, t("19:29:00")))
	if got := d.calls(t("19:29:00"), key); got != "" {
		tt.Errorf("calls %q", got)
	}
	d.line.Ack("RU", t("19:29:10"), n, record.LevelRead)
	want(tt, "the acknowledgement is there", d.look(tt, t("19:29:11")), "-"+key+" The acknowledgement is there.")
}

func TestALateReceiptDoesNotEndAMissingAcknowledgement(tt *testing.T) {
	d := newDesk("IL")
	d.line.Say(post{By: "IL", At: t("18:30:00"), Precedence: record.Flash, Body: hazard(disc(35.5, 35.8, 10, t("19:50:00"), t("20:30:00")))})
	want(tt, "no receipt", d.look(tt, t("18:31:00")), "+missing-ack/IL-RU/IL/urgent/1/RU")
	d.line.Receive("RU", t("18:40:00"))
	want(tt, "the receipt", d.look(tt, t("18:40:01")))
	want(tt, "due again", d.look(tt, t("18:41:01")))
}

func TestAStopRaisesUntilAnOfficerAnswersOnItsLine(tt *testing.T) {
	d := newDesk("IL")
	s := d.line.Say(post{By: "RU", At: t("18:45:00"), Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}})
	want(tt, "stop", d.look(tt, t("18:45:01")), "+stop/IL-RU/RU/urgent/1")
	a := d.Now(t("18:45:02")).Alerts[0]
	if a.Precedence != record.Flash || a.Alert.Deadline != t("18:46:01") || len(a.AboutIDs) != 1 || a.AboutIDs[0] != s.ID {
		tt.Errorf("%+v", a)
	}
	d.line.Ack("IL", t("18:45:30"), s, record.LevelRead)
	want(tt, "answered", d.look(tt, t("18:45:31")), "-stop/IL-RU/RU/urgent/1 An officer of ours has acknowledged it on its line.")
}

func TestAWindowOpensOverAnAircraftInside(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:00:10"))
	v := "IL-RU/IL/urgent/1/v1/il20"
	want(tt, "five minutes before", d.look(tt, t("18:35:00"), flies("18:35:00", 35.5, 0)), "+will-enter/"+v)
	want(tt, "open, though the tick is late", d.look(tt, t("18:40:20")), "+inside/"+v)
	for _, a := range d.Now(t("18:41:00")).Alerts {
		if a.Alert.From != t("18:40:00") || a.Alert.To != t("19:30:00") || a.Alert.Track != "il20" || a.AboutIDs[0] != n.ID {
			tt.Errorf("%+v", a.Alert)
		}
	}
	got := d.look(tt, t("19:30:00"))
	want(tt, "the end of the window", got, "-will-enter/"+v+" Its time is over since 19:30:00Z.", "-inside/"+v+" Its time is over since 19:30:00Z.")
}

func TestTheFeedIsLostInsideTheArea(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:50:00"))
	want(tt, "inside", d.look(tt, t("18:51:00"), flies("18:51:00", 35.5, 300)), "+inside/IL-RU/IL/urgent/1/v1/il20")
	for m := 1; m < 39; m++ {
		want(tt, "silence", d.look(tt, t("18:51:00").Add(time.Duration(m)*time.Minute)))
	}
	if got := d.calls(t("19:29:00"), "inside/IL-RU/IL/urgent/1/v1/il20"); got != "every-desk" {
		tt.Errorf("it calls %q", got)
	}
}

func TestATrackThatLeavesAndComesBackIsANewAlert(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:45:00"))
	k := "IL-RU/IL/urgent/1/v1/il20"
	want(tt, "in", d.look(tt, t("18:46:00"), flies("18:46:00", 35.5, 300)), "+inside/"+k)
	d.acknowledge(tt, t("18:46:10"), "inside/"+k)
	d.look(tt, t("18:50:00"), flies("18:50:00", 36.0, 300))
	d.look(tt, t("18:50:10"), flies("18:50:10", 36.01, 300))
	got := d.look(tt, t("18:50:20"), flies("18:50:20", 36.02, 300))
	if !strings.HasPrefix(got, "-inside/"+k+" il20 is no longer in") {
		tt.Errorf("out: %s", got)
	}
	want(tt, "in again", d.look(tt, t("18:59:00"), flies("18:59:00", 35.6, 0)), "+inside/"+k+"#2")
	if got := d.calls(t("18:59:01"), "inside/"+k+"#2"); got != "duty" {
		tt.Errorf("the new alert calls %q; the old answer is not for it", got)
	}
}

func TestAVolumePublishedOverAnAircraftInsideRaises(tt *testing.T) {
	d := newDesk("RU")
	d.look(tt, t("18:45:00"), flies("18:45:00", 35.5, 0))
	n := d.notify("18:45:05", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:45:06"), n, record.LevelRead)
	got := d.look(tt, t("18:45:06"))
	if !strings.Contains(got, "+inside/IL-RU/IL/urgent/1/v1/il20") {
		tt.Error(got)
	}
	d.line.Say(post{By: "IL", At: t("18:46:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	if got = d.look(tt, t("18:46:01")); !strings.Contains(got, "-inside/IL-RU/IL/urgent/1/v1/il20 IL-RU/IL/urgent/1 was cancelled") || strings.Contains(got, "+inside") {
		tt.Error(got)
	}
}

func TestAfterARestartTheEngineKnowsWhatStands(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:45:00"))
	d.look(tt, t("18:46:00"), flies("18:46:00", 35.5, 0))
	d.engine = watch.NewEngine(watch.Config{Standing: func(string) track.Standing { return track.Own }})
	p := d.Now(t("18:50:00"))
	d.engine.Tick(t("18:50:00"))
	d.engine.Volumes(alert.Volumes(p))
	for _, s := range alert.Standings(p) {
		d.engine.Resume(s.Track, s.Key, s.Kind, s.EnterAt)
	}
	want(tt, "inside still", d.look(tt, t("18:50:10"), flies("18:50:10", 35.5, 0)))
	d.look(tt, t("18:51:00"), flies("18:51:00", 36, 300))
	d.look(tt, t("18:51:10"), flies("18:51:10", 36.01, 300))
	if got := d.look(tt, t("18:51:20"), flies("18:51:20", 36.02, 300)); !strings.HasPrefix(got, "-inside/") {
		tt.Errorf("left after the restart: %q", got)
	}
}

func TestAnEventTakenBackWithinOneCallIsStillTold(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("18:41:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:00:10"))
	d.look(tt, t("18:30:00"), flies("18:30:00", 35.5, 0))
	k := "IL-RU/IL/urgent/1/v1/il20"
	want(tt, "one very late tick", d.look(tt, t("18:50:00")), "+will-enter/"+k, "+inside/"+k,
		"-will-enter/"+k+" Its time is over since 18:41:00Z.", "-inside/"+k+" Its time is over since 18:41:00Z.")
}

func TestAStayThatWasOverBeforeAnybodyLookedIsRaisedAndEnded(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:00:00", disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:00:05"), n, record.LevelRead)
	d.look(tt, t("18:45:30"))
	// A minute of reports in one go, as at sixty times the pace.
	var es []watch.Event
	for i, lat := range []float64{35.5, 36.0, 36.01, 36.02} {
		at := []string{"18:46:00", "18:46:40", "18:46:50", "18:47:00"}[i]
		es = append(es, d.engine.Tick(t(at))...)
		es = append(es, d.engine.Report(flies(at, lat, 300))...)
	}
	k := "inside/IL-RU/IL/urgent/1/v1/il20"
	want(tt, "first", strings.Join(d.append(tt, t("18:47:00"), d.raise(t("18:47:00"), es)), "\n"), "+"+k)
	if a := d.Now(t("18:47:00")).Alerts[0]; a.Alert.To != t("18:46:40") || !strings.Contains(a.Alert.Why, "no longer in") {
		tt.Errorf("%+v", a.Alert)
	}
	want(tt, "then, without the events", strings.Join(d.append(tt, t("18:47:01"), d.raise(t("18:47:01"), nil)), "\n"), "-"+k+" Its time is over since 18:46:40Z.")
	want(tt, "and with them again", strings.Join(d.append(tt, t("18:47:02"), d.raise(t("18:47:02"), es)), "\n"))
}

func TestAConflictOlderThanItsEndRaisesNothing(tt *testing.T) {
	d := newDesk("RU")
	n := d.notify("18:39:00", disc(35.5, 35.8, 10, t("18:40:00"), t("19:30:00")))
	d.line.Ack("RU", t("18:39:01"), n, record.LevelRead)
	old := check.All(d.Now(t("19:29:59")))
	if len(old) != 1 {
		tt.Fatalf("%+v", old)
	}
	d.look(tt, t("19:29:59"))
	d.look(tt, t("19:30:00")) // ended: the window is past
	p := d.Now(t("19:30:00"))
	if got := alert.Raise(p, old, nil, d.home.Charter.Clocks); len(got) != 0 {
		tt.Errorf("raised from what has passed: %+v", got)
	}
}

func TestVolumesAreThoseInForceAndDangerous(tt *testing.T) {
	d := newDesk("RU")
	v := disc(35.5, 35, 30, t("18:40:00"), t("19:30:00"))
	d.line.Say(post{By: "IL", At: t("18:00:00"), Body: record.Notice{Class: record.ProtectedSite, Volumes: []volume.Volume{v}}})
	exp := hazard(v, disc(35.5, 35, 30, t("19:00:00"), t("19:30:00")))
	exp.Expires, exp.Place = t("19:00:00"), "Latakia"
	d.line.Say(post{By: "IL", At: t("18:00:00"), Body: exp})
	n := d.line.Say(post{By: "RU", At: t("18:00:00"), Body: record.Notice{Class: record.Exercise, Volumes: []volume.Volume{v}}})
	keys := func(at string) string {
		var out []string
		for _, w := range alert.Volumes(d.Now(t(at))) {
			out = append(out, fmt.Sprintf("%s %s %s", w.Key, w.Name, w.V.Window.To.Clock()))
		}
		return strings.Join(out, "; ")
	}
	want(tt, "in force", keys("18:30:00"), "IL-RU/RU/urgent/1/v1 RU's exercise 19:30:00Z; IL-RU/IL/urgent/2/v1 IL's hazard area at Latakia 19:00:00Z")
	want(tt, "just over: the engine ends it", keys("19:09:59"), "IL-RU/RU/urgent/1/v1 RU's exercise 19:30:00Z; IL-RU/IL/urgent/2/v1 IL's hazard area at Latakia 19:00:00Z")
	d.line.Say(post{By: "RU", At: t("18:31:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	want(tt, "long over, and cancelled", keys("19:10:00"), "")
}

func TestALongSentenceStillMakesARecord(tt *testing.T) {
	d := newDesk("RU")
	n := hazard(disc(35.5, 35, 30, t("18:40:00"), t("19:30:00")))
	n.Late = strings.Repeat("ъ", 240)
	n.Place = strings.Repeat("Latakia ", 20)
	n.Volumes[0] = disc(-40, 35, 30, t("18:40:00"), t("19:30:00"))
	for range 3 {
		d.line.Say(post{By: "IL", At: t("18:39:00"), Body: n})
	}
	d.line.Receive("RU", t("18:39:00"))
	if got := d.look(tt, t("18:39:10")); !strings.Contains(got, "+place/") {
		tt.Error(got)
	}
}

// TestRaisingIsIdempotentAndDeadlinesNeverLower runs random evenings: what has
// been appended is never appended again, time alone ends nothing but what has a
// window, and another order of arrival gives the same keys.
func TestRaisingIsIdempotentAndDeadlinesNeverLower(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		d := newDesk("RU")
		d.home.Say(post{By: "RU", At: t("17:00:00"), Body: plan(t("18:30:00"))})
		var ns []picturetest.Posted
		now := t("18:00:00")
		for range rapid.IntRange(1, 12).Draw(r, "records") {
			now += utc.Time(rapid.IntRange(1, 300_000).Draw(r, "later"))
			by := []party.ID{"IL", "RU"}[rapid.IntRange(0, 1).Draw(r, "by")]
			v := disc(35.5, rapid.Float64Range(34.8, 36.2).Draw(r, "lon"), 20, now+utc.Time(rapid.IntRange(0, 3_000_000).Draw(r, "from")), now+7_200_000)
			p := post{By: by, At: now, Precedence: record.Precedence(rapid.IntRange(1, 4).Draw(r, "precedence")), Body: hazard(v)}
			if k := rapid.IntRange(0, 4).Draw(r, "kind"); k > 2 && len(ns) > 0 {
				n := ns[rapid.IntRange(0, len(ns)-1).Draw(r, "re")]
				p.Re, p.Body = &n, record.Notice{Class: record.Correction, Volumes: []volume.Volume{v}}
				if k == 4 {
					p.Body = record.Ack{Level: record.LevelRead}
				}
			}
			ns = append(ns, d.line.Say(p))
			if _, ok := p.Body.(record.Notice); !ok {
				ns = ns[:len(ns)-1]
			}
			if rapid.Bool().Draw(r, "received") {
				d.line.Receive([]party.ID{"IL", "RU"}[rapid.IntRange(0, 1).Draw(r, "receiver")], now+500)
			}
			d.look(tt, now+1000)
			if ds := d.raise(now+1000, nil); len(ds) != 0 {
				r.Fatalf("raised again: %+v", ds)
			}
			keys := map[string]bool{}
			for _, a := range d.Now(now + 1000).Alerts {
				if keys[a.Alert.Key] {
					r.Fatalf("two alerts of key %s", a.Alert.Key)
				}
				keys[a.Alert.Key] = true
			}
		}
		// The same records in another order raise the same.
		other := *d.World
		other.Held = rapid.Permutation(d.Held).Draw(r, "order")
		p, q := d.Now(now+2000), other.Now(now+2000)
		a, b := alert.Raise(p, check.All(p), nil, d.home.Charter.Clocks), alert.Raise(q, check.All(q), nil, d.home.Charter.Clocks)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			r.Fatalf("order of arrival changes what is raised:\n%v\n%v", a, b)
		}
		// Silence: until the first window is past, nothing ends.
		quiet := now + utc.Time(rapid.IntRange(2000, 3_600_000).Draw(r, "silence"))
		for _, x := range alert.Due(d.Now(quiet)) {
			for _, y := range d.Now(quiet).Alerts {
				if x.Re != nil && y.Ref == *x.Re && (y.Alert.To.IsZero() || y.Alert.To > quiet) && y.Alert.Rule != check.RulePlan {
					r.Fatalf("%s ended by silence at %s: %+v", y.Alert.Key, quiet, x.Body)
				}
			}
		}
		for _, y := range d.Now(quiet).Alerts {
			if y.Calls == "" && y.EndedAt.IsZero() && y.AcknowledgedAt.IsZero() {
				r.Fatalf("%s calls nobody", y.Alert.Key)
			}
		}
	})
}
