package record

import (
	"regexp"

	"parley/party"
)

// maxHeader bounds the protected header, of a newer version too.
const maxHeader = 1024

var kindForm = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)

// readHeader reads the protected header. A newer version may have put more
// into it, so the version is looked for first, without minding other labels.
func readHeader(b []byte) (header, error) {
	if len(b) > maxHeader {
		return header{}, bad("protected", "%d bytes, at most %d", len(b), maxHeader)
	}
	var newer struct {
		Kind    Kind   `cbor:"-70001,keyasint"`
		Version uint64 `cbor:"-70002,keyasint"`
	}
	if err := lenient.Unmarshal(b, &newer); err == nil && newer.Version > Version && kindForm.MatchString(string(newer.Kind)) {
		return header{}, &UnreadableError{newer.Kind, newer.Version}
	}
	var h header
	if err := unmarshal("protected", b, &h); err != nil {
		return h, err
	}
	switch {
	case h.Alg != algEdDSA:
		return h, bad("protected.alg", "is %d, want -8 (EdDSA)", h.Alg)
	case h.Key == party.KeyID{}:
		return h, bad("protected.key", "is missing")
	case h.Version != Version:
		return h, bad("protected.version", "is %d, the first is %d", h.Version, Version)
	case !kindForm.MatchString(string(h.Kind)):
		return h, bad("protected.kind", `%.40q: want 1 to 32 of a-z and "-"`, string(h.Kind))
	case newBody(h.Kind) == nil:
		return h, &UnreadableError{h.Kind, uint64(h.Version)}
	}
	return h, nil
}
