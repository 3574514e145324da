package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"maps"

	"golang.org/x/mod/sumdb/tlog"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// Log is one open log. It belongs to one goroutine.
type Log struct {
	id    ID
	store Store
	key   party.Key // signs this log's checkpoints from here on

	// What the store durably holds, cached; renewed only after the store has
	// said "durable".
	size     uint64
	root     tlog.Hash
	note     []byte              // checkpoint of size with its receipts; nil when empty
	edge     map[int64]tlog.Hash // roots of the complete subtrees that make up size
	receipts map[string]uint64   // largest size each name has cosigned
	broken   error               // a write ended unknown: reopen first
}

// Open loads a log and checks it against its own signed head, at a cost
// bounded by the logarithm of its size: the head's signature by key, its root
// from the stored hashes, every entry of the newest batches (up to
// MaxBatchEntries and MaxBatchBytes) and a fixed number of older ones against
// that root. A store that fails is a *CorruptError and is left as it is.
//
// An empty store is an empty log. An older copy of the store put back opens
// without a word: see the package comment.
func Open(id ID, store Store, key party.Key) (*Log, error) {
	if err := id.Validate(); err != nil {
		return nil, fmt.Errorf("couldn't open logbook: %w", err)
	}
	st, err := store.Load()
	if err != nil {
		return nil, fmt.Errorf("couldn't open logbook %s: %w", id, err)
	}
	l := &Log{id: id, store: store, key: key, edge: map[int64]tlog.Hash{}, receipts: map[string]uint64{}}
	l.root, _ = tlog.TreeHash(0, nil)
	maps.Copy(l.receipts, st.Receipts)
	if st.Size == 0 && st.Note == nil {
		return l, nil
	}
	c, err := ParseCheckpoint(st.Note)
	if err != nil {
		return nil, l.corrupt("its head is not a checkpoint", err)
	}
	if err := c.Verify(id, key); err != nil {
		return nil, l.corrupt("its head is not signed by this log's key", err)
	}
	if c.Size != st.Size {
		return nil, l.corrupt(fmt.Sprintf("its head is signed for %d entries but it holds %d", c.Size, st.Size), nil)
	}
	l.size, l.note = st.Size, st.Note
	if err := l.loadEdge(); err != nil {
		return nil, l.corrupt("hashes cannot be read", err)
	}
	if record.Hash(l.root) != c.Root {
		return nil, l.corrupt(fmt.Sprintf("the stored hashes do not give the root that is signed for size %d", st.Size), nil)
	}
	if err := l.checkSome(); err != nil {
		return nil, err
	}
	return l, nil
}

// loadEdge reads the roots of the complete subtrees and computes the root.
func (l *Log) loadEdge() error {
	idx := edgeIndexes(l.size)
	hs, err := l.store.Hashes(idx)
	if err != nil {
		return err
	}
	if len(hs) != len(idx) {
		return fmt.Errorf("asked for %d hashes, got %d", len(idx), len(hs))
	}
	for i, x := range idx {
		l.edge[x] = hs[i]
	}
	l.root, err = tlog.TreeHash(int64(l.size), reader{l: l})
	return err
}

// edgeIndexes gives the stored-hash indexes of the complete subtrees that a
// tree of this size is made of, largest first.
func edgeIndexes(size uint64) []int64 {
	var idx []int64
	lo := uint64(0)
	for level := 62; level >= 0; level-- {
		if size&(1<<level) != 0 {
			idx = append(idx, tlog.StoredHashIndex(level, int64(lo>>level)))
			lo += 1 << level
		}
	}
	return idx
}

// reader reads hashes of the log, with those of a batch that is not stored
// yet laid over it.
type reader struct {
	l       *Log
	pending []tlog.Hash
}

