package alert

import (
	"fmt"
	"strings"

	"parley/check"
	"parley/picture"
	"parley/record"
	"parley/watch"
)

// Volumes gives what the engine has to watch: every volume in force, of anybody,
// of every notice of a dangerous class that is not over, cut where the notice
// expires. The keys name the notice as it is in force, so that a volume that a
// correction moves is another one.
func Volumes(p *picture.Picture) []watch.Watched {
	var out []watch.Watched
	for i := range p.Notices {
		n := &p.Notices[i]
		if !n.Active || !check.Dangerous(n.Notice.Class) {
			continue
		}
		name := fmt.Sprintf("%s's %s", n.Party, strings.ToLower(picture.ClassWords(n.Notice.Class)))
		if n.Notice.Place != "" {
			name += " at " + n.Notice.Place
		}
		key := string(n.ID)
		if n.CorrectedBy != "" {
			key += "+" + string(n.CorrectedBy)
		}
		for k, v := range n.Volumes {
			if !n.Expires.IsZero() {
				v.Window.To = min(v.Window.To, n.Expires)
			}
			if v.Window.From < v.Window.To {
				out = append(out, watch.Watched{Key: fmt.Sprintf("%s/v%d", key, k+1), Name: name, About: record.About{Line: n.Line, Ref: n.Ref}, V: v})
			}
		}
	}
	return out
}
