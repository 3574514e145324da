// Package logbook keeps one append-only log: what one party said on one line,
// in one lane, in the order in which it said it, so that nobody, the author
// included, can later take a word out, put one in, or change one unnoticed.
//
// A log is a list of leaves (sealed records, opaque here) under a Merkle tree
// (RFC 6962 hashes, stored as golang.org/x/mod/sumdb/tlog lays them out, which
// is what C2SP tlog-tiles are cut from). The author signs a checkpoint over
// every batch: the log's name, its size and the tree's root, as a C2SP
// tlog-checkpoint. Whoever holds a copy and has it safely on disk signs the
// same checkpoint once more, as a C2SP tlog-cosignature/v1 with the meaning of
// a mirror: "every entry up to here is durably stored by me". That cosignature
// is the receipt, and a receipt is proof of delivery. docs/spec/logbook.md
// settles the bytes.
//
// The life of an entry:
//
//  1. Append (the author's node) hashes the batch, signs the new checkpoint and
//     hands both to the Store in one transaction. Only when the Store says
//     "durable" does the checkpoint leave the package: no signature leaves
//     before what it signs is on disk. If the Store cannot say, the Log refuses
//     everything until it has been opened again (see ReopenError).
//  2. Accept (the other party's node) checks the checkpoint's signature, then
//     that its own copy and the new entries lead to exactly the signed root,
//     then stores entries, hashes and checkpoint in one transaction. It looks
//     into no leaf: a leaf that is rubbish but bounded is stored and receipted
//     all the same, and is the reader's trouble, never the log's.
//  3. Receipt cosigns a checkpoint of the stored copy, AddReceipt keeps the
//     cosignature beside the author's checkpoint.
//
// What a peer can do wrong comes back as a typed error that carries the proof:
// *ForkError, *GapError, *SignatureError, *OldError, *OversizeError. None of
// them changes the log.
//
// What Open finds and what it cannot: a store torn by a crash or a bad disk is
// found, because the root of the signed head is recomputed from the stored
// hashes and the entries are held against their hashes (the newest batch all,
// the older ones in bounded samples; CheckAll does every one). An *older copy
// put back* is a perfect log and cannot be noticed from the inside. Who signs
// must therefore ask the other parties first how far they have seen this log
// (Size, Head), and after a restore sign nothing on it until that is settled:
// otherwise the log forks and the others hold the proof.
//
// A Log belongs to one goroutine. A Store has one writer. The package reads no
// clock, opens no file and draws no random number.
package logbook

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"parley/party"
	"parley/record"
)

// Hard limits. What is larger is refused with *OversizeError before it is
// looked at.
const (
	MaxLeaf         = 60000   // bytes of one entry; equal to record.MaxLeaf, below the 65,535 of C2SP tiles
	MaxBatchEntries = 512     // entries of one Append or Accept
	MaxBatchBytes   = 1 << 20 // bytes of the entries of one Append or Accept
	MaxNote         = 16384   // bytes of one checkpoint with its receipts
	MaxSignatures   = 32      // signature lines of one checkpoint
	MaxName         = 255     // bytes of a key name, and so of an origin
	MaxSize         = 1 << 48 // entries of a log; far above any use, far below overflow
)

// ID names one log.
type ID struct {
	Line        record.LineID
	Party       party.ID
	Lane        record.Lane
	Incarnation uint32 // from 1; a new one is opened when the old cannot safely be signed on
}

// originPrefix begins every origin; 1 is the version of the format.
const originPrefix = "parley/1/"

// Origin gives the log's name as it stands in the first line of every
// checkpoint and as the name of the key that signs it:
// "parley/1/<64 hex digits of the line>/IL/urgent/1".
func (id ID) Origin() string {
	return originPrefix + hex.EncodeToString(id.Line[:]) + "/" + string(id.Party) + "/" +
		laneWord(id.Lane) + "/" + strconv.FormatUint(uint64(id.Incarnation), 10)
}

// String gives the short form for people: "IL/urgent", and from the second
// incarnation on "IL/urgent#2".
func (id ID) String() string {
	s := string(id.Party) + "/" + laneWord(id.Lane)
	if id.Incarnation != 1 {
		s += "#" + strconv.FormatUint(uint64(id.Incarnation), 10)
	}
	return s
}

// Head gives the record.Head of this log at a size and root.
func (id ID) Head(size uint64, root record.Hash) record.Head {
	return record.Head{Party: id.Party, Lane: id.Lane, Incarnation: id.Incarnation, Size: size, Root: root}
}

// Validate reports the first field that cannot be.
func (id ID) Validate() error {
	if !validPartyID(string(id.Party)) {
		return fmt.Errorf("party %q: want 1 to 16 of A-Z, 0-9 and -, beginning with a letter", id.Party)
	}
	if id.Lane != record.Urgent && id.Lane != record.Routine {
		return fmt.Errorf("lane %d: want 1 (urgent) or 2 (routine)", id.Lane)
	}
	if id.Incarnation == 0 {
		return fmt.Errorf("incarnation 0: they count from 1")
	}
	return nil
}

// ParseOrigin reads what Origin writes, and nothing else.
func ParseOrigin(s string) (ID, error) {
	rest, ok := strings.CutPrefix(s, originPrefix)
	f := strings.Split(rest, "/")
	if !ok || len(f) != 4 || len(s) > MaxName {
		return ID{}, fmt.Errorf("couldn't read origin %.300q: want parley/1/LINE/PARTY/LANE/INCARNATION", s)
	}
	var id ID
	if n, err := hex.Decode(id.Line[:], hexOf(f[0])); err != nil || n != len(id.Line) {
		return ID{}, fmt.Errorf("couldn't read origin %q: line: want 64 lower-case hex digits", s)
	}
	id.Party = party.ID(f[1])
	switch f[2] {
	case "urgent":
		id.Lane = record.Urgent
	case "routine":
		id.Lane = record.Routine
	}
	n, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil {
		return ID{}, fmt.Errorf("couldn't read origin %q: incarnation: want a number from 1", s)
	}
	id.Incarnation = uint32(n)
	if err := id.Validate(); err != nil {
		return ID{}, fmt.Errorf("couldn't read origin %q: %w", s, err)
	}
	if id.Origin() != s {
		return ID{}, fmt.Errorf("couldn't read origin %q: not in its one form %q", s, id.Origin())
	}
	return id, nil
}

// hexOf gives s as bytes, or something that no decoder takes when it is not
// exactly 64 long, so that Decode never writes past its target.
func hexOf(s string) []byte {
	if len(s) != 64 {
		return []byte("?")
	}
	return []byte(s)
}

func laneWord(l record.Lane) string {
	switch l {
	case record.Urgent:
		return "urgent"
	case record.Routine:
		return "routine"
	}
	return "lane-" + strconv.Itoa(int(l))
}

// validPartyID is the rule of party.ID, here without its words: names stand in
// origins, and an origin must have one form.
func validPartyID(s string) bool {
	if len(s) < 1 || len(s) > 16 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
