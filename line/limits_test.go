package line

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// limited is a world whose parties all go by these limits.
func limited(t tb, lim Limits, ids ...party.ID) *world {
	w := newWorld(t, ids...)
	w.quiet = true
	w.limits = lim
	for _, p := range ids {
		if err := w.open(p); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range ids {
		for _, b := range ids[i+1:] {
			w.connect(a, b)
		}
	}
	w.deliver()
	return w
}

// pushed gives the number of entries of each batch that is on the way.
func (w *world) pushed(r route) (out []int) {
	for _, b := range w.queues[r] {
		m, err := ParseMessage(b)
		if err != nil {
			w.t.Fatal(err)
		}
		if x, ok := m.(Inform); ok {
			out = append(out, len(x.Entries))
		}
	}
	return out
}

func TestAnAppendIsCutIntoBatchesExactlyAtTheLimits(t *testing.T) {
	const each = 700 // bytes of text; the sealed records are of one length
	size := len(newWorld(t, "IL").compose("IL", record.Urgent, 1, each)[0])
	for name, c := range map[string]struct {
		lim  Limits
		n    int
		want []int
	}{
		"as many entries as fit":     {Limits{BatchEntries: 3}, 3, []int{3}},
		"one more":                   {Limits{BatchEntries: 3}, 4, []int{3, 1}},
		"two full batches":           {Limits{BatchEntries: 3}, 6, []int{3, 3}},
		"one by one":                 {Limits{BatchEntries: 1}, 3, []int{1, 1, 1}},
		"exactly two by bytes":       {Limits{BatchBytes: 2 * size}, 4, []int{2, 2}},
		"two lack a byte":            {Limits{BatchBytes: 2*size - 1}, 3, []int{1, 1, 1}},
		"two and a byte":             {Limits{BatchBytes: 2*size + 1}, 4, []int{2, 2}},
		"the lesser of the two":      {Limits{BatchEntries: 3, BatchBytes: 2 * size}, 3, []int{2, 1}},
		"beyond what is allowed":     {Limits{BatchEntries: 10_000, BatchBytes: 1 << 40}, 513, []int{512, 1}},
		"nothing said is the most":   {Limits{}, 512, []int{512}},
		"less than nothing is, too ": {Limits{BatchEntries: -1, BatchBytes: -1}, 513, []int{512, 1}},
	} {
		w := limited(t, c.lim, "IL", "RU")
		if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, c.n, each)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := w.pushed(route{"IL", "RU", record.Urgent}); !slices.Equal(got, c.want) {
			t.Errorf("%s: batches of %v, want %v", name, got, c.want)
		}
		w.deliver()
		w.check()
		if len(w.findings) != 0 {
			t.Errorf("%s: found %+v", name, w.findings)
		}
	}
}

// TestAtMostAWindowIsOnTheWay: a receipt makes no room before all that flies
// has landed, and then one offer brings the rest.
func TestAtMostAWindowIsOnTheWay(t *testing.T) {
	for window := 1; window <= 4; window++ {
		w := limited(t, Limits{Window: window}, "IL", "RU")
		there, back := route{"IL", "RU", record.Urgent}, route{"RU", "IL", record.Urgent}
		for range window + 3 {
			w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
		}
		if got := len(w.pushed(there)); got != window {
			t.Errorf("window %d: %d batches on the way", window, got)
		}
		for i := range window {
			w.one(there, 0, false)
			w.one(back, 0, false)
			if n := len(w.pushed(there)); n != window-i-1 {
				t.Errorf("window %d: %d batches on the way after %d receipts", window, n, i+1)
			}
		}
		if n := len(w.queues[there]); n != 1 {
			t.Errorf("window %d: %d messages after the last receipt, want the offer of the rest", window, n)
		}
		w.deliver()
		w.check()
		if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err != nil || len(w.pushed(there)) != 1 {
			t.Errorf("window %d: level again, the next batch is not pushed: %v", window, err)
		}
	}
}

