//go:build linux

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/postgres/pgtest"
	"parley/logbook"
	"parley/logbook/storetest"
	"parley/party"
	"parley/record"
)

var (
	author = party.NewSigner([32]byte{1})
	id     = logbook.ID{Line: record.LineID{9}, Party: "IL", Lane: record.Urgent, Incarnation: 1}
)

// other is a second log.
func other() logbook.ID {
	o := id
	o.Incarnation = 2
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is a primary with a synchronous standby, both running.
func pair(t testing.TB) (primary, standby *pgtest.Server) {
	t.Helper()
	primary = pgtest.Primary(t, "one", "two")
	standby = primary.Standby("two")
	primary.WaitSync("two")
	return primary, standby
}

// openDB opens a database with a long patience, for tests in which all is well.
func openDB(t testing.TB, cfg Config) *DB {
	t.Helper()
	if cfg.Patience == 0 {
		cfg.Patience = time.Minute
	}
	db, err := Open(context.Background(), cfg)
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

func take(t testing.TB, db *DB, id logbook.ID) (*Store, *logbook.Log) {
	t.Helper()
	s, err := db.Take(context.Background(), id.Origin())
	must(t, err)
	l, err := logbook.Open(id, s, author.Public())
	must(t, err)
	return s, l
}

func say(l *logbook.Log, entries ...string) error {
	var es [][]byte
	for _, e := range entries {
		es = append(es, []byte(e))
	}
	_, err := l.Append(es, author)
	return err
}

// TestOnAHealthyPair shares one pair: nothing here breaks it for good.
func TestOnAHealthyPair(t *testing.T) {
	t.Parallel()
	one, two := pair(t)
	gated := openDB(t, Config{DSN: one.DSN(), Holder: "gated"})
	alone := openDB(t, Config{DSN: one.DSN(), Schema: "o\"ne '?#%", Holder: "alone", Alone: true})
	for name, db := range map[string]*DB{"with the gate": gated, "without": alone} {
		t.Run("the store does what every store must do, "+name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB, folder string) logbook.Store {
				s, err := db.Take(context.Background(), folder)
				must(t, err)
				return s
			})
		})
	}
	t.Run("who was taken over never writes again", func(t *testing.T) { fencedOut(t, gated) })
	t.Run("two epochs of one number are told apart", func(t *testing.T) { lostTake(t, gated) })
	t.Run("many race for one log and it stays one", func(t *testing.T) { race(t, one) })
	t.Run("a reader reads and writes nothing", func(t *testing.T) { follow(t, gated) })
	t.Run("a standby is not written to", func(t *testing.T) {
		if _, err := Open(context.Background(), Config{DSN: two.DSN()}); err == nil || !strings.Contains(err.Error(), "read only") {
			t.Fatalf("opened a standby: %v", err)
		}
		db := openDB(t, Config{DSN: fmt.Sprintf("host=%s,%s user=parley dbname=postgres", host(two), host(one))})
		_, l := take(t, db, other())
		must(t, say(l, "the second host of the list takes writes"))
	})
	t.Run("an unsafe server is refused", func(t *testing.T) { unsafeServer(t, one) })
	t.Run("a schema of a newer Parley or of others is refused", func(t *testing.T) { foreignSchema(t, one) })
	t.Run("without named standbys nothing is acknowledged", func(t *testing.T) { unnamed(t, one) })
}

// host gives the folder of a server's socket.
func host(s *pgtest.Server) string {
	return strings.TrimPrefix(strings.Fields(s.DSN())[0], "host=")
}

