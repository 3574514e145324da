package watch_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/track"
	"parley/utc"
	"parley/volume"
	"parley/watch"
)

// The oracle shares no geometry with the engine: its own vectors, and a flight
// that is sampled instant by instant.

type vec [3]float64

func vecOf(lat, lon float64) vec {
	a, b := lat*math.Pi/180, lon*math.Pi/180
	return vec{math.Cos(a) * math.Cos(b), math.Cos(a) * math.Sin(b), math.Sin(a)}
}

func (a vec) dot(b vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vec) cross(b vec) vec {
	return vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}
func (a vec) plus(b vec, f float64) vec { return vec{a[0] + f*b[0], a[1] + f*b[1], a[2] + f*b[2]} }
func (a vec) unit() vec                 { n := math.Sqrt(a.dot(a)); return vec{a[0] / n, a[1] / n, a[2] / n} }

func (a vec) latLon() (float64, float64) {
	return math.Asin(math.Max(-1, math.Min(1, a[2]))) * 180 / math.Pi, math.Atan2(a[1], a[0]) * 180 / math.Pi
}

func (a vec) distM(b vec) float64 {
	c := a.cross(b)
	return math.Atan2(math.Sqrt(c.dot(c)), a.dot(b)) * volume.EarthRadiusM
}

// truth is a flight along a great circle at constant speed and climb.
type truth struct {
	start, dir vec // position and unit tangent at t0
	ms         float64
	feet, fpm  float64
	t0         utc.Time
}

func (f truth) at(t utc.Time) (pos, dir vec, feet float64) {
	sec := float64(t-f.t0) / 1000
	x := f.ms * sec / volume.EarthRadiusM
	pos = vec{}.plus(f.start, math.Cos(x)).plus(f.dir, math.Sin(x)).unit()
	dir = vec{}.plus(f.start, -math.Sin(x)).plus(f.dir, math.Cos(x)).unit()
	return pos, dir, f.feet + f.fpm*sec/60
}

// bearing gives the direction of a tangent at a place, in degrees true.
func bearing(pos, dir vec) float64 {
	east := vec{-pos[1], pos[0], 0}.unit()
	north := pos.cross(east)
	d := math.Atan2(dir.dot(east), dir.dot(north)) * 180 / math.Pi
	return math.Mod(d+360, 360)
}

func (f truth) report(t utc.Time) track.Report {
	pos, dir, feet := f.at(t)
	lat, lon := pos.latLon()
	return track.Report{ID: "x", At: t, HasVelocity: true, TrackDeg: bearing(pos, dir), SpeedKt: f.ms * 3600 / 1852, ClimbFPM: f.fpm,
		Pos: volume.Position{Point: volume.Deg(lat, lon), HasAlt: true, Alt: volume.Altitude{Feet: int32(math.Round(feet)), Datum: volume.FL}}}
}

// shape is a disc or a convex polygon with its volume.
type shape struct {
	v       volume.Volume
	center  vec
	radius  float64
	corners []vec // in order, counter-clockwise seen from outside
}

// depth gives how far inside a place is, in metres; negative outside.
func (s shape) depth(p vec) float64 {
	if s.corners == nil {
		return s.radius - s.center.distM(p)
	}
	least := math.Inf(1)
	for i, a := range s.corners {
		n := a.cross(s.corners[(i+1)%len(s.corners)]).unit()
		least = math.Min(least, math.Asin(n.dot(p))*volume.EarthRadiusM)
	}
	return least
}

// inside reports whether the flight is in the volume, moved by margin metres and
// feet: positive margins want it deeper.
func (s shape) inside(f truth, t utc.Time, margin, feetMargin float64) bool {
	pos, _, feet := f.at(t)
	return s.v.Window.From <= t && t < s.v.Window.To && s.depth(pos) >= margin &&
		feet >= float64(s.v.Band.Lower.Feet)+feetMargin && feet <= float64(s.v.Band.Upper.Feet)-feetMargin
}

func drawFlight(r *rapid.T) truth {
	lat := rapid.Float64Range(-88, 88).Draw(r, "lat")
	lon := rapid.Float64Range(-180, 180).Draw(r, "lon")
	if rapid.Bool().Draw(r, "dateline") {
		lon = 180 + rapid.Float64Range(-0.5, 0.5).Draw(r, "off")
	}
	p := vecOf(lat, lon)
	east := vec{-p[1], p[0], 0}.unit()
	north := p.cross(east)
	b := rapid.Float64Range(0, 2*math.Pi).Draw(r, "course")
	return truth{
		start: p, dir: vec{}.plus(north, math.Cos(b)).plus(east, math.Sin(b)).unit(), t0: at("19:00:00"),
		ms: rapid.Float64Range(0, 400).Draw(r, "speed"), feet: rapid.Float64Range(5000, 25000).Draw(r, "feet"),
		fpm: float64(rapid.IntRange(-10, 10).Draw(r, "climb")) * 60, // whole feet at whole seconds
	}
}

