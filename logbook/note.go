package logbook

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/note"

	"parley/party"
	"parley/record"
)

// Signature types of C2SP signed notes that Parley writes and checks. Lines of
// other types are carried along unread.
const (
	algEd25519     = 0x01 // the log's own signature over the note's text
	algCosignature = 0x04 // tlog-cosignature/v1, Ed25519: a receipt
)

var (
	sigPrefix = []byte("— ") // em dash, space
	b64       = base64.StdEncoding.Strict()
)

// Checkpoint is a signed tree head as read: the three lines of its text and
// its signatures, in their order. Parsing proves nothing; Verify does.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   record.Hash
	Sigs   []Signature
}

// Signature is one signature line of a checkpoint.
type Signature struct {
	Name string // of the key: the origin, or "RU/mirror"
	Hash uint32 // of name, type and key: finds the key, proves nothing
	Raw  []byte // the signature's bytes, after the key hash
}

// Text gives the bytes that the log signs: origin, size and root, a line each.
func (c Checkpoint) Text() []byte {
	b := make([]byte, 0, len(c.Origin)+72)
	b = append(b, c.Origin...)
	b = append(b, '\n')
	b = strconv.AppendUint(b, c.Size, 10)
	b = append(b, '\n')
	b = b64.AppendEncode(b, c.Root[:])
	return append(b, '\n')
}

// Marshal gives the signed note.
func (c Checkpoint) Marshal() []byte {
	b := append(c.Text(), '\n')
	for _, s := range c.Sigs {
		b = s.append(b)
	}
	return b
}

// append writes s as one line of a note.
func (s Signature) append(b []byte) []byte {
	raw := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(s.Raw)), s.Hash)
	raw = append(raw, s.Raw...)
	b = append(b, sigPrefix...)
	b = append(b, s.Name...)
	b = append(b, ' ')
	b = b64.AppendEncode(b, raw)
	return append(b, '\n')
}

// ParseCheckpoint reads a signed note strictly: exactly three lines of text,
// one form for every number and every base64, 1 to MaxSignatures signature
// lines, no name and key hash twice. What it accepts, Marshal gives back byte
// for byte, and golang.org/x/mod/sumdb/note accepts too.
func ParseCheckpoint(b []byte) (Checkpoint, error) {
	c, err := parseCheckpoint(b)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("couldn't read checkpoint: %w", err)
	}
	return c, nil
}

func parseCheckpoint(b []byte) (c Checkpoint, err error) {
	if len(b) > MaxNote {
		return c, fmt.Errorf("%d bytes, the limit is %d", len(b), MaxNote)
	}
	var ln [3][]byte
	rest := b
	for i, what := range []string{"origin", "size", "root"} {
		var ok bool
		if ln[i], rest, ok = bytes.Cut(rest, []byte{'\n'}); !ok {
			return c, fmt.Errorf("%s: the line has no end", what)
		}
	}
	c.Origin = string(ln[0])
	if !validName(c.Origin) {
		return c, fmt.Errorf("origin: want 1 to %d visible ASCII characters without +", MaxName)
	}
	if c.Size, err = strconv.ParseUint(string(ln[1]), 10, 64); err != nil || strconv.FormatUint(c.Size, 10) != string(ln[1]) {
		return c, fmt.Errorf("size: want a decimal number without leading zeros, have %.40q", ln[1])
	}
	if c.Size > MaxSize {
		return c, fmt.Errorf("size: %d is above the limit %d", c.Size, uint64(MaxSize))
	}
	root, err := b64.DecodeString(string(ln[2]))
	if err != nil || len(root) != len(c.Root) {
		return c, fmt.Errorf("root: want 32 bytes in base64, have %.60q", ln[2])
	}
	copy(c.Root[:], root)
	rest, ok := bytes.CutPrefix(rest, []byte{'\n'})
	if !ok {
		return c, errors.New("text: want exactly three lines, then an empty one")
	}
	if len(rest) == 0 {
		return c, errors.New("signatures: want at least one")
	}
	for len(rest) > 0 {
		line, tail, ok := bytes.Cut(rest, []byte{'\n'})
		if !ok {
			return c, fmt.Errorf("signature %d: the line has no end", len(c.Sigs)+1)
		}
		s, err := parseSignature(line)
		if err != nil {
			return c, fmt.Errorf("signature %d: %w", len(c.Sigs)+1, err)
		}
		if _, twice := c.find(s.Name, s.Hash); twice {
			return c, fmt.Errorf("signature %d: %s has signed twice", len(c.Sigs)+1, s.Name)
		}
		if len(c.Sigs) == MaxSignatures {
			return c, fmt.Errorf("signatures: more than %d", MaxSignatures)
		}
		c.Sigs = append(c.Sigs, s)
		rest = tail
	}
	return c, nil
}

