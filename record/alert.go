package record

import (
	"parley/utc"
	"parley/volume"
)

// About points at any record of any of the party's own lines. It is used on
// the home line only: pointers never cross lines that others hold.
type About struct {
	Line LineID `cbor:"1,keyasint" json:"line"`
	Ref  Ref    `cbor:"2,keyasint" json:"ref"`
}

// Alert is what a person must answer. Home line only.
type Alert struct {
	Rule     string        `cbor:"1,keyasint" json:"rule"`                      // the check or watch rule
	Key      string        `cbor:"2,keyasint" json:"key"`                       // equal keys are one alert
	Why      string        `cbor:"3,keyasint" json:"why"`                       // one sentence for a person
	About    []About       `cbor:"4,keyasint,omitempty" json:"about,omitempty"` // the records it comes from, notice first
	Track    string        `cbor:"5,keyasint,omitempty" json:"track,omitempty"` //
	From     utc.Time      `cbor:"6,keyasint,omitempty" json:"from,omitempty"`  // first instant of the conflict
	To       utc.Time      `cbor:"7,keyasint,omitempty" json:"to,omitempty"`    // last instant
	At       *volume.Point `cbor:"8,keyasint,omitempty" json:"at,omitempty"`    // where
	Deadline utc.Time      `cbor:"9,keyasint" json:"deadline"`                  // an officer answers by then
}

// Kind gives KindAlert.
func (Alert) Kind() Kind { return KindAlert }

// Validate checks the alert by itself.
func (a Alert) Validate() error {
	if !labelForm.MatchString(a.Rule) {
		return bad("rule", `%.40q: want 1 to 32 of a-z, 0-9 and "-", beginning with a letter`, a.Rule)
	}
	err := first(
		needLine("key", a.Key, MaxShort),
		needText("why", a.Why, 2*MaxShort),
		optLine("track", a.Track, MaxTrack),
		optTime("from", a.From),
		optTime("to", a.To),
		needTime("deadline", a.Deadline),
	)
	if err != nil {
		return err
	}
	if len(a.About) > MaxAbout {
		return bad("about", "%d of them, at most %d", len(a.About), MaxAbout)
	}
	for i, b := range a.About {
		if err := Origin(b).Validate(); err != nil {
			return under(at("about", i), err)
		}
	}
	if !a.From.IsZero() && !a.To.IsZero() && a.To < a.From {
		return bad("to", "%s is before from %s", a.To, a.From)
	}
	if a.At != nil {
		if err := a.At.Valid(); err != nil {
			return badField("at", err)
		}
	}
	return nil
}

// End ends the alert in Envelope.Re.
type End struct {
	Reason string `cbor:"1,keyasint" json:"reason"`
}

// Kind gives KindEnd.
func (End) Kind() Kind { return KindEnd }

// Validate checks the reason.
func (e End) Validate() error { return needText("reason", e.Reason, MaxShort) }
