package courier

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/fxamacker/cbor/v2"

	"parley/line"
	"parley/logbook"
)

// DamageError says that a file is not as it was written.
type DamageError struct {
	Place  string // "IL-RU/IL/urgent/12", "charter 0", "file framing at byte 312"
	Offset int64  // of the item's first byte in the file
	What   string
	More   int // further damaged items after this one
}

func (e *DamageError) Error() string {
	s := fmt.Sprintf("damaged bundle: %s: %s", e.Place, e.What)
	if e.More > 0 {
		s += fmt.Sprintf(" (and %d more)", e.More)
	}
	return s
}

// Read reads a file from its first byte to its end. With an error, always a
// *DamageError or the reader's own, the Bundle still holds all that could be
// read; an item whose sum is wrong is in it as it was found. It takes memory
// in proportion to what the file holds, never to what it says it holds.
func Read(r io.Reader) (Bundle, error) {
	x := &reader{r: bufio.NewReaderSize(io.LimitReader(r, MaxBytes+1), 1<<16), digest: sha256.New()}
	b, err := x.bundle()
	if err != nil {
		var d *DamageError
		if !errors.As(err, &d) {
			return b, fmt.Errorf("couldn't read the bundle: %w", err)
		}
		x.damage(d)
	}
	if x.first != nil {
		return b, x.first
	}
	return b, nil
}

// Judge reads a file and verifies what is in it. Damage to the file is a
// problem like any other, and stands first. The error is the reader's own.
func Judge(r io.Reader) (Bundle, line.Verdict, error) {
	b, err := Read(r)
	var d *DamageError
	if err != nil && !errors.As(err, &d) {
		return b, line.Verdict{}, err
	}
	v := line.Verify(b.History)
	own := []line.Problem{}
	if d != nil {
		own = append(own, line.Problem{Place: d.Place, What: d.What})
	}
	if v.Charters > 0 && b.Line != v.Line {
		own = append(own, line.Problem{Place: "header", What: fmt.Sprintf("it names line %s, the charters are of %s", b.Line, v.Line)})
	}
	v.Problems = append(own, v.Problems...)
	v.OK = v.OK && len(own) == 0
	return b, v, nil
}

type reader struct {
	r      *bufio.Reader
	digest hash.Hash
	off    int64  // bytes read
	index  uint64 // items read
	name   string // the line's, for places
	first  *DamageError
}

func (x *reader) damage(d *DamageError) {
	if x.first == nil {
		x.first = d
	} else {
		x.first.More++
	}
}

func (x *reader) framing(at int64, format string, args ...any) error {
	return &DamageError{Place: fmt.Sprintf("file framing at byte %d", at), Offset: at, What: fmt.Sprintf(format, args...)}
}

// bytes reads n bytes; what is being read stands in where.
func (x *reader) bytes(n int, where string) ([]byte, error) {
	b := make([]byte, n)
	got, err := io.ReadFull(x.r, b)
	x.digest.Write(b[:got])
	x.off += int64(got)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, x.framing(x.off, "the file ends inside %s", where)
	}
	return b, err
}

// head reads the head of a byte string in its shortest form.
func (x *reader) head(where string, most uint64) (int, error) {
	at := x.off
	b, err := x.bytes(1, where)
	if err != nil {
		return 0, err
	}
	if b[0]>>5 != 2 || b[0]&31 > 26 {
		return 0, x.framing(at, "want the head of a byte string in %s, have %02x", where, b[0])
	}
	n := uint64(b[0] & 31)
	if n >= 24 {
		w := 1 << (n - 24)
		more, err := x.bytes(w, where)
		if err != nil {
			return 0, err
		}
		n = binary.BigEndian.Uint64(append(make([]byte, 8-w), more...))
		b = append(b, more...)
	}
	if !bytes.Equal(appendHead(nil, 2, n), b) {
		return 0, x.framing(at, "the length in %s is not in its shortest form", where)
	}
	if n > most {
		return 0, x.framing(at, "%d bytes in %s, at most %d", n, where, most)
	}
	return int(n), nil
}

// item reads the item that must come next. Where only its content is wrong,
// the damage is noted under place and reading goes on.
func (x *reader) item(want kind, place string) ([]byte, error) {
	at := x.off
	if at > MaxBytes {
		return nil, x.framing(at, "more than %d bytes", MaxBytes)
	}
	b, err := x.bytes(2, place)
	if err != nil {
		return nil, err
	}
	if b[0] != 0x83 {
		return nil, x.framing(at, "want an item (83) for %s, have %02x", place, b[0])
	}
	n, err := x.head(place, maxItem)
	if err != nil {
		return nil, err
	}
	content, err := x.bytes(n, place)
	if err != nil {
		return nil, err
	}
	if n, err = x.head("the sum of "+place, 8); err != nil {
		return nil, err
	}
	sum, err := x.bytes(n, "the sum of "+place)
	if err != nil {
		return nil, err
	}
	switch {
	case kind(b[1]) != want:
		x.damage(&DamageError{Place: place, Offset: at, What: fmt.Sprintf("item of kind %d, want %d, at byte %d", b[1], want, at)})
	case !bytes.Equal(sum, itemSum(x.index, want, content)):
		x.damage(&DamageError{Place: place, Offset: at, What: fmt.Sprintf("its bytes are not those that were written, at byte %d and on", at)})
	}
	x.index++
	return content, nil
}

