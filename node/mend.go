package node

import (
	"time"

	"parley/record"
	"parley/utc"
)

// A write that the disk did not take breaks its logbook: whether the batch is
// there is known only after the log has been read again, and until then nothing
// is stored in it, no receipt given and no alert raised. The link stays up
// meanwhile, and from outside all that looks like silence, so the seat says it
// everywhere: Status.Unlogged, the operator's log, the console, doctor.
//
// mend reads the broken logs again, at once and then ever less often, so that a
// disk that was full needs no restart and no person. Loop only.
func (n *Node) mend(l *seatLine, now utc.Time) {
	broken := l.Broken()
	if len(broken) == 0 {
		if l.failing.Swap(false) {
			l.mendAt, l.mendWait = 0, 0
			n.cfg.Logger.Info("the disk takes what is said again", "line", l.name)
			n.subs.tell(Event{What: "links"})
		}
		return
	}
	if !l.failing.Swap(true) {
		for id, err := range broken {
			n.cfg.Logger.Error("the disk fails: nothing more is logged, receipted or raised here until it takes writes again", "line", l.name, "log", id.String(), "err", err)
		}
		n.subs.tell(Event{What: "links"})
	}
	if now < l.mendAt {
		return
	}
	l.mendWait = min(max(2*l.mendWait, time.Second), mostMendWait)
	l.mendAt = now.Add(l.mendWait)
	out, err := l.Mend()
	n.carry(l, out)
	if err != nil {
		n.cfg.Logger.Error("couldn't read a log again", "line", l.name, "err", err)
		return
	}
	// What is said next shows whether the disk takes it. A received record is
	// always true, so one is said in each lane.
	l.owes[record.Urgent], l.owes[record.Routine] = true, true
}

// mostMendWait bounds how long after the disk is back a line still stands.
const mostMendWait = 15 * time.Second

// failing reports whether any line's disk fails. From any goroutine.
func (n *Node) failing() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, l := range n.lines {
		if l.failing.Load() {
			return true
		}
	}
	return false
}
