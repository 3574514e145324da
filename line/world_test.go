package line

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// tb is what a testing.T and a rapid.T have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// epoch is when every story here begins.
const epoch utc.Time = 1537209000000 // 2018-09-17T18:30:00Z

// signer makes the same key at each run from a name.
func signer(name string) party.Signer { return party.NewSigner(sha256.Sum256([]byte(name))) }

// cardFor is the party's card; gen changes its keys.
func cardFor(p party.ID, gen string) party.Card {
	k := func(what string) party.Key { return signer(string(p) + what + gen).Public() }
	return party.Card{Party: p, Name: "party " + string(p), Log: k("log"), Receipt: k("receipt"), Node: k("node"), Link: k("link"),
		Officers: []party.Officer{{ID: "chief", Name: "Chief", Roles: []party.Role{party.Chief, party.Duty}, Key: k("chief")}}}
}

func keysFor(p party.ID, gen string) Keys {
	return Keys{Log: signer(string(p) + "log" + gen), Receipt: signer(string(p) + "receipt" + gen), Node: signer(string(p) + "node" + gen)}
}

// founded gives the first charter of a line among the parties, signed by all.
func founded(t tb, name string, ids ...party.ID) record.CharterRecord {
	t.Helper()
	var cards []party.Card
	for _, p := range ids {
		cards = append(cards, cardFor(p, ""))
	}
	c, err := NewCharter(name, cards, CharterOptions{Exercise: true, Home: len(ids) == 1, Phrases: record.Hash{1}, Made: epoch - 3600_000, Nonce: record.Nonce{1}})
	if err != nil {
		t.Fatal(err)
	}
	return signedBy(t, Proposal{Charter: c}, "", ids...)
}

// signedBy lets a chief of each party sign, and completes.
func signedBy(t tb, p Proposal, gen string, ids ...party.ID) record.CharterRecord {
	t.Helper()
	c, err := record.ParseCharter(p.Charter)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		card, _ := cardOf(c, id)
		if p, err = Sign(p, card, signer(string(id)+"chief"+gen)); err != nil {
			t.Fatal(err)
		}
	}
	cr, _, err := Complete(p)
	if err != nil {
		t.Fatal(err)
	}
	return cr
}

func rawOf(t tb, cr record.CharterRecord) []byte {
	t.Helper()
	b, err := MarshalCharterRecord(cr)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// disk is a store that can lose power at its next durable write: before the
// write is done, or after it is done and before anybody hears of it.
type disk struct {
	*logbook.Memory
	p *power
}

// power is one party's; when it is cut, every write fails until reopened.
type power struct {
	fail int    // durable writes until it is cut; 0: it is not
	form string // "before" or "after"
	off  bool
}

var errPower = errors.New("the power is cut")

func (p *power) write(do func() error) error {
	if p.off {
		return errPower
	}
	if p.fail > 0 {
		if p.fail--; p.fail == 0 {
			p.off = true
			if p.form == "after" {
				if err := do(); err != nil {
					return err
				}
			}
			return errPower
		}
	}
	return do()
}

func (d disk) Append(b logbook.Batch) error {
	return d.p.write(func() error { return d.Memory.Append(b) })
}
func (d disk) AddNote(size uint64, note []byte) error {
	return d.p.write(func() error { return d.Memory.AddNote(size, note) })
}

// seat is one party in a world.
type seat struct {
	id       party.ID
	keys     Keys
	charters [][]byte
	disks    map[logbook.ID]*logbook.Memory
	power    *power
	line     *Line // nil: down
	acked    map[record.Ref]bool
	n        int // records composed
	arrived  map[logbook.ID]uint64
}

type route struct {
	from, to party.ID
	lane     record.Lane
}

// world is several parties of one line, and the queues between them.
type world struct {
	t        tb
	now      utc.Time
	charter  record.CharterRecord
	ids      []party.ID
	seats    map[party.ID]*seat
	queues   map[route][][]byte
	up       map[route]bool
	log      strings.Builder // the transcript
	quiet    bool            // writes no transcript
	findings []record.Finding
	drops    int
	limits   Limits
}

func newWorld(t tb, ids ...party.ID) *world {
	t.Helper()
	w := &world{t: t, now: epoch, ids: ids, seats: map[party.ID]*seat{}, queues: map[route][][]byte{}, up: map[route]bool{}}
	w.charter = founded(t, lineName(ids), ids...)
	for _, p := range ids {
		w.seats[p] = &seat{id: p, keys: keysFor(p, ""), charters: [][]byte{rawOf(t, w.charter)},
			disks: map[logbook.ID]*logbook.Memory{}, power: &power{}, acked: map[record.Ref]bool{}, arrived: map[logbook.ID]uint64{}}
		w.open(p)
	}
	return w
}

func lineName(ids []party.ID) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return strings.Join(s, "-")
}

