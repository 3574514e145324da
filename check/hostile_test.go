package check

import (
	"strings"
	"testing"

	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
)

// RU keeps its notice back until it is over, or lets it expire on the way. There
// is nothing left to collide with, and just that is said.
func TestANoticeThatIsOverWhenItComesIsNotSilent(t *testing.T) {
	T := picturetest.T
	for name, n := range map[string]record.Notice{
		"its window is past": picturetest.Hazard(picturetest.Disc(35.4, 35.9, 30, T("18:00:00"), T("18:10:00"))),
		"it has expired": func() record.Notice {
			n := picturetest.Hazard(picturetest.Disc(35.4, 35.9, 30, T("18:00:00"), T("19:10:00")))
			n.Expires = T("18:00:01")
			return n
		}(),
	} {
		w := picturetest.New("IL")
		l := w.Line("IL-RU", "IL", "RU")
		said := l.Say(picturetest.Post{By: "RU", At: T("17:00:00"), Body: n})
		l.Receive("IL", T("18:30:00"))
		cs := Touching(w.Now(T("18:30:00")), []picture.ID{said.ID})
		if len(cs) != 1 || cs[0].Rule != RuleLate || !strings.Contains(cs[0].Why, "when it was over") {
			t.Errorf("%s: %+v", name, cs)
		}
		if cs := All(w.Now(T("20:30:00"))); !has(cs, RuleLate) {
			t.Errorf("%s: silence ended it: %+v", name, cs)
		}
		l.Ack("IL", T("20:31:00"), said, record.LevelRead)
		if cs := All(w.Now(T("20:32:00"))); has(cs, RuleLate) {
			t.Errorf("%s: an officer has answered, and it stands: %+v", name, cs)
		}
	}
}

// RU's notice has an area and a time, and expires a second before.
func TestANoticeThatIsNeverInForceIsFlagged(t *testing.T) {
	T := picturetest.T
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := picturetest.Hazard(picturetest.Disc(35.4, 35.9, 30, T("18:40:00"), T("19:30:00")))
	n.Expires = T("18:39:59")
	l.Say(picturetest.Post{By: "RU", At: T("18:00:00"), Body: n})
	l.Receive("IL", T("18:00:01"))
	if cs := All(w.Now(T("18:10:00"))); !has(cs, RuleVolume) {
		t.Errorf("nobody is told: %+v", cs)
	}
}

// RU fills its logbook with leaves that cannot be opened, then with findings of
// its own making. Each costs it a few bytes; our officers are called ten times,
// not a thousand.
func TestAFloodOfRubbishDoesNotDrownTheDesk(t *testing.T) {
	T := picturetest.T
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	for range 300 {
		l.Broken("RU", picture.Invalid, "leaf: is no COSE_Sign1")
	}
	for range 300 {
		l.Say(picturetest.Post{By: "RU", At: T("18:00:00"), Officer: "-", Body: record.Finding{What: record.FindingGap, Line: l.ID, Party: "IL", Text: "a gap"}})
	}
	l.Receive("IL", T("18:00:01"))
	n := map[string]int{}
	for _, c := range All(w.Now(T("18:10:00"))) {
		n[c.Rule]++
	}
	if n[RuleInvalid] != 9 || n[RuleFinding] != 9 { // 1, 2, 4, … 256
		t.Errorf("%v", n)
	}
}

// RU publishes three hundred areas that all lie over each other, and over ours.
// Each meets ours, and that is said of each; what they do to each other is bounded.
func TestWhatAPartySaysAgainstItselfIsBounded(t *testing.T) {
	T := picturetest.T
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	over := func(i int) record.Notice {
		return picturetest.Hazard(picturetest.Disc(35.4, 35.9, 30+float64(i)/100, T("18:40:00"), T("19:30:00")))
	}
	mine := l.Say(picturetest.Post{By: "IL", At: T("17:59:00"), Body: over(0)})
	for i := range 300 {
		l.Say(picturetest.Post{By: "RU", At: T("18:00:00"), Body: over(i + 1)})
	}
	ours, theirs := 0, 0
	for _, c := range All(w.Now(T("18:10:00"))) {
		switch {
		case c.Rule != RuleNotices:
		case c.IDs[0] == mine.ID || c.IDs[1] == mine.ID:
			ours++
		default:
			theirs++
		}
	}
	if ours != 300 || theirs > 300*neighbours {
		t.Errorf("%d meetings with ours, %d among theirs", ours, theirs)
	}
}

func has(cs []Conflict, rule string) bool {
	for _, c := range cs {
		if c.Rule == rule {
			return true
		}
	}
	return false
}
