package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"parley/node"
	"parley/party"
	"parley/scenario"
	"parley/utc"
)

// stage is three parties on one machine: a data folder, a running `parley
// serve` and a client each. Folders, cards and charters are made by the very
// verbs that a person uses.
type stage struct {
	sc    *scenario.Scenario
	dir   string
	seats []*demoSeat
	pass  string // file with the officers' passphrase, for this evening only
}

// demoSeat is one party's place on the stage.
type demoSeat struct {
	party scenario.Party
	f     folder
	cmd   *exec.Cmd
	api   *client
	log   bytes.Buffer // what the node said on standard error
	mu    sync.Mutex   // of log
	ended chan struct{}
	fault error

	sizes  string      // all logs' sizes when last at rest
	looked string      // and when seen was asked for
	seen   viewPicture // the picture at the last look
}

// setStage makes the folders and lines and starts the nodes with their clocks
// standing at the scenario's start.
func setStage(ctx context.Context, sc *scenario.Scenario, dir string) (*stage, error) {
	st := &stage{sc: sc, dir: dir, pass: filepath.Join(dir, "passphrase")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the folder of the run: %w", err)
	}
	var word [16]byte
	rand.Read(word[:])
	if err := os.WriteFile(st.pass, []byte(hex.EncodeToString(word[:])+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("couldn't write the passphrase: %w", err)
	}
	for _, p := range sc.Parties {
		st.seats = append(st.seats, &demoSeat{party: p, f: folder{filepath.Join(dir, strings.ToLower(string(p.ID)))}, ended: make(chan struct{})})
	}
	for _, s := range st.seats {
		if err := st.initSeat(ctx, s); err != nil {
			return nil, err
		}
	}
	for _, l := range sc.Lines {
		if err := st.ceremony(ctx, l); err != nil {
			return nil, err
		}
	}
	for _, s := range st.seats {
		if err := st.start(ctx, s); err != nil {
			st.strike()
			return nil, err
		}
	}
	if err := st.quiet(ctx); err != nil {
		st.strike()
		return nil, err
	}
	return st, nil
}

// verb runs a verb of this program on a data folder, as a person would.
func (st *stage) verb(ctx context.Context, s *demoSeat, args ...string) error {
	var out bytes.Buffer
	sh := &shell{in: strings.NewReader(""), out: &out, err: &out}
	root := newRoot(sh)
	root.SetArgs(append(args, "--data", s.f.path))
	root.SetOut(&out)
	root.SetErr(&out)
	if err := root.ExecuteContext(ctx); err != nil {
		return fmt.Errorf("parley %s (for %s): %w", strings.Join(args[:min(2, len(args))], " "), s.party.ID, err)
	}
	return nil
}

func (st *stage) initSeat(ctx context.Context, s *demoSeat) error {
	peer, err := demoPort()
	if err != nil {
		return err
	}
	args := []string{"init", "--exercise", "--work-factor", "10", "--party", string(s.party.ID), "--name", s.party.Name,
		"--address", peer, "--listen", peer, "--console", "127.0.0.1:0", "--passphrase-file", st.pass}
	for _, o := range s.party.Officers {
		args = append(args, "--officer", fmt.Sprintf("%s:%s:%s", o.ID, o.Name, strings.ReplaceAll(roles(o.Roles), " ", "")))
	}
	return st.verb(ctx, s, args...)
}

// demoPort asks the system for a port of the loopback. Another program could
// take it before the node does; the node then says so.
func demoPort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("couldn't find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// ceremony is the way of one line: proposed by the first party, signed by a
// chief of each, accepted by each.
func (st *stage) ceremony(ctx context.Context, l scenario.Line) error {
	file := filepath.Join(st.dir, l.Name+".proposal")
	first := st.seat(l.Parties[0])
	propose := []string{"line", "propose", l.Name, "--exercise", "--purpose", oneLine(l.Purpose), "--out", file}
	for _, p := range l.Parties[1:] {
		propose = append(propose, "--card", st.seat(p).f.at("card.json"))
	}
	if err := st.verb(ctx, first, propose...); err != nil {
		return err
	}
	for _, p := range l.Parties {
		s := st.seat(p)
		if err := st.verb(ctx, s, "line", "sign", file, "--officer", officerWith(s.party, party.Chief), "--passphrase-file", st.pass); err != nil {
			return err
		}
	}
	for _, p := range l.Parties {
		if err := st.verb(ctx, st.seat(p), "line", "accept", file); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) seat(id party.ID) *demoSeat {
	for _, s := range st.seats {
		if s.party.ID == id {
			return s
		}
	}
	return nil
}

// officerWith gives the first officer with the role, or the first of all.
func officerWith(p scenario.Party, role party.Role) string {
	for _, o := range p.Officers {
		for _, r := range o.Roles {
			if r == role {
				return o.ID
			}
		}
	}
	return p.Officers[0].ID
}

// start runs the party's node as a process of its own and waits until it says
// that it is ready.
func (st *stage) start(ctx context.Context, s *demoSeat) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program: %w", err)
	}
	args := []string{"parley", "serve", "--json", "--data", s.f.path, "--stepped", st.sc.Starts.String(), "--passphrase-file", st.pass}
	for _, o := range s.party.Officers {
		args = append(args, "--sign-on", o.ID)
	}
	s.cmd = &exec.Cmd{Path: self, Args: args, Env: os.Environ(), Stderr: lockedWriter{s}, SysProcAttr: ownGroup()}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("couldn't start the node of %s: %w", s.party.ID, err)
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("couldn't start the node of %s: %w", s.party.ID, err)
	}
	ready := make(chan string, 1)
	go s.read(out, ready)
	select {
	case api := <-ready:
		s.api, err = s.f.dialAt(runFile{API: api})
		return err
	case <-s.ended:
		return failed("", "the node of %s ended before it was ready: %s", s.party.ID, s.lastWords())
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(30 * time.Second):
		return failed("", "the node of %s was not ready within 30 s: %s", s.party.ID, s.lastWords())
	}
}

