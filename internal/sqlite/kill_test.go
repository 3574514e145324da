//go:build unix

package sqlite

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parley/logbook"
)

// childEnv names the log that a child process of this test appends to until
// it is killed.
const childEnv = "PARLEY_SQLITE_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		child(path)
	}
	os.Exit(m.Run())
}

// child appends for ever and prints size and root of each head once Append has
// said that it is durable: the acknowledgements.
func child(path string) {
	die := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	s, err := Open(path)
	if err != nil {
		die(err)
	}
	l, err := logbook.Open(id, s, author.Public())
	if err != nil {
		die(err)
	}
	for {
		es := make([][]byte, 1+rand.IntN(40))
		for i := range es {
			es[i] = fmt.Appendf(nil, "entry %d %s", l.Size()+uint64(i), make([]byte, rand.IntN(2000)))
		}
		h, err := l.Append(es, author)
		if err != nil {
			die(err)
		}
		fmt.Printf("%d %x\n", h.Size, h.Root[:])
	}
}

// TestKill9LosesNothingAcknowledged kills the writer at random moments, again
// and again on the same log. PARLEY_SOAK=1 runs 300 rounds.
func TestKill9LosesNothingAcknowledged(t *testing.T) {
	rounds := 24
	if os.Getenv("PARLEY_SOAK") != "" {
		rounds = 300
	}
	path := filepath.Join(t.TempDir(), "log.sqlite")
	lost := 0
	for round := range rounds {
		size, root := runAndKill(t, path)
		if round%4 == 1 { // verify may come before the node is started again
			r, err := OpenReadOnly(path)
			if err != nil {
				t.Fatal(err)
			}
			if l, err := logbook.Open(id, r, author.Public()); err != nil || l.Size() < size {
				t.Errorf("round %d: a reader after the kill: %v", round, err)
			}
			r.Close()
		}
		s, l := openLog(t, path)
		if l.Size() < size {
			lost++
			t.Errorf("round %d: %d were acknowledged, %d are there", round, size, l.Size())
		} else if r, err := l.RootAt(size); err != nil || hex.EncodeToString(r[:]) != root {
			t.Errorf("round %d: the first %d entries are not those acknowledged (%v)", round, size, err)
		}
		if round%8 == 7 || round == rounds-1 {
			if err := l.CheckAll(); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		t.Logf("round %d: %d acknowledged, %d found", round, size, l.Size())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rounds, %d lost", rounds, lost)
}

// runAndKill lets a child append, kills it with SIGKILL after a random time
// from its first acknowledgement on, and gives the last one it printed.
func runAndKill(t *testing.T, path string) (size uint64, root string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	first := true
	for lines.Scan() {
		var n uint64
		var r string
		if _, err := fmt.Sscanf(lines.Text(), "%d %s", &n, &r); err != nil || len(r) != 64 {
			continue // cut by the kill: not acknowledged
		}
		size, root = n, r
		if first {
			first = false
			time.AfterFunc(time.Duration(rand.IntN(40_000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 3 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if first {
		t.Fatal("the child acknowledged nothing")
	}
	return size, root
}
