package line

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"parley/logbook"
	"parley/record"
)

// Compare holds two copies of one line, of different holders, against each
// other. A logbook that both have must be the same as far as the shorter goes:
// where it is not, its author has shown two histories, and the two signed
// checkpoints are the proof. Both copies should have been verified before;
// nothing that Verify finds is found again here.
func Compare(a, b History) []Problem {
	var out []Problem
	for _, x := range a.Logs {
		for _, y := range b.Logs {
			if x.ID != y.ID {
				continue
			}
			n := min(len(x.Entries), len(y.Entries))
			for i := range n {
				if hx, hy := record.LeafHash(x.Entries[i]), record.LeafHash(y.Entries[i]); hx != hy {
					out = append(out, Problem{Place: fmt.Sprintf("%s/%d", x.ID, i+1),
						What: fmt.Sprintf("fork: the copy of %s and the copy of %s differ from this entry on; %s",
							holder(a), holder(b), proof(x, y, uint64(i)))})
					break
				}
			}
		}
	}
	return out
}

func holder(h History) string {
	if h.Holder == "" {
		return "an unnamed holder"
	}
	return string(h.Holder)
}

// proof names the first checkpoint of each copy that covers an entry.
func proof(x, y LogCopy, index uint64) string {
	first := func(c LogCopy) string {
		for _, n := range c.Notes {
			if n.Size > index {
				if cp, err := logbook.ParseCheckpoint(n.Note); err == nil {
					return fmt.Sprintf("size %d root %s", cp.Size, tlog.Hash(cp.Root))
				}
			}
		}
		return "none"
	}
	return fmt.Sprintf("the checkpoints that prove it: %s, and %s", first(x), first(y))
}
