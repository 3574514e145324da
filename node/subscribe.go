package node

import (
	"context"
	"sync"
)

// subscribers are those who want to hear that something changed: consoles,
// `parley watch`. A slow one loses events and is told to resync; it never
// holds up the loop.
type subscribers struct {
	mu     sync.Mutex
	seq    uint64
	all    map[chan Event]bool // true: it has missed something
	closed bool
}

// maxSubscribers bounds the consoles of one seat.
const maxSubscribers = 64

// Subscribe gives events until ctx ends or the node stops; then the channel is
// closed. It is nil when too many are subscribed.
func (n *Node) Subscribe(ctx context.Context) <-chan Event {
	ch := make(chan Event, 256)
	s := &n.subs
	s.mu.Lock()
	if s.closed || len(s.all) >= maxSubscribers {
		s.mu.Unlock()
		return nil
	}
	if s.all == nil {
		s.all = map[chan Event]bool{}
	}
	s.all[ch] = false
	s.mu.Unlock()
	go func() {
		<-ctx.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.all[ch]; ok {
			delete(s.all, ch)
			close(ch)
		}
	}()
	return ch
}

func (s *subscribers) tell(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	e.Seq = s.seq
	for ch, missed := range s.all {
		if missed {
			select {
			case ch <- Event{Seq: s.seq, What: "resync"}:
				s.all[ch] = false
			default:
			}
			continue
		}
		select {
		case ch <- e:
		default:
			s.all[ch] = true
		}
	}
}

func (s *subscribers) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for ch := range s.all {
		delete(s.all, ch)
		close(ch)
	}
}
