package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/record"
)

// RuleFlood is the rule of the one alert that stands for many: another party has
// given cause for more alerts of a rule than a desk can answer.
const RuleFlood = "flood"

// mostWaiting is how many alerts of one rule, from the records of one other
// party and at least as urgent, may wait for an answer at one time. Beyond it
// conflicts still stand and are raised as those before are answered; until then
// one alert says how many there are. Without it a party that sends a thousand
// notices, each of which meets the others, would write half a million alerts
// into our home line, and no officer would find the one that matters. Nothing
// that comes from our own records alone, and nothing that the engine sees of a
// track, is ever held back.
const mostWaiting = 64

// crowd is the alerts of one rule that one other party gives cause for.
type crowd struct {
	rule string
	by   party.ID
}

// crowdOf gives the crowd of an alert; by is empty where only we are in it.
func crowdOf(self party.ID, rule string, about []record.About) crowd {
	for _, a := range about {
		if a.Ref.Party != self {
			return crowd{rule, a.Ref.Party}
		}
	}
	return crowd{rule: rule}
}

func (c crowd) key() string { return RuleFlood + "/" + c.rule + "/" + string(c.by) }

// waiting counts unanswered alerts by crowd and precedence.
type waiting map[crowd]*[record.Ordinary + 1]int

func (w waiting) add(c crowd, pr record.Precedence) {
	if c.by == "" {
		return
	}
	if w[c] == nil {
		w[c] = new([record.Ordinary + 1]int)
	}
	w[c][max(record.Flash, min(record.Ordinary, pr))]++
}

// atLeast counts those that are as urgent as pr or more.
func (w waiting) atLeast(c crowd, pr record.Precedence) (n int) {
	if w[c] == nil {
		return 0
	}
	for p := record.Flash; p <= min(record.Ordinary, pr); p++ {
		n += w[c][p]
	}
	return n
}

// waitingIn counts what waits in the picture.
func waitingIn(p *picture.Picture) waiting {
	w := waiting{}
	for i := range p.Alerts {
		if a := &p.Alerts[i]; a.EndedAt.IsZero() && a.AcknowledgedAt.IsZero() && a.Alert.Rule != RuleFlood {
			w.add(crowdOf(p.Self, a.Alert.Rule, a.Alert.About), a.Precedence)
		}
	}
	return w
}

// urgentFirst orders conflicts so that the most urgent are raised first.
func urgentFirst(cs []check.Conflict) []check.Conflict {
	cs = slices.Clone(cs)
	slices.SortFunc(cs, func(a, b check.Conflict) int {
		return cmp.Or(cmp.Compare(a.Precedence, b.Precedence), cmp.Compare(a.From, b.From), strings.Compare(a.Key, b.Key))
	})
	return cs
}

// held is what was not raised of one crowd: how many, and the most urgent.
type held struct {
	n     int
	first check.Conflict
}

// floods gives the alerts that stand for what was held back.
func (s *standing) floods(left map[crowd]*held, clocks record.Clocks) (out []Draft) {
	crowds := make([]crowd, 0, len(left))
	for c := range left {
		crowds = append(crowds, c)
	}
	slices.SortFunc(crowds, func(a, b crowd) int { return strings.Compare(a.key(), b.key()) })
	for _, c := range crowds {
		key, ok := s.fresh(c.key(), 0)
		if !ok {
			continue
		}
		h := left[c]
		out = append(out, raise(s.p, h.first.Precedence, clocks, record.Alert{
			Rule: RuleFlood, Key: key, About: h.first.About, At: h.first.At,
			Why: fmt.Sprintf("%s has given cause for more than %d alerts of the rule %q that nobody has answered, and for %d more that are not raised one by one until some are. The next is: %s",
				c.by, mostWaiting, c.rule, h.n, h.first.Why),
		}))
	}
	return out
}

// floodOver says whether a flood has ebbed: half of what may wait, or less, does.
func (s *standing) floodOver(a *picture.Alert) (string, bool) {
	parts := strings.Split(check.Base(a.Alert.Key), "/")
	if len(parts) != 3 || s.waits.atLeast(crowd{parts[1], party.ID(parts[2])}, record.Ordinary) > mostWaiting/2 {
		return "", false
	}
	return "Enough of them have been answered or are over; what is left is raised one by one.", true
}
