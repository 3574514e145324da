package record

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"filippo.io/edwards25519"

	"parley/party"
)

// lowOrder are the eight encodings of the points of small order and the six
// further ones that are not canonical (y not reduced, or a sign on x = 0): the
// fourteen of which the 196 cases of ZIP-215 are made.
var lowOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func unhexed(s string) []byte { return must(hex.DecodeString(s)) }

// parsedWith gives a good leaf's shape with the signature and key of choice;
// Parse never sees keys, so only the key id is made to match.
func parsedWith(msg []byte, k party.Key, sig []byte) *Parsed {
	return &Parsed{Record: Record{Kind: KindSay, Version: 1, Key: k.ID(), Envelope: envelopeOf("IL"), Body: Say{Text: "x"}}, tbs: msg, sig: sig}
}

// TestZIP215IsWhatWeVerifyBy: all 196 pairs of a small-order key and a
// small-order R with S = 0 are valid signatures of "Zcash" by ZIP-215 (many are
// not by RFC 8032 or by Go's crypto/ed25519), alone and in one batch.
func TestZIP215IsWhatWeVerifyBy(t *testing.T) {
	var ps []*Parsed
	keys := map[party.KeyID]party.Key{}
	goAccepts := 0
	for _, a := range lowOrder {
		for _, r := range lowOrder {
			k := party.Key(unhexed(a))
			sig := append(unhexed(r), make([]byte, 32)...)
			p := parsedWith([]byte("Zcash"), k, sig)
			if err := p.Verify(k); err != nil {
				t.Errorf("A=%s R=%s: %v", a, r, err)
			}
			if ed25519.Verify(k[:], p.tbs, sig) {
				goAccepts++
			}
			ps, keys[k.ID()] = append(ps, p), k
		}
	}
	if goAccepts == len(ps) {
		t.Error("Go's crypto/ed25519 accepts all of them: the cases no longer tell the rules apart")
	}
	for i, err := range VerifyAll(ps, func(p *Parsed) (party.Key, bool) { k, ok := keys[p.Key]; return k, ok }) {
		if err != nil {
			t.Errorf("in a batch, case %d: %v", i, err)
		}
	}
}

// hostile gives signatures by the signer of "duty" that are good, false, and of
// every crafted kind that has divided verifiers.
func hostileSignatures() []*Parsed {
	private := goSigner("duty")
	pub := party.Key(private.Public().(ed25519.PublicKey))
	msg := []byte("a statement")
	good := ed25519.Sign(private, msg)
	change := func(f func(sig []byte)) []byte { s := bytes.Clone(good); f(s); return s }
	ps := []*Parsed{
		parsedWith(msg, pub, good),
		parsedWith([]byte("another"), pub, good),
		parsedWith(msg, pub, change(func(s []byte) { s[0] ^= 1 })),
		parsedWith(msg, pub, change(func(s []byte) { s[63] |= 0x80 })),
		parsedWith(msg, pub, make([]byte, 64)),
		parsedWith(msg, pub, bytes.Repeat([]byte{0xff}, 64)),
		parsedWith(msg, pub, change(func(s []byte) { addOrder(s[32:]) })), // S + L: malleable by the letter, refused by all
	}
	// R and A shifted by points of small order: valid by the cofactored equation only.
	h := sha512.Sum512(private.Seed())
	a := must(new(edwards25519.Scalar).SetBytesWithClamping(h[:32]))
	A := new(edwards25519.Point).ScalarBaseMult(a)
	for _, enc := range lowOrder {
		torsion := must(new(edwards25519.Point).SetBytes(unhexed(enc)))
		for _, shiftKey := range []bool{false, true} {
			r := must(new(edwards25519.Scalar).SetUniformBytes(bytes.Repeat([]byte{7}, 64)))
			R := new(edwards25519.Point).ScalarBaseMult(r)
			key := new(edwards25519.Point).Set(A)
			if shiftKey {
				key.Add(key, torsion)
			} else {
				R.Add(R, torsion)
			}
			ps = append(ps, crafted(msg, R.Bytes(), key.Bytes(), r, a))
		}
		// R itself of small order, as it is encoded: S = k*a.
		ps = append(ps, crafted(msg, unhexed(enc), A.Bytes(), new(edwards25519.Scalar), a))
		// A key of small order: anybody's signature.
		ps = append(ps, crafted(msg, new(edwards25519.Point).ScalarBaseMult(a).Bytes(), unhexed(enc), a, new(edwards25519.Scalar)))
	}
	notAPoint := bytes.Repeat([]byte{0x02}, 32)
	if _, err := new(edwards25519.Point).SetBytes(notAPoint); err != nil {
		ps = append(ps, parsedWith(msg, pub, append(bytes.Clone(notAPoint), make([]byte, 32)...)), parsedWith(msg, party.Key(notAPoint), good))
	}
	return ps
}

// crafted signs msg with R and the key as encoded: S = r + H(R,A,msg)*a.
func crafted(msg, R, A []byte, r, a *edwards25519.Scalar) *Parsed {
	h := sha512.Sum512(append(append(bytes.Clone(R), A...), msg...))
	k := must(new(edwards25519.Scalar).SetUniformBytes(h[:]))
	s := new(edwards25519.Scalar).MultiplyAdd(k, a, r)
	return parsedWith(msg, party.Key(A), append(bytes.Clone(R), s.Bytes()...))
}

