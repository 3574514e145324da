package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"parley/line"
	"parley/line/courier"
	"parley/record"
	"parley/utc"
)

func courierCommand(sh *shell) *cobra.Command {
	c := &cobra.Command{
		Use:     "courier",
		Short:   "Carry a line as a file",
		Example: "  parley courier export IL-RU --out IL-RU.parley",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var out string
	export := &cobra.Command{
		Use:   "export LINE",
		Short: "Write a line's whole record, as held here, into one bundle",
		Long: `Writes every record, checkpoint and receipt of a line into one file that anybody
can verify offline. It asks the running node, or reads the data folder where
none runs. The home line is never exported: it is this party's own.`,
		Example: `  parley courier export IL-RU --out IL-RU.parley
  parley verify IL-RU.parley`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return exportLine(c.Context(), sh, args[0], out) },
	}
	export.Flags().StringVar(&out, "out", "", "where to write it (default LINE.parley; - for standard output)")
	c.AddCommand(export)
	return c
}

func exportLine(ctx context.Context, sh *shell, name, out string) error {
	if out == "-" && sh.json {
		return usage("Write the bundle into a file: --out FILE --json.", "--out - and --json both want standard output")
	}
	f, err := sh.folder()
	if err != nil {
		return err
	}
	ch, chain, err := f.charterOf(name)
	if err != nil {
		return err
	}
	if ch.Home {
		return usage("What leaves it, leaves by an officer's act: parley say.", "the home line is never exported")
	}
	var buf bytes.Buffer
	from := "the running node"
	var none *failure
	if c, err := f.dial(); err == nil {
		err = c.call(ctx, "GET", "/v1/export?line="+name, nil, &buf)
		if errors.As(err, &none) && none.code == exitNoNode {
			from, err = "the data folder", f.export(&buf, ch, chain)
		}
		if err != nil {
			return err
		}
	} else if !errors.As(err, &none) || none.code != exitNoNode {
		return err
	} else if from, err = "the data folder", f.export(&buf, ch, chain); err != nil {
		return err
	}
	if out == "-" {
		if _, err := sh.out.Write(buf.Bytes()); err != nil {
			return fmt.Errorf("couldn't write the bundle: %w", err)
		}
		return nil
	}
	if out == "" {
		out = name + ".parley"
	}
	if _, err := os.Stat(out); err == nil {
		return usage("Choose another with --out, or move it away.", "%s is there already", out)
	}
	if err := writeFile(out, buf.Bytes(), 0o644); err != nil {
		return err
	}
	b, err := courier.Read(bytes.NewReader(buf.Bytes()))
	if err != nil {
		return fmt.Errorf("the bundle that was just written can't be read back: %w", err)
	}
	records := 0
	for _, l := range b.History.Logs {
		records += len(l.Entries)
	}
	v := struct {
		File    string        `json:"file"`
		Line    record.LineID `json:"line"`
		Records int           `json:"records"`
		Bytes   int           `json:"bytes"`
		From    string        `json:"from"`
	}{out, b.Line, records, buf.Len(), from}
	return sh.answer(v, func() {
		sh.say("Wrote %s: %d records of line %s, from %s.", out, records, name, from)
		sh.say("  parley verify %s   checks it, anywhere, without a node", out)
	})
}

// export writes a bundle from what lies in the folder.
func (f folder) export(buf *bytes.Buffer, ch record.Charter, chain [][]byte) error {
	card, err := f.card()
	if err != nil {
		return err
	}
	h, err := f.history(card.Party, chain)
	if err != nil {
		return err
	}
	return writeBundle(buf, h, utc.From(time.Now()))
}

// writeBundle writes h as a bundle made at the instant at.
func writeBundle(buf *bytes.Buffer, h line.History, at utc.Time) error {
	_, id, err := checkCharters(h.Charters)
	if err != nil {
		return err
	}
	return courier.Export(buf, courier.Bundle{Line: id, Exporter: h.Holder, Made: at, History: h})
}
