package line

import (
	"fmt"
	"maps"
	"slices"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Step takes one message from a peer. Nothing that a peer sends makes the Line
// fail: what cannot be is a finding in the Out.
func (l *Line) Step(p party.ID, m Message, now utc.Time) Out {
	l.clock(now)
	var out Out
	pr := l.peers[p]
	if pr == nil || m == nil {
		return out // hung up already
	}
	if err := m.check(); err != nil {
		l.violation(p, 0, err.Error(), &out)
		return out
	}
	switch m := m.(type) {
	case Hello:
		pr.rev = m.Revision
	case Offer:
		pr.rev = m.Revision
	case Inform:
		pr.rev = m.Revision
	case Receipt:
		pr.rev = m.Revision
	}
	switch m := m.(type) {
	case Hello:
		l.stepHello(p, pr, m, &out)
	case Ping: // carriers answer pings themselves; one that does not may leave it to us
		l.useless(p, &out)
		out.Send = append(out.Send, Send{To: p, Lane: record.Urgent, Msg: Pong{N: m.N, T: m.T, T2: l.newest}})
	case Pong, Bye:
		l.useless(p, &out)
	case Offer:
		l.stepLog(p, m.Log, m.Note, &out, func(b *book) { l.stepOffer(p, b, m, &out) })
	case Missing:
		l.stepLog(p, m.Log, nil, &out, func(b *book) { l.stepMissing(p, b, m, &out) })
	case Inform:
		l.stepLog(p, m.Log, m.Note, &out, func(b *book) { l.stepInform(p, b, m, &out) })
	case Receipt:
		l.stepLog(p, m.Log, nil, &out, func(b *book) { l.stepReceipt(p, b, m, &out) })
	}
	return out
}

// Malformed takes a frame that ParseMessage refused: a finding with the frame
// as proof, and the connection is dropped, for what follows cannot be trusted
// to be framed.
func (l *Line) Malformed(p party.ID, lane record.Lane, frame []byte, err error, now utc.Time) Out {
	l.clock(now)
	var out Out
	if l.peers[p] != nil {
		l.find(&out, record.Finding{What: record.FindingProtocol, Party: p, Lane: lane, Proof: [][]byte{frame},
			Text: fmt.Sprintf("%s sent a frame that is no message: %v", p, err)})
		l.drop(p, &out)
	}
	return out
}

// violation is a message that reads well and cannot be.
func (l *Line) violation(p party.ID, lane record.Lane, text string, out *Out, proof ...[]byte) {
	l.find(out, record.Finding{What: record.FindingProtocol, Party: p, Lane: lane, Text: fmt.Sprintf("%s: %s", p, text), Proof: proof})
	l.useless(p, out)
}

// stepLog finds the logbook that a message is about and hands on, if the
// peer's hello on that lane has come: before it nothing is believed. A message
// that overtook the hello is lost, and made up for by Tick.
func (l *Line) stepLog(p party.ID, r LogRef, note []byte, out *Out, f func(*book)) {
	if !l.greeted(p, r.Lane) {
		l.useless(p, out)
		return
	}
	b, err := l.bookOf(r, note)
	if err != nil && l.later(p) {
		l.useless(p, out) // it may be a logbook of a party that joins by then
		return
	}
	if err != nil {
		l.violation(p, r.Lane, err.Error(), out)
		return
	}
	if b == nil || b.log.Broken() != nil {
		return
	}
	f(b)
}

func (l *Line) stepHello(p party.ID, pr *peer, m Hello, out *Out) {
	st := &pr.lanes[m.Lane]
	if !st.up {
		return
	}
	wrong := ""
	switch {
	case m.Version != Version:
		wrong = fmt.Sprintf("speaks version %d of the line's messages, we speak %d", m.Version, Version)
	case m.Line != l.id:
		wrong = fmt.Sprintf("means line %s, this is %s", m.Line, l.id)
	case m.Party != p:
		wrong = fmt.Sprintf("says it is %s", m.Party)
	}
	if wrong != "" {
		l.violation(p, m.Lane, wrong, out)
		out.Send = append(out.Send, Send{To: p, Lane: m.Lane, Msg: Bye{Reason: cut("your hello "+wrong, maxReason)}})
		l.drop(p, out)
		return
	}
	first := !st.greeted
	st.greeted = true
	l.met[met{p, m.Lane}], l.claimed[met{p, m.Lane}] = true, 0
	if !first {
		l.useless(p, out)
		if !m.Heard { // it repeats because ours was lost
			out.Send = append(out.Send, l.hello(p, m.Lane))
		}
	}
	said := map[logbook.ID]record.Head{}
	for _, h := range m.Heads {
		said[logbook.ID{Line: l.id, Party: h.Party, Lane: h.Lane, Incarnation: h.Incarnation}] = h
		if h.Party == l.cfg.Self && h.Incarnation == 1 {
			l.claimed[met{p, m.Lane}] = h.Size
		}
	}
	for _, b := range l.laneBooks(m.Lane) {
		l.level(p, b, said[b.id], first, out)
	}
}

// level compares a peer's claimed head of one logbook with ours, and offers,
// or repeats our receipts, as its copy needs. Its claim is unsigned, so it
// decides nothing else.
func (l *Line) level(p party.ID, b *book, h record.Head, first bool, out *Out) {
	s := b.seen(p)
	size := b.log.Size()
	if first && p == b.id.Party && h.Size < min(s.direct, size) {
		// On an earlier connection it has itself shown us more of its own
		// logbook than it now has: an old copy of its disk was put back. The
		// offer below gives it back what it lost.
		l.find(out, record.Finding{What: record.FindingOld, Party: p, Lane: b.id.Lane, Proof: [][]byte{b.log.Note()},
			Text: fmt.Sprintf("%s returns with %d entries of its own logbook %s, it once signed %d", p, h.Size, b.id, size)})
	}
	s.has, s.sent, s.flying, s.due = h.Size, h.Size, 0, 0
	switch {
	case h.Size < size, h.Size == size && size > 0 && h.Root != b.log.Head().Root:
		l.offer(b, p, out)
	case size > 0:
		l.receipt(b, []party.ID{p}, out)
	}
	if p == b.id.Party {
		l.passReceipts(p, b, h.Size, out)
	}
}

// passReceipts gives an author the receipts of third parties that came to us
// because its own link to them was down.
func (l *Line) passReceipts(p party.ID, b *book, has uint64, out *Out) {
	receipts := b.log.Receipts()
	for _, name := range slices.Sorted(maps.Keys(receipts)) { // in one order, so that a run repeats
		by, ok := logbook.MirrorParty(name)
		size := receipts[name]
		if !ok || by == p || by == l.cfg.Self || size > has {
			continue
		}
		note, err := b.log.NoteAt(size)
		if err != nil {
			continue
		}
		c, err := logbook.ParseCheckpoint(note)
		if err != nil {
			continue
		}
		for _, r := range c.Receipts() {
			if r.Name == name {
				out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane,
					Msg: Receipt{Log: refOf(b.id), Size: size, By: by, Cosig: r.Line(), Revision: l.Charter().Revision}})
			}
		}
	}
}

