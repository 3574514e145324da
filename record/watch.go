package record

import (
	"parley/party"
	"parley/utc"
)

// What an officer does with the watch.
const (
	WatchTake  = "take"
	WatchHand  = "hand-over"
	WatchLeave = "leave"
)

// Watch is the officer's watch: "take", "hand-over" (to To), "leave".
type Watch struct {
	Act      string   `cbor:"1,keyasint" json:"act"`
	To       string   `cbor:"2,keyasint,omitempty" json:"to,omitempty"`
	Open     []string `cbor:"3,keyasint,omitempty" json:"open,omitempty"`     // open items in words
	Promises string   `cbor:"4,keyasint,omitempty" json:"promises,omitempty"` // made orally
	OpenHash Hash     `cbor:"5,keyasint,omitzero" json:"open_hash,omitzero"`  // OpenHash(all open items), Open may be an extract
}

// OpenItems gives SHA-256("parley open v1\n" || deterministic CBOR of the list):
// what both officers of a handover sign for, however much of it is shown.
func OpenItems(items []string) Hash {
	return digest("parley open v1\n", mustMarshal(items))
}

// Kind gives KindWatch.
func (Watch) Kind() Kind { return KindWatch }

// Validate checks the act and that it names a successor only where it has one.
func (w Watch) Validate() error {
	switch w.Act {
	case WatchHand:
		if err := party.CheckOfficerID(w.To); err != nil {
			return badField("to", err)
		}
	case WatchTake, WatchLeave:
		if w.To != "" {
			return bad("to", "doesn't belong to %q", w.Act)
		}
	default:
		return bad("act", "%.30q is none of take, hand-over, leave", w.Act)
	}
	return first(
		lines("open", w.Open, MaxOpen, MaxShort),
		optText("promises", w.Promises, MaxText),
	)
}

// Minute is the digest of one recorded minute of tracks.
type Minute struct {
	From    utc.Time `cbor:"1,keyasint" json:"from"`
	Reports uint32   `cbor:"2,keyasint" json:"reports"`
	Tracks  uint32   `cbor:"3,keyasint" json:"tracks"`
	Digest  Hash     `cbor:"4,keyasint" json:"digest"` // SHA-256 of the recorded bytes
}

// Kind gives KindMinute.
func (Minute) Kind() Kind { return KindMinute }

// Validate checks that the minute is a whole one and its numbers can be.
func (m Minute) Validate() error {
	if err := needTime("from", m.From); err != nil {
		return err
	}
	if m.From%60_000 != 0 {
		return bad("from", "%s is not the beginning of a minute", m.From)
	}
	if m.Tracks > m.Reports {
		return bad("tracks", "%d is more than the %d reports", m.Tracks, m.Reports)
	}
	return needHash("digest", m.Digest)
}
