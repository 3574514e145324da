package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/party"
)

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
			if officer, err = pickChief(f, officer); err != nil {
				return err
			}
			if err := cl.signOn(c.Context(), sh, f, officer, files); err != nil {
				return err
			}
			var sent sentView
			if err := cl.call(c.Context(), "POST", "/v1/lines/close", map[string]any{"line": args[0], "text": text, "duties": duties}, &sent); err != nil {
				return err
			}
			return sh.answer(sent, func() { sh.say("This party has left line %s: %s, signed by %s.", args[0], sent.ID, cl.officer) })
		},
	}
	c.Flags().StringVar(&officer, "officer", "", "the officer who says it (default: the only chief)")
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
