package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/line"
	"parley/line/linehttp"
	"parley/node"
	"parley/party"
	"parley/record"
)

// carrier stands between the node, which knows lines and peers, and linehttp,
// which knows sockets. Each side is made before the other can be: the node says
// which lines there are while it opens, the server is made when that is known.
type carrier struct {
	self party.ID

	mu    sync.Mutex
	lines []linehttp.Line
	srv   *linehttp.Server // nil before listen
	node  *node.Node       // nil before listen
}

// listen makes the server for the lines that are known by now.
func (c *carrier) listen(n *node.Node, cfg linehttp.Config) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.node = n
	cfg.Self, cfg.Lines, cfg.Handler = c.self, c.lines, (*hooks)(c)
	srv, err := linehttp.New(cfg)
	if err != nil {
		return err
	}
	c.srv = srv
	return nil
}

func (c *carrier) server() *linehttp.Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.srv
}

func (c *carrier) run(ctx context.Context) error { return c.server().Run(ctx) }

// Open takes in a line, or its amendment: the node calls it.
func (c *carrier) Open(charters [][]byte) {
	ch, id, err := checkCharters(charters)
	if err != nil || ch.Home {
		return
	}
	l := linehttp.Line{ID: id, Name: ch.Name}
	for _, card := range ch.Cards {
		if card.Party != c.self {
			l.Peers = append(l.Peers, linehttp.Peer{Party: card.Party, Link: card.Link, Addresses: card.Addresses})
		}
	}
	if _, ok := ch.Card(c.self); !ok {
		l.Peers = nil // we have left this line
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for i := range c.lines {
		if c.lines[i].ID == id {
			c.lines[i], found = l, true
		}
	}
	if !found {
		c.lines = append(c.lines, l)
	}
	if c.srv != nil {
		c.srv.SetLines(append([]linehttp.Line(nil), c.lines...))
	}
}

// Send queues a message; what can't be sent now is asked for again later.
func (c *carrier) Send(id record.LineID, lane record.Lane, to party.ID, m line.Message) {
	if s := c.server(); s != nil {
		_ = s.Send(id, lane, to, m) // down or full: the next hello brings it
	}
}

// Drop hangs up on a peer.
func (c *carrier) Drop(id record.LineID, peer party.ID, why string) {
	if s := c.server(); s != nil {
		s.Drop(id, peer, errors.New(why))
	}
}

// Links gives the link to each member of a line. A link is two connections, one
// a lane; it counts as up when the urgent one is, and says so where the other
// is not.
func (c *carrier) Links(id record.LineID) []node.PeerStatus {
	s := c.server()
	if s == nil {
		return nil
	}
	var all []node.PeerStatus
	at := map[party.ID]int{}
	for _, l := range s.Links() {
		if l.Line != id {
			continue
		}
		if l.Lane == record.Urgent {
			p := node.PeerStatus{Party: l.Peer, State: "down", Since: l.Since, LastHeard: l.LastHeard, Error: l.LastError}
			if l.Up {
				p.State, p.Error = "up", ""
				p.RTTMs, p.SkewMs = float64(l.RTT.Microseconds())/1000, float64(l.Skew.Microseconds())/1000
			}
			at[l.Peer] = len(all)
			all = append(all, p)
			continue
		}
		if i, ok := at[l.Peer]; ok {
			all[i].LastHeard = max(all[i].LastHeard, l.LastHeard)
			if !l.Up && all[i].State == "up" {
				all[i].Error = fmt.Sprintf("only the urgent lane is up; routine: %s", l.LastError)
			}
		}
	}
	return all
}

// hooks are what the server tells; they wait for their turn in the node's loop,
// which is what slows down a peer that sends faster than we store.
type hooks carrier

func (h *hooks) Connected(id record.LineID, lane record.Lane, peer party.ID) {
	h.node.Connected(id, peer, lane)
}

func (h *hooks) Received(id record.LineID, _ record.Lane, peer party.ID, m line.Message) {
	h.node.Deliver(id, peer, m)
}

func (h *hooks) Malformed(id record.LineID, lane record.Lane, peer party.ID, frame []byte, err error) {
	h.node.Malformed(id, peer, lane, frame, err)
}

func (h *hooks) Disconnected(id record.LineID, lane record.Lane, peer party.ID, _ error) {
	h.node.Disconnected(id, peer, lane)
}
