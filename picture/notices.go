package picture

import (
	"slices"

	"parley/record"
	"parley/utc"
	"parley/volume"
)

// standing is a notice while it is being folded.
type standing struct {
	e           *entry
	n           record.Notice
	root        *standing   // of an effective correction or cancellation: what it acts on
	corrections []*standing // effective ones, in order
	cancelledBy *entry
}

// standNotices folds the notices of all lines: what is cancelled, what is
// corrected, what is in force.
func (f *fold) standNotices() {
	f.by = map[*entry]*standing{}
	for _, l := range f.lines {
		if l.home {
			continue // a home line has drafts at most; a notice is said to somebody
		}
		for _, e := range l.entries {
			if !e.valid() {
				continue
			}
			if n, ok := bodyOf[record.Notice](e.Rec); ok {
				s := &standing{e: e, n: n}
				f.by[e] = s
				f.standings = append(f.standings, s)
				s.act(f.by)
			}
		}
	}
	slices.SortFunc(f.standings, func(a, b *standing) int { return a.e.compare(b.e) })
	f.notices = make([]Notice, 0, len(f.standings))
	for _, s := range f.standings {
		f.notices = append(f.notices, s.notice())
	}
}

// act lets a correction or cancellation act on what it points at. It acts only
// on a notice of the same party on the same line; everything else is said to be
// without effect.
func (s *standing) act(by map[*entry]*standing) {
	if s.n.Class != record.Cancellation && s.n.Class != record.Correction {
		return
	}
	verb := map[record.Class]string{record.Cancellation: "cancels", record.Correction: "corrects"}[s.n.Class]
	e := s.e
	switch {
	case e.Rec.Re == nil:
		e.problem = verb + " no record: no effect"
		return
	case e.Rec.Re.Party != e.Ref.Party:
		e.problem = verb + " a record of another party: no effect"
		return
	case e.re == nil:
		e.problem = verb + " a record that is not held here"
		return
	}
	t := by[e.re]
	switch {
	case t == nil:
		e.problem = verb + " a record that is no notice: no effect"
	case t.n.Class == record.Cancellation:
		e.problem = verb + " a cancellation: no effect; send a new notice"
	case t.n.Class == record.Correction && t.root == nil:
		e.problem = verb + " a correction that had no effect"
	case s.n.Class == record.Cancellation:
		s.root = t
		if t.cancelledBy == nil {
			t.cancelledBy = e
		}
	default:
		root := t
		if t.root != nil {
			root = t.root
		}
		if root.cancelledBy != nil {
			e.problem = "corrects a notice that was cancelled before; its volumes stand by themselves"
			return
		}
		s.root = root
		root.corrections = append(root.corrections, s)
	}
}

// inForce gives the volumes that stand and the last correction that stands: in
// the end, or where the entry by stands in the line. A cancelled correction is
// taken away, and what was said before it stands again.
func (s *standing) inForce(by *entry) (vs []volume.Volume, expires utc.Time, last *entry) {
	there := func(e *entry) bool { return e != nil && (by == nil || e.compare(by) < 0) }
	vs, expires = s.n.Volumes, s.n.Expires
	for _, c := range s.corrections {
		if !there(c.e) || there(c.cancelledBy) {
			continue
		}
		last = c.e
		if len(c.n.Volumes) > 0 {
			vs = c.n.Volumes
		}
		if !c.n.Expires.IsZero() {
			expires = c.n.Expires
		}
	}
	return vs, expires, last
}

// notice is how a notice stands, but for Active and Overdue. The volumes of a
// correction that acts are with the notice it corrects, and only there.
func (s *standing) notice() Notice {
	e := s.e
	out := Notice{Item: e.in.item(e), Notice: s.n}
	if s.cancelledBy != nil {
		out.CancelledBy = s.cancelledBy.id
	}
	switch {
	case s.n.Class == record.Cancellation:
	case s.n.Class == record.Correction && s.root != nil:
	case s.n.Class == record.Correction && e.Rec.Re != nil && e.Rec.Re.Party != e.Ref.Party:
	default:
		vs, expires, last := s.inForce(nil)
		out.Volumes, out.Expires = vs, expires
		if last != nil {
			out.CorrectedBy = last.id
		}
		out.stands = true
		out.readBacks = s.readBacks()
	}
	s.lead(&out)
	if out.CancelledBy == "" && out.CorrectedBy == "" {
		out.Missing = e.in.missing(e, s.n.Wants)
	}
	return out
}

