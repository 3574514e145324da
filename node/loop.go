package node

import (
	"context"
	"time"
)

// Run is the loop, with the reader beside it. It returns when ctx ends, after
// the work already accepted is done and every store is closed.
func (n *Node) Run(ctx context.Context) error {
	defer close(n.done)
	defer n.closeLines()
	defer n.subs.close()
	go n.proveOwn()
	reading := make(chan struct{})
	go func() { defer close(reading); n.reader.run(ctx) }()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	n.tick()
	var later <-chan time.Time     // when received records that wait are due
	var gathering <-chan time.Time // when what gathers has to go
	for {
		var wait time.Duration
		select {
		case f := <-n.work:
			f()
			wait = n.drain(false)
		case <-gathering:
			gathering = nil
			wait = n.speak(false)
		case <-tick.C:
			n.tick()
		case <-reading: // ends after ctx: what it still wanted appended is
			n.drain(true)
			n.writeReceived(true)
			return nil
		case <-later:
			later = nil
		}
		if wait > 0 && gathering == nil {
			gathering = time.After(wait)
		}
		if wait := n.writeReceived(false); wait > 0 && later == nil {
			later = time.After(wait)
		}
	}
}

// drain does the work that has queued up meanwhile, so that what many want to
// say goes into one batch and one received record answers all that came. It gives
// what speak gives.
func (n *Node) drain(all bool) (wait time.Duration) {
	for range 1024 {
		select {
		case f := <-n.work:
			f()
			continue
		default:
		}
		break
	}
	return n.speak(all)
}

// tick lets machine time pass for the lines: retries and questions again, and
// logs that the disk has broken.
func (n *Node) tick() {
	for _, l := range n.lines {
		n.mend(l, stamp())
		n.carry(l, l.Tick(stamp()))
	}
}

// do runs f in the loop and waits for it. Never call it from the loop.
func (n *Node) do(ctx context.Context, f func()) error {
	ready := make(chan struct{})
	select {
	case n.work <- func() { f(); close(ready) }:
	case <-n.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ready:
		return nil
	case <-n.done:
		return errStopped
	}
}
