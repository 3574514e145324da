package volume

// Two oracles, both slow and simple, neither sharing code with the package.
//
// The big one works in 256 bits from the integer coordinates on, with its own
// sine and arc tangent, and answers by definition: inside means that the path
// to a place that is surely outside crosses the boundary an odd number of
// times; the distance to an edge is the least distance to any of its points,
// found by narrowing down.
//
// The plain one works in float64 with the formulas of the school atlas
// (haversine, sums of bearings) for tests that need thousands of answers.

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

const bits = 256

func bf(x float64) *big.Float        { return new(big.Float).SetPrec(bits).SetFloat64(x) }
func add(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bits).Add(a, b) }
func sub(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bits).Sub(a, b) }
func mul(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bits).Mul(a, b) }
func quo(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bits).Quo(a, b) }
func sqrt(a *big.Float) *big.Float   { return new(big.Float).SetPrec(bits).Sqrt(a) }
func f64(a *big.Float) (x float64)   { x, _ = a.Float64(); return }
func half(a *big.Float) *big.Float   { return mul(a, bf(0.5)) }
func tiny(a *big.Float, e int) bool  { return a.Sign() == 0 || a.MantExp(nil) < e }
func third(a, b *big.Float, k float64) *big.Float {
	return add(a, quo(mul(sub(b, a), bf(k)), bf(3)))
}

// bigAtan sums the series after halving the argument twelve times.
func bigAtan(x *big.Float) *big.Float {
	k := 0
	for ; k < 12; k++ {
		x = quo(x, add(bf(1), sqrt(add(bf(1), mul(x, x)))))
	}
	sum, pow, x2 := bf(0), x, mul(x, x)
	for n := 1; n < 60; n += 2 {
		term := quo(pow, bf(float64(n)))
		if n%4 == 3 {
			sum = sub(sum, term)
		} else {
			sum = add(sum, term)
		}
		pow = mul(pow, x2)
	}
	return mul(sum, bf(math.Ldexp(1, k)))
}

var bigPi = mul(bf(4), bigAtan(bf(1)))

// bigSinCos sums the series of a twentieth-of-a-million part and doubles.
func bigSinCos(x *big.Float) (s, c *big.Float) {
	const k = 20
	x = mul(x, bf(math.Ldexp(1, -k)))
	// versine v = 1-cos, to keep the digits while doubling
	s, v := bf(0), bf(0)
	term := x
	for n := 1; n < 24; n++ {
		if n%2 == 1 {
			s = add(s, term)
			term = quo(mul(term, x), bf(float64(n+1)))
		} else {
			v = add(v, term)
			term = quo(mul(term, x), bf(float64(-(n + 1))))
		}
	}
	for i := 0; i < k; i++ {
		c = sub(bf(1), v)
		s, v = mul(bf(2), mul(s, c)), mul(bf(2), mul(s, s))
	}
	return s, sub(bf(1), v)
}

type bvec [3]*big.Float

func bigVec(p Point) bvec {
	rad := func(e7 int32) *big.Float { return quo(mul(bf(float64(e7)), bigPi), bf(180e7)) }
	sl, cl := bigSinCos(rad(p.LatE7))
	so, co := bigSinCos(rad(p.LonE7))
	return bvec{mul(cl, co), mul(cl, so), sl}
}

func (a bvec) dot(b bvec) *big.Float {
	return add(add(mul(a[0], b[0]), mul(a[1], b[1])), mul(a[2], b[2]))
}
func (a bvec) cross(b bvec) bvec {
	return bvec{
		sub(mul(a[1], b[2]), mul(a[2], b[1])),
		sub(mul(a[2], b[0]), mul(a[0], b[2])),
		sub(mul(a[0], b[1]), mul(a[1], b[0])),
	}
}
func (a bvec) plus(b bvec, k *big.Float) bvec {
	return bvec{add(a[0], mul(k, b[0])), add(a[1], mul(k, b[1])), add(a[2], mul(k, b[2]))}
}
func (a bvec) unit() bvec {
	l := quo(bf(1), sqrt(a.dot(a)))
	return bvec{mul(a[0], l), mul(a[1], l), mul(a[2], l)}
}

// bigAngle is 2·atan(|a-b| / |a+b|).
func bigAngle(a, b bvec) *big.Float {
	d, s := a.plus(b, bf(-1)), a.plus(b, bf(1))
	n, m := sqrt(d.dot(d)), sqrt(s.dot(s))
	if tiny(m, -200) {
		return bigPi
	}
	return mul(bf(2), bigAtan(quo(n, m)))
}

func bigDistanceM(a, b Point) float64 {
	return f64(mul(bigAngle(bigVec(a), bigVec(b)), bf(6371008.8)))
}

