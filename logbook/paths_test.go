package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"parley/party"
	"parley/record"
)

// tiler serves tiles as C2SP tlog-tiles has them, cut from what a store holds,
// and counts them.
type tiler struct {
	height int
	data   map[tlog.Tile][]byte
	read   int
}

func (s *tiler) Height() int                     { return s.height }
func (s *tiler) SaveTiles([]tlog.Tile, [][]byte) {}
func (s *tiler) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, x := range tiles {
		b, ok := s.data[x]
		if !ok {
			return nil, fmt.Errorf("no tile %s", x.Path())
		}
		s.read++
		out = append(out, b)
	}
	return out, nil
}

// The hashes lie as C2SP tiles are cut from: tiles written batch by batch hold
// the hashes of complete subtrees, and a reader with nothing but tiles and the
// signed head proves every entry and every older head.
func TestAReaderOfTilesProvesEveryEntryUnderTheSignedHead(t *testing.T) {
	for _, height := range []int{8, 2} { // 8 is C2SP's; 2 makes many levels of few entries
		mem := NewMemory()
		l := openMem(t, mem)
		s := &tiler{height: height, data: map[tlog.Tile][]byte{}}
		var all [][]byte
		roots := map[int64]tlog.Hash{}
		for i, n := range []int{1, 2, 61, 1, 191, 1, 255, 88, 4} {
			var batch [][]byte
			for j := range n {
				batch = append(batch, fmt.Appendf(nil, "entry %d of batch %d", j, i))
			}
			_, err := l.Append(batch, author)
			must(t, err)
			for _, tile := range tlog.NewTiles(height, int64(len(all)), int64(len(all)+n)) {
				b, err := tlog.ReadTileData(tile, tlog.HashReaderFunc(mem.Hashes))
				must(t, err)
				s.data[tile] = b
			}
			all = append(all, batch...)
			roots[int64(len(all))] = tlog.Hash(mth(all))
		}
		for tile, b := range s.data { // every hash is the root of the entries under it
			for i := range tile.W {
				span := int64(1) << (tile.L * height)
				lo := (tile.N<<height + int64(i)) * span
				if want := mth(all[lo : lo+span]); !bytes.Equal(b[32*i:32*i+32], want[:]) {
					t.Fatalf("tile %s: hash %d is not the root of entries %d to %d", tile.Path(), i, lo, lo+span)
				}
			}
		}
		c, err := ParseCheckpoint(l.Note())
		must(t, err)
		tree := tlog.Tree{N: int64(c.Size), Hash: tlog.Hash(c.Root)}
		r := tlog.TileHashReader(tree, s)
		for i, e := range all {
			p, err := tlog.ProveRecord(tree.N, int64(i), r)
			must(t, err)
			must(t, tlog.CheckRecord(p, tree.N, tree.Hash, int64(i), tlog.RecordHash(e)))
			ours, err := l.ProveInclusion(uint64(i), c.Size)
			must(t, err)
			if !slices.Equal(ours, p) {
				t.Fatalf("entry %d: the log proves it otherwise than its tiles", i)
			}
		}
		for old, root := range roots {
			p, err := tlog.ProveTree(tree.N, old, r)
			must(t, err)
			must(t, tlog.CheckTree(p, tree.N, tree.Hash, old, root))
		}
		for tile := range s.data { // one byte, and the reader of tiles finds it
			if tile.L != 0 || tile.N != 0 || tile.W != 1<<height {
				continue
			}
			s.data[tile] = append([]byte{s.data[tile][0] ^ 1}, s.data[tile][1:]...)
			if _, err := tlog.ProveRecord(tree.N, 0, tlog.TileHashReader(tree, s)); err == nil {
				t.Errorf("a changed tile %s proves", tile.Path())
			}
		}
		if s.read == 0 {
			t.Error("no tile was read")
		}
	}
}

