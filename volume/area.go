package volume

import (
	"fmt"
	"math"

	"github.com/golang/geo/r3"
)

// The limits of an area. MaxExtentM is measured from the middle of the
// vertices; it keeps every polygon well within half the globe, which is what
// makes "the smaller side" one side and not a guess.
const (
	MinVertices = 3
	MaxVertices = 256
	MaxExtentM  = 3_000_000
	MinRadiusM  = 1
	MaxRadiusM  = 1_000_000
)

// Circle is all points within RadiusM metres of Center, the rim included.
type Circle struct {
	Center  Point  `cbor:"1,keyasint" json:"center"`
	RadiusM uint32 `cbor:"2,keyasint" json:"radius_m"`
}

// Area is a polygon or a circle on the sphere: exactly one of the two is set.
//
// The edges of a polygon are shortest paths (great-circle arcs), not straight
// lines in latitude and longitude; the last vertex is joined to the first and
// not repeated. The inside is the smaller side, whichever way round the
// vertices run. The boundary belongs to the area, to TouchM.
type Area struct {
	Polygon []Point `cbor:"1,keyasint,omitempty" json:"polygon,omitempty"`
	Circle  *Circle `cbor:"2,keyasint,omitempty" json:"circle,omitempty"`
}

// Validate tells what is wrong with the area: a field out of range; a polygon
// that crosses or touches itself, repeats a vertex, is thinner than TouchM, or
// reaches farther than MaxExtentM. It costs up to the square of the number of
// vertices, which is bounded.
func (a Area) Validate() error {
	switch {
	case a.Circle != nil && len(a.Polygon) > 0:
		return fmt.Errorf("polygon and circle are both given: give one")
	case a.Circle != nil:
		if err := a.Circle.Center.Valid(); err != nil {
			return fmt.Errorf("circle.center: %w", err)
		}
		if r := a.Circle.RadiusM; r < MinRadiusM || r > MaxRadiusM {
			return fmt.Errorf("circle.radius_m %d is outside %d to %d", r, MinRadiusM, MaxRadiusM)
		}
		return nil
	case len(a.Polygon) == 0:
		return fmt.Errorf("polygon and circle are both missing: give one")
	case len(a.Polygon) < MinVertices || len(a.Polygon) > MaxVertices:
		return fmt.Errorf("polygon has %d vertices, want %d to %d", len(a.Polygon), MinVertices, MaxVertices)
	}
	for i, p := range a.Polygon {
		if err := p.Valid(); err != nil {
			return fmt.Errorf("polygon[%d]: %w", i, err)
		}
	}
	return a.validPolygon()
}

func (a Area) validPolygon() error {
	s := a.shape()
	n := len(s.v)
	for i := range s.v {
		if angle(s.v[i], s.v[(i+1)%n]) > math.Pi-touch {
			return fmt.Errorf("polygon[%d] and polygon[%d] are antipodal: there is no one shortest path between them", i, (i+1)%n)
		}
	}
	for i := range s.v {
		if d := angle(s.mid, s.v[i]); !(d*EarthRadiusM <= MaxExtentM) {
			return fmt.Errorf("polygon[%d] is %.0f km from the middle of the polygon, at most %d km", i, d*EarthRadiusM/1000, MaxExtentM/1000)
		}
	}
	for i := range s.v {
		if angle(s.v[i], s.v[(i+1)%n]) <= touch {
			return fmt.Errorf("polygon[%d] repeats polygon[%d]; the last vertex is joined to the first by itself", (i+1)%n, i)
		}
	}
	edges := s.edges()
	for i := range s.v {
		for j := range s.v {
			k := (j + 1) % n
			if i == j || i == k || edges[j].clearOf(s.v[i]) {
				continue
			}
			if d, _ := toSegment(s.v[i], s.v[j], s.v[k]); d <= touch {
				return fmt.Errorf("polygon[%d] lies on the edge from polygon[%d] to polygon[%d]", i, j, k)
			}
		}
	}
	for i := 0; i < n; i++ {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 || edges[i].apart(&edges[j]) {
				continue
			}
			if d, _, _ := between(s.v[i], s.v[i+1], s.v[j], s.v[(j+1)%n]); d == 0 {
				return fmt.Errorf("the edges from polygon[%d] and from polygon[%d] cross", i, j)
			}
		}
	}
	return nil
}

// edge is one edge of a polygon with what rules out cheaply that anything
// touches it. A hostile party may send hundreds of polygons of 256 vertices, so
// all but the few pairs that come near each other must cost some products.
type edge struct {
	a, b r3.Vector
	n    r3.Vector // unit normal of its great circle; zero where it has none
	mid  r3.Vector // of its ends, on the sphere
	r    float64   // chord from mid to either end: every point of it is as near
}

// clearance is how far off the cheap tests have to find something, as a chord or
// a sine: far more than touch and their rounding.
const clearance = 4*touch + 1e-9

