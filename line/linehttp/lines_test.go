package linehttp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// node is the smallest owner of a Line: one goroutine, one carrier.
type node struct {
	t     *testing.T
	self  party.ID
	line  *line.Line
	srv   *Server
	calls chan func()
	quit  chan struct{}
	done  sync.WaitGroup

	cancel context.CancelFunc

	mu       sync.Mutex
	findings []record.Finding
}

func nodeSigner(p party.ID, what string) party.Signer {
	return party.NewSigner(sha256.Sum256([]byte(string(p) + what)))
}

func nodeCard(p party.ID, link byte, addr ...string) party.Card {
	return party.Card{Party: p, Name: string(p), Log: nodeSigner(p, "log").Public(), Receipt: nodeSigner(p, "receipt").Public(),
		Node: nodeSigner(p, "node").Public(), Link: keyOf(link), Addresses: addr,
		Officers: []party.Officer{{ID: "chief", Name: "Chief", Roles: []party.Role{party.Chief}, Key: nodeSigner(p, "chief").Public()}}}
}

func startNode(t *testing.T, self party.ID, link byte, ln net.Listener, charter []byte, peers []Peer, disks map[logbook.ID]*logbook.Memory) *node {
	t.Helper()
	n := &node{t: t, self: self, calls: make(chan func()), quit: make(chan struct{})}
	l, err := line.Open(line.Config{Self: self, Log: nodeSigner(self, "log"), Receipt: nodeSigner(self, "receipt"), Node: nodeSigner(self, "node"),
		Charters: [][]byte{charter}, Limits: line.Limits{Retry: 50 * time.Millisecond},
		Store: func(id logbook.ID) (logbook.Store, error) {
			if disks[id] == nil {
				disks[id] = logbook.NewMemory()
			}
			return disks[id], nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	n.line = l
	n.srv, err = New(Config{Self: self, Link: LinkSigner(seed(link)), Listener: ln, Handler: n, BackoffMin: 10 * time.Millisecond,
		BackoffMax: 50 * time.Millisecond, Heartbeat: 50 * time.Millisecond, Lines: []Line{{ID: l.ID(), Name: l.Name(), Peers: peers}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.done.Add(2)
	go func() { defer n.done.Done(); n.loop() }()
	go func() { defer n.done.Done(); n.srv.Run(ctx); close(n.quit) }()
	n.cancel = cancel
	t.Cleanup(n.stop)
	return n
}

// stop ends the node as a process that is shut down.
func (n *node) stop() {
	n.cancel()
	n.done.Wait()
}

func (n *node) loop() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-n.quit:
			return
		case f := <-n.calls:
			f()
		case <-tick.C:
			n.handle(n.line.Tick(n.now()))
		}
	}
}

func (n *node) now() utc.Time { return utc.From(time.Now()) }

func (n *node) do(f func()) {
	ran := make(chan struct{})
	select {
	case n.calls <- func() { f(); close(ran) }:
		<-ran
	case <-n.quit:
	}
}

func (n *node) handle(out line.Out) {
	for _, s := range out.Send {
		n.srv.Send(n.line.ID(), s.Lane, s.To, s.Msg) // ErrDown: the next hello makes up for it
	}
	n.mu.Lock()
	n.findings = append(n.findings, out.Findings...)
	n.mu.Unlock()
	for _, p := range out.Drop {
		go n.srv.Drop(n.line.ID(), p, fmt.Errorf("dropped"))
	}
}

func (n *node) Connected(id record.LineID, lane record.Lane, p party.ID) {
	n.do(func() { n.handle(n.line.Connected(p, lane, n.now())) })
}
func (n *node) Disconnected(id record.LineID, lane record.Lane, p party.ID, err error) {
	n.do(func() { n.handle(n.line.Disconnected(p, lane)) })
}
func (n *node) Received(id record.LineID, lane record.Lane, p party.ID, m line.Message) {
	n.do(func() { n.handle(n.line.Step(p, m, n.now())) })
}
func (n *node) Malformed(id record.LineID, lane record.Lane, p party.ID, frame []byte, err error) {
	n.do(func() { n.handle(n.line.Malformed(p, lane, frame, err, n.now())) })
}

func (n *node) append(count int) {
	var leaves [][]byte
	for i := range count {
		leaf, err := record.Seal(record.Envelope{Line: n.line.ID(), Party: n.self, Lane: record.Urgent, Officer: "chief", Composed: n.now(),
			Precedence: record.Ordinary, Exercise: true}, record.Say{Text: fmt.Sprintf("%d", i), Lang: "en"}, nodeSigner(n.self, "chief"))
		if err != nil {
			n.t.Error(err)
		}
		leaves = append(leaves, leaf)
	}
	n.do(func() {
		_, out, err := n.line.Append(record.Urgent, leaves)
		if err != nil {
			n.t.Error(err)
		}
		n.handle(out)
	})
}

// receipted waits until every peer's receipt covers all of our urgent log.
func (n *node) receipted(peers ...party.ID) {
	n.t.Helper()
	id := logbook.ID{Line: n.line.ID(), Party: n.self, Lane: record.Urgent, Incarnation: 1}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		all := true
		n.do(func() {
			for _, p := range peers {
				all = all && n.line.Receipts(id)[p] == n.line.Log(id).Size()
			}
		})
		if all {
			return
		}
	}
	n.t.Fatalf("%s lacks receipts: %v of %d; links %+v", n.self, n.line.Receipts(id), n.line.Log(id).Size(), n.srv.Links())
}

// Three nodes over real TLS, one of which restarts while the others talk: all
// that was said is receipted by all, and nobody is accused.
func TestThreeLinesOverRealLinksSurviveARestart(t *testing.T) {
	ids := []party.ID{"IL", "RU", "SY"}
	lns := map[party.ID]net.Listener{}
	var cards []party.Card
	for i, p := range ids {
		lns[p] = listen(t)
		cards = append(cards, nodeCard(p, byte(i+1), lns[p].Addr().String()))
	}
	charter, err := line.NewCharter("IL-RU-SY", cards, line.CharterOptions{Exercise: true, Phrases: record.Hash{1}, Made: 1, Nonce: record.Nonce{1}})
	if err != nil {
		t.Fatal(err)
	}
	p := line.Proposal{Charter: charter}
	for i, id := range ids {
		if p, err = line.Sign(p, cards[i], nodeSigner(id, "chief")); err != nil {
			t.Fatal(err)
		}
	}
	cr, _, err := line.Complete(p)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := line.MarshalCharterRecord(cr)
	if err != nil {
		t.Fatal(err)
	}
	disks, nodes := map[party.ID]map[logbook.ID]*logbook.Memory{}, map[party.ID]*node{}
	start := func(i int, ln net.Listener) {
		var peers []Peer
		for _, c := range cards {
			peers = append(peers, Peer{Party: c.Party, Link: c.Link, Addresses: c.Addresses})
		}
		if disks[ids[i]] == nil {
			disks[ids[i]] = map[logbook.ID]*logbook.Memory{}
		}
		nodes[ids[i]] = startNode(t, ids[i], byte(i+1), ln, raw, peers, disks[ids[i]])
	}
	for i, id := range ids {
		start(i, lns[id])
	}
	nodes["IL"].append(100)
	nodes["RU"].append(700)
	nodes["IL"].receipted("RU", "SY")
	nodes["RU"].receipted("IL", "SY")
	nodes["RU"].stop()
	nodes["IL"].append(600)
	nodes["SY"].append(1)
	nodes["SY"].receipted("IL")
	ln, err := net.Listen("tcp", cards[1].Addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	start(1, ln)
	for _, n := range nodes {
		n.append(1)
	}
	nodes["IL"].receipted("RU", "SY")
	nodes["RU"].receipted("IL", "SY")
	nodes["SY"].receipted("IL", "RU")
	for id, n := range nodes {
		n.mu.Lock()
		if len(n.findings) > 0 {
			t.Errorf("%s found %+v", id, n.findings)
		}
		n.mu.Unlock()
	}
}