// TestTheLanesHaveWindowsOfTheirOwn: routine batches that nobody receipts take
// nothing from the urgent lane, in both directions at once.
func TestTheLanesHaveWindowsOfTheirOwn(t *testing.T) {
	w := limited(t, Limits{Window: 2}, "IL", "RU")
	for range 5 {
		w.append("IL", record.Routine, w.compose("IL", record.Routine, 1, 0))
		w.append("RU", record.Routine, w.compose("RU", record.Routine, 1, 0))
	}
	for i := range 6 {
		for _, p := range []party.ID{"IL", "RU"} {
			q := map[party.ID]party.ID{"IL": "RU", "RU": "IL"}[p]
			if err := w.append(p, record.Urgent, w.compose(p, record.Urgent, 1, 0)); err != nil {
				t.Fatal(err)
			}
			w.one(route{p, q, record.Urgent}, 0, false)
			w.one(route{q, p, record.Urgent}, 0, false)
			id := w.logID(p, record.Urgent)
			if n := w.seats[p].line.Receipts(id)[q]; n != uint64(i+2) {
				t.Errorf("%s holds the receipt of %s up to %d, want %d", p, q, n, i+2)
			}
		}
	}
	for _, r := range []route{{"IL", "RU", record.Routine}, {"RU", "IL", record.Routine}} {
		if n := len(w.queues[r]); n != 2 {
			t.Errorf("%d routine messages from %s wait, want the window of 2", n, r.from)
		}
	}
	w.deliver()
	w.check()
}

// TestTheBudgetForUselessMessages: ten times the rate at once, then the rate,
// to the message and the millisecond.
func TestTheBudgetForUselessMessages(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration // after the burst
		more int           // pings that are borne then
	}{{0, 0}, {499 * time.Millisecond, 0}, {500 * time.Millisecond, 1}, {999 * time.Millisecond, 1}, {time.Second, 2}, {5 * time.Second, 10}, {time.Hour, 20}} {
		w := limited(t, Limits{Useless: 2}, "IL", "RU")
		r := &rogue{w: w, id: "RU"}
		w.now = w.now.Add(time.Hour) // whatever the greeting cost is paid
		ping := func() bool { return len(r.says(Ping{N: 1, T: w.now}).Drop) == 0 }
		for i := range 20 {
			if !ping() {
				t.Fatalf("hung up after %d of 20", i)
			}
		}
		w.now = w.now.Add(c.wait)
		for i := range c.more {
			if !ping() {
				t.Fatalf("after %s hung up at ping %d of %d", c.wait, i+1, c.more)
			}
		}
		if ping() {
			t.Errorf("after %s more than %d are borne", c.wait, c.more)
		}
		if len(w.findings) != 1 || w.findings[0].What != record.FindingProtocol || w.findings[0].Party != "RU" {
			t.Errorf("found %+v", w.findings)
		}
	}
}

func TestQuestionsAreAskedAsOftenAsTheLimitSays(t *testing.T) {
	for most := 1; most <= 4; most++ {
		w := limited(t, Limits{Unanswered: most, Retry: time.Second}, "IL", "RU")
		r := &rogue{w: w, id: "RU"}
		out := r.says(Offer{Log: ref("RU"), Note: r.history(1, 5, r.truth()).Note()})
		var at []utc.Time
		ask := func(out Out) {
			for _, s := range out.Send {
				if m, ok := s.Msg.(Missing); ok {
					if m.From != 1 || s.To != "RU" {
						t.Errorf("asks %s from %d", s.To, m.From)
					}
					at = append(at, w.now-epoch)
				}
			}
		}
		ask(out)
		found := utc.Time(-1)
		for range 400 {
			w.now = w.now.Add(100 * time.Millisecond)
			out := w.seats["IL"].line.Tick(w.now)
			ask(out)
			if len(out.Findings) > 0 && found < 0 {
				found = w.now - epoch
				if f := out.Findings[0]; f.What != record.FindingGap || f.Party != "RU" {
					t.Errorf("found %+v", f)
				}
			}
		}
		// Each wait is twice the one before.
		if want := []utc.Time{0, 1000, 3000, 7000}[:most]; !slices.Equal(at, want) {
			t.Errorf("asked at %v, want %v", at, want)
		}
		if want := []utc.Time{1000, 3000, 7000, 15000}[most-1]; found != want {
			t.Errorf("found after %d ms, want %d", found, want)
		}
	}
}

