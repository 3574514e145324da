package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/line"
	"parley/line/courier"
	"parley/logbook"
	"parley/node"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// soakTally is what a soak prints.
type soakTally struct {
	Notices      int     `json:"notices"`      // asked for
	Acknowledged int     `json:"acknowledged"` // the POST returned: durable, by the node's word
	Unknown      int     `json:"unknown"`      // the node died before it answered; said again
	Kills        int     `json:"kills"`
	Lost         int     `json:"lost"`     // acknowledged and not in both copies, at its place, with its bytes
	Unopened     int     `json:"unopened"` // restarts at which a log did not open
	Unreceipted  int     `json:"unreceipted"`
	Verified     bool    `json:"verified"` // both exports
	Agree        bool    `json:"agree"`    // and are the same, byte for byte
	Seconds      float64 `json:"seconds"`
	Seed         uint64  `json:"seed"`
}

// TestSoakOfKills kills real nodes with SIGKILL, at random moments, while both
// sides say notices to each other over TLS. What a node has answered for must
// still be there, on both sides, at its place, with its bytes. PARLEY_SOAK=1
// makes it 200 kills during 10,000 notices; the short form runs with all tests.
func TestSoakOfKills(t *testing.T) {
	tally := soakTally{Notices: 240, Kills: 10, Seed: rand.Uint64()}
	if os.Getenv("PARLEY_SOAK") != "" {
		tally.Notices, tally.Kills = 10_000, 200
	}
	if s, err := strconv.ParseUint(os.Getenv("PARLEY_SOAK_SEED"), 10, 64); err == nil {
		tally.Seed = s
	}
	s := newSoak(t, &tally)
	began := time.Now()
	s.run()
	s.judge()
	tally.Seconds = time.Since(began).Seconds()
	out, _ := json.Marshal(tally)
	fmt.Println(string(out))
	if tally.Lost > 0 || tally.Unopened > 0 || tally.Unreceipted > 0 || !tally.Verified || !tally.Agree {
		t.Error("acknowledged records were lost, or a log did not open, or the copies do not verify and agree")
	}
}

type soak struct {
	t     *testing.T
	tally *soakTally
	sides [2]*soakSide
	next  atomic.Int64 // notices handed out
	acked atomic.Int64
	mu    sync.Mutex
	said  []saidNotice
}

type saidNotice struct {
	id   picture.ID
	leaf record.Hash
}

// soakSide is one party's node. mu is held while it is being killed and started.
type soakSide struct {
	f      folder
	name   string
	client *client
	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd is reaped
	stderr *bytes.Buffer // read after ended
}

func newSoak(t *testing.T, tally *soakTally) *soak {
	t.Setenv("PARLEY_PASSPHRASE", "four words by dice")
	dir := t.TempDir()
	s := &soak{t: t, tally: tally}
	for i, name := range []string{"il", "ru"} {
		id := map[string]string{"il": "IL", "ru": "RU"}[name]
		peer, console := soakPort(t), soakPort(t)
		s.sides[i] = &soakSide{f: folder{filepath.Join(dir, name)}, name: name}
		s.parley("init", "--data", s.sides[i].f.path, "--party", id, "--name", "Party "+id, "--officer", name+":Officer:duty,chief",
			"--exercise", "--work-factor", "10", "--address", peer, "--listen", peer, "--console", console)
	}
	file := filepath.Join(dir, "line.proposal")
	s.parley("line", "propose", "--data", s.sides[0].f.path, "IL-RU", "--card", s.sides[1].f.at("card.json"), "--exercise", "--out", file)
	for _, step := range []string{"sign", "accept"} {
		for _, x := range s.sides {
			s.parley("line", step, "--data", x.f.path, file)
		}
	}
	for _, x := range s.sides {
		if !s.start(x) {
			t.Fatalf("%s did not start: %s", x.name, x.stderr)
		}
		t.Cleanup(func() {
			x.cmd.Process.Kill()
			<-x.ended
		})
	}
	return s
}

func soakPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func parleyBinary() string {
	if b := os.Getenv("PARLEY_BIN"); b != "" {
		return b
	}
	return "parley" // this test's own, see TestMain
}

func (s *soak) parley(args ...string) []byte {
	s.t.Helper()
	out, err := exec.Command(parleyBinary(), args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("parley %v: %v\n%s", args, err, out)
	}
	return out
}

// start starts a node and waits until its officer is signed on. False means that
// it ended by itself: a log, or something else, did not open.
func (s *soak) start(x *soakSide) bool {
	os.Remove(x.f.at("run.json")) // left by the kill; the new one tells us when it is ready
	x.stderr = new(bytes.Buffer)
	x.cmd = exec.Command(parleyBinary(), "serve", "--data", x.f.path, "--sign-on", x.name)
	x.cmd.Stderr = x.stderr
	if err := x.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	x.ended = make(chan struct{})
	go func(c *exec.Cmd, ended chan struct{}) { c.Wait(); close(ended) }(x.cmd, x.ended)
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		select {
		case <-x.ended:
			return false
		default:
		}
		r, err := x.f.running()
		if err != nil || r.PID != x.cmd.Process.Pid {
			continue
		}
		c, err := x.f.dialAt(r)
		if err != nil {
			continue
		}
		c.officer = x.name
		if c.call(context.Background(), "GET", "/v1/session", nil, nil) == nil {
			x.client = c
			return true
		}
	}
	s.t.Fatalf("%s did not become ready: %s", x.name, x.stderr)
	return false
}

