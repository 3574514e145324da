package party

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func signerOf(name string) Signer { return NewSigner(sha256.Sum256([]byte(name))) }

func cardOf(id ID) Card {
	key := func(what string) Key { return signerOf(string(id) + what).Public() }
	return Card{Party: id, Name: "The party " + string(id), Log: key("log"), Receipt: key("receipt"), Node: key("node"), Link: key("link"),
		Officers: []Officer{
			{ID: "orlov", Name: "A. Orlov", Roles: []Role{Duty, Chief}, Key: key("orlov")},
			{ID: "b.cohen", Name: "ב. כהן", Roles: []Role{Deputy}, Key: key("cohen"), From: 1000, Until: 2000},
		},
		Addresses: []string{"node.example:7360", "[2001:db8::1]:443", "192.0.2.1:1"}}
}

// TestTheIDsOfPartiesAndOfficers: what may name them.
func TestTheIDsOfPartiesAndOfficers(t *testing.T) {
	for id, ok := range map[ID]bool{"IL": true, "RU": true, "UN-OPS": true, "A": true, "A123456789012345": true,
		"": false, "il": false, "1A": false, "-A": false, "A1234567890123456": false, "A B": false, "A/B": false, "Ä": false, "A\n": false} {
		if (id.Validate() == nil) != ok {
			t.Errorf("party %q: %v", id, id.Validate())
		}
	}
	for id, ok := range map[string]bool{"orlov": true, "a.b-c9": true, "": false, "Orlov": false, "9a": false, "a b": false,
		strings.Repeat("a", 32): true, strings.Repeat("a", 33): false} {
		if (CheckOfficerID(id) == nil) != ok {
			t.Errorf("officer %q: %v", id, CheckOfficerID(id))
		}
	}
}

// TestAKeySignsAndVerifies, and nothing else verifies.
func TestAKeySignsAndVerifies(t *testing.T) {
	s := signerOf("a")
	msg := []byte("a statement")
	sig, err := s.Sign(msg)
	if err != nil || !s.Public().Verify(msg, sig) {
		t.Fatal("its own signature doesn't verify", err)
	}
	if s.Public().Verify([]byte("another"), sig) || signerOf("b").Public().Verify(msg, sig) {
		t.Error("another message or key verifies")
	}
	for _, wrong := range [][]byte{nil, sig[:63], append(bytes.Clone(sig), 0)} {
		if s.Public().Verify(msg, wrong) {
			t.Errorf("%d bytes verify", len(wrong))
		}
	}
	if s.Public().Verify(msg, bytes.Repeat([]byte{0xff}, 64)) || (Key{}).Verify(nil, make([]byte, 10)) {
		t.Error("nonsense verifies")
	}
}

// TestRFC8032sFirstVector: seed, key and signature are those of the standard.
func TestRFC8032sFirstVector(t *testing.T) {
	seed, _ := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	s := NewSigner([32]byte(seed))
	sig, _ := s.Sign(nil)
	if p := s.Public(); hex.EncodeToString(p[:]) != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Errorf("key %x", p)
	}
	if hex.EncodeToString(sig) != "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" {
		t.Errorf("signature %x", sig)
	}
}

// TestGenerateUsesThatMuchChance: 32 bytes, no fewer, and gives back the seed.
func TestGenerateUsesThatMuchChance(t *testing.T) {
	s, seed, err := Generate(rand.Reader)
	if err != nil || NewSigner(seed).Public() != s.Public() {
		t.Errorf("%v", err)
	}
	if _, _, err := Generate(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("31 bytes of chance make a key")
	}
}

// TestAKeyIDIsItsHash under a domain of its own.
func TestAKeyIDIsItsHash(t *testing.T) {
	k := signerOf("a").Public()
	sum := sha256.Sum256(append([]byte("parley key v1\n"), k[:]...))
	if id := k.ID(); !bytes.Equal(id[:], sum[:8]) {
		t.Errorf("%s", id)
	}
}

