package feed

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
)

const good = "MSG,3,1,1,4B1234,1,2018/09/17,18:39:00.250,2018/09/17,18:39:00.300,,16400,,,35.5200000,35.7800000,,,0,0,0,0"

func at(t *testing.T, s string) utc.Time {
	t.Helper()
	u, err := utc.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestALineGivesWhatItSaysAndNothingElse(t *testing.T) {
	m, err := ParseLine([]byte(good), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := Message{Type: 3, Hex: "4B1234", Generated: at(t, "2018-09-17T18:39:00.250Z"), Logged: at(t, "2018-09-17T18:39:00.300Z"),
		HasAlt: true, AltFeet: 16400, HasPoint: true, Point: volume.Deg(35.52, 35.78), HasGround: true}
	if m != want {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	if m, err = ParseLine([]byte(strings.Replace(good, "18:39:00.250,2018/09/17,18:39:00.300", "21:39:00.250,2018/09/17,21:39:00.300", 1)), 3*time.Hour); err != nil || m.Generated != want.Generated {
		t.Errorf("a receiver three hours ahead: %s, %v", m.Generated, err)
	}
}

func TestABadLineNamesItsField(t *testing.T) {
	with := func(field int, value string) string {
		f := strings.Split(good, ",")
		f[field] = value
		return strings.Join(f, ",")
	}
	for _, c := range []struct{ line, want string }{
		{with(fMSG, "MGS"), "field 1 (MSG)"},
		{with(fType, "9"), "field 2 (transmission type)"},
		{with(fType, "33"), "field 2"},
		{with(fHex, "4B123"), "field 5 (hex address)"},
		{with(fHex, "4B123G"), "field 5"},
		{with(fGenDate, "2018/13/17"), "field 7 (generated date)"},
		{with(fGenDate, "17/09/2018"), "field 7"},
		{with(fGenDate, "1066/10/14"), "outside 1970"},
		{with(fGenTime, "25:00:00.000"), "field 8 (generated time)"},
		{with(fGenTime, "18:39"), "field 8"},
		{with(fGenTime, "18:39:10.000"), "cannot both be"},
		{with(fGenTime, "18:19:10.000"), "cannot both be"},
		{with(fCallsign, "TOOLONG77"), "field 11 (callsign)"},
		{with(fCallsign, "AB;DROP"), "field 11"},
		{with(fAltitude, "160000"), "field 12 (altitude)"},
		{with(fAltitude, "NaN"), "field 12"},
		{with(fAltitude, "1e4"), "field 12"},
		{with(fSpeed, "-5"), "field 13 (ground speed)"},
		{with(fTrack, "361"), "field 14 (track)"},
		{with(fLat, "91"), "field 15 (latitude)"},
		{with(fLat, ""), "come together"},
		{with(fLon, "180.1"), "field 16 (longitude)"},
		{with(fLon, "0x10"), "field 16"},
		{with(fClimb, "99999"), "field 17 (vertical rate)"},
		{with(fSquawk, "7800"), "field 18 (squawk)"},
		{with(fAlert, "yes"), "field 19 (alert)"},
		{with(fEmergency, "2"), "field 20 (emergency)"},
		{with(fIdent, "+1"), "field 21 (ident)"},
		{with(fGround, "-2"), "field 22 (on ground)"},
		{good + ",", "23 fields: want 22"},
		{good[:len(good)-2], "21 fields: want 22"},
		{"MSG", "1 fields: want 22"},
		{"", "field 1"},
		{good[:30] + "\x00" + good[31:], "printable ASCII"},
		{good + strings.Repeat(" ", MaxLine), "at most 512"},
	} {
		if _, err := ParseLine([]byte(c.line), 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.90q: %v, want %q", c.line, err, c.want)
		}
	}
	for _, other := range []string{"STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM", "CLK,,496,-1,,-1,2010/02/19,18:18:19.036,2010/02/19,18:18:19.036"} {
		if _, err := ParseLine([]byte(other), 0); !errors.Is(err, ErrOther) {
			t.Errorf("%s: %v", other, err)
		}
	}
	noTime := with(fGenDate, "")
	if _, err := ParseLine([]byte(strings.Replace(noTime, ",18:39:00.250,2018/09/17,18:39:00.300,", ",,,,", 1)), 0); err == nil || !strings.Contains(err.Error(), "without a time") {
		t.Errorf("no time at all: %v", err)
	}
}

// line writes a message of one aircraft at a second of the minute.
func line(m Message, sec int) Message {
	base, _ := utc.Parse("2018-09-17T18:39:00Z")
	if m.Hex == "" {
		m.Hex = "4B1234"
	}
	m.Generated = base.Add(time.Duration(sec) * time.Second)
	return m
}

func TestPositionAndVelocityComeTogetherOnlyWhileBothAreFresh(t *testing.T) {
	a := NewAssembler("mast")
	add := func(m Message) (track.Report, bool) {
		t.Helper()
		r, ok, err := a.Add(m)
		if err != nil {
			t.Fatal(err)
		}
		return r, ok
	}
	pos := Message{Type: 3, HasPoint: true, Point: volume.Deg(35, 35)}
	if _, ok := add(line(Message{Type: 1, Callsign: "RFF7014"}, 0)); ok {
		t.Error("a callsign alone made a report")
	}
	r, ok := add(line(pos, 1))
	if !ok || r.HasVelocity || r.Pos.HasAlt || r.Callsign != "RFF7014" || r.Source != "mast" || r.ID != "4B1234" {
		t.Errorf("position alone: %v %+v", ok, r)
	}
	if _, ok := add(line(Message{Type: 4, HasSpeed: true, SpeedKt: 250, TrackDeg: 90, HasClimb: true, ClimbFPM: -900}, 2)); ok {
		t.Error("a velocity alone made a report")
	}
	add(line(Message{Type: 5, HasAlt: true, AltFeet: 16400}, 2))
	r, _ = add(line(pos, 12))
	if !r.HasVelocity || r.SpeedKt != 250 || r.TrackDeg != 90 || r.ClimbFPM != -900 || r.Pos.Alt != (volume.Altitude{Feet: 16400, Datum: volume.FL}) {
		t.Errorf("ten seconds later: %+v", r)
	}
	if r.At != line(pos, 12).Generated {
		t.Errorf("the report has the time %s, not the position's", r.At)
	}
	r, _ = add(line(pos, 13))
	if r.HasVelocity || r.SpeedKt != 0 || r.Pos.HasAlt {
		t.Errorf("eleven seconds later the velocity was still joined: %+v", r)
	}
	// Late lines: the older velocity does not replace the newer.
	add(line(Message{Type: 4, HasSpeed: true, SpeedKt: 300, TrackDeg: 10}, 20))
	add(line(Message{Type: 4, HasSpeed: true, SpeedKt: 100, TrackDeg: 20}, 15))
	if r, _ = add(line(pos, 21)); r.SpeedKt != 300 {
		t.Errorf("an older velocity won: %+v", r)
	}
}

func TestMemoryIsBoundedByASpoofedSky(t *testing.T) {
	a := NewAssembler("x")
	const digits = "0123456789ABCDEF"
	hex := func(n int) string {
		b := []byte("000000")
		for i := 5; i >= 0; i, n = i-1, n/16 {
			b[i] = digits[n%16]
		}
		return string(b)
	}
	full := 0
	for n := range MaxAircraft + 500 {
		if _, _, err := a.Add(line(Message{Type: 8, Hex: hex(n)}, 0)); errors.Is(err, ErrFull) {
			full++
		}
	}
	if full != 500 || a.Held() != MaxAircraft {
		t.Errorf("%d refused, %d held", full, a.Held())
	}
	// Six minutes later the silent ones are gone and there is room again.
	if _, _, err := a.Add(line(Message{Type: 8, Hex: "ABCDEF"}, 360)); err != nil || a.Held() != 1 {
		t.Errorf("after the silence: %v, %d held", err, a.Held())
	}
}

func TestAReaderGoesOnAfterEveryKindOfBadLine(t *testing.T) {
	text := good + "\r\n" +
		"rubbish\n\n" +
		strings.Repeat("A", 100_000) + "\n" +
		strings.Replace(good, "35.52", "95.52", 1) + "\n" +
		"STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\n" +
		strings.Replace(good, "18:39:00", "18:39:01", 2) // no line end
	var got []track.Report
	f, err := New(Config{Name: "test", File: "x", Emit: func(r track.Report) { got = append(got, r) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(t.Context(), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	s := f.Stats()
	if len(got) != 2 || s.Lines != 6 || s.Bad != 3 || s.Overlong != 1 || s.Other != 1 || s.Reports != 2 {
		t.Errorf("%d reports, %+v", len(got), s)
	}
	if !strings.Contains(s.LastBad, "line 5: field 15 (latitude)") {
		t.Errorf("the newest bad line is not named: %q", s.LastBad)
	}
}

func TestReportsFarFromTheNodesClockAreRefusedAndCounted(t *testing.T) {
	now := at(t, "2018-09-17T18:39:00Z")
	n := 0
	f, err := New(Config{Name: "t", Address: "h:1", Now: func() utc.Time { return now }, Emit: func(track.Report) { n++ }})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, sec := range []int{0, 5, 6, -120, -121, 3600} {
		b.WriteString(line(Message{Type: 3, HasPoint: true}, sec).Line() + "\n")
	}
	if err := f.Read(t.Context(), strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	if s := f.Stats(); n != 3 || s.Ahead != 2 || s.Behind != 1 {
		t.Errorf("%d reports, %+v", n, s)
	}
}

func TestAFileIsHeldBackToTheNodesClock(t *testing.T) {
	now := at(t, "2018-09-17T18:39:00Z")
	path := filepath.Join(t.TempDir(), "evening.sbs")
	text := line(Message{Type: 3, HasPoint: true}, 0).Line() + "\n" + line(Message{Type: 3, HasPoint: true}, 30).Line() + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var when []utc.Time
	f, err := New(Config{Name: "t", File: path, Now: func() utc.Time { return now },
		Wait: func(context.Context, time.Duration) { now = now.Add(time.Second) }, // the scenario's clock runs
		Emit: func(track.Report) { when = append(when, now) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(when) != 2 || when[1].Sub(when[0]) != 30*time.Second {
		t.Errorf("emitted at %v", when)
	}
}

func TestATCPFeedComesBackAfterTheReceiverWentAway(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dials, waits := 0, 0
	reports := make(chan track.Report, 10)
	f, err := New(Config{Name: "mast", Address: "unused:1",
		Dial: func(context.Context) (net.Conn, error) {
			dials++
			if dials == 2 {
				return nil, errors.New("connection refused")
			}
			here, there := net.Pipe()
			go func() {
				io.WriteString(there, good+"\n")
				there.Close()
			}()
			return here, nil
		},
		Wait: func(context.Context, time.Duration) { waits++ },
		Emit: func(r track.Report) {
			reports <- r
			if dials == 3 {
				cancel()
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("ended with %v", err)
	}
	if len(reports) != 2 || dials != 3 || waits != 2 {
		t.Errorf("%d reports, %d dials, %d waits", len(reports), dials, waits)
	}
	if s := f.Stats(); s.Connected || !strings.Contains(s.LastError, "connection refused") {
		t.Errorf("stats %+v", s)
	}
}

func TestAFeedTellsSinceWhenItIsUpOrDownAndWhyItRefuses(t *testing.T) {
	now := at(t, "2018-09-17T18:00:00Z") // the line below is of 18:39
	path := filepath.Join(t.TempDir(), "lines.sbs")
	if err := os.WriteFile(path, []byte(good+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f *Feed
	f, err := New(Config{Name: "t", File: path, Now: func() utc.Time { return now },
		Wait: func(context.Context, time.Duration) {
			if s := f.Stats(); !s.Connected || s.Since != at(t, "2018-09-17T18:00:00Z") {
				t.Errorf("while it is read: %+v", s)
			}
			now = at(t, "2018-09-17T19:00:00Z")
		},
		Emit: func(track.Report) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := f.Stats()
	if s.Connected || s.Since != now || s.LastError != ErrEnded.Error() {
		t.Errorf("at its end: %+v", s)
	}
	if s.Behind != 1 || !strings.Contains(s.Refusal, "utc_offset") {
		t.Errorf("refused %d: %q", s.Behind, s.Refusal)
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	emit := func(track.Report) {}
	for _, c := range []Config{
		{Name: "a", Emit: emit}, {Name: "a", Address: "h:1", File: "f", Emit: emit},
		{Address: "h:1", Emit: emit}, {Name: "a", Address: "h:1"}, {Name: "a", Address: "h:1", Emit: emit, Offset: 15 * time.Hour},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

// What a day over Switzerland looks like: every position written as SBS-1 and
// read back is the same report.
func TestAThousandRealFlightsComeThroughUnchanged(t *testing.T) {
	dir := os.Getenv("PARLEY_TESTDATA")
	if dir == "" {
		t.Skip("PARLEY_TESTDATA is not set: no recorded flights here")
	}
	file, err := os.Open(filepath.Join(dir, "switzerland.json.gz"))
	if err != nil {
		t.Skip("no switzerland.json.gz in PARLEY_TESTDATA: ", err)
	}
	defer file.Close()
	zr, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var states []struct {
		Timestamp                                             float64
		Altitude, Groundspeed, Latitude, Longitude, Track, VR *float64
		Callsign, ICAO24                                      string
	}
	if err := json.NewDecoder(zr).Decode(&states); err != nil {
		t.Fatal(err)
	}
	var got *track.Report
	f, err := New(Config{Name: "ch", File: "x", Emit: func(r track.Report) { got = &r }})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, s := range states {
		if i%7 != 0 || s.Latitude == nil || s.Longitude == nil || s.Altitude == nil {
			continue
		}
		m := Message{Type: 3, Hex: strings.ToUpper(s.ICAO24), Generated: utc.Time(s.Timestamp), HasPoint: true,
			Point: volume.Deg(*s.Latitude, *s.Longitude), HasAlt: true, AltFeet: int32(*s.Altitude)}
		got = nil
		if err := f.Read(t.Context(), strings.NewReader(m.Line()+"\n")); err != nil {
			t.Fatal(err)
		}
		if got == nil {
			t.Fatalf("state %d was not reported: %+v; line %s", i, f.Stats(), m.Line())
		}
		if got.ID != m.Hex || got.At != m.Generated || got.Pos.Point != m.Point || got.Pos.Alt.Feet != m.AltFeet {
			t.Fatalf("state %d: %+v from %s", i, got, m.Line())
		}
		n++
	}
	if n < 10000 {
		t.Errorf("only %d positions in the file", n)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("MSG,4,1,1,4B1234,1,2018/09/17,18:39:00.250,2018/09/17,18:39:00.300,,,250.5,359.9999999,,,-900,,0,0,0,0"))
	f.Add([]byte("MSG,1,1,1,4b1234,1,2018/09/17,18:39:00,,,RFF7014 ,,,,,,,77,-1,1,0,"))
	f.Add([]byte("STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseLine(b, 0)
		if err != nil {
			return
		}
		again, err := ParseLine([]byte(m.Line()), 0)
		if err != nil || again != m {
			t.Fatalf("%q\n%+v\nwrites %q\n%+v\n%v", b, m, m.Line(), again, err)
		}
		if r, ok, err := NewAssembler("fuzz").Add(m); ok && err != nil {
			t.Fatalf("a line that can be read makes a report that cannot: %+v: %v", r, err)
		}
	})
}
