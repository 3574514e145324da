package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/party"
	"parley/utc"
)

func cardCommand(sh *shell) *cobra.Command {
	c := &cobra.Command{
		Use:   "card [FILE]",
		Short: "Show a card and its words; add or retire officers, change addresses",
		Long: `Shows this party's card, or another party's from its file, with the twelve words
to compare by telephone.

A change makes a new card and amends the home line, signed by a chief; the node
must not run meanwhile. The other lines know the new card only after each has
been amended with it: parley line amend NAME --card card.json, then sign and
accept. Until then a new officer speaks on the home line only.`,
		Example: `  parley card
  parley card ru.json
  parley card add-officer "cohen:Lt. Cohen:deputy" --chief levi
  parley card retire-officer cohen --chief levi`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			path := f.at("card.json")
			if len(args) == 1 {
				path = args[0]
			} else if err := f.made(); err != nil {
				return err
			}
			card, err := readCard(path)
			if err != nil {
				return err
			}
			return showCard(sh, card, nil)
		},
	}
	c.AddCommand(
		cardChange(sh, "add-officer ID:NAME:ROLES", "Add an officer, with a key of their own", `  parley card add-officer "cohen:Lt. Cohen:deputy" --chief levi`, 1, addOfficer),
		cardChange(sh, "retire-officer ID", "End an officer's time: nothing signed from now on counts", "  parley card retire-officer cohen --chief levi", 1, retireOfficer),
		cardChange(sh, "addresses HOST:PORT...", "Say anew where the other parties reach this node", "  parley card addresses hotline.example.org:7443", -1, setAddresses))
	return c
}

func showCard(sh *shell, card party.Card, next []string) error {
	words := party.Words(card.Fingerprint())
	return sh.answer(map[string]any{"card": card, "words": words, "next": next}, func() {
		sh.say("%s  %s  %s", card.Party, printable(card.Name), strings.Join(card.Addresses, " "))
		for _, o := range card.Officers {
			until := ""
			if !o.Until.IsZero() {
				until = ", until " + o.Until.String()
			}
			sh.say("  %-12s %s (%s%s)", o.ID, printable(o.Name), roles(o.Roles), until)
		}
		sh.say("")
		for _, l := range wordLines(words) {
			sh.say("      %s", l)
		}
		for _, n := range next {
			sh.say("%s", n)
		}
	})
}

// change is what one of the subcommands does to the card; files are written
// beside it.
type cardEdit struct {
	card  *party.Card
	args  []string
	now   utc.Time
	pass  passphrases
	work  int
	files map[string][]byte
}

func cardChange(sh *shell, use, short, example string, n int, change func(*cardEdit) error) *cobra.Command {
	var chief string
	var pass []string
	var work int
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(n),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			return f.changeCard(sh, chief, passphrases{sh: sh, files: pass}, work, args, change)
		},
	}
	if n < 0 {
		c.Args = cobra.MinimumNArgs(1)
	}
	c.Flags().StringVar(&chief, "chief", "", "the chief who signs (default: the only officer)")
	c.Flags().StringArrayVar(&pass, "passphrase-file", nil, passphraseFlagHelp)
	c.Flags().IntVar(&work, "work-factor", party.DefaultWorkFactor, "scrypt cost of a new officer's key, 2^N; at least 15")
	return c
}

// changeCard writes the new officer's key, the home line's amendment, and the
// card last. After a crash between them the old card stands and the change can
// be made again.
func (f folder) changeCard(sh *shell, chief string, pass passphrases, work int, args []string, change func(*cardEdit) error) error {
	card, err := f.card()
	if err != nil {
		return err
	}
	lock, err := f.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if work < 15 {
		return usage("Leave it out for the default.", "--work-factor %d is too weak", work)
	}
	_, chain, err := f.charterOf(homeName)
	if err != nil {
		return err
	}
	if chief, err = pickOfficer(f, chief); err != nil {
		return err
	}
	word, err := pass.of(chief, false)
	if err != nil {
		return err
	}
	signer, err := f.officer(chief, word)
	if err != nil {
		return err
	}
	next := card
	next.Officers = append([]party.Officer(nil), card.Officers...)
	e := &cardEdit{card: &next, args: args, now: utc.From(time.Now()), pass: pass, work: work, files: map[string][]byte{}}
	if err := change(e); err != nil {
		return err
	}
	if err := next.Validate(); err != nil {
		return usage("Nothing was changed.", "the new card: %v", err)
	}
	last, err := line.ParseCharterRecord(chain[len(chain)-1])
	if err != nil {
		return err
	}
	ch := line.Changes{Cards: []party.Card{next}, Made: e.now}
	rand.Read(ch.Nonce[:])
	body, err := line.Amend(last, ch)
	if err != nil {
		return err
	}
	p, err := line.Sign(line.Proposal{Charter: body, Chain: chain}, next, signer)
	if err != nil {
		return usage("A chief signs: --chief ID. Nothing was changed.", "%v", err)
	}
	cr, _, err := line.Complete(p)
	if err != nil {
		return usage("Nothing was changed.", "%v", err)
	}
	b, err := line.MarshalCharterRecord(cr)
	if err != nil {
		return err
	}
	for name, content := range e.files {
		if err := f.write(name, content, 0o600); err != nil {
			return err
		}
	}
	if err := writeFile(f.charterFile(homeName, true, len(chain)), b, 0o600); err != nil {
		return err
	}
	text, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	if err := f.write("card.json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	all, err := f.charters()
	if err != nil {
		return err
	}
	var todo []string
	for _, name := range sorted(all) {
		if name != homeName {
			todo = append(todo, "Next, for line "+name+":  parley line amend "+name+" --card "+f.at("card.json")+"   and let all sign it")
		}
	}
	return showCard(sh, next, todo)
}

func addOfficer(e *cardEdit) error {
	o, err := parseOfficer(e.args[0])
	if err != nil {
		return err
	}
	if _, ok := e.card.Officer(o.ID); ok {
		return usage("Ids are never used twice: choose another.", "this party has an officer %s", o.ID)
	}
	word, err := e.pass.of(o.ID, true)
	if err != nil {
		return err
	}
	signer, seed, err := party.Generate(rand.Reader)
	if err != nil {
		return fmt.Errorf("couldn't make the key of officer %s: %w", o.ID, err)
	}
	o.Key = signer.Public()
	if e.files["officers/"+o.ID+".age"], err = party.EncryptKey(seed, word, e.work); err != nil {
		return usage("", "couldn't encrypt the key of officer %s: %v", o.ID, err)
	}
	e.card.Officers = append(e.card.Officers, o)
	return nil
}

func retireOfficer(e *cardEdit) error {
	left := false
	found := false
	for i := range e.card.Officers {
		o := &e.card.Officers[i]
		if o.ID == e.args[0] {
			if !o.Until.IsZero() {
				return usage("", "officer %s was retired at %s", o.ID, o.Until)
			}
			o.Until, found = e.now, true
		}
		left = left || o.Holds(party.Chief, e.now)
	}
	if !found {
		return usage("parley card   shows the officers.", "this party has no officer %q", e.args[0])
	}
	if !left {
		return usage("Add another chief first.", "%s is the last chief; nobody could sign a charter", e.args[0])
	}
	return nil
}

func setAddresses(e *cardEdit) error {
	e.card.Addresses = append([]string(nil), e.args...)
	return nil
}
