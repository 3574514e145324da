package check

import (
	"strings"

	"parley/picture"
)

// Over says of standing alerts that come from a rule of this package whether
// their conflict is really over, and why in words. It asks the rule again: a
// conflict is over when its facts are, never because a deadline passed, somebody
// is silent, or a record that it is about is not in this picture.
func Over(p *picture.Picture, alerts []picture.Alert) map[picture.ID]string {
	out := map[picture.ID]string{}
	if len(alerts) == 0 {
		return out
	}
	byRule := map[string][]*picture.Alert{}
	for i := range alerts {
		a := &alerts[i]
		if len(a.AboutIDs) == len(a.Alert.About) && len(a.AboutIDs) > 0 {
			byRule[a.Alert.Rule] = append(byRule[a.Alert.Rule], a)
		}
	}
	for name, as := range byRule {
		find := ruleNamed(name)
		if find == nil {
			continue
		}
		ids := map[picture.ID]bool{}
		for _, a := range as {
			for _, id := range a.AboutIDs {
				ids[id] = true
			}
		}
		stands := map[string]bool{}
		v := look(p, ids)
		for _, c := range find(v) {
			stands[c.Key] = true
		}
		for _, a := range as {
			if key := Base(a.Alert.Key); !stands[key] && !v.owed(a, key) {
				out[a.ID] = v.reason(a)
			}
		}
	}
	return out
}

func ruleNamed(name string) func(*view) []Conflict {
	switch name {
	case RuleFlash:
		name = RuleStop
	case RuleInvalid:
		name = RuleFinding
	}
	for _, r := range rules() {
		if r.name == name {
			return r.find
		}
	}
	return nil
}

// Base gives the key of the conflict behind an alert's key: an alert that was
// raised again after its end carries "#2", "#3" behind it.
func Base(key string) string {
	i := strings.LastIndexByte(key, '#')
	if i <= 0 || i == len(key)-1 {
		return key
	}
	for _, r := range key[i+1:] {
		if r < '0' || r > '9' {
			return key
		}
	}
	return key[:i]
}

// owed reports whether an acknowledgement is still not there. Its due time moves
// when a receipt comes late, and while it is not overdue anew the alert stands.
func (v *view) owed(a *picture.Alert, key string) bool {
	if a.Alert.Rule != RuleMissing {
		return false
	}
	for _, n := range v.notices() {
		for _, m := range n.Missing {
			if missingKey(n.Item, m) == key {
				return true
			}
		}
	}
	for i := range v.Relays {
		for _, m := range v.Relays[i].Missing {
			if missingKey(v.Relays[i].Item, m) == key {
				return true
			}
		}
	}
	return false
}

// reason says why a conflict is over.
func (v *view) reason(a *picture.Alert) string {
	for _, id := range a.AboutIDs {
		if n := v.notice(id); n != nil {
			switch {
			case n.CancelledBy != "":
				return string(id) + " was cancelled by " + string(n.CancelledBy) + "."
			case n.CorrectedBy != "" && !strings.Contains(Base(a.Alert.Key), string(n.CorrectedBy)) && a.Alert.Rule != RuleLate:
				return string(id) + " was corrected by " + string(n.CorrectedBy) + "."
			}
		}
	}
	for i := range v.Plans {
		for _, id := range a.AboutIDs {
			if p := &v.Plans[i]; p.ID == id && p.Ended {
				return "The plan " + p.Plan.Name + " is over."
			}
		}
	}
	switch a.Alert.Rule {
	case RuleLeft:
		return v.leftNoMore(a)
	case RuleMissing:
		return "The acknowledgement is there."
	case RuleReadBack:
		return "It has been read back anew."
	case RuleStop, RuleFlash:
		return "An officer of ours has acknowledged it on its line."
	}
	return "Its time is past."
}
