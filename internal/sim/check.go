package sim

import (
	"crypto/sha256"
	"strings"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

// tree is the oracle's own Merkle tree (RFC 6962), by its peaks.
type tree struct {
	n     uint64
	peaks []record.Hash
}

func join(a, b record.Hash) record.Hash {
	var buf [65]byte
	buf[0] = 1
	copy(buf[1:], a[:])
	copy(buf[33:], b[:])
	return sha256.Sum256(buf[:])
}

func leafHash(e []byte) record.Hash { return sha256.Sum256(append([]byte{0}, e...)) }

func (t *tree) add(h record.Hash) {
	for i := t.n; i&1 == 1; i >>= 1 {
		h = join(t.peaks[len(t.peaks)-1], h)
		t.peaks = t.peaks[:len(t.peaks)-1]
	}
	t.peaks = append(t.peaks, h)
	t.n++
}

func (t *tree) root() record.Hash {
	if t.n == 0 {
		return sha256.Sum256(nil)
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = join(t.peaks[i], h)
	}
	return h
}

// truth is what an author's disk has taken of one logbook.
type truth struct {
	leaves  []record.Hash
	roots   map[uint64]record.Hash // of each size that stands under a checkpoint
	tree    tree
	loose   bool   // the author's disk has lost a tail: two truths may be about
	revoked bool   // an amendment has changed the author's key …
	upTo    uint64 // … and this is the last size under the old one
}

func (w *world) truth(id logbook.ID) *truth {
	t := w.truths[id]
	if t == nil {
		t = &truth{roots: map[uint64]record.Hash{}}
		w.truths[id] = t
	}
	return t
}

// written tells the oracle of a write that is on a disk.
func (w *world) written(d *disk, x write) {
	if x.batch == nil || d.id.Party != d.n.id {
		return
	}
	t := w.truth(d.id)
	for _, e := range x.batch.Entries {
		h := leafHash(e)
		t.leaves = append(t.leaves, h)
		t.tree.add(h)
	}
	t.roots[x.size] = t.tree.root()
}

// forget tells the oracle that a disk has lost its tail.
func (w *world) forget(d *disk) {
	if d.id.Party != d.n.id {
		return
	}
	t := &truth{roots: map[uint64]record.Hash{}, loose: true}
	w.truths[d.id] = t
	for _, x := range d.writes {
		w.written(d, x)
	}
}

// keyOf is the checkpoint key that counts at a size.
func (w *world) keyOf(li int, id logbook.ID, size uint64) party.Key {
	t, f := w.truth(id), w.lines[li]
	gen := 0
	if t.revoked && size > t.upTo {
		gen = 1
	}
	return f.cards[id.Party][gen].Log
}

// signedBy verifies a checkpoint, once.
func (w *world) signedBy(id logbook.ID, c logbook.Checkpoint, note []byte, k party.Key) bool {
	key := string(k[:]) + string(note)
	if !w.seen[key] {
		w.seen[key] = c.Verify(id, k) == nil
	}
	return w.seen[key]
}

// checkBatch holds what is about to be written against the oracle: a copy is a
// prefix of its author's logbook, under a checkpoint that the author signed.
func (w *world) checkBatch(d *disk, b logbook.Batch) {
	if d.n.off {
		return
	}
	size := b.From + uint64(len(b.Entries))
	c, err := logbook.ParseCheckpoint(b.Note)
	if err != nil || c.Size != size {
		w.fail("%s takes entries up to %d under a checkpoint of %d: %v", d, size, c.Size, err)
	}
	if b.From != d.size() {
		w.fail("%s holds %d entries and takes some from %d: numbering has a gap or repeats", d, d.size(), b.From)
	}
	t := w.truth(d.id)
	if d.id.Party == d.n.id && !d.n.returning {
		k := w.nodes[d.n.id].seats[d.li].keys.Log.Public()
		if !w.signedBy(d.id, c, b.Note, k) {
			w.fail("%s takes a checkpoint of %d that our key did not sign", d, size)
		}
		if f := w.lines[d.li]; !t.revoked && k == f.cards[d.id.Party][1].Log && k != f.cards[d.id.Party][0].Log {
			t.revoked, t.upTo = true, b.From
		}
		tr := tree{n: t.tree.n, peaks: append([]record.Hash{}, t.tree.peaks...)}
		for _, e := range b.Entries {
			tr.add(leafHash(e))
		}
		if tr.root() != c.Root {
			w.fail("%s takes a checkpoint of %d with a root that its entries do not give", d, size)
		}
		return
	}
	if !w.signedBy(d.id, c, b.Note, w.keyOf(d.li, d.id, size)) {
		w.fail("%s takes a checkpoint of %d that %s did not sign with the key in force", d, size, d.id.Party)
	}
	if t.loose {
		return
	}
	if uint64(len(t.leaves)) < size {
		w.fail("%s takes %d entries, the author's disk holds %d: a signature left before what it signs was durable, or it is forged", d, size, len(t.leaves))
	}
	for i, e := range b.Entries {
		if leafHash(e) != t.leaves[b.From+uint64(i)] {
			w.fail("%s takes another entry %d than the author wrote", d, b.From+uint64(i))
		}
	}
	if t.roots[size] != c.Root {
		w.fail("%s takes a checkpoint of %d that contradicts the author's", d, size)
	}
}

// checkNote holds the receipts in a note that is about to be kept against the
// disks of those who gave them.
func (w *world) checkNote(d *disk, size uint64, note []byte) {
	if d.n.off {
		return
	}
	c, err := logbook.ParseCheckpoint(note)
	if err != nil || c.Size != size {
		w.fail("%s takes a note of %d as that of %d: %v", d, c.Size, size, err)
	}
	f := w.lines[d.li]
	for _, r := range c.Receipts() {
		q, _ := logbook.MirrorParty(r.Name)
		cards, ok := f.cards[q]
		if !ok || r.Verify(c, cards[0].Receipt) != nil && r.Verify(c, cards[1].Receipt) != nil {
			w.fail("%s keeps a receipt of %s for %d that does not verify", d, q, size)
		}
		if have := w.holds(d.li, q, d.id); have < size && q != w.liar {
			w.fail("%s keeps a receipt of %s for %d, whose disk holds %d", d, q, size, have)
		}
	}
}

// holds gives the entries on a party's disk.
func (w *world) holds(li int, p party.ID, id logbook.ID) uint64 {
	if d := w.nodes[p].seats[li].disks[id]; d != nil {
		return d.size()
	}
	return 0
}

// checkRefs: what Append has returned is on the disk, at its number.
func (w *world) checkRefs(s *seat, refs []record.Ref) {
	for _, r := range refs {
		id := logbook.ID{Line: s.line.ID(), Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
		t := w.truth(id)
		if r.Party != s.n.id || r.Index >= uint64(len(t.leaves)) || t.leaves[r.Index] != r.Leaf {
			w.fail("%s acknowledged entry %d of %s, and its disk does not hold it", s.n.id, r.Index, id)
		}
	}
}

// checkKept: after a restart everything acknowledged is still there, unless
// the disk has lost it.
func (w *world) checkKept(s *seat) {
	for _, r := range s.acked {
		id := logbook.ID{Line: s.line.ID(), Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
		if d := s.disks[id]; !w.truth(id).loose && d.size() <= r.Index {
			w.fail("%s has lost acknowledged entry %d of %s", s.n.id, r.Index, id)
		}
	}
}

// checkSizes: what a Line believes durable is on the disk.
func (w *world) checkSizes(s *seat) {
	for _, d := range s.order {
		l := s.line.Log(d.id)
		if l != nil && l.Broken() == nil && l.Size() != d.size() {
			w.fail("%s believes in %d entries of %s, its disk holds %d", s.n.id, l.Size(), d.id, d.size())
		}
	}
}

// checkOut holds what a Line says against what is durable.
func (w *world) checkOut(s *seat, out line.Out) {
	for _, x := range out.Send {
		switch m := x.Msg.(type) {
		case line.Offer:
			w.checkSaid(s, m.Log, m.Note)
		case line.Inform:
			w.checkSaid(s, m.Log, m.Note)
			if len(m.Base) > 0 {
				w.checkSaid(s, m.Log, m.Base)
			}
			if n := len(m.Entries); n > logbook.MaxBatchEntries || w.limits.BatchEntries > 0 && n > w.limits.BatchEntries {
				w.fail("%s sends %d entries at once", s.n.id, n)
			}
		case line.Receipt:
			id := logbook.ID{Line: s.line.ID(), Party: m.Log.Party, Lane: m.Log.Lane, Incarnation: m.Log.Incarnation}
			if m.By == s.n.id && w.holds(s.li, s.n.id, id) < m.Size {
				w.fail("%s gives a receipt for %d of %s, its disk holds %d", s.n.id, m.Size, id, w.holds(s.li, s.n.id, id))
			}
		}
	}
	for _, a := range out.Arrived {
		w.take(s, a)
	}
	for _, r := range out.Receipted {
		w.say("%s has the receipt of %s for %s up to %d", s.n.id, r.By, r.Log, r.Size)
		if r.By != w.liar && w.holds(s.li, r.By, r.Log) < r.Size {
			w.fail("%s believes that %s holds %d of %s, its disk holds %d", s.n.id, r.By, r.Size, r.Log, w.holds(s.li, r.By, r.Log))
		}
	}
	for _, f := range out.Findings {
		w.say("%s finds %s by %s: %s", s.n.id, f.What, f.Party, f.Text)
		w.checkFinding(s, f)
	}
}

// checkSaid: a checkpoint that leaves a party is one that its author has
// signed and has on its disk.
func (w *world) checkSaid(s *seat, r line.LogRef, note []byte) {
	c, err := logbook.ParseCheckpoint(note)
	if err != nil {
		w.fail("%s sends a checkpoint that is none: %v", s.n.id, err)
	}
	id := logbook.ID{Line: s.line.ID(), Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
	t := w.truth(id)
	if root, ok := t.roots[c.Size]; !t.loose && (!ok || root != c.Root) {
		w.fail("%s sends a checkpoint of %d of %s that its author's disk does not hold, or two that contradict", s.n.id, c.Size, id)
	}
	if w.holds(s.li, s.n.id, id) < c.Size {
		w.fail("%s sends a checkpoint of %d of %s, its disk holds %d", s.n.id, c.Size, id, w.holds(s.li, s.n.id, id))
	}
}

// take: what is told of a logbook has no gap and no repeat.
func (w *world) take(s *seat, a line.Arrived) {
	if a.Log.Party == s.n.id {
		return
	}
	if a.From != s.arrived[a.Log] {
		w.fail("%s is told of %s from %d, it knows %d", s.n.id, a.Log, a.From, s.arrived[a.Log])
	}
	s.arrived[a.Log] = a.From + uint64(len(a.Leaves))
}

// checkFinding: nobody is accused of what the network or another did.
func (w *world) checkFinding(s *seat, f record.Finding) {
	if err := f.Validate(); err != nil {
		w.fail("%s gives a finding that is none: %v", s.n.id, err)
	}
	p := pair{s.li, f.Party, s.n.id}
	q := pair{s.li, s.n.id, f.Party}
	switch {
	case f.What == record.FindingFork && f.Party == w.liar && w.temper == Deceived && w.proves(s, f):
		id := logbook.ID{Line: s.line.ID(), Party: f.Party, Lane: f.Lane, Incarnation: 1}
		if !w.forkOf[id] {
			w.forks++
		}
		w.forkOf[id] = true
		return
	case w.temper == Deceived && f.What == record.FindingProtocol && strings.Contains(f.Text, "do not lead to the checkpoint"),
		w.temper == Deceived && f.What == record.FindingSignature && strings.Contains(f.Text, logbook.MirrorName("")):
		// Known weakness: whoever relays a second history, or receipts for it,
		// is accused of what the author did until the fork itself is proven.
		w.blamed++
		return
	case f.What == record.FindingOld && f.Party == w.liar,
		f.Party == w.liar && w.temper == Deceived,
		f.What == record.FindingGap && (w.lossy[p] || w.lossy[q]),
		f.What == record.FindingProtocol && w.broken[p] && strings.Contains(f.Text, "is no message"),
		f.What != record.FindingOld && w.forged[p] && !(f.What == record.FindingFork && w.proves(s, f)):
		return
	}
	w.fail("%s accuses %s, who is honest, of %s: %s", s.n.id, f.Party, f.What, f.Text)
}

// proves reports whether a finding's two notes are both the author's and
// contradict each other, or the finder's copy. Where an author goes on from a
// second history it gives entries that do not lead on from the copy: the two
// notes then have different sizes, and the copy is the third piece of proof.
func (w *world) proves(s *seat, f record.Finding) bool {
	if len(f.Proof) != 2 {
		return false
	}
	id := logbook.ID{Line: s.line.ID(), Party: f.Party, Lane: f.Lane, Incarnation: 1}
	var cs [2]logbook.Checkpoint
	for i, b := range f.Proof {
		c, err := logbook.ParseCheckpoint(b)
		if err != nil || !w.signedBy(id, c, b, w.lines[s.li].cards[f.Party][0].Log) && !w.signedBy(id, c, b, w.lines[s.li].cards[f.Party][1].Log) {
			return false
		}
		cs[i] = c
	}
	if cs[0].Size == cs[1].Size {
		return cs[0].Root != cs[1].Root
	}
	small := cs[0]
	if cs[1].Size < small.Size {
		small = cs[1]
	}
	if w.temper == Deceived && s.n.id != f.Party && small.Size == s.line.Log(id).Size() {
		return w.truth(id).roots[small.Size] != small.Root // not in the author's present history
	}
	root, err := s.line.Log(id).RootAt(small.Size)
	return err == nil && root != small.Root
}

// whole says what is still missing: every copy equal to its author's logbook,
// every receipt for all of it. Where a second history was signed, the finding
// stands for the rest.
func (w *world) whole() string {
	for li, f := range w.lines {
		for _, a := range f.ids {
			sa := w.nodes[a].seats[li]
			if sa.line == nil {
				return string(a) + " is down"
			}
			for _, lane := range lanes {
				id := logbook.ID{Line: w.ids[li], Party: a, Lane: lane, Incarnation: 1}
				ours := sa.line.Log(id)
				got := sa.line.Receipts(id)
				for _, b := range f.ids {
					if b == a || w.forkOf[id] {
						continue
					}
					sb := w.nodes[b].seats[li]
					if sb.line == nil {
						return string(b) + " is down"
					}
					theirs := sb.line.Log(id)
					if theirs.Head() != ours.Head() {
						return string(b) + "'s copy of " + id.String() + " differs from the author's"
					}
					if got[b] != ours.Size() {
						return string(a) + " has no receipt of " + string(b) + " for all of " + id.String()
					}
				}
			}
		}
	}
	return ""
}

// checkEnd holds a whole world against what was acknowledged.
func (w *world) checkEnd() {
	for li, f := range w.lines {
		for _, a := range f.ids {
			s := w.nodes[a].seats[li]
			w.checkKept(s)
			for _, d := range s.order {
				t := w.truth(d.id)
				if w.forkOf[d.id] || t.loose && a != d.id.Party {
					continue
				}
				es, err := s.line.Log(d.id).EntryRange(0, d.size(), 1<<20)
				if err != nil || uint64(len(es)) != d.size() {
					w.fail("%s cannot be read back: %v", d, err)
				}
				for i, e := range es {
					if leafHash(e) != t.leaves[i] {
						w.fail("%s has another entry %d than was written", d, i)
					}
				}
			}
			if w.temper != Deceived {
				for _, lane := range lanes {
					if _, out, err := s.line.Append(lane, [][]byte{[]byte("after all")}); err != nil {
						w.fail("%s cannot append when all is well: %v", a, err)
					} else {
						_ = out
					}
				}
			}
		}
	}
}

// signNote gives a checkpoint under a signer of our choice.
func signNote(id logbook.ID, c logbook.Checkpoint, s party.Signer) ([]byte, error) {
	k := logbook.LogSigner(id, s)
	c.Sigs = nil
	sig, err := k.Sign(c.Text())
	if err != nil {
		return nil, err
	}
	c.Sigs = []logbook.Signature{{Name: k.Name(), Hash: k.KeyHash(), Raw: sig}}
	return c.Marshal(), nil
}
