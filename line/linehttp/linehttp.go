// Package linehttp carries lines over HTTP/2 and TLS 1.3 between nodes that
// know each other's keys from the charter and trust nothing else.
//
// For every line, peer and lane there is one long-lived duplex POST to
//
//	/parley/v1/line/{64 hex digits of the line}/{urgent|routine}
//
// on a TCP connection of its own, so that a routine backlog never stands in
// front of an urgent record in one socket's buffer. Both bodies are frames: a
// length (u32, big-endian, at most 2 MiB) and one message of package line.
//
// Who is at the other end is decided by TLS alone: both sides show a
// self-signed certificate made of their link key, and each compares the key
// with the one in the charter, byte by byte. There is no authority, no name
// and no expiry in it: the charter is what is renewed.
//
// The party whose name sorts first dials, if the other has an address; the
// other dials where it has not, and also when the link stays down, because one
// of two firewalls may be one-way. If two connections meet, the one dialled by
// the party that sorts first stays.
//
// Every few seconds a ping measures round trip and clock skew; a silent peer, a
// frame that does not come to its end, and a peer that does not read are hung
// up on. Send never blocks: it queues, and a full queue ends the connection,
// since catch-up after the next hello sends the same again. Dialling backs off
// with jitter and goes through all addresses in turn. Links tells the state of
// each link, and what went wrong last in words that say on whose side.
package linehttp

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/line"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Config is what a Server needs. Self, Link and Handler have no default.
type Config struct {
	Self party.ID
	Link crypto.Signer // Ed25519, the key on our card as Link; LinkSigner makes one of a seed

	Listen   string       // host:port to accept on; empty with a nil Listener: we only dial
	Listener net.Listener // instead of Listen; the Server closes it

	Lines   []Line // what SetLines would be given at the start
	Handler Handler

	Log   *slog.Logger     // default: discards
	Clock func() time.Time // the node's clock, for ping times and Link; default time.Now

	Heartbeat  time.Duration // between two pings; default 3 s
	Silence    time.Duration // without one byte from the peer, it counts as gone; default 10 s
	Dial       time.Duration // for connecting, the handshake and the answer's header; default 5 s
	Frame      time.Duration // for one frame from its first byte to its last, in or out; default 5 min
	BackoffMin time.Duration // after the first failure; default 250 ms
	BackoffMax time.Duration // default 30 s
	QueueLen   int           // messages waiting to be sent, per link; default 1024
	QueueBytes int           // bytes waiting to be sent, per link; default 16 MiB
}

// Line is one line and who is on it beside us.
type Line struct {
	ID    record.LineID
	Name  string
	Peers []Peer
}

// Peer is another party on a line, as the charter's card has it.
type Peer struct {
	Party     party.ID
	Link      party.Key
	Addresses []string // host:port, tried in turn; none: it dials us
}

// Handler is told what happens. For one line, peer and lane the calls come one
// after the other, Connected first and Disconnected last; for different ones
// they come from different goroutines. Received may block: the peer is then
// slowed down. No method may call back into the Server except Send and Drop.
type Handler interface {
	// Connected: messages can be sent from now on.
	Connected(id record.LineID, lane record.Lane, peer party.ID)
	// Received hands over one message, on the connection's own goroutine: the
	// place to verify signatures. Pings and pongs stay in the carrier.
	Received(id record.LineID, lane record.Lane, peer party.ID, m line.Message)
	// Malformed: the peer sent a frame that is no message, and has been hung
	// up on. frame is cut to 8 KiB.
	Malformed(id record.LineID, lane record.Lane, peer party.ID, frame []byte, err error)
	// Disconnected: nothing more comes; err says why, in words.
	Disconnected(id record.LineID, lane record.Lane, peer party.ID, err error)
}

// Link is the state of one link.
type Link struct {
	Line      record.LineID `json:"line"`
	Name      string        `json:"name"` // of the line
	Peer      party.ID      `json:"peer"`
	Lane      record.Lane   `json:"lane"`
	Up        bool          `json:"up"`
	Since     utc.Time      `json:"since"`                // of Up or not Up
	Address   string        `json:"address,omitempty"`    // of the other end, while up
	RTT       time.Duration `json:"rtt"`                  // of the newest ping; 0: none yet
	Skew      time.Duration `json:"skew"`                 // their clock minus ours, good to half of RTT
	LastHeard utc.Time      `json:"last_heard,omitempty"` // newest message of any kind
	LastError string        `json:"last_error,omitempty"` // what went wrong last, and on whose side
}

// Errors of Send.
var (
	ErrDown     = errors.New("the link is down")
	ErrOverflow = errors.New("the peer reads too slowly: our queue for it was full, so the connection was closed")
	ErrNoLink   = errors.New("there is no such link: no line and peer of this name")
)

// Server carries all lines of one node. Its methods may be called from any
// goroutine.
type Server struct {
	cfg  Config
	cert tls.Certificate
	ln   net.Listener

	mu      sync.Mutex
	links   map[linkKey]*link
	ctx     context.Context // nil before Run and after it
	wg      sync.WaitGroup
	problem string // of our listener, for Links
}

type linkKey struct {
	line record.LineID
	peer party.ID
	lane record.Lane
}

// LinkSigner gives the link key of a seed.
func LinkSigner(seed [32]byte) crypto.Signer { return ed25519.NewKeyFromSeed(seed[:]) }

