package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// plainLog is what a log should be, written down without a tree: a list of
// entries, the sizes at which it was signed, and who has receipted which.
type plainLog struct {
	entries  [][]byte
	signed   []uint64
	receipts map[uint64][]string // names by size, ascending
}

func (p *plainLog) size() uint64 { return uint64(len(p.entries)) }

func (p *plainLog) add(es [][]byte) {
	for _, e := range es {
		p.entries = append(p.entries, bytes.Clone(e))
	}
	p.signed = append(p.signed, p.size())
}

func (p *plainLog) receipt(size uint64, name string) {
	if !slices.Contains(p.receipts[size], name) {
		p.receipts[size] = append(p.receipts[size], name)
		slices.Sort(p.receipts[size])
	}
}

// largest gives what Receipts should: the largest size each name has signed.
func (p *plainLog) largest() map[string]uint64 {
	out := map[string]uint64{}
	for size, names := range p.receipts {
		for _, n := range names {
			out[n] = max(out[n], size)
		}
	}
	return out
}

// holder is one party's copy with a disk that may fail once, and its model.
type holder struct {
	disk  *faulty
	log   *Log
	model plainLog
}

func newHolder() *holder {
	return &holder{disk: &faulty{Memory: NewMemory()}, model: plainLog{receipts: map[uint64][]string{}}}
}

// life is three parties with one log: IL writes it, RU has it from IL, SY has
// it from RU: a mirror of a mirror.
type life struct {
	key        party.Signer
	older      []party.Key
	il, ru, sy *holder
	clock      utc.Time
	n          int
}

func (w *life) holders() []*holder { return []*holder{w.il, w.ru, w.sy} }

// fail arms the disk of h: its next write is lost, or done and reported lost.
func fail(h *holder, done bool) { h.disk.at, h.disk.done = h.disk.seen+1, done }

// write does one thing that writes; did is called when the disk really holds it.
func (w *life) write(t *rapid.T, h *holder, what string, f func() error, did func()) {
	err := f()
	var again *ReopenError
	switch {
	case err == nil:
		did()
	case errors.As(err, &again):
		if h.log.Broken() != again {
			t.Fatalf("%s: the log says %v, Broken %v", what, err, h.log.Broken())
		}
		if h.disk.done {
			did()
		}
		w.open(t, h)
	default:
		t.Fatalf("%s: %v", what, err)
	}
}

func (w *life) open(t *rapid.T, h *holder) {
	l, err := Open(testID, h.disk, w.keyOf(h))
	if err != nil {
		t.Fatal(err)
	}
	h.log = l
}

// keyOf gives the key that h's newest entry stands under, as the charter says.
func (w *life) keyOf(h *holder) party.Key {
	c, err := ParseCheckpoint(h.disk.lastNote())
	if err != nil {
		return w.key.Public()
	}
	for _, k := range append([]party.Key{w.key.Public()}, w.older...) {
		if c.Verify(testID, k) == nil {
			return k
		}
	}
	return party.Key{}
}

func (f *faulty) lastNote() []byte {
	st, _ := f.Memory.Load()
	return st.Note
}

func (w *life) say(t *rapid.T) {
	var es [][]byte
	for range rapid.IntRange(1, 5).Draw(t, "entries") {
		w.n++
		es = append(es, fmt.Appendf(nil, "entry %d%s", w.n, rapid.SampledFrom([]string{"", "\x00", "ש"}).Draw(t, "more")))
	}
	if w.il.log.Key() != w.key.Public() {
		w.il.log.Rekey(w.key.Public())
	}
	w.write(t, w.il, "append", func() error { _, err := w.il.log.Append(es, w.key); return err }, func() { w.il.model.add(es) })
}

// pull brings to everything that from offers next, maybe with a few entries
// before it once more.
func (w *life) pull(t *rapid.T, from, to *holder) {
	have := to.model.size()
	back := min(have, rapid.Uint64Range(0, 3).Draw(t, "overlap"))
	es, note, err := from.log.BatchFrom(have)
	if err != nil {
		t.Fatal(err)
	}
	if note == nil {
		if have < from.model.size() {
			t.Fatalf("nothing offered after %d of %d", have, from.model.size())
		}
		return
	}
	c, err := ParseCheckpoint(note)
	if err != nil || !slices.Contains(from.model.signed, c.Size) || c.Size != have+uint64(len(es)) {
		t.Fatalf("offered %d entries after %d under %q, %v", len(es), have, note, err)
	}
	es = append(slices.Clone(from.model.entries[have-back:have]), es...)
	key := w.key.Public()
	for _, k := range w.older {
		if c.Verify(testID, k) == nil {
			key = k
		}
	}
	w.write(t, to, "accept", func() error {
		added, err := to.log.Accept(have-back, es, note, key)
		if err == nil && added != len(es)-int(back) {
			t.Fatalf("added %d of %d", added, len(es)-int(back))
		}
		return err
	}, func() { to.model.add(es[back:]) })
}

