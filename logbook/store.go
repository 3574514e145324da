package logbook

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"golang.org/x/mod/sumdb/tlog"
)

// Store keeps one log. There is one writer at a time; package logbook calls it
// from one goroutine. The suite in logbook/storetest says what every driver
// must do.
type Store interface {
	// Load gives what is durably held.
	Load() (State, error)
	// Append adds a batch at the end. Nil means all of it is durable, entries,
	// hashes and note together. An error means *unknown*: all of it or none.
	// Never a part.
	Append(Batch) error
	// AddNote replaces the stored checkpoint of this size by the same one with
	// more receipts. It is an error if there is none of this size. Durable on
	// nil, unknown on an error.
	AddNote(size uint64, note []byte) error
	// Entries gives the entries [from, to), at least one if from < to, but
	// stops early rather than pass maxBytes in all.
	Entries(from, to uint64, maxBytes int) ([][]byte, error)
	// Hashes gives stored hashes by their tlog.StoredHashIndex, in the order
	// asked for.
	Hashes(idx []int64) ([]tlog.Hash, error)
	// Note gives the checkpoint of exactly this size, or nil, nil.
	Note(size uint64) ([]byte, error)
	// NotesFrom gives up to max checkpoints of at least this size, ascending.
	NotesFrom(size uint64, max int) ([]NoteAt, error)
	Close() error
}

// State is what a store holds.
type State struct {
	Size     uint64            // entries
	Note     []byte            // the checkpoint of that size with its receipts; nil when empty
	Receipts map[string]uint64 // largest size that each name has cosigned (CosignerNames)
}

// Batch is what one Append makes durable in one transaction.
type Batch struct {
	From    uint64      // index of the first entry: the store's size before
	Entries [][]byte    // at least one
	Hashes  []tlog.Hash // the new stored hashes, from tlog.StoredHashIndex(0, From) on
	Note    []byte      // the signed checkpoint of size From+len(Entries)
}

// NoteAt is a stored checkpoint with its receipts.
type NoteAt struct {
	Size uint64 `cbor:"1,keyasint" json:"size"`
	Note []byte `cbor:"2,keyasint" json:"note"`
}

// CosignerNames gives the names of the mirrors that have cosigned a stored
// note, unverified. Drivers use it to keep State.Receipts in the transaction
// that stores the note.
func CosignerNames(note []byte) []string {
	c, err := ParseCheckpoint(note)
	if err != nil {
		return nil
	}
	var names []string
	for _, r := range c.Receipts() {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

// CheckBatch is what every driver checks before it writes, so that a mistake
// above it cannot tear a store: the batch joins on, is not empty, and has as
// many hashes as its entries make.
func CheckBatch(size uint64, b Batch) error {
	if b.From != size {
		return fmt.Errorf("couldn't append: batch begins at entry %d, the store holds %d", b.From, size)
	}
	if len(b.Entries) == 0 {
		return fmt.Errorf("couldn't append: the batch has no entries")
	}
	if len(b.Note) == 0 || len(b.Note) > MaxNote {
		return fmt.Errorf("couldn't append: the batch's note has %d bytes, want 1 to %d", len(b.Note), MaxNote)
	}
	end := b.From + uint64(len(b.Entries))
	if want := tlog.StoredHashIndex(0, int64(end)) - tlog.StoredHashIndex(0, int64(b.From)); int64(len(b.Hashes)) != want {
		return fmt.Errorf("couldn't append: the batch has %d hashes, %d entries from %d make %d",
			len(b.Hashes), len(b.Entries), b.From, want)
	}
	return nil
}

// Memory is a Store without a disk, for tests and simulators. It is durable
// only as long as the value lives.
type Memory struct {
	entries  [][]byte
	hashes   []tlog.Hash
	notes    []NoteAt
	receipts map[string]uint64
}

// NewMemory gives an empty store.
func NewMemory() *Memory { return &Memory{receipts: map[string]uint64{}} }

// Load gives what is held.
func (m *Memory) Load() (State, error) {
	st := State{Size: uint64(len(m.entries)), Receipts: map[string]uint64{}}
	if n := len(m.notes); n > 0 {
		st.Note = bytes.Clone(m.notes[n-1].Note)
	}
	for k, v := range m.receipts {
		st.Receipts[k] = v
	}
	return st, nil
}

// Append adds a batch, all or nothing.
func (m *Memory) Append(b Batch) error {
	if err := CheckBatch(uint64(len(m.entries)), b); err != nil {
		return err
	}
	for _, e := range b.Entries {
		m.entries = append(m.entries, append([]byte{}, e...))
	}
	m.hashes = append(m.hashes, b.Hashes...)
	m.notes = append(m.notes, NoteAt{Size: uint64(len(m.entries)), Note: bytes.Clone(b.Note)})
	m.noteReceipts(uint64(len(m.entries)), b.Note)
	return nil
}

// AddNote replaces the note of a size.
func (m *Memory) AddNote(size uint64, note []byte) error {
	i, ok := m.noteIndex(size)
	if !ok {
		return fmt.Errorf("couldn't add receipt: no checkpoint of size %d is stored", size)
	}
	m.notes[i].Note = bytes.Clone(note)
	m.noteReceipts(size, note)
	return nil
}

func (m *Memory) noteReceipts(size uint64, note []byte) {
	for _, n := range CosignerNames(note) {
		m.receipts[n] = max(m.receipts[n], size)
	}
}

func (m *Memory) noteIndex(size uint64) (int, bool) {
	return sort.Find(len(m.notes), func(i int) int {
		switch {
		case size < m.notes[i].Size:
			return -1
		case size > m.notes[i].Size:
			return 1
		}
		return 0
	})
}

// Entries gives the entries [from, to) within maxBytes.
func (m *Memory) Entries(from, to uint64, maxBytes int) ([][]byte, error) {
	if from > to || to > uint64(len(m.entries)) {
		return nil, fmt.Errorf("couldn't read entries %d to %d: the store holds %d", from, to, len(m.entries))
	}
	var out [][]byte
	for _, e := range m.entries[from:to] {
		if maxBytes -= len(e); maxBytes < 0 && len(out) > 0 {
			break
		}
		out = append(out, append([]byte{}, e...))
	}
	return out, nil
}

// Hashes gives stored hashes by index.
func (m *Memory) Hashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		if x < 0 || x >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("couldn't read hash %d: the store holds %d", x, len(m.hashes))
		}
		out[i] = m.hashes[x]
	}
	return out, nil
}

// Note gives the checkpoint of a size, or nil.
func (m *Memory) Note(size uint64) ([]byte, error) {
	if i, ok := m.noteIndex(size); ok {
		return bytes.Clone(m.notes[i].Note), nil
	}
	return nil, nil
}

// NotesFrom gives up to max checkpoints from a size on.
func (m *Memory) NotesFrom(size uint64, max int) ([]NoteAt, error) {
	i, _ := m.noteIndex(size)
	var out []NoteAt
	for ; i < len(m.notes) && len(out) < max; i++ {
		out = append(out, NoteAt{Size: m.notes[i].Size, Note: bytes.Clone(m.notes[i].Note)})
	}
	return out, nil
}

// Close does nothing: the same value may be opened again, as after a restart.
func (m *Memory) Close() error { return nil }