func (w *world) say(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.log, "  "+format+"\n", args...)
	}
}

// open starts a party's line from its disks, as after a power cut.
func (w *world) open(p party.ID) error {
	s := w.seats[p]
	s.power.off, s.power.fail = false, 0
	s.arrived = map[logbook.ID]uint64{}
	l, err := Open(Config{Self: p, Log: s.keys.Log, Receipt: s.keys.Receipt, Node: s.keys.Node, Charters: s.charters, Limits: w.limits,
		Store: func(id logbook.ID) (logbook.Store, error) {
			if s.disks[id] == nil {
				s.disks[id] = logbook.NewMemory()
			}
			return disk{s.disks[id], s.power}, nil
		},
		Replay: func(a Arrived) { s.take(w.t, a) }})
	if err != nil {
		w.say("%s does not open: %v", p, err)
		return err
	}
	s.line = l
	w.say("%s opens %s", p, w.heads(p))
	return nil
}

// take checks that what the Line reports of a log is without gap or repeat.
func (s *seat) take(t tb, a Arrived) {
	if a.From != s.arrived[a.Log] && a.Log.Party != s.id {
		t.Errorf("%s is told of %s from %d, it knows %d", s.id, a.Log, a.From, s.arrived[a.Log])
	}
	s.arrived[a.Log] = a.From + uint64(len(a.Leaves))
}

func (w *world) heads(p party.ID) string {
	var out []string
	l := w.seats[p].line
	for _, id := range l.Logs() {
		if n := l.Log(id).Size(); n > 0 {
			out = append(out, fmt.Sprintf("%s:%d", id, n))
		}
	}
	return strings.Join(out, " ")
}

// handle does what an Out asks; it is the node of these tests.
func (w *world) handle(p party.ID, out Out) {
	s := w.seats[p]
	for _, x := range out.Send {
		b, err := MarshalMessage(x.Msg)
		if err != nil {
			w.t.Fatalf("%s sends what cannot be encoded: %v", p, err)
		}
		r := route{p, x.To, x.Lane}
		if w.up[r] {
			w.queues[r] = append(w.queues[r], b)
		}
	}
	for _, a := range out.Arrived {
		s.take(w.t, a)
		w.say("%s stores %s %d..%d", p, a.Log, a.From, a.From+uint64(len(a.Leaves))-1)
	}
	for _, r := range out.Receipted {
		w.say("%s has the receipt of %s for %s up to %d", p, r.By, r.Log, r.Size)
	}
	for _, f := range out.Findings {
		w.findings = append(w.findings, f)
		if err := f.Validate(); err != nil {
			w.t.Errorf("%s gives a finding that is none: %v", p, err)
		}
		w.say("%s finds %s by %s: %s", p, f.What, f.Party, f.Text)
	}
	for _, raw := range out.Charters {
		s.charters = append(s.charters, raw)
		w.say("%s adopts charter revision %d", p, s.line.Charter().Revision)
	}
	for _, d := range out.Drop {
		w.drops++
		w.say("%s hangs up on %s", p, d)
		w.cut(p, d)
	}
	if s.power.off {
		w.crashed(p)
	}
}

