package line

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// History is one line as one holder has it, whole: what a courier file
// carries, and what Verify judges. It holds bytes only; nothing in it is
// believed.
type History struct {
	Holder   party.ID // whose copy it is; empty where unknown
	Charters [][]byte // CharterRecords (MarshalCharterRecord), ascending revision
	Logs     []LogCopy
}

// LogCopy is the holder's copy of one logbook: its own or another party's.
type LogCopy struct {
	ID      logbook.ID
	Entries [][]byte         // from the first on, without gaps: a place in the list is the number
	Notes   []logbook.NoteAt // every checkpoint held, ascending, with its receipts
}

// Verdict is what Verify found. OK means: everything in the copy is proved by
// signatures of keys on the charters, and nothing in it contradicts itself.
type Verdict struct {
	OK          bool          `json:"ok"`
	Line        record.LineID `json:"line"`
	Name        string        `json:"name"`
	Holder      party.ID      `json:"holder,omitempty"`
	Parties     []party.ID    `json:"parties"`
	Charters    int           `json:"charters"`
	Logs        []LogVerdict  `json:"logs"`
	Records     int           `json:"records"`     // entries that opened
	Checkpoints int           `json:"checkpoints"` // that verified
	Receipts    int           `json:"receipts"`    // that verified
	Unreceipted int           `json:"unreceipted"` // entries for which some mirror's receipt is not in this copy
	Problems    []Problem     `json:"problems"`    // what is wrong, in the order of the logs
	Remarks     []Problem     `json:"remarks"`     // what a reader should know and is not wrong
	LeftOut     int           `json:"left_out"`    // problems and remarks beyond the first 1,000 of each
}

// LogVerdict is the part of one logbook.
type LogVerdict struct {
	Log         string       `json:"log"` // "IL/urgent"
	Party       party.ID     `json:"party"`
	Lane        record.Lane  `json:"lane"`
	Incarnation uint32       `json:"incarnation"`
	From        uint64       `json:"from"` // number of the first entry, 1; 0 when empty
	To          uint64       `json:"to"`   // number of the last entry; 0 when empty
	Opened      int          `json:"opened"`
	Checkpoints int          `json:"checkpoints"`
	Root        record.Hash  `json:"root"`
	Receipted   []ReceiptSum `json:"receipted"` // by each mirror that has given one
	Unreceipted uint64       `json:"unreceipted"`
}

// ReceiptSum says how far a mirror has receipted a logbook.
type ReceiptSum struct {
	By   party.ID `json:"by"`
	Size uint64   `json:"size"` // it durably holds entries 1 to Size
	At   utc.Time `json:"at"`   // of that receipt, by its signer's clock, whole seconds
}

// Problem is one finding of Verify.
type Problem struct {
	Place string `json:"place"` // "IL-RU/IL/urgent/12": line, log, number of the entry from 1
	What  string `json:"what"`
}

// String gives "place: what".
func (p Problem) String() string { return p.Place + ": " + p.What }

const maxProblems = 1000

// Verify judges a copy of a line from nothing but its bytes: the chain of
// charters with every party's signature; that each logbook begins with the
// charter; that each entry opens by a key that the charter in force at that
// place gives the one who says it; each checkpoint's signature and root, and
// so that all of them are of one history; each receipt; that references,
// heads seen and heads received agree with what is held; and that openings
// open. It reads no clock and asks nobody.
//
// Numbers have no gaps by construction: an entry's number is its place under
// the signed root.
//
// What it cannot see: that entries are missing at the end of a copy, unless a
// later record of anybody, or a receipt, speaks of them (a remark; a problem
// where the holder's own logbook is the short one).
func Verify(h History) Verdict {
	v := &verifier{l: &Line{books: map[logbook.ID]*book{}}, held: map[logbook.ID]*held{}, opening: h}
	v.out = Verdict{Holder: h.Holder, Parties: []party.ID{}, Logs: []LogVerdict{}, Problems: []Problem{}, Remarks: []Problem{}}
	v.charters()
	if len(v.l.rosters) > 0 {
		v.logs()
		v.relations()
		v.sum()
	}
	v.out.OK = len(v.out.Problems) == 0
	return v.out
}

// verifier is one run of Verify.
type verifier struct {
	l       *Line // holds the charters only
	opening History
	order   []*held
	held    map[logbook.ID]*held
	out     Verdict
}

// held is one logbook under verification.
type held struct {
	LogCopy
	book   *book            // its charter records
	parsed []*record.Parsed // by index; nil where an entry did not open
	hashes []tlog.Hash      // stored hashes
	sum    LogVerdict
}

func (v *verifier) problem(place, format string, args ...any) {
	v.put(&v.out.Problems, place, fmt.Sprintf(format, args...))
}

func (v *verifier) remark(place, format string, args ...any) {
	v.put(&v.out.Remarks, place, fmt.Sprintf(format, args...))
}

func (v *verifier) put(list *[]Problem, place, what string) {
	if len(*list) == maxProblems {
		v.out.LeftOut++
		return
	}
	*list = append(*list, Problem{Place: place, What: what})
}

// place names the entry at an index: people count from 1.
func (v *verifier) place(id logbook.ID, index uint64) string {
	return fmt.Sprintf("%s/%s/%d", v.out.Name, id, index+1)
}

func (v *verifier) logPlace(id logbook.ID) string { return v.out.Name + "/" + id.String() }

