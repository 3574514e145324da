package volume

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func poly(latlon ...float64) Area {
	var a Area
	for i := 0; i+1 < len(latlon); i += 2 {
		a.Polygon = append(a.Polygon, Deg(latlon[i], latlon[i+1]))
	}
	return a
}

func circle(lat, lon float64, r uint32) Area { return Area{Circle: &Circle{Deg(lat, lon), r}} }

func TestAreaSaysWhatIsWrong(t *testing.T) {
	many := Area{}
	for i := range 257 {
		many.Polygon = append(many.Polygon, Destination(Deg(35, 35), float64(i)*360/257, 10000))
	}
	both := poly(0, 0, 0, 1, 1, 1)
	both.Circle = &Circle{Deg(0, 0), 10}
	for _, c := range []struct {
		want string
		a    Area
	}{
		{"both missing", Area{}},
		{"both given", both},
		{"2 vertices", poly(0, 0, 1, 1)},
		{"257 vertices", many},
		{"polygon[1]: lat 91", poly(0, 0, 91, 0, 0, 1)},
		{"polygon[2]: lon -181", poly(0, 0, 1, 0, 0, -181)},
		{"polygon[1] repeats polygon[0]", poly(0, 0, 0, 0, 1, 0, 1, 1)},
		{"polygon[0] repeats polygon[3]", poly(0, 0, 0, 1, 1, 1, 0, 0)},
		{"polygon[1] repeats polygon[0]", poly(1, 180, 1, -180, 2, 179, 2, -179)},
		{"cross", poly(0, 0, 1, 1, 1, 0, 0, 1)},
		{"antipodal", poly(0, 0, 0, 180, 10, 90)},
		{"km from the middle", poly(0, 0, 0, 60, 50, 30)},
		{"lies on the edge", poly(0, 0, 0, 2, 0, 1)},              // folded flat
		{"lies on the edge", poly(0, 0, 0, 2, 1, 2, 0, 1, 1, 0)},  // touches itself
		{"lies on the edge", poly(0, 0, 0, 1, 1, 1, 0, 1, -1, 1)}, // a spike
		{"circle.center: lat", Area{Circle: &Circle{Point{1e9, 0}, 5}}},
		{"circle.radius_m 0", circle(0, 0, 0)},
		{"circle.radius_m 1000001", circle(0, 0, 1000001)},
	} {
		if err := c.a.Validate(); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "are both", "both"), c.want) {
			t.Errorf("%v: %v, want %q", c.a, err, c.want)
		}
	}
	for _, a := range []Area{
		circle(0, 0, 1), circle(90, 0, 1_000_000), circle(0, 180, 5), poly(0, 0, 0, 1, 1, 1), poly(0, 0, 1, 1, 0, 1),
		poly(80, 0, 80, 90, 80, 180, 80, -90), poly(10, 179, 10, -179, 12, -179, 12, 179), {Polygon: many.Polygon[:256]},
		poly(0, 0, 0, 2, 2, 2, 2, 0, 1, 1),
	} {
		if err := a.Validate(); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestStarsAreValidAndTheirMirrorImagesCross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := star(t, "a", anywhere(t, "centre"))
		if err := a.Validate(); err != nil {
			t.Fatalf("%v: %v", a.Polygon, err)
		}
		if n := len(a.Polygon); n >= 5 {
			// Two corners in exchanged order make a knot, unless it unties on a star
			// with deep notches: then the oracle of edges must agree.
			a.Polygon[1], a.Polygon[3] = a.Polygon[3], a.Polygon[1]
			if got, want := a.Validate() != nil, bigKnotted(a.Polygon); got != want && want {
				t.Fatalf("crosses itself by the oracle, but is valid: %v", a.Polygon)
			}
		}
	})
}

