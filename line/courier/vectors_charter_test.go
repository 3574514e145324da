package courier

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"

	"parley/line"
	"parley/line/historytest"
	"parley/party"
	"parley/record"
)

type charterVector struct {
	Name     string   `json:"name"`
	About    string   `json:"about"`
	Charters []string `json:"charters"` // charter records, hex, from revision 0
	Verdict  string   `json:"verdict"`
	Field    string   `json:"field,omitempty"` // "charter 1"
}

func TestTheVectorsOfChartersAreTrue(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range charterCases {
		k := historytest.New(t, "IL-RU", "IL", "RU")
		c.put(k)
		v := charterVector{Name: c.name, About: c.about, Verdict: "good"}
		var before []record.Charter
		for i, raw := range k.Raw {
			v.Charters = append(v.Charters, hex.EncodeToString(raw))
			if next, err := follow(raw, before); err == nil {
				before = append(before, next)
			} else if v.Field == "" {
				v.Verdict, v.Field = "invalid", fmt.Sprintf("charter %d", i)
			}
		}
		if strings.HasPrefix(c.name, "good-") != (v.Verdict == "good") {
			t.Errorf("%s: %s %s", c.name, v.Verdict, v.Field)
		}
		keepJSON(t, "line/"+v.Name+".json", v)
		seen[v.Name+".json"] = true
	}
	onlyThese(t, "line", seen)
}

func follow(raw []byte, before []record.Charter) (record.Charter, error) {
	r, err := line.ParseCharterRecord(raw)
	if err != nil {
		return record.Charter{}, err
	}
	var prev *record.Charter
	if len(before) > 0 {
		prev = &before[len(before)-1]
	}
	c, _, err := r.Check(prev)
	if err != nil {
		return c, err
	}
	return c, r.Returns(c, before)
}

// card changes IL's card at revision 0 and signs again.
func card(f func(*party.Card)) func(*historytest.Line) {
	return func(k *historytest.Line) {
		c := k.Charter
		c.Cards = slices.Clone(c.Cards)
		c.Cards[0].Officers = slices.Clone(c.Cards[0].Officers)
		f(&c.Cards[0])
		resign(k, c)
	}
}

// resign puts c, which need not be valid, in the place of the first charter.
func resign(k *historytest.Line, c record.Charter) {
	r := record.CharterRecord{Charter: encodeCharter(c)}
	for _, id := range []party.ID{"IL", "RU"} {
		s, err := record.SignCharter(r.Charter, id, k.Sides[id].Chief)
		if err != nil {
			panic(err)
		}
		r.Signatures = append(r.Signatures, s)
	}
	raw, err := line.MarshalCharterRecord(r)
	if err != nil {
		panic(err)
	}
	k.Raw = [][]byte{raw}
}

func encodeCharter(c record.Charter) []byte {
	b, err := encode.Marshal(c)
	if err != nil {
		panic(err)
	}
	return b
}

func keyOf(s string) (k party.Key) {
	b, err := hex.DecodeString(s)
	if err != nil || copy(k[:], b) != len(k) {
		panic("key")
	}
	return k
}

const (
	order8    = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
	identity  = "0100000000000000000000000000000000000000000000000000000000000000"
	beyondP   = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" // y = p + 1
	minusZero = "0100000000000000000000000000000000000000000000000000000000000080"
)

// torsionKey is a key with a component of order 8: a point of large order in
// its canonical encoding, which may stand on a card.
func torsionKey() party.Key {
	h := sha512.Sum512(bytes.Repeat([]byte{5}, 32))
	a, err := new(edwards25519.Scalar).SetBytesWithClamping(h[:32])
	if err != nil {
		panic(err)
	}
	small := keyOf(order8)
	p, err := new(edwards25519.Point).SetBytes(small[:])
	if err != nil {
		panic(err)
	}
	return party.Key(p.Add(p, new(edwards25519.Point).ScalarBaseMult(a)).Bytes())
}

