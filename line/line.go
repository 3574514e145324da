// Package line joins logbooks: one line, as one of its parties sees it.
//
// A line is a named group of parties that share a record. Every party writes
// two logbooks on it, urgent and routine, and keeps a copy of every logbook of
// the others. This package decides what is appended to our own logbooks, what
// is offered, asked for and handed over, what is stored of the others', what
// receipt is given, and what a peer did that cannot be.
//
// It is a core without clock, network or disk, after the manner of etcd's
// raft: its owner (the node's loop, one goroutine) calls Append, Connected,
// Step and Tick with bytes and instants, and gets an Out that says what to
// send, what has arrived and what to alarm about. The disk is a logbook.Store
// that it was given. Two rules hold at each return:
//
//   - Log first. Everything in Out follows from what is durable already: an
//     entry stands in Arrived, and a receipt or a checkpoint in Send, only
//     after the store has returned. A crash between the store and the Out
//     loses no more than messages, and the next hello makes up for them.
//   - A peer's fault is a finding, never an error: the others go on.
//
// How entries travel: our own fresh batches are pushed (inform) to each peer
// that is known to be level with us. Every other way is pulled: an offer, or a
// hello's heads, tells that there is more; the one behind asks (missing) for
// one bounded piece at a time; each piece is stored, receipted, and followed
// by the next question. All of it goes by logbook and not by sender, so any
// member can serve any member's logbook that it holds, and a party whose link
// to the author is down gets the author's entries from the third.
//
// Whoever stores a piece cosigns its checkpoint (the receipt: all entries up
// to it are durable here) and sends that to every connected peer. An author
// whose receipts do not come offers again at each retry; that is all the
// bookkeeping there is against loss, and it makes every message safe to lose,
// repeat, delay and reorder.
//
// The home line is a line whose only member is the party itself: the same
// code, no peers.
package line

