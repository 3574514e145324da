package linehttp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"parley/line"
	"parley/utc"
)

// conn is one connection of a link: a reader, a writer and a heartbeat.
type conn struct {
	l      *link
	dialed bool
	remote string
	in     io.Reader
	out    io.Writer
	flush  func() error
	kill   func() // closes the socket below; never blocks, unlike the bodies' own Close

	queue chan []byte
	bytes atomic.Int64 // in queue

	heard   atomic.Int64 // UnixNano of the newest byte in; monotonic enough to find silence
	reading atomic.Int64 // UnixNano of the first byte of the frame that is coming in; 0: none
	writing atomic.Int64 // UnixNano of when the frame going out began; 0: none
	busy    atomic.Bool  // the reader is in the handler: its silence is ours

	once    sync.Once
	err     error
	done    chan struct{} // closed by end
	written chan struct{} // closed when the writer has ended
	gone    chan struct{} // closed when the handler has been told

	mu    sync.Mutex
	pings map[uint64]sentPing
	n     uint64
}

type sentPing struct {
	mono  time.Time
	clock utc.Time
}

func newConn(l *link, dialed bool, remote string, in io.Reader, out io.Writer, flush func() error, kill func()) *conn {
	c := &conn{l: l, dialed: dialed, remote: remote, in: in, out: out, flush: flush, kill: kill,
		queue: make(chan []byte, l.s.cfg.QueueLen), pings: map[uint64]sentPing{},
		done: make(chan struct{}), written: make(chan struct{}), gone: make(chan struct{})}
	c.heard.Store(time.Now().UnixNano())
	return c
}

// end ends the connection; the first reason counts. It closes the socket, since
// a peer that does not read can hold up everything above it, and it does not
// block: the node's loop comes here through Send and Drop.
func (c *conn) end(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.done)
		c.kill()
	})
}

func (c *conn) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *conn) reason() error {
	<-c.done
	return c.err
}

// send queues one message, framed by the writer.
func (c *conn) send(b []byte) error {
	if c.ended() {
		return ErrDown
	}
	if c.bytes.Add(int64(len(b))) <= int64(c.l.s.cfg.QueueBytes) {
		select {
		case c.queue <- b:
			return nil
		default:
		}
	}
	c.bytes.Add(-int64(len(b)))
	c.end(ErrOverflow)
	return ErrOverflow
}

// run carries messages until the connection ends and all its goroutines have.
func (c *conn) run() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		defer close(c.written)
		c.end(c.write())
	}()
	go func() {
		defer wg.Done()
		c.end(c.beat())
	}()
	c.end(c.read())
	wg.Wait()
}

// write sends what is queued.
func (c *conn) write() error {
	for {
		select {
		case <-c.done:
			return nil
		case b := <-c.queue:
			c.bytes.Add(-int64(len(b)))
			c.writing.Store(time.Now().UnixNano())
			frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
			if _, err := c.out.Write(append(frame, b...)); err != nil {
				return fmt.Errorf("the connection to them broke while sending: %w", err)
			}
			if err := c.flush(); err != nil {
				return fmt.Errorf("the connection to them broke while sending: %w", err)
			}
			c.writing.Store(0)
		}
	}
}

// beat sends pings, and ends a connection that stands still.
func (c *conn) beat() error {
	cfg := c.l.s.cfg
	t := time.NewTicker(cfg.Heartbeat)
	defer t.Stop()
	for {
		if b, err := line.MarshalMessage(c.ping()); err == nil {
			if err := c.send(b); err != nil {
				return err
			}
		}
		select {
		case <-c.done:
			return nil
		case <-t.C:
		}
		now := time.Now().UnixNano()
		since := func(at *atomic.Int64) time.Duration { return time.Duration(now - at.Load()) }
		switch {
		case c.busy.Load():
			c.heard.Store(now)
		case since(&c.heard) > cfg.Silence:
			return fmt.Errorf("they have been silent for %s", cfg.Silence)
		case c.reading.Load() != 0 && since(&c.reading) > cfg.Frame:
			return fmt.Errorf("they did not finish a frame within %s", cfg.Frame)
		}
		if w := c.writing.Load(); w != 0 && time.Duration(now-w) > cfg.Frame {
			return fmt.Errorf("they did not take a frame within %s", cfg.Frame)
		}
	}
}

func (c *conn) ping() line.Ping {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	delete(c.pings, c.n-16) // unanswered ones do not pile up
	p := sentPing{time.Now(), c.l.s.now()}
	c.pings[c.n] = p
	return line.Ping{N: c.n, T: p.clock}
}

// pong takes the answer to one of our pings; anything else is ignored.
func (c *conn) pong(m line.Pong) {
	c.mu.Lock()
	p, ok := c.pings[m.N]
	delete(c.pings, m.N)
	c.mu.Unlock()
	if !ok || p.clock != m.T {
		return
	}
	rtt := time.Since(p.mono)
	mid := p.clock + (c.l.s.now()-p.clock)/2
	c.l.mu.Lock()
	if c.l.conn == c {
		c.l.rtt, c.l.skew = rtt, m.T2.Sub(mid)
	}
	c.l.mu.Unlock()
}

// errMalformed marks what is no message; the frame goes to the handler.
type errMalformed struct {
	frame []byte
	err   error
}

func (e *errMalformed) Error() string {
	return fmt.Sprintf("they sent a frame that is no message: %v", e.err)
}

// read takes frames and hands their messages on.
func (c *conn) read() error {
	h, k := c.l.s.cfg.Handler, c.l.k
	for {
		m, err := c.next()
		var bad *errMalformed
		if errors.As(err, &bad) {
			h.Malformed(k.line, k.lane, k.peer, bad.frame[:min(len(bad.frame), 8<<10)], bad.err)
		}
		if err != nil {
			return err
		}
		c.l.mu.Lock()
		if c.l.conn == c {
			c.l.heard = c.l.s.now()
		}
		c.l.mu.Unlock()
		c.busy.Store(true)
		switch m := m.(type) {
		case line.Ping:
			if b, err := line.MarshalMessage(line.Pong{N: m.N, T: m.T, T2: c.l.s.now()}); err == nil {
				if err := c.send(b); err != nil {
					return err
				}
			}
		case line.Pong:
			c.pong(m)
		case line.Bye:
			h.Received(k.line, k.lane, k.peer, m)
			return fmt.Errorf("they hung up: %s", m.Reason)
		default:
			h.Received(k.line, k.lane, k.peer, m)
		}
		c.busy.Store(false)
	}
}

// next reads one frame. The buffer grows with what comes, not with what the
// length promises.
func (c *conn) next() (line.Message, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:1]); err != nil {
		return nil, closed(err)
	}
	c.reading.Store(time.Now().UnixNano())
	defer c.reading.Store(0)
	if _, err := io.ReadFull(c, head[1:]); err != nil {
		return nil, closed(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > line.MaxFrame {
		return nil, &errMalformed{head[:], fmt.Errorf("frame of %d bytes, at most %d", n, line.MaxFrame)}
	}
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, c, int64(n)); err != nil {
		return nil, closed(err)
	}
	m, err := line.ParseMessage(buf.Bytes())
	if err != nil {
		return nil, &errMalformed{buf.Bytes(), err}
	}
	return m, nil
}

// Read reads from the peer and notes that it lives.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

func closed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("they closed the connection")
	}
	return fmt.Errorf("the connection from them broke: %w", err)
}
