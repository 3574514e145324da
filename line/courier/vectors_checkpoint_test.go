package courier

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"golang.org/x/mod/sumdb/tlog"

	"parley/line/historytest"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

type checkpointVector struct {
	Name        string    `json:"name"`
	About       string    `json:"about"`
	Origin      string    `json:"origin"`
	Key         party.Key `json:"public_key"`
	ReceiptName string    `json:"receipt_name"`
	ReceiptKey  party.Key `json:"receipt_key"`
	Leaves      []string  `json:"leaves"` // hex
	Note        []byte    `json:"note"`
	Verdict     string    `json:"verdict"`
	Field       string    `json:"field,omitempty"` // note, origin, signature, root or receipt
}

func judgeCheckpoint(v checkpointVector, id logbook.ID, leaves [][]byte) string {
	c, err := logbook.ParseCheckpoint(v.Note)
	if err != nil {
		return "note"
	}
	if c.Origin != id.Origin() {
		return "origin"
	}
	if c.Verify(id, v.Key) != nil {
		return "signature"
	}
	var hs hashes
	for i, l := range leaves {
		more, err := tlog.StoredHashes(int64(i), l, hs)
		if err != nil {
			panic(err)
		}
		hs = append(hs, more...)
	}
	root, err := tlog.TreeHash(int64(len(leaves)), hs)
	if err != nil || c.Size != uint64(len(leaves)) || record.Hash(root) != c.Root {
		return "root"
	}
	rs := c.Receipts()
	for _, r := range rs {
		if r.Name != v.ReceiptName || r.Verify(c, v.ReceiptKey) != nil {
			return "receipt"
		}
	}
	if len(c.Sigs) != 1+len(rs) {
		return "receipt"
	}
	return ""
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = h[x]
	}
	return out, nil
}

func TestTheVectorsOfCheckpointsAreTrue(t *testing.T) {
	seen := map[string]bool{}
	k := historytest.New(t, "IL-RU", "IL", "RU")
	k.Evening("IL", "RU")
	l := k.History("IL").Logs[0]
	for _, c := range checkpointCases(k) {
		v := checkpointVector{Name: c.name, About: c.about, Origin: l.ID.Origin(), Key: k.Sides["IL"].Log.Public(),
			ReceiptName: "RU/mirror", ReceiptKey: k.Sides["RU"].Receipt.Public(), Note: c.note, Verdict: "good"}
		for _, e := range l.Entries[:2] {
			v.Leaves = append(v.Leaves, hex.EncodeToString(e))
		}
		if v.Field = judgeCheckpoint(v, l.ID, l.Entries[:2]); v.Field != "" {
			v.Verdict = "invalid"
		}
		if strings.HasPrefix(c.name, "good-") != (v.Verdict == "good") {
			t.Errorf("%s: %s %s", c.name, v.Verdict, v.Field)
		}
		keepJSON(t, "checkpoint/"+v.Name+".json", v)
		seen[v.Name+".json"] = true
	}
	onlyThese(t, "checkpoint", seen)
}

type checkpointCase struct {
	name, about string
	note        []byte
}

