package logbook

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"

	"parley/party"
	"parley/record"
)

// signedHead gives a checkpoint that the author really signs, true or not.
func signedHead(t *testing.T, size uint64, root record.Hash) Checkpoint {
	t.Helper()
	c, err := Checkpoint{Origin: testID.Origin(), Size: size, Root: root}.sign(LogSigner(testID, author))
	must(t, err)
	return c
}

// What "proven" says of a fork must be so: that the notes and the copy show it to
// anybody. Entries given by a liar prove nothing about the log.
func TestAForkIsCalledProvenOnlyWhereItIs(t *testing.T) {
	all := leaves("a", "B", "c", "d", "e")
	for _, c := range []struct {
		what    string
		from    uint64
		entries [][]byte
		root    record.Hash
		proven  bool
	}{
		{"another history, shown from its first entry", 0, all, rootOf(all), true},
		{"entries from the first that lead nowhere", 0, leaves("a", "B", "c", "d", "X"), rootOf(all), false},
		{"another history, shown from our end", 2, leaves("c", "d", "e"), rootOf(all), false},
		{"a head that signs the tail alone", 2, leaves("c", "d", "e"), rootOf(leaves("c", "d", "e")), false},
	} {
		m := openMem(t, NewMemory())
		_, err := m.Accept(0, leaves("a", "b"), signedHead(t, 2, rootOf(leaves("a", "b"))).Marshal(), author.Public())
		must(t, err)
		_, err = m.Accept(c.from, c.entries, signedHead(t, 5, c.root).Marshal(), author.Public())
		var fork *ForkError
		if !errors.As(err, &fork) || fork.Proven != c.proven || fork.OurSize != 2 || fork.TheirSize != 5 || fork.Log != testID {
			t.Errorf("%s: %v, want proven %v", c.what, err, c.proven)
		}
		if !bytes.Equal(fork.Ours, m.Note()) || m.Size() != 2 {
			t.Errorf("%s: the proof is not our note", c.what)
		}
	}
	// Of an older or equal size our own copy is the proof.
	m := openMem(t, NewMemory())
	say(t, m, "a", "b", "c")
	for size := uint64(0); size <= 3; size++ {
		var fork *ForkError
		if err := m.Judge(signedHead(t, size, record.Hash{1}).Marshal(), author.Public()); !errors.As(err, &fork) || !fork.Proven {
			t.Errorf("a false head of size %d: %v", size, err)
		}
		root, err := m.RootAt(size)
		must(t, err)
		var old *OldError
		err = m.Judge(signedHead(t, size, root).Marshal(), author.Public())
		if size < 3 && (!errors.As(err, &old) || old.Size != size || old.Have != 3 || len(old.Note) == 0) || size == 3 && err != nil {
			t.Errorf("a true head of size %d: %v", size, err)
		}
	}
}

