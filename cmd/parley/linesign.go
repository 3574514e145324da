package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/line"
)

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
			if officer, err = pickChief(f, officer); err != nil {
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
	c.Flags().StringVar(&officer, "officer", "", "the chief who signs (default: the only one)")
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
		Use:   "accept FILE",
		Short: "Put a charter that all have signed into force here",
		Long: `Checks that a chief of every party has signed, keeps the charter in the data folder,
and hands it to the running node, if one runs, which then links up. An amendment
that takes this party off a line closes the line here.`,
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
	before, err := f.charters()
	if err != nil {
		return err
	}
	mine, on := ch.Card(card.Party)
	if !on && (ch.Revision == 0 || len(before[ch.Name]) == 0) {
		return usage("", "%s is not on this charter", card.Party)
	}
	if on && mine.Fingerprint() != card.Fingerprint() {
		return usage("Send the proposer your present card.json, and let them propose again.", "the charter has another card of %s than this data folder", card.Party)
	}
	b, err := line.MarshalCharterRecord(cr)
	if err != nil {
		return err
	}
	kept, fresh, err := f.keep(ch, append(append([][]byte(nil), d.Chain...), b))
	if err != nil {
		return err
	}
	// A node that runs takes a new line or an amendment; a line that was there
	// before we joined it needs its earlier charters too, and so a restart.
	joins := on && ch.Revision > 0 && len(before[ch.Name]) == 0
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
		Off     bool   `json:"off"` // this party is no longer on the line
	}{d.view(), kept, fresh, running, !on}
	return sh.answer(v, func() {
		if !fresh {
			sh.say("Line %s, revision %d, was accepted before.", ch.Name, ch.Revision)
		} else {
			sh.say("Line %s, revision %d, is in force here: %s", ch.Name, ch.Revision, kept)
		}
		if !on {
			sh.say("It takes %s off the line: %s go on without it, and hang up on it.", card.Party, strings.Join(partyWords(ch.Parties()), ", "))
			sh.say("The line is closed here: nothing more is said or heard on it; its record stays and can be verified.")
			sh.say("%s comes back by an amendment that it signs too.", card.Party)
			return
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
