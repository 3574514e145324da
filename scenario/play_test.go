package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

const (
	noticeID = picture.ID("IL-RU/IL/urgent/2")
	alertID  = picture.ID("home/RU/urgent/3")
	relayID  = picture.ID("RU-SY/RU/urgent/2")
)

// acts runs the play as far as it goes at the instant, with every act taken to
// be done, and names what was done.
func acts(p *Play, now utc.Time, seats map[party.ID]Seen) []string {
	var out []string
	for {
		due := p.Due(now, seats)
		if len(due) == 0 {
			return out
		}
		for _, a := range due {
			id := picture.ID("")
			switch a.Step.Act {
			case ActNotice:
				id = noticeID
			case ActRelay:
				id = relayID
			}
			p.Done(a, id, now)
			name := string(a.Step.Party) + " " + a.Step.Act
			if a.Step.Ack != nil {
				name += " " + string(a.Step.Ack.Level)
			}
			if a.About != "" {
				name += " of " + string(a.About)
			}
			out = append(out, name)
		}
	}
}

// The story of "with Parley", told by what the seats show.
func TestOfficersAnswerWhatTheirOwnNodesShow(t *testing.T) {
	s := evening(t)
	run, _ := s.Run("with Parley")
	p := NewPlay(run)
	notice := instant(t, "2018-09-17T18:39:00Z")
	seats := map[party.ID]Seen{}
	want := func(at utc.Time, names ...string) {
		t.Helper()
		if got := acts(p, at, seats); !slices.Equal(got, names) {
			t.Fatalf("at %s: %q, want %q", at.Clock(), got, names)
		}
	}
	want(s.Starts, "IL watch", "RU watch", "SY watch")
	if next := p.Next(s.Starts); next != instant(t, "2018-09-17T17:26:00Z") {
		t.Fatalf("next is %s", next)
	}
	want(notice-1, "RU plan")
	want(notice, "IL notice")
	want(notice + 3600_000 - 1800_000) // half an hour, and no node raised anything: nobody does anything
	seats["RU"] = Seen{Alerts: []SeenAlert{{ID: alertID, Rule: check.RulePlan, Track: "Il-20", Raised: notice, About: []picture.ID{noticeID, "home/RU/routine/3"}}}}
	p2 := NewPlay(run)
	p = p2
	acts(p, notice, map[party.ID]Seen{})
	want(notice) // it is seen, and takes the officer ten seconds
	if next := p.Next(notice); next != notice.Add(10*time.Second) {
		t.Fatalf("next is %s", next)
	}
	want(notice.Add(9 * time.Second))
	want(notice.Add(10*time.Second), "RU acknowledge of "+string(alertID))
	want(notice.Add(30*time.Second), "RU relay of "+string(alertID))
	want(notice.Add(40*time.Second), "RU ack understood of "+string(noticeID))
	seats["SY"] = Seen{
		Alerts:  []SeenAlert{{ID: "home/SY/urgent/2", Rule: check.RuleFlash, Raised: notice.Add(31 * time.Second), About: []picture.ID{relayID}}},
		Records: []SeenRecord{{ID: relayID, Line: "RU-SY", Kind: record.KindRelay, At: notice.Add(31 * time.Second)}},
	}
	want(notice.Add(41*time.Second), "SY acknowledge of home/SY/urgent/2")
	want(notice.Add(5*time.Minute), "RU ack relayed of "+string(noticeID), "SY ack understood of "+string(relayID), "RU ack objection of "+string(noticeID),
		"SY ack relayed of "+string(relayID))
	want(notice.Add(6*time.Minute), "SY ack unit-confirms of "+string(relayID))
	if left := p.Left(); len(left) != 4 {
		t.Errorf("%d steps wait: an answer at IL, the track's two alerts and the opening", len(left))
	}
	want(instant(t, "2018-09-17T19:10:00Z"), "RU open-origin of "+string(relayID))
}

