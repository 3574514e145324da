//go:build linux

package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/internal/postgres/pgtest"
	"parley/logbook"
)

// short is the patience of tests in which the standby does not come back.
const short = 2 * time.Second

// cancelWaits cancels every commit that waits for the standby: to the client
// the server then says success.
func cancelWaits(t *testing.T, s *pgtest.Server) {
	t.Helper()
	s.Wait("a commit waits for the standby and is cancelled",
		"SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
}

// The story of a cancelled wait, told twice: with the release gate, and to a
// store without it, to show that the trap is real and the gate what springs it.
func TestACancelledCommitIsUnknownAndNeverSuccess(t *testing.T) {
	t.Parallel()
	one, two := pair(t)
	gated := openDB(t, Config{DSN: one.DSN()})
	trapped := openDB(t, Config{DSN: one.DSN(), Alone: true})
	s, l := take(t, gated, id)
	must(t, say(l, "both hold this"))
	_, bare := take(t, trapped, other())
	must(t, say(bare, "both hold this"))

	// A standby that hangs is still connected, and called synchronous: only its
	// flush position tells.
	two.Freeze()
	gated.cfg.Patience = 3 * short // enough to find and cancel the wait, on a busy machine too
	said := make(chan error)
	go func() { said <- say(l, "the standby holds this later") }()
	cancelWaits(t, one)
	var behind *UnknownError
	if err := <-said; !errors.As(err, &behind) || !behind.Committed {
		t.Fatalf("a cancelled wait for a standby that hangs: %v", err)
	}
	two.Thaw()
	gated.cfg.Patience = time.Minute
	l, err := logbook.Open(id, s, author.Public()) // the unknown came to stand
	must(t, err)
	if l.Size() != 2 {
		t.Fatalf("%d entries after the standby woke up", l.Size())
	}

	two.Kill()
	gated.cfg.Patience = 3 * short
	go func() { said <- say(l, "only the primary holds this") }()
	cancelWaits(t, one)
	var unknown *UnknownError
	var again *logbook.ReopenError
	if err := <-said; !errors.As(err, &unknown) || !unknown.Committed || !errors.As(err, &again) {
		t.Fatalf("a cancelled wait: %v", err)
	}
	if err := say(l, "more"); !errors.As(err, &again) {
		t.Fatalf("after an unknown write: %v", err)
	}
	if err := s.Append(logbook.Batch{}); !errors.As(err, &unknown) {
		t.Fatalf("the store itself after an unknown write: %v", err)
	}
	gated.cfg.Patience = short
	// The primary shows the entry; that is no reason to believe in it.
	if st, err := s.Load(); err == nil {
		t.Fatalf("loaded %d entries that no standby holds", st.Size)
	}
	follower, err := gated.Follow(context.Background(), id.Origin())
	must(t, err)
	if st, err := follower.Load(); err == nil {
		t.Fatalf("a reader was shown %d entries that no standby holds", st.Size)
	}

	go func() { said <- say(bare, "only the primary holds this") }()
	cancelWaits(t, one)
	if err := <-said; err != nil {
		t.Fatalf("the trap is gone: without the gate a cancelled wait gave %v; is the gate still needed?", err)
	}

	one.Kill()
	two.Start()
	two.Promote()
	after := openDB(t, Config{DSN: two.DSN(), Alone: true})
	for id, want := range map[logbook.ID]uint64{id: 2, other(): 1} {
		r, err := after.Follow(context.Background(), id.Origin())
		must(t, err)
		st, err := r.Load()
		must(t, err)
		if st.Size != want {
			t.Errorf("%s: %d entries after the failover, want the %d that both held", id, st.Size, want)
		}
	}
	// Without the gate two entries were acknowledged and one is left: lost.
	// With it nothing was that is not there.
}

func TestWithoutItsStandbyNothingIsAcknowledgedAndWithItAllGoesOn(t *testing.T) {
	t.Parallel()
	one, two := pair(t)
	db := openDB(t, Config{DSN: one.DSN()})
	s, l := take(t, db, id)
	must(t, say(l, "a"))
	two.Kill()
	db.cfg.Patience = short
	var unknown *UnknownError
	if err := say(l, "b"); !errors.As(err, &unknown) {
		t.Fatalf("an append without a standby: %v", err)
	}
	if _, err := s.Load(); err == nil {
		t.Fatal("loaded without a standby")
	}
	if _, err := db.Take(context.Background(), id.Origin()); err == nil {
		t.Fatal("took over without a standby")
	}
	two.Start()
	one.WaitSync("two")
	// A take-over that was reported as failed may have been done: then the old
	// store is fenced out. Either way the way on is to take again.
	db.cfg.Patience = time.Minute
	s, l = take(t, db, id)
	if n := l.Size(); n != 1 && n != 2 {
		t.Fatalf("the log holds %d entries", n)
	}
	must(t, say(l, "c"))
	st, err := s.Load()
	must(t, err)
	// The standby is promoted while the old primary and its sequencer live on
	// and can't know: two primaries, and one of them acknowledges nothing.
	two.Promote()
	db.cfg.Patience = short
	if err := say(l, "split"); !errors.As(err, &unknown) {
		t.Fatalf("an append at a primary whose standby was promoted: %v", err)
	}
	r, err := openDB(t, Config{DSN: two.DSN(), Alone: true}).Follow(context.Background(), id.Origin())
	must(t, err)
	got, err := logbook.Open(id, r, author.Public())
	must(t, err)
	must(t, got.CheckAll())
	if got.Size() != st.Size {
		t.Fatalf("%d entries after the failover, %d were durable", got.Size(), st.Size)
	}
}

// A writer goes on while the primary is killed whole, the standby promoted, a
// new standby made; then again the other way. What was acknowledged stands,
// and the sequencer that slept through it is fenced out or cannot reach it.
func TestNothingAcknowledgedIsLostWhenThePrimaryDies(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	acked := map[uint64]string{}
	for round := range 3 {
		db := openDB(t, Config{DSN: primary.DSN(), Holder: fmt.Sprint("round ", round)})
		_, l := take(t, db, id)
		holds(t, l, acked)
		half, ended := make(chan bool), make(chan error)
		go func() {
			for n := 0; ; n++ {
				at, text := l.Size(), fmt.Sprintf("round %d entry %d", round, n)
				if err := say(l, text); err != nil {
					ended <- err
					return
				}
				acked[at] = text
				if n == 40 {
					close(half)
				}
			}
		}()
		select {
		case <-half:
		case err := <-ended:
			t.Fatalf("round %d ended before its fault: %v", round, err)
		}
		primary.Kill()
		var again *logbook.ReopenError
		if err := <-ended; !errors.As(err, &again) {
			t.Fatalf("the writer ended with %v", err)
		}
		standby.Promote()
		standby.Set("synchronous_standby_names", fmt.Sprint("after", round))
		next := standby.Standby(fmt.Sprint("after", round))
		standby.WaitSync(fmt.Sprint("after", round))
		primary, standby = standby, next
	}
	_, l := take(t, openDB(t, Config{DSN: primary.DSN()}), id)
	must(t, l.CheckAll())
	holds(t, l, acked)
	if extra := int(l.Size()) - len(acked); extra < 0 || extra > 3 {
		t.Errorf("%d entries stand, %d were acknowledged: each round may leave one unknown", l.Size(), len(acked))
	}
	t.Logf("%d entries acknowledged over 3 failovers, %d unknown that came to stand", len(acked), int(l.Size())-len(acked))
}
