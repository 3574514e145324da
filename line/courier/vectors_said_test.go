package courier

import (
	"slices"

	"parley/line"
	"parley/line/historytest"
	"parley/party"
	"parley/record"
)

// said are lines on which somebody truly appended what should not be there.
var said = []struct {
	name, about string
	put         func(k *historytest.Line)
}{
	{"bad-rubbish", "a leaf that is no record", func(k *historytest.Line) { k.Put("IL", record.Urgent, []byte("rubbish")) }},
	{"bad-another-partys-words", "a record of the other party", func(k *historytest.Line) {
		k.Put("IL", record.Urgent, k.Seal("RU", record.Urgent, "duty", hello, nil))
	}},
	{"bad-another-lanes-words", "a record of the other lane", func(k *historytest.Line) {
		k.Put("IL", record.Urgent, k.Seal("IL", record.Routine, "duty", hello, nil))
	}},
	{"bad-foreign-entry", "a record of another line", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Line[0] ^= 1 })
	}},
	{"bad-wrong-signer", "signed by a key that is on no card", func(k *historytest.Line) {
		k.Sides["IL"].Duty = party.NewSigner([32]byte{99})
		k.Say("IL", record.Urgent, "duty", hello, nil)
	}},
	{"bad-expired-officer", "composed in the instant at which the officer's key ends", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Composed = historytest.Start + 3600_000 })
	}},
	{"good-last-instant", "composed in the last instant of the officer's key", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Composed = historytest.Start + 3600_000 - 1 })
	}},
	{"bad-one-officer-for-another", "one officer signs for another", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Officer = "chief" })
	}},
	{"bad-machine-for-an-officer", "the machine signs for an officer", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "", hello, func(e *record.Envelope) { e.Officer = "chief" })
	}},
	{"bad-observer", "an observer speaks", func(k *historytest.Line) { k.Say("IL", record.Urgent, "eyes", hello, nil) }},
	{"bad-exercise", "an exercise mark on a line that is none", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Exercise = true })
	}},
	{"bad-home-kind", "a kind of the home line", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", record.Watch{Act: record.WatchTake}, nil)
	}},
	{"bad-charter-again", "the charter that is in force already", func(k *historytest.Line) { k.SayCharter("IL", record.Urgent) }},
	{"bad-re-content", "about an entry with another content", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, re("RU", 1, 1, record.Hash{1}))
	}},
	{"bad-re-no-logbook", "about an entry of a logbook that is not there", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, re("RU", 2, 0, record.Hash{1}))
	}},
	{"bad-re-own-end", "about an entry beyond the end of its own logbook", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, re("IL", 1, 77, record.Hash{1}))
	}},
	{"good-re-other-end", "about an entry of the other that has not arrived", func(k *historytest.Line) {
		k.Say("IL", record.Urgent, "duty", hello, re("RU", 1, 77, record.Hash{1}))
	}},
	{"bad-re-later", "about an entry of its own logbook that comes after it", func(k *historytest.Line) {
		later := k.Seal("IL", record.Urgent, "duty", hello, nil)
		k.Say("IL", record.Urgent, "duty", hello, re("IL", 1, 5, record.LeafHash(later)))
		k.Put("IL", record.Urgent, later)
	}},
	{"bad-fork-seen", "a head seen that contradicts the copy", func(k *historytest.Line) {
		h := k.Head("RU", record.Urgent)
		h.Root[0] ^= 1
		k.Say("IL", record.Urgent, "duty", hello, func(e *record.Envelope) { e.Seen = []record.Head{h} })
	}},
	{"bad-fork-received", "a head received that contradicts the copy", func(k *historytest.Line) {
		h := k.Head("RU", record.Urgent)
		h.Root[0] ^= 1
		k.Say("IL", record.Urgent, "", record.Received{Heads: []record.Head{h}}, nil)
	}},
	{"bad-opening-salt", "an opening with another salt", func(k *historytest.Line) { opens(k, "IL", "count", 8, "two aircraft", 1) }},
	{"bad-opening-content", "an opening of another content", func(k *historytest.Line) { opens(k, "IL", "count", 5, "six aircraft", 1) }},
	{"bad-opening-label", "an opening of no such part", func(k *historytest.Line) { opens(k, "IL", "depth", 5, "two aircraft", 1) }},
	{"bad-opening-of-no-notice", "an opening of what has no closed part", func(k *historytest.Line) { opens(k, "IL", "count", 5, "x", 2) }},
	{"bad-opening-by-another", "an opening by the other party", func(k *historytest.Line) { opens(k, "RU", "count", 5, "two aircraft", 1) }},
	{"bad-opening-origin", "an opening of another origin", func(k *historytest.Line) {
		o := record.Origin{Line: record.LineID{9}, Ref: record.Ref{Party: "SY", Lane: record.Urgent, Incarnation: 1, Index: 4, Leaf: record.Hash{4}}}
		k.Say("IL", record.Urgent, "duty", record.Opening{Salt: record.Hash{6}, Origin: &o}, re("IL", 1, 3, leafAt(k, 3)))
	}},
	{"bad-fork-history", "a second history under the author's own key: both checkpoints of 6 are signed", func(k *historytest.Line) {
		other := historytest.New(k.TB(), "IL-RU", "IL", "RU")
		other.Evening("IL", "RU")
		other.Say("IL", record.Urgent, "duty", record.Say{Text: "the other way", Lang: "en"}, nil)
		k.Say("RU", record.Urgent, "", record.Received{Heads: []record.Head{other.Head("IL", record.Urgent)}}, nil)
		k.Say("IL", record.Urgent, "duty", hello, nil)
	}},
	{"good-amended", "an amendment gives IL new keys", func(k *historytest.Line) {
		amend(k)
		k.SayCharter("IL", record.Urgent)
	}},
	{"bad-old-key-after-amendment", "an officer's old key after the amendment", func(k *historytest.Line) {
		old := k.Sides["IL"].Duty
		amend(k)
		k.SayCharter("IL", record.Urgent)
		k.Sides["IL"].Duty = old
		k.Say("IL", record.Urgent, "duty", hello, nil)
	}},
	{"bad-new-key-before-amendment", "an officer's new key in a logbook that has not seen the amendment", func(k *historytest.Line) {
		amend(k)
		k.Say("IL", record.Routine, "duty", hello, nil)
	}},
	{"bad-amendment-previous", "an amendment that names another charter as the one before", func(k *historytest.Line) {
		next := nextOf(k)
		next.Previous = &record.Hash{1}
		k.Sign(next)
	}},
	{"bad-amendment-not-signed", "an amendment that one party has not signed", func(k *historytest.Line) {
		k.Sign(nextOf(k))
		k.Raw[1] = edited(k, 1, func(r *record.CharterRecord) { r.Signatures = r.Signatures[:1] })
	}},
}

