package node

import (
	"context"
	"fmt"
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/picture"
	"parley/record"
)

// RefusedError is a draft or an act that this seat does not do: the caller's
// fault, with the field and the remedy in the text.
type RefusedError struct {
	Field string
	What  string
}

func (e *RefusedError) Error() string { return e.What }

func refuse(field, format string, args ...any) error {
	return &RefusedError{Field: field, What: fmt.Sprintf(format, args...)}
}

// SignOn lets the node sign for an officer whose key has been unlocked. The
// signer must be the one on our card.
func (n *Node) SignOn(officer string, s party.Signer) error {
	o, ok := n.cfg.Card.Officer(officer)
	if !ok {
		return refuse("officer", "couldn't sign on %q: no such officer of %s; officers are on the card", officer, n.cfg.Card.Party)
	}
	if s.Public() != o.Key {
		return refuse("officer", "couldn't sign on %q: the key is not the one on the card", officer)
	}
	now := n.clock.Now()
	if (!o.From.IsZero() && now < o.From) || (!o.Until.IsZero() && now >= o.Until) {
		why := fmt.Sprintf("was good until %s", o.Until)
		if !o.From.IsZero() && now < o.From {
			why = fmt.Sprintf("is good from %s", o.From)
		}
		return refuse("officer", "couldn't sign on %q: this key %s, and it is %s", officer, why, now)
	}
	n.mu.Lock()
	n.officers[officer] = s
	n.mu.Unlock()
	n.subs.tell(Event{What: "watch"})
	return nil
}

// SignOff forgets the officer's signer.
func (n *Node) SignOff(officer string) {
	n.mu.Lock()
	delete(n.officers, officer)
	n.mu.Unlock()
	n.subs.tell(Event{What: "watch"})
}

// Say seals, logs and sends one draft. When it returns the record is durable
// here; whether the others have it is in the picture, each state by their own
// signed statement. A notice or a plan comes back with what it collides with.
func (n *Node) Say(ctx context.Context, d Draft) (Sent, error) {
	if d.Body == nil {
		return Sent{}, refuse("body", "couldn't say anything: the draft has no body")
	}
	switch d.Body.Kind() {
	case record.KindReceived, record.KindAlert, record.KindEnd, record.KindFinding, record.KindMinute, record.KindCharter:
		return Sent{}, refuse("kind", "couldn't say a record of kind %q: only the machine makes those", d.Body.Kind())
	}
	n.mu.RLock()
	signer, on := n.officers[d.Officer]
	l := n.names[d.Line]
	n.mu.RUnlock()
	if l == nil {
		return Sent{}, refuse("line", "couldn't find the line %q: `parley line list` shows the lines of this seat", d.Line)
	}
	if !on {
		return Sent{}, refuse("officer", "couldn't sign for %q: sign on first", d.Officer)
	}
	sent, err := n.append(ctx, l, d, signer)
	if k := d.Body.Kind(); err == nil && (k == record.KindNotice || k == record.KindPlan) {
		sent.Conflicts, _ = n.Conflicts(ctx, sent.ID) // it is said, whether or not this can be looked up
	}
	return sent, err
}

// known reports whether the line's charter in force gives us an officer with
// this key, good now. A record signed by any other would be kept by all as
// invalid.
func (n *Node) known(l *seatLine, key party.Key) (party.Officer, bool) {
	charters := l.face.Load().charters
	card, _ := charters[len(charters)-1].Card(n.cfg.Card.Party)
	for _, o := range card.Officers {
		if o.Key == key {
			return o, o.Good(n.clock.Now())
		}
	}
	return party.Officer{}, false
}

// voice is a sealed record that waits for its turn in the loop.
type voice struct {
	line *seatLine
	lane record.Lane
	leaf []byte
	key  party.Key // that has sealed it
	came time.Time
	ref  record.Ref
	err  error
	done chan struct{}
}

// append seals d with s off the loop and has it appended in the loop, together
// with whatever else is waiting for the same logbook.
func (n *Node) append(ctx context.Context, l *seatLine, d Draft, s party.Signer) (Sent, error) {
	o, ok := n.known(l, s.Public())
	if !ok {
		return Sent{}, refuse("officer", "couldn't sign for %q on %s: its charter does not have this key now; it needs an amendment that all parties sign", d.Officer, l.name)
	}
	if !line.MaySay(o, d.Body) {
		return Sent{}, refuse("officer", "couldn't say a %s for %q: an observer signs nothing but what was seen and read", d.Body.Kind(), d.Officer)
	}
	leaf, env, err := n.sealBy(record.SealUnverified, l, d, s)
	if err != nil {
		return Sent{}, err
	}
	defer n.forget([]record.Hash{record.LeafHash(leaf)}) // where it was not appended
	v := &voice{line: l, lane: env.Lane, leaf: leaf, key: s.Public(), came: time.Now(), done: make(chan struct{})}
	select {
	case n.sealed <- v:
	case <-n.done:
		return Sent{}, errStopped
	case <-ctx.Done():
		return Sent{}, ctx.Err()
	}
	select {
	case <-v.done:
	case <-n.done:
		select {
		case <-v.done: // the last round still took it
		default:
			return Sent{}, errStopped
		}
	}
	if v.err != nil {
		return Sent{}, v.err
	}
	return Sent{ID: picture.FormatID(l.name, v.ref), Ref: v.ref, Composed: env.Composed}, nil
}

