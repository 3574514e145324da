package check

import (
	"fmt"
	"time"

	"parley/picture"
	"parley/record"
)

// late: a notice was received with less lead than the charter's minimum for its
// class, or after its first window had begun. Lead counts from receipt.
func late(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	for _, f := range v.forced {
		n := f.Notice
		if n.LeadSeconds == nil || n.LateSeconds <= 0 && *n.LeadSeconds >= 0 || !want(names(n)...) {
			continue
		}
		lead := time.Duration(*n.LeadSeconds) * time.Second
		c := Conflict{
			Rule: RuleLate, Key: RuleLate + "/" + string(n.ID), About: []record.About{about(n.Item)}, IDs: names(n),
			From: f.from, To: f.to, Precedence: record.Immediate,
		}
		if n.Party == v.Self {
			c.Precedence = record.Priority
		}
		switch {
		case lead < 0:
			c.Why = fmt.Sprintf("%s was received at %s, %s after it had begun.", title(n), n.Received.Clock(), span(-lead))
		default:
			c.Why = fmt.Sprintf("%s was received at %s, %s before it begins.", title(n), n.Received.Clock(), span(lead))
		}
		if n.LateSeconds > 0 {
			short := time.Duration(n.LateSeconds) * time.Second
			c.Why += fmt.Sprintf(" The charter asks for %s; it is %s short.", span(lead+short), span(short))
		}
		if n.Notice.Late != "" {
			c.Why += " Reason given: " + picture.Quote(n.Notice.Late) + "."
		} else {
			c.Why += " No reason is given."
		}
		out = append(out, c)
	}
	return out
}
