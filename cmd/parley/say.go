package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"parley/party"
	"parley/phrase"
	"parley/picture"
	"parley/record"
)

func sayCommand(sh *shell) *cobra.Command {
	var s speaker
	var v volumeFlags
	var text, lang, kind, unit, wants, relayFrom, open string
	c := &cobra.Command{
		Use:   "say LINE [CODE [NAME=VALUE]...]",
		Short: "Say a phrase or free words on a line; relay to a third party",
		Long: `Says a phrase of the phrasebook, free words, or both. "parley say phrases" lists
the phrasebook. STOP-NOW goes at flash at once: any officer may say it, and nobody has to agree.

To relay: --relay-from names the alert or notice that the third party should
know the substance of. It goes to LINE, the third party's line, as a relay: the
phrases, the area and the unit given here, and nothing of the first line but a
salted hash of its origin, which --open reveals later as proof.

To keep something on the home line (a filed route, the watch), give its kind and
body: --kind plan --body FILE.`,
		Example: `  parley say IL-RU STOP-NOW "area=Latakia" --officer orlov
  parley say RU-SY HOLD-FIRE corridor="35.9N 35.2E to Hmeimim" until=2018-09-17T19:30:00Z \
    --relay-from home/RU/urgent/4 --unit "S-200 regiment" --want relayed,unit-confirms
  parley say home --kind plan --body il-20.json
  parley say RU-SY --open RU-SY/RU/urgent/2`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if args[0] == "phrases" && len(args) == 1 {
				return listPhrases(sh)
			}
			if open != "" {
				return s.openOrigin(c.Context(), sh, picture.ID(open))
			}
			if kind != "" {
				if s.body == "" {
					return usage("Give the body: --body FILE", "--kind %s without --body", kind)
				}
				body, err := bodyFrom(sh, record.Kind(kind), s.body)
				if err != nil {
					return err
				}
				m, err := s.message(args[0], body)
				if err != nil {
					return err
				}
				return s.send(c.Context(), sh, m)
			}
			volumes, err := v.read(nodeTime(c.Context(), sh))
			if err != nil {
				return err
			}
			phrases, err := parsePhrases(args[1:])
			if err != nil {
				return err
			}
			if relayFrom != "" {
				levels, err := parseLevels(wants)
				if err != nil {
					return err
				}
				return s.relay(c.Context(), sh, args[0], picture.ID(relayFrom),
					record.Relay{Phrases: phrases, Volumes: volumes, Unit: unit, Text: text, Lang: lang, Wants: levels})
			}
			if unit != "" || wants != "" {
				return usage("", "--unit and --want belong to a relay: give --relay-from too")
			}
			body := record.Say{Text: text, Lang: lang, Volumes: volumes}
			switch len(phrases) {
			case 0:
			case 1:
				body.Phrase = &phrases[0]
			default:
				return usage("Say one after the other.", "%d phrases; one at a time, but for a relay", len(phrases))
			}
			if s.precedence == "" && body.Phrase != nil && (body.Phrase.Code == "STOP-NOW" || body.Phrase.Code == "HOLD-FIRE") {
				s.precedence = record.Flash.String()
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
	f.StringVar(&text, "text", "", "free words")
	f.StringVar(&lang, "lang", "", "language of --text, such as en")
	f.StringVar(&kind, "kind", "", "say a record of another kind: plan, watch, …; with --body")
	f.StringVar(&s.body, "body", "", "the body as a JSON `FILE` (- for standard input); with --kind")
	f.StringVar(&relayFrom, "relay-from", "", "relay: the `RECORD` (alert or notice) that it comes from")
	f.StringVar(&unit, "unit", "", "relay: the unit that it must reach")
	f.StringVar(&wants, "want", "", "relay: acknowledgements asked for, by comma")
	f.StringVar(&open, "open", "", "open the origin of this relay of ours, as proof")
	return c
}

// parsePhrases reads CODE NAME=VALUE… CODE NAME=VALUE…
func parsePhrases(words []string) ([]record.Phrase, error) {
	var all []record.Phrase
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			code := strings.ToUpper(strings.ReplaceAll(w, " ", "-"))
			if _, known := phrase.Pack().Lookup(code); !known {
				return nil, usage("parley say phrases   lists them.", "no phrase is called %q", w)
			}
			all = append(all, record.Phrase{Code: code})
			continue
		}
		if len(all) == 0 {
			return nil, usage("Such as: parley say IL-RU STOP-NOW area=Latakia", "%q before any phrase's code", w)
		}
		p := &all[len(all)-1]
		p.Params = append(p.Params, record.Param{Name: name, Value: value})
	}
	for _, p := range all {
		if err := phrase.Validate(p.Code, pairs(p)); err != nil {
			return nil, usage(phraseUse(p.Code), "%v", err)
		}
	}
	return all, nil
}

