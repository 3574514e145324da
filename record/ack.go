package record

import (
	"parley/utc"
	"parley/volume"
)

// Level of an acknowledgement. They are different things and none implies
// another; a receipt ("received") is no level but the machine's statement.
type Level string

const (
	LevelSeen        Level = "seen"          // shown by express, before the log came
	LevelRead        Level = "read"          // an officer has it before the eyes
	LevelUnderstood  Level = "understood"    // with read-back
	LevelRelayed     Level = "relayed"       // to unit U at T
	LevelUnit        Level = "unit-confirms" // unit U has it
	LevelNoObjection Level = "no-objection"
	LevelObjection   Level = "objection" // with reason
	LevelAlternative Level = "alternative"
	LevelUnknown     Level = "unknown-message"
)

// Levels gives every level, in the order of the spec.
func Levels() []Level {
	return []Level{
		LevelSeen, LevelRead, LevelUnderstood, LevelRelayed, LevelUnit,
		LevelNoObjection, LevelObjection, LevelAlternative, LevelUnknown,
	}
}

// Known reports whether this release knows the level.
func (l Level) Known() bool {
	for _, k := range Levels() {
		if k == l {
			return true
		}
	}
	return false
}

// wanted reports whether a sender can ask for the level.
func (l Level) wanted() bool {
	switch l {
	case LevelRead, LevelUnderstood, LevelRelayed, LevelUnit, LevelNoObjection:
		return true
	}
	return false
}

// Ack is an officer's levelled acknowledgement of the record in Envelope.Re.
type Ack struct {
	Level       Level           `cbor:"1,keyasint" json:"level"`
	ReadBack    []string        `cbor:"2,keyasint,omitempty" json:"read_back,omitempty"`   // understood: the place as read back
	Unit        string          `cbor:"3,keyasint,omitempty" json:"unit,omitempty"`        // relayed, unit-confirms
	At          utc.Time        `cbor:"4,keyasint,omitempty" json:"at,omitempty"`          // relayed, unit-confirms: when it happened
	Reason      string          `cbor:"5,keyasint,omitempty" json:"reason,omitempty"`      // objection
	Alternative []volume.Volume `cbor:"6,keyasint,omitempty" json:"alternative,omitempty"` //
	Text        string          `cbor:"7,keyasint,omitempty" json:"text,omitempty"`
}

// Kind gives KindAck.
func (Ack) Kind() Kind { return KindAck }

// Validate checks that the acknowledgement carries what its level needs, and
// nothing that belongs to another level.
func (a Ack) Validate() error {
	if !a.Level.Known() {
		return bad("level", "%.30q is no level of acknowledgement", string(a.Level))
	}
	err := first(
		lines("read_back", a.ReadBack, MaxReadBack, MaxName),
		optLine("unit", a.Unit, MaxUnit),
		optTime("at", a.At),
		optText("reason", a.Reason, MaxText),
		volumes("alternative", a.Alternative, MaxVolumes),
		optText("text", a.Text, MaxText),
	)
	if err != nil {
		return err
	}
	unit := a.Level == LevelRelayed || a.Level == LevelUnit
	return first(
		fits("read_back", a.Level, len(a.ReadBack) > 0, a.Level == LevelUnderstood),
		fits("unit", a.Level, a.Unit != "", unit),
		fits("at", a.Level, !a.At.IsZero(), unit),
		fits("reason", a.Level, a.Reason != "", a.Level == LevelObjection),
		fits("alternative", a.Level, len(a.Alternative) > 0, a.Level == LevelAlternative),
	)
}

// fits wants a field exactly where its level needs it.
func fits(field string, l Level, given, needed bool) error {
	switch {
	case needed && !given:
		return bad(field, "is missing: %q needs it", string(l))
	case given && !needed:
		return bad(field, "doesn't belong to the level %q", string(l))
	}
	return nil
}