// Proofs are given for what is there, in all pairs of a small log, and refused
// with words for what is not.
func TestProofsOfEveryPairAndOfNothingElse(t *testing.T) {
	const n = 19
	l := openMem(t, NewMemory())
	var all [][]byte
	for i := range n {
		say(t, l, fmt.Sprint("entry ", i))
		all = append(all, fmt.Appendf(nil, "entry %d", i))
	}
	for size := uint64(0); size <= n+2; size++ {
		root, err := l.RootAt(size)
		if size > n {
			wants(t, err, fmt.Sprintf("at size %d: it holds %d", size, n))
		} else if err != nil || root != record.Hash(mth(all[:size])) {
			t.Fatalf("root at %d: %v", size, err)
		}
		for i := uint64(0); i <= n+2; i++ {
			inc, err := l.ProveInclusion(i, size)
			if i >= size || size > n {
				wants(t, err, fmt.Sprintf("couldn't prove entry %d of IL/urgent at size %d: it holds %d", i, size, n))
			} else if err != nil || tlog.CheckRecord(inc, int64(size), tlog.Hash(root), int64(i), tlog.RecordHash(all[i])) != nil {
				t.Fatalf("entry %d at size %d: %v", i, size, err)
			}
			con, err := l.ProveConsistency(i, size)
			if i < 1 || i > size || size > n {
				wants(t, err, fmt.Sprintf("couldn't prove IL/urgent consistent from size %d to %d: it holds %d", i, size, n))
			} else if err != nil || tlog.CheckTree(con, int64(size), tlog.Hash(root), int64(i), mth(all[:i])) != nil {
				t.Fatalf("from %d to %d: %v", i, size, err)
			}
			es, err := l.EntryRange(i, size, 1<<20)
			if i > size || size > n {
				wants(t, err, fmt.Sprintf("couldn't read entries %d to %d of IL/urgent: it holds %d", i, size, n))
			} else if err != nil || !slices.EqualFunc(es, all[i:size], bytes.Equal) {
				t.Fatalf("entries %d to %d: %q, %v", i, size, es, err)
			}
		}
	}
}

func wants(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("%v, want %q", err, words)
	}
}

// From wherever a mirror stands, also in the middle of a batch, it is offered
// the most that the limits allow, ending at a stored checkpoint, and gets to
// the end; where it stands at the end or beyond there is nothing.
func TestFromAnyPlaceAMirrorIsOfferedTheMostThatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := Open(testID, NewMemory(), author.Public())
		if err != nil {
			t.Fatal(err)
		}
		var all [][]byte
		var ends []uint64
		for range rapid.IntRange(1, 12).Draw(t, "batches") {
			n, size := rapid.SampledFrom([]int{1, 2, 3, 17, 200, 511, 512}).Draw(t, "entries"), rapid.SampledFrom([]int{0, 1, 2048, MaxLeaf}).Draw(t, "bytes")
			for n*size > MaxBatchBytes {
				n /= 2
			}
			batch := slices.Repeat([][]byte{make([]byte, size)}, n)
			if _, err := l.Append(batch, author); err != nil {
				t.Fatal(err)
			}
			all, ends = append(all, batch...), append(ends, l.Size())
		}
		from := rapid.Uint64Range(0, l.Size()+2).Draw(t, "from")
		es, note, err := l.BatchFrom(from)
		if from >= l.Size() {
			if es != nil || note != nil || err != nil {
				t.Fatalf("offered %d entries after the end, %v", len(es), err)
			}
			return
		}
		most := uint64(0)
		for _, end := range ends { // the oracle: the furthest checkpoint within the limits
			sum := 0
			for _, e := range all[from:max(from, end)] {
				sum += len(e)
			}
			if end > from && end-from <= MaxBatchEntries && sum <= MaxBatchBytes {
				most = end
			}
		}
		c, perr := ParseCheckpoint(note)
		if err != nil || perr != nil || c.Size != most || uint64(len(es)) != most-from {
			t.Fatalf("from %d of %v: %d entries under size %d, %v; want up to %d", from, ends, len(es), c.Size, err, most)
		}
	})
}