func (s shape) edges() []edge {
	out := make([]edge, len(s.v))
	for i, a := range s.v {
		b := s.v[(i+1)%len(s.v)]
		e := edge{a: a, b: b, mid: a.Add(b).Normalize()}
		e.r = e.mid.Sub(a).Norm()
		if n := cross(a, b); n.Norm() > 0 {
			e.n = n.Normalize()
		}
		out[i] = e
	}
	return out
}

// clearOf reports that x surely does not touch e: it is off its great circle, or
// farther from its middle than its ends.
func (e *edge) clearOf(x r3.Vector) bool {
	if math.Abs(e.n.Dot(x)) > clearance {
		return true
	}
	far := e.r + clearance
	return e.mid.Sub(x).Norm2() > far*far
}

// apart reports that e and f surely do not touch: one lies on one side of the
// other's great circle (a cap under 90° is convex, so with its ends all of it
// does), or their middles are too far from each other.
func (e *edge) apart(f *edge) bool {
	c, d := e.n.Dot(f.a), e.n.Dot(f.b)
	if c > clearance && d > clearance || c < -clearance && d < -clearance {
		return true
	}
	c, d = f.n.Dot(e.a), f.n.Dot(e.b)
	if c > clearance && d > clearance || c < -clearance && d < -clearance {
		return true
	}
	far := e.r + f.r + clearance
	return e.mid.Sub(f.mid).Norm2() > far*far
}

// shape is an area made ready for calculation. For a circle, v is empty and mid
// and reach are its centre and radius. For a polygon, mid is the middle of the
// vertices and reach the angle to the farthest, so that the cap (mid, reach)
// holds all of it: caps under 90° are convex.
type shape struct {
	v      []r3.Vector
	mid    r3.Vector
	reach  float64
	circle bool
}

func (a Area) shape() shape {
	if a.Circle != nil {
		return shape{mid: a.Circle.Center.vec(), reach: float64(a.Circle.RadiusM) / EarthRadiusM, circle: true}
	}
	s := shape{v: make([]r3.Vector, len(a.Polygon))}
	var sum r3.Vector
	for i, p := range a.Polygon {
		s.v[i] = p.vec()
		sum = sum.Add(s.v[i])
	}
	if sum.Norm() < 1e-9 {
		if len(s.v) > 0 {
			sum = s.v[0]
		} else {
			sum = r3.Vector{X: 1}
		}
	}
	s.mid = sum.Normalize()
	for _, v := range s.v {
		s.reach = math.Max(s.reach, angle(s.mid, v))
	}
	return s
}

// distance gives the angle from x to the area (0 inside) and the nearest point
// of the area, x itself when inside.
func (s shape) distance(x r3.Vector) (float64, r3.Vector) {
	if s.circle {
		d := angle(s.mid, x)
		if d <= s.reach+touch {
			return 0, x
		}
		return d - s.reach, along(s.mid, x, s.reach)
	}
	best, at := math.Inf(1), x
	for i, a := range s.v {
		if d, foot := toSegment(x, a, s.v[(i+1)%len(s.v)]); d < best {
			best, at = d, foot
		}
	}
	if best <= touch || s.inside(x) {
		return 0, x
	}
	return best, at
}

// along gives the point at the angle d from a towards b.
func along(a, b r3.Vector, d float64) r3.Vector {
	n := cross(a, b)
	if n.Norm() == 0 {
		n = a.Ortho()
	}
	t := n.Normalize().Cross(a)
	sin, cos := math.Sincos(d)
	return a.Mul(cos).Add(t.Mul(sin)).Normalize()
}

// inside counts how often a ray from x crosses the polygon, in the gnomonic
// projection about mid, where every great circle is a straight line. Its answer
// is trusted only farther than touch from every edge, where the signs of the
// floating-point products cannot be wrong.
func (s shape) inside(x r3.Vector) bool {
	if len(s.v) < 3 || angle(s.mid, x) > s.reach+touch || x.Dot(s.mid) <= 0 {
		return false
	}
	e1 := s.mid.Ortho()
	e2 := s.mid.Cross(e1)
	py := x.Dot(e2) / x.Dot(s.mid)
	in := false
	for i, a := range s.v {
		b := s.v[(i+1)%len(s.v)]
		ay, by := a.Dot(e2)/a.Dot(s.mid), b.Dot(e2)/b.Dot(s.mid)
		if (ay > py) == (by > py) {
			continue
		}
		side := cross(a, b).Dot(x)
		if (side > 0) == (by > ay) {
			in = !in
		}
	}
	return in
}

// ContainsPoint reports whether p is in the area or within TouchM of it.
func (a Area) ContainsPoint(p Point) bool {
	d, _ := a.shape().distance(p.vec())
	return d == 0
}

// DistanceM gives the distance in metres from p to the area, 0 inside and up to
// TouchM outside it. An empty area is infinitely far.
func (a Area) DistanceM(p Point) float64 {
	d, _ := a.shape().distance(p.vec())
	return d * EarthRadiusM
}

