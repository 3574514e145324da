package picture

import (
	"math"

	"parley/utc"
	"parley/volume"
)

// Reach is a notice in a few numbers: from when to when its volumes stand, and a
// cap of the sphere that holds them all. What two reaches do not have in common
// their notices have not either, so that thousands can be put aside without
// looking at their volumes.
type Reach struct {
	From, To utc.Time // of all windows together; To is not included; both 0 without a volume in force
	Ends     utc.Time // the notice is active before this instant; 0: never
	X, Y, Z  float64  // the middle of the cap, a unit vector
	R        float64  // its radius in radians, rounded up
}

// slack is more than any rounding in a cap: 100 m.
const slack = 100 / volume.EarthRadiusM

// CapOf gives a cap about p of radiusM metres, without times.
func CapOf(p volume.Point, radiusM float64) Reach {
	const rad = math.Pi / 180
	sinLat, cosLat := math.Sincos(p.Lat() * rad)
	sinLon, cosLon := math.Sincos(p.Lon() * rad)
	return Reach{X: cosLat * cosLon, Y: cosLat * sinLon, Z: sinLat, R: radiusM/volume.EarthRadiusM + slack}
}

// CapOfArea gives a cap that holds an area. A cap of less than half the globe
// that holds two points holds the shortest path between them, so the farthest
// corner is the farthest point.
func CapOfArea(a volume.Area) Reach {
	if a.Circle != nil {
		return CapOf(a.Circle.Center, float64(a.Circle.RadiusM))
	}
	middle, r := a.Centroid(), 0.0
	for _, p := range a.Polygon {
		r = max(r, volume.DistanceM(middle, p))
	}
	return CapOf(middle, r)
}

// Apart reports whether two caps surely have no point in common. A chord is
// never longer than its arc.
func (r *Reach) Apart(s *Reach) bool {
	x, y, z, sum := r.X-s.X, r.Y-s.Y, r.Z-s.Z, r.R+s.R
	return x*x+y*y+z*z > sum*sum
}

// Latitudes gives the range of latitude of the cap in radians, which may go
// beyond the pole.
func (r *Reach) Latitudes() (south, north float64) {
	lat := math.Asin(max(-1, min(1, r.Z)))
	return lat - r.R, lat + r.R
}

// reachOf sums a notice up.
func reachOf(n *Notice) Reach {
	var r Reach
	if len(n.Volumes) > 0 {
		r = CapOfArea(n.Volumes[0].Area)
		r.From, r.To = n.Volumes[0].Window.From, n.Volumes[0].Window.To
	}
	for _, v := range n.Volumes[min(1, len(n.Volumes)):] {
		c := CapOfArea(v.Area)
		chord := math.Sqrt((r.X-c.X)*(r.X-c.X) + (r.Y-c.Y)*(r.Y-c.Y) + (r.Z-c.Z)*(r.Z-c.Z))
		r.R = max(r.R, 2*math.Asin(min(1, chord/2))+c.R+slack)
		r.From, r.To = min(r.From, v.Window.From), max(r.To, v.Window.To)
	}
	if !n.stands || n.CancelledBy != "" {
		return r
	}
	r.Ends = r.To
	if len(n.Volumes) == 0 {
		r.Ends = math.MaxInt64 // words have no window
	}
	if !n.Expires.IsZero() {
		r.Ends = min(r.Ends, n.Expires)
	}
	return r
}

// Reaches gives the reach of each of Notices, in the same order. It must not be
// changed.
func (p *Picture) Reaches() []Reach {
	if len(p.reaches) == len(p.Notices) {
		return p.reaches
	}
	out := make([]Reach, len(p.Notices)) // a picture that a fold didn't make
	for i := range p.Notices {
		out[i] = reachOf(&p.Notices[i])
		if !p.Notices[i].Active {
			out[i].Ends = 0
		}
	}
	return out
}
