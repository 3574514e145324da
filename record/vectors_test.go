package record

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"

	"filippo.io/edwards25519"

	"parley/party"
)

// goodVectors gives a leaf of every sample, and one whose signature only
// ZIP-215 accepts.
func goodVectors() (vs []vector) {
	k := signerOf("duty").Public()
	add := func(name, about string, leaf []byte) {
		r := must(Open(leaf, alwaysKey(k)))
		h := LeafHash(leaf)
		vs = append(vs, vector{Name: "good-" + name, About: about, Key: k, Leaf: hex.EncodeToString(leaf), Verdict: "good", LeafHash: &h, Record: must(json.Marshal(r))})
	}
	for _, x := range samples() {
		add(x.Name, "a record of kind "+string(x.Body.Kind()), must(Seal(x.Envelope, x.Body, signerOf("duty"))))
	}
	p, c := basis()
	add("signature-zip215", "R carries a component of small order: valid by ZIP-215, not by RFC 8032", join(p, c, torsionSignature(sigStructure(p, c))))
	return vs
}

// basis gives the protected header and the payload of one good record.
func basis() (protected, content []byte) {
	s := signerOf("duty")
	r := Record{Kind: KindSay, Version: Version, Key: s.Public().ID(), Envelope: envelopeOf("IL"), Body: Say{Text: "hello"}}
	return r.bytes()
}

// torsionSignature signs msg by "duty" with an R that carries a point of order 8.
func torsionSignature(msg []byte) []byte {
	private := goSigner("duty")
	h := sha512.Sum512(private.Seed())
	a := must(new(edwards25519.Scalar).SetBytesWithClamping(h[:32]))
	r := must(new(edwards25519.Scalar).SetUniformBytes(bytes.Repeat([]byte{7}, 64)))
	R := new(edwards25519.Point).ScalarBaseMult(r)
	R.Add(R, must(new(edwards25519.Point).SetBytes(unhexed(lowOrder[4]))))
	return crafted(msg, R.Bytes(), private.Public().(ed25519.PublicKey), r, a).sig
}