func fencedOut(t *testing.T, db *DB) {
	old, l := take(t, db, id)
	must(t, say(l, "a"))
	heir, err := db.Take(context.Background(), id.Origin())
	must(t, err)
	if heir.Epoch() != old.Epoch()+1 {
		t.Fatalf("epochs %d and %d", old.Epoch(), heir.Epoch())
	}
	// The heir has written nothing yet: only the fence can tell.
	var fenced *FencedError
	if err := say(l, "b"); !errors.As(err, &fenced) || fenced.Now != heir.Epoch() || fenced.Holder != "gated" {
		t.Fatalf("the old sequencer's append: %v", err)
	}
	st, err := heir.Load()
	must(t, err)
	if st.Size != 1 {
		t.Fatalf("the log holds %d entries", st.Size)
	}
	// And for good: no way around by writing, receipting or loading again.
	fenced = nil
	if err := old.AddNote(1, st.Note); !errors.As(err, &fenced) {
		t.Fatalf("the old sequencer's receipt: %v", err)
	}
	fenced = nil
	if _, err := old.Load(); !errors.As(err, &fenced) {
		t.Fatalf("the old sequencer's load: %v", err)
	}
	h, err := logbook.Open(id, heir, author.Public())
	must(t, err)
	must(t, say(h, "b"))
	must(t, h.CheckAll())
}

// lostTake is what a failover could do to an epoch whose Take never returned:
// the number is given again, to another.
func lostTake(t *testing.T, db *DB) {
	s, l := take(t, db, id)
	_, err := db.Take(context.Background(), id.Origin())
	must(t, err)
	_, err = db.pool.Exec(context.Background(), "UPDATE logs SET epoch = $1 WHERE origin = $2", s.Epoch(), id.Origin())
	must(t, err)
	var fenced *FencedError
	if err := say(l, "x"); !errors.As(err, &fenced) {
		t.Fatalf("an append under another's epoch: %v", err)
	}
	_, err = db.pool.Exec(context.Background(), "DELETE FROM logs WHERE origin = $1", id.Origin())
	must(t, err)
	if err := (&Store{db: db, origin: s.origin, log: s.log, epoch: s.epoch, token: s.token}).Append(logbook.Batch{}); !errors.As(err, &fenced) || fenced.Now != 0 {
		t.Fatalf("an append to a log that is gone: %v", err)
	}
}

// race lets three nodes take one log from each other while they write. What
// any of them was told is durable stands, in one history.
func race(t *testing.T, one *pgtest.Server) {
	var mu sync.Mutex
	acked := map[uint64]string{}
	fences := 0
	node := func(name string) error {
		db, err := Open(context.Background(), Config{DSN: one.DSN(), Holder: name, Patience: time.Minute})
		if err != nil {
			return err
		}
		defer db.Close()
		for turn := range 12 {
			s, err := db.Take(context.Background(), id.Origin())
			if err != nil {
				return err
			}
			var fenced *FencedError
			l, err := logbook.Open(id, s, author.Public())
			for n := 0; err == nil && n < 8; n++ {
				at, text := l.Size(), fmt.Sprintf("%s %d %d", name, turn, n)
				if err = say(l, text); err == nil {
					mu.Lock()
					if was, twice := acked[at]; twice {
						mu.Unlock()
						return fmt.Errorf("place %d was acknowledged to %q and %q", at, was, text)
					}
					acked[at] = text
					mu.Unlock()
				}
			}
			if errors.As(err, &fenced) {
				mu.Lock()
				fences++
				mu.Unlock()
			} else if err != nil {
				return err
			}
		}
		return nil
	}
	errs := make(chan error, 3)
	for _, name := range []string{"a", "b", "c"} {
		go func() { errs <- node(name) }()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	_, l := take(t, openDB(t, Config{DSN: one.DSN()}), id)
	must(t, l.CheckAll())
	holds(t, l, acked)
	if int(l.Size()) != len(acked) {
		t.Errorf("the log holds %d entries, %d were acknowledged", l.Size(), len(acked))
	}
	t.Logf("%d entries, %d times fenced out", len(acked), fences)
}

// holds checks that every acknowledged entry stands where it was.
func holds(t *testing.T, l *logbook.Log, acked map[uint64]string) {
	t.Helper()
	for at, want := range acked {
		es, err := l.EntryRange(at, at+1, logbook.MaxBatchBytes)
		if err != nil || len(es) != 1 || string(es[0]) != want {
			t.Errorf("acknowledged and lost: entry %d, %q: %q, %v", at, want, es, err)
		}
	}
}

func follow(t *testing.T, db *DB) {
	s, l := take(t, db, id)
	r, err := db.Follow(context.Background(), id.Origin())
	must(t, err)
	must(t, say(l, "beside a reader"))
	got, err := logbook.Open(id, r, author.Public())
	must(t, err)
	if got.Head() != l.Head() {
		t.Fatalf("the reader sees %v, the sequencer has %v", got.Head(), l.Head())
	}
	if err := say(got, "x"); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Fatalf("a reader's append: %v", err)
	}
	must(t, say(l, "and it fenced nobody out"))
	must(t, s.Close())
	if _, err := db.Follow(context.Background(), "no such log"); err == nil {
		t.Fatal("followed a log that is not there")
	}
}

