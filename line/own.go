package line

import (
	"errors"
	"fmt"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// lanes in the order in which everything is done: nothing urgent waits.
var lanes = [...]record.Lane{record.Urgent, record.Routine}

// own is our logbook of a lane.
func (l *Line) own(lane record.Lane) *book {
	return l.books[logbook.ID{Line: l.id, Party: l.cfg.Self, Lane: lane, Incarnation: 1}]
}

// settleOwn brings our logbooks to the charter in force if our signers are
// those of our card in it; a card whose signers have not been brought yet
// leaves them where they are.
func (l *Line) settleOwn(replay func(Arrived)) (Out, error) {
	card, ok := l.Card(l.cfg.Self)
	if !ok {
		return Out{}, nil // we have left: our logbooks are only read
	}
	if fits(l.cfg, card) {
		return l.appendCharters(replay)
	}
	for _, lane := range lanes {
		rev, any := l.own(lane).revision()
		old, member := cardOf(l.rosters[rev].charter, l.cfg.Self)
		if !any || !member || !fits(l.cfg, old) {
			return Out{}, fmt.Errorf("Config.Log, Receipt and Node are not the keys of %s's card in the charter", l.cfg.Self)
		}
	}
	return Out{}, nil
}

// appendCharters puts every accepted charter that names us, and that our
// logbooks do not hold, at their end, each in a batch of its own: a peer that
// has not adopted it reads exactly this batch under the key it knows.
//
// Crash here: the next Open finds the same charters missing and goes on. The
// record is made from the charter alone, so it would come out the same.
func (l *Line) appendCharters(replay func(Arrived)) (Out, error) {
	var out Out
	for _, lane := range lanes {
		b := l.own(lane)
		for i, r := range l.rosters {
			if last, any := b.revision(); any && uint32(i) <= last {
				continue
			}
			if _, ok := cardOf(r.charter, l.cfg.Self); !ok {
				continue
			}
			if err := l.mayAppend(b); err != nil {
				return out, err
			}
			leaf, err := l.sealCharter(r, lane)
			if err != nil {
				return out, err
			}
			from := b.log.Size()
			if err := l.appendBatch(b, [][]byte{leaf}, &out); err != nil {
				return out, err
			}
			a := Arrived{Log: b.id, From: from, Leaves: [][]byte{leaf}}
			out.Arrived = append(out.Arrived, a)
			if replay != nil {
				replay(a)
			}
		}
	}
	return out, nil
}

// sealCharter gives the charter record for one of our logbooks: the machine's
// statement, at the instant that the charter itself names.
func (l *Line) sealCharter(r roster, lane record.Lane) ([]byte, error) {
	cr, err := ParseCharterRecord(r.raw)
	if err != nil {
		return nil, err
	}
	leaf, err := record.Seal(record.Envelope{
		Line: l.id, Party: l.cfg.Self, Lane: lane, Composed: r.charter.Made,
		Precedence: record.Ordinary, Exercise: r.charter.Exercise,
	}, cr, l.cfg.Node)
	if err != nil {
		return nil, fmt.Errorf("couldn't seal the charter record: %w", err)
	}
	return leaf, nil
}

// mayAppend says why nothing can be signed on this logbook now.
func (l *Line) mayAppend(b *book) error {
	switch {
	case b == nil:
		return ErrNotMember
	case b.log.Broken() != nil:
		return b.log.Broken()
	case b.forked:
		return ErrForked
	case b.ahead > b.log.Size():
		return ErrBehind
	}
	return nil
}

// Append adds sealed records to our logbook of a lane, in as few batches as
// the limits allow, each with its own signed checkpoint. What it returns is
// durable: refs for the leaves in order, and in Out.Send the batches for the
// peers that are level with us. On an error refs holds those leaves that are
// durable all the same, the first ones; with a *logbook.ReopenError it is
// unknown whether the next batch is.
//
// After our own close record only received records are taken (ErrClosed).
func (l *Line) Append(lane record.Lane, leaves [][]byte) ([]record.Ref, Out, error) {
	var out Out
	if lane != record.Urgent && lane != record.Routine {
		return nil, out, fmt.Errorf("couldn't append: lane %d is neither urgent (1) nor routine (2)", lane)
	}
	if len(leaves) == 0 {
		return nil, out, errors.New("couldn't append: no records")
	}
	b := l.own(lane)
	if err := l.mayAppend(b); err != nil {
		return nil, out, fmt.Errorf("couldn't append: %w", err)
	}
	rev, _ := b.revision()
	card, ok := cardOf(l.rosters[rev].charter, l.cfg.Self)
	if _, now := l.Card(l.cfg.Self); !ok || !now || card.Log != l.cfg.Log.Public() {
		return nil, out, fmt.Errorf("couldn't append: %w", ErrNotMember)
	}
	closed := l.Closed(l.cfg.Self)
	for i, leaf := range leaves {
		if len(leaf) == 0 || len(leaf) > record.MaxLeaf {
			return nil, out, fmt.Errorf("couldn't append: record %d has %d bytes, want 1 to %d", i, len(leaf), record.MaxLeaf)
		}
		if k := kindOf(leaf); closed && k != record.KindReceived {
			return nil, out, fmt.Errorf("couldn't append a %s record: %w", k, ErrClosed)
		}
	}
	var refs []record.Ref
	for len(leaves) > 0 {
		n := l.batchLen(leaves)
		from := b.log.Size()
		if err := l.appendBatch(b, leaves[:n], &out); err != nil {
			return refs, out, fmt.Errorf("couldn't append: %w", err)
		}
		for i, leaf := range leaves[:n] {
			refs = append(refs, record.Ref{Party: l.cfg.Self, Lane: lane, Incarnation: b.id.Incarnation,
				Index: from + uint64(i), Leaf: record.LeafHash(leaf)})
		}
		leaves = leaves[n:]
	}
	return refs, out, nil
}

// batchLen says how many of the leaves fit into one batch; at least one.
func (l *Line) batchLen(leaves [][]byte) int {
	n, size := 0, 0
	for n < len(leaves) && n < l.lim.BatchEntries {
		if size += len(leaves[n]); n > 0 && size > l.lim.BatchBytes {
			break
		}
		n++
	}
	return n
}

// appendBatch makes one batch of ours durable and pushes it.
func (l *Line) appendBatch(b *book, leaves [][]byte, out *Out) error {
	if b.log.Key() != l.cfg.Log.Public() {
		b.log.Rekey(l.cfg.Log.Public()) // an amendment has changed our card
	}
	from := b.log.Size()
	if _, err := b.log.Append(leaves, l.cfg.Log); err != nil {
		return err
	}
	l.readLeaves(b, from, leaves)
	for _, p := range l.peerIDs() {
		l.push(b, p, from, leaves, out)
	}
	return nil
}

// push sends a fresh batch of ours to a peer that has everything before it,
// or has it on the way. Whoever is not level, or has too much on the way, is
// reached by an offer once its receipts come in, or by Tick.
func (l *Line) push(b *book, p party.ID, from uint64, leaves [][]byte, out *Out) {
	if !l.greeted(p, b.id.Lane) {
		return
	}
	s := b.seen(p)
	if s.sent != from || s.flying >= l.lim.Window {
		l.arm(s)
		return
	}
	s.sent = from + uint64(len(leaves))
	s.flying++
	s.offered = max(s.offered, s.sent)
	l.arm(s)
	out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane,
		Msg: Inform{Log: refOf(b.id), From: from, Entries: leaves, Note: b.log.Note(), Revision: l.Charter().Revision}})
}

func refOf(id logbook.ID) LogRef {
	return LogRef{Party: id.Party, Lane: id.Lane, Incarnation: id.Incarnation}
}
