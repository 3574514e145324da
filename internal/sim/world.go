package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// node is one party's process and machine.
type node struct {
	w         *world
	id        party.ID
	seats     [2]*seat // by line; nil where it is no member
	run       int      // counts the processes
	off       bool     // the power went within the call that is under way
	busy      bool     // a Line is being called
	failed    bool     // a store has returned an error in this process
	returning bool     // a peer is giving us entries of our own logbook
	full      bool
	clock     time.Duration // of its clock against the world's
	armed     struct {
		set, any bool
		fault    Fault
		step     Step
	}
}

func (n *node) now() utc.Time { return n.w.now.Add(n.clock) }

// stepClock sets the clock forward or back by up to an hour.
func (n *node) stepClock() {
	d := time.Duration(n.w.rng.IntN(3600_000)) * time.Millisecond
	if n.w.rng.IntN(2) == 0 {
		d = -d
	}
	n.clock = d
	n.w.say("%s: the clock is now %s off", n.id, d)
}

// seat is a party on one line.
type seat struct {
	n        *node
	li       int
	line     *line.Line // nil: down
	keys     line.Keys
	charters [][]byte
	disks    map[logbook.ID]*disk
	order    []*disk
	acked    []record.Ref
	arrived  map[logbook.ID]uint64
	waiting  bool // its people know that the disks lost a tail: each process asks first
	gone     []link
	n0       int // records composed
}

type world struct {
	seed    uint64
	rng     *rand.Rand
	now     utc.Time
	temper  Temper
	lines   [2]*founding
	ids     [2]record.LineID
	amended [2]bool
	nodes   map[party.ID]*node
	order   []*node
	liar    party.ID // whose disks may lie
	wires   map[link]*wire
	way     []parcel
	seq     int
	odds    [netFaults]float64
	limits  line.Limits
	muted   map[pair]bool
	lossy   map[pair]bool // something sent this way did not arrive in time
	broken  map[pair]bool // … or as a frame that is none
	forged  map[pair]bool // … or as another message
	truths  map[logbook.ID]*truth
	seen    map[string]bool // signatures that have verified
	forks   int
	blamed  int
	forkOf  map[logbook.ID]bool // a finding with proof stands
	steps   int
	matrix  Matrix
	healed  time.Duration
	mending bool
	nextTik utc.Time
	tracing bool
	trace   strings.Builder
}

func newWorld(seed uint64, trace bool) *world {
	w := &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x7061726c6579)), now: epoch, tracing: trace,
		nodes: map[party.ID]*node{}, wires: map[link]*wire{}, muted: map[pair]bool{}, lossy: map[pair]bool{}, broken: map[pair]bool{},
		forged: map[pair]bool{}, truths: map[logbook.ID]*truth{}, seen: map[string]bool{}, forkOf: map[logbook.ID]bool{}}
	f := foundings()
	w.lines = [2]*founding{f[0], f[2]}
	if seed%4 == 0 {
		w.lines[0] = f[1]
	}
	switch w.rng.IntN(10) {
	case 0, 1, 2:
		w.temper = Restored
	case 3, 4:
		w.temper = Deceived
	}
	for li, f := range w.lines {
		for _, p := range f.ids {
			n := w.nodes[p]
			if n == nil {
				n = &node{w: w, id: p}
				w.nodes[p] = n
				w.order = append(w.order, n)
			}
			n.seats[li] = &seat{n: n, li: li, keys: f.keys[0][p], charters: [][]byte{f.first}, disks: map[logbook.ID]*disk{}}
		}
	}
	if w.temper != Honest {
		w.liar = w.order[w.rng.IntN(len(w.order))].id
	}
	for f := range w.odds {
		switch w.rng.IntN(3) {
		case 0:
			w.odds[f] = w.rng.Float64() * 0.05
		case 1:
			w.odds[f] = w.rng.Float64() * 0.2
		}
	}
	if w.rng.IntN(4) > 0 || w.temper == Deceived {
		w.odds[Tampered], w.odds[Truncated] = 0, 0 // most seeds know no malice
	}
	w.odds[Muted] = 0
	if w.rng.IntN(2) == 0 {
		w.limits.BatchEntries = 4 + w.rng.IntN(8) // so that to catch up takes several pieces
	}
	w.say("seed %d, %s %s, odds %.2f", seed, w.temper, w.liar, w.odds)
	return w
}

