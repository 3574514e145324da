package node

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"parley/alert"
	"parley/check"
	"parley/logbook"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/watch"
)

// reader owns what the records mean: the book, the checks, the engine, the
// tracks. It takes in what the loop has admitted, in the loop's order, before
// it does anything else; so whoever has seen a record become durable finds it
// in the next picture.
type reader struct {
	n    *Node
	work chan func()

	mu    sync.Mutex
	inbox []func() // from the loop
	hurry bool     // something in it must be looked at now
	wake  chan struct{}

	// Owned by run's goroutine; by Open before Run.
	book      *picture.Book
	engine    *watch.Engine
	conflicts map[string]check.Conflict
	byRecord  map[picture.ID]map[string]bool // conflict keys by the record they are about
	touched   map[picture.ID]bool            // records admitted since the last look
	events    []watch.Event                  // the engine's, since the last look
	checkedAt utc.Time
	sizes     map[heldLog]uint64 // entries of each logbook that are held
	received  map[covered]uint64 // up to which size each party has stated that it holds each logbook

	tracks      *tracks
	planned     map[string]picture.ID // the plan of ours that names a track
	resumed     map[string]bool       // tracks with an engine's alert from before a restart
	engineDirty bool                  // a notice or a plan has come since the engine got its volumes
}

func newReader(n *Node) *reader {
	r := &reader{
		n: n, work: make(chan func(), 256), wake: make(chan struct{}, 1),
		book:      picture.NewBook(n.cfg.Card.Party),
		conflicts: map[string]check.Conflict{}, byRecord: map[picture.ID]map[string]bool{}, touched: map[picture.ID]bool{},
		tracks: newTracks(), resumed: map[string]bool{}, received: map[covered]uint64{}, sizes: map[heldLog]uint64{},
	}
	r.engine = watch.NewEngine(watch.Config{Horizon: predictFor, Standing: r.standing})
	return r
}