func checkpointCases(k *historytest.Line) (out []checkpointCase) {
	put := func(name, about string, note []byte) { out = append(out, checkpointCase{name, about, note}) }
	logs := k.History("IL").Logs
	at := func(log, i int) []byte { return bytes.Clone(logs[log].Notes[i].Note) }
	swap := func(old, new string) []byte { return bytes.Replace(at(0, 1), []byte(old), []byte(new), 1) }
	via := func(f func(b *Bundle)) []byte {
		b := Bundle{History: k.History("IL")}
		f(&b)
		return b.History.Logs[0].Notes[1].Note
	}
	put("good-receipt", "a checkpoint of two entries with a receipt", at(0, 1))
	put("good-no-receipt", "without a receipt", via(func(b *Bundle) { sigs(b, 1, func(s []string) []string { return s[:1] }) }))
	put("good-torsion", "the author's R carries a component of small order: good by ZIP-215", via(func(b *Bundle) { torsion(b, 1) }))
	put("bad-other-size", "a checkpoint of another size", at(0, 2))
	put("bad-other-log", "another logbook's checkpoint", at(1, 1))
	put("bad-size", "a digit of the size changed", swap("\n2\n", "\n3\n"))
	put("bad-size-zero", "a size with a leading zero", swap("\n2\n", "\n02\n"))
	put("bad-size-plus", "a size with a sign", swap("\n2\n", "\n+2\n"))
	put("bad-size-huge", "a size beyond 2^48", swap("\n2\n", "\n281474976710657\n"))
	put("bad-carriage-return", "a carriage return", swap("\n2\n", "\r\n2\r\n"))
	put("bad-fourth-line", "a fourth line", swap("\n\n", "\nmore\n\n"))
	put("bad-no-signatures", "no signatures", via(func(b *Bundle) { sigs(b, 1, func([]string) []string { return nil }) }))
	put("bad-hyphen", "a hyphen in place of the dash", swap("\n\n—", "\n\n-"))
	put("bad-no-end", "the last line has no end", at(0, 1)[:len(at(0, 1))-1])
	put("bad-trailing", "a byte behind the end", append(at(0, 1), 'x'))
	put("bad-signature-bit", "a bit of the signature", via(func(b *Bundle) { bend(b, 1, 0, 20) }))
	put("bad-signature-high-s", "S increased by the order of the group", via(func(b *Bundle) { highS(b, 1, 0, 0) }))
	put("bad-key-hash", "a bit of the key hash", via(func(b *Bundle) { bendHash(b, 1, 0) }))
	put("bad-twice", "a signature twice", via(func(b *Bundle) { sigs(b, 1, func(s []string) []string { return append(s, s[0]) }) }))
	put("bad-base64", "a second form of the base64", swap("=\n\n", "\n\n"))
	put("bad-receipt-bit", "a bit of the receipt", via(func(b *Bundle) { bend(b, 1, 1, 30) }))
	put("bad-receipt-time", "the receipt's time changed", via(func(b *Bundle) { bend(b, 1, 1, 6) }))
	put("bad-receipt-high-s", "S of the receipt increased by the order of the group", via(func(b *Bundle) { highS(b, 1, 1, 8) }))
	put("bad-receipt-other-size", "the receipt of another size", via(func(b *Bundle) { receiptFrom(b, at(0, 2)) }))
	put("bad-receipt-other-log", "the receipt of another logbook", via(func(b *Bundle) { receiptFrom(b, at(2, 1)) }))
	put("bad-receipt-other-key", "a receipt by the author's party", via(func(b *Bundle) { receiptFrom(b, at(1, 1)) }))
	put("bad-receipt-other-name", "the receipt under another name", via(func(b *Bundle) {
		sigs(b, 1, func(s []string) []string { return []string{s[0], strings.Replace(s[1], "RU/", "SY/", 1)} })
	}))
	return out
}

// edit changes the raw bytes of one signature, without its key hash.
func edit(b *Bundle, i, sig int, f func([]byte)) {
	sigs(b, i, func(s []string) []string {
		j := strings.LastIndex(s[sig], " ") + 1
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s[sig][j:]))
		if err != nil {
			panic(err)
		}
		f(raw[4:])
		s[sig] = s[sig][:j] + base64.StdEncoding.EncodeToString(raw) + "\n"
		return s
	})
}

// highS adds the order of the group to S.
func highS(b *Bundle, i, sig, skip int) {
	order := keyOf("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	edit(b, i, sig, func(raw []byte) {
		carry := 0
		for j := range 32 {
			carry += int(raw[skip+32+j]) + int(order[j])
			raw[skip+32+j] = byte(carry)
			carry >>= 8
		}
	})
}

// torsion signs a checkpoint again with an R that has a part of order 8. The
// seed of IL's log key is historytest's.
func torsion(b *Bundle, i int) {
	text, _, _ := strings.Cut(string(il(b).Notes[i].Note), "\n\n")
	seed := [32]byte{1, 1}
	h := sha512.Sum512(seed[:])
	a, err := new(edwards25519.Scalar).SetBytesWithClamping(h[:32])
	if err != nil {
		panic(err)
	}
	r, err := new(edwards25519.Scalar).SetUniformBytes(bytes.Repeat([]byte{7}, 64))
	if err != nil {
		panic(err)
	}
	small := keyOf(order8)
	R, err := new(edwards25519.Point).SetBytes(small[:])
	if err != nil {
		panic(err)
	}
	R.Add(R, new(edwards25519.Point).ScalarBaseMult(r))
	key := new(edwards25519.Point).ScalarBaseMult(a).Bytes()
	sum := sha512.Sum512(slices.Concat(R.Bytes(), key, []byte(text+"\n")))
	c, err := new(edwards25519.Scalar).SetUniformBytes(sum[:])
	if err != nil {
		panic(err)
	}
	s := new(edwards25519.Scalar).MultiplyAdd(c, a, r)
	edit(b, i, 0, func(raw []byte) { copy(raw, append(R.Bytes(), s.Bytes()...)) })
}
