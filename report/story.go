package report

import (
	"cmp"
	"slices"
	"strings"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// event is one thing in a run's story.
type event struct {
	at      utc.Time
	party   party.ID
	officer string
	line    string
	home    bool
	kind    record.Kind
	level   record.Level
	rule    string
	id      picture.ID
	words   string
	to      []party.ID // who has stated that it is stored there
	gotAt   []utc.Time // when, by their clocks
	number  int        // in the story, from 1
	key     bool       // a matter of the story's drawing
}

// story gives what people and nodes said in a run, in order: each record from
// its author's seat where that is held, else from another's.
func (r Run) story() []event {
	var out []event
	seen := map[string]bool{}
	seats := r.seatsOf()
	for _, own := range []bool{true, false} {
		for _, p := range seats {
			alerts := map[picture.ID]picture.Alert{}
			for _, a := range p.Alerts {
				alerts[a.ID] = a
			}
			for _, l := range p.Lines {
				for _, it := range l.Items {
					key := string(it.ID)
					if l.Home {
						key = string(p.Self) + ":" + key
					}
					if seen[key] || own != (it.Party == p.Self) {
						continue
					}
					if e, ok := eventOf(l, it, alerts); ok {
						seen[key] = true
						out = append(out, e)
					}
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b event) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		if c := cmp.Compare(a.rank(), b.rank()); c != 0 {
			return c
		}
		return strings.Compare(string(a.party)+string(a.id), string(b.party)+string(b.id))
	})
	for i := range out {
		out[i].number = i + 1
	}
	return out
}

// rank orders what has one time as it came about: a notice before the alert
// that it raises.
func (e event) rank() int {
	switch e.kind {
	case record.KindAlert:
		if e.rule == check.RuleAnswer {
			return 3
		}
		return 1
	case record.KindAck:
		return 2
	}
	return 0
}

// eventOf leaves out what tells a reader nothing, and the alert that only says
// again that something urgent came.
func eventOf(l picture.Conversation, it picture.Item, alerts map[picture.ID]picture.Alert) (event, bool) {
	e := event{at: it.Composed, party: it.Party, officer: it.Officer, line: l.Name, home: l.Home, kind: it.Kind, id: it.ID, words: it.Words}
	if it.Composed.IsZero() { // it does not open
		e.at, e.words, e.key = it.KnownAt, "This entry cannot be opened: "+it.Problem, true
		return e, true
	}
	switch it.Kind {
	default: // charters, receipts, minutes, ends, the watch, what a node keeps for itself
		return e, false
	case record.KindNotice, record.KindSay, record.KindRelay, record.KindClose, record.KindFinding, record.KindPlan:
	case record.KindOpening:
		if l.Home {
			return e, false
		}
	case record.KindAlert:
		a, ok := alerts[it.ID]
		if !ok || a.Alert.Rule == check.RuleFlash || a.Alert.Rule == check.RuleStop {
			return e, false
		}
		e.rule = a.Alert.Rule
	case record.KindAck:
		if b, ok := bodyAs[record.Ack](it.Body); ok {
			e.level = b.Level
			if l.Home {
				e.words = strings.TrimSpace("Acknowledges the alert. " + b.Text)
			}
		}
	}
	for _, ps := range it.States {
		for _, s := range ps.States {
			if s.State == "received" {
				e.to, e.gotAt = append(e.to, ps.Party), append(e.gotAt, s.At)
			}
		}
	}
	e.key = true
	return e, true
}

// bodyAs reads a body that is held as a value or by pointer.
func bodyAs[T any](b record.Body) (T, bool) {
	if v, ok := any(b).(T); ok {
		return v, true
	}
	if v, ok := any(b).(*T); ok && v != nil {
		return *v, true
	}
	var zero T
	return zero, false
}

// who says who said it.
func (e event) who(d Data) string {
	if e.officer == "" {
		return d.nameOf(e.party) + ", node"
	}
	return d.nameOf(e.party) + ", " + e.officer
}

// where says on which line.
func (e event) where() string {
	if e.home {
		return "own only"
	}
	return e.line
}

// story writes one run as a table, before it the drawing of its first minutes.
func (p *page) story(d Data, i int) {
	r := d.Runs[i]
	events := r.story()
	p.f("<section class=\"run\">\n<h2>%s</h2>\n", runTitle(d, i))
	if r.Outcome.Text != "" {
		p.f("<p class=\"lede\">%s</p>\n", r.Outcome.Text)
	}
	p.sequence(d, r, events)
	p.raw("<table class=\"story\"><thead><tr><th>No</th><th>UTC</th><th>Who</th><th>Line</th><th>What the record says</th></tr></thead><tbody>\n")
	for _, e := range events {
		class := string(e.kind)
		p.f("<tr class=\"k-%s\"><td class=\"n\">%d</td><td class=\"t\">%s</td><td><span class=\"dot\" style=\"background:%s\"></span>%s</td><td>%s</td><td>%s%s</td></tr>\n",
			class, e.number, clock(e.at), d.color(e.party), e.who(d), e.where(), safe(kindBadge(e)), e.words)
	}
	if len(events) == 0 {
		p.raw("<tr><td colspan=\"5\">Nobody said anything.</td></tr>\n")
	}
	p.raw("</tbody></table>\n")
	p.f("<p class=\"small\">%d records on the lines between the parties, %d of them with a receipt from every other party, %d without.</p>\n",
		r.Records, r.Receipted, r.Unreceipted)
	p.raw("</section>\n")
}

func runTitle(d Data, i int) string {
	if d.Scenario == nil {
		return "What the record says"
	}
	return "The evening " + d.Runs[i].Outcome.Name
}

// kindBadge marks a row in words, so that nothing hangs on its colour.
func kindBadge(e event) string {
	name := ""
	switch e.kind {
	case record.KindAlert:
		name = "alert"
	case record.KindNotice:
		name = "notice"
	case record.KindRelay:
		name = "relay"
	case record.KindPlan:
		name = "filed route"
	case record.KindFinding:
		name = "finding"
	case record.KindOpening:
		name = "opening"
	}
	if name == "" {
		return ""
	}
	return "<b class=\"badge b-" + string(e.kind) + "\">" + name + "</b> "
}
