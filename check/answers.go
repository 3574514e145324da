package check

import (
	"parley/picture"
	"parley/record"
)

// answers: another party objects to what we said, proposes an alternative, or
// does not know the message. It stands while what we said does: until our notice
// is over, cancelled, or corrected after the answer.
func answers(v *view) []Conflict {
	contraries, re := v.contraries()
	if len(contraries) == 0 {
		return nil
	}
	place := v.places(re)
	corrections := map[picture.ID]bool{}
	for id := range re {
		if n := v.notice(id); n != nil && n.CorrectedBy != "" {
			corrections[n.CorrectedBy] = true
		}
	}
	later := v.places(corrections)
	var out []Conflict
	for _, x := range contraries {
		said, held := place[x.Re]
		if !held || said.Party != v.Self || !states(said.Item, x.ID) {
			continue
		}
		if n := v.notice(x.Re); n != nil && (!n.Active || n.CorrectedBy != "" && later[n.CorrectedBy].at > x.at) {
			continue
		}
		a, _ := x.Body.(record.Ack)
		c := Conflict{
			Rule: RuleAnswer, Key: RuleAnswer + "/" + string(x.ID),
			About: []record.About{about(*said.Item), about(*x.Item)}, IDs: []picture.ID{x.Re, x.ID},
			From: x.Composed, Precedence: min(record.Immediate, max(record.Flash, x.Precedence)),
			Why: string(x.Party) + " answers " + string(x.Re) + " at " + clock(x.Composed) + ": " + x.Words,
		}
		if len(a.Alternative) > 0 {
			p := a.Alternative[0].Area.Centroid()
			c.At = &p
		}
		out = append(out, c)
	}
	return out
}

// contraries gives the contrary answers of others in which a wanted record takes
// part, and the names of what they answer.
func (v *view) contraries() (out []located, re map[picture.ID]bool) {
	re = map[picture.ID]bool{}
	take := func(x located) {
		if a, ok := x.Body.(record.Ack); ok && x.Party != v.Self && x.Problem == "" && contrary(a.Level) {
			out = append(out, x)
			re[x.Re] = true
		}
	}
	more := map[picture.ID]bool{} // answers to a wanted record
	for _, x := range v.items() {
		if x.line.Home {
			continue
		}
		take(x)
		if v.ids == nil || x.Party != v.Self {
			continue
		}
		for _, ps := range x.States {
			for _, s := range ps.States {
				if contrary(record.Level(s.State)) && !v.ids[s.By] {
					more[s.By] = true
				}
			}
		}
	}
	v.Each(more, func(l *picture.Conversation, i int) { take(located{l, i, &l.Items[i]}) })
	return out, re
}

// places finds items by name; of a fork the last.
func (v *view) places(ids map[picture.ID]bool) map[picture.ID]located {
	out := map[picture.ID]located{}
	v.Each(ids, func(l *picture.Conversation, i int) { out[l.Items[i].ID] = located{l, i, &l.Items[i]} })
	return out
}

// states reports whether one of the item's states is by that record.
func states(it *picture.Item, by picture.ID) bool {
	for _, ps := range it.States {
		for _, s := range ps.States {
			if s.By == by {
				return true
			}
		}
	}
	return false
}

func contrary(l record.Level) bool {
	return l == record.LevelObjection || l == record.LevelAlternative || l == record.LevelUnknown
}
