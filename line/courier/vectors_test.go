package courier

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/line"
	"parley/line/historytest"
)

var update = flag.Bool("update", false, "write the vectors of docs/spec anew")

const (
	vectorDir = "../../docs/spec/vectors"
	second    = "../../tools/verify2/parley_verify.py"
)

// bundleVector stands beside a file NAME.parley: whether it verifies, and the
// place of each problem, the first that is named in front.
type bundleVector struct {
	Name   string   `json:"name"`
	About  string   `json:"about"`
	OK     bool     `json:"ok"`
	Places []string `json:"places,omitempty"`
	file   []byte
}

func placesOf(problems []line.Problem) (out []string) {
	for _, p := range problems {
		if !slices.Contains(out, p.Place) {
			out = append(out, p.Place)
		}
	}
	return out
}

func TestTheVectorsOfBundlesAreTrue(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range bundleVectors(t) {
		_, got, err := Judge(bytes.NewReader(v.file))
		if err != nil {
			t.Fatal(err)
		}
		v.OK, v.Places = got.OK, placesOf(got.Problems)
		if want := strings.HasPrefix(v.Name, "good-"); got.OK != want {
			t.Errorf("%s: ok is %t: %v", v.Name, got.OK, got.Problems)
		}
		keep(t, "bundle/"+v.Name+".parley", v.file)
		keepJSON(t, "bundle/"+v.Name+".json", v)
		seen[v.Name+".parley"], seen[v.Name+".json"] = true, true
	}
	onlyThese(t, "bundle", seen)
}

// keep holds a vector against its file, or writes it.
func keep(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(vectorDir, name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what the code makes (%v); write it anew with -update, and look at what has changed", name, err)
	}
}

func keepJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, name, append(b, '\n'))
}

func onlyThese(t *testing.T, folder string, seen map[string]bool) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(vectorDir, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f.Name()] {
			t.Errorf("%s/%s is made by nothing here", folder, f.Name())
		}
	}
}

// answer is one line of the second verifier.
type answer struct {
	Vector   string         `json:"vector"`
	OK       bool           `json:"ok"`
	Verdict  string         `json:"verdict"`
	Field    string         `json:"field"`
	Problems []line.Problem `json:"problems"`
	Counts   map[string]int `json:"counts"`
}

func runSecond(t *testing.T, code int, args ...string) []answer {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("PARLEY_CI") == "1" {
			t.Fatal("python3 is not here: make deps installs it")
		}
		t.Skip("NOT SHOWN: python3 is not here, so the second verifier did not run")
	}
	cmd := exec.Command(python, append([]string{second}, args...)...)
	cmd.Stderr = os.Stderr
	out, _ := cmd.Output()
	if have := cmd.ProcessState.ExitCode(); have != code {
		t.Fatalf("the second verifier ended with %d, want %d", have, code)
	}
	var as []answer
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		as = append(as, a)
	}
	return as
}

// The verifier in tools/verify2 was written from docs/spec by itself; on every
// vector it comes to the same verdict and names the same places.
func TestTheSecondVerifierAgreesOnEveryVector(t *testing.T) {
	hostile, kinds := 0, map[string]int{}
	for _, a := range runSecond(t, 0, "--vectors", vectorDir) {
		raw, err := os.ReadFile(filepath.Join(vectorDir, strings.TrimSuffix(strings.TrimSuffix(a.Vector, ".json"), ".parley")+".json"))
		if err != nil {
			t.Fatal(err)
		}
		kind, name, _ := strings.Cut(a.Vector, "/")
		kinds[kind]++
		if strings.HasPrefix(name, "bad-") {
			hostile++
		}
		if kind == "bundle" {
			var v bundleVector
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			agree(t, a, v.OK, v.Places)
			continue
		}
		var v struct{ Verdict, Field string }
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		if a.Verdict != v.Verdict || a.Field != part(v.Field) {
			t.Errorf("%s: %s %s; the second verifier: %s %s", a.Vector, v.Verdict, v.Field, a.Verdict, a.Field)
		}
	}
	for _, kind := range []string{"record", "checkpoint", "line", "bundle"} {
		files, err := filepath.Glob(filepath.Join(vectorDir, kind, "*.json"))
		if err != nil || len(files) == 0 || kinds[kind] != len(files) {
			t.Errorf("%s: %d files, %d judged (%v)", kind, len(files), kinds[kind], err)
		}
	}
	if hostile < 100 {
		t.Errorf("%d hostile vectors, want at least 100", hostile)
	}
	t.Logf("%v vectors, %d of them hostile", kinds, hostile)
}