// give hands the reader something to take in. It never waits. What is no hurry
// may be looked at together with what comes after it; see pause.
func (r *reader) give(f func(), hurry bool) {
	r.mu.Lock()
	r.inbox = append(r.inbox, f)
	r.hurry = r.hurry || hurry
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// take takes in all that the loop has given.
func (r *reader) take() {
	r.mu.Lock()
	in := r.inbox
	r.inbox, r.hurry = nil, false
	r.mu.Unlock()
	for _, f := range in {
		f()
	}
}

// pause is how many times as long as it took to look at what has come the reader
// leaves the processor to the loop before it looks again at what is no hurry:
// routine records that come by the thousand are looked at together. On a picture
// of a few hundred records that is less than a millisecond; mostPause is the most.
const (
	pause     = 9
	mostPause = 500 * time.Millisecond
)

func (r *reader) run(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	r.passTime()
	var again <-chan time.Time
	var rested time.Time // until then nothing that is no hurry is looked at
	look := func() {
		began := time.Now()
		r.settle()
		ended := time.Now()
		rested = ended.Add(min(pause*ended.Sub(began), mostPause))
	}
	for {
		select {
		case <-r.wake:
			r.mu.Lock()
			hurry := r.hurry
			r.mu.Unlock()
			if wait := time.Until(rested); wait > 0 && !hurry {
				if again == nil {
					again = time.After(wait)
				}
				continue
			}
			look()
		case <-again:
			again = nil
			look()
		case f := <-r.work:
			r.take()
			f()
			r.settle()
		case <-tick.C:
			r.passTime()
		case <-ctx.Done():
			return
		}
	}
}

// read runs f in the reader, with everything taken in, and waits for it.
// Never call it from the loop or the reader.
func (n *Node) read(ctx context.Context, f func(*reader)) error {
	ready := make(chan struct{})
	select {
	case n.reader.work <- func() { f(n.reader); close(ready) }:
	case <-n.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ready:
		return nil
	case <-n.done:
		return errStopped
	}
}

// now gives the picture of everything held.
func (r *reader) now() *picture.Picture { return r.book.Now(r.n.clock.Now()) }

// admitted takes in one leaf, and marks what has to be looked at again: the
// record itself, the one that it is about, and those that a received record
// says have now been received.
func (r *reader) admitted(l *seatLine, id picture.ID, h picture.Held) {
	r.book.Add(h)
	r.touched[id] = true
	own := heldLog{l.id, logKey{h.Ref.Party, h.Ref.Lane, h.Ref.Incarnation}}
	r.sizes[own] = max(r.sizes[own], h.Ref.Index+1)
	if h.Rec == nil {
		return
	}
	if h.Rec.Re != nil {
		r.touched[picture.FormatID(l.name, *h.Rec.Re)] = true
	}
	switch b := h.Rec.Body.(type) {
	case record.Notice, record.Plan:
		r.engineDirty = true
	case record.Received:
		for _, head := range b.Heads {
			// A party may claim to hold what nobody has written. Only what is
			// held here is looked at.
			log := logKey{head.Party, head.Lane, head.Incarnation}
			size := min(head.Size, r.sizes[heldLog{l.id, log}])
			k := covered{l.id, h.Ref.Party, log}
			if size <= r.received[k] {
				continue
			}
			for i := max(r.received[k], size-min(size, mostTouched)); i < size; i++ {
				r.touched[picture.FormatID(l.name, record.Ref{Party: head.Party, Lane: head.Lane, Incarnation: head.Incarnation, Index: i})] = true
			}
			r.received[k] = size
		}
	}
}

// covered names one logbook as one party holds it.
type covered struct {
	line record.LineID
	by   party.ID
	log  logKey
}

// heldLog names one logbook as it is held here.
type heldLog struct {
	line record.LineID
	log  logKey
}

// mostTouched bounds what one received record makes us look at; recheck finds
// the rest within a second.
const mostTouched = 4096

// settle brings everything that follows from new entries up to date. Alerts are
// records and may themselves be checked, so it goes round until nothing is new.
func (r *reader) settle() {
	for range 8 {
		r.take()
		if !r.examine() {
			return
		}
	}
}

// passTime re-examines what depends on the hour alone.
func (r *reader) passTime() {
	r.take()
	now := r.n.clock.Now()
	r.forgetTracks(now)
	r.events = append(r.events, r.engine.Tick(now)...)
	r.settle()
	if now.Sub(r.checkedAt) >= time.Second {
		r.recheck()
		r.settle()
	}
}

// examine runs the checks that new entries ask for and writes the alerts that
// follow. It reports whether anything was written.
func (r *reader) examine() bool {
	if len(r.touched) == 0 && len(r.events) == 0 {
		return false
	}
	p := r.now()
	if r.engineDirty {
		r.watchVolumes(p)
	}
	if len(r.touched) > 0 {
		ids := make([]picture.ID, 0, len(r.touched))
		for id := range r.touched {
			ids = append(ids, id)
			for key := range r.byRecord[id] {
				delete(r.conflicts, key)
			}
			delete(r.byRecord, id)
		}
		clear(r.touched)
		r.keep(check.Touching(p, ids))
	}
	return r.raise(p)
}

// keep remembers conflicts under their keys and under the records they are
// about, so that a touched record can be looked at again alone.
func (r *reader) keep(cs []check.Conflict) {
	for _, c := range cs {
		r.conflicts[c.Key] = c
		for _, id := range c.IDs {
			if r.byRecord[id] == nil {
				r.byRecord[id] = map[string]bool{}
			}
			r.byRecord[id][c.Key] = true
		}
	}
}

// recheck computes all conflicts from the definition: what depends on the hour
// alone (deadlines, windows) has no record that touches it.
func (r *reader) recheck() {
	p := r.now()
	r.checkedAt = p.Instant
	r.watchVolumes(p)
	clear(r.conflicts)
	clear(r.byRecord)
	r.keep(check.All(p))
	r.raise(p)
}

// raise has the loop append what package alert says is due, the most urgent
// first. It reports whether anything was. The drafts are sealed here and appended
// as batches: a peer that makes us raise a thousand alerts must not have the loop
// flush the disk a thousand times before it takes the next message.
func (r *reader) raise(p *picture.Picture) bool {
	cs := make([]check.Conflict, 0, len(r.conflicts))
	for _, c := range r.conflicts {
		cs = append(cs, c)
	}
	n := r.n
	drafts := alert.Raise(p, cs, r.events, n.home.clocks())
	if len(drafts) == 0 {
		r.events = r.events[:0]
		return false
	}
	slices.SortStableFunc(drafts, func(a, b alert.Draft) int { return cmp.Compare(a.Precedence, b.Precedence) })
	const again = "couldn't record an alert; the next look tries again"
	var leaves [][]byte
	for _, d := range drafts {
		leaf, _, err := n.seal(n.home, Draft{Precedence: d.Precedence, Lane: record.Urgent, about: d.Re, Body: d.Body}, n.cfg.Keys.Node)
		if err != nil {
			n.cfg.Logger.Error(again, "err", err)
			continue
		}
		leaves = append(leaves, leaf)
	}
	written, whole := false, len(leaves) == len(drafts)
	for batch := range slices.Chunk(leaves, logbook.MaxBatchEntries) { // the loop does other work between
		if err := n.do(context.Background(), func() {
			refs, err := n.appendOwn(n.home, record.Urgent, batch)
			if err != nil {
				n.cfg.Logger.Error(again, "err", err)
				whole = false
			}
			written = written || len(refs) > 0
		}); err != nil {
			return false
		}
	}
	if whole { // the engine says a thing once: what is not on the disk yet is kept
		r.events = r.events[:0]
	}
	n.subs.tell(Event{What: "alerts"})
	return written
}
