package line

import (
	"fmt"
	"slices"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// checkpoints verifies every checkpoint of a logbook against its entries, and
// the receipts on it. Since all roots are of the one list of entries, no two
// of them can be of different histories.
func (v *verifier) checkpoints(h *held) {
	place := v.logPlace(h.ID)
	n := uint64(len(h.Entries))
	last := uint64(0)
	receipted := map[party.ID]ReceiptSum{}
	for _, note := range h.Notes {
		at := fmt.Sprintf("%s/checkpoint %d", place, note.Size)
		if note.Size <= last {
			v.problem(at, "it comes after the checkpoint of %d", last)
			continue
		}
		c, err := logbook.ParseCheckpoint(note.Note)
		if err != nil {
			v.problem(at, "%v", err)
			continue
		}
		if c.Size != note.Size {
			v.problem(at, "it is signed for size %d", c.Size)
			continue
		}
		key, err := v.logKey(h, last, c)
		if err != nil {
			v.problem(at, "%v", err)
			continue
		}
		if c.Size > n {
			v.problem(at, "it is signed for %d entries, this copy ends at %d", c.Size, n)
			continue
		}
		if c.Root != h.rootAt(c.Size) {
			v.problem(at, "entries 1 to %d of this copy do not give the root that %s signed", c.Size, h.ID.Party)
			continue
		}
		last = c.Size
		h.sum.Checkpoints++
		v.receipts(h, at, c, key, receipted)
	}
	if last < n {
		v.problem(v.place(h.ID, last), "entries %d to %d stand under no signed checkpoint", last+1, n)
	}
	for _, p := range v.out.Parties {
		if r, ok := receipted[p]; ok {
			h.sum.Receipted = append(h.sum.Receipted, r)
		}
	}
}

// logKey finds the key that signed a checkpoint. It must be the author's
// checkpoint key in a charter in force between the checkpoint before (size
// last) and this one: the batch that brings an amended charter is still signed
// with the key before it, and from then on that key signs nothing more.
func (v *verifier) logKey(h *held, last uint64, c logbook.Checkpoint) (party.Key, error) {
	var lo, hi uint32
	known := false
	for _, m := range h.book.marks {
		if m.index < max(last, 1) { // the first entry speaks for itself
			lo = m.revision
		}
		if m.index < c.Size {
			hi, known = m.revision, true
		}
	}
	if !known {
		hi = uint32(len(v.l.rosters) - 1)
	}
	err := fmt.Errorf("no charter in force there holds a checkpoint key of %s", h.ID.Party)
	for rev := int(hi); rev >= int(lo); rev-- {
		card, ok := cardOf(v.l.rosters[rev].charter, h.ID.Party)
		if !ok {
			continue
		}
		if err = c.Verify(h.ID, card.Log); err == nil {
			return card.Log, nil
		}
	}
	return party.Key{}, err
}

// receipts verifies every signature on a checkpoint but the log's own. One
// that cannot be verified is a problem: nothing in a copy is taken on trust.
func (v *verifier) receipts(h *held, at string, c logbook.Checkpoint, key party.Key, receipted map[party.ID]ReceiptSum) {
	rs := c.Receipts()
	if own := 1; len(c.Sigs) != own+len(rs) {
		v.problem(at, "%d of its signatures are neither the author's nor a mirror's receipt", len(c.Sigs)-own-len(rs))
	}
	for _, r := range rs {
		rat := at + "/receipt " + r.Name
		p, _ := logbook.MirrorParty(r.Name)
		if p == h.ID.Party {
			v.problem(rat, "a party cannot receipt its own logbook")
			continue
		}
		err := fmt.Errorf("no charter of this line holds a receipt key of %s", p)
		for i := len(v.l.rosters) - 1; i >= 0; i-- {
			if card, ok := cardOf(v.l.rosters[i].charter, p); ok {
				if err = r.Verify(c, card.Receipt); err == nil {
					break
				}
			}
		}
		if err != nil {
			v.problem(rat, "%v", err)
			continue
		}
		v.out.Receipts++
		receipted[p] = ReceiptSum{By: p, Size: c.Size, At: r.At} // ascending: the last is the largest
	}
}

// relations holds what records say of other logbooks against what is held.
func (v *verifier) relations() {
	for _, h := range v.order {
		for i, p := range h.parsed {
			if p == nil {
				continue
			}
			place := v.place(h.ID, uint64(i))
			for _, head := range p.Seen {
				v.head(place, "had seen", head)
			}
			if p.Re != nil {
				v.reference(place, p)
				if re := *p.Re; re.Party == h.ID.Party && re.Lane == h.ID.Lane && re.Incarnation == h.ID.Incarnation &&
					re.Index >= uint64(i) && re.Index < uint64(len(h.Entries)) {
					v.problem(place, "it is about %s, an entry that comes after it", v.place(h.ID, re.Index))
				}
			}
			switch b := p.Body.(type) {
			case record.Received:
				for _, head := range b.Heads {
					v.head(place, "states that it received", head)
				}
			case record.Opening:
				v.opens(place, p, b)
			case record.Finding:
				v.remark(place, "%s records a finding against %s: %s: %s", h.ID.Party, b.Party, b.What, b.Text)
			case record.Close:
				v.remark(place, "%s closes the line: %s", h.ID.Party, b.Text)
			}
		}
	}
}

// head holds a head that somebody has signed for against our copy of that
// logbook. Another root at a size we hold is proof of two histories.
func (v *verifier) head(place, verb string, head record.Head) {
	id := logbook.ID{Line: v.l.id, Party: head.Party, Lane: head.Lane, Incarnation: head.Incarnation}
	h := v.held[id]
	if h == nil {
		v.problem(place, "its author %s %d entries of %s, a logbook that is not in this copy", verb, head.Size, id)
		return
	}
	if n := uint64(len(h.Entries)); head.Size > n {
		if id.Party == v.opening.Holder {
			v.problem(place, "its author %s %d entries of %s, but the copy of %s itself ends at %d", verb, head.Size, id, id.Party, n)
		} else {
			v.remark(place, "its author %s %d entries of %s, this copy ends at %d", verb, head.Size, id, n)
		}
		return
	}
	if h.rootAt(head.Size) != head.Root {
		v.problem(place, "fork: its author %s %d entries of %s with another content than this copy has", verb, head.Size, id)
	}
}

// target gives the entry that a record is about, nil where it is not held or
// did not open.
func (v *verifier) target(p *record.Parsed) *record.Parsed {
	h := v.held[logbook.ID{Line: v.l.id, Party: p.Re.Party, Lane: p.Re.Lane, Incarnation: p.Re.Incarnation}]
	if h == nil || p.Re.Index >= uint64(len(h.parsed)) {
		return nil
	}
	return h.parsed[p.Re.Index]
}

// reference holds Envelope.Re against the entry that it names.
func (v *verifier) reference(place string, p *record.Parsed) {
	id := logbook.ID{Line: v.l.id, Party: p.Re.Party, Lane: p.Re.Lane, Incarnation: p.Re.Incarnation}
	h := v.held[id]
	if h == nil {
		v.problem(place, "it is about an entry of %s, a logbook that is not in this copy", id)
		return
	}
	if n := uint64(len(h.Entries)); p.Re.Index >= n {
		if id.Party == v.opening.Holder {
			v.problem(place, "it is about %s, but the copy of %s itself ends at %d", v.place(id, p.Re.Index), id.Party, n)
		} else {
			v.remark(place, "it is about %s, this copy ends at %d", v.place(id, p.Re.Index), n)
		}
		return
	}
	if record.LeafHash(h.Entries[p.Re.Index]) != p.Re.Leaf {
		v.problem(place, "it is about %s, but with another content than that entry has here", v.place(id, p.Re.Index))
	}
}

// opens checks that an opening opens what the record it is about had closed.
func (v *verifier) opens(place string, p *record.Parsed, o record.Opening) {
	if p.Re == nil {
		return
	}
	t := v.target(p)
	if t == nil {
		v.remark(place, "what it opens is not in this copy, so the opening is not checked")
		return
	}
	if t.Party != p.Party {
		v.problem(place, "it opens what %s closed, and is not by %s", t.Party, t.Party)
		return
	}
	switch b := t.Body.(type) {
	case record.Relay:
		if o.Origin == nil || !o.Opens(b.Origin) {
			v.problem(place, "it does not open the origin of the relay that it is about")
			return
		}
		v.remark(place, "it opens the relay's origin: line %x, %s", o.Origin.Line[:8],
			v.otherPlace(o.Origin.Ref))
	case record.Notice:
		i := slices.IndexFunc(b.Closed, func(c record.Closed) bool { return c.Label == o.Label })
		if i < 0 || o.Origin != nil || !o.Opens(b.Closed[i].Hash) {
			v.problem(place, "it does not open the closed part %q of the notice that it is about", o.Label)
		}
	default:
		v.problem(place, "it opens a %s, which has no closed part", t.Kind)
	}
}

// otherPlace names an entry of another line.
func (v *verifier) otherPlace(r record.Ref) string {
	id := logbook.ID{Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
	return fmt.Sprintf("%s/%d", id, r.Index+1)
}

// sum fills in the counts.
func (v *verifier) sum() {
	for _, h := range v.order {
		s := &h.sum
		n := uint64(len(h.Entries))
		s.Log, s.Party, s.Lane, s.Incarnation = h.ID.String(), h.ID.Party, h.ID.Lane, h.ID.Incarnation
		s.To, s.Root = n, h.rootAt(n)
		if n > 0 {
			s.From = 1
		}
		s.Unreceipted = n - v.receiptedByAll(h)
		v.out.Records += s.Opened
		v.out.Checkpoints += s.Checkpoints
		v.out.Unreceipted += int(s.Unreceipted)
		v.out.Logs = append(v.out.Logs, *s)
	}
}

// receiptedByAll gives the number of entries that every other mirror of the
// charter in force has receipted; all of them where there is no other mirror.
func (v *verifier) receiptedByAll(h *held) uint64 {
	n := uint64(len(h.Entries))
	for _, m := range v.l.Charter().Mirrors {
		if m == h.ID.Party {
			continue
		}
		has := uint64(0)
		for _, r := range h.sum.Receipted {
			if r.By == m {
				has = r.Size
			}
		}
		n = min(n, has)
	}
	return n
}