// Centroid gives a point in the middle for a label: of a circle its centre, of a
// polygon the centroid of its gnomonic projection, moved to the nearest point
// of the polygon should it lie outside. It is not for measuring.
func (a Area) Centroid() Point {
	s := a.shape()
	if s.circle {
		return a.Circle.Center
	}
	e1 := s.mid.Ortho()
	e2 := s.mid.Cross(e1)
	var area, cx, cy float64
	for i, p := range s.v {
		q := s.v[(i+1)%len(s.v)]
		px, py := p.Dot(e1)/p.Dot(s.mid), p.Dot(e2)/p.Dot(s.mid)
		qx, qy := q.Dot(e1)/q.Dot(s.mid), q.Dot(e2)/q.Dot(s.mid)
		w := px*qy - qx*py
		area += w
		cx += (px + qx) * w
		cy += (py + qy) * w
	}
	c := s.mid
	if area != 0 {
		c = s.mid.Add(e1.Mul(cx / (3 * area))).Add(e2.Mul(cy / (3 * area))).Normalize()
	}
	if !finite(c.X + c.Y + c.Z) {
		c = s.mid
	}
	_, at := s.distance(c)
	return pointOf(at)
}

// Bound gives the smallest box in latitude and longitude that holds the area,
// rounded outwards: lo is its south-west corner, hi its north-east. When
// crosses180 is true the box runs east from lo.Lon() over 180° to hi.Lon(). An
// area that holds a pole has all longitudes.
func (a Area) Bound() (lo, hi Point, crosses180 bool) {
	s := a.shape()
	north, _ := s.distance(r3.Vector{Z: 1})
	south, _ := s.distance(r3.Vector{Z: -1})
	minLat, maxLat := math.Inf(1), math.Inf(-1)
	var west, east float64
	if s.circle {
		lat := math.Asin(s.mid.Z)
		minLat, maxLat = lat-s.reach, lat+s.reach
		half := math.Asin(math.Min(1, math.Sin(s.reach)/math.Max(1e-300, math.Hypot(s.mid.X, s.mid.Y))))
		lon := math.Atan2(s.mid.Y, s.mid.X)
		west, east = lon-half, lon+half
	} else if len(s.v) > 0 {
		minLat, maxLat, west, east = s.ring()
	}
	all := north == 0 || south == 0 || east-west >= 2*math.Pi
	if north == 0 {
		maxLat = math.Pi / 2
	}
	if south == 0 {
		minLat = -math.Pi / 2
	}
	lo.LatE7, hi.LatE7 = outward(minLat, -1), outward(maxLat, 1)
	if lo.LatE7 < -90*1e7 {
		lo.LatE7 = -90 * 1e7
	}
	if hi.LatE7 > 90*1e7 {
		hi.LatE7 = 90 * 1e7
	}
	if all {
		lo.LonE7, hi.LonE7 = -180*1e7, 180*1e7
		return lo, hi, false
	}
	lo.LonE7, hi.LonE7 = outward(west, -1), outward(east, 1)
	return lo, hi, lo.LonE7 > hi.LonE7
}

// ring gives the range of latitude of the edges and of longitude along them,
// the latter counted on over 180° where they run across it.
func (s shape) ring() (minLat, maxLat, west, east float64) {
	minLat, maxLat = math.Inf(1), math.Inf(-1)
	lon := math.Atan2(s.v[0].Y, s.v[0].X)
	west, east = lon, lon
	for i, a := range s.v {
		b := s.v[(i+1)%len(s.v)]
		lat := math.Atan2(a.Z, math.Hypot(a.X, a.Y))
		minLat, maxLat = math.Min(minLat, lat), math.Max(maxLat, lat)
		n := cross(a, b)
		if l := n.Norm(); l > 0 {
			n = n.Mul(1 / l)
			top := r3.Vector{Z: 1}.Sub(n.Mul(n.Z)) // highest point of the great circle
			if n.Cross(a).Dot(top) > 0 && b.Cross(n).Dot(top) > 0 {
				maxLat = math.Max(maxLat, math.Acos(math.Min(1, math.Abs(n.Z))))
			}
			if n.Cross(a).Dot(top) < 0 && b.Cross(n).Dot(top) < 0 {
				minLat = math.Min(minLat, -math.Acos(math.Min(1, math.Abs(n.Z))))
			}
		}
		lon += math.Remainder(math.Atan2(b.Y, b.X)-math.Atan2(a.Y, a.X), 2*math.Pi)
		west, east = math.Min(west, lon), math.Max(east, lon)
	}
	return minLat, maxLat, west, east
}

// outward gives rad in 1e-7 degree, rounded away from the area and one unit
// more for the rounding of the arithmetic, wrapped into ±180°.
func outward(rad float64, sign int32) int32 {
	x := rad * 180 / math.Pi * e7
	if sign > 0 {
		x = math.Ceil(x)
	} else {
		x = math.Floor(x)
	}
	if !(math.Abs(x) < 540*e7) {
		return 0
	}
	// In int64: a longitude counted on past 180° need not fit an int32.
	n := int64(x) + int64(sign)
	for n > 180*1e7 {
		n -= 360 * 1e7
	}
	for n < -180*1e7 {
		n += 360 * 1e7
	}
	return int32(n)
}
