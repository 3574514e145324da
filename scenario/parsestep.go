package scenario

import (
	"slices"

	"parley/record"
)

// checkRun checks one run: every step can be said, and waits for something that
// can be.
func (s *Scenario) checkRun(c *checker, field string, r *Run) {
	c.text(field+".name", r.Name, true)
	c.text(field+".text", r.Text, true)
	if !c.count(field+".step", len(r.Steps), 1, MaxSteps) {
		return
	}
	before := map[string]*Step{}
	for i := range r.Steps {
		st := &r.Steps[i]
		f := at(field+".step", i)
		s.checkStep(c, f, st, before)
		if st.ID != "" {
			if before[st.ID] != nil {
				c.fail(f+".id", "%q stands there twice", st.ID)
			}
			before[st.ID] = st
		}
	}
	e := r.Expect
	if e.AlertOn == "" && (e.LeadSeconds != 0 || !e.AlertBefore.IsZero()) {
		c.fail(field+".expect.alert_on", "is missing: lead_seconds and alert_before are of an alert")
	}
	if e.Missing != nil {
		if _, ok := s.Party(e.Missing.Party); !ok || !e.Missing.Level.Known() {
			c.fail(field+".expect.missing", "want a party and a level of acknowledgement")
		}
	}
}

func (s *Scenario) checkStep(c *checker, f string, st *Step, before map[string]*Step) {
	p, ok := s.Party(st.Party)
	if !ok {
		c.fail(f+".party", "%.20q is no [[party]]", string(st.Party))
	}
	if !slices.ContainsFunc(p.Officers, func(o Officer) bool { return o.ID == st.Officer }) {
		c.fail(f+".officer", "%.40q is no officer of %s", st.Officer, st.Party)
	}
	c.text(f+".why", st.Why, false)
	if (st.When == nil) == st.At.IsZero() {
		c.fail(f+".at", "give either at or when")
	}
	if !st.At.IsZero() && (st.At < s.Starts || st.At > s.Ends) {
		c.fail(f+".at", "%s is outside the scenario", st.At)
	}
	if st.When == nil && st.After != 0 {
		c.fail(f+".after", "is given without when")
	}
	if st.Of != "" && before[st.Of] == nil {
		c.fail(f+".of", "%.40q is no earlier step", st.Of)
	}
	c.when(f+".when", st.When, before)
	if st.Line != "" && !slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Name == st.Line && slices.Contains(l.Parties, st.Party) }) {
		c.fail(f+".line", "%.40q is no line of %s", st.Line, st.Party)
	}
	if _, err := precedence(st.Precedence); err != nil {
		c.put(f+".precedence", err)
	}
	s.checkAct(c, f, st)
}

func (c *checker) when(f string, w *When, before map[string]*Step) {
	if w == nil {
		return
	}
	if !slices.Contains([]string{"alert", "notice", "relay", "ack", "say", "step"}, w.Sees) {
		c.fail(f+".sees", "%.30q: want alert, notice, relay, ack, say or step", w.Sees)
	}
	if w.Sees != "alert" && (w.Track != "" || w.Rule != "") {
		c.fail(f+".track", "track and rule belong to alerts")
	}
	if w.Of != "" && before[w.Of] == nil || w.Of == "" && (w.Sees == "ack" || w.Sees == "step") {
		c.fail(f+".of", "%.40q is no earlier step", w.Of)
	}
	if (w.Level != "") != (w.Sees == "ack") || w.Sees == "ack" && !w.Level.Known() {
		c.fail(f+".level", "%.30q: wanted with ack, and only there", string(w.Level))
	}
}

func (s *Scenario) checkAct(c *checker, f string, st *Step) {
	has := map[string]bool{"plan": st.Plan != nil, "notice": st.Notice != nil, "ack": st.Ack != nil, "say": st.Say != nil, "relay": st.Relay != nil, "watch": st.Watch != ""}
	for _, name := range []string{"plan", "notice", "ack", "say", "relay", "watch"} {
		if has[name] != (st.Act == name) {
			c.fail(f+"."+name, "belongs to the act %q and no other; this one is %.30q", name, st.Act)
		}
	}
	needsLine := st.Act == ActNotice || st.Act == ActSay || st.Act == ActRelay
	if needsLine != (st.Line != "") {
		c.fail(f+".line", "belongs to notice, say and relay, and is needed there")
	}
	if c.err != nil {
		return
	}
	var err error
	switch st.Act {
	case ActPlan:
		_, err = st.Plan.Body()
	case ActNotice:
		_, err = st.Notice.Body()
	case ActAck:
		_, err = st.Ack.Body(s.Starts)
	case ActSay:
		_, err = st.Say.Body()
	case ActRelay:
		_, err = st.Relay.Body()
	case ActWatch:
		err = record.Watch{Act: st.Watch}.Validate()
	case ActAcknowledge:
		if st.When == nil || st.When.Sees != "alert" {
			c.fail(f+".when", "an acknowledgement answers an alert that the node raised: when = { sees = \"alert\" }")
		}
	case ActOpen:
		if st.Of == "" {
			c.fail(f+".of", "is missing: which step's relay is opened")
		}
	default:
		c.fail(f+".act", "%.30q: want plan, notice, acknowledge, ack, say, relay, open-origin or watch", st.Act)
	}
	c.put(f+"."+st.Act, err)
	if (st.Act == ActAck || st.Act == ActRelay) && st.Of == "" && st.When == nil {
		c.fail(f+".of", "is missing: which step's record this one is about")
	}
}

func precedence(s string) (record.Precedence, error) {
	if s == "" {
		return 0, nil
	}
	var p record.Precedence
	return p, p.UnmarshalText([]byte(s))
}
