package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"parley/internal/api"
	"parley/internal/console"
	"parley/internal/recorder"
	"parley/line"
	"parley/line/linehttp"
	"parley/node"
	"parley/party"
	"parley/track"
	"parley/utc"
	"parley/web"
)

type serveFlags struct {
	stepped string
	signOn  []string
	pass    []string
	verbose bool
}

func serveCommand(sh *shell) *cobra.Command {
	var fl serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run this party's node: lines, feeds, checks, alerts, the console",
		Long: `Runs the node of the data folder until it is asked to stop (SIGTERM or Ctrl-C),
then finishes what it has begun, and ends with 0. It prints a one-time link to
the console. Under systemd it says when it is ready (Type=notify) and that it
lives (WatchdogSec=).

With --json it writes an object for each thing that happens; the first has
"event":"ready" with the addresses and the console's link.`,
		Example: `  parley serve --data il
  parley serve --data il --sign-on levi --passphrase-file levi.pass --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c.Context(), sh, fl) },
	}
	f := c.Flags()
	f.StringVar(&fl.stepped, "stepped", "", "exercise lines only: start with a clock that stands at this `INSTANT` until it is moved")
	f.StringArrayVar(&fl.signOn, "sign-on", nil, "sign this `OFFICER` on at once, for the command line")
	f.StringArrayVar(&fl.pass, "passphrase-file", nil, passphraseFlagHelp)
	f.BoolVar(&fl.verbose, "verbose", false, "log what is of use only when something is wrong")
	return c
}

// server is a running node with its edges.
type server struct {
	sh    *shell
	f     folder
	cfg   config
	card  party.Card
	log   *slog.Logger
	node  *node.Node
	wires *carrier
	rec   atomic.Pointer[recorder.Recorder]
	api   *api.Server
	addr  string                    // http://127.0.0.1:port
	feeds atomic.Pointer[[]*source] // nil before they are started
}

// serve starts in this order: lock, logs (node), the doors to the other parties
// and to our own people, the recorder, the feeds; and stops in the reverse one,
// so that nothing arrives at what is gone.
func serve(ctx context.Context, sh *shell, fl serveFlags) error {
	f, err := sh.folder()
	if err != nil {
		return err
	}
	s := &server{sh: sh, f: f}
	if s.card, err = f.card(); err != nil {
		return err
	}
	if s.cfg, err = f.config(); err != nil {
		return err
	}
	var start utc.Time
	if fl.stepped != "" {
		if start, err = utc.Parse(fl.stepped); err != nil {
			return usage("", "--stepped: %v", err)
		}
	}
	level := slog.LevelInfo
	if fl.verbose {
		level = slog.LevelDebug
	}
	s.log = slog.New(slog.NewTextHandler(sh.err, &slog.HandlerOptions{Level: level})).With("party", s.card.Party)
	lock, err := f.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := s.open(start); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // the node outlives its doors
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.node.Run(running) }()
	err = s.doors(ctx, fl)
	if rec := s.rec.Load(); rec != nil {
		err = errors.Join(err, rec.Close())
	}
	stop()
	err = errors.Join(err, <-ended)
	if rmErr := os.Remove(f.at("run.json")); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
		err = errors.Join(err, rmErr)
	}
	if err == nil {
		s.event("stopped", nil)
		s.log.Info("stopped")
	}
	return err
}

// open opens the logs.
func (s *server) open(start utc.Time) error {
	all, err := s.f.charters()
	if err != nil {
		return err
	}
	if len(all[homeName]) == 0 {
		return failed("Restore it from a backup.", "home.charter is missing in %s", s.f.path)
	}
	var lines [][][]byte
	for _, name := range sorted(all) {
		if _, _, err := checkCharters(all[name]); err != nil {
			return failed("Restore it from a backup, or from another party.", "line %s: %w", name, err)
		}
		if name != homeName {
			lines = append(lines, all[name])
		}
	}
	var keys node.Keys
	for name, key := range map[string]*party.Signer{keyLog: &keys.Log, keyReceipt: &keys.Receipt, keyNode: &keys.Node} {
		if *key, err = s.f.signer(name); err != nil {
			return err
		}
	}
	s.wires = &carrier{self: s.card.Party}
	s.node, err = node.Open(node.Config{
		Card: s.card, Keys: keys, Home: all[homeName][0], Amended: all[homeName][1:], Lines: lines, Store: s.f.openStore, Carrier: s.wires,
		Random: rand.Reader, Logger: s.log, Version: version(), StepClock: start, Adopted: s.adopted, Recorded: s.recorded,
	})
	if err != nil {
		return failed("parley doctor finds out more.", "couldn't open the node: %w", err)
	}
	return nil
}

// adopted keeps a charter that came over the line beside those that were
// accepted by file. The logs hold it too.
func (s *server) adopted(name string, revision uint32, b []byte) {
	path := s.f.charterFile(name, name == homeName, int(revision))
	if _, err := os.Stat(path); err == nil {
		return
	}
	if err := writeFile(path, b, 0o600); err != nil {
		s.log.Error("couldn't keep an adopted charter", "line", name, "revision", revision, "err", err)
	}
}

func (s *server) recorded(reports []track.Report, now utc.Time) error {
	if rec := s.rec.Load(); rec != nil {
		for _, r := range reports {
			rec.Add(r, now)
		}
	}
	return nil
}

// doors opens the doors, says that it is ready, and waits until ctx ends or one
// of them fails. When it returns, all are closed.
func (s *server) doors(parent context.Context, fl serveFlags) error {
	ctx, cancel := context.WithCancel(parent)
	var wg sync.WaitGroup
	defer func() { notify("STOPPING=1"); cancel(); wg.Wait() }()
	failed := make(chan error, 8)
	start := func(what string, run func(context.Context) error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := run(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		}()
	}
	seed, err := s.f.seed(keyLink)
	if err != nil {
		return err
	}
	if err := s.wires.listen(s.node, linehttp.Config{Link: linehttp.LinkSigner(seed), Listen: s.cfg.Listen, Log: s.log.With("part", "link")}); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", s.cfg.Console)
	if err != nil {
		return failedPort(s.cfg.Console, err)
	}
	if err := s.face(ctx, ln); err != nil {
		ln.Close()
		return err
	}
	if s.cfg.Tracks {
		rec, err := recorder.Open(recorder.Config{Dir: s.f.at("tracks"), Closed: s.minute(ctx), Failed: func(err error) { s.log.Error("tracks", "err", err) }})
		if err != nil {
			ln.Close()
			return err
		}
		s.rec.Store(rec)
	}
	if err := s.feed(start); err != nil {
		ln.Close()
		return err
	}
	for _, id := range fl.signOn {
		if err := s.signOn(id, fl.pass); err != nil {
			ln.Close()
			return err
		}
	}
	events := s.node.Subscribe(ctx)
	start("the links to the other parties", s.wires.run)
	start("console and API", func(ctx context.Context) error { return s.api.Serve(ctx, ln) })
	start("the clock", s.tick)
	if err := s.ready(); err != nil {
		return err
	}
	go watchdog(ctx, func(ctx context.Context) error { _, err := s.node.Status(ctx); return err })
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			s.event("change", e)
		}
	}
}

func failedPort(addr string, err error) error {
	return failed("Another program has it; choose another console = in parley.toml.", "couldn't listen on %s: %w", addr, err)
}

// face makes the API and the console.
func (s *server) face(ctx context.Context, ln net.Listener) error {
	token, err := readBounded(s.f.at("api.token"), 1024)
	if err != nil {
		return fmt.Errorf("couldn't read api.token: %w", err)
	}
	page, err := console.Handler(web.FS(), web.Built())
	if err != nil {
		return err
	}
	s.addr = "http://" + ln.Addr().String()
	s.api, err = api.New(ctx, api.Config{
		Seat: seat{s.node, s}, Token: strings.TrimSpace(string(token)), Unlock: s.f.officer, Party: s.card.Party,
		Export: s.export, Charter: line.ParseCharterRecord, Phrases: phrasebook, Places: places, Console: page, Log: s.log.With("part", "api"),
	})
	return err
}

func (s *server) signOn(id string, files []string) error {
	pass, err := passphrases{sh: s.sh, files: files}.of(id, false)
	if err != nil {
		return err
	}
	signer, err := s.f.officer(id, pass)
	if err != nil {
		return err
	}
	if err := s.node.SignOn(id, signer); err != nil {
		return err
	}
	s.api.SignedOn(id)
	return nil
}

// ready writes run.json and tells everybody where we are.
func (s *server) ready() error {
	r := runFile{PID: os.Getpid(), API: s.addr, Version: version()}
	if a := s.wires.server().Addr(); a != nil {
		r.Peer = a.String()
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := s.f.write("run.json", append(b, '\n'), 0o600); err != nil {
		return err
	}
	token, err := s.api.NewLink("")
	if err != nil {
		return err
	}
	link := s.addr + "/open#" + token
	notify("READY=1\nSTATUS=" + string(s.card.Party) + " at " + s.addr)
	s.event("ready", map[string]any{"party": s.card.Party, "pid": r.PID, "api": r.API, "peer": r.Peer, "console": link, "data": s.f.path})
	if !s.sh.json {
		s.sh.say("Parley %s: the node of %s (%s)", version(), s.card.Party, s.card.Name)
		s.sh.say("  console, once and within %s:  %s", span(api.LinkLife), link)
		if r.Peer != "" {
			s.sh.say("  other parties reach it at        %s", r.Peer)
		}
		s.sh.say("  stop it with Ctrl-C, or kill %d", r.PID)
	}
	return nil
}

// event writes one NDJSON object when --json was given.
func (s *server) event(name string, v any) {
	if !s.sh.json {
		return
	}
	o := map[string]any{"event": name}
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			o[k] = x
		}
	case node.Event:
		o["what"], o["seq"] = v.What, v.Seq
		if v.ID != "" {
			o["id"] = v.ID
		}
	}
	_ = s.sh.object(o)
}
