package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/node"
)

const (
	ringSize  = 1024             // events kept for those who come back
	beatEvery = 10 * time.Second // a silent stream says at least this often that it lives
	slowest   = 15 * time.Second // a client that takes longer to read is let go
)

// hub follows the seat's events once and hands them to every stream. Streams
// read from one ring at their own pace, so that a slow one costs no memory: who
// falls out of the ring is told to ask for everything again.
type hub struct {
	boot string // event ids of another run are not ours

	mu      sync.Mutex
	ring    []node.Event // the last ringSize, oldest first
	next    uint64       // number of the event after the newest; the first is 1
	wake    chan struct{}
	closed  bool
	streams int
}

func newHub() (*hub, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fmt.Errorf("couldn't name this run: %w", err)
	}
	return &hub{boot: hex.EncodeToString(b[:]), next: 1, wake: make(chan struct{})}, nil
}

// follow moves the seat's events into the ring until ctx or the seat ends.
func (h *hub) follow(ctx context.Context, events <-chan node.Event) {
	defer h.close()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			h.add(e)
		}
	}
}

func (h *hub) add(e node.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ring) == ringSize {
		h.ring = append(h.ring[:0], h.ring[1:]...)
	}
	h.ring = append(h.ring, e)
	h.next++
	close(h.wake)
	h.wake = make(chan struct{})
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.wake)
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams
}

// place is where a stream stands.
type place struct {
	next   uint64
	resync bool // it missed something
}

// join admits a stream that has read up to the event called last.
func (h *hub) join(last string) (place, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams >= MaxStreams {
		return place{}, errStreams
	}
	h.streams++
	if last == "" {
		return place{next: h.next}, nil
	}
	boot, number, _ := strings.Cut(last, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if boot != h.boot || err != nil || n >= h.next || n+1 < h.oldest() {
		return place{next: h.next, resync: true}, nil
	}
	return place{next: n + 1}, nil
}

func (h *hub) oldest() uint64 { return h.next - uint64(len(h.ring)) }

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streams--
}

// since gives the events from at on, and what to wait for when there are none.
func (h *hub) since(at place) (events []node.Event, next place, wake <-chan struct{}, closed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.resync || at.next < h.oldest() {
		return nil, place{next: h.next, resync: true}, h.wake, h.closed
	}
	events = append(events, h.ring[at.next-h.oldest():]...)
	return events, place{next: h.next}, h.wake, h.closed
}

// stream answers one GET /v1/events.
type stream struct {
	ctx context.Context
	s   *Server
	st  place
}

func (x stream) VisitGetEventsResponse(w http.ResponseWriter) error {
	h := x.s.hub
	defer h.leave()
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(w)
	send := func(text string) bool {
		_ = rc.SetWriteDeadline(time.Now().Add(slowest))
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
		return rc.Flush() == nil
	}
	at := x.st
	if !send("retry: 1000\n" + x.beat(at)) {
		return nil
	}
	for {
		events, next, wake, closed := h.since(at)
		var out strings.Builder
		if next.resync {
			fmt.Fprintf(&out, "id: %s-%d\nevent: resync\ndata: {}\n\n", h.boot, next.next-1)
		}
		for i, e := range events {
			name := "change"
			if e.What == "resync" {
				name = "resync"
			}
			data, err := json.Marshal(e)
			if err != nil {
				continue // an event is three plain fields
			}
			fmt.Fprintf(&out, "id: %s-%d\nevent: %s\ndata: %s\n\n", h.boot, at.next+uint64(i), name, data)
		}
		at = place{next: next.next}
		if out.Len() > 0 {
			if !send(out.String()) {
				return nil
			}
			continue
		}
		if closed {
			return nil
		}
		timer := time.NewTimer(beatEvery)
		select {
		case <-x.ctx.Done():
			timer.Stop()
			return nil
		case <-wake:
			timer.Stop()
		case <-timer.C:
			if !send(x.beat(at)) {
				return nil
			}
		}
	}
}

// beat says that the stream lives, what time the node has, and where the stream
// stands, so that a reconnection before the first event loses nothing.
func (x stream) beat(at place) string {
	st, err := x.s.cfg.Seat.Status(x.ctx)
	if err != nil {
		return ": the node gives no time\n\n"
	}
	id := ""
	if !at.resync {
		id = fmt.Sprintf("id: %s-%d\n", x.s.hub.boot, at.next-1)
	}
	return fmt.Sprintf("%sevent: beat\ndata: {\"now\":%q,\"rate\":%g}\n\n", id, st.Now.String(), st.Rate)
}