// stepMissing serves the next piece: as many whole batches as the limits
// allow, never past the batch that holds a charter, so that the asker can read
// the new keys before it needs them.
func (l *Line) stepMissing(p party.ID, b *book, m Missing, out *Out) {
	s := b.seen(p)
	if m.From < s.has || s.flying > 0 && m.From != s.sent {
		// Asking for anything but what follows on what it was sent: rare on an
		// honest link, and the only way to make us read much for little.
		l.useless(p, out)
	}
	if l.peers[p] == nil {
		return
	}
	s.has = m.From
	size := b.log.Size()
	if m.From >= size {
		s.sent, s.flying = m.From, 0
		return
	}
	inf, err := l.piece(b, m.From)
	if err != nil {
		return // our disk's fault: Broken or the next Open tells
	}
	inf.Request = m.Request
	s.sent = inf.From + uint64(len(inf.Entries))
	s.served = max(s.served, s.sent)
	s.flying = 1
	s.offered = max(s.offered, s.sent)
	s.due = 0
	l.arm(s)
	out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane, Msg: inf})
}

// piece reads what follows after from.
func (l *Line) piece(b *book, from uint64) (Inform, error) {
	entries, note, err := b.log.BatchFrom(from)
	if err != nil {
		return Inform{}, err
	}
	if mk, ok := b.nextMark(from); ok && mk.index+1 < from+uint64(len(entries)) {
		end, err := b.log.NotesFrom(mk.index+1, 1)
		if err != nil {
			return Inform{}, err
		}
		if len(end) == 1 && end[0].Size < from+uint64(len(entries)) {
			entries, note = entries[:end[0].Size-from], end[0].Note
		}
	}
	if entries, note, err = l.within(b, from, entries, note); err != nil {
		return Inform{}, err
	}
	inf := Inform{Log: refOf(b.id), From: from, Entries: entries, Note: note, Revision: l.Charter().Revision}
	if from > 0 {
		if inf.Base, err = b.log.NoteAt(from); err != nil {
			return Inform{}, err
		}
	}
	return inf, nil
}

