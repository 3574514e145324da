// Package volume is where and when something is dangerous: a piece of the
// sphere, a band of heights and a window of time, and the questions that keep
// people apart: do two of them meet, is this aircraft inside, when will it be.
//
// Everything is decided on one sphere (EarthRadiusM) with shortest paths as
// edges, in exact grid coordinates (Point), so that two parties who hold the
// same volume always get the same answer, at 180° and at the poles as
// elsewhere. Four rules run through all of it:
//
//   - Ties meet. A boundary belongs to what it bounds: a vertex on an edge, two
//     circles that touch, FL300 against FL300. Within TouchM is a tie.
//   - Time is half-open. A window [From, To) has its first instant and not its
//     last, so a window can be cut in two without a gap or an overlap, and
//     windows that only abut do not meet.
//   - Unknown is inside. A position without altitude is in every band, and
//     altitudes of different datums are compared as wide as they may be apart
//     (DatumMarginFt).
//   - Nothing is guessed. Validate says what is wrong by field; the functions
//     that calculate take what Validate accepts, and with anything else give a
//     useless but bounded answer and never panic.
//
// What a volume means, with examples, is in docs/spec/volume.md.
package volume

import (
	"fmt"
	"time"

	"parley/utc"
)

// MaxWindow is the longest window.
const MaxWindow = 366 * 24 * time.Hour

// Window is the time from From to before To: [From, To). Both ends are given;
// there is no "until further notice".
type Window struct {
	From utc.Time `cbor:"1,keyasint" json:"from"`
	To   utc.Time `cbor:"2,keyasint" json:"to"`
}

// Contains reports whether From <= at < To.
func (w Window) Contains(at utc.Time) bool { return w.From <= at && at < w.To }

// Validate refuses a missing, inverted, empty or overlong window.
func (w Window) Validate() error {
	switch {
	case !w.From.Valid():
		return fmt.Errorf("from is missing or outside 1970 to 2199")
	case w.To.IsZero():
		return fmt.Errorf("to is missing: give an end; it can be extended by a later notice")
	case !w.To.Valid():
		return fmt.Errorf("to is outside 1970 to 2199")
	case w.To <= w.From:
		return fmt.Errorf("to %s is not after from %s", w.To, w.From)
	case w.To-w.From > utc.Time(MaxWindow.Milliseconds()):
		return fmt.Errorf("to %s is more than 366 days after from %s", w.To, w.From)
	}
	return nil
}

func (w Window) meet(x Window) (Window, bool) {
	c := Window{max(w.From, x.From), min(w.To, x.To)}
	return c, c.From < c.To
}

// Volume is an area, a band of altitude and a window of time.
type Volume struct {
	Area   Area   `cbor:"1,keyasint" json:"area"`
	Band   Band   `cbor:"2,keyasint" json:"band"`
	Window Window `cbor:"3,keyasint" json:"window"`
}

// Validate tells the first thing wrong with v, naming its field.
func (v Volume) Validate() error {
	if err := v.Area.Validate(); err != nil {
		return fmt.Errorf("area: %w", err)
	}
	if err := v.Band.Validate(); err != nil {
		return fmt.Errorf("band: %w", err)
	}
	if err := v.Window.Validate(); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	return nil
}

// Position is where something is. Without HasAlt its altitude is unknown.
type Position struct {
	Point  Point    `json:"point"`
	Alt    Altitude `json:"alt,omitzero"`
	HasAlt bool     `json:"has_alt,omitempty"`
}

// Contains reports whether p is, or may be, in v at the instant at. Ties are
// inside, an unknown altitude is inside, another datum is widened.
func (v Volume) Contains(p Position, at utc.Time) bool {
	return v.Window.Contains(at) && (!p.HasAlt || v.Band.Contains(p.Alt)) && v.Area.ContainsPoint(p.Point)
}