var charterCases = []struct {
	name, about string
	put         func(k *historytest.Line)
}{
	{"good-founded", "two parties, both chiefs have signed", func(*historytest.Line) {}},
	{"good-amended", "an amendment signed by both", func(k *historytest.Line) { k.Sign(nextOf(k)) }},
	{"good-key-torsion", "a key of large order with a component of small order", card(func(c *party.Card) { c.Log = torsionKey() })},
	{"bad-one-signature", "not signed by one", func(k *historytest.Line) {
		k.Raw[0] = edited(k, 0, func(r *record.CharterRecord) { r.Signatures = r.Signatures[:1] })
	}},
	{"bad-no-signature", "signed by nobody", func(k *historytest.Line) {
		k.Raw[0] = edited(k, 0, func(r *record.CharterRecord) { r.Signatures = nil })
	}},
	{"bad-signed-by-duty", "signed by an officer who is no chief", func(k *historytest.Line) { signedBy(k, k.Sides["IL"].Duty) }},
	{"bad-signed-by-the-other", "signed by the other party's chief", func(k *historytest.Line) { signedBy(k, k.Sides["RU"].Chief) }},
	{"bad-signed-by-a-stranger", "signed by a key on no card", func(k *historytest.Line) { signedBy(k, party.NewSigner([32]byte{99})) }},
	{"bad-signature-flipped", "a bit of a signature", func(k *historytest.Line) {
		k.Raw[0] = edited(k, 0, func(r *record.CharterRecord) { r.Signatures[1].Sig[3] ^= 1 })
	}},
	{"bad-signatures-order", "signatures not ascending", func(k *historytest.Line) {
		k.Raw[0] = edited(k, 0, func(r *record.CharterRecord) { slices.Reverse(r.Signatures) })
	}},
	{"bad-trailing", "a byte behind the end", func(k *historytest.Line) { k.Raw[0] = append(bytes.Clone(k.Raw[0]), 0) }},
	{"bad-cut", "the last byte is missing", func(k *historytest.Line) { k.Raw[0] = k.Raw[0][:len(k.Raw[0])-1] }},
	{"bad-second-encoding", "the map of the record with an indefinite length", func(k *historytest.Line) {
		k.Raw[0] = append(append([]byte{0xbf}, k.Raw[0][1:]...), 0xff)
	}},
	{"bad-chief-expired", "the chief's key ended before the charter was made", card(func(c *party.Card) { c.Officers[0].Until = historytest.Start })},
	{"bad-key-small-order", "a key of order 8", card(func(c *party.Card) { c.Log = keyOf(order8) })},
	{"bad-key-identity", "the identity as a key", card(func(c *party.Card) { c.Receipt = keyOf(identity) })},
	{"bad-key-beyond-p", "a key whose y is not below p", card(func(c *party.Card) { c.Node = keyOf(beyondP) })},
	{"bad-key-minus-zero", "a key with x = -0", card(func(c *party.Card) { c.Link = keyOf(minusZero) })},
	{"bad-key-twice", "one key for two kinds of statement", card(func(c *party.Card) { c.Receipt = c.Log })},
	{"bad-officer-twice", "two officers of one name", card(func(c *party.Card) { c.Officers[2].ID = "duty" })},
	{"bad-cards-order", "cards not ascending", func(k *historytest.Line) {
		c := k.Charter
		c.Cards = []party.Card{c.Cards[1], c.Cards[0]}
		resign(k, c)
	}},
	{"bad-mirror-missing", "a party that keeps no copy", func(k *historytest.Line) {
		c := k.Charter
		c.Mirrors = c.Mirrors[:1]
		resign(k, c)
	}},
	{"bad-nonce-zero", "no nonce", func(k *historytest.Line) {
		c := k.Charter
		c.Nonce = record.Nonce{}
		resign(k, c)
	}},
	{"good-comes-back", "a party of three leaves, and comes back with its own chief", func(k *historytest.Line) { leaves(k); returns(k) }},
	{"bad-comes-back-as-another", "a party comes back with keys that are not its own", func(k *historytest.Line) {
		leaves(k)
		k.Sides["SY"] = historytest.NewSide("SY", 9)
		returns(k)
	}},
	{"bad-put-off", "of two parties one puts the other off and takes in a third", func(k *historytest.Line) {
		k.Sides["SY"] = historytest.NewSide("SY", 3)
		c := nextOf(k)
		c.Cards = []party.Card{c.Cards[0], k.Sides["SY"].Card}
		c.Mirrors = []party.ID{"IL", "SY"}
		k.Sign(c)
	}},
	{"bad-amendment-previous", "a wrong hash of the charter before", func(k *historytest.Line) {
		c := nextOf(k)
		c.Previous = &record.Hash{1}
		k.Sign(c)
	}},
	{"bad-amendment-line", "an amendment of another line", func(k *historytest.Line) {
		c := nextOf(k)
		c.Line = &record.LineID{1}
		k.Sign(c)
	}},
	{"bad-amendment-skips", "a revision left out", func(k *historytest.Line) {
		c := nextOf(k)
		c.Revision++
		k.Sign(c)
	}},
	{"bad-amendment-earlier", "made before the charter before it", func(k *historytest.Line) {
		c := nextOf(k)
		c.Made = historytest.Start - 1
		k.Sign(c)
	}},
	{"bad-amendment-name", "another name for the line", func(k *historytest.Line) {
		c := nextOf(k)
		c.Name = "IL-SY"
		k.Sign(c)
	}},
	{"bad-amendment-exercise", "an exercise from now on", func(k *historytest.Line) {
		c := nextOf(k)
		c.Exercise = true
		k.Sign(c)
	}},
}

// signedBy has IL's signature made by another key.
func signedBy(k *historytest.Line, s party.Signer) {
	k.Raw[0] = edited(k, 0, func(r *record.CharterRecord) {
		sig, err := record.SignCharter(r.Charter, "IL", s)
		if err != nil {
			panic(err)
		}
		r.Signatures[0] = sig
	})
}

// leaves founds the line anew among three, one of whom then leaves.
func leaves(k *historytest.Line) {
	*k = *historytest.New(k.TB(), "IL-RU", "IL", "RU", "SY")
	c := nextOf(k)
	c.Cards, c.Mirrors = c.Cards[:2], c.Mirrors[:2]
	k.Sign(c)
}

func returns(k *historytest.Line) {
	c := nextOf(k)
	c.Cards = append(c.Cards, k.Sides["SY"].Card)
	c.Mirrors = []party.ID{"IL", "RU", "SY"}
	k.Sign(c)
}
