package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"parley/party"
	"parley/record"
)

// oversize wants the error of a limit, with what it says of it.
func oversize(t *testing.T, err error, what, unit string, got, most uint64) {
	t.Helper()
	var over *OversizeError
	if !errors.As(err, &over) || over.What != what || over.Unit != unit || over.Got != got || over.Max != most {
		t.Errorf("%v, want %s of %d %s above %d", err, what, got, unit, most)
	}
}

// What stands exactly at a limit passes at the author and at the mirror; one
// more is refused at both with the limit's name, and neither log has changed.
func TestAtEachLimitALogStillGrowsAndOneAboveItNot(t *testing.T) {
	fill := func(n, size int) [][]byte {
		out := make([][]byte, n)
		for i := range out {
			out[i] = bytes.Repeat([]byte{byte(i), byte(i >> 8)}, size/2)
		}
		return out
	}
	for _, c := range []struct {
		what, unit string
		most       uint64
		at, above  [][]byte
	}{
		{"batch", "entries", MaxBatchEntries, fill(MaxBatchEntries, 0), fill(MaxBatchEntries+1, 0)},
		{"batch", "bytes", MaxBatchBytes, fill(32, MaxBatchBytes/32), append(fill(32, MaxBatchBytes/32), []byte{1})},
		{"entry 1 of the batch", "bytes", MaxLeaf, fill(2, MaxLeaf), append(fill(1, 2), make([]byte, MaxLeaf+1))},
	} {
		own, m := openMem(t, NewMemory()), openMem(t, NewMemory())
		_, err := own.Append(c.above, author)
		oversize(t, err, c.what, c.unit, c.most+1, c.most)
		_, err = own.Append(c.at, author)
		must(t, err)
		_, err = m.Accept(0, c.above, own.Note(), author.Public())
		oversize(t, err, c.what, c.unit, c.most+1, c.most)
		if m.Size() != 0 || m.Broken() != nil || own.Broken() != nil || own.Size() != uint64(len(c.at)) {
			t.Errorf("%s: a refused batch has changed a log", c.what)
		}
		es, note, err := own.BatchFrom(0)
		must(t, err)
		if added, err := m.Accept(0, es, note, author.Public()); err != nil || added != len(c.at) {
			t.Errorf("the largest %s by %s: %d, %v", c.what, c.unit, added, err)
		}
		must(t, m.CheckAll())
	}
}

// noteOf gives a checkpoint of l's head with foreign signatures that make it
// exactly so long.
func noteOf(t *testing.T, l *Log, length int) []byte {
	t.Helper()
	c, err := ParseCheckpoint(l.Note())
	must(t, err)
	for pad := length - len(l.Note()); pad > 0; pad-- {
		for name := 1; name <= 4; name++ { // base64 grows by fours, the name by one
			s := Signature{Name: strings.Repeat("w", name), Hash: 7, Raw: make([]byte, pad*3/4)}
			for len(s.Raw) > 0 && len(s.append(nil))+len(l.Note()) > length {
				s.Raw = s.Raw[1:]
			}
			with := c
			with.Sigs = append(with.Sigs[:len(with.Sigs):len(with.Sigs)], s)
			if n := with.Marshal(); len(n) == length {
				return n
			}
		}
	}
	t.Fatalf("no note of %d bytes", length)
	return nil
}

// A checkpoint may be as long as MaxNote with signatures of others; they are
// not stored, since nobody here can say what they mean.
func TestTheLongestCheckpointIsReadAndCutToItsAuthorsSignature(t *testing.T) {
	own, m := openMem(t, NewMemory()), openMem(t, NewMemory())
	say(t, own, "a")
	long := noteOf(t, own, MaxNote)
	if _, err := ParseCheckpoint(long); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCheckpoint(noteOf(t, own, MaxNote+1)); err == nil || !strings.Contains(err.Error(), "16385 bytes, the limit is 16384") {
		t.Errorf("a note of %d bytes: %v", MaxNote+1, err)
	}
	must(t, m.Judge(long, author.Public()))
	if added, err := m.Accept(0, leaves("a"), long, author.Public()); added != 1 || err != nil {
		t.Fatal(added, err)
	}
	if !bytes.Equal(m.Note(), own.Note()) {
		t.Errorf("stored with signatures of others:\n%s", m.Note())
	}
	_, err := m.Accept(0, leaves("a"), noteOf(t, own, MaxNote+1), author.Public())
	oversize(t, err, "checkpoint", "bytes", MaxNote+1, MaxNote)
	oversize(t, m.Judge(make([]byte, MaxNote+1), author.Public()), "checkpoint", "bytes", MaxNote+1, MaxNote)
}

