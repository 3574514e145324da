package logbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"parley/party"
	"parley/utc"
)

// mirrorSuffix marks the name of a key whose cosignature means "stored": a
// C2SP mirror, never a witness, which sees no entries.
const mirrorSuffix = "/mirror"

// MirrorName gives the name under which a party cosigns: "RU/mirror". Since
// Ed25519 cosignatures do not bind the cosigner's name, the key must be one
// that signs nothing else (party.Card.Receipt).
func MirrorName(p party.ID) string { return string(p) + mirrorSuffix }

// MirrorParty is the reverse of MirrorName.
func MirrorParty(name string) (party.ID, bool) {
	p, ok := strings.CutSuffix(name, mirrorSuffix)
	return party.ID(p), ok && validPartyID(p)
}

// Receipt is a mirror's cosignature of one checkpoint, as read; parsing proves
// nothing.
type Receipt struct {
	Name string
	At   utc.Time // of the cosigner's clock, whole seconds
	sig  Signature
}

// Line gives the receipt as a line of a signed note, newline included.
func (r Receipt) Line() []byte { return r.sig.append(nil) }

// ParseReceipt reads one cosignature line, newline included.
func ParseReceipt(line []byte) (Receipt, error) {
	if len(line) > MaxName+256 {
		return Receipt{}, fmt.Errorf("couldn't read receipt: %d bytes, the limit is %d", len(line), MaxName+256)
	}
	body, ok := bytes.CutSuffix(line, []byte{'\n'})
	if !ok || bytes.IndexByte(body, '\n') >= 0 {
		return Receipt{}, errors.New("couldn't read receipt: want one line with its end")
	}
	s, err := parseSignature(body)
	if err != nil {
		return Receipt{}, fmt.Errorf("couldn't read receipt: %w", err)
	}
	return receiptOf(s)
}

func receiptOf(s Signature) (Receipt, error) {
	at, _, ok := splitCosignature(s.Raw)
	if !ok {
		return Receipt{}, fmt.Errorf("couldn't read receipt of %s: want 8 bytes of time and 64 of signature, have %d", s.Name, len(s.Raw))
	}
	if at == 0 || at > uint64(utc.Max)/1000 {
		return Receipt{}, fmt.Errorf("couldn't read receipt of %s: time %d is outside 1970 to 2199", s.Name, at)
	}
	return Receipt{Name: s.Name, At: utc.Time(at * 1000), sig: s}, nil
}

// Receipts gives the cosignatures of c by mirrors: every line but the log's
// own whose name ends in /mirror. Lines of others are left out.
func (c Checkpoint) Receipts() []Receipt {
	var rs []Receipt
	for _, s := range c.Sigs {
		if _, ok := MirrorParty(s.Name); !ok || s.Name == c.Origin {
			continue
		}
		if r, err := receiptOf(s); err == nil {
			rs = append(rs, r)
		}
	}
	return rs
}

// Verify checks that key cosigned the text of c under the receipt's name.
func (r Receipt) Verify(c Checkpoint, key party.Key) error {
	v := ReceiptVerifier(r.Name, key)
	if r.sig.Hash != v.KeyHash() {
		return fmt.Errorf("the cosignature of %s names another key", r.Name)
	}
	if !v.Verify(c.Text(), r.sig.Raw) {
		return fmt.Errorf("the cosignature of %s over size %d is not valid", r.Name, c.Size)
	}
	return nil
}

// ReceiptVerifier checks cosignatures by key under name.
func ReceiptVerifier(name string, key party.Key) note.Verifier {
	return noteKey{name: name, alg: algCosignature, key: key}
}

// ReceiptSigner cosigns under name at an instant (cut to seconds). It signs
// whatever text it is given: only Log.Receipt may hold one.
func ReceiptSigner(name string, s party.Signer, at utc.Time) note.Signer {
	return noteKey{name: name, alg: algCosignature, key: s.Public(), signer: s, at: uint64(at / 1000)}
}

// cosigned is what a tlog-cosignature/v1 signs: a header and the whole text.
func cosigned(at uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...)
}

// splitCosignature gives time and signature of a cosignature's bytes.
func splitCosignature(raw []byte) (at uint64, sig []byte, ok bool) {
	if len(raw) != 8+64 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(raw), raw[8:], true
}

// withReceipt gives c with r in its place: after the log's own line, by name.
// A second receipt of the same key changes nothing, so that repeats settle.
func (c Checkpoint) withReceipt(r Receipt) (Checkpoint, bool, error) {
	if _, ok := c.find(r.Name, r.sig.Hash); ok {
		return c, false, nil
	}
	if len(c.Sigs) >= MaxSignatures {
		return c, false, fmt.Errorf("checkpoint %d has %d signatures already", c.Size, len(c.Sigs))
	}
	sigs := append(slices.Clone(c.Sigs), r.sig)
	slices.SortStableFunc(sigs[1:], func(a, b Signature) int { return strings.Compare(a.Name, b.Name) })
	c.Sigs = sigs
	if n := len(c.Marshal()); n > MaxNote {
		return c, false, fmt.Errorf("checkpoint %d would have %d bytes, the limit is %d", c.Size, n, MaxNote)
	}
	return c, true, nil
}
