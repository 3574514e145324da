// Package alert says which alerts have to be raised, and which have ended.
//
// It is two pure functions of the picture, the conflicts that check found in it
// and the events that the engine gave. They hand back drafts of home-line
// records; the node appends them, and once appended an alert is a record like
// any other: what calls whom, and what is acknowledged, is then a matter of the
// picture (picture.Calls).
//
// Raise is asked again and again, and says each thing once: equal keys are one
// alert, however often and from wherever it comes. An acknowledged alert stays
// acknowledged. Only when an alert has ended because its conflict was really
// over, and the conflict is there anew, is there a new alert, whose key carries
// "#2" behind it.
//
// An alert ends when the window is past, the notice cancelled, expired or
// corrected clear, the plan over, the acknowledgement there, or the track seen
// clear by the engine. It never ends because nobody spoke, a track went silent
// or a deadline passed; those only raise.
package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/check"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/watch"
)

// The rules of alerts that come from the engine.
const (
	RuleInside    = "inside"     // a track is in a volume
	RuleWillEnter = "will-enter" // it will be
)

// Draft is a home-line record to append now, in the urgent lane, composed at the
// picture's instant.
type Draft struct {
	Body       record.Body       // record.Alert or record.End
	Re         *record.Ref       // of an End: the alert
	Precedence record.Precedence //
}

// Raise gives what has to be appended now: alerts for conflicts and events that
// have none yet, and ends for alerts that are over. clocks are those of the home
// line. Give it the conflicts of this picture, all or some, and the engine's
// events since the last call; giving them again does no harm, nor does a conflict
// that has meanwhile passed. What the engine raised and took back since the last
// call is raised with its end already in it, and ended by the next call: nothing
// that happened is hidden.
func Raise(p *picture.Picture, cs []check.Conflict, es []watch.Event, clocks record.Clocks) []Draft {
	s := newStanding(p, es)
	var out []Draft
	left := map[crowd]*held{}
	for _, c := range urgentFirst(cs) {
		if s.rounds[c.Key] > 0 && !s.stands(c) {
			continue // an alert for it has ended, and the conflict given is older than that
		}
		who := crowdOf(p.Self, c.Rule, c.About)
		if s.open[c.Key] == nil && s.waits.atLeast(who, c.Precedence) >= mostWaiting {
			if left[who] == nil {
				left[who] = &held{first: c}
			}
			left[who].n++
			continue
		}
		if key, ok := s.fresh(c.Key, 0); ok {
			s.waits.add(who, c.Precedence)
			out = append(out, fromConflict(p, c, key, clocks))
		}
	}
	out = append(out, s.floods(left, clocks)...)
	lowered := map[string]watch.Event{}
	var order []string
	drafted := map[string]int{} // where in out
	for _, e := range inOrder(es) {
		key := eventKey(e)
		switch e.Kind {
		case watch.Inside, watch.WillEnter:
			delete(lowered, key)
			if e.Kind == watch.Inside {
				delete(lowered, RuleWillEnter+strings.TrimPrefix(key, RuleInside))
			}
			if name, ok := s.fresh(key, e.EnterAt); ok && !s.cancelled(e.Watched) {
				drafted[key] = len(out)
				out = append(out, fromEvent(p, e, name, clocks))
			}
		case watch.Left:
			for _, k := range []string{key, RuleWillEnter + strings.TrimPrefix(key, RuleInside)} {
				lowered[k] = e
				order = append(order, k)
			}
		case watch.WillNot:
			lowered[key] = e
			order = append(order, key)
		}
	}
	ended := map[picture.ID]bool{}
	out = append(out, s.due(ended)...)
	for _, k := range order {
		e, ok := lowered[k]
		a := s.open[k]
		if i, ours := drafted[k]; ok && ours {
			out[i] = brief(out[i], e)
			continue
		}
		if ok && a != nil && !ended[a.ID] && lowers(e, a) {
			ended[a.ID] = true
			out = append(out, end(a, e.Why))
		}
	}
	return out
}

// Due gives the ends that the picture alone decides: everything but what only
// the engine can see.
func Due(p *picture.Picture) []Draft {
	return newStanding(p, nil).due(map[picture.ID]bool{})
}

