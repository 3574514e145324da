// Package feed brings tracks in: SBS-1 ("BaseStation") lines from a receiver
// over TCP, or from a file.
//
// The way of a line:
//
//  1. Reader cuts the stream into lines of at most MaxLine bytes. What is
//     longer is passed over to its end and counted; memory stays bounded.
//  2. ParseLine reads one line strictly. A bad line is counted and the newest
//     one kept with its reason; it is never fatal, since a receiver on a noisy
//     antenna writes some every hour.
//  3. Assembler joins what an aircraft said in several lines: a line carries its
//     position or its velocity, never both. A report is made only when a
//     position comes, has that position's time, and takes along an altitude or
//     velocity only while they are fresh. Nothing is extrapolated here.
//  4. The report goes to the emit function: the node and the recorder.
//
// Times are the receiver's "generated" times. A report from the future or from
// long ago (as seen from Config.Now) is refused and counted, because it would
// make a lost track look fresh, or a fresh one lost. Silence is not hidden: the
// Stats say when the feed was last heard, and the node ages the tracks.
//
// A feed keeps nothing on disk; after a crash it starts empty and the recorder
// (package recorder) has what was reported.
package feed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"parley/track"
	"parley/utc"
)

// Config describes one feed. Exactly one of Address and File is given.
type Config struct {
	Name    string                                  // as reports carry it: "north antenna"
	Address string                                  // host:port of a receiver that serves SBS-1 (commonly port 30003)
	File    string                                  // or a file of such lines
	Offset  time.Duration                           // what the receiver's clock is ahead of UTC; 3 h in Moscow
	Now     func() utc.Time                         // the node's clock; nil: times are not checked and a file is not paced
	Emit    func(track.Report)                      // called by the feed's goroutine only
	Dial    func(context.Context) (net.Conn, error) // nil: TCP to Address
	Silence time.Duration                           // a connection that says nothing this long is made anew; 0: 60 s
	Wait    func(context.Context, time.Duration)    // pause between attempts; nil: a timer
	Trace   func(msg string)                        // connection made and lost, in words; may be nil
}

// ErrEnded is the LastError of a file that was read to its end.
var ErrEnded = errors.New("the file has ended")

// MaxBehind is how old a report may be when it is heard. How far ahead it may
// be is track.MaxAhead.
const MaxBehind = 2 * time.Minute

// Stats is what a feed has done since it began.
type Stats struct {
	Name      string   `json:"name"`
	Connected bool     `json:"connected"`      // a file: while it is read
	Since     utc.Time `json:"since,omitzero"` // of Connected or not Connected; 0 without Config.Now
	Lines     uint64   `json:"lines"`
	Reports   uint64   `json:"reports"`
	Bad       uint64   `json:"bad"`                 // lines that could not be read
	Overlong  uint64   `json:"overlong"`            // of them, lines of more than MaxLine bytes
	Other     uint64   `json:"other"`               // well-formed lines without flight data
	Ahead     uint64   `json:"ahead"`               // reports from the future, refused
	Behind    uint64   `json:"behind"`              // reports from too long ago, refused
	Full      uint64   `json:"full"`                // new aircraft refused: more than MaxAircraft at once
	LastHeard utc.Time `json:"last_heard,omitzero"` // newest report's time
	LastBad   string   `json:"last_bad,omitempty"`  // "line 812: field 12 (altitude): …"
	Refusal   string   `json:"refusal,omitempty"`   // why the newest of Ahead, Behind and Full was refused
	LastError string   `json:"last_error,omitempty"`
}

// Feed is one source of tracks. Run it in one goroutine; Stats from any.
type Feed struct {
	c   Config
	asm *Assembler // owned by Run's goroutine

	mu    sync.Mutex
	stats Stats
}

// New checks c.
func New(c Config) (*Feed, error) {
	switch {
	case c.Emit == nil:
		return nil, errors.New("feed: Emit is missing")
	case c.Name == "":
		return nil, errors.New("feed: name is missing")
	case c.File != "" && (c.Address != "" || c.Dial != nil):
		return nil, fmt.Errorf("feed %s: give an address or a file, not both", c.Name)
	case c.File == "" && c.Address == "" && c.Dial == nil:
		return nil, fmt.Errorf("feed %s: give an address (host:port) or a file", c.Name)
	case c.Offset < -14*time.Hour || c.Offset > 14*time.Hour:
		return nil, fmt.Errorf("feed %s: utc offset %s: want -14h to +14h", c.Name, c.Offset)
	}
	if c.Silence == 0 {
		c.Silence = 60 * time.Second
	}
	if c.Dial == nil {
		var d net.Dialer
		c.Dial = func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", c.Address) }
	}
	if c.Wait == nil {
		c.Wait = func(ctx context.Context, d time.Duration) {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-ctx.Done():
			case <-t.C:
			}
		}
	}
	if c.Trace == nil {
		c.Trace = func(string) {}
	}
	f := &Feed{c: c, asm: NewAssembler(c.Name), stats: Stats{Name: c.Name}}
	f.stats.Since = f.now()
	return f, nil
}

func (f *Feed) now() utc.Time {
	if f.c.Now == nil {
		return 0
	}
	return f.c.Now()
}