func TestAStepThatNobodyAnsweredIsNotDone(t *testing.T) {
	s := evening(t)
	run, _ := s.Run("with Parley")
	p := NewPlay(run)
	acts(p, s.Ends, map[party.ID]Seen{})
	for _, st := range p.Left() {
		if st.When == nil && st.Act != ActOpen {
			t.Errorf("a step at a fixed time was not done: %+v", st)
		}
	}
	if len(p.Left()) < 10 {
		t.Errorf("without an alert only %d steps wait", len(p.Left()))
	}
}

func TestTheFirstAlertIsAnsweredFirst(t *testing.T) {
	run := &Run{Steps: []Step{{When: &When{Sees: "alert"}, Party: "RU", Officer: "orlov", Act: ActAcknowledge}}}
	p := NewPlay(run)
	due := p.Due(100, map[party.ID]Seen{"RU": {Alerts: []SeenAlert{{ID: "b", Raised: 50}, {ID: "a", Raised: 20}, {ID: "c", Raised: 10, Answered: true}}}})
	if len(due) != 1 || due[0].About != "a" {
		t.Fatalf("%+v", due)
	}
}

func TestAnAckIsSeenByItsLevelAndItsRecord(t *testing.T) {
	run := &Run{Steps: []Step{
		{ID: "n", At: 10, Party: "IL", Act: ActNotice},
		{When: &When{Sees: "ack", Of: "n", Level: record.LevelRelayed}, Party: "IL", Act: ActSay},
	}}
	p := NewPlay(run)
	p.Done(p.Due(10, nil)[0], noticeID, 10)
	at := func(r SeenRecord) int { return len(p.Due(50, map[party.ID]Seen{"IL": {Records: []SeenRecord{r}}})) }
	ack := SeenRecord{ID: "x", Kind: record.KindAck, At: 20, Re: noticeID, Level: record.LevelRead}
	if at(ack) != 0 {
		t.Error("read was taken for relayed")
	}
	ack.Level, ack.Re = record.LevelRelayed, "IL-RU/IL/urgent/9"
	if at(ack) != 0 {
		t.Error("an answer to another record was taken")
	}
	ack.Re, ack.At = noticeID, 0
	if at(ack) != 0 {
		t.Error("what is not known at the seat was seen")
	}
	if ack.At = 20; at(ack) != 1 {
		t.Error("the answer was not seen")
	}
}

// still is a seat whose picture does not depend on the instants but for what
// was missing then.
type still struct{ end, then *picture.Picture }

func (s still) At(knownAt, _ utc.Time) *picture.Picture {
	if knownAt == utc.Max {
		return s.end
	}
	return s.then
}

