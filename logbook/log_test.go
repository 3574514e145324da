package logbook

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"parley/party"
	"parley/record"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openMem(t testing.TB, s Store) *Log {
	t.Helper()
	l, err := Open(testID, s, author.Public())
	must(t, err)
	return l
}

func leaves(entries ...string) [][]byte {
	var out [][]byte
	for _, e := range entries {
		out = append(out, []byte(e))
	}
	return out
}

func say(t testing.TB, l *Log, entries ...string) []byte {
	t.Helper()
	_, err := l.Append(leaves(entries...), author)
	must(t, err)
	return l.Note()
}

// mth is RFC 6962, section 2.1, word by word: the oracle of every root.
func mth(d [][]byte) [32]byte {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	}
	k := 1
	for 2*k < len(d) {
		k *= 2
	}
	l, r := mth(d[:k]), mth(d[k:])
	return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
}

func TestAnEntryTravelsFromItsAuthorToAReceipt(t *testing.T) {
	own, theirs := openMem(t, NewMemory()), openMem(t, NewMemory())
	for i := range 20 {
		say(t, own, fmt.Sprint("first ", i), "", "third")
		es, n, err := own.BatchFrom(theirs.Size())
		must(t, err)
		if added, err := theirs.Accept(theirs.Size(), es, n, author.Public()); err != nil || added != 3 {
			t.Fatal(added, err)
		}
		line, err := theirs.Receipt(theirs.Size(), mirror, MirrorName("RU"), 1537209600000)
		must(t, err)
		added, err := own.AddReceipt(own.Size(), line, MirrorName("RU"), mirror.Public())
		if err != nil || !added {
			t.Fatal(added, err)
		}
	}
	if own.Receipts()["RU/mirror"] != 60 || theirs.Head() != own.Head() {
		t.Fatal(own.Receipts(), own.Head(), theirs.Head())
	}
	must(t, theirs.CheckAll())
}

// Roots are those of the RFC's definition, and proofs those of another
// implementation, for batches of any sizes.
func TestRootsAndProofsAreThoseOfTheRFC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := Open(testID, NewMemory(), author.Public())
		if err != nil {
			t.Fatal(err)
		}
		var all [][]byte
		var tree Tree
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 9), 1, 8).Draw(t, "batches") {
			var batch [][]byte
			for range n {
				e := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "entry")
				batch = append(batch, e)
				tree.Add(e)
			}
			all = append(all, batch...)
			h, err := l.Append(batch, author)
			if err != nil || h.Size != uint64(len(all)) || h.Root != record.Hash(mth(all)) || h.Root != tree.Root() {
				t.Fatalf("head %+v, %v; want root %x", h, err, mth(all))
			}
		}
		size := uint64(rapid.IntRange(1, len(all)).Draw(t, "size"))
		i := uint64(rapid.IntRange(0, int(size)-1).Draw(t, "index"))
		old := uint64(rapid.IntRange(1, int(size)).Draw(t, "old"))
		root, err := l.RootAt(size)
		if err != nil || root != record.Hash(mth(all[:size])) {
			t.Fatalf("root at %d: %x, %v", size, root, err)
		}
		inc, err := l.ProveInclusion(i, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, i, size, rfc6962.DefaultHasher.HashLeaf(all[i]), raw(inc), root[:]); err != nil {
			t.Fatal(err)
		}
		con, err := l.ProveConsistency(old, size)
		if err != nil {
			t.Fatal(err)
		}
		before := mth(all[:old])
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, old, size, raw(con), before[:], root[:]); err != nil {
			t.Fatal(err)
		}
		if err := l.CheckAll(); err != nil {
			t.Fatal(err)
		}
	})
}

func raw[T ~[]tlog.Hash](p T) [][]byte {
	var out [][]byte
	for _, h := range p {
		out = append(out, h[:])
	}
	return out
}

