// Package courier carries a whole line as one file, NAME.parley: to a court,
// to an archive, to a party whose link is down, on a stick in a pocket.
//
// The file proves nothing by being whole; line.Verify proves what is in it.
// But a file that was damaged on its way should say where. So every charter,
// entry and checkpoint stands in an item of its own with a short sum, and the
// whole ends with a SHA-256: any flipped byte and any missing end is found,
// and Read goes on past a damaged item, so that the finding names the logbook
// and the number of the entry, and the rest can still be judged.
//
//	"parley bundle 1\n"                     16 bytes
//	[1, header, sum]                        format, line, exporter, made at, counts
//	[2, charter record, sum]                ascending revision
//	for each logbook, by lane, party, incarnation:
//	  [3, log, sum]                         origin and counts
//	  [4, entry, sum]                       from the first on
//	  [5, checkpoint, sum]                  ascending, with receipts
//	[6, SHA-256 of all before, sum]
//
// Items are a CBOR sequence; a sum is the first eight bytes of
// SHA-256("parley item v1\n" || item's index, 8 bytes || kind, 1 byte || content).
// Equal bundles give equal files. The header is a claim that nobody signed.
package courier

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Hard limits of a file; Read refuses what is beyond before it takes memory
// for it.
const (
	MaxBytes    = 1 << 30 // of a file
	MaxEntries  = 1 << 22 // of all logbooks together
	MaxLogs     = 1024
	MaxCharters = 1024
	maxItem     = 64 << 10 // bytes of one item's content
)

const (
	magic     = "parley bundle 1\n"
	sumDomain = "parley item v1\n"
)

// kind of an item.
type kind byte

const (
	kindHeader     kind = 1
	kindCharter    kind = 2
	kindLog        kind = 3
	kindEntry      kind = 4
	kindCheckpoint kind = 5
	kindEnd        kind = 6
)

// Bundle is what a file carries.
type Bundle struct {
	Line     record.LineID
	Exporter party.ID // who wrote it: the holder of this copy
	Made     utc.Time // when, by the exporter's clock
	History  line.History
}

type header struct {
	Format   uint32        `cbor:"1,keyasint"`
	Line     record.LineID `cbor:"2,keyasint"`
	Exporter party.ID      `cbor:"3,keyasint"`
	Made     utc.Time      `cbor:"4,keyasint"`
	Charters uint32        `cbor:"5,keyasint"`
	Logs     uint32        `cbor:"6,keyasint"`
}

type logHeader struct {
	Origin  string `cbor:"1,keyasint"`
	Entries uint64 `cbor:"2,keyasint"`
	Notes   uint64 `cbor:"3,keyasint"`
}

var encode = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // constant options: cannot happen
	}
	return m
}()

var decode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, MaxNestedLevels: 4, MaxArrayElements: 64, MaxMapPairs: 16,
	}.DecMode()
	if err != nil {
		panic(err) // constant options: cannot happen
	}
	return m
}()

// Export writes b. It checks only the limits: a copy that does not verify is
// exported as it is, since that may be the point.
func Export(w io.Writer, b Bundle) error {
	buf := bufio.NewWriterSize(w, 1<<16)
	x := &writer{w: buf, digest: sha256.New()}
	x.raw([]byte(magic))
	x.cbor(kindHeader, header{Format: 1, Line: b.Line, Exporter: b.Exporter, Made: b.Made,
		Charters: uint32(len(b.History.Charters)), Logs: uint32(len(b.History.Logs))})
	if err := within("charters", len(b.History.Charters), MaxCharters); err != nil {
		return err
	}
	if err := within("logbooks", len(b.History.Logs), MaxLogs); err != nil {
		return err
	}
	for _, c := range b.History.Charters {
		x.item(kindCharter, c)
	}
	logs := slices.Clone(b.History.Logs)
	slices.SortStableFunc(logs, func(a, b line.LogCopy) int { return compare(a.ID, b.ID) })
	total := 0
	for _, l := range logs {
		if total += len(l.Entries) + len(l.Notes); total > MaxEntries {
			return within("entries and checkpoints", total, MaxEntries)
		}
		x.cbor(kindLog, logHeader{Origin: l.ID.Origin(), Entries: uint64(len(l.Entries)), Notes: uint64(len(l.Notes))})
		for _, e := range l.Entries {
			x.item(kindEntry, e)
		}
		for _, n := range l.Notes {
			x.cbor(kindCheckpoint, n)
		}
	}
	x.item(kindEnd, x.digest.Sum(nil))
	if x.err == nil {
		x.err = buf.Flush()
	}
	if x.err != nil {
		return fmt.Errorf("couldn't write the bundle: %w", x.err)
	}
	return nil
}

func within(what string, n, most int) error {
	if n > most {
		return fmt.Errorf("couldn't write the bundle: %d %s, at most %d fit into one file", n, what, most)
	}
	return nil
}

// compare orders logbooks by lane, party and incarnation.
func compare(a, b logbook.ID) int {
	if a.Lane != b.Lane {
		return int(a.Lane) - int(b.Lane)
	}
	if a.Party != b.Party {
		return bytes.Compare([]byte(a.Party), []byte(b.Party))
	}
	return int(a.Incarnation) - int(b.Incarnation)
}

type writer struct {
	w      io.Writer
	digest interface {
		io.Writer
		Sum([]byte) []byte
	}
	index uint64
	size  int64
	err   error
}

func (x *writer) raw(b []byte) {
	if x.err == nil {
		x.digest.Write(b)
		_, x.err = x.w.Write(b)
	}
	if x.size += int64(len(b)); x.size > MaxBytes && x.err == nil {
		x.err = fmt.Errorf("it would have more than %d bytes", MaxBytes)
	}
}

func (x *writer) cbor(k kind, v any) {
	b, err := encode.Marshal(v)
	if err != nil && x.err == nil {
		x.err = err
	}
	x.item(k, b)
}

func (x *writer) item(k kind, content []byte) {
	if len(content) > maxItem && x.err == nil {
		x.err = fmt.Errorf("an item of %d bytes, at most %d", len(content), maxItem)
	}
	sum := itemSum(x.index, k, content)
	b := appendHead([]byte{0x83, byte(k)}, 2, uint64(len(content)))
	b = append(b, content...)
	b = append(appendHead(b, 2, uint64(len(sum))), sum...)
	x.raw(b)
	x.index++
}

func itemSum(index uint64, k kind, content []byte) []byte {
	h := sha256.New()
	h.Write([]byte(sumDomain))
	h.Write(append(binary.BigEndian.AppendUint64(nil, index), byte(k)))
	h.Write(content)
	return h.Sum(nil)[:8]
}

// appendHead writes the shortest CBOR head.
func appendHead(b []byte, major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return append(b, m|byte(n))
	case n < 1<<8:
		return append(b, m|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, m|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, m|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, m|27), n)
}
