package track

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/utc"
	"parley/volume"
	"pgregory.net/rapid"
)

const start utc.Time = 1537209600000 // 2018-09-17T18:40:00Z

// jet is a report of a jet at FL200, sec seconds after the start, that flies
// east at 480 kt (246.9 m/s) from 35.5N 35.0E.
func jet(sec float64) Report {
	p := volume.Destination(volume.Deg(35.5, 35), 90, 480*knot*sec)
	return Report{ID: "4ca7b2", At: start + utc.Time(sec*1000), HasVelocity: true, SpeedKt: 480,
		TrackDeg: volume.BearingDeg(p, volume.Destination(volume.Deg(35.5, 35), 90, 480*knot*sec+50_000)),
		Pos:      volume.Position{Point: p, Alt: volume.Altitude{Feet: 20000}, HasAlt: true}, Source: "test", Synthetic: true}
}

func made(t interface{ Fatal(...any) }, s Standing, rs ...Report) *Track {
	tr := New("4ca7b2", s)
	for _, r := range rs {
		if _, err := tr.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return tr
}

func TestReportSaysWhatIsWrong(t *testing.T) {
	if err := jet(0).Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Report){
		"id is missing":                  func(r *Report) { r.ID = "" },
		"id is 65 bytes":                 func(r *Report) { r.ID = strings.Repeat("x", 65) },
		"id has a character":             func(r *Report) { r.ID = "a\x00" },
		"callsign is 17":                 func(r *Report) { r.Callsign = strings.Repeat("x", 17) },
		"callsign has a character":       func(r *Report) { r.Callsign = "\xff" },
		"source has a character":         func(r *Report) { r.Source = "a\u202eb" },
		"at is missing":                  func(r *Report) { r.At = 0 },
		"pos.point: lat":                 func(r *Report) { r.Pos.Point.LatE7 = 1e9 },
		"pos.alt: altitude of":           func(r *Report) { r.Pos.Alt.Feet = 1e6 },
		"pos.alt is given but":           func(r *Report) { r.Pos.HasAlt = false },
		"track_deg 360":                  func(r *Report) { r.TrackDeg = 360 },
		"track_deg NaN":                  func(r *Report) { r.TrackDeg = math.NaN() },
		"speed_kt -1":                    func(r *Report) { r.SpeedKt = -1 },
		"speed_kt +Inf":                  func(r *Report) { r.SpeedKt = math.Inf(1) },
		"climb_fpm 60001":                func(r *Report) { r.ClimbFPM = 60001 },
		"climb_fpm NaN":                  func(r *Report) { r.ClimbFPM = math.NaN() },
		"given but has_velocity is fals": func(r *Report) { r.HasVelocity = false },
	} {
		r := jet(0)
		spoil(&r)
		err := r.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		tr := made(t, Own, jet(0))
		if a, err := tr.Add(r); a != Refused || err == nil || len(tr.Reports()) != 1 {
			t.Errorf("%q: a track took it: %v %v", want, a, err)
		}
	}
}

func TestReportInJSONComesBackTheSame(t *testing.T) {
	want := jet(1)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(b, &got); err != nil || got != want {
		t.Errorf("%s: %+v, %v", b, got, err)
	}
}

func TestReportFromTheFutureIsKnown(t *testing.T) {
	r := jet(0)
	for ago, want := range map[time.Duration]bool{0: false, 5 * time.Second: false, 5001 * time.Millisecond: true, -time.Hour: false} {
		if got := r.Ahead(r.At.Add(-ago)); got != want {
			t.Errorf("%v ahead: %v", ago, got)
		}
	}
}