// charters follows the chain: those given, then those that stand in logbooks.
func (v *verifier) charters() {
	for i, raw := range v.opening.Charters {
		if err := v.l.addCharter(raw); err != nil {
			name := "charter"
			if len(v.l.rosters) > 0 {
				name = v.l.Name() + "/charter"
			}
			v.problem(fmt.Sprintf("%s %d", name, i), "%v", err)
			break // the chain is broken; what follows hangs in the air
		}
	}
	for before := -1; before < len(v.l.rosters); {
		before = len(v.l.rosters)
		for _, lc := range v.opening.Logs {
			b := &book{id: lc.ID}
			for _, leaf := range lc.Entries {
				if len(leaf) <= record.MaxLeaf && kindOf(leaf) == record.KindCharter {
					v.l.readCharter(b, leaf)
				}
			}
		}
	}
	if len(v.l.rosters) == 0 {
		v.problem("charter 0", "there is no charter that all parties have signed, so no key is known and nothing can be proved")
		return
	}
	v.out.Line, v.out.Name, v.out.Charters = v.l.id, v.l.Name(), len(v.l.rosters)
	for _, r := range v.l.rosters {
		for _, c := range r.charter.Cards {
			if !slices.Contains(v.out.Parties, c.Party) {
				v.out.Parties = append(v.out.Parties, c.Party)
			}
		}
	}
	slices.Sort(v.out.Parties)
}

// logs verifies each logbook by itself.
func (v *verifier) logs() {
	copies := slices.Clone(v.opening.Logs)
	slices.SortStableFunc(copies, func(a, b LogCopy) int { return compareIDs(a.ID, b.ID) })
	for _, lc := range copies {
		place := v.logPlace(lc.ID)
		if err := lc.ID.Validate(); err != nil {
			v.problem(place, "%v", err)
			continue
		}
		if lc.ID.Line != v.l.id {
			v.problem(place, "it is a logbook of line %x, not of this one", lc.ID.Line[:8])
			continue
		}
		if !v.l.everMember(lc.ID.Party) {
			v.problem(place, "no charter of this line names %s", lc.ID.Party)
			continue
		}
		if v.held[lc.ID] != nil {
			v.problem(place, "it is there twice")
			continue
		}
		h := &held{LogCopy: lc, book: &book{id: lc.ID}, sum: LogVerdict{Receipted: []ReceiptSum{}}}
		v.l.books[lc.ID] = h.book
		v.held[lc.ID] = h
		v.order = append(v.order, h)
		v.entries(h)
		v.checkpoints(h)
	}
	for _, p := range v.out.Parties {
		for _, lane := range []record.Lane{record.Urgent, record.Routine} {
			id := logbook.ID{Line: v.l.id, Party: p, Lane: lane, Incarnation: 1}
			if v.held[id] == nil {
				v.problem(v.logPlace(id), "the logbook is not in this copy")
			}
		}
	}
}

func compareIDs(a, b logbook.ID) int {
	return bytes.Compare([]byte(fmt.Sprintf("%d/%s/%010d", a.Lane, a.Party, a.Incarnation)),
		[]byte(fmt.Sprintf("%d/%s/%010d", b.Lane, b.Party, b.Incarnation)))
}

// entries opens every entry: shape, whether its author was entitled to say it
// there (Entitled), and the signature. Signatures are checked in one batch.
func (v *verifier) entries(h *held) {
	h.parsed = make([]*record.Parsed, len(h.Entries))
	index := map[*record.Parsed]uint64{}
	var batch []*record.Parsed
	for i, leaf := range h.Entries {
		at := uint64(i)
		if hs, err := tlog.StoredHashes(int64(i), leaf, hashList(h.hashes)); err == nil {
			h.hashes = append(h.hashes, hs...)
		}
		p, err := record.Parse(leaf)
		if err != nil {
			v.problem(v.place(h.ID, at), "the entry does not open: %v", err)
			continue
		}
		if p.Kind == record.KindCharter {
			v.charterEntry(h, at, leaf)
		} else if i == 0 {
			v.problem(v.place(h.ID, at), "the first entry is a %s: a logbook begins with the line's charter", p.Kind)
		}
		index[p] = at
		batch = append(batch, p)
	}
	errs := record.VerifyAll(batch, func(p *record.Parsed) (party.Key, bool) {
		k, err := v.l.Entitled(h.ID, index[p], &p.Record)
		return k, err == nil
	})
	for i, p := range batch {
		at := index[p]
		if _, err := v.l.Entitled(h.ID, at, &p.Record); err != nil {
			v.problem(v.place(h.ID, at), "%v", err)
		} else if errs[i] != nil {
			v.problem(v.place(h.ID, at), "the entry does not open: %v", errs[i])
		} else {
			h.parsed[at] = p
			h.sum.Opened++
		}
	}
}

// charterEntry notes a charter record; it must carry a charter of the chain.
func (v *verifier) charterEntry(h *held, at uint64, leaf []byte) {
	_, rev, ok := v.l.readCharter(h.book, leaf)
	if !ok {
		v.problem(v.place(h.ID, at), "the charter in it is not the next of the chain that all parties have signed")
		return
	}
	h.book.marks = append(h.book.marks, mark{at, rev})
}

// hashList reads stored hashes from memory.
type hashList []tlog.Hash

func (l hashList) ReadHashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		if x < 0 || x >= int64(len(l)) {
			return nil, fmt.Errorf("no hash %d", x)
		}
		out[i] = l[x]
	}
	return out, nil
}

// rootAt gives the root of the first size entries; size must be held.
func (h *held) rootAt(size uint64) record.Hash {
	r, err := tlog.TreeHash(int64(size), hashList(h.hashes))
	if err != nil {
		return record.Hash{}
	}
	return record.Hash(r)
}
