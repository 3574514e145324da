package logbook

import (
	"fmt"
	"maps"

	"golang.org/x/mod/sumdb/tlog"

	"parley/party"
	"parley/record"
)

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
