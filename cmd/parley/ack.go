package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"parley/picture"
	"parley/record"
)

func ackCommand(sh *shell) *cobra.Command {
	var s speaker
	var v volumeFlags
	var a record.Ack
	var level, at string
	c := &cobra.Command{
		Use:   "ack RECORD",
		Short: "Acknowledge an alert, or a record of another party at a level",
		Long: `An alert of the home line is acknowledged as such, and the notice that it comes
from as read. Any other record is acknowledged at a level. The levels are
different things and none implies another:

  read            an officer has it before the eyes
  understood      with the place read back: --read-back, once a line
  relayed         to --unit, at --at
  unit-confirms   --unit has it, at --at
  no-objection, objection (with --reason), alternative (with an area)
  unknown-message

None of them grants anything, and silence is none of them.`,
		Example: `  parley ack home/RU/urgent/4 --officer orlov
  parley ack IL-RU/IL/urgent/12 --level understood --read-back "35.52N 35.78E, 25 km"
  parley ack RU-SY/RU/urgent/2 --level relayed --unit "S-200 regiment" --at now`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id := picture.ID(args[0])
			line, _, err := picture.ParseID(id)
			if err != nil {
				return usage("parley show lists alerts and records.", "%v", err)
			}
			if level == "" {
				return s.ackAlert(c.Context(), sh, id, a.Text)
			}
			a.Level = record.Level(level)
			if a.Alternative, err = v.read(nodeTime(c.Context(), sh)); err != nil {
				return err
			}
			if at != "" {
				now, err := nodeTime(c.Context(), sh)()
				if err != nil {
					return err
				}
				if a.At, err = parseInstant(at, now, now); err != nil {
					return usage("", "--at: %v", err)
				}
			}
			s.re = args[0]
			m, err := s.message(line, a)
			if err != nil {
				return err
			}
			return s.send(c.Context(), sh, m)
		},
	}
	s.flags(c)
	v.flags(c)
	c.Flags().MarkHidden("re")
	f := c.Flags()
	f.StringVar(&level, "level", "", "the level; without it, RECORD is an alert of ours")
	f.StringArrayVar(&a.ReadBack, "read-back", nil, "understood: the place and times as read back; once a line")
	f.StringVar(&a.Unit, "unit", "", "relayed, unit-confirms: which unit")
	f.StringVar(&at, "at", "", "relayed, unit-confirms: when it happened")
	f.StringVar(&a.Reason, "reason", "", "objection: why")
	f.StringVar(&a.Text, "text", "", "in words")
	return c
}

func (s *speaker) ackAlert(ctx context.Context, sh *shell, id picture.ID, text string) error {
	f, c, err := sh.node()
	if err != nil {
		return err
	}
	if err := c.signOn(ctx, sh, f, s.officer, s.pass); err != nil {
		return err
	}
	req := map[string]any{"id": id}
	if text != "" {
		req["text"] = text
	}
	var sent []sentView
	if err := c.call(ctx, "POST", "/v1/alerts/acknowledge", req, &sent); err != nil {
		return err
	}
	return sh.answer(map[string]any{"sent": sent}, func() {
		var ids []string
		for _, x := range sent {
			ids = append(ids, string(x.ID))
		}
		sh.say("%s acknowledged by %s: %s", id, c.officer, strings.Join(ids, ", "))
	})
}
