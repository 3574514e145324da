package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"parley/node"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

func showCommand(sh *shell) *cobra.Command {
	var at, known string
	var all bool
	c := &cobra.Command{
		Use:   "show [RECORD|LINE]",
		Short: "Show the picture, a line's conversation, or one record with its states",
		Long: `Without an argument it shows this seat: alerts, notices, links. With a line's
name it shows that line's conversation; with a record's name that record, every
state of it at each recipient, and both sides' times.

--at and --known-at show the past exactly: what was so at an instant, as far as
it was known here at another. "show --at 2018-09-17T18:41:00Z --known-at
2018-09-17T18:41:00Z" is what the officer could know at 18:41.`,
		Example: `  parley show
  parley show IL-RU
  parley show IL-RU/IL/urgent/12 --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, cl, err := sh.node()
			if err != nil {
				return err
			}
			if len(args) == 1 && strings.Contains(args[0], "/") {
				return showRecord(c.Context(), sh, cl, picture.ID(args[0]))
			}
			q := url.Values{}
			for name, text := range map[string]string{"instant": at, "known_at": known} {
				if text == "" {
					continue
				}
				t, err := utc.Parse(text)
				if err != nil {
					return usage("", "--%s: %v", map[string]string{"instant": "at", "known_at": "known-at"}[name], err)
				}
				q.Set(name, t.String())
			}
			var raw json.RawMessage
			if err := cl.call(c.Context(), "GET", "/v1/picture?"+q.Encode(), nil, &raw); err != nil {
				return err
			}
			var p viewPicture
			if err := json.Unmarshal(raw, &p); err != nil {
				return fmt.Errorf("couldn't read the picture: %w", err)
			}
			if len(args) == 1 {
				return showLine(sh, p, args[0], all)
			}
			return showPicture(c.Context(), sh, cl, p, raw)
		},
	}
	c.Flags().StringVar(&at, "at", "", "the `INSTANT` to show, UTC (default now)")
	c.Flags().StringVar(&known, "known-at", "", "only what was held here at this `INSTANT`, UTC (default now)")
	c.Flags().BoolVar(&all, "all", false, "a line's machine records too")
	return c
}

func showPicture(ctx context.Context, sh *shell, cl *client, p viewPicture, raw json.RawMessage) error {
	var s node.Status
	if err := cl.call(ctx, "GET", "/v1/status", nil, &s); err != nil {
		return err
	}
	return sh.answer(map[string]any{"status": s, "picture": raw}, func() {
		sh.say("%s  %s   %s%s", s.Party, s.Name, p.Instant, clockWords(s))
		sh.say("")
		sh.say("Alerts")
		alerts(p).print(sh)
		sh.say("")
		sh.say("Notices")
		notices(p).print(sh)
		if len(p.Relays) > 0 {
			sh.say("")
			sh.say("Relays")
			t := table{head: []string{"record", "by", "said", "states", "words"}}
			for _, r := range p.Relays {
				t.add(string(r.ID), r.who(), r.Composed.Clock(), states(r.States), r.Words)
			}
			t.print(sh)
		}
		sh.say("")
		sh.say("Lines")
		linksTable(s, p).print(sh)
		if len(s.Feeds) > 0 {
			sh.say("")
			sh.say("Feeds")
			feedsTable(s).print(sh)
		}
		if s.Unlogged {
			sh.say("")
			sh.say("THE DISK FAILS: what is said now is not logged.")
		}
	})
}

func clockWords(s node.Status) string {
	switch s.Clock {
	case "stepped":
		return "   EXERCISE, stepped clock"
	case "scaled":
		return fmt.Sprintf("   EXERCISE, clock at %gx", s.Rate)
	}
	return ""
}

func alerts(p viewPicture) *table {
	t := &table{head: []string{"record", "deadline", "calls", "rule", "why"}}
	for _, a := range p.Alerts {
		calls := a.Calls
		switch {
		case !a.EndedAt.IsZero():
			calls = "ended " + a.EndedAt.Clock()
		case !a.AcknowledgedAt.IsZero():
			calls = "acknowledged " + a.AcknowledgedAt.Clock() + " " + a.AcknowledgedBy
		case a.OverdueSeconds > 0:
			calls += fmt.Sprintf(", %d s late", a.OverdueSeconds)
		}
		t.add(string(a.ID), a.Alert.Deadline.Clock(), calls, a.Alert.Rule, a.Alert.Why)
	}
	return t
}

func notices(p viewPicture) *table {
	t := &table{head: []string{"record", "by", "said", "class", "standing", "states", "words"}}
	for _, n := range p.Notices {
		standing := "past"
		switch {
		case n.CancelledBy != "":
			standing = "cancelled"
		case n.CorrectedBy != "":
			standing = "corrected"
		case n.Active:
			standing = "active"
		}
		if n.LateSeconds > 0 {
			standing += fmt.Sprintf(", %d s short of the agreed lead", n.LateSeconds)
		}
		t.add(string(n.ID), n.who(), n.Composed.Clock(), string(n.Notice.Class), standing, states(n.States), n.Words)
	}
	return t
}

func linksTable(s node.Status, p viewPicture) *table {
	t := &table{head: []string{"line", "party", "link", "round trip", "skew", "last heard", "not receipted", "trouble"}}
	exits := map[string]string{} // by line and party
	for _, l := range p.Lines {
		for _, x := range l.Left {
			exits[l.Line.String()+"/"+string(x.Party)] = exitWords(x)
		}
	}
	for _, l := range s.Lines {
		if l.Home {
			continue
		}
		name := l.Name
		if l.Closed {
			name += " (closed)"
		}
		for _, p := range l.Peers {
			var open uint64
			for _, log := range l.Logs {
				if log.Party == s.Party {
					if has := log.Receipted[p.Party]; has < log.Size {
						open += log.Size - has
					}
				}
			}
			rtt, skew := "", ""
			if p.State == "up" {
				rtt, skew = fmt.Sprintf("%.1f ms", p.RTTMs), fmt.Sprintf("%+.0f ms", p.SkewMs)
			}
			state := p.State + " since " + p.Since.Clock()
			if x, ok := exits[l.ID.String()+"/"+string(p.Party)]; ok {
				state = x + ", link " + state
			}
			t.add(name, string(p.Party), state, rtt, skew, p.LastHeard.Clock(), fmt.Sprint(open), p.Error)
		}
	}
	return t
}

func feedsTable(s node.Status) *table {
	t := &table{head: []string{"feed", "source", "state", "last heard", "reports", "bad", "refused", "trouble"}}
	for _, f := range s.Feeds {
		state := "DOWN"
		if f.Connected {
			state = "up"
		}
		heard := "never"
		if !f.LastHeard.IsZero() {
			heard = f.LastHeard.Clock()
		}
		if !f.Since.IsZero() {
			state += " since " + f.Since.Clock()
		}
		t.add(f.Name, f.Source, state, heard, fmt.Sprint(f.Reports), fmt.Sprint(f.Bad), fmt.Sprint(f.Refused), f.LastError)
	}
	return t
}

func showLine(sh *shell, p viewPicture, name string, all bool) error {
	var names []string
	for _, l := range p.Lines {
		names = append(names, l.Name)
		if l.Name != name && l.Line.String() != name {
			continue
		}
		return sh.answer(l, func() {
			sh.say("Line %s: %s%s", l.Name, strings.Join(partyWords(l.Parties), ", "), map[bool]string{true: "   EXERCISE"}[l.Exercise])
			for _, x := range l.exits() {
				sh.say("%s", x)
			}
			sh.say("")
			t := table{head: []string{"record", "said", "by", "known here", "precedence", "states", "words"}}
			for _, i := range l.Items {
				if i.machine() && !all {
					continue
				}
				words := i.Words
				if i.Problem != "" {
					words = "INVALID: " + i.Problem
				}
				if i.Re != "" {
					words += " (re " + string(i.Re) + ")"
				}
				t.add(string(i.ID), i.Composed.Clock(), i.who(), i.KnownAt.Clock(), i.Precedence.String(), states(i.States), words)
			}
			t.print(sh)
		})
	}
	return usage("Lines here: "+strings.Join(names, ", "), "no line %q", name)
}

func showRecord(ctx context.Context, sh *shell, cl *client, id picture.ID) error {
	if _, _, err := picture.ParseID(id); err != nil {
		return usage("parley show LINE   lists the records of a line.", "%v", err)
	}
	var raw json.RawMessage
	if err := cl.call(ctx, "GET", "/v1/records?id="+url.QueryEscape(string(id)), nil, &raw); err != nil {
		return err
	}
	var v viewRecord
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("couldn't read the record: %w", err)
	}
	return sh.answer(raw, func() {
		i := v.Item
		leaf := record.LeafHash(v.Leaf)
		sh.say("%s  %s", i.ID, i.Kind)
		sh.say("  said      %s by %s, %s", i.Composed, i.who(), i.Precedence)
		if !i.KnownAt.IsZero() {
			sh.say("  held here %s", i.KnownAt)
		}
		if i.Re != "" {
			sh.say("  about     %s", i.Re)
		}
		sh.say("  words     %s", printable(i.Words))
		if i.Problem != "" {
			sh.say("  INVALID   %s", printable(i.Problem))
		}
		for _, p := range i.States {
			sh.say("")
			sh.say("  at %s, by its own clock:", p.Party)
			if len(p.States) == 0 {
				sh.say("      nothing heard")
			}
			for _, s := range p.States {
				sh.say("      %-16s %s  %s", s.State, s.At, printable(strings.TrimSpace(s.Officer+" "+s.Unit+" "+s.Text)))
				sh.say("      %-16s by %s", "", s.By)
			}
		}
		sh.say("")
		sh.say("  leaf      %s (%d bytes)", hex.EncodeToString(leaf[:]), len(v.Leaf))
		if len(i.Body) > 0 {
			var body any
			if json.Unmarshal(i.Body, &body) == nil {
				b, _ := json.MarshalIndent(body, "  ", "  ")
				sh.say("  %s", b)
			}
		}
	})
}
