package logbook

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"parley/party"
	"parley/record"
)

var (
	author = party.NewSigner([32]byte{1})
	mirror = party.NewSigner([32]byte{2})
	rogue  = party.NewSigner([32]byte{3})
	testID = ID{Line: record.LineID{0xab, 0xcd}, Party: "IL", Lane: record.Urgent, Incarnation: 1}
)

// skey gives the library's form of a signer key.
func skey(name string, alg byte, seed [32]byte) string {
	pub := party.NewSigner(seed).Public()
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, keyHash(name, alg, pub),
		base64.StdEncoding.EncodeToString(append([]byte{alg}, seed[:]...)))
}

// vkey gives the library's form of a verifier key.
func vkey(name string, alg byte, pub party.Key) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, pub), base64.StdEncoding.EncodeToString(append([]byte{alg}, pub[:]...)))
}

func sample(t testing.TB) []byte {
	t.Helper()
	l := openMem(t, NewMemory())
	say(t, l, "a", "b", "c")
	line, err := l.Receipt(3, mirror, "RU/mirror", 1537209600000)
	must(t, err)
	_, err = l.AddReceipt(3, line, "RU/mirror", mirror.Public())
	must(t, err)
	return l.Note()
}

func TestTheLibrariesReadOurCheckpointAndReceipt(t *testing.T) {
	n := sample(t)
	libKey, err := note.NewEd25519VerifierKey(testID.Origin(), ed25519.PublicKey(keyBytes(author)))
	must(t, err)
	logV, err := note.NewVerifier(libKey)
	must(t, err)
	cosV, err := fnote.NewVerifierForCosignatureV1(vkey("RU/mirror", algCosignature, mirror.Public()))
	must(t, err)
	cp, rest, opened, err := flog.ParseCheckpoint(n, testID.Origin(), logV, cosV)
	must(t, err)
	if len(rest) != 0 || len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 || cp.Size != 3 {
		t.Fatalf("library read %+v, rest %q, %d signatures", cp, rest, len(opened.Sigs))
	}
	at, err := fnote.CoSigV1Timestamp(opened.Sigs[1])
	must(t, err)
	c, err := ParseCheckpoint(n)
	must(t, err)
	if r := c.Receipts(); len(r) != 1 || r[0].At.Std() != at.UTC() || r[0].Name != "RU/mirror" {
		t.Fatalf("receipts %+v, library says %s", r, at)
	}
	if !bytes.Equal(cp.Hash, c.Root[:]) || cp.Origin != c.Origin {
		t.Fatal("library and we read different heads")
	}
}

func keyBytes(s party.Signer) []byte { k := s.Public(); return k[:] }

func TestWeReadWhatTheLibrariesSign(t *testing.T) {
	ls, err := note.NewSigner(skey(testID.Origin(), algEd25519, [32]byte{1}))
	must(t, err)
	cs, err := fnote.NewSignerForCosignatureV1(skey("RU/mirror", algCosignature, [32]byte{2}))
	must(t, err)
	root := record.Hash{1, 2, 3}
	text := flog.Checkpoint{Origin: testID.Origin(), Size: 77, Hash: root[:]}.Marshal()
	msg, err := note.Sign(&note.Note{Text: string(text)}, ls, cs)
	must(t, err)
	c, err := ParseCheckpoint(msg)
	must(t, err)
	must(t, c.Verify(testID, author.Public()))
	if c.Size != 77 || c.Root != root {
		t.Fatalf("read %+v", c)
	}
	rs := c.Receipts()
	if len(rs) != 1 {
		t.Fatalf("receipts %v", rs)
	}
	must(t, rs[0].Verify(c, mirror.Public()))
	if rs[0].Verify(c, rogue.Public()) == nil || c.Verify(testID, rogue.Public()) == nil {
		t.Fatal("another key verified")
	}
}