// standing is what alerts the picture holds, by the key of their conflict.
type standing struct {
	p       *picture.Picture
	open    map[string]*picture.Alert
	rounds  map[string]int  // how many have been raised
	ended   map[ending]bool // those of the engine that have ended
	notices map[record.About]*picture.Notice
	waits   waiting // alerts without an answer, those of this call too
}

type ending struct {
	key  string
	from utc.Time
}

// newStanding looks the picture through once. Of the notices it finds those that
// an event, or an open alert of the engine's, is about.
func newStanding(p *picture.Picture, es []watch.Event) *standing {
	s := &standing{p: p, open: map[string]*picture.Alert{}, rounds: map[string]int{}, ended: map[ending]bool{}, notices: map[record.About]*picture.Notice{}, waits: waitingIn(p)}
	for i := range p.Alerts {
		a := &p.Alerts[i]
		k := check.Base(a.Alert.Key)
		s.rounds[k]++
		if a.EndedAt.IsZero() {
			s.open[k] = a
			if kind := watch.Kind(a.Alert.Rule); (kind == watch.Inside || kind == watch.WillEnter) && len(a.Alert.About) > 0 {
				s.notices[a.Alert.About[0]] = nil
			}
		} else {
			s.ended[ending{k, a.Alert.From}] = true
		}
	}
	for _, e := range es {
		s.notices[e.Watched.About] = nil
	}
	places := map[uint64]bool{}
	for a := range s.notices {
		places[a.Ref.Index] = true
	}
	for i := range p.Notices {
		if len(places) == 0 {
			break
		}
		n := &p.Notices[i]
		if !places[n.Ref.Index] {
			continue
		}
		a := record.About{Line: n.Line, Ref: n.Ref}
		if _, asked := s.notices[a]; asked {
			s.notices[a] = n
		}
	}
	return s
}

// fresh gives the key to raise a conflict under, if nothing stands for it. An
// event of the engine that raised an alert which has ended is known by its
// enterAt, and is not raised again.
func (s *standing) fresh(key string, enterAt utc.Time) (string, bool) {
	if s.open[key] != nil || !enterAt.IsZero() && s.ended[ending{key, enterAt}] {
		return "", false
	}
	n := s.rounds[key]
	s.rounds[key] = n + 1
	s.open[key] = &picture.Alert{} // once in a call
	if n > 0 {
		return fmt.Sprintf("%s#%d", key, n+1), true
	}
	return key, true
}

// cancelled reports whether what an event is about is cancelled: then it is an
// old one.
func (s *standing) cancelled(w watch.Watched) bool {
	n := s.notices[w.About]
	return n != nil && n.CancelledBy != ""
}

// due gives the ends that follow from the picture.
func (s *standing) due(ended map[picture.ID]bool) []Draft {
	var open []picture.Alert
	for _, a := range s.p.Alerts {
		if a.EndedAt.IsZero() {
			open = append(open, a)
		}
	}
	over := check.Over(s.p, open)
	var out []Draft
	for i := range open {
		a := &open[i]
		why, ok := over[a.ID]
		if a.Alert.Rule == RuleInside || a.Alert.Rule == RuleWillEnter {
			why, ok = s.trackOver(a)
		}
		if a.Alert.Rule == RuleFlood {
			why, ok = s.floodOver(a)
		}
		if ok {
			ended[a.ID] = true
			out = append(out, end(a, why))
		}
	}
	return out
}

// trackOver says whether the volume of a track's alert is out of force.
func (s *standing) trackOver(a *picture.Alert) (string, bool) {
	if !a.Alert.To.IsZero() && s.p.Instant >= a.Alert.To {
		return "Its time is over since " + a.Alert.To.Clock() + ".", true
	}
	if len(a.Alert.About) == 0 {
		return "", false
	}
	n := s.notices[a.Alert.About[0]]
	switch {
	case n == nil:
		return "", false
	case n.CancelledBy != "":
		return string(n.ID) + " was cancelled by " + string(n.CancelledBy) + ".", true
	case !n.Expires.IsZero() && s.p.Instant >= n.Expires:
		return string(n.ID) + " has expired at " + n.Expires.Clock() + ".", true
	}
	return "", false
}

