package node

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"parley/check"
	"parley/line"
	"parley/logbook"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// Acknowledge answers an alert: on the home line the alert stops calling, and
// where it comes from another party's record, that party is told that an
// officer has read it. Reading is all that is claimed; understanding, relaying
// and answering are acknowledgements of their own.
func (n *Node) Acknowledge(ctx context.Context, officer string, id picture.ID, text string) ([]Sent, error) {
	var others []picture.ID
	var names []string
	var fail error
	if err := n.read(ctx, func(r *reader) {
		h, ok := r.book.ByID(id)
		if !ok || h.Rec == nil {
			fail = refuse("id", "couldn't find the alert %q", id)
			return
		}
		a, isAlert := h.Rec.Body.(record.Alert)
		if !isAlert {
			fail = refuse("id", "couldn't acknowledge %s as an alert: it is a %s", id, h.Rec.Kind)
			return
		}
		for _, about := range a.About {
			l := n.byID(about.Line)
			if l == nil || l.home || about.Ref.Party == n.cfg.Card.Party || l.face.Load().closed {
				continue
			}
			rid := picture.FormatID(l.name, about.Ref)
			if !r.hasRead(rid) {
				others, names = append(others, rid), append(names, l.name)
			}
		}
	}); err != nil {
		return nil, err
	}
	if fail != nil {
		return nil, fail
	}
	ack := record.Ack{Level: record.LevelRead, Text: text}
	s, err := n.Say(ctx, Draft{Line: n.home.name, Officer: officer, Precedence: record.Immediate, Re: id, Body: ack})
	if err != nil {
		return nil, err
	}
	sent := []Sent{s}
	for i, rid := range others {
		s, err := n.Say(ctx, Draft{Line: names[i], Officer: officer, Precedence: record.Immediate, Re: rid, Body: record.Ack{Level: record.LevelRead}})
		if err != nil {
			return sent, fmt.Errorf("the alert is acknowledged here, but couldn't tell %s: %w", names[i], err)
		}
		sent = append(sent, s)
	}
	return sent, nil
}

// hasRead reports whether we have already told that id was read.
func (r *reader) hasRead(id picture.ID) bool {
	it, _ := r.now().Item(id)
	for _, it := range it.States {
		if it.Party != r.n.cfg.Card.Party {
			continue
		}
		for _, s := range it.States {
			if s.State == string(record.LevelRead) {
				return true
			}
		}
	}
	return false
}

// Picture gives what the officer could know at knownAt of the instant; zero
// means now.
func (n *Node) Picture(ctx context.Context, knownAt, instant utc.Time) (*picture.Picture, error) {
	var p *picture.Picture
	err := n.read(ctx, func(r *reader) {
		if instant.IsZero() {
			instant = n.clock.Now()
		}
		if knownAt.IsZero() {
			p = r.book.Now(instant)
			return
		}
		p = r.book.At(knownAt, instant)
	})
	return p, err
}

// Record gives one record with its exact bytes.
func (n *Node) Record(ctx context.Context, id picture.ID) (RecordView, error) {
	var v RecordView
	var h picture.Held
	var fail error
	if err := n.read(ctx, func(r *reader) {
		var ok bool
		if h, ok = r.book.ByID(id); !ok {
			fail = refuse("id", "couldn't find the record %q: give it as it is shown, such as IL-RU/IL/urgent/12", id)
			return
		}
		v.Record = h.Rec
		v.Item, _ = r.now().Item(id)
	}); err != nil {
		return v, err
	}
	if fail != nil {
		return v, fail
	}
	err := n.do(ctx, func() { v.Leaf, fail = n.leaf(h) })
	if err != nil {
		return v, err
	}
	return v, fail
}

// leaf reads the exact bytes of what is held. Loop only.
func (n *Node) leaf(h picture.Held) ([]byte, error) {
	log := n.lines[h.Line].Log(logbook.ID{Line: h.Line, Party: h.Ref.Party, Lane: h.Ref.Lane, Incarnation: h.Ref.Incarnation})
	if log == nil {
		return nil, fmt.Errorf("couldn't read the record: its log is not here")
	}
	es, err := log.EntryRange(h.Ref.Index, h.Ref.Index+1, logbook.MaxLeaf)
	if err != nil || len(es) != 1 {
		return nil, fmt.Errorf("couldn't read the record: %w", err)
	}
	return es[0], nil
}

// Export gives a copy of everything held of a line, for a bundle.
func (n *Node) Export(ctx context.Context, name string) (line.History, error) {
	n.mu.RLock()
	l := n.names[name]
	n.mu.RUnlock()
	if l == nil {
		return line.History{}, refuse("line", "couldn't find the line %q", name)
	}
	var h line.History
	var fail error
	if err := n.do(ctx, func() { h, fail = l.History() }); err != nil {
		return h, err
	}
	return h, fail
}

// Adopt takes a charter that all have signed: a new line, or an amendment.
// The keys of this seat's own card cannot change while the node runs: that is
// done by a restart with the new keys in the data folder.
func (n *Node) Adopt(ctx context.Context, cr record.CharterRecord) error {
	var fail error
	err := n.do(ctx, func() { fail = n.adopt(cr) })
	if err != nil {
		return err
	}
	return fail
}

