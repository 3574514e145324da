package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/check"
	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/track"
	"parley/utc"
	"parley/volume"
)

// The tests below run whole seats in one process: real records, real logbooks
// (in memory), real messages encoded and read again, between two loops. Only
// the network and the disk are stood in for, and both can be broken.

// world is some seats and the wires between them.
type world struct {
	t     *testing.T
	seats map[party.ID]*seat
	mu    sync.Mutex
	cut   bool
	queue chan func()
	now   utc.Time
}

// seat is one party with what survives a crash: keys and stores.
type seat struct {
	*Node
	w      *world
	card   party.Card
	keys   Keys
	duty   party.Signer
	chief  party.Signer
	home   []byte
	lines  [][][]byte
	stores map[logbook.ID]*logbook.Memory
	full   atomic.Bool // the disk takes nothing
	stop   context.CancelFunc
	ran    chan struct{}
}

func key(name string) party.Signer { return party.NewSigner(sha256.Sum256([]byte(name))) }

func newWorld(t *testing.T, now string, parties ...party.ID) *world {
	at, err := utc.Parse(now)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, seats: map[party.ID]*seat{}, queue: make(chan func(), 1<<16), now: at}
	for _, p := range parties {
		s := &seat{w: w, stores: map[logbook.ID]*logbook.Memory{}, duty: key(string(p) + "/duty"), chief: key(string(p) + "/chief"),
			keys: Keys{Log: key(string(p) + "/log"), Receipt: key(string(p) + "/receipt"), Node: key(string(p) + "/node")}}
		s.card = party.Card{Party: p, Name: string(p) + " desk", Log: s.keys.Log.Public(), Receipt: s.keys.Receipt.Public(),
			Node: s.keys.Node.Public(), Link: key(string(p) + "/link").Public(), Officers: []party.Officer{
				{ID: "chief", Name: "Chief of " + string(p), Roles: []party.Role{party.Chief}, Key: s.chief.Public()},
				{ID: "duty", Name: "Duty officer of " + string(p), Roles: []party.Role{party.Duty}, Key: s.duty.Public()},
			}}
		s.home = w.charter("home", true, s)
		w.seats[p] = s
	}
	go func() {
		for f := range w.queue {
			f()
		}
	}()
	return w
}

