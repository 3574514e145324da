package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"parley/internal/recorder"
	"parley/line"
	"parley/line/courier"
)

func verifyCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "verify PATH...",
		Short: "Verify a bundle, a data folder, or a folder of bundles, offline",
		Long: `Checks everything that can be checked from the bytes alone: every signature, the
chain of checkpoints, the receipts, the charters, and that each record stands
where it says. It asks nobody and trusts nobody; the keys are those in the
charter, whose words were compared by telephone.

PATH is a bundle (parley courier export), a party's data folder, or a folder of
bundles. Copies of one line from different holders are also compared with each
other: where they differ, somebody has shown two histories.

It ends with 0 only if there is no problem at all, with 3 otherwise.`,
		Example: `  parley verify IL-RU.parley
  parley verify --json il-copy.parley ru-copy.parley`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return verifyPaths(sh, args) },
	}
}

// copyVerdict is the verdict on one copy of one line.
type copyVerdict struct {
	Path string `json:"path"`
	line.Verdict
	history line.History
}

type verifyAnswer struct {
	OK       bool           `json:"ok"`
	Copies   []copyVerdict  `json:"copies"`
	Compared []string       `json:"compared,omitempty"` // which copies were held against each other
	Problems []line.Problem `json:"problems"`           // of the copies against each other, and of recorded tracks
	Minutes  int            `json:"minutes,omitempty"`  // recorded minutes of tracks that are as digested
}

func verifyPaths(sh *shell, paths []string) error {
	a := verifyAnswer{OK: true, Problems: []line.Problem{}}
	for _, p := range paths {
		if err := a.path(sh, p); err != nil {
			return err
		}
	}
	if len(a.Copies) == 0 {
		return usage("Make one with: parley courier export", "nothing to verify in %s", strings.Join(paths, ", "))
	}
	a.compare()
	for _, c := range a.Copies {
		a.OK = a.OK && c.OK
	}
	a.OK = a.OK && len(a.Problems) == 0
	err := sh.answer(a, func() { a.print(sh) })
	if err == nil && !a.OK {
		return &failure{code: exitNotVerified, err: errors.New("not verified"), quiet: true}
	}
	return err
}

func (a *verifyAnswer) path(sh *shell, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return usage("", "couldn't look at %s: %v", path, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return a.bundle(path)
	}
	f := folder{path}
	if f.made() == nil {
		return a.folder(f)
	}
	all, err := filepath.Glob(filepath.Join(path, "*.parley"))
	if err != nil {
		return fmt.Errorf("couldn't list the bundles: %w", err)
	}
	for _, p := range all {
		if err := a.bundle(p); err != nil {
			return err
		}
	}
	return nil
}

func (a *verifyAnswer) bundle(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't open the bundle: %w", err)
	}
	defer file.Close()
	b, v, err := courier.Judge(file)
	if err != nil {
		return err
	}
	a.Copies = append(a.Copies, copyVerdict{path, v, b.History})
	return nil
}

// folder verifies every line of a data folder, the home line too, and the
// recorded minutes of tracks.
func (a *verifyAnswer) folder(f folder) error {
	card, err := f.card()
	if err != nil {
		return err
	}
	all, err := f.charters()
	if err != nil {
		return err
	}
	for _, name := range sorted(all) {
		h, err := f.history(card.Party, all[name])
		var v line.Verdict
		if err == nil {
			v = line.Verify(h)
		} else {
			v = line.Verdict{Name: name, Problems: []line.Problem{{Place: name, What: err.Error()}}}
		}
		a.Copies = append(a.Copies, copyVerdict{f.path + " (" + name + ")", v, h})
	}
	good, bad, err := recorder.Check(f.at("tracks"))
	if err != nil {
		return err
	}
	a.Minutes += good
	for _, b := range bad {
		a.Problems = append(a.Problems, line.Problem{Place: "tracks", What: b})
	}
	return nil
}

// compare holds copies of the same logbook against each other. Each may be
// longer than the other; what both have must be the same, byte for byte.
func (a *verifyAnswer) compare() {
	for i := range a.Copies {
		for j := range i {
			x, y := a.Copies[j], a.Copies[i]
			if x.Line != y.Line || x.Charters == 0 {
				continue
			}
			a.Compared = append(a.Compared, x.Path+" and "+y.Path)
			for _, l := range x.history.Logs {
				for _, m := range y.history.Logs {
					if l.ID != m.ID {
						continue
					}
					for n := range min(len(l.Entries), len(m.Entries)) {
						if !bytes.Equal(l.Entries[n], m.Entries[n]) {
							a.Problems = append(a.Problems, line.Problem{Place: fmt.Sprintf("%s/%s/%d", x.Name, l.ID, n+1),
								What: fmt.Sprintf("the copies in %s and %s differ from here on", x.Path, y.Path)})
							break
						}
					}
				}
			}
		}
	}
}

func (a *verifyAnswer) print(sh *shell) {
	for _, c := range a.Copies {
		sh.say("%s", c.Path)
		for _, l := range strings.Split(strings.TrimSpace(c.Words()), "\n") {
			sh.say("  %s", l)
		}
		sh.say("")
	}
	for _, c := range a.Compared {
		sh.say("Compared with each other: %s.", c)
	}
	if a.Minutes > 0 {
		sh.say("Recorded tracks: %d minutes are as they were digested.", a.Minutes)
	}
	for _, p := range a.Problems {
		sh.say("PROBLEM: %s.", p)
	}
	if len(a.Copies) > 1 || len(a.Problems) > 0 || a.Minutes > 0 {
		if a.OK {
			sh.say("ALL VERIFIED: %d copies, no problem.", len(a.Copies))
		} else {
			sh.say("NOT VERIFIED.")
		}
	}
}
