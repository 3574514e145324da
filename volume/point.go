package volume

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/golang/geo/r3"
)

// EarthRadiusM is the radius of the sphere on which all of this package is
// defined, in metres: the mean radius (2a+b)/3 of WGS84 (Moritz, "Geodetic
// Reference System 1980"). Distances on it differ from those along the WGS84
// geodesic by at most 0.57 % (worst: north-south at the equator; 0.3 % at the
// latitude of the Levant).
const EarthRadiusM = 6371008.8

// TouchM is the distance in metres within which two things touch. It is a
// little less than one step of the coordinate grid (1e-7 degree, 11.1 mm), a
// little more than the error of rounding a place to it (7.9 mm), and a million
// times the error of the arithmetic, so that a tie always counts as meeting.
const TouchM = 0.010

const (
	e7     = 1e7
	maxLat = 90 * 1e7
	maxLon = 180 * 1e7
)

// Point is a place on the WGS84 grid in units of 1e-7 degree: exact, comparable
// and usable as a map key. Latitude is positive to the north, longitude to the
// east. -180 and +180 degrees, and all longitudes at a pole, are the same place
// for every function here; Canonical gives the one form to compare by ==.
type Point struct {
	LatE7 int32 `cbor:"1,keyasint"`
	LonE7 int32 `cbor:"2,keyasint"`
}

// Deg gives the point nearest to lat, lon in degrees. What is out of range or
// not a number becomes a point that Valid refuses; nothing is wrapped.
func Deg(lat, lon float64) Point { return Point{toE7(lat), toE7(lon)} }

func toE7(deg float64) int32 {
	x := math.Round(deg * e7)
	if math.IsNaN(x) || x > math.MaxInt32 {
		return math.MaxInt32
	}
	if x < math.MinInt32 {
		return math.MinInt32
	}
	return int32(x)
}

// Lat gives the latitude in degrees, -90 to 90.
func (p Point) Lat() float64 { return float64(p.LatE7) / e7 }

// Lon gives the longitude in degrees, -180 to 180.
func (p Point) Lon() float64 { return float64(p.LonE7) / e7 }

// Valid tells which coordinate is out of range, if one is.
func (p Point) Valid() error {
	if p.LatE7 < -maxLat || p.LatE7 > maxLat {
		return fmt.Errorf("lat %s is outside -90 to 90 degrees", e7text(p.LatE7))
	}
	if p.LonE7 < -maxLon || p.LonE7 > maxLon {
		return fmt.Errorf("lon %s is outside -180 to 180 degrees", e7text(p.LonE7))
	}
	return nil
}

// Canonical gives p with longitude 180 for -180, and 0 at a pole.
func (p Point) Canonical() Point {
	if p.LatE7 == maxLat || p.LatE7 == -maxLat {
		p.LonE7 = 0
	}
	if p.LonE7 == -maxLon {
		p.LonE7 = maxLon
	}
	return p
}

// String gives decimal degrees with hemispheres, "35.41N 36.0E", exactly.
func (p Point) String() string {
	ns, ew := "N", "E"
	lat, lon := int64(p.LatE7), int64(p.LonE7)
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	return point1(lat) + ns + " " + point1(lon) + ew
}

// point1 is e7text with at least one decimal, so that nobody takes 35 for
// degrees cut short.
func point1(n int64) string {
	if n%1e7 == 0 {
		return e7text(n) + ".0"
	}
	return e7text(n)
}

// e7text writes n*1e-7 in decimal without loss and without trailing zeros.
func e7text[T int32 | int64](n T) string {
	v, sign := int64(n), ""
	if v < 0 {
		v, sign = -v, "-"
	}
	s := sign + strconv.FormatInt(v/1e7, 10)
	frac := v % 1e7
	if frac == 0 {
		return s
	}
	f := fmt.Sprintf("%07d", frac)
	for f[len(f)-1] == '0' {
		f = f[:len(f)-1]
	}
	return s + "." + f
}

// MarshalJSON writes {"lat":35.41,"lon":35.95}, exact to the last digit.
func (p Point) MarshalJSON() ([]byte, error) {
	return []byte(`{"lat":` + e7text(p.LatE7) + `,"lon":` + e7text(p.LonE7) + `}`), nil
}