// addOrder adds the order of the group to a little-endian scalar.
func addOrder(s []byte) {
	order := unhexed("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range s {
		carry += int(s[i]) + int(order[i])
		s[i], carry = byte(carry), carry>>8
	}
}

// TestABatchGivesTheVerdictsOfSingles, whatever stands beside what, in every
// size and order: no crafted signature is good alone and bad in company.
func TestABatchGivesTheVerdictsOfSingles(t *testing.T) {
	pool := hostileSignatures()
	keys := map[party.KeyID]party.Key{}
	verdict := map[*Parsed]bool{}
	for _, p := range pool {
		// The key of each is found by its id; crafted ones carry their own.
		verdict[p] = false
	}
	private := goSigner("duty")
	pub := party.Key(private.Public().(ed25519.PublicKey))
	keys[pub.ID()] = pub
	A := must(new(edwards25519.Point).SetBytes(pub[:]))
	for _, enc := range lowOrder {
		k := party.Key(unhexed(enc))
		keys[k.ID()] = k
		shifted := party.Key(new(edwards25519.Point).Add(A, must(new(edwards25519.Point).SetBytes(unhexed(enc)))).Bytes())
		keys[shifted.ID()] = shifted
	}
	k := party.Key(bytes.Repeat([]byte{0x02}, 32))
	keys[k.ID()] = k
	find := func(p *Parsed) (party.Key, bool) { k, ok := keys[p.Key]; return k, ok }
	goods := 0
	for _, p := range pool {
		key, ok := find(p)
		if !ok {
			t.Fatalf("no key %s", p.Key)
		}
		verdict[p] = p.Verify(key) == nil
		if verdict[p] {
			goods++
		}
	}
	if goods < 40 || goods == len(pool) {
		t.Fatalf("%d of %d are valid: the pool has lost its point", goods, len(pool))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		batch := make([]*Parsed, rnd.IntN(200))
		for i := range batch {
			batch[i] = pool[0]
			if round%3 != 0 || rnd.IntN(20) == 0 {
				batch[i] = pool[rnd.IntN(len(pool))]
			}
		}
		for i, err := range VerifyAll(batch, find) {
			if (err == nil) != verdict[batch[i]] {
				t.Fatalf("round %d, %d of %d: alone %v, in the batch %v", round, i, len(batch), verdict[batch[i]], err)
			}
		}
	}
}

// TestVerifyAllNamesEachFault: one unknown key, one of another's, one false
// signature among many good ones.
func TestVerifyAllNamesEachFault(t *testing.T) {
	s, other := signerOf("duty"), signerOf("other")
	var ps []*Parsed
	for i := range 300 {
		who := s
		if i == 70 {
			who = other
		}
		ps = append(ps, must(Parse(must(Seal(envelopeOf("IL"), Say{Text: fmt.Sprint("n", i)}, who)))))
	}
	ps[150].sig[5] ^= 1
	want := map[int]string{70: "protected.key", 150: "signature", 299: "protected.key"}
	errs := VerifyAll(ps, func(p *Parsed) (party.Key, bool) { return s.Public(), p != ps[299] })
	for i, err := range errs {
		var inv *InvalidError
		switch {
		case want[i] == "" && err != nil:
			t.Errorf("leaf %d: %v", i, err)
		case want[i] != "" && (!errors.As(err, &inv) || inv.Field != want[i]):
			t.Errorf("leaf %d: %v, want a fault of %s", i, err, want[i])
		}
	}
	if len(VerifyAll(nil, nil)) != 0 {
		t.Error("no leaves, but verdicts")
	}
}

// TestOpenWantsAKeyOfTheRoster: a leaf whose key nobody knows is invalid, and
// the error says whose it should have been.
func TestOpenWantsAKeyOfTheRoster(t *testing.T) {
	leaf := must(Seal(envelopeOf("IL"), Say{Text: "x"}, signerOf("duty")))
	_, err := Open(leaf, func(*Record) (party.Key, bool) { return party.Key{}, false })
	var inv *InvalidError
	if !errors.As(err, &inv) || inv.Field != "protected.key" || !bytes.Contains([]byte(inv.Why), []byte("duty of IL")) {
		t.Errorf("opened with no key: %v", err)
	}
	if _, err := Open(leaf, alwaysKey(signerOf("other").Public())); !errors.As(err, &inv) || inv.Field != "protected.key" {
		t.Errorf("opened with another's key: %v", err)
	}
}

func BenchmarkOpenBatch(b *testing.B) {
	s := signerOf("duty")
	var ps []*Parsed
	for i := range 512 {
		ps = append(ps, must(Parse(must(Seal(envelopeOf("IL"), Say{Text: fmt.Sprint(i)}, s)))))
	}
	for b.Loop() {
		VerifyAll(ps, func(*Parsed) (party.Key, bool) { return s.Public(), true })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ps)), "ns/leaf")
}
