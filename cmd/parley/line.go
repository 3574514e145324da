package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/party"
	"parley/phrase"
	"parley/record"
	"parley/utc"
)

func lineCommand(sh *shell) *cobra.Command {
	c := &cobra.Command{
		Use:   "line",
		Short: "Agree on a line with other parties: propose, sign, accept, amend, close",
		Long: `A line is a named group of parties that share a record. Its charter says who is
on it, with which keys, and which clocks run. Nothing flows before a chief of
every party has signed the same charter.

  1. Each party sends the others its card.json, by any way.
  2. One of them proposes:        parley line propose IL-RU --card ru.json
  3. The file goes round; each compares its twelve words with the others by
     telephone, and signs:        parley line sign IL-RU.proposal --officer levi
  4. When all have signed, each:  parley line accept IL-RU.proposal

To change parties, clocks or keys later: amend, then sign and accept again.`,
		Example: "  parley line list",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(lineProposeCommand(sh), lineSignCommand(sh), lineAcceptCommand(sh), lineAmendCommand(sh),
		lineCloseCommand(sh), lineListCommand(sh), lineShowCommand(sh))
	return c
}

func (t *terms) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&t.cards, "card", nil, "another party's card `FILE`; once for each")
	f.StringVar(&t.purpose, "purpose", "", "what the line is for, in words")
	f.StringArrayVar(&t.clocks, "clock", nil, "`NAME=DURATION`: flash, immediate, priority, routine, deputy, link-down")
	f.StringArrayVar(&t.leads, "lead", nil, "`CLASS=DURATION`: the agreed least lead time of a class of notice")
	f.StringVar(&t.out, "out", "", "where to write it (default NAME.proposal)")
}

func lineProposeCommand(sh *shell) *cobra.Command {
	var t terms
	c := &cobra.Command{
		Use:     "propose NAME",
		Short:   "Write a charter for the parties to sign",
		Example: `  parley line propose IL-RU --card ru.json --purpose "safety of flight" --clock flash=60s`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			card, err := f.card()
			if err != nil {
				return err
			}
			if len(t.cards) == 0 {
				return usage("Give the other party's card: --card ru.json", "a line needs another party")
			}
			cards, clocks, err := t.read(record.DefaultClocks())
			if err != nil {
				return err
			}
			opts := line.CharterOptions{Exercise: t.exercise, Clocks: &clocks, Phrases: record.Hash(phrase.Pack().Hash()),
				Purpose: t.purpose, Made: utc.From(time.Now())}
			rand.Read(opts.Nonce[:])
			body, err := line.NewCharter(args[0], append(cards, card), opts)
			if err != nil {
				return usage("See: parley line propose --help", "%v", err)
			}
			return t.propose(sh, card.Party, args[0]+".proposal", line.Proposal{Charter: body})
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&t.exercise, "exercise", false, "an exercise line: stepped clocks allowed, every record says exercise")
	return c
}

