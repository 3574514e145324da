package alert

import (
	"fmt"
	"strings"
	"time"

	"parley/check"
	"parley/picture"
	"parley/record"
	"parley/watch"
)

// after is how long a volume is watched after its end.
const after = 10 * time.Minute

// Volumes gives what the engine has to watch: every volume in force, of anybody,
// of every notice of a dangerous class, cut where the notice expires, until ten
// minutes after its window: the engine ends a window by itself, and exactly. The
// keys name the notice as it is in force, so that a volume that a
// correction moves is another one.
func Volumes(p *picture.Picture) []watch.Watched {
	var out []watch.Watched
	for i := range p.Notices {
		n := &p.Notices[i]
		if n.CancelledBy != "" || !check.Dangerous(n.Notice.Class) {
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
			if v.Window.From < v.Window.To && v.Window.To > p.Instant.Add(-after) {
				out = append(out, watch.Watched{Key: fmt.Sprintf("%s/v%d", key, k+1), Name: name, About: record.About{Line: n.Line, Ref: n.Ref}, V: v})
			}
		}
	}
	return out
}
