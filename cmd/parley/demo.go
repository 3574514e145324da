package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parley/party"
	"parley/picture"
	"parley/scenario"
)

type demoFlags struct {
	scenario string
	out      string
	rate     float64
	headless bool
	until    string
	hold     bool
	run      string
	brief    bool // what came of it only: no paths of a folder that will be gone
}

func demoCommand(sh *shell) *cobra.Command {
	var fl demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Three parties on this machine replay an evening on which fifteen people died",
		Long: `Starts three real nodes on the loopback, each with its own folder, keys and
console, and lets them replay 17 September 2018 off Latakia twice: as it was, and
with what Parley would have made possible. Nothing about the alarms is scripted;
the officers of the replay answer what their own nodes raise.

At the end it verifies the exported record and writes a report for people. Where
the accounts of the evening differ, the report shows each with its source.

--headless runs as fast as the machine can, on stepped clocks. --json prints one
object with what came of it. It ends with 1 if the evening did not show what its
scenario expects, and with 3 if a record does not verify.`,
		Example: `  parley demo
  parley demo --headless --json
  parley demo --scenario my-copy.toml --out /tmp/evening`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return demo(c.Context(), sh, fl) },
	}
	f := c.Flags()
	f.StringVar(&fl.scenario, "scenario", "", "another scenario `FILE` (default: 17 September 2018, built in)")
	f.StringVar(&fl.out, "out", "parley-demo", "`FOLDER` for report, bundles and the parties' data")
	f.Float64Var(&fl.rate, "rate", 60, "scenario seconds a second, before a person")
	f.BoolVar(&fl.headless, "headless", false, "as fast as the machine can, without a person")
	f.StringVar(&fl.run, "run", "", "only the run of this `NAME`")
	f.StringVar(&fl.until, "until", "", "\"alert\": the last run only, up to the first alert, with nobody answering")
	f.BoolVar(&fl.hold, "hold", false, "with --until: keep the nodes up, clocks at 1x, until standard input closes or SIGTERM")
	return c
}

// demoAnswer is what the demonstration prints with --json.
type demoAnswer struct {
	Scenario string              `json:"scenario"`
	Moment   scenario.Moment     `json:"moment"`
	Runs     []demoRun           `json:"runs"`
	Disputed []scenario.Disputed `json:"disputed"`
	Verified bool                `json:"verified"`
	Bundles  []demoBundle        `json:"bundles"`
	Report   string              `json:"report,omitempty"`
	Expected bool                `json:"expected"` // every run showed what the scenario says it has to
	Failures []string            `json:"failures"`
	Elapsed  float64             `json:"elapsed_seconds"`
}

// demoRun is one run: what came of it, and what is held of it.
type demoRun struct {
	scenario.Outcome
	Records     int `json:"records"`     // on the lines between parties, counted once
	Receipted   int `json:"receipted"`   // of those, durably held by every other party of the line
	Unreceipted int `json:"unreceipted"` //
	books       map[party.ID]*picture.Book
}

func demo(ctx context.Context, sh *shell, fl demoFlags) error {
	began := time.Now()
	text, sc, err := fl.read()
	if err != nil {
		return err
	}
	if !(fl.rate > 0 && fl.rate <= 3600) {
		return usage("60 makes a minute of each second.", "--rate %v: want more than 0 and at most 3600", fl.rate)
	}
	if fl.until != "" && fl.until != "alert" || fl.hold && fl.until == "" {
		return usage("Such as: parley demo --until alert --hold", "--until %q: only alert is known, and --hold needs it", fl.until)
	}
	runs := sc.Runs
	if fl.run != "" {
		r, ok := sc.Run(fl.run)
		if !ok {
			return usage("Its runs: "+runNames(sc)+".", "the scenario has no run %q", fl.run)
		}
		runs = []scenario.Run{*r}
	}
	if err := clearOut(fl.out); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(fl.out, "scenario.toml"), text, 0o644); err != nil {
		return err
	}
	if fl.until != "" {
		return demoUntil(ctx, sh, sc, &runs[len(runs)-1], fl)
	}
	d := &demonstration{sh: sh, sc: sc, fl: fl, answer: demoAnswer{Scenario: sc.Title, Moment: sc.Moment, Disputed: sc.Disputed,
		Runs: []demoRun{}, Bundles: []demoBundle{}, Failures: []string{}}}
	d.opening(len(runs))
	for i := range runs {
		if err := d.perform(ctx, &runs[i], i == len(runs)-1); err != nil {
			if ctx.Err() != nil {
				return failed("", "stopped before the end; the nodes were stopped in order, and no report was written")
			}
			return err
		}
	}
	return d.close(began)
}

func runNames(sc *scenario.Scenario) string {
	var names []string
	for _, r := range sc.Runs {
		names = append(names, fmt.Sprintf("%q", r.Name))
	}
	return strings.Join(names, ", ")
}