// bigToEdge narrows down the least distance from x to the chord a-b blown up to
// the sphere, comparing by cosine, largest best.
func bigToEdge(x, a, b bvec) *big.Float {
	at := func(t *big.Float) *big.Float { return a.plus(b.plus(a, bf(-1)), t).unit().dot(x) }
	lo, hi := bf(0), bf(1)
	for i := 0; i < 130; i++ {
		p, q := third(lo, hi, 1), third(lo, hi, 2)
		if at(p).Cmp(at(q)) > 0 {
			hi = q
		} else {
			lo = p
		}
	}
	best := bigAngle(x, a.plus(b.plus(a, bf(-1)), half(add(lo, hi))).unit())
	for _, e := range []bvec{a, b} {
		if d := bigAngle(x, e); d.Cmp(best) < 0 {
			best = d
		}
	}
	return best
}

// bigInside counts crossings of the path from x to the antipode of the mean.
func bigInside(poly []bvec, x bvec) bool {
	z := bvec{bf(0), bf(0), bf(0)}
	for _, v := range poly {
		z = z.plus(v, bf(-1))
	}
	z = z.unit()
	sign := func(a, b, c bvec) int { return a.cross(b).dot(c).Sign() }
	in := false
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		p, q := sign(x, z, a), sign(x, z, b)
		r, s := sign(a, b, x), sign(a, b, z)
		if p != 0 && q == -p && s == p && r == -p { // all four triangles turn the same way
			in = !in
		}
	}
	return in
}

func bigAreaDistanceM(a Area, p Point) float64 {
	x := bigVec(p)
	if a.Circle != nil {
		d := f64(mul(bigAngle(x, bigVec(a.Circle.Center)), bf(6371008.8))) - float64(a.Circle.RadiusM)
		return math.Max(0, d)
	}
	var poly []bvec
	for _, v := range a.Polygon {
		poly = append(poly, bigVec(v))
	}
	if bigInside(poly, x) {
		return 0
	}
	best := math.Inf(1)
	for i, v := range poly {
		best = math.Min(best, f64(mul(bigToEdge(x, v, poly[(i+1)%len(poly)]), bf(6371008.8))))
	}
	return best
}

// --- the plain oracle, in radians of latitude and longitude ---

type ll struct{ lat, lon float64 }

func plainLL(p Point) ll { return ll{p.Lat() * math.Pi / 180, p.Lon() * math.Pi / 180} }

func plainM(a, b ll) float64 {
	s, t := math.Sin((b.lat-a.lat)/2), math.Sin((b.lon-a.lon)/2)
	h := s*s + math.Cos(a.lat)*math.Cos(b.lat)*t*t
	return 2 * 6371008.8 * math.Asin(math.Min(1, math.Sqrt(h)))
}

func plainBearing(a, b ll) float64 {
	y := math.Sin(b.lon-a.lon) * math.Cos(b.lat)
	x := math.Cos(a.lat)*math.Sin(b.lat) - math.Sin(a.lat)*math.Cos(b.lat)*math.Cos(b.lon-a.lon)
	return math.Atan2(y, x)
}

func plainGo(a ll, bearing, m float64) ll {
	d := m / 6371008.8
	lat := math.Asin(math.Sin(a.lat)*math.Cos(d) + math.Cos(a.lat)*math.Sin(d)*math.Cos(bearing))
	lon := a.lon + math.Atan2(math.Sin(bearing)*math.Sin(d)*math.Cos(a.lat), math.Cos(d)-math.Sin(a.lat)*math.Sin(lat))
	return ll{lat, lon}
}

// plainAreaM gives the distance to the boundary, and whether x is inside by the
// turning of the bearing to the corners, summed along the edges in small steps.
func plainAreaM(a Area, x ll) (toEdge float64, inside bool) {
	if a.Circle != nil {
		d := plainM(x, plainLL(a.Circle.Center)) - float64(a.Circle.RadiusM)
		return math.Abs(d), d <= 0
	}
	toEdge = math.Inf(1)
	turn := 0.0
	for i := range a.Polygon {
		p, q := plainLL(a.Polygon[i]), plainLL(a.Polygon[(i+1)%len(a.Polygon)])
		l, brg := plainM(p, q), plainBearing(p, q)
		lo, hi := 0.0, l
		for range 60 {
			u, v := lo+(hi-lo)/3, hi-(hi-lo)/3
			if plainM(plainGo(p, brg, u), x) < plainM(plainGo(p, brg, v), x) {
				hi = v
			} else {
				lo = u
			}
		}
		toEdge = math.Min(toEdge, math.Min(plainM(plainGo(p, brg, (lo+hi)/2), x), math.Min(plainM(p, x), plainM(q, x))))
		turn += math.Remainder(plainBearing(x, q)-plainBearing(x, p), 2*math.Pi)
	}
	return toEdge, math.Abs(turn) > math.Pi
}