// drawShape puts a volume near where the flight will be some time.
func drawShape(r *rapid.T, f truth) shape {
	when := f.t0 + utc.Time(rapid.IntRange(-60_000, 900_000).Draw(r, "when"))
	pos, dir, _ := f.at(when)
	side := pos.cross(dir)
	c := pos.plus(side, rapid.Float64Range(-20_000, 20_000).Draw(r, "aside")/volume.EarthRadiusM).unit()
	lat, lon := c.latLon()
	center := volume.Deg(lat, lon)
	s := shape{center: vecOf(center.Lat(), center.Lon()), radius: float64(rapid.IntRange(300, 30_000).Draw(r, "radius"))}
	if rapid.Bool().Draw(r, "polygon") {
		n := rapid.IntRange(3, 7).Draw(r, "corners")
		turn := rapid.Float64Range(0, 6).Draw(r, "turn")
		east := vec{-s.center[1], s.center[0], 0}.unit()
		north := s.center.cross(east)
		for i := range n {
			b := turn - 2*math.Pi*float64(i)/float64(n) // clockwise in bearing is counter-clockwise with a minus
			d := vec{}.plus(north, math.Cos(b)).plus(east, math.Sin(b))
			x := s.radius / volume.EarthRadiusM
			lat, lon := vec{}.plus(s.center, math.Cos(x)).plus(d, math.Sin(x)).unit().latLon()
			p := volume.Deg(lat, lon)
			s.v.Area.Polygon = append(s.v.Area.Polygon, p)
			s.corners = append(s.corners, vecOf(p.Lat(), p.Lon()))
		}
	} else {
		s.v.Area.Circle = &volume.Circle{Center: center, RadiusM: uint32(s.radius)}
	}
	lo := int32(rapid.IntRange(0, 250).Draw(r, "lower")) * 100
	s.v.Band = volume.Band{Lower: volume.Altitude{Feet: lo, Datum: volume.FL}, Upper: volume.Altitude{Feet: lo + int32(rapid.IntRange(10, 300).Draw(r, "thick"))*100, Datum: volume.FL}}
	from := f.t0 + utc.Time(rapid.IntRange(-600_000, 900_000).Draw(r, "from"))
	s.v.Window = volume.Window{From: from, To: from + utc.Time(rapid.IntRange(1000, 900_000).Draw(r, "long"))}
	return s
}

// run flies the truth through an engine with random reports and ticks until
// end, and gives the events.
func run(r *rapid.T, f truth, shapes []shape, end utc.Time, silentFrom utc.Time) (es []watch.Event, first utc.Time) {
	e := watch.NewEngine(watch.Config{Standing: own})
	var vs []watch.Watched
	for i, s := range shapes {
		vs = append(vs, watch.Watched{Key: fmt.Sprint("v", i), V: s.v})
	}
	e.Volumes(vs)
	first = f.t0
	ticks := rapid.Bool().Draw(r, "ticks")
	gap := rapid.IntRange(1, 15).Draw(r, "gap") // up to what counts as silent
	for t := f.t0; t <= end; t += 1000 {
		if ticks && t%3000 == 0 {
			es = append(es, e.Tick(t)...)
		}
		if int(t-f.t0)/1000%gap == 0 && t < silentFrom {
			es = append(es, e.Report(f.report(t))...)
		}
	}
	return append(es, e.Tick(end)...), first
}

