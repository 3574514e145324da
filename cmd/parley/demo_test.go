package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/line/courier"
	"parley/scenario"
)

// runVerb runs one verb of the program in this process and gives its exit code
// and what it wrote. The nodes that it starts are processes of their own.
func runVerb(t *testing.T, in io.Reader, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, &shell{in: in, out: &o, err: &e})
	return code, o.String(), e.String()
}

// contract is the part of the answer that docs promise to programs.
type contract struct {
	Runs []struct {
		Name   string
		Alerts []struct {
			Track          string
			Notice         string
			RaisedAt       string  `json:"raised_at"`
			LeadSeconds    float64 `json:"lead_seconds"`
			AcknowledgedAt *string `json:"acknowledged_at"`
		}
		Confirmations []struct{ Rule, Track string }
		Flags         []struct{ Rule, Party string }
		Missing       []struct {
			Party, Level string
			Seconds      int
		}
		Relayed       *bool
		UnitConfirmed *bool `json:"unit_confirmed"`
		Records       int
		Receipted     int
		Unreceipted   *int
	}
	Disputed []struct {
		Fact   string
		Claims []struct{ By, Says, Source string }
	}
	Verified *bool
	Expected bool
	Failures []string
	Elapsed  float64 `json:"elapsed_seconds"`
	Report   string
}

func readContract(t *testing.T, out string) contract {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(out))
	var c contract
	if err := dec.Decode(&c); err != nil {
		t.Fatalf("the answer is no object: %v\n%.400s", err, out)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Fatalf("standard output holds more than one object: %v", err)
	}
	return c
}