// A note may carry anything beside the author's line. Only that line counts, by
// name and key together, and only it is stored.
func TestOnlyTheAuthorsOwnLineCountsWhateverStandsBesideIt(t *testing.T) {
	root := rootOf(leaves("a"))
	good := signedHead(t, 1, root)
	own := good.Sigs[0]
	other := testID
	other.Lane = record.Routine
	elsewhere, err := Checkpoint{Origin: testID.Origin(), Size: 1, Root: root}.sign(LogSigner(other, author))
	must(t, err)
	by, err := Checkpoint{Origin: testID.Origin(), Size: 1, Root: root}.sign(LogSigner(testID, rogue))
	must(t, err)
	cut := func(s Signature, n int) Signature { s.Raw = append(bytes.Clone(s.Raw), 0, 0)[:n]; return s }
	cos, err := good.sign(ReceiptSigner(testID.Origin(), author, 1537209600000))
	must(t, err)
	for what, c := range map[string]struct {
		sigs []Signature
		good bool
	}{
		"the author's":                           {[]Signature{own}, true},
		"another's under the same name first":    {[]Signature{by.Sigs[0], own}, true},
		"another's under the same name behind":   {[]Signature{own, by.Sigs[0]}, true},
		"another's alone":                        {[]Signature{by.Sigs[0]}, false},
		"another's with the author's key hash":   {[]Signature{{own.Name, own.Hash, by.Sigs[0].Raw}}, false},
		"the author's with another's key hash":   {[]Signature{{own.Name, by.Sigs[0].Hash, own.Raw}}, false},
		"the author's under another log's name":  {[]Signature{elsewhere.Sigs[0]}, false},
		"a false line of the author's, two keys": {[]Signature{{own.Name, own.Hash, make([]byte, 64)}, {own.Name, 5, own.Raw}}, false},
		"one byte too few":                       {[]Signature{cut(own, 63)}, false},
		"one byte too many":                      {[]Signature{cut(own, 65)}, false},
		"a cosignature by the log's key":         {[]Signature{cos.Sigs[1]}, false},
		"a mirror's alone":                       {[]Signature{{"RU/mirror", 9, make([]byte, 72)}}, false},
		"31 strangers before":                    {append(strangers(31), own), true},
	} {
		n := Checkpoint{Origin: testID.Origin(), Size: 1, Root: root, Sigs: c.sigs}
		if _, err := ParseCheckpoint(n.Marshal()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		m, buf := openMem(t, NewMemory()), n.Marshal()
		_, err := m.Accept(0, leaves("a"), buf, author.Public())
		clear(buf) // what a log keeps or gives as proof is its own
		var sig *SignatureError
		switch {
		case c.good && (err != nil || !bytes.Equal(m.Note(), good.Marshal())):
			t.Errorf("%s: %v, stored\n%s", what, err, m.Note())
		case !c.good && (!errors.As(err, &sig) || m.Size() != 0 || !bytes.Equal(sig.Note, n.Marshal()) || sig.Name != testID.Origin()):
			t.Errorf("%s: %v", what, err)
		}
	}
	// A note of another log, signed under this log's name by this log's key,
	// speaks of the other log.
	stray, err := Checkpoint{Origin: other.Origin(), Size: 1, Root: root}.sign(LogSigner(testID, author))
	must(t, err)
	if err := stray.Verify(testID, author.Public()); err == nil || !strings.Contains(err.Error(), "origin is") {
		t.Errorf("a head of another log, signed under this one's name: %v", err)
	}
}

func strangers(n int) []Signature {
	var out []Signature
	for i := range n {
		out = append(out, Signature{Name: fmt.Sprintf("W%d", i), Hash: uint32(i), Raw: []byte{1, 2}})
	}
	return out
}

// torsion signs text so that the cofactored equation holds and the other does
// not: R is shifted by a point of order eight.
func torsion(t *testing.T, text []byte, seed byte) (party.Key, []byte) {
	t.Helper()
	small, err := new(edwards25519.Point).SetBytes(hexed(t, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
	must(t, err)
	scalar := func(b ...byte) *edwards25519.Scalar {
		h := sha512.Sum512(b)
		s, err := new(edwards25519.Scalar).SetUniformBytes(h[:])
		must(t, err)
		return s
	}
	a, r := scalar('a', seed), scalar('r', seed)
	A := new(edwards25519.Point).ScalarBaseMult(a).Bytes()
	R := new(edwards25519.Point).Add(new(edwards25519.Point).ScalarBaseMult(r), small).Bytes()
	k := scalar(append(append(bytes.Clone(R), A...), text...)...)
	return party.Key(A), append(R, new(edwards25519.Scalar).MultiplyAdd(k, a, r).Bytes()...)
}

func hexed(t *testing.T, s string) []byte {
	t.Helper()
	var id record.Hash
	must(t, id.UnmarshalText([]byte(s)))
	return id[:]
}

// plusOrder adds the order of the group to S: the same signature by the letter
// of some libraries, none by ZIP-215.
func plusOrder(t *testing.T, sig []byte) []byte {
	t.Helper()
	order, out, carry := hexed(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"), bytes.Clone(sig), 0
	for i := range 32 {
		carry += int(out[32+i]) + int(order[i])
		out[32+i], carry = byte(carry), carry>>8
	}
	return out
}

// A crafted signature that divides verifiers divides none here: on a checkpoint
// and as a receipt it is judged by the cofactored rules, and S above the order
// is refused in both places.
func TestCraftedSignaturesAreJudgedAlikeOnCheckpointsAndReceipts(t *testing.T) {
	text := Checkpoint{Origin: testID.Origin(), Size: 1, Root: rootOf(leaves("a"))}.Text()
	key, raw := torsion(t, text, 1)
	head := func(raw []byte) []byte {
		return Checkpoint{Origin: testID.Origin(), Size: 1, Root: rootOf(leaves("a")),
			Sigs: []Signature{{testID.Origin(), keyHash(testID.Origin(), algEd25519, key), raw}}}.Marshal()
	}
	m, err := Open(testID, NewMemory(), key)
	must(t, err)
	var sig *SignatureError
	if _, err := m.Accept(0, leaves("a"), head(plusOrder(t, raw)), key); !errors.As(err, &sig) {
		t.Errorf("S above the order on a checkpoint: %v", err)
	}
	if added, err := m.Accept(0, leaves("a"), head(raw), key); added != 1 || err != nil {
		t.Fatalf("a torsion signature on a checkpoint: %v", err)
	}
	if _, err := Open(testID, m.store, key); err != nil {
		t.Errorf("opened again: %v", err)
	}
	const at = 1537209600
	rkey, rsig := torsion(t, cosigned(at, text), 2)
	line := func(sig []byte) []byte {
		raw := append([]byte{0, 0, 0, 0, at >> 24 & 0xff, at >> 16 & 0xff, at >> 8 & 0xff, at & 0xff}, sig...)
		return Signature{"RU/mirror", keyHash("RU/mirror", algCosignature, rkey), raw}.append(nil)
	}
	if _, err := m.AddReceipt(1, line(plusOrder(t, rsig)), "RU/mirror", rkey); !errors.As(err, &sig) {
		t.Errorf("S above the order on a receipt: %v", err)
	}
	if added, err := m.AddReceipt(1, line(rsig), "RU/mirror", rkey); !added || err != nil {
		t.Errorf("a torsion signature as a receipt: %v", err)
	}
}

// sources gives the text of every Go file that is not a test, by path.
func sources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bin" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(strings.TrimPrefix(path, "../"))] = string(b)
		}
		return nil
	}))
	if len(out) < 50 {
		t.Fatalf("only %d files found", len(out))
	}
	return out
}