func pairs(p record.Phrase) [][2]string {
	var all [][2]string
	for _, v := range p.Params {
		all = append(all, [2]string{v.Name, v.Value})
	}
	return all
}

func phraseUse(code string) string {
	e, _ := phrase.Pack().Lookup(code)
	use := "It is written: " + code
	for _, p := range e.Params {
		if p.Optional {
			use += " [" + p.Name + "=" + strings.ToUpper(string(p.Type)) + "]"
		} else {
			use += " " + p.Name + "=" + strings.ToUpper(string(p.Type))
		}
	}
	return use
}

func listPhrases(sh *shell) error {
	type view struct {
		Code   string             `json:"code"`
		Params []phrase.ParamSpec `json:"params"`
		Text   string             `json:"text"`
	}
	var all []view
	t := table{head: []string{"code", "values", "words"}}
	for _, e := range phrase.Pack().Entries() {
		all = append(all, view{e.Code, e.Params, e.Text["en"]})
		t.add(e.Code, strings.TrimPrefix(phraseUse(e.Code), "It is written: "+e.Code), e.Text["en"])
	}
	return sh.answer(map[string]any{"phrases": all}, func() { t.print(sh) })
}

func (s *speaker) relay(ctx context.Context, sh *shell, line string, from picture.ID, body record.Relay) error {
	if _, _, err := picture.ParseID(from); err != nil {
		return usage("parley show lists alerts and notices.", "--relay-from: %v", err)
	}
	body.Origin[0] = 1 // the node makes the true one; Validate wants one
	if err := body.Validate(); err != nil {
		return usage("Nothing was sent.", "relay: %v", err)
	}
	body.Origin = record.Hash{}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	f, c, err := sh.node()
	if err != nil {
		return err
	}
	if err := c.signOn(ctx, sh, f, s.officer, s.pass); err != nil {
		return err
	}
	req := map[string]any{"from": from, "line": line, "body": json.RawMessage(text)}
	if s.precedence != "" {
		req["precedence"] = s.precedence
	}
	var sent sentView
	if err := c.call(ctx, "POST", "/v1/relays", req, &sent); err != nil {
		return err
	}
	return sh.answer(sent, func() {
		sh.say("%s  relayed %s by %s; nothing of %s went with it", sent.ID, sent.Composed.Clock(), c.officer, from)
		printConflicts(sh, sent.Conflicts)
	})
}

func (s *speaker) openOrigin(ctx context.Context, sh *shell, relay picture.ID) error {
	f, c, err := sh.node()
	if err != nil {
		return err
	}
	if err := c.signOn(ctx, sh, f, s.officer, s.pass); err != nil {
		return err
	}
	var sent sentView
	if err := c.call(ctx, "POST", "/v1/openings", map[string]any{"relay": relay}, &sent); err != nil {
		return err
	}
	return sh.answer(sent, func() { sh.say("%s  opens the origin of %s", sent.ID, relay) })
}

// watchBody says what an officer does with the watch.
func watchBody(act, to, promises string) (record.Body, error) {
	if act == "hand-over" {
		if err := party.CheckOfficerID(to); err != nil {
			return nil, usage("Give --to OFFICER.", "hand-over: %v", err)
		}
	}
	return record.Watch{Act: act, To: to, Promises: promises}, nil
}
