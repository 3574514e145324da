package logbook

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"parley/party"
	"parley/record"
)

// sampled is how many older entries Open holds against the root, spread evenly
// from the first on. Each costs one read and a path of hashes.
const sampled = 16

// checkSome holds the newest entries, and a fixed number of older ones,
// against the root. Every failure is a *CorruptError.
func (l *Log) checkSome() error {
	older, err := l.checkNewest()
	if err != nil {
		return err
	}
	for i := range min(older, sampled) {
		at := i * older / min(older, sampled)
		es, err := l.store.Entries(at, at+1, MaxLeaf)
		if err != nil || len(es) != 1 {
			return l.corrupt(fmt.Sprintf("entry %d cannot be read", at), err)
		}
		if err := l.checkEntry(at, es[0]); err != nil {
			return err
		}
	}
	return nil
}

// checkNewest holds the newest entries, up to MaxBatchEntries and
// MaxBatchBytes, against their hashes, and the last one against the root: what
// a crash or a bad disk tears is what was written last. It gives how many older
// entries there are that it did not look at.
func (l *Log) checkNewest() (older uint64, err error) {
	from := l.size - min(l.size, MaxBatchEntries)
	es, err := l.store.Entries(from, l.size, MaxBatchBytes)
	if err != nil || len(es) == 0 {
		return 0, l.corrupt(fmt.Sprintf("entries %d to %d cannot be read", from, l.size), err)
	}
	if uint64(len(es)) < l.size-from { // too large for one read, and cut at the wrong end
		if from, es, err = l.newestBytes(from); err != nil {
			return 0, err
		}
	}
	for i, e := range es {
		if err := l.checkLeafHash(from+uint64(i), e); err != nil {
			return 0, err
		}
	}
	// The last one with its whole path, so that the head's own leaf is shown
	// to be under the signed root.
	return from, l.checkEntry(l.size-1, es[len(es)-1])
}

// newestBytes reads the entries at the end, none before least, one by one
// backwards until they are MaxBatchBytes; at least the last.
func (l *Log) newestBytes(least uint64) (from uint64, es [][]byte, err error) {
	room := MaxBatchBytes
	for from = l.size; from > least; from-- {
		e, err := l.store.Entries(from-1, from, MaxLeaf)
		if err != nil || len(e) != 1 {
			return 0, nil, l.corrupt(fmt.Sprintf("entry %d cannot be read", from-1), err)
		}
		if room -= len(e[0]); room < 0 && len(es) > 0 {
			break
		}
		es = append(es, e[0])
	}
	slices.Reverse(es)
	return from, es, nil
}

// checkLeafHash holds one entry against its stored leaf hash.
func (l *Log) checkLeafHash(i uint64, entry []byte) error {
	hs, err := l.store.Hashes([]int64{tlog.StoredHashIndex(0, int64(i))})
	if err != nil || len(hs) != 1 {
		return l.corrupt(fmt.Sprintf("the hash of entry %d cannot be read", i), err)
	}
	if tlog.RecordHash(entry) != hs[0] {
		return l.corrupt(fmt.Sprintf("entry %d is not the one that was hashed", i), nil)
	}
	return nil
}

// checkEntry holds one entry against the root through its inclusion path.
func (l *Log) checkEntry(i uint64, entry []byte) error {
	p, err := tlog.ProveRecord(int64(l.size), int64(i), reader{l: l})
	if err != nil {
		return l.corrupt(fmt.Sprintf("the path of entry %d cannot be read", i), err)
	}
	if err := tlog.CheckRecord(p, int64(l.size), l.root, int64(i), tlog.RecordHash(entry)); err != nil {
		return l.corrupt(fmt.Sprintf("entry %d is not under the signed root", i), nil)
	}
	return nil
}

// CheckAll reads every entry and every stored checkpoint and recomputes all
// hashes: what Open does in samples. For doctor; it takes time in proportion to
// the log. older are keys that signed this log before its present one.
func (l *Log) CheckAll(older ...party.Key) error {
	var t Tree
	for from := uint64(0); from < l.size; {
		es, err := l.store.Entries(from, min(from+MaxBatchEntries, l.size), MaxBatchBytes)
		if err != nil || len(es) == 0 {
			return l.corrupt(fmt.Sprintf("entry %d cannot be read", from), err)
		}
		notes, err := l.store.NotesFrom(from+1, len(es)+1)
		if err != nil {
			return l.corrupt("checkpoints cannot be read", err)
		}
		for i, e := range es {
			if err := l.checkLeafHash(from+uint64(i), e); err != nil {
				return err
			}
			t.Add(e)
			for len(notes) > 0 && notes[0].Size == t.Size() {
				if err := l.checkStoredNote(notes[0], t.Root(), older); err != nil {
					return err
				}
				notes = notes[1:]
			}
		}
		from += uint64(len(es))
	}
	if t.Root() != record.Hash(l.root) {
		return l.corrupt("its entries do not give the signed root", nil)
	}
	return nil
}

