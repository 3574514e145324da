package volume

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"parley/utc"
	"pgregory.net/rapid"
)

func at(s string) utc.Time {
	t, err := utc.Parse(s)
	if err != nil {
		panic(err)
	}
	return t
}

// evening is the window of the notice of 17 September 2018.
var evening = Window{at("2018-09-17T18:40:00Z"), at("2018-09-17T19:30:00Z")}

func vol(a Area) Volume { return Volume{a, band("SFC", "FL300"), evening} }

func TestWindowSaysWhatIsWrong(t *testing.T) {
	day := utc.Time(24 * time.Hour / time.Millisecond)
	for want, w := range map[string]Window{
		"from is missing":      {0, 5},
		"to is missing":        {5, 0},
		"is not after":         {5, 5},
		"not after from":       {6, 5},
		"more than 366 days":   {5, 6 + 366*day},
		"to is outside":        {5, utc.Max + 1},
		"from is missing or o": {-5, 5},
	} {
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", w, err, want)
		}
	}
	for _, w := range []Window{evening, {5, 6}, {5, 5 + 366*day}} {
		if err := w.Validate(); err != nil {
			t.Errorf("%v: %v", w, err)
		}
	}
}

func TestVolumeNamesTheFieldThatIsWrong(t *testing.T) {
	v := vol(circle(35.52, 35.78, 20000))
	if err := v.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Volume){
		"area: circle.radius_m": func(v *Volume) { v.Area.Circle.RadiusM = 0 },
		"band: lower":           func(v *Volume) { v.Band.Lower = Altitude{40000, FL} },
		"window: to is missing": func(v *Volume) { v.Window.To = 0 },
	} {
		w := vol(circle(35.52, 35.78, 20000))
		spoil(&w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestContainsTakesTiesAndTheUnknownAsInside(t *testing.T) {
	v := vol(poly(35, 35, 35, 36, 36, 36, 36, 35))
	v.Band = band("FL100", "FL300")
	in := Position{Deg(35.5, 35.5), Altitude{20000, FL}, true}
	with := func(f func(*Position)) Position { p := in; f(&p); return p }
	noon := evening.From + 1
	for _, c := range []struct {
		what string
		p    Position
		t    utc.Time
		want bool
	}{
		{"in the middle", in, noon, true},
		{"first instant", in, evening.From, true},
		{"before", in, evening.From - 1, false},
		{"last instant", in, evening.To - 1, true},
		{"end", in, evening.To, false},
		{"corner", with(func(p *Position) { p.Point = Deg(36, 36) }), noon, true},
		{"on the meridian edge", with(func(p *Position) { p.Point = Deg(35.3, 36) }), noon, true},
		{"one step of the grid outside", with(func(p *Position) { p.Point = Point{353000000, 360000002} }), noon, false},
		{"at the ceiling", with(func(p *Position) { p.Alt.Feet = 30000 }), noon, true},
		{"above", with(func(p *Position) { p.Alt.Feet = 30025 }), noon, false},
		{"altitude unknown", with(func(p *Position) { p.HasAlt, p.Alt.Feet = false, 99999 }), noon, true},
		{"above by another datum, perhaps", with(func(p *Position) { p.Alt = Altitude{33000, AMSL} }), noon, true},
		{"above by any datum", with(func(p *Position) { p.Alt = Altitude{39000, AMSL} }), noon, false},
	} {
		if got := v.Contains(c.p, c.t); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestTouchingCountsAsMeeting(t *testing.T) {
	base := poly(35, 35, 35, 36, 36, 36, 36, 35)
	for what, b := range map[string]Area{
		"a shared edge":                 poly(35, 36, 35, 37, 36, 37, 36, 36),
		"a shared corner":               poly(36, 36, 36, 37, 37, 37, 37, 36),
		"a corner on an edge":           poly(35.5, 36, 35, 37, 36, 37),
		"part of an edge":               poly(35.2, 36, 35.2, 37, 35.8, 37, 35.8, 36),
		"the same":                      base,
		"one within":                    poly(35.4, 35.4, 35.4, 35.6, 35.6, 35.5),
		"one around":                    poly(34, 34, 34, 37, 37, 37, 37, 34),
		"a cross without corners in it": poly(35.4, 34, 35.4, 37, 35.6, 37, 35.6, 34),
		"a circle within":               circle(35.5, 35.5, 1),
		"a circle about a corner":       circle(36.01, 36, 2000),
		"a circle around":               circle(35.5, 35.5, 200000),
	} {
		m, ok := Meet(vol(base), vol(b), 0)
		if !ok || m.SeparationM != 0 {
			t.Errorf("%s: %v, %g m", what, ok, m.SeparationM)
		}
		if !base.ContainsPoint(m.At) || !b.ContainsPoint(m.At) {
			t.Errorf("%s: %v is not in both", what, m.At)
		}
	}
	for what, b := range map[string]Area{
		"a metre beside":      poly(35, 36.00002, 35, 37, 36, 37, 36, 36.00002),
		"far away":            poly(-35, -144, -35, -145, -36, -144),
		"the antipodal place": poly(-35, -145, -35, -144, -36, -144, -36, -145),
		"a circle beside":     circle(37, 35.5, 100000),
	} {
		if m, ok := Meet(vol(base), vol(b), 0); ok {
			t.Errorf("%s: meets at %v", what, m.At)
		}
	}
	// Circles that touch to the millimetre: the rim of each is 1,000,000 m out.
	a, b := circle(0, 0, 1_000_000), Area{Circle: &Circle{Destination(Deg(0, 0), 90, 1_500_000), 500_000}}
	if _, ok := Meet(vol(a), vol(b), 0); !ok {
		t.Errorf("circles that touch do not meet: %g m", SeparationM(a, b))
	}
}

func TestAbuttingWindowsDoNotMeetAndAbuttingBandsDo(t *testing.T) {
	a, b := vol(circle(35, 35, 1000)), vol(circle(35, 35, 1000))
	b.Window = Window{evening.To, evening.To + 1000}
	if _, ok := Meet(a, b, 0); ok {
		t.Error("[.., 19:30) meets [19:30, ..)")
	}
	b.Window.From--
	if m, ok := Meet(a, b, 0); !ok || m.From != evening.To-1 || m.To != evening.To {
		t.Errorf("a common millisecond: %v, %v", m, ok)
	}
	b = vol(circle(35, 35, 1000))
	b.Band = band("FL300", "FL400")
	if m, ok := Meet(a, b, 0); !ok || m.Lower != m.Upper || m.Lower.String() != "FL300" {
		t.Errorf("FL300 against FL300: %v, %v", m, ok)
	}
	b.Band = band("FL301", "FL400")
	if _, ok := Meet(a, b, 0); ok {
		t.Error("a hundred feet apart meets")
	}
}

func drawVolume(t *rapid.T, label string, a Area) Volume {
	from := evening.From + utc.Time(rapid.Int64Range(0, 3_600_000).Draw(t, label+" from"))
	lo := rapid.Int32Range(0, 300).Draw(t, label+" lower")
	return Volume{a,
		Band{Altitude{lo * 100, FL}, Altitude{(lo + rapid.Int32Range(1, 200).Draw(t, label+" height")) * 100, FL}, rapid.IntRange(0, 5).Draw(t, label+" top") == 0},
		Window{from, from + utc.Time(rapid.Int64Range(1, 3_600_000).Draw(t, label+" for"))}}
}

func pair(t *rapid.T) (a, b Volume) {
	c := anywhere(t, "centre")
	return drawVolume(t, "a", area(t, "a", c)), drawVolume(t, "b", area(t, "b", aside(t, "centre b", c)))
}

func TestMeetIsSymmetricAndRisesWithTheMargin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := pair(t)
		margin := math.Pow(10, rapid.Float64Range(0, 6).Draw(t, "margin"))
		for _, m := range []float64{0, margin} {
			x, okX := Meet(a, b, m)
			y, okY := Meet(b, a, m)
			if okX != okY || math.Abs(x.SeparationM-y.SeparationM) > 1e-6 {
				t.Fatalf("margin %g: %v %v, the other way %v %v", m, okX, x, okY, y)
			}
			x.At, y.At, x.SeparationM, y.SeparationM = Point{}, Point{}, 0, 0
			if x != y {
				t.Fatalf("margin %g: %v, the other way %v", m, x, y)
			}
		}
		if _, ok := Meet(a, b, 0); ok {
			if _, wide := Meet(a, b, margin); !wide {
				t.Fatal("meets with 0 and not with a margin")
			}
		}
	})
}

func TestMeetIsTimeAndAltitudeAndSeparation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := pair(t)
		margin := math.Pow(10, rapid.Float64Range(0, 6).Draw(t, "margin"))
		sep := SeparationM(a.Area, b.Area)
		if math.Abs(sep-margin) < 2*TouchM {
			return
		}
		_, _, height := a.Band.meet(b.Band)
		_, when := a.Window.meet(b.Window)
		m, ok := Meet(a, b, margin)
		if want := height && when && sep <= margin; ok != want {
			t.Fatalf("meet %v; height %v, time %v, separation %g, margin %g", ok, height, when, sep, margin)
		}
		if !ok {
			return
		}
		if da, db := a.Area.DistanceM(m.At), b.Area.DistanceM(m.At); math.Abs(da-sep/2) > 1 || math.Abs(db-sep/2) > 1 {
			t.Fatalf("%v is %g m from one and %g m from the other, %g m apart", m.At, da, db, sep)
		}
	})
}

