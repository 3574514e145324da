package recorder

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/record"
	"parley/track"
	"parley/utc"
	"parley/volume"
)

var start, _ = utc.Parse("2018-09-17T18:39:00Z")

func report(id string, sec int) (track.Report, utc.Time) {
	at := start.Add(time.Duration(sec) * time.Second)
	r := track.Report{ID: id, At: at, Source: "test", Synthetic: true}
	r.Pos.Point = volume.Deg(35.4, 35.9)
	return r, at
}

func open(t *testing.T, dir string) (*Recorder, *[]record.Minute) {
	t.Helper()
	var got []record.Minute
	r, err := Open(Config{Dir: dir, Closed: func(m record.Minute) { got = append(got, m) }, Failed: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return r, &got
}

func TestAClosedMinuteIsOnDiskAndItsDigestIsOfThoseBytes(t *testing.T) {
	dir := t.TempDir()
	r, got := open(t, dir)
	for sec := range 60 {
		r.Add(report("4B1234", sec))
		r.Add(report("ABCDEF", sec))
	}
	if len(*got) != 0 {
		t.Fatal("the minute was closed while it ran")
	}
	r.Tick(start.Add(time.Minute))
	if len(*got) != 1 {
		t.Fatalf("%d minutes closed", len(*got))
	}
	m := (*got)[0]
	b, err := os.ReadFile(filepath.Join(dir, "20180917", "1839.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	if m.From != start || m.Reports != 120 || m.Tracks != 2 || m.Digest != sha256.Sum256(b) {
		t.Errorf("minute %+v", m)
	}
	if good, bad, err := Check(dir); good != 1 || len(bad) != 0 || err != nil {
		t.Errorf("check: %d good, %v, %v", good, bad, err)
	}
	b[100] ^= 1
	os.WriteFile(filepath.Join(dir, "20180917", "1839.ndjson"), b, 0o600)
	if good, bad, _ := Check(dir); good != 0 || len(bad) != 1 || !strings.Contains(bad[0], "1839.ndjson") {
		t.Errorf("one byte flipped: %d good, %v", good, bad)
	}
}

func TestACrashLeavesAMinuteThatIsClosedAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	r, _ := open(t, dir)
	r.Add(report("4B1234", 0))
	r.Add(report("4B1234", 1))
	r.w.Flush()
	path := r.file.Name()
	whole, _ := os.ReadFile(path)
	for cut := range len(whole) + 1 { // the power fails after any byte
		again := t.TempDir()
		os.MkdirAll(filepath.Join(again, "20180917"), 0o700)
		torn := filepath.Join(again, "20180917", "1839.ndjson")
		if err := os.WriteFile(torn, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		r, got := open(t, again)
		left, _ := os.ReadFile(torn)
		if !strings.HasPrefix(string(whole), string(left)) || (len(left) > 0 && left[len(left)-1] != '\n') {
			t.Fatalf("cut at %d left %q", cut, left)
		}
		want := uint32(strings.Count(string(whole[:cut]), "\n"))
		var have uint32
		if len(*got) > 0 {
			have = (*got)[0].Reports
		}
		if have != want {
			t.Fatalf("cut at %d: %d reports told, %d whole ones on disk", cut, have, want)
		}
		// Started again inside the same minute, it does not write into the closed file.
		r.Add(report("4B1234", 30))
		r.Tick(start.Add(time.Minute))
		if now, _ := os.ReadFile(torn); string(now) != string(left) {
			t.Fatal("a closed minute was written again")
		}
		if good, bad, _ := Check(again); good != 2 || len(bad) != 0 {
			t.Fatalf("cut at %d: %d good, %v", cut, good, bad)
		}
	}
}

func TestReportsFlowOnWhenTheDiskRefuses(t *testing.T) {
	dir := t.TempDir()
	var failures []string
	r, err := Open(Config{Dir: dir, Closed: func(record.Minute) {}, Failed: func(err error) { failures = append(failures, err.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, "20180917"), []byte("in the way"), 0o600)
	for sec := range 30 {
		r.Add(report("4B1234", sec))
	}
	if len(failures) != 1 || r.Lost() != 30 {
		t.Errorf("told %d times, %d lost", len(failures), r.Lost())
	}
	os.Remove(filepath.Join(dir, "20180917"))
	r.Add(report("4B1234", 31))
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if good, _, _ := Check(dir); good != 1 {
		t.Error("it did not record again when the disk was back")
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "2018"), 0o700)
	path := filepath.Join(dir, "2018", "1notes.ndjson")
	os.WriteFile(path, []byte("my notes"), 0o600)
	open(t, dir)
	if b, err := os.ReadFile(path); err != nil || string(b) != "my notes" {
		t.Errorf("%q, %v", b, err)
	}
}
