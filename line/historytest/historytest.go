// Package historytest builds whole small lines for tests: parties with keys,
// a charter that all have signed, logbooks with real checkpoints and receipts.
// Everything in it is a function of its arguments, so that what is written
// down from it (golden files) stays the same.
package historytest

import (
	"testing"

	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Start is the first instant of every line built here: 2018-09-17T18:39:00Z.
const Start utc.Time = 1537209540000

// Side is one party with all its secrets.
type Side struct {
	Card                                        party.Card
	Log, Receipt, Node, Link, Chief, Duty, Eyes party.Signer
	Logs                                        map[record.Lane]*logbook.Log
}

// Line is a line under construction.
type Line struct {
	t       testing.TB
	ID      record.LineID
	Charter record.Charter
	Raw     [][]byte // charter records
	Order   []party.ID
	Sides   map[party.ID]*Side
	Now     utc.Time
}

// NewSide makes a party from a number: keys, a chief who is on duty, a duty
// officer "duty" and an observer "eyes".
func NewSide(id party.ID, n byte) *Side {
	s := &Side{Logs: map[record.Lane]*logbook.Log{}}
	for i, p := range []*party.Signer{&s.Log, &s.Receipt, &s.Node, &s.Link, &s.Chief, &s.Duty, &s.Eyes} {
		*p = party.NewSigner([32]byte{n, byte(i + 1)})
	}
	s.Card = party.Card{Party: id, Name: "Party " + string(id), Log: s.Log.Public(), Receipt: s.Receipt.Public(),
		Node: s.Node.Public(), Link: s.Link.Public(), Officers: []party.Officer{
			{ID: "chief", Name: "The chief", Roles: []party.Role{party.Chief}, Key: s.Chief.Public()},
			{ID: "duty", Name: "The duty officer", Roles: []party.Role{party.Duty}, Key: s.Duty.Public(), Until: Start + 3600_000},
			{ID: "eyes", Name: "The observer", Roles: []party.Role{party.Observer}, Key: s.Eyes.Public()},
		}}
	return s
}

// New founds the line NAME between parties in ascending order, each of whose
// logbooks begins with the charter.
func New(t testing.TB, name string, parties ...party.ID) *Line {
	t.Helper()
	k := &Line{t: t, Order: parties, Sides: map[party.ID]*Side{}, Now: Start}
	c := record.Charter{Name: name, Clocks: record.DefaultClocks(), Phrases: record.Hash{1}, Mirrors: parties, Made: Start, Nonce: record.Nonce{7}}
	for i, id := range parties {
		k.Sides[id] = NewSide(id, byte(i+1))
		c.Cards = append(c.Cards, k.Sides[id].Card)
	}
	k.Sign(c)
	k.ID = record.LineID(record.CharterHash(k.charterBytes(c)))
	for _, id := range parties {
		k.Join(id)
	}
	return k
}

// Join opens a party's two logbooks with the charter in force.
func (k *Line) Join(id party.ID) {
	k.t.Helper()
	for _, lane := range []record.Lane{record.Urgent, record.Routine} {
		l, err := logbook.Open(k.LogID(id, lane), logbook.NewMemory(), k.Sides[id].Log.Public())
		k.must(err)
		k.Sides[id].Logs[lane] = l
		k.SayCharter(id, lane)
	}
}

// Sign puts a charter into force: all of its parties' chiefs sign.
func (k *Line) Sign(c record.Charter) {
	k.t.Helper()
	raw := k.charterBytes(c)
	cr := record.CharterRecord{Charter: raw}
	for _, card := range c.Cards {
		s, err := record.SignCharter(raw, card.Party, k.Sides[card.Party].Chief)
		k.must(err)
		cr.Signatures = append(cr.Signatures, s)
	}
	b, err := line.MarshalCharterRecord(cr)
	k.must(err)
	k.Charter, k.Raw = c, append(k.Raw, b)
}

func (k *Line) charterBytes(c record.Charter) []byte {
	b, err := record.MarshalCharter(c)
	k.must(err)
	return b
}

// SayCharter appends the charter in force to a logbook.
func (k *Line) SayCharter(id party.ID, lane record.Lane) {
	k.t.Helper()
	cr, err := line.ParseCharterRecord(k.Raw[len(k.Raw)-1])
	k.must(err)
	k.Say(id, lane, "", cr, nil)
}

// LogID gives the name of a logbook.
func (k *Line) LogID(id party.ID, lane record.Lane) logbook.ID {
	return logbook.ID{Line: k.ID, Party: id, Lane: lane, Incarnation: 1}
}

// Seal makes a leaf by an officer ("" is the machine); edit may change the
// envelope before it is sealed.
func (k *Line) Seal(id party.ID, lane record.Lane, officer string, body record.Body, edit func(*record.Envelope)) []byte {
	k.t.Helper()
	s := k.Sides[id]
	k.Now += 1000
	e := record.Envelope{Line: k.ID, Party: id, Lane: lane, Officer: officer, Composed: k.Now, Precedence: record.Immediate, Exercise: k.Charter.Exercise}
	if edit != nil {
		edit(&e)
	}
	signer := map[string]party.Signer{"": s.Node, "chief": s.Chief, "duty": s.Duty, "eyes": s.Eyes}[officer]
	leaf, err := record.Seal(e, body, signer)
	k.must(err)
	return leaf
}

// Say seals a record, appends it, and has every other party receipt it.
func (k *Line) Say(id party.ID, lane record.Lane, officer string, body record.Body, edit func(*record.Envelope)) record.Ref {
	k.t.Helper()
	return k.Put(id, lane, k.Seal(id, lane, officer, body, edit))
}

// Put appends any leaf, and has every other party receipt it.
func (k *Line) Put(id party.ID, lane record.Lane, leaf []byte) record.Ref {
	k.t.Helper()
	l := k.Sides[id].Logs[lane]
	at := l.Size()
	_, err := l.Append([][]byte{leaf}, k.Sides[id].Log)
	k.must(err)
	for _, other := range k.Order {
		if other != id {
			k.receipt(l, other)
		}
	}
	return record.Ref{Party: id, Lane: lane, Incarnation: 1, Index: at, Leaf: record.LeafHash(leaf)}
}

func (k *Line) receipt(l *logbook.Log, by party.ID) {
	k.t.Helper()
	s := k.Sides[by]
	sig, err := l.Receipt(l.Size(), s.Receipt, logbook.MirrorName(by), k.Now)
	k.must(err)
	_, err = l.AddReceipt(l.Size(), sig, logbook.MirrorName(by), s.Receipt.Public())
	k.must(err)
}

// Head gives how far a logbook has come.
func (k *Line) Head(id party.ID, lane record.Lane) record.Head { return k.Sides[id].Logs[lane].Head() }

// History gives the copy that a holder has, which here is everything.
func (k *Line) History(holder party.ID) line.History {
	k.t.Helper()
	h := line.History{Holder: holder, Charters: k.Raw}
	for _, lane := range []record.Lane{record.Urgent, record.Routine} {
		for _, id := range k.Order {
			l := k.Sides[id].Logs[lane]
			es, err := l.EntryRange(0, l.Size(), 1<<30)
			k.must(err)
			ns, err := l.NotesFrom(0, 1<<20)
			k.must(err)
			h.Logs = append(h.Logs, line.LogCopy{ID: l.ID(), Entries: es, Notes: ns})
		}
	}
	return h
}

// Evening fills the line with one of each thing that a verifier looks at:
// IL gives a notice with a closed part, RU receives, acknowledges, relays for
// a record of another line, and opens what it had closed.
func (k *Line) Evening(a, b party.ID) {
	k.t.Helper()
	part := []byte("two aircraft")
	notice := k.Say(a, record.Urgent, "duty", record.Notice{Class: record.HazardArea, Place: "north of Latakia", Text: "keep clear", Lang: "en",
		Closed: []record.Closed{{Label: "count", Hash: record.Commit(record.Hash{5}, part)}}}, nil)
	k.Say(b, record.Urgent, "", record.Received{Heads: []record.Head{k.Head(a, record.Urgent)}}, nil)
	k.Say(b, record.Urgent, "duty", record.Ack{Level: record.LevelRead}, func(e *record.Envelope) {
		e.Re, e.Seen = &notice, []record.Head{k.Head(a, record.Urgent), k.Head(a, record.Routine)}
	})
	k.Say(b, record.Routine, "eyes", record.Ack{Level: record.LevelRead}, func(e *record.Envelope) { e.Re = &notice })
	k.Say(a, record.Urgent, "duty", record.Opening{Label: "count", Salt: record.Hash{5}, Content: part}, func(e *record.Envelope) { e.Re = &notice })
	origin := record.Origin{Line: record.LineID{9}, Ref: record.Ref{Party: "SY", Lane: record.Urgent, Incarnation: 1, Index: 3, Leaf: record.Hash{4}}}
	relay := k.Say(a, record.Urgent, "duty", record.Relay{Origin: record.CommitOrigin(record.Hash{6}, origin),
		Phrases: []record.Phrase{{Code: "HOLD-FIRE"}}}, nil)
	k.Say(a, record.Routine, "duty", record.Opening{Salt: record.Hash{6}, Origin: &origin}, func(e *record.Envelope) { e.Re = &relay })
	k.Say(b, record.Routine, "duty", record.Say{Text: "good night", Lang: "en"}, nil)
}

func (k *Line) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// TB is the test that the line is built for.
func (k *Line) TB() testing.TB { return k.t }
