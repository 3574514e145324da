package linehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"parley/party"
	"parley/utc"
)

// link is one line, peer and lane: at most one connection, its state, and the
// goroutine that dials.
type link struct {
	s *Server
	k linkKey

	taking sync.Mutex // held while one connection takes the place of another

	mu      sync.Mutex
	name    string
	peer    Peer
	conn    *conn // nil: down
	stopped bool
	quit    chan struct{}
	since   utc.Time
	heard   utc.Time
	rtt     time.Duration
	skew    time.Duration
	lastErr string
	came    time.Time     // when the other last dialled
	changed chan struct{} // closed and renewed when conn or peer changes
}

func newLink(s *Server, k linkKey) *link {
	return &link{s: s, k: k, quit: make(chan struct{}), changed: make(chan struct{}), since: s.now()}
}

// set takes over what the charter says; a changed key ends the connection.
func (l *link) set(name string, p Peer) {
	l.mu.Lock()
	old := l.peer
	l.name, l.peer = name, p
	c := l.conn
	l.signal()
	l.mu.Unlock()
	if c != nil && old.Link != p.Link {
		c.end(errors.New("their link key was changed by an amended charter"))
	}
}

// signal wakes who waits for a change; l.mu is held.
func (l *link) signal() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) peerKey() party.Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer.Link
}

func (l *link) stop(why error) {
	l.mu.Lock()
	if !l.stopped {
		l.stopped = true
		close(l.quit)
	}
	c := l.conn
	l.mu.Unlock()
	if c != nil {
		c.end(why)
	}
}

func (l *link) hangUp(why error) {
	l.mu.Lock()
	c := l.conn
	l.mu.Unlock()
	if c != nil {
		c.end(why)
	}
}

func (l *link) send(frame []byte) error {
	l.mu.Lock()
	c := l.conn
	l.mu.Unlock()
	if c == nil {
		return ErrDown
	}
	return c.send(frame)
}

func (l *link) status() Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := Link{Line: l.k.line, Name: l.name, Peer: l.k.peer, Lane: l.k.lane, Up: l.conn != nil, Since: l.since,
		RTT: l.rtt, Skew: l.skew, LastHeard: l.heard, LastError: l.lastErr}
	switch {
	case l.conn != nil:
		st.Address = l.conn.remote
	case st.LastError != "" || len(l.peer.Addresses) > 0:
	case l.s.ln == nil:
		st.LastError = "nobody can dial: our listener is off, and no address of theirs is known"
	default:
		st.LastError = "waiting for them to dial us: no address of theirs is known"
	}
	return st
}

// preferred reports whether connections that this side dials win over those
// that the other dials.
func (l *link) preferred(dialed bool) bool { return (l.s.cfg.Self < l.k.peer) == dialed }

// mayCome reports whether the other may be let in now: a peer that is hung up
// on and dials at once, again and again, gets no further than this.
func (l *link) mayCome() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.came) < l.s.cfg.BackoffMin/2 {
		return false
	}
	l.came = now
	return true
}

// errTwice: both sides dialled, and the other connection is the one that stays.
var errTwice = errors.New("another connection to them is up already")

// busy reports whether a connection is up that wins over one dialled so.
func (l *link) busy(dialed bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil && l.preferred(l.conn.dialed) && !l.preferred(dialed) && !l.conn.ended()
}

// take makes c the link's connection, in the place of an older one, and starts
// it. The older one's Disconnected has returned before Connected is called.
func (l *link) take(c *conn) error {
	l.taking.Lock()
	defer l.taking.Unlock()
	l.mu.Lock()
	old := l.conn
	l.mu.Unlock()
	if l.busy(c.dialed) {
		return errTwice
	}
	if old != nil {
		old.end(errors.New("a newer connection took its place"))
		<-old.gone
	}
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return errors.New("the link was taken away")
	}
	l.s.wg.Add(1) // before stop can run, so before Run waits
	l.conn, l.since, l.heard = c, l.s.now(), l.s.now()
	l.rtt, l.skew, l.lastErr = 0, 0, ""
	l.signal()
	l.mu.Unlock()
	l.s.cfg.Log.Info("link up", "line", l.name, "peer", l.k.peer, "lane", l.k.lane, "address", c.remote, "dialed", c.dialed)
	l.s.cfg.Handler.Connected(l.k.line, l.k.lane, l.k.peer)
	go func() {
		defer l.s.wg.Done()
		c.run()
		l.lost(c)
	}()
	return nil
}

