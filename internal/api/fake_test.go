package api

import (
	"context"
	"fmt"
	"sync"

	"parley/check"
	"parley/node"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// fakeSeat is RU's seat on the evening of 17 September 2018, as far as the API
// needs one: it keeps what it is told in a picture and says that it changed.
type fakeSeat struct {
	mu       sync.Mutex
	now      utc.Time
	rate     float64
	pic      picture.Picture
	signed   map[string]party.Key
	tracks   []node.TrackView
	adopted  int
	calls    []string
	fail     error // what every act answers, when set
	subs     []chan node.Event
	seq      uint64
	panicNow bool
}

var evening = at("2018-09-17T18:39:12Z")

func at(s string) utc.Time {
	t, err := utc.Parse(s)
	if err != nil {
		panic(err)
	}
	return t
}

func ref(p party.ID, lane record.Lane, number uint64) record.Ref {
	return record.Ref{Party: p, Lane: lane, Incarnation: 1, Index: number - 1}
}

var (
	lineIL   = record.LineID{1}
	lineSY   = record.LineID{2}
	lineHome = record.LineID{3}
)

func hazard() volume.Volume {
	return volume.Volume{
		Area:   volume.Area{Polygon: []volume.Point{volume.Deg(35.30, 35.45), volume.Deg(35.75, 35.45), volume.Deg(35.75, 35.95), volume.Deg(35.30, 35.95)}},
		Band:   volume.Band{Lower: volume.Altitude{Datum: volume.AGL}, Upper: volume.Altitude{Feet: 30000}},
		Window: volume.Window{From: at("2018-09-17T18:40:00Z"), To: at("2018-09-17T19:30:00Z")},
	}
}

func item(line record.LineID, name string, r record.Ref, k record.Kind, officer string, pr record.Precedence, t utc.Time, words string, b record.Body) picture.Item {
	return picture.Item{ID: picture.FormatID(name, r), Line: line, LineName: name, Ref: r, Kind: k, Party: r.Party,
		Officer: officer, Precedence: pr, Composed: t, KnownAt: t + 420, Words: words, Body: b}
}

func newFakeSeat() *fakeSeat {
	f := &fakeSeat{now: evening, rate: 1, signed: map[string]party.Key{}}
	v := hazard()
	n := record.Notice{Class: record.HazardArea, Place: "north Syria", Volumes: []volume.Volume{v},
		Text: "Activity in this area in the next minutes.", Lang: "en", Wants: []record.Level{record.LevelRead, record.LevelUnderstood}}
	hello := item(lineIL, "IL-RU", ref("IL", record.Routine, 3), record.KindSay, "levi", record.Ordinary, at("2018-09-17T17:02:10.120Z"),
		"Line test. Do you read?", &record.Say{Text: "Line test. Do you read?", Lang: "en"})
	hello.States = []picture.PartyStates{{Party: "RU", States: []picture.StateAt{
		{State: "received", At: at("2018-09-17T17:02:10.410Z"), By: "IL-RU/RU/routine/4"},
		{State: "read", At: at("2018-09-17T17:02:31Z"), Officer: "orlov", By: "IL-RU/RU/routine/5"}}}}
	note := item(lineIL, "IL-RU", ref("IL", record.Urgent, 12), record.KindNotice, "levi", record.Flash, at("2018-09-17T18:39:00.120Z"),
		"Hazard area, north Syria, SFC-FL300, 18:40Z-19:30Z", &n)
	note.States = []picture.PartyStates{{Party: "RU", States: []picture.StateAt{{State: "received", At: at("2018-09-17T18:39:00.402Z"), By: "IL-RU/RU/urgent/9"}}}}
	plan := record.Plan{Name: "Il-20", Track: "il20", Crew: 15, Legs: []volume.Leg{
		{From: volume.Deg(35.95, 36.60), To: volume.Deg(35.62, 35.55), Band: v.Band, Depart: at("2018-09-17T18:20:00Z"), Arrive: at("2018-09-17T18:48:00Z"), HalfWidthM: 9000},
		{From: volume.Deg(35.62, 35.55), To: volume.Deg(35.41, 35.95), Band: v.Band, Depart: at("2018-09-17T18:48:00Z"), Arrive: at("2018-09-17T19:06:00Z"), HalfWidthM: 9000}}}
	filed := item(lineHome, "home", ref("RU", record.Routine, 7), record.KindPlan, "orlov", record.Ordinary, at("2018-09-17T17:20:00Z"), "Il-20: filed route and way home", &plan)
	where := volume.Deg(35.55, 35.70)
	al := record.Alert{Rule: "plan-notice", Key: "k1", Why: "Il-20 is planned to be inside the hazard area IL announced, from 18:41Z to 19:04Z.",
		About: []record.About{{Line: lineIL, Ref: note.Ref}}, Track: "il20", From: at("2018-09-17T18:41:10Z"), To: at("2018-09-17T19:04:00Z"),
		At: &where, Deadline: at("2018-09-17T18:40:00.402Z")}
	raised := item(lineHome, "home", ref("RU", record.Urgent, 4), record.KindAlert, "", record.Flash, at("2018-09-17T18:39:00.431Z"), al.Why, &al)
	lead := int64(60)
	f.pic = picture.Picture{
		Self: "RU",
		Lines: []picture.Conversation{
			{Line: lineIL, Name: "IL-RU", Exercise: true, Parties: []party.ID{"IL", "RU"}, Items: []picture.Item{hello, note}},
			{Line: lineSY, Name: "RU-SY", Exercise: true, Parties: []party.ID{"RU", "SY"}},
			{Line: lineHome, Name: "home", Home: true, Exercise: true, Parties: []party.ID{"RU"}, Items: []picture.Item{filed, raised}},
		},
		Notices: []picture.Notice{{Item: note, Notice: n, Volumes: n.Volumes, Active: true, Received: at("2018-09-17T18:39:00.402Z"), LeadSeconds: &lead, LateSeconds: 840,
			Missing: []picture.Missing{{Party: "RU", Level: record.LevelRead, Due: at("2018-09-17T18:40:00.402Z")}, {Party: "RU", Level: record.LevelUnderstood, Due: at("2018-09-17T18:40:00.402Z")}}}},
		Plans:   []picture.Plan{{Item: filed, Plan: plan}},
		Alerts:  []picture.Alert{{Item: raised, Alert: al, AboutIDs: []picture.ID{note.ID}, Calls: "duty"}},
		OnWatch: []picture.OnWatch{{Officer: "orlov", Since: at("2018-09-17T16:00:00Z")}},
	}
	alt := int32(16400)
	f.tracks = []node.TrackView{{ID: "il20", Callsign: "IL20", Standing: "own", Source: "scenario", Synthetic: true, At: evening - 3000, AgeSeconds: 3,
		State: "fresh", Point: volume.Deg(35.82, 36.20), AltFeet: &alt, Datum: "FL", TrackDeg: 236, SpeedKt: 270, Plan: filed.ID,
		Predicted: []volume.Point{volume.Deg(35.70, 35.96), volume.Deg(35.58, 35.72)}}}
	return f
}

func (f *fakeSeat) did(format string, args ...any) {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fakeSeat) tell(what string, id picture.ID) {
	f.seq++
	for _, ch := range f.subs {
		ch <- node.Event{Seq: f.seq, What: what, ID: id}
	}
}

func (f *fakeSeat) SignOn(officer string, s party.Signer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("sign-on %s", officer)
	f.signed[officer] = s.Public()
	return f.fail
}

func (f *fakeSeat) SignOff(officer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("sign-off %s", officer)
	delete(f.signed, officer)
}

func (f *fakeSeat) Say(_ context.Context, d node.Draft) (node.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("say %s on %s as %s re %s", d.Body.Kind(), d.Line, d.Officer, d.Re)
	if f.fail != nil {
		return node.Sent{}, f.fail
	}
	return f.said(d.Line, d.Officer, d.Precedence, d.Re, d.Body), nil
}

// said puts a record of ours into the picture; mu is held.
func (f *fakeSeat) said(line, officer string, p record.Precedence, re picture.ID, b record.Body) node.Sent {
	if p == 0 {
		p = record.Ordinary
	}
	for i := range f.pic.Lines {
		c := &f.pic.Lines[i]
		if c.Name != line {
			continue
		}
		it := item(c.Line, c.Name, ref("RU", record.Urgent, uint64(len(c.Items)+20)), b.Kind(), officer, p, f.now, string(b.Kind())+" by "+officer, b)
		it.Re = re
		c.Items = append(c.Items, it)
		f.tell("record", it.ID)
		return node.Sent{ID: it.ID, Ref: it.Ref, Composed: it.Composed}
	}
	return node.Sent{}
}

func (f *fakeSeat) Preview(_ context.Context, d node.Draft) ([]check.Conflict, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("preview %s on %s", d.Body.Kind(), d.Line)
	if f.fail != nil || d.Body.Kind() != record.KindNotice {
		return nil, f.fail
	}
	return []check.Conflict{{Rule: "plan-notice", Key: "k", Why: "Il-20 would be inside this area.", Plan: "home/RU/routine/7", Precedence: record.Immediate}}, nil
}

func (f *fakeSeat) Acknowledge(_ context.Context, officer string, id picture.ID, text string) ([]node.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("acknowledge %s as %s: %s", id, officer, text)
	if f.fail != nil {
		return nil, f.fail
	}
	for i := range f.pic.Alerts {
		if a := &f.pic.Alerts[i]; a.ID == id {
			a.AcknowledgedAt, a.AcknowledgedBy, a.Calls = f.now, officer, ""
			f.tell("alerts", id)
		}
	}
	return []node.Sent{f.said("home", officer, record.Immediate, id, &record.Ack{Level: record.LevelRead, Text: text})}, nil
}

func (f *fakeSeat) Relay(_ context.Context, d node.RelayDraft) (node.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("relay %s to %s as %s", d.From, d.Line, d.Officer)
	if f.fail != nil {
		return node.Sent{}, f.fail
	}
	return f.said(d.Line, d.Officer, d.Precedence, "", &d.Body), nil
}

func (f *fakeSeat) OpenOrigin(_ context.Context, officer string, relay picture.ID) (node.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("open %s as %s", relay, officer)
	return node.Sent{ID: "RU-SY/RU/routine/2", Ref: ref("RU", record.Routine, 2), Composed: f.now}, f.fail
}

func (f *fakeSeat) Picture(_ context.Context, knownAt, instant utc.Time) (*picture.Picture, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panicNow {
		panic("the fake was told to")
	}
	f.did("picture %s %s", knownAt, instant)
	p := f.pic
	p.KnownAt, p.Instant = f.now, f.now
	return &p, nil
}

func (f *fakeSeat) Record(_ context.Context, id picture.ID) (node.RecordView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.pic.Lines {
		for _, it := range c.Items {
			if it.ID == id {
				return node.RecordView{Item: it, Leaf: []byte{0xd2, 1, 2, 3}}, nil
			}
		}
	}
	return node.RecordView{}, &node.RefusedError{Field: "id", What: fmt.Sprintf("couldn't find the record %q", id)}
}

func (f *fakeSeat) Tracks(context.Context) ([]node.TrackView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tracks, nil
}

func (f *fakeSeat) Report(_ context.Context, rs []node.TrackReport) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("report %d", len(rs))
	for i, r := range rs {
		if err := r.Validate(); err != nil {
			return i, fmt.Errorf("report %d: %w", i, err)
		}
	}
	return len(rs), f.fail
}