// play runs the seed's faults until it has its durable steps.
func (w *world) play() {
	for _, n := range w.order {
		if w.rng.IntN(3) == 0 {
			w.arm(n, FirstEntry)
		}
		w.start(n)
	}
	for i := 0; w.steps < MinSteps; i++ {
		if i > 20000 {
			w.fail("only %d durable steps in %d actions", w.steps, i)
		}
		w.action()
	}
}

// action does one thing by chance.
func (w *world) action() {
	n := w.order[w.rng.IntN(len(w.order))]
	switch x := w.rng.IntN(100); {
	case x < 30:
		w.speak(n)
	case x < 75:
		w.run(time.Duration(1+w.rng.IntN(120)) * time.Millisecond)
	case x < 78:
		w.run(time.Duration(w.rng.IntN(8000)) * time.Millisecond)
	case x < 86:
		w.peersOf(n.id, func(li int, q party.ID) { w.connect(li, n.id, q) })
	case x < 89:
		w.arm(n, Step(w.rng.IntN(int(stepKinds))))
	case x < 93:
		if n.full && w.rng.IntN(2) == 0 {
			n.full = false
		}
		w.start(n)
	case x < 94:
		w.cutOff(n.id)
	case x < 96:
		w.unmute(n.id)
	case x < 97:
		if w.rng.IntN(3) == 0 {
			w.crash(n)
		}
	case x < 98:
		w.amend(w.rng.IntN(2))
	case x < 99 && w.liar != "":
		w.oldCopy(w.nodes[w.liar])
	}
}

func (w *world) unmute(p party.ID) {
	w.peersOf(p, func(li int, q party.ID) { delete(w.muted, pair{li, p, q}) })
}

// arm sets the fault that the next durable step of a kind will meet.
func (w *world) arm(n *node, k Step) {
	f := Fault(w.rng.IntN(int(faults)))
	if f == Lying && (w.temper == Honest || n.id != w.liar) {
		return
	}
	n.armed.set, n.armed.fault, n.armed.step = true, f, k
	n.armed.any = w.rng.IntN(4) == 0
}

func (w *world) met(f Fault, k Step) { w.matrix.Disk[f][k]++ }

// oldCopy puts back a copy of some time ago under a party that is down.
func (w *world) oldCopy(n *node) {
	if w.rng.IntN(3) > 0 {
		return
	}
	w.crash(n)
	w.say("%s: an old copy is put back", n.id)
	for _, s := range n.seats {
		if s == nil {
			continue
		}
		for _, d := range s.order {
			if k := len(d.writes); k > 1 && w.rng.IntN(3) > 0 {
				d.cutTo(k - 1 - w.rng.IntN(min(k-1, 12)))
			}
		}
		s.waiting = w.temper == Restored
	}
	if w.rng.IntN(2) == 0 {
		w.arm(n, OwnReturned)
	}
}

// speak appends a few records to a logbook of the party's.
func (w *world) speak(n *node) {
	s := n.seats[w.rng.IntN(2)]
	lane := lanes[w.rng.IntN(2)]
	k := 1 + w.rng.IntN(4)
	if s == nil || s.line == nil {
		return
	}
	if s.waiting && len(s.line.Unheard()) > 0 {
		return
	}
	var leaves [][]byte
	for range k {
		s.n0++
		leaves = append(leaves, fmt.Appendf(nil, "record %d of %s on line %d, process %d", s.n0, n.id, s.li, n.run))
	}
	w.call(s, func(l *line.Line) line.Out {
		refs, out, err := l.Append(lane, leaves)
		if err != nil {
			w.say("%s cannot append: %v", n.id, err)
		} else {
			w.say("%s appends lane %d %d..%d", n.id, lane, refs[0].Index, refs[len(refs)-1].Index)
		}
		if !n.off {
			s.acked = append(s.acked, refs...)
			w.checkRefs(s, refs)
		}
		return out
	})
}

