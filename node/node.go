// Package node is one party's seat: it orders what happens there.
//
// Everything goes one way:
//
//	draft or message → logbook (durable) → door (record.Open) → picture → check, watch → alert → home line
//
// and each new leaf, ours or theirs, from an officer, a peer or this machine
// itself, goes through the same door (door.go). Two goroutines share the work.
// The loop (loop.go) owns the lines: it appends, stores, gives receipts and
// opens what came. The reader (reader.go) owns what it means: the book, the
// engine, the conflicts, the tracks. The loop hands the reader what it has
// admitted and never waits for it, so that no amount of checking holds up a
// receipt; the reader hands the loop the alerts to append, and waits.
//
// What costs time and needs no order is done before the loop: officers'
// signatures are made by the caller (say.go), peers' signatures are verified in
// the goroutine of their connection (precheck in door.go).
//
// The node opens no socket and no file. Whoever builds it (cmd/parley) gives it
// stores and a carrier.
//
// It is also the only package of the core that reads a clock (clock.go): the
// machine's for retries and for real lines, a stepped or scaled one for
// exercises.
//
// What a crash leaves: logs whose heads are signed and durable, nothing else.
// The book, the engine and the open alerts are rebuilt from them by Open; raw
// tracks come anew from the feed. A receipt that we did not send is sent when
// the peer next says hello. A Received record that we did not write is written
// after Open (door.go: writeReceived).
package node

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/track"
	"parley/utc"
)

// Logger takes what the operator should read; *slog.Logger is one.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

// Keys are the machine's own secrets; officers' keys come by SignOn.
type Keys struct {
	Log     party.Signer // checkpoints
	Receipt party.Signer // cosignatures of others' checkpoints
	Node    party.Signer // the machine's own records
}

// Carrier carries messages to the other members. Send never blocks; what it
// cannot carry is dropped, and the line core asks again.
type Carrier interface {
	Send(id record.LineID, lane record.Lane, to party.ID, m line.Message)
	Drop(id record.LineID, peer party.ID, why string)
	Links(id record.LineID) []PeerStatus
	Open(charters [][]byte) // a line is there, or its charter was amended; the newest CharterRecord last
}

// Config says whose seat this is and where it keeps what it holds.
type Config struct {
	Card    party.Card
	Keys    Keys
	Home    []byte     // the home line's first CharterRecord
	Amended [][]byte   // the home line's amendments, ascending revision
	Lines   [][][]byte // each line's accepted CharterRecords, ascending revision
	Store   func(logbook.ID) (logbook.Store, error)
	Carrier Carrier   // nil: alone
	Random  io.Reader // salts; crypto/rand.Reader
	Logger  Logger
	Version string
	// StepClock starts with a clock that stands still at this instant; exercise
	// lines only.
	StepClock utc.Time
	// Adopted is told each charter in force, so that it can be kept as a file
	// beside the logs (which hold it too).
	Adopted func(line string, revision uint32, charterRecord []byte)
	// Recorded is called with every raw track report before it is used; the
	// recorder's closed minutes come back by RecordMinute.
	Recorded func([]track.Report, utc.Time) error
	// Receipted is told in the loop, so it must not wait, that a member's
	// verified receipt covers our logbook of a lane up to size entries.
	Receipted func(line string, lane record.Lane, by party.ID, size uint64)
}

// Node is one party's seat. Make it with Open, run it with Run.
type Node struct {
	cfg   Config
	clock *clock

	work   chan func()   // for the loop, in order
	sealed chan *voice   // for proveOwn
	done   chan struct{} // closed when Run has returned
	voices []*voice      // the loop's: waiting for speak
	reader *reader

	mu       sync.RWMutex                // guards what callers read without the loop
	lines    map[record.LineID]*seatLine // written by the loop
	names    map[string]*seatLine
	home     *seatLine
	officers map[string]party.Signer     // signed on
	records  map[picture.ID]admitted     // every record held, by name
	kept     map[record.Hash]record.Kept // origins of our relays, by commitment, from the home line

	verified sync.Map // leaf hash → checked, by preverify, taken by the loop

	subs subscribers
}

// seatLine is one line at this seat. The Line itself is the loop's; face is
// what callers may read at any time.
type seatLine struct {
	*line.Line
	id   record.LineID
	name string
	home bool
	face atomic.Pointer[face]

	charters     []record.Charter                    // every revision in force so far
	owes         map[record.Lane]bool                // others' entries were stored and no Received record covers them yet
	receivedAt   time.Time                           // the newest Received record in the routine lane
	receiptedFor map[party.ID]map[record.Lane]uint64 // highest size each member holds of ours

	flights []uint64  // ends of the newest batches of our routine log that no receipt covers, oldest first; see holdBack
	landed  time.Time // when a receipt last covered one

	failing  atomic.Bool // a log of it is broken; see mend
	mendAt   utc.Time    // not before this instant
	mendWait time.Duration
}

// face is a snapshot of a line for those outside the loop.
type face struct {
	charters []record.Charter // every revision accepted here
	heads    []record.Head    // of the others, newest held
	closed   bool
	exercise bool
}

// Open builds the seat from what the stores hold. When it returns, the picture
// is complete and nothing has been said yet.
func Open(cfg Config) (*Node, error) {
	if cfg.Logger == nil {
		cfg.Logger = silent{}
	}
	if cfg.Store == nil || cfg.Random == nil || cfg.Keys.Log == nil || cfg.Keys.Node == nil || cfg.Keys.Receipt == nil {
		return nil, errors.New("couldn't open the node: Config needs Store, Random and the three keys")
	}
	n := &Node{
		cfg: cfg, clock: newClock(),
		work: make(chan func(), 4096), sealed: make(chan *voice, logbook.MaxBatchEntries), done: make(chan struct{}),
		lines: map[record.LineID]*seatLine{}, names: map[string]*seatLine{},
		officers: map[string]party.Signer{}, records: map[picture.ID]admitted{}, kept: map[record.Hash]record.Kept{},
	}
	n.reader = newReader(n)
	if !cfg.StepClock.IsZero() {
		if err := n.clock.step(cfg.StepClock); err != nil {
			return nil, err
		}
	}
	if err := n.openLine(append([][]byte{cfg.Home}, cfg.Amended...)); err != nil {
		return nil, fmt.Errorf("couldn't open the home line: %w", err)
	}
	for _, charters := range cfg.Lines {
		if err := n.openLine(charters); err != nil {
			n.closeLines()
			return nil, fmt.Errorf("couldn't open a line: %w", err)
		}
	}
	if !cfg.StepClock.IsZero() {
		if err := n.exerciseOnly(); err != nil {
			n.closeLines()
			return nil, err
		}
	}
	n.reader.resume()
	return n, nil
}

var errStopped = errors.New("the node has stopped")

func (n *Node) closeLines() {
	for _, l := range n.lines {
		if err := l.Close(); err != nil {
			n.cfg.Logger.Error("couldn't close a line's logs", "line", l.name, "err", err)
		}
	}
}

// byID finds a line from any goroutine.
func (n *Node) byID(id record.LineID) *seatLine {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.lines[id]
}

type silent struct{}

func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
