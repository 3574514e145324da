package line

import (
	"errors"
	"fmt"

	"parley/logbook"
)

// History copies all that is held of this line, every party's logbooks and the
// charters, as it stands now: what courier writes into a file and what Verify
// judges.
func (l *Line) History() (History, error) {
	h := History{Holder: l.cfg.Self, Charters: l.Charters()}
	for _, id := range l.logIDs() {
		c, err := Copy(id, l.books[id].store)
		if err != nil {
			return h, err
		}
		h.Logs = append(h.Logs, c)
	}
	return h, nil
}

// Copy reads a whole logbook out of its store, as it lies: nothing is checked
// here, Verify does. Beside a running writer it gives the log as it was at one
// instant, but receipts may be newer.
func Copy(id logbook.ID, s logbook.Store) (LogCopy, error) {
	st, err := s.Load()
	if err != nil {
		return LogCopy{}, fmt.Errorf("couldn't copy logbook %s: %w", id, err)
	}
	c := LogCopy{ID: id}
	for n := uint64(0); n < st.Size; n = uint64(len(c.Entries)) {
		es, err := s.Entries(n, min(st.Size, n+logbook.MaxBatchEntries), logbook.MaxBatchBytes)
		if err == nil && len(es) == 0 {
			err = errors.New("the store gave none")
		}
		if err != nil {
			return c, fmt.Errorf("couldn't copy logbook %s from entry %d on: %w", id, n+1, err)
		}
		c.Entries = append(c.Entries, es...)
	}
	for from := uint64(0); ; {
		ns, err := s.NotesFrom(from, 1000)
		if err != nil {
			return c, fmt.Errorf("couldn't copy the checkpoints of logbook %s: %w", id, err)
		}
		for _, n := range ns {
			if n.Size <= st.Size {
				c.Notes = append(c.Notes, n)
			}
			from = n.Size + 1
		}
		if len(ns) < 1000 {
			return c, nil
		}
	}
}