import (
	"errors"
	"fmt"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Config is what a Line needs. Every field without a stated default is needed.
type Config struct {
	Self     party.ID     // which of the charter's parties we are
	Log      party.Signer // signs the checkpoints of our own logbooks
	Receipt  party.Signer // cosigns the others' checkpoints: "stored here"
	Node     party.Signer // seals the charter record, the machine's own statement
	Charters [][]byte     // accepted CharterRecords (MarshalCharterRecord), ascending revision from 0

	// Store opens the store of one logbook, creating it empty. The Line owns
	// what it is given, and closes it.
	Store func(logbook.ID) (logbook.Store, error)

	// Held names further logbooks that are on disk already: those of an
	// incarnation above 1. Nil where there are none.
	Held []logbook.ID

	// Replay, where not nil, is called during Open for every entry that the
	// stores hold, in log order, our own logbooks too, so that the node reads
	// its disk once. The slices are the callee's.
	Replay func(Arrived)

	Limits Limits // zero fields get their defaults
}

// Limits bound what a peer can make us do. They are hard: what lies beyond is
// refused and becomes a finding.
type Limits struct {
	BatchEntries int           // entries of one inform; default and most 512
	BatchBytes   int           // bytes of the entries of one inform; default and most 1 MiB
	Incarnations uint32        // of one party's logbook on one lane; default 4
	Window       int           // pushed batches without a receipt, per peer and log; default 8
	Useless      int           // messages per second and peer that bring nothing new; default 50, burst ten times that
	Retry        time.Duration // first wait for an answer or a receipt; doubles to 16 times; default 2 s
	Unanswered   int           // unanswered questions before a gap is found; default 5
	Fold         time.Duration // equal findings inside this time are one, with a count; default 10 min
	Proof        int           // bytes of one piece of proof; default and most 8192
}

func (l Limits) withDefaults() Limits {
	capInt := func(v *int, most int) {
		if *v <= 0 || *v > most {
			*v = most
		}
	}
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	capInt(&l.BatchEntries, 512)
	capInt(&l.BatchBytes, 1<<20)
	capInt(&l.Proof, 8192)
	def(&l.Window, 8)
	def(&l.Useless, 50)
	def(&l.Unanswered, 5)
	if l.Incarnations == 0 {
		l.Incarnations = 4
	}
	if l.Retry <= 0 {
		l.Retry = 2 * time.Second
	}
	if l.Fold <= 0 {
		l.Fold = 10 * time.Minute
	}
	return l
}

// Out is what a call asks of the Line's owner, in this order: Send, then
// Drop; Arrived, Receipted and Findings are news.
type Out struct {
	Send      []Send
	Arrived   []Arrived
	Receipted []Receipted
	Findings  []record.Finding
	Drop      []party.ID // close the connections to this peer, both lanes; it may dial again
	Charters  [][]byte   // CharterRecords adopted by this call: keep them for Config.Charters
}

// Send is one message for one peer, on the stream of its lane.
type Send struct {
	To   party.ID
	Lane record.Lane
	Msg  Message
}

// Arrived are entries that are durable here now, in log order. They are mostly
// others'; our own logbook appears when the Line itself wrote a charter record
// into it, or when a peer gave us back entries that our disk had lost.
type Arrived struct {
	Log    logbook.ID
	From   uint64 // index of the first
	Leaves [][]byte
}

// Receipted says that By durably holds the first Size entries of Log. It is
// given once for each size that is larger than the one before.
type Receipted struct {
	Log  logbook.ID
	Size uint64
	By   party.ID
}

// add appends all of o to out.
func (out *Out) add(o Out) {
	out.Send = append(out.Send, o.Send...)
	out.Arrived = append(out.Arrived, o.Arrived...)
	out.Receipted = append(out.Receipted, o.Receipted...)
	out.Findings = append(out.Findings, o.Findings...)
	out.Drop = append(out.Drop, o.Drop...)
	out.Charters = append(out.Charters, o.Charters...)
}

// Errors of Append. Everything else that Append returns is the store's.
var (
	// ErrClosed: our close record stands on this line; after it only received
	// records may follow, until an amended charter brings us back.
	ErrClosed = errors.New("we have closed this line")
	// ErrBehind: a peer has shown a checkpoint, signed by our own key, of more
	// entries than our disk holds: it was restored from an old copy. Nothing is
	// signed until the peers have given us back what is missing.
	ErrBehind = errors.New("our own logbook is behind what we once signed; waiting for a peer to return the missing entries")
	// ErrForked: a peer has shown a checkpoint, signed by our own key, that
	// cannot be true together with our logbook. Nothing is signed on it again.
	ErrForked = errors.New("our own logbook contradicts a checkpoint that we once signed")
	// ErrNotMember: the charter in force does not hold a card with our keys.
	ErrNotMember = errors.New("the charter in force does not hold our card with these keys")
)

// Line is one line as one party sees it. It is owned by one goroutine. After
// an error of a store the logbook concerned refuses everything until Mend, or
// the next Open, has read it again; Broken tells which.
type Line struct {
	cfg     Config
	lim     Limits
	id      record.LineID
	rosters []roster // accepted charters, ascending revision
	books   map[logbook.ID]*book
	peers   map[party.ID]*peer
	folds   map[foldKey]*fold
	met     map[met]bool
	now     utc.Time       // what waits run on: see clock
	said    utc.Time       // the instant that we were given last
	newest  utc.Time       // the newest one
	claimed map[met]uint64 // the largest size of our own logbook that a peer's last hello named
}

// Open builds the line from its charters and stores. A line that is new gets
// its first entry, the charter record, in both of our own logbooks; a charter
// that our logbooks do not hold yet (a crash came between) is appended now.
// Charters that stand in the stored logbooks but not in Config are adopted and
// appear in Charters. The error names the charter, key or store that failed.
func Open(cfg Config) (*Line, error) {
	l := &Line{
		cfg: cfg, lim: cfg.Limits.withDefaults(),
		books: map[logbook.ID]*book{}, peers: map[party.ID]*peer{}, folds: map[foldKey]*fold{}, met: map[met]bool{}, claimed: map[met]uint64{},
	}
	for name, s := range map[string]party.Signer{"Log": cfg.Log, "Receipt": cfg.Receipt, "Node": cfg.Node} {
		if s == nil {
			return nil, fmt.Errorf("couldn't open the line: Config.%s is nil", name)
		}
	}
	if cfg.Store == nil {
		return nil, errors.New("couldn't open the line: Config.Store is nil")
	}
	if err := l.open(); err != nil {
		l.Close()
		return nil, fmt.Errorf("couldn't open the line: %w", err)
	}
	return l, nil
}

func (l *Line) open() error {
	if len(l.cfg.Charters) == 0 {
		return errors.New("Config.Charters is empty: it starts with the charter that all have signed")
	}
	for i, cr := range l.cfg.Charters {
		if err := l.addCharter(cr); err != nil {
			return fmt.Errorf("charter %d: %w", i, err)
		}
	}
	if !l.everMember(l.cfg.Self) {
		return fmt.Errorf("%s is no party of line %s", l.cfg.Self, l.Name())
	}
	if err := l.openBooks(); err != nil {
		return err
	}
	_, err := l.settleOwn(l.cfg.Replay)
	return err
}

// ID is the line's: the SHA-256 of its first charter.
func (l *Line) ID() record.LineID { return l.id }

// Name is the one that the charter in force gives the line.
func (l *Line) Name() string { return l.Charter().Name }

// Self is the party whose view this is.
func (l *Line) Self() party.ID { return l.cfg.Self }

// met is a peer whose hello has come on a lane since Open.
type met struct {
	party party.ID
	lane  record.Lane
}

// Unheard names the members, ascending, that have not said hello on both lanes
// since Open, or whose hello named more entries of our own logbook than we
// hold while the signed checkpoint that shows them has not come yet. Until one
// has, nobody can have told us that our disk is an old copy: a node that was
// restored appends nothing while this holds all peers. A hello is not signed;
// a peer that only claims to hold more is in the way like one that is silent.
func (l *Line) Unheard() []party.ID {
	var out []party.ID
	for _, p := range l.Members() {
		if p != l.cfg.Self && !(l.heardOn(p, record.Urgent) && l.heardOn(p, record.Routine)) {
			out = append(out, p)
		}
	}
	return out
}

func (l *Line) heardOn(p party.ID, lane record.Lane) bool {
	b, m := l.own(lane), met{p, lane}
	return l.met[m] && (b == nil || l.claimed[m] <= max(b.log.Size(), b.ahead))
}

// Close closes the stores. The Line must not be used afterwards.
func (l *Line) Close() error {
	var errs []error
	for _, b := range l.books {
		errs = append(errs, b.store.Close())
	}
	l.books = map[logbook.ID]*book{}
	return errors.Join(errs...)
}