// callers gives the files in which a pattern stands.
func callers(files map[string]string, pattern string) []string {
	var out []string
	for path, text := range files {
		if regexp.MustCompile(pattern).MatchString(text) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Nothing that is shipped verifies Ed25519 by any other rules than party.Key and
// the batches of package record, which ZIP-215 is shown of.
func TestEverySignatureIsJudgedByZIP215(t *testing.T) {
	files := sources(t)
	if by := callers(files, `ed25519consensus\.`); !slices.Equal(by, []string{"party/keys.go", "record/verify.go"}) {
		t.Errorf("ZIP-215 is asked by %v", by)
	}
	for _, other := range []string{`\bed25519\.Verify`, `note\.NewVerifier`, `NewEd25519VerifierKey`, `NewVerifierForCosignatureV1`, `cose\.NewVerifier`} {
		if by := callers(files, other); len(by) > 0 {
			t.Errorf("%s is asked by %v", other, by)
		}
	}
}

// witnessed is a signer that keeps what it was asked to sign.
type witnessed struct {
	party.Signer
	signed [][]byte
}

func (w *witnessed) Sign(msg []byte) ([]byte, error) {
	w.signed = append(w.signed, bytes.Clone(msg))
	return w.Signer.Sign(msg)
}

// An Ed25519 cosignature doesn't bind the cosigner's name, so its key signs
// nothing else: one place makes receipts, all it signs is cosignatures, and no
// log's head, record or charter begins as one does.
func TestTheReceiptKeySignsNothingElse(t *testing.T) {
	files := sources(t)
	if by := callers(files, `\bReceiptSigner\(`); !slices.Equal(by, []string{"logbook/receipt.go", "logbook/receipting.go"}) {
		t.Errorf("receipts are made by %v", by)
	}
	logKey, receiptKey, officer := &witnessed{Signer: author}, &witnessed{Signer: mirror}, &witnessed{Signer: rogue}
	l := openMem(t, NewMemory())
	for i := range 5 {
		_, err := l.Append(leaves(fmt.Sprint(i)), logKey)
		must(t, err)
		line, err := l.Receipt(l.Size(), receiptKey, "RU/mirror", utcTime(1537209600000+int64(i)*1000))
		must(t, err)
		_, err = l.AddReceipt(l.Size(), line, "RU/mirror", receiptKey.Public())
		must(t, err)
	}
	if _, err := l.Append(leaves("x"), receiptKey); err == nil {
		t.Error("the receipt key signed the log")
	}
	e := record.Envelope{Line: testID.Line, Party: "IL", Lane: record.Urgent, Composed: 1537209540000, Precedence: record.Flash}
	_, err := record.Seal(e, record.Say{Text: "cosignature/v1\ntime 1\n"}, officer)
	must(t, err)
	_, err = record.SignCharter([]byte("cosignature/v1\n"), "IL", officer)
	must(t, err)
	if len(receiptKey.signed) != 5 || len(logKey.signed) != 5 || len(officer.signed) != 2 {
		t.Fatalf("%d receipts, %d heads, %d statements", len(receiptKey.signed), len(logKey.signed), len(officer.signed))
	}
	for _, msg := range receiptKey.signed {
		if !regexp.MustCompile(`^cosignature/v1\ntime [1-9][0-9]*\nparley/1/[0-9a-f]{64}/IL/urgent/1\n[1-9]\n\S{44}\n$`).Match(msg) {
			t.Errorf("the receipt key signed %q", msg)
		}
	}
	for _, msg := range append(logKey.signed, officer.signed...) {
		if bytes.HasPrefix(msg, []byte("cosig")) {
			t.Errorf("another key signed what reads as a receipt: %q", msg)
		}
	}
}

// A receipt is bound to its checkpoint, its key and its name; a mirror's line
// that none of the receipts is made of counts for nothing.
func TestAReceiptIsBoundToAllThatItSays(t *testing.T) {
	l := openMem(t, NewMemory())
	say(t, l, "a")
	say(t, l, "b")
	line, err := l.Receipt(1, mirror, "RU/mirror", 1537209600000)
	must(t, err)
	r, err := ParseReceipt(line)
	must(t, err)
	at := func(size uint64) Checkpoint {
		n, err := l.NoteAt(size)
		must(t, err)
		c, err := ParseCheckpoint(n)
		must(t, err)
		return c
	}
	must(t, r.Verify(at(1), mirror.Public()))
	other := at(1)
	other.Origin = strings.Replace(other.Origin, "urgent", "routine", 1)
	for what, err := range map[string]error{
		"another size":    r.Verify(at(2), mirror.Public()),
		"another log":     r.Verify(other, mirror.Public()),
		"another key":     r.Verify(at(1), rogue.Public()),
		"the log's key":   r.Verify(at(1), author.Public()),
		"a wrong hash":    Receipt{r.Name, r.At, Signature{r.Name, r.sig.Hash + 1, r.sig.Raw}}.Verify(at(1), mirror.Public()),
		"a shifted clock": Receipt{r.Name, r.At, Signature{r.Name, r.sig.Hash, append([]byte{0, 0, 0, 0, 0, 0, 0, 1}, r.sig.Raw[8:]...)}}.Verify(at(1), mirror.Public()),
	} {
		if err == nil {
			t.Errorf("a receipt verifies with %s", what)
		}
	}
	c := at(1)
	c.Sigs = append(c.Sigs, r.sig, Signature{"UN/witness", 1, r.sig.Raw}, Signature{"/mirror", 2, r.sig.Raw}, Signature{"ru/mirror", 3, r.sig.Raw},
		Signature{"RU/mirror/mirror", 4, r.sig.Raw}, Signature{"SY/mirror", 5, []byte("no cosignature")}, Signature{"RU/mirror", 6, r.sig.Raw})
	if names := CosignerNames(c.Marshal()); !slices.Equal(names, []string{"RU/mirror"}) {
		t.Errorf("cosigned by %v", names)
	}
	if rs := c.Receipts(); len(rs) != 2 { // of one name, by two keys: both are shown
		t.Errorf("receipts %v", rs)
	}
	if CosignerNames([]byte("no note")) != nil {
		t.Error("rubbish has cosigners")
	}
	own := Checkpoint{Origin: "RU/mirror", Size: 1, Sigs: []Signature{{"RU/mirror", 1, r.sig.Raw}}}
	if len(own.Receipts()) != 0 {
		t.Error("a log named as a mirror gives itself receipts")
	}
	if c := at(2); c.Head(testID) != l.Head() {
		t.Errorf("the checkpoint's head is %+v", c.Head(testID))
	}
}

// slip is a signer whose hardware has a fault: one bit of each signature.
type slip struct{ party.Signer }

func (s slip) Sign(msg []byte) ([]byte, error) {
	sig, err := s.Signer.Sign(msg)
	if err == nil {
		sig[40] ^= 4
	}
	return sig, err
}

// mute is a signer whose key is out of reach.
type mute struct{ party.Signer }

func (mute) Sign([]byte) ([]byte, error) { return nil, errDisk }

// Neither a false signature nor none gets into a log or out of it: the log is as
// it was, is not broken, and goes on with a signer that works.
func TestABrokenSignerPutsNothingIntoALogbook(t *testing.T) {
	for what, broken := range map[string]func(party.Signer) party.Signer{
		"a false signature": func(s party.Signer) party.Signer { return slip{s} },
		"no signature":      func(s party.Signer) party.Signer { return mute{s} },
	} {
		mem := NewMemory()
		l := openMem(t, mem)
		say(t, l, "a")
		before := l.Head()
		if _, err := l.Append(leaves("b"), broken(author)); err == nil || !strings.Contains(err.Error(), "couldn't sign checkpoint 2") {
			t.Errorf("%s: appended: %v", what, err)
		}
		if line, err := l.Receipt(1, broken(mirror), "RU/mirror", 1537209600000); err == nil {
			t.Errorf("%s: receipted: %q", what, line)
		}
		if l.Head() != before || l.Broken() != nil || len(mem.entries) != 1 {
			t.Errorf("%s: the log has changed", what)
		}
		say(t, l, "c")
		must(t, openMem(t, mem).CheckAll())
	}
}