// TestKeysInText go and come as base64, ids as hex, in one form only.
func TestKeysInText(t *testing.T) {
	k := signerOf("a").Public()
	id := k.ID()
	var k2 Key
	var id2 KeyID
	kt, _ := k.MarshalText()
	it, _ := id.MarshalText()
	if k2.UnmarshalText(kt) != nil || k2 != k || id2.UnmarshalText(it) != nil || id2 != id {
		t.Error("they don't come back")
	}
	for _, s := range []string{"", string(kt[:43]), string(kt) + "=", " " + string(kt), strings.Replace(string(kt), "=", "", 1), strings.Repeat("!", 44)} {
		if k2.UnmarshalText([]byte(s)) == nil {
			t.Errorf("%q is read as a key", s)
		}
	}
	for _, s := range []string{"", "00", strings.ToUpper("abcdefabcdefabcd"), "abcdefabcdefabcg", string(it) + "00"} {
		if id2.UnmarshalText([]byte(s)) == nil {
			t.Errorf("%q is read as a key id", s)
		}
	}
}

// TestKeysUnderWhichAnybodySignsAreRefused, as are points in a second encoding
// and bytes that are no point.
func TestKeysUnderWhichAnybodySignsAreRefused(t *testing.T) {
	for name, h := range map[string]string{
		"zero":          "0000000000000000000000000000000000000000000000000000000000000000",
		"the identity":  "0100000000000000000000000000000000000000000000000000000000000000",
		"of order 2":    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"of order 4":    "0000000000000000000000000000000000000000000000000000000000000080",
		"of order 8":    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"not canonical": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"no point":      "0200000000000000000000000000000000000000000000000000000000000000",
	} {
		b, _ := hex.DecodeString(h)
		if err := Key(b).Validate(); err == nil {
			t.Errorf("a key that is %s is accepted", name)
		}
	}
	if err := signerOf("a").Public().Validate(); err != nil {
		t.Errorf("an honest key: %v", err)
	}
}

// TestWordsAreThoseOfBIP39: the published vectors for 128 bits.
func TestWordsAreThoseOfBIP39(t *testing.T) {
	for h, want := range map[string]string{
		"00000000000000000000000000000000": "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
		"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f": "legal winner thank year wave sausage worth useful legal winner thank yellow",
		"80808080808080808080808080808080": "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
		"ffffffffffffffffffffffffffffffff": "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
		"9e885d952ad362caeb4efe34a8e91bd2": "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
		"f30f8c1da665478f49b001d94c5fc452": "vessel ladder alter error federal sibling chat ability sun glass valve picture",
	} {
		b, _ := hex.DecodeString(h)
		var hash [32]byte
		copy(hash[:], b)
		hash[31] = 0xee // words are of the first half only
		if got := strings.Join(Words(hash), " "); got != want {
			t.Errorf("%s: %s", h, got)
		}
	}
}

// TestAKeyIsOpenedByItsPassphraseOnly.
func TestAKeyIsOpenedByItsPassphraseOnly(t *testing.T) {
	seed := sha256.Sum256([]byte("secret"))
	b, err := EncryptKey(seed, "correct horse", 8)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(hex.EncodeToString(seed[:]))) || bytes.Contains(b, seed[:]) {
		t.Fatal("the seed stands in the file")
	}
	s, err := DecryptKey(b, "correct horse")
	if err != nil || s.Public() != NewSigner(seed).Public() {
		t.Fatalf("its own passphrase: %v", err)
	}
	if _, err := DecryptKey(b, "correct horsf"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := DecryptKey(b, ""); err == nil {
		t.Error("no passphrase opens it")
	}
	if _, err := EncryptKey(seed, "", 8); err == nil {
		t.Error("it is wrapped with no passphrase")
	}
	for _, wf := range []int{-1, MaxWorkFactor + 1, 1000} {
		if _, err := EncryptKey(seed, "x", wf); err == nil {
			t.Errorf("work factor %d", wf)
		}
	}
}

