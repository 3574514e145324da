package node

import (
	"parley/alert"
	"parley/check"
	"parley/picture"
	"parley/record"
)

// examine runs the checks that new entries ask for and writes the alerts that
// follow. It reports whether anything was written. Loop only.
func (n *Node) examine() bool {
	if len(n.touched) == 0 && len(n.events) == 0 {
		return false
	}
	p := n.book.Now(n.clock.Now())
	if n.engineDirty {
		n.engineDirty = false
		n.watchVolumes(p)
	}
	if len(n.touched) > 0 {
		ids := make([]picture.ID, 0, len(n.touched))
		for id := range n.touched {
			ids = append(ids, id)
			for key := range n.byRecord[id] {
				delete(n.conflicts, key)
			}
			delete(n.byRecord, id)
		}
		clear(n.touched)
		n.keep(check.Touching(p, ids))
	}
	return n.raise(p)
}

// keep remembers conflicts under their keys and under the records they are
// about, so that a touched record can be looked at again alone.
func (n *Node) keep(cs []check.Conflict) {
	for _, c := range cs {
		n.conflicts[c.Key] = c
		for _, a := range c.About {
			l := n.lines[a.Line]
			if l == nil {
				continue
			}
			id := picture.FormatID(l.name, a.Ref)
			if n.byRecord[id] == nil {
				n.byRecord[id] = map[string]bool{}
			}
			n.byRecord[id][c.Key] = true
		}
	}
}

// recheck computes all conflicts from the definition: what depends on the hour
// alone (deadlines, windows) has no record that touches it. Loop only.
func (n *Node) recheck() bool {
	p := n.book.Now(n.clock.Now())
	n.watchVolumes(p)
	n.conflicts = map[string]check.Conflict{}
	n.byRecord = map[picture.ID]map[string]bool{}
	n.keep(check.All(p))
	return n.raise(p)
}

// raise appends what package alert says is due to the home line. Loop only.
func (n *Node) raise(p *picture.Picture) bool {
	cs := make([]check.Conflict, 0, len(n.conflicts))
	for _, c := range n.conflicts {
		cs = append(cs, c)
	}
	drafts := alert.Raise(p, cs, n.events, n.home.Charter().Clocks)
	n.events = n.events[:0]
	for _, d := range drafts {
		if _, err := n.machineSays(n.home, Draft{Precedence: d.Precedence, Lane: record.Urgent, about: d.Re, Body: d.Body}); err != nil {
			n.cfg.Logger.Error("couldn't record an alert; it is raised unlogged at the next look", "err", err)
			continue
		}
		n.subs.tell(Event{What: "alerts"})
	}
	return len(drafts) > 0
}
