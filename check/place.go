package check

import (
	"parley/picture"
	"parley/place"
	"parley/record"
)

// placeDisagrees: the named place lies elsewhere than every volume in force. Of
// two that disagree we cannot say which is meant; the author has to be asked.
func placeDisagrees(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	for _, n := range v.forced {
		if n.Notice.Notice.Place == "" || !want(names(n.Notice)...) {
			continue
		}
		var least place.Disagreement
		all := true
		for i, x := range n.Volumes {
			d, ok := place.Disagree(n.Notice.Notice.Place, x.Area)
			if !ok {
				all = false
				break
			}
			if i == 0 || d.DistanceM < least.DistanceM {
				least = d
			}
		}
		if !all {
			continue
		}
		at := n.Volumes[0].Area.Centroid()
		out = append(out, Conflict{
			Rule: RulePlace, Key: RulePlace + "/" + version(n.Notice), About: []record.About{about(n.Item)}, IDs: names(n.Notice),
			From: n.from, To: n.to, At: &at, Precedence: record.Immediate,
			Why: title(n.Notice) + " is named and drawn in different places, " + distance(least.DistanceM) + " apart: " + least.Why,
		})
	}
	return out
}
