package main

import (
	"fmt"

	"parley/line"
	"parley/node"
	"parley/party"
	"parley/picture"
	"parley/record"
)

// bookOf builds the picture of one seat from copies of its lines, and from
// nothing else: what a node shows, for those who have only the files. Entries
// whose signature does not hold stand in it as invalid and are not acted on.
func bookOf(self party.ID, hs []line.History) (*picture.Book, error) {
	book := picture.NewBook(self)
	for _, h := range hs {
		if err := addHistory(book, h); err != nil {
			return nil, err
		}
	}
	return book, nil
}

func addHistory(book *picture.Book, h line.History) error {
	var id record.LineID
	var charters []record.Charter
	for i, raw := range h.Charters {
		cr, err := line.ParseCharterRecord(raw)
		if err != nil {
			return fmt.Errorf("couldn't read charter %d: %w", i, err)
		}
		c, err := record.ParseCharter(cr.Charter)
		if err != nil {
			return fmt.Errorf("couldn't read charter %d: %w", i, err)
		}
		if i == 0 {
			id = record.LineID(record.CharterHash(cr.Charter))
		}
		charters = append(charters, c)
		book.AddCharter(id, c.Name, c)
	}
	key := func(r *record.Record) (party.Key, bool) { return node.KeyOf(charters, r.Party, r.Key) }
	for _, g := range h.Logs {
		for i, leaf := range g.Entries {
			x := picture.Held{Line: id, Ref: record.Ref{Party: g.ID.Party, Lane: g.ID.Lane, Incarnation: g.ID.Incarnation,
				Index: uint64(i), Leaf: record.LeafHash(leaf)}}
			if rec, err := record.Open(leaf, key); err != nil {
				x.State, x.Problem = picture.Invalid, err.Error()
			} else if rec.Party != g.ID.Party || rec.Lane != g.ID.Lane {
				x.State, x.Problem = picture.Invalid, "it stands in a logbook that is not its own"
			} else {
				x.Rec = rec
			}
			book.Add(x)
		}
	}
	return nil
}

// bookOfFolder builds the picture of a data folder, its home line too.
func bookOfFolder(f folder) (*picture.Book, party.ID, error) {
	card, err := f.card()
	if err != nil {
		return nil, "", err
	}
	all, err := f.charters()
	if err != nil {
		return nil, "", err
	}
	var hs []line.History
	for _, name := range sorted(all) {
		h, err := f.history(card.Party, all[name])
		if err != nil {
			return nil, "", err
		}
		hs = append(hs, h)
	}
	book, err := bookOf(card.Party, hs)
	return book, card.Party, err
}