// amend gives the first party of a line new keys, once, while it is up and no
// fault waits for it: its officers stand beside it.
func (w *world) amend(li int) {
	f := w.lines[li]
	n := w.nodes[f.ids[0]]
	s := n.seats[li]
	if w.amended[li] || s.line == nil || n.full || s.waiting || w.temper != Honest {
		return
	}
	n.armed.set = false
	keys := f.keys[1][n.id]
	w.call(s, func(l *line.Line) line.Out {
		out, err := l.AdoptCharter(f.later, &keys)
		if err != nil {
			w.say("%s cannot amend: %v", n.id, err)
			if !n.failed {
				w.fail("%s cannot amend: %v", n.id, err)
			}
			return out
		}
		w.say("%s amends", n.id)
		w.amended[li] = true
		s.keys = keys
		return out
	})
}

// run lets virtual time pass.
func (w *world) run(d time.Duration) {
	until := w.now.Add(d)
	for {
		next := w.nextTik
		if len(w.way) > 0 && w.way[0].at < next {
			if w.way[0].at > until {
				break
			}
			p := w.pop()
			w.now = max(w.now, p.at)
			w.deliver(p)
			continue
		}
		if next > until {
			break
		}
		w.now = max(w.now, next)
		w.nextTik = w.now.Add(300 * time.Millisecond)
		for _, n := range w.order {
			for _, s := range n.seats {
				if s != nil {
					w.call(s, func(l *line.Line) line.Out { return l.Tick(n.now()) })
				}
			}
		}
	}
	w.now = max(w.now, until)
}

// call calls a Line and does what its Out asks, then what the call met with.
func (w *world) call(s *seat, do func(*line.Line) line.Out) {
	n := s.n
	if s.line == nil {
		return
	}
	n.busy = true
	out := do(s.line)
	n.busy = false
	if n.off {
		w.crash(n)
		return
	}
	w.checkSizes(s)
	w.checkOut(s, out)
	for _, x := range out.Send {
		w.send(s.li, n.id, x)
	}
	for _, raw := range out.Charters {
		if !slices.ContainsFunc(s.charters, func(b []byte) bool { return string(b) == string(raw) }) {
			s.charters = append(s.charters, raw)
		}
	}
	for _, p := range out.Drop {
		w.say("%s hangs up on %s", n.id, p)
		w.hangUp(s.li, n.id, p)
	}
	gone := s.gone
	s.gone = nil
	for _, k := range gone {
		if !w.wire(k).up {
			w.call(s, func(l *line.Line) line.Out { return l.Disconnected(k.to, k.lane) })
		}
	}
	if s.line != nil && len(s.line.Broken()) > 0 {
		w.say("%s stops: a store failed", n.id)
		w.stop(n)
	}
}

// crash cuts a party's power: what is safe on its disks is left.
func (w *world) crash(n *node) {
	w.say("%s crashes", n.id)
	w.stop(n)
	for _, s := range n.seats {
		if s == nil {
			continue
		}
		for _, d := range s.order {
			if d.crash() {
				w.say("%s has lost its tail, %d entries are left", d, d.size())
				s.waiting = w.temper == Restored
			}
		}
	}
	if w.temper == Restored && (n.seats[0] != nil && n.seats[0].waiting || n.seats[1] != nil && n.seats[1].waiting) && w.rng.IntN(2) == 0 {
		w.arm(n, OwnReturned)
	}
}

// stop ends a process.
func (w *world) stop(n *node) {
	n.off, n.failed = false, false
	n.run++
	for _, s := range n.seats {
		if s != nil {
			s.line, s.gone = nil, nil
		}
	}
	w.cutOff(n.id)
}

