package line

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// peer is another member while it is connected on at least one lane.
type peer struct {
	lanes   [3]laneState // by record.Lane
	tokens  float64      // for messages that bring nothing new
	filled  utc.Time
	rev     uint32 // the charter's revision that its newest message goes by
	strikes int    // wrong signatures since it connected
}

type laneState struct {
	up       bool
	greeted  bool     // its hello has come
	helloDue utc.Time // until then we wait for it before we say ours again
	wait     time.Duration
}

// seen is what we know of one peer's copy of one logbook.
type seen struct {
	has     uint64        // entries it says it holds
	sent    uint64        // entries we have sent it, hoping; at least has
	flying  int           // informs on the way, without a receipt
	offered uint64        // the largest size that we have told it of
	served  uint64        // the largest size that we have given it because it asked
	due     utc.Time      // when to offer again; 0: nothing is open
	wait    time.Duration // … and how long the next time
	claims  uint64        // the size that it offers to us
	claim   []byte        // … and the note it offers, verified
	missed  int           // questions it has left unanswered
	direct  uint64        // its own logbook: the size it has itself shown us, on any connection
}

// question is the one request that we have open on a logbook.
type question struct {
	to   party.ID // "": none is open
	from uint64
	n    uint64 // counts requests; never reused while the Line lives
	due  utc.Time
	wait time.Duration
}

func (b *book) seen(p party.ID) *seen {
	s := b.heard[p]
	if s == nil {
		s = &seen{}
		b.heard[p] = s
	}
	return s
}

