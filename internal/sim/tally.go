package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Tally is what a soak has come to, of one commit and one range of seeds.
type Tally struct {
	Commit   string        `json:"commit"`
	From     uint64        `json:"from"`     // first seed of the range
	Done     uint64        `json:"done"`     // seeds played from there
	Steps    uint64        `json:"steps"`    // durable steps
	Forks    uint64        `json:"forks"`    // second histories of deceived parties, all found
	Blamed   uint64        `json:"blamed"`   // relays accused for them
	Slowest  time.Duration `json:"slowest"`  // longest healing, virtual
	Tempers  [tempers]int  `json:"tempers"`  // honest, restored, deceived
	Failures []string      `json:"failures"` // each begins with its seed
	Matrix   Matrix        `json:"matrix"`
}

// Add counts one seed.
func (t *Tally) Add(r *Result) {
	t.Done++
	t.Steps += uint64(r.Steps)
	t.Forks += uint64(r.Forks)
	t.Blamed += uint64(r.Blamed)
	t.Slowest = max(t.Slowest, r.Healed)
	t.Tempers[r.Temper]++
	t.Matrix.Add(&r.Matrix)
	if r.Failure != "" {
		t.Failures = append(t.Failures, r.Failure)
	}
}

// LoadTally reads a tally that a soak has left, or begins one: a file of
// another commit or range is not gone on with.
func LoadTally(path, commit string, from uint64) (*Tally, error) {
	t := &Tally{}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Tally{Commit: commit, From: from}, nil
	}
	if err == nil {
		err = json.Unmarshal(b, t)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the tally: %w", err)
	}
	if t.Commit != commit || t.From != from {
		return nil, fmt.Errorf("couldn't go on with %s: it is of commit %s from seed %d, not of %s from %d; give another path", path, t.Commit, t.From, commit, from)
	}
	return t, nil
}

// Save writes the tally so that a crash leaves the old or the new one.
func (t *Tally) Save(path string) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Zeros names the cells of the matrix that no seed has met. A receipt beside
// an older checkpoint cannot be torn where Open would see it, and counts as a
// crash before it, so every cell can be met.
func (m *Matrix) Zeros() []string {
	var out []string
	for f := range m.Disk {
		for s, n := range m.Disk[f] {
			if n == 0 {
				out = append(out, faultNames[f]+" at "+stepNames[s])
			}
		}
	}
	for f := range m.Net {
		for k, n := range m.Net[f] {
			if n == 0 {
				out = append(out, netFaultNames[f]+" "+messageNames[k])
			}
		}
	}
	return out
}

// String gives the matrix as two tables.
func (m Matrix) String() string {
	var b strings.Builder
	row := func(name string, cells []int) {
		fmt.Fprintf(&b, "%-14s", name)
		for _, n := range cells {
			fmt.Fprintf(&b, "%14d", n)
		}
		b.WriteByte('\n')
	}
	head := func(names []string) {
		fmt.Fprintf(&b, "%-14s", "")
		for _, n := range names {
			fmt.Fprintf(&b, "%14s", n)
		}
		b.WriteByte('\n')
	}
	head(stepNames[:])
	for f := range m.Disk {
		row(faultNames[f], m.Disk[f][:])
	}
	head(messageNames[:])
	for f := range m.Net {
		row(netFaultNames[f], m.Net[f][:])
	}
	return b.String()
}
