package linehttp

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/line"
	"parley/party"
	"parley/record"
	"parley/utc"
)

var theLine = record.LineID{1, 2, 3}

// seat is one node's carrier with a handler that writes down what happens.
type seat struct {
	t      *testing.T
	srv    *Server
	cancel context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	wake   *sync.Cond
	events []string
	got    []line.Message
	hold   chan struct{} // Received waits for it, where not nil
}

func seed(b byte) (s [32]byte) { s[0] = b; return }

func keyOf(b byte) party.Key {
	s := seed(b)
	return party.Key(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
}

func newSeat(t *testing.T, cfg Config) *seat {
	t.Helper()
	s := &seat{t: t, ended: make(chan error, 1)}
	s.wake = sync.NewCond(&s.mu)
	cfg.Handler = s
	if cfg.BackoffMin == 0 {
		cfg.BackoffMin, cfg.BackoffMax = 10*time.Millisecond, 100*time.Millisecond
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = 50 * time.Millisecond
	}
	srv, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.srv = srv
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() { s.ended <- srv.Run(ctx) }()
	t.Cleanup(s.close)
	return s
}

func (s *seat) close() {
	s.cancel()
	if err, ok := <-s.ended; ok {
		close(s.ended)
		if err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
}

func (s *seat) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, fmt.Sprintf(format, args...))
	s.wake.Broadcast()
}

func (s *seat) Connected(id record.LineID, lane record.Lane, p party.ID) { s.note("up %s %d", p, lane) }
func (s *seat) Disconnected(id record.LineID, lane record.Lane, p party.ID, err error) {
	s.note("down %s %d %v", p, lane, err)
}
func (s *seat) Malformed(id record.LineID, lane record.Lane, p party.ID, frame []byte, err error) {
	s.note("malformed %s %d %v", p, lane, err)
}
func (s *seat) Received(id record.LineID, lane record.Lane, p party.ID, m line.Message) {
	if s.hold != nil {
		<-s.hold
	}
	s.note("got %s %d %T", p, lane, m)
	s.mu.Lock()
	s.got = append(s.got, m)
	s.mu.Unlock()
}

// await blocks until an event begins so; it fails after a minute.
func (s *seat) await(prefix string) string { return s.awaitN(prefix, 1) }

func (s *seat) awaitN(prefix string, n int) string {
	s.t.Helper()
	late := time.AfterFunc(time.Minute, func() { s.note("too late") })
	defer late.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		seen := 0
		for _, e := range s.events {
			if strings.HasPrefix(e, prefix) {
				if seen++; seen == n {
					return e
				}
			}
			if e == "too late" {
				s.t.Fatalf("no %q within a minute; events: %q", prefix, s.events)
			}
		}
		s.wake.Wait()
	}
}

func (s *seat) awaitLink(ok func(Link) bool) Link {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, l := range s.srv.Links() {
			if ok(l) {
				return l
			}
		}
	}
	s.t.Fatalf("the link did not come to the state awaited: %+v", s.srv.Links())
	return Link{}
}

func at(l net.Listener) []string { return []string{l.Addr().String()} }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// pair gives IL (dials) and RU (accepts) on one line.
func pair(t *testing.T, il, ru func(*Config)) (*seat, *seat) {
	ln := listen(t)
	cr := Config{Self: "RU", Link: LinkSigner(seed(2)), Listener: ln,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}}
	ci := Config{Self: "IL", Link: LinkSigner(seed(1)),
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "RU", Link: keyOf(2), Addresses: at(ln)}}}}}
	if il != nil {
		il(&ci)
	}
	if ru != nil {
		ru(&cr)
	}
	r := newSeat(t, cr)
	return newSeat(t, ci), r
}

func TestTwoNodesExchangeMessagesOnBothLanes(t *testing.T) {
	il, ru := pair(t, nil, nil)
	for _, s := range []*seat{il, ru} {
		for _, lane := range []string{"1", "2"} {
			s.await("up " + map[*seat]string{il: "RU ", ru: "IL "}[s] + lane)
		}
	}
	m := line.Missing{Log: line.LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}, From: 7, Request: 1}
	if err := il.srv.Send(theLine, record.Urgent, "RU", m); err != nil {
		t.Fatal(err)
	}
	if err := ru.srv.Send(theLine, record.Routine, "IL", m); err != nil {
		t.Fatal(err)
	}
	ru.await("got IL 1 line.Missing")
	il.await("got RU 2 line.Missing")
	if ru.got[0] != line.Message(m) {
		t.Errorf("got %+v, sent %+v", ru.got[0], m)
	}
	l := il.awaitLink(func(l Link) bool { return l.Up && l.RTT > 0 })
	if l.Peer != "RU" || l.Name != "IL-RU" || l.LastHeard == 0 || l.Skew > time.Minute || l.Skew < -time.Minute {
		t.Errorf("link %+v", l)
	}
}

