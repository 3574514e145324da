package logbook

import (
	"golang.org/x/mod/sumdb/tlog"

	"parley/record"
)

// Tree computes roots of a growing list of leaves without keeping them: for
// verifiers and importers. The zero Tree is empty.
type Tree struct {
	size uint64
	edge []tlog.Hash // roots of the complete subtrees, largest first
}

// Add takes the next leaf.
func (t *Tree) Add(leaf []byte) {
	h := tlog.RecordHash(leaf)
	for s := t.size; s&1 == 1; s >>= 1 {
		h = tlog.NodeHash(t.edge[len(t.edge)-1], h)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, h)
	t.size++
}

// Size gives the number of leaves taken.
func (t *Tree) Size() uint64 { return t.size }

// Root gives the RFC 6962 root of the leaves taken.
func (t *Tree) Root() record.Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return record.Hash(h)
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return record.Hash(h)
}

// rootOf gives the root of a whole log given as entries.
func rootOf(entries [][]byte) record.Hash {
	var t Tree
	for _, e := range entries {
		t.Add(e)
	}
	return t.Root()
}
