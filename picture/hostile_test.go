package picture_test

import (
	"testing"

	"parley/picture/picturetest"
	"parley/record"
)

// RU states that it will receive everything of ours in an hour from now. Its
// clock is its own affair, but our alarm does not wait for it.
func TestAReceiptInTheFutureHoldsNoDeadlineBack(t *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(picturetest.Post{By: "IL", At: picturetest.T("18:00:00"), Precedence: record.Immediate,
		Body: picturetest.Hazard(picturetest.Disc(35.4, 35.9, 30, picturetest.T("18:40:00"), picturetest.T("19:30:00")))})
	l.Receive("RU", picturetest.T("19:00:00"))
	clock := record.DefaultClocks().Ack[record.Immediate-1]
	for _, c := range []struct {
		at      string
		overdue bool
	}{{"18:00:00", false}, {"18:01:59", false}, {"18:02:00", true}, {"18:30:00", true}, {"19:01:00", false}, {"19:02:00", true}} {
		it := w.Now(picturetest.T(c.at)).Notices[0]
		if it.ID != n.ID || len(it.Missing) != 1 || it.Missing[0].Overdue != c.overdue {
			t.Errorf("at %s (clock %d ms): %+v, want overdue %t", c.at, clock, it.Missing, c.overdue)
		}
	}
}