// start opens a party's lines from its disks.
func (w *world) start(n *node) {
	for _, s := range n.seats {
		if s == nil || s.line != nil {
			continue
		}
		for _, d := range s.order {
			if d.torn == nil {
				continue
			}
			if l, err := line.Open(w.config(s, d)); err == nil {
				w.fail("%s was torn by a power cut, and opens as if whole: %v", d, l.Log(d.id).Head())
			}
			d.torn = nil
		}
		n.busy, n.failed = true, false
		l, err := line.Open(w.config(s, nil))
		n.busy = false
		switch {
		case n.off:
			w.crash(n)
			return
		case err != nil && !n.failed:
			w.fail("%s does not open line %d: %v", n.id, s.li, err)
		case err != nil:
			w.say("%s does not open line %d: %v", n.id, s.li, err)
			w.stop(n)
			return
		}
		s.line = l
		w.ids[s.li] = l.ID()
		w.say("%s opens line %d", n.id, s.li)
		w.checkSizes(s)
		w.checkKept(s)
	}
}

func (w *world) config(s *seat, torn *disk) line.Config {
	n := s.n
	s.arrived = map[logbook.ID]uint64{}
	return line.Config{Self: n.id, Log: s.keys.Log, Receipt: s.keys.Receipt, Node: s.keys.Node, Charters: s.charters, Limits: w.limits,
		Store: func(id logbook.ID) (logbook.Store, error) {
			d := s.disks[id]
			if d == nil {
				d = &disk{n: n, id: id, li: s.li, mem: logbook.NewMemory()}
				s.disks[id] = d
				s.order = append(s.order, d)
			}
			if d == torn {
				return d.tear(w.rng.IntN(3)), nil
			}
			return &handle{Memory: d.mem, d: d, run: n.run}, nil
		},
		Replay: func(a line.Arrived) {
			if torn == nil {
				w.take(s, a)
			}
		}}
}

// heal mends everything and waits for the world to be whole.
func (w *world) heal() {
	w.say("everything is mended")
	w.mending = true
	w.odds = [netFaults]float64{}
	clear(w.muted)
	for _, n := range w.order {
		n.armed.set, n.full = false, false
		for _, s := range n.seats {
			if s == nil {
				continue
			}
			for _, d := range s.order {
				d.lying, d.safe = false, len(d.writes)
			}
		}
	}
	if len(w.forged)+len(w.broken) > 0 { // a lie told by a carrier lasts as long as its connection
		for _, n := range w.order {
			w.cutOff(n.id)
		}
	}
	begin := w.now
	for {
		for _, n := range w.order {
			w.start(n)
		}
		for _, n := range w.order {
			w.peersOf(n.id, func(li int, q party.ID) {
				if n.id < q {
					w.connect(li, n.id, q)
				}
			})
		}
		why := w.whole()
		if why == "" {
			break
		}
		if w.healed = w.now.Sub(begin); w.healed > Bound {
			w.fail("not whole %s after everything was mended: %s", w.healed, why)
		}
		w.run(time.Second)
	}
	w.checkEnd()
}

// describe writes a message for a trace.
func describe(m line.Message) string {
	log := func(r line.LogRef) string {
		return logbook.ID{Party: r.Party, Lane: r.Lane, Incarnation: r.Incarnation}.String()
	}
	size := func(note []byte) string {
		c, err := logbook.ParseCheckpoint(note)
		if err != nil {
			return "bad note"
		}
		return fmt.Sprintf("checkpoint %d %x", c.Size, c.Root[:3])
	}
	switch m := m.(type) {
	case line.Hello:
		var heads []string
		for _, h := range m.Heads {
			heads = append(heads, fmt.Sprintf("%s:%d", h.Party, h.Size))
		}
		return fmt.Sprintf("hello lane %d, revision %d, holds %s", m.Lane, m.Revision, strings.Join(heads, " "))
	case line.Offer:
		return fmt.Sprintf("offer %s %s", log(m.Log), size(m.Note))
	case line.Missing:
		return fmt.Sprintf("missing %s from %d (%d)", log(m.Log), m.From, m.Request)
	case line.Inform:
		return fmt.Sprintf("inform %s %d..%d %s (%d)", log(m.Log), m.From, m.From+uint64(len(m.Entries))-1, size(m.Note), m.Request)
	case line.Receipt:
		return fmt.Sprintf("receipt of %s for %s up to %d", m.By, log(m.Log), m.Size)
	}
	return fmt.Sprintf("%T", m)
}
