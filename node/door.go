package node

import (
	"errors"
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/picture"
	"parley/record"
)

// precheck verifies the signatures of the leaves that a message carries, in
// one batch, in the goroutine of the connection it came by. What is good is
// remembered until the loop has stored the leaf and asks, and given back for
// forget; what is not is left to the loop, which finds the same and says why.
// What is held already is passed over: repeating it costs its sender tokens.
func (n *Node) precheck(id record.LineID, m line.Message) []record.Hash {
	inform, ok := m.(line.Inform)
	l := n.byID(id)
	if !ok || l == nil {
		return nil
	}
	f := l.face.Load()
	for _, h := range f.heads {
		if h.Party == inform.Log.Party && h.Lane == inform.Log.Lane && h.Incarnation == inform.Log.Incarnation &&
			inform.From+uint64(len(inform.Entries)) <= h.Size {
			return nil
		}
	}
	return n.preverify(f.charters, inform.Entries)
}

// forget drops what precheck remembered and nobody took: a batch that was not
// stored must not stay in memory, whoever sent it.
func (n *Node) forget(hashes []record.Hash) {
	for _, h := range hashes {
		n.verified.Delete(h)
	}
}

// preverify verifies leaves and remembers those that are good, of which it gives
// the hashes.
func (n *Node) preverify(charters []record.Charter, leaves [][]byte) (good []record.Hash) {
	var parsed []*record.Parsed
	var hashes []record.Hash
	keys := map[*record.Parsed]party.Key{}
	for _, leaf := range leaves {
		p, err := record.Parse(leaf)
		if err != nil {
			continue
		}
		if k, ok := KeyOf(charters, p.Record.Party, p.Record.Key); ok {
			keys[p] = k
			parsed, hashes = append(parsed, p), append(hashes, record.LeafHash(leaf))
		}
	}
	errs := record.VerifyAll(parsed, func(p *record.Parsed) (party.Key, bool) { return keys[p], true })
	for i, err := range errs {
		if err == nil {
			n.verified.Store(hashes[i], checked{parsed[i], keys[parsed[i]]})
			good = append(good, hashes[i])
		}
	}
	return good
}

// KeyOf finds a key by its id among one party's keys that sign records, in any
// revision of the charter. Whether it was that party's key there and then is
// judged at the door.
func KeyOf(charters []record.Charter, p party.ID, id party.KeyID) (party.Key, bool) {
	for _, c := range charters {
		card, ok := c.Card(p)
		if !ok {
			continue
		}
		if card.Node.ID() == id {
			return card.Node, true
		}
		for _, o := range card.Officers {
			if o.Key.ID() == id {
				return o.Key, true
			}
		}
	}
	return party.Key{}, false
}

// arrived takes in entries of another member that line has durably stored.
// Loop only.
func (n *Node) arrived(l *seatLine, a line.Arrived) {
	for i, leaf := range a.Leaves {
		ref := record.Ref{Party: a.Log.Party, Lane: a.Log.Lane, Incarnation: a.Log.Incarnation,
			Index: a.From + uint64(i), Leaf: record.LeafHash(leaf)}
		n.admit(l, ref, leaf)
	}
	if l.NeedsReceived(a) {
		l.owes[a.Log.Lane] = true
	}
}

// admit is the door: every leaf, ours or theirs, passes here once it is
// durable, and only here does it become part of the picture. Loop only.
func (n *Node) admit(l *seatLine, ref record.Ref, leaf []byte) *record.Record {
	held := picture.Held{Line: l.id, Ref: ref}
	rec, err := n.open(l, ref, leaf)
	var unreadable *record.UnreadableError
	switch {
	case err == nil:
		held.Rec = rec
		if ref.Party == n.cfg.Card.Party {
			held.KnownAt = rec.Composed
		}
	case errors.As(err, &unreadable):
		held.State, held.Problem = picture.Unreadable, err.Error()
	default:
		held.State, held.Problem = picture.Invalid, err.Error()
	}
	id := picture.FormatID(l.name, ref)
	n.mu.Lock()
	a := admitted{ref: ref}
	if rec != nil {
		a.precedence = rec.Precedence
	}
	n.records[id] = a
	n.mu.Unlock()
	if rec != nil {
		n.learn(l, rec)
	}
	n.reader.give(func() { n.reader.admitted(l, id, held) }, ref.Lane == record.Urgent || !plain(rec))
	n.subs.tell(Event{What: "record", ID: id})
	return rec
}

// plain reports whether nothing follows from rec that a person must be called
// for at once: free words, and the machine's word on what has been received.
func plain(rec *record.Record) bool {
	if rec == nil {
		return false
	}
	switch b := rec.Body.(type) {
	case record.Say:
		return b.Phrase == nil
	case record.Received:
		return true
	}
	return false
}