func TestALargeMessageCrossesAndClockSkewIsMeasured(t *testing.T) {
	il, ru := pair(t, nil, func(c *Config) {
		c.Clock = func() time.Time { return time.Now().Add(90 * time.Second) }
	})
	il.await("up RU 1")
	m := line.Inform{Log: line.LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}, Note: []byte("n")}
	for range 17 {
		m.Entries = append(m.Entries, make([]byte, 60000))
	}
	if err := il.srv.Send(theLine, record.Urgent, "RU", m); err != nil {
		t.Fatal(err)
	}
	ru.await("got IL 1 line.Inform")
	l := il.awaitLink(func(l Link) bool { return l.RTT > 0 })
	if l.Skew < 80*time.Second || l.Skew > 100*time.Second {
		t.Errorf("skew %s, their clock is 90 s ahead", l.Skew)
	}
}

func TestSendOnALinkThatIsDownOrUnknownSaysSo(t *testing.T) {
	s := newSeat(t, Config{Self: "RU", Link: LinkSigner(seed(2)), Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}})
	m := line.Bye{Reason: "x"}
	if err := s.srv.Send(theLine, record.Urgent, "IL", m); !errors.Is(err, ErrDown) {
		t.Errorf("got %v, want ErrDown", err)
	}
	if err := s.srv.Send(theLine, record.Urgent, "SY", m); !errors.Is(err, ErrNoLink) {
		t.Errorf("got %v, want ErrNoLink", err)
	}
	if err := s.srv.Send(theLine, record.Urgent, "IL", line.Ping{}); err == nil || !strings.Contains(err.Error(), "ping") {
		t.Errorf("a message out of bounds: %v", err)
	}
	if s.srv.Addr() != nil {
		t.Error("there is no listener")
	}
}

// Each case is one way in which a link does not come up, and the words that
// name the failing side.
func TestTheReasonNamesTheFailingSide(t *testing.T) {
	closed := listen(t)
	refused := closed.Addr().String()
	closed.Close()
	silent := listen(t) // its backlog takes the connection, nobody answers
	for _, c := range []struct {
		name, want string
		il, ru     func(*Config)
	}{
		{"nobody listens", "their listener refused at", func(c *Config) { c.Lines[0].Peers[0].Addresses = []string{refused} }, nil},
		{"silence", "is silent", func(c *Config) { c.Lines[0].Peers[0].Addresses = at(silent); c.Dial = 100 * time.Millisecond }, nil},
		{"another key there", "their certificate is not the one in the charter", func(c *Config) { c.Lines[0].Peers[0].Link = keyOf(9) }, nil},
		{"our key is not theirs", "they refuse our certificate", nil, func(c *Config) { c.Lines[0].Peers[0].Link = keyOf(9) }},
		{"another line", "they do not know this line", func(c *Config) { c.Lines[0].ID = record.LineID{9} }, nil},
		{"address", "cannot be used", func(c *Config) { c.Lines[0].Peers[0].Addresses = []string{"a b:%zz"} }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			il, ru := pair(t, c.il, c.ru)
			l := il.awaitLink(func(l Link) bool { return strings.Contains(l.LastError, c.want) })
			if l.Up || l.Since == 0 {
				t.Errorf("link %+v", l)
			}
			ru.mu.Lock()
			defer ru.mu.Unlock()
			for _, e := range ru.events {
				t.Errorf("RU saw %q", e)
			}
		})
	}
}

func TestTheSecondAddressIsTriedWhenTheFirstRefuses(t *testing.T) {
	dead := listen(t)
	addr := dead.Addr().String()
	dead.Close()
	il, _ := pair(t, func(c *Config) {
		p := &c.Lines[0].Peers[0]
		p.Addresses = append([]string{addr}, p.Addresses...)
	}, nil)
	il.await("up RU 1")
}

func TestTheLinkComesBackAfterThePeersRestart(t *testing.T) {
	ln := listen(t)
	cfg := Config{Self: "RU", Link: LinkSigner(seed(2)), Listener: ln,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}}
	ru := newSeat(t, cfg)
	il := newSeat(t, Config{Self: "IL", Link: LinkSigner(seed(1)),
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "RU", Link: keyOf(2), Addresses: at(ln)}}}}})
	il.await("up RU 1")
	ru.close()
	il.await("down RU 1")
	cfg.Listener, cfg.Listen = nil, ln.Addr().String()
	newSeat(t, cfg)
	il.awaitN("up RU 1", 2)
}

