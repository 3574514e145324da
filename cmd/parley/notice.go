package main

import (
	"github.com/spf13/cobra"

	"parley/record"
)

func noticeCommand(sh *shell) *cobra.Command {
	var s speaker
	var v volumeFlags
	var n record.Notice
	var wants, expires string
	c := &cobra.Command{
		Use:   "notice LINE CLASS",
		Short: "Send a notice: what, where, how high, from when until when",
		Long: `Announces something on a line. A notice informs; it asks for no permission and
grants none. It is checked against all that is known here, sealed by the
officer, logged, and delivered; what it collides with is printed.

Classes: ` + classes() + `.
A cancellation or correction names the notice it is about with --re.`,
		Example: `  parley notice IL-RU hazard-area --officer levi --precedence flash --place Latakia \
    --circle "35.52N 35.78E, 25km" --lower SFC --upper FL300 --from 18:40Z --to +50m --want read,understood
  parley notice IL-RU cancellation --re IL-RU/IL/urgent/2 --text "over"`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var body record.Body
			var err error
			if s.body != "" {
				body, err = bodyFrom(sh, record.KindNotice, s.body)
			} else {
				n.Class = record.Class(args[1])
				if !n.Class.Known() {
					return usage("Classes: "+classes(), "no class of notice is called %q", args[1])
				}
				if n.Volumes, err = v.read(nodeTime(c.Context(), sh)); err != nil {
					return err
				}
				if n.Wants, err = parseLevels(wants); err != nil {
					return err
				}
				if expires != "" {
					now, err := nodeTime(c.Context(), sh)()
					if err != nil {
						return err
					}
					if n.Expires, err = parseInstant(expires, now, now); err != nil {
						return usage("", "--expires: %v", err)
					}
				}
				body = n
			}
			if err != nil {
				return err
			}
			m, err := s.message(args[0], body)
			if err != nil {
				return err
			}
			return s.send(c.Context(), sh, m)
		},
	}
	s.flags(c)
	v.flags(c)
	f := c.Flags()
	f.StringVar(&n.Place, "place", "", "the place by name; flagged where it and the coordinates disagree")
	f.StringVar(&n.Text, "text", "", "in words")
	f.StringVar(&n.Lang, "lang", "", "language of --text, such as en")
	f.StringVar(&wants, "want", "", "acknowledgements asked for, by comma: read, understood, relayed, unit-confirms")
	f.StringVar(&n.Late, "late", "", "the reason, where the lead is short")
	f.StringVar(&n.Contact, "contact", "", "whom to ask")
	f.StringVar(&expires, "expires", "", "when the notice lapses by itself")
	f.StringVar(&s.body, "body", "", "take the whole notice from a JSON `FILE` (- for standard input)")
	return c
}