func TestOldReportIsHistoryAndNeverMovesTheTrackBack(t *testing.T) {
	tr := New("", Own)
	for i, c := range []struct {
		sec  float64
		want Added
	}{{10, Moved}, {20, Moved}, {15, History}, {20, Duplicate}, {15, Duplicate}, {5, History}, {25, Moved}} {
		if got, err := tr.Add(jet(c.sec)); got != c.want || err != nil {
			t.Errorf("report %d: %v %v, want %v", i, got, err, c.want)
		}
	}
	last, ok := tr.Latest()
	if !ok || last != jet(25) || tr.ID != "4ca7b2" {
		t.Errorf("the track is at %+v", last)
	}
	r := jet(30)
	r.ID = "other"
	if a, err := tr.Add(r); a != Refused || err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("took the report of another: %v %v", a, err)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	tr := New("4ca7b2", Own)
	for i := range 1000 {
		if _, err := tr.Add(jet(float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	rs := tr.Reports()
	if len(rs) != MaxHistory || rs[0] != jet(1000-MaxHistory) || rs[MaxHistory-1] != jet(999) {
		t.Errorf("%d reports from %v", len(rs), rs[0].At)
	}
	if a, _ := tr.Add(jet(3)); a != TooOld || len(tr.Reports()) != MaxHistory {
		t.Errorf("an ancient report: %v", a)
	}
	if a, _ := tr.Add(jet(998.5)); a != History || len(tr.Reports()) != MaxHistory || tr.Reports()[0] != jet(1001-MaxHistory) {
		t.Errorf("a late report into a full history: %v", a)
	}
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxHistory).Draw(t, "n")
		var rs []Report
		for i := range n {
			r := jet(float64(rapid.IntRange(0, 300).Draw(t, "at")))
			r.Source = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "source")
			r.Pos.Point.LatE7 += int32(i % 3)
			rs = append(rs, r)
		}
		one := made(t, Civil, rs...)
		rs = rapid.Permutation(rs).Draw(t, "order")
		two := made(t, Civil, append(rs, rs...)...) // each of them twice
		if !reflect.DeepEqual(one.Reports(), two.Reports()) {
			t.Fatalf("%v\n%v", one.Reports(), two.Reports())
		}
		newest := rs[0].At
		for _, r := range rs {
			newest = max(newest, r.At)
		}
		if l, _ := one.Latest(); l.At != newest {
			t.Fatalf("the newest is %v, the track is at %v", newest, l.At)
		}
	})
}

func TestStateFollowsTheAge(t *testing.T) {
	tr := made(t, Own, jet(0))
	for age, want := range map[time.Duration]State{
		-time.Minute: Fresh, 0: Fresh, LateAfter: Fresh, LateAfter + time.Millisecond: Late,
		LostAfter: Late, LostAfter + time.Millisecond: Lost, 1000 * time.Hour: Lost,
	} {
		if got := tr.State(start.Add(age)); got != want {
			t.Errorf("%v old: %v, want %v", age, got, want)
		}
	}
	if s := New("x", Own).State(start); s != Lost || s.String() != "lost" {
		t.Errorf("never seen: %v", s)
	}
	if b, _ := Fresh.MarshalText(); string(b) != "fresh" || Late.String() != "late" {
		t.Error("the words are wrong")
	}
}