// cbor reads an item that is a CBOR map, in its one encoding. Where it is no
// such map the damage is noted and ok is false; reading could go on.
func (x *reader) cbor(want kind, place string, v any) (ok bool, err error) {
	at := x.off
	b, err := x.item(want, place)
	if err != nil {
		return false, err
	}
	if err := decode.Unmarshal(b, v); err != nil {
		x.damage(&DamageError{Place: place, Offset: at, What: err.Error()})
		return false, nil
	}
	if again, err := encode.Marshal(v); err != nil || !bytes.Equal(again, b) {
		x.damage(&DamageError{Place: place, Offset: at, What: "not in the one encoding"})
	}
	return true, nil
}

func (x *reader) bundle() (b Bundle, err error) {
	m, err := x.bytes(len(magic), "the first 16 bytes")
	if err != nil {
		return b, err
	}
	for i := range m {
		if m[i] != magic[i] {
			// A bundle whose first bytes were hit is read on; other files fail at the first item.
			x.damage(x.framing(int64(i), "this is not the beginning of a bundle, %q", magic).(*DamageError))
			break
		}
	}
	var h header
	if ok, err := x.cbor(kindHeader, "header", &h); err != nil || !ok {
		return b, err
	}
	b.Line, b.Exporter, b.Made, b.History.Holder = h.Line, h.Exporter, h.Made, h.Exporter
	if err := x.checkHeader(h); err != nil {
		return b, err
	}
	x.name = fmt.Sprintf("%x", h.Line[:8])
	for i := range h.Charters {
		c, err := x.item(kindCharter, fmt.Sprintf("charter %d", i))
		if err != nil {
			return b, err
		}
		b.History.Charters = append(b.History.Charters, c)
		x.nameFrom(c)
	}
	total := uint64(0)
	var last logbook.ID
	for i := range h.Logs {
		l, err := x.log(fmt.Sprintf("logbook %d of the file", i+1), &total, last)
		if l.ID != (logbook.ID{}) {
			b.History.Logs = append(b.History.Logs, l)
		}
		if err != nil {
			return b, err
		}
		last = l.ID
	}
	return b, x.end()
}

func (x *reader) checkHeader(h header) error {
	switch {
	case h.Format != 1:
		return &DamageError{Place: "header", What: fmt.Sprintf("format %d, this Parley reads 1", h.Format)}
	case h.Exporter.Validate() != nil:
		return &DamageError{Place: "header", What: "exporter: " + h.Exporter.Validate().Error()}
	case !h.Made.Valid():
		return &DamageError{Place: "header", What: "made: outside 1970 to 2199"}
	case h.Charters > MaxCharters:
		return &DamageError{Place: "header", What: fmt.Sprintf("%d charters, at most %d", h.Charters, MaxCharters)}
	case h.Logs > MaxLogs:
		return &DamageError{Place: "header", What: fmt.Sprintf("%d logbooks, at most %d", h.Logs, MaxLogs)}
	}
	return nil
}

// nameFrom takes the line's name from a charter, so that places are named as
// line.Verify names them. It is a quick look: nothing is judged here.
func (x *reader) nameFrom(raw []byte) {
	var cr struct {
		Charter []byte `cbor:"1,keyasint"`
	}
	var c struct {
		Name string `cbor:"1,keyasint"`
	}
	if cbor.Unmarshal(raw, &cr) == nil && cbor.Unmarshal(cr.Charter, &c) == nil && len(c.Name) > 0 && len(c.Name) <= 64 {
		x.name = strconv.QuoteToASCII(c.Name)
		x.name = x.name[1 : len(x.name)-1]
	}
}

func (x *reader) log(place string, total *uint64, last logbook.ID) (l line.LogCopy, err error) {
	var h logHeader
	at := x.off
	if ok, err := x.cbor(kindLog, place, &h); err != nil {
		return l, err
	} else if !ok {
		return l, x.framing(at, "without the counts of %s the rest cannot be told apart", place)
	}
	if l.ID, err = logbook.ParseOrigin(h.Origin); err != nil {
		return l, &DamageError{Place: place, Offset: at, What: err.Error()}
	}
	if last != (logbook.ID{}) && compare(last, l.ID) >= 0 {
		x.damage(&DamageError{Place: place, Offset: at, What: fmt.Sprintf("%s is out of order", l.ID)})
	}
	if h.Entries > MaxEntries || h.Notes > MaxEntries || *total+h.Entries+h.Notes > MaxEntries {
		return l, &DamageError{Place: place, Offset: at, What: fmt.Sprintf("%d entries and %d checkpoints, at most %d in a file", h.Entries, h.Notes, MaxEntries)}
	}
	*total += h.Entries + h.Notes
	for i := range h.Entries {
		e, err := x.item(kindEntry, fmt.Sprintf("%s/%s/%d", x.name, l.ID, i+1))
		if err != nil {
			return l, err
		}
		l.Entries = append(l.Entries, e)
	}
	for i := range h.Notes {
		var n logbook.NoteAt
		ok, err := x.cbor(kindCheckpoint, fmt.Sprintf("%s/%s/checkpoint no. %d of %d", x.name, l.ID, i+1, h.Notes), &n)
		if err != nil {
			return l, err
		}
		if ok {
			l.Notes = append(l.Notes, n)
		}
	}
	return l, nil
}

// end holds the whole against its digest.
func (x *reader) end() error {
	at := x.off
	want := x.digest.Sum(nil)
	got, err := x.item(kindEnd, "the end of the file")
	if err != nil {
		return err
	}
	if x.first == nil && !bytes.Equal(got, want) { // else it follows from what was named
		x.damage(x.framing(at, "the digest of the whole file is another").(*DamageError))
	}
	if _, err := x.r.ReadByte(); err == nil {
		return x.framing(x.off, "bytes after the end")
	} else if err != io.EOF {
		return err
	}
	return nil
}
