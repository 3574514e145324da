package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/line/linehttp"
	"parley/node"
	"parley/party"
	"parley/phrase"
	"parley/record"
	"parley/utc"
)

// The node under measurement is a process of its own: the same node, SQLite
// store and TLS carrier as `parley serve`, without feeds, recorder, console and
// API. Writers are goroutines that call node.Say, as the API's handlers do. It
// takes orders, one JSON object a line, on standard input, and answers each with
// one on standard output; it ends with its input, or without mercy.

// benchSeat is the file bench.json in a throw-away folder: all that such a node
// needs. The keys are made of the secret, and are good for nothing else.
type benchSeat struct {
	Party  party.ID `json:"party"`
	Secret string   `json:"secret"`
	Home   []byte   `json:"home"`
	Line   []byte   `json:"line"`
	Listen string   `json:"listen"`
}

func benchKey(secret string, p party.ID, role string) (party.Signer, [32]byte) {
	seed := sha256.Sum256([]byte(secret + "/" + string(p) + "/" + role))
	return party.NewSigner(seed), seed
}

// benchOrder is what the parent wants.
type benchOrder struct {
	Do      string `json:"do"` // write, load, reach, size, memory, traffic, profile
	Lane    string `json:"lane,omitempty"`
	Writers int    `json:"writers,omitempty"`
	Millis  int64  `json:"millis,omitempty"`  // write: for so long
	Records int    `json:"records,omitempty"` // write, load: so many in all
	Size    uint64 `json:"size,omitempty"`    // reach: until the receipts cover so many
	File    string `json:"file,omitempty"`    // profile
}

// benchReply is what came of it. Times are in µs, of this process's monotonic clock.
type benchReply struct {
	Error    string  `json:"error,omitempty"`
	Records  int     `json:"records,omitempty"`
	Micros   int64   `json:"us,omitempty"`
	Receipts int     `json:"receipts,omitempty"`
	P50      float64 `json:"p50_us,omitempty"`
	P99      float64 `json:"p99_us,omitempty"`
	Max      float64 `json:"max_us,omitempty"`
	Size     uint64  `json:"size,omitempty"`
	Bytes    int64   `json:"bytes,omitempty"`
}

func benchNodeCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use: "node", Hidden: true, Args: cobra.NoArgs,
		Short:   "A node under measurement; parley bench line starts it",
		Example: `  parley bench line --quick   # starts two of it`,
		RunE:    func(c *cobra.Command, _ []string) error { return benchNode(c.Context(), sh) },
	}
}

// benchRun is the node under measurement.
type benchRun struct {
	node  *node.Node
	wires *carrier
	line  string
	id    record.LineID
	bytes *atomic.Int64
	said  atomic.Int64

	mu       sync.Mutex
	size     [3]uint64 // by lane: what receipts cover
	receipts int       // how many came
	waiting  [3]map[uint64]chan struct{}
	reach    []benchReach
}

type benchReach struct {
	lane record.Lane
	size uint64
	done chan struct{}
}

func benchNode(ctx context.Context, sh *shell) error {
	f, err := sh.folder()
	if err != nil {
		return err
	}
	raw, err := readBounded(f.at("bench.json"), 1<<20)
	if err != nil {
		return err
	}
	var seat benchSeat
	if err := json.Unmarshal(raw, &seat); err != nil {
		return fmt.Errorf("couldn't read bench.json: %w", err)
	}
	b := &benchRun{bytes: new(atomic.Int64)}
	for i := range b.waiting {
		b.waiting[i] = map[uint64]chan struct{}{}
	}
	log := slog.New(slog.NewTextHandler(sh.err, &slog.HandlerOptions{Level: slog.LevelWarn})).With("party", seat.Party)
	if err := b.open(f, seat, log); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- b.node.Run(running) }()
	_, link := benchKey(seat.Secret, seat.Party, "link")
	ln, err := net.Listen("tcp", seat.Listen)
	if err != nil {
		return fmt.Errorf("couldn't listen: %w", err)
	}
	if err := b.wires.listen(b.node, linehttp.Config{Link: linehttp.LinkSigner(link), Listener: benchListener{ln, b.bytes}, Log: log}); err != nil {
		return err
	}
	go func() { ended <- b.wires.run(running) }()
	err = b.obey(ctx, sh)
	stop()
	return errors.Join(err, <-ended, <-ended)
}