// open gives the record of a leaf, or why it is none. A signature is verified
// once, before the loop if precheck saw it; who may say what is judged here,
// where the order is known.
func (n *Node) open(l *seatLine, ref record.Ref, leaf []byte) (*record.Record, error) {
	log := logbook.ID{Line: l.id, Party: ref.Party, Lane: ref.Lane, Incarnation: ref.Incarnation}
	var p *record.Parsed
	var good party.Key // the key that its signature is known to be good for
	if v, ok := n.verified.LoadAndDelete(ref.Leaf); ok {
		p, good = v.(checked).p, v.(checked).key
	} else {
		var err error
		if p, err = record.Parse(leaf); err != nil {
			return nil, err
		}
	}
	key, err := l.Entitled(log, ref.Index, &p.Record)
	if err != nil {
		return nil, err
	}
	if key != good { // not seen before the loop, or under a key that counts no more
		if err := p.Verify(key); err != nil {
			return nil, err
		}
	}
	return &p.Record, nil
}

// checked is a leaf whose signature has been found good for key.
type checked struct {
	p   *record.Parsed
	key party.Key
}

// learn does what a record means for the loop itself; the reader has the rest.
func (n *Node) learn(l *seatLine, rec *record.Record) {
	switch b := rec.Body.(type) {
	case record.Kept:
		n.mu.Lock()
		n.kept[b.Commitment()] = b
		n.mu.Unlock()
	case record.Close:
		n.refreshFace(l)
		n.subs.tell(Event{What: "links"})
	case record.Watch:
		n.subs.tell(Event{What: "watch"})
	}
}

// adopted takes in that a line has new charters. Loop only.
func (n *Node) adopted(l *seatLine, charters [][]byte) {
	for _, raw := range charters {
		cr, err := line.ParseCharterRecord(raw)
		if err != nil {
			continue // the line has just accepted it
		}
		c, err := record.ParseCharter(cr.Charter)
		if err != nil {
			continue
		}
		if int(c.Revision) != len(l.charters) {
			continue // taken in already
		}
		l.charters = append(l.charters, c)
		n.reader.give(func() { n.reader.book.AddCharter(l.id, l.name, c) }, true)
		n.cfg.Logger.Info("a charter is in force", "line", l.name, "revision", c.Revision)
		if n.cfg.Adopted != nil {
			n.cfg.Adopted(l.name, c.Revision, raw)
		}
	}
	n.refreshFace(l)
	n.subs.tell(Event{What: "links"})
}

// receipted notes that a member durably holds our log up to a size.
func (n *Node) receipted(l *seatLine, r line.Receipted) {
	if r.Log.Party != n.cfg.Card.Party {
		return
	}
	if l.receiptedFor[r.By] == nil {
		l.receiptedFor[r.By] = map[record.Lane]uint64{}
	}
	if r.Size > l.receiptedFor[r.By][r.Log.Lane] {
		l.receiptedFor[r.By][r.Log.Lane] = r.Size
	}
	for r.Log.Lane == record.Routine && len(l.flights) > 0 && l.flights[0] <= r.Size {
		l.flights, l.landed = l.flights[1:], time.Now()
	}
	if n.cfg.Receipted != nil {
		n.cfg.Receipted(l.name, r.Log.Lane, r.By, r.Size)
	}
	n.subs.tell(Event{What: "receipt"})
}

// found puts a finding on the home line and, where it is a fork, on the line
// itself: all its members must see it. The line stays up.
func (n *Node) found(l *seatLine, f record.Finding) {
	n.cfg.Logger.Warn("a peer did what cannot be", "line", l.name, "party", string(f.Party), "what", f.What, "text", f.Text)
	on := []*seatLine{n.home}
	if f.What == record.FindingFork && !l.face.Load().closed {
		on = append(on, l)
	}
	for _, t := range on {
		if _, err := n.machineSays(t, Draft{Precedence: record.Immediate, Body: f}); err != nil {
			n.cfg.Logger.Error("couldn't record a finding", "line", t.name, "err", err)
		}
	}
}

// receivedEvery is the least time between two received records in the routine
// lane of one line: each costs both sides a flush and the other side a receipt.
// The first after a pause is written at once. What waits states a later instant
// than it might, never an earlier one; the cosigned receipt does not wait.
const receivedEvery = 50 * time.Millisecond

