package main

import (
	"context"
	"fmt"
	"time"

	"parley/check"
	"parley/node"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/scenario"
	"parley/utc"
)

// player lets one run happen on a stage: it moves the clocks in small steps,
// feeds the tracks, waits until the nodes are at rest, looks at what each seat
// shows, and does what the run's officers do then. It says nothing to a node
// that an officer or a feed would not say.
type player struct {
	*stage
	run  *scenario.Run
	play *scenario.Play
	now  utc.Time
	// rate is scenario seconds a second before a person; 0: as fast as it goes.
	rate float64
	tell func(news) // what happened, for a person; may be nil
	// stop ends the run early, after a look; may be nil.
	stop func() bool
	told map[string]bool

	begun time.Time // when the shown part began, by our own clock
	fresh bool      // something was told that a person wants to read
}

// How far the clock is moved at most: between two track reports, and in the
// quiet hours before the part that is shown.
const (
	demoGrid  = 15 * time.Second
	demoQuiet = time.Minute
	demoBeat  = 1500 * time.Millisecond // at 60x, after something happened
)

// perform plays the run from the scenario's start to its end.
func (p *player) perform(ctx context.Context) error {
	p.play, p.now, p.told = scenario.NewPlay(p.run), p.sc.Starts, map[string]bool{}
	for {
		if err := p.report(ctx); err != nil {
			return err
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
		if p.now >= p.sc.Ends || p.stop != nil && p.stop() {
			return nil
		}
		next := p.next()
		if err := p.pace(ctx, next); err != nil {
			return err
		}
		if err := p.setClocks(ctx, next); err != nil {
			return fmt.Errorf("couldn't move the clocks to %s: %w", next, err)
		}
		p.now = next
	}
}

func (p *player) next() utc.Time {
	grid := demoGrid
	if p.now < p.sc.Shows {
		grid = demoQuiet
	}
	next := min(p.sc.Grid(p.now, grid), p.sc.Ends)
	for _, t := range []utc.Time{p.play.Next(p.now), p.sc.Moment.At} {
		if t > p.now {
			next = min(next, t)
		}
	}
	return next
}

// pace waits, before a person, until it is time for the instant.
func (p *player) pace(ctx context.Context, next utc.Time) error {
	if p.rate == 0 || next <= p.sc.Shows {
		return ctx.Err()
	}
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	if p.fresh { // at 60x the minutes that matter would be over in a breath
		p.begun, p.fresh = p.begun.Add(time.Duration(60/p.rate*float64(demoBeat))), false
	}
	at := p.begun.Add(time.Duration(float64(next.Sub(p.sc.Shows)) / p.rate))
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// report feeds each party's own tracks to its own node.
func (p *player) report(ctx context.Context) error {
	return p.each(func(s *demoSeat) error {
		var rs []node.TrackReport
		for _, t := range p.sc.Tracks {
			if r, ok := t.Report(p.now); ok && t.Party == s.party.ID {
				rs = append(rs, node.TrackReport{Report: r, Standing: t.TrackStanding()})
			}
		}
		if len(rs) == 0 {
			return nil
		}
		var taken struct{ Problem string }
		if err := s.api.call(ctx, "POST", "/v1/tracks", rs, &taken); err != nil {
			return fmt.Errorf("couldn't feed the tracks of %s: %w", s.party.ID, err)
		}
		if taken.Problem != "" {
			return fmt.Errorf("couldn't feed a track of %s: %s", s.party.ID, taken.Problem)
		}
		return nil
	})
}

// settle waits for rest, looks, acts, and does so again until nobody has
// anything more to do at this instant.
func (p *player) settle(ctx context.Context) error {
	for {
		if err := p.quiet(ctx); err != nil {
			return err
		}
		if err := p.look(ctx); err != nil {
			return err
		}
		if p.stop != nil && p.stop() {
			return nil
		}
		due := p.play.Due(p.now, p.seen())
		if len(due) == 0 {
			return nil
		}
		for _, a := range due {
			id, err := p.act(ctx, a)
			if err != nil {
				return fmt.Errorf("run %q, step %d (%s %s: %s): %w", p.run.Name, a.Index+1, a.Step.Party, a.Step.Officer, a.Step.Act, err)
			}
			p.play.Done(a, id, p.now)
		}
	}
}

// look asks each seat whose logs have grown what it shows now.
func (p *player) look(ctx context.Context) error {
	err := p.each(func(s *demoSeat) error {
		if s.sizes == s.looked {
			return nil
		}
		s.seen = viewPicture{}
		if err := s.api.call(ctx, "GET", "/v1/picture", nil, &s.seen); err != nil {
			return fmt.Errorf("couldn't look at what %s sees: %w", s.party.ID, err)
		}
		s.looked = s.sizes
		return nil
	})
	if err == nil {
		p.narrate()
	}
	return err
}

// seen gives what each seat shows, for the run's officers to act on.
func (p *player) seen() map[party.ID]scenario.Seen {
	all := map[party.ID]scenario.Seen{}
	for _, s := range p.seats {
		var v scenario.Seen
		for _, a := range s.seen.Alerts {
			v.Alerts = append(v.Alerts, scenario.SeenAlert{ID: a.ID, Rule: a.Alert.Rule, Track: a.Alert.Track, Raised: a.Composed,
				About: a.AboutIDs, Answered: !a.AcknowledgedAt.IsZero()})
		}
		for _, l := range s.seen.Lines {
			for _, it := range l.Items {
				if it.Party == s.party.ID || it.machine() {
					continue
				}
				r := scenario.SeenRecord{ID: it.ID, Line: l.Name, Kind: it.Kind, At: it.KnownAt, Re: it.Re}
				if it.Kind == record.KindAck {
					r.Level = levelOf(it)
				}
				v.Records = append(v.Records, r)
			}
		}
		all[s.party.ID] = v
	}
	return all
}

func levelOf(it viewItem) record.Level {
	b, err := record.BodyFromJSON(record.KindAck, it.Body)
	if err != nil {
		return ""
	}
	a, _ := b.(record.Ack)
	return a.Level
}

// act does one step through the seat's API, signed on as its officer.
func (p *player) act(ctx context.Context, a scenario.Action) (picture.ID, error) {
	st := a.Step
	api := *p.seat(st.Party).api
	api.officer = st.Officer
	m := map[string]any{"line": st.Line, "kind": st.Act}
	if prec := st.PrecedenceOf(); prec != 0 {
		m["precedence"] = prec
	}
	var err error
	switch st.Act {
	case scenario.ActAcknowledge:
		var sent []node.Sent
		err := api.call(ctx, "POST", "/v1/alerts/acknowledge", map[string]any{"id": a.About, "text": st.Text}, &sent)
		if err == nil && len(sent) > 0 {
			return sent[0].ID, nil
		}
		return "", err
	case scenario.ActOpen:
		return p.say(ctx, api, "/v1/openings", map[string]any{"relay": a.About})
	case scenario.ActRelay:
		delete(m, "kind")
		m["from"] = a.About
		if m["body"], err = st.Relay.Body(); err != nil {
			return "", err
		}
		return p.say(ctx, api, "/v1/relays", m)
	case scenario.ActPlan:
		m["line"] = homeName
		m["body"], err = st.Plan.Body()
	case scenario.ActWatch:
		m["line"] = homeName
		m["body"] = record.Watch{Act: st.Watch}
	case scenario.ActNotice:
		m["body"], err = st.Notice.Body()
	case scenario.ActSay:
		m["body"], err = st.Say.Body()
	case scenario.ActAck:
		line, _, perr := picture.ParseID(a.About)
		if perr != nil {
			return "", perr
		}
		m["line"], m["re"] = line, a.About
		m["body"], err = st.Ack.Body(p.now)
	}
	if err != nil {
		return "", err
	}
	return p.say(ctx, api, "/v1/records", m)
}

func (p *player) say(ctx context.Context, api client, path string, m map[string]any) (picture.ID, error) {
	var sent struct{ ID picture.ID }
	err := api.call(ctx, "POST", path, m, &sent)
	return sent.ID, err
}

// alarmed reports whether a seat's check has found a filed route in a notice.
func (p *player) alarmed() bool {
	for _, s := range p.seats {
		for _, a := range s.seen.Alerts {
			if a.Alert.Rule == check.RulePlan {
				return true
			}
		}
	}
	return false
}

// news is one thing that happened, for a person.
type news struct {
	At    utc.Time
	Party party.ID
	Who   string
	Line  string
	ID    picture.ID
	Kind  record.Kind
	Words string
	Flash bool
}

// narrate tells what is new at every seat, each record once.
func (p *player) narrate() {
	if p.tell == nil {
		return
	}
	for _, s := range p.seats {
		for _, l := range s.seen.Lines {
			for _, it := range l.Items {
				key := string(it.ID)
				if l.Home {
					key = string(s.party.ID) + ":" + key
				} else if it.Party != s.party.ID {
					continue // told from its author's seat
				}
				if p.told[key] || !worthTelling(it) || l.Home && it.Kind == record.KindOpening {
					continue
				}
				p.told[key], p.fresh = true, true
				p.tell(news{At: it.Composed, Party: s.party.ID, Who: it.who(), Line: l.Name, ID: it.ID, Kind: it.Kind, Words: it.Words,
					Flash: it.Kind == record.KindAlert})
			}
		}
	}
}

// worthTelling leaves out what the machines say among themselves.
func worthTelling(it viewItem) bool {
	switch it.Kind {
	case record.KindNotice, record.KindAck, record.KindSay, record.KindRelay, record.KindOpening, record.KindClose, record.KindFinding,
		record.KindPlan, record.KindAlert, record.KindEnd, record.KindWatch:
		return true
	}
	return false
}