// New prepares a Server and opens its listener, so that Addr is known. It
// takes connections only while Run runs.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Self.Validate(); err != nil {
		return nil, fmt.Errorf("couldn't prepare the links: Config.Self: %w", err)
	}
	if cfg.Handler == nil {
		return nil, errors.New("couldn't prepare the links: Config.Handler is nil")
	}
	cert, err := certificate(cfg.Self, cfg.Link)
	if err != nil {
		return nil, fmt.Errorf("couldn't prepare the links: %w", err)
	}
	s := &Server{cfg: cfg, cert: cert, ln: cfg.Listener, links: map[linkKey]*link{}}
	if s.ln == nil && cfg.Listen != "" {
		if s.ln, err = net.Listen("tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("couldn't open our listener %s: %w; choose another address, or end what holds it", cfg.Listen, err)
		}
	}
	s.SetLines(cfg.Lines)
	return s, nil
}

func (c Config) withDefaults() Config {
	d := func(v *time.Duration, to time.Duration) {
		if *v <= 0 {
			*v = to
		}
	}
	d(&c.Heartbeat, 3*time.Second)
	d(&c.Silence, 10*time.Second)
	d(&c.Dial, 5*time.Second)
	d(&c.Frame, 5*time.Minute)
	d(&c.BackoffMin, 250*time.Millisecond)
	d(&c.BackoffMax, 30*time.Second)
	if c.QueueLen <= 0 {
		c.QueueLen = 1024
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 16 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Addr is the address that we accept on; nil if we only dial.
func (s *Server) Addr() net.Addr {
	if s.ln == nil {
		return nil
	}
	return s.ln.Addr()
}

func (s *Server) now() utc.Time { return utc.From(s.cfg.Clock()) }

// SetLines says which lines and peers there are. Links that are no longer
// among them, or whose key has changed, are hung up; new ones are dialled.
func (s *Server) SetLines(lines []Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := map[linkKey]bool{}
	for _, l := range lines {
		for _, p := range l.Peers {
			if p.Party == s.cfg.Self {
				continue
			}
			for _, lane := range []record.Lane{record.Urgent, record.Routine} {
				k := linkKey{l.ID, p.Party, lane}
				want[k] = true
				have := s.links[k]
				if have == nil {
					have = newLink(s, k)
					s.links[k] = have
					if s.ctx != nil {
						s.start(have)
					}
				}
				have.set(l.Name, p)
			}
		}
	}
	for k, have := range s.links {
		if !want[k] {
			delete(s.links, k)
			have.stop(errors.New("the line, or the peer on it, was taken away here"))
		}
	}
}

// start runs a link until it is stopped; s.mu is held.
func (s *Server) start(l *link) {
	s.wg.Add(1)
	ctx := s.ctx
	go func() {
		defer s.wg.Done()
		l.run(ctx)
	}()
}

// Run accepts and dials until ctx ends, then hangs up on all and returns nil
// when every goroutine has ended. A listener that fails is an error. A Server
// runs once.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.ctx = ctx
	for _, l := range s.links {
		s.start(l)
	}
	s.mu.Unlock()
	err := s.serve(ctx)
	if err != nil {
		s.cfg.Log.Error("our listener failed", "err", err)
		s.mu.Lock()
		s.problem = fmt.Sprintf("our listener failed: %v", err)
		s.mu.Unlock()
	}
	s.mu.Lock()
	s.ctx = nil
	links := make([]*link, 0, len(s.links))
	for _, l := range s.links {
		links = append(links, l)
	}
	s.mu.Unlock()
	for _, l := range links {
		l.stop(errors.New("we are shutting down"))
	}
	s.wg.Wait()
	return err
}

func (s *Server) linkOf(id record.LineID, lane record.Lane, key party.Key) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, l := range s.links {
		if k.line == id && k.lane == lane && l.peerKey() == key {
			return l
		}
	}
	return nil
}

// knows reports whether any link has this key.
func (s *Server) knows(key party.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		if l.peerKey() == key {
			return true
		}
	}
	return false
}

func (s *Server) link(id record.LineID, lane record.Lane, peer party.ID) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links[linkKey{id, peer, lane}]
}

// Send queues a message and returns at once. ErrDown and ErrOverflow need no
// care: the next hello brings what is missing.
func (s *Server) Send(id record.LineID, lane record.Lane, peer party.ID, m line.Message) error {
	l := s.link(id, lane, peer)
	if l == nil {
		return ErrNoLink
	}
	b, err := line.MarshalMessage(m)
	if err != nil {
		return err
	}
	return l.send(b)
}

// Drop hangs up on a peer of a line, both lanes. It may come back after the
// back-off.
func (s *Server) Drop(id record.LineID, peer party.ID, why error) {
	for _, lane := range []record.Lane{record.Urgent, record.Routine} {
		if l := s.link(id, lane, peer); l != nil {
			l.hangUp(why)
		}
	}
}

// Links gives the state of every link, by line name, peer and lane.
func (s *Server) Links() []Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Link, 0, len(s.links))
	for _, l := range s.links {
		st := l.status()
		if s.problem != "" && !st.Up {
			st.LastError = s.problem
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b Link) int {
		if c := strings.Compare(a.Name+"\x00"+a.Line.String()+"\x00"+string(a.Peer), b.Name+"\x00"+b.Line.String()+"\x00"+string(b.Peer)); c != 0 {
			return c
		}
		return int(a.Lane) - int(b.Lane)
	})
	return out
}