func TestAnEmptyLogHasTheRootOfNothing(t *testing.T) {
	l := openMem(t, NewMemory())
	if l.Head().Root != sha256.Sum256(nil) || l.Size() != 0 || l.Note() != nil {
		t.Fatal(l.Head())
	}
	if es, n, err := l.BatchFrom(0); es != nil || n != nil || err != nil {
		t.Fatal(es, n, err)
	}
	must(t, l.CheckAll())
	for _, err := range []error{
		second(l.ProveInclusion(0, 0)), second(l.ProveConsistency(0, 0)), second(l.RootAt(1)), second(l.EntryRange(0, 1, 9)), second(l.EntryRange(1, 0, 9)),
	} {
		if err == nil {
			t.Fatal("proved something of nothing")
		}
	}
	if _, err := l.Append(nil, author); err == nil {
		t.Fatal("appended nothing")
	}
	if _, err := l.Append(leaves("x"), rogue); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// A peer may send anything. Each fault has its own error with its proof, the
// log stays as it was, and the next true batch goes in.
func TestEachFaultOfAPeerIsToldApartAndChangesNothing(t *testing.T) {
	own := openMem(t, NewMemory())
	n2 := say(t, own, "a", "b")
	n5 := say(t, own, "c", "d", "e")
	twin := openMem(t, NewMemory()) // the same key, another history
	say(t, twin, "a")
	t2 := say(t, twin, "B")
	t5 := say(t, twin, "c", "d", "e")
	t6 := say(t, twin, "f")
	other, err := Open(ID{Line: testID.Line, Party: "IL", Lane: record.Routine, Incarnation: 1}, NewMemory(), author.Public())
	must(t, err)
	o5 := say(t, other, "c", "d", "e", "f", "g")
	forged, err := Open(testID, NewMemory(), rogue.Public())
	must(t, err)
	_, err = forged.Append(leaves("a", "b", "c", "d", "e"), rogue)
	must(t, err)

	m := openMem(t, NewMemory())
	accept := func(from uint64, es [][]byte, n []byte) (int, error) { return m.Accept(from, es, n, author.Public()) }
	if added, err := accept(0, leaves("a", "b"), n2); added != 2 || err != nil {
		t.Fatal(added, err)
	}
	big := make([][]byte, MaxBatchEntries+1)
	for i := range big {
		big[i] = []byte{1}
	}
	for _, c := range []struct {
		what    string
		from    uint64
		entries [][]byte
		note    []byte
		want    string
	}{
		{"the batch begins too late", 3, leaves("d", "e"), n5, "gap in IL/urgent: the batch begins at entry 3, we hold 2"},
		{"the batch ends too early", 2, leaves("c", "d"), n5, "gap in IL/urgent: 2 entries from 2 on do not end at the checkpoint's size 5"},
		{"the batch ends too late", 2, leaves("c", "d", "e", "f"), n5, "gap"},
		{"an index that overflows", 1<<64 - 1, leaves("c", "d"), n5, "gap"},
		{"no entries", 2, nil, n5, "gap"},
		{"another history, same size", 0, nil, t2, "fork of IL/urgent: two signed checkpoints of size 2"},
		{"another history, larger", 2, leaves("c", "d", "e"), t5, "fork of IL/urgent: our 2 entries and the ones given do not lead"},
		{"another history, whole", 0, leaves("a", "B", "c", "d", "e"), t5, "fork"},
		{"entries that are not the log's", 2, leaves("c", "d", "X"), n5, "fork"},
		{"a forged signature", 2, leaves("c", "d", "e"), forged.Note(), "wrong signature on IL/urgent"},
		{"a checkpoint of another log", 0, leaves("c", "d", "e", "f", "g"), o5, "wrong signature"},
		{"a checkpoint that is none", 2, leaves("c"), []byte("rubbish"), "wrong signature"},
		{"a flipped root", 2, leaves("c", "d", "e"), bytes.Replace(n5, []byte("\n5\n"), []byte("\n6\n"), 1), "wrong signature"},
		{"too many entries", 2, big, n5, "too large for IL/urgent: batch has 513 entries"},
		{"too large an entry", 2, [][]byte{make([]byte, MaxLeaf+1)}, n5, "entry 0 of the batch has 60001 bytes"},
		{"too many bytes", 2, rapidBig(), n5, "batch has 1080000 bytes"},
		{"too large a checkpoint", 2, leaves("c"), make([]byte, MaxNote+1), "checkpoint has 16385 bytes"},
	} {
		before := m.Head()
		added, err := accept(c.from, c.entries, c.note)
		if added != 0 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d, %v, want %q", c.what, added, err, c.want)
		}
		if m.Head() != before || m.Broken() != nil {
			t.Errorf("%s: the log has changed", c.what)
		}
		checkProof(t, c.what, err, n2)
	}
	// Repeats and overlaps are no faults.
	if added, err := accept(0, leaves("a", "b"), n2); added != 0 || err != nil {
		t.Fatal(added, err)
	}
	if added, err := accept(1, leaves("b", "c", "d", "e"), n5); added != 3 || err != nil {
		t.Fatal(added, err)
	}
	// What was newer is old now: harmless if it agrees, a fork if not.
	var old *OldError
	if _, err := accept(0, leaves("a", "b"), n2); !errors.As(err, &old) || old.Size != 2 || old.Have != 5 {
		t.Fatal(err)
	}
	var fork *ForkError
	if _, err := accept(0, nil, t2); !errors.As(err, &fork) || !fork.Proven || fork.TheirSize != 2 {
		t.Fatal(err)
	}
	for _, c := range []struct {
		note []byte
		want any
	}{{n5, nil}, {n2, old}, {t2, fork}, {t5, fork}, {t6, nil}, {o5, &SignatureError{}}} {
		err := m.Judge(c.note, author.Public())
		if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", c.want) {
			t.Errorf("judged %.120q: %v, want %T", c.note, err, c.want)
		}
	}
	if own.Head() != m.Head() {
		t.Fatal("the copy is not the log")
	}
	must(t, m.CheckAll())
}