// agree wants the same verdict, the same places, and the same place in front.
func agree(t *testing.T, a answer, ok bool, want []string) {
	t.Helper()
	have := placesOf(a.Problems)
	if a.OK != ok || !slices.Equal(slices.Sorted(slices.Values(have)), slices.Sorted(slices.Values(want))) ||
		len(have) > 0 && have[0] != want[0] {
		t.Errorf("%s: ok %t, places %q; the second verifier: ok %t, %v", a.Vector, ok, want, a.OK, a.Problems)
	}
}

// Bits flipped anywhere, in the file as it is or in what it carries with all
// sums mended. PARLEY_SOAK=1 takes 600 of them.
func TestTheSecondVerifierAgreesOnBitsFlippedAtChance(t *testing.T) {
	n := 40
	if os.Getenv("PARLEY_SOAK") != "" {
		n = 600
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := export(t, evening(t))
	verdicts := map[string]line.Verdict{}
	for i := range n {
		changed := bytes.Clone(file)
		if i%3 == 0 {
			changed[rng.IntN(len(changed))] ^= 1 << rng.IntN(8)
		} else {
			b := evening(t)
			pieces := slices.Clone(b.History.Charters)
			for _, l := range b.History.Logs {
				pieces = append(pieces, l.Entries...)
				for _, n := range l.Notes {
					pieces = append(pieces, n.Note)
				}
			}
			piece := pieces[rng.IntN(len(pieces))]
			piece[rng.IntN(len(piece))] ^= 1 << rng.IntN(8)
			changed = export(t, b)
		}
		name := fmt.Sprintf("%04d.parley", i)
		if err := os.WriteFile(filepath.Join(dir, name), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		_, v, err := Judge(bytes.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		verdicts["bundle/"+name] = v
	}
	as := runSecond(t, 0, "--vectors", dir)
	if len(as) != n {
		t.Errorf("%d of %d judged", len(as), n)
	}
	for _, a := range as {
		agree(t, a, verdicts[a.Vector].OK, placesOf(verdicts[a.Vector].Problems))
	}
}

// part is how exactly two verifiers have to agree on the place in a leaf:
// leaf, protected, unprotected, payload or signature.
func part(field string) string {
	first, _, _ := strings.Cut(field, ".")
	if first == "envelope" || first == "body" {
		return "payload"
	}
	return first
}

func TestTheSecondVerifierAgreesOnALongerEveningAndEndsAsItShould(t *testing.T) {
	k := historytest.New(t, "IL-RU-SY", "IL", "RU", "SY")
	for range 4 {
		k.Evening("IL", "RU")
		k.Evening("SY", "IL")
	}
	b := Bundle{Line: k.ID, Exporter: "SY", Made: k.Now, History: k.History("SY")}
	v := line.Verify(b.History)
	if !v.OK {
		t.Fatal(v.Words())
	}
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.parley"), filepath.Join(dir, "bad.parley")
	file := export(t, b)
	if err := os.WriteFile(good, file, 0o600); err != nil {
		t.Fatal(err)
	}
	a := runSecond(t, 0, good)
	want := map[string]int{"charters": 1, "logbooks": 6, "entries": v.Records, "records": v.Records, "checkpoints": v.Checkpoints, "receipts": v.Receipts}
	if len(a) != 1 || !a[0].OK || !maps.Equal(a[0].Counts, want) {
		t.Errorf("%+v, want %v", a, want)
	}
	file[len(file)/2] ^= 4
	if err := os.WriteFile(bad, file, 0o600); err != nil {
		t.Fatal(err)
	}
	runSecond(t, 3, good, bad)
	runSecond(t, 2, filepath.Join(dir, "none.parley"))
}