// A checkpoint carries its author and 31 mirrors; the 32nd is turned away with
// words, nothing is broken and nothing that was there is lost.
func TestACheckpointHasRoomForThirtyOneReceipts(t *testing.T) {
	own := openMem(t, NewMemory())
	say(t, own, "a")
	for i := range MaxSignatures {
		s := party.NewSigner([32]byte{0x77, byte(i)})
		name := MirrorName(party.ID(fmt.Sprintf("P%02d", (i*7)%32)))
		line, err := own.Receipt(1, s, name, 1537209600000)
		must(t, err)
		added, err := own.AddReceipt(1, line, name, s.Public())
		if i < MaxSignatures-1 {
			if err != nil || !added {
				t.Fatalf("receipt %d: %v, %v", i+1, added, err)
			}
			continue
		}
		if err == nil || added || !strings.Contains(err.Error(), "has 32 signatures already") {
			t.Errorf("receipt 32: %v, %v", added, err)
		}
	}
	c, err := ParseCheckpoint(own.Note())
	must(t, err)
	if len(c.Sigs) != MaxSignatures || len(c.Receipts()) != 31 || len(own.Receipts()) != 31 || own.Broken() != nil {
		t.Fatalf("%d signatures, %d receipts, %v", len(c.Sigs), len(own.Receipts()), own.Broken())
	}
	if c.Sigs[0].Name != testID.Origin() {
		t.Errorf("the author's line is not the first but %s", c.Sigs[0].Name)
	}
	for i, r := range c.Receipts() {
		if i > 0 && c.Receipts()[i-1].Name >= r.Name {
			t.Errorf("%s stands before %s", c.Receipts()[i-1].Name, r.Name)
		}
	}
	openMem(t, own.store)
}

