package check

import (
	"parley/picture"
	"parley/record"
)

// findings: a peer did what cannot be, or a leaf is stored that cannot be
// opened. Neither goes away by itself; the line goes on.
func findings(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	for _, it := range v.Findings {
		if !want(it.ID) {
			continue
		}
		c := Conflict{
			Rule: RuleFinding, Key: RuleFinding + "/" + string(it.ID), About: []record.About{about(it)}, IDs: []picture.ID{it.ID},
			From: it.Composed, Precedence: record.Immediate,
			Why: string(it.Party) + " states on " + it.LineName + " (" + string(it.ID) + "): " + it.Words,
		}
		if it.Body == nil {
			c.Rule, c.Key = RuleInvalid, RuleInvalid+"/"+string(it.ID)
			c.Why = "The record " + string(it.ID) + " of " + string(it.Party) + " is stored but can't be opened, and nothing acts on it: " + it.Problem + "."
		}
		out = append(out, c)
	}
	return out
}