// lossy is a store that has lost something between two reads, or gives too
// little: whatever it does is an error, never a panic or a wrong root.
type lossy struct {
	*Memory
	noNotes, shortHashes, noEntries bool
}

func (s *lossy) NotesFrom(size uint64, n int) ([]NoteAt, error) {
	if s.noNotes {
		return nil, nil
	}
	return s.Memory.NotesFrom(size, n)
}

func (s *lossy) Hashes(idx []int64) ([]tlog.Hash, error) {
	hs, err := s.Memory.Hashes(idx)
	if s.shortHashes && len(hs) > 0 {
		hs = hs[:len(hs)-1]
	}
	return hs, err
}

func (s *lossy) Entries(from, to uint64, n int) ([][]byte, error) {
	if s.noEntries {
		return nil, nil
	}
	return s.Memory.Entries(from, to, n)
}

func TestAStoreThatGivesTooLittleIsAnErrorNeverAPanic(t *testing.T) {
	s := &lossy{Memory: NewMemory()}
	l := openMem(t, s)
	for i := range 6 {
		say(t, l, fmt.Sprint(i))
	}
	open := func() error { return second(Open(testID, s, author.Public())) }
	s.shortHashes = true
	wants(t, open(), "hashes cannot be read: asked for 2 hashes, got 1")
	wants(t, second(l.RootAt(5)), "asked for 1 hashes, got 0")
	wants(t, l.CheckAll(), "the hash of entry 0 cannot be read")
	if l.Broken() != nil || l.Size() != 6 {
		t.Fatal("a read that gave too little broke the log")
	}
	s.shortHashes, s.noEntries = false, true
	wants(t, open(), "entries 0 to 6 cannot be read")
	wants(t, l.CheckAll(), "entry 0 cannot be read")
	s.noEntries, s.noNotes = false, true
	wants(t, second3(l.BatchFrom(2)), "couldn't send IL/urgent from 2: no checkpoint in the next 4 entries")
	s.noNotes = false
	say(t, l, "on it goes")
	must(t, openMem(t, s).CheckAll())
	if _, err := Open(ID{Party: "IL", Lane: 3, Incarnation: 1}, s, author.Public()); err == nil || !strings.Contains(err.Error(), "lane 3") {
		t.Errorf("opened without a lane: %v", err)
	}
	if _, err := Open(ID{Party: "il", Lane: 1, Incarnation: 1}, s, author.Public()); err == nil || !strings.Contains(err.Error(), "party") {
		t.Errorf("opened without a party: %v", err)
	}
}

func second3[A, B any](_ A, _ B, err error) error { return err }

// What is written last is torn first. Open looks at every one of the newest
// entries up to its bounds, and at sixteen older ones; just what it promises.
func TestOpenLooksAtTheNewestEntriesAndSixteenOlder(t *testing.T) {
	found := func(mem *Memory, i int) bool {
		was := mem.entries[i]
		mem.entries[i] = append([]byte{was[0] ^ 1}, was[1:]...)
		_, err := Open(testID, mem, author.Public())
		mem.entries[i] = was
		var corrupt *CorruptError
		if err != nil && (!errors.As(err, &corrupt) || !strings.Contains(err.Error(), fmt.Sprintf("entry %d ", i))) {
			t.Fatalf("entry %d: %v", i, err)
		}
		return err != nil
	}
	small := NewMemory() // 1600 small entries: bounded by their number
	l := openMem(t, small)
	for i := range 16 {
		say(t, l, slices.Repeat([]string{fmt.Sprint("entry of batch ", i)}, 100)...)
	}
	old := 0
	for i := range small.entries {
		got := found(small, i)
		if i >= 1600-MaxBatchEntries && !got {
			t.Errorf("entry %d of the newest %d is torn, and the log opens", i, MaxBatchEntries)
		}
		if i < 1600-MaxBatchEntries && got {
			old++
		}
	}
	if old != sampled || !found(small, 0) {
		t.Errorf("%d older entries are looked at, want %d with the first", old, sampled)
	}
	large := NewMemory() // 60 large entries: bounded by their bytes
	l = openMem(t, large)
	for range 60 {
		say(t, l, strings.Repeat("x", MaxLeaf))
	}
	old = 0
	for i := range large.entries {
		if got := found(large, i); i >= 60-MaxBatchBytes/MaxLeaf && !got {
			t.Errorf("large entry %d of 60 is torn, and the log opens", i)
		} else if i < 60-MaxBatchBytes/MaxLeaf && got {
			old++
		}
	}
	if old != sampled {
		t.Errorf("%d older large entries are looked at, want %d", old, sampled)
	}
}