// stands reports whether a conflict is in this very picture.
func (s *standing) stands(c check.Conflict) bool {
	if s.open[c.Key] != nil {
		return true // nothing to raise anyway
	}
	return slices.ContainsFunc(check.Touching(s.p, c.IDs), func(x check.Conflict) bool { return x.Key == c.Key })
}

// brief writes into an alert that is not raised yet that it is over already, so
// that the next call ends it.
func brief(d Draft, e watch.Event) Draft {
	a := d.Body.(record.Alert)
	if a.To.IsZero() || e.At < a.To {
		a.To = max(a.From, e.At)
	}
	if !strings.HasSuffix(a.Why, e.Why) {
		a.Why = cut(a.Why+" "+e.Why, 2*record.MaxShort)
	}
	d.Body = a
	return d
}

// lowers reports whether what the engine takes back is this alert, and not an
// older one of the same key: by the instant it was raised with, or by time.
func lowers(e watch.Event, a *picture.Alert) bool {
	return a.ID != "" && (e.EnterAt == a.Alert.From || e.At >= min(a.Alert.From, a.Composed))
}

func fromConflict(p *picture.Picture, c check.Conflict, key string, clocks record.Clocks) Draft {
	return raise(p, c.Precedence, clocks, record.Alert{
		Rule: c.Rule, Key: key, Why: c.Why, About: c.About, Track: c.Track, From: c.From, To: c.To, At: c.At,
	})
}

// fromEvent: something of ours is in danger or will be in minutes: flash.
func fromEvent(p *picture.Picture, e watch.Event, key string, clocks record.Clocks) Draft {
	rule := RuleInside
	if e.Kind == watch.WillEnter {
		rule = RuleWillEnter
	}
	a := record.Alert{Rule: rule, Key: key, Why: e.Why, Track: e.Track, From: e.EnterAt, To: e.Watched.V.Window.To, At: &e.Where}
	if e.Watched.About != (record.About{}) {
		a.About = []record.About{e.Watched.About}
	}
	return raise(p, record.Flash, clocks, a)
}

func raise(p *picture.Picture, pr record.Precedence, clocks record.Clocks, a record.Alert) Draft {
	pr = max(record.Flash, min(record.Ordinary, pr))
	a.Deadline = p.Instant + utc.Time(clocks.Ack[pr-1])
	a.Why = cut(a.Why, 2*record.MaxShort)
	if len(a.About) > record.MaxAbout {
		a.About = a.About[:record.MaxAbout]
	}
	if !a.To.IsZero() && a.To < a.From {
		a.To = a.From
	}
	return Draft{Body: a, Precedence: pr}
}

func end(a *picture.Alert, why string) Draft {
	ref := a.Ref
	return Draft{Body: record.End{Reason: cut(why, record.MaxShort)}, Re: &ref, Precedence: a.Precedence}
}

// eventKey names the alert that an event raises or lowers.
func eventKey(e watch.Event) string {
	rule := RuleInside
	if e.Kind == watch.WillEnter || e.Kind == watch.WillNot {
		rule = RuleWillEnter
	}
	return rule + "/" + e.Watched.Key + "/" + e.Track
}

// inOrder gives the events in the order of their instants, as the engine gave
// them where those are equal.
func inOrder(es []watch.Event) []watch.Event {
	es = slices.Clone(es)
	slices.SortStableFunc(es, func(a, b watch.Event) int { return cmp.Compare(a.At, b.At) })
	return es
}

// cut shortens a text to at most n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const more = "…"
	n -= len(more)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + more
}

// Standing is an alert of the engine's that has not ended, for watch.Resume.
type Standing struct {
	Track, Key string // Key of the watched volume
	Kind       watch.Kind
	EnterAt    utc.Time
}

// Standings gives what a new engine has to be told after a restart, once it has
// its volumes.
func Standings(p *picture.Picture) []Standing {
	var out []Standing
	for _, a := range p.Alerts {
		kind := watch.Kind(a.Alert.Rule)
		if !a.EndedAt.IsZero() || kind != watch.Inside && kind != watch.WillEnter {
			continue
		}
		key := strings.TrimPrefix(check.Base(a.Alert.Key), a.Alert.Rule+"/")
		key = strings.TrimSuffix(key, "/"+a.Alert.Track)
		out = append(out, Standing{Track: a.Alert.Track, Key: key, Kind: kind, EnterAt: a.Alert.From})
	}
	return out
}
