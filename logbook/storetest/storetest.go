// Package storetest is what every driver of logbook.Store must do, as tests.
// A driver's own test file calls Run with a way to open a store in a folder;
// opening the same folder again, after Close, must give what was durable.
package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// Open opens the store of a folder, creating it when there is none.
type Open func(t testing.TB, folder string) logbook.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		f    func(*testing.T, Open)
	}{
		{"an empty store holds nothing", empty},
		{"what was appended is read back, also after a restart", appended},
		{"a batch that does not join on changes nothing", unjoined},
		{"receipts are kept beside their checkpoint, also after a restart", receipts},
		{"entries come in order, bounded by bytes", bounded},
		{"hashes come in the order asked for", hashes},
		{"checkpoints come ascending from a size on", notesFrom},
		{"the largest batch is taken whole", largest},
		{"the caller's buffers stay the caller's", aliasing},
		{"a long random life equals the model's", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, open) })
	}
}

var (
	author = party.NewSigner([32]byte{1})
	mirror = party.NewSigner([32]byte{2})
	id     = logbook.ID{Line: record.LineID{9}, Party: "IL", Lane: record.Urgent, Incarnation: 1}
)

// capture is a store that keeps the last batch it was given.
type capture struct {
	*logbook.Memory
	batch logbook.Batch
}

func (c *capture) Append(b logbook.Batch) error {
	c.batch = b
	return c.Memory.Append(b)
}

// book is a real log over a Memory: it makes true batches and is the model.
type book struct {
	t   testing.TB
	mem *capture
	log *logbook.Log
}

