package picture_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

func TestAPictureOfNothingIsCompleteAndEmpty(tt *testing.T) {
	got := asJSON(tt, picture.NewBook("RU").At(t("18:00:00"), t("18:01:00")))
	want := `{"self":"RU","known_at":"2018-09-17T18:00:00.000Z","instant":"2018-09-17T18:01:00.000Z","lines":[],"notices":[],"relays":[],"plans":[],"alerts":[],"on_watch":[],"findings":[]}`
	if got != want {
		tt.Errorf("got %s\nwant lists, never null: %s", got, want)
	}
}

func TestPicturesAreNotChangedByLaterOnes(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(area())})
	b := w.Book()
	early := b.Now(t("18:39:30"))
	before := asJSON(tt, early)
	late := b.Now(t("19:45:00")) // overdue, and the window is past
	b.Add(l.Ack("RU", t("18:40:00"), n, record.LevelRead).Held)
	b.Now(t("19:45:00"))
	if got := asJSON(tt, early); got != before {
		tt.Errorf("an earlier picture changed:\n%s\n%s", before, got)
	}
	if x := notice(tt, late, n.ID); x.Active || !x.Missing[0].Overdue {
		tt.Errorf("%+v", x)
	}
}

func TestTheSameLeafOpenedTwoWaysIsDecidedTheSame(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	valid := l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}}).Held
	broken := valid
	broken.Rec, broken.State, broken.Problem = nil, picture.Unreadable, "a later version"
	broken.KnownAt = t("18:00:05")
	x := asJSON(tt, w.BookOf([]picture.Held{valid, broken}).Now(t("19:00:00")))
	y := asJSON(tt, w.BookOf([]picture.Held{broken, valid}).Now(t("19:00:00")))
	if x != y {
		tt.Errorf("order decides:\n%s\n%s", x, y)
	}
	if !strings.Contains(x, `"one"`) || !strings.Contains(x, "18:00:05") {
		tt.Errorf("what could be opened, and the earlier knowledge, count: %s", x)
	}
}

func TestAnUnreadableLeafHoldsItsPlaceInTheOrder(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("18:00:00"), Body: record.Say{Text: "one"}})
	l.Broken("IL", picture.Unreadable, "version 9")
	l.Say(post{By: "IL", At: t("18:00:02"), Body: record.Say{Text: "two"}})
	items := w.Now(t("19:00:00")).Lines[0].Items
	if len(items) != 3 || items[1].Problem != "version 9" || !strings.Contains(items[1].Words, "this release doesn't know") {
		tt.Errorf("%+v", items)
	}
}

func TestAnAnswerToWhatIsNotHeldWaits(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	l.Ack("RU", t("18:39:10"), n, record.LevelRead)
	late := w.Held[0]
	b := w.BookOf(w.Held[1:])
	p := b.Now(t("18:40:00"))
	if len(p.Notices) != 0 || p.Lines[0].Items[0].Re != n.ID || p.Lines[0].Items[0].Problem != "" {
		tt.Errorf("%+v", p.Lines[0].Items)
	}
	b.Add(late)
	if got := states(item(tt, b.Now(t("18:40:00")), n.ID), "RU"); got != "read@18:39:10Z" {
		tt.Errorf("once both are there: %s", got)
	}
}

func TestAnAcknowledgementOfAnotherLeafAtThatPlaceDoesNotCount(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	other := n
	other.Ref.Leaf = record.Hash{1}
	l.Ack("RU", t("18:39:10"), other, record.LevelRead)
	if m := notice(tt, w.Now(t("18:40:00")), n.ID).Missing; len(m) != 1 {
		tt.Error("it acknowledged what we never said")
	}
}

func TestAlertAcknowledgementIsItsOfficersAndTheEarliest(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	a := h.Say(post{By: "RU", At: t("18:39:00"), Body: alertBody("k", t("18:40:00"))})
	for _, c := range []struct{ at, who string }{{"18:45:00", "petrov"}, {"18:41:00", "orlov"}, {"18:50:00", "ivanov"}} {
		h.Say(post{By: "RU", At: t(c.at), Officer: c.who, Re: &a, Body: record.Ack{Level: record.LevelRead}})
	}
	if got := w.Now(t("19:00:00")).Alerts[0]; got.AcknowledgedBy != "orlov" || got.AcknowledgedAt != t("18:41:00") {
		tt.Errorf("%s at %s", got.AcknowledgedBy, got.AcknowledgedAt)
	}
	if got := states(item(tt, w.Now(t("19:00:00")), a.ID), "RU"); strings.Count(got, "read@") != 3 {
		tt.Errorf("each officer's own word stands: %s", got)
	}
}