// unsafeServer: no new connection is taken, and one that is open stops at the
// next write, also where a reload changed the server under it.
func unsafeServer(t *testing.T, one *pgtest.Server) {
	one.Exec("CREATE ROLE plain LOGIN", "CREATE ROLE careless LOGIN SUPERUSER", "ALTER ROLE careless SET synchronous_commit = off",
		"GRANT CREATE ON DATABASE postgres TO plain")
	refused := func(setting, dsn string, alone bool) {
		t.Helper()
		var bad *UnsafeError
		db, err := Open(context.Background(), Config{DSN: dsn, Schema: "refused", Alone: alone})
		if err == nil {
			db.Close()
		}
		if !errors.As(err, &bad) || bad.Setting != setting || !strings.Contains(err.Error(), setting) {
			t.Errorf("with %s: %v", setting, err)
		}
	}
	careless := strings.Replace(one.DSN(), "user=parley", "user=careless", 1)
	refused("synchronous_commit", careless, false)
	refused("synchronous_commit", careless, true)
	refused("pg_read_all_stats", strings.Replace(one.DSN(), "user=parley", "user=plain", 1), false)
	for _, setting := range []string{"fsync", "full_page_writes"} {
		for _, alone := range []bool{false, true} {
			_, l := take(t, openDB(t, Config{DSN: one.DSN(), Alone: alone}), id)
			must(t, say(l, "safe"))
			one.Set(setting, "off")
			var bad *UnsafeError
			if err := sayUntilRefused(l); !errors.As(err, &bad) || bad.Setting != setting {
				t.Errorf("an append with %s off: %v", setting, err)
			}
			refused(setting, one.DSN(), alone)
			one.Set(setting, "on")
		}
	}
}

// sayUntilRefused appends until the server has told the session of l what
// was changed: a reload reaches open sessions one by one.
func sayUntilRefused(l *logbook.Log) error {
	for range 1000 {
		if err := say(l, "x"); err != nil {
			return err
		}
	}
	return nil
}

func foreignSchema(t *testing.T, one *pgtest.Server) {
	one.Exec("CREATE SCHEMA foreign_one", "CREATE SCHEMA newer", "CREATE TABLE newer.format (version int)", "INSERT INTO newer.format VALUES (2)")
	for schema, want := range map[string]string{"foreign_one": "isn't Parley's", "newer": "use the Parley that wrote it"} {
		_, err := Open(context.Background(), Config{DSN: one.DSN(), Schema: schema})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("schema %s: %v", schema, err)
		}
	}
	if _, err := Open(context.Background(), Config{DSN: one.DSN(), Standbys: -1}); err == nil {
		t.Error("took -1 standbys")
	}
}

// unnamed: with no names, or a star, PostgreSQL commits at once or by any
// receiver's word; failover tools write both when no standby lives.
func unnamed(t *testing.T, one *pgtest.Server) {
	db := openDB(t, Config{DSN: one.DSN(), Patience: 2 * time.Second})
	for value, want := range map[string]string{"": "is empty", "*": "has a *"} {
		_, l := take(t, db, id)
		must(t, say(l, "named"))
		one.Set("synchronous_standby_names", value)
		var unknown *UnknownError
		err := sayUntilRefused(l)
		// The change may fall between the commit and the look at the standbys:
		// then none is seen, and the answer is the same in other words.
		const unseen = "no synchronous standby was seen"
		if !errors.As(err, &unknown) || !unknown.Committed || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), unseen) {
			t.Errorf("an append with names %q: %v", value, err)
		}
		one.Set("synchronous_standby_names", "two")
	}
	one.WaitSync("two")
}