// writeReceived says, on each line and lane where others' entries were stored,
// what we now hold and when: the legal time of receipt. It stands in the same
// lane, so that a routine backlog fills no urgent log. It gives how long until
// it has to be called again for what waits, 0 if nothing does; all waits for
// nothing. Loop only.
func (n *Node) writeReceived(all bool) (wait time.Duration) {
	now := time.Now()
	if mode, _ := n.clock.face(); mode != clockSystem {
		all = true // a clock that is moved by hand must not move between a receipt and its record
	}
	for _, l := range n.lines {
		for lane := range l.owes {
			if due := l.receivedAt.Add(receivedEvery).Sub(now); lane == record.Routine && due > 0 && !all {
				if wait == 0 || due < wait {
					wait = due
				}
				continue
			}
			delete(l.owes, lane)
			var heads []record.Head
			for _, h := range l.Heads() {
				if h.Lane == lane {
					heads = append(heads, h)
				}
			}
			if len(heads) == 0 {
				continue
			}
			if _, err := n.machineSays(l, Draft{Precedence: record.Ordinary, Lane: lane, Body: record.Received{Heads: heads}}); err != nil {
				n.cfg.Logger.Error("couldn't record a receipt", "line", l.name, "err", err)
				l.owes[lane] = true // the next round tries again; nothing was claimed meanwhile
				return wait
			}
			if lane == record.Routine {
				l.receivedAt = now
			}
		}
	}
	return wait
}

// openLine opens one line from its stores and puts all it holds through the
// door. Before Run, or in the loop.
func (n *Node) openLine(charters [][]byte) error {
	var stored []line.Arrived
	ln, err := line.Open(line.Config{
		Self: n.cfg.Card.Party, Log: n.cfg.Keys.Log, Receipt: n.cfg.Keys.Receipt, Node: n.cfg.Keys.Node,
		Charters: charters, Store: n.cfg.Store, Replay: func(a line.Arrived) { stored = append(stored, a) },
		// Nobody names to us the further incarnations that lie on the disk, so
		// none is taken: what is receipted must not be forgotten by a restart.
		Limits: line.Limits{Incarnations: 1},
	})
	if err != nil {
		return err
	}
	c := ln.Charter()
	l := &seatLine{Line: ln, id: ln.ID(), name: c.Name, home: c.Home, owes: map[record.Lane]bool{}, receiptedFor: map[party.ID]map[record.Lane]uint64{}}
	if err := n.addLine(l); err != nil {
		return errors.Join(err, ln.Close())
	}
	n.adopted(l, ln.Charters())
	n.reload(l, stored)
	if n.cfg.Carrier != nil && !l.home {
		n.cfg.Carrier.Open(ln.Charters())
	}
	return nil
}

// addLine gives l its name at this seat.
func (n *Node) addLine(l *seatLine) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lines[l.id] != nil {
		return refuse("line", "couldn't open the line %s: it is open already", l.name)
	}
	if n.names[l.name] != nil {
		return refuse("line", "couldn't open the line: another one here has the name %s", l.name)
	}
	n.lines[l.id], n.names[l.name] = l, l
	if l.home {
		n.home = l
	}
	return nil
}

// reload puts every stored leaf of l through the door again, and finds out
// what a crash has left undone: entries held without a received record.
func (n *Node) reload(l *seatLine, stored []line.Arrived) {
	covered := map[logKey]uint64{} // sizes that our Received records cover
	needed := map[logKey]uint64{}  // sizes that they should cover
	for _, a := range stored {
		k := logKey{a.Log.Party, a.Log.Lane, a.Log.Incarnation}
		good := n.preverify(l.charters, a.Leaves) // in batches: a long log should open soon
		for i, leaf := range a.Leaves {
			ref := record.Ref{Party: k.party, Lane: k.lane, Incarnation: k.incarnation,
				Index: a.From + uint64(i), Leaf: record.LeafHash(leaf)}
			rec := n.admit(l, ref, leaf)
			one := line.Arrived{Log: a.Log, From: ref.Index, Leaves: a.Leaves[i : i+1]}
			if l.NeedsReceived(one) {
				needed[k] = ref.Index + 1
			}
			if rec == nil || k.party != n.cfg.Card.Party {
				continue
			}
			if b, ok := rec.Body.(record.Received); ok {
				for _, h := range b.Heads {
					hk := logKey{h.Party, h.Lane, h.Incarnation}
					covered[hk] = max(covered[hk], h.Size)
				}
			}
		}
		n.forget(good)
	}
	for k, size := range needed {
		if covered[k] < size {
			l.owes[k.lane] = true
		}
	}
	for _, id := range l.Logs() {
		for name, size := range l.Log(id).Receipts() {
			if by, ok := logbook.MirrorParty(name); ok {
				n.receipted(l, line.Receipted{Log: id, Size: size, By: by})
			}
		}
	}
}

type logKey struct {
	party       party.ID
	lane        record.Lane
	incarnation uint32
}

// refreshFace renews the snapshot of l. Loop only, or before Run.
func (n *Node) refreshFace(l *seatLine) {
	l.face.Store(&face{charters: l.charters, heads: l.Heads(), closed: l.Closed(n.cfg.Card.Party), exercise: l.Charter().Exercise})
}

// clocks are those of the line's charter in force, from any goroutine.
func (l *seatLine) clocks() record.Clocks {
	cs := l.face.Load().charters
	return cs[len(cs)-1].Clocks
}
