package courier

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"parley/line"
	"parley/line/historytest"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

func evening(t testing.TB) Bundle {
	t.Helper()
	k := historytest.New(t, "IL-RU", "IL", "RU")
	k.Evening("IL", "RU")
	return Bundle{Line: k.ID, Exporter: "IL", Made: k.Now, History: k.History("IL")}
}

func export(t testing.TB, b Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Export(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestABundleComesBackAsItWasAndVerifies(t *testing.T) {
	b := evening(t)
	file := export(t, b)
	for name, r := range map[string]func() (Bundle, error){
		"at once":     func() (Bundle, error) { return Read(bytes.NewReader(file)) },
		"by the byte": func() (Bundle, error) { return Read(iotest.OneByteReader(bytes.NewReader(file))) },
	} {
		got, err := r()
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("%s: %v\n%+v\nwant\n%+v", name, err, got, b)
		}
		if !bytes.Equal(export(t, got), file) {
			t.Fatal("what was read writes another file")
		}
	}
	_, v, err := Judge(bytes.NewReader(file))
	if err != nil || !v.OK || v.Records != 12 || v.Holder != "IL" {
		t.Fatal(err, v.Words())
	}
	shuffled := b
	shuffled.History.Logs = slices.Clone(b.History.Logs)
	slices.Reverse(shuffled.History.Logs)
	if !bytes.Equal(export(t, shuffled), file) {
		t.Fatal("the order in memory shows in the file")
	}
}

// span says what each byte of a file belongs to, by walking its items.
type span struct {
	from, to int // of the content
	item     int // first byte of the item
	place    string
}

func spans(t testing.TB, b Bundle, file []byte) []span {
	t.Helper()
	var out []span
	off := len(magic)
	add := func(place string, content int) {
		h := len(appendHead(nil, 2, uint64(content)))
		out = append(out, span{item: off, from: off + 2 + h, to: off + 2 + h + content, place: place})
		off += 2 + h + content + 9
	}
	size := func(v any) int {
		b, err := encode.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	add("header", size(header{1, b.Line, b.Exporter, b.Made, uint32(len(b.History.Charters)), uint32(len(b.History.Logs))}))
	for i, c := range b.History.Charters {
		add(fmt.Sprintf("charter %d", i), len(c))
	}
	for i, l := range b.History.Logs {
		add(fmt.Sprintf("logbook %d of the file", i+1), size(logHeader{l.ID.Origin(), uint64(len(l.Entries)), uint64(len(l.Notes))}))
		for j, e := range l.Entries {
			add(fmt.Sprintf("IL-RU/%s/%d", l.ID, j+1), len(e))
		}
		for j, n := range l.Notes {
			add(fmt.Sprintf("IL-RU/%s/checkpoint no. %d of %d", l.ID, j+1, len(l.Notes)), size(n))
		}
	}
	add("the end of the file", 32)
	if off != len(file) {
		t.Fatalf("walked %d bytes of %d", off, len(file))
	}
	return out
}

// THE property: any one byte of an exported file flipped makes Read fail, and the first thing it names is where the flip is: the
// entry, checkpoint or charter by its number, or the byte of the framing.
func TestAnyFlippedByteIsFoundAndItsPlaceNamed(t *testing.T) {
	b := evening(t)
	file := export(t, b)
	sp := spans(t, b, file)
	at := 0
	for i := range file {
		for at+1 < len(sp) && sp[at+1].item <= i {
			at++
		}
		for _, x := range [][]byte{{0x01}, {0x80}, {0xff}}[i%3] {
			file[i] ^= x
			_, err := Read(bytes.NewReader(file))
			file[i] ^= x
			var d *DamageError
			if !errors.As(err, &d) {
				t.Fatalf("byte %d ^ %02x: %v", i, x, err)
			}
			s := sp[at]
			inItem := i >= sp[0].item
			switch {
			case inItem && i >= s.from && i < s.to: // content: the very place
				if d.Place != s.place {
					t.Fatalf("byte %d ^ %02x, in %s: named %s", i, x, s.place, d)
				}
			case inItem: // framing or sum: the place, or the byte with the place in its words
				if d.Place != s.place && (!strings.HasPrefix(d.Place, "file framing at byte") || d.Offset < int64(s.item)) {
					t.Fatalf("byte %d ^ %02x, in the framing of %s: named %s", i, x, s.place, d)
				}
			default:
				if d.Place != fmt.Sprintf("file framing at byte %d", i) {
					t.Fatalf("byte %d ^ %02x: named %s", i, x, d)
				}
			}
		}
	}
}

// The same flips with every sum and the digest made to fit again, as a forger
// would: now it is the signatures that find it, and Judge names the place.
// One byte in 101; PARLEY_SOAK=1 does all.
func TestAForgerWhoMendsTheSumsIsFoundByTheSignatures(t *testing.T) {
	b := evening(t)
	stride := 101
	if os.Getenv("PARLEY_SOAK") != "" {
		stride = 1
	}
	n := 0
	forge := func(content []byte, places ...string) {
		for ; n < len(content); n += stride {
			content[n] ^= 0x04
			_, v, err := Judge(bytes.NewReader(export(t, b)))
			content[n] ^= 0x04
			if err != nil || v.OK || !slices.ContainsFunc(v.Problems, func(p line.Problem) bool {
				return slices.ContainsFunc(places, func(w string) bool { return strings.HasPrefix(p.Place, w) })
			}) {
				t.Fatalf("byte %d of %v forged: %v\n%s", n, places, err, v.Words())
			}
		}
		n -= len(content)
	}
	forge(b.History.Charters[0], "charter 0", "IL-RU/charter 0")
	for _, l := range b.History.Logs {
		for i, e := range l.Entries {
			forge(e, fmt.Sprintf("IL-RU/%s/%d", l.ID, i+1))
		}
		for _, c := range l.Notes {
			forge(c.Note, fmt.Sprintf("IL-RU/%s/checkpoint %d", l.ID, c.Size))
		}
	}
	b.Line[0] ^= 1
	if _, v, _ := Judge(bytes.NewReader(export(t, b))); v.OK || v.Problems[0].Place != "header" {
		t.Fatal("the header may name another line")
	}
}

func TestAFileCutOffAnywhereIsFound(t *testing.T) {
	file := export(t, evening(t))
	for n := 0; n < len(file); n += 1 + n%5 {
		b, err := Read(bytes.NewReader(file[:n]))
		var d *DamageError
		if !errors.As(err, &d) || d.Place != fmt.Sprintf("file framing at byte %d", n) || !strings.Contains(d.What, "ends inside") {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
		if n > len(file)-50 && len(b.History.Logs) != 4 {
			t.Fatal("what was there is not given")
		}
	}
	if _, err := Read(bytes.NewReader(append(slices.Clone(file), 0))); err == nil || !strings.Contains(err.Error(), "bytes after the end") {
		t.Fatal(err)
	}
}

// Reading goes on past a damaged entry: the rest can still be judged, and the
// damaged entry is judged as it is.
func TestReadingGoesOnPastDamage(t *testing.T) {
	b := evening(t)
	file := export(t, b)
	for _, s := range spans(t, b, file) {
		if s.place == "IL-RU/IL/urgent/2" || s.place == "IL-RU/RU/routine/3" {
			file[s.to-1] ^= 0xff
		}
	}
	got, v, err := Judge(bytes.NewReader(file))
	if err != nil || v.OK || len(got.History.Logs) != 4 || len(got.History.Logs[3].Entries) != 3 {
		t.Fatal(err, v.Words())
	}
	if v.Problems[0].Place != "IL-RU/IL/urgent/2" || !strings.Contains(v.Problems[0].What, "not those that were written") {
		t.Fatal(v.Problems[0])
	}
	if !slices.ContainsFunc(v.Problems[1:], func(p line.Problem) bool {
		return p.Place == "IL-RU/RU/routine/3" && strings.Contains(p.What, "does not open")
	}) {
		t.Fatal(v.Words())
	}
	if _, err := Read(bytes.NewReader(file)); !strings.Contains(err.Error(), "and 1 more") {
		t.Fatal(err)
	}
}

func TestAReaderThatFailsIsNoDamage(t *testing.T) {
	file := export(t, evening(t))
	_, err := Read(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(file))))
	var d *DamageError
	if err == nil || errors.As(err, &d) || !errors.Is(err, iotest.ErrTimeout) {
		t.Fatal(err)
	}
	if _, _, err := Judge(iotest.ErrReader(os.ErrPermission)); !errors.Is(err, os.ErrPermission) {
		t.Fatal(err)
	}
	if err := Export(failing{}, evening(t)); !errors.Is(err, os.ErrPermission) {
		t.Fatal(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrPermission }

// forged writes a file with any items and true sums.
func forged(items func(x *writer)) []byte {
	var out bytes.Buffer
	x := &writer{w: &out, digest: sha256.New()}
	x.raw([]byte(magic))
	items(x)
	x.item(kindEnd, x.digest.Sum(nil))
	return out.Bytes()
}

func TestWhatAFileSaysOfItselfIsHeldToLimits(t *testing.T) {
	good := header{Format: 1, Exporter: "IL", Made: historytest.Start}
	with := func(edit func(*header)) []byte {
		h := good
		edit(&h)
		return forged(func(x *writer) { x.cbor(kindHeader, h) })
	}
	log := func(h logHeader) []byte {
		return forged(func(x *writer) {
			h2 := good
			h2.Logs = 1
			x.cbor(kindHeader, h2)
			x.cbor(kindLog, h)
		})
	}
	origin := logbook.ID{Party: "IL", Lane: record.Urgent, Incarnation: 1}.Origin()
	for what, c := range map[string]struct {
		file []byte
		want string
	}{
		"a newer format":         {with(func(h *header) { h.Format = 2 }), "format 2, this Parley reads 1"},
		"an exporter of no name": {with(func(h *header) { h.Exporter = "il" }), "exporter: party"},
		"made at no time":        {with(func(h *header) { h.Made = -1 }), "made: outside"},
		"very many charters":     {with(func(h *header) { h.Charters = 1 << 30 }), "charters, at most"},
		"very many logbooks":     {with(func(h *header) { h.Logs = 1 << 30 }), "logbooks, at most"},
		"more than there is":     {with(func(h *header) { h.Charters = 1 }), "item of kind 6, want 2"},
		"very many entries":      {log(logHeader{Origin: origin, Entries: 1 << 62, Notes: 1 << 62}), "entries and"},
		"entries that overflow":  {log(logHeader{Origin: origin, Entries: 1<<64 - 1, Notes: 2}), "entries and"},
		"a name that is none":    {log(logHeader{Origin: "parley/1/x"}), "couldn't read origin"},
		"an unknown field":       {forged(func(x *writer) { x.item(kindHeader, []byte{0xa1, 0x18, 0x63, 0x00}) }), "unknown field"},
		"a header that is none":  {forged(func(x *writer) { x.item(kindHeader, []byte{0x80}) }), "header"},
		"text":                   {[]byte("From: somebody\nTo: somebody else\n\nthis is a letter\n"), "this is not the beginning of a bundle"},
		"nothing":                {nil, "the file ends inside"},
		"an endless item":        {append([]byte(magic), 0x83, 1, 0x5a, 0xff, 0xff, 0xff, 0xff), "4294967295 bytes in header, at most 65536"},
		"a length written long":  {append([]byte(magic), 0x83, 1, 0x59, 0x00, 0x01), "not in its shortest form"},
		"an item without end":    {append([]byte(magic), 0x83, 1, 0x5f), "want the head of a byte string"},
		"another kind of item":   {append([]byte(magic), 0x84, 1), "want an item (83)"},
	} {
		_, err := Read(bytes.NewReader(c.file))
		var d *DamageError
		if !errors.As(err, &d) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

func TestExportKeepsToTheLimits(t *testing.T) {
	for want, b := range map[string]Bundle{
		"1025 charters": {History: line.History{Charters: make([][]byte, MaxCharters+1)}},
		"1025 logbooks": {History: line.History{Logs: make([]line.LogCopy, MaxLogs+1)}},
		"an item of 65537 bytes": {History: line.History{Logs: []line.LogCopy{{ID: logbook.ID{Party: "IL", Lane: 1, Incarnation: 1},
			Entries: [][]byte{make([]byte, maxItem+1)}}}}},
		"entries and checkpoints": {History: line.History{Logs: []line.LogCopy{{ID: logbook.ID{Party: "IL", Lane: 1, Incarnation: 1},
			Entries: make([][]byte, MaxEntries+1)}}}},
	} {
		if err := Export(&bytes.Buffer{}, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestALogbookIsCopiedOutOfItsStoreAsItLies(t *testing.T) {
	author := party.NewSigner([32]byte{1})
	id := logbook.ID{Party: "IL", Lane: record.Urgent, Incarnation: 1}
	s := logbook.NewMemory()
	l, err := logbook.Open(id, s, author.Public())
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	for i := range 1500 {
		e := bytes.Repeat([]byte{byte(i)}, i)
		want = append(want, e)
		if _, err := l.Append([][]byte{e}, author); err != nil {
			t.Fatal(err)
		}
	}
	c, err := line.Copy(id, s)
	if err != nil || !slices.EqualFunc(c.Entries, want, bytes.Equal) || len(c.Notes) != 1500 || c.Notes[1499].Size != 1500 {
		t.Fatalf("%d entries, %d checkpoints, %v", len(c.Entries), len(c.Notes), err)
	}
	if c, err := line.Copy(id, logbook.NewMemory()); err != nil || len(c.Entries)+len(c.Notes) != 0 {
		t.Fatal(c, err)
	}
}

func TestItemHeadsAreCBOR(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := make([]byte, rapid.IntRange(0, maxItem).Draw(t, "length"))
		want, err := encode.Marshal(b)
		if err != nil || !bytes.Equal(append(appendHead(nil, 2, uint64(len(b))), b...), want) {
			t.Fatalf("%d bytes: another head than CBOR's", len(b))
		}
	})
}

// Any bytes at all: no panic, no endless memory; and a file that reads without
// damage writes back the same.
func FuzzRead(f *testing.F) {
	b := evening(f)
	f.Add(export(f, b))
	b.History.Logs = b.History.Logs[:1]
	b.History.Logs[0].Entries = b.History.Logs[0].Entries[:1]
	f.Add(export(f, b))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Export(&out, b); err != nil || !bytes.Equal(out.Bytes(), file) {
			t.Fatalf("writes back otherwise: %v", err)
		}
	})
}