// TestADamagedKeyFileIsRefused wherever it is damaged, and one too large or
// too costly before any work.
func TestADamagedKeyFileIsRefused(t *testing.T) {
	b, err := EncryptKey([32]byte{1}, "pass", 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(b); i += 7 {
		x := bytes.Clone(b)
		x[i] ^= 1
		if s, err := DecryptKey(x, "pass"); err == nil && s.Public() != NewSigner([32]byte{1}).Public() {
			t.Fatalf("byte %d changed: another key comes out", i)
		}
		if _, err := DecryptKey(b[:i], "pass"); err == nil {
			t.Fatalf("the first %d bytes open", i)
		}
	}
	if _, err := DecryptKey(make([]byte, maxKeyFile+1), "pass"); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a huge file: %v", err)
	}
	costly := []byte("age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 30\nZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n")
	if _, err := DecryptKey(costly, "pass"); err == nil {
		t.Error("a file that asks for 1 TiB opens")
	}
}

// TestACardIsCheckedFieldByField.
func TestACardIsCheckedFieldByField(t *testing.T) {
	if err := cardOf("RU").Validate(); err != nil {
		t.Fatal(err)
	}
	for want, f := range map[string]func(*Card){
		`party "ru"`:                        func(c *Card) { c.Party = "ru" },
		"name is missing":                   func(c *Card) { c.Name = " " },
		"name is 65 bytes":                  func(c *Card) { c.Name = strings.Repeat("x", 65) },
		"name holds U+202E":                 func(c *Card) { c.Name = "a\u202eb" },
		"log is missing":                    func(c *Card) { c.Log = Key{} },
		"link is the same key as node":      func(c *Card) { c.Link = c.Node },
		"officers: 0 of them":               func(c *Card) { c.Officers = nil },
		"officers: 65 of them":              func(c *Card) { c.Officers = make([]Officer, 65) },
		"officers[0].id":                    func(c *Card) { c.Officers[0].ID = "" },
		`officers[1].id: "orlov" stands`:    func(c *Card) { c.Officers[1].ID = "orlov" },
		"officers[0].name":                  func(c *Card) { c.Officers[0].Name = "" },
		"officers[0].roles: at least":       func(c *Card) { c.Officers[0].Roles = nil },
		`officers[0].roles: "king"`:         func(c *Card) { c.Officers[0].Roles = []Role{"king"} },
		`officers[0].roles: "duty" stands`:  func(c *Card) { c.Officers[0].Roles = []Role{Duty, Duty} },
		"officers[1].key is the same key":   func(c *Card) { c.Officers[1].Key = c.Officers[0].Key },
		"officers[0].key is the same key":   func(c *Card) { c.Officers[0].Key = c.Log },
		"officers[1].until is not after":    func(c *Card) { c.Officers[1].Until = 1000 },
		"officers[1].from is outside":       func(c *Card) { c.Officers[1].From = -1 },
		"officers: none has the role chief": func(c *Card) { c.Officers[0].Roles = []Role{Duty} },
		"addresses: 9":                      func(c *Card) { c.Addresses = make([]string, 9) },
		`addresses[0]: "host"`:              func(c *Card) { c.Addresses[0] = "host" },
		`addresses[0]: ":80" is not`:        func(c *Card) { c.Addresses[0] = ":80" },
		`addresses[0]: "a b:80" is not`:     func(c *Card) { c.Addresses[0] = "a b:80" },
		`addresses[0]: "a:0" has no port`:   func(c *Card) { c.Addresses[0] = "a:0" },
		`addresses[0]: "a:080" has no port`: func(c *Card) { c.Addresses[0] = "a:080" },
		`addresses[0]: "a:65536" has`:       func(c *Card) { c.Addresses[0] = "a:65536" },
	} {
		c := cardOf("RU")
		f(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestTheFingerprintCoversTheWholeCard: any field changed is another one.
func TestTheFingerprintCoversTheWholeCard(t *testing.T) {
	base := cardOf("RU").Fingerprint()
	if base != cardOf("RU").Fingerprint() {
		t.Fatal("equal cards differ")
	}
	for name, f := range map[string]func(*Card){
		"party": func(c *Card) { c.Party = "R" }, "name": func(c *Card) { c.Name += "." }, "log": func(c *Card) { c.Log[0] ^= 1 },
		"receipt": func(c *Card) { c.Receipt[0] ^= 1 }, "node": func(c *Card) { c.Node[0] ^= 1 }, "link": func(c *Card) { c.Link[0] ^= 1 },
		"officer": func(c *Card) { c.Officers[1].Roles[0] = Chief }, "until": func(c *Card) { c.Officers[1].Until++ },
		"address": func(c *Card) { c.Addresses = c.Addresses[:2] },
	} {
		c := cardOf("RU")
		f(&c)
		if c.Fingerprint() == base {
			t.Errorf("another %s, the same fingerprint", name)
		}
	}
	n := reflect.TypeFor[Card]().NumField()
	if n != 8 {
		t.Errorf("the card has %d fields: say here what the new one does to the fingerprint", n)
	}
}

// TestAnOfficerIsGoodForATime: From included, Until not, both open if not given.
func TestAnOfficerIsGoodForATime(t *testing.T) {
	c := cardOf("RU")
	cohen, ok := c.Officer("b.cohen")
	if !ok {
		t.Fatal("no cohen")
	}
	if cohen.Holds(Deputy, 999) || !cohen.Holds(Deputy, 1000) || !cohen.Holds(Deputy, 1999) || cohen.Holds(Deputy, 2000) || cohen.Holds(Chief, 1500) {
		t.Error("the deputy holds the role at the wrong times")
	}
	orlov, ok := c.OfficerByKey(c.Officers[0].Key.ID())
	if !ok || orlov.ID != "orlov" || !orlov.Holds(Chief, 1) || !orlov.Holds(Duty, 1<<50) || orlov.Holds(Deputy, 1) {
		t.Error("orlov")
	}
	if _, ok := c.Officer("nobody"); ok {
		t.Error("nobody is an officer")
	}
	if _, ok := c.OfficerByKey(KeyID{}); ok {
		t.Error("no key is an officer's")
	}
	if ks := c.Keys(); len(ks) != 6 || ks[0] != c.Log || ks[5] != c.Officers[1].Key {
		t.Error("the keys of the card")
	}
}

// TestTextsThatBendWhatIsReadAreRefused, and scripts written from right to left
// are not.
func TestTextsThatBendWhatIsReadAreRefused(t *testing.T) {
	for _, good := range []string{"", "plain", "עברית, 35.4", "العربية", "می\u200cخواهم", "a\u200eb\u200fc\u061cd", "\uFFFD", "日本"} {
		if err := CheckLine(good, 100); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, evil := range []string{"a\x00", "\t", "a\nb", "\x1b[31m", "\u0085", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028", "\ufeff", "\U000e0041", "\xff", "\xc3", "\xed\xa0\x80"} {
		if CheckLine(evil, 100) == nil {
			t.Errorf("%q is a line", evil)
		}
	}
	if CheckText("a\nb", 3) != nil || CheckText("a\r\nb", 9) == nil || CheckText("ab\nc", 3) == nil {
		t.Error("texts of several lines")
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) })).Draw(t, "s")
		max := rapid.IntRange(0, 40).Draw(t, "max")
		c := Clean(s, max)
		if err := CheckText(c, max); err != nil {
			t.Fatalf("%q cleaned is %q: %v", s, c, err)
		}
		if CheckText(s, max) == nil && c != s {
			t.Fatalf("cleaning changed the good text %q", s)
		}
		if CheckLine(s, 50) == nil && (CheckText(s, 50) != nil || len(s) > 50) {
			t.Fatalf("%q is a line but no text", s)
		}
	})
}
