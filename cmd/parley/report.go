package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"parley/party"
	"parley/picture"
	"parley/report"
	"parley/scenario"
	"parley/utc"
	"parley/web"
)

func reportCommand(sh *shell) *cobra.Command {
	var out, title, seat string
	var force bool
	c := &cobra.Command{
		Use:   "report PATH",
		Short: "Make a paper of a record: one page that needs nothing else",
		Long: `Makes one self-contained HTML file of a bundle or a party's data folder: a map of
what was announced, a timeline, every record with both sides' times, what was
missing, and whether the record verifies. It runs no script and asks no server.

It ends with 3 if the record does not verify; the paper is written all the same,
and says so.`,
		Example: "  parley report IL-RU.parley -o evening.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Stat(out); err == nil && !force {
				return usage("Choose another with -o, or give --force.", "%s is there already", out)
			}
			return makeReport(sh, args[0], out, title, party.ID(seat))
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "report.html", "the `FILE` to write")
	c.Flags().StringVar(&title, "title", "", "what stands at the top")
	c.Flags().StringVar(&seat, "seat", "", "from this `PARTY`'s seat (default: whose copy it is)")
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return c
}

func makeReport(sh *shell, path, out, title string, seat party.ID) error {
	src, err := readRecord(path, seat)
	if err != nil {
		return err
	}
	last := src.last()
	run := scenario.Run{Name: "as recorded"}
	d := report.Data{Title: title, Moment: scenario.Moment{}, Verified: true, BaseMap: web.BaseMap(), Version: version(),
		Commands: []string{"parley verify " + path, "parley replay " + path}}
	r := report.Run{Outcome: scenario.Judge(&run, last, map[party.ID]scenario.Book{src.self: src.book}),
		Seats: map[party.ID]*picture.Picture{src.self: src.book.At(utc.Max, last)}}
	names := ""
	for i, v := range src.verdicts {
		if !v.OK {
			d.Verified = false
			if d.Problem == "" && len(v.Problems) > 0 {
				d.Problem = v.Problems[0].String()
			}
		}
		if v.Name != homeName {
			r.Records += v.Records
			for _, g := range v.Logs {
				if g.Party == src.self {
					r.Unreceipted += int(g.Unreceipted)
				}
			}
			if names != "" {
				names += ", "
			}
			names += v.Name
		}
		d.Copies = append(d.Copies, report.Copy{File: src.files[i], Verdict: v})
	}
	r.Receipted = r.Records - r.Unreceipted
	for _, l := range r.Seats[src.self].Lines {
		d.Exercise = d.Exercise || l.Exercise
	}
	if d.Title == "" {
		d.Title = fmt.Sprintf("The record of %s, as %s holds it", names, src.self)
	}
	d.Runs = []report.Run{r}
	if err := writeFile(out, report.Build(d), 0o644); err != nil {
		return err
	}
	v := struct {
		File     string `json:"file"`
		Verified bool   `json:"verified"`
		Records  int    `json:"records"`
	}{out, d.Verified, r.Records}
	err = sh.answer(v, func() { sh.say("Wrote %s: %d records of %s.", out, r.Records, names) })
	if err == nil && !d.Verified {
		return &failure{code: exitNotVerified, err: errors.New("the record does not verify; the paper says where: " + d.Problem), quiet: sh.json}
	}
	return err
}