func (r reader) ReadHashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	base := tlog.StoredHashIndex(0, int64(r.l.size))
	var ask []int64
	var at []int
	for i, x := range idx {
		if h, ok := r.l.edge[x]; ok {
			out[i] = h
		} else if x >= base && x-base < int64(len(r.pending)) {
			out[i] = r.pending[x-base]
		} else {
			ask, at = append(ask, x), append(at, i)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	hs, err := r.l.store.Hashes(ask)
	if err != nil {
		return nil, err
	}
	if len(hs) != len(ask) {
		return nil, fmt.Errorf("asked for %d hashes, got %d", len(ask), len(hs))
	}
	for i, h := range hs {
		out[at[i]] = h
	}
	return out, nil
}

// ID gives the log's name.
func (l *Log) ID() ID { return l.id }

// Key gives the key that signs this log: the one that the head is signed with,
// or the one that Rekey has named since.
func (l *Log) Key() party.Key { return l.key }

// Rekey changes the key that signs this log from the next entry on: an
// amended charter has given its author another. What is stored stays under the
// key it was signed with.
func (l *Log) Rekey(key party.Key) { l.key = key }

// Size gives the number of durable entries.
func (l *Log) Size() uint64 { return l.size }

// Head gives size and root of what is durable. The root of an empty log is
// the SHA-256 of nothing.
func (l *Log) Head() record.Head { return l.id.Head(l.size, record.Hash(l.root)) }

// Note gives the newest durable checkpoint with its receipts, nil when empty.
func (l *Log) Note() []byte { return bytes.Clone(l.note) }

// Receipts gives the largest size that each mirror has receipted.
func (l *Log) Receipts() map[string]uint64 { return maps.Clone(l.receipts) }

// Broken gives the *ReopenError after a write that ended unknown, else nil.
func (l *Log) Broken() error { return l.broken }

// Append adds entries to our own log: hash, sign, store, and only then give
// the new head. s must hold the log's key. On *OversizeError and on an error
// of the signer nothing has changed. Any error of the store leaves the log
// broken: whether the batch is there is known only after it is opened again.
func (l *Log) Append(entries [][]byte, s party.Signer) (record.Head, error) {
	if l.broken != nil {
		return record.Head{}, l.broken
	}
	if s.Public() != l.key {
		return record.Head{}, fmt.Errorf("couldn't append to %s: the signer holds another key than the log's", l.id)
	}
	if len(entries) == 0 {
		return record.Head{}, fmt.Errorf("couldn't append to %s: no entries", l.id)
	}
	if err := l.checkBounds(entries, nil); err != nil {
		return record.Head{}, err
	}
	g, err := l.grow(entries)
	if err != nil {
		return record.Head{}, err
	}
	c, err := Checkpoint{Origin: l.id.Origin(), Size: g.size, Root: record.Hash(g.root)}.sign(LogSigner(l.id, s))
	if err != nil {
		return record.Head{}, err
	}
	// The signature now exists in memory only. Crash here: a restart finds the
	// log without this batch, nobody has seen the signature, the same size may
	// be signed again with other entries.
	if err := l.commit(g, entries, c.Marshal()); err != nil {
		return record.Head{}, err
	}
	// Durable. Crash here: a restart finds the batch and its signed head, and
	// offers them; the caller does not know it was done, the log does.
	return l.Head(), nil
}

// Accept adds what the author sent to our copy of its log. entries begin at
// index from and end at the size of the checkpoint; those we already hold are
// skipped, so a repeated batch is fine and adds 0. It looks into no leaf.
// Nothing is stored but under a checkpoint that verifies and whose root our
// entries and the new ones give. Errors with which the log has not changed:
// *OversizeError, *SignatureError, *GapError, *ForkError, *OldError; any other
// is of the store. If it is *ReopenError the log must be opened again.
func (l *Log) Accept(from uint64, entries [][]byte, note []byte, key party.Key) (added int, err error) {
	if l.broken != nil {
		return 0, l.broken
	}
	if err := l.checkBounds(entries, note); err != nil {
		return 0, err
	}
	c, err := l.checkNote(note, key)
	if err != nil {
		return 0, err
	}
	if c.Size <= l.size {
		return 0, l.agrees(c)
	}
	n := uint64(len(entries))
	if from > l.size || from+n < from || from+n != c.Size {
		return 0, &GapError{Log: l.id, Have: l.size, From: from, Entries: n, Size: c.Size}
	}
	fresh := entries[l.size-from:]
	g, err := l.grow(fresh)
	if err != nil {
		return 0, err
	}
	if record.Hash(g.root) != c.Root {
		return 0, &ForkError{Log: l.id, Ours: l.Note(), Theirs: c.Marshal(), OurSize: l.size, TheirSize: c.Size,
			Proven: from == 0 && rootOf(entries) == c.Root}
	}
	// Crash here: a restart finds our copy as it was; the author still has the
	// batch and offers it again.
	if err := l.commit(g, fresh, c.Marshal()); err != nil {
		return 0, err
	}
	l.key = key
	// Durable. Crash here: a restart finds the batch; the author, without a
	// receipt, offers it again, and Accept adds 0.
	return len(fresh), nil
}

// Judge holds a checkpoint that came without entries (an offer, a head seen
// by somebody else) against our copy: nil if it is newer than ours or equal,
// *OldError if it is older and agrees, *ForkError if it contradicts,
// *SignatureError if key did not sign it.
func (l *Log) Judge(note []byte, key party.Key) error {
	if l.broken != nil {
		return l.broken
	}
	if err := l.checkBounds(nil, note); err != nil {
		return err
	}
	c, err := l.checkNote(note, key)
	if err != nil || c.Size > l.size {
		return err
	}
	return l.agrees(c)
}

// checkNote reads and verifies a checkpoint of this log and cuts it to the
// log's own signature: receipts come by AddReceipt, which checks them.
func (l *Log) checkNote(note []byte, key party.Key) (Checkpoint, error) {
	c, err := ParseCheckpoint(note)
	if err == nil {
		err = c.Verify(l.id, key)
	}
	if err != nil {
		return c, &SignatureError{Log: l.id, Name: l.id.Origin(), Note: bytes.Clone(note), Err: err}
	}
	return c.Bare(l.id, key), nil
}

// agrees holds a verified checkpoint, no larger than ours, against our copy.
func (l *Log) agrees(c Checkpoint) error {
	root, err := l.RootAt(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return &ForkError{Log: l.id, Ours: l.Note(), Theirs: c.Marshal(), OurSize: l.size, TheirSize: c.Size, Proven: true}
	}
	if c.Size < l.size {
		return &OldError{Log: l.id, Have: l.size, Size: c.Size, Note: c.Marshal()}
	}
	return nil
}

// checkBounds holds a batch against the limits.
func (l *Log) checkBounds(entries [][]byte, note []byte) error {
	if len(note) > MaxNote {
		return &OversizeError{Log: l.id, What: "checkpoint", Unit: "bytes", Got: uint64(len(note)), Max: MaxNote}
	}
	if len(entries) > MaxBatchEntries {
		return &OversizeError{Log: l.id, What: "batch", Unit: "entries", Got: uint64(len(entries)), Max: MaxBatchEntries}
	}
	sum := 0
	for i, e := range entries {
		if len(e) > MaxLeaf {
			return &OversizeError{Log: l.id, What: fmt.Sprintf("entry %d of the batch", i), Unit: "bytes", Got: uint64(len(e)), Max: MaxLeaf}
		}
		sum += len(e)
	}
	if sum > MaxBatchBytes {
		return &OversizeError{Log: l.id, What: "batch", Unit: "bytes", Got: uint64(sum), Max: MaxBatchBytes}
	}
	return nil
}

// grown is the log with a batch that is not stored yet.
type grown struct {
	size   uint64
	root   tlog.Hash
	hashes []tlog.Hash
	edge   map[int64]tlog.Hash
}

// grow computes what the log would be with these entries at its end.
func (l *Log) grow(entries [][]byte) (grown, error) {
	g := grown{size: l.size + uint64(len(entries)), edge: map[int64]tlog.Hash{}}
	if g.size > MaxSize {
		return g, &OversizeError{Log: l.id, What: "log", Unit: "entries", Got: g.size, Max: MaxSize}
	}
	for i, e := range entries {
		hs, err := tlog.StoredHashes(int64(l.size)+int64(i), e, reader{l, g.hashes})
		if err != nil {
			return g, fmt.Errorf("couldn't hash entry %d of %s: %w", l.size+uint64(i), l.id, err)
		}
		g.hashes = append(g.hashes, hs...)
	}
	var err error
	r := reader{l, g.hashes}
	if g.root, err = tlog.TreeHash(int64(g.size), r); err != nil {
		return g, fmt.Errorf("couldn't hash %s: %w", l.id, err)
	}
	idx := edgeIndexes(g.size)
	hs, err := r.ReadHashes(idx)
	if err != nil {
		return g, fmt.Errorf("couldn't hash %s: %w", l.id, err)
	}
	for i, x := range idx {
		g.edge[x] = hs[i]
	}
	return g, nil
}

// commit makes a grown log durable and only then takes it over.
func (l *Log) commit(g grown, entries [][]byte, note []byte) error {
	if err := l.store.Append(Batch{From: l.size, Entries: entries, Hashes: g.hashes, Note: note}); err != nil {
		l.broken = &ReopenError{Log: l.id, Err: err}
		return l.broken
	}
	l.size, l.root, l.edge, l.note = g.size, g.root, g.edge, note
	return nil
}

// Receipt cosigns the stored checkpoint of this size as a mirror: "every entry
// up to size is durably stored here". It gives one signature line, newline
// included. Only what the store holds can be signed.
func (l *Log) Receipt(size uint64, s party.Signer, name string, at utc.Time) ([]byte, error) {
	if l.broken != nil {
		return nil, l.broken
	}
	if !validName(name) {
		return nil, fmt.Errorf("couldn't give a receipt on %s: name %q", l.id, name)
	}
	if !at.Valid() || at < 1000 {
		return nil, fmt.Errorf("couldn't give a receipt on %s: time %d is outside 1970 to 2199", l.id, at)
	}
	c, err := l.checkpointAt(size)
	if err != nil {
		return nil, fmt.Errorf("couldn't give a receipt on %s: %w", l.id, err)
	}
	c, err = c.sign(ReceiptSigner(name, s, at))
	if err != nil {
		return nil, err
	}
	return c.Sigs[len(c.Sigs)-1].append(nil), nil
}

// AddReceipt keeps a mirror's cosignature of our checkpoint of this size,
// durably. added is false if it was there already. A cosignature that key did
// not make over exactly this checkpoint is a *SignatureError.
func (l *Log) AddReceipt(size uint64, line []byte, name string, key party.Key) (added bool, err error) {
	if l.broken != nil {
		return false, l.broken
	}
	wrong := func(err error) error {
		return &SignatureError{Log: l.id, Name: name, Note: bytes.Clone(line[:min(len(line), MaxNote)]), Err: err}
	}
	r, err := ParseReceipt(line)
	if err != nil {
		return false, wrong(err)
	}
	if r.Name != name {
		return false, wrong(fmt.Errorf("it is signed under the name %s", r.Name))
	}
	if size == 0 || size > l.size {
		return false, wrong(fmt.Errorf("it is for size %d, the log has %d", size, l.size))
	}
	c, err := l.checkpointAt(size)
	if errors.Is(err, errNoCheckpoint) {
		return false, wrong(err)
	}
	if err != nil {
		return false, fmt.Errorf("couldn't add receipt to %s: %w", l.id, err)
	}
	if err := r.Verify(c, key); err != nil {
		return false, wrong(err)
	}
	c, added, err = c.withReceipt(r)
	if err != nil || !added {
		return false, err
	}
	note := c.Marshal()
	// Crash here: a restart finds the checkpoint without this receipt; the
	// mirror gives it again when the checkpoint is offered again.
	if err := l.store.AddNote(size, note); err != nil {
		l.broken = &ReopenError{Log: l.id, Err: err}
		return false, l.broken
	}
	if size == l.size {
		l.note = note
	}
	l.receipts[name] = max(l.receipts[name], size)
	return true, nil
}

var errNoCheckpoint = errors.New("no checkpoint of this size is stored")

// checkpointAt reads the stored checkpoint of a size.
func (l *Log) checkpointAt(size uint64) (Checkpoint, error) {
	note := l.note
	if size != l.size {
		var err error
		if note, err = l.store.Note(size); err != nil {
			return Checkpoint{}, err
		}
	}
	if note == nil {
		return Checkpoint{}, fmt.Errorf("size %d: %w", size, errNoCheckpoint)
	}
	return ParseCheckpoint(note)
}
