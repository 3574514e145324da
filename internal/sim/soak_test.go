//go:build soak

package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// built gives a test binary with all mutants in it, asleep.
func built(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := Overlay(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "sim.test")
	if out, err := exec.Command("go", "test", "-c", "-tags", "soak", "-overlay", overlay, "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("couldn't build the mutants: %v\n%s", err, out)
	}
	return bin
}

// play lets a built binary play seeds, and gives its tally.
func play(t *testing.T, bin, mutant string, from, n uint64, path string, stop bool) Tally {
	t.Helper()
	cmd := exec.Command(bin, "-test.run", "^TestPlay$", "-test.timeout", "0")
	cmd.Env = append(os.Environ(), "PARLEY_SIM_FAST=1", "PARLEY_MUTANT="+mutant, "PARLEY_SIM_PLAY="+path,
		fmt.Sprintf("PARLEY_SIM_FROM=%d", from), fmt.Sprintf("PARLEY_SIM_N=%d", n), fmt.Sprintf("PARLEY_SIM_STOP=%t", stop))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var tl Tally
	if err := json.Unmarshal(b, &tl); err != nil {
		t.Fatal(err)
	}
	return tl
}

func number(name string, def uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return def
}

// TestPlay is the worker of the soak and of the mutants: it plays a range of
// seeds from where its tally stands and saves that as it goes.
func TestPlay(t *testing.T) {
	path := os.Getenv("PARLEY_SIM_PLAY")
	if path == "" {
		return // nobody's worker
	}
	from, n := number("PARLEY_SIM_FROM", 1), number("PARLEY_SIM_N", 1)
	tl, err := LoadTally(path, os.Getenv("PARLEY_SIM_COMMIT"), from)
	if err != nil {
		t.Fatal(err)
	}
	for saved := time.Now(); tl.Done < n; {
		r := Run(from+tl.Done, false)
		tl.Add(&r)
		if len(tl.Failures) > 0 && (os.Getenv("PARLEY_SIM_STOP") == "true" || len(tl.Failures) >= 20) {
			break
		}
		if time.Since(saved) > 5*time.Second {
			if err := tl.Save(path); err != nil {
				t.Fatal(err)
			}
			saved = time.Now()
		}
	}
	if err := tl.Save(path); err != nil {
		t.Fatal(err)
	}
}

// TestSoakSeeds plays SEEDS seeds (2,000) from SEED_FROM (1) with stand-ins for
// signatures, and keeps its tally by commit and range in PARLEY_SIM_TALLY, a
// folder outside the repository; run again, it goes on where it was.
func TestSoakSeeds(t *testing.T) {
	n, from := number("SEEDS", 2000), number("SEED_FROM", 1)
	dir := os.Getenv("PARLEY_SIM_TALLY")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "parley-sim")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	commit := "unknown"
	if out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	t.Setenv("PARLEY_SIM_COMMIT", commit)
	begin := time.Now()
	tl := play(t, built(t), "", from, n, filepath.Join(dir, fmt.Sprintf("%s-%d.json", commit, from)), false)
	t.Logf("commit %s: %d seeds from %d, %d durable steps, tempers %v, %d second histories of deceived parties (all found), %d relays blamed, slowest healing %s, this run %s\n%s",
		commit, tl.Done, from, tl.Steps, tl.Tempers, tl.Forks, tl.Blamed, tl.Slowest, time.Since(begin).Round(time.Second), tl.Matrix)
	for _, f := range tl.Failures {
		t.Error(f)
	}
	if z := tl.Matrix.Zeros(); n >= 1000 && len(z) > 0 {
		t.Errorf("never met: %s", strings.Join(z, ", "))
	}
}

// TestSoakMutants: each mistake put into the protocol on purpose is noticed
// within 10,000 seeds. The first seed that does is printed.
func TestSoakMutants(t *testing.T) {
	bin := built(t)
	for _, m := range Mutants {
		tl := play(t, bin, m.Name, 1, number("MUTANT_SEEDS", 10000), filepath.Join(t.TempDir(), "tally.json"), true)
		if len(tl.Failures) == 0 {
			t.Errorf("%s lives on after %d seeds", m.Name, tl.Done)
			continue
		}
		if own := play(t, bin, "", tl.Done, 1, filepath.Join(t.TempDir(), "own.json"), true); len(own.Failures) > 0 {
			t.Errorf("%s: seed %d fails without it too", m.Name, tl.Done)
			continue
		}
		t.Logf("%-42s caught at seed %4d: %.150s", m.Name, tl.Done, tl.Failures[0])
	}
}
