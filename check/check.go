// Package check finds what collides in a picture and says why.
//
// A rule looks at a picture and gives conflicts; each rule stands in a file of
// its own. All is the definition: every rule over the whole picture. Touching
// gives those conflicts of All in which one of some records takes part, without
// working out the rest; it is what the node asks when a record arrives.
//
// A conflict says in one sentence, with numbers, what collides with what, where
// and when: times in UTC, flight levels, nautical miles and kilometres. It
// grants nothing and forbids nothing. Its key depends on the rule and the
// records only, so that the same conflict found twice, in another order or at
// another node's restart, is the same one. A correction that moves the volumes
// makes another conflict of it, since an officer's answer was to the old place.
//
// A conflict stands as long as its facts do: until its time is past, its notice
// cancelled, expired or corrected clear, its plan over, its answer given. That a
// deadline passed or nobody spoke ends nothing; Over says what is really over.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// The rules by name.
const (
	RuleNotices = "notice-notice" // two notices meet
	RulePlan    = "plan-notice"   // a notice meets a plan of ours
	RulePlace   = "place"         // the named place and the coordinates disagree
	RuleVolume  = "no-volume"     // cannot be checked against anything
	RuleLate    = "late"          // under the charter's lead, or already begun
	RuleMissing = "missing-ack"   // an acknowledgement is overdue
	RuleStop    = "stop"          // a stop was received
	RuleFlash   = "flash"         // something urgent was received that only an officer can answer
	RuleFinding = "finding"       // a peer did what cannot be
	RuleInvalid = "invalid"       // a record that cannot be opened
	RuleAnswer  = "answer"        // an objection or alternative to what we said
)

// Conflict is one thing that a person must look at.
type Conflict struct {
	Rule       string            `json:"rule"`
	Key        string            `json:"key"` // the same conflict has the same key, always
	Why        string            `json:"why"` // one sentence for a person
	About      []record.About    `json:"about"`
	IDs        []picture.ID      `json:"ids"` // the records that take part, notice first
	Plan       picture.ID        `json:"plan,omitempty"`
	Track      string            `json:"track,omitempty"`
	From       utc.Time          `json:"from,omitempty"` // first instant
	To         utc.Time          `json:"to,omitempty"`   // end, not included
	At         *volume.Point     `json:"at,omitempty"`
	Precedence record.Precedence `json:"precedence"`
}

// rule finds the conflicts of one kind in which a wanted record takes part.
type rule struct {
	name string
	find func(v *view, want func(...picture.ID) bool) []Conflict
}

func rules() []rule {
	return []rule{
		{RuleNotices, noticesMeet}, {RulePlan, planMeets}, {RulePlace, placeDisagrees}, {RuleVolume, noVolume},
		{RuleLate, late}, {RuleMissing, missingAck}, {RuleStop, urgentReceived}, {RuleFinding, findings}, {RuleAnswer, answers},
	}
}

// All gives every conflict in the picture, the most urgent first.
func All(p *picture.Picture) []Conflict {
	return find(p, func(...picture.ID) bool { return true })
}

