package record

import (
	"parley/utc"
	"parley/volume"
)

// Class of a notice (DOMAIN: one word a class).
type Class string

const (
	Activity          Class = "activity"
	HazardArea        Class = "hazard-area"
	Transit           Class = "transit"
	ReturnToBase      Class = "return-to-base"
	Exercise          Class = "exercise"
	Electromagnetic   Class = "electromagnetic"
	TestActivity      Class = "test"
	Accident          Class = "accident" // not hostile
	ProtectedSite     Class = "protected-site"
	ProtectedMovement Class = "protected-movement"
	Distress          Class = "distress" // and search and rescue
	Cancellation      Class = "cancellation"
	Correction        Class = "correction"
)

// Classes gives every class, in the order of the spec.
func Classes() []Class {
	return []Class{
		Activity, HazardArea, Transit, ReturnToBase, Exercise, Electromagnetic, TestActivity, Accident,
		ProtectedSite, ProtectedMovement, Distress, Cancellation, Correction,
	}
}

// Known reports whether this release knows the class.
func (c Class) Known() bool {
	for _, k := range Classes() {
		if k == c {
			return true
		}
	}
	return false
}

// Notice is what a party announces. It informs; it asks for no permission.
type Notice struct {
	Class   Class           `cbor:"1,keyasint" json:"class"`
	Place   string          `cbor:"2,keyasint,omitempty" json:"place,omitempty"`   // the place by name
	Volumes []volume.Volume `cbor:"3,keyasint,omitempty" json:"volumes,omitempty"` // none: cannot be checked, and flagged
	Text    string          `cbor:"4,keyasint,omitempty" json:"text,omitempty"`    //
	Lang    string          `cbor:"5,keyasint,omitempty" json:"lang,omitempty"`    // BCP 47, of Text
	Wants   []Level         `cbor:"6,keyasint,omitempty" json:"wants,omitempty"`   // acknowledgements asked for
	Late    string          `cbor:"7,keyasint,omitempty" json:"late,omitempty"`    // the sender's reason for a short lead
	Contact string          `cbor:"8,keyasint,omitempty" json:"contact,omitempty"` //
	Expires utc.Time        `cbor:"9,keyasint,omitempty" json:"expires,omitempty"` //
	Closed  []Closed        `cbor:"10,keyasint,omitempty" json:"closed,omitempty"` // fields committed to now, opened later
}

// Closed is a salted commitment: SHA-256("parley closed v1\n" || salt(32) || content).
type Closed struct {
	Label string `cbor:"1,keyasint" json:"label"`
	Hash  Hash   `cbor:"2,keyasint" json:"hash"`
}

// Kind gives KindNotice.
func (Notice) Kind() Kind { return KindNotice }

// Validate checks the notice by itself. A notice says something: a place, a
// volume or words; a cancellation may say nothing but what it cancels.
func (n Notice) Validate() error {
	if !n.Class.Known() {
		return bad("class", "%.30q is no class of a notice", string(n.Class))
	}
	err := first(
		optLine("place", n.Place, MaxName),
		volumes("volumes", n.Volumes, MaxVolumes),
		optText("text", n.Text, MaxText),
		langOf(n.Lang, n.Text),
		levels("wants", n.Wants),
		optText("late", n.Late, MaxShort),
		optLine("contact", n.Contact, MaxName),
		optTime("expires", n.Expires),
		closedParts(n.Closed),
	)
	if err != nil {
		return err
	}
	switch {
	case n.Class == Correction && len(n.Volumes) == 0:
		return bad("volumes", "are missing: a correction carries the corrected volumes")
	case n.Class == Cancellation && len(n.Volumes) > 0:
		return bad("volumes", "are given: a cancellation ends the whole of what it names")
	case n.Class != Cancellation && n.Place == "" && n.Text == "" && len(n.Volumes) == 0:
		return bad("volumes", "are missing, and so are place and text: a notice says something")
	}
	return nil
}

func closedParts(cs []Closed) error {
	if len(cs) > MaxClosed {
		return bad("closed", "%d of them, at most %d", len(cs), MaxClosed)
	}
	for i, c := range cs {
		if !labelForm.MatchString(c.Label) {
			return bad(at("closed", i)+".label", `%.40q: want 1 to 32 of a-z, 0-9 and "-", beginning with a letter`, c.Label)
		}
		if err := needHash(at("closed", i)+".hash", c.Hash); err != nil {
			return err
		}
		if i > 0 && cs[i-1].Label >= c.Label {
			return bad(at("closed", i)+".label", "%q is not after %q: ascending, each once", c.Label, cs[i-1].Label)
		}
	}
	return nil
}
