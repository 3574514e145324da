package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
			return t.propose(sh, args[0]+".proposal", line.Proposal{Charter: body})
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
			return t.propose(sh, fmt.Sprintf("%s.%d.proposal", ch.Name, ch.Revision+1), line.Proposal{Charter: body, Chain: chain})
		},
	}
	t.flags(c)
	c.Flags().StringArrayVar(&remove, "remove", nil, "take this `PARTY` off the line")
	return c
}

// propose writes a new proposal's file, never over another.
func (t terms) propose(sh *shell, path string, p line.Proposal) error {
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
		sh.say("Next: send it to %s; compare the words by telephone; each signs it:", strings.Join(partyWords(d.Missing), ", "))
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

func lineSignCommand(sh *shell) *cobra.Command {
	var officer, words string
	var files []string
	c := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a charter as a chief of this party, after comparing its words",
		Long: `Adds this party's signature to a charter. Before you sign, read its twelve words
to the other parties by telephone, and hear theirs: the file may have been
changed on its way. With --words it signs only if they are the words you heard.`,
		Example: `  parley line sign IL-RU.proposal --officer levi --words "canal oven … river"`,
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
			d, err := readDraft(args[0])
			if err != nil {
				return err
			}
			if words != "" && !sameWords(words, d.Words) {
				return &failure{code: exitNotVerified, err: errors.New("the words you heard are not the words of this file; it was not signed"),
					remedy: "Ask the proposer for the file again by another way, and compare again."}
			}
			if officer, err = pickOfficer(f, officer); err != nil {
				return err
			}
			pass, err := passphrases{sh: sh, files: files}.of(officer, false)
			if err != nil {
				return err
			}
			signer, err := f.officer(officer, pass)
			if err != nil {
				return err
			}
			signed, err := line.Sign(d.Proposal, card, signer)
			if err != nil {
				return usage("A chief signs; and the proposer needs this party's present card.json.", "%v", err)
			}
			if d, err = newDraft(d.path, signed); err != nil {
				return err
			}
			if err := d.write(); err != nil {
				return err
			}
			return sh.answer(d.view(), func() {
				d.print(sh)
				sh.say("Signed for %s by %s.", card.Party, officer)
				if len(d.Missing) == 0 {
					sh.say("All have signed. Each party now:  parley line accept %s", d.path)
				} else {
					sh.say("Next: pass the file on to %s.", strings.Join(partyWords(d.Missing), ", "))
				}
			})
		},
	}
	c.Flags().StringVar(&officer, "officer", "", "the chief who signs")
	c.Flags().StringVar(&words, "words", "", "the twelve words that the others read out; refused if they differ")
	c.Flags().StringArrayVar(&files, "passphrase-file", nil, passphraseFlagHelp)
	return c
}

func sameWords(heard string, words []string) bool {
	h := strings.Fields(strings.ToLower(heard))
	return strings.Join(h, " ") == strings.Join(words, " ")
}

func lineAcceptCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "accept FILE",
		Short:   "Put a charter that all have signed into force here",
		Long:    "Checks that a chief of every party has signed, keeps the charter in the data folder,\nand hands it to the running node, if one runs, which then links up.",
		Example: "  parley line accept IL-RU.proposal",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			return acceptCharter(c.Context(), sh, f, args[0])
		},
	}
}

func acceptCharter(ctx context.Context, sh *shell, f folder, path string) error {
	card, err := f.card()
	if err != nil {
		return err
	}
	d, err := readDraft(path)
	if err != nil {
		return err
	}
	if len(d.Missing) > 0 {
		return &failure{code: exitNotVerified, err: fmt.Errorf("%s has not been signed by %s; nothing flows before all have", path, strings.Join(partyWords(d.Missing), ", ")),
			remedy: "Pass the file on to them: parley line sign " + path}
	}
	cr, _, err := line.Complete(d.Proposal)
	if err != nil {
		return &failure{code: exitNotVerified, err: err, remedy: "Ask the proposer for the file again."}
	}
	ch := d.Standing.Charter
	mine, ok := ch.Card(card.Party)
	if !ok {
		return usage("", "%s is not on this charter", card.Party)
	}
	if mine.Fingerprint() != card.Fingerprint() {
		return usage("Send the proposer your present card.json, and let them propose again.", "the charter has another card of %s than this data folder", card.Party)
	}
	b, err := line.MarshalCharterRecord(cr)
	if err != nil {
		return err
	}
	before, err := f.charters()
	if err != nil {
		return err
	}
	kept, fresh, err := f.keep(ch, append(append([][]byte(nil), d.Chain...), b))
	if err != nil {
		return err
	}
	// A node that runs takes a new line or an amendment; a line that was there
	// before we joined it needs its earlier charters too, and so a restart.
	joins := ch.Revision > 0 && len(before[ch.Name]) == 0
	running := false
	if cl, dialErr := f.dial(); dialErr == nil && !joins {
		running, err = handOver(ctx, cl, b)
	}
	if err != nil {
		if fresh {
			err = errors.Join(err, os.Remove(kept)) // refused: not in force here
		}
		return err
	}
	v := struct {
		charterView
		Kept    string `json:"kept"`
		Fresh   bool   `json:"fresh"`
		Running bool   `json:"running"`
	}{d.view(), kept, fresh, running}
	return sh.answer(v, func() {
		if !fresh {
			sh.say("Line %s, revision %d, was accepted before.", ch.Name, ch.Revision)
		} else {
			sh.say("Line %s, revision %d, is in force here: %s", ch.Name, ch.Revision, kept)
		}
		if running {
			sh.say("The running node has it.")
		} else if joins {
			sh.say("%s joins the line when its node starts anew: parley serve --data %s", card.Party, f.path)
		} else {
			sh.say("Next: parley serve --data %s", f.path)
		}
	})
}