// Names are 1 to 255 visible ASCII characters without plus, sizes at most 2^48,
// a signature at least one byte behind its key hash.
func TestTheEdgesOfANote(t *testing.T) {
	root := b64.EncodeToString(make([]byte, 32))
	sig := func(name string, raw int) string {
		return string(Signature{Name: name, Raw: make([]byte, raw)}.append(nil))
	}
	note := func(origin, size, sigs string) string { return origin + "\n" + size + "\n" + root + "\n\n" + sigs }
	for what, c := range map[string]struct {
		note string
		good bool
	}{
		"the longest name":         {note(strings.Repeat("n", 255), "1", sig(strings.Repeat("m", 255), 1)), true},
		"an origin too long":       {note(strings.Repeat("n", 256), "1", sig("a", 1)), false},
		"a signer's name too long": {note("a", "1", sig(strings.Repeat("m", 256), 1)), false},
		"every visible character":  {note("!\"#$%&'()*,-./09:;<=>?@AZ[\\]^_`az{|}~", "1", sig("~!", 1)), true},
		"DEL in the origin":        {note("a\x7f", "1", sig("a", 1)), false},
		"DEL in a name":            {note("a", "1", sig("a\x7f", 1)), false},
		"a Cyrillic name":          {note("а", "1", sig("a", 1)), false},
		"a Cyrillic signer":        {note("a", "1", sig("РФ/mirror", 72)), false},
		"a no-break space":         {note("a\u00a0b", "1", sig("a", 1)), false},
		"a tab in a name":          {note("a", "1", sig("a\tb", 1)), false},
		"a plus in a name":         {note("a", "1", sig("a+b", 1)), false},
		"no name":                  {note("a", "1", sig("", 1)), false},
		"no origin":                {note("", "1", sig("a", 1)), false},
		"the largest size":         {note("a", "281474976710656", sig("a", 1)), true},
		"one above it":             {note("a", "281474976710657", sig("a", 1)), false},
		"size 0":                   {note("a", "0", sig("a", 1)), true},
		"size 00":                  {note("a", "00", sig("a", 1)), false},
		"a negative size":          {note("a", "-1", sig("a", 1)), false},
		"a size in hex":            {note("a", "0x10", sig("a", 1)), false},
		"a size with underscores":  {note("a", "1_000", sig("a", 1)), false},
		"Arabic digits":            {note("a", "١", sig("a", 1)), false},
		"no size":                  {note("a", "", sig("a", 1)), false},
		"a key hash alone":         {note("a", "1", sig("a", 0)), false},
		"three bytes":              {note("a", "1", "— a AAAA\n"), false},
		"no base64":                {note("a", "1", "— a\n"), false},
		"two spaces":               {note("a", "1", "— a  AAAAAAA=\n"), false},
		"a space behind":           {note("a", "1", "— a AAAAAAA= \n"), false},
		"base64 without padding":   {note("a", "1", "— a AAAAAAA\n"), false},
		"base64 with loose bits":   {note("a", "1", "— a AAAAAAB=\n"), false},
		"base64 for addresses":     {note("a", "1", "— a AAAAAP_-\n"), false},
		"a line end in base64":     {note("a", "1", "— a AAAA\r\n"), false},
		"CRLF everywhere":          {strings.ReplaceAll(note("a", "1", sig("a", 1)), "\n", "\r\n"), false},
		"an en dash":               {note("a", "1", strings.Replace(sig("a", 1), "—", "–", 1)), false},
		"an empty line behind":     {note("a", "1", sig("a", 1)+"\n"), false},
		"a second note behind":     {note("a", "1", sig("a", 1)) + note("a", "2", sig("a", 1)), false},
		"one name, two keys":       {note("a", "1", sig("a", 1)+string(Signature{Name: "a", Hash: 1, Raw: []byte{0}}.append(nil))), true},
		"one name and key twice":   {note("a", "1", sig("a", 1)+sig("a", 2)), false},
		"one key, two names":       {note("a", "1", sig("a", 1)+sig("b", 1)), true},
		"32 signatures":            {note("a", "1", manySignatures(32)), true},
		"33 signatures":            {note("a", "1", manySignatures(33)), false},
	} {
		got, err := ParseCheckpoint([]byte(c.note))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil && string(got.Marshal()) != c.note {
			t.Errorf("%s: written back as %q", what, got.Marshal())
		}
	}
}