// Both have each other's address, so both dial; on each lane one connection
// stays, and messages pass.
func TestWhenBothDialOneConnectionStays(t *testing.T) {
	a, b := listen(t), listen(t)
	mk := func(self, other party.ID, me, it byte, ln, to net.Listener) *seat {
		return newSeat(t, Config{Self: self, Link: LinkSigner(seed(me)), Listener: ln,
			Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: other, Link: keyOf(it), Addresses: at(to)}}}}})
	}
	il := mk("IL", "RU", 1, 2, a, b)
	ru := mk("RU", "IL", 2, 1, b, a)
	il.await("up RU 1")
	ru.await("up IL 1")
	m := line.Missing{Log: line.LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}, From: 1, Request: 1}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		ru.srv.Send(theLine, record.Urgent, "IL", m)
		il.mu.Lock()
		n := len(il.got)
		il.mu.Unlock()
		if n > 0 {
			return
		}
	}
	t.Fatal("nothing came through")
}

// The one that sorts second dials where the first has no address for it, or
// cannot get through.
func TestThePartyThatSortsSecondDialsWhereTheFirstCannot(t *testing.T) {
	a := listen(t)
	newSeat(t, Config{Self: "IL", Link: LinkSigner(seed(1)), Listener: a,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "RU", Link: keyOf(2)}}}}})
	ru := newSeat(t, Config{Self: "RU", Link: LinkSigner(seed(2)),
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1), Addresses: at(a)}}}}})
	ru.await("up IL 2")
}

func TestLinesCanBeAddedAndTakenAwayAtRunTime(t *testing.T) {
	il, ru := pair(t, nil, nil)
	il.await("up RU 2")
	ru.await("up IL 2") // one end may know of it before the other
	lines := il.srv.cfg.Lines
	il.srv.SetLines(nil)
	il.await("down RU 2 the line, or the peer on it, was taken away here")
	ru.await("down IL 2")
	if n := len(il.srv.Links()); n != 0 {
		t.Errorf("%d links are left", n)
	}
	il.srv.SetLines(lines)
	il.awaitN("up RU 2", 2)
	lines[0].Peers[0].Link = keyOf(7) // an amendment: RU has another key now
	il.srv.SetLines(lines)
	il.awaitN("down RU 2", 2)
	il.awaitLink(func(l Link) bool { return strings.Contains(l.LastError, "not the one in the charter") })
}

func TestDropHangsUpAndThePeerComesBack(t *testing.T) {
	il, ru := pair(t, nil, nil)
	il.await("up RU 1")
	ru.await("up IL 1")
	ru.await("up IL 2")
	ru.srv.Drop(theLine, "IL", errors.New("dropped for a wrong signature"))
	ru.await("down IL 1 dropped for a wrong signature")
	ru.await("down IL 2 dropped for a wrong signature")
	il.await("down RU 1")
	ru.awaitN("up IL 1", 2)
}

// A connection that dies without a word (half-open): the proxy stops passing
// bytes and closes nothing.
func TestAHalfOpenConnectionIsNoticedByItsSilence(t *testing.T) {
	real, front := listen(t), listen(t)
	stuck := make(chan struct{})
	go proxy(t, front, real.Addr().String(), stuck)
	ru := newSeat(t, Config{Self: "RU", Link: LinkSigner(seed(2)), Listener: real, Silence: 300 * time.Millisecond,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}})
	il := newSeat(t, Config{Self: "IL", Link: LinkSigner(seed(1)), Silence: 300 * time.Millisecond,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "RU", Link: keyOf(2), Addresses: at(front)}}}}})
	il.await("up RU 1")
	ru.await("up IL 1")
	close(stuck)
	il.await("down RU 1 they have been silent")
	ru.await("down IL 1 they have been silent")
}

func proxy(t *testing.T, front net.Listener, to string, stuck <-chan struct{}) {
	for {
		a, err := front.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", to)
		if err != nil {
			a.Close()
			continue
		}
		for _, d := range [][2]net.Conn{{a, b}, {b, a}} {
			go func() {
				buf := make([]byte, 4096)
				for {
					n, err := d[0].Read(buf)
					select {
					case <-stuck: // holds both sockets open, for the collector would close them
						<-t.Context().Done()
						d[0].Close()
						d[1].Close()
						return
					default:
					}
					if err != nil {
						d[1].Close()
						return
					}
					d[1].Write(buf[:n])
				}
			}()
		}
	}
}

