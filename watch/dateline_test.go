package watch_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/volume"
	"parley/watch"
)

// TestTheSameFlightAnywhereOnTheSphere turns one flight and its area about the
// earth's axis, over 180° too: kinds and instants are the same everywhere.
func TestTheSameFlightAnywhereOnTheSphere(tt *testing.T) {
	play := func(lon float64) string {
		turn := func(p volume.Point) volume.Point {
			x := p.Lon() - 35 + lon
			for x > 180 {
				x -= 360
			}
			for x < -180 {
				x += 360
			}
			return volume.Deg(p.Lat(), x)
		}
		e := engine()
		v := disc("a", "18:00:00", "20:00:00")
		v.V.Area.Circle.Center = turn(v.V.Area.Circle.Center)
		e.Volumes([]watch.Watched{v})
		var out [][]watch.Event
		for m := range 20 {
			r := flies("19:00:00", 80, 360)
			r.At = r.At.Add(time.Duration(m) * time.Minute)
			r.TrackDeg = 90
			r.Pos.Point = turn(volume.Destination(center, 270, 80_000-float64(m)*11_112))
			if m > 9 { // past it
				r.Pos.Point = turn(volume.Destination(center, 90, float64(m)*11_112-80_000))
			}
			out = append(out, hear(e, r))
		}
		return said(out...)
	}
	home := play(35)
	if strings.Count(home, "\n") != 2 || !strings.HasPrefix(home, "will-enter") || !strings.Contains(home, "inside") || !strings.Contains(home, "left") {
		tt.Fatalf("at home: %s", home)
	}
	seconds := func(s string) string { // to the second: a turned point is rounded to its grid
		var out []string
		for _, l := range strings.Split(s, "\n") {
			f := strings.Fields(l)
			out = append(out, f[0]+" "+f[2][:7])
		}
		return strings.Join(out, ", ")
	}
	for _, lon := range []float64{0, 90, 179.5, 180, -179.9, -90} {
		if got := play(lon); seconds(got) != seconds(home) {
			tt.Errorf("at longitude %g\n%s\nat home\n%s", lon, got, home)
		}
	}
}

// TestSilenceNeverLowersWhateverElseHappens plays random ticks, repeated
// volumes and old reports after a track has been seen inside: nothing takes it
// back but the end of the window.
func TestSilenceNeverLowersWhateverElseHappens(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		e := engine()
		vs := []watch.Watched{disc("a", "18:00:00", "20:00:00")}
		e.Volumes(vs)
		e.Report(flies("19:00:00", 0, 360))
		now := at("19:00:00")
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			now = min(now.Add(time.Duration(rapid.IntRange(1, 300).Draw(r, "later"))*time.Second), at("19:59:59.999"))
			var es []watch.Event
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				es = e.Volumes(vs)
			case 1:
				old := flies("18:59:00", 300, -360)
				es = e.Report(old)
			default:
				es = e.Tick(now)
			}
			for _, x := range es {
				if x.Kind == watch.Left || x.Kind == watch.WillNot {
					r.Fatalf("%s at %s: %s", x.Kind, now, x.Why)
				}
			}
		}
		if got := said(e.Tick(at("20:00:00"))); got != "left a 20:00:00Z" {
			r.Fatalf("at the end of the window: %q", got)
		}
	})
}

func TestEachOfSeveralVolumesAndTracksHasItsOwnStanding(tt *testing.T) {
	e := engine()
	north := disc("north", "18:00:00", "20:00:00")
	north.V.Area.Circle.Center = volume.Destination(center, 0, 60_000)
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00"), north})
	second := flies("19:00:00", -60, 0) // stands in the north
	second.ID = "civil1"
	want(tt, "one in each", said(e.Report(flies("19:00:00", 0, 360)), e.Report(second)), "inside a 19:00:00Z\nwill-enter north 19:00:00Z 19:04:29.978Z\ninside north 19:00:00Z")
}