// connected notes a change; err is why the connection is gone, if it is.
func (f *Feed) connected(up bool, err error) {
	now := f.now()
	f.count(func(s *Stats) {
		if s.Connected != up {
			s.Connected, s.Since = up, now
		}
		if err != nil {
			s.LastError = err.Error()
		}
	})
}

// Stats gives a copy of what was counted so far.
func (f *Feed) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

func (f *Feed) count(change func(*Stats)) {
	f.mu.Lock()
	change(&f.stats)
	f.mu.Unlock()
}

// Run reads until ctx ends, or, for a file, to its end. A TCP feed reconnects
// for ever: 1 s after the first failure, twice as long each time up to 30 s,
// each with up to half as much at random on top, so that desks that lost one
// receiver together do not come back together.
func (f *Feed) Run(ctx context.Context) error {
	if f.c.File != "" {
		file, err := os.Open(f.c.File)
		if err != nil {
			return fmt.Errorf("feed %s: couldn't open its file: %w", f.c.Name, err)
		}
		defer file.Close()
		f.connected(true, nil)
		err = f.Read(ctx, file)
		if why := err; why == nil {
			f.connected(false, ErrEnded)
		} else {
			f.connected(false, why)
		}
		return err
	}
	const first, most = time.Second, 30 * time.Second
	for pause := first; ctx.Err() == nil; {
		conn, err := f.c.Dial(ctx)
		if err == nil {
			f.c.Trace("feed " + f.c.Name + ": connected")
			f.connected(true, nil)
			before := f.Stats().Lines
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			err = f.Read(ctx, &patient{conn, f.c.Silence})
			stop()
			conn.Close()
			if err == nil {
				err = errors.New("the receiver closed the connection")
			}
			if f.Stats().Lines > before {
				pause = first
			}
		}
		if ctx.Err() != nil {
			break
		}
		f.connected(false, err)
		f.c.Trace(fmt.Sprintf("feed %s: %v; again in about %s", f.c.Name, err, pause))
		f.c.Wait(ctx, pause+rand.N(pause/2))
		pause = min(2*pause, most)
	}
	f.connected(false, nil)
	return ctx.Err()
}

// patient gives up on a connection that says nothing for too long: a receiver
// whose power was cut sends no FIN.
type patient struct {
	net.Conn
	silence time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.silence)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

// Read reads lines from r to its end (nil) or its first error. It does not
// close r.
func (f *Feed) Read(ctx context.Context, r io.Reader) error {
	br := bufio.NewReaderSize(r, MaxLine+2) // the longest line with CR LF
	for n := uint64(1); ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, long, err := nextLine(br)
		if err == nil || len(line) > 0 || long {
			f.line(ctx, n, line, long)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("couldn't read: %w", err)
		}
	}
}

// nextLine gives the next line without its end; long means it was passed over.
func nextLine(br *bufio.Reader) (line []byte, long bool, err error) {
	line, err = br.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = br.ReadSlice('\n')
		}
		return nil, true, err
	}
	line = bytes.TrimRight(line, "\r\n")
	return line, len(line) > MaxLine, err
}

func (f *Feed) line(ctx context.Context, n uint64, line []byte, long bool) {
	if !long && len(bytes.TrimSpace(line)) == 0 {
		return // receivers send empty lines to keep a connection open
	}
	f.count(func(s *Stats) { s.Lines++ })
	wrong := func(err error) {
		f.count(func(s *Stats) { s.Bad++; s.LastBad = fmt.Sprintf("line %d: %v", n, err) })
	}
	if long {
		f.count(func(s *Stats) { s.Overlong++ })
		wrong(fmt.Errorf("longer than %d bytes", MaxLine))
		return
	}
	m, err := ParseLine(line, f.c.Offset)
	if errors.Is(err, ErrOther) {
		f.count(func(s *Stats) { s.Other++ })
		return
	}
	if err != nil {
		wrong(err)
		return
	}
	if f.c.Now != nil && !f.timely(ctx, m) {
		return
	}
	rep, ok, err := f.asm.Add(m)
	switch {
	case errors.Is(err, ErrFull):
		f.count(func(s *Stats) { s.Full++; s.Refusal = err.Error() })
	case err != nil:
		wrong(err)
	case ok:
		f.count(func(s *Stats) { s.Reports++; s.LastHeard = max(s.LastHeard, rep.At) })
		f.c.Emit(rep)
	}
}

// timely refuses what is too far from the node's clock. A file's lines are held
// back until their time has come, so that a recorded evening plays at the rate
// of the node's clock.
func (f *Feed) timely(ctx context.Context, m Message) bool {
	now := f.c.Now()
	for f.c.File != "" && m.Generated > now && ctx.Err() == nil {
		f.c.Wait(ctx, 100*time.Millisecond)
		now = f.c.Now()
	}
	switch {
	case m.Generated > now.Add(track.MaxAhead):
		f.count(func(s *Stats) {
			s.Ahead++
			s.Refusal = fmt.Sprintf("a line says %s, ahead of our %s: mend utc_offset or one of the clocks", m.Generated, now)
		})
		return false
	case m.Generated < now.Add(-MaxBehind):
		f.count(func(s *Stats) {
			s.Behind++
			s.Refusal = fmt.Sprintf("a line says %s, more than %s before our %s: mend utc_offset or one of the clocks", m.Generated, MaxBehind, now)
		})
		return false
	}
	return true
}