func (f *fakeSeat) Status(context.Context) (node.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	st := node.Status{Party: "RU", Name: "Group of forces at Hmeimim", Version: "test", Now: f.now, Clock: "system", Rate: f.rate, Tracks: len(f.tracks), Unreceipted: 1,
		Lines: []node.LineStatus{
			{ID: lineIL, Name: "IL-RU", Exercise: true, Words: []string{"able", "acid"}, Peers: []node.PeerStatus{{Party: "IL", State: "up", Since: evening - 7_000_000, RTTMs: 41.2, SkewMs: -180, LastHeard: f.now}},
				Logs: []node.LogStatus{{Party: "RU", Lane: record.Urgent, Size: 9, Receipted: map[party.ID]uint64{"IL": 9}}}},
			{ID: lineSY, Name: "RU-SY", Exercise: true, Peers: []node.PeerStatus{{Party: "SY", State: "down", Since: evening - 60_000, Error: "SY does not answer at 127.0.0.1:9443: their side refuses the connection"}}},
			{ID: lineHome, Name: "home", Home: true, Exercise: true},
		},
		Feeds:    []node.FeedStatus{{Name: "mast", Source: "127.0.0.1:30003", Standing: "other", Since: evening - 30_000, LastHeard: evening - 31_000, Reports: 812, Bad: 3, Refused: 4, LastError: "the receiver closed the connection"}},
		Officers: []node.OfficerStatus{{ID: "orlov", Name: "Maj. A. Orlov", Roles: []party.Role{party.Duty}, OnWatch: true}, {ID: "petrova", Name: "Capt. N. Petrova", Roles: []party.Role{party.Deputy}}}}
	for i := range st.Officers {
		_, st.Officers[i].SignedOn = f.signed[st.Officers[i].ID]
	}
	for _, a := range f.pic.Alerts {
		if a.Calls != "" {
			st.Alerts++
		}
	}
	return st, nil
}

func (f *fakeSeat) SetClock(_ context.Context, to utc.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("clock to %s", to)
	if f.fail == nil {
		f.now = to
		f.tell("clock", "")
	}
	return f.fail
}

func (f *fakeSeat) SetRate(_ context.Context, start utc.Time, rate float64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("clock from %s at %g", start, rate)
	return f.fail
}

func (f *fakeSeat) Subscribe(ctx context.Context) <-chan node.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan node.Event, 5000)
	f.subs = append(f.subs, ch)
	return ch
}

func (f *fakeSeat) Adopt(context.Context, record.CharterRecord) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.adopted++
	return f.fail
}

func (f *fakeSeat) CloseLine(_ context.Context, officer, line, text string, duties []string) (node.Sent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did("close %s as %s: %s, %d duties", line, officer, text, len(duties))
	return node.Sent{ID: "IL-RU/RU/urgent/30", Ref: ref("RU", record.Urgent, 30), Composed: f.now}, f.fail
}

func (f *fakeSeat) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}