func (fl demoFlags) read() ([]byte, *scenario.Scenario, error) {
	text := scenario.IL20()
	if fl.scenario != "" {
		b, err := readBounded(fl.scenario, scenario.MaxFile)
		if err != nil {
			return nil, nil, usage("", "couldn't read the scenario: %v", err)
		}
		text = b
	}
	sc, err := scenario.Parse(text)
	if err != nil {
		return nil, nil, usage("Mend it there; the built-in scenario is in every output folder as scenario.toml.", "%s%v", prefix(fl.scenario), err)
	}
	return text, sc, nil
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

const outMark = "MADE-BY-PARLEY-DEMO"

// clearOut makes the output folder, or empties one that an earlier
// demonstration made. Any other folder with content is left alone.
func clearOut(path string) error {
	old, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return usage("Choose another --out.", "couldn't look into %s: %v", path, err)
	}
	if len(old) > 0 {
		if _, err := os.Stat(filepath.Join(path, outMark)); err != nil {
			return usage("Choose another --out.", "%s holds something that parley demo did not make; nothing was changed", path)
		}
		for _, e := range old {
			if e.Name() == outMark {
				continue
			}
			if err := os.RemoveAll(filepath.Join(path, e.Name())); err != nil {
				return fmt.Errorf("couldn't empty %s: %w", path, err)
			}
		}
	}
	return writeFile(filepath.Join(path, outMark), []byte("This folder is emptied by the next parley demo that is given it.\n"), 0o644)
}

// demonstration is the whole: runs, bundles, report.
type demonstration struct {
	sh     *shell
	sc     *scenario.Scenario
	fl     demoFlags
	answer demoAnswer
	copies verifyAnswer
}

// perform plays one run on a stage of its own and takes what it leaves.
func (d *demonstration) perform(ctx context.Context, run *scenario.Run, last bool) error {
	dir := filepath.Join(d.fl.out, slug(run.Name))
	d.say("")
	d.say("── Run “%s” %s", run.Name, strings.Repeat("─", max(2, 66-len(run.Name))))
	st, err := setStage(ctx, d.sc, dir)
	if err != nil {
		return err
	}
	defer st.strike() // again does no harm
	p := &player{stage: st, run: run}
	if !d.fl.headless {
		p.rate, p.tell = d.fl.rate, d.told
		if err := d.invite(ctx, st); err != nil {
			return err
		}
	}
	if err := p.perform(ctx); err != nil {
		return err
	}
	r := demoRun{books: map[party.ID]*picture.Book{}}
	if err := d.collect(ctx, st, run, &r); err != nil {
		return err
	}
	if last && !d.fl.headless {
		d.waitForPerson(ctx, "The consoles stay up. Press Enter to stop the nodes and write the report.")
	}
	if err := st.strike(); err != nil {
		return err
	}
	seats := map[party.ID]scenario.Book{}
	for _, s := range st.seats {
		book, id, err := bookOfFolder(s.f)
		if err != nil {
			return fmt.Errorf("couldn't read back what %s kept: %w", s.party.ID, err)
		}
		r.books[id], seats[id] = book, book
	}
	r.Outcome = scenario.Judge(run, d.sc.Moment.At, seats)
	d.answer.Failures = append(d.answer.Failures, run.Expect.Check(r.Outcome)...)
	d.answer.Runs = append(d.answer.Runs, r)
	return nil
}

// slug makes a folder's name of a run's.
func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s)), "-")
}

// demoUntil plays the run up to its first alert and, with --hold, leaves the
// nodes to a person or a test.
func demoUntil(ctx context.Context, sh *shell, sc *scenario.Scenario, run *scenario.Run, fl demoFlags) error {
	st, err := setStage(ctx, sc, filepath.Join(fl.out, slug(run.Name)))
	if err != nil {
		return err
	}
	defer st.strike()
	p := &player{stage: st, run: run}
	p.stop = p.alarmed
	if err := p.perform(ctx); err != nil {
		return err
	}
	if !p.alarmed() {
		return failed("", "the run ended without an alert")
	}
	for _, s := range st.seats {
		officer := officerWith(s.party, party.Duty)
		url, err := s.link(ctx, officer)
		if err != nil {
			return err
		}
		if sh.json {
			err = sh.object(map[string]any{"event": "console", "party": s.party.ID, "url": url, "officer": officer})
		} else {
			sh.say("console of %s, signed on as %s, once: %s", s.party.ID, officer, url)
		}
		if err != nil {
			return err
		}
	}
	if !fl.hold {
		return nil
	}
	if err := st.each(func(s *demoSeat) error {
		return s.api.call(ctx, "POST", "/v1/clock", map[string]any{"start": p.now, "rate": 1}, nil)
	}); err != nil {
		return fmt.Errorf("couldn't let the clocks run: %w", err)
	}
	if sh.json {
		err = sh.object(map[string]any{"event": "ready"})
	} else {
		sh.say("ready; close standard input or press Ctrl-C to stop")
	}
	if err != nil {
		return err
	}
	closed := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, sh.in); close(closed) }()
	select {
	case <-closed:
	case <-ctx.Done():
	}
	return st.strike()
}

// link asks for a one-time console link on which the officer is signed on.
func (s *demoSeat) link(ctx context.Context, officer string) (string, error) {
	var l struct{ URL string }
	if err := s.api.call(ctx, "POST", "/v1/links", map[string]any{"officer": officer}, &l); err != nil {
		return "", fmt.Errorf("couldn't get a console link of %s: %w", s.party.ID, err)
	}
	return l.URL, nil
}

// waitForPerson waits for Enter where a person sits at a terminal.
func (d *demonstration) waitForPerson(ctx context.Context, prompt string) {
	in, ok := d.sh.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || d.sh.json {
		return
	}
	d.say("")
	d.say("%s", prompt)
	enter := make(chan struct{})
	go func() { _, _ = bufio.NewReader(in).ReadString('\n'); close(enter) }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)
	select {
	case <-enter:
	case <-stop:
	case <-ctx.Done():
	}
}