var hello = record.Say{Text: "hello", Lang: "en"}

func re(id party.ID, incarnation uint32, index uint64, leaf record.Hash) func(*record.Envelope) {
	return func(e *record.Envelope) {
		e.Re = &record.Ref{Party: id, Lane: record.Urgent, Incarnation: incarnation, Index: index, Leaf: leaf}
	}
}

// leafAt is the hash of an entry of IL/urgent.
func leafAt(k *historytest.Line, index int) record.Hash {
	return record.LeafHash(k.History("IL").Logs[0].Entries[index])
}

func opens(k *historytest.Line, by party.ID, label string, salt byte, content string, index int) {
	k.Say(by, record.Urgent, "duty", record.Opening{Label: label, Salt: record.Hash{salt}, Content: []byte(content)},
		re("IL", 1, uint64(index), leafAt(k, index)))
}

// nextOf is the next charter, as yet the same but for its time.
func nextOf(k *historytest.Line) record.Charter {
	before, err := record.MarshalCharter(k.Charter)
	if err != nil {
		panic(err)
	}
	c, hash := k.Charter, record.CharterHash(before)
	c.Line, c.Previous, c.Revision, c.Made = &k.ID, &hash, c.Revision+1, k.Now
	c.Cards = slices.Clone(c.Cards)
	return c
}

// amend gives IL a new duty officer's key.
func amend(k *historytest.Line) {
	c := nextOf(k)
	il := k.Sides["IL"]
	il.Duty = party.NewSigner([32]byte{77})
	c.Cards[0].Officers = slices.Clone(c.Cards[0].Officers)
	c.Cards[0].Officers[1].Key = il.Duty.Public()
	k.Sign(c)
}

func edited(k *historytest.Line, i int, f func(*record.CharterRecord)) []byte {
	r, err := line.ParseCharterRecord(k.Raw[i])
	if err != nil {
		panic(err)
	}
	f(&r)
	raw, err := line.MarshalCharterRecord(r)
	if err != nil {
		panic(err)
	}
	return raw
}
