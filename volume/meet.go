package volume

import (
	"math"

	"github.com/golang/geo/r3"
	"parley/utc"
)

// Meeting is what two volumes, or a volume and a leg, have in common.
type Meeting struct {
	From         utc.Time `json:"from"` // first common instant
	To           utc.Time `json:"to"`   // end of the common time, not included
	Lower        Altitude `json:"lower"`
	Upper        Altitude `json:"upper,omitzero"`
	Unlimited    bool     `json:"unlimited,omitempty"`
	SeparationM  float64  `json:"separation_m"`            // horizontal, 0 where the areas overlap or touch
	DatumsDiffer bool     `json:"datums_differ,omitempty"` // the altitudes could be compared only about
	At           Point    `json:"at"`                      // a point of the common area; if none, half way between the nearest points
}

// Meet tells whether a and b share time and altitude and come within marginM
// metres of each other horizontally; with 0, whether they overlap or touch. A
// negative or not-a-number margin counts as 0. Meet(a, b) equals Meet(b, a).
func Meet(a, b Volume, marginM float64) (Meeting, bool) {
	w, ok := a.Window.meet(b.Window)
	if !ok {
		return Meeting{}, false
	}
	band, differ, ok := a.Band.meet(b.Band)
	if !ok {
		return Meeting{}, false
	}
	if !(marginM > 0) {
		marginM = 0
	}
	s, t := a.Area.shape(), b.Area.shape()
	if angle(s.mid, t.mid)-s.reach-t.reach > marginM/EarthRadiusM+2*touch {
		return Meeting{}, false
	}
	if marginM == 0 && surelyApart(s, t) {
		return Meeting{}, false
	}
	sep, p, q := apart(s, t)
	if sep > marginM/EarthRadiusM+touch {
		return Meeting{}, false
	}
	return Meeting{
		From: w.From, To: w.To,
		Lower: band.Lower, Upper: band.Upper, Unlimited: band.Unlimited, DatumsDiffer: differ,
		SeparationM: sep * EarthRadiusM, At: halfway(p, q),
	}, true
}

func halfway(p, q r3.Vector) Point {
	m := p.Add(q)
	if m.Norm() == 0 {
		m = p
	}
	return pointOf(m)
}

// SeparationM gives the least distance between two areas in metres, 0 where
// they overlap or touch. To an empty area it is infinite.
func SeparationM(a, b Area) float64 {
	d, _, _ := apart(a.shape(), b.shape())
	return d * EarthRadiusM
}

// apart gives the angle between two shapes and the nearest points of each, the
// same point twice where they share one.
func apart(s, t shape) (float64, r3.Vector, r3.Vector) {
	d, p, q := apartRaw(s, t)
	if d <= touch {
		d = 0
	}
	return d, p, q
}

func apartRaw(s, t shape) (float64, r3.Vector, r3.Vector) {
	switch {
	case s.circle && t.circle:
		return circles(s, t)
	case s.circle:
		d, q, p := polygonCircle(t, s)
		return d, p, q
	case t.circle:
		return polygonCircle(s, t)
	}
	if len(s.v) == 0 || len(t.v) == 0 {
		return math.Inf(1), s.mid, t.mid
	}
	es, et := s.edges(), t.edges()
	for _, v := range s.v {
		if t.holds(et, v) {
			return 0, v, v
		}
	}
	for _, v := range t.v {
		if s.holds(es, v) {
			return 0, v, v
		}
	}
	for i := range es {
		for j := range et {
			if es[i].apart(&et[j]) {
				continue
			}
			if d, x, y := between(es[i].a, es[i].b, et[j].a, et[j].b); d == 0 {
				return 0, x, y
			}
		}
	}
	best, p, q := math.Inf(1), s.mid, t.mid
	for i, a := range s.v {
		b := s.v[(i+1)%len(s.v)]
		for j, c := range t.v {
			if d, x, y := between(a, b, c, t.v[(j+1)%len(t.v)]); d < best {
				best, p, q = d, x, y
			}
		}
	}
	return best, p, q
}

// holds reports whether x is in the polygon or within touch of it, as distance
// does, for its edges made ready.
func (s shape) holds(edges []edge, x r3.Vector) bool {
	for i := range edges {
		if e := &edges[i]; !e.clearOf(x) {
			if d, _ := toSegment(x, e.a, e.b); d <= touch {
				return true
			}
		}
	}
	return s.inside(x)
}

// surelyApart reports cheaply that two polygons neither touch nor overlap: no
// edge comes near one of the other's, and neither holds the other.
func surelyApart(s, t shape) bool {
	if s.circle || t.circle || len(s.v) == 0 || len(t.v) == 0 {
		return false
	}
	es, et := s.edges(), t.edges()
	for i := range es {
		for j := range et {
			if !es[i].apart(&et[j]) {
				return false
			}
		}
	}
	return !s.inside(t.v[0]) && !t.inside(s.v[0])
}

// circles measures two circles. Where they overlap, the point is on the line
// between the centres and in both.
func circles(s, t shape) (float64, r3.Vector, r3.Vector) {
	d := angle(s.mid, t.mid)
	if gap := d - s.reach - t.reach; gap > touch {
		return gap, along(s.mid, t.mid, s.reach), along(t.mid, s.mid, t.reach)
	}
	switch {
	case d+s.reach <= t.reach: // s within t
		return 0, s.mid, s.mid
	case d+t.reach <= s.reach:
		return 0, t.mid, t.mid
	}
	// s covers [.., s.reach] of the way from s.mid to t.mid, t covers [d-t.reach, ..].
	x := along(s.mid, t.mid, (math.Min(s.reach, d)+math.Max(d-t.reach, 0))/2)
	return 0, x, x
}

// polygonCircle measures polygon s and circle t.
func polygonCircle(s, t shape) (float64, r3.Vector, r3.Vector) {
	d, near := s.distance(t.mid)
	if math.IsInf(d, 1) {
		return d, s.mid, t.mid
	}
	if d <= t.reach+touch {
		return 0, near, near
	}
	return d - t.reach, near, along(t.mid, near, t.reach)
}