// read drains what the node says and reaps it.
func (s *demoSeat) read(out io.Reader, ready chan<- string) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Event, API string }
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Event == "ready" {
			ready <- e.API
		}
	}
	s.fault = s.cmd.Wait()
	close(s.ended)
}

type lockedWriter struct{ s *demoSeat }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if w.s.log.Len() > 1<<20 {
		w.s.log.Reset()
	}
	return w.s.log.Write(b)
}

func (s *demoSeat) lastWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	return strings.Join(all[max(0, len(all)-3):], "; ")
}

// strike stops the nodes in good order and reports how they ended.
func (st *stage) strike() error {
	var errs []error
	for _, s := range st.seats {
		if s.cmd != nil && s.cmd.Process != nil {
			_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		}
	}
	for _, s := range st.seats {
		if s.cmd == nil || s.cmd.Process == nil {
			continue
		}
		select {
		case <-s.ended:
		case <-time.After(15 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.ended
			errs = append(errs, fmt.Errorf("the node of %s did not stop within 15 s", s.party.ID))
		}
		if s.fault != nil {
			errs = append(errs, fmt.Errorf("the node of %s ended badly: %w: %s", s.party.ID, s.fault, s.lastWords()))
		}
	}
	_ = os.Remove(st.pass)
	return errors.Join(errs...)
}

// each calls f for every seat at once.
func (st *stage) each(f func(*demoSeat) error) error {
	errs := make([]error, len(st.seats))
	var wg sync.WaitGroup
	for i, s := range st.seats {
		wg.Add(1)
		go func() { defer wg.Done(); errs[i] = f(s) }()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// setClocks moves every clock to the instant. Each node lets all happen that is
// due by then before it answers.
func (st *stage) setClocks(ctx context.Context, to utc.Time) error {
	return st.each(func(s *demoSeat) error {
		return s.api.call(ctx, "POST", "/v1/clock", map[string]any{"to": to}, nil)
	})
}

// status asks every seat how far it holds every logbook.
func (st *stage) status(ctx context.Context) ([]node.Status, error) {
	all := make([]node.Status, len(st.seats))
	err := st.each(func(s *demoSeat) error {
		for i := range st.seats {
			if st.seats[i] == s {
				return s.api.call(ctx, "GET", "/v1/status", nil, &all[i])
			}
		}
		return nil
	})
	return all, err
}

// quiet waits until nothing is on its way: every party holds the same of every
// logbook, all of it is receipted, and two looks in a row say so.
func (st *stage) quiet(ctx context.Context) error {
	deadline := time.Now().Add(30 * time.Second)
	last, why := "", ""
	for pause := time.Millisecond; ; pause = min(pause*2, 50*time.Millisecond) {
		all, err := st.status(ctx)
		if err != nil {
			return err
		}
		now, busy := settled(all)
		if busy == "" && now == last {
			for i, s := range st.seats {
				s.sizes = sizesOf(all[i])
			}
			return nil
		}
		if busy == "" && last != "" {
			busy = "the logbooks keep growing: " + grown(last, now)
		}
		if last, why = now, busy; time.Now().After(deadline) {
			return failed("", "the nodes did not come to rest within 30 s: %s", why)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settled gives the sizes of all logbooks everywhere, and what is still on its
// way, if anything is.
func settled(all []node.Status) (sizes, busy string) {
	type held struct {
		party party.ID
		size  uint64
	}
	at := map[string]held{}
	for _, s := range all {
		sizes += sizesOf(s)
		if s.Unreceipted > 0 {
			busy = fmt.Sprintf("%d records of %s have no receipt", s.Unreceipted, s.Party)
		}
		for _, l := range s.Lines {
			if l.Home {
				continue
			}
			for _, g := range l.Logs {
				key := fmt.Sprintf("%s/%s/%s", l.Name, g.Party, g.Lane)
				if h, ok := at[key]; ok && h.size != g.Size {
					busy = fmt.Sprintf("of %s, %s holds %d and %s holds %d", key, h.party, h.size, s.Party, g.Size)
				}
				at[key] = held{s.Party, g.Size}
			}
			for _, p := range l.Peers {
				if p.State != "up" {
					busy = fmt.Sprintf("the link of %s to %s on %s is %s %s", s.Party, p.Party, l.Name, p.State, p.Error)
				}
			}
		}
	}
	return sizes, busy
}

func sizesOf(s node.Status) string {
	var b strings.Builder
	for _, l := range s.Lines {
		for _, g := range l.Logs {
			fmt.Fprintf(&b, "%s/%s/%s=%d ", l.Name, g.Party, g.Lane, g.Size)
		}
	}
	return b.String()
}

// grown names the first logbook whose size has changed.
func grown(before, after string) string {
	old := strings.Fields(before)
	for i, f := range strings.Fields(after) {
		if i >= len(old) || old[i] != f {
			return f
		}
	}
	return "none"
}
