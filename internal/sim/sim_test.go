package sim

import (
	"path/filepath"
	"testing"
)

// tail is the end of a trace, as much as a person reads.
func tail(s string) string {
	if len(s) > 12000 {
		s = "…" + s[len(s)-12000:]
	}
	return s
}

// TestEverySeedHoldsWhateverBreaks plays the first seeds with real signatures.
func TestEverySeedHoldsWhateverBreaks(t *testing.T) {
	for seed := uint64(1); seed <= 16; seed++ {
		r := Run(seed, false)
		if r.Failure != "" {
			t.Fatalf("%s\n%s", r.Failure, tail(Run(seed, true).Trace))
		}
		if r.Steps < MinSteps {
			t.Errorf("seed %d has %d durable steps, want at least %d", seed, r.Steps, MinSteps)
		}
	}
}

// TestASeedRepeatsExactly: the same trace and the same counts, twice.
func TestASeedRepeatsExactly(t *testing.T) {
	for _, seed := range []uint64{4, 7} { // 4: four parties
		a, b := Run(seed, true), Run(seed, true)
		if a.Trace != b.Trace || a.Steps != b.Steps || a.Matrix != b.Matrix {
			t.Errorf("seed %d runs in two ways", seed)
		}
		if len(a.Trace) < 1000 {
			t.Errorf("seed %d has a trace of %d bytes", seed, len(a.Trace))
		}
	}
}

// TestEveryMutantFitsTheCode: the places that mutants change are still there.
func TestEveryMutantFitsTheCode(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Overlay(root, t.TempDir()); err != nil {
		t.Error(err)
	}
	if len(Mutants) < 20 {
		t.Errorf("%d mutants, want at least 20", len(Mutants))
	}
}