// parseSignature reads one signature line without its newline.
func parseSignature(line []byte) (Signature, error) {
	line, ok := bytes.CutPrefix(line, sigPrefix)
	if !ok {
		return Signature{}, errors.New("want a line that begins with an em dash and a space")
	}
	name, enc, _ := bytes.Cut(line, []byte{' '})
	if !validName(string(name)) {
		return Signature{}, fmt.Errorf("name: want 1 to %d visible ASCII characters without +", MaxName)
	}
	// The decoder skips line ends inside base64; the line has no \n left, \r is ours to refuse.
	if bytes.IndexByte(enc, '\r') >= 0 {
		return Signature{}, errors.New("base64: a carriage return")
	}
	raw, err := b64.DecodeString(string(enc))
	if err != nil || len(raw) < 5 {
		return Signature{}, errors.New("base64: want at least five bytes")
	}
	return Signature{Name: string(name), Hash: binary.BigEndian.Uint32(raw), Raw: raw[4:]}, nil
}

// find gives the signature of a name and key hash.
func (c Checkpoint) find(name string, hash uint32) (Signature, bool) {
	for _, s := range c.Sigs {
		if s.Name == name && s.Hash == hash {
			return s, true
		}
	}
	return Signature{}, false
}

// Verify checks the log's own signature (ZIP-215) by a key whose name is the
// origin, and that the origin is the one of id.
func (c Checkpoint) Verify(id ID, key party.Key) error {
	if c.Origin != id.Origin() {
		return fmt.Errorf("origin is %q, want %q", c.Origin, id.Origin())
	}
	v := LogVerifier(id, key)
	s, ok := c.find(v.Name(), v.KeyHash())
	if !ok {
		return errors.New("no signature by the log's key")
	}
	if !v.Verify(c.Text(), s.Raw) {
		return errors.New("the signature by the log's key is not valid")
	}
	return nil
}

// Bare gives c with the log's own signature only, as an author publishes it
// and a mirror stores it.
func (c Checkpoint) Bare(id ID, key party.Key) Checkpoint {
	v := LogVerifier(id, key)
	if s, ok := c.find(v.Name(), v.KeyHash()); ok {
		c.Sigs = []Signature{s}
	}
	return c
}

// Head gives what c says as a record.Head; the origin must have been checked.
func (c Checkpoint) Head(id ID) record.Head { return id.Head(c.Size, c.Root) }

// validName is the form of key names and origins: narrower than C2SP signed
// notes demand (any Unicode but space and plus), so that a name has one look.
func validName(s string) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '+' {
			return false
		}
	}
	return true
}

// keyHash is the C2SP key ID: the first four bytes of SHA-256(name \n type key).
func keyHash(name string, alg byte, key party.Key) uint32 {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{'\n', alg})
	h.Write(key[:])
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// noteKey is a note.Signer and note.Verifier over a party's key. The ones of
// the library check with crypto/ed25519, whose verdict on crafted signatures
// differs from ZIP-215, and its cosigner reads the clock; these do neither.
type noteKey struct {
	name   string
	alg    byte
	key    party.Key
	signer party.Signer // nil in a verifier
	at     uint64       // Unix seconds; cosigner only
}

func (k noteKey) Name() string    { return k.name }
func (k noteKey) KeyHash() uint32 { return keyHash(k.name, k.alg, k.key) }

// Verify reports whether sig, without the key hash, is k's signature of the
// note's text.
func (k noteKey) Verify(text, sig []byte) bool {
	if k.alg == algCosignature {
		at, sig, ok := splitCosignature(sig)
		return ok && k.key.Verify(cosigned(at, text), sig)
	}
	return len(sig) == 64 && k.key.Verify(text, sig)
}

// Sign gives the signature of text without the key hash.
func (k noteKey) Sign(text []byte) ([]byte, error) {
	if k.alg == algCosignature {
		sig, err := k.signer.Sign(cosigned(k.at, text))
		if err != nil {
			return nil, err
		}
		return append(binary.BigEndian.AppendUint64(nil, k.at), sig...), nil
	}
	return k.signer.Sign(text)
}

// LogVerifier checks checkpoints of id signed by key.
func LogVerifier(id ID, key party.Key) note.Verifier {
	return noteKey{name: id.Origin(), alg: algEd25519, key: key}
}

// LogSigner signs checkpoints of id.
func LogSigner(id ID, s party.Signer) note.Signer {
	return noteKey{name: id.Origin(), alg: algEd25519, key: s.Public(), signer: s}
}

// sign gives c with the signature of k added at the end. The signature is
// verified before it is handed out: a false one would leave a head under which
// the log never opens again, and of an Ed25519 key a fault while signing can
// tell the key.
func (c Checkpoint) sign(k note.Signer) (Checkpoint, error) {
	raw, err := k.Sign(c.Text())
	if err != nil {
		return c, fmt.Errorf("couldn't sign checkpoint %d of %s: %w", c.Size, c.Origin, err)
	}
	if v, ok := k.(note.Verifier); ok && !v.Verify(c.Text(), raw) {
		return c, fmt.Errorf("couldn't sign checkpoint %d of %s: the signer gave a signature that its key doesn't verify", c.Size, c.Origin)
	}
	c.Sigs = append(c.Sigs[:len(c.Sigs):len(c.Sigs)], Signature{Name: k.Name(), Hash: k.KeyHash(), Raw: raw})
	return c, nil
}
