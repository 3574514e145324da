package picture

import (
	"cmp"
	"slices"
	"strings"

	"parley/record"
	"parley/utc"
)

// openAlert is an alert with what Calls needs.
type openAlert struct {
	Alert
	deputy uint32 // ms after the deadline until every desk is called
}

// standHome folds what is ours alone: plans, alerts, the watch. It counts only
// on a home line and only from ourselves.
func (f *fold) standHome() {
	f.plans, f.alerts, f.onWatch, f.unfound = nil, nil, nil, map[record.About]bool{}
	var alerts []*entry
	ends := map[*entry]*entry{} // alert → what ended it first
	var plans []*entry
	over := map[*entry]bool{}
	watch := map[string]utc.Time{}
	handing := map[string]string{} // to → from
	for _, l := range f.lines {
		if !l.home {
			continue
		}
		for _, e := range l.entries {
			if !e.valid() || e.Ref.Party != f.self {
				continue
			}
			switch e.Rec.Kind {
			case record.KindPlan:
				p, ok := bodyOf[record.Plan](e.Rec)
				if !ok {
					continue
				}
				if e.re != nil {
					over[e.re] = true
				}
				if !p.Ended || e.Rec.Re == nil {
					plans = append(plans, e)
				}
			case record.KindAlert:
				alerts = append(alerts, e)
			case record.KindEnd:
				if e.re != nil && ends[e.re] == nil {
					ends[e.re] = e
				}
			case record.KindWatch:
				takeWatch(e, watch, handing)
			}
		}
	}
	slices.SortFunc(plans, func(a, b *entry) int { return a.compare(b) })
	for _, e := range plans {
		p, _ := bodyOf[record.Plan](e.Rec)
		f.plans = append(f.plans, Plan{Item: e.in.item(e), Plan: p, Ended: over[e] || p.Ended})
	}
	f.standAlerts(alerts, ends)
	for o, t := range watch {
		f.onWatch = append(f.onWatch, OnWatch{Officer: o, Since: t})
	}
	slices.SortFunc(f.onWatch, func(a, b OnWatch) int {
		if c := cmp.Compare(a.Since, b.Since); c != 0 {
			return c
		}
		return strings.Compare(a.Officer, b.Officer)
	})
}

// takeWatch follows the watch. Whoever hands over stays on watch until the
// other has taken it: the watch is never with nobody by one signature.
func takeWatch(e *entry, watch map[string]utc.Time, handing map[string]string) {
	w, ok := bodyOf[record.Watch](e.Rec)
	if !ok || e.Rec.Officer == "" {
		return
	}
	o := e.Rec.Officer
	switch w.Act {
	case "take":
		if _, on := watch[o]; !on {
			watch[o] = e.composed
		}
		if from, ok := handing[o]; ok {
			delete(handing, o)
			if from != o {
				delete(watch, from)
			}
		}
	case "hand-over":
		if _, on := watch[o]; !on {
			return
		}
		if _, on := watch[w.To]; on && w.To != o {
			delete(watch, o)
		} else {
			handing[w.To] = o
		}
	case "leave":
		delete(watch, o)
	}
}

// standAlerts makes one alert of all that have one key: the first that was
// raised. An acknowledgement or end of any of them is one of it, and nothing
// that comes later takes it back.
func (f *fold) standAlerts(es []*entry, ends map[*entry]*entry) {
	slices.SortFunc(es, func(a, b *entry) int { return a.compare(b) })
	at := map[string]int{}
	for _, e := range es {
		a, ok := bodyOf[record.Alert](e.Rec)
		if !ok {
			continue
		}
		i, again := at[a.Key]
		if !again {
			i = len(f.alerts)
			at[a.Key] = i
			x := openAlert{Alert: Alert{Item: e.in.item(e), Alert: a}, deputy: e.in.clocks(e.composed).Deputy}
			for _, ab := range a.About {
				if about := f.find(ab); about != nil {
					x.AboutIDs = append(x.AboutIDs, about.id)
				} else {
					f.unfound[ab] = true
				}
			}
			f.alerts = append(f.alerts, x)
		}
		x := &f.alerts[i]
		for _, ack := range e.in.acks[e] {
			if ack.Rec.Officer != "" && (x.AcknowledgedAt.IsZero() || ack.composed < x.AcknowledgedAt) {
				x.AcknowledgedAt, x.AcknowledgedBy = ack.composed, ack.Rec.Officer
			}
		}
		if end := ends[e]; end != nil && (x.EndedAt.IsZero() || end.composed < x.EndedAt) {
			b, _ := bodyOf[record.End](end.Rec)
			x.EndedAt, x.EndedWhy = end.composed, b.Reason
		}
	}
}

