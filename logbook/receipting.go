package logbook

import (
	"bytes"
	"errors"
	"fmt"

	"parley/party"
	"parley/utc"
)

// Receipt cosigns the stored checkpoint of this size as a mirror: "every entry
// up to size is durably stored here". It gives one signature line, newline
// included. Only what the store holds can be signed.
func (l *Log) Receipt(size uint64, s party.Signer, name string, at utc.Time) ([]byte, error) {
	if l.broken != nil {
		return nil, l.broken
	}
	if !validName(name) {
		return nil, fmt.Errorf("couldn't give a receipt on %s: name %q", l.id, name)
	}
	if !at.Valid() || at < 1000 {
		return nil, fmt.Errorf("couldn't give a receipt on %s: time %d is outside 1970 to 2199", l.id, at)
	}
	c, err := l.checkpointAt(size)
	if err != nil {
		return nil, fmt.Errorf("couldn't give a receipt on %s: %w", l.id, err)
	}
	c, err = c.sign(ReceiptSigner(name, s, at))
	if err != nil {
		return nil, err
	}
	return c.Sigs[len(c.Sigs)-1].append(nil), nil
}

// AddReceipt keeps a mirror's cosignature of our checkpoint of this size,
// durably. added is false if it was there already. A cosignature that key did
// not make over exactly this checkpoint is a *SignatureError.
func (l *Log) AddReceipt(size uint64, line []byte, name string, key party.Key) (added bool, err error) {
	if l.broken != nil {
		return false, l.broken
	}
	wrong := func(err error) error {
		return &SignatureError{Log: l.id, Name: name, Note: bytes.Clone(line[:min(len(line), MaxNote)]), Err: err}
	}
	r, err := ParseReceipt(line)
	if err != nil {
		return false, wrong(err)
	}
	if r.Name != name {
		return false, wrong(fmt.Errorf("it is signed under the name %s", r.Name))
	}
	if size == 0 || size > l.size {
		return false, wrong(fmt.Errorf("it is for size %d, the log has %d", size, l.size))
	}
	c, err := l.checkpointAt(size)
	if errors.Is(err, errNoCheckpoint) {
		return false, wrong(err)
	}
	if err != nil {
		return false, fmt.Errorf("couldn't add receipt to %s: %w", l.id, err)
	}
	if err := r.Verify(c, key); err != nil {
		return false, wrong(err)
	}
	c, added, err = c.withReceipt(r)
	if err != nil || !added {
		return false, err
	}
	note := c.Marshal()
	// Crash here: a restart finds the checkpoint without this receipt; the
	// mirror gives it again when the checkpoint is offered again.
	if err := l.store.AddNote(size, note); err != nil {
		l.broken = &ReopenError{Log: l.id, Err: err}
		return false, l.broken
	}
	if size == l.size {
		l.note = note
	}
	l.receipts[name] = max(l.receipts[name], size)
	return true, nil
}

var errNoCheckpoint = errors.New("no checkpoint of this size is stored")

// checkpointAt reads the stored checkpoint of a size.
func (l *Log) checkpointAt(size uint64) (Checkpoint, error) {
	note := l.note
	if size != l.size {
		var err error
		if note, err = l.store.Note(size); err != nil {
			return Checkpoint{}, err
		}
	}
	if note == nil {
		return Checkpoint{}, fmt.Errorf("size %d: %w", size, errNoCheckpoint)
	}
	return ParseCheckpoint(note)
}
