package logbook

import (
	"errors"
	"fmt"
	"testing"

	"parley/record"
	"parley/utc"
)

func utcTime(ms int64) utc.Time { return utc.Time(ms) }

var errDisk = errors.New("the disk said no")

// faulty fails one write: the at-th, counted over all its life. done says
// whether the write is done all the same before it is reported as lost.
type faulty struct {
	*Memory
	at, seen int
	done     bool
}

func (f *faulty) write(do func() error) error {
	f.seen++
	if f.seen != f.at {
		return do()
	}
	if f.done {
		if err := do(); err != nil {
			return err
		}
	}
	return errDisk
}

func (f *faulty) Append(b Batch) error { return f.write(func() error { return f.Memory.Append(b) }) }
func (f *faulty) AddNote(size uint64, n []byte) error {
	return f.write(func() error { return f.Memory.AddNote(size, n) })
}

// world is an author and a mirror with failing disks, and everything that
// ever left the package: what the outside may hold them to.
type world struct {
	t             *testing.T
	ownDisk, disk *faulty
	own, copy     *Log
	acked         [][]byte // entries whose Append said "durable", or was found done after reopening
	left          map[uint64]record.Hash
	reopened      int
}

// reopen is what the node does after *ReopenError: load, and believe the disk.
func (w *world) reopen(err error) {
	var again *ReopenError
	if !errors.As(err, &again) || !errors.Is(err, errDisk) {
		w.t.Fatalf("want *ReopenError, have %v", err)
	}
	for _, l := range []*Log{w.own, w.copy} {
		if l.Broken() == nil {
			continue
		}
		// A broken log signs and takes nothing.
		if _, err := l.Append(leaves("x"), author); !errors.As(err, &again) {
			w.t.Fatalf("a broken log appended: %v", err)
		}
		if _, err := l.Accept(0, nil, l.Note(), author.Public()); !errors.As(err, &again) {
			w.t.Fatalf("a broken log accepted: %v", err)
		}
		if _, err := l.Receipt(1, mirror, "RU/mirror", 1537209600000); !errors.As(err, &again) {
			w.t.Fatalf("a broken log receipted: %v", err)
		}
		if _, err := l.AddReceipt(1, nil, "RU/mirror", mirror.Public()); !errors.As(err, &again) {
			w.t.Fatalf("a broken log took a receipt: %v", err)
		}
		if err := l.Judge(nil, author.Public()); !errors.As(err, &again) {
			w.t.Fatalf("a broken log judged: %v", err)
		}
	}
	w.reopened++
	w.own, w.copy = openMem(w.t, w.ownDisk), openMem(w.t, w.disk)
}

// publish notes a head that leaves the package: of one size, one root, for ever.
func (w *world) publish(note []byte) {
	c, err := ParseCheckpoint(note)
	must(w.t, err)
	if was, ok := w.left[c.Size]; ok && was != c.Root {
		w.t.Fatalf("two signed heads of size %d have left", c.Size)
	}
	w.left[c.Size] = c.Root
}

func (w *world) round(i int) {
	batch := leaves(fmt.Sprint("entry ", i), fmt.Sprint("second of ", i))
	size := w.own.Size()
	if _, err := w.own.Append(batch, author); err != nil {
		w.reopen(err)
		if w.own.Size() == size {
			// Lost: the node may say something else now. Nobody has seen the
			// first signature, so this is no fork.
			batch = leaves(fmt.Sprint("another entry ", i))
			_, err := w.own.Append(batch, author)
			must(w.t, err)
		}
	}
	w.acked = append(w.acked, batch...)
	es, note, err := w.own.BatchFrom(w.copy.Size())
	must(w.t, err)
	w.publish(note)
	if _, err := w.copy.Accept(w.copy.Size(), es, note, author.Public()); err != nil {
		w.reopen(err)
		from := w.own.Size() - uint64(len(es))
		if _, err := w.copy.Accept(from, es, note, author.Public()); err != nil {
			w.t.Fatalf("offered again: %v", err)
		}
	}
	line, err := w.copy.Receipt(w.own.Size(), mirror, "RU/mirror", utc.Time(1537209600000+1000*i))
	must(w.t, err)
	if _, err := w.own.AddReceipt(w.own.Size(), line, "RU/mirror", mirror.Public()); err != nil {
		w.reopen(err)
		if _, err := w.own.AddReceipt(w.own.Size(), line, "RU/mirror", mirror.Public()); err != nil {
			w.t.Fatalf("receipted again: %v", err)
		}
	}
}

// Every write of an author and of a mirror fails once, in both forms: lost, and
// done but reported lost. Whatever happens, no two heads of one size leave, and
// what was acknowledged is in both logs, in order, receipted.
func TestEveryWriteMayFailInBothForms(t *testing.T) {
	const rounds = 6
	fails := 0
	for _, done := range []bool{false, true} {
		for at := 0; at <= 2*rounds; at++ {
			for _, mirrors := range []bool{false, true} {
				w := &world{t: t, left: map[uint64]record.Hash{},
					ownDisk: &faulty{Memory: NewMemory(), done: done}, disk: &faulty{Memory: NewMemory(), done: done}}
				if mirrors {
					w.disk.at = at
				} else {
					w.ownDisk.at = at
				}
				w.own, w.copy = openMem(t, w.ownDisk), openMem(t, w.disk)
				for i := range rounds {
					w.round(i)
				}
				fails += w.reopened
				for _, l := range []*Log{w.own, w.copy} {
					got, err := l.EntryRange(0, l.Size(), 1<<30)
					must(t, err)
					if fmt.Sprintf("%s", got) != fmt.Sprintf("%s", w.acked) {
						t.Fatalf("done %v, write %d: holds %s, acknowledged %s", done, at, got, w.acked)
					}
					must(t, l.CheckAll())
				}
				if w.own.Receipts()["RU/mirror"] != w.own.Size() {
					t.Fatalf("done %v, write %d: receipted %v of %d", done, at, w.own.Receipts(), w.own.Size())
				}
			}
		}
	}
	if fails != 2*(2*rounds+rounds) {
		t.Fatalf("%d writes failed", fails)
	}
}

// brokenReads fails reading at any moment; that breaks no log.
type brokenReads struct {
	*Memory
	fail bool
}

func (b *brokenReads) Note(size uint64) ([]byte, error) {
	if b.fail {
		return nil, errDisk
	}
	return b.Memory.Note(size)
}

func (b *brokenReads) Entries(from, to uint64, max int) ([][]byte, error) {
	if b.fail {
		return nil, errDisk
	}
	return b.Memory.Entries(from, to, max)
}

func TestAReadThatFailsIsAnErrorAndBreaksNothing(t *testing.T) {
	s := &brokenReads{Memory: NewMemory()}
	l := openMem(t, s)
	say(t, l, "a")
	say(t, l, "b")
	s.fail = true
	if _, err := l.Receipt(1, mirror, "RU/mirror", 1537209600000); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	if _, _, err := l.BatchFrom(0); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	if _, err := Open(testID, s, author.Public()); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	s.fail = false
	if _, err := l.Receipt(1, mirror, "RU/mirror", 1537209600000); err != nil || l.Broken() != nil {
		t.Fatal(err, l.Broken())
	}
}