// bigKnotted tells whether two edges without a common corner properly cross.
func bigKnotted(pts []Point) bool {
	var v []bvec
	for _, p := range pts {
		v = append(v, bigVec(p))
	}
	sign := func(a, b, c bvec) int { return a.cross(b).dot(c).Sign() }
	n := len(v)
	for i := range v {
		for j := i + 2; j < n; j++ {
			if (j+1)%n == i {
				continue
			}
			a, b, c, d := v[i], v[(i+1)%n], v[j], v[(j+1)%n]
			p, q, r, s := sign(a, b, c), sign(a, b, d), sign(c, d, a), sign(c, d, b)
			if p != 0 && q == -p && s == p && r == -p {
				return true
			}
		}
	}
	return false
}

func TestDistanceAndContainmentAgreeWithTheBigOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a := area(t, "a", c)
		p := aside(t, "p", c)
		got, want := a.DistanceM(p), bigAreaDistanceM(a, p)
		if want <= TouchM {
			want = 0
		}
		if math.Abs(got-want) > 1e-6 {
			t.Fatalf("%v from %+v: %.9f m, oracle %.9f m", p, a, got, want)
		}
		if in := a.ContainsPoint(p); in != (want == 0) {
			t.Fatalf("%v in %+v: %v, oracle says %.9f m", p, a, in, want)
		}
	})
}

func TestAntipodeOfAnInsidePointIsOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a := area(t, "a", c)
		anti := Point{-c.LatE7, c.LonE7 + 180e7}
		if c.LonE7 > 0 {
			anti.LonE7 = c.LonE7 - 180e7
		}
		if !a.ContainsPoint(c) || a.ContainsPoint(anti) {
			t.Fatalf("%v inside: %v; antipode %v inside: %v", c, a.ContainsPoint(c), anti, a.ContainsPoint(anti))
		}
	})
}

func TestCornersAndPointsOfEdgesAreInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := star(t, "a", anywhere(t, "centre"))
		f := rapid.Float64Range(0, 1).Draw(t, "part")
		for i, p := range a.Polygon {
			q := a.Polygon[(i+1)%len(a.Polygon)]
			if !a.ContainsPoint(p) {
				t.Fatalf("corner %v is outside", p)
			}
			x := Destination(p, BearingDeg(p, q), f*DistanceM(p, q))
			if !a.ContainsPoint(x) {
				t.Fatalf("%v on the edge from %v to %v is %g m outside", x, p, q, a.DistanceM(x))
			}
		}
	})
}

func TestOrientationAndFirstCornerDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a := star(t, "a", c)
		p := aside(t, "p", c)
		var b Area
		n, k := len(a.Polygon), rapid.IntRange(0, 9).Draw(t, "first")
		for i := range a.Polygon {
			b.Polygon = append(b.Polygon, a.Polygon[(k+n*n-i)%n])
		}
		if x, y := a.DistanceM(p), b.DistanceM(p); math.Abs(x-y) > 1e-6 {
			t.Fatalf("%g m and %g m", x, y)
		}
	})
}

// turn moves an area round the globe by so many units of longitude, which keeps
// it on the grid.
func turn(a Area, by int64) Area {
	move := func(p Point) Point {
		l := (int64(p.LonE7)+180e7+by)%3600000000 - 180e7
		return Point{p.LatE7, int32(l)}
	}
	if a.Circle != nil {
		return Area{Circle: &Circle{move(a.Circle.Center), a.Circle.RadiusM}}
	}
	var b Area
	for _, p := range a.Polygon {
		b.Polygon = append(b.Polygon, move(p))
	}
	return b
}

func TestNothingChangesRoundTheGlobe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a, b := area(t, "a", c), area(t, "b", aside(t, "centre b", c))
		by := rapid.Int64Range(0, 3600000000-1).Draw(t, "turn")
		x, y := SeparationM(a, b), SeparationM(turn(a, by), turn(b, by))
		if math.Abs(x-y) > 1e-6 && math.Abs(math.Max(x, y)-TouchM) > 1e-6 {
			t.Fatalf("%g m apart, %g m after turning by %d", x, y, by)
		}
	})
}