// receipt lets a mirror sign any checkpoint that it stores, and brings it to
// whoever holds the same checkpoint.
func (w *life) receipt(t *rapid.T, by, to *holder, name string, s party.Signer) {
	if len(by.model.signed) == 0 {
		return
	}
	size := rapid.SampledFrom(by.model.signed).Draw(t, "size")
	w.clock += 1000
	line, err := by.log.Receipt(size, s, name, w.clock)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(to.model.signed, size) {
		var sig *SignatureError
		if added, err := to.log.AddReceipt(size, line, name, s.Public()); added || !errors.As(err, &sig) {
			t.Fatalf("took a receipt on a size that it doesn't hold: %v", err)
		}
		return
	}
	first := !slices.Contains(to.model.receipts[size], name)
	w.write(t, to, "receipt", func() error {
		added, err := to.log.AddReceipt(size, line, name, s.Public())
		if err == nil && added != first {
			t.Fatalf("receipt on %d: added %v, want %v", size, added, first)
		}
		return err
	}, func() { to.model.receipt(size, name) })
}

// lie offers a signed checkpoint of another history. Nothing may change.
func (w *life) lie(t *rapid.T, h *holder) {
	size := h.model.size()
	if size == 0 {
		return
	}
	at := rapid.Uint64Range(1, size+2).Draw(t, "size of the lie")
	forged, err := Checkpoint{Origin: testID.Origin(), Size: at, Root: record.Hash{9}}.sign(LogSigner(testID, w.key))
	if err != nil {
		t.Fatal(err)
	}
	var es [][]byte
	for i := size; i < at; i++ {
		es = append(es, []byte("never said"))
	}
	var fork *ForkError
	if _, err := h.log.Accept(size, es, forged.Marshal(), w.key.Public()); !errors.As(err, &fork) || fork.Proven != (at <= size) {
		t.Fatalf("a lie at %d of %d: %v", at, size, err)
	}
	if err := h.log.Judge(forged.Marshal(), w.key.Public()); (err == nil) != (at > size) {
		t.Fatalf("a lie at %d of %d is judged %v", at, size, err)
	}
}

// check holds a log against its model.
func (w *life) check(t *rapid.T, name string, h *holder) {
	l, m := h.log, &h.model
	if l.Size() != m.size() || l.Head() != testID.Head(m.size(), record.Hash(mth(m.entries))) {
		t.Fatalf("%s: head %+v, want %d and %x", name, l.Head(), m.size(), mth(m.entries))
	}
	got, err := l.EntryRange(0, l.Size(), 1<<30)
	if err != nil || !slices.EqualFunc(got, m.entries, bytes.Equal) {
		t.Fatalf("%s: entries %q, %v, want %q", name, got, err, m.entries)
	}
	if !maps.Equal(l.Receipts(), m.largest()) {
		t.Fatalf("%s: receipts %v, want %v", name, l.Receipts(), m.largest())
	}
	notes, err := l.NotesFrom(0, 1<<20)
	if err != nil || len(notes) != len(m.signed) {
		t.Fatalf("%s: %d checkpoints, %v, want %v", name, len(notes), err, m.signed)
	}
	for i, n := range notes {
		c, err := ParseCheckpoint(n.Note)
		if err != nil || n.Size != m.signed[i] || c.Size != n.Size || c.Root != record.Hash(mth(m.entries[:n.Size])) {
			t.Fatalf("%s: checkpoint %d: %q, %v", name, m.signed[i], n.Note, err)
		}
		var names []string
		for _, r := range c.Receipts() {
			names = append(names, r.Name)
		}
		if !slices.Equal(names, m.receipts[n.Size]) || len(c.Sigs) != 1+len(names) {
			t.Fatalf("%s: checkpoint %d is signed by %v, want %v", name, n.Size, c.Sigs, m.receipts[n.Size])
		}
	}
	if err := l.CheckAll(append(w.older, w.key.Public())...); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A log, its mirror and the mirror's mirror live a long random life: words,
// catching up, receipts on any size, lies, new keys, restarts, and disks that
// fail in both forms. After each step each of the three is what a plain list
// with the RFC's own hashing says.
func TestALongLifeOfALogAndItsMirrorsIsThatOfAPlainList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &life{key: author, il: newHolder(), ru: newHolder(), sy: newHolder(), clock: 1537209540000}
		for _, h := range w.holders() {
			w.open(t, h)
		}
		anyone := rapid.SampledFrom(w.holders())
		t.Repeat(map[string]func(*rapid.T){
			"say":        func(t *rapid.T) { w.say(t) },
			"RU pulls":   func(t *rapid.T) { w.pull(t, w.il, w.ru) },
			"SY pulls":   func(t *rapid.T) { w.pull(t, w.ru, w.sy) },
			"RU signs":   func(t *rapid.T) { w.receipt(t, w.ru, w.il, "RU/mirror", mirror) },
			"SY signs":   func(t *rapid.T) { w.receipt(t, w.sy, w.il, "SY/mirror", rogue) },
			"SY to RU":   func(t *rapid.T) { w.receipt(t, w.sy, w.ru, "SY/mirror", rogue) },
			"lie":        func(t *rapid.T) { w.lie(t, anyone.Draw(t, "to")) },
			"restart":    func(t *rapid.T) { w.open(t, anyone.Draw(t, "who")) },
			"disk fails": func(t *rapid.T) { fail(anyone.Draw(t, "whose"), rapid.Bool().Draw(t, "done")) },
			"new key": func(t *rapid.T) {
				w.older = append(w.older, w.key.Public())
				w.key = party.NewSigner([32]byte{0xee, byte(len(w.older))})
			},
			"": func(t *rapid.T) {
				w.check(t, "IL", w.il)
				w.check(t, "RU", w.ru)
				w.check(t, "SY", w.sy)
			},
		})
	})
}
