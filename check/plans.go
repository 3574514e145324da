package check

import (
	"fmt"
	"slices"

	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// planMeets: a dangerous volume of anybody, ourselves too, meets a leg of a plan
// of ours. It is flash if it begins within half an hour, for the crew has to
// hear of it; else immediate.
func planMeets(v *view) []Conflict {
	var out []Conflict
	for i := range v.Plans {
		p := &v.Plans[i]
		if p.Ended || len(p.Plan.Legs) == 0 {
			continue
		}
		caps := make([]picture.Reach, len(p.Plan.Legs))
		for k, l := range p.Plan.Legs {
			caps[k] = picture.CapOf(l.From, volume.DistanceM(l.From, l.To)+float64(l.HalfWidthM))
			caps[k].From, caps[k].To = l.Depart, l.Arrive
		}
		try := func(i int) {
			r := &v.reaches[i]
			meets := func(c picture.Reach) bool { return r.From <= c.To && r.To > c.From && !r.Apart(&c) }
			if v.inForce(i) && slices.ContainsFunc(caps, meets) && Dangerous(v.Notices[i].Notice.Class) {
				if c, ok := planPair(v, p, caps, i); ok {
					out = append(out, c)
				}
			}
		}
		if v.want(p.ID) {
			for i := range v.reaches {
				try(i)
			}
			continue
		}
		v.notices()
		for _, i := range v.which {
			try(i)
		}
	}
	return out
}

// planPair gives the first meeting of a plan with a notice that is not over.
func planPair(v *view, p *picture.Plan, caps []picture.Reach, at int) (Conflict, bool) {
	n := &v.Notices[at]
	var first volume.Meeting
	leg, found := 0, false
	var to utc.Time
	for k, l := range p.Plan.Legs {
		for i, x := range n.Volumes {
			if x.Window.To <= l.Depart || l.Arrive < x.Window.From || v.cap(at, i).Apart(&caps[k]) {
				continue
			}
			m, ok := volume.MeetLeg(x, l)
			if !ok || m.To < v.Instant || past(n, m) {
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
		Rule: RulePlan, Key: RulePlan + "/" + string(p.ID) + "/" + version(n),
		About: []record.About{about(n.Item), about(p.Item)}, IDs: append(names(n), p.ID),
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
	c.Why = fmt.Sprintf("%s: our plan %s%s meets %s on leg %d, %s, from %s to %s: %s; %s.", near(first.At), p.Plan.Name, crew, title(n),
		leg+1, heights(first), clock(first.From), clock(to), way, when(first.From, v.Instant))
	return c, true
}