// peerIDs gives the connected peers in a fixed order.
func (l *Line) peerIDs() []party.ID {
	ids := make([]party.ID, 0, len(l.peers))
	for id := range l.peers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// laneBooks gives the logbooks of a lane in a fixed order.
func (l *Line) laneBooks(lane record.Lane) []*book {
	var out []*book
	for _, id := range l.logIDs() {
		if id.Lane == lane {
			out = append(out, l.books[id])
		}
	}
	return out
}

// greeted reports whether p is connected on the lane and has said hello.
func (l *Line) greeted(p party.ID, lane record.Lane) bool {
	pr := l.peers[p]
	return pr != nil && pr.lanes[lane].greeted
}

// Connected says that a carrier has a connection to the peer on a lane, and
// gives our hello. A connection that was open before on this lane counts as
// closed.
func (l *Line) Connected(p party.ID, lane record.Lane, now utc.Time) Out {
	l.clock(now)
	var out Out
	if lane != record.Urgent && lane != record.Routine {
		return out
	}
	if _, ok := l.Card(p); !ok || p == l.cfg.Self {
		out.Drop = append(out.Drop, p)
		return out
	}
	out.add(l.Disconnected(p, lane))
	pr := l.peers[p]
	if pr == nil {
		pr = &peer{tokens: float64(10 * l.lim.Useless), filled: l.now}
		l.peers[p] = pr
	}
	pr.lanes[lane] = laneState{up: true, wait: l.lim.Retry, helloDue: l.now.Add(l.lim.Retry)}
	out.Send = append(out.Send, l.hello(p, lane))
	return out
}

// Disconnected says that the connection on a lane is gone. Questions that were
// open there go to another peer that offers the same.
func (l *Line) Disconnected(p party.ID, lane record.Lane) Out {
	var out Out
	pr := l.peers[p]
	if pr == nil || lane != record.Urgent && lane != record.Routine || !pr.lanes[lane].up {
		return out
	}
	pr.lanes[lane] = laneState{}
	if !pr.lanes[record.Urgent].up && !pr.lanes[record.Routine].up {
		delete(l.peers, p)
	}
	for _, b := range l.laneBooks(lane) {
		b.forget(p)
		l.ask(b, &out)
	}
	return out
}

// forget drops what a lost connection had open; what the peer once showed us
// of its own logbook stays, for a roll-back is seen by it.
func (b *book) forget(p party.ID) {
	if s := b.heard[p]; s != nil {
		b.heard[p] = &seen{direct: s.direct}
	}
	if b.ask.to == p {
		b.ask = question{n: b.ask.n}
	}
}

func (l *Line) hello(p party.ID, lane record.Lane) Send {
	h := Hello{Version: Version, Line: l.id, Party: l.cfg.Self, Lane: lane,
		Revision: l.Charter().Revision, Heard: l.greeted(p, lane), Now: l.newest}
	for _, b := range l.laneBooks(lane) {
		if b.log.Size() > 0 && len(h.Heads) < maxHeads {
			h.Heads = append(h.Heads, b.log.Head())
		}
	}
	return Send{To: p, Lane: lane, Msg: h}
}

// clock takes a new instant. What we state to others bears the newest that we
// were given, l.newest: a clock that is set back does not undo it. Waits run on
// l.now, which goes forward by as much as the clock does between two calls and
// stands still where it is set back: otherwise a clock set back by an hour
// would keep us from repeating anything for an hour.
func (l *Line) clock(now utc.Time) {
	switch {
	case l.said == 0:
		l.now = now
	case now > l.said:
		l.now = l.now.Add(now.Sub(l.said))
	}
	l.said, l.newest = now, max(l.newest, now)
}

// arm starts the wait after which an offer is repeated, unless it runs.
func (l *Line) arm(s *seen) {
	if s.due == 0 {
		s.wait = l.lim.Retry
		s.due = l.now.Add(s.wait)
	}
}

// longer doubles a wait, to at most sixteen times the first.
func (l *Line) longer(d time.Duration) time.Duration { return min(2*d, 16*l.lim.Retry) }

// useless charges the peer for a message that brought nothing new. A peer that
// sends nothing else for long is dropped: a finding, and its connection.
func (l *Line) useless(p party.ID, out *Out) { l.charge(p, 1, out) }

// charge is useless with a price: a message that costs us next to nothing, and
// that honest peers repeat, such as a receipt, pays a part of a token.
func (l *Line) charge(p party.ID, price float64, out *Out) {
	pr := l.peers[p]
	if pr == nil {
		return
	}
	rate := float64(l.lim.Useless)
	pr.tokens = min(10*rate, pr.tokens+rate*l.now.Sub(pr.filled).Seconds())
	pr.filled = l.now
	if pr.tokens -= price; pr.tokens >= 0 {
		return
	}
	l.find(out, record.Finding{What: record.FindingProtocol, Party: p,
		Text: fmt.Sprintf("%s floods the line: more than %d messages a second that bring nothing new", p, l.lim.Useless)})
	l.drop(p, out)
}

// drop hangs up on a peer. It may come back; the carrier's back-off sets when.
func (l *Line) drop(p party.ID, out *Out) {
	if l.peers[p] == nil {
		return
	}
	for _, lane := range lanes {
		out.add(l.Disconnected(p, lane))
	}
	out.Drop = append(out.Drop, p)
}

// Tick repeats what has had no answer: our hello, questions, offers; and gives
// the count of folded findings. Call it every few hundred milliseconds.
func (l *Line) Tick(now utc.Time) Out {
	l.clock(now)
	var out Out
	for _, p := range l.peerIDs() {
		for _, lane := range lanes {
			if st := &l.peers[p].lanes[lane]; st.up && !st.greeted && l.now >= st.helloDue {
				st.wait = l.longer(st.wait)
				st.helloDue = l.now.Add(st.wait)
				out.Send = append(out.Send, l.hello(p, lane))
			}
		}
	}
	for _, id := range l.logIDs() {
		b := l.books[id]
		l.tickQuestion(b, &out)
		for _, p := range l.peerIDs() {
			l.tickOffer(b, p, &out)
		}
	}
	l.unfold(&out)
	return out
}

// tickQuestion gives up on an answer that did not come and asks the next.
func (l *Line) tickQuestion(b *book, out *Out) {
	q := b.ask
	if q.to == "" || l.now < q.due {
		return
	}
	s := b.seen(q.to)
	b.ask = question{n: q.n, wait: l.longer(q.wait)}
	if s.missed++; s.missed >= l.lim.Unanswered {
		l.find(out, record.Finding{What: record.FindingGap, Party: q.to, Lane: b.id.Lane, Proof: [][]byte{s.claim},
			Text: fmt.Sprintf("%s offers %s up to %d but did not give the entries from %d on, asked %d times",
				q.to, b.id, s.claims, q.from, s.missed)})
		s.claims, s.claim, s.missed = 0, nil, 0 // until it offers again
	}
	l.ask(b, out)
}

// tickOffer repeats an offer to a peer whose receipt has not come: the batch,
// or the receipt, was lost. For others' logbooks the same rule makes us a
// relay, and only where the author did not get through in time.
func (l *Line) tickOffer(b *book, p party.ID, out *Out) {
	s := b.seen(p)
	if !l.greeted(p, b.id.Lane) || s.has >= b.log.Size() && l.proved(b, p) {
		s.due = 0
		return
	}
	if s.due == 0 {
		l.arm(s)
		return
	}
	if l.now < s.due {
		return
	}
	s.wait = l.longer(s.wait)
	s.due = l.now.Add(s.wait)
	s.sent, s.flying = s.has, 0
	l.offer(b, p, out)
}

// proved reports whether we need no receipt from the peer for this logbook: it
// is not ours, or the receipt for all of it has come and has verified.
func (l *Line) proved(b *book, p party.ID) bool {
	return b.id.Party != l.cfg.Self || b.log.Receipts()[logbook.MirrorName(p)] >= b.log.Size()
}

// offer tells a peer how far our copy of a logbook has come; or, where an
// amendment lies between, how far up to the batch that holds it: that one is
// signed by a key that the peer knows, and brings the next.
func (l *Line) offer(b *book, p party.ID, out *Out) {
	s := b.seen(p)
	size, note := b.log.Size(), b.log.Note()
	if mk, ok := b.nextMark(s.has); ok {
		if at, err := b.log.NotesFrom(mk.index+1, 1); err == nil && len(at) == 1 {
			size, note = at[0].Size, at[0].Note
		}
	}
	s.offered = size
	l.arm(s)
	out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane, Msg: Offer{Log: refOf(b.id), Note: note, Revision: l.Charter().Revision}})
}