// Touching gives the conflicts of All in which one of ids takes part, in the
// same order.
func Touching(p *picture.Picture, ids []picture.ID) []Conflict {
	in := make(map[picture.ID]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	return find(p, func(ids ...picture.ID) bool {
		for _, id := range ids {
			if in[id] {
				return true
			}
		}
		return false
	})
}

func find(p *picture.Picture, want func(...picture.ID) bool) []Conflict {
	v := look(p)
	out := []Conflict{}
	for _, r := range rules() {
		out = append(out, r.find(v, want)...)
	}
	slices.SortFunc(out, func(a, b Conflict) int {
		if c := cmp.Compare(a.Precedence, b.Precedence); c != 0 {
			return c
		}
		if c := cmp.Compare(a.From, b.From); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// view is a picture with what several rules need worked out once.
type view struct {
	*picture.Picture
	forced []*forced // notices with volumes in force that are not over, by the start of their first window
	byID   map[picture.ID]*picture.Notice
}

// forced is a notice with volumes in force.
type forced struct {
	*picture.Notice
	from, to utc.Time // of all windows together
	caps     []bound  // of the volumes, when first asked for
}

// bound gives a circle that holds the area of the i-th volume.
func (f *forced) bound(i int) bound {
	if f.caps == nil {
		for _, x := range f.Volumes {
			f.caps = append(f.caps, boundOf(x.Area))
		}
	}
	return f.caps[i]
}

func look(p *picture.Picture) *view {
	v := &view{Picture: p, byID: make(map[picture.ID]*picture.Notice, len(p.Notices))}
	for i := range p.Notices {
		n := &p.Notices[i]
		v.byID[n.ID] = n
		if !n.Active || len(n.Volumes) == 0 {
			continue
		}
		f := &forced{Notice: n, from: n.Volumes[0].Window.From}
		for _, x := range n.Volumes {
			f.from = min(f.from, x.Window.From)
			f.to = max(f.to, x.Window.To)
		}
		v.forced = append(v.forced, f)
	}
	slices.SortFunc(v.forced, func(a, b *forced) int {
		if c := cmp.Compare(a.from, b.from); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return v
}

// names gives every record that stands behind the notice as it is in force.
func names(n *picture.Notice) []picture.ID {
	if n.CorrectedBy != "" {
		return []picture.ID{n.ID, n.CorrectedBy}
	}
	return []picture.ID{n.ID}
}

// version names the notice as it is in force, for a key.
func version(n *picture.Notice) string {
	if n.CorrectedBy != "" {
		return string(n.ID) + "+" + string(n.CorrectedBy)
	}
	return string(n.ID)
}

func about(it picture.Item) record.About { return record.About{Line: it.Line, Ref: it.Ref} }

// bound is a circle that holds an area.
type bound struct {
	center volume.Point
	r      float64 // metres
}

// boundOf: a cap of less than half the globe that holds two points holds the
// shortest path between them, so the farthest vertex is the farthest point.
func boundOf(a volume.Area) bound {
	if a.Circle != nil {
		return bound{a.Circle.Center, float64(a.Circle.RadiusM)}
	}
	b := bound{center: a.Centroid()}
	for _, p := range a.Polygon {
		b.r = max(b.r, volume.DistanceM(b.center, p))
	}
	return b
}

// apart reports whether two bounds are surely farther apart than marginM.
func (b bound) apart(c bound, marginM float64) bool {
	return volume.DistanceM(b.center, c.center) > b.r+c.r+marginM+100
}

// Dangerous classes are those that something else should not be in.
func Dangerous(c record.Class) bool {
	switch c {
	case record.HazardArea, record.Activity, record.Exercise, record.Electromagnetic, record.TestActivity, record.Accident,
		record.Correction: // of a notice that is not held here: of a class unknown
		return true
	}
	return false
}

// guarded classes are those of people whom danger must be kept from.
func guarded(c record.Class) bool {
	return c == record.ProtectedSite || c == record.ProtectedMovement || c == record.Distress
}

// title names a notice in a sentence: "IL's hazard area (IL-RU/IL/urgent/12)".
func title(n *picture.Notice) string {
	return fmt.Sprintf("%s's %s (%s)", n.Party, lower(picture.ClassWords(n.Notice.Class)), n.ID)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// distance says metres as nautical miles and kilometres.
func distance(m float64) string {
	return fmt.Sprintf("%.1f NM (%.1f km)", m/1852, m/1000)
}

// heights says the common heights of a meeting.
func heights(m volume.Meeting) string {
	s := m.Lower.String() + " to " + m.Upper.String()
	if m.Unlimited {
		s = m.Lower.String() + " and above"
	}
	if m.DatumsDiffer {
		s = "about " + s
	}
	return s
}

// when says how far off an instant is.
func when(at, now utc.Time) string {
	if at <= now {
		return "it has begun"
	}
	return "it begins in " + span(at.Sub(now))
}

// span says a duration, downwards: "45 s", "24 min", "3 h 05 min".
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// near says a place to a thousandth of a degree, about 100 m.
func near(p volume.Point) string {
	ns, ew := "N", "E"
	lat, lon := p.Lat(), p.Lon()
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	return fmt.Sprintf("near %.3f%s %.3f%s", lat, ns, lon, ew)
}

// clock says an instant to the second, downwards.
func clock(t utc.Time) string { return (t - t%1000).Clock() }