// TestEventsAgreeWithASampledFlight flies straight at constant speed, so that
// dead reckoning is the truth, and samples it five times a second. Where the
// flight is surely inside (20 m and 2 ft deep) the engine must say so at that
// instant, and where it says so the flight must be inside within as much.
func TestEventsAgreeWithASampledFlight(t *testing.T) {
	const step, deep, feet = 200, 20.0, 2.0
	hits := 0
	rapid.Check(t, func(r *rapid.T) {
		f := drawFlight(r)
		shapes := []shape{drawShape(r, f), drawShape(r, f)}
		end := f.t0.Add(11 * time.Minute)
		silent := end + 1
		if rapid.Bool().Draw(r, "lost") {
			silent = f.t0 + utc.Time(rapid.IntRange(1000, 600_000).Draw(r, "lost at"))
		}
		es, first := run(r, f, shapes, end, silent)
		for i, s := range shapes {
			key := fmt.Sprint("v", i)
			var in, enter, left utc.Time
			for _, e := range es {
				if e.Watched.Key != key {
					continue
				}
				switch e.Kind {
				case watch.Inside:
					in, left = e.At, 0
					if !near(s, f, e.At, deep, feet, step) && !lastPlace(s, f, silent, e.At, deep, feet) {
						r.Fatalf("%s inside at %s, and the flight is not", key, e.At)
					}
				case watch.WillEnter:
					if enter = e.EnterAt; e.EnterAt < e.At || e.EnterAt > e.At.Add(300*time.Second) {
						r.Fatalf("%s will enter at %s, said at %s: not within the horizon", key, e.EnterAt, e.At)
					}
					if !near(s, f, enter, deep, feet, step) && !lastPlace(s, f, silent, enter, deep, feet) {
						r.Fatalf("%s will enter at %s, and the flight does not", key, enter)
					}
				case watch.Left:
					left = e.At
					if s.inside(f, e.At, deep, feet) {
						r.Fatalf("%s left at %s, and the flight is inside", key, e.At)
					}
				}
			}
			for at := first; at <= end; at += step {
				if !s.inside(f, at, deep, feet) {
					continue
				}
				hits++
				if in == 0 || in > at+step && !wasIn(es, key, at+step) {
					r.Fatalf("%s: inside at %s, never said (last %s)", key, at, in)
				}
				if stood := enter != 0 || at-first < step || in <= first+step; !stood {
					r.Fatalf("%s: entered at %s without a prediction", key, at)
				}
			}
			if left == 0 && in != 0 && s.v.Window.To <= end {
				r.Fatalf("%s: the window ended at %s over a track inside, and nothing said so", key, s.v.Window.To)
			}
		}
	})
	if hits == 0 {
		t.Error("no flight was ever inside: the test tests nothing")
	}
}

// near reports whether the flight is in the volume, widened by the margins, at
// some sample about the instant.
func near(s shape, f truth, at utc.Time, deep, feet float64, step utc.Time) bool {
	for d := -step; d <= step; d += 20 {
		if s.inside(f, at+d, -deep, -feet) {
			return true
		}
	}
	return false
}

// lastPlace reports whether a lost flight was last seen where the window opens:
// then it counts as there.
func lastPlace(s shape, f truth, silent, at utc.Time, deep, feet float64) bool {
	if at != s.v.Window.From || at < silent {
		return false
	}
	for t := max(f.t0, silent-16_000); t < silent; t += 1000 {
		pos, _, alt := f.at(t)
		if s.depth(pos) >= -deep && alt >= float64(s.v.Band.Lower.Feet)-feet && alt <= float64(s.v.Band.Upper.Feet)+feet {
			return true
		}
	}
	return false
}

// wasIn reports whether some inside event stood at the instant.
func wasIn(es []watch.Event, key string, at utc.Time) bool {
	for _, e := range es {
		if e.Watched.Key == key && e.Kind == watch.Inside && e.At <= at {
			return true
		}
	}
	return false
}

// TestSilenceNeverLowers cuts the feed at a random instant: from then on nothing
// may be taken back but by the end of a window.
func TestSilenceNeverLowers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := drawFlight(r)
		shapes := []shape{drawShape(r, f), drawShape(r, f), drawShape(r, f)}
		e := watch.NewEngine(watch.Config{Standing: own})
		var vs []watch.Watched
		for i, s := range shapes {
			vs = append(vs, watch.Watched{Key: fmt.Sprint("v", i), V: s.v})
		}
		e.Volumes(vs)
		cut := rapid.IntRange(0, 300).Draw(r, "cut")
		for i := range cut + 1 {
			if i%4 == 0 || i == cut {
				e.Report(f.report(f.t0 + utc.Time(i*1000)))
			}
		}
		for now := f.t0 + utc.Time(cut*1000); now < f.t0.Add(2*time.Hour); now += utc.Time(rapid.IntRange(100, 600_000).Draw(r, "tick")) {
			for _, x := range e.Tick(now) {
				if (x.Kind == watch.Left || x.Kind == watch.WillNot) && x.At != x.Watched.V.Window.To {
					r.Fatalf("silence lowered: %s %s at %s, window to %s", x.Kind, x.Watched.Key, x.At, x.Watched.V.Window.To)
				}
			}
		}
	})
}

// TestTicksChangeNoInstant gives the same reports with many ticks and with few:
// what is raised in the end, and the instants, are the same.
func TestTicksChangeNoInstant(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := drawFlight(r)
		s := drawShape(r, f)
		end := f.t0.Add(10 * time.Minute)
		play := func(every utc.Time) string {
			e := watch.NewEngine(watch.Config{Standing: own})
			e.Volumes([]watch.Watched{{Key: "v", V: s.v}})
			es := e.Report(f.report(f.t0)) // one report, then dead reckoning
			for now := f.t0 + every; now < end; now += every {
				es = append(es, e.Tick(now)...)
			}
			return said(append(es, e.Tick(end)...))
		}
		if a, b := play(1000), play(599_000); a != b {
			r.Fatalf("ticks a second apart:\n%s\nten minutes apart:\n%s", a, b)
		}
	})
}
