package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strings"
	"time"

	"parley/line"
	"parley/party"
	"parley/phrase"
	"parley/record"
	"parley/utc"
)

// homeName is the name of every party's home line.
const homeName = "home"

// homeCharter makes the charter of the line whose only member is the party.
func homeCharter(card party.Card, chief party.Signer, exercise bool, now utc.Time) ([]byte, error) {
	opts := line.CharterOptions{Exercise: exercise, Home: true, Phrases: record.Hash(phrase.Pack().Hash()), Made: now}
	rand.Read(opts.Nonce[:])
	body, err := line.NewCharter(homeName, []party.Card{card}, opts)
	if err != nil {
		return nil, usage("See: parley init --help", "the home line's charter can't be made: %v", err)
	}
	p, err := line.Sign(line.Proposal{Charter: body}, card, chief)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the home line's charter: %w", err)
	}
	cr, _, err := line.Complete(p)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the home line's charter: %w", err)
	}
	return line.MarshalCharterRecord(cr)
}

// draft is a proposal's file with how far it has come. The file is text, holds
// no secret and may travel by any way; what makes it safe is that its words are
// compared by telephone before anybody signs.
type draft struct {
	path string
	line.Proposal
	line.Standing
}

func newDraft(path string, p line.Proposal) (draft, error) {
	st, err := p.Standing()
	return draft{path, p, st}, err
}

func readDraft(path string) (draft, error) {
	b, err := readBounded(path, 2*line.MaxProposal)
	if err != nil {
		return draft{}, usage("", "couldn't read the proposal: %v", err)
	}
	p, err := line.ParseProposal(b)
	if err != nil {
		return draft{}, &failure{code: exitNotVerified, err: fmt.Errorf("%s: %w", path, err),
			remedy: "It was changed on its way, or is no proposal; ask the other party for it again."}
	}
	return newDraft(path, p)
}

func (d draft) write() error {
	b, err := line.MarshalProposal(d.Proposal)
	if err != nil {
		return err
	}
	return writeFile(d.path, b, 0o644)
}

// signed lists who has signed.
func (d draft) signed() []party.ID {
	ids := []party.ID{}
	for _, s := range d.Signatures {
		ids = append(ids, s.Party)
	}
	return ids
}

// terms are the parts of a charter that propose and amend set by flags.
type terms struct {
	cards    []string
	purpose  string
	clocks   []string
	leads    []string
	exercise bool
	out      string
}

// read gives the cards and the clocks (from those given) that the flags say.
func (t terms) read(clocks record.Clocks) ([]party.Card, record.Clocks, error) {
	var cards []party.Card
	for _, path := range t.cards {
		card, err := readCard(path)
		if err != nil {
			return nil, clocks, err
		}
		cards = append(cards, card)
	}
	clocks.Lead = append([]record.Lead(nil), clocks.Lead...)
	for _, s := range t.clocks {
		if err := setClock(&clocks, s); err != nil {
			return nil, clocks, err
		}
	}
	for _, s := range t.leads {
		if err := setLead(&clocks, s); err != nil {
			return nil, clocks, err
		}
	}
	return cards, clocks, nil
}

// setClock reads "flash=60s"; the names are those of the precedences, and
// deputy and link-down.
func setClock(c *record.Clocks, s string) error {
	name, text, ok := strings.Cut(s, "=")
	d, err := time.ParseDuration(text)
	if !ok || err != nil || d <= 0 || d > 7*24*time.Hour {
		return usage("Such as --clock flash=60s", "--clock %q: want NAME=DURATION", s)
	}
	ms := uint32(d.Milliseconds())
	switch name {
	case "flash":
		c.Ack[0] = ms
	case "immediate":
		c.Ack[1] = ms
	case "priority":
		c.Ack[2] = ms
	case "routine":
		c.Ack[3] = ms
	case "deputy":
		c.Deputy = ms
	case "link-down":
		c.LinkDown = ms
	default:
		return usage("Clocks: flash, immediate, priority, routine, deputy, link-down.", "--clock %q: no clock is called %q", s, name)
	}
	return nil
}

