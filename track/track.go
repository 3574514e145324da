// Package track is a moving thing, made from its reports: where it was last
// seen, how old that is, where it will be by dead reckoning and how wrong that
// may be, where it fell silent, and where its reports cannot all be true.
//
// Reports come late, twice, out of order and wrong. Three rules hold. The
// newest instant wins: an older report becomes history and never moves the
// track back. Nothing is dropped for looking wrong: an impossible jump is
// flagged and kept, because which of two reports is the false one is not ours
// to say. And the order of arrival does not matter: the same reports, as far as
// they fit into the history, make the same track.
//
// A track that is late or lost is still there. Nothing here lowers an alert;
// State says how much to trust the place, and At how far off it may be.
//
// Only things of one's own, on the protected roster, or of civil traffic are
// predicted (Standing.Predictable). All others are shown where they reported.
package track

import (
	"fmt"
	"math"
	"slices"
	"time"

	"parley/utc"
	"parley/volume"
)

// Standing is what a track is to us. The zero value is Other, so that a
// forgotten field predicts nothing.
type Standing uint8

// The standings.
const (
	Other     Standing = iota // anything else: drawn where it reports, never predicted, never exported
	Own                       // of our own party
	Protected                 // on the protected roster: medical, relief, a named movement
	Civil                     // civil traffic, to keep clear of
)

var standings = [...]string{"other", "own", "protected", "civil"}

// Predictable reports whether prediction, closest approach and alerts exist for
// such a track.
func (s Standing) Predictable() bool { return s == Own || s == Protected || s == Civil }

// String gives "own", "protected", "civil" or "other".
func (s Standing) String() string {
	if int(s) < len(standings) {
		return standings[s]
	}
	return fmt.Sprintf("standing(%d)", uint8(s))
}

// MarshalText writes s as String does; an unknown standing is an error.
func (s Standing) MarshalText() ([]byte, error) {
	if int(s) >= len(standings) {
		return nil, fmt.Errorf("couldn't write standing %d: unknown", uint8(s))
	}
	return []byte(standings[s]), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (s *Standing) UnmarshalText(b []byte) error {
	for i, name := range standings {
		if name == string(b) {
			*s = Standing(i)
			return nil
		}
	}
	return fmt.Errorf("couldn't read standing %.20q: want own, protected, civil or other", b)
}

// State is how much the newest report can be trusted to say where a thing is.
type State uint8

// The states.
const (
	Lost  State = iota // older than LostAfter, or never seen
	Late               // older than LateAfter
	Fresh              // newer than that
)

// String gives "fresh", "late" or "lost".
func (s State) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Late:
		return "late"
	}
	return "lost"
}

// MarshalText writes s as String does.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LateAfter and LostAfter are the ages at which a track becomes late and lost:
// later than one turn of a long-range radar (10 to 12 s) with some transport,
// and five turns. Exactly at the age it is still the better state.
const (
	LateAfter = 15 * time.Second
	LostAfter = 60 * time.Second
)

// MaxHistory is how many reports a track keeps. The oldest fall out.
const MaxHistory = 64

// Added is what became of a report.
type Added uint8

// What may become of a report.
const (
	Refused   Added = iota // invalid, or of another thing
	Moved                  // the newest now: the track is here
	History                // older than the newest: kept, the track stays
	Duplicate              // known already
	TooOld                 // older than a full history
)

// String gives the word in lower case.
func (a Added) String() string {
	return [...]string{"refused", "moved", "history", "duplicate", "too old"}[min(int(a), 4)]
}

// Track is one moving thing. It is a plain value to be owned by one goroutine;
// Clone gives one to hand out. The zero value takes its ID from the first
// report.
type Track struct {
	ID       string
	Standing Standing
	reports  []Report // ordered by compare, at most MaxHistory
}

// New gives an empty track.
func New(id string, s Standing) *Track { return &Track{ID: id, Standing: s} }