// UnmarshalJSON reads what MarshalJSON writes. More than seven decimals are
// rounded (at most 5.6 mm); a missing, unknown or out-of-range field is refused.
func (p *Point) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("couldn't read point: %w", err)
	}
	var q struct{ lat, lon *float64 }
	for k, v := range raw {
		var f float64
		if err := json.Unmarshal(v, &f); err != nil || string(v) == "null" {
			return fmt.Errorf("couldn't read point: %.20q is not a number of degrees", k)
		}
		switch k {
		case "lat":
			q.lat = &f
		case "lon":
			q.lon = &f
		default:
			return fmt.Errorf("couldn't read point: unknown field %.20q, want lat and lon", k)
		}
	}
	if q.lat == nil || q.lon == nil {
		return fmt.Errorf("couldn't read point: want both lat and lon")
	}
	got := Deg(*q.lat, *q.lon)
	if err := got.Valid(); err != nil {
		return fmt.Errorf("couldn't read point: %w", err)
	}
	*p = got
	return nil
}

// vec gives p as a unit vector. Equal places give equal vectors, and the four
// meridians and the poles that have an exact form get it.
func (p Point) vec() r3.Vector {
	p = p.Canonical()
	slat, clat := sincosE7(p.LatE7)
	slon, clon := sincosE7(p.LonE7)
	return r3.Vector{X: clat * clon, Y: clat * slon, Z: slat}
}

func sincosE7(x int32) (sin, cos float64) {
	switch x {
	case 0:
		return 0, 1
	case 90 * 1e7:
		return 1, 0
	case -90 * 1e7:
		return -1, 0
	case 180 * 1e7, -180 * 1e7:
		return 0, -1
	}
	return math.Sincos(float64(x) / e7 * math.Pi / 180)
}

// pointOf gives the grid point nearest to the direction v.
func pointOf(v r3.Vector) Point {
	lat := math.Atan2(v.Z, math.Hypot(v.X, v.Y)) * 180 / math.Pi
	lon := math.Atan2(v.Y, v.X) * 180 / math.Pi
	return Deg(lat, lon)
}

// DistanceM gives the great-circle distance from a to b in metres.
func DistanceM(a, b Point) float64 { return angle(a.vec(), b.vec()) * EarthRadiusM }

// BearingDeg gives the direction in which the great circle leaves a for b, in
// degrees true, [0, 360). From a pole it is measured from the meridian of 0°;
// between equal or antipodal points it is 0.
func BearingDeg(a, b Point) float64 {
	n, e := frame(a)
	d := b.vec().Sub(a.vec())
	x, y := d.Dot(n), d.Dot(e)
	if a.Canonical() == b.Canonical() || math.Hypot(x, y) < 1e-15 {
		return 0
	}
	deg := math.Atan2(y, x) * 180 / math.Pi
	if deg < 0 {
		deg += 360
	}
	if deg >= 360 {
		deg = 0
	}
	return deg
}

// Destination gives the point distM metres from p along the great circle that
// leaves it at bearingDeg (degrees true). A bearing or distance that is not a
// finite number gives p.
func Destination(p Point, bearingDeg, distM float64) Point {
	if !finite(bearingDeg) || !finite(distM) || distM == 0 {
		return p
	}
	t := heading(p, bearingDeg)
	s, c := math.Sincos(math.Mod(distM/EarthRadiusM, 2*math.Pi))
	return pointOf(p.vec().Mul(c).Add(t.Mul(s)))
}

// frame gives the unit tangents to north and east at p.
func frame(p Point) (north, east r3.Vector) {
	p = p.Canonical()
	slat, clat := sincosE7(p.LatE7)
	slon, clon := sincosE7(p.LonE7)
	return r3.Vector{X: -slat * clon, Y: -slat * slon, Z: clat}, r3.Vector{X: -slon, Y: clon}
}

// heading gives the unit tangent at p towards bearingDeg.
func heading(p Point, bearingDeg float64) r3.Vector {
	n, e := frame(p)
	s, c := math.Sincos(math.Mod(bearingDeg, 360) * math.Pi / 180)
	return n.Mul(c).Add(e.Mul(s))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
