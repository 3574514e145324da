package check

import (
	"parley/place"
	"parley/record"
)

// placeDisagrees: the named place lies elsewhere than every volume in force. Of
// two that disagree we cannot say which is meant; the author has to be asked.
func placeDisagrees(v *view) []Conflict {
	var out []Conflict
	for _, n := range v.forced() {
		if n.Notice.Place == "" {
			continue
		}
		var least place.Disagreement
		all := true
		for i, x := range n.Volumes {
			d, ok := place.Disagree(n.Notice.Place, x.Area)
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
		w := windows(n)
		out = append(out, Conflict{
			Rule: RulePlace, Key: RulePlace + "/" + version(n), About: []record.About{about(n.Item)}, IDs: names(n),
			From: w.From, To: w.To, At: &at, Precedence: record.Immediate,
			Why: where(n) + ": " + title(n) + " is named here but drawn elsewhere, " + distance(least.DistanceM) + " away. " + least.Why,
		})
	}
	return out
}
