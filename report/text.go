package report

import (
	"fmt"
	"path"
	"strings"
)

// Text gives the report for a terminal, in lines of about width characters.
func Text(d Data, width int) string {
	width = max(50, min(width, 110))
	t := &text{width: width}
	t.rule(d.Title)
	if a, run := d.lead(); run != nil && !d.Moment.At.IsZero() {
		t.para("LEAD GAINED  ", fmt.Sprintf("%s. %s: the alert on %s stood on %s's desk at %s, answered %s.", seconds(a.LeadSeconds),
			sentence(run.Outcome.Name), a.Track, d.nameOf(a.Party), clock(a.RaisedAt), answered(a.AcknowledgedAt != nil, a.AcknowledgedBy)))
	} else if d.Scenario != nil {
		t.para("LEAD GAINED  ", "none: no notice met a filed route.")
	}
	if m, run := d.missing(); run != nil {
		t.para("MISSING      ", fmt.Sprintf("%s. %s: “%s” by %s was asked for at %s and was not there; overdue since %s.", seconds(m.Seconds),
			sentence(run.Outcome.Name), levelName(m.Level), d.nameOf(m.Party), clock(m.Since), clock(m.Due)))
	}
	for _, r := range d.Runs {
		if r.Outcome.UnitConfirmed {
			t.para("UNIT         ", fmt.Sprintf("%s: relayed at %s, “%s” confirmed at %s.", sentence(r.Outcome.Name), clock(r.Outcome.RelayedAt), r.Outcome.Unit, clock(r.Outcome.UnitConfirmedAt)))
		}
	}
	records, unreceipted := d.records()
	verdict := "VERIFIED"
	if !d.Verified {
		verdict = "NOT VERIFIED: " + orElse(d.Problem, "see below")
	}
	t.para("RECORD       ", fmt.Sprintf("%d copies, %d records, %d without receipt. %s.", len(d.Copies), records, unreceipted, verdict))
	for i := range d.Runs {
		t.rule(runTitle(d, i))
		for _, e := range d.Runs[i].story() {
			kind := strings.TrimSpace(strings.NewReplacer("<b class=\"badge b-"+string(e.kind)+"\">", "", "</b>", ":").Replace(kindBadge(e)))
			t.para(fmt.Sprintf("%s  %-16s ", clock(e.at), cutTo(e.who(d), 16)), strings.TrimSpace(strings.ToUpper(kind)+" "+e.words))
		}
	}
	if d.Scenario != nil && len(d.Scenario.Disputed) > 0 {
		t.rule("What is disputed: every claim, by whom; none is chosen")
		for _, x := range d.Scenario.Disputed {
			t.para("", x.Fact)
			for _, c := range x.Claims {
				t.para("    ", fmt.Sprintf("%s: %s [%s]", c.By, c.Says, c.Source))
			}
		}
		t.rule("What is assumed, synthetic or computed")
		for _, a := range d.Scenario.Assumed {
			t.para("  - ", fmt.Sprintf("%s (%s)", a.Item, a.Kind))
		}
	}
	for _, c := range d.Copies {
		for _, x := range c.Verdict.Problems[:min(len(c.Verdict.Problems), 20)] {
			t.para("  PROBLEM ", path.Base(c.File)+": "+x.String())
		}
	}
	if len(d.Commands) > 0 {
		t.rule("Check it yourself")
		for _, c := range d.Commands {
			t.lines = append(t.lines, clean(c))
		}
	}
	return strings.Join(t.lines, "\n") + "\n"
}

func answered(yes bool, by string) string {
	if yes {
		return "by " + by
	}
	return "by nobody"
}

func cutTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

type text struct {
	width int
	lines []string
}

func (t *text) rule(title string) {
	title = clean(title)
	t.lines = append(t.lines, "", "── "+title+" "+strings.Repeat("─", max(3, t.width-4-len([]rune(title)))))
}

// para sets a text behind a head, indented under itself.
func (t *text) para(head, body string) {
	head = clean(head)
	indent := strings.Repeat(" ", len([]rune(head)))
	line, room := head, t.width
	empty := true
	for _, w := range strings.Fields(clean(body)) {
		if !empty && len([]rune(line))+1+len([]rune(w)) > room {
			t.lines = append(t.lines, line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += w
		empty = false
	}
	t.lines = append(t.lines, line)
}
