package volume

import (
	"math"
	"sort"

	"github.com/golang/geo/r3"
)

// arc is a path of at most a quarter turn along a great circle: at the angle x
// from its start it is at p cos x + t sin x.
type arc struct {
	p, t r3.Vector
	len  float64
}

func (c arc) at(x float64) r3.Vector {
	sin, cos := math.Sincos(x)
	return c.p.Mul(cos).Add(c.t.Mul(sin)).Normalize()
}

// span is a piece of a path, both ends included.
type span struct{ from, to float64 }

// within gives the pieces of the arc that are no farther than w (radians) from
// the shape, plus touch.
//
// Nothing is stepped, so nothing can be stepped over. The edge of "no farther
// than w" consists of pieces of circles: one about each vertex, and for each
// side two beside it. Where the arc meets one of these, or is nearest to one,
// is known in closed form. These places cut the arc into pieces that are wholly
// inside or wholly outside; one look in the middle of each, and one at each cut
// for a path that only grazes, decides.
func (s shape) within(c arc, w float64) []span {
	if angle(c.p, s.mid) > s.reach+w+c.len+2*touch {
		return nil
	}
	cuts := s.cuts(c, w+touch)
	near := func(x float64) bool {
		d, _ := s.distance(c.at(x))
		return d <= w+touch
	}
	var out []span
	add := func(from, to float64) {
		if n := len(out); n > 0 && out[n-1].to >= from {
			out[n-1].to = math.Max(out[n-1].to, to)
			return
		}
		out = append(out, span{from, to})
	}
	for i, x := range cuts {
		if near(x) {
			add(x, x)
		}
		if i+1 < len(cuts) && near((x+cuts[i+1])/2) {
			add(x, cuts[i+1])
		}
	}
	return out
}

// cuts gives, in order, 0, the length of the arc, and every place between where
// it may pass into or out of the distance r from the shape, or be nearest.
func (s shape) cuts(c arc, r float64) []float64 {
	out := []float64{0, c.len}
	// about takes the circle of points at the angle acos(k) from the pole v.
	about := func(v r3.Vector, radius float64) {
		a, b := v.Dot(c.p), v.Dot(c.t)
		h := math.Hypot(a, b)
		mid := math.Atan2(b, a)
		out = c.cut(out, mid)
		if h == 0 {
			return
		}
		// cos(half) = cos(radius)/h, in a form that keeps small circles exact:
		// the arc passes v at the angle off.
		off := math.Abs(math.Asin(clamp(c.p.Cross(c.t).Dot(v))))
		q := math.Sin((radius+off)/2) * math.Sin((radius-off)/2) / math.Cos(off)
		if q >= 0 && q <= 1 {
			half := 2 * math.Asin(math.Sqrt(q))
			out = c.cut(out, mid-half)
			out = c.cut(out, mid+half)
		}
	}
	if s.circle {
		about(s.mid, s.reach+r)
	}
	for i, a := range s.v {
		about(a, r)
		n := cross(a, s.v[(i+1)%len(s.v)])
		l := n.Norm()
		if l == 0 {
			continue
		}
		// The points at r beside the side: at pi/2-r from its pole, both ways.
		n = n.Mul(1 / l)
		x, y := n.Dot(c.p), n.Dot(c.t)
		h, mid := math.Hypot(x, y), math.Atan2(y, x)
		out = c.cut(c.cut(out, mid), mid+math.Pi)
		for _, k := range [2]float64{math.Sin(r), -math.Sin(r)} {
			if math.Abs(k) <= h {
				half := math.Acos(k / h)
				out = c.cut(c.cut(out, mid-half), mid+half)
			}
		}
	}
	sort.Float64s(out)
	return out
}

// cut adds the angle x to the cuts if it lies on the arc.
func (c arc) cut(cuts []float64, x float64) []float64 {
	x = math.Mod(x, 2*math.Pi)
	if x < 0 {
		x += 2 * math.Pi
	}
	if x > 0 && x < c.len {
		cuts = append(cuts, x)
	}
	return cuts
}

func clamp(x float64) float64 { return math.Max(-1, math.Min(1, x)) }