// setLead reads "hazard-area=10m"; 0 takes a class's minimum away.
func setLead(c *record.Clocks, s string) error {
	name, text, ok := strings.Cut(s, "=")
	d, err := time.ParseDuration(text)
	if !ok || err != nil || d < 0 {
		return usage("Such as --lead hazard-area=10m; hours are h", "--lead %q: want CLASS=DURATION", s)
	}
	class := record.Class(name)
	if !class.Known() {
		return usage("Classes: "+classes(), "--lead %q: no class is called %q", s, name)
	}
	var all []record.Lead
	for _, l := range c.Lead {
		if l.Class != class {
			all = append(all, l)
		}
	}
	if d > 0 {
		all = append(all, record.Lead{Class: class, Min: uint64(d.Milliseconds())})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Class < all[j].Class })
	c.Lead = all
	return nil
}

// charterOf gives the charter in force of one of the folder's lines, found by
// name or by the beginning of its id, and all its records.
func (f folder) charterOf(name string) (record.Charter, [][]byte, error) {
	all, err := f.charters()
	if err != nil {
		return record.Charter{}, nil, err
	}
	records, ok := all[name]
	if !ok {
		return record.Charter{}, nil, usage("Lines here: "+strings.Join(sorted(all), ", "), "no line %q in %s", name, f.path)
	}
	c, _, err := checkCharters(records)
	if err != nil {
		return c, nil, failed("Restore it from a backup, or from another party.", "line %s: %w", name, err)
	}
	return c, records, nil
}

// checkCharters checks a line's charters from the first to the one in force.
func checkCharters(records [][]byte) (record.Charter, record.LineID, error) {
	var prev *record.Charter
	var id record.LineID
	for i, b := range records {
		cr, err := line.ParseCharterRecord(b)
		if err != nil {
			return record.Charter{}, id, fmt.Errorf("charter revision %d: %w", i, err)
		}
		c, lid, err := cr.Check(prev)
		if err != nil {
			return record.Charter{}, id, fmt.Errorf("charter revision %d: %w", i, err)
		}
		prev, id = &c, lid
	}
	if prev == nil {
		return record.Charter{}, id, errors.New("no charter")
	}
	return *prev, id, nil
}

// keep stores an accepted charter and, for a party that joins, those before it.
// Keeping the same again does nothing; another one in its place is refused.
func (f folder) keep(c record.Charter, chain [][]byte) (path string, fresh bool, err error) {
	for rev, b := range chain {
		path = f.charterFile(c.Name, c.Home, rev)
		old, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			if err := writeFile(path, b, 0o600); err != nil {
				return path, false, err
			}
			fresh = true
			continue
		}
		if err != nil {
			return path, false, fmt.Errorf("couldn't look for the line: %w", err)
		}
		was, err := line.ParseCharterRecord(old)
		if err != nil {
			return path, false, failed("Restore it from a backup, or from another party.", "%s: %w", path, err)
		}
		now, err := line.ParseCharterRecord(b)
		if err != nil {
			return path, false, err
		}
		if record.CharterHash(was.Charter) != record.CharterHash(now.Charter) {
			return path, false, usage("Choose another name for the new line, or amend the old one.",
				"this party has another line %s (revision %d) at %s", c.Name, rev, path)
		}
	}
	return path, fresh, nil
}

func classes() string {
	var s []string
	for _, c := range []record.Class{record.Activity, record.HazardArea, record.Transit, record.ReturnToBase, record.Exercise,
		record.Electromagnetic, record.TestActivity, record.Accident, record.ProtectedSite, record.ProtectedMovement,
		record.Distress, record.Cancellation, record.Correction} {
		s = append(s, string(c))
	}
	return strings.Join(s, ", ")
}