func rapidBig() [][]byte {
	out := make([][]byte, 18)
	for i := range out {
		out[i] = make([]byte, MaxLeaf)
	}
	return out
}

// checkProof: a fork carries two notes that anyone can verify, a wrong
// signature what was signed wrongly.
func checkProof(t *testing.T, what string, err error, ours []byte) {
	t.Helper()
	var fork *ForkError
	if errors.As(err, &fork) {
		a, err1 := ParseCheckpoint(fork.Ours)
		b, err2 := ParseCheckpoint(fork.Theirs)
		if err1 != nil || err2 != nil || a.Verify(testID, author.Public()) != nil || b.Verify(testID, author.Public()) != nil {
			t.Errorf("%s: the proof does not verify", what)
		}
		if !bytes.Equal(fork.Ours, ours) || a.Root == b.Root {
			t.Errorf("%s: the proof proves nothing", what)
		}
	}
	var sig *SignatureError
	if errors.As(err, &sig) && len(sig.Note) == 0 {
		t.Errorf("%s: no proof", what)
	}
}

// The log looks into no leaf: whatever is bounded and signed for is stored,
// receipted, and the log goes on.
func TestABadLeafNeverWedgesALog(t *testing.T) {
	own, m := openMem(t, NewMemory()), openMem(t, NewMemory())
	for _, e := range [][]byte{nil, {}, {0}, []byte("no record at all"), bytes.Repeat([]byte{0xff}, MaxLeaf), []byte("after")} {
		_, err := own.Append([][]byte{e}, author)
		must(t, err)
		es, n, err := own.BatchFrom(m.Size())
		must(t, err)
		_, err = m.Accept(m.Size(), es, n, author.Public())
		must(t, err)
		_, err = m.Receipt(m.Size(), mirror, "RU/mirror", 1537209600000)
		must(t, err)
	}
	must(t, m.CheckAll())
}

