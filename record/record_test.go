package record

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/veraison/go-cose"
	"pgregory.net/rapid"

	"parley/party"
)

func alwaysKey(k party.Key) func(*Record) (party.Key, bool) {
	return func(*Record) (party.Key, bool) { return k, true }
}

// TestEveryKindIsSealedAndOpened: what goes in comes out, as a value.
func TestEveryKindIsSealedAndOpened(t *testing.T) {
	s, seen := signerOf("duty"), map[Kind]bool{}
	for _, x := range samples() {
		leaf, err := Seal(x.Envelope, x.Body, s)
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		r, err := Open(leaf, alwaysKey(s.Public()))
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		want := &Record{Kind: x.Body.Kind(), Version: 1, Key: s.Public().ID(), Envelope: x.Envelope, Body: x.Body}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%s: opened\n%+v, sealed\n%+v", x.Name, r, want)
		}
		seen[r.Kind] = true
	}
	for _, k := range Kinds() {
		if !seen[k] {
			t.Errorf("no sample of kind %s", k)
		}
		if newBody(k) == nil || value(newBody(k)).Kind() != k {
			t.Errorf("the empty body of kind %s is of another kind", k)
		}
	}
}

// TestABodyMayBeHandedInAsAPointer and a nil one is refused, not followed.
func TestABodyMayBeHandedInAsAPointer(t *testing.T) {
	e, s := envelopeOf("IL"), signerOf("duty")
	a, err := Seal(e, &Say{Text: "hello"}, s)
	b := must(Seal(e, Say{Text: "hello"}, s))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("pointer and value give different leaves (%v)", err)
	}
	for _, none := range []Body{nil, (*Say)(nil)} {
		if _, err := Seal(e, none, s); err == nil || !strings.Contains(err.Error(), "body: is missing") {
			t.Errorf("sealing no body: %v", err)
		}
	}
}

