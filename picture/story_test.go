package picture_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/volume"
)

var (
	t      = picturetest.T
	disc   = picturetest.Disc
	hazard = picturetest.Hazard
)

type post = picturetest.Post

// area is the area of the evening, with a window from 18:40 to 19:30.
func area() volume.Volume { return disc(35.52, 35.78, 30, t("18:40:00"), t("19:30:00")) }

func notice(tb testing.TB, p *picture.Picture, id picture.ID) picture.Notice {
	tb.Helper()
	for _, n := range p.Notices {
		if n.ID == id {
			return n
		}
	}
	tb.Fatalf("no notice %s in the picture", id)
	return picture.Notice{}
}

func item(tb testing.TB, p *picture.Picture, id picture.ID) picture.Item {
	tb.Helper()
	for _, l := range p.Lines {
		for _, it := range l.Items {
			if it.ID == id {
				return it
			}
		}
	}
	tb.Fatalf("no item %s in the picture", id)
	return picture.Item{}
}

// states gives "state@time state@time" of a record at one party.
func states(it picture.Item, p party.ID) string {
	var out []string
	for _, ps := range it.States {
		if ps.Party == p {
			for _, s := range ps.States {
				out = append(out, s.State+"@"+s.At.Clock())
			}
		}
	}
	return strings.Join(out, " ")
}

func TestANoticeGoesFromReceivedToUnitConfirms(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Officer: "levi", Precedence: record.Flash, Body: hazard(area())})
	at := func() *picture.Picture { return w.Now(t("18:40:00")) }

	if got := states(item(tt, at(), n.ID), "RU"); got != "" {
		tt.Fatalf("states before anybody answered: %q", got)
	}
	l.Receive("RU", t("18:39:01"))
	l.Ack("RU", t("18:39:20"), n, record.LevelRead)
	l.Ack("RU", t("18:39:40"), n, record.LevelUnderstood)
	l.Ack("RU", t("18:40:10"), n, record.LevelRelayed)
	l.Ack("RU", t("18:40:30"), n, record.LevelUnit)
	it := item(tt, at(), n.ID)
	want := "received@18:39:01Z read@18:39:20Z understood@18:39:40Z relayed@18:40:09Z unit-confirms@18:40:29Z"
	if got := states(it, "RU"); got != want {
		tt.Errorf("states\n got %s\nwant %s", got, want)
	}
	last := it.States[0].States[4]
	if last.Unit != "battery 7" || last.Officer != "o" || last.By != "IL-RU/RU/urgent/5" {
		tt.Errorf("unit-confirms is %+v: want unit, officer and the record that says so", last)
	}
}

func TestNoStateIsInferredFromAnother(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: record.Notice{Class: record.Activity, Volumes: []volume.Volume{area()},
		Wants: []record.Level{record.LevelRead, record.LevelUnderstood}}})
	l.Ack("RU", t("18:39:40"), n, record.LevelUnderstood) // no receipt, no "read"
	p := w.Now(t("18:40:00"))
	if got := states(item(tt, p, n.ID), "RU"); got != "understood@18:39:40Z" {
		tt.Errorf("states %q: only what was stated", got)
	}
	m := notice(tt, p, n.ID).Missing
	if len(m) != 1 || m[0].Level != record.LevelRead {
		tt.Errorf("missing %+v: read was asked for by name, and understood does not imply it", m)
	}
}

func TestTheReceiptIsTheEarliestStatementThatCovers(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	a := l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}})
	l.Receive("RU", t("18:00:01"))
	b := l.Say(post{By: "IL", At: t("18:01:00"), Body: record.Say{Text: "two"}})
	l.Receive("RU", t("18:01:02"))
	l.Receive("RU", t("18:05:00"))
	p := w.Now(t("18:10:00"))
	if got := states(item(tt, p, a.ID), "RU"); got != "received@18:00:01Z" {
		tt.Errorf("first: %s", got)
	}
	if got := states(item(tt, p, b.ID), "RU"); got != "received@18:01:02Z" {
		tt.Errorf("second: %s", got)
	}
}