// proveOwn verifies what officers have sealed before the loop takes it, together
// with whatever else is waiting, for our own word is held to the same rule as
// theirs and a broken signer must put nothing into a log. It ends with the node.
func (n *Node) proveOwn() {
	for {
		var vs []*voice
		select {
		case v := <-n.sealed:
			vs = append(vs, v)
		case <-n.done:
			return
		}
		for more := true; more && len(vs) < logbook.MaxBatchEntries; {
			select {
			case v := <-n.sealed:
				vs = append(vs, v)
			default:
				more = false
			}
		}
		good := n.proven(vs)
		if len(good) == 0 {
			continue
		}
		select {
		case n.work <- func() { n.voices = append(n.voices, good...) }:
		case <-n.done:
			return
		}
	}
}

// proven gives those of vs whose signature is good, and turns the others away.
func (n *Node) proven(vs []*voice) (good []*voice) {
	parsed := make([]*record.Parsed, 0, len(vs))
	keys := make(map[*record.Parsed]party.Key, len(vs))
	var whole []*voice
	turnAway := func(v *voice, err error) {
		v.err = fmt.Errorf("couldn't seal the record: the signer gave what its key doesn't verify: %w", err)
		close(v.done)
	}
	for _, v := range vs {
		p, err := record.Parse(v.leaf)
		if err != nil {
			turnAway(v, err)
			continue
		}
		keys[p] = v.key
		parsed, whole = append(parsed, p), append(whole, v)
	}
	errs := record.VerifyAll(parsed, func(p *record.Parsed) (party.Key, bool) { return keys[p], true })
	for i, v := range whole {
		if errs[i] != nil {
			turnAway(v, errs[i])
			continue
		}
		n.verified.Store(record.LeafHash(v.leaf), checked{parsed[i], v.key})
		good = append(good, v)
	}
	return good
}