func TestClassesLevelsAndWindowsHaveWords(tt *testing.T) {
	for _, c := range record.Classes() {
		if s := picture.ClassWords(c); s == "" || s[0] < 'A' || s[0] > 'Z' || strings.Contains(s, "approved") {
			tt.Errorf("%s is said %q", c, s)
		}
	}
	for _, l := range record.Levels() {
		if s := picture.LevelWords(l); s == "" || strings.Contains(s, "approved") || strings.Contains(s, "cleared") {
			tt.Errorf("%s is said %q", l, s)
		}
	}
	v := area()
	if got := picture.VolumeWords(v); got != "FL000 to FL300, 18:40:00Z to 19:30:00Z" {
		tt.Error(got)
	}
	for want, b := range map[string]volume.Band{
		"SFC to FL300":              {Lower: volume.Altitude{Datum: volume.AGL}, Upper: volume.Altitude{Feet: 30000, Datum: volume.FL}},
		"FL100 and above":           {Lower: volume.Altitude{Feet: 10000, Datum: volume.FL}, Unlimited: true},
		"SFC to 5000 ft AMSL":       {Lower: volume.Altitude{Datum: volume.AGL}, Upper: volume.Altitude{Feet: 5000, Datum: volume.AMSL}},
		"-50 ft AMSL to 9999 ft FL": {Lower: volume.Altitude{Feet: -50, Datum: volume.AMSL}, Upper: volume.Altitude{Feet: 9999, Datum: volume.FL}},
	} {
		if got := picture.BandWords(b); got != want {
			tt.Errorf("%v is said %q, want %q", b, got, want)
		}
	}
	v.Window.To += 86_400_000
	if got := picture.WindowWords(v.Window); got != "2018-09-17T18:40:00.000Z to 2018-09-18T19:30:00.000Z" {
		tt.Error(got)
	}
}

func TestJSONHasTheAgreedNames(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(area())})
	l.Receive("RU", t("18:30:01"))
	l.Ack("RU", t("18:30:10"), n, record.LevelUnit)
	var p struct {
		Notices []map[string]json.RawMessage `json:"notices"`
	}
	if err := json.Unmarshal([]byte(asJSON(tt, w.Now(t("18:45:00")))), &p); err != nil {
		tt.Fatal(err)
	}
	for _, k := range []string{"id", "line", "line_name", "ref", "kind", "party", "officer", "precedence", "composed", "known_at", "words", "states", "body",
		"notice", "volumes", "active", "received", "lead_seconds"} {
		if _, ok := p.Notices[0][k]; !ok {
			tt.Errorf("no field %q", k)
		}
	}
	if got := string(p.Notices[0]["lead_seconds"]); got != "599" {
		tt.Errorf("lead_seconds %s", got)
	}
}

func TestEqualInstantsAreOrderedByPartyAndPosition(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("three", "IL", "RU", "SY")
	at := t("18:00:00")
	for _, x := range []struct {
		by   string
		lane record.Lane
	}{{"SY", record.Urgent}, {"RU", record.Routine}, {"RU", record.Urgent}, {"IL", record.Urgent}} {
		l.Say(post{By: l.Charter.Cards[map[string]int{"IL": 0, "RU": 1, "SY": 2}[x.by]].Party, Lane: x.lane, At: at, Body: record.Say{Text: x.by + laneOf(x.lane)}})
	}
	var got []string
	for _, it := range w.Now(at + utc.Time(1)).Lines[0].Items {
		got = append(got, it.Words)
	}
	if s := strings.Join(got, " "); s != "IL-u RU-u RU-r SY-u" {
		tt.Errorf("order: %s", s)
	}
}

func laneOf(l record.Lane) string {
	return map[record.Lane]string{record.Urgent: "-u", record.Routine: "-r"}[l]
}
