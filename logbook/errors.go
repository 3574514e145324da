package logbook

import "fmt"

// ForkError says that a party's log has two histories: two checkpoints signed
// with its key that cannot both be true. The line stays up; the finding
// carries both notes.
type ForkError struct {
	Log          ID
	Ours, Theirs []byte // both checkpoints, as signed
	OurSize      uint64
	TheirSize    uint64
	// Proven: anyone can see it from the two notes (equal size, other root),
	// or, for an older checkpoint, from the notes and our copy. Not proven:
	// the entries given do not lead from our copy to the root they signed;
	// either the log was rewritten below our head, or the sender sent entries
	// that are not in its log. Both are its fault.
	Proven bool
}

func (e *ForkError) Error() string {
	if e.OurSize == e.TheirSize {
		return fmt.Sprintf("fork of %s: two signed checkpoints of size %d with different roots", e.Log, e.OurSize)
	}
	if e.Proven {
		return fmt.Sprintf("fork of %s: the signed checkpoint of size %d contradicts the entries we hold under the one of size %d",
			e.Log, e.TheirSize, e.OurSize)
	}
	return fmt.Sprintf("fork of %s: our %d entries and the ones given do not lead to the root signed for size %d",
		e.Log, e.OurSize, e.TheirSize)
}

// GapError says that a batch does not join on: it begins after our end, or
// does not end where its checkpoint does. The remedy is to ask for the
// entries from Have on.
type GapError struct {
	Log     ID
	Have    uint64 // entries that we hold
	From    uint64 // index of the first entry given
	Entries uint64 // entries given
	Size    uint64 // size of the checkpoint given
}

func (e *GapError) Error() string {
	if e.From > e.Have {
		return fmt.Sprintf("gap in %s: the batch begins at entry %d, we hold %d; ask for entries from %d on",
			e.Log, e.From, e.Have, e.Have)
	}
	return fmt.Sprintf("gap in %s: %d entries from %d on do not end at the checkpoint's size %d",
		e.Log, e.Entries, e.From, e.Size)
}

// SignatureError says that a checkpoint or receipt is not one that the named
// key signed for this log: malformed, of another log, or wrongly signed.
type SignatureError struct {
	Log  ID
	Name string // the key's name that should have signed
	Note []byte // what was given, cut to MaxNote
	Err  error
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("wrong signature on %s by %s: %v", e.Log, e.Name, e.Err)
}
func (e *SignatureError) Unwrap() error { return e.Err }

// OldError says that a checkpoint is smaller than what we hold and agrees
// with it. By itself it is harmless: a repeated or overtaken message. It is a
// fault only where a newer checkpoint was promised.
type OldError struct {
	Log  ID
	Have uint64
	Size uint64
	Note []byte
}

func (e *OldError) Error() string {
	return fmt.Sprintf("old checkpoint of %s: size %d, we hold %d", e.Log, e.Size, e.Have)
}

// OversizeError says which limit of this package was passed.
type OversizeError struct {
	Log  ID
	What string // "entry 12", "batch", "checkpoint"
	Unit string // "bytes", "entries"
	Got  uint64
	Max  uint64
}

func (e *OversizeError) Error() string {
	return fmt.Sprintf("too large for %s: %s has %d %s, the limit is %d", e.Log, e.What, e.Got, e.Unit, e.Max)
}

// CorruptError says that a store does not hold a log that its own signed head
// vouches for. Nothing is repaired: the file is evidence.
type CorruptError struct {
	Log  ID
	What string
	Err  error
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("couldn't open logbook %s: %s", e.Log, e.What)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + "; keep the file as it is, fetch a copy from a party that mirrors this log, " +
		"and if it is your own sign nothing on it but open a new incarnation"
}
func (e *CorruptError) Unwrap() error { return e.Err }

// ReopenError says that the store once could not tell whether a write was
// done. Until the log is opened again nobody knows its size, so nothing is
// signed or accepted.
type ReopenError struct {
	Log ID
	Err error // what the store said
}

func (e *ReopenError) Error() string {
	return fmt.Sprintf("logbook %s must be opened again before it is used: a write ended unknown: %v", e.Log, e.Err)
}
func (e *ReopenError) Unwrap() error { return e.Err }