func (b *benchRun) open(f folder, seat benchSeat, log *slog.Logger) error {
	cr, err := line.ParseCharterRecord(seat.Line)
	if err != nil {
		return err
	}
	ch, err := record.ParseCharter(cr.Charter)
	if err != nil {
		return err
	}
	card, ok := ch.Card(seat.Party)
	if !ok {
		return errors.New("the charter in bench.json does not name the party")
	}
	b.line, b.id = ch.Name, record.LineID(record.CharterHash(cr.Charter))
	signer := func(role string) party.Signer { s, _ := benchKey(seat.Secret, seat.Party, role); return s }
	b.wires = &carrier{self: seat.Party}
	b.node, err = node.Open(node.Config{
		Card: card, Keys: node.Keys{Log: signer(keyLog), Receipt: signer(keyReceipt), Node: signer(keyNode)},
		Home: seat.Home, Lines: [][][]byte{{seat.Line}}, Store: f.openStore, Carrier: b.wires,
		Random: rand.Reader, Logger: log, Version: version(), Receipted: b.receipted,
	})
	if err != nil {
		return err
	}
	return b.node.SignOn("duty", signer("duty"))
}

// receipted wakes whoever waits for an entry that a receipt now covers.
func (b *benchRun) receipted(name string, lane record.Lane, _ party.ID, size uint64) {
	if name != b.line {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.receipts++
	for i := b.size[lane]; i < size; i++ {
		if ch := b.waiting[lane][i]; ch != nil {
			close(ch)
			delete(b.waiting[lane], i)
		}
	}
	b.size[lane] = max(b.size[lane], size)
	rest := b.reach[:0]
	for _, r := range b.reach {
		if r.size <= b.size[r.lane] {
			close(r.done)
			continue
		}
		rest = append(rest, r)
	}
	b.reach = rest
}

func (b *benchRun) covered(lane record.Lane, index uint64) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := make(chan struct{})
	if index < b.size[lane] {
		close(ch)
		return ch
	}
	b.waiting[lane][index] = ch
	return ch
}

// obey carries out orders until there are no more.
func (b *benchRun) obey(ctx context.Context, sh *shell) error {
	in := bufio.NewReader(sh.in)
	if err := sh.object(benchReply{}); err != nil { // ready
		return err
	}
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		var o benchOrder
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		if err != nil {
			return fmt.Errorf("couldn't read an order: %w", err)
		}
		r, err := b.do(ctx, o)
		if err != nil {
			r.Error = err.Error()
		}
		if err := sh.object(r); err != nil {
			return err
		}
	}
}

func (b *benchRun) do(ctx context.Context, o benchOrder) (benchReply, error) {
	lane := record.Routine
	if o.Lane == "urgent" {
		lane = record.Urgent
	}
	switch o.Do {
	case "write":
		return b.write(ctx, lane, o)
	case "load":
		return b.load(ctx, lane, o.Records, max(o.Writers, 1))
	case "reach":
		return b.catchUp(ctx, lane, o.Size)
	case "size":
		st, err := b.node.Status(ctx)
		if err != nil {
			return benchReply{}, err
		}
		return benchReply{Size: uint64(st.Unreceipted)}, nil
	case "memory":
		n, err := residentBytes()
		return benchReply{Bytes: n}, err
	case "traffic":
		return benchReply{Bytes: b.bytes.Load()}, nil
	case "profile":
		out, err := os.Create(o.File)
		if err != nil {
			return benchReply{}, err
		}
		if err := pprof.StartCPUProfile(out); err != nil {
			return benchReply{}, err
		}
		go func() {
			time.Sleep(time.Duration(o.Millis) * time.Millisecond)
			pprof.StopCPUProfile()
			out.Close()
		}()
		return benchReply{}, nil
	}
	return benchReply{}, fmt.Errorf("no order %q", o.Do)
}

// benchWords is what every record of the measurement says: as long as a
// sentence over the hotline is. A number makes each another record: two with
// the same words, officer and millisecond would be one and the same leaf.
const benchWords = "Two aircraft of ours return along the coast at flight level 180; nothing else of ours is in the air. Number %d."

func (b *benchRun) say(ctx context.Context, lane record.Lane) (node.Sent, error) {
	return b.node.Say(ctx, node.Draft{Line: b.line, Officer: "duty", Lane: lane, Precedence: record.Ordinary,
		Body: record.Say{Text: fmt.Sprintf(benchWords, b.said.Add(1)), Lang: "en"}})
}

// write has so many officers speak at once, each the next sentence when the
// receipt of the one before is here and verified.
func (b *benchRun) write(ctx context.Context, lane record.Lane, o benchOrder) (benchReply, error) {
	var left atomic.Int64
	left.Store(1 << 62)
	if o.Records > 0 {
		left.Store(int64(o.Records))
	}
	b.mu.Lock()
	before := b.receipts
	b.mu.Unlock()
	start := time.Now()
	end := start.Add(time.Duration(o.Millis) * time.Millisecond)
	took := make([][]time.Duration, o.Writers)
	fails := make(chan error, o.Writers)
	for w := range o.Writers {
		go func() {
			for (o.Millis == 0 || time.Now().Before(end)) && left.Add(-1) >= 0 {
				t := time.Now()
				sent, err := b.say(ctx, lane)
				if err == nil {
					select {
					case <-b.covered(lane, sent.Ref.Index):
					case <-time.After(time.Minute):
						err = errors.New("no receipt within a minute")
					}
				}
				if err != nil {
					fails <- err
					return
				}
				took[w] = append(took[w], time.Since(t))
			}
			fails <- nil
		}()
	}
	var fail error
	for range o.Writers {
		fail = errors.Join(fail, <-fails)
	}
	whole := time.Since(start)
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	b.mu.Lock()
	receipts := b.receipts - before
	b.mu.Unlock()
	p50, p99, most := quantiles(all)
	return benchReply{Records: len(all), Micros: whole.Microseconds(), Receipts: receipts, P50: p50, P99: p99, Max: most}, fail
}

