package node

import (
	"context"
	"runtime"
	"testing"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

// forge puts leaves into the hostile party's own logbook as its modified code
// would: signed by its own checkpoint key, past its own door.
func (s *seat) forge(lane record.Lane, leaves ...[]byte) {
	s.w.t.Helper()
	var fail error
	l := s.Node.byID(lineID(s.w.t, s.lines[0]))
	if err := s.Node.do(context.Background(), func() {
		_, out, err := l.Append(lane, leaves)
		fail = err
		s.Node.carry(l, out)
	}); err != nil || fail != nil {
		s.w.t.Fatal(err, fail)
	}
}

// sealed gives a leaf of the hostile party with what time it likes.
func (s *seat) sealed(officer string, by party.Signer, composed string, b record.Body) []byte {
	s.w.t.Helper()
	leaf, err := record.Seal(record.Envelope{Line: lineID(s.w.t, s.lines[0]), Party: s.card.Party, Lane: record.Routine, Officer: officer,
		Composed: at(composed), Precedence: record.Ordinary, Exercise: true}, b, by)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return leaf
}

func rivals(t *testing.T) (w *world, il, ru *seat) {
	w = newWorld(t, "2018-09-17T17:00:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	w.settled()
	return w, w.seats["IL"], w.seats["RU"]
}

// RU fills its logbook with leaves of three bytes. Each stands at IL, none
// stops what comes after, and IL's desk is called a few times, not two thousand.
func TestAFloodOfRubbishCallsTheDeskAFewTimes(t *testing.T) {
	w, il, ru := rivals(t)
	for b := range 4 {
		var leaves [][]byte
		for i := range 512 {
			leaves = append(leaves, []byte{byte(b), byte(i), byte(i >> 8)})
		}
		ru.forge(record.Routine, leaves...)
	}
	ru.say(Draft{Line: "IL-RU", Officer: "duty", Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}})
	w.settled()
	p := il.pic()
	if n := len(openAlerts(p, "invalid")); n != 12 { // 1, 2, 4, … 2048
		t.Errorf("%d alerts of records that cannot be opened", n)
	}
	if n := len(openAlerts(p, "stop")); n != 1 {
		t.Errorf("%d alerts of RU's stop", n)
	}
	if n := len(p.Findings); n != 2048 {
		t.Errorf("%d of 2048 stand in the picture", n)
	}
}

// RU states that it holds a trillion entries of logbooks that do not exist. That
// is its own lie; it must not cost IL a gigabyte.
func TestAReceiptForWhatNobodyWroteCostsNothing(t *testing.T) {
	w, il, ru := rivals(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var leaves [][]byte
	for i := range 20 {
		var hs []record.Head
		for k := range record.MaxHeads {
			hs = append(hs, record.Head{Party: "IL", Lane: record.Urgent, Incarnation: uint32(i*record.MaxHeads + k + 1), Size: 1 << 50, Root: record.Hash{1}})
		}
		leaves = append(leaves, ru.sealed("", ru.keys.Node, "2018-09-17T17:00:00Z", record.Received{Heads: hs}))
	}
	ru.forge(record.Routine, leaves...)
	w.settled()
	il.pic()
	runtime.ReadMemStats(&after)
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 100 {
		t.Errorf("it made us allocate %d MB", mb)
	}
}

// RU states that it will receive everything in the year 2100, then the line is
// cut. The missing acknowledgement alarms all the same.
func TestAReceiptFromTheFutureSilencesNoAlarm(t *testing.T) {
	w, il, ru := rivals(t)
	ru.forge(record.Routine, ru.sealed("", ru.keys.Node, "2100-01-01T00:00:00Z",
		record.Received{Heads: []record.Head{{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: 2, Root: record.Hash{1}}}}))
	w.settled()
	w.mu.Lock()
	w.cut = true
	w.mu.Unlock()
	il.say(Draft{Line: "IL-RU", Officer: "duty", Precedence: record.Immediate, Body: hazard()})
	if err := il.SetClock(context.Background(), at("2018-09-17T17:30:00Z")); err != nil {
		t.Fatal(err)
	}
	if len(openAlerts(il.pic(), "missing-ack")) != 1 {
		t.Errorf("no alert: %+v", il.pic().Alerts)
	}
}

// RU sends good records in batches that nobody can store, again and again. They
// are verified before the loop, as every batch is, and none stays in memory.
func TestABatchThatIsNotStoredLeavesNothingBehind(t *testing.T) {
	_, il, ru := rivals(t)
	id := lineID(t, il.lines[0])
	inform := line.Inform{Log: line.LogRef{Party: "RU", Lane: record.Routine, Incarnation: 1}, From: 1000, Note: []byte("no checkpoint")}
	for range 64 {
		inform.Entries = append(inform.Entries, ru.sealed("duty", ru.duty, "2018-09-17T17:00:00Z", hazard()))
	}
	if n := len(il.precheck(id, inform)); n != 64 {
		t.Errorf("%d of 64 signatures were verified before the loop", n)
	}
	il.Deliver(id, "RU", inform)
	for i, leaf := range inform.Entries {
		if _, ok := il.verified.Load(record.LeafHash(leaf)); ok {
			t.Fatalf("leaf %d is still remembered", i)
		}
	}
}

// RU composes its notice in time, and sends it when it is over.
func TestANoticeHeldBackUntilItIsOverAlarms(t *testing.T) {
	w, il, ru := rivals(t)
	w.clock("2018-09-17T20:30:00Z")
	ru.forge(record.Routine, ru.sealed("duty", ru.duty, "2018-09-17T17:00:00Z", hazard()))
	w.until("IL is alarmed", func() bool { return len(openAlerts(il.pic(), "late")) == 1 })
}

// RU writes a second incarnation of its logbook, which no release of today does,
// and puts its notice there. Either IL keeps it over a restart, or it never takes
// it: a notice that IL has receipted and forgets would be RU's proof against it.
func TestNoNoticeIsReceiptedAndForgotten(t *testing.T) {
	w, il, ru := rivals(t)
	id := logbook.ID{Line: lineID(t, il.lines[0]), Party: "RU", Lane: record.Routine, Incarnation: 2}
	log, err := logbook.Open(id, logbook.NewMemory(), ru.keys.Log.Public())
	if err != nil {
		t.Fatal(err)
	}
	leaf := ru.sealed("duty", ru.duty, "2018-09-17T17:00:00Z", hazard())
	if _, err := log.Append([][]byte{leaf}, ru.keys.Log); err != nil {
		t.Fatal(err)
	}
	il.Deliver(id.Line, "RU", line.Inform{Log: line.LogRef{Party: "RU", Lane: record.Routine, Incarnation: 2}, Entries: [][]byte{leaf}, Note: log.Note()})
	held := func() bool {
		h, err := il.Export(context.Background(), "IL-RU")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range h.Logs {
			if l.ID == id {
				return true
			}
		}
		return false
	}
	before := held()
	il.kill()
	il.open()
	w.connect()
	if after := held(); before && !after {
		t.Error("IL held and receipted RU's record, and forgets it with a restart")
	}
}

// An observer who says more than that something was seen or read is refused here:
// all others would keep the record as invalid, and nobody would act on it.
func TestAnObserverIsToldThatNobodyWouldActOnIt(t *testing.T) {
	w := newWorld(t, "2018-09-17T17:00:00Z", "IL", "RU")
	il := w.seats["IL"]
	il.card.Officers[1].Roles = []party.Role{party.Observer}
	il.home = w.charter("home", true, il)
	w.line("IL-RU", "IL", "RU")
	w.start()
	w.settled()
	s, err := il.Say(context.Background(), Draft{Line: "IL-RU", Officer: "duty", Precedence: record.Flash, Body: record.Say{Phrase: &record.Phrase{Code: record.CodeStop}}})
	if err == nil {
		w.settled()
		it, _ := il.pic().Item(s.ID)
		t.Errorf("the stop counts as said, and stands as %q", it.Words)
	}
}
