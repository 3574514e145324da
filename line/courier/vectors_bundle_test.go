package courier

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"parley/line"
	"parley/line/historytest"
	"parley/logbook"
	"parley/record"
)

func bundleVectors(t *testing.T) (out []bundleVector) {
	file := func(name, about string, b []byte) {
		out = append(out, bundleVector{Name: name, About: about, file: b})
	}
	base := evening(t)
	whole := export(t, base)
	file("good-evening", "two parties, one of each thing that is said", whole)
	fileVectors(base, whole, file)
	file("bad-two-checkpoints", "two signed checkpoints of one size that cannot both be true", export(t, forked(t)))
	file("bad-true-own-receipt", "a party's true receipt of its own logbook", export(t, ownReceipt(t)))
	for _, c := range spoiled {
		b := evening(t)
		c.spoil(&b)
		file(c.name, c.about, export(t, b))
	}
	for _, c := range said {
		k := historytest.New(t, "IL-RU", "IL", "RU")
		k.Evening("IL", "RU")
		c.put(k)
		file(c.name, c.about, export(t, Bundle{Line: k.ID, Exporter: "IL", Made: k.Now, History: k.History("IL")}))
	}
	return out
}

// forked is a copy with a second, truly signed checkpoint of the same size.
func forked(t *testing.T) Bundle {
	k, other := historytest.New(t, "IL-RU", "IL", "RU"), historytest.New(t, "IL-RU", "IL", "RU")
	k.Say("IL", record.Urgent, "duty", hello, nil)
	other.Say("IL", record.Urgent, "duty", record.Say{Text: "the other way", Lang: "en"}, nil)
	h := k.History("IL")
	h.Logs[0].Notes = append(h.Logs[0].Notes, other.History("IL").Logs[0].Notes[1])
	return Bundle{Line: k.ID, Exporter: "IL", Made: k.Now, History: h}
}