// The separation by the definition: the least distance of the boundaries, looked
// for among many pairs of boundary points, never less than what is claimed and
// not much more.
func TestSeparationAgreesWithThePlainOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a, b := star(t, "a", c), star(t, "b", aside(t, "centre b", c))
		got := SeparationM(a, b)
		want, crosses := math.Inf(1), false
		for i, p := range a.Polygon {
			from, to := plainLL(p), plainLL(a.Polygon[(i+1)%len(a.Polygon)])
			l, brg := plainM(from, to), plainBearing(from, to)
			for k := range 40 {
				x := plainGo(from, brg, l*float64(k)/40)
				d, in := plainAreaM(b, x)
				want, crosses = math.Min(want, d), crosses || in && d > TouchM
			}
		}
		for _, q := range b.Polygon {
			d, in := plainAreaM(a, plainLL(q))
			want, crosses = math.Min(want, d), crosses || in && d > TouchM
		}
		switch {
		case crosses && got != 0:
			t.Fatalf("%g m apart, but by the oracle they overlap", got)
		case got > want+1e-3*math.Max(1, want*1e-3):
			t.Fatalf("%g m apart, by the oracle at most %g m", got, want)
		}
		if got > 0 { // and the claim can be shown: two corners or feet of theirs are so far apart
			d, p, q := apart(a.shape(), b.shape())
			if a.DistanceM(pointOf(p)) > 0 || b.DistanceM(pointOf(q)) > 0 || math.Abs(plainM(plainLL(pointOf(p)), plainLL(pointOf(q)))-d*EarthRadiusM) > 0.05 {
				t.Fatalf("the nearest points %v and %v do not show %g m", pointOf(p), pointOf(q), got)
			}
		}
	})
}

