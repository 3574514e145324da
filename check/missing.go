package check

import (
	"fmt"
	"strings"

	"parley/picture"
	"parley/record"
)

// missingAck: an acknowledgement of a notice or relay is overdue: one that
// another party owes us, or that we owe. What two others owe each other is
// theirs. One conflict for each record and party, from the earliest due.
func missingAck(v *view) []Conflict {
	var out []Conflict
	for _, n := range v.notices() {
		if len(n.Missing) > 0 && v.want(n.ID) {
			out = append(out, overdue(v, n.Item, where(n), title(n), n.Missing)...)
		}
	}
	for i := range v.Relays {
		r := &v.Relays[i]
		if len(r.Missing) > 0 && v.want(r.ID) {
			at := "Relay"
			if len(r.Relay.Volumes) > 0 {
				at = near(r.Relay.Volumes[0].Area.Centroid())
			}
			out = append(out, overdue(v, r.Item, at, fmt.Sprintf("%s's relay (%s)", r.Party, r.ID), r.Missing)...)
		}
	}
	return out
}

func overdue(v *view, it picture.Item, at, what string, ms []picture.Missing) []Conflict {
	var out []Conflict
	for i, m := range ms {
		if !m.Overdue || it.Party != v.Self && m.Party != v.Self || i > 0 && ms[i-1].Party == m.Party && ms[i-1].Overdue {
			continue
		}
		var levels []string
		due := m.Due
		for _, x := range ms {
			if x.Party == m.Party && x.Overdue {
				levels = append(levels, picture.LevelWords(x.Level))
				due = min(due, x.Due)
			}
		}
		c := Conflict{
			Rule: RuleMissing, Key: missingKey(it, m), About: []record.About{about(it)}, IDs: []picture.ID{it.ID},
			From: due, Precedence: max(record.Flash, it.Precedence),
		}
		who := string(m.Party) + " has"
		if m.Party == v.Self {
			who = "We have"
		}
		received := "no receipt is there"
		for _, ps := range it.States {
			for _, s := range ps.States {
				if ps.Party == m.Party && s.State == "received" {
					received = "it was received at " + clock(s.At)
				}
			}
		}
		if !m.Left.IsZero() {
			received += fmt.Sprintf("; %s left %s at %s", haveGone(v, m.Party), it.LineName, clock(m.Left))
		}
		c.Why = fmt.Sprintf("%s: %s not acknowledged %s: %s was due at %s, %s ago; %s.", at, who, what, strings.Join(levels, ", "),
			clock(due), span(v.Instant.Sub(due)), received)
		out = append(out, c)
	}
	return out
}

func missingKey(it picture.Item, m picture.Missing) string {
	return RuleMissing + "/" + string(it.ID) + "/" + string(m.Party)
}