// An edge along 60° north bulges towards the pole: straight in latitude and
// longitude it would not.
func TestEdgesAreShortestPaths(t *testing.T) {
	a := poly(60, 0, 60, 40, 55, 40, 55, 0)
	if !a.ContainsPoint(Deg(61, 20)) {
		t.Error("61N 20E is under the great circle from 60N 0E to 60N 40E")
	}
	if a.ContainsPoint(Deg(55.5, 20)) {
		t.Error("55.5N 20E is under the southern edge, which bulges as well")
	}
}

func TestPolygonsRoundAPoleAndAcross180(t *testing.T) {
	cap := poly(70, 0, 70, 90, 70, 180, 70, -90)
	south := poly(-70, 0, -70, 90, -70, 180, -70, -90)
	date := poly(10, 179, 10, -179, 12, -179, 12, 179)
	for _, c := range []struct {
		a  Area
		p  Point
		in bool
	}{
		{cap, Deg(90, 0), true}, {cap, Deg(90, 133), true}, {cap, Deg(80, 45), true}, {cap, Deg(69.9, 0), false}, {cap, Deg(-90, 0), false},
		{cap, Deg(71, 45), false}, // the edge from 0 to 90 bulges far beyond 71
		{south, Deg(-90, 7), true}, {south, Deg(-85, 180), true}, {south, Deg(-85, -180), true}, {south, Deg(0, 0), false}, {south, Deg(90, 0), false},
		{date, Deg(11, 180), true}, {date, Deg(11, -180), true}, {date, Deg(11, 179.5), true}, {date, Deg(11, -179.5), true}, {date, Deg(11, 0), false}, {date, Deg(11, 178.9), false},
		{circle(90, 0, 500000), Deg(86, -120), true}, {circle(90, 0, 500000), Deg(85, 5), false},
		{circle(0, 180, 2000), Deg(0, -179.99), true},
		{poly(90, 55, 80, 0, 80, 10), Deg(85, 5), true}, {poly(90, 55, 80, 0, 80, 10), Deg(85, 15), false}, // a corner on the pole
		{poly(85, 0, 85, 180, 80, 90), Deg(90, 0), true}, // an edge over the pole
	} {
		if err := c.a.Validate(); err != nil {
			t.Errorf("%v: %v", c.a, err)
		}
		if got := c.a.ContainsPoint(c.p); got != c.in {
			t.Errorf("%v in %v: %v", c.p, c.a.Polygon, got)
		}
	}
}

func TestBoundHoldsTheAreaAndIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		a := area(t, "a", c)
		lo, hi, wraps := a.Bound()
		if lo.Valid() != nil || hi.Valid() != nil || lo.LatE7 > hi.LatE7 || wraps != (lo.LonE7 > hi.LonE7) {
			t.Fatalf("bad box %v %v %v", lo, hi, wraps)
		}
		in := func(p Point) bool {
			lon := p.LonE7 >= lo.LonE7 && p.LonE7 <= hi.LonE7
			if wraps {
				lon = p.LonE7 >= lo.LonE7 || p.LonE7 <= hi.LonE7
			}
			if p.Canonical().LonE7 == 180e7 && !lon { // the same place has two longitudes
				lon = lo.LonE7 <= -180e7+2 || hi.LonE7 >= 180e7-2 || wraps
			}
			return lon && p.LatE7 >= lo.LatE7 && p.LatE7 <= hi.LatE7
		}
		p := aside(t, "p", c)
		// TouchM beyond the edge is inside the area and may be outside the box.
		if toEdge, inside := plainAreaM(a, plainLL(p)); inside && toEdge > 1 && a.ContainsPoint(p) && !in(p) {
			t.Fatalf("%v is in %+v, not in its box %v %v %v", p, a, lo, hi, wraps)
		}
		for _, q := range a.Polygon {
			if q.LatE7 != 90e7 && q.LatE7 != -90e7 && !in(q) {
				t.Fatalf("corner %v is not in the box %v %v %v", q, lo, hi, wraps)
			}
		}
	})
}