func TestEachOfThreePartiesHasItsOwnStates(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("RU-SY-UN", "RU", "SY", "UN")
	n := l.Say(post{By: "RU", At: t("18:39:00"), Body: hazard(area())})
	l.Receive("UN", t("18:39:05"))
	l.Ack("SY", t("18:39:30"), n, record.LevelRead)
	p := w.Now(t("18:40:00"))
	it := item(tt, p, n.ID)
	if states(it, "SY") != "read@18:39:30Z" || states(it, "UN") != "received@18:39:05Z" || len(it.States) != 2 {
		tt.Errorf("states are mixed up: %+v", it.States)
	}
	m := notice(tt, p, n.ID).Missing
	if len(m) != 1 || m[0].Party != "UN" {
		tt.Errorf("missing %+v: only UN owes", m)
	}
}

func TestACancelledNoticeIsMarkedAndOver(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	l.Receive("RU", t("18:30:01"))
	c := l.Say(post{By: "IL", At: t("18:35:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	l.Receive("RU", t("18:35:01"))
	b := w.Book()
	now := notice(tt, b.Now(t("18:45:00")), n.ID)
	if now.CancelledBy != c.ID || now.Active || now.Missing != nil {
		tt.Errorf("after: cancelled by %q, active %v, missing %v", now.CancelledBy, now.Active, now.Missing)
	}
	then := notice(tt, b.At(t("18:32:00"), t("18:45:00")), n.ID)
	if then.CancelledBy != "" || !then.Active {
		tt.Errorf("what was known at 18:32 must not know of 18:35: %+v", then)
	}
}

func TestACorrectionMovesTheVolumesAndLeavesTheOldOnRecord(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	moved := disc(34, 34, 10, t("18:50:00"), t("19:00:00"))
	c := l.Say(post{By: "IL", At: t("18:33:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{moved}}})
	again := disc(33, 33, 10, t("18:50:00"), t("19:10:00"))
	c2 := l.Say(post{By: "IL", At: t("18:34:00"), Re: &c, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{again}}})
	l.Receive("RU", t("18:36:00"))
	p := w.Now(t("18:40:00"))
	got := notice(tt, p, n.ID)
	if got.CorrectedBy != c2.ID || len(got.Volumes) != 1 || got.Volumes[0].Area.Circle.Center != volume.Deg(33, 33) {
		tt.Errorf("in force: %+v by %s; want that of the correction of the correction", got.Volumes, got.CorrectedBy)
	}
	if got.Notice.Volumes[0].Area.Circle.Center != volume.Deg(35.52, 35.78) {
		tt.Error("what was said first must stay as it was said")
	}
	for _, id := range []picture.ID{c.ID, c2.ID} {
		if x := notice(tt, p, id); len(x.Volumes) != 0 || x.Active {
			tt.Errorf("%s has volumes of its own besides: they would count twice", id)
		}
	}
}

func TestACancelledCorrectionGivesBackWhatStoodBefore(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	c := l.Say(post{By: "IL", At: t("18:33:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{disc(34, 34, 10, t("18:50:00"), t("19:00:00"))}}})
	l.Say(post{By: "IL", At: t("18:34:00"), Re: &c, Body: record.Notice{Class: record.Cancellation}})
	got := notice(tt, w.Now(t("18:40:00")), n.ID)
	if got.CorrectedBy != "" || got.CancelledBy != "" || !got.Active || got.Volumes[0].Area.Circle.Center != volume.Deg(35.52, 35.78) {
		tt.Errorf("%+v: the first statement stands again", got)
	}
}

func TestACorrectionFromTheWrongPartyChangesNothing(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	before := notice(tt, w.Now(t("18:40:00")), n.ID)
	wrong := l.Say(post{By: "RU", At: t("18:33:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{disc(0, 0, 1, 1, 2)}}})
	wrong2 := l.Say(post{By: "RU", At: t("18:34:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	p := w.Now(t("18:40:00"))
	if a, b := asJSON(tt, before), asJSON(tt, notice(tt, p, n.ID)); a != b {
		tt.Errorf("the notice changed:\n%s\n%s", a, b)
	}
	for _, x := range []picture.ID{wrong.ID, wrong2.ID} {
		got := notice(tt, p, x)
		if !strings.Contains(got.Problem, "another party") || len(got.Volumes) > 0 || got.Active {
			tt.Errorf("%s: problem %q, active %v", x, got.Problem, got.Active)
		}
	}
}

func TestACorrectionOfWhatIsNotHeldStandsByItself(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	c := l.Say(post{By: "IL", At: t("18:33:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{area()}}})
	p := w.BookOf(w.Held[1:]).Now(t("18:40:00"))
	got := notice(tt, p, c.ID)
	if !got.Active || len(got.Volumes) != 1 || !strings.Contains(got.Problem, "not held") {
		tt.Errorf("%+v: a danger must not be lost because an older record is missing", got)
	}
}

func TestACorrectionAfterTheCancellationStandsByItself(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	l.Say(post{By: "IL", At: t("18:31:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	c := l.Say(post{By: "IL", At: t("18:33:00"), Re: &n, Body: record.Notice{Class: record.Correction, Volumes: []volume.Volume{area()}}})
	p := w.Now(t("18:40:00"))
	if notice(tt, p, n.ID).Active {
		tt.Error("a cancelled notice came back")
	}
	if got := notice(tt, p, c.ID); !got.Active || got.Problem == "" {
		tt.Errorf("%+v: want it to stand with a problem", got)
	}
}

func TestActiveFollowsWindowsAndExpiry(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	windowed := l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(area())})
	expires := hazard(area())
	expires.Expires = t("19:00:00")
	expiring := l.Say(post{By: "IL", At: t("18:00:00"), Body: expires})
	words := l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Notice{Class: record.Activity, Text: "north Syria in the next minutes"}})
	for _, c := range []struct {
		at                         string
		windowed, expiring, worded bool
	}{
		{"18:10:00", true, true, true},      // still to come
		{"18:59:59.999", true, true, true},  // open
		{"19:00:00", true, false, true},     // one has expired
		{"19:29:59.999", true, false, true}, //
		{"19:30:00", false, false, true},    // a window is half-open; words have none
	} {
		p := w.Now(t(c.at))
		got := [3]bool{notice(tt, p, windowed.ID).Active, notice(tt, p, expiring.ID).Active, notice(tt, p, words.ID).Active}
		if want := [3]bool{c.windowed, c.expiring, c.worded}; got != want {
			tt.Errorf("at %s active %v, want %v", c.at, got, want)
		}
	}
}

func TestLeadIsMeasuredAtReceiptAndLatenessShown(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:20:00"), Body: hazard(area())}) // 20 min before, but
	l.Receive("RU", t("18:39:00"))                                      // received 1 min before
	got := notice(tt, w.Now(t("18:39:00")), n.ID)
	if got.Received != t("18:39:00") || got.LeadSeconds == nil || *got.LeadSeconds != 60 || got.LateSeconds != 540 {
		tt.Errorf("received %s lead %v late %d; want 18:39, 60, 540", got.Received, got.LeadSeconds, got.LateSeconds)
	}
	late := l.Say(post{By: "IL", At: t("18:40:00"), Body: hazard(area())})
	l.Receive("RU", t("18:40:00.500"))
	got = notice(tt, w.Now(t("18:41:00")), late.ID)
	if *got.LeadSeconds != -1 || got.LateSeconds != 601 {
		tt.Errorf("begun: lead %d late %d; want -1 and 601, never rounded in favour", *got.LeadSeconds, got.LateSeconds)
	}
}

func TestOurOwnNoticesLeadCountsFromTheFirstThatReceivedIt(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("three", "IL", "RU", "SY")
	n := l.Say(post{By: "RU", At: t("18:00:00"), Body: hazard(area())})
	if got := notice(tt, w.Now(t("18:00:01")), n.ID); !got.Received.IsZero() || got.LeadSeconds != nil {
		tt.Error("a lead without any receipt")
	}
	l.Receive("SY", t("18:20:00"))
	l.Receive("IL", t("18:10:00"))
	if got := notice(tt, w.Now(t("18:30:00")), n.ID); got.Received != t("18:10:00") || *got.LeadSeconds != 1800 {
		tt.Errorf("received %s", got.Received)
	}
}

func TestAWithheldReceiptIsOverdueToo(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(area())})
	missing := func(at string) picture.Missing { return notice(tt, w.Now(t(at)), n.ID).Missing[0] }
	if m := missing("18:39:59.999"); m.Overdue || m.Due != t("18:40:00") {
		tt.Errorf("%+v: flash is a minute from composed", m)
	}
	if m := missing("18:40:00"); !m.Overdue {
		tt.Error("not overdue at the deadline")
	}
	l.Receive("RU", t("18:45:00"))
	if m := missing("18:45:30"); m.Due != t("18:46:00") || m.Overdue {
		tt.Errorf("%+v: once received the clock runs from receipt", m)
	}
}

func TestWantsHaveTheirOwnDue(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	body := hazard(area())
	body.Wants = []record.Level{record.LevelUnderstood, record.LevelUnit}
	n := l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Immediate, Body: body})
	levels := func() string {
		var out []string
		for _, m := range notice(tt, w.Now(t("18:45:00")), n.ID).Missing {
			out = append(out, string(m.Level))
		}
		return strings.Join(out, " ")
	}
	if got := levels(); got != "read understood unit-confirms" {
		tt.Errorf("missing %q", got)
	}
	l.Ack("RU", t("18:40:00"), n, record.LevelRead)
	if got := levels(); got != "understood unit-confirms" {
		tt.Errorf("after read: missing %q", got)
	}
	l.Ack("RU", t("18:40:10"), n, record.LevelUnit)
	if got := levels(); got != "understood" {
		tt.Errorf("after the unit confirmed: missing %q; none implies another", got)
	}
}

func TestAnOfficerWhoAnsweredAtAllHasRead(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	l.Say(post{By: "RU", At: t("18:39:10"), Officer: "-", Re: &n, Body: record.Ack{Level: record.LevelSeen}}) // the machine
	if m := notice(tt, w.Now(t("18:40:00")), n.ID).Missing; len(m) != 1 {
		tt.Errorf("%+v: a machine's word is no officer's", m)
	}
	l.Ack("RU", t("18:39:30"), n, record.LevelObjection)
	if m := notice(tt, w.Now(t("18:40:00")), n.ID).Missing; len(m) != 0 {
		tt.Errorf("%+v: the objection is an officer's answer", m)
	}
}

func TestAnAcknowledgementOfOnesOwnRecordHasNoEffect(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	a := l.Ack("IL", t("18:39:10"), n, record.LevelRead)
	p := w.Now(t("18:40:00"))
	if len(notice(tt, p, n.ID).Missing) != 1 || !strings.Contains(item(tt, p, a.ID).Problem, "own party") {
		tt.Error("a party acknowledged its own notice for the other")
	}
}

func TestARelayIsOpenedOnlyByWhatItWasCommittedTo(tt *testing.T) {
	w := picturetest.New("RU")
	il := w.Line("IL-RU", "IL", "RU")
	sy := w.Line("RU-SY", "RU", "SY")
	n := il.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	salt := record.Hash{1, 2, 3}
	origin := record.Origin{Line: il.ID, Ref: n.Ref}
	r := sy.Say(post{By: "RU", At: t("18:40:00"), Precedence: record.Flash, Body: record.Relay{
		Origin: record.CommitOrigin(salt, origin), Unit: "battery 7", Phrases: []record.Phrase{{Code: "HOLD-FIRE"}}, Wants: []record.Level{record.LevelUnit}}})
	get := func() picture.Relay { return w.Now(t("18:50:00")).Relays[0] }
	if got := get(); got.Opened != nil || len(got.Missing) != 2 {
		tt.Errorf("closed: opened %v, missing %+v", got.Opened, got.Missing)
	}
	bad := sy.Say(post{By: "RU", At: t("18:50:00"), Re: &r, Body: record.Opening{Salt: record.Hash{9}, Origin: &origin}})
	stranger := sy.Say(post{By: "SY", At: t("18:50:00"), Re: &r, Body: record.Opening{Salt: salt, Origin: &origin}})
	if got := get(); got.Opened != nil {
		tt.Error("opened with the wrong salt, or by another party")
	}
	for _, id := range []picture.ID{bad.ID, stranger.ID} {
		if item(tt, w.Now(t("18:50:00")), id).Problem == "" {
			tt.Errorf("%s has no problem", id)
		}
	}
	sy.Say(post{By: "RU", At: t("18:51:00"), Re: &r, Body: record.Opening{Salt: salt, Origin: &origin}})
	if got := get(); got.Opened == nil || *got.Opened != origin {
		tt.Errorf("opened %v", got.Opened)
	}
}

func TestAClosedPartIsCheckedWhenOpened(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	salt := record.Hash{7}
	body := hazard(area())
	body.Closed = []record.Closed{{Label: "witness", Hash: record.Commit(salt, []byte("a name"))}}
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: body})
	good := l.Say(post{By: "IL", At: t("19:39:00"), Re: &n, Body: record.Opening{Label: "witness", Salt: salt, Content: []byte("a name")}})
	bad := l.Say(post{By: "IL", At: t("19:40:00"), Re: &n, Body: record.Opening{Label: "witness", Salt: salt, Content: []byte("another")}})
	other := l.Say(post{By: "IL", At: t("19:41:00"), Re: &n, Body: record.Opening{Label: "place", Salt: salt, Content: []byte("x")}})
	p := w.Now(t("20:00:00"))
	if got := item(tt, p, good.ID).Problem; got != "" {
		tt.Errorf("true opening: %s", got)
	}
	if item(tt, p, bad.ID).Problem == "" || item(tt, p, other.ID).Problem == "" {
		tt.Error("a false opening has no problem")
	}
}

func TestFindingsAndLeavesThatCannotBeOpenedAreShownAndTheLineGoesOn(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	x := l.Broken("IL", picture.Invalid, "body.class: \"strike\" is no class of a notice")
	y := l.Broken("IL", picture.Unreadable, "version 2")
	f := l.Say(post{By: "RU", At: t("18:00:00"), Officer: "-", Body: record.Finding{What: record.FindingFork, Line: l.ID, Party: "IL", Text: "two heads of size 12"}})
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	p := w.Now(t("18:40:00"))
	var got []picture.ID
	for _, it := range p.Findings {
		got = append(got, it.ID)
		if it.Problem == "" || it.Words == "" {
			tt.Errorf("%s has no problem or no words", it.ID)
		}
	}
	if len(got) != 3 {
		tt.Errorf("findings %v, want %s %s %s", got, x.ID, y.ID, f.ID)
	}
	if !notice(tt, p, n.ID).Active {
		tt.Error("the line stopped at a leaf that can't be opened")
	}
}

func TestExitAndReturnOfAParty(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	closed := func(at string) bool { return w.Book().At(t(at), t(at)).Lines[0].Closed }
	l.Say(post{By: "RU", At: t("18:00:00"), Body: record.Close{Text: "we leave", Duties: []string{"answer 12"}}})
	if closed("17:00:00") || !closed("18:00:00") {
		tt.Error("closed before the exit, or open after it")
	}
	l.Charter.Made = t("19:00:00") // a charter made anew
	if closed("19:00:00") {
		tt.Error("the return does not show")
	}
	three := picturetest.New("RU")
	m := three.Line("three", "IL", "RU", "SY")
	m.Say(post{By: "IL", At: t("18:00:00"), Body: record.Close{Text: "we leave"}})
	m.Receive("RU", t("18:00:01"))
	if three.Now(t("18:10:00")).Lines[0].Closed {
		tt.Error("two are left, and can still speak")
	}
}

func asJSON(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}