// find gives the entry that an alert is about, if it is known.
func (f *fold) find(a record.About) *entry {
	for _, l := range f.lines {
		if l.id == a.Line {
			return l.find(a.Ref)
		}
	}
	return nil
}

// Calls of an alert.
const (
	CallsDuty      = "duty"
	CallsDeputy    = "deputy"
	CallsEveryDesk = "every-desk"
)

// Calls says whom an open, unacknowledged alert calls at the instant at: the
// officer on duty until the deadline, from the deadline the deputy too, and
// deputyMS milliseconds later every desk. It never goes back.
func Calls(deadline utc.Time, deputyMS uint32, at utc.Time) string {
	switch {
	case at < deadline:
		return CallsDuty
	case at < deadline+utc.Time(deputyMS):
		return CallsDeputy
	}
	return CallsEveryDesk
}

// known gives the instant up to which a picture at instant is known: what was
// asked for, or the instant itself where all that is held was asked for.
func (f *fold) known(instant utc.Time) utc.Time {
	if f.knownAt == utc.Max {
		return instant
	}
	return f.knownAt
}

// at looks at the fold at one instant.
func (f *fold) at(instant utc.Time) *Picture {
	p := &Picture{
		Self: f.self, KnownAt: f.known(instant), Instant: instant,
		Lines: orEmpty(f.conversations), Notices: orEmpty(slices.Clone(f.notices)),
	}
	for i := range p.Notices {
		n := &p.Notices[i]
		n.Active = n.active(instant)
		n.Missing = overdue(n.Missing, instant)
	}
	f.rest(p)
	return p
}

// rest fills in everything of a picture but its conversations and notices.
func (f *fold) rest(p *Picture) {
	instant := p.Instant
	p.Relays, p.Plans, p.OnWatch, p.Findings = orEmpty(slices.Clone(f.relays)), orEmpty(f.plans), orEmpty(f.onWatch), orEmpty(f.findings)
	p.Alerts = make([]Alert, 0, len(f.alerts))
	for i := range p.Relays {
		p.Relays[i].Missing = overdue(p.Relays[i].Missing, instant)
	}
	for _, x := range f.alerts {
		a := x.Alert
		if a.AcknowledgedAt.IsZero() && a.EndedAt.IsZero() {
			a.Calls = Calls(a.Alert.Deadline, x.deputy, instant)
			a.OverdueSeconds = max(0, int64(instant-a.Alert.Deadline)/1000)
		}
		p.Alerts = append(p.Alerts, a)
	}
	slices.SortStableFunc(p.Alerts, func(a, b Alert) int {
		if c := cmp.Compare(a.rank(), b.rank()); c != 0 {
			return c
		}
		return cmp.Compare(a.Alert.Deadline, b.Alert.Deadline)
	})
}

// rank puts alerts that call somebody first, then the acknowledged, then the
// ended.
func (a *Alert) rank() int {
	switch {
	case !a.EndedAt.IsZero():
		return 2
	case !a.AcknowledgedAt.IsZero():
		return 1
	}
	return 0
}

func overdue(ms []Missing, at utc.Time) []Missing {
	if len(ms) == 0 {
		return nil
	}
	out := slices.Clone(ms)
	for i := range out {
		if out[i].claimed > at { // nobody has received anything in the future
			out[i].Due = out[i].unclaimed
		}
		out[i].Overdue = at >= out[i].Due
	}
	return out
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