// Add takes a report in and says what became of it. An error, always with
// Refused, means that the track is unchanged.
func (t *Track) Add(r Report) (Added, error) {
	if err := r.Validate(); err != nil {
		return Refused, fmt.Errorf("couldn't take report: %w", err)
	}
	if t.ID == "" {
		t.ID = r.ID
	}
	if r.ID != t.ID {
		return Refused, fmt.Errorf("couldn't take report: id %q is not this track's %q", r.ID, t.ID)
	}
	i, known := slices.BinarySearchFunc(t.reports, r, compare)
	if known {
		return Duplicate, nil
	}
	if len(t.reports) == MaxHistory {
		if i == 0 {
			return TooOld, nil
		}
		copy(t.reports, t.reports[1:i])
		t.reports[i-1] = r
		i--
	} else {
		t.reports = slices.Insert(t.reports, i, r)
	}
	if i == len(t.reports)-1 {
		return Moved, nil
	}
	return History, nil
}

// Clone gives an independent copy.
func (t *Track) Clone() *Track {
	return &Track{ID: t.ID, Standing: t.Standing, reports: slices.Clone(t.reports)}
}

// Latest gives the newest report, if there is one.
func (t *Track) Latest() (Report, bool) {
	if len(t.reports) == 0 {
		return Report{}, false
	}
	return t.reports[len(t.reports)-1], true
}

// Reports gives the history, oldest first, as a copy.
func (t *Track) Reports() []Report { return slices.Clone(t.reports) }

// Age gives how old the newest report is at now: 0 for one from the future, and
// the longest duration if there is none.
func (t *Track) Age(now utc.Time) time.Duration {
	r, ok := t.Latest()
	if !ok {
		return math.MaxInt64
	}
	return max(0, now.Sub(r.At))
}

// State gives fresh, late or lost at now; see LateAfter and LostAfter.
func (t *Track) State(now utc.Time) State {
	switch age := t.Age(now); {
	case age <= LateAfter:
		return Fresh
	case age <= LostAfter:
		return Late
	}
	return Lost
}

// Gap is a silence longer than LateAfter between two reports.
type Gap struct {
	From utc.Time `json:"from"`
	To   utc.Time `json:"to"`
}

// Gaps gives the silences in the history, oldest first. A report that arrives
// late closes or splits one. The silence since the newest report is State's.
func (t *Track) Gaps() []Gap {
	var out []Gap
	for i := 1; i < len(t.reports); i++ {
		if a, b := t.reports[i-1].At, t.reports[i].At; b.Sub(a) > LateAfter {
			out = append(out, Gap{a, b})
		}
	}
	return out
}

// PlausibleKt is the fastest that anything is believed to move over ground
// (about Mach 3), and JumpSlackM what is forgiven for errors of position and of
// time stamps. Beyond both, two reports in a row cannot both be true.
const (
	PlausibleKt = 2_000
	JumpSlackM  = 2_000
)

// Jump is two reports in a row that cannot both be true.
type Jump struct {
	From      Report  `json:"from"`
	To        Report  `json:"to"`
	DistanceM float64 `json:"distance_m"`
	SpeedKt   float64 `json:"speed_kt"` // needed to do it; 0 if both are of one instant
}

// Jumps gives the impossible jumps in the history, oldest first.
func (t *Track) Jumps() []Jump {
	var out []Jump
	for i := 1; i < len(t.reports); i++ {
		a, b := t.reports[i-1], t.reports[i]
		d, sec := volume.DistanceM(a.Pos.Point, b.Pos.Point), b.At.Sub(a.At).Seconds()
		if d <= JumpSlackM+PlausibleKt*knot*sec {
			continue
		}
		j := Jump{From: a, To: b, DistanceM: d}
		if sec > 0 {
			j.SpeedKt = d / sec / knot
		}
		out = append(out, j)
	}
	return out
}