func TestEqualFindingsInsideTheFoldAreOneWithACount(t *testing.T) {
	w := limited(t, Limits{Fold: time.Minute}, "IL", "RU")
	r := &rogue{w: w, id: "RU"}
	wrong := Missing{Log: LogRef{Party: "ZZ", Lane: record.Urgent, Incarnation: 1}, Request: 1}
	tick := func(d time.Duration) (out []string) {
		w.now = w.now.Add(d)
		for _, f := range w.seats["IL"].line.Tick(w.now).Findings {
			out = append(out, f.Text)
		}
		return out
	}
	want := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	const text = "RU: ZZ is no party of this line"
	if out := r.says(wrong); len(out.Findings) != 1 || out.Findings[0].Text != text {
		t.Fatalf("found %+v", out.Findings)
	}
	for range 3 {
		if out := r.says(wrong); len(out.Findings) != 0 {
			t.Errorf("the same again is told again: %+v", out.Findings)
		}
	}
	routine := wrong
	routine.Log.Lane = record.Routine
	if out := r.says(routine); len(out.Findings) != 1 {
		t.Errorf("another lane is another fault: %+v", out.Findings)
	}
	want("a millisecond before the fold", tick(time.Minute-time.Millisecond))
	want("at the fold", tick(time.Millisecond), "3 more times in 1m0s: "+text)
	r.says(wrong)
	want("a millisecond before the next", tick(time.Minute-time.Millisecond))
	want("at the next", tick(time.Millisecond), "1 more times in 1m0s: "+text)
	want("after a quiet one", tick(time.Minute))
	if out := r.says(wrong); len(out.Findings) != 1 || out.Findings[0].Text != text {
		t.Errorf("after a quiet fold it is new: %+v", out.Findings)
	}
}

func TestAPieceOfProofIsCutToItsLimit(t *testing.T) {
	for _, c := range []struct{ limit, sent, kept int }{{10, 9, 9}, {10, 10, 10}, {10, 11, 10}, {0, 8192, 8192}, {0, 8193, 8192}, {99999, 9000, 8192}} {
		w := limited(t, Limits{Proof: c.limit}, "IL", "RU")
		frame := bytes.Repeat([]byte{7}, c.sent)
		out := w.seats["IL"].line.Malformed("RU", record.Urgent, frame, errors.New("no message"), w.now)
		if len(out.Findings) != 1 || len(out.Findings[0].Proof) != 1 || len(out.Findings[0].Proof[0]) != c.kept || !slices.Equal(out.Drop, []party.ID{"RU"}) {
			t.Errorf("limit %d, frame of %d: %+v", c.limit, c.sent, out)
		}
		if out := w.seats["IL"].line.Malformed("ZZ", record.Urgent, frame, errors.New("no message"), w.now); len(out.Findings)+len(out.Drop) != 0 {
			t.Errorf("who is not connected is accused: %+v", out)
		}
	}
}

// TestAWaitDoublesUpToSixteenTimes: RU is connected and never says hello.
func TestAWaitDoublesUpToSixteenTimes(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	l := w.seats["IL"].line
	l.Connected("RU", record.Urgent, w.now)
	var at []utc.Time
	for range 260 {
		w.now = w.now.Add(500 * time.Millisecond)
		for _, s := range l.Tick(w.now).Send {
			if h, ok := s.Msg.(Hello); !ok || h.Heard {
				t.Fatalf("says %+v", s.Msg)
			}
			at = append(at, (w.now-epoch)/1000)
		}
	}
	if want := []utc.Time{2, 6, 14, 30, 62, 94, 126}; !slices.Equal(at, want) {
		t.Errorf("hello at seconds %v, want %v", at, want)
	}
}

// TestAClockThatStepsBackUndoesNothing: the machine's clock falls back an hour
// in the middle of things, and comes again. Nothing is repeated early and
// nothing waits for the clock to catch up, what is signed never bears an
// earlier time than before, and everything arrives.
func TestAClockThatStepsBackUndoesNothing(t *testing.T) {
	w := limited(t, Limits{}, "IL", "RU")
	r := route{"IL", "RU", record.Urgent}
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	w.queues[r] = nil // lost
	w.tick(-time.Hour)
	w.tick(1999 * time.Millisecond)
	if len(w.queues[r]) != 0 {
		t.Error("the offer is repeated before its wait is over")
	}
	w.tick(time.Millisecond)
	if len(w.queues[r]) != 1 {
		t.Errorf("%d messages when the wait is over, want the offer", len(w.queues[r]))
	}
	w.deliver()
	w.check()

	newest := w.now
	w.now = w.now.Add(-24 * time.Hour)
	w.cut("IL", "RU")
	for _, s := range w.seats["IL"].line.Connected("RU", record.Urgent, w.now).Send {
		if h, ok := s.Msg.(Hello); !ok || h.Now < newest {
			t.Errorf("after the step back it says %+v", s.Msg)
		}
	}
	w.connect("IL", "RU")
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 2, 0))
	w.heal()
	w.check()
	if len(w.findings)+w.drops != 0 {
		t.Errorf("found %+v, %d drops", w.findings, w.drops)
	}
}