// badVectors gives hostile leaves. All but those about the signature are signed
// truly, so that nothing but their one fault can be what is refused.
func badVectors() (vs []vector) {
	s := signerOf("duty")
	k := s.Public()
	protected, content := basis()
	put := func(name, about, verdict, field string, leaf []byte) {
		vs = append(vs, vector{Name: "bad-" + name, About: about, Key: k, Leaf: hex.EncodeToString(leaf), Verdict: verdict, Field: field})
	}
	invalid := func(name, about, field string, leaf []byte) { put(name, about, "invalid", field, leaf) }
	sign := func(p, c []byte) []byte { return must(s.Sign(sigStructure(p, c))) }
	leafOf := func(p, c []byte) []byte { return join(p, c, sign(p, c)) }
	// hexOf replaces one piece of the payload.
	swap := func(b []byte, old, new string) []byte {
		o := unhexed(old)
		if bytes.Count(b, o) != 1 {
			panic("vector: " + old + " is not there once")
		}
		return bytes.Replace(b, o, unhexed(new), 1)
	}
	pay := func(old, new string) []byte { return leafOf(protected, swap(content, old, new)) }
	pro := func(old, new string) []byte { p := swap(protected, old, new); return leafOf(p, content) }
	good := leafOf(protected, content)
	sig := sign(protected, content)
	kid := "0448" + hex.EncodeToString(protected[len("a40127")/2+2:][:8])

	// The outer shape.
	invalid("empty", "no bytes", "leaf", nil)
	invalid("no-tag", "COSE_Sign1 without its tag", "leaf", good[1:])
	invalid("other-tag", "tag 98, COSE_Sign", "leaf", append([]byte{0xd8, 98}, good[1:]...))
	invalid("long-tag", "tag 18 written in two bytes", "leaf", append([]byte{0xd8, 18}, good[1:]...))
	invalid("two-tags", "tag 18 twice", "leaf", append([]byte{0xd2}, good...))
	invalid("trailing-byte", "a byte behind the end", "leaf", append(bytes.Clone(good), 0))
	invalid("cut-short", "the last byte is missing", "leaf", good[:len(good)-1])
	invalid("three-elements", "an array of three", "leaf", append([]byte{0xd2, 0x83}, good[2:len(good)-66]...))
	invalid("five-elements", "an array of five", "leaf", append(append([]byte{0xd2, 0x85}, good[2:]...), 0xa0))
	invalid("indefinite-array", "an array of no definite length", "leaf", append(append([]byte{0xd2, 0x9f}, good[2:]...), 0xff))
	i := 2 + len(mustMarshal(protected))
	invalid("unprotected-header", "a key id in the unprotected header", "unprotected",
		append(append(bytes.Clone(good[:i]), unhexed("a1044101")...), good[i+1:]...))
	invalid("detached-payload", "null in place of the payload", "leaf",
		append(append(append(bytes.Clone(good[:i]), 0xa0, 0xf6), 0x58, 0x40), sign(protected, nil)...))
	invalid("long-length", "a length in more bytes than it needs", "leaf",
		append(append(bytes.Clone(good[:2]), 0x59, 0x00, byte(len(protected))), good[2+2:]...))

	// The protected header.
	invalid("header-empty", "an empty protected header", "protected.alg", leafOf(unhexed("a0"), content))
	invalid("header-no-bytes", "no protected header", "protected", leafOf(nil, content))
	invalid("algorithm-es256", "another algorithm", "protected.alg", pro("0127", "0126"))
	invalid("header-no-key", "no key id", "protected.key", pro("a40127"+kid, "a30127"))
	invalid("header-short-key", "a key id of seven bytes", "protected.key", pro(kid, "0447"+kid[4:18]))
	invalid("header-other-key", "the id of another key", "protected.key", pro(kid, "04480102030405060708"))
	invalid("header-extra", "a further label in the header", "protected", pro("a40127", "a501270301"))
	invalid("header-order", "labels out of order", "protected.alg", pro("0127"+kid, kid+"0127"))
	invalid("header-trailing", "a byte behind the header", "protected", leafOf(append(bytes.Clone(protected), 0), content))
	invalid("version-0", "version 0", "protected.version", pro("3a0001117101", "3a0001117100"))
	put("version-2", "a newer version", "unreadable", "", pro("3a0001117101", "3a0001117102"))
	put("version-2-extra", "a newer version with a further label", "unreadable", "", leafOf(append(swap(swap(protected, "3a0001117101", "3a0001117102"), "a40127", "a50127"), unhexed("3a00011172f5")...), content))
	put("unknown-kind", "a kind of a newer release", "unreadable", "", pro("63736179", "6373617a"))
	invalid("kind-form", "a kind that can be none", "protected.kind", pro("63736179", "63536179"))
	invalid("other-kind", "the body is of another kind than the header says", "body", pro("63736179", "63656e64"))

	// The payload. 02a1026568656c6c6f is {2: {2: "hello"}}.
	invalid("payload-empty", "an empty payload", "payload", leafOf(protected, nil))
	invalid("payload-extra", "a third field in the payload", "payload", leafOf(protected, append(append([]byte{0xa3}, content[1:]...), 3, 1)))
	invalid("payload-no-body", "no body", "payload.body", pay("02a1026568656c6c6f", "")[:0])
	vs[len(vs)-1].Leaf = hex.EncodeToString(leafOf(protected, append([]byte{0xa1}, swap(content, "02a1026568656c6c6f", "")[1:]...)))
	invalid("payload-trailing", "a byte behind the payload", "payload", leafOf(protected, append(bytes.Clone(content), 0)))
	invalid("unknown-field", "an unknown field in the body", "body", pay("a1026568656c6c6f", "a2026568656c6c6f1101"))
	invalid("unknown-field-in-envelope", "an unknown field in the envelope", "payload.envelope", pay("0601"+"02a1", "06010af5"+"02a1")[:0])
	grown := swap(content, "060102a1", "06010af502a1")
	grown[2]++
	vs[len(vs)-1].Leaf = hex.EncodeToString(leafOf(protected, grown))
	invalid("order", "fields of the envelope out of order", "payload.envelope.party", pay("0262494c0301", "03010262494c"))
	invalid("twice", "a field twice", "body.text", pay("a1026568656c6c6f", "a2026568656c6c6f026568656c6c6f"))
	invalid("long-integer", "an integer in more bytes than it needs", "payload.envelope.lane", pay("0301", "031801"))
	invalid("long-label", "a label in more bytes than it needs", "body", pay("a1026568656c6c6f", "a118026568656c6c6f"))
	invalid("indefinite-text", "a text of no definite length", "body", pay("6568656c6c6f", "7f6568656c6c6fff")[:0])
	vs[len(vs)-1].Field = "payload"
	vs[len(vs)-1].Leaf = hex.EncodeToString(pay("6568656c6c6f", "7f6568656c6c6fff"))
	invalid("float", "the time as a float", "payload.envelope.composed", pay("1b00000165e8d41da0", "fb42765e8d41da0000"))
	invalid("tagged-time", "the time with tag 1", "payload", pay("1b00000165e8d41da0", "c11b00000165e8d41da0"))
	invalid("bignum", "the time as a bignum", "payload", pay("1b00000165e8d41da0", "c2480000165e8d41da00"))
	invalid("negative", "a negative time", "envelope.composed", pay("1b00000165e8d41da0", "20"))
	invalid("null", "null for a text", "body.text", pay("6568656c6c6f", "f6"))
	invalid("empty-optional", "an empty optional field", "payload.envelope.officer", pay("046464757479", "0460"))
	invalid("not-utf-8", "a text that is not UTF-8", "body.text", pay("6568656c6c6f", "65686ff06c6f"))
	invalid("bytes-for-text", "bytes where a text should be", "body.text", pay("6568656c6c6f", "4568656c6c6f"))
	invalid("nested", "an array nested forty deep", "payload", pay("6568656c6c6f", string(bytes.Repeat([]byte("81"), 40))+"00"))

	// What is said.
	unchecked := func(name, about, field string, e Envelope, b Body) { invalid(name, about, field, sealUnchecked(e, b)) }
	e := envelopeOf("IL")
	unchecked("bidi-override", "a character that turns the order of reading", "body.text", e, Say{Text: "hello\u202eolleh"})
	unchecked("control", "an escape sequence in a text", "body.text", e, Say{Text: "\x1b[2Jhello"})
	unchecked("ack-approved", "a level that is not in the list", "body.level", withRe(e), Ack{Level: "approved"})
	unchecked("ack-without-re", "an acknowledgement of nothing", "envelope.re", e, Ack{Level: LevelRead})
	unchecked("relayed-without-unit", "relayed, but not to whom", "body.unit", withRe(e), Ack{Level: LevelRelayed, At: evening})
	slow := e
	slow.Precedence = Ordinary
	unchecked("slow-stop", "a stop that is not flash", "envelope.precedence", slow, Say{Phrase: &Phrase{Code: CodeStop}})
	unchecked("charter-of-another-line", "a charter on a line that is not its own", "envelope.line", e, signedBy(charterOf("IL", "RU"), "IL", "RU"))

	// The signature.
	invalid("signature-short", "63 bytes of signature", "signature", join(protected, content, sig[:63]))
	invalid("signature-zero", "a signature of zeros", "signature", join(protected, content, make([]byte, 64)))
	invalid("signature-flipped", "one bit of the signature changed", "signature", join(protected, content, flip(sig)))
	invalid("signature-of-another", "signed by another key", "signature", join(protected, content, must(signerOf("other").Sign(sigStructure(protected, content)))))
	invalid("signature-of-payload", "signed without the header", "signature", join(protected, content, must(s.Sign(content))))
	high := bytes.Clone(sig)
	addOrder(high[32:])
	invalid("signature-high-s", "S increased by the order of the group", "signature", join(protected, content, high))
	invalid("changed-content", "signed, then changed", "signature", join(protected, swap(content, "6568656c6c6f", "6578656c6c6f"), sig))
	return vs
}

func flip(b []byte) []byte { b = bytes.Clone(b); b[10] ^= 4; return b }

func withRe(e Envelope) Envelope {
	r := refTo("RU", 4)
	e.Re = &r
	return e
}

// verdictOf says what happens to a leaf in the words of the vectors.
func verdictOf(leaf []byte, k party.Key) (string, string) {
	_, err := Open(leaf, alwaysKey(k))
	var inv *InvalidError
	var un *UnreadableError
	switch {
	case errors.As(err, &inv):
		return "invalid", inv.Field
	case errors.As(err, &un):
		return "unreadable", ""
	}
	return "good", ""
}
