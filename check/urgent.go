package check

import (
	"strings"

	"parley/phrase"
	"parley/picture"
	"parley/record"
)

// urgentReceived: another party has said what no machine can answer: a stop; a
// record of precedence flash; a phrase of hold fire, accident or distress; a
// relay. It stands until an officer of ours has acknowledged that record on its
// line.
func urgentReceived(v *view) []Conflict {
	var out []Conflict
	for _, x := range v.items() {
		it := x.Item
		if x.line.Home || it.Party == v.Self || it.Body == nil {
			continue
		}
		r := urgentRule(it)
		if r == "" || answered(it, v) || gone(v, it.ID) {
			continue
		}
		c := Conflict{
			Rule: r, Key: r + "/" + string(it.ID), About: []record.About{about(*it)}, IDs: []picture.ID{it.ID},
			From: it.Composed, Precedence: it.Precedence,
		}
		if r == RuleStop || c.Precedence < record.Flash {
			c.Precedence = record.Flash
		}
		c.Why = string(it.Party) + " at " + clock(it.Composed) + " (" + string(it.ID) + "): " + it.Words
		if r == RuleStop {
			c.Why = "STOP from " + c.Why
		}
		out = append(out, c)
	}
	return out
}

// urgentRule gives the rule that a received record falls under, "" if none.
func urgentRule(it *picture.Item) string {
	switch b := it.Body.(type) {
	case record.Say:
		if b.IsStop() {
			return RuleStop
		}
		if b.Phrase != nil && urgentPhrase(b.Phrase.Code) {
			return RuleFlash
		}
	case record.Relay:
		return RuleFlash
	case record.Notice:
	default: // an exit has a rule of its own
		return ""
	}
	if it.Precedence <= record.Flash {
		return RuleFlash
	}
	return ""
}

func urgentPhrase(code string) bool {
	return code == phrase.HoldFire || strings.HasPrefix(code, "ACCIDENT") || strings.HasPrefix(code, "AIRCRAFT-IN-DISTRESS")
}

// answered reports whether an officer of ours has acknowledged the record.
func answered(it *picture.Item, v *view) bool {
	for _, ps := range it.States {
		if ps.Party != v.Self {
			continue
		}
		for _, s := range ps.States {
			if s.Officer != "" {
				return true
			}
		}
	}
	return false
}

// gone reports whether a notice was cancelled.
func gone(v *view, id picture.ID) bool {
	n := v.notice(id)
	return n != nil && n.CancelledBy != ""
}
