// Package picture is the only read model: all that is so, folded from the
// records that this node holds.
//
// A Book is given every leaf at the door (Add), our own and others' alike, valid
// or not, in any order and any number of times. Asked, it gives a Picture for two
// instants: knownAt, what was held here, and instant, the moment at which
// deadlines and windows are looked at. At is the definition, a pure function of
// the set of leaves; Now is At for everything held, with the fold kept between
// calls. There is no clock, network, disk or chance in here.
//
// Order. A record stands after every record that its author could know: what
// stands before it in its own logbook, what it points at (Re), and what its
// author had seen (Seen). Records that did not know of each other stand by
// author's time, then party, then position. See order.go.
//
// Known. Our own records are known when composed. A record of another party is
// known from our earliest signed statement that we hold it: a Received record
// that covers it, or a record of ours that names it as seen. One without such a
// statement is not known at any instant yet, and only in Now.
//
// States. Each state of a record at a recipient is a signed statement of that
// recipient; none is inferred and none implies another. A correction or
// cancellation acts only on a notice of its own author. What a record says that
// cannot be so is not acted on, stays in its conversation, and says why in
// Problem.
//
// A Picture is shared with other readers and must not be changed.
package picture

import (
	"parley/party"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// Held is one leaf that this node holds, as the door handed it in. Leaves of
// our own and of others come the same way.
type Held struct {
	Line    record.LineID
	Ref     record.Ref
	Rec     *record.Record // nil when State is not Valid
	State   State
	Problem string   // why it is invalid or unreadable
	KnownAt utc.Time // ours: composed; theirs: the instant of our Received record that covers it (0: not yet known)
}

// State of a leaf at the door.
type State uint8

const (
	Valid      State = iota
	Invalid          // stored, receipted, alarmed, never acted on
	Unreadable       // a newer version than we know
)

// Picture is all that is so: a pure function of the records held at KnownAt,
// seen at Instant. A picture of everything held (Now, or At of utc.Max) is what
// is known at its instant, and has that as KnownAt.
type Picture struct {
	Self     party.ID       `json:"self"`
	KnownAt  utc.Time       `json:"known_at"`
	Instant  utc.Time       `json:"instant"`
	Lines    []Conversation `json:"lines"`
	Notices  []Notice       `json:"notices"` // every line, ordered; cancelled and corrected ones too, marked
	Relays   []Relay        `json:"relays"`
	Plans    []Plan         `json:"plans"`
	Alerts   []Alert        `json:"alerts"`   // open first, by deadline; then ended
	OnWatch  []OnWatch      `json:"on_watch"` // officers who hold the watch here
	Findings []Item         `json:"findings"`

	reaches []Reach // of Notices
}

// ID is a record's name for people and programs: LINE-NAME/PARTY/lane/NUMBER,
// number = index+1, and "~k" after the lane for incarnation k > 1:
// "IL-RU/IL/urgent/12".
type ID string

// Conversation is one line in causal order.
type Conversation struct {
	Line     record.LineID `json:"line"`
	Name     string        `json:"name"`
	Home     bool          `json:"home"`
	Exercise bool          `json:"exercise"`
	Parties  []party.ID    `json:"parties"`
	Closed   bool          `json:"closed"`         // we have left, or nobody is left to speak with
	Left     []Exit        `json:"left,omitempty"` // who has left and not returned by an amended charter
	Items    []Item        `json:"items"`
}

// Item is one record as the conversation shows it.
type Item struct {
	ID         ID                `json:"id"`
	Line       record.LineID     `json:"line"`
	LineName   string            `json:"line_name"`
	Ref        record.Ref        `json:"ref"`
	Kind       record.Kind       `json:"kind"`
	Party      party.ID          `json:"party"`
	Officer    string            `json:"officer,omitempty"`
	Precedence record.Precedence `json:"precedence,omitempty"` // none of a leaf that cannot be opened
	Composed   utc.Time          `json:"composed"`
	KnownAt    utc.Time          `json:"known_at"`
	Re         ID                `json:"re,omitempty"`
	Words      string            `json:"words"` // one line for a person, English, from package phrase / the body
	Problem    string            `json:"problem,omitempty"`
	States     []PartyStates     `json:"states,omitempty"` // of records that others must get; by recipient
	Body       record.Body       `json:"body,omitempty"`
}

// PartyStates are the states of a record at one recipient, each by a signed
// statement; nothing is inferred.
type PartyStates struct {
	Party  party.ID  `json:"party"`
	States []StateAt `json:"states"` // in the order of their times
}

// StateAt is one state: received, seen, read, understood, relayed,
// unit-confirms, no-objection, objection, alternative, unknown-message.
type StateAt struct {
	State   string   `json:"state"`
	At      utc.Time `json:"at"` // by the recipient's clock, signed
	Officer string   `json:"officer,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Text    string   `json:"text,omitempty"`
	By      ID       `json:"by"`
}

// Notice is a notice as it stands.
type Notice struct {
	Item
	Notice      record.Notice   `json:"notice"`
	Volumes     []volume.Volume `json:"volumes"`           // in force: after corrections
	Expires     utc.Time        `json:"expires,omitempty"` // in force: after corrections
	CancelledBy ID              `json:"cancelled_by,omitempty"`
	CorrectedBy ID              `json:"corrected_by,omitempty"`
	Active      bool            `json:"active"`                 // at Instant some window is open or still to come, and it is not cancelled or expired
	Received    utc.Time        `json:"received,omitempty"`     // at the first other party that received it (ours), or at us (theirs)
	LeadSeconds *int64          `json:"lead_seconds,omitempty"` // first window's start minus Received
	LateSeconds int64           `json:"late_seconds,omitempty"` // how much under the charter's minimum
	Missing     []Missing       `json:"missing,omitempty"`      // acknowledgements owed and not there; none once cancelled or corrected

	stands    bool // has volumes, or text, of its own in force: no cancellation, no effective correction
	readBacks []ReadBack
}

// Missing is an acknowledgement that a recipient owes.
type Missing struct {
	Party   party.ID     `json:"party"`
	Level   record.Level `json:"level"`
	Due     utc.Time     `json:"due"`
	Overdue bool         `json:"overdue"`        // at Instant
	Left    utc.Time     `json:"left,omitempty"` // when the party left the line, by its own clock; zero: it is there

	claimed   utc.Time // the recipient's own time of receipt, from which Due counts; zero: none
	unclaimed utc.Time // when it would be due without that
}

// Relay is a relay as it stands.
type Relay struct {
	Item
	Relay   record.Relay   `json:"relay"`
	Opened  *record.Origin `json:"opened,omitempty"` // by the relayer's opening, checked
	Missing []Missing      `json:"missing,omitempty"`
}

// Plan is one's own filed route as it stands.
type Plan struct {
	Item
	Plan  record.Plan `json:"plan"`
	Ended bool        `json:"ended"`
}

// Alert is an alert as it stands.
type Alert struct {
	Item
	Alert          record.Alert `json:"alert"`
	AboutIDs       []ID         `json:"about,omitempty"`
	AcknowledgedAt utc.Time     `json:"acknowledged_at,omitempty"`
	AcknowledgedBy string       `json:"acknowledged_by,omitempty"`
	EndedAt        utc.Time     `json:"ended_at,omitempty"`
	EndedWhy       string       `json:"ended_why,omitempty"`
	Calls          string       `json:"calls"` // at Instant: "duty", "deputy", "every-desk", "" when acknowledged or ended
	OverdueSeconds int64        `json:"overdue_seconds,omitempty"`
}

// OnWatch is an officer on watch.
type OnWatch struct {
	Officer string   `json:"officer"`
	Since   utc.Time `json:"since"`
}
