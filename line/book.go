package line

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// book is one logbook of the line: ours or our copy of another's.
type book struct {
	id     logbook.ID
	store  logbook.Store
	log    *logbook.Log
	marks  []mark // the charter records in it, ascending
	closed bool   // its author's close record stands, and no charter after it

	ask   question           // what we are waiting for, of whom
	heard map[party.ID]*seen // how far each peer says it holds this log, and what we sent
	mine  []byte             // our newest receipt for it (a signature line), …
	mineN uint64             // … and its size

	ahead  uint64 // our own log: a peer has shown that we once signed this size
	forked bool   // our own log: a peer has shown a signed head that contradicts ours
}

// mark is a charter record in a logbook.
type mark struct {
	index    uint64
	revision uint32
}

// revision of the newest charter record in the book; none: 0, false.
func (b *book) revision() (uint32, bool) {
	if len(b.marks) == 0 {
		return 0, false
	}
	return b.marks[len(b.marks)-1].revision, true
}

// nextMark gives the first amendment at or after an index. The charter record
// that a logbook begins with is none.
func (b *book) nextMark(from uint64) (mark, bool) {
	for _, mk := range b.marks {
		if mk.index >= max(from, 1) {
			return mk, true
		}
	}
	return mark{}, false
}

// revisionsAt gives the charters whose keys may have sealed the entry at
// index: that of the nearest charter record before it and, where the entry is
// a charter record itself, its own.
func (b *book) revisionsAt(index uint64) []uint32 {
	i := sort.Search(len(b.marks), func(i int) bool { return b.marks[i].index >= index })
	var out []uint32
	if i < len(b.marks) && b.marks[i].index == index {
		out = append(out, b.marks[i].revision)
	}
	if i > 0 {
		out = append(out, b.marks[i-1].revision)
	}
	return out
}

// openBooks reads all stored logbooks once: first for the charters that stand
// in them, because they say which keys the checkpoints must verify by, then to
// open them.
func (l *Line) openBooks() error {
	ids := slices.Clone(l.cfg.Held)
	done := map[party.ID]bool{}
	for changed := true; changed; { // a charter found in one log may name further parties
		changed = false
		for _, r := range slices.Clone(l.rosters) {
			for _, c := range r.charter.Cards {
				if !done[c.Party] {
					done[c.Party], changed = true, true
					for _, lane := range []record.Lane{record.Urgent, record.Routine} {
						ids = append(ids, logbook.ID{Line: l.id, Party: c.Party, Lane: lane, Incarnation: 1})
					}
				}
			}
		}
		for _, id := range ids {
			if l.books[id] == nil {
				if err := l.loadBook(id); err != nil {
					return fmt.Errorf("logbook %s: %w", id, err)
				}
			}
		}
	}
	for _, id := range l.logIDs() {
		b := l.books[id]
		if err := l.openLog(b); err != nil {
			return fmt.Errorf("logbook %s: %w", id, err)
		}
	}
	return nil
}

// loadBook takes the store of one log and reads its entries for charter and
// close records.
func (l *Line) loadBook(id logbook.ID) error {
	if id.Line != l.id || !l.everMember(id.Party) {
		return errors.New("not of this line")
	}
	s, err := l.cfg.Store(id)
	if err != nil {
		return err
	}
	b := &book{id: id, store: s, heard: map[party.ID]*seen{}}
	l.books[id] = b
	st, err := s.Load()
	if err != nil {
		return err
	}
	for from := uint64(0); from < st.Size; {
		leaves, err := s.Entries(from, min(st.Size, from+logbook.MaxBatchEntries), logbook.MaxBatchBytes)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			return fmt.Errorf("the store ends at entry %d, its head says %d", from, st.Size)
		}
		l.readLeaves(b, from, leaves)
		if l.cfg.Replay != nil {
			l.cfg.Replay(Arrived{Log: id, From: from, Leaves: leaves})
		}
		from += uint64(len(leaves))
	}
	return nil
}