// lead measures the lead time at receipt: from there to the start of the first
// window that the notice itself gave.
func (s *standing) lead(out *Notice) {
	e, l := s.e, s.e.in
	for _, p := range l.recipients(e) {
		if e.Ref.Party != l.self && p != l.self {
			continue
		}
		if r, ok := l.received(e, p); ok {
			out.Received = earlier(out.Received, r.at)
		}
	}
	if len(s.n.Volumes) == 0 || out.Received.IsZero() {
		return
	}
	start := s.n.Volumes[0].Window.From
	for _, v := range s.n.Volumes {
		start = min(start, v.Window.From)
	}
	lead := floorSeconds(start - out.Received)
	out.LeadSeconds = &lead
	for _, x := range l.clocks(e.composed).Lead {
		if x.Class == s.n.Class {
			if late := floorSeconds(utc.Time(x.Min)) - lead; late > 0 {
				out.LateSeconds = late
			}
		}
	}
}

// floorSeconds turns milliseconds into whole seconds, downwards, so that a lead
// is never shown longer than it was.
func floorSeconds(ms utc.Time) int64 {
	s := int64(ms) / 1000
	if int64(ms)%1000 < 0 {
		s--
	}
	return s
}

// active reports whether some window of the notice is open or still to come at
// the instant. A notice without volumes has no window: it stands until it
// expires or is cancelled.
func (n *Notice) active(at utc.Time) bool {
	if !n.stands || n.CancelledBy != "" || !n.Expires.IsZero() && at >= n.Expires {
		return false
	}
	if len(n.Volumes) == 0 {
		return true
	}
	for _, v := range n.Volumes {
		if at < v.Window.To {
			return true
		}
	}
	return false
}

// standRelays folds the relays and what opens them.
func (f *fold) standRelays() {
	f.opened = map[*entry]*record.Origin{}
	for _, l := range f.lines {
		for _, e := range l.entries {
			if !e.valid() {
				continue
			}
			if _, ok := bodyOf[record.Relay](e.Rec); ok && !l.home {
				f.relayed = append(f.relayed, e)
			}
			if o, ok := bodyOf[record.Opening](e.Rec); ok {
				e.open(o, f.opened)
			}
		}
	}
	slices.SortFunc(f.relayed, func(a, b *entry) int { return a.compare(b) })
	f.showRelays()
}

func (f *fold) showRelays() {
	f.relays = make([]Relay, 0, len(f.relayed))
	for _, e := range f.relayed {
		r, _ := bodyOf[record.Relay](e.Rec)
		f.relays = append(f.relays, Relay{Item: e.in.item(e), Relay: r, Opened: f.opened[e], Missing: e.in.missing(e, r.Wants)})
	}
}

// open checks an opening against the commitment it opens.
func (e *entry) open(o record.Opening, opened map[*entry]*record.Origin) {
	switch {
	case e.Rec.Re == nil:
		e.problem = "opens no record"
		return
	case e.re == nil:
		e.problem = "opens a record that is not held here"
		return
	case e.re.Ref.Party != e.Ref.Party:
		e.problem = "opens a record of another party: no effect"
		return
	case !e.re.valid():
		e.problem = "opens a record that can't be opened"
		return
	}
	if r, ok := bodyOf[record.Relay](e.re.Rec); ok && o.Origin != nil {
		if record.CommitOrigin(o.Salt, *o.Origin) != r.Origin {
			e.problem = "doesn't open the relay's origin: it is not what was committed to"
		} else if opened[e.re] == nil {
			opened[e.re] = o.Origin
		}
		return
	}
	if n, ok := bodyOf[record.Notice](e.re.Rec); ok && o.Origin == nil {
		for _, c := range n.Closed {
			if c.Label == o.Label {
				if record.Commit(o.Salt, o.Content) != c.Hash {
					e.problem = "doesn't open " + o.Label + ": it is not what was committed to"
				}
				return
			}
		}
	}
	e.problem = "opens nothing that was closed: no effect"
}