// handOver gives a charter to the running node; false without an error means
// that none runs.
func handOver(ctx context.Context, cl *client, charter []byte) (running bool, err error) {
	err = cl.call(ctx, "POST", "/v1/lines", charter, nil)
	var no *failure
	if errors.As(err, &no) && no.code == exitNoNode {
		return false, nil // run.json was left behind by a crash
	}
	return err == nil, err
}

func lineCloseCommand(sh *shell) *cobra.Command {
	var officer, text string
	var duties, files []string
	c := &cobra.Command{
		Use:   "close NAME",
		Short: "Leave a line; the exit and the duties left open stand on its record",
		Long: `Says on the line that this party leaves it, and which duties it leaves open.
The record stays and can be verified; a party comes back by an amendment.`,
		Example: `  parley line close IL-RU --officer levi --text "by order of the staff" --duty "search at 35.2N 35.6E goes on"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, cl, err := sh.node()
			if err != nil {
				return err
			}
			if err := cl.signOn(c.Context(), sh, f, officer, files); err != nil {
				return err
			}
			var sent sentView
			if err := cl.call(c.Context(), "POST", "/v1/lines/close", map[string]any{"line": args[0], "text": text, "duties": duties}, &sent); err != nil {
				return err
			}
			return sh.answer(sent, func() { sh.say("%s has left line %s: %s", cl.officer, args[0], sent.ID) })
		},
	}
	c.Flags().StringVar(&officer, "officer", "", "the officer who says it")
	c.Flags().StringVar(&text, "text", "", "the reason, in words (needed)")
	c.Flags().StringArrayVar(&duties, "duty", nil, "a duty left open; once for each")
	c.Flags().StringArrayVar(&files, "passphrase-file", nil, passphraseFlagHelp)
	c.MarkFlagRequired("text")
	return c
}

func lineListCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the lines of this party",
		Example: "  parley line list --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			if err := f.made(); err != nil {
				return err
			}
			all, err := f.charters()
			if err != nil {
				return err
			}
			views := []charterView{}
			for _, name := range sorted(all) {
				ch, id, err := checkCharters(all[name])
				if err != nil {
					return failed("Restore it from a backup, or from another party.", "line %s: %w", name, err)
				}
				last, err := line.ParseCharterRecord(all[name][len(all[name])-1])
				if err != nil {
					return err
				}
				views = append(views, charterView{Line: id, Words: line.Words(last.Charter), Signed: ch.Parties(), Unsigned: []party.ID{}, Charter: ch})
			}
			return sh.answer(map[string]any{"lines": views}, func() {
				t := table{head: []string{"line", "revision", "parties", "exercise", "words"}}
				for _, v := range views {
					t.add(v.Charter.Name, fmt.Sprint(v.Charter.Revision), strings.Join(partyWords(v.Charter.Parties()), ", "),
						map[bool]string{true: "yes", false: "no"}[v.Charter.Exercise], strings.Join(v.Words[:4], " ")+" …")
				}
				t.print(sh)
			})
		},
	}
}

func lineShowCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME|FILE",
		Short:   "Show a line's charter in force, or a charter file, with its words",
		Example: "  parley line show IL-RU.proposal",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				d, err := readDraft(args[0])
				if err != nil {
					return err
				}
				return sh.answer(d.view(), func() { d.print(sh) })
			}
			f, err := sh.folder()
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
			d, err := newDraft(f.charterFile(ch.Name, ch.Home, int(ch.Revision)),
				line.Proposal{Charter: last.Charter, Signatures: last.Signatures, Chain: chain[:len(chain)-1]})
			if err != nil {
				return err
			}
			return sh.answer(d.view(), func() { d.print(sh) })
		},
	}
}