func TestAReceiptIsGivenAndTakenOnlyForWhatIsStored(t *testing.T) {
	own, m := openMem(t, NewMemory()), openMem(t, NewMemory())
	n2 := say(t, own, "a", "b")
	_, err := m.Accept(0, leaves("a", "b"), n2, author.Public())
	must(t, err)
	say(t, own, "c")
	for _, size := range []uint64{0, 1, 3} {
		if _, err := m.Receipt(size, mirror, "RU/mirror", 1537209600000); err == nil {
			t.Errorf("receipt on size %d, which is not stored under a checkpoint", size)
		}
	}
	for _, at := range []int64{0, -5, 999, 7258118400000} {
		if _, err := m.Receipt(2, mirror, "RU/mirror", utcTime(at)); err == nil {
			t.Errorf("receipt at time %d", at)
		}
	}
	if _, err := m.Receipt(2, mirror, "a b", 1537209600000); err == nil {
		t.Error("receipt under a name with a space")
	}
	line, err := m.Receipt(2, mirror, "RU/mirror", 1537209600999)
	must(t, err)
	if r, err := ParseReceipt(line); err != nil || r.At != 1537209600000 {
		t.Fatal(r, err)
	}
	for what, f := range map[string]func() (bool, error){
		"for another size":     func() (bool, error) { return own.AddReceipt(3, line, "RU/mirror", mirror.Public()) },
		"for no checkpoint":    func() (bool, error) { return own.AddReceipt(1, line, "RU/mirror", mirror.Public()) },
		"beyond the end":       func() (bool, error) { return own.AddReceipt(9, line, "RU/mirror", mirror.Public()) },
		"under another name":   func() (bool, error) { return own.AddReceipt(2, line, "SY/mirror", mirror.Public()) },
		"by another key":       func() (bool, error) { return own.AddReceipt(2, line, "RU/mirror", rogue.Public()) },
		"that is none":         func() (bool, error) { return own.AddReceipt(2, []byte("thanks"), "RU/mirror", mirror.Public()) },
		"of two lines":         func() (bool, error) { return own.AddReceipt(2, append(line, line...), "RU/mirror", mirror.Public()) },
		"that is far too long": func() (bool, error) { return own.AddReceipt(2, make([]byte, 1<<20), "RU/mirror", mirror.Public()) },
	} {
		var sig *SignatureError
		if added, err := f(); added || !errors.As(err, &sig) {
			t.Errorf("receipt %s: %v, %v", what, added, err)
		}
	}
	if len(own.Receipts()) != 0 {
		t.Fatal(own.Receipts())
	}
	for i := range 2 { // the second time it is there already
		if added, err := own.AddReceipt(2, line, "RU/mirror", mirror.Public()); err != nil || added != (i == 0) {
			t.Fatal(added, err)
		}
	}
	n, err := own.NoteAt(2)
	must(t, err)
	if !bytes.HasPrefix(n, n2) || !bytes.HasSuffix(n, line) || own.Receipts()["RU/mirror"] != 2 {
		t.Fatalf("%s\n%v", n, own.Receipts())
	}
	if own = openMem(t, own.store); own.Receipts()["RU/mirror"] != 2 {
		t.Fatal("the receipt is forgotten after a restart")
	}
}

func TestCatchingUpTakesManySmallBatchesAsOne(t *testing.T) {
	own, m := openMem(t, NewMemory()), openMem(t, NewMemory())
	for i := range 1200 {
		say(t, own, fmt.Sprint("entry ", i))
	}
	steps := 0
	for m.Size() < own.Size() {
		es, n, err := own.BatchFrom(m.Size())
		must(t, err)
		_, err = m.Accept(m.Size(), es, n, author.Public())
		must(t, err)
		steps++
	}
	if steps != 3 || m.Head() != own.Head() {
		t.Fatalf("%d steps to %v", steps, m.Head())
	}
	say(t, own, strings.Repeat("x", MaxLeaf))
	for range 20 {
		say(t, own, strings.Repeat("y", MaxLeaf))
	}
	es, _, err := own.BatchFrom(m.Size())
	must(t, err)
	if len(es) != MaxBatchBytes/MaxLeaf {
		t.Fatalf("%d large entries in one batch", len(es))
	}
}

