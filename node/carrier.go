package node

import (
	"context"
	"time"

	"parley/line"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// The hooks below are called by a carrier, each from a goroutine of its own.
// They wait for their turn in the loop, which is what slows down a peer that
// sends faster than we store.

// Connected says that a member can be reached on a lane.
func (n *Node) Connected(id record.LineID, peer party.ID, lane record.Lane) {
	n.step(id, func(l *seatLine) line.Out { return l.Connected(peer, lane, stamp()) })
	n.subs.tell(Event{What: "links"})
}

// Disconnected says that the connection on a lane is gone.
func (n *Node) Disconnected(id record.LineID, peer party.ID, lane record.Lane) {
	n.step(id, func(l *seatLine) line.Out { return l.Disconnected(peer, lane) })
	n.subs.tell(Event{What: "links"})
}

// Deliver hands in a message that a member sent. Signatures are verified here,
// in the goroutine of the connection; then the message waits for its turn.
func (n *Node) Deliver(id record.LineID, peer party.ID, m line.Message) {
	defer n.forget(n.precheck(id, m))
	n.step(id, func(l *seatLine) line.Out { return l.Step(peer, m, stamp()) })
}

// Malformed hands in bytes of a member that are no message.
func (n *Node) Malformed(id record.LineID, peer party.ID, lane record.Lane, frame []byte, err error) {
	n.step(id, func(l *seatLine) line.Out { return l.Malformed(peer, lane, frame, err, stamp()) })
}

func (n *Node) step(id record.LineID, f func(*seatLine) line.Out) {
	_ = n.do(context.Background(), func() {
		if l := n.lines[id]; l != nil {
			n.carry(l, f(l))
		}
	})
}

// stamp is the machine's clock, by which a line counts its retries and dates
// its receipts, in an exercise too: a cosignature says when it was really
// signed. The legal time of receipt is the received record's, which carries
// the clock of the line.
func stamp() utc.Time { return utc.From(time.Now()) }
