package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parley/party"
	"parley/record"
)

// say writes for a person: on standard output, or with --json on standard error.
func (d *demonstration) say(format string, args ...any) { d.sh.say(format, args...) }

func (d *demonstration) opening(runs int) {
	d.say("%s", d.sc.Title)
	width, _ := d.sh.tty()
	for _, text := range []string{d.sc.Summary, d.sc.Caution} {
		d.say("")
		for _, l := range wrap(text, min(width, 92)) {
			d.say("%s", l)
		}
	}
	if !d.fl.headless {
		shown := d.sc.Ends.Sub(d.sc.Shows)
		d.say("")
		d.say("%s of about %s at %gx, slower where something happens.", map[bool]string{true: "One run", false: fmt.Sprintf("%d runs", runs)}[runs == 1], (time.Duration(float64(shown) / d.fl.rate)).Round(time.Second), d.fl.rate)
	}
}

// invite prints the consoles' links and lets a person open them.
func (d *demonstration) invite(ctx context.Context, st *stage) error {
	d.say("")
	d.say("Three nodes are running, each with its own keys. Their consoles, each link good once:")
	for _, s := range st.seats {
		officer := officerWith(s.party, party.Duty)
		url, err := s.link(ctx, officer)
		if err != nil {
			return err
		}
		d.say("  %-3s signed on as %-8s %s", s.party.ID, officer, url)
	}
	d.waitForPerson(ctx, "Open those you want to watch, then press Enter.")
	d.say("")
	return nil
}

// told prints one thing that happened.
func (d *demonstration) told(n news) {
	width, tty := d.sh.tty()
	mark := "   "
	switch n.Kind {
	case record.KindAlert:
		mark = "(!)"
	case record.KindNotice, record.KindRelay:
		mark = "-->"
	case record.KindAck:
		mark = " ok"
	}
	head := fmt.Sprintf("%s %s %-12s %-6s ", n.At.Clock(), mark, n.Who, n.Line)
	lines := wrap(n.Words, max(30, width-len(head)))
	for i, l := range lines {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		if tty && n.Flash {
			l = "\x1b[1;31m" + l + "\x1b[0m"
		}
		d.say("%s%s", head, l)
	}
}

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(printable(strings.Join(strings.Fields(text), " "))) {
		if line != "" && len([]rune(line))+1+len([]rune(w)) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
