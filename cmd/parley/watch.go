package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/node"
	"parley/picture"
	"parley/record"
)

func watchCommand(sh *shell) *cobra.Command {
	c := &cobra.Command{
		Use:   "watch",
		Short: "Follow the seat live in a terminal; take, hand over or leave the watch",
		Long: `Shows alerts by deadline, the links, and the newest words of each line, live. On a
terminal it redraws; elsewhere it prints one line for each thing that happens;
with --json one object for each.`,
		Example: `  parley watch
  parley watch take --officer orlov
  parley watch hand-over --to petrov --promises "call Latakia tower at 19:00Z"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, cl, err := sh.node()
			if err != nil {
				return err
			}
			return follow(c.Context(), sh, cl)
		},
	}
	for act, short := range map[string]string{
		"take": "Take the watch", "hand-over": "Hand the watch over to another officer", "leave": "Leave the watch",
	} {
		c.AddCommand(watchAct(sh, act, short))
	}
	return c
}

func watchAct(sh *shell, act, short string) *cobra.Command {
	var s speaker
	var to, promises string
	c := &cobra.Command{
		Use: act, Short: short, Args: cobra.NoArgs,
		Example: "  parley watch " + act + " --officer orlov",
		RunE: func(c *cobra.Command, _ []string) error {
			body, err := watchBody(act, to, promises)
			if err != nil {
				return err
			}
			m, err := s.message(homeName, body)
			if err != nil {
				return err
			}
			return s.send(c.Context(), sh, m)
		},
	}
	c.Flags().StringVar(&s.officer, "officer", "", "the officer (default: the only one)")
	c.Flags().StringArrayVar(&s.pass, "passphrase-file", nil, passphraseFlagHelp)
	if act == "hand-over" {
		c.Flags().StringVar(&to, "to", "", "the officer who takes over (needed)")
		c.MarkFlagRequired("to")
	}
	if act != "take" {
		c.Flags().StringVar(&promises, "promises", "", "promises that were made orally")
	}
	return c
}

// follower holds what was shown, so that only news is printed.
type follower struct {
	sh     *shell
	cl     *client
	shown  map[picture.ID]bool
	alerts map[picture.ID]string
	first  bool
}

// follow redraws or prints until ctx ends. When the stream breaks it says so
// and tries again: a terminal that stands still must not look like a quiet night.
func follow(ctx context.Context, sh *shell, cl *client) error {
	f := &follower{sh: sh, cl: cl, shown: map[picture.ID]bool{}, alerts: map[picture.ID]string{}, first: true}
	if err := f.update(ctx, event{}); err != nil {
		return err
	}
	last := ""
	for {
		err := cl.events(ctx, last, func(e event) {
			if e.id != "" {
				last = e.id
			}
			if err := f.update(ctx, e); err != nil && ctx.Err() == nil {
				fmt.Fprintln(sh.err, "parley:", err)
			}
		})
		if ctx.Err() != nil {
			return nil // asked to stop
		}
		fmt.Fprintf(sh.err, "parley: %v; NOT LIVE; trying again\n", err)
		var f *failure
		if errors.As(err, &f) && f.code == exitRefused {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(2 * time.Second):
		}
	}
}

// update asks for the picture and shows what is new.
func (f *follower) update(ctx context.Context, e event) error {
	_, tty := f.sh.tty()
	if e.name == "beat" && (!tty || f.sh.json) {
		return nil
	}
	var p viewPicture
	if err := f.cl.call(ctx, "GET", "/v1/picture", nil, &p); err != nil {
		return err
	}
	if tty && !f.sh.json {
		var s node.Status
		if err := f.cl.call(ctx, "GET", "/v1/status", nil, &s); err != nil {
			return err
		}
		f.draw(p, s)
		return nil
	}
	f.news(p)
	return nil
}

// news prints each new record and each change of an alert as one line.
func (f *follower) news(p viewPicture) {
	for _, l := range p.Lines {
		for _, i := range l.Items {
			if f.shown[i.ID] || i.machine() {
				continue
			}
			f.shown[i.ID] = true
			if f.sh.json {
				b, err := json.Marshal(i)
				if err == nil {
					f.sh.object(map[string]any{"what": "record", "at": i.Composed, "id": i.ID, "record": json.RawMessage(b)})
				}
			} else if !f.first || !l.Home {
				f.sh.say("%s  %-9s %-28s %-14s %s", i.Composed.Clock(), i.Precedence, i.ID, i.who(), printable(i.Words))
			}
		}
	}
	for _, a := range p.Alerts {
		state := a.Calls
		switch {
		case !a.EndedAt.IsZero():
			state = "ended"
		case !a.AcknowledgedAt.IsZero():
			state = "acknowledged"
		}
		if f.alerts[a.ID] == state {
			continue
		}
		f.alerts[a.ID] = state
		if f.sh.json {
			f.sh.object(map[string]any{"what": "alert", "at": p.Instant, "id": a.ID, "state": state, "deadline": a.Alert.Deadline, "why": a.Alert.Why})
		} else {
			f.sh.say("%s  ALERT     %-28s %s: %s (deadline %s)", p.Instant.Clock(), a.ID, state, printable(a.Alert.Why), a.Alert.Deadline.Clock())
		}
	}
	f.first = false
}

// draw redraws the whole terminal.
func (f *follower) draw(p viewPicture, s node.Status) {
	width, _ := f.sh.tty()
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(cut(fmt.Sprintf(format, args...), width) + "\x1b[K\r\n")
	}
	part := func(name string, t *table) {
		say("")
		say("%s", name)
		if len(t.rows) == 0 {
			say("  (none)")
			return
		}
		for _, l := range t.lines(width-2, false) {
			say("  %s", l)
		}
	}
	var on []string
	for _, w := range p.OnWatch {
		on = append(on, w.Officer)
	}
	say("%s  %s   %s%s   on watch: %s", s.Party, printable(s.Name), p.Instant, clockWords(s), none(on))
	open := viewPicture{}
	for _, a := range p.Alerts {
		if a.EndedAt.IsZero() {
			open.Alerts = append(open.Alerts, a)
		}
	}
	part(fmt.Sprintf("Alerts (%d not acknowledged)", s.Alerts), alerts(open))
	part("Links", linksTable(s, p))
	if len(s.Feeds) > 0 {
		part("Feeds", feedsTable(s))
	}
	for _, l := range p.Lines {
		if l.Home {
			continue
		}
		t := &table{head: []string{"said", "record", "by", "states", "words"}}
		var words []viewItem
		for _, i := range l.Items {
			if !i.machine() && i.Kind != record.KindCharter {
				words = append(words, i)
			}
		}
		for _, i := range words[max(0, len(words)-6):] {
			t.add(i.Composed.Clock(), string(i.ID), i.who(), states(i.States), i.Words)
		}
		part("Line "+l.Name, t)
	}
	fmt.Fprint(f.sh.out, "\x1b[H"+b.String()+"\x1b[J")
}