// A peer that does not read: our queue for it fills, Send never blocks, and
// the connection ends with the reason.
func TestAPeerThatReadsTooSlowlyIsHungUpOnAndSendNeverBlocks(t *testing.T) {
	hold := make(chan struct{})
	il, ru := pair(t, func(c *Config) { c.QueueLen = 8 }, nil)
	ru.hold = hold
	t.Cleanup(func() { close(hold) })
	il.await("up RU 1")
	m := line.Inform{Log: line.LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}, Note: []byte("n")}
	for range 16 {
		m.Entries = append(m.Entries, make([]byte, 60000))
	}
	var err error
	for range 2000 {
		if err = il.srv.Send(theLine, record.Urgent, "RU", m); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrOverflow) && !errors.Is(err, ErrDown) { // a ping may have found the queue full first
		t.Fatalf("got %v, want ErrOverflow", err)
	}
	il.await("down RU 1 the peer reads too slowly")
}

// A peer whose host no longer takes bytes at all, in either direction of
// dialling: Send still never blocks, the link goes down, and comes up again
// over another connection.
func TestASocketThatTakesNothingHoldsNobodyUp(t *testing.T) {
	for _, sender := range []string{"the one that dialled", "the one that was dialled"} {
		t.Run(sender, func(t *testing.T) {
			real, front := listen(t), listen(t)
			stuck := make(chan struct{})
			go proxy(t, front, real.Addr().String(), stuck)
			ru := newSeat(t, Config{Self: "RU", Link: LinkSigner(seed(2)), Listener: real, QueueLen: 8, Silence: time.Hour,
				Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}})
			il := newSeat(t, Config{Self: "IL", Link: LinkSigner(seed(1)), QueueLen: 8, Silence: time.Hour, Lines: []Line{
				{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "RU", Link: keyOf(2), Addresses: []string{front.Addr().String(), real.Addr().String()}}}}}})
			il.await("up RU 1")
			ru.await("up IL 1")
			close(stuck)
			from, to := il, party.ID("RU")
			if sender != "the one that dialled" {
				from, to = ru, "IL"
			}
			m := line.Inform{Log: line.LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}, Note: []byte("n")}
			for range 16 {
				m.Entries = append(m.Entries, make([]byte, 60000))
			}
			var err error
			for range 2000 {
				if err = from.srv.Send(theLine, record.Urgent, to, m); err != nil {
					break
				}
			}
			if !errors.Is(err, ErrOverflow) && !errors.Is(err, ErrDown) { // a ping may have found the queue full first
				t.Fatalf("got %v, want ErrOverflow", err)
			}
			from.await("down " + string(to) + " 1 the peer reads too slowly")
			if from == il {
				il.awaitN("up RU 1", 2)
			}
		})
	}
}

