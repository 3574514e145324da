package check

import (
	"fmt"
	"time"

	"parley/picture"
	"parley/record"
)

// late: a notice was received with less lead than the charter's minimum for its
// class, or after its first window had begun. Lead counts from receipt. One that
// was over before it was received can no longer meet anything, and that is the
// worst of it: it stands until an officer of ours has answered it.
func late(v *view) []Conflict {
	var out []Conflict
	for _, n := range v.forced() {
		if n.LeadSeconds == nil || n.LateSeconds <= 0 && *n.LeadSeconds >= 0 {
			continue
		}
		w := windows(n)
		lead := time.Duration(*n.LeadSeconds) * time.Second
		c := Conflict{
			Rule: RuleLate, Key: RuleLate + "/" + string(n.ID), About: []record.About{about(n.Item)}, IDs: names(n),
			From: w.From, To: w.To, Precedence: record.Immediate,
		}
		if n.Party == v.Self {
			c.Precedence = record.Priority
		}
		switch {
		case lead < 0:
			c.Why = fmt.Sprintf("%s: %s came at %s, %s after it had begun.", where(n), title(n), clock(n.Received), span(-lead))
		default:
			c.Why = fmt.Sprintf("%s: %s came at %s, %s before it begins.", where(n), title(n), clock(n.Received), span(lead))
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
	for _, n := range v.notices() {
		if tooLate(v, n) {
			out = append(out, Conflict{
				Rule: RuleLate, Key: RuleLate + "/" + string(n.ID), About: []record.About{about(n.Item)}, IDs: names(n),
				From: n.Received, Precedence: record.Immediate,
				Why: fmt.Sprintf("%s: %s came at %s, when it was over: it could never be checked in time. It said %s to %s.",
					where(n), title(n), clock(n.Received), clock(n.Volumes[0].Window.From), clock(n.Volumes[0].Window.To)),
			})
		}
	}
	return out
}

// tooLate reports whether another party's notice had ended or expired when we
// received it, and nobody of ours has answered it.
func tooLate(v *view, n *picture.Notice) bool {
	if n.Party == v.Self || n.Active || n.CancelledBy != "" || len(n.Volumes) == 0 || n.LeadSeconds == nil {
		return false
	}
	end := n.Volumes[0].Window.To
	for _, x := range n.Volumes {
		end = max(end, x.Window.To)
	}
	if !n.Expires.IsZero() {
		end = min(end, n.Expires)
	}
	return n.Received >= end && !answered(&n.Item, v)
}