func lineAmendCommand(sh *shell) *cobra.Command {
	var t terms
	var remove []string
	c := &cobra.Command{
		Use:   "amend NAME",
		Short: "Write the next revision of a line's charter for the parties to sign",
		Long: `Writes the charter that follows the one in force. --card brings a party's new
card (new officers or addresses) or a new party; --remove takes one off. It is
signed and accepted as the first one was: by a chief of each party, by the card
in force before.`,
		Example: `  parley line amend IL-RU --clock flash=45s --card ru-new.json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			card, err := f.card()
			if err != nil {
				return err
			}
			ch, chain, err := f.charterOf(args[0])
			if err != nil {
				return err
			}
			last, err := line.ParseCharterRecord(chain[len(chain)-1])
			if err != nil {
				return err
			}
			cards, clocks, err := t.read(ch.Clocks)
			if err != nil {
				return err
			}
			change := line.Changes{Cards: cards, Clocks: &clocks, Made: max(utc.From(time.Now()), ch.Made)}
			rand.Read(change.Nonce[:])
			for _, r := range remove {
				change.Leave = append(change.Leave, party.ID(r))
			}
			if t.purpose != "" {
				change.Purpose = &t.purpose
			}
			body, err := line.Amend(last, change)
			if err != nil {
				return usage("See: parley line amend --help", "%v", err)
			}
			return t.propose(sh, card.Party, fmt.Sprintf("%s.%d.proposal", ch.Name, ch.Revision+1), line.Proposal{Charter: body, Chain: chain})
		},
	}
	t.flags(c)
	c.Flags().StringArrayVar(&remove, "remove", nil, "take this `PARTY` off the line")
	return c
}

// propose writes a new proposal's file, never over another.
func (t terms) propose(sh *shell, self party.ID, path string, p line.Proposal) error {
	if t.out != "" {
		path = t.out
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return usage("Choose another with --out, or move it away.", "%s is there already", path)
	}
	d, err := newDraft(path, p)
	if err != nil {
		return usage("See: parley line propose --help", "%v", err)
	}
	if err := d.write(); err != nil {
		return err
	}
	return sh.answer(d.view(), func() {
		sh.say("Wrote %s. It is not signed by anybody yet.", path)
		sh.say("")
		d.print(sh)
		others := slices.DeleteFunc(slices.Clone(d.Missing), func(id party.ID) bool { return id == self })
		sh.say("Next: send it to %s; compare the words by telephone; each, and you, sign it:", none(partyWords(others)))
		sh.say("      parley line sign %s --officer ID", path)
	})
}

// charterView is a charter as --json shows it.
type charterView struct {
	File     string         `json:"file,omitempty"`
	Line     record.LineID  `json:"line"`
	Words    []string       `json:"words"`
	Signed   []party.ID     `json:"signed"`
	Unsigned []party.ID     `json:"unsigned"`
	Charter  record.Charter `json:"charter"`
}

func (d draft) view() charterView {
	return charterView{d.path, d.Line, d.Words, d.signed(), append([]party.ID{}, d.Missing...), d.Standing.Charter}
}

func (d draft) print(sh *shell) {
	c := d.Standing.Charter
	sh.say("  Line %s, revision %d, made %s%s", c.Name, c.Revision, c.Made, map[bool]string{true: "   EXERCISE"}[c.Exercise])
	if c.Purpose != "" {
		sh.say("  %s", oneLine(c.Purpose))
	}
	for _, card := range c.Cards {
		sh.say("")
		sh.say("  %s  %s  %s", card.Party, card.Name, strings.Join(card.Addresses, " "))
		for _, o := range card.Officers {
			sh.say("      %-12s %s (%s)", o.ID, o.Name, roles(o.Roles))
		}
		sh.say("      card: %s", strings.Join(party.Words(card.Fingerprint()), " "))
	}
	k := c.Clocks
	sh.say("")
	sh.say("  An officer acknowledges: flash %s, immediate %s, priority %s, routine %s; the deputy after that, every desk %s later.",
		ms(k.Ack[0]), ms(k.Ack[1]), ms(k.Ack[2]), ms(k.Ack[3]), ms(k.Deputy))
	for _, l := range k.Lead {
		sh.say("  Least lead time of %s: %s", l.Class, span(time.Duration(l.Min)*time.Millisecond))
	}
	sh.say("")
	sh.say("  Signed: %s.  Not yet: %s.", none(partyWords(d.signed())), none(partyWords(d.Missing)))
	sh.say("")
	sh.say("  The words of this charter, to be read aloud and compared by telephone:")
	sh.say("")
	for _, l := range wordLines(d.Words) {
		sh.say("      %s", l)
	}
	sh.say("")
}

func ms(v uint32) string { return span(time.Duration(v) * time.Millisecond) }

// span says a duration as people do: "45 s", "2 min", "1 h 30 min", "3 days".
func span(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		d    time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / u.d; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.d
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

func none(s []string) string {
	if len(s) == 0 {
		return "nobody"
	}
	return strings.Join(s, ", ")
}

func partyWords(ids []party.ID) []string {
	var s []string
	for _, id := range ids {
		s = append(s, string(id))
	}
	return s
}