// CheckAll finds what Open's samples may miss, wherever it lies, in logs of
// several reads; a true log of two keys passes.
func TestCheckAllReadsEverything(t *testing.T) {
	build := func() (*Memory, *Log) {
		mem := NewMemory()
		l := openMem(t, mem)
		for i := range 600 {
			say(t, l, fmt.Sprint("a", i), fmt.Sprint("b", i), fmt.Sprint("c", i))
		}
		return mem, l
	}
	var mem *Memory
	_, l := build()
	must(t, l.CheckAll())
	for what, c := range map[string]struct {
		spoil func(*Memory)
		want  string
	}{
		"a leaf and its hash": {func(m *Memory) {
			m.entries[777] = []byte("x")
			m.hashes[tlog.StoredHashIndex(0, 777)] = tlog.RecordHash([]byte("x"))
		}, "checkpoint 780 does not sign"},
		"all of a batch's leaves, hashed": {func(m *Memory) {
			m.entries[1799] = []byte("x")
			m.hashes[tlog.StoredHashIndex(0, 1799)] = tlog.RecordHash([]byte("x"))
		}, "checkpoint 1800 does not sign"},
		"the checkpoint of the batch before":  {func(m *Memory) { m.notes[300].Note = m.notes[299].Note }, "checkpoint 903 does not sign"},
		"a checkpoint by nobody":              {func(m *Memory) { m.notes[299].Note = forgedBy(t, m.notes[299].Note, rogue) }, "checkpoint 900: no signature by the log's key"},
		"a checkpoint of another size's root": {func(m *Memory) { m.notes[10].Note = sameRoot(t, m.notes[10].Note, 34) }, "checkpoint 33 does not sign"},
		"a checkpoint that is none":           {func(m *Memory) { m.notes[599].Note = []byte("x") }, "checkpoint 1800: couldn't read checkpoint"},
	} {
		mem, l = build()
		c.spoil(mem)
		if err := l.CheckAll(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	// No checkpoint of the last size: only the root itself can tell.
	mem, l = build()
	mem.entries[1799], mem.notes = []byte("x"), mem.notes[:599]
	mem.hashes[tlog.StoredHashIndex(0, 1799)] = tlog.RecordHash([]byte("x"))
	if err := l.CheckAll(); err == nil || !strings.Contains(err.Error(), "its entries do not give the signed root") {
		t.Errorf("a last entry without checkpoint: %v", err)
	}
	// A store with a head and nothing under it.
	mem.entries, mem.hashes, mem.receipts = nil, nil, nil
	if _, err := Open(testID, mem, author.Public()); err == nil || !strings.Contains(err.Error(), "signed for 1797 entries but it holds 0") {
		t.Errorf("a head over nothing: %v", err)
	}
}

func forgedBy(t *testing.T, n []byte, s party.Signer) []byte {
	t.Helper()
	c, err := ParseCheckpoint(n)
	must(t, err)
	c.Sigs = nil
	c, err = c.sign(LogSigner(testID, s))
	must(t, err)
	return c.Marshal()
}

// sameRoot gives a checkpoint of the author's with the root of n under another size.
func sameRoot(t *testing.T, n []byte, size uint64) []byte {
	t.Helper()
	c, err := ParseCheckpoint(n)
	must(t, err)
	return signedHead(t, size, c.Root).Marshal()
}

// Three keys in one log, as three revisions of a charter would have it: each
// batch stands under the key of its time, a mirror that catches up over all of
// them needs each in turn, and so does whoever verifies.
func TestALogOfThreeKeysIsFollowedKeyByKey(t *testing.T) {
	keys := []party.Signer{author, rogue, party.NewSigner([32]byte{7})}
	disk, copyDisk := NewMemory(), NewMemory()
	own, m := openMem(t, disk), openMem(t, copyDisk)
	for i, k := range keys {
		own.Rekey(k.Public())
		for j := range 3 {
			_, err := own.Append(leaves(fmt.Sprint(i, j)), k)
			must(t, err)
		}
		if own.Key() != k.Public() {
			t.Fatal("the log names another key")
		}
		for _, other := range keys {
			if _, err := own.Append(leaves("x"), other); (err == nil) != (other == k) {
				t.Fatalf("under key %d: %v", i, err)
			}
		}
		if i < len(keys)-1 { // a mirror catches up before each change, as the charter's batch stands alone
			follow(t, own, m, k.Public())
		}
	}
	var sig *SignatureError
	es, note, err := own.BatchFrom(m.Size())
	must(t, err)
	for _, k := range keys[:2] {
		if _, err := m.Accept(m.Size(), es, note, k.Public()); !errors.As(err, &sig) {
			t.Errorf("an old key signed the newest batch: %v", err)
		}
	}
	follow(t, own, m, keys[2].Public())
	if m.Head() != own.Head() || m.Key() != keys[2].Public() {
		t.Fatal("the copy is not the log")
	}
	if m.CheckAll(keys[0].Public()) == nil || m.CheckAll(keys[1].Public()) == nil {
		t.Error("checkpoints of a key that wasn't named verified")
	}
	must(t, m.CheckAll(keys[0].Public(), keys[1].Public()))
	must(t, m.CheckAll(keys[1].Public(), keys[0].Public()))
	for i, k := range keys { // only the newest key opens it
		if _, err := Open(testID, copyDisk, k.Public()); (err == nil) != (i == 2) {
			t.Errorf("opened by key %d: %v", i, err)
		}
	}
	// A receipt stands on old checkpoints too, whatever key signed them.
	for size := uint64(1); size <= m.Size(); size++ {
		if n, err := m.NoteAt(size); err != nil || n == nil {
			continue
		}
		line, err := m.Receipt(size, mirror, "RU/mirror", 1537209600000)
		must(t, err)
		if added, err := own.AddReceipt(size, line, "RU/mirror", mirror.Public()); err != nil || !added {
			t.Errorf("a receipt on size %d: %v", size, err)
		}
	}
	if own.Receipts()["RU/mirror"] != own.Size() {
		t.Error(own.Receipts())
	}
}

func follow(t *testing.T, own, m *Log, key party.Key) {
	t.Helper()
	for m.Size() < own.Size() {
		es, note, err := own.BatchFrom(m.Size())
		must(t, err)
		_, err = m.Accept(m.Size(), es, note, key)
		must(t, err)
	}
}

// Receipts come for every size, late and out of order. The largest of each name
// counts, the newest checkpoint shows its own only, and a restart knows them.
func TestReceiptsForEverySizeInAnyOrder(t *testing.T) {
	mem := NewMemory()
	own := openMem(t, mem)
	for i := range 12 {
		say(t, own, fmt.Sprint(i))
	}
	want := map[string]uint64{}
	for _, size := range []uint64{7, 3, 12, 1, 11, 12, 2, 9} {
		for name, s := range map[string]party.Signer{"RU/mirror": mirror, "SY/mirror": rogue} {
			if name == "SY/mirror" && size > 9 {
				continue
			}
			line, err := own.Receipt(size, s, name, utcTime(1537209600000+int64(size)*1000))
			must(t, err)
			_, err = own.AddReceipt(size, line, name, s.Public())
			must(t, err)
			want[name] = max(want[name], size)
			if !maps.Equal(own.Receipts(), want) {
				t.Fatalf("after %d: %v, want %v", size, own.Receipts(), want)
			}
		}
	}
	if n := string(own.Note()); strings.Contains(n, "SY/mirror") || !strings.Contains(n, "RU/mirror") {
		t.Errorf("the newest checkpoint shows\n%s", n)
	}
	n, err := own.NoteAt(7)
	must(t, err)
	if c, err := ParseCheckpoint(n); err != nil || len(c.Receipts()) != 2 {
		t.Errorf("checkpoint 7 shows\n%s", n)
	}
	if again := openMem(t, mem); !maps.Equal(again.Receipts(), want) || !bytes.Equal(again.Note(), own.Note()) {
		t.Errorf("after a restart %v, want %v", again.Receipts(), want)
	}
	// What the log hands out is the caller's to spoil.
	clear(own.Receipts())
	copy(own.Note(), "SPOIL")
	if !maps.Equal(own.Receipts(), want) || !bytes.HasPrefix(own.Note(), []byte("parley/1/")) {
		t.Error("a caller changed the log")
	}
	for size, most := range map[uint64]int{0: 0, 1: 1, 5: 3, 10: 5, 12: 5, 13: 5} {
		ns, err := own.NotesFrom(size, most)
		must(t, err)
		for i, n := range ns {
			if n.Size != max(size, 1)+uint64(i) {
				t.Errorf("checkpoints from %d: the %d. is of size %d", size, i, n.Size)
			}
		}
		if left := max(0, 13-int(max(size, 1))); len(ns) != min(most, left) {
			t.Errorf("%d of %d checkpoints from %d", len(ns), most, size)
		}
	}
}

// What the errors say is what an officer or operator reads: who, what, and what
// to do about it.
func TestTheErrorsOfALogSayWhatToDo(t *testing.T) {
	second := testID
	second.Incarnation = 2
	for want, err := range map[string]error{
		"fork of IL/urgent#2: the signed checkpoint of size 3 contradicts the entries we hold under the one of size 9":                                                                     &ForkError{Log: second, OurSize: 9, TheirSize: 3, Proven: true},
		"gap in IL/urgent: the batch begins at entry 9, we hold 4; ask for entries from 4 on":                                                                                              &GapError{Log: testID, Have: 4, From: 9, Entries: 1, Size: 10},
		"old checkpoint of IL/urgent: size 3, we hold 9":                                                                                                                                   &OldError{Log: testID, Have: 9, Size: 3},
		"couldn't open logbook IL/urgent: x; keep the file as it is, fetch a copy from a party that mirrors this log, and if it is your own sign nothing on it but open a new incarnation": &CorruptError{Log: testID, What: "x"},
		"logbook IL/urgent must be opened again before it is used: a write ended unknown: the disk said no":                                                                                &ReopenError{Log: testID, Err: errDisk},
		"wrong signature on IL/urgent by RU/mirror: the disk said no":                                                                                                                      &SignatureError{Log: testID, Name: "RU/mirror", Err: errDisk},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	for _, err := range []error{&CorruptError{Err: errDisk}, &ReopenError{Err: errDisk}, &SignatureError{Err: errDisk}} {
		if !errors.Is(err, errDisk) {
			t.Errorf("%T hides its cause", err)
		}
	}
	if s := (ID{Party: "RU", Lane: 9, Incarnation: 1}).String(); s != "RU/lane-9" {
		t.Error(s)
	}
	if id := openMem(t, NewMemory()).ID(); id != testID {
		t.Error(id)
	}
	for name, want := range map[string]bool{"RU/mirror": true, "/mirror": false, "ru/mirror": false, "RU": false, "RU/mirror/mirror": false, "RU/witness": false} {
		if p, ok := MirrorParty(name); ok != want || ok && MirrorName(p) != name {
			t.Errorf("%s: %s, %v", name, p, ok)
		}
	}
}