func (l *Log) checkStoredNote(n NoteAt, root record.Hash, older []party.Key) error {
	c, err := ParseCheckpoint(n.Note)
	if err == nil {
		err = c.Verify(l.id, l.key)
		for i := 0; err != nil && i < len(older); i++ {
			err = c.Verify(l.id, older[i])
		}
	}
	if err != nil {
		return l.corrupt(fmt.Sprintf("checkpoint %d", n.Size), err)
	}
	if c.Size != n.Size || c.Root != root {
		return l.corrupt(fmt.Sprintf("checkpoint %d does not sign the entries below it", n.Size), nil)
	}
	return nil
}

func (l *Log) corrupt(what string, err error) error {
	return &CorruptError{Log: l.id, What: what, Err: err}
}

// RootAt gives the root of the first size entries.
func (l *Log) RootAt(size uint64) (record.Hash, error) {
	if size > l.size {
		return record.Hash{}, fmt.Errorf("couldn't give the root of %s at size %d: it holds %d", l.id, size, l.size)
	}
	h, err := tlog.TreeHash(int64(size), reader{l: l})
	if err != nil {
		return record.Hash{}, fmt.Errorf("couldn't give the root of %s at size %d: %w", l.id, size, err)
	}
	return record.Hash(h), nil
}

// ProveInclusion gives the RFC 6962 path that shows entry i under the root of
// the first size entries; tlog.CheckRecord checks it.
func (l *Log) ProveInclusion(i, size uint64) (tlog.RecordProof, error) {
	if i >= size || size > l.size {
		return nil, fmt.Errorf("couldn't prove entry %d of %s at size %d: it holds %d", i, l.id, size, l.size)
	}
	return tlog.ProveRecord(int64(size), int64(i), reader{l: l})
}

// ProveConsistency gives the RFC 6962 proof that the first old entries of
// the tree of size entries are the tree of size old; tlog.CheckTree checks it.
func (l *Log) ProveConsistency(old, size uint64) (tlog.TreeProof, error) {
	if old < 1 || old > size || size > l.size {
		return nil, fmt.Errorf("couldn't prove %s consistent from size %d to %d: it holds %d", l.id, old, size, l.size)
	}
	return tlog.ProveTree(int64(size), int64(old), reader{l: l})
}

// EntryRange gives the entries [from, to), at least one if from < to, but
// stops early rather than pass maxBytes.
func (l *Log) EntryRange(from, to uint64, maxBytes int) ([][]byte, error) {
	if from > to || to > l.size {
		return nil, fmt.Errorf("couldn't read entries %d to %d of %s: it holds %d", from, to, l.id, l.size)
	}
	return l.store.Entries(from, to, maxBytes)
}

// NoteAt gives the stored checkpoint of exactly this size, or nil.
func (l *Log) NoteAt(size uint64) ([]byte, error) { return l.store.Note(size) }

// NotesFrom gives up to max stored checkpoints of at least this size, ascending.
func (l *Log) NotesFrom(size uint64, max int) ([]NoteAt, error) {
	return l.store.NotesFrom(size, max)
}

// BatchFrom gives what a mirror that holds from entries should get next: as
// many entries as the limits allow, ending at a stored checkpoint, and that
// checkpoint. Many small batches are sent as one, so that catching up costs
// the mirror one transaction for hundreds of entries. Nothing (nil, nil, nil)
// if from is our size.
func (l *Log) BatchFrom(from uint64) (entries [][]byte, note []byte, err error) {
	if from >= l.size {
		return nil, nil, nil
	}
	entries, err = l.EntryRange(from, min(from+MaxBatchEntries, l.size), MaxBatchBytes)
	if err != nil {
		return nil, nil, err
	}
	notes, err := l.store.NotesFrom(from+1, len(entries))
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read checkpoints of %s: %w", l.id, err)
	}
	end := uint64(0)
	for _, n := range notes {
		if n.Size <= from+uint64(len(entries)) {
			end, note = n.Size, n.Note
		}
	}
	if note == nil {
		return nil, nil, fmt.Errorf("couldn't send %s from %d: no checkpoint in the next %d entries", l.id, from, len(entries))
	}
	return entries[:end-from], note, nil
}
