package volume

import (
	"fmt"
	"math"
	"time"

	"github.com/golang/geo/r3"
	"parley/utc"
)

// MaxHalfWidthM is the greatest tolerance to each side of a leg.
const MaxHalfWidthM = 200_000

// Leg is one straight piece of a planned route with its tolerance: something
// that moves at constant speed along the shortest path from From (at Depart) to
// To (at Arrive), within HalfWidthM metres of where it should be then, at any
// height in Band. From equal to To is a wait.
type Leg struct {
	From       Point    `cbor:"1,keyasint" json:"from"`
	To         Point    `cbor:"2,keyasint" json:"to"`
	Band       Band     `cbor:"3,keyasint" json:"band"`
	Depart     utc.Time `cbor:"4,keyasint" json:"depart"`
	Arrive     utc.Time `cbor:"5,keyasint" json:"arrive"`
	HalfWidthM uint32   `cbor:"6,keyasint" json:"half_width_m"`
}

// Validate tells the first thing wrong with l, naming its field.
func (l Leg) Validate() error {
	if err := l.From.Valid(); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if err := l.To.Valid(); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if err := l.Band.Validate(); err != nil {
		return fmt.Errorf("band: %w", err)
	}
	if angle(l.From.vec(), l.To.vec()) > math.Pi-1e-6 {
		return fmt.Errorf("to: antipodal to from: there is no one shortest path; add a point between")
	}
	switch {
	case !l.Depart.Valid():
		return fmt.Errorf("depart is missing or outside 1970 to 2199")
	case !l.Arrive.Valid():
		return fmt.Errorf("arrive is missing or outside 1970 to 2199")
	case l.Arrive <= l.Depart:
		return fmt.Errorf("arrive %s is not after depart %s", l.Arrive, l.Depart)
	case l.Arrive-l.Depart > utc.Time(MaxWindow.Milliseconds()):
		return fmt.Errorf("arrive is more than 366 days after depart")
	case l.HalfWidthM > MaxHalfWidthM:
		return fmt.Errorf("half_width_m %d is more than %d", l.HalfWidthM, MaxHalfWidthM)
	}
	return nil
}

// along gives where the middle of the leg is at the instant t (milliseconds).
func (l Leg) along(t float64) r3.Vector {
	a, b := l.From.vec(), l.To.vec()
	f := (t - float64(l.Depart)) / float64(l.Arrive-l.Depart)
	return along(a, b, angle(a, b)*math.Max(0, math.Min(1, f)))
}

// timeSpan is a piece of time in milliseconds, both ends included.
type timeSpan struct{ from, to float64 }

// near gives the pieces of time in which the middle of the leg is within w
// (radians) of the shape.
func (l Leg) near(s shape, w float64) []timeSpan {
	a, b := l.From.vec(), l.To.vec()
	total := angle(a, b)
	dur := float64(l.Arrive - l.Depart)
	if total == 0 {
		if d, _ := s.distance(a); d <= w+touch {
			return []timeSpan{{float64(l.Depart), float64(l.Arrive)}}
		}
		return nil
	}
	return timed(s, a, cross(a, b).Normalize().Cross(a), total, w, float64(l.Depart), dur/total)
}

// timed walks a great circle from a along the tangent t for the angle total in
// quarter turns, and gives the pieces of time within w of the shape, at
// msPerRad from start on.
func timed(s shape, a, t r3.Vector, total, w, start, msPerRad float64) []timeSpan {
	var out []timeSpan
	for done := 0.0; done < total; {
		c := arc{a, t, math.Min(total-done, math.Pi/2)}
		for _, p := range s.within(c, w) {
			from, to := start+(done+p.from)*msPerRad, start+(done+p.to)*msPerRad
			if n := len(out); n > 0 && from-out[n-1].to < 1e-3 {
				out[n-1].to = to
				continue
			}
			out = append(out, timeSpan{from, to})
		}
		sin, cos := math.Sincos(c.len)
		a, t = a.Mul(cos).Add(t.Mul(sin)).Normalize(), t.Mul(cos).Sub(a.Mul(sin)).Normalize()
		done += c.len
	}
	return out
}

// MeetLeg tells when the corridor of a leg is in v: From is the first instant
// at which some place within HalfWidthM of the middle of the leg is in v, To
// the end of the last (there may be a gap between, where the corridor leaves a
// hollow area and comes back). Both are rounded outwards to milliseconds and
// cut to the window. SeparationM is how near the middle of the leg itself comes
// to the area in that time, and At is the point of the area where that is.
func MeetLeg(v Volume, l Leg) (Meeting, bool) {
	if l.Arrive <= l.Depart {
		return Meeting{}, false
	}
	band, differ, ok := v.Band.meet(l.Band)
	if !ok {
		return Meeting{}, false
	}
	s := v.Area.shape()
	m := Meeting{Lower: band.Lower, Upper: band.Upper, Unlimited: band.Unlimited, DatumsDiffer: differ, SeparationM: math.Inf(1)}
	for _, t := range l.near(s, float64(l.HalfWidthM)/EarthRadiusM) {
		from, to := max(utc.Time(math.Floor(t.from)), v.Window.From), min(utc.Time(math.Ceil(t.to)), v.Window.To)
		if t.to < float64(v.Window.From) || t.from >= float64(v.Window.To) {
			continue
		}
		if to <= from {
			to = from + 1
		}
		if m.To == 0 {
			m.From = from
		}
		m.To = to
		if sep, at := l.nearest(s, float64(from), float64(to)); sep*EarthRadiusM < m.SeparationM {
			m.SeparationM, m.At = sep*EarthRadiusM, pointOf(at)
		}
	}
	return m, m.To != 0
}