// crashed takes a party down after its power was cut.
func (w *world) crashed(p party.ID) {
	w.say("%s crashes", p)
	w.seats[p].line = nil
	for _, q := range w.ids {
		if q != p {
			w.cut(p, q)
		}
	}
}

// connect brings both lanes between two parties up.
func (w *world) connect(a, b party.ID) {
	if w.seats[a].line == nil || w.seats[b].line == nil {
		return
	}
	for _, lane := range lanes {
		if w.up[route{a, b, lane}] {
			continue
		}
		w.up[route{a, b, lane}], w.up[route{b, a, lane}] = true, true
		w.handle(a, w.seats[a].line.Connected(b, lane, w.now))
		if l := w.seats[b].line; l != nil {
			w.handle(b, l.Connected(a, lane, w.now))
		}
	}
}

// cut takes both lanes down and loses what is on the way.
func (w *world) cut(a, b party.ID) {
	for _, lane := range lanes {
		for _, r := range []route{{a, b, lane}, {b, a, lane}} {
			if !w.up[r] {
				continue
			}
			delete(w.up, r)
			delete(w.queues, r)
			if l := w.seats[r.from].line; l != nil {
				w.handle(r.from, l.Disconnected(r.to, lane))
			}
		}
	}
}

// compose seals n records of about size bytes of the party's chief.
func (w *world) compose(p party.ID, lane record.Lane, n, size int) [][]byte {
	s := w.seats[p]
	gen := ""
	if c, _ := cardOf(s.line.Charter(), p); c.Log != cardFor(p, "").Log {
		gen = "2"
	}
	var leaves [][]byte
	for range n {
		s.n++
		text := fmt.Sprintf("record %d of %s", s.n, p)
		text += strings.Repeat(".", max(0, size-len(text)))
		leaf, err := record.Seal(record.Envelope{Line: s.line.ID(), Party: p, Lane: lane, Officer: "chief", Composed: w.now,
			Precedence: record.Ordinary, Exercise: true}, record.Say{Text: text, Lang: "en"}, signer(string(p)+"chief"+gen))
		if err != nil {
			w.t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	return leaves
}

func (w *world) append(p party.ID, lane record.Lane, leaves [][]byte) error {
	s := w.seats[p]
	refs, out, err := s.line.Append(lane, leaves)
	for _, r := range refs {
		s.acked[r] = true
	}
	if err != nil {
		w.say("%s cannot append: %v", p, err)
	} else {
		w.say("%s appends %s %d..%d", p, laneWord(lane), refs[0].Index, refs[len(refs)-1].Index)
	}
	w.handle(p, out)
	return err
}

func laneWord(l record.Lane) string {
	return map[record.Lane]string{record.Urgent: "urgent", record.Routine: "routine"}[l]
}

// one delivers the message at index i of a queue, and takes it out unless it
// is to be repeated.
func (w *world) one(r route, i int, keep bool) {
	q := w.queues[r]
	b := q[i]
	if !keep {
		w.queues[r] = slices.Delete(slices.Clone(q), i, i+1)
	}
	m, err := ParseMessage(b)
	if err != nil {
		w.t.Fatalf("%s sent what cannot be parsed: %v", r.from, err)
	}
	w.say("%s → %s %s %s (%d B)", r.from, r.to, laneWord(r.lane), describe(m), len(b))
	if l := w.seats[r.to].line; l != nil {
		w.handle(r.to, l.Step(r.from, m, w.now))
	}
}

// routes gives the queues that hold something, in a fixed order.
func (w *world) routes() []route {
	var out []route
	for r, q := range w.queues {
		if len(q) > 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b route) int {
		return strings.Compare(fmt.Sprint(a.lane, a.from, a.to), fmt.Sprint(b.lane, b.from, b.to))
	})
	return out
}

// deliver passes on everything, in order, until nothing is on the way.
func (w *world) deliver() {
	for range 100000 {
		rs := w.routes()
		if len(rs) == 0 {
			return
		}
		for _, r := range rs {
			if len(w.queues[r]) > 0 {
				w.one(r, 0, false)
			}
		}
	}
	w.t.Fatal("the parties never fall silent")
}

func (w *world) tick(d time.Duration) {
	w.now = w.now.Add(d)
	for _, p := range w.ids {
		if l := w.seats[p].line; l != nil {
			w.handle(p, l.Tick(w.now))
		}
	}
}

// heal opens, connects and delivers until every copy should be equal.
func (w *world) heal() {
	for _, p := range w.ids {
		if w.seats[p].line == nil {
			if err := w.open(p); err != nil {
				w.t.Fatalf("%s does not open: %v", p, err)
			}
		}
		w.seats[p].power.fail = 0
	}
	for range 3 {
		for i, a := range w.ids {
			for _, b := range w.ids[i+1:] {
				w.connect(a, b)
			}
		}
		w.deliver()
		for range 8 {
			w.tick(40 * time.Second)
			w.deliver()
		}
	}
}

// check holds the world against what a line promises once it is healed.
func (w *world) check() {
	w.t.Helper()
	for _, a := range w.ids {
		for id := range w.seats[a].acked {
			leaf, err := w.seats[a].line.Log(logbook.ID{Line: w.seats[a].line.ID(), Party: a, Lane: id.Lane, Incarnation: 1}).EntryRange(id.Index, id.Index+1, 1<<20)
			if err != nil || record.LeafHash(leaf[0]) != id.Leaf {
				w.t.Errorf("%s has lost acknowledged record %v: %v", a, id, err)
			}
		}
		for _, lane := range lanes {
			id := logbook.ID{Line: w.seats[a].line.ID(), Party: a, Lane: lane, Incarnation: 1}
			ours := w.seats[a].line.Log(id)
			for _, b := range w.ids {
				if b == a {
					continue
				}
				if got, want := w.seats[b].line.Log(id).Head(), ours.Head(); got != want {
					w.t.Errorf("%s's copy of %s is %d %v, the author has %d %v", b, id, got.Size, got.Root, want.Size, want.Root)
				}
				if got := w.seats[a].line.Receipts(id)[b]; got != ours.Size() {
					w.t.Errorf("%s holds %s's receipt for %s up to %d of %d", a, b, id, got, ours.Size())
				}
				if n := w.seats[b].arrived[id]; n != ours.Size() {
					w.t.Errorf("%s was told of %d entries of %s, there are %d", b, n, id, ours.Size())
				}
			}
		}
	}
}

// describe writes a message for a transcript.
func describe(m Message) string {
	log := func(r LogRef) string {
		return logbook.ID{Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}.String()
	}
	size := func(note []byte) string {
		c, err := logbook.ParseCheckpoint(note)
		if err != nil {
			return "bad note"
		}
		return fmt.Sprintf("checkpoint %d", c.Size)
	}
	switch m := m.(type) {
	case Hello:
		var heads []string
		for _, h := range m.Heads {
			heads = append(heads, fmt.Sprintf("%s:%d", h.Party, h.Size))
		}
		return fmt.Sprintf("hello revision %d, holds %s", m.Revision, strings.Join(heads, " "))
	case Offer:
		return fmt.Sprintf("offer %s %s", log(m.Log), size(m.Note))
	case Missing:
		return fmt.Sprintf("missing %s from %d", log(m.Log), m.From)
	case Inform:
		return fmt.Sprintf("inform %s %d..%d %s", log(m.Log), m.From, m.From+uint64(len(m.Entries))-1, size(m.Note))
	case Receipt:
		return fmt.Sprintf("receipt of %s for %s up to %d", m.By, log(m.Log), m.Size)
	}
	return fmt.Sprintf("%T", m)
}
