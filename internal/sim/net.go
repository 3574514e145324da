package sim

import (
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// NetFault is what can befall a message.
type NetFault int

// The faults of messages.
const (
	Lost      NetFault = iota
	Late               // by seconds
	Overtaken          // by those sent after it
	Repeated           // twice, the second time late
	Truncated          // to a frame that is none
	Tampered           // to a message that reads well and is not what was sent
	Muted              // lost because a partition lets nothing pass this way
	netFaults
)

var netFaultNames = [netFaults]string{"lost", "late", "overtaken", "repeated", "truncated", "tampered", "muted"}

const messageKinds = 5

var messageNames = [messageKinds]string{"hello", "offer", "missing", "inform", "receipt"}

func messageKind(m line.Message) int {
	switch m.(type) {
	case line.Hello:
		return 0
	case line.Offer:
		return 1
	case line.Missing:
		return 2
	case line.Inform:
		return 3
	case line.Receipt:
		return 4
	}
	return -1
}

// link is one direction between two parties on one lane of one line.
type link struct {
	li       int
	from, to party.ID
	lane     record.Lane
}

func (k link) back() link { return link{k.li, k.to, k.from, k.lane} }

// wire is the state of a link.
type wire struct {
	up    bool
	epoch int      // connections so far: what was sent on an older one is lost
	last  utc.Time // when its newest message arrives
}

// pair is a direction between parties on a line.
type pair struct {
	li       int
	from, to party.ID
}

// parcel is a message on the way.
type parcel struct {
	at    utc.Time
	seq   int
	k     link
	epoch int
	msg   line.Message
	frame []byte // not nil: as bytes
}

// push and pop keep the parcels as a heap by time, then by order of sending.
func (w *world) push(p parcel) {
	w.seq++
	p.seq = w.seq
	h := append(w.way, p)
	i := len(h) - 1
	for i > 0 && before(h[i], h[(i-1)/2]) {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
	w.way = h
}

func before(a, b parcel) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (w *world) pop() parcel {
	h := w.way
	top := h[0]
	h[0] = h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && before(h[c+1], h[c]) {
			c++
		}
		if !before(h[c], h[i]) {
			break
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
	w.way = h
	return top
}

// send puts a message on its way, or lets the network have it.
func (w *world) send(li int, from party.ID, s line.Send) {
	k := link{li, from, s.To, s.Lane}
	x := w.wires[k]
	if x == nil || !x.up {
		return
	}
	kind := messageKind(s.Msg)
	if kind < 0 {
		return // a bye: the connection goes anyway
	}
	hit := func(f NetFault) bool {
		if w.odds[f] == 0 || w.rng.Float64() >= w.odds[f] {
			return false
		}
		w.matrix.Net[f][kind]++
		w.say("%s: %s → %s %s", netFaultNames[f], from, s.To, describe(s.Msg))
		return true
	}
	if w.muted[pair{li, from, s.To}] {
		w.matrix.Net[Muted][kind]++
		w.lossy[pair{li, from, s.To}] = true
		return
	}
	if hit(Lost) {
		w.lossy[pair{li, from, s.To}] = true
		return
	}
	p := parcel{k: k, epoch: x.epoch, msg: s.Msg, at: w.now.Add(time.Duration(1+w.rng.IntN(40)) * time.Millisecond)}
	if hit(Late) {
		w.lossy[pair{li, from, s.To}] = true // it may come after the question was given up
		p.at = p.at.Add(time.Duration(w.rng.IntN(20000)) * time.Millisecond)
	}
	if !hit(Overtaken) {
		p.at = max(p.at, x.last)
		x.last = p.at
	} else {
		p.at = p.at.Add(time.Duration(w.rng.IntN(500)) * time.Millisecond)
	}
	if hit(Repeated) {
		q := p
		q.at = q.at.Add(time.Duration(w.rng.IntN(3000)) * time.Millisecond)
		w.push(q)
	}
	switch {
	case hit(Truncated):
		w.broken[pair{li, from, s.To}] = true
		w.lossy[pair{li, from, s.To}] = true
		b := w.encode(p.msg)
		p.frame = b[:w.rng.IntN(len(b))]
	case hit(Tampered):
		w.lossy[pair{li, from, s.To}] = true
		w.forged[pair{li, from, s.To}] = true
		p.frame = w.encode(w.tamper(li, p.msg))
	case w.rng.IntN(8) == 0:
		p.frame = w.encode(p.msg) // now and then by its bytes, that costs time
	}
	w.push(p)
}

func (w *world) encode(m line.Message) []byte {
	b, err := line.MarshalMessage(m)
	if err != nil {
		w.fail("a message that cannot be encoded: %v", err)
	}
	return b
}

// deliver hands over a parcel, if its connection still stands.
func (w *world) deliver(p parcel) {
	x := w.wires[p.k]
	s := w.nodes[p.k.to].seats[p.k.li]
	if x == nil || !x.up || x.epoch != p.epoch || s.line == nil {
		return
	}
	m := p.msg
	n := s.n
	if p.frame != nil {
		var err error
		if m, err = line.ParseMessage(p.frame); err != nil {
			w.say("%s → %s: no message: %v", p.k.from, p.k.to, err)
			w.call(s, func(l *line.Line) line.Out { return l.Malformed(p.k.from, p.k.lane, p.frame, err, n.now()) })
			return
		}
	}
	if w.tracing {
		w.say("%s → %s %s%s", p.k.from, p.k.to, describe(m), map[int]string{2: " (second line)"}[p.k.li+1])
	}
	inf, ok := m.(line.Inform)
	n.returning = ok && inf.Log.Party == n.id
	w.call(s, func(l *line.Line) line.Out { return l.Step(p.k.from, m, n.now()) })
	n.returning = false
}

// connect brings both lanes between two parties up.
func (w *world) connect(li int, a, b party.ID) {
	sa, sb := w.nodes[a].seats[li], w.nodes[b].seats[li]
	for _, lane := range lanes {
		k := link{li, a, b, lane}
		if sa.line == nil || sb.line == nil || w.wire(k).up {
			continue
		}
		for _, x := range []*wire{w.wire(k), w.wire(k.back())} {
			x.up, x.last = true, w.now
			x.epoch++
		}
		w.call(sa, func(l *line.Line) line.Out { return l.Connected(b, lane, sa.n.now()) })
		if sb.line != nil && w.wire(k).up {
			w.call(sb, func(l *line.Line) line.Out { return l.Connected(a, lane, sb.n.now()) })
		}
	}
}

func (w *world) wire(k link) *wire {
	x := w.wires[k]
	if x == nil {
		x = &wire{}
		w.wires[k] = x
	}
	return x
}

// hangUp takes both lanes down and loses what is on the way.
func (w *world) hangUp(li int, a, b party.ID) {
	for _, lane := range lanes {
		for _, k := range []link{{li, a, b, lane}, {li, b, a, lane}} {
			if x := w.wire(k); x.up {
				x.up = false
				if s := w.nodes[k.from].seats[li]; s.n.busy {
					s.gone = append(s.gone, k) // told when the call is over
				} else {
					w.call(s, func(l *line.Line) line.Out { return l.Disconnected(k.to, k.lane) })
				}
			}
		}
	}
}

// peersOf gives who shares which line with a party.
func (w *world) peersOf(p party.ID, do func(li int, q party.ID)) {
	for li, f := range w.lines {
		if w.nodes[p].seats[li] == nil {
			continue
		}
		for _, q := range f.ids {
			if q != p {
				do(li, q)
			}
		}
	}
}

// cutOff ends every connection of a party; mute loses what it sends.
func (w *world) cutOff(p party.ID) { w.peersOf(p, func(li int, q party.ID) { w.hangUp(li, p, q) }) }
func (w *world) mute(p party.ID) {
	w.peersOf(p, func(li int, q party.ID) { w.muted[pair{li, p, q}] = true })
}

// tamper changes a message as a hostile carrier, or a holder of a revoked key,
// could. Nothing of it may ever be stored.
func (w *world) tamper(li int, m line.Message) line.Message {
	flip := func(b []byte) []byte {
		b = append([]byte{}, b...)
		if len(b) > 0 {
			b[w.rng.IntN(len(b))] ^= byte(1 + w.rng.IntN(255))
		}
		return b
	}
	switch m := m.(type) {
	case line.Hello:
		for i := range m.Heads {
			m.Heads = append([]record.Head{}, m.Heads...)
			m.Heads[i].Size += uint64(w.rng.IntN(9))
			m.Heads[i].Root[3] ^= 1
		}
		return m
	case line.Offer:
		m.Note = w.forgeNote(li, m.Log, m.Note, nil, flip)
		return m
	case line.Missing:
		m.From += uint64(w.rng.IntN(1 << w.rng.IntN(40)))
		return m
	case line.Inform:
		switch w.rng.IntN(8) {
		case 0: // an entry changed
			m.Entries = append([][]byte{}, m.Entries...)
			i := w.rng.IntN(len(m.Entries))
			m.Entries[i] = flip(m.Entries[i])
		case 1: // an entry more, under the same note
			m.Entries = append(append([][]byte{}, m.Entries...), []byte("forged"))
		case 2: // moved
			m.From++
		case 3:
			m.Entries = m.Entries[:len(m.Entries)-1]
			if len(m.Entries) == 0 {
				m.Entries = [][]byte{[]byte("forged")}
			}
		default:
			m.Entries = append([][]byte{}, m.Entries...)
			m.Entries[0] = []byte("forged")
			m.Note = w.forgeNote(li, m.Log, m.Note, &m, flip)
		}
		return m
	case line.Receipt:
		switch w.rng.IntN(3) {
		case 0:
			m.Cosig = flip(m.Cosig)
		case 1:
			m.Size += 1 + uint64(w.rng.IntN(3))
		default: // a receipt for what is signed next, made up from this one
			for _, p := range w.lines[li].ids {
				if p != m.By && p != m.Log.Party {
					m.By = p
				}
			}
		}
		return m
	}
	return m
}

// forgeNote gives a checkpoint that nobody signed, an old one, one under a
// wrong key, or, where the author's first key is revoked, one under that.
func (w *world) forgeNote(li int, r line.LogRef, note []byte, inf *line.Inform, flip func([]byte) []byte) []byte {
	id := logbook.ID{Line: w.ids[li], Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}
	c, err := logbook.ParseCheckpoint(note)
	if err != nil {
		return flip(note)
	}
	t := w.truth(id)
	if inf != nil {
		// Entries that nobody wrote, joined to the true ones, under a root
		// that fits them.
		var tr tree
		for i := uint64(0); i < inf.From && i < uint64(len(t.leaves)); i++ {
			tr.add(t.leaves[i])
		}
		for _, e := range inf.Entries {
			tr.add(record.LeafHash(e))
		}
		c.Root, c.Size = tr.root(), inf.From+uint64(len(inf.Entries))
	} else {
		c.Root[7] ^= 1
		c.Size += uint64(w.rng.IntN(3))
	}
	s := signer("thief")
	if f := w.lines[li]; w.amended[li] && id.Party == f.ids[0] && t.revoked && t.upTo < c.Size {
		s = f.keys[0][id.Party].Log
	}
	forged, err := signNote(id, c, s)
	if err != nil {
		return flip(note)
	}
	if w.rng.IntN(4) == 0 {
		return flip(note)
	}
	return forged
}