// Our signers stand in for the library's anywhere it takes one.
func TestOurSignersAreTheLibrarysSigners(t *testing.T) {
	text := string(Checkpoint{Origin: testID.Origin(), Size: 1}.Text())
	msg, err := note.Sign(&note.Note{Text: text}, LogSigner(testID, author), ReceiptSigner("RU/mirror", mirror, 1537209600000))
	must(t, err)
	n, err := note.Open(msg, note.VerifierList(LogVerifier(testID, author.Public()), ReceiptVerifier("RU/mirror", mirror.Public())))
	must(t, err)
	if len(n.Sigs) != 2 {
		t.Fatalf("%d signatures verified", len(n.Sigs))
	}
	c, err := ParseCheckpoint(msg)
	must(t, err)
	if !bytes.Equal(c.Marshal(), msg) {
		t.Fatal("the library writes another form")
	}
}

func TestACheckpointHasOneForm(t *testing.T) {
	good := string(sample(t))
	lines := strings.SplitAfter(good, "\n")
	join := func(edit func([]string) []string) string {
		return strings.Join(edit(append([]string(nil), lines...)), "")
	}
	for what, c := range map[string]struct{ note, want string }{
		"nothing":                {"", "origin: the line has no end"},
		"no signature":           {strings.Join(lines[:4], ""), "signatures: want at least one"},
		"no empty line":          {join(func(l []string) []string { return append(l[:3], l[4:]...) }), "exactly three lines"},
		"an extension line":      {join(func(l []string) []string { l[2] += "more\n"; return l }), "exactly three lines"},
		"a leading zero":         {join(func(l []string) []string { l[1] = "03\n"; return l }), "size: want a decimal"},
		"a sign":                 {join(func(l []string) []string { l[1] = "+3\n"; return l }), "size: want a decimal"},
		"an absurd size":         {join(func(l []string) []string { l[1] = "281474976710657\n"; return l }), "above the limit"},
		"a size beyond integers": {join(func(l []string) []string { l[1] = "99999999999999999999\n"; return l }), "size: want"},
		"a short root":           {join(func(l []string) []string { l[2] = l[2][4:]; return l }), "root: want 32 bytes"},
		"loose base64":           {join(func(l []string) []string { l[2] = l[2][:42] + "B=\n"; return l }), "root: want 32 bytes"},
		"a space in the origin":  {" " + good, "origin: want"},
		"a plus in the origin":   {"a+" + good, "origin: want"},
		"a hyphen for the dash":  {join(func(l []string) []string { l[4] = "-" + l[4][len("—"):]; return l }), "em dash"},
		"no end of line":         {strings.TrimSuffix(good, "\n"), "the line has no end"},
		"a carriage return":      {join(func(l []string) []string { l[4] = strings.TrimSuffix(l[4], "\n") + "\r\n"; return l }), "carriage return"},
		"a signature twice":      {good + lines[4], "signed twice"},
		"too many signatures":    {good + manySignatures(MaxSignatures), "more than 32"},
		"too many bytes":         {good + strings.Repeat("x", MaxNote), "the limit is 16384"},
	} {
		if _, err := ParseCheckpoint([]byte(c.note)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	c, err := ParseCheckpoint([]byte(good))
	must(t, err)
	if string(c.Marshal()) != good {
		t.Fatal("what parses does not write back the same")
	}
}

func manySignatures(n int) string {
	var b []byte
	for i := range n {
		b = Signature{Name: fmt.Sprintf("W%d", i), Hash: uint32(i), Raw: []byte{1}}.append(b)
	}
	return string(b)
}

func TestOnlyTheExactTextAndKeyVerify(t *testing.T) {
	n := sample(t)
	other := testID
	other.Lane = record.Routine
	c, err := ParseCheckpoint(n)
	must(t, err)
	if c.Verify(other, author.Public()) == nil {
		t.Fatal("verified under another log's name")
	}
	for i := range n { // any flipped byte breaks the form, the signature or the receipt
		bad := bytes.Clone(n)
		bad[i] ^= 0x01
		c, err := ParseCheckpoint(bad)
		if err != nil || c.Verify(testID, author.Public()) != nil {
			continue
		}
		if rs := c.Receipts(); len(rs) == 1 && rs[0].Name == "RU/mirror" && rs[0].Verify(c, mirror.Public()) == nil {
			t.Fatalf("byte %d flipped and everything verifies:\n%s", i, bad)
		}
	}
}

func TestAnOriginHasOneForm(t *testing.T) {
	hx := strings.Repeat("ab", 32)
	id, err := ParseOrigin("parley/1/" + hx + "/UN-OPS/routine/7")
	must(t, err)
	if hex.EncodeToString(id.Line[:]) != hx || id.Party != "UN-OPS" || id.Lane != record.Routine || id.Incarnation != 7 || id.String() != "UN-OPS/routine#7" {
		t.Fatalf("read %+v", id)
	}
	for _, bad := range []string{
		"", "parley/1/", "parley/2/" + hx + "/IL/urgent/1", "parley/1/" + hx + "/IL/urgent",
		"parley/1/" + hx[1:] + "/IL/urgent/1", "parley/1/" + strings.ToUpper(hx) + "/IL/urgent/1",
		"parley/1/" + hx + "/il/urgent/1", "parley/1/" + hx + "/IL/Urgent/1", "parley/1/" + hx + "/IL/urgent/0",
		"parley/1/" + hx + "/IL/urgent/01", "parley/1/" + hx + "/IL/urgent/+1", "parley/1/" + hx + "/IL/urgent/4294967296",
		"parley/1/" + hx + "/I L/urgent/1", "parley/1/" + hx + "/IL/urgent/1/", "parley/1/" + strings.Repeat("zz", 32) + "/IL/urgent/1",
	} {
		if id, err := ParseOrigin(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, id)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := ID{Party: party.ID(rapid.StringMatching(`[A-Z][A-Z0-9-]{0,15}`).Draw(t, "party")),
			Lane:        record.Lane(rapid.IntRange(1, 2).Draw(t, "lane")),
			Incarnation: rapid.Uint32Min(1).Draw(t, "incarnation")}
		copy(id.Line[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "line"))
		if got, err := ParseOrigin(id.Origin()); err != nil || got != id {
			t.Fatalf("%+v came back as %+v, %v", id, got, err)
		}
	})
}

func TestThePartyRuleIsThePartyPackages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9 -]{0,18}`), rapid.String()).Draw(t, "name")
		if ours, theirs := validPartyID(s), party.ID(s).Validate() == nil; ours != theirs {
			t.Fatalf("%q: here %v, in party %v", s, ours, theirs)
		}
	})
	if MaxLeaf != record.MaxLeaf {
		t.Fatalf("MaxLeaf %d, record has %d", MaxLeaf, record.MaxLeaf)
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	n := sample(f)
	f.Add(n)
	f.Add(bytes.ReplaceAll(n, []byte("\n3\n"), []byte("\n0\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCheckpoint(b)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Marshal(), b) {
			t.Fatalf("%q writes back as %q", b, c.Marshal())
		}
		if _, err := note.Open(b, nil); err != nil {
			if _, ok := err.(*note.UnverifiedNoteError); !ok {
				t.Fatalf("the library refuses %q: %v", b, err)
			}
		}
		var fc flog.Checkpoint
		if rest, err := fc.Unmarshal(c.Text()); err != nil || len(rest) != 0 || fc.Size != c.Size {
			t.Fatalf("the library reads %q as %+v, %v", c.Text(), fc, err)
		}
		c.Verify(testID, author.Public())
		c.Receipts()
		CosignerNames(b)
	})
}

func FuzzParseReceipt(f *testing.F) {
	c, _ := ParseCheckpoint(sample(f))
	f.Add(c.Receipts()[0].Line())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Line(), b) {
			t.Fatalf("%q writes back as %q", b, r.Line())
		}
		if !r.At.Valid() {
			t.Fatalf("time %d", r.At)
		}
	})
}
