package track

import (
	"cmp"
	"fmt"
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/utc"
	"parley/volume"
)

// The bounds of a report. Text is counted in bytes.
const (
	MaxID       = 64
	MaxCallsign = 16
	MaxSource   = 64
	MaxSpeedKt  = 5_000
	MaxClimbFPM = 60_000
)

// MaxAhead is how far ahead of the receiver's clock a report may be before it
// is not to be believed. A track has no clock: whoever feeds it asks Ahead.
const MaxAhead = 5 * time.Second

// Report is one sighting of a moving thing, as a feed or a radio message gives
// it.
type Report struct {
	ID          string          `json:"id"` // one thing keeps one ID: an ICAO address in hex, a hull number, a convoy's name
	At          utc.Time        `json:"at"` // when it was there, not when it was heard
	Pos         volume.Position `json:"pos"`
	TrackDeg    float64         `json:"track_deg"`    // over ground, degrees true, [0, 360)
	SpeedKt     float64         `json:"speed_kt"`     // over ground, knots, 0 to MaxSpeedKt
	ClimbFPM    float64         `json:"climb_fpm"`    // feet a minute, down is negative
	HasVelocity bool            `json:"has_velocity"` // the three above are given
	Callsign    string          `json:"callsign,omitempty"`
	Source      string          `json:"source,omitempty"`
	Synthetic   bool            `json:"synthetic,omitempty"` // made for an exercise or a replay, never seen by a sensor
}

// Validate tells the first thing wrong with r, naming its field. A velocity
// that is not given has to be zero, so that nobody can take it for a hover.
func (r Report) Validate() error {
	if r.ID == "" {
		return fmt.Errorf("id is missing")
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"id", r.ID, MaxID}, {"callsign", r.Callsign, MaxCallsign}, {"source", r.Source, MaxSource}} {
		if len(f.text) > f.most {
			return fmt.Errorf("%s is %d bytes, at most %d", f.name, len(f.text), f.most)
		}
		if !printable(f.text) {
			return fmt.Errorf("%s has a character that cannot be shown", f.name)
		}
	}
	if !r.At.Valid() {
		return fmt.Errorf("at is missing or outside 1970 to 2199")
	}
	if err := r.Pos.Point.Valid(); err != nil {
		return fmt.Errorf("pos.point: %w", err)
	}
	if r.Pos.HasAlt {
		if err := r.Pos.Alt.Valid(); err != nil {
			return fmt.Errorf("pos.alt: %w", err)
		}
	} else if r.Pos.Alt != (volume.Altitude{}) {
		return fmt.Errorf("pos.alt is given but has_alt is false")
	}
	if !r.HasVelocity {
		if r.TrackDeg != 0 || r.SpeedKt != 0 || r.ClimbFPM != 0 {
			return fmt.Errorf("track_deg, speed_kt or climb_fpm is given but has_velocity is false")
		}
		return nil
	}
	switch {
	case !(r.TrackDeg >= 0 && r.TrackDeg < 360):
		return fmt.Errorf("track_deg %v is outside 0 to below 360", r.TrackDeg)
	case !(r.SpeedKt >= 0 && r.SpeedKt <= MaxSpeedKt):
		return fmt.Errorf("speed_kt %v is outside 0 to %d", r.SpeedKt, MaxSpeedKt)
	case !(math.Abs(r.ClimbFPM) <= MaxClimbFPM):
		return fmt.Errorf("climb_fpm %v is outside %d to %d", r.ClimbFPM, -MaxClimbFPM, MaxClimbFPM)
	}
	return nil
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// Ahead reports whether r is so far in the receiver's future that its clock, or
// the receiver's, is wrong. Such a report must not enter a track: all true ones
// would then be older than it.
func (r Report) Ahead(now utc.Time) bool { return r.At.Sub(now) > MaxAhead }

// compare orders reports by time; those of one instant by content, so that the
// order of arrival never matters.
func compare(a, b Report) int {
	return cmp.Or(
		cmp.Compare(a.At, b.At),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Pos.Point.LatE7, b.Pos.Point.LatE7),
		cmp.Compare(a.Pos.Point.LonE7, b.Pos.Point.LonE7),
		cmpBool(a.Pos.HasAlt, b.Pos.HasAlt),
		cmp.Compare(a.Pos.Alt.Datum, b.Pos.Alt.Datum),
		cmp.Compare(a.Pos.Alt.Feet, b.Pos.Alt.Feet),
		cmpBool(a.HasVelocity, b.HasVelocity),
		cmp.Compare(a.TrackDeg, b.TrackDeg),
		cmp.Compare(a.SpeedKt, b.SpeedKt),
		cmp.Compare(a.ClimbFPM, b.ClimbFPM),
		cmp.Compare(a.Callsign, b.Callsign),
		cmpBool(a.Synthetic, b.Synthetic),
	)
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
