package check

import (
	"fmt"

	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// planMeets: a dangerous volume of anybody, ourselves too, meets a leg of a plan
// of ours. It is flash if it begins within half an hour, for the crew has to
// hear of it; else immediate.
func planMeets(v *view, want func(...picture.ID) bool) []Conflict {
	var out []Conflict
	for i := range v.Plans {
		p := &v.Plans[i]
		if p.Ended || len(p.Plan.Legs) == 0 {
			continue
		}
		caps := make([]bound, len(p.Plan.Legs))
		first, last := p.Plan.Legs[0].Depart, p.Plan.Legs[0].Arrive
		for k, l := range p.Plan.Legs {
			caps[k] = bound{l.From, volume.DistanceM(l.From, l.To) + float64(l.HalfWidthM)}
			first, last = min(first, l.Depart), max(last, l.Arrive)
		}
		wanted := want(p.ID)
		for _, n := range v.forced {
			if n.from > last {
				break // they stand by their starts
			}
			if n.to <= first || !Dangerous(n.Notice.Notice.Class) || !wanted && !want(names(n.Notice)...) {
				continue
			}
			if c, ok := planPair(v, p, caps, n); ok {
				out = append(out, c)
			}
		}
	}
	return out
}

// planPair gives the first meeting of a plan with a notice that is not over.
func planPair(v *view, p *picture.Plan, caps []bound, n *forced) (Conflict, bool) {
	var first volume.Meeting
	leg, found := 0, false
	var to utc.Time
	for k, l := range p.Plan.Legs {
		for i, x := range n.Volumes {
			if x.Window.To <= l.Depart || l.Arrive < x.Window.From || n.bound(i).apart(caps[k], 0) {
				continue
			}
			m, ok := volume.MeetLeg(x, l)
			if !ok || m.To < v.Instant || past(n.Notice, m) {
				continue
			}
			to = max(to, m.To)
			if !found || m.From < first.From {
				first, leg, found = m, k, true
			}
		}
	}
	if !found {
		return Conflict{}, false
	}
	c := Conflict{
		Rule: RulePlan, Key: RulePlan + "/" + string(p.ID) + "/" + version(n.Notice),
		About: []record.About{about(n.Item), about(p.Item)}, IDs: append(names(n.Notice), p.ID),
		Plan: p.ID, Track: p.Plan.Track, From: first.From, To: to, At: &first.At, Precedence: record.Immediate,
	}
	if first.From <= v.Instant.Add(soon) {
		c.Precedence = record.Flash
	}
	way := "the route leads through it"
	if first.SeparationM > 0 {
		way = "the middle of the route passes " + distance(first.SeparationM) + " from it, within its tolerance of " +
			distance(float64(p.Plan.Legs[leg].HalfWidthM))
	}
	crew := ""
	if p.Plan.Crew > 0 {
		crew = fmt.Sprintf(", %d aboard,", p.Plan.Crew)
	}
	c.Why = fmt.Sprintf("Our plan %s%s meets %s on leg %d %s, %s, from %s to %s: %s; %s.", p.Plan.Name, crew, title(n.Notice),
		leg+1, near(first.At), heights(first), clock(first.From), clock(to), way, when(first.From, v.Instant))
	return c, true
}