// charter makes a charter that every seat's chief has signed.
func (w *world) charter(name string, home bool, seats ...*seat) []byte {
	var cards []party.Card
	for _, s := range seats {
		cards = append(cards, s.card)
	}
	c, err := line.NewCharter(name, cards, line.CharterOptions{Exercise: true, Home: home, Phrases: record.Hash{1}, Nonce: record.Nonce{1}, Made: w.now.Add(-time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
	cr := record.CharterRecord{Charter: c}
	for _, s := range seats {
		sig, err := record.SignCharter(c, s.card.Party, s.chief)
		if err != nil {
			w.t.Fatal(err)
		}
		cr.Signatures = append(cr.Signatures, sig)
	}
	b, err := line.MarshalCharterRecord(cr)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) line(name string, parties ...party.ID) {
	var seats []*seat
	for _, p := range parties {
		seats = append(seats, w.seats[p])
	}
	c := w.charter(name, false, seats...)
	for _, s := range seats {
		s.lines = append(s.lines, [][]byte{c})
	}
}

// start opens every seat on what its stores hold and connects all.
func (w *world) start() {
	for _, s := range w.seats {
		s.open()
	}
	w.connect()
}

func (s *seat) open() {
	n, err := Open(Config{Card: s.card, Keys: s.keys, Home: s.home, Lines: s.lines, Carrier: (*wire)(s), Random: sevens{}, StepClock: s.w.now,
		Store: func(id logbook.ID) (logbook.Store, error) {
			if s.stores[id] == nil {
				s.stores[id] = logbook.NewMemory()
			}
			return disk{s.stores[id], &s.full}, nil
		}})
	if err != nil {
		s.w.t.Fatal(err)
	}
	s.w.mu.Lock()
	s.Node = n
	s.w.mu.Unlock()
	for id, k := range map[string]party.Signer{"duty": s.duty, "chief": s.chief} {
		if err := n.SignOn(id, k); err != nil {
			s.w.t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ran = stop, make(chan struct{})
	go func() { defer close(s.ran); _ = n.Run(ctx) }()
	s.w.t.Cleanup(s.kill)
}

// kill ends a seat; what its stores hold is what a crash would leave.
func (s *seat) kill() {
	if s.stop != nil {
		s.stop()
		<-s.ran
	}
}

// connect tells each two seats on a common line that they can reach each other.
func (w *world) connect() {
	w.mu.Lock()
	w.cut = false
	w.mu.Unlock()
	hold := make(chan struct{})
	w.queue <- func() { <-hold } // nothing is delivered before all are connected
	for _, a := range w.seats {
		for _, b := range w.seats {
			if a == b {
				continue
			}
			for _, cs := range a.lines {
				id := lineID(w.t, cs)
				if b.byID(id) == nil {
					continue
				}
				a.Connected(id, b.card.Party, record.Urgent)
				a.Connected(id, b.card.Party, record.Routine)
			}
		}
	}
	close(hold)
}

func lineID(t *testing.T, charters [][]byte) record.LineID {
	cr, err := line.ParseCharterRecord(charters[0])
	if err != nil {
		t.Fatal(err)
	}
	return record.LineID(record.CharterHash(cr.Charter))
}

// wire is the carrier of a seat: it encodes, and somebody else decodes.
type wire seat

func (c *wire) Send(id record.LineID, lane record.Lane, to party.ID, m line.Message) {
	b, err := line.MarshalMessage(m)
	if err != nil {
		c.w.t.Error(err)
		return
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.w.cut {
		return
	}
	from, peer := c.card.Party, c.w.seats[to]
	select {
	case c.w.queue <- func() {
		msg, err := line.ParseMessage(b)
		if err != nil {
			c.w.t.Errorf("%s sent what cannot be read: %v", from, err)
			return
		}
		c.w.mu.Lock()
		n := peer.Node
		c.w.mu.Unlock()
		n.Deliver(id, from, msg)
	}:
	default:
	}
}
func (c *wire) Drop(record.LineID, party.ID, string) {}
func (c *wire) Links(record.LineID) []PeerStatus     { return nil }
func (c *wire) Open([][]byte)                        {}

type sevens struct{}

func (sevens) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 7
	}
	return len(b), nil
}

// settled waits until every seat's logs have their receipts. It is a bound on a
// hang, not a measure of speed.
func (w *world) settled() {
	w.t.Helper()
	w.until("every record has its receipts", func() bool {
		for _, s := range w.seats {
			st, err := s.Status(w.t.Context())
			if err != nil || st.Unreceipted > 0 {
				return false
			}
		}
		return true
	})
}

func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (w *world) clock(now string) {
	w.t.Helper()
	at, err := utc.Parse(now)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range w.seats {
		if err := s.SetClock(w.t.Context(), at); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (s *seat) say(d Draft) Sent {
	s.w.t.Helper()
	if d.Officer == "" {
		d.Officer = "duty"
	}
	sent, err := s.Say(s.w.t.Context(), d)
	if err != nil {
		s.w.t.Fatalf("%s: %v", s.card.Party, err)
	}
	return sent
}

func (s *seat) pic() *picture.Picture {
	s.w.t.Helper()
	p, err := s.Picture(s.w.t.Context(), 0, 0)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return p
}

func at(s string) utc.Time {
	u, err := utc.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// latakia is the area that the notice of that evening would have had to carry.
func latakia() volume.Volume {
	return volume.Volume{
		Area:   volume.Area{Circle: &volume.Circle{Center: volume.Deg(35.52, 35.60), RadiusM: 60_000}},
		Band:   volume.Band{Lower: volume.Altitude{Feet: 0, Datum: volume.FL}, Upper: volume.Altitude{Feet: 35000, Datum: volume.FL}},
		Window: volume.Window{From: at("2018-09-17T18:40:00Z"), To: at("2018-09-17T19:30:00Z")},
	}
}

// wayHome is the Il-20's filed route back to Hmeimim.
func wayHome() record.Plan {
	return record.Plan{Name: "Il-20", Track: "IL20", Crew: 15, Legs: []volume.Leg{{
		From: volume.Deg(35.6, 35.0), To: volume.Deg(35.41, 35.95),
		Band:   volume.Band{Lower: volume.Altitude{Feet: 5000, Datum: volume.FL}, Upper: volume.Altitude{Feet: 20000, Datum: volume.FL}},
		Depart: at("2018-09-17T18:45:00Z"), Arrive: at("2018-09-17T19:05:00Z"), HalfWidthM: 5000,
	}}}
}

func hazard() record.Notice {
	return record.Notice{Class: record.HazardArea, Place: "Latakia", Volumes: []volume.Volume{latakia()},
		Wants: []record.Level{record.LevelRead, record.LevelRelayed}}
}

func openAlerts(p *picture.Picture, rule string) (out []picture.Alert) {
	for _, a := range p.Alerts {
		if a.EndedAt.IsZero() && (rule == "" || a.Alert.Rule == rule) {
			out = append(out, a)
		}
	}
	return out
}

func stateOf(p *picture.Picture, id picture.ID, by party.ID, state string) (picture.StateAt, bool) {
	it, _ := p.Item(id)
	for _, ps := range it.States {
		for _, s := range ps.States {
			if ps.Party == by && s.State == state {
				return s, true
			}
		}
	}
	return picture.StateAt{}, false
}

func TestTheAlarmComesWhenTheNoticeArrives(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:38:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	ru.say(Draft{Line: "home", Body: wayHome()})
	w.clock("2018-09-17T18:39:00Z")
	sent := il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	var alerts []picture.Alert
	w.until("RU's node has an alert on its plan", func() bool { alerts = openAlerts(ru.pic(), "plan-notice"); return len(alerts) > 0 })
	a := alerts[0]
	if a.Composed != at("2018-09-17T18:39:00Z") || a.Calls != "duty" || len(a.AboutIDs) == 0 || a.AboutIDs[0] != sent.ID {
		t.Errorf("the alert is %+v", a)
	}
	got, err := ru.Acknowledge(t.Context(), "duty", a.ID, "")
	if err != nil || len(got) != 2 {
		t.Fatalf("acknowledged with %d records, %v; want one at home and one for IL", len(got), err)
	}
	w.settled()
	w.until("IL sees that RU's officer has read it", func() bool {
		s, ok := stateOf(il.pic(), sent.ID, "RU", "read")
		return ok && s.Officer == "duty"
	})
	if s, ok := stateOf(il.pic(), sent.ID, "RU", "received"); !ok || s.At != at("2018-09-17T18:39:00Z") {
		t.Errorf("IL holds RU's receipt as %+v, %t", s, ok)
	}
	for _, x := range openAlerts(ru.pic(), "plan-notice") {
		if x.Calls != "" {
			t.Errorf("acknowledged, but still calls %q", x.Calls)
		}
	}
	// The plan never left: nothing of IL's knows of it.
	h, err := il.Export(t.Context(), "IL-RU")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range h.Logs {
		for _, e := range l.Entries {
			if bytes.Contains(e, []byte("Il-20")) {
				t.Errorf("%s holds an entry that names the plan", l.ID)
			}
		}
	}
	if v := line.Verify(h); !v.OK {
		t.Errorf("the record does not verify: %+v", v.Problems)
	}
}

func TestNoPlanInTheWayMeansNoAlarm(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:38:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	p := wayHome()
	p.Legs[0].From, p.Legs[0].To = volume.Deg(33.0, 32.0), volume.Deg(32.5, 33.0)
	w.seats["RU"].say(Draft{Line: "home", Body: p})
	w.seats["IL"].say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	w.clock("2018-09-17T19:10:00Z")
	if as := openAlerts(w.seats["RU"].pic(), "plan-notice"); len(as) != 0 {
		t.Errorf("the route is far away, and there is %s", as[0].Alert.Why)
	}
}

func TestARestartForgetsNothingAndOwesNothing(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	ru.say(Draft{Line: "home", Body: wayHome()})
	sent := il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	w.until("RU has its alert", func() bool { return len(openAlerts(ru.pic(), "plan-notice")) == 1 })
	w.clock("2018-09-17T18:39:00Z") // everything that is due by now has happened
	before := len(ru.pic().Alerts)
	w.mu.Lock()
	w.cut = true
	w.mu.Unlock()
	ru.kill()
	il.say(Draft{Line: "IL-RU", Body: record.Say{Text: "are you there?"}}) // said into the silence
	ru.open()
	w.clock("2018-09-17T18:39:00Z")
	if got := len(ru.pic().Alerts); got != before {
		for _, a := range ru.pic().Alerts {
			t.Log(a.Alert.Rule, a.Alert.Key, a.Alert.Why)
		}
		t.Errorf("%d alerts after the restart, %d before", got, before)
	}
	if _, ok := stateOf(ru.pic(), sent.ID, "RU", "received"); !ok {
		t.Error("the restarted seat has forgotten its receipt")
	}
	w.connect()
	w.settled()
	if n := len(ru.pic().Lines[0].Items); n == 0 {
		t.Error("the conversation is empty")
	}
}

func TestARelayCarriesTheSubstanceAndNotTheNotice(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU", "SY")
	w.line("IL-RU", "IL", "RU")
	w.line("RU-SY", "RU", "SY")
	w.start()
	il, ru, sy := w.seats["IL"], w.seats["RU"], w.seats["SY"]
	ru.say(Draft{Line: "home", Body: wayHome()})
	n := hazard()
	n.Text = "a sentence that only the first line may know"
	il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: n})
	w.settled()
	var as []picture.Alert
	w.until("RU is alarmed", func() bool { as = openAlerts(ru.pic(), "plan-notice"); return len(as) > 0 })
	relay, err := ru.Relay(t.Context(), RelayDraft{Officer: "duty", From: as[0].ID, Line: "RU-SY", Precedence: record.Flash,
		Body: record.Relay{Phrases: []record.Phrase{{Code: "FRIENDLY-RETURNING", Params: []record.Param{{Name: "corridor", Value: "35.6N 35.0E to Hmeimim"}, {Name: "until", Value: "19:10Z"}}}},
			Unit: "coastal battery", Wants: []record.Level{record.LevelRead, record.LevelUnit}}})
	if err != nil {
		t.Fatal(err)
	}
	w.settled()
	sy.say(Draft{Line: "RU-SY", Precedence: record.Flash, Re: relay.ID, Body: record.Ack{Level: record.LevelRead}})
	sy.say(Draft{Line: "RU-SY", Precedence: record.Flash, Re: relay.ID, Body: record.Ack{Level: record.LevelRelayed, Unit: "coastal battery", At: at("2018-09-17T18:39:00Z")}})
	sy.say(Draft{Line: "RU-SY", Precedence: record.Flash, Re: relay.ID, Body: record.Ack{Level: record.LevelUnit, Unit: "coastal battery", At: at("2018-09-17T18:39:00Z")}})
	w.settled()
	w.until("RU sees that the unit confirms", func() bool {
		s, ok := stateOf(ru.pic(), relay.ID, "SY", "unit-confirms")
		return ok && s.Unit == "coastal battery"
	})
	h, err := sy.Export(t.Context(), "RU-SY")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range h.Logs {
		for _, e := range l.Entries {
			if bytes.Contains(e, []byte("only the first line")) || bytes.Contains(e, []byte("IL-RU")) {
				t.Errorf("%s leaks the first line", l.ID)
			}
		}
	}
	opened, err := ru.OpenOrigin(t.Context(), "duty", relay.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.settled()
	w.until("SY can check where the relay came from", func() bool {
		p := sy.pic()
		return len(p.Relays) == 1 && p.Relays[0].Opened != nil
	})
	if opened.ID == "" {
		t.Error("the opening has no name")
	}
	if _, err := ru.Relay(t.Context(), RelayDraft{Officer: "duty", From: as[0].ID, Line: "IL-RU", Body: record.Relay{Phrases: []record.Phrase{{Code: "SAY-AGAIN"}}}}); err == nil {
		t.Error("a relay went back on the line it came from")
	}
}

func TestATrackRaisesWhereNobodyFiledAPlan(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	report := func(standing track.Standing, clock string, lon float64) {
		w.clock(clock)
		_, err := ru.Report(t.Context(), []TrackReport{{Standing: standing, Report: track.Report{ID: "IL20", At: at(clock),
			Pos:      volume.Position{Point: volume.Deg(35.6, lon), Alt: volume.Altitude{Feet: 16000, Datum: volume.FL}, HasAlt: true},
			TrackDeg: 90, SpeedKt: 300, HasVelocity: true, Source: "test", Synthetic: true}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	report(track.Other, "2018-09-17T18:41:00Z", 34.3)
	if vs, _ := ru.Tracks(t.Context()); len(vs) != 1 || vs[0].Predicted != nil {
		t.Errorf("a track that is not ours is predicted: %+v", vs)
	}
	if as := openAlerts(ru.pic(), "will-enter"); len(as) != 0 {
		t.Error("an alert on a track that is not ours")
	}
	report(track.Own, "2018-09-17T18:41:10Z", 34.75)
	w.until("the prediction raises", func() bool { return len(openAlerts(ru.pic(), "will-enter")) == 1 })
}

func TestWhatASeatRefusesIsNamed(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il := w.seats["IL"]
	ctx := t.Context()
	for name, d := range map[string]struct {
		Draft
		field string
	}{
		"no such line":             {Draft{Line: "IL-XX", Officer: "duty", Body: hazard()}, "line"},
		"nobody signed on":         {Draft{Line: "IL-RU", Officer: "ghost", Body: hazard()}, "officer"},
		"the machine's words":      {Draft{Line: "IL-RU", Officer: "duty", Body: record.Received{}}, "kind"},
		"a plan on a shared line":  {Draft{Line: "IL-RU", Officer: "duty", Body: wayHome()}, "line"},
		"no such record":           {Draft{Line: "IL-RU", Officer: "duty", Re: "IL-RU/RU/urgent/99", Body: record.Ack{Level: record.LevelRead}}, "re"},
		"a pointer across lines":   {Draft{Line: "IL-RU", Officer: "duty", Re: "home/IL/urgent/1", Body: record.Ack{Level: record.LevelRead}}, "re"},
		"a body that is not valid": {Draft{Line: "IL-RU", Officer: "duty", Body: record.Notice{Class: "raid"}}, "body"},
	} {
		_, err := il.Say(ctx, d.Draft)
		refused, ok := err.(*RefusedError)
		if !ok || refused.Field != d.field {
			t.Errorf("%s: %v, want field %q", name, err, d.field)
		}
	}
	if err := il.SignOn("duty", key("somebody else")); err == nil {
		t.Error("signed on with a key that is not on the card")
	}
	if err := il.SetClock(ctx, at("2018-09-17T18:00:00Z")); err == nil {
		t.Error("the exercise ran backwards")
	}
	st, _ := il.Status(ctx)
	if st.Unreceipted > 4 || len(st.Lines) != 2 {
		t.Errorf("status %+v", st)
	}
}

func TestPreviewKeepsNothing(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	ru := w.seats["RU"]
	ru.say(Draft{Line: "home", Body: wayHome()})
	before, _ := ru.Status(t.Context())
	n := hazard()
	cs, err := ru.Preview(t.Context(), Draft{Line: "IL-RU", Officer: "duty", Precedence: record.Flash, Body: n})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, c := range cs {
		found = found || c.Rule == "plan-notice"
		if strings.Contains(c.Why, "routine/9") || !strings.Contains(c.Why, "this draft") {
			t.Errorf("a draft has no name yet: %s", c.Why)
		}
	}
	if !found {
		t.Errorf("a hazard area over our own plan: %+v", cs)
	}
	after, _ := ru.Status(t.Context())
	if len(after.Lines) != len(before.Lines) || after.Alerts != before.Alerts {
		t.Error("a preview left something behind")
	}
	sent := ru.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: n})
	if !slices.ContainsFunc(sent.Conflicts, func(c check.Conflict) bool { return c.Rule == "plan-notice" }) {
		t.Errorf("what was previewed is not said again when it is sent: %+v", sent.Conflicts)
	}
}

func TestAnAlertOfTheEngineOutlivesARestartAndStillEnds(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:41:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	notice := il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	report := func(clock string, lat float64) {
		w.clock(clock)
		if _, err := ru.Report(t.Context(), []TrackReport{{Standing: track.Own, Report: track.Report{ID: "IL20", At: at(clock),
			Pos: volume.Position{Point: volume.Deg(lat, 35.6), Alt: volume.Altitude{Feet: 16000, Datum: volume.FL}, HasAlt: true}}}}); err != nil {
			t.Fatal(err)
		}
	}
	report("2018-09-17T18:41:10Z", 35.52)
	w.until("it is inside", func() bool { return len(openAlerts(ru.pic(), "inside")) == 1 })
	ru.kill()
	w.now = at("2018-09-17T18:42:00Z")
	ru.open()
	w.connect()
	report("2018-09-17T18:42:10Z", 35.52)
	w.clock("2018-09-17T18:42:20Z")
	if n := len(openAlerts(ru.pic(), "inside")); n != 1 {
		t.Fatalf("%d alerts for one track in one volume after the restart", n)
	}
	if _, err := il.Say(t.Context(), Draft{Line: "IL-RU", Officer: "duty", Precedence: record.Flash, Re: notice.ID, Body: record.Notice{Class: record.Cancellation, Text: "over"}}); err != nil {
		t.Fatal(err)
	}
	w.until("the cancellation ends it", func() bool { return len(openAlerts(ru.pic(), "inside")) == 0 })
}

func TestTheLoopLosesNothingUnderManyVoices(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	const voices, words = 16, 25
	var wg sync.WaitGroup
	ids := make(chan picture.ID, 2*voices*words)
	for _, s := range w.seats {
		for range voices {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range words {
					sent, err := s.Say(context.Background(), Draft{Line: "IL-RU", Officer: "duty", Body: record.Say{Text: "a word"}})
					if err != nil {
						t.Error(err)
						return
					}
					ids <- sent.ID
				}
			}()
		}
	}
	wg.Wait()
	close(ids)
	w.settled()
	seen := map[picture.ID]bool{}
	for id := range ids {
		if seen[id] {
			t.Errorf("%s was given twice", id)
		}
		seen[id] = true
	}
	for _, s := range w.seats {
		p := s.pic()
		for id := range seen {
			if _, ok := p.Item(id); !ok {
				t.Fatalf("%s does not hold %s", s.card.Party, id)
			}
		}
		h, err := s.Export(t.Context(), "IL-RU")
		if err != nil {
			t.Fatal(err)
		}
		if v := line.Verify(h); !v.OK {
			t.Errorf("%s: %v", s.card.Party, v.Problems)
		}
	}
}

func TestClosingIsOnTheRecordAndEndsTheTalking(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	if _, err := ru.CloseLine(t.Context(), "chief", "IL-RU", "we leave", []string{"the finding of 16 September"}); err != nil {
		t.Fatal(err)
	}
	w.settled()
	if _, err := ru.Say(t.Context(), Draft{Line: "IL-RU", Officer: "duty", Body: record.Say{Text: "one more word"}}); err == nil {
		t.Error("RU has closed the line and still talks")
	}
	w.until("IL reads that RU has left", func() bool {
		for _, it := range il.pic().Lines[0].Items {
			if it.Kind == record.KindClose && it.Party == "RU" {
				return true
			}
		}
		return false
	})
	if err := il.Adopt(t.Context(), record.CharterRecord{}); err == nil {
		t.Error("an empty charter was adopted")
	}
}