// client gives an HTTP client that holds IL's link key, or another.
func client(t *testing.T, key byte, ver uint16) *http.Client {
	cert, err := certificate("IL", LinkSigner(seed(key)))
	if err != nil {
		t.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	tr := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{
		Certificates: []tls.Certificate{cert}, InsecureSkipVerify: true, MaxVersion: ver, NextProtos: []string{"h2"}}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func lonely(t *testing.T, more func(*Config)) (*seat, string) {
	ln := listen(t)
	cfg := Config{Self: "RU", Link: LinkSigner(seed(2)), Listener: ln,
		Lines: []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}}
	if more != nil {
		more(&cfg)
	}
	return newSeat(t, cfg), "https://" + ln.Addr().String()
}

func TestTheServerTurnsAwayWhatIsNotALink(t *testing.T) {
	_, url := lonely(t, nil)
	good := path(theLine, record.Urgent)
	do := func(c *http.Client, method, path string, head http.Header) (int, error) {
		req, err := http.NewRequest(method, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = head
		res, err := c.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return res.StatusCode, nil
	}
	il := client(t, 1, tls.VersionTLS13)
	for _, c := range []struct{ method, path string }{
		{"GET", good}, {"POST", "/"}, {"POST", good + "x"}, {"POST", good + "/"}, {"POST", strings.ToUpper(good)},
		{"POST", path(record.LineID{9}, record.Urgent)}, {"POST", "/parley/v1/line/" + strings.Repeat("0", 64)},
	} {
		if code, err := do(il, c.method, c.path, nil); err != nil || code != 404 {
			t.Errorf("%s %s: %d %v, want 404", c.method, c.path, code, err)
		}
	}
	if code, err := do(il, "POST", good, http.Header{"X": {strings.Repeat("x", 1<<20)}}); err == nil && code == 200 {
		t.Errorf("a header of 1 MiB: %d, want refusal", code)
	}
	if code, err := do(client(t, 9, tls.VersionTLS13), "POST", good, nil); err == nil {
		t.Errorf("a stranger's key: %d, want a failed handshake", code)
	}
	if code, err := do(client(t, 1, tls.VersionTLS12), "POST", good, nil); err == nil {
		t.Errorf("TLS 1.2: %d, want a failed handshake", code)
	}
}

// raw opens the duplex POST by hand and gives its two ends.
func raw(t *testing.T, url string) (w io.Writer, r io.Reader) {
	body, feed := io.Pipe()
	req, err := http.NewRequest("POST", url+path(theLine, record.Urgent), body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t, 1, tls.VersionTLS13).Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	t.Cleanup(func() { feed.Close(); res.Body.Close() })
	return feed, res.Body
}

func TestAFrameThatIsTooLongOrNoMessageEndsTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		want  string
	}{
		"oversize":   {binary.BigEndian.AppendUint32(nil, line.MaxFrame+1), "malformed IL 1 frame of 2097153 bytes"},
		"no message": {append(binary.BigEndian.AppendUint32(nil, 3), "abc"...), "malformed IL 1 message"},
	} {
		t.Run(name, func(t *testing.T) {
			ru, url := lonely(t, nil)
			w, r := raw(t, url)
			ru.await("up IL 1")
			w.Write(c.frame)
			ru.await(c.want)
			ru.await("down IL 1 they sent a frame that is no message")
			io.Copy(io.Discard, r) // ends because the server hung up
		})
	}
}

// A slow-loris dribbles one frame and never ends it.
func TestAFrameThatDoesNotComeToItsEndIsHungUpOn(t *testing.T) {
	ru, url := lonely(t, func(c *Config) { c.Frame = 200 * time.Millisecond; c.Silence = time.Minute })
	w, r := raw(t, url)
	go io.Copy(io.Discard, r)
	w.Write(binary.BigEndian.AppendUint32(nil, 1000))
	ru.await("down IL 1 they did not finish a frame")
}

func TestAPongThatNobodyAskedForChangesNothing(t *testing.T) {
	ru, url := lonely(t, nil)
	w, r := raw(t, url)
	go io.Copy(io.Discard, r)
	for _, m := range []line.Message{line.Pong{N: 99, T: 5, T2: utc.Max}, line.Bye{Reason: "good night"}} {
		b, err := line.MarshalMessage(m)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	}
	ru.await("down IL 1 they hung up: good night")
	if l := ru.srv.Links()[0]; l.RTT != 0 || l.Skew != 0 {
		t.Errorf("link %+v", l)
	}
}

func TestAPeerThatDialsAgainAndAgainIsMadeToWait(t *testing.T) {
	_, url := lonely(t, func(c *Config) { c.BackoffMin, c.BackoffMax = time.Hour, time.Hour })
	raw(t, url)
	req, err := http.NewRequest("POST", url+path(theLine, record.Urgent), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t, 1, tls.VersionTLS13).Do(req)
	if err != nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("%v %v, want 429", res, err)
	}
}

func TestALinkThatNobodyCanDialSaysSo(t *testing.T) {
	lines := []Line{{ID: theLine, Name: "IL-RU", Peers: []Peer{{Party: "IL", Link: keyOf(1)}}}}
	off := newSeat(t, Config{Self: "RU", Link: LinkSigner(seed(2)), Lines: lines})
	if l := off.srv.Links()[0]; !strings.Contains(l.LastError, "our listener is off") {
		t.Errorf("%+v", l)
	}
	on, _ := lonely(t, nil)
	if l := on.srv.Links()[0]; !strings.Contains(l.LastError, "waiting for them to dial us") {
		t.Errorf("%+v", l)
	}
}

func TestConfigErrorsNameTheField(t *testing.T) {
	h := &seat{}
	taken := listen(t)
	for want, cfg := range map[string]Config{
		"Config.Self":            {Handler: h, Link: LinkSigner(seed(1))},
		"Config.Handler":         {Self: "IL", Link: LinkSigner(seed(1))},
		"Config.Link is nil":     {Self: "IL", Handler: h},
		"our listener 127.0.0.1": {Self: "IL", Handler: h, Link: LinkSigner(seed(1)), Listen: taken.Addr().String()},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