func newBook(t testing.TB) *book {
	mem := &capture{Memory: logbook.NewMemory()}
	l, err := logbook.Open(id, mem, author.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &book{t: t, mem: mem, log: l}
}

func (b *book) batch(entries ...[]byte) logbook.Batch {
	b.t.Helper()
	if _, err := b.log.Append(entries, author); err != nil {
		b.t.Fatal(err)
	}
	return b.mem.batch
}

// receipted gives the note of a size with a receipt added.
func (b *book) receipted(size uint64, name string) []byte {
	b.t.Helper()
	line, err := b.log.Receipt(size, mirror, name, 1537209600000)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.log.AddReceipt(size, line, name, mirror.Public()); err != nil {
		b.t.Fatal(err)
	}
	n, err := b.log.NoteAt(size)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same holds everything a store says against the model.
func same(t testing.TB, s, want logbook.Store) {
	t.Helper()
	a, err := s.Load()
	do(t, err)
	b, err := want.Load()
	do(t, err)
	if a.Size != b.Size || !bytes.Equal(a.Note, b.Note) || !maps.Equal(a.Receipts, b.Receipts) {
		t.Fatalf("state\n%d %q %v, want\n%d %q %v", a.Size, a.Note, a.Receipts, b.Size, b.Note, b.Receipts)
	}
	ae, err := s.Entries(0, a.Size, 1<<30)
	do(t, err)
	be, _ := want.Entries(0, b.Size, 1<<30)
	if !slices.EqualFunc(ae, be, bytes.Equal) {
		t.Fatal("entries differ")
	}
	var idx []int64
	for i := range tlog.StoredHashIndex(0, int64(a.Size)) {
		idx = append(idx, i)
	}
	ah, err := s.Hashes(idx)
	do(t, err)
	bh, _ := want.Hashes(idx)
	if !slices.Equal(ah, bh) {
		t.Fatal("hashes differ")
	}
	an, err := s.NotesFrom(0, 1<<20)
	do(t, err)
	bn, _ := want.NotesFrom(0, 1<<20)
	if !slices.EqualFunc(an, bn, func(a, b logbook.NoteAt) bool { return a.Size == b.Size && bytes.Equal(a.Note, b.Note) }) {
		t.Fatal("checkpoints differ")
	}
}

func empty(t *testing.T, open Open) {
	dir := t.TempDir()
	for range 2 {
		s := open(t, dir)
		st, err := s.Load()
		do(t, err)
		if st.Size != 0 || st.Note != nil || len(st.Receipts) != 0 {
			t.Fatalf("state %+v", st)
		}
		if n, err := s.Note(0); n != nil || err != nil {
			t.Fatal(n, err)
		}
		if ns, err := s.NotesFrom(0, 10); len(ns) != 0 || err != nil {
			t.Fatal(ns, err)
		}
		if es, err := s.Entries(0, 0, 100); len(es) != 0 || err != nil {
			t.Fatal(es, err)
		}
		do(t, s.Close())
	}
}

func appended(t *testing.T, open Open) {
	dir := t.TempDir()
	b := newBook(t)
	for i := range 5 {
		s := open(t, dir)
		do(t, s.Append(b.batch([]byte{byte(i)}, nil, []byte("an entry"))))
		same(t, s, b.mem)
		do(t, s.Close())
		s = open(t, dir)
		same(t, s, b.mem)
		l, err := logbook.Open(id, s, author.Public())
		do(t, err)
		do(t, l.CheckAll())
		do(t, s.Close())
	}
}

func unjoined(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	defer s.Close()
	b := newBook(t)
	first := b.batch([]byte("a"), []byte("b"))
	second := b.batch([]byte("c"))
	if s.Append(second) == nil {
		t.Fatal("took a batch that begins after the end")
	}
	do(t, s.Append(first))
	if s.Append(first) == nil {
		t.Fatal("took a batch twice")
	}
	for what, spoil := range map[string]func(*logbook.Batch){
		"no entries":      func(b *logbook.Batch) { b.Entries, b.Hashes = nil, nil },
		"a hash too few":  func(b *logbook.Batch) { b.Hashes = b.Hashes[:len(b.Hashes)-1] },
		"a hash too many": func(b *logbook.Batch) { b.Hashes = append(slices.Clone(b.Hashes), tlog.Hash{}) },
		"no checkpoint":   func(b *logbook.Batch) { b.Note = nil },
		"a long note":     func(b *logbook.Batch) { b.Note = make([]byte, logbook.MaxNote+1) },
		"another place":   func(b *logbook.Batch) { b.From = 1<<63 + 2 },
	} {
		bad := second
		spoil(&bad)
		if s.Append(bad) == nil {
			t.Fatalf("took a batch with %s", what)
		}
	}
	do(t, s.Append(second))
	same(t, s, b.mem)
	long := b.batch([]byte("d")) // a store looks into no note: the longest is taken
	long.Note = bytes.Repeat([]byte("n"), logbook.MaxNote)
	do(t, s.Append(long))
	if n, err := s.Note(4); err != nil || !bytes.Equal(n, long.Note) {
		t.Fatalf("the longest note came back with %d bytes, %v", len(n), err)
	}
}

func receipts(t *testing.T, open Open) {
	dir := t.TempDir()
	s := open(t, dir)
	b := newBook(t)
	do(t, s.Append(b.batch([]byte("a"))))
	do(t, s.Append(b.batch([]byte("b"), []byte("c"))))
	if s.AddNote(2, []byte("x")) == nil {
		t.Fatal("took a receipt on a size without checkpoint")
	}
	if s.AddNote(1<<63+1, []byte("x")) == nil || s.AddNote(0, []byte("x")) == nil {
		t.Fatal("took a receipt on a size that no log has")
	}
	do(t, s.AddNote(3, b.receipted(3, "RU/mirror")))
	do(t, s.AddNote(1, b.receipted(1, "RU/mirror"))) // older, later: the largest stays
	do(t, s.AddNote(1, b.receipted(1, "UN/mirror")))
	same(t, s, b.mem)
	do(t, s.Close())
	s = open(t, dir)
	defer s.Close()
	same(t, s, b.mem)
	st, err := s.Load()
	do(t, err)
	if want := map[string]uint64{"RU/mirror": 3, "UN/mirror": 1}; !maps.Equal(st.Receipts, want) {
		t.Fatalf("receipts %v, want %v", st.Receipts, want)
	}
	if n, _ := s.Note(2); n != nil {
		t.Fatal("a checkpoint appeared")
	}
}

func bounded(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	defer s.Close()
	b := newBook(t)
	do(t, s.Append(b.batch([]byte("aaaa"), []byte("bbbb"), nil, []byte("cc"))))
	for _, c := range []struct {
		from, to uint64
		max      int
		want     string
	}{
		{0, 4, 100, "[aaaa bbbb  cc]"},
		{0, 4, 10, "[aaaa bbbb  cc]"},
		{0, 4, 9, "[aaaa bbbb ]"},
		{0, 4, 8, "[aaaa bbbb ]"},
		{0, 4, 7, "[aaaa]"},
		{0, 4, 1, "[aaaa]"}, // at least one
		{1, 3, 100, "[bbbb ]"},
		{4, 4, 100, "[]"},
		{1, 4, 0, "[bbbb]"},
		{1, 4, -1, "[bbbb]"},
		{2, 4, 0, "[]"}, // one entry, the empty one
	} {
		es, err := s.Entries(c.from, c.to, c.max)
		do(t, err)
		if got := fmt.Sprintf("%s", es); got != c.want || c.from < c.to && len(es) == 0 {
			t.Errorf("entries %d to %d within %d bytes: %s, want %s", c.from, c.to, c.max, got, c.want)
		}
	}
	for _, r := range [][2]uint64{{0, 5}, {4, 5}, {3, 2}, {1 << 63, 1<<63 + 1}} {
		if es, err := s.Entries(r[0], r[1], 100); err == nil {
			t.Errorf("entries %d to %d: %s, want an error", r[0], r[1], es)
		}
	}
}

func hashes(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	defer s.Close()
	b := newBook(t)
	do(t, s.Append(b.batch([]byte("a"), []byte("b"))))
	h, err := s.Hashes([]int64{2, 0, 2, 1})
	do(t, err)
	ha, hb := tlog.RecordHash([]byte("a")), tlog.RecordHash([]byte("b"))
	if want := []tlog.Hash{tlog.NodeHash(ha, hb), ha, tlog.NodeHash(ha, hb), hb}; !slices.Equal(h, want) {
		t.Fatalf("hashes %v, want %v", h, want)
	}
	for _, x := range []int64{-1, 3} {
		if _, err := s.Hashes([]int64{0, x}); err == nil {
			t.Errorf("hash %d was found", x)
		}
	}
}

func notesFrom(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	defer s.Close()
	b := newBook(t)
	for i := range 5 {
		do(t, s.Append(b.batch([]byte{byte(i)}, []byte{byte(i)})))
	}
	for _, c := range []struct {
		from uint64
		max  int
		want []uint64
	}{
		{0, 100, []uint64{2, 4, 6, 8, 10}}, {4, 2, []uint64{4, 6}}, {5, 1, []uint64{6}}, {11, 5, nil}, {0, 0, nil},
		{0, -1, nil}, {10, 1, []uint64{10}}, {logbook.MaxSize, 5, nil}, {1 << 63, 5, nil}, {1<<64 - 1, 5, nil},
	} {
		ns, err := s.NotesFrom(c.from, c.max)
		do(t, err)
		var got []uint64
		for _, n := range ns {
			got = append(got, n.Size)
			if one, _ := s.Note(n.Size); !bytes.Equal(one, n.Note) {
				t.Errorf("checkpoint %d differs by the way it is read", n.Size)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d checkpoints from %d: %v, want %v", c.max, c.from, got, c.want)
		}
	}
}

func largest(t *testing.T, open Open) {
	dir := t.TempDir()
	s := open(t, dir)
	b := newBook(t)
	var es [][]byte
	for i := range logbook.MaxBatchEntries {
		es = append(es, bytes.Repeat([]byte{byte(i)}, logbook.MaxBatchBytes/logbook.MaxBatchEntries))
	}
	do(t, s.Append(b.batch(es...)))
	do(t, s.Append(b.batch(bytes.Repeat([]byte{0xff}, logbook.MaxLeaf))))
	do(t, s.Close())
	s = open(t, dir)
	defer s.Close()
	same(t, s, b.mem)
}

func aliasing(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	defer s.Close()
	b := newBook(t)
	buf := []byte("first")
	batch := b.batch(buf)
	batch.Entries = [][]byte{buf}
	do(t, s.Append(batch))
	copy(buf, "spoil")
	got, err := s.Entries(0, 1, 100)
	do(t, err)
	copy(got[0], "SPOIL")
	st, err := s.Load()
	do(t, err)
	copy(st.Note, "SPOIL")
	same(t, s, b.mem)
}

func model(t *testing.T, open Open) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	s := open(t, dir)
	b := newBook(t)
	for range 120 {
		switch k := r.IntN(10); {
		case k < 6:
			es := make([][]byte, 1+r.IntN(9))
			for i := range es {
				es[i] = make([]byte, r.IntN(200))
				for j := range es[i] {
					es[i][j] = byte(r.Uint32())
				}
			}
			do(t, s.Append(b.batch(es...)))
		case k < 9:
			ns, _ := b.mem.NotesFrom(0, 1<<20)
			if len(ns) == 0 {
				continue
			}
			n := ns[r.IntN(len(ns))]
			do(t, s.AddNote(n.Size, b.receipted(n.Size, []string{"RU/mirror", "SY/mirror"}[r.IntN(2)])))
		default:
			do(t, s.Close())
			s = open(t, dir)
		}
	}
	same(t, s, b.mem)
	do(t, s.Close())
}