func (n *Node) adopt(cr record.CharterRecord) error {
	raw, err := line.MarshalCharterRecord(cr)
	if err != nil {
		return refuse("charter", "%v", err)
	}
	c, err := record.ParseCharter(cr.Charter)
	if err != nil {
		return refuse("charter", "couldn't read the charter: %v", err)
	}
	if mode, _ := n.clock.face(); mode != clockSystem && !c.Exercise {
		return refuse("charter", "couldn't open %s: the clock is turned, and it is not an exercise line", c.Name)
	}
	if c.Revision == 0 {
		if l := n.lines[record.LineID(record.CharterHash(cr.Charter))]; l != nil {
			return nil // open already
		}
		return n.openLine([][]byte{raw})
	}
	l := n.lines[*c.Line]
	if l == nil {
		return refuse("charter", "couldn't amend %s: this seat is not on that line", c.Name)
	}
	out, err := l.AdoptCharter(raw, nil)
	if err != nil {
		return refuse("charter", "%v", err)
	}
	n.carry(l, out)
	return nil
}

// CloseLine is our exit from a line, on its record.
func (n *Node) CloseLine(ctx context.Context, officer, name, text string, duties []string) (Sent, error) {
	if name == n.home.name {
		return Sent{}, refuse("line", "couldn't close the home line: it is this seat's own")
	}
	return n.Say(ctx, Draft{Line: name, Officer: officer, Precedence: record.Immediate, Body: record.Close{Text: text, Duties: duties}})
}

// Preview gives what a draft would collide with here and now; nothing is kept.
func (n *Node) Preview(ctx context.Context, d Draft) ([]check.Conflict, error) {
	n.mu.RLock()
	l := n.names[d.Line]
	n.mu.RUnlock()
	if l == nil {
		return nil, refuse("line", "couldn't find the line %q", d.Line)
	}
	if err := d.Body.Validate(); err != nil {
		return nil, refuse("body", "couldn't check the %s: %v", d.Body.Kind(), err)
	}
	var cs []check.Conflict
	err := n.read(ctx, func(r *reader) {
		e := record.Envelope{Line: l.id, Party: n.cfg.Card.Party, Lane: record.Routine, Officer: d.Officer,
			Composed: n.clock.Now(), Precedence: max(d.Precedence, record.Flash), Exercise: l.face.Load().exercise}
		ref := record.Ref{Party: e.Party, Lane: e.Lane, Incarnation: 1, Index: math.MaxInt64}
		book := r.book.With(picture.Held{Line: l.id, Ref: ref, KnownAt: e.Composed,
			Rec: &record.Record{Kind: d.Body.Kind(), Version: record.Version, Envelope: e, Body: d.Body}})
		id := picture.FormatID(l.name, ref)
		cs = check.Touching(book.Now(e.Composed), []picture.ID{id})
		for i := range cs { // the draft has no name yet, and must not show the one it has here
			cs[i].Why = strings.ReplaceAll(cs[i].Why, string(id), "this draft")
			cs[i].IDs = slices.DeleteFunc(slices.Clone(cs[i].IDs), func(x picture.ID) bool { return x == id })
		}
	})
	return cs, err
}

// Conflicts gives what a record already said collides with.
func (n *Node) Conflicts(ctx context.Context, id picture.ID) ([]check.Conflict, error) {
	var cs []check.Conflict
	err := n.read(ctx, func(r *reader) { cs = check.Touching(r.now(), []picture.ID{id}) })
	return cs, err
}

// RecordMinute puts the digest of one closed minute of recorded tracks on the
// home line.
func (n *Node) RecordMinute(ctx context.Context, m record.Minute) error {
	var fail error
	err := n.do(ctx, func() {
		_, fail = n.machineSays(n.home, Draft{Body: m})
	})
	if err != nil {
		return err
	}
	return fail
}

// SetClock stops the clock at t and lets everything that is due by then
// happen before it returns. Exercise lines only.
func (n *Node) SetClock(ctx context.Context, t utc.Time) error {
	return n.turnClock(ctx, func() error { return n.clock.step(t) })
}

// SetRate lets the clock run from t at rate scenario seconds a second.
// Exercise lines only.
func (n *Node) SetRate(ctx context.Context, t utc.Time, rate float64) error {
	return n.turnClock(ctx, func() error { return n.clock.scale(t, rate) })
}

func (n *Node) turnClock(ctx context.Context, turn func() error) error {
	var fail error
	if err := n.do(ctx, func() {
		if fail = n.exerciseOnly(); fail != nil {
			return
		}
		if err := turn(); err != nil {
			fail = refuse("to", "%v", err)
		}
	}); err != nil {
		return err
	}
	if fail != nil {
		return fail
	}
	err := n.read(ctx, func(r *reader) {
		r.checkedAt = 0 // look at everything, however short the step
		r.passTime()
	})
	n.subs.tell(Event{What: "clock"})
	return err
}

// exerciseOnly refuses unless every line of this seat is an exercise line.
func (n *Node) exerciseOnly() error {
	for _, l := range n.lines {
		if !l.face.Load().exercise {
			return refuse("clock", "couldn't turn the clock: %s is not an exercise line, and its records carry real time", l.name)
		}
	}
	return nil
}
