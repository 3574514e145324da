package scenario

import (
	"cmp"
	"slices"
	"time"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// Seen is what one seat shows: what its officers can act on.
type Seen struct {
	Alerts  []SeenAlert
	Records []SeenRecord // of other parties
}

// SeenAlert is an alert that the seat's own node raised.
type SeenAlert struct {
	ID       picture.ID
	Rule     string
	Track    string
	Raised   utc.Time
	About    []picture.ID
	Answered bool
}

// SeenRecord is a record of another party, as it arrived.
type SeenRecord struct {
	ID    picture.ID
	Line  string
	Kind  record.Kind
	At    utc.Time // when it was known at this seat
	Re    picture.ID
	Level record.Level // of an acknowledgement
}

// Action is a step that is due, with what it is about filled in.
type Action struct {
	Step  *Step
	Index int
	About picture.ID // alert to acknowledge, record to acknowledge or to relay from, relay to open
}

// Play follows one run: which steps are done, which wait and since when. It
// reads no clock and speaks to nobody.
type Play struct {
	run  *Run
	done []bool
	due  []utc.Time   // when a step that waits is due; 0: nothing seen yet
	what []picture.ID // what was seen
	by   map[string]picture.ID
	at   map[string]utc.Time
}

// NewPlay begins a run.
func NewPlay(r *Run) *Play {
	return &Play{run: r, done: make([]bool, len(r.Steps)), due: make([]utc.Time, len(r.Steps)), what: make([]picture.ID, len(r.Steps)),
		by: map[string]picture.ID{}, at: map[string]utc.Time{}}
}

// Next gives the next instant after now at which a step is due by what has been
// seen so far; zero if there is none.
func (p *Play) Next(now utc.Time) utc.Time {
	var next utc.Time
	for i, st := range p.run.Steps {
		t := st.At
		if st.When != nil {
			t = p.due[i]
		}
		if !p.done[i] && !t.IsZero() && t > now && (next.IsZero() || t < next) {
			next = t
		}
	}
	return next
}

// Due takes in what every seat shows at the instant now and gives the steps that
// are due, in the order of their times. Each is given until Done is told of it.
func (p *Play) Due(now utc.Time, seats map[party.ID]Seen) []Action {
	var out []Action
	for i := range p.run.Steps {
		st := &p.run.Steps[i]
		if p.done[i] {
			continue
		}
		due := st.At
		if st.When != nil {
			if p.due[i].IsZero() {
				if what, since, ok := p.sees(st, seats[st.Party]); ok {
					p.what[i], p.due[i] = what, max(since, p.run.Steps[i].At).Add(time.Duration(st.After))
				}
			}
			due = p.due[i]
		}
		if due.IsZero() || due > now {
			continue
		}
		if a, ok := p.action(i, seats[st.Party]); ok {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Action) int { return cmp.Compare(p.dueOf(a.Index), p.dueOf(b.Index)) })
	return out
}

func (p *Play) dueOf(i int) utc.Time {
	if p.run.Steps[i].When != nil {
		return p.due[i]
	}
	return p.run.Steps[i].At
}

// sees looks for what a step waits for: the record, and since when it is there.
func (p *Play) sees(st *Step, seen Seen) (picture.ID, utc.Time, bool) {
	w := st.When
	switch w.Sees {
	case "step":
		t, ok := p.at[w.Of]
		return p.by[w.Of], t, ok
	case "alert":
		var first SeenAlert
		for _, a := range seen.Alerts {
			if (w.Track == "" || a.Track == w.Track) && (w.Rule == "" || a.Rule == w.Rule) && !(st.Act == ActAcknowledge && a.Answered) &&
				(first.ID == "" || a.Raised < first.Raised) {
				first = a
			}
		}
		return first.ID, first.Raised, first.ID != ""
	}
	for _, r := range seen.Records {
		if string(r.Kind) != w.Sees || r.At.IsZero() {
			continue
		}
		if w.Sees == "ack" && (r.Level != w.Level || r.Re != p.by[w.Of] || r.Re == "") {
			continue
		}
		if w.Sees != "ack" && w.Of != "" && r.ID != p.by[w.Of] {
			continue
		}
		return r.ID, r.At, true
	}
	return "", 0, false
}

// action fills in what the step is about. A step whose subject is not there yet
// waits on.
func (p *Play) action(i int, seen Seen) (Action, bool) {
	st := &p.run.Steps[i]
	a := Action{Step: st, Index: i, About: p.what[i]}
	if st.Of != "" {
		id, ok := p.by[st.Of]
		a.About = id
		return a, ok && id != ""
	}
	// An acknowledgement goes to the record behind the alert: alerts never leave.
	if st.Act == ActAck && st.When != nil && st.When.Sees == "alert" {
		for _, al := range seen.Alerts {
			if al.ID != p.what[i] {
				continue
			}
			for _, id := range al.About {
				if line, _, err := picture.ParseID(id); err == nil && line != "home" {
					a.About = id
					return a, true
				}
			}
		}
		return a, false
	}
	return a, true
}

// Done says that a step was done at the instant at, and which record came of it.
func (p *Play) Done(a Action, record picture.ID, at utc.Time) {
	p.done[a.Index] = true
	if a.Step.ID != "" {
		p.by[a.Step.ID], p.at[a.Step.ID] = record, at
	}
}

// Left gives the steps that were never done: what they waited for did not come.
func (p *Play) Left() []*Step {
	var out []*Step
	for i := range p.run.Steps {
		if !p.done[i] {
			out = append(out, &p.run.Steps[i])
		}
	}
	return out
}

// PrecedenceOf gives the step's precedence; 0 where it gives none.
func (st *Step) PrecedenceOf() record.Precedence {
	p, _ := precedence(st.Precedence)
	return p
}
