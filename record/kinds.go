package record

import "reflect"

// Kind names what a record states. It stands in the protected header.
type Kind string

const (
	KindCharter  Kind = "charter"  // the first entry of every logbook, and each amendment
	KindNotice   Kind = "notice"   // what a party announces
	KindAck      Kind = "ack"      // an officer's levelled acknowledgement of one record
	KindSay      Kind = "say"      // a phrase of the phrasebook, or free words
	KindRelay    Kind = "relay"    // what a third party needs, with a closed origin
	KindOpening  Kind = "opening"  // opens a closed part, or a relay's origin
	KindReceived Kind = "received" // the machine: held here, at this instant
	KindClose    Kind = "close"    // a party leaves the line
	KindFinding  Kind = "finding"  // a peer did what cannot be; with proof
	KindPlan     Kind = "plan"     // home line: a filed route; never leaves
	KindAlert    Kind = "alert"    // home line: what a person must answer
	KindEnd      Kind = "end"      // home line: an alert has ended, and why
	KindWatch    Kind = "watch"    // home line: who takes, hands over, leaves the watch
	KindMinute   Kind = "minute"   // home line: digest of one recorded minute of tracks
	KindKept     Kind = "kept"     // home line: a relay's origin and salt, until it is opened
)

// Kinds gives every kind that this release reads, in the order of the spec.
func Kinds() []Kind {
	return []Kind{
		KindCharter, KindNotice, KindAck, KindSay, KindRelay, KindOpening, KindReceived,
		KindClose, KindFinding, KindPlan, KindAlert, KindEnd, KindWatch, KindMinute, KindKept,
	}
}

// HomeOnly reports whether records of the kind belong on the home line and
// must never stand on a line that others hold.
func (k Kind) HomeOnly() bool {
	switch k {
	case KindPlan, KindAlert, KindEnd, KindWatch, KindMinute, KindKept:
		return true
	}
	return false
}

// Body is what a record states; each kind has one. The bodies that this
// package hands out are values (Notice, not *Notice).
type Body interface {
	Kind() Kind
	Validate() error // bounds of every field; the error names the field
}

// newBody gives a pointer to an empty body of the kind, or nil for a kind this
// release does not know.
func newBody(k Kind) any {
	switch k {
	case KindCharter:
		return new(CharterRecord)
	case KindNotice:
		return new(Notice)
	case KindAck:
		return new(Ack)
	case KindSay:
		return new(Say)
	case KindRelay:
		return new(Relay)
	case KindOpening:
		return new(Opening)
	case KindReceived:
		return new(Received)
	case KindClose:
		return new(Close)
	case KindFinding:
		return new(Finding)
	case KindPlan:
		return new(Plan)
	case KindAlert:
		return new(Alert)
	case KindEnd:
		return new(End)
	case KindWatch:
		return new(Watch)
	case KindMinute:
		return new(Minute)
	case KindKept:
		return new(Kept)
	}
	return nil
}

// value gives the body that a pointer made by newBody points at.
func value(pointer any) Body { return reflect.ValueOf(pointer).Elem().Interface().(Body) }

// plain gives b as a value where a caller handed in a pointer; nil for nil.
func plain(b Body) Body {
	v := reflect.ValueOf(b)
	if v.Kind() != reflect.Pointer {
		return b
	}
	if v.IsNil() {
		return nil
	}
	return value(b)
}