// load logs so many records without waiting for receipts.
func (b *benchRun) load(ctx context.Context, lane record.Lane, records, writers int) (benchReply, error) {
	var left atomic.Int64
	left.Store(int64(records))
	var most atomic.Uint64
	fails := make(chan error, writers)
	start := time.Now()
	for range writers {
		go func() {
			for left.Add(-1) >= 0 {
				sent, err := b.say(ctx, lane)
				if err != nil {
					fails <- err
					return
				}
				for n := most.Load(); sent.Ref.Index >= n && !most.CompareAndSwap(n, sent.Ref.Index+1); n = most.Load() {
				}
			}
			fails <- nil
		}()
	}
	var fail error
	for range writers {
		fail = errors.Join(fail, <-fails)
	}
	return benchReply{Records: records, Micros: time.Since(start).Microseconds(), Size: most.Load()}, fail
}

// catchUp waits for the connection, then until receipts cover size, and gives
// how many records that was and how long it took from the connection on.
func (b *benchRun) catchUp(ctx context.Context, lane record.Lane, size uint64) (benchReply, error) {
	b.mu.Lock()
	from := b.size[lane]
	r := benchReach{lane, size, make(chan struct{})}
	if size <= from {
		close(r.done)
	} else {
		b.reach = append(b.reach, r)
	}
	b.mu.Unlock()
	limit := time.After(20 * time.Minute)
	for !b.up() {
		select {
		case <-limit:
			return benchReply{}, errors.New("the link did not come up")
		case <-ctx.Done():
			return benchReply{}, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	start := time.Now()
	select {
	case <-r.done:
	case <-limit:
		return benchReply{}, errors.New("the receipts did not come within 20 minutes")
	}
	return benchReply{Records: int(size - min(size, from)), Micros: max(time.Since(start).Microseconds(), 1), Size: size}, nil
}

func (b *benchRun) up() bool {
	links := b.wires.Links(b.id)
	for _, l := range links {
		if l.State != "up" || l.Error != "" {
			return false
		}
	}
	return len(links) > 0
}

// residentBytes is what this process holds in memory.
func residentBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("couldn't read our memory: %w", err)
	}
	for l := range strings.Lines(string(text)) {
		if f := strings.Fields(l); len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("couldn't read our memory: no VmRSS")
}

// benchListener counts every byte of the sockets it accepts, both ways, TLS and all.
type benchListener struct {
	net.Listener
	n *atomic.Int64
}

func (l benchListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return benchConn{c, l.n}, nil
}

type benchConn struct {
	net.Conn
	n *atomic.Int64
}

func (c benchConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (c benchConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// benchCharters makes the line of two throw-away parties and their home lines.
func benchCharters(seats []*benchSeat) error {
	var cards []party.Card
	var chiefs []party.Signer
	now := utc.From(time.Now())
	for _, s := range seats {
		key := func(role string) party.Key { k, _ := benchKey(s.Secret, s.Party, role); return k.Public() }
		card := party.Card{Party: s.Party, Name: "Bench " + string(s.Party), Log: key(keyLog), Receipt: key(keyReceipt), Node: key(keyNode), Link: key("link"),
			Addresses: []string{s.Listen}, Officers: []party.Officer{
				{ID: "chief", Name: "Chief", Roles: []party.Role{party.Chief}, Key: key("chief")},
				{ID: "duty", Name: "Duty", Roles: []party.Role{party.Duty}, Key: key("duty")},
			}}
		chief, _ := benchKey(s.Secret, s.Party, "chief")
		home, err := homeCharter(card, chief, false, now)
		if err != nil {
			return err
		}
		s.Home, cards, chiefs = home, append(cards, card), append(chiefs, chief)
	}
	opts := line.CharterOptions{Phrases: record.Hash(phrase.Pack().Hash()), Made: now}
	rand.Read(opts.Nonce[:])
	body, err := line.NewCharter("BENCH", cards, opts)
	if err != nil {
		return err
	}
	p := line.Proposal{Charter: body}
	for i, card := range cards {
		if p, err = line.Sign(p, card, chiefs[i]); err != nil {
			return err
		}
	}
	cr, _, err := line.Complete(p)
	if err != nil {
		return err
	}
	b, err := line.MarshalCharterRecord(cr)
	for _, s := range seats {
		s.Line = b
	}
	return err
}