// An amended charter may give a party another key: checkpoints after it are
// signed with it, those before stay as they are.
func TestALogMayChangeItsKey(t *testing.T) {
	mem := NewMemory()
	own, m := openMem(t, mem), openMem(t, NewMemory())
	n1 := say(t, own, "a")
	own.Rekey(rogue.Public())
	if _, err := own.Append(leaves("b"), author); err == nil {
		t.Fatal("the old key signed on")
	}
	_, err := own.Append(leaves("b"), rogue)
	must(t, err)
	_, err = m.Accept(0, leaves("a"), n1, author.Public())
	must(t, err)
	_, err = m.Accept(1, leaves("b"), own.Note(), author.Public())
	var sig *SignatureError
	if !errors.As(err, &sig) {
		t.Fatal(err)
	}
	_, err = m.Accept(1, leaves("b"), own.Note(), rogue.Public())
	must(t, err)
	if m.CheckAll() == nil {
		t.Fatal("the old checkpoint verified with the new key")
	}
	must(t, m.CheckAll(author.Public()))
	if _, err := Open(testID, mem, author.Public()); err == nil {
		t.Fatal("opened by the old key")
	}
	_, err = Open(testID, mem, rogue.Public())
	must(t, err)
}

func TestOpenNamesWhatIsWrongWithAStoreAndWhatToDo(t *testing.T) {
	build := func() *Memory {
		mem := NewMemory()
		l := openMem(t, mem)
		for i := range 700 {
			say(t, l, fmt.Sprint("entry ", i), "more")
		}
		return mem
	}
	for what, c := range map[string]struct {
		spoil func(*Memory)
		key   party.Key
		want  string
	}{
		"the last entry":     {spoil: func(m *Memory) { m.entries[1399] = []byte("x") }, want: "entry 1399 is not the one that was hashed"},
		"one of the last":    {spoil: func(m *Memory) { m.entries[1000] = []byte("x") }, want: "entry 1000 is not the one that was hashed"},
		"the first entry":    {spoil: func(m *Memory) { m.entries[0] = []byte("x") }, want: "entry 0 is not under the signed root"},
		"a lost entry":       {spoil: func(m *Memory) { m.entries = m.entries[:1399] }, want: "signed for 1400 entries but it holds 1399"},
		"a lost checkpoint":  {spoil: func(m *Memory) { m.notes = m.notes[:699] }, want: "signed for 1398 entries but it holds 1400"},
		"lost hashes":        {spoil: func(m *Memory) { m.hashes = m.hashes[:2000] }, want: "hashes cannot be read"},
		"a hash of the edge": {spoil: func(m *Memory) { m.hashes[tlog.StoredHashIndex(10, 0)][0] ^= 1 }, want: "do not give the root"},
		"entry and hash":     {spoil: func(m *Memory) { m.entries[0] = []byte("x"); m.hashes[0] = tlog.RecordHash([]byte("x")) }, want: "entry 0 is not under"},
		"the last, and its hash": {spoil: func(m *Memory) {
			m.entries[1399], m.hashes[tlog.StoredHashIndex(0, 1399)] = []byte("x"), tlog.RecordHash([]byte("x"))
		}, want: "entry 1399 is not under the signed root"},
		"a head that is none":   {spoil: func(m *Memory) { m.notes[699].Note = []byte("x") }, want: "its head is not a checkpoint"},
		"a head of another key": {spoil: func(m *Memory) {}, key: rogue.Public(), want: "not signed by this log's key"},
		"no head":               {spoil: func(m *Memory) { m.notes = nil }, want: "its head is not a checkpoint"},
	} {
		mem := build()
		c.spoil(mem)
		if c.key == (party.Key{}) {
			c.key = author.Public()
		}
		_, err := Open(testID, mem, c.key)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "keep the file") {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	// Far below the head, between the samples, only CheckAll looks.
	for what, spoil := range map[string]func(*Memory){
		"an entry":     func(m *Memory) { m.entries[501] = []byte("x") },
		"a checkpoint": func(m *Memory) { m.notes[100].Note = m.notes[101].Note },
		"a leaf hash":  func(m *Memory) { m.hashes[tlog.StoredHashIndex(0, 501)][0] ^= 1 },
	} {
		mem := build()
		spoil(mem)
		var corrupt *CorruptError
		if err := openMem(t, mem).CheckAll(); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
