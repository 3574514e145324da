// Package scenario is an evening as a file: who says what and when, where
// things moved, what is disputed, and where each of it comes from.
//
// The file is plain TOML that a historian can read and correct. It has three
// kinds of content, and keeps them apart:
//
//   - What is claimed. Each disputed fact stands with at least two claims, each
//     with who claims it and the source. Nothing here or in the report chooses.
//   - What is assumed or synthetic. Every item that nobody published is named
//     with why it is there.
//   - Runs. A run is a list of steps by officers: at a fixed time, or in answer
//     to something that the officer's own node shows ("when"). Alerts are not in
//     the vocabulary: what a node raises, it raises by itself, and a step that
//     waits for an alert never happens if none comes.
//
// Parse reads a file strictly (an unknown key is an error with its line) and
// bounded. Play says, given what each seat sees, which step is due; whoever runs
// it moves the clocks and speaks to the nodes. Judge says what came of a run,
// from the record alone.
package scenario

import (
	_ "embed"
	"fmt"
	"time"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

//go:embed il20.toml
var il20 []byte

// IL20 gives the bytes of the built-in scenario: 17 September 2018 off Latakia.
// The caller must not change them.
func IL20() []byte { return il20 }

// Scenario is one evening.
type Scenario struct {
	Title    string     `toml:"title"`
	Summary  string     `toml:"summary"`
	Caution  string     `toml:"caution"` // what the runs do not claim
	Starts   utc.Time   `toml:"starts"`
	Shows    utc.Time   `toml:"shows"` // up to here a run before a person is wound forward
	Ends     utc.Time   `toml:"ends"`
	Moment   Moment     `toml:"moment"`
	Map      Map        `toml:"map"`
	Sources  []Source   `toml:"source"`
	Assumed  []Assumed  `toml:"assumed"`
	Parties  []Party    `toml:"party"`
	Lines    []Line     `toml:"line"`
	Disputed []Disputed `toml:"disputed"`
	Places   []Place    `toml:"place"`
	Tracks   []Track    `toml:"track"`
	Runs     []Run      `toml:"run"`
}

// Moment is what lead times are counted to.
type Moment struct {
	Name  string   `toml:"name" json:"name"`
	Short string   `toml:"short" json:"short"` // for a label in a drawing
	At    utc.Time `toml:"at" json:"at"`
}

// Map is the part of the world that the report draws, in degrees, and a wider
// one drawn small in its corner.
type Map struct {
	South float64 `toml:"south"`
	West  float64 `toml:"west"`
	North float64 `toml:"north"`
	East  float64 `toml:"east"`
	Wide  Box     `toml:"wide"`
}

// Box is a part of the world in degrees.
type Box struct {
	South float64 `toml:"south"`
	West  float64 `toml:"west"`
	North float64 `toml:"north"`
	East  float64 `toml:"east"`
}

// Source is where a fact or claim comes from.
type Source struct {
	ID   string `toml:"id"`
	Text string `toml:"text"`
}

// Assumed is something that nobody published and the scenario needs.
type Assumed struct {
	Item string `toml:"item"`
	Kind string `toml:"kind"` // "assumed": could have been otherwise; "synthetic": made up to fill a gap; "computed": from published figures
	Text string `toml:"text"`
}

// Party is a side with its node and officers.
type Party struct {
	ID       party.ID  `toml:"id"`
	Name     string    `toml:"name"`
	Officers []Officer `toml:"officer"`
}

// Officer is a person in the replay; the names are invented.
type Officer struct {
	ID    string       `toml:"id"`
	Name  string       `toml:"name"`
	Roles []party.Role `toml:"roles"`
}

// Line is a line between parties. Lines of a scenario are exercise lines.
type Line struct {
	Name    string     `toml:"name"`
	Parties []party.ID `toml:"parties"`
	Purpose string     `toml:"purpose"`
}

// Disputed is a fact on which the claims differ.
type Disputed struct {
	Fact   string  `toml:"fact" json:"fact"`
	Why    string  `toml:"why" json:"why,omitempty"` // why it matters to the replay
	Claims []Claim `toml:"claim" json:"claims"`
}

// Claim is one side's word on it.
type Claim struct {
	By     string   `toml:"by" json:"by"`
	Says   string   `toml:"says" json:"says"`
	At     utc.Time `toml:"at" json:"at,omitzero"`
	Pos    LatLon   `toml:"pos" json:"pos,omitempty"`
	Label  string   `toml:"label" json:"label,omitempty"` // short, for map and timeline
	Source string   `toml:"source" json:"source"`
}

// Place is a name on the drawn map.
type Place struct {
	Name string `toml:"name"`
	Pos  LatLon `toml:"pos"`
}

// LatLon is latitude and longitude in degrees, WGS84; empty where not given.
type LatLon []float64

// Given reports whether there is a position.
func (l LatLon) Given() bool { return len(l) == 2 }

// Track is one thing that moves, as one party's own feed reports it, or as one
// side claims that it moved.
type Track struct {
	ID       string   `toml:"id"`
	Callsign string   `toml:"callsign"`
	Party    party.ID `toml:"party"`    // whose feed carries it
	Standing string   `toml:"standing"` // to that party: own, protected, civil, other
	Claim    string   `toml:"claim"`    // whose claim this way is, where it is disputed
	Text     string   `toml:"text"`
	Points   []Point  `toml:"point"`
}

// Point is one position of a track.
type Point struct {
	At       utc.Time `toml:"at"`
	Pos      LatLon   `toml:"pos"`
	Altitude string   `toml:"altitude"` // "FL160", "5000ft AMSL"; empty: unknown
	Basis    string   `toml:"basis"`    // "published", "computed" or "assumed"
	Source   string   `toml:"source"`
	Note     string   `toml:"note"`
}

// Run is one way that the evening goes.
type Run struct {
	Name   string `toml:"name"`
	Text   string `toml:"text"`
	Steps  []Step `toml:"step"`
	Expect Expect `toml:"expect"`
}

// Step is one act of one officer: at a time, or when something is seen.
type Step struct {
	ID      string   `toml:"id"` // for others to name it; may be empty
	At      utc.Time `toml:"at"`
	When    *When    `toml:"when"`
	After   Duration `toml:"after"` // what the officer takes, after When
	Party   party.ID `toml:"party"`
	Officer string   `toml:"officer"`
	Act     string   `toml:"act"`
	Why     string   `toml:"why"` // for the reader

	Line       string     `toml:"line"`
	Precedence string     `toml:"precedence"`
	Of         string     `toml:"of"` // the step whose record this one is about; empty: what was seen
	Plan       *PlanText  `toml:"plan"`
	Notice     *Notice    `toml:"notice"`
	Ack        *Ack       `toml:"ack"`
	Say        *Say       `toml:"say"`
	Relay      *RelayText `toml:"relay"`
	Watch      string     `toml:"watch"` // take, leave
	Text       string     `toml:"text"`  // with an alert's acknowledgement
}

// The acts.
const (
	ActPlan        = "plan"        // file a route on the home line
	ActNotice      = "notice"      // announce
	ActAcknowledge = "acknowledge" // answer an alert
	ActAck         = "ack"         // a levelled acknowledgement
	ActSay         = "say"         // a phrase or words
	ActRelay       = "relay"       // inform a third party
	ActOpen        = "open-origin" // show where a relay came from
	ActWatch       = "watch"       // take or leave the watch
)

// When is what an officer waits to see at the own seat.
type When struct {
	Sees  string       `toml:"sees"`  // "alert", "notice", "relay", "ack", "say", "step"
	Track string       `toml:"track"` // alert: on this track; empty: any
	Rule  string       `toml:"rule"`  // alert: by this rule; empty: any
	Of    string       `toml:"of"`    // step whose record is seen; ack, step: needed
	Level record.Level `toml:"level"` // ack: of this level
}

// Expect is what a run has to show for the demonstration to succeed.
type Expect struct {
	AlertOn       string   `toml:"alert_on"` // a filed route meets a notice: an alert on this track
	AlertBefore   utc.Time `toml:"alert_before"`
	LeadSeconds   int64    `toml:"lead_seconds"` // at least
	NoAlerts      bool     `toml:"no_alerts"`    // no filed route meets a notice
	Relayed       bool     `toml:"relayed"`
	UnitConfirmed bool     `toml:"unit_confirmed"`
	Opened        bool     `toml:"opened"`
	Flag          string   `toml:"flag"` // an alert by this rule is there
	Missing       *Missing `toml:"missing"`
}

// Missing is an acknowledgement that has to be missing at the moment.
type Missing struct {
	Party   party.ID     `toml:"party"`
	Level   record.Level `toml:"level"`
	Seconds int64        `toml:"seconds"` // at least so long since receipt
}

// Duration is a span of time such as "20s".
type Duration time.Duration

// UnmarshalText reads "20s" or "1m30s", whole seconds, up to a day.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 || v > 24*time.Hour || v%time.Second != 0 {
		return fmt.Errorf("couldn't read duration %.20q: want whole seconds such as 20s or 1m30s", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Party gives the party of that id.
func (s *Scenario) Party(id party.ID) (Party, bool) {
	for _, p := range s.Parties {
		if p.ID == id {
			return p, true
		}
	}
	return Party{}, false
}

// Source gives the text of a source.
func (s *Scenario) Source(id string) string {
	for _, x := range s.Sources {
		if x.ID == id {
			return x.Text
		}
	}
	return id
}

// Run gives the run of that name.
func (s *Scenario) Run(name string) (*Run, bool) {
	for i := range s.Runs {
		if s.Runs[i].Name == name {
			return &s.Runs[i], true
		}
	}
	return nil, false
}

// Book is the record as one seat holds it; *picture.Book is one.
type Book interface {
	At(knownAt, instant utc.Time) *picture.Picture
}