// find gives a finding, or folds it into an equal one of a moment ago.
func (l *Line) find(out *Out, f record.Finding) {
	f.Line = l.id
	for i, p := range f.Proof {
		f.Proof[i] = p[:min(len(p), l.lim.Proof)]
	}
	f.Proof = slices.DeleteFunc(f.Proof, func(p []byte) bool { return len(p) == 0 })
	f.Text = cut(f.Text, 500)
	k := foldKey{f.What, f.Party, f.Lane}
	if have := l.folds[k]; have != nil {
		have.more++
		have.last = f
		return
	}
	l.folds[k] = &fold{since: l.now}
	out.Findings = append(out.Findings, f)
}

// cut makes a text that may quote a peer fit for a record: at most n bytes, and
// nothing in it that a record refuses.
func cut(s string, n int) string { return party.Clean(s, n) }

// foldKey makes findings equal: the same fault of the same party on a lane.
type foldKey struct {
	what  string
	party party.ID
	lane  record.Lane
}

type fold struct {
	since utc.Time
	more  int
	last  record.Finding
}

// unfold gives each finding that has repeated once more, with its count.
func (l *Line) unfold(out *Out) {
	for k, f := range l.folds {
		if l.now.Sub(f.since) < l.lim.Fold {
			continue
		}
		if f.more == 0 {
			delete(l.folds, k)
			continue
		}
		f.last.Text = cut(fmt.Sprintf("%d more times in %s: %s", f.more, l.lim.Fold, f.last.Text), 500)
		out.Findings = append(out.Findings, f.last)
		*f = fold{since: l.now}
	}
	slices.SortStableFunc(out.Findings, func(a, b record.Finding) int {
		return strings.Compare(a.What+"\x00"+string(a.Party), b.What+"\x00"+string(b.Party))
	})
}