// TestWhatParsesIsWrittenAgainAsTheSameBytes for records of every shape.
func TestWhatParsesIsWrittenAgainAsTheSameBytes(t *testing.T) {
	s := signerOf("duty")
	rapid.Check(t, func(t *rapid.T) {
		x := genRecord().Draw(t, "record")
		leaf, err := Seal(x.Envelope, x.Body, s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(leaf, alwaysKey(s.Public()))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Seal(r.Envelope, r.Body, s)
		if err != nil || !bytes.Equal(again, leaf) {
			t.Fatalf("%v\n%x\n%x", err, leaf, again)
		}
		if !reflect.DeepEqual(r.Body, x.Body) {
			t.Fatalf("%#v became %#v", x.Body, r.Body)
		}
	})
}

// goSigner lets go-cose sign with a seed.
func goSigner(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("parley test key " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// TestAnotherCOSELibraryVerifiesWhatWeSeal: go-cose reads our leaf as a
// COSE_Sign1 and finds the signature good, and after any change of what is
// signed finds it bad.
func TestAnotherCOSELibraryVerifiesWhatWeSeal(t *testing.T) {
	private := goSigner("duty")
	v := must(cose.NewVerifier(cose.AlgorithmEdDSA, private.Public()))
	for _, x := range samples() {
		leaf := must(Seal(x.Envelope, x.Body, signerOf("duty")))
		var m cose.Sign1Message
		if err := m.UnmarshalCBOR(leaf); err != nil {
			t.Fatalf("%s: %v", x.Name, err)
		}
		if err := m.Verify(nil, v); err != nil {
			t.Errorf("%s: %v", x.Name, err)
		}
		if k := m.Headers.Protected[int64(-70001)]; k != string(x.Body.Kind()) {
			t.Errorf("%s: go-cose reads the kind %v", x.Name, k)
		}
		m.Payload[0] ^= 1
		if m.Verify(nil, v) == nil {
			t.Errorf("%s: go-cose verifies a changed payload", x.Name)
		}
	}
}

// TestWeOpenWhatAnotherCOSELibrarySigns, given the same header and payload; and
// the leaf is the very one that Seal makes.
func TestWeOpenWhatAnotherCOSELibrarySigns(t *testing.T) {
	private := goSigner("duty")
	s := must(cose.NewSigner(cose.AlgorithmEdDSA, crypto.Signer(private)))
	for _, x := range samples() {
		ours := must(Seal(x.Envelope, x.Body, signerOf("duty")))
		p := must(Parse(ours))
		_, content := p.bytes()
		m := cose.NewSign1Message()
		m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
		m.Headers.Protected[cose.HeaderLabelKeyID] = p.Key[:]
		m.Headers.Protected[int64(-70001)] = string(p.Kind)
		m.Headers.Protected[int64(-70002)] = int64(1)
		m.Payload = content
		if err := m.Sign(nil, nil, s); err != nil {
			t.Fatal(err)
		}
		theirs := must(m.MarshalCBOR())
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%s: go-cose writes %x, we %x", x.Name, theirs, ours)
		}
		if _, err := Open(theirs, alwaysKey(party.Key(private.Public().(ed25519.PublicKey)))); err != nil {
			t.Errorf("%s: %v", x.Name, err)
		}
	}
}

// TestAnyFlippedBitIsNoticed: no leaf with one bit changed opens.
func TestAnyFlippedBitIsNoticed(t *testing.T) {
	s := signerOf("duty")
	for _, x := range samples() {
		leaf := must(Seal(x.Envelope, x.Body, s))
		for i := range leaf {
			for bit := range 8 {
				leaf[i] ^= 1 << bit
				_, err := Open(leaf, alwaysKey(s.Public()))
				leaf[i] ^= 1 << bit
				if err == nil {
					t.Fatalf("%s: bit %d of byte %d changed, and it opens", x.Name, bit, i)
				}
				wantNamed(t, err)
			}
			if i > 300 {
				break // the rest of a long one is body text like the rest
			}
		}
	}
}

// wantNamed wants one of the two errors of a leaf, with a field.
func wantNamed(t *testing.T, err error) {
	t.Helper()
	var inv *InvalidError
	var un *UnreadableError
	switch {
	case errors.As(err, &inv):
		if inv.Field == "" || inv.Why == "" {
			t.Fatalf("%q names no field or no reason", err)
		}
	case !errors.As(err, &un):
		t.Fatalf("%T (%v) is neither *InvalidError nor *UnreadableError", err, err)
	}
}

// TestAShortenedOrLengthenedLeafIsInvalid at every length.
func TestAShortenedOrLengthenedLeafIsInvalid(t *testing.T) {
	leaf := must(Seal(envelopeOf("IL"), Say{Text: "hello"}, signerOf("duty")))
	for n := range leaf {
		if _, err := Parse(leaf[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes parse", n, len(leaf))
		} else {
			wantNamed(t, err)
		}
	}
	if _, err := Parse(append(bytes.Clone(leaf), 0)); err == nil {
		t.Fatal("a leaf with a byte behind its end parses")
	}
}

// TestParseKeepsNothingOfTheLeaf: the caller's buffer is the caller's.
func TestParseKeepsNothingOfTheLeaf(t *testing.T) {
	s := signerOf("duty")
	for _, x := range samples() {
		leaf := must(Seal(x.Envelope, x.Body, s))
		p := must(Parse(leaf))
		clear(leaf)
		if err := p.Verify(s.Public()); err != nil || !reflect.DeepEqual(p.Body, x.Body) {
			t.Errorf("%s: clearing the buffer changed what was parsed (%v)", x.Name, err)
		}
	}
}

// TestOversizeIsRefusedOnBothSides: Seal makes no leaf above MaxLeaf, and Parse
// looks at none.
func TestOversizeIsRefusedOnBothSides(t *testing.T) {
	s := signerOf("duty")
	n := Notice{Class: Activity, Text: strings.Repeat("x", MaxText)}
	for range 8 {
		v := box()
		n.Volumes = append(n.Volumes, v)
	}
	if _, err := Seal(envelopeOf("IL"), n, s); err != nil {
		t.Errorf("an ordinary large notice: %v", err)
	}
	big := Finding{What: FindingFork, Line: LineID{1}, Party: "RU", Text: strings.Repeat("é", MaxText/2)}
	for range 6 {
		big.Proof = append(big.Proof, make([]byte, MaxProofLen))
	}
	leaf, err := Seal(envelopeOf("IL"), big, s)
	if err != nil || len(leaf) > MaxLeaf {
		t.Errorf("the largest finding: %d bytes, %v", len(leaf), err)
	}
	_, err = Parse(make([]byte, MaxLeaf+1))
	if err == nil || !strings.Contains(err.Error(), "leaf: 60001 bytes, at most 60000") {
		t.Errorf("60001 bytes: %v", err)
	}
	var heads []Head
	for i := range MaxHeads {
		heads = append(heads, Head{"RU", Urgent, uint32(i + 1), 1, Hash{1}})
	}
	e := envelopeOf("IL")
	e.Seen = heads
	phrases := make([]Phrase, MaxPhrases)
	for i := range phrases {
		phrases[i].Code = "LONG"
		for j := range MaxParams {
			phrases[i].Params = append(phrases[i].Params, Param{"p" + strings.Repeat("x", j), strings.Repeat("y", MaxShort)})
		}
	}
	_, err = Seal(e, Relay{Origin: Hash{1}, Phrases: phrases, Text: strings.Repeat("z", MaxText)}, s)
	if err == nil || !strings.Contains(err.Error(), "leaf:") {
		t.Errorf("a relay of more than %d bytes: %v", MaxLeaf, err)
	}
}

// brokenSigner signs something else than it is asked to.
type brokenSigner struct{ party.Signer }

func (b brokenSigner) Sign(msg []byte) ([]byte, error) { return b.Signer.Sign(append(msg, 0)) }

// TestABrokenSignerPutsNothingIntoALog: Seal looks at the signature it was given.
func TestABrokenSignerPutsNothingIntoALog(t *testing.T) {
	_, err := Seal(envelopeOf("IL"), Say{Text: "hello"}, brokenSigner{signerOf("duty")})
	if err == nil || !strings.Contains(err.Error(), "doesn't verify") {
		t.Errorf("sealed with a broken signer: %v", err)
	}
}

// TestALeafHashIsRFC6962s: SHA-256 of a zero byte and the leaf.
func TestALeafHashIsRFC6962s(t *testing.T) {
	if got, want := LeafHash([]byte("abc")), Hash(sha256.Sum256([]byte("\x00abc"))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestCommitmentsAreApart: salt, content and domain each change a commitment,
// and an opening opens only what it should.
func TestCommitmentsAreApart(t *testing.T) {
	o := Origin{LineID{1}, refTo("IL", 3)}
	a, b := Commit(Hash{1}, []byte("four")), CommitOrigin(Hash{1}, o)
	if a == Commit(Hash{2}, []byte("four")) || a == Commit(Hash{1}, []byte("five")) {
		t.Error("another salt or content gives the same commitment")
	}
	if b == Commit(Hash{1}, mustMarshal(o)) {
		t.Error("an origin can be opened as a closed part")
	}
	if !(Opening{Label: "x", Salt: Hash{1}, Content: []byte("four")}).Opens(a) || !(Opening{Salt: Hash{1}, Origin: &o}).Opens(b) {
		t.Error("the true opening doesn't open")
	}
	if (Kept{Hash{1}, o}).Commitment() != b {
		t.Error("what the home line keeps isn't what the relay carries")
	}
	if (Opening{Salt: Hash{2}, Origin: &o}).Opens(b) || (Opening{Label: "x", Salt: Hash{1}, Content: []byte("four")}).Opens(b) {
		t.Error("a false opening opens")
	}
	want := sha256.Sum256(append(append([]byte("parley closed v1\n"), make([]byte, 32)...), "abc"...))
	if Commit(Hash{}, []byte("abc")) != Hash(want) {
		t.Error("the commitment isn't as specified")
	}
}

// muteSigner has a key that is out of reach.
type muteSigner struct{ party.Signer }

func (muteSigner) Sign([]byte) ([]byte, error) { return nil, errors.New("the key is locked") }