// A receipt's line: one, whole, with a time from 1970 to 2199 and a signature of
// 64 bytes.
func TestTheEdgesOfAReceipt(t *testing.T) {
	const last = 7258118399 // 2199-12-31T23:59:59Z
	raw := func(at uint64, n int) []byte {
		b := make([]byte, n)
		for i := range min(8, n) {
			b[i] = byte(at >> (56 - 8*i))
		}
		return b
	}
	for what, c := range map[string]struct {
		name string
		raw  []byte
		good bool
	}{
		"the first second":       {"RU/mirror", raw(1, 72), true},
		"second 0":               {"RU/mirror", raw(0, 72), false},
		"the last second":        {"RU/mirror", raw(last, 72), true},
		"one second later":       {"RU/mirror", raw(last+1, 72), false},
		"a time that overflows":  {"RU/mirror", raw(1<<63+5, 72), false},
		"a byte too few":         {"RU/mirror", raw(5, 71), false},
		"a byte too many":        {"RU/mirror", raw(5, 73), false},
		"the longest name":       {strings.Repeat("N", 255), raw(5, 72), true},
		"a name that cannot be":  {"R U", raw(5, 72), false},
		"a name with a line end": {"R\nU", raw(5, 72), false},
	} {
		line := Signature{Name: c.name, Hash: 5, Raw: c.raw}.append(nil)
		r, err := ParseReceipt(line)
		if (err == nil) != c.good {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil && !bytes.Equal(r.Line(), line) {
			t.Errorf("%s: written back as %q", what, r.Line())
		}
	}
	// The times at the edges of what a mirror may sign.
	l := openMem(t, NewMemory())
	say(t, l, "a")
	for _, at := range []int64{1000, 1999, last*1000 + 999} {
		line, err := l.Receipt(1, mirror, "RU/mirror", utcTime(at))
		must(t, err)
		if r, err := ParseReceipt(line); err != nil || int64(r.At) != at/1000*1000 {
			t.Errorf("signed at %d, read %d, %v", at, r.At, err)
		}
	}
}

// endless is a store of so many equal entries that no disk holds them; what it
// is asked for is counted.
type endless struct {
	size  uint64
	entry []byte
	level []tlog.Hash // hash of a complete subtree of each height
	note  []byte
	asked int
}

func newEndless(t *testing.T, size uint64) *endless {
	t.Helper()
	e := &endless{size: size, entry: []byte("again")}
	h := tlog.RecordHash(e.entry)
	for range 50 {
		e.level = append(e.level, h)
		h = tlog.NodeHash(h, h)
	}
	root, err := tlog.TreeHash(int64(size), tlog.HashReaderFunc(e.Hashes))
	must(t, err)
	c, err := Checkpoint{Origin: testID.Origin(), Size: size, Root: record.Hash(root)}.sign(LogSigner(testID, author))
	must(t, err)
	e.note, e.asked = c.Marshal(), 0
	return e
}

func (e *endless) Load() (State, error) { return State{Size: e.size, Note: e.note}, nil }

func (e *endless) Hashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		e.asked++
		level, _ := tlog.SplitStoredHashIndex(x)
		out[i] = e.level[level]
	}
	return out, nil
}

func (e *endless) Entries(from, to uint64, maxBytes int) ([][]byte, error) {
	if from > to || to > e.size {
		return nil, fmt.Errorf("entries %d to %d of %d", from, to, e.size)
	}
	var out [][]byte
	for range to - from {
		e.asked++
		out = append(out, e.entry)
	}
	return out, nil
}

func (e *endless) Append(Batch) error                      { return errDisk }
func (e *endless) AddNote(uint64, []byte) error            { return errDisk }
func (e *endless) Note(uint64) ([]byte, error)             { return e.note, nil }
func (e *endless) NotesFrom(uint64, int) ([]NoteAt, error) { return []NoteAt{{e.size, e.note}}, nil }
func (e *endless) Close() error                            { return nil }

// The largest log opens at a cost of its logarithm, and there it ends: one more
// entry is refused by name, at the author and at a mirror, and nothing breaks.
func TestALogOfTheLargestSizeOpensAndEndsThere(t *testing.T) {
	for _, size := range []uint64{MaxSize, MaxSize - 1, 1<<40 + 12345, MaxBatchEntries + 1, MaxBatchEntries, 1} {
		e := newEndless(t, size)
		l := openMem(t, e)
		if e.asked > 3*MaxBatchEntries+sampled*60 {
			t.Errorf("opening a log of %d entries asked for %d things", size, e.asked)
		}
		if p, err := l.ProveInclusion(size-1, size); err != nil || tlog.CheckRecord(p, int64(size), tlog.Hash(l.Head().Root), int64(size)-1, e.level[0]) != nil {
			t.Errorf("the last entry of %d is not proven: %v", size, err)
		}
	}
	l := openMem(t, newEndless(t, MaxSize))
	_, err := l.Append(leaves("one more"), author)
	oversize(t, err, "log", "entries", MaxSize+1, MaxSize)
	if l.Broken() != nil {
		t.Error("a log that is full is broken")
	}
	l = openMem(t, newEndless(t, MaxSize-1))
	if _, err := l.Append(leaves("a", "b"), author); err == nil || l.Broken() != nil {
		t.Errorf("two entries into the room of one: %v", err)
	}
	var again *ReopenError
	if _, err := l.Append(leaves("a"), author); !errors.As(err, &again) { // it fits; only this disk takes nothing
		t.Errorf("the last entry: %v", err)
	}
}
