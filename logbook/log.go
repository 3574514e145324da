package logbook

import (
	"bytes"
	"fmt"
	"maps"

	"golang.org/x/mod/sumdb/tlog"

	"parley/party"
	"parley/record"
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