// One demonstration; everything that is promised of it is looked for in it.
func TestTheDemonstration(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "evening")
	code, out, errs := runVerb(t, strings.NewReader(""), "demo", "--headless", "--json", "--out", dir)
	if code != exitOK {
		t.Fatalf("it ended with %d\n%s\n%.2000s", code, errs, out)
	}
	c := readContract(t, out)
	t.Run("tells both runs and their leads", func(t *testing.T) { checkRuns(t, c) })
	t.Run("shows every disputed fact with at least two claims and their source", func(t *testing.T) {
		if len(c.Disputed) < 11 {
			t.Fatalf("%d disputed facts, at least 11 are known", len(c.Disputed))
		}
		for _, d := range c.Disputed {
			if len(d.Claims) < 2 {
				t.Errorf("%s: %d claims", d.Fact, len(d.Claims))
			}
			for _, x := range d.Claims {
				if x.By == "" || x.Says == "" || x.Source == "" {
					t.Errorf("%s: a claim without by, words or source: %+v", d.Fact, x)
				}
			}
		}
	})
	t.Run("leaves bundles that verify and folders that do", func(t *testing.T) {
		for _, p := range []string{"bundles/as-it-was", "bundles/with-parley", "with-parley/ru", "as-it-was/il"} {
			if code, out, _ := runVerb(t, nil, "verify", filepath.Join(dir, p)); code != exitOK {
				t.Errorf("verify %s: %d\n%s", p, code, out)
			}
		}
	})
	t.Run("flips of single bytes are found and placed", func(t *testing.T) { checkFlips(t, dir) })
	t.Run("nothing of Israel's notice is on the line to Syria", func(t *testing.T) { checkLeak(t, dir) })
	t.Run("writes a page that stands alone", func(t *testing.T) {
		b, err := os.ReadFile(c.Report)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"23 min 45 s", "Verified.", "35 km off the coast.", "27 km west of Baniyas.", "synthetic", "<svg"} {
			if !bytes.Contains(b, []byte(want)) {
				t.Errorf("the report does not hold %q", want)
			}
		}
		for _, no := range []string{"<script", "http://", "https://", "src=", "@import"} {
			if bytes.Contains(b, []byte(no)) {
				t.Errorf("the report holds %q", no)
			}
		}
	})
	t.Run("is told again from its record", func(t *testing.T) { checkReplay(t, dir) })
	t.Run("a second demonstration takes the same folder, but no other's", func(t *testing.T) {
		other := t.TempDir()
		if err := os.WriteFile(filepath.Join(other, "letter"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := runVerb(t, nil, "demo", "--headless", "--out", other); code != exitUsage || !strings.Contains(errs, "nothing was changed") {
			t.Errorf("%d %s", code, errs)
		}
		if err := clearOut(dir); err != nil {
			t.Error(err)
		}
	})
}

func checkRuns(t *testing.T, c contract) {
	if len(c.Runs) != 2 || c.Runs[0].Name != "as it was" || c.Runs[1].Name != "with Parley" {
		t.Fatalf("runs: %+v", c.Runs)
	}
	if c.Verified == nil || !*c.Verified || !c.Expected || len(c.Failures) > 0 || !(c.Elapsed > 0 && c.Elapsed < 60) {
		t.Errorf("verified %v, expected %v, failures %v, %v s", c.Verified, c.Expected, c.Failures, c.Elapsed)
	}
	for _, r := range c.Runs {
		if r.Unreceipted == nil || *r.Unreceipted != 0 || r.Records == 0 || r.Receipted != r.Records {
			t.Errorf("%s: %d records, %d receipted, unreceipted %v", r.Name, r.Records, r.Receipted, r.Unreceipted)
		}
	}
	was, with := c.Runs[0], c.Runs[1]
	if len(was.Alerts) > 0 || *was.Relayed || *was.UnitConfirmed {
		t.Errorf("as it was: %+v", was)
	}
	if len(was.Missing) != 1 || was.Missing[0].Party != "RU" || was.Missing[0].Level != "relayed" || was.Missing[0].Seconds < 1400 {
		t.Errorf("as it was, missing: %+v", was.Missing)
	}
	if len(with.Alerts) == 0 || !*with.Relayed || !*with.UnitConfirmed {
		t.Fatalf("with Parley: %+v", with)
	}
	a := with.Alerts[0]
	if a.Track != "Il-20" || a.RaisedAt >= "2018-09-17T18:40" || a.LeadSeconds < 1300 || a.Notice != "IL-RU/IL/urgent/2" || a.AcknowledgedAt == nil {
		t.Errorf("the alert: %+v", a)
	}
	confirmed := false
	for _, x := range with.Confirmations {
		confirmed = confirmed || x.Track == "Il-20" && x.Rule == "will-enter"
	}
	if !confirmed {
		t.Errorf("the track's prediction did not confirm it: %+v", with.Confirmations)
	}
	for _, want := range []string{"no-volume", "missing-ack"} {
		seen := map[string]bool{}
		for _, f := range was.Flags {
			if f.Rule == want {
				seen[f.Party] = true
			}
		}
		if !seen["IL"] || !seen["RU"] {
			t.Errorf("as it was, %s was flagged at %v, want both desks", want, seen)
		}
	}
}

// Every byte of a bundle is under something: a flip anywhere is found, and the
// finding names a place.
func checkFlips(t *testing.T, dir string) {
	b, err := os.ReadFile(filepath.Join(dir, "bundles", "with-parley", "IL-RU-held-by-RU.parley"))
	if err != nil {
		t.Fatal(err)
	}
	if _, v, err := courier.Judge(bytes.NewReader(b)); err != nil || !v.OK {
		t.Fatalf("whole: %v %v", v.OK, err)
	}
	rnd := rand.New(rand.NewPCG(17, 9))
	for range 250 {
		at, bit := rnd.IntN(len(b)), byte(1)<<rnd.IntN(8)
		b[at] ^= bit
		_, v, err := courier.Judge(bytes.NewReader(b))
		if err == nil && v.OK {
			t.Errorf("byte %d of %d, bit %#x: the flip was not found", at, len(b), bit)
		}
		if err == nil && (len(v.Problems) == 0 || v.Problems[0].Place == "") {
			t.Errorf("byte %d: the finding names no place: %+v", at, v.Problems)
		}
		b[at] ^= bit
	}
	at := len(b) / 2
	b[at] ^= 4
	path := filepath.Join(t.TempDir(), "flipped.parley")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := runVerb(t, nil, "verify", path)
	if code != exitNotVerified || !strings.Contains(out, "IL-RU") {
		t.Errorf("parley verify of a flipped bundle: %d\n%s", code, out)
	}
	page := filepath.Join(t.TempDir(), "flipped.html")
	code, _, errs := runVerb(t, nil, "report", path, "-o", page)
	text, _ := os.ReadFile(page)
	if code != exitNotVerified || !bytes.Contains(text, []byte("Not verified.")) {
		t.Errorf("parley report of a flipped bundle: %d %s", code, errs)
	}
}

// The third party's line holds none of the first one's notice: not its words and
// not a corner of its area.
func checkLeak(t *testing.T, dir string) {
	sc, err := scenario.Parse(scenario.IL20())
	if err != nil {
		t.Fatal(err)
	}
	run, _ := sc.Run("with Parley")
	var secrets [][]byte
	for _, st := range run.Steps {
		if st.Act != scenario.ActNotice {
			continue
		}
		n, err := st.Notice.Body()
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, []byte(n.Text), []byte(n.Late))
		for _, p := range n.Volumes[0].Area.Polygon {
			secrets = append(secrets, binary.BigEndian.AppendUint32(nil, uint32(p.LatE7)), binary.BigEndian.AppendUint32(nil, uint32(p.LonE7)))
		}
	}
	if len(secrets) < 10 {
		t.Fatal("the run's notice says nothing")
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "bundles", "with-parley", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, third := read("IL-RU-held-by-IL.parley"), read("RU-SY-held-by-SY.parley")
	for _, s := range secrets {
		if !bytes.Contains(first, s) {
			t.Errorf("%x is not even on the first line: the test looks for the wrong thing", s)
		}
		if bytes.Contains(third, s) {
			t.Errorf("%x of the notice is on the third party's line", s)
		}
	}
}

// What an officer could know at 18:39:20 is not what the record says at the end.
func checkReplay(t *testing.T, dir string) {
	ru := filepath.Join(dir, "with-parley", "ru")
	code, out, errs := runVerb(t, nil, "replay", "--json", "--known-at", "2018-09-17T18:39:20Z", ru)
	if code != exitOK || !strings.Contains(out, `"kind":"alert"`) || !strings.Contains(out, "Il-20") || strings.Contains(out, `"kind":"relay"`) {
		t.Errorf("known at 18:39:20: %d %s\n%s", code, errs, out)
	}
	if code, out, errs := runVerb(t, nil, "replay", "--known-at", "2018-09-17T18:39:40Z", ru); code != exitOK || !strings.Contains(out, "HOLD FIRE") || !strings.Contains(out, "missing at") {
		t.Errorf("known at 18:39:40: %d %s\n%s", code, errs, out)
	}
	il := filepath.Join(dir, "bundles", "as-it-was", "IL-RU-held-by-IL.parley")
	code, out, errs = runVerb(t, nil, "replay", "--json", "--known-at", "2018-09-17T19:02:45Z", il)
	if code != exitOK {
		t.Fatalf("replay --json: %d %s", code, errs)
	}
	missing, last := false, ""
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		var e struct {
			Event, Composed, Level, Party string
			Overdue                       bool
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		switch e.Event {
		case "record":
			if e.Composed < last {
				t.Errorf("%s after %s: not in order", e.Composed, last)
			}
			last = e.Composed
		case "missing":
			missing = missing || e.Level == "relayed" && e.Party == "RU" && e.Overdue
		}
	}
	if !missing {
		t.Errorf("the missing acknowledgement is not told:\n%s", out)
	}
	if code, _, errs := runVerb(t, nil, "replay", filepath.Join(dir, "nothing")); code != exitUsage {
		t.Errorf("replay of nothing: %d %s", code, errs)
	}
	page := filepath.Join(t.TempDir(), "paper.html")
	if code, _, errs := runVerb(t, nil, "report", ru, "-o", page); code != exitOK {
		t.Errorf("report of a data folder: %d %s", code, errs)
	}
	if code, _, _ := runVerb(t, nil, "report", ru, "-o", page); code != exitUsage {
		t.Errorf("report wrote over a file: %d", code)
	}
}

// movedRoute is the built-in scenario with the filed route three degrees
// further east, and nothing else changed.
func movedRoute(t *testing.T) string {
	t.Helper()
	text := string(scenario.IL20())
	begin := strings.Index(text, "[[run.step.plan.leg]]")
	end := begin + strings.Index(text[begin:], "[[run.step]]")
	legs := text[begin:end]
	for _, lon := range []string{"36.63", "35.98", "35.30", "35.95"} {
		var v float64
		fmt.Sscan(lon, &v)
		legs = strings.ReplaceAll(legs, lon+"]", fmt.Sprintf("%.2f]", v+3))
	}
	if legs == text[begin:end] {
		t.Fatal("the route was not moved")
	}
	path := filepath.Join(t.TempDir(), "moved.toml")
	if err := os.WriteFile(path, []byte(text[:begin]+legs+text[end:]), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The alert comes from the check and not from the script: with the filed route
// elsewhere it is not there, and the demonstration says that it failed.
func TestMovingTheFiledRouteTakesTheAlertAway(t *testing.T) {
	code, out, errs := runVerb(t, nil, "demo", "--headless", "--json", "--run", "with Parley", "--scenario", movedRoute(t), "--out", filepath.Join(t.TempDir(), "o"))
	if code != exitFailed || !strings.Contains(errs, "no notice met the filed route") {
		t.Fatalf("it ended with %d: %s", code, errs)
	}
	c := readContract(t, out)
	if len(c.Runs) != 1 || len(c.Runs[0].Alerts) != 0 || c.Expected || len(c.Failures) == 0 {
		t.Errorf("%+v", c)
	}
	if c.Verified == nil || !*c.Verified || *c.Runs[0].Unreceipted != 0 {
		t.Errorf("the record itself does not hold: %+v", c)
	}
}

// What the console's tests use: nodes that stand at the first alert, with a
// signed-on console each, until standard input closes.
func TestUntilAlertHoldsTheNodesUntilInputCloses(t *testing.T) {
	in, hold := io.Pipe()
	out, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		var errs bytes.Buffer
		code := run(context.Background(), []string{"demo", "--until", "alert", "--hold", "--json", "--out", filepath.Join(t.TempDir(), "o")}, &shell{in: in, out: w, err: &errs})
		w.Close()
		if code != exitOK {
			t.Errorf("it ended with %d: %s", code, errs.String())
		}
		ended <- code
	}()
	urls := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var e struct{ Event, Party, URL, Officer string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		if e.Event == "console" {
			if e.Officer == "" {
				t.Errorf("%s has no officer signed on", e.Party)
			}
			urls[e.Party] = e.URL
		}
		if e.Event == "ready" {
			break
		}
	}
	if len(urls) != 3 {
		t.Fatalf("consoles: %v", urls)
	}
	for p, u := range urls {
		page, _, _ := strings.Cut(u, "#")
		resp, err := http.Get(page)
		if err != nil {
			t.Errorf("the console of %s: %v", p, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the console of %s answers %s", p, resp.Status)
		}
	}
	hold.Close()
	go io.Copy(io.Discard, out)
	<-ended
	for p, u := range urls {
		page, _, _ := strings.Cut(u, "#")
		if resp, err := http.Get(page); err == nil {
			resp.Body.Close()
			t.Errorf("the node of %s still answers", p)
		}
	}
}

func TestWrongWordsOnTheCommandLineAreNamed(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.toml")
	if err := os.WriteFile(bad, []byte(strings.Replace(string(scenario.IL20()), "caution =", "cauton =", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"demo", "--scenario", bad}, `unknown key "cauton"`},
		{[]string{"demo", "--scenario", bad + "-not-there"}, "couldn't read the scenario"},
		{[]string{"demo", "--run", "as it should have been"}, `no run "as it should have been"`},
		{[]string{"demo", "--rate", "0"}, "--rate 0"},
		{[]string{"demo", "--until", "dawn"}, `--until "dawn"`},
		{[]string{"demo", "--hold"}, "--hold needs"},
		{[]string{"replay", bad}, `unknown key "cauton"`},
		{[]string{"replay", "--known-at", "18:41", bad + "x"}, "--known-at"},
		{[]string{"report", bad + "x"}, "is not there"},
	} {
		args := append(c.args, "--out", filepath.Join(t.TempDir(), "o"))
		if c.args[0] == "replay" {
			args = c.args
		}
		code, _, errs := runVerb(t, nil, args...)
		if code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("%v: %d %s, want %q", c.args, code, errs, c.want)
		}
	}
}
