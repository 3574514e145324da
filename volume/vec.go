package volume

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// touch is TouchM as an angle in radians.
const touch = TouchM / EarthRadiusM

// angle gives the angle between two unit vectors, good to about 1e-16 both for
// near and for antipodal ones.
func angle(a, b r3.Vector) float64 {
	return 2 * math.Atan2(a.Sub(b).Norm(), a.Add(b).Norm())
}

// cross gives a vector along a × b that keeps its direction for near and for
// nearly antipodal a and b (Kahan). Its length is 2 |a × b|.
func cross(a, b r3.Vector) r3.Vector { return a.Add(b).Cross(b.Sub(a)) }

// toSegment gives the angle from x to the shortest path between a and b, and
// the nearest point on it.
func toSegment(x, a, b r3.Vector) (float64, r3.Vector) {
	n := cross(a, b)
	if l := n.Norm(); l > 0 {
		n = n.Mul(1 / l)
		if n.Cross(a).Dot(x) > 0 && b.Cross(n).Dot(x) > 0 {
			h := n.Dot(x)
			if foot := x.Sub(n.Mul(h)); foot.Norm() > 0 {
				return math.Asin(math.Min(1, math.Abs(h))), foot.Normalize()
			}
			return math.Pi / 2, a
		}
	}
	da, db := angle(x, a), angle(x, b)
	if da <= db {
		return da, a
	}
	return db, b
}

// between gives the least angle between two edges, and the nearest points on
// each. Edges that cross are 0 apart; whether they do is decided exactly.
func between(a, b, c, d r3.Vector) (dist float64, onAB, onCD r3.Vector) {
	if s2.CrossingSign(s2.Point{Vector: a}, s2.Point{Vector: b}, s2.Point{Vector: c}, s2.Point{Vector: d}) == s2.Cross {
		if x, ok := crossing(a, b, c, d); ok {
			return 0, x, x
		}
	}
	dist = math.Inf(1)
	try := func(p, q, r r3.Vector, pOnAB bool) {
		if e, foot := toSegment(p, q, r); e < dist {
			dist = e
			if pOnAB {
				onAB, onCD = p, foot
			} else {
				onAB, onCD = foot, p
			}
		}
	}
	try(a, c, d, true)
	try(b, c, d, true)
	try(c, a, b, false)
	try(d, a, b, false)
	return dist, onAB, onCD
}

// crossing gives the point where two crossing edges cross. When they are so
// nearly parallel that it cannot be told, ok is false and the end nearest the
// other edge serves.
func crossing(a, b, c, d r3.Vector) (x r3.Vector, ok bool) {
	n, m := cross(a, b), cross(c, d)
	x = n.Normalize().Cross(m.Normalize())
	l := x.Norm()
	if l < 1e-6 {
		return x, false
	}
	x = x.Mul(1 / l)
	if x.Dot(a.Add(b)) < 0 {
		x = x.Mul(-1)
	}
	return x, true
}