func TestWhatContainsAPositionMeetsWhateverIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		v := drawVolume(t, "v", area(t, "v", c))
		p := Position{aside(t, "p", c), Altitude{rapid.Int32Range(0, 500).Draw(t, "fl") * 100, FL}, true}
		when := evening.From + utc.Time(rapid.Int64Range(0, 7_200_000).Draw(t, "when"))
		there := Volume{Area{Circle: &Circle{p.Point, 1}}, Band{p.Alt, p.Alt, false}, Window{when, when + 1}}
		_, meets := Meet(v, there, 0)
		if v.Contains(p, when) && !meets {
			t.Fatal("contains the position, but does not meet a metre about it")
		}
		if meets && v.Area.DistanceM(p.Point) > 1+2*TouchM {
			t.Fatal("meets what is farther than its radius")
		}
	})
}

func TestSplittingAWindowLosesAndDoublesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := pair(t)
		if a.Window.To-a.Window.From < 2 {
			return
		}
		cut := a.Window.From + 1 + utc.Time(rapid.Int64Range(0, int64(a.Window.To-a.Window.From)-2).Draw(t, "cut"))
		first, second := a, a
		first.Window.To, second.Window.From = cut, cut
		whole, ok := Meet(a, b, 0)
		m1, ok1 := Meet(first, b, 0)
		m2, ok2 := Meet(second, b, 0)
		if ok != (ok1 || ok2) {
			t.Fatalf("whole %v, halves %v and %v", ok, ok1, ok2)
		}
		if ok1 && ok2 && (m1.To != cut || m2.From != cut) {
			t.Fatalf("a gap or an overlap at %v: %v, %v", cut, m1.To, m2.From)
		}
		if ok && !(ok1 && m1.From == whole.From || m2.From == whole.From) {
			t.Fatalf("the meeting begins at %v, halves at %v and %v", whole.From, m1.From, m2.From)
		}
		p := Position{Point: a.Area.Centroid()}
		for _, when := range []utc.Time{a.Window.From, cut - 1, cut, a.Window.To - 1, a.Window.To} {
			n := 0
			for _, h := range []Volume{first, second} {
				if h.Contains(p, when) {
					n++
				}
			}
			if a.Contains(p, when) != (n == 1) || n > 1 {
				t.Fatalf("at %v in %d halves", when, n)
			}
		}
	})
}

func TestCuttingAPolygonLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a := star(t, "a", c)
		n := len(a.Polygon)
		k := rapid.IntRange(1, n-1).Draw(t, "cut")
		// From the centre a star falls into two parts that share two edges.
		one := Area{Polygon: append([]Point{c}, a.Polygon[:k+1]...)}
		two := Area{Polygon: append(append([]Point{c}, a.Polygon[k:]...), a.Polygon[0])}
		if one.Validate() != nil || two.Validate() != nil {
			return
		}
		p := aside(t, "p", c)
		if a.ContainsPoint(p) != (one.ContainsPoint(p) || two.ContainsPoint(p)) {
			toEdge, _ := plainAreaM(a, plainLL(p))
			if toEdge > 3*TouchM { // the centre is rounded to the grid
				t.Fatalf("%v: whole %v, parts %v and %v", p, a.ContainsPoint(p), one.ContainsPoint(p), two.ContainsPoint(p))
			}
		}
		if SeparationM(one, two) != 0 {
			t.Fatalf("the parts are %g m apart", SeparationM(one, two))
		}
	})
}

func TestVolumeInJSONComesBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := pair(t)
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var c Volume
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		again, _ := json.Marshal(c)
		if string(again) != string(b) {
			t.Fatalf("%s\ncame back as\n%s", b, again)
		}
	})
}

func FuzzVolume(f *testing.F) {
	b, _ := json.Marshal(vol(circle(35.52, 35.78, 20000)))
	f.Add(b)
	b, _ = json.Marshal(vol(poly(10, 179, 10, -179, 12, -179, 12, 179)))
	f.Add(b)
	f.Add([]byte(`{"area":{"polygon":[{"lat":0,"lon":0},{"lat":1,"lon":1},{"lat":1,"lon":0},{"lat":0,"lon":1}]},"band":{"lower":"FL300","upper":"100ft AMSL"}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 4096 {
			return
		}
		var v Volume
		if json.Unmarshal(in, &v) != nil || len(v.Area.Polygon) > 300 {
			return
		}
		valid := v.Validate() == nil
		p := Position{Point: v.Area.Centroid()}
		inside := v.Contains(p, v.Window.From)
		if valid && !inside {
			t.Fatalf("the middle %v of %s is outside", p.Point, in)
		}
		if _, ok := Meet(v, v, 0); valid && !ok {
			t.Fatalf("%s does not meet itself", in)
		}
		v.Entry(p, v.Window.From, 45, 450, 1000, time.Minute)
		v.Area.Bound()
	})
}
