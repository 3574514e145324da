package node

import (
	"context"
	"sort"

	"parley/line"
	"parley/party"
	"parley/record"
)

// Status gives the state of this seat.
func (n *Node) Status(ctx context.Context) (Status, error) {
	s := Status{Party: n.cfg.Card.Party, Name: n.cfg.Card.Name, Version: n.cfg.Version, Unlogged: n.failing()}
	s.Clock, s.Rate = n.clock.face()
	if err := n.read(ctx, func(r *reader) {
		p := r.now()
		s.Now = p.Instant
		on := map[string]bool{}
		for _, w := range p.OnWatch {
			on[w.Officer] = true
		}
		for _, o := range n.cfg.Card.Officers {
			n.mu.RLock()
			_, signed := n.officers[o.ID]
			n.mu.RUnlock()
			s.Officers = append(s.Officers, OfficerStatus{ID: o.ID, Name: o.Name, Roles: o.Roles, SignedOn: signed, OnWatch: on[o.ID]})
		}
		for _, a := range p.Alerts {
			if a.EndedAt.IsZero() && a.AcknowledgedAt.IsZero() {
				s.Alerts++
			}
		}
		s.Tracks = len(r.tracks.all)
	}); err != nil {
		return s, err
	}
	err := n.do(ctx, func() {
		for _, l := range n.lines {
			ls, un := n.lineStatus(l)
			s.Lines = append(s.Lines, ls)
			s.Unreceipted += un
		}
	})
	sort.Slice(s.Lines, func(i, j int) bool {
		if s.Lines[i].Home != s.Lines[j].Home {
			return s.Lines[j].Home
		}
		return s.Lines[i].Name < s.Lines[j].Name
	})
	return s, err
}

func (n *Node) lineStatus(l *seatLine) (LineStatus, int) {
	f := l.face.Load()
	s := LineStatus{ID: l.id, Name: l.name, Home: l.home, Exercise: f.exercise, Closed: f.closed, Words: party.Words(record.CharterHash(newest(l)))}
	if n.cfg.Carrier != nil && !l.home {
		s.Peers = n.cfg.Carrier.Links(l.id)
	}
	if _, on := l.Card(n.cfg.Card.Party); !on {
		s.Closed = true // the others took us off it
	}
	un := 0
	for _, id := range l.Logs() {
		ls := LogStatus{Party: id.Party, Lane: id.Lane, Size: l.Log(id).Size()}
		if id.Party == n.cfg.Card.Party && !l.home {
			ls.Receipted = map[party.ID]uint64{}
			lowest := ls.Size
			for _, m := range l.Members() {
				if m == n.cfg.Card.Party {
					continue
				}
				got := l.receiptedFor[m][id.Lane]
				ls.Receipted[m] = got
				lowest = min(lowest, got)
			}
			un += int(ls.Size - lowest)
		}
		s.Logs = append(s.Logs, ls)
	}
	return s, un
}

// newest gives the bytes of the charter in force, whose hash the telephone
// words stand for.
func newest(l *seatLine) []byte {
	cs := l.Charters()
	cr, err := line.ParseCharterRecord(cs[len(cs)-1])
	if err != nil {
		return nil
	}
	return cr.Charter
}
