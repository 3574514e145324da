package check

import (
	"parley/picture"
	"parley/record"
)

// answers: another party objects to what we said, proposes an alternative, or
// does not know the message. It stands while what we said does: until our notice
// is over, cancelled, or corrected after the answer.
func answers(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	for _, l := range v.Lines {
		if l.Home {
			continue
		}
		place := map[picture.ID]int{} // in the line's order
		for i, it := range l.Items {
			place[it.ID] = i
		}
		for i, it := range l.Items {
			a, ok := it.Body.(record.Ack)
			if !ok || it.Party == v.Self || it.Problem != "" || !contrary(a.Level) || !want(it.ID, it.Re) {
				continue
			}
			at, held := place[it.Re]
			if !held || l.Items[at].Party != v.Self {
				continue
			}
			if n := v.byID[it.Re]; n != nil && (!n.Active || n.CorrectedBy != "" && place[n.CorrectedBy] > i) {
				continue
			}
			c := Conflict{
				Rule: RuleAnswer, Key: RuleAnswer + "/" + string(it.ID),
				About: []record.About{about(l.Items[at]), about(it)}, IDs: []picture.ID{it.Re, it.ID},
				From: it.Composed, Precedence: min(record.Immediate, max(record.Flash, it.Precedence)),
				Why: string(it.Party) + " answers " + string(it.Re) + " at " + it.Composed.Clock() + ": " + it.Words,
			}
			if len(a.Alternative) > 0 {
				p := a.Alternative[0].Area.Centroid()
				c.At = &p
			}
			out = append(out, c)
		}
	}
	return out
}

func contrary(l record.Level) bool {
	return l == record.LevelObjection || l == record.LevelAlternative || l == record.LevelUnknown
}
