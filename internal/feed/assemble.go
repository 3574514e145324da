package feed

import (
	"errors"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
)

// Bounds of what is remembered between lines.
const (
	MaxAircraft = 20000            // at once; a spoofed sky must not fill the memory
	FreshFor    = 10 * time.Second // an altitude or velocity older than this is not joined to a position
	ForgetAfter = 5 * time.Minute  // what says nothing for so long is forgotten
)

// ErrFull says that a new aircraft was refused because MaxAircraft are held.
var ErrFull = errors.New("too many aircraft at once")

// Assembler joins the lines of each aircraft into reports. It has no clock: it
// goes by the times in the lines.
type Assembler struct {
	source  string
	heard   map[string]*aircraft
	newest  utc.Time // of all lines
	cleaned utc.Time // newest at the last cleaning
}

// aircraft is what one aircraft last said, each with its time.
type aircraft struct {
	heard      utc.Time
	callsign   string
	alt        int32
	altAt      utc.Time
	speed, trk float64
	speedAt    utc.Time
	climb      float64
	climbAt    utc.Time
}

// NewAssembler makes an empty one; its reports carry source.
func NewAssembler(source string) *Assembler {
	return &Assembler{source: source, heard: make(map[string]*aircraft)}
}

// Held is how many aircraft are remembered.
func (a *Assembler) Held() int { return len(a.heard) }

// Add takes one message. ok means that it brought a position and r is the
// report: the position with its own time, and with it the altitude and velocity
// if they were said at most FreshFor before or after. Lines may come out of
// order; an older altitude or velocity never replaces a newer one.
func (a *Assembler) Add(m Message) (r track.Report, ok bool, err error) {
	a.newest = max(a.newest, m.Generated)
	if a.newest.Sub(a.cleaned) > ForgetAfter/5 {
		a.clean()
	}
	h := a.heard[m.Hex]
	if h == nil {
		if len(a.heard) >= MaxAircraft {
			return r, false, ErrFull
		}
		h = new(aircraft)
		a.heard[m.Hex] = h
	}
	h.take(m)
	if !m.HasPoint {
		return r, false, nil
	}
	r = track.Report{ID: m.Hex, At: m.Generated, Callsign: h.callsign, Source: a.source}
	r.Pos.Point = m.Point
	switch {
	case m.HasAlt:
		r.Pos.HasAlt, r.Pos.Alt = true, volume.Altitude{Feet: m.AltFeet, Datum: volume.FL}
	case near(h.altAt, m.Generated):
		r.Pos.HasAlt, r.Pos.Alt = true, volume.Altitude{Feet: h.alt, Datum: volume.FL}
	}
	if near(h.speedAt, m.Generated) {
		r.HasVelocity, r.SpeedKt, r.TrackDeg = true, h.speed, h.trk
		if near(h.climbAt, m.Generated) {
			r.ClimbFPM = h.climb
		}
	}
	return r, true, r.Validate()
}

func (h *aircraft) take(m Message) {
	at := m.Generated
	h.heard = max(h.heard, at)
	if m.Callsign != "" {
		h.callsign = m.Callsign
	}
	if m.HasAlt && at >= h.altAt {
		h.alt, h.altAt = m.AltFeet, at
	}
	if m.HasSpeed && at >= h.speedAt {
		h.speed, h.trk, h.speedAt = m.SpeedKt, m.TrackDeg, at
	}
	if m.HasClimb && at >= h.climbAt {
		h.climb, h.climbAt = m.ClimbFPM, at
	}
}

// near reports whether what was said at t may be joined to a position at u.
func near(t, u utc.Time) bool {
	return t != 0 && u.Sub(t) <= FreshFor && t.Sub(u) <= FreshFor
}

func (a *Assembler) clean() {
	for hex, h := range a.heard {
		if a.newest.Sub(h.heard) > ForgetAfter {
			delete(a.heard, hex)
		}
	}
	a.cleaned = a.newest
}