// openLog opens the log of a book by whichever of its author's keys its head
// is signed with.
func (l *Line) openLog(b *book) error {
	err := errors.New("no charter holds a checkpoint key for it")
	for _, k := range l.logKeys(b, 0) {
		if b.log, err = logbook.Open(b.id, b.store, k); err == nil {
			return nil
		}
	}
	return err
}

// logKeys gives the checkpoint keys of the book's author, newest first, in
// the charters of revision least and later.
func (l *Line) logKeys(b *book, least uint32) []party.Key {
	var out []party.Key
	for i := len(l.rosters) - 1; i >= int(least); i-- {
		if c, ok := cardOf(l.rosters[i].charter, b.id.Party); ok && !slices.Contains(out, c.Log) {
			out = append(out, c.Log)
		}
	}
	return out
}

// newKeys are the keys that may sign what follows after the copy we hold: that
// of the newest charter record in the copy, and those of later charters, since
// the author may have put the next amendment into its log already. Once that
// amendment is in the copy, the older key signs nothing more.
func (l *Line) newKeys(b *book) []party.Key {
	rev, _ := b.revision()
	return l.logKeys(b, rev)
}

// revisionUnder gives the oldest charter by whose keys a checkpoint of this
// size may be signed: that of the newest charter record before its last entry.
// The batch that holds an amendment is still signed by the key before it; and
// an author that writes a lost logbook anew signs all of it by its newest.
func (b *book) revisionUnder(size uint64) uint32 {
	rev := uint32(0)
	for _, mk := range b.marks {
		if mk.index+1 < size {
			rev = mk.revision
		}
	}
	return rev
}

// readLeaves notes the charter and close records among leaves, and adopts a
// charter that is the next. It gives what was adopted.
func (l *Line) readLeaves(b *book, from uint64, leaves [][]byte) (adopted [][]byte) {
	for i, leaf := range leaves {
		switch kind := kindOf(leaf); kind {
		case record.KindCharter:
			if raw, rev, ok := l.readCharter(b, leaf); ok {
				b.marks = append(b.marks, mark{from + uint64(i), rev})
				b.closed = false
				adopted = append(adopted, raw...)
			}
		case record.KindClose:
			if p, err := record.Parse(leaf); err == nil && ofLog(p, b.id) {
				b.closed = true
			}
		}
	}
	return adopted
}

// readCharter reads a charter record out of a logbook. Only a charter that is
// in force here, or follows on the one in force with every signature, counts;
// raw holds it where it was adopted just now.
func (l *Line) readCharter(b *book, leaf []byte) (raw [][]byte, rev uint32, ok bool) {
	p, err := record.Parse(leaf)
	if err != nil || !ofLog(p, b.id) {
		return nil, 0, false
	}
	cr, ok := charterBody(p)
	if !ok {
		return nil, 0, false
	}
	enc, err := MarshalCharterRecord(cr)
	if err != nil {
		return nil, 0, false
	}
	before := len(l.rosters)
	if err := l.addCharter(enc); err != nil {
		return nil, 0, false
	}
	if len(l.rosters) > before {
		raw = [][]byte{enc}
	}
	for i, r := range l.rosters {
		if bytes.Equal(r.body, cr.Charter) {
			last, any := b.revision()
			return raw, uint32(i), !any || uint32(i) > last
		}
	}
	return raw, 0, false
}

// ofLog reports whether the record says that it stands where it stands.
func ofLog(p *record.Parsed, id logbook.ID) bool {
	return p.Line == id.Line && p.Party == id.Party && p.Lane == id.Lane
}

func charterBody(p *record.Parsed) (record.CharterRecord, bool) {
	switch b := p.Body.(type) {
	case record.CharterRecord:
		return b, true
	case *record.CharterRecord:
		return *b, b != nil
	}
	return record.CharterRecord{}, false
}