func TestBoundsThatAreKnown(t *testing.T) {
	check := func(a Area, s, w, n, e float64, crosses bool) {
		t.Helper()
		lo, hi, c := a.Bound()
		if math.Abs(lo.Lat()-s) > 0.01 || math.Abs(lo.Lon()-w) > 0.01 || math.Abs(hi.Lat()-n) > 0.01 || math.Abs(hi.Lon()-e) > 0.01 || c != crosses {
			t.Errorf("%v: %v %v %v", a, lo, hi, c)
		}
	}
	check(poly(10, 179, 10, -179, 12, -179, 12, 179), 10, 179, 12, -179, true)
	check(poly(70, 0, 70, 90, 70, 180, 70, -90), 70, -180, 90, 180, false)
	check(poly(-70, 0, -70, 90, -70, 180, -70, -90), -90, -180, -70, 180, false)
	check(poly(60, 0, 60, 40, 55, 40, 55, 0), 55, 0, 61.52, 40, false)
	check(circle(0, 180, 111195), -1, 179, 1, -179, true)
	check(circle(90, 0, 111195), 89, -180, 90, 180, false)
	check(circle(89.5, 20, 111195), 88.5, -180, 90, 180, false)
	check(circle(35, 36, 111195), 34, 34.779, 36, 37.221, false)
}

func TestCentroidIsInTheAreaAndInTheMiddleOfPlainShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := area(t, "a", anywhere(t, "centre"))
		if c := a.Centroid(); !a.ContainsPoint(c) {
			t.Fatalf("%v is %g m outside", c, a.DistanceM(c))
		}
	})
	if c := poly(10, 10, 10, 11, 11, 11, 11, 10).Centroid(); DistanceM(c, Deg(10.5, 10.5)) > 200 {
		t.Errorf("square: %v", c)
	}
	if c := poly(-1, 179, -1, -179, 1, -179, 1, 179).Centroid(); DistanceM(c, Deg(0, 180)) > 1 {
		t.Errorf("across 180: %v", c)
	}
	if c := poly(70, 0, 70, 90, 70, 180, 70, -90).Centroid(); DistanceM(c, Deg(90, 0)) > 1 {
		t.Errorf("round the pole: %v", c)
	}
	if c := circle(3, 4, 5).Centroid(); c != Deg(3, 4) {
		t.Errorf("circle: %v", c)
	}
}

// What Validate would refuse must still be harmless.
func TestInvalidAreasNeverPanic(t *testing.T) {
	odd := []Area{
		{}, poly(0, 0), poly(0, 0, 1, 1), poly(0, 0, 0, 0, 0, 0), poly(0, 0, 0, 180), poly(90, 0, -90, 0, 0, 0),
		poly(0, 0, 1, 1, 1, 0, 0, 1), {Polygon: []Point{{math.MaxInt32, math.MinInt32}, {1, 1}, {2, 2}}},
		{Circle: &Circle{Deg(0, 0), 0}}, {Circle: &Circle{Deg(0, 0), math.MaxUint32}}, {Circle: &Circle{Point{math.MinInt32, math.MinInt32}, 9}},
	}
	l := Leg{From: Deg(0, 0), To: Deg(0, 180), Band: band("SFC", "UNL"), Depart: 1000, Arrive: 2000}
	for _, a := range odd {
		v := Volume{a, band("SFC", "UNL"), Window{1000, 2000}}
		_ = v.Validate()
		a.Bound()
		a.Centroid()
		for _, b := range odd {
			SeparationM(a, b)
			Meet(v, Volume{b, v.Band, v.Window}, math.NaN())
		}
		for _, p := range []Point{Deg(0, 0), Deg(90, 0), {math.MinInt32, math.MaxInt32}} {
			a.ContainsPoint(p)
			v.Entry(Position{Point: p}, 1500, math.NaN(), math.Inf(1), math.NaN(), math.MaxInt64)
			v.Entry(Position{Point: p}, 1500, 45, 1e9, -1e9, math.MaxInt64)
		}
		MeetLeg(v, l)
		MeetLeg(v, Leg{Band: v.Band, Depart: 5, Arrive: 5})
	}
	if d := (Area{}).DistanceM(Deg(0, 0)); !math.IsInf(d, 1) {
		t.Errorf("an empty area is %g m away", d)
	}
}