// lost takes an ended connection out, says why, and tells the handler.
func (l *link) lost(c *conn) {
	err := c.reason()
	l.mu.Lock()
	if l.conn == c {
		l.conn = nil
		l.since = l.s.now()
		l.lastErr = err.Error()
		l.signal()
	}
	l.mu.Unlock()
	l.s.cfg.Log.Info("link down", "line", l.name, "peer", l.k.peer, "lane", l.k.lane, "err", err)
	l.s.cfg.Handler.Disconnected(l.k.line, l.k.lane, l.k.peer, err)
	close(c.gone)
}

func (l *link) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		l.lastErr = err.Error()
	}
	l.s.cfg.Log.Debug("link not up", "line", l.name, "peer", l.k.peer, "lane", l.k.lane, "err", err)
}

// run dials whenever the link is down and it is ours to dial.
func (l *link) run(ctx context.Context) {
	back := l.s.cfg.BackoffMin
	turn := 0
	for {
		l.mu.Lock()
		up, peer, changed := l.conn != nil, l.peer, l.changed
		l.mu.Unlock()
		var wait <-chan time.Time
		if !up && len(peer.Addresses) > 0 {
			d := jitter(back)
			if l.s.cfg.Self > l.k.peer {
				// The other sorts first, so it dials, if it can reach us. Leave
				// it the first three of its tries.
				d = jitter(max(4*l.s.cfg.BackoffMin, 2*back))
			}
			if turn == 0 && l.s.cfg.Self < l.k.peer {
				d = 0
			}
			wait = time.After(d)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.quit:
			return
		case <-changed:
			continue
		case <-wait:
		}
		lasted, err := l.dial(ctx, peer, peer.Addresses[turn%len(peer.Addresses)])
		turn++
		if err != nil {
			l.failed(err)
		}
		back = min(2*back, l.s.cfg.BackoffMax)
		if lasted > 4*l.s.cfg.Heartbeat {
			back = l.s.cfg.BackoffMin // it held for a while: begin anew
		}
	}
}

// jitter gives d, give or take a quarter, so that nodes that lost each other
// at one instant do not come back at one instant.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2+1)
}

// dial connects to one address and stays until the connection ends; it gives
// how long that was. An error before the link was up is in words.
func (l *link) dial(ctx context.Context, peer Peer, addr string) (lasted time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sockets sockets
	defer sockets.close()
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	tr := &http.Transport{
		Protocols: protocols, TLSClientConfig: l.s.clientTLS(peer.Link), TLSHandshakeTimeout: l.s.cfg.Dial,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: l.s.cfg.Dial}).DialContext(ctx, network, addr)
			if err == nil {
				sockets.add(c)
			}
			return c, err
		},
		MaxResponseHeaderBytes: 8 << 10, DisableCompression: true,
	}
	defer tr.CloseIdleConnections()
	body, feed := io.Pipe()
	defer feed.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+addr+path(l.k.line, l.k.lane), body)
	if err != nil {
		return 0, fmt.Errorf("their address %q cannot be used: %w", addr, err)
	}
	req.Header.Set("Content-Type", "application/vnd.parley.line")
	late := time.AfterFunc(2*l.s.cfg.Dial, cancel)
	res, err := tr.RoundTrip(req)
	if err == nil && !late.Stop() {
		res.Body.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		return 0, inWords(addr, err, l.s.cfg.Dial)
	}
	if res.StatusCode != http.StatusOK {
		return 0, statusInWords(addr, res.StatusCode)
	}
	c := newConn(l, true, addr, res.Body, feed, func() error { return nil }, sockets.close)
	began := time.Now()
	if err := l.take(c); err != nil {
		return 0, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.end(errors.New("we are shutting down"))
	}
	cancel()
	feed.CloseWithError(io.ErrClosedPipe)
	<-c.gone
	return time.Since(began), nil
}

// sockets are the TCP connections that one dial has opened: one, or none.
type sockets struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (s *sockets) add(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, c)
}

func (s *sockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}