// logIDs gives all logbooks held, in a fixed order.
func (l *Line) logIDs() []logbook.ID {
	ids := make([]logbook.ID, 0, len(l.books))
	for id := range l.books {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b logbook.ID) int {
		if a.Lane != b.Lane {
			return int(a.Lane) - int(b.Lane)
		}
		if a.Party != b.Party {
			return bytes.Compare([]byte(a.Party), []byte(b.Party))
		}
		return int(a.Incarnation) - int(b.Incarnation)
	})
	return ids
}

// Logs gives the logbooks held, ours and others', urgent ones first.
func (l *Line) Logs() []logbook.ID { return l.logIDs() }

// Log gives one open logbook for reading: its entries, checkpoints, receipts
// and proofs. Nil where it is not held. Only the Line may append to it.
func (l *Line) Log(id logbook.ID) *logbook.Log {
	if b := l.books[id]; b != nil {
		return b.log
	}
	return nil
}

// Heads gives the newest durable head of each logbook of the others, empty
// ones left out: what Envelope.Seen holds.
func (l *Line) Heads() []record.Head {
	var out []record.Head
	for _, id := range l.logIDs() {
		if b := l.books[id]; id.Party != l.cfg.Self && b.log.Size() > 0 {
			out = append(out, b.log.Head())
		}
	}
	slices.SortFunc(out, func(a, b record.Head) int { // as an envelope wants them
		return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return out
}

// Receipts gives, for one logbook, the largest size that each other party
// durably holds by its own receipt.
func (l *Line) Receipts(id logbook.ID) map[party.ID]uint64 {
	out := map[party.ID]uint64{}
	if b := l.books[id]; b != nil {
		for name, size := range b.log.Receipts() {
			if p, ok := logbook.MirrorParty(name); ok {
				out[p] = size
			}
		}
	}
	return out
}

// Closed reports whether p's close record stands in any of its logbooks and no
// later charter has brought it back.
func (l *Line) Closed(p party.ID) bool {
	for id, b := range l.books {
		if id.Party == p && b.closed {
			return true
		}
	}
	return false
}

// Broken names the logbooks whose store failed: they refuse everything until
// Mend, or the next Open, has read them again.
func (l *Line) Broken() map[logbook.ID]error {
	out := map[logbook.ID]error{}
	for id, b := range l.books {
		if err := b.log.Broken(); err != nil {
			out[id] = err
		}
	}
	return out
}

// bookOf finds the logbook that a message is about. A logbook of a further
// incarnation is made when it is first offered, under a checkpoint that its
// author has signed; nil without an error where there is none yet.
func (l *Line) bookOf(r LogRef, note []byte) (*book, error) {
	id := logbook.ID{Line: l.id, Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
	if b := l.books[id]; b != nil {
		return b, nil
	}
	if !l.everMember(r.Party) {
		return nil, fmt.Errorf("%s is no party of this line", r.Party)
	}
	if r.Incarnation > l.lim.Incarnations || r.Party == l.cfg.Self {
		return nil, fmt.Errorf("logbook %s: at most %d incarnations", id, l.lim.Incarnations)
	}
	if note == nil {
		return nil, nil
	}
	if err := l.signedByAuthor(id, note); err != nil {
		return nil, fmt.Errorf("logbook %s: %w", id, err)
	}
	if err := l.loadBook(id); err != nil {
		return nil, nil // our disk's fault, not the peer's
	}
	b := l.books[id]
	if err := l.openLog(b); err != nil {
		delete(l.books, id)
		b.store.Close()
		return nil, nil
	}
	return b, nil
}

// signedByAuthor says why a checkpoint is none of this logbook's.
func (l *Line) signedByAuthor(id logbook.ID, note []byte) error {
	c, err := logbook.ParseCheckpoint(note)
	if err != nil {
		return err
	}
	for _, k := range l.logKeys(&book{id: id}, 0) {
		if err = c.Verify(id, k); err == nil {
			return nil
		}
	}
	return err
}