// ownReceipt is a copy in which IL has cosigned its own checkpoint.
func ownReceipt(t *testing.T) Bundle {
	b := evening(t)
	s := logbook.ReceiptSigner("IL/mirror", historytest.NewSide("IL", 1).Receipt, b.Made)
	text, _, _ := strings.Cut(string(il(&b).Notes[1].Note), "\n\n")
	sig, err := s.Sign([]byte(text + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	raw := append(binary.BigEndian.AppendUint32(nil, s.KeyHash()), sig...)
	sigs(&b, 1, func(have []string) []string {
		return append(have, "\n— IL/mirror "+base64.StdEncoding.EncodeToString(raw)+"\n")
	})
	n := &il(&b).Notes[1].Note
	*n = bytes.ReplaceAll(*n, []byte("=\n\n— IL"), []byte("=\n— IL"))
	return b
}

// fileVectors are faults of the file itself, where the sums were not mended.
func fileVectors(base Bundle, whole []byte, file func(name, about string, b []byte)) {
	flip := func(name string, at int) {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		file("bad-file-flip-"+name, "one bit flipped in "+name+", the sums as they were", b)
	}
	l := base.History.Logs[0]
	at := func(piece []byte) int { return bytes.Index(whole, piece) }
	flip("magic", 3)
	flip("header", len(magic)+20)
	flip("charter", at(base.History.Charters[0])+100)
	flip("logbook", bytes.Index(whole, []byte(l.ID.Origin()))+len(l.ID.Origin())-3)
	flip("entry", at(l.Entries[1])+60)
	flip("checkpoint", at(l.Notes[1].Note)+120)
	flip("framing", at(l.Entries[2])-5)
	flip("sum", at(l.Entries[2])-10)
	flip("end", len(whole)-20)
	file("bad-file-cut", "the second half is missing", whole[:len(whole)/2])
	file("bad-file-cut-end", "the last byte is missing", whole[:len(whole)-1])
	file("bad-file-empty", "no bytes at all", nil)
	file("bad-file-trailing", "a byte behind the end", append(bytes.Clone(whole), 0))
	file("bad-file-twice", "the same file behind itself", append(bytes.Clone(whole), whole...))
	file("bad-file-other", "another kind of file", []byte("SQLite format 3\x00 and so on"))
	i := bytes.Index(whole, l.Entries[1]) - 3 // 59 hi lo
	long := slices.Concat(whole[:i], []byte{0x5a, 0, 0}, whole[i+1:])
	file("bad-file-long-length", "a length in more bytes than it needs", long)
	huge := slices.Concat(whole[:i], []byte{0x5a, 0x7f, 0xff, 0xff, 0xff}, whole[i+3:])
	file("bad-file-huge-length", "a length of two gigabytes", huge)
	indefinite := slices.Concat(whole[:i], []byte{0x5f}, whole[i+3:])
	file("bad-file-indefinite", "a byte string of no definite length", indefinite)
}

func il(b *Bundle) *line.LogCopy { return &b.History.Logs[0] }

// spoiled are copies in which something was changed and all sums mended.
var spoiled = []struct {
	name, about string
	spoil       func(*Bundle)
}{
	{"good-short-copy", "the end of the other's logbook has not arrived yet", func(b *Bundle) {
		b.History.Holder, b.Exporter = "RU", "RU"
		il(b).Entries, il(b).Notes = il(b).Entries[:1], il(b).Notes[:1]
	}},
	{"good-no-charters", "the charters that stand in the logbooks are enough", func(b *Bundle) { b.History.Charters = nil }},
	{"good-one-checkpoint", "a mirror that caught up keeps only the last checkpoint", func(b *Bundle) { il(b).Notes = il(b).Notes[3:] }},
	{"bad-own-end-missing", "the end of the exporter's own logbook is missing", func(b *Bundle) {
		il(b).Entries, il(b).Notes = il(b).Entries[:1], il(b).Notes[:1]
	}},
	{"bad-flip-header-line", "the header names another line", func(b *Bundle) { b.Line[3] ^= 1 }},
	{"bad-flip-charter", "a bit of the charter's words", func(b *Bundle) { b.History.Charters[0][60] ^= 1 }},
	{"bad-flip-charter-signature", "a bit of the last signature under the charter", func(b *Bundle) {
		c := b.History.Charters[0]
		c[len(c)-9] ^= 1
	}},
	{"bad-flip-entry-header", "a bit of the key's id", func(b *Bundle) { il(b).Entries[1][12] ^= 1 }},
	{"bad-flip-entry-payload", "a bit of what was said", func(b *Bundle) { il(b).Entries[1][90] ^= 1 }},
	{"bad-flip-entry-signature", "a bit of the officer's signature", func(b *Bundle) {
		e := il(b).Entries[1]
		e[len(e)-40] ^= 1
	}},
	{"bad-flip-entry-charter", "a bit of the charter at the logbook's beginning", func(b *Bundle) { il(b).Entries[0][200] ^= 1 }},
	{"bad-flip-checkpoint-origin", "a letter of the origin", func(b *Bundle) { il(b).Notes[1].Note[80] ^= 1 }},
	{"bad-flip-checkpoint-size", "a digit of the size", func(b *Bundle) { note(b, 1, "\n2\n", "\n3\n") }},
	{"bad-flip-checkpoint-root", "a letter of the root", func(b *Bundle) {
		n := il(b).Notes[1].Note
		i := bytes.Index(n, []byte("\n2\n")) + 5
		n[i] = 'A' + (n[i]+1)%26
	}},
	{"bad-flip-checkpoint-signature", "a bit of the author's signature", func(b *Bundle) { bend(b, 1, 0, 20) }},
	{"bad-flip-checkpoint-key-hash", "a bit of the key hash", func(b *Bundle) { bendHash(b, 1, 0) }},
	{"bad-flip-receipt-signature", "a bit of a receipt", func(b *Bundle) { bend(b, 1, 1, 40) }},
	{"bad-flip-receipt-time", "a bit of a receipt's time", func(b *Bundle) { bend(b, 1, 1, 7) }},
	{"bad-receipt-year-3000", "a receipt whose time is beyond 2199: no receipt at all", func(b *Bundle) { bend(b, 1, 1, 2) }},
	{"bad-flip-receipt-key-hash", "a bit of a receipt's key hash", func(b *Bundle) { bendHash(b, 1, 1) }},
	{"bad-gap", "an entry left out", func(b *Bundle) { il(b).Entries = slices.Delete(il(b).Entries, 1, 2) }},
	{"bad-swapped", "two entries exchanged", func(b *Bundle) {
		e := il(b).Entries
		e[1], e[2] = e[2], e[1]
	}},
	{"bad-entry-too-many", "an entry that no checkpoint covers", func(b *Bundle) { il(b).Entries = append(il(b).Entries, il(b).Entries[1]) }},
	{"bad-entry-twice", "an entry put in again", func(b *Bundle) { il(b).Entries = slices.Insert(il(b).Entries, 2, il(b).Entries[1]) }},
	{"bad-charter-not-first", "a logbook that begins with something else", func(b *Bundle) { il(b).Entries = il(b).Entries[1:] }},
	{"bad-half-a-record", "an entry cut short", func(b *Bundle) { il(b).Entries[1] = il(b).Entries[1][:40] }},
	{"bad-empty-entry", "an entry without bytes", func(b *Bundle) { il(b).Entries[1] = nil }},
	{"bad-entry-trailing", "a byte behind a record", func(b *Bundle) { il(b).Entries[1] = append(il(b).Entries[1], 0) }},
	{"bad-log-missing", "a logbook left out", func(b *Bundle) { b.History.Logs = b.History.Logs[1:] }},
	{"bad-log-twice", "a logbook twice", func(b *Bundle) { b.History.Logs = append(b.History.Logs, b.History.Logs[0]) }},
	{"bad-log-of-another-line", "a logbook of another line", func(b *Bundle) { il(b).ID.Line[0] ^= 1 }},
	{"bad-log-of-a-stranger", "a logbook of a party that is on no charter", func(b *Bundle) { il(b).ID.Party = "AA" }},
	{"bad-log-of-another-party", "a logbook under the other's name", func(b *Bundle) {
		b.History.Logs[0].ID, b.History.Logs[1].ID = b.History.Logs[1].ID, b.History.Logs[0].ID
	}},
	{"bad-foreign-checkpoint", "another logbook's checkpoints", func(b *Bundle) { il(b).Notes = b.History.Logs[1].Notes }},
	{"bad-foreign-receipt", "the receipt of another size", func(b *Bundle) { receiptFrom(b, il(b).Notes[2].Note) }},
	{"bad-foreign-log-receipt", "the receipt of another logbook of the same party", func(b *Bundle) {
		receiptFrom(b, b.History.Logs[2].Notes[1].Note)
	}},
	{"bad-own-receipt", "a party that receipts its own logbook", func(b *Bundle) {
		receiptFrom(b, b.History.Logs[1].Notes[1].Note)
	}},
	{"bad-checkpoint-twice", "a checkpoint twice", func(b *Bundle) { il(b).Notes = append(il(b).Notes, il(b).Notes[0]) }},
	{"bad-checkpoint-order", "checkpoints out of order", func(b *Bundle) {
		n := il(b).Notes
		n[1], n[2] = n[2], n[1]
	}},
	{"bad-checkpoint-other-size", "a checkpoint under another size", func(b *Bundle) { il(b).Notes[3].Size = 5 }},
	{"bad-no-checkpoints", "entries and no checkpoint", func(b *Bundle) { il(b).Notes = nil }},
	{"bad-no-author", "a checkpoint with nothing but a receipt", func(b *Bundle) { sigs(b, 1, func(s []string) []string { return s[1:] }) }},
	{"bad-second-author", "a second line in the author's name", func(b *Bundle) {
		sigs(b, 1, func(s []string) []string { return append(s, bentHash(s[0])) })
	}},
	{"bad-witness", "a signature of somebody else", func(b *Bundle) {
		sigs(b, 1, func(s []string) []string {
			return append(s, strings.Replace(s[1], "RU/mirror", "example.org/witness", 1))
		})
	}},
	{"bad-receipt-of-a-stranger", "a receipt of a party that is on no charter", func(b *Bundle) {
		sigs(b, 1, func(s []string) []string { return append(s, strings.Replace(s[1], "RU/mirror", "SY/mirror", 1)) })
	}},
	{"bad-signature-twice", "one signature twice", func(b *Bundle) {
		sigs(b, 1, func(s []string) []string { return append(s, s[1]) })
	}},
	{"bad-note-fourth-line", "a fourth line in a checkpoint", func(b *Bundle) { note(b, 1, "\n\n", "\nmore\n\n") }},
	{"bad-note-leading-zero", "a size with a leading zero", func(b *Bundle) { note(b, 1, "\n2\n", "\n02\n") }},
	{"bad-note-no-newline", "a checkpoint whose last line has no end", func(b *Bundle) {
		il(b).Notes[1].Note = il(b).Notes[1].Note[:len(il(b).Notes[1].Note)-1]
	}},
	{"bad-charter-none", "no charter anywhere", func(b *Bundle) { b.History = line.History{} }},
	{"bad-charter-torn", "a charter behind the first that is none", func(b *Bundle) { b.History.Charters = append(b.History.Charters, []byte("x")) }},
}

func note(b *Bundle, i int, old, new string) {
	n := &il(b).Notes[i].Note
	*n = bytes.Replace(*n, []byte(old), []byte(new), 1)
}

// sigs changes the signature lines of a checkpoint.
func sigs(b *Bundle, i int, f func([]string) []string) {
	n := &il(b).Notes[i].Note
	text, rest, _ := strings.Cut(string(*n), "\n\n")
	*n = []byte(text + "\n\n" + strings.Join(f(strings.SplitAfter(strings.TrimSuffix(rest, "\n"), "\n")), ""))
	if !bytes.HasSuffix(*n, []byte("\n")) {
		*n = append(*n, '\n')
	}
	*n = bytes.ReplaceAll(*n, []byte("=—"), []byte("=\n—"))
}

func bent(s string, at int) string {
	i := strings.LastIndex(s, " ") + 1
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(s[i:]))
	raw[at] ^= 1
	return s[:i] + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func bentHash(s string) string { return bent(s, 0) }

func bend(b *Bundle, i, sig, at int) {
	sigs(b, i, func(s []string) []string { s[sig] = bent(s[sig], 4+at); return s })
}

func bendHash(b *Bundle, i, sig int) {
	sigs(b, i, func(s []string) []string { s[sig] = bentHash(s[sig]); return s })
}

// receiptFrom puts the second line of another note under the checkpoint of 2.
func receiptFrom(b *Bundle, other []byte) {
	lines := strings.SplitAfter(strings.TrimSuffix(string(other), "\n"), "\n")
	sigs(b, 1, func(s []string) []string { return []string{s[0], lines[len(lines)-1]} })
}