// within cuts a piece to our own limits, where they are less than a logbook's:
// a peer that goes by the same would refuse more. A batch that was written
// under larger ones can't be cut, and goes whole.
func (l *Line) within(b *book, from uint64, entries [][]byte, note []byte) ([][]byte, []byte, error) {
	n := uint64(l.batchLen(entries))
	if n == uint64(len(entries)) {
		return entries, note, nil
	}
	notes, err := b.log.NotesFrom(from+1, int(n)+1)
	if err != nil {
		return nil, nil, err
	}
	end := from + uint64(len(entries))
	for i, x := range notes {
		if i == 0 || x.Size <= from+n {
			end, note = x.Size, x.Note
		}
	}
	return entries[:end-from], note, nil
}

// feed offers a logbook to a peer that is behind and does not know it.
func (l *Line) feed(b *book, p party.ID, out *Out) {
	s := b.seen(p)
	size := b.log.Size()
	switch {
	case s.has >= size:
		s.due, s.flying = 0, 0
	case s.has >= s.sent && s.has >= s.offered && b.id.Party == l.cfg.Self:
		l.offer(b, p, out)
	default:
		s.due = 0 // something came, so the wait begins anew
		l.arm(s)
	}
}

// stepReceipt verifies a receipt and keeps it beside the checkpoint that it
// cosigns.
func (l *Line) stepReceipt(p party.ID, b *book, m Receipt, out *Out) {
	if m.By == p && m.Size <= b.log.Size() {
		s := b.seen(p)
		s.has = max(s.has, m.Size)
		if s.flying > 0 {
			s.flying--
		}
		if s.has >= s.sent {
			s.sent, s.flying = s.has, 0
		}
		defer l.feed(b, p, out)
	}
	if m.By == b.id.Party || !l.everMember(m.By) {
		if l.later(p) {
			return
		}
		l.violation(p, b.id.Lane, fmt.Sprintf("sent a receipt by %s for %s", m.By, b.id), out, m.Cosig)
		return
	}
	l.keepReceipt(p, b, m, out)
}

// repeatedReceipt is the price of a receipt that is no news, in messages.
// Several come for each batch on a line of several parties.
const repeatedReceipt = 0.02

// keepReceipt stores a receipt that is larger than the one we have of that
// party; a smaller or equal one says nothing new.
func (l *Line) keepReceipt(p party.ID, b *book, m Receipt, out *Out) {
	name := logbook.MirrorName(m.By)
	if m.By == l.cfg.Self || m.Size <= b.log.Receipts()[name] {
		l.charge(p, repeatedReceipt, out)
		return
	}
	if note, err := b.log.NoteAt(m.Size); err != nil || m.Size > b.log.Size() || note == nil {
		l.charge(p, repeatedReceipt, out) // of a checkpoint that our copy skipped, or has not yet
		return
	}
	var err error
	for _, k := range l.receiptKeys(m.By) {
		var added bool
		if added, err = b.log.AddReceipt(m.Size, m.Cosig, name, k); err == nil {
			if added {
				out.Receipted = append(out.Receipted, Receipted{Log: b.id, Size: m.Size, By: m.By})
				l.passOn(p, b, m, out)
			}
			return
		}
	}
	if b.forked {
		l.useless(p, out) // it may well be for the other history, and then nobody lies but we
		return
	}
	l.fault(p, b, Inform{}, err, out)
}

// passOn hands a third party's receipt for what we relayed to the author, to
// whom it matters and who is not reached otherwise.
func (l *Line) passOn(p party.ID, b *book, m Receipt, out *Out) {
	m.Revision = l.Charter().Revision
	if a := b.id.Party; a != l.cfg.Self && a != p && m.Size <= b.seen(p).served && l.greeted(a, b.id.Lane) {
		out.Send = append(out.Send, Send{To: a, Lane: b.id.Lane, Msg: m})
	}
}

// receiptKeys gives the receipt keys of a party in all accepted charters, the
// newest first.
func (l *Line) receiptKeys(p party.ID) []party.Key {
	var out []party.Key
	for i := len(l.rosters) - 1; i >= 0; i-- {
		c, ok := cardOf(l.rosters[i].charter, p)
		if ok && (len(out) == 0 || out[len(out)-1] != c.Receipt) {
			out = append(out, c.Receipt)
		}
	}
	return out
}
