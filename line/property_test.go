package line

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// TestWhateverTheScheduleAfterHealingAllCopiesAreEqual lets chance drive two
// or three honest parties: appends, messages lost, repeated and overtaken,
// links cut, power cut at any durable step in both forms, time passing. After
// healing, every copy equals its author's logbook, every author holds every
// other's receipt for all of it, no acknowledged record is lost, and nobody
// was accused of anything or hung up on.
func TestWhateverTheScheduleAfterHealingAllCopiesAreEqual(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := []party.ID{"IL", "RU", "SY"}[:rapid.IntRange(2, 3).Draw(rt, "parties")]
		w := newWorld(rt, ids...)
		w.quiet = true
		who := rapid.SampledFrom(ids)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			w.chance(rt, who)
		}
		w.heal()
		w.check()
		if len(w.findings) > 0 || w.drops > 0 {
			rt.Errorf("honest parties were accused: %+v, %d drops", w.findings, w.drops)
		}
	})
}

func (w *world) chance(rt *rapid.T, who *rapid.Generator[party.ID]) {
	rs := w.routes()
	pick := func() (route, int) {
		r := rs[rapid.IntRange(0, len(rs)-1).Draw(rt, "route")]
		return r, rapid.IntRange(0, len(w.queues[r])-1).Draw(rt, "message")
	}
	p := who.Draw(rt, "who")
	s := w.seats[p]
	switch op := rapid.SampledFrom([]string{"append", "append", "append", "connect", "connect", "pass", "pass", "pass", "pass",
		"deliver", "drop", "repeat", "cut", "tick", "crash", "reopen", "amend"}).Draw(rt, "op"); op {
	case "append":
		if s.line != nil {
			lane := rapid.SampledFrom(lanes[:]).Draw(rt, "lane")
			w.append(p, lane, w.compose(p, lane, rapid.IntRange(1, 5).Draw(rt, "n"), 0))
		}
	case "connect":
		if q := who.Draw(rt, "with"); q != p {
			w.connect(p, q)
		}
	case "cut":
		if q := who.Draw(rt, "from"); q != p {
			w.cut(p, q)
		}
	case "pass", "repeat":
		if len(rs) > 0 {
			r, i := pick()
			w.one(r, i, op == "repeat")
		}
	case "drop":
		if len(rs) > 0 {
			r, i := pick()
			q := w.queues[r]
			w.queues[r] = append(q[:i:i], q[i+1:]...)
		}
	case "deliver":
		w.deliver()
	case "tick":
		w.tick(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "ms")) * time.Millisecond)
	case "crash":
		s.power.form = rapid.SampledFrom([]string{"before", "after"}).Draw(rt, "form")
		s.power.fail = rapid.IntRange(1, 4).Draw(rt, "write")
	case "reopen":
		if s.line == nil {
			w.open(p)
		}
	case "amend":
		// Only the first party ever changes its keys, once, and where it is
		// up and no power cut is armed: its officers stand beside it.
		if a := w.seats[w.ids[0]]; a.line != nil && a.power.fail == 0 && a.line.Charter().Revision == 0 {
			w.amend(w.ids[0])
		}
	}
}

// TestALongCatchUpGoesInBoundedPiecesAndOneQuestionAtATime: 3,000 records of
// 2 kB written while the link was down.
func TestALongCatchUpGoesInBoundedPiecesAndOneQuestionAtATime(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	for range 10 {
		if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 300, 2000)); err != nil {
			t.Fatal(err)
		}
	}
	w.connect("IL", "RU")
	informs, open := 0, 0
	for len(w.routes()) > 0 {
		for _, r := range w.routes() {
			m, err := ParseMessage(w.queues[r][0])
			if err != nil {
				t.Fatal(err)
			}
			switch m := m.(type) {
			case Missing:
				if m.Log.Lane == record.Urgent && m.Log.Party == "IL" {
					if open++; open > 1 {
						t.Fatalf("%d questions are open on one logbook", open)
					}
				}
			case Inform:
				if m.Log.Lane == record.Urgent && m.Log.Party == "IL" {
					open--
					informs++
				}
				n := 0
				for _, e := range m.Entries {
					n += len(e)
				}
				if len(m.Entries) > logbook.MaxBatchEntries || n > logbook.MaxBatchBytes {
					t.Fatalf("an inform of %d entries, %d bytes", len(m.Entries), n)
				}
			}
			w.one(r, 0, false)
		}
	}
	w.check()
	if informs < 6 || informs > 12 {
		t.Errorf("%d pieces for 6 MB, want about seven", informs)
	}
}

// TestPushedBatchesWithoutAReceiptAreBoundedByTheWindow: RU takes the batches
// and answers nothing.
func TestPushedBatchesWithoutAReceiptAreBoundedByTheWindow(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	for range 50 {
		w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	}
	if n := len(w.queues[route{"IL", "RU", record.Urgent}]); n != 8 {
		t.Errorf("%d batches are on the way, want the window of 8", n)
	}
	w.deliver()
	w.check()
}

// TestARoutineBacklogDoesNotStandBeforeAnUrgentRecord: the routine stream is
// stuck; the urgent one flows.
func TestARoutineBacklogDoesNotStandBeforeAnUrgentRecord(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.append("IL", record.Routine, w.compose("IL", record.Routine, 400, 2000))
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	r := route{"IL", "RU", record.Urgent}
	w.one(r, 0, false)
	w.one(route{"RU", "IL", record.Urgent}, 0, false)
	il := w.seats["IL"].line
	if n := il.Receipts(il.Logs()[0])["RU"]; n != 2 {
		t.Errorf("the urgent record is receipted up to %d, want 2", n)
	}
}

// TestAHomeLineIsALineWithoutPeers: the same code.
func TestAHomeLineIsALineWithoutPeers(t *testing.T) {
	w := newWorld(t, "IL")
	l := w.seats["IL"].line
	if err := w.append("IL", record.Routine, w.compose("IL", record.Routine, 3, 0)); err != nil {
		t.Fatal(err)
	}
	if out := l.Connected("RU", record.Urgent, w.now); len(out.Drop) != 1 {
		t.Errorf("a stranger is welcome on the home line: %+v", out)
	}
	if !l.Charter().Home || len(l.Heads()) != 0 || len(l.Members()) != 1 || len(l.Unheard()) != 0 {
		t.Errorf("home %v, heads %v, members %v", l.Charter().Home, l.Heads(), l.Members())
	}
	w.seats["IL"].line = nil
	if err := w.open("IL"); err != nil {
		t.Fatal(err)
	}
	if n := w.seats["IL"].arrived[w.seats["IL"].line.Logs()[1]]; n != 4 {
		t.Errorf("Replay gave %d entries, want 4", n)
	}
}
