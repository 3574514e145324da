package track

import (
	"math"
	"slices"

	"parley/utc"
	"parley/volume"
)

const knot = 1852.0 / 3600 // metres a second

// What the uncertainty of a place is made of.
const (
	BaseM      = 50.0  // of the report itself, metres
	TurnMS2    = 6.0   // metres a second squared: an ordinary turn (30° of bank) and a little more
	SpeedError = 0.05  // of the way that was reckoned
	UnknownMS  = 350.0 // metres a second assumed where no velocity is reported: about the speed of sound
	HalfGlobeM = math.Pi * volume.EarthRadiusM
)

// At gives where the thing was or will be at the instant t, and how far off
// that may be in metres (a bound for ordinary flying, not a statistic).
//
//   - After the newest report: dead reckoning from it along the great circle of
//     its track, at its speed and climb. The uncertainty is BaseM, plus
//     SpeedError of the way, plus what a turn begun at once makes (½·TurnMS2·t²,
//     at most twice the way).
//   - After it, without velocity or if the standing is not Predictable: where it
//     was reported, with UnknownMS (or its own speed) of uncertainty a second.
//   - Between two reports: on the great circle between them at constant speed;
//     the uncertainty is BaseM plus what it could stray and be back in time.
//     For a standing that is not Predictable: the earlier of the two.
//   - Before the first: where that was, with the uncertainty as for no velocity.
//   - With no report at all: the zero position, and infinite uncertainty.
func (t *Track) At(at utc.Time) (volume.Position, float64) {
	last, ok := t.Latest()
	if !ok {
		return volume.Position{}, math.Inf(1)
	}
	if at >= last.At {
		return t.reckon(last, at.Sub(last.At).Seconds())
	}
	i, _ := slices.BinarySearchFunc(t.reports, at, func(r Report, at utc.Time) int {
		if r.At <= at {
			return -1
		}
		return 1
	})
	if i == 0 {
		first := t.reports[0]
		return first.Pos, drift(first, first.At.Sub(at).Seconds())
	}
	a, b := t.reports[i-1], t.reports[i]
	if !t.Standing.Predictable() {
		return a.Pos, drift(a, at.Sub(a.At).Seconds())
	}
	return mix(a, b, at)
}

// drift is the uncertainty sec seconds away from a report if nothing is
// reckoned.
func drift(r Report, sec float64) float64 {
	v := UnknownMS
	if r.HasVelocity {
		v = r.SpeedKt * knot * (1 + SpeedError)
		return math.Min(HalfGlobeM, BaseM+v*sec+TurnMS2*sec*sec/2)
	}
	return math.Min(HalfGlobeM, BaseM+v*sec)
}

// reckon gives the place sec seconds after r.
func (t *Track) reckon(r Report, sec float64) (volume.Position, float64) {
	if !r.HasVelocity || !t.Standing.Predictable() {
		return r.Pos, drift(r, sec)
	}
	way := r.SpeedKt * knot * sec
	p := volume.Position{Point: volume.Destination(r.Pos.Point, r.TrackDeg, way)}
	if r.Pos.HasAlt {
		feet := float64(r.Pos.Alt.Feet) + r.ClimbFPM*sec/60
		feet = math.Max(volume.MinFeet, math.Min(volume.MaxFeet, feet))
		p.HasAlt, p.Alt = true, volume.Altitude{Feet: int32(math.Round(feet)), Datum: r.Pos.Alt.Datum}
	}
	turn := math.Min(TurnMS2*sec*sec/2, 2*way)
	return p, math.Min(HalfGlobeM, BaseM+SpeedError*way+turn)
}

// mix gives the place between two reports.
func mix(a, b Report, at utc.Time) (volume.Position, float64) {
	since, till := at.Sub(a.At).Seconds(), b.At.Sub(at).Seconds()
	f := since / (since + till)
	d := volume.DistanceM(a.Pos.Point, b.Pos.Point)
	p := volume.Position{Point: a.Pos.Point}
	if d > 0 {
		p.Point = volume.Destination(a.Pos.Point, volume.BearingDeg(a.Pos.Point, b.Pos.Point), d*f)
	}
	if a.Pos.HasAlt && b.Pos.HasAlt && a.Pos.Alt.Datum == b.Pos.Alt.Datum {
		feet := float64(a.Pos.Alt.Feet)*(1-f) + float64(b.Pos.Alt.Feet)*f
		p.HasAlt, p.Alt = true, volume.Altitude{Feet: int32(math.Round(feet)), Datum: a.Pos.Alt.Datum}
	}
	near := math.Min(since, till)
	return p, math.Min(HalfGlobeM, BaseM+math.Min(TurnMS2*near*near/2, UnknownMS*near))
}