// TestAnIncarnationBeyondTheLimitIsRefused, and the last one within is not.
func TestAnIncarnationBeyondTheLimitIsRefused(t *testing.T) {
	for _, c := range []struct {
		limit, n uint32
		refused  bool
	}{{1, 2, true}, {2, 2, false}, {2, 3, true}, {0, 4, false}, {0, 5, true}} {
		w := limited(t, Limits{Incarnations: c.limit}, "IL", "RU")
		r := &rogue{w: w, id: "RU"}
		out := r.says(Missing{Log: LogRef{Party: "RU", Lane: record.Urgent, Incarnation: c.n}, Request: 1})
		if got := len(out.Findings) == 1; got != c.refused {
			t.Errorf("limit %d, incarnation %d: %+v", c.limit, c.n, out.Findings)
		}
		if n := len(w.seats["IL"].line.Logs()); n != 4 {
			t.Errorf("a question alone made a logbook: %d", n)
		}
	}
	w := limited(t, Limits{}, "IL", "RU")
	out := (&rogue{w: w, id: "RU"}).says(Missing{Log: LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 2}, Request: 1})
	if fmt.Sprint(len(out.Findings), len(out.Drop)) != "1 0" {
		t.Errorf("another incarnation of our own: %+v", out)
	}
}

// TestHeadsNameWhatIsHeldOfOthersAndNothingEmpty: what a record says it has seen.
func TestHeadsNameWhatIsHeldOfOthersAndNothingEmpty(t *testing.T) {
	w := newWorld(t, "SY", "IL", "RU")
	w.quiet = true
	heads := func() (out []string) {
		for _, h := range w.seats["IL"].line.Heads() {
			out = append(out, fmt.Sprintf("%s/%s:%d", h.Party, laneWord(h.Lane), h.Size))
		}
		return out
	}
	if got := heads(); len(got) != 0 {
		t.Errorf("nothing has come, heads %v", got)
	}
	w.connect("IL", "SY")
	w.deliver()
	if got, want := heads(), []string{"SY/urgent:1", "SY/routine:1"}; !slices.Equal(got, want) {
		t.Errorf("heads %v, want %v", got, want)
	}
	w.connect("IL", "RU")
	w.append("RU", record.Routine, w.compose("RU", record.Routine, 2, 0))
	w.deliver()
	if got, want := heads(), []string{"RU/urgent:1", "RU/routine:3", "SY/urgent:1", "SY/routine:1"}; !slices.Equal(got, want) {
		t.Errorf("heads %v, want %v", got, want)
	}
}

// TestWhoServesGoesByItsOwnLimits: a peer's batches, and ours joined for one who
// was away, are cut where ours end; a batch written under larger limits can't be
// cut and goes whole.
func TestWhoServesGoesByItsOwnLimits(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 5, 0)) // 1..5 in one batch
	w.limits = Limits{BatchEntries: 3}
	if err := w.open("IL"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 2, 0))
	}
	l := w.seats["IL"].line
	b := l.own(record.Urgent)
	for _, c := range []struct{ from, want uint64 }{{0, 1}, {1, 5}, {6, 2}, {8, 2}, {12, 2}} {
		inf, err := l.piece(b, c.from)
		if err != nil {
			t.Fatal(err)
		}
		at, err := logbook.ParseCheckpoint(inf.Note)
		if err != nil || uint64(len(inf.Entries)) != c.want || at.Size != c.from+c.want {
			t.Errorf("from %d: %d entries under a checkpoint of %d, want %d: %v", c.from, len(inf.Entries), at.Size, c.want, err)
		}
	}
	w.connect("IL", "RU")
	w.deliver()
	w.check()
}
