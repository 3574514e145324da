package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

func TestTimesAreReadAsAnOfficerTypesThem(t *testing.T) {
	now, _ := utc.Parse("2018-09-17T18:39:00Z")
	for text, want := range map[string]string{
		"now": "2018-09-17T18:39:00.000Z", "+10m": "2018-09-17T18:49:00.000Z", "18:40Z": "2018-09-17T18:40:00.000Z",
		"1840Z": "2018-09-17T18:40:00.000Z", "18:40:30Z": "2018-09-17T18:40:30.000Z",
		"18:39Z": "2018-09-17T18:39:00.000Z", "06:00Z": "2018-09-18T06:00:00.000Z", // the next six o'clock
		"2018-09-17T19:02:45Z": "2018-09-17T19:02:45.000Z",
	} {
		if got, err := parseInstant(text, now, now); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "18:40", "21:40+03:00", "2018-09-17T21:40:00+03:00", "+", "+10", "+9000h", "tomorrow"} {
		if got, err := parseInstant(text, now, now); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestAnAreaIsReadInWordsOrCoordinatesAndNeverGuessed(t *testing.T) {
	now := func() (utc.Time, error) { return utc.Parse("2018-09-17T18:39:00Z") }
	ok := volumeFlags{circle: "Hmeimim, 10 nm", lower: "SFC", upper: "UNL", from: "now", to: "+45m"}
	vs, err := ok.read(now)
	if err != nil || len(vs) != 1 || vs[0].Area.Circle.RadiusM != 18520 || !vs[0].Band.Unlimited || vs[0].Window.To.Sub(vs[0].Window.From) != 45*time.Minute {
		t.Fatalf("%+v, %v", vs, err)
	}
	if d := volume.DistanceM(vs[0].Area.Circle.Center, volume.Deg(35.41, 35.95)); d > 5000 {
		t.Errorf("Hmeimim is %.0f m off", d)
	}
	poly := volumeFlags{polygon: "35.2N 35.5E; 35.9N 35.5E; 35.9N 36.1E", lower: "FL100", upper: "FL300", from: "18:40Z", to: "19:30Z"}
	if vs, err := poly.read(now); err != nil || len(vs[0].Area.Polygon) != 3 {
		t.Errorf("%+v, %v", vs, err)
	}
	for what, v := range map[string]volumeFlags{
		"radius":    {circle: "35N 35E, 5", lower: "SFC", upper: "UNL", from: "now", to: "+1h"},
		"too far":   {circle: "35N 35E, 5000km", lower: "SFC", upper: "UNL", from: "now", to: "+1h"},
		"--upper":   {circle: "35N 35E, 5km", lower: "SFC", from: "now", to: "+1h"},
		"datum":     {circle: "35N 35E, 5km", lower: "SFC", upper: "30000", from: "now", to: "+1h"},
		"when":      {circle: "35N 35E, 5km", lower: "SFC", upper: "UNL"},
		"window":    {circle: "35N 35E, 5km", lower: "SFC", upper: "UNL", from: "now", to: "now"},
		"corner 2":  {polygon: "35N 35E; here; 36N 36E", lower: "SFC", upper: "UNL", from: "now", to: "+1h"},
		"both":      {circle: "35N 35E, 5km", polygon: "35N 35E; 36N 35E; 36N 36E", lower: "SFC", upper: "UNL", from: "now", to: "+1h"},
		"no area":   {lower: "SFC", from: "now", to: "+1h"},
		"two files": {circle: "35N 35E, 5km", file: "x.json"},
	} {
		if vs, err := v.read(now); err == nil {
			t.Errorf("%s: read as %+v", what, vs)
		}
	}
}

func TestAnOfficerIsNamedInOneFlag(t *testing.T) {
	o, err := parseOfficer("levi:Maj. Levi: of the night watch:duty, chief")
	if err != nil || o.ID != "levi" || o.Name != "Maj. Levi: of the night watch" || len(o.Roles) != 2 || o.Roles[1] != party.Chief {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range []string{"", "levi", "levi:Levi", "Levi:Levi:duty", "levi:Levi:", "levi:Levi:general"} {
		if o, err := parseOfficer(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, o)
		}
	}
}

func TestDurationsAreSaidAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 45 * time.Second: "45 s", 90 * time.Minute: "1 h 30 min", 72 * time.Hour: "3 days", 1500 * time.Millisecond: "1 s 500 ms"} {
		if got := span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAnotherPartysTextCannotPlayWithTheTerminal(t *testing.T) {
	got := printable("calm\x1b[2J\x07 words\nand\u202e more\x00")
	if strings.ContainsAny(got, "\x1b\x07\n\x00\u202e") || !strings.Contains(got, "calm") || !strings.Contains(got, "more") {
		t.Errorf("%q", got)
	}
	tb := table{head: []string{"a", "b"}}
	tb.add("x", "line one\nline two \x1b[31m")
	for _, l := range tb.lines(40, true) {
		if strings.Contains(l, "\x1b") || strings.Contains(l, "\n") {
			t.Errorf("%q", l)
		}
	}
}

func TestAPassphraseComesFromItsOfficersFileFirst(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"all": "for everybody\r\nsecond line", "levi": "for levi alone\n", "none": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PARLEY_PASSPHRASE", "from the environment")
	sh := &shell{in: strings.NewReader(""), out: os.Stdout, err: os.Stderr}
	p := passphrases{sh: sh, files: []string{filepath.Join(dir, "all"), "levi=" + filepath.Join(dir, "levi")}}
	for who, want := range map[string]string{"levi": "for levi alone", "cohen": "for everybody"} {
		if got, err := p.of(who, true); err != nil || got != want {
			t.Errorf("%s: %q, %v", who, got, err)
		}
	}
	if got, err := (passphrases{sh: sh}).of("levi", true); err != nil || got != "from the environment" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (passphrases{sh: sh, files: []string{filepath.Join(dir, "none")}}).of("levi", false); err == nil {
		t.Error("an empty passphrase was taken")
	}
	os.Unsetenv("PARLEY_PASSPHRASE")
	if _, err := (passphrases{sh: sh}).of("levi", false); err == nil || !strings.Contains(err.Error(), "no passphrase") {
		t.Errorf("without a terminal: %v", err)
	}
}

func TestTheServiceManagerHearsWhenItIsReadyAndWhileItLives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip("no unix datagram sockets here: ", err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "2000")
	heard := func() string {
		b := make([]byte, 256)
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	notify("READY=1")
	if got := heard(); got != "READY=1" {
		t.Errorf("%q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	done := make(chan struct{})
	go func() {
		watchdog(ctx, func(context.Context) error {
			if asked++; asked == 1 {
				return context.DeadlineExceeded // the loop hangs: nothing is said for it
			}
			return nil
		})
		close(done)
	}()
	if got := heard(); got != "WATCHDOG=1" {
		t.Errorf("%q", got)
	}
	cancel()
	<-done
	if asked < 2 {
		t.Error("it spoke for a node that did not answer")
	}
}

func TestTheNearestFlagIsFound(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"upper", "upper", 0}, {"uper", "upper", 1}, {"", "abc", 3}, {"lower", "upper", 3}, {"pasphrase", "passphrase", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestEveryVerbSaysWhatItIsForAndShowsHow(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s: no short help", c.CommandPath())
		}
		if c.Runnable() && c.Example == "" && c.HasParent() {
			t.Errorf("%s: no example", c.CommandPath())
		}
		for _, word := range []string{"approved", "cleared to"} {
			if strings.Contains(strings.ToLower(c.Long+c.Short+c.Example+c.Flags().FlagUsages()), word) {
				t.Errorf("%s: its help says %q; Parley grants nothing", c.CommandPath(), word)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&shell{}))
}

// Whatever stands in parley.toml: no panic, and an error names the file.
func FuzzConfig(f *testing.F) {
	f.Add("listen = \"\"\nconsole = \"127.0.0.1:0\"\n[tracks]\nown = [\"4B1234\"]\n[[feed]]\nname = \"a\"\naddress = \"h:1\"\nutc_offset = \"+03:00\"\n")
	f.Add("consol = 1")
	f.Add("[[feed]]\nname = 3")
	f.Add("tracks = \"x\"")
	f.Fuzz(func(t *testing.T, text string) {
		d := folder{t.TempDir()}
		if err := os.WriteFile(d.at("parley.toml"), []byte(text), 0o600); err != nil {
			t.Skip()
		}
		c, err := d.config()
		if err != nil {
			if !strings.Contains(err.Error(), "parley.toml") {
				t.Fatalf("an error that does not name the file: %v", err)
			}
			return
		}
		if err := c.validate(); err != nil {
			t.Fatal(err)
		}
		c.Tracked.standing()("4B1234")
	})
}
