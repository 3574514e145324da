package line

import (
	"errors"
	"fmt"
	"slices"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// stepOffer compares an offered checkpoint with our copy: asks for what is
// missing, repeats our receipt where nothing is, finds a fork where the two
// cannot both be true.
func (l *Line) stepOffer(p party.ID, b *book, m Offer, out *Out) {
	c, err := l.judge(b, m.Note)
	var old *logbook.OldError
	switch {
	case errors.As(err, &old):
		l.useless(p, out)
		l.shown(p, b, c.Size, out)
		l.receipt(b, []party.ID{p}, out)
		return
	case err != nil:
		l.fault(p, b, Inform{Note: m.Note}, err, out)
		return
	}
	l.shown(p, b, c.Size, out)
	if c.Size <= b.log.Size() {
		l.useless(p, out)
		l.receipt(b, []party.ID{p}, out)
		l.keepReceipts(p, b, c, m, out)
		return
	}
	s := b.seen(p)
	s.claims, s.claim = c.Size, slices.Clone(m.Note)
	if b.id.Party == l.cfg.Self {
		l.behind(b, c, m.Note, out)
	}
	if b.ask.to == p || b.ask.to != "" {
		l.useless(p, out) // we know, and have asked
	}
	l.ask(b, out)
}

// judge parses and verifies a checkpoint of this logbook and holds it against
// our copy. The key must be one that is in force where the checkpoint stands,
// or a later one: who has stolen a key that was since revoked could make up a
// second history otherwise, and have the author accused of it.
func (l *Line) judge(b *book, note []byte) (logbook.Checkpoint, error) {
	c, err := logbook.ParseCheckpoint(note)
	if err != nil {
		return c, &logbook.SignatureError{Log: b.id, Name: b.id.Origin(), Note: note, Err: err}
	}
	keys := l.newKeys(b)
	if c.Size <= b.log.Size() {
		keys = l.logKeys(b, b.revisionUnder(c.Size))
	}
	err = fmt.Errorf("%s has no checkpoint key on this line", b.id.Party)
	var wrong *logbook.SignatureError
	for _, k := range keys {
		if err = b.log.Judge(note, k); !errors.As(err, &wrong) {
			return c, err
		}
	}
	return c, err
}

// behind: somebody has shown a checkpoint that we once signed and do not hold.
// Our disk was restored from an old copy; until the peers have given back what
// is missing, a signature of ours could make a second history.
func (l *Line) behind(b *book, c logbook.Checkpoint, note []byte, out *Out) {
	if c.Size <= b.ahead {
		return
	}
	b.ahead = c.Size
	l.find(out, record.Finding{What: record.FindingOld, Party: l.cfg.Self, Lane: b.id.Lane, Proof: [][]byte{note},
		Text: fmt.Sprintf("our own logbook %s holds %d entries, we once signed %d: the disk was restored from an old copy; "+
			"nothing is signed on it until the peers have returned the rest", b.id, b.log.Size(), c.Size)})
}

// shown notes that a peer holds at least this much of a logbook.
func (l *Line) shown(p party.ID, b *book, size uint64, out *Out) {
	s := b.seen(p)
	s.has = max(s.has, min(size, b.log.Size()))
	s.sent = max(s.sent, s.has)
	if p == b.id.Party {
		s.direct = max(s.direct, size)
	}
}

// keepReceipts takes over the receipts in an offered note that are news.
func (l *Line) keepReceipts(p party.ID, b *book, c logbook.Checkpoint, m Offer, out *Out) {
	for _, r := range c.Receipts() {
		by, ok := logbook.MirrorParty(r.Name)
		if ok && by != l.cfg.Self && by != b.id.Party && l.everMember(by) && c.Size > b.log.Receipts()[r.Name] {
			l.keepReceipt(p, b, Receipt{Log: refOf(b.id), Size: c.Size, By: by, Cosig: r.Line(), Revision: m.Revision}, out)
		}
	}
}

// ask puts the one open question on a logbook, if a connected peer offers more
// than we hold: to the author first, else to whom has failed least.
func (l *Line) ask(b *book, out *Out) {
	if b.ask.to != "" || b.log.Broken() != nil {
		return
	}
	var best party.ID
	for _, p := range l.peerIDs() {
		if !l.greeted(p, b.id.Lane) || b.seen(p).claims <= b.log.Size() {
			continue
		}
		if best == "" || b.seen(p).missed < b.seen(best).missed ||
			b.seen(p).missed == b.seen(best).missed && p == b.id.Party {
			best = p
		}
	}
	if best == "" {
		return
	}
	wait := max(b.ask.wait, l.lim.Retry)
	b.ask = question{to: best, from: b.log.Size(), n: b.ask.n + 1, wait: wait, due: l.now.Add(wait)}
	out.Send = append(out.Send, Send{To: best, Lane: b.id.Lane,
		Msg: Missing{Log: refOf(b.id), From: b.ask.from, Request: b.ask.n}})
}

// stepInform stores what a peer gives us of a logbook, and then, and only
// then, gives the receipt.
func (l *Line) stepInform(p party.ID, b *book, m Inform, out *Out) {
	answer := m.Request != 0 && b.ask.to == p && b.ask.n == m.Request
	if b.id.Party == l.cfg.Self && b.ahead <= b.log.Size() {
		l.judgeOwn(p, b, m, out)
		return
	}
	before := b.log.Size()
	if err := l.checkSize(b, m); err != nil {
		l.fault(p, b, m, err, out)
		return
	}
	added, err := l.accept(b, m)
	if answer {
		b.ask = question{n: b.ask.n}
	}
	var gap *logbook.GapError
	var old *logbook.OldError
	switch {
	case errors.As(err, &gap) && gap.From > gap.Have && !answer:
		l.overtaken(p, b, m, out)
		return
	case errors.As(err, &old):
		err = nil
	}
	if err != nil {
		l.refuse(p, b, m, answer, err, out)
		return
	}
	l.shown(p, b, m.From+uint64(len(m.Entries)), out)
	if added == 0 {
		l.useless(p, out)
		l.receipt(b, []party.ID{p}, out)
		l.ask(b, out)
		return
	}
	b.seen(p).missed = 0
	if b.ask.to != "" && b.ask.from < b.log.Size() {
		b.ask = question{n: b.ask.n} // answered by a push, or by another
	}
	leaves := m.Entries[before-m.From:]
	out.Arrived = append(out.Arrived, Arrived{Log: b.id, From: before, Leaves: leaves})
	adopted := l.readLeaves(b, before, leaves)
	if b.id.Party != l.cfg.Self {
		l.receipt(b, l.peerIDs(), out)
	}
	l.afterCharters(adopted, out)
	l.ask(b, out)
}

// afterCharters follows up on a charter that has come in a peer's logbook:
// signed by all, so by us. Our own logbooks take it over if our keys are those
// of our card in it.
func (l *Line) afterCharters(adopted [][]byte, out *Out) {
	if len(adopted) == 0 {
		return
	}
	out.Charters = append(out.Charters, adopted...)
	l.forgetLeavers(out)
	o, err := l.settleOwn(nil)
	out.add(o)
	_ = err // our keys are not those of the new card, or our disk failed: Append says so
}

// checkSize holds an inform against the limits of a batch.
func (l *Line) checkSize(b *book, m Inform) error {
	if n := len(m.Entries); n > l.lim.BatchEntries {
		return &logbook.OversizeError{Log: b.id, What: "batch", Unit: "entries", Got: uint64(n), Max: uint64(l.lim.BatchEntries)}
	}
	sum := 0
	for _, e := range m.Entries {
		sum += len(e)
	}
	if sum > l.lim.BatchBytes {
		return &logbook.OversizeError{Log: b.id, What: "batch", Unit: "bytes", Got: uint64(sum), Max: uint64(l.lim.BatchBytes)}
	}
	return nil
}

// accept tries the keys that may have signed the batch's checkpoint.
func (l *Line) accept(b *book, m Inform) (added int, err error) {
	keys := l.newKeys(b)
	if m.From+uint64(len(m.Entries)) <= b.log.Size() {
		keys = l.logKeys(b, b.revisionUnder(m.From+uint64(len(m.Entries))))
	}
	err = fmt.Errorf("%s has no checkpoint key on this line", b.id.Party)
	var wrong *logbook.SignatureError
	for _, k := range keys {
		if added, err = b.log.Accept(m.From, m.Entries, m.Note, k); !errors.As(err, &wrong) {
			return added, err
		}
	}
	return added, err
}

// judgeOwn: an inform of our own logbook when we miss nothing. It can only be
// a repeat, or the proof of a fork.
func (l *Line) judgeOwn(p party.ID, b *book, m Inform, out *Out) {
	c, err := l.judge(b, m.Note)
	var old *logbook.OldError
	if err != nil && !errors.As(err, &old) {
		l.fault(p, b, m, err, out)
		return
	}
	if err == nil && c.Size > b.log.Size() {
		l.stepOffer(p, b, Offer{Log: m.Log, Note: m.Note}, out)
		return
	}
	l.useless(p, out)
}

// overtaken: a pushed batch came before one that should precede it. Nobody's
// fault yet: ask for what lies between.
func (l *Line) overtaken(p party.ID, b *book, m Inform, out *Out) {
	s := b.seen(p)
	if size := m.From + uint64(len(m.Entries)); size > s.claims {
		s.claims, s.claim = size, m.Note
	}
	if b.ask.to != "" {
		l.useless(p, out)
	}
	l.ask(b, out)
}

// refuse handles a batch that could not be stored. The sender is not asked
// again until it offers anew; another may be.
func (l *Line) refuse(p party.ID, b *book, m Inform, answer bool, err error, out *Out) {
	if b.log.Broken() != nil {
		return // our disk's fault
	}
	s := b.seen(p)
	s.claims, s.claim = 0, nil
	if answer {
		s.missed++
	}
	l.fault(p, b, m, err, out)
	l.ask(b, out)
}

// fault turns an error of the logbook into a finding with its proof.
func (l *Line) fault(p party.ID, b *book, m Inform, err error, out *Out) {
	f := record.Finding{Party: p, Lane: b.id.Lane, Text: fmt.Sprintf("%s sent: %v", p, err)}
	var (
		sig  *logbook.SignatureError
		gap  *logbook.GapError
		fork *logbook.ForkError
		big  *logbook.OversizeError
	)
	switch {
	case errors.As(err, &fork):
		l.forked(p, b, m, fork, out)
		return
	case errors.As(err, &sig) && l.later(p):
		l.useless(p, out) // an amendment that has not reached us may explain it
		return
	case errors.As(err, &sig):
		f.What, f.Proof = record.FindingSignature, [][]byte{sig.Note}
		l.find(out, f)
		if b.id.Party == l.cfg.Self {
			// It may be good for a history that we once signed and our disk has
			// lost. The peer's own offer is what would prove that, so nobody is
			// hung up on before it has come.
			l.useless(p, out)
			return
		}
		if pr := l.peers[p]; pr != nil {
			if pr.strikes++; pr.strikes >= 3 {
				l.drop(p, out)
			}
		}
		return
	case errors.As(err, &gap):
		f.What, f.Proof = record.FindingGap, [][]byte{m.Note}
	case errors.As(err, &big):
		f.What, f.Proof = record.FindingOversize, [][]byte{m.Note}
	default:
		if b.log.Broken() != nil {
			return
		}
		f.What, f.Proof = record.FindingProtocol, [][]byte{m.Note}
	}
	l.find(out, f)
	l.useless(p, out)
}

// later reports whether the peer goes by a later charter than we.
func (l *Line) later(p party.ID) bool {
	pr := l.peers[p]
	return pr != nil && pr.rev > l.Charter().Revision
}

// forked: two checkpoints that cannot both be true. If the two notes alone, or
// the sender's own checkpoint at our size, prove it, the author has signed two
// histories. If not, the sender gave entries that do not lead to the signed
// root, and the sender is named.
func (l *Line) forked(p party.ID, b *book, m Inform, fork *logbook.ForkError, out *Out) {
	if !fork.Proven && len(m.Base) > 0 {
		var at *logbook.ForkError
		if _, err := l.judge(b, m.Base); errors.As(err, &at) {
			fork = at
		}
	}
	f := record.Finding{What: record.FindingFork, Party: b.id.Party, Lane: b.id.Lane,
		Proof: [][]byte{fork.Ours, fork.Theirs}, Text: fork.Error()}
	if !fork.Proven {
		f.Party = p
		if p != b.id.Party {
			f.What = record.FindingProtocol
			f.Text = fmt.Sprintf("%s sent entries of %s that do not lead to the checkpoint it sent with them", p, b.id)
		}
	}
	if fork.Proven && b.id.Party == l.cfg.Self {
		b.forked = true
		f.Text = "our own key has signed two histories; nothing is signed on this logbook any more: " + f.Text
	}
	l.find(out, f)
	l.useless(p, out)
}

// receipt gives our receipt for the newest checkpoint of a copy we hold to
// those of the peers that are on its lane. All peers get it, not only the
// author: each keeps the proof, and a third party need not offer us the same.
func (l *Line) receipt(b *book, to []party.ID, out *Out) {
	size := b.log.Size()
	if b.id.Party == l.cfg.Self || size == 0 {
		return
	}
	if b.mineN != size {
		cosig, err := b.log.Receipt(size, l.cfg.Receipt, logbook.MirrorName(l.cfg.Self), l.newest)
		if err != nil {
			return // no instant was given yet, or the disk fails: Tick brings another offer
		}
		b.mine, b.mineN = cosig, size
	}
	m := Receipt{Log: refOf(b.id), Size: size, By: l.cfg.Self, Cosig: b.mine, Revision: l.Charter().Revision}
	for _, p := range to {
		if l.greeted(p, b.id.Lane) {
			out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane, Msg: m})
		}
	}
}