func TestGapsAreListedAndLateReportsCloseThem(t *testing.T) {
	tr := made(t, Own, jet(0), jet(10), jet(25), jet(60), jet(100))
	if got, want := tr.Gaps(), []Gap{{start + 25000, start + 60000}, {start + 60000, start + 100000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, sec := range []float64{40, 50} {
		if a, _ := tr.Add(jet(sec)); a != History {
			t.Error(a)
		}
	}
	if got, want := tr.Gaps(), []Gap{{start + 60000, start + 100000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestImpossibleJumpIsFlaggedAndKept(t *testing.T) {
	tr := made(t, Own, jet(0), jet(10))
	if j := tr.Jumps(); len(j) != 0 {
		t.Errorf("ordinary flight is a jump: %+v", j)
	}
	far := jet(20)
	far.Pos.Point = volume.Deg(33.1, 34.9) // 260 km away
	if a, err := tr.Add(far); a != Moved || err != nil {
		t.Errorf("%v %v", a, err)
	}
	if _, err := tr.Add(jet(30)); err != nil {
		t.Fatal(err)
	}
	j := tr.Jumps()
	if len(j) != 2 || j[0].To != far || j[1].From != far || j[0].DistanceM < 250_000 || j[0].SpeedKt < 40_000 {
		t.Errorf("%+v", j)
	}
	if len(tr.Reports()) != 4 {
		t.Error("a report was dropped")
	}
	// Two places at one instant.
	twin := jet(10)
	twin.Pos.Point.LatE7 += 1e6
	if a, err := tr.Add(twin); a != History || err != nil {
		t.Errorf("%v %v", a, err)
	}
	if j := tr.Jumps(); len(j) != 3 || j[0].SpeedKt != 0 || j[0].DistanceM < 11_000 {
		t.Errorf("%+v", j)
	}
}

func TestReckoningFliesOnAtConstantSpeed(t *testing.T) {
	tr := made(t, Own, jet(0))
	for _, sec := range []float64{0, 1, 60, 300} {
		p, u := tr.At(start + utc.Time(sec*1000))
		if d := volume.DistanceM(p.Point, jet(sec).Pos.Point); d > 0.05+sec*1e-3 {
			t.Errorf("after %g s: %g m from where it would be", sec, d)
		}
		if !p.HasAlt || p.Alt.Feet != 20000 || u < BaseM {
			t.Errorf("after %g s: %+v ± %g", sec, p, u)
		}
	}
	up := jet(0)
	up.ClimbFPM = -1500
	p, _ := made(t, Civil, up).At(start + 120_000)
	if p.Alt.Feet != 17000 || p.Alt.Datum != volume.FL {
		t.Errorf("descends to %v", p.Alt)
	}
	if p, _ := made(t, Civil, up).At(start + 100*3600_000); p.Alt.Feet != volume.MinFeet || p.Alt.Valid() != nil || p.Point.Valid() != nil {
		t.Errorf("after days it is at %v %v", p.Point, p.Alt)
	}
}

func TestOnlyThePredictableArePredicted(t *testing.T) {
	for s, want := range map[Standing]bool{Own: true, Protected: true, Civil: true, Other: false, Standing(9): false} {
		if s.Predictable() != want {
			t.Errorf("%v: %v", s, !want)
		}
		p, u := made(t, s, jet(0), jet(10)).At(start + 60_000)
		moved := p.Point != jet(10).Pos.Point
		if moved != want {
			t.Errorf("%v: drawn at %v, reported at %v", s, p.Point, jet(10).Pos.Point)
		}
		if d := volume.DistanceM(p.Point, jet(60).Pos.Point); d > u {
			t.Errorf("%v: %g m off, uncertainty %g m", s, d, u)
		}
		// Not even between two reports.
		p, u = made(t, s, jet(0), jet(10)).At(start + 5_000)
		if moved := p.Point != jet(0).Pos.Point; moved != want {
			t.Errorf("%v: drawn at %v between two reports", s, p.Point)
		}
		if d := volume.DistanceM(p.Point, jet(5).Pos.Point); d > u {
			t.Errorf("%v: %g m off between, uncertainty %g m", s, d, u)
		}
	}
}

func TestStandingTextComesBackAndTheZeroIsOther(t *testing.T) {
	for _, s := range []Standing{Own, Protected, Civil, Other} {
		b, err := s.MarshalText()
		var got Standing = 7
		if err2 := got.UnmarshalText(b); err != nil || err2 != nil || got != s || s.String() != string(b) {
			t.Errorf("%s: %v %v %v", b, got, err, err2)
		}
	}
	if _, err := Standing(9).MarshalText(); err == nil {
		t.Error("wrote standing 9")
	}
	var s Standing
	if err := s.UnmarshalText([]byte("hostile")); err == nil || s != Other {
		t.Error("read a standing that there is not")
	}
}

func TestPlaceBetweenReportsLiesBetween(t *testing.T) {
	tr := made(t, Own, jet(0), jet(10), jet(40))
	for _, sec := range []float64{0, 3, 10, 22, 39.9, 40} {
		p, u := tr.At(start + utc.Time(sec*1000))
		if d := volume.DistanceM(p.Point, jet(sec).Pos.Point); d > 0.2 || u < BaseM {
			t.Errorf("%g s: %g m off ± %g", sec, d, u)
		}
	}
	p, u := tr.At(start - 10_000)
	if p != jet(0).Pos || u < 10*480*knot {
		t.Errorf("before the first: %v ± %g", p, u)
	}
	if _, u := New("x", Own).At(start); !math.IsInf(u, 1) {
		t.Errorf("with no report: ± %g", u)
	}
}

func TestWithoutVelocityNothingMovesButTheDoubtGrows(t *testing.T) {
	r := jet(0)
	r.HasVelocity, r.SpeedKt, r.TrackDeg = false, 0, 0
	tr := made(t, Own, r)
	p, u := tr.At(start + 100_000)
	if p != r.Pos || u < 100*340 || u > 100*360+BaseM {
		t.Errorf("%v ± %g", p, u)
	}
}

// Anything that flies no faster than reported, and turns no harder than an
// ordinary turn, stays within the uncertainty.
func TestUncertaintyHoldsForOrdinaryTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := jet(0)
		r.SpeedKt = rapid.Float64Range(20, 600).Draw(t, "speed")
		r.TrackDeg = rapid.Float64Range(0, 359).Draw(t, "track")
		tr := made(t, Own, r)
		accel := rapid.Float64Range(-5, 5).Draw(t, "turn") // m/s² across
		v := r.SpeedKt * knot
		rate := accel / v * 180 / math.Pi // degrees a second
		p, course := r.Pos.Point, r.TrackDeg
		before := 0.0
		for sec := 1; sec <= 120; sec++ {
			course += rate / 2
			p = volume.Destination(p, course, v)
			course += rate / 2
			q, u := tr.At(start + utc.Time(sec*1000))
			if d := volume.DistanceM(p, q.Point); d > u {
				t.Fatalf("after %d s it is %.0f m off, uncertainty %.0f m", sec, d, u)
			}
			if u < before {
				t.Fatalf("the uncertainty shrinks from %g to %g", before, u)
			}
			before = u
		}
	})
}

func TestCloneIsIndependent(t *testing.T) {
	a := made(t, Own, jet(0))
	b := a.Clone()
	if _, err := a.Add(jet(10)); err != nil {
		t.Fatal(err)
	}
	if l, _ := b.Latest(); l != jet(0) || b.Standing != Own || b.ID != a.ID {
		t.Errorf("the copy moved to %v", l.At)
	}
	rs := a.Reports()
	rs[0].ID = "changed"
	if a.Reports()[0].ID != "4ca7b2" {
		t.Error("the history can be changed from outside")
	}
}

// An evening as a feed sees it: reports late, twice, wrong, and a silence.
func TestEveningOfAFeed(t *testing.T) {
	tr := New("4ca7b2", Own)
	say := func(sec float64, want Added) {
		t.Helper()
		if got, err := tr.Add(jet(sec)); got != want || err != nil {
			t.Errorf("report of %g s: %v %v, want %v", sec, got, err, want)
		}
	}
	say(0, Moved)
	say(5, Moved)
	say(5, Duplicate) // a second receiver relays the same
	say(12, Moved)
	say(9, History) // overtaken on the way
	if s := tr.State(start + 20_000); s != Fresh {
		t.Errorf("8 s after the last: %v", s)
	}
	if s := tr.State(start + 40_000); s != Late {
		t.Errorf("28 s after the last: %v", s)
	}
	_, u1 := tr.At(start + 40_000)
	_, u2 := tr.At(start + 90_000)
	if s := tr.State(start + 90_000); s != Lost || u2 <= u1 {
		t.Errorf("78 s after the last: %v, ± %g, before ± %g", s, u2, u1)
	}
	say(100, Moved) // and back
	if s := tr.State(start + 100_000); s != Fresh || len(tr.Gaps()) != 1 || len(tr.Jumps()) != 0 {
		t.Errorf("back: %v, gaps %v, jumps %v", s, tr.Gaps(), tr.Jumps())
	}
}
