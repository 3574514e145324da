package scenario

import (
	"math"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
)

// standing gives the standing of that name.
func standing(name string) (track.Standing, bool) {
	for _, s := range []track.Standing{track.Own, track.Protected, track.Civil, track.Other} {
		if s.String() == name {
			return s, true
		}
	}
	return track.Other, false
}

// TrackStanding gives what the track is to the party whose feed carries it.
func (t Track) TrackStanding() track.Standing {
	s, _ := standing(t.Standing)
	return s
}

// Covers reports whether the track has a position at the instant.
func (t Track) Covers(at utc.Time) bool {
	return len(t.Points) > 0 && t.Points[0].At <= at && at <= t.Points[len(t.Points)-1].At
}

const (
	metresPerKnot = 1852.0 / 3600
	feetPerMinute = 60.0
)

// Report gives the report of the track at an instant that it covers: on the
// shortest path between the two points round it, at even speed. It is marked
// synthetic, always: even a published point was not heard by this feed.
func (t Track) Report(at utc.Time) (track.Report, bool) {
	if !t.Covers(at) {
		return track.Report{}, false
	}
	i := 0
	for i+2 < len(t.Points) && t.Points[i+1].At <= at {
		i++
	}
	a := t.Points[i]
	r := track.Report{ID: t.ID, At: at, Callsign: t.Callsign, Source: "scenario", Synthetic: true}
	from, _ := a.Pos.point()
	if len(t.Points) == 1 {
		r.Pos = position(from, a.Altitude)
		return r, true
	}
	b := t.Points[i+1]
	to, _ := b.Pos.point()
	span := b.At.Sub(a.At).Seconds()
	f := at.Sub(a.At).Seconds() / span
	dist := volume.DistanceM(from, to)
	here := volume.Destination(from, volume.BearingDeg(from, to), dist*f)
	r.Pos = position(here, a.Altitude)
	r.HasVelocity = true
	r.SpeedKt = dist / span / metresPerKnot
	if dist > 0 {
		if r.TrackDeg = volume.BearingDeg(here, to); f >= 1 {
			r.TrackDeg = math.Mod(volume.BearingDeg(to, from)+180, 360)
		}
	}
	lo, errLo := volume.ParseAltitude(a.Altitude)
	hi, errHi := volume.ParseAltitude(b.Altitude)
	if errLo == nil && errHi == nil && lo.Datum == hi.Datum {
		r.Pos.Alt.Feet = lo.Feet + int32(math.Round(float64(hi.Feet-lo.Feet)*f))
		r.ClimbFPM = math.Round(float64(hi.Feet-lo.Feet) / span * feetPerMinute)
	}
	return r, true
}

func position(p volume.Point, altitude string) volume.Position {
	alt, err := volume.ParseAltitude(altitude)
	if err != nil {
		return volume.Position{Point: p}
	}
	return volume.Position{Point: p, Alt: alt, HasAlt: true}
}

// Reports gives the reports of all tracks of one party at an instant, and
// NextReport when the next are due: every interval from each track's first point
// to its last.
func (s *Scenario) Reports(p string, at utc.Time) []track.Report {
	var out []track.Report
	for _, t := range s.Tracks {
		if string(t.Party) == p {
			if r, ok := t.Report(at); ok {
				out = append(out, r)
			}
		}
	}
	return out
}

// Grid gives the first multiple of every, counted from the scenario's start,
// that is after at.
func (s *Scenario) Grid(at utc.Time, every time.Duration) utc.Time {
	n := at.Sub(s.Starts)/every + 1
	return s.Starts.Add(n * every)
}
