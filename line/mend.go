package line

import (
	"errors"
	"fmt"

	"parley/logbook"
)

// Mend opens the broken logbooks again on what their stores hold: a write that
// ended unknown is then known to be done or not. What turned out to be durable
// after all is in Arrived, our own logbooks' too; nobody was told of it before.
// A logbook whose store cannot be read stays broken, and the error names it.
//
// Peers need not be told: they offer again what has no receipt, and what we had
// asked for is asked for again.
func (l *Line) Mend() (Out, error) {
	var out Out
	var errs []error
	own := false
	for _, id := range l.logIDs() {
		b := l.books[id]
		if b.log.Broken() == nil {
			continue
		}
		if err := l.reopen(b, &out); err != nil {
			errs = append(errs, fmt.Errorf("logbook %s: %w", id, err))
			continue
		}
		own = own || id.Party == l.cfg.Self
	}
	if own { // a charter may have been left out, or the key not taken over
		o, err := l.settleOwn(nil)
		out.add(o)
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

// reopen opens the log of one book anew and reads what is in it beyond what we
// knew of.
func (l *Line) reopen(b *book, out *Out) error {
	old := b.log
	if err := l.openLog(b); err != nil {
		b.log = old
		return err
	}
	var news []Arrived // all of it is read before any of it counts
	for from := old.Size(); from < b.log.Size(); {
		leaves, err := b.log.EntryRange(from, b.log.Size(), logbook.MaxBatchBytes)
		if err == nil && len(leaves) == 0 {
			err = fmt.Errorf("the store ends at entry %d, its head says %d", from, b.log.Size())
		}
		if err != nil {
			b.log = old
			return err
		}
		news = append(news, Arrived{Log: b.id, From: from, Leaves: leaves})
		from += uint64(len(leaves))
	}
	var adopted [][]byte
	for _, a := range news {
		adopted = append(adopted, l.readLeaves(b, a.From, a.Leaves)...)
	}
	out.Arrived = append(out.Arrived, news...)
	l.afterCharters(adopted, out)
	return nil
}