// --- generators ---

// anywhere draws points all over the globe, often at the places where maps have
// seams.
func anywhere(t *rapid.T, label string) Point {
	switch rapid.IntRange(0, 5).Draw(t, label+" where") {
	case 0: // the Levant
		return Point{rapid.Int32Range(30e7, 38e7).Draw(t, label+" lat"), rapid.Int32Range(30e7, 42e7).Draw(t, label+" lon")}
	case 1: // at 180°
		p := Point{rapid.Int32Range(-60e7, 60e7).Draw(t, label+" lat"), rapid.Int32Range(1799e6, 180e7).Draw(t, label+" lon")}
		if rapid.Bool().Draw(t, label+" west") {
			p.LonE7 = -p.LonE7
		}
		return p
	case 2: // at a pole
		p := Point{rapid.Int32Range(89e7, 90e7).Draw(t, label+" lat"), rapid.Int32Range(-180e7, 180e7).Draw(t, label+" lon")}
		if rapid.Bool().Draw(t, label+" south") {
			p.LatE7 = -p.LatE7
		}
		return p
	}
	return Point{rapid.Int32Range(-90e7, 90e7).Draw(t, label+" lat"), rapid.Int32Range(-180e7, 180e7).Draw(t, label+" lon")}
}

// star draws a valid polygon about c that need not be convex: corners at rising
// bearings with less than half a turn between.
func star(t *rapid.T, label string, c Point) Area {
	n := rapid.IntRange(3, 10).Draw(t, label+" corners")
	size := math.Pow(10, rapid.Float64Range(2.5, 5.9).Draw(t, label+" size"))
	start := rapid.Float64Range(0, 360).Draw(t, label+" start")
	var a Area
	for i := range n {
		b := start + 360*(float64(i)+rapid.Float64Range(0, 0.45).Draw(t, label+" bearing"))/float64(n)
		a.Polygon = append(a.Polygon, Destination(c, b, size*rapid.Float64Range(0.3, 1).Draw(t, label+" reach")))
	}
	if rapid.Bool().Draw(t, label+" turned") {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			a.Polygon[i], a.Polygon[j] = a.Polygon[j], a.Polygon[i]
		}
	}
	return a
}

func disc(t *rapid.T, label string, c Point) Area {
	return Area{Circle: &Circle{c, uint32(math.Pow(10, rapid.Float64Range(0, 5.9).Draw(t, label+" radius")))}}
}

func area(t *rapid.T, label string, c Point) Area {
	if rapid.Bool().Draw(t, label+" round") {
		return disc(t, label, c)
	}
	return star(t, label, c)
}

// aside draws a point at a distance of the size of things about c.
func aside(t *rapid.T, label string, c Point) Point {
	return Destination(c, rapid.Float64Range(0, 360).Draw(t, label+" bearing"), math.Pow(10, rapid.Float64Range(0, 6.1).Draw(t, label+" off")))
}

func TestOracleKnowsWhatIsKnown(t *testing.T) {
	s, c := bigSinCos(quo(bigPi, bf(6)))
	if d := math.Abs(f64(s) - 0.5); d > 1e-16 {
		t.Errorf("sin 30° off by %g", d)
	}
	if d := math.Abs(f64(c) - math.Sqrt(3)/2); d > 1.2e-16 {
		t.Errorf("cos 30° off by %g", d)
	}
	one := add(mul(s, s), mul(c, c))
	if !tiny(sub(one, bf(1)), -220) {
		t.Errorf("sin²+cos² = %v", one)
	}
	if f64(bigPi) != math.Pi {
		t.Errorf("pi = %v", bigPi)
	}
	quarter := bigDistanceM(Deg(0, 0), Deg(0, 90))
	if math.Abs(quarter-6371008.8*math.Pi/2) > 1e-8 {
		t.Errorf("quarter of the equator = %v", quarter)
	}
	square := []Point{Deg(0, 0), Deg(0, 2), Deg(2, 2), Deg(2, 0)}
	var poly []bvec
	for _, p := range square {
		poly = append(poly, bigVec(p))
	}
	for p, want := range map[Point]bool{Deg(1, 1): true, Deg(1.9, 0.1): true, Deg(3, 1): false, Deg(1, -1): false, Deg(-1, -179): false} {
		if got := bigInside(poly, bigVec(p)); got != want {
			t.Errorf("oracle: inside(%v) = %v", p, got)
		}
		if _, got := plainAreaM(Area{Polygon: square}, plainLL(p)); got != want && p != Deg(-1, -179) {
			t.Errorf("plain oracle: inside(%v) = %v", p, got)
		}
	}
}