// nearest gives how near the middle of the leg comes to the shape between two
// instants, and the point of the shape where that is: half way through the time
// inside, if it comes inside.
func (l Leg) nearest(s shape, from, to float64) (float64, r3.Vector) {
	from, to = math.Max(from, float64(l.Depart)), math.Min(to, float64(l.Arrive))
	best, at := math.Inf(1), s.mid
	look := func(t float64) {
		if d, foot := s.distance(l.along(t)); d < best {
			best, at = d, foot
		}
	}
	for _, in := range l.near(s, 0) {
		if in.to >= from && in.from <= to {
			look((math.Max(in.from, from) + math.Min(in.to, to)) / 2)
		}
	}
	look(from)
	look(to)
	a, b := l.From.vec(), l.To.vec()
	total := angle(a, b)
	if total == 0 {
		return best, at
	}
	t := cross(a, b).Normalize().Cross(a)
	dur := float64(l.Arrive - l.Depart)
	for done := 0.0; done < total; done += math.Pi / 2 {
		sin, cos := math.Sincos(done)
		c := arc{a.Mul(cos).Add(t.Mul(sin)), t.Mul(cos).Sub(a.Mul(sin)), math.Min(total-done, math.Pi/2)}
		for _, x := range s.cuts(c, 0) {
			if when := float64(l.Depart) + (done+x)/total*dur; when >= from && when <= to {
				look(when)
			}
		}
	}
	return best, at
}

// The bounds of what Entry predicts.
const (
	MaxSpeedKt   = 20_000
	MaxLookAhead = 24 * time.Hour
)

const knot = 1852.0 / 3600 // metres a second

// Entry is when something will be in a volume.
type Entry struct {
	At     utc.Time `json:"at"`              // first instant inside; the instant asked about if Inside
	Inside bool     `json:"inside"`          // it is inside at the instant asked about
	Leave  utc.Time `json:"leave,omitempty"` // end of that stay; zero if it outlasts the look-ahead
}

// Entry predicts when p, seen at the instant at, will first be in v within
// lookAhead, if it goes on along the great circle of trackDeg (degrees true) at
// groundSpeedKt knots and climbs verticalFPM feet a minute. It counts the
// window too: whatever is in the area when the window opens enters then, and
// leaves when it ends.
//
// It is conservative: touching is entering, an altitude that is unknown or has
// another datum is treated as Contains treats it, and instants are rounded
// outwards to milliseconds. The crossings are computed in closed form, not
// stepped, so a path that only grazes is found: whatever comes within TouchM of
// the area. A velocity that is not a finite number counts as none; speed is cut
// to MaxSpeedKt and lookAhead to MaxLookAhead.
func (v Volume) Entry(p Position, at utc.Time, trackDeg, groundSpeedKt, verticalFPM float64, lookAhead time.Duration) (Entry, bool) {
	if !finite(trackDeg) || !finite(groundSpeedKt) {
		trackDeg, groundSpeedKt = 0, 0
	}
	if !finite(verticalFPM) {
		verticalFPM = 0
	}
	if groundSpeedKt < 0 {
		trackDeg, groundSpeedKt = trackDeg+180, -groundSpeedKt
	}
	groundSpeedKt = math.Min(groundSpeedKt, MaxSpeedKt)
	lookAhead = max(0, min(lookAhead, MaxLookAhead))
	lo, hi := float64(at), float64(at.Add(lookAhead))
	end := hi

	lo, hi = math.Max(lo, float64(v.Window.From)), math.Min(hi, float64(v.Window.To))
	if p.HasAlt {
		l, h := v.Band.crossed(p.Alt, verticalFPM)
		lo, hi = math.Max(lo, float64(at)+l), math.Min(hi, float64(at)+h)
	}
	if lo > hi || lo >= float64(v.Window.To) {
		return Entry{}, false
	}
	for _, t := range v.Area.stays(p.Point, trackDeg, groundSpeedKt, float64(at), end) {
		from, to := math.Max(t.from, lo), math.Min(t.to, hi)
		if from > to || from >= float64(v.Window.To) {
			continue
		}
		e := Entry{At: max(utc.Time(math.Floor(from)), at, v.Window.From)}
		e.Inside = v.Contains(p, at)
		if to < end || to == float64(v.Window.To) {
			e.Leave = min(max(utc.Time(math.Ceil(to)), e.At+1), v.Window.To)
		}
		return e, true
	}
	return Entry{}, false
}

// crossed gives the time, in milliseconds from now, during which something at
// alt that climbs fpm is in the band.
func (b Band) crossed(alt Altitude, fpm float64) (from, to float64) {
	lo, hi := b.limits(alt.Datum)
	now := float64(alt.Feet)
	if fpm == 0 {
		if now < lo || now > hi {
			return math.Inf(1), math.Inf(-1)
		}
		return math.Inf(-1), math.Inf(1)
	}
	from, to = (lo-now)/fpm*60_000, (hi-now)/fpm*60_000
	if from > to {
		from, to = to, from
	}
	return from, to
}

// stays gives the pieces of time between now and end (milliseconds) in which
// something that moves from p is in the area.
func (a Area) stays(p Point, trackDeg, speedKt, now, end float64) []timeSpan {
	s := a.shape()
	perMs := speedKt * knot / EarthRadiusM / 1000
	if total := perMs * (end - now); total > 0 {
		return timed(s, p.vec(), heading(p, trackDeg), total, 0, now, 1/perMs)
	}
	if d, _ := s.distance(p.vec()); d == 0 {
		return []timeSpan{{now, end}}
	}
	return nil
}