// speak appends all waiting voices, one batch for each logbook, and tells each
// what became of it. Loop only.
//
// Crash before Append returns: nobody was told anything, and the batch is in
// the log whole or not at all. Crash after it: the record is durable and those
// who waited do not know it yet; they will find it in the picture.
//
// While two batches of a routine log are on their way to receipts that do come,
// the next ones gather, so that many who speak at once share the flushes on both
// sides; see holdBack. It gives how long until it has to be called again for
// them, 0 if none waits; all waits for nothing.
func (n *Node) speak(all bool) (wait time.Duration) {
	var held []*voice
	defer func() { n.voices = held }()
	for len(n.voices) > 0 {
		first := n.voices[0]
		var batch, rest []*voice
		var leaves [][]byte
		for _, v := range n.voices {
			if v.line == first.line && v.lane == first.lane {
				batch, leaves = append(batch, v), append(leaves, v.leaf)
			} else {
				rest = append(rest, v)
			}
		}
		n.voices = rest
		if left := first.line.holdBack(first, len(batch)); left > 0 && !all {
			held = append(held, batch...)
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		var refs []record.Ref
		err := error(refuse("line", "couldn't say anything on %s: the line is closed", first.line.name))
		if !first.line.face.Load().closed {
			refs, err = n.appendOwn(first.line, first.lane, leaves)
		}
		for i, v := range batch {
			if i < len(refs) {
				v.ref = refs[i]
			} else {
				v.err = err
			}
			close(v.done)
		}
	}
	return wait
}

// What holdBack goes by.
const (
	onTheWay = 2                           // batches without a receipt before the next one gathers
	gathered = logbook.MaxBatchEntries / 2 // a batch of so many goes at once
	heldMost = 3 * time.Millisecond        // no record waits longer
	flowing  = 100 * time.Millisecond      // a log whose newest receipt is older waits for none
)

// holdBack gives how long a batch of n records, of which first came first, may
// still gather. Nothing urgent ever does.
func (l *seatLine) holdBack(first *voice, n int) time.Duration {
	now := time.Now()
	if first.lane != record.Routine || n >= gathered || len(l.flights) < onTheWay || now.Sub(l.landed) > flowing {
		return 0
	}
	return first.came.Add(heldMost).Sub(now)
}

// seal makes the envelope and the leaf, and verifies it.
func (n *Node) seal(l *seatLine, d Draft, s party.Signer) ([]byte, record.Envelope, error) {
	leaf, e, err := n.sealBy(record.Seal, l, d, s)
	if err != nil {
		return nil, e, err
	}
	if p, err := record.Parse(leaf); err == nil { // read again, as every leaf is; off the loop where the caller is
		n.verified.Store(record.LeafHash(leaf), checked{p, s.Public()})
	}
	return leaf, e, nil
}

// sealBy makes the envelope and the leaf. It reads only snapshots, so it runs in
// the caller's goroutine.
func (n *Node) sealBy(seal func(record.Envelope, record.Body, party.Signer) ([]byte, error), l *seatLine, d Draft, s party.Signer) ([]byte, record.Envelope, error) {
	f := l.face.Load()
	re := d.about
	if d.Re != "" {
		about, err := n.recordOn(l, d.Re)
		if err != nil {
			return nil, record.Envelope{}, err
		}
		re = &about.ref
		if d.Precedence == 0 { // an answer is as urgent as what it answers
			d.Precedence = about.precedence
		}
	}
	if d.Precedence == 0 {
		d.Precedence = record.Ordinary
	}
	if d.Lane == 0 {
		d.Lane = record.Routine
		if d.Precedence <= record.Immediate {
			d.Lane = record.Urgent
		}
	}
	if d.Body.Kind().HomeOnly() && !l.home {
		return nil, record.Envelope{}, refuse("line", "couldn't put a %s on %s: it is kept on the home line and never leaves", d.Body.Kind(), l.name)
	}
	e := record.Envelope{
		Line: l.id, Party: n.cfg.Card.Party, Lane: d.Lane, Officer: d.Officer,
		Composed: n.clock.Now(), Precedence: d.Precedence, Seen: f.heads, Re: re, Exercise: f.exercise,
	}
	leaf, err := seal(e, d.Body, s)
	if err != nil {
		return nil, e, refuse("body", "couldn't seal the %s: %v", d.Body.Kind(), err)
	}
	return leaf, e, nil
}

// admitted is what seal needs to know of a record that another one is about.
type admitted struct {
	ref        record.Ref
	precedence record.Precedence // zero: it does not open
}

// recordOn finds the record that id names and insists that it is on l.
func (n *Node) recordOn(l *seatLine, id picture.ID) (admitted, error) {
	n.mu.RLock()
	a, ok := n.records[id]
	n.mu.RUnlock()
	if !ok {
		return a, refuse("re", "couldn't find the record %q: give it as it is shown, such as IL-RU/IL/urgent/12", id)
	}
	if name, _, err := picture.ParseID(id); err != nil || name != l.name {
		return a, refuse("re", "couldn't point from %s at %s: pointers never cross lines", l.name, id)
	}
	return a, nil
}

// appendOwn appends leaves to our logbook of l and puts them through the door.
// Loop only. On an error the refs are those that are durable all the same.
func (n *Node) appendOwn(l *seatLine, lane record.Lane, leaves [][]byte) ([]record.Ref, error) {
	refs, out, err := l.Append(lane, leaves)
	for i, ref := range refs {
		n.admit(l, ref, leaves[i])
	}
	if len(refs) > 0 && lane == record.Routine && !l.home {
		l.flights = append(l.flights, refs[len(refs)-1].Index+1)
		l.flights = l.flights[max(0, len(l.flights)-2*onTheWay):] // where none lands
	}
	n.carry(l, out)
	if err != nil {
		return refs, fmt.Errorf("couldn't log on %s: %w", l.name, err)
	}
	return refs, nil
}

// machineSays appends a record that the machine itself signs. Loop only.
func (n *Node) machineSays(l *seatLine, d Draft) (record.Ref, error) {
	d.Officer = ""
	leaf, env, err := n.seal(l, d, n.cfg.Keys.Node)
	if err != nil {
		return record.Ref{}, err
	}
	defer n.forget([]record.Hash{record.LeafHash(leaf)})
	refs, err := n.appendOwn(l, env.Lane, [][]byte{leaf})
	if err != nil {
		return record.Ref{}, err
	}
	return refs[0], nil
}

// carry hands what a line wants sent to the carrier and takes in what arrived.
// Loop only.
func (n *Node) carry(l *seatLine, out line.Out) {
	for _, a := range out.Arrived {
		n.arrived(l, a)
	}
	if len(out.Charters) > 0 {
		n.adopted(l, out.Charters)
		if n.cfg.Carrier != nil {
			n.cfg.Carrier.Open(l.Charters())
		}
	}
	for _, r := range out.Receipted {
		n.receipted(l, r)
	}
	for _, f := range out.Findings {
		n.found(l, f)
	}
	if n.cfg.Carrier != nil {
		for _, s := range out.Send {
			n.cfg.Carrier.Send(l.id, s.Lane, s.To, s.Msg)
		}
		for _, p := range out.Drop {
			n.cfg.Carrier.Drop(l.id, p, "what it sent cannot be; see the findings")
		}
	}
	if len(out.Arrived) > 0 || len(out.Receipted) > 0 {
		n.refreshFace(l)
	}
}
