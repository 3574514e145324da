package node

import (
	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// Draft is what an officer wants said. The node adds the rest of the envelope,
// signs it with that officer's key, logs it and sends it.
type Draft struct {
	Line       string            // a line's name at this seat; "home" is our own
	Officer    string            // who says it; must be signed on
	Precedence record.Precedence // zero: that of the record it is about, else routine
	Lane       record.Lane       // zero: flash and immediate go urgent, the rest routine
	Re         picture.ID        // the record this one is about, on the same line
	Body       record.Body

	about *record.Ref // instead of Re, for the machine's own drafts
}

// Sent is what became of a draft: it is durable in our log under this name.
type Sent struct {
	ID        picture.ID       `json:"id"`
	Ref       record.Ref       `json:"ref"`
	Composed  utc.Time         `json:"composed"`
	Conflicts []check.Conflict `json:"conflicts,omitempty"` // what it collides with, as known here
}

// RelayDraft is a relay to a third party on another line. The node makes the
// salted hash of the origin and keeps the salt on the home line.
type RelayDraft struct {
	Officer    string
	From       picture.ID // the alert or the notice that it comes from
	Line       string     // the line it goes to
	Precedence record.Precedence
	Body       record.Relay // Origin is filled by the node
}

// RecordView is one record with its exact bytes.
type RecordView struct {
	Item   picture.Item   `json:"item"`
	Leaf   []byte         `json:"leaf"`
	Record *record.Record `json:"record,omitempty"`
}

// TrackView is a track as the console draws it. Predicted is filled only for
// tracks that may be predicted (own, protected, civil).
type TrackView struct {
	ID         string         `json:"id"`
	Callsign   string         `json:"callsign,omitempty"`
	Standing   string         `json:"standing"`
	Source     string         `json:"source,omitempty"`
	Synthetic  bool           `json:"synthetic,omitempty"`
	At         utc.Time       `json:"at"`
	AgeSeconds float64        `json:"age_seconds"`
	State      string         `json:"state"` // fresh, late, lost
	Point      volume.Point   `json:"point"`
	AltFeet    *int32         `json:"alt_feet,omitempty"`
	Datum      string         `json:"datum,omitempty"`
	TrackDeg   float64        `json:"track_deg"`
	SpeedKt    float64        `json:"speed_kt"`
	ClimbFPM   float64        `json:"climb_fpm"`
	Plan       picture.ID     `json:"plan,omitempty"`
	Predicted  []volume.Point `json:"predicted,omitempty"`
}

// Status is the state of this seat.
type Status struct {
	Party       party.ID        `json:"party"`
	Name        string          `json:"name"`
	Version     string          `json:"version"`
	Now         utc.Time        `json:"now"`
	Clock       string          `json:"clock"` // system, stepped, scaled
	Rate        float64         `json:"rate"`  // scenario seconds a second; 1 on the system clock
	Lines       []LineStatus    `json:"lines"`
	Officers    []OfficerStatus `json:"officers"`
	Feeds       []FeedStatus    `json:"feeds"`       // of whoever runs them beside the node, which has none itself
	Unreceipted int             `json:"unreceipted"` // our records that some member has not yet receipted
	Tracks      int             `json:"tracks"`
	Alerts      int             `json:"alerts"`   // open, not acknowledged
	Unlogged    bool            `json:"unlogged"` // the disk fails: what is said is refused, what comes is not stored
}

// LineStatus is one line and its links.
type LineStatus struct {
	ID       record.LineID `json:"id"`
	Name     string        `json:"name"`
	Home     bool          `json:"home"`
	Exercise bool          `json:"exercise"`
	Closed   bool          `json:"closed"`
	Words    []string      `json:"words"` // the charter's fingerprint, for the telephone
	Peers    []PeerStatus  `json:"peers"`
	Logs     []LogStatus   `json:"logs"`
}

// FeedStatus is one source of tracks. Counts are since the node began.
type FeedStatus struct {
	Name      string   `json:"name"`
	Source    string   `json:"source"`   // the receiver's host:port, or the file
	Standing  string   `json:"standing"` // what its tracks are to us unless they are named: civil, other
	Connected bool     `json:"connected"`
	Since     utc.Time `json:"since,omitzero"`      // of Connected or not Connected
	LastHeard utc.Time `json:"last_heard,omitzero"` // time of the newest report
	Reports   uint64   `json:"reports"`             // tracks reported
	Bad       uint64   `json:"bad"`                 // lines that could not be read
	Refused   uint64   `json:"refused"`             // reports ahead of or behind our clock, or beyond a limit
	LastError string   `json:"last_error,omitempty"`
}

// PeerStatus is the link to one other member.
type PeerStatus struct {
	Party     party.ID `json:"party"`
	State     string   `json:"state"` // up, down
	Since     utc.Time `json:"since,omitempty"`
	RTTMs     float64  `json:"rtt_ms,omitempty"`
	SkewMs    float64  `json:"skew_ms,omitempty"`
	LastHeard utc.Time `json:"last_heard,omitempty"`
	Error     string   `json:"error,omitempty"` // names the failing side
}

// LogStatus is one logbook as held here.
type LogStatus struct {
	Party     party.ID            `json:"party"`
	Lane      record.Lane         `json:"lane"`
	Size      uint64              `json:"size"`
	Receipted map[party.ID]uint64 `json:"receipted,omitempty"` // up to which size, by whom
}

// OfficerStatus is one of our officers.
type OfficerStatus struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Roles    []party.Role `json:"roles"`
	SignedOn bool         `json:"signed_on"`
	OnWatch  bool         `json:"on_watch"`
}

// Event tells a subscriber that something changed; it carries no content.
type Event struct {
	Seq  uint64     `json:"seq"`
	What string     `json:"what"` // record, alerts, tracks, links, clock, watch, resync
	ID   picture.ID `json:"id,omitempty"`
}
