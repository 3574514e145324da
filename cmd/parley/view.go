package main

import (
	"encoding/json"
	"strings"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// The views are what a client reads of the node's answers. They differ from the
// types of package picture in one thing: a body stays JSON, since a client has
// no need to know of which kind each is.

type viewItem struct {
	picture.Item
	Body json.RawMessage `json:"body,omitempty"`
}

type viewLine struct {
	Line     record.LineID  `json:"line"`
	Name     string         `json:"name"`
	Home     bool           `json:"home"`
	Exercise bool           `json:"exercise"`
	Parties  []party.ID     `json:"parties"`
	Closed   bool           `json:"closed"`
	Left     []picture.Exit `json:"left,omitempty"`
	Items    []viewItem     `json:"items"`
}

type viewNotice struct {
	viewItem
	Notice      record.Notice     `json:"notice"`
	Volumes     []volume.Volume   `json:"volumes"`
	CancelledBy picture.ID        `json:"cancelled_by,omitempty"`
	CorrectedBy picture.ID        `json:"corrected_by,omitempty"`
	Active      bool              `json:"active"`
	Received    utc.Time          `json:"received,omitempty"`
	LeadSeconds *int64            `json:"lead_seconds,omitempty"`
	LateSeconds int64             `json:"late_seconds,omitempty"`
	Missing     []picture.Missing `json:"missing,omitempty"`
}

type viewRelay struct {
	viewItem
	Relay   record.Relay      `json:"relay"`
	Opened  *record.Origin    `json:"opened,omitempty"`
	Missing []picture.Missing `json:"missing,omitempty"`
}

type viewAlert struct {
	viewItem
	Alert          record.Alert `json:"alert"`
	AboutIDs       []picture.ID `json:"about,omitempty"`
	AcknowledgedAt utc.Time     `json:"acknowledged_at,omitempty"`
	AcknowledgedBy string       `json:"acknowledged_by,omitempty"`
	EndedAt        utc.Time     `json:"ended_at,omitempty"`
	EndedWhy       string       `json:"ended_why,omitempty"`
	Calls          string       `json:"calls"`
	OverdueSeconds int64        `json:"overdue_seconds,omitempty"`
}

type viewPicture struct {
	Self    party.ID          `json:"self"`
	KnownAt utc.Time          `json:"known_at"`
	Instant utc.Time          `json:"instant"`
	Lines   []viewLine        `json:"lines"`
	Notices []viewNotice      `json:"notices"`
	Relays  []viewRelay       `json:"relays"`
	Alerts  []viewAlert       `json:"alerts"`
	OnWatch []picture.OnWatch `json:"on_watch"`
}

// viewRecord is one record with its exact bytes.
type viewRecord struct {
	Item   viewItem        `json:"item"`
	Leaf   []byte          `json:"leaf"`
	Record json.RawMessage `json:"record,omitempty"`
}

// who gives "IL levi", or "IL node" for the machine's own records.
func (i viewItem) who() string {
	if i.Officer == "" {
		return string(i.Party) + " (node)"
	}
	return string(i.Party) + " " + i.Officer
}

// states gives the states of a record on one line, each with the recipient's
// own signed time: "RU: received 18:39:00.120Z, read 18:39:41Z (orlov)".
func states(all []picture.PartyStates) string {
	var parties []string
	for _, p := range all {
		var s []string
		for _, st := range p.States {
			one := st.State + " " + st.At.Clock()
			if st.Unit != "" {
				one += " " + st.Unit
			}
			if st.Officer != "" {
				one += " (" + st.Officer + ")"
			}
			s = append(s, one)
		}
		if len(s) == 0 {
			s = []string{"nothing heard"}
		}
		parties = append(parties, string(p.Party)+": "+strings.Join(s, ", "))
	}
	return strings.Join(parties, " · ")
}

// exits says who has left the line: "RU has left, 18:41:00Z".
func (l viewLine) exits() []string {
	var out []string
	for _, x := range l.Left {
		out = append(out, exitWords(x))
	}
	return out
}

func exitWords(x picture.Exit) string { return string(x.Party) + " has left, " + x.At.Clock() }

// machine reports records that tell a person nothing: charters, receipts.
func (i viewItem) machine() bool {
	return i.Kind == record.KindReceived || i.Kind == record.KindMinute
}