// run says notices on both sides while nodes are killed.
func (s *soak) run() {
	ctx, cancel := context.WithTimeout(s.t.Context(), 60*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() { defer wg.Done(); s.speak(ctx, s.sides[i%2]) }()
	}
	rng := rand.New(rand.NewPCG(s.tally.Seed, 1))
	for k := range s.tally.Kills {
		for s.acked.Load() < int64(k*s.tally.Notices/(s.tally.Kills+1)) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rng.IntN(60_000)) * time.Microsecond) // any moment, not one of ours
		x := s.sides[rng.IntN(2)]
		x.mu.Lock()
		x.cmd.Process.Kill()
		<-x.ended
		if !s.start(x) {
			s.tally.Unopened++
			s.t.Logf("kill %d: %s did not open: %s", k, x.name, x.stderr)
			if !s.start(x) {
				s.t.Fatal("nor at the second try")
			}
		}
		x.mu.Unlock()
	}
	wg.Wait()
	s.tally.Acknowledged = int(s.acked.Load())
	if ctx.Err() != nil {
		s.t.Fatal("it took more than an hour")
	}
}

// speak says notices until all are acknowledged. One that the node did not
// answer for is said again: it may then stand there twice, and may not.
func (s *soak) speak(ctx context.Context, x *soakSide) {
	for n := s.next.Add(1); n <= int64(s.tally.Notices) && ctx.Err() == nil; n = s.next.Add(1) {
		for ctx.Err() == nil {
			x.mu.Lock()
			c := x.client
			x.mu.Unlock()
			var sent sentView
			err := c.call(ctx, "POST", "/v1/records", soakNotice(n), &sent)
			if err == nil {
				s.mu.Lock()
				s.said = append(s.said, saidNotice{sent.ID, sent.Ref.Leaf})
				s.mu.Unlock()
				s.acked.Add(1)
				break
			}
			var f *failure
			if errors.As(err, &f) && f.code == exitRefused && c == x.client {
				s.t.Errorf("notice %d was refused: %v", n, err)
				return
			}
			s.mu.Lock()
			s.tally.Unknown++
			s.mu.Unlock()
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// soakNotice makes the n-th: small circles that do not meet, days ahead.
func soakNotice(n int64) message {
	from := utc.From(time.Now()).Add(96 * time.Hour)
	v := volume.Volume{
		Area:   volume.Area{Circle: &volume.Circle{Center: volume.Deg(30+float64(n/100)*0.05, 33+float64(n%100)*0.08), RadiusM: 500}},
		Band:   volume.Band{Lower: volume.Altitude{Feet: 10000}, Upper: volume.Altitude{Feet: 11000}},
		Window: volume.Window{From: from, To: from.Add(time.Hour)},
	}
	b, err := json.Marshal(record.Notice{Class: record.Transit, Volumes: []volume.Volume{v}, Text: fmt.Sprintf("notice %d", n), Lang: "en"})
	if err != nil {
		panic(err)
	}
	m := message{Line: "IL-RU", Kind: record.KindNotice, Precedence: "priority", Body: b}
	if n%3 == 0 {
		m.Lane = "urgent"
	}
	return m
}

// judge waits until all is receipted, stops both nodes as an operator would, and
// looks for every acknowledged notice in both copies.
func (s *soak) judge() {
	var copies [2]line.History
	for _, x := range s.sides {
		for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			var st node.Status
			if err := x.client.call(context.Background(), "GET", "/v1/status", nil, &st); err != nil {
				s.t.Fatal(err)
			}
			if s.tally.Unreceipted = st.Unreceipted; st.Unreceipted == 0 {
				break
			}
		}
		if s.tally.Unreceipted > 0 {
			s.t.Errorf("%s: %d records were never receipted", x.name, s.tally.Unreceipted)
		}
	}
	verified := true
	for i, x := range s.sides {
		file := x.f.path + ".parley"
		s.parley("courier", "export", "--data", x.f.path, "IL-RU", "--out", file)
		b, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		bundle, v, err := courier.Judge(bytes.NewReader(b))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, p := range v.Problems {
			s.t.Errorf("%s: %s", x.name, p)
		}
		verified = verified && v.OK
		copies[i] = bundle.History
	}
	s.tally.Verified = verified
	s.tally.Agree = s.agree(copies)
	for _, n := range s.said {
		if !stands(copies[0], n) || !stands(copies[1], n) {
			s.tally.Lost++
			s.t.Errorf("%s was acknowledged and is lost", n.id)
		}
	}
}

// agree wants both to hold the same records in the same places, but for what
// one said after the other's last word (its last Received).
func (s *soak) agree(copies [2]line.History) bool {
	logs := map[logbook.ID]line.LogCopy{}
	for _, l := range copies[0].Logs {
		logs[l.ID] = l
	}
	if len(copies[1].Logs) != len(logs) {
		s.t.Errorf("%d and %d logbooks", len(logs), len(copies[1].Logs))
		return false
	}
	for _, m := range copies[1].Logs {
		l := logs[m.ID]
		for n := range min(len(l.Entries), len(m.Entries)) {
			if !bytes.Equal(l.Entries[n], m.Entries[n]) {
				s.t.Errorf("%s/%d differs between the copies", m.ID, n+1)
				return false
			}
		}
	}
	return true
}

func stands(h line.History, n saidNotice) bool {
	_, ref, err := picture.ParseID(n.id)
	if err != nil {
		return false
	}
	for _, l := range h.Logs {
		if l.ID.Party == ref.Party && l.ID.Lane == ref.Lane && l.ID.Incarnation == ref.Incarnation {
			return ref.Index < uint64(len(l.Entries)) && record.LeafHash(l.Entries[ref.Index]) == n.leaf
		}
	}
	return false
}
