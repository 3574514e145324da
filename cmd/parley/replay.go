package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/line/courier"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

func replayCommand(sh *shell) *cobra.Command {
	var known, seat string
	var all bool
	c := &cobra.Command{
		Use:   "replay PATH",
		Short: "Tell an evening as its record tells it, or play a scenario file",
		Long: `PATH is a bundle or a party's data folder: every record is told in the order in
which one could know of another, each with its author's time and the signed time
at which the other side held it. With --known-at only what an officer at that
seat could know by then is told, and what was missing at that moment.

PATH may also be a scenario file (.toml): three nodes then play it headless, as
parley demo does, and what came of it is told.`,
		Example: `  parley replay IL-RU.parley
  parley replay --known-at 2018-09-17T18:41:00Z parley-demo/with-parley/ru
  parley replay my-evening.toml --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if strings.EqualFold(filepath.Ext(args[0]), ".toml") {
				if known != "" || seat != "" {
					return usage("Play it, then replay one of the folders it leaves.", "--known-at and --seat belong to records, not to a scenario file")
				}
				return replayScenario(c.Context(), sh, args[0])
			}
			return replayRecord(sh, args[0], known, party.ID(seat), all)
		},
	}
	c.Flags().StringVar(&known, "known-at", "", "only what could be known at this `INSTANT` (UTC)")
	c.Flags().StringVar(&seat, "seat", "", "tell it from this `PARTY`'s seat (default: whose copy it is)")
	c.Flags().BoolVar(&all, "all", false, "tell what machines said among themselves too")
	return c
}

// replayed is one record of a replay, with --json.
type replayed struct {
	Event    string                `json:"event"` // "record"
	ID       picture.ID            `json:"id"`
	Line     string                `json:"line"`
	Kind     record.Kind           `json:"kind"`
	Party    party.ID              `json:"party"`
	Officer  string                `json:"officer,omitempty"`
	Composed utc.Time              `json:"composed"`
	KnownAt  utc.Time              `json:"known_at"` // at this seat
	Re       picture.ID            `json:"re,omitempty"`
	Words    string                `json:"words"`
	Problem  string                `json:"problem,omitempty"`
	States   []picture.PartyStates `json:"states,omitempty"`
}

// owed is an acknowledgement that was missing at the instant of a replay.
type owed struct {
	Event   string       `json:"event"` // "missing"
	ID      picture.ID   `json:"id"`
	Party   party.ID     `json:"party"`
	Level   record.Level `json:"level"`
	Due     utc.Time     `json:"due"`
	Overdue bool         `json:"overdue"`
}

func replayRecord(sh *shell, path, known string, seat party.ID, all bool) error {
	at := utc.Max
	if known != "" {
		var err error
		if at, err = utc.Parse(known); err != nil {
			return usage("", "--known-at: %v", err)
		}
	}
	src, err := readRecord(path, seat)
	if err != nil {
		return err
	}
	for _, v := range src.verdicts {
		if !v.OK {
			fmt.Fprintf(sh.err, "parley: this copy of %s does not verify; what follows may not be true: %s\n", v.Name, v.Problems[0])
		}
	}
	instant := at
	if at == utc.Max {
		instant = src.last()
	}
	p := src.book.At(at, instant)
	width, _ := sh.tty()
	if !sh.json {
		sh.say("As %s holds it%s.", p.Self, map[bool]string{true: ", by " + at.String()}[known != ""])
	}
	for _, l := range p.Lines {
		if err := replayLine(sh, l, p, all, width); err != nil {
			return err
		}
	}
	if err := replayOwed(sh, p); err != nil {
		return err
	}
	for _, v := range src.verdicts {
		if !v.OK {
			return &failure{code: exitNotVerified, err: errors.New("not verified"), quiet: true}
		}
	}
	return nil
}

func replayLine(sh *shell, l picture.Conversation, p *picture.Picture, all bool, width int) error {
	if !sh.json {
		sh.say("")
		sh.say("── %s%s %s", l.Name, map[bool]string{true: "  EXERCISE"}[l.Exercise], strings.Repeat("─", max(3, width-24-len(l.Name))))
	}
	for _, it := range l.Items {
		if machine := it.Kind == record.KindReceived || it.Kind == record.KindMinute || it.Kind == record.KindCharter; machine && !all {
			continue
		}
		if sh.json {
			if err := sh.object(replayed{"record", it.ID, l.Name, it.Kind, it.Party, it.Officer, it.Composed, it.KnownAt, it.Re, it.Words, it.Problem, it.States}); err != nil {
				return err
			}
			continue
		}
		who := string(it.Party) + " " + it.Officer
		if it.Officer == "" {
			who = string(it.Party) + " (node)"
		}
		head := fmt.Sprintf("%-10s %-12s ", it.Composed.Clock(), who)
		words := it.Words
		if it.Problem != "" {
			words = "[" + it.Problem + "] " + words
		}
		for i, text := range wrap(words, max(30, width-len(head))) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			sh.say("%s%s", head, text)
		}
		if s := states(it.States); s != "" && !l.Home {
			for _, text := range wrap(s, max(30, width-26)) {
				sh.say("%26s%s", "", text)
			}
		}
	}
	return nil
}

// replayOwed tells what was asked for and not there.
func replayOwed(sh *shell, p *picture.Picture) error {
	first := true
	tell := func(id picture.ID, ms []picture.Missing) error {
		for _, m := range ms {
			if sh.json {
				if err := sh.object(owed{"missing", id, m.Party, m.Level, m.Due, m.Overdue}); err != nil {
					return err
				}
				continue
			}
			if first {
				sh.say("")
				sh.say("── missing at %s", p.Instant)
				first = false
			}
			due := "due " + m.Due.Clock()
			if m.Overdue {
				due = fmt.Sprintf("overdue for %s, since %s", p.Instant.Sub(m.Due), m.Due.Clock())
			}
			sh.say("%s: %s by %s, %s", id, picture.LevelWords(m.Level), m.Party, due)
		}
		return nil
	}
	for _, n := range p.Notices {
		if err := tell(n.ID, n.Missing); err != nil {
			return err
		}
	}
	for _, x := range p.Relays {
		if err := tell(x.ID, x.Missing); err != nil {
			return err
		}
	}
	return nil
}

// recordSource is a record from files: a bundle or a data folder.
type recordSource struct {
	book     *picture.Book
	self     party.ID
	verdicts []line.Verdict
	files    []string
}

// readRecord reads and judges a bundle or a data folder.
func readRecord(path string, seat party.ID) (recordSource, error) {
	var src recordSource
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return src, usage("Give a bundle, a data folder or a scenario file.", "%s is not there", path)
		}
		return src, usage("", "couldn't look at %s: %v", path, err)
	}
	var hs []line.History
	if info.IsDir() {
		f := folder{path}
		card, err := f.card()
		if err != nil {
			return src, err
		}
		all, err := f.charters()
		if err != nil {
			return src, err
		}
		src.self = card.Party
		for _, name := range sorted(all) {
			h, err := f.history(card.Party, all[name])
			if err != nil {
				return src, err
			}
			hs, src.verdicts, src.files = append(hs, h), append(src.verdicts, line.Verify(h)), append(src.files, path)
		}
	} else {
		file, err := os.Open(path)
		if err != nil {
			return src, fmt.Errorf("couldn't open the bundle: %w", err)
		}
		defer file.Close()
		b, v, err := courier.Judge(file)
		if err != nil {
			return src, err
		}
		if len(b.History.Charters) == 0 {
			return src, &failure{code: exitNotVerified, err: fmt.Errorf("%s holds no line that can be read", path), remedy: "parley verify says what is wrong with it."}
		}
		src.self = b.Exporter
		hs, src.verdicts, src.files = append(hs, b.History), append(src.verdicts, v), append(src.files, path)
	}
	if seat != "" {
		if err := seat.Validate(); err != nil {
			return src, usage("", "--seat: %v", err)
		}
		src.self = seat
	}
	src.book, err = bookOf(src.self, hs)
	return src, err
}

// last gives the instant of the newest record.
func (s recordSource) last() utc.Time {
	var t utc.Time
	for _, l := range s.book.At(utc.Max, utc.Max).Lines {
		for _, it := range l.Items {
			if it.Kind != record.KindCharter && it.Composed > t {
				t = it.Composed
			}
		}
	}
	return t
}

// replayScenario plays a scenario file as the demonstration does, in a folder
// that is gone afterwards, and tells what came of it.
func replayScenario(ctx context.Context, sh *shell, path string) error {
	dir, err := os.MkdirTemp("", "parley-replay-")
	if err != nil {
		return fmt.Errorf("couldn't make a folder for the nodes: %w", err)
	}
	defer os.RemoveAll(dir)
	return demo(ctx, sh, demoFlags{scenario: path, out: filepath.Join(dir, "out"), rate: 60, headless: true, brief: true})
}