func TestTheOutcomeIsReadFromTheRecord(t *testing.T) {
	moment := instant(t, "2018-09-17T19:02:45Z")
	notice := instant(t, "2018-09-17T18:39:00Z")
	item := picture.Item{ID: noticeID, Party: "IL", Composed: notice,
		States: []picture.PartyStates{{Party: "RU", States: []picture.StateAt{{State: "received", At: notice + 120}}}}}
	alert := func(rule, track string, at utc.Time) picture.Alert {
		return picture.Alert{Item: picture.Item{ID: alertID, Composed: at}, Alert: record.Alert{Rule: rule, Track: track}, AboutIDs: []picture.ID{"home/RU/routine/3", noticeID}}
	}
	answered := alert(check.RulePlan, "Il-20", notice)
	answered.AcknowledgedAt, answered.AcknowledgedBy = notice+10_000, "orlov"
	relay := picture.Relay{Item: picture.Item{ID: relayID, Party: "RU", Composed: notice + 30_000, States: []picture.PartyStates{{Party: "SY", States: []picture.StateAt{
		{State: "received", At: notice + 31_000}, {State: "unit-confirms", At: notice + 125_000, Unit: "U"}}}}}, Opened: &record.Origin{}}
	seats := map[party.ID]Book{
		"IL": still{&picture.Picture{}, &picture.Picture{Notices: []picture.Notice{{Item: item, Missing: []picture.Missing{
			{Party: "RU", Level: record.LevelRelayed, Due: notice + 60_000, Overdue: true}, {Party: "RU", Level: record.LevelUnit, Due: moment + 1}}}}}},
		"RU": still{&picture.Picture{Alerts: []picture.Alert{alert("will-enter", "Il-20", notice+420_000), answered, alert(check.RuleLate, "", notice)}, Relays: []picture.Relay{relay}},
			&picture.Picture{Notices: []picture.Notice{{Item: item, Missing: []picture.Missing{{Party: "RU", Level: record.LevelRelayed, Overdue: true}}}}}},
	}
	o := Judge(&Run{Name: "x"}, moment, seats)
	if len(o.Alerts) != 1 || len(o.Confirmations) != 1 || len(o.Flags) != 1 || o.LeadSeconds != 1425 {
		t.Fatalf("%+v", o)
	}
	if a := o.Alerts[0]; a.Notice != noticeID || a.Party != "RU" || a.AcknowledgedAt == nil || *a.AcknowledgedAt != notice+10_000 {
		t.Errorf("%+v", a)
	}
	if !o.Relayed || !o.UnitConfirmed || o.UnitConfirmedAt != notice+125_000 || o.Unit != "U" || !o.Opened {
		t.Errorf("%+v", o)
	}
	// The author says what is missing; the one who owes it is not asked twice.
	if len(o.Missing) != 1 || o.Missing[0].Since != notice+120 || o.Missing[0].Seconds != 1424 || o.Missing[0].OverdueSeconds != 1365 {
		t.Errorf("%+v", o.Missing)
	}
}

func TestWhatIsExpectedAndNotThereIsSaid(t *testing.T) {
	s := evening(t)
	was, with := s.Runs[0].Expect, s.Runs[1].Expect
	at := instant(t, "2018-09-17T18:39:00Z")
	later := at + 20_000
	good := Outcome{Name: "with", Alerts: []Alert{{Track: "Il-20", RaisedAt: at, LeadSeconds: 1425, AcknowledgedAt: &later}}, Relayed: true, UnitConfirmed: true, Opened: true}
	if bad := with.Check(good); len(bad) > 0 {
		t.Fatalf("%q", bad)
	}
	for want, spoil := range map[string]func(*Outcome){
		"no notice met the filed route": func(o *Outcome) { o.Alerts = nil },
		"not before 18:40:00Z":          func(o *Outcome) { o.Alerts = []Alert{{Track: "Il-20", RaisedAt: at + 60_000, LeadSeconds: 1365}} },
		"want at least 1300 s":          func(o *Outcome) { o.Alerts = []Alert{{Track: "Il-20", RaisedAt: at, LeadSeconds: 12}} },
		"nobody acknowledged":           func(o *Outcome) { o.Alerts = []Alert{{Track: "Il-20", RaisedAt: at, LeadSeconds: 1425}} },
		"relayed to a third party":      func(o *Outcome) { o.Relayed = false },
		"a unit confirmed":              func(o *Outcome) { o.UnitConfirmed = false },
		"origin was opened":             func(o *Outcome) { o.Opened = false },
	} {
		o := good
		spoil(&o)
		if bad := strings.Join(with.Check(o), "\n"); !strings.Contains(bad, want) {
			t.Errorf("%q, want %q", bad, want)
		}
	}
	o := Outcome{Name: "was", Flags: []Alert{{Rule: "no-volume"}}, Missing: []MissingAt{{Party: "RU", Level: record.LevelRelayed, Seconds: 1425}}}
	if bad := was.Check(o); len(bad) > 0 {
		t.Fatalf("%q", bad)
	}
	o.Missing[0].Seconds = 30
	o.Flags = nil
	o.Alerts = good.Alerts
	if bad := was.Check(o); len(bad) != 3 {
		t.Errorf("%q", bad)
	}
}
