package node

import (
	"context"
	"slices"
	"sort"
	"time"

	"parley/alert"
	"parley/picture"
	"parley/track"
	"parley/utc"
)

// Tracks never enter a log: raw reports go to the recorder, the digest of each
// minute to the home line, and what the engine raises from them is an alert.
// The table below is what the console draws; a restart fills it from the feed.

// maxTracks bounds the table. When it is full a new track that is our own or
// protected takes the place of the other (else civil) track that has been
// silent longest, so that a spoofed sky can't keep our own aircraft off the map
// and out of the engine. Any other new track is refused then.
const maxTracks = 100_000

// dropAfter is how long a track that fell silent is still drawn, as lost.
const dropAfter = 2 * time.Hour

// predictFor is how far ahead a track is predicted, in the console and in the
// engine alike.
const predictFor = 300 * time.Second

type tracks struct {
	all  map[string]*track.Track
	most int    // maxTracks; less in a test
	idle []idle // who makes room, the next one last, as of the last look
}

// idle is a track that may make room unless it has reported again since.
type idle struct {
	id string
	at utc.Time
	s  track.Standing
}

func newTracks() *tracks { return &tracks{all: map[string]*track.Track{}, most: maxTracks} }

// room makes room for a new track of this standing, if it must and may.
func (ts *tracks) room(s track.Standing) bool {
	if len(ts.all) < ts.most {
		return true
	}
	if s != track.Own && s != track.Protected {
		return false
	}
	if ts.evict() {
		return true
	}
	ts.look()
	return ts.evict()
}

func (ts *tracks) evict() bool {
	for n := len(ts.idle); n > 0; n = len(ts.idle) {
		x := ts.idle[n-1]
		ts.idle = ts.idle[:n-1]
		t := ts.all[x.id]
		if t == nil || t.Standing != x.s {
			continue
		}
		if last, _ := t.Latest(); last.At == x.at {
			delete(ts.all, x.id)
			return true
		}
	}
	return false
}

// lookMost is how many tracks one look finds: it costs a sort of the table, and
// many of ours may come at once.
const lookMost = 1024

// look finds the tracks that make room: other before civil, then the longest
// silent first.
func (ts *tracks) look() {
	ts.idle = ts.idle[:0]
	for id, t := range ts.all {
		if last, ok := t.Latest(); ok && (t.Standing == track.Other || t.Standing == track.Civil) {
			ts.idle = append(ts.idle, idle{id, last.At, t.Standing})
		}
	}
	sort.Slice(ts.idle, func(i, j int) bool {
		a, b := ts.idle[i], ts.idle[j]
		switch {
		case a.s != b.s:
			return a.s == track.Civil
		case a.at != b.at:
			return a.at > b.at
		}
		return a.id < b.id
	})
	ts.idle = slices.Clone(ts.idle[max(0, len(ts.idle)-lookMost):])
}

// TrackReport is a report with what the feed says the thing is to us. A track
// that a plan of ours names is our own whatever the feed says.
type TrackReport struct {
	track.Report
	Standing track.Standing `json:"standing"`
}

// Report takes in track reports. It returns how many were taken and the first
// reason why one was not; a bad report never spoils the others.
func (n *Node) Report(ctx context.Context, rs []TrackReport) (taken int, err error) {
	if n.cfg.Recorded != nil && len(rs) > 0 {
		raw := make([]track.Report, len(rs))
		for i, r := range rs {
			raw[i] = r.Report
		}
		if err := n.cfg.Recorded(raw, n.clock.Now()); err != nil {
			n.cfg.Logger.Error("couldn't record tracks", "err", err)
		}
	}
	var bad error
	if err := n.read(ctx, func(r *reader) {
		now := n.clock.Now()
		for _, x := range rs {
			if err := r.track(x, now); err != nil {
				if bad == nil {
					bad = err
				}
				continue
			}
			taken++
		}
		if taken > 0 {
			n.subs.tell(Event{What: "tracks"})
		}
	}); err != nil {
		return 0, err
	}
	return taken, bad
}

// track moves one track and lets the engine look at it.
func (r *reader) track(x TrackReport, now utc.Time) error {
	if x.Ahead(now) {
		return refuse("at", "couldn't take the report of %q: its time %s is ahead of this seat's %s", x.ID, x.At, now)
	}
	if r.planned[x.ID] != "" {
		x.Standing = track.Own
	}
	t := r.tracks.all[x.ID]
	if t == nil {
		t = track.New(x.ID, x.Standing)
	}
	t.Standing = x.Standing
	added, err := t.Add(x.Report)
	if err != nil {
		return refuse("track", "couldn't take a report: %v", err)
	}
	if r.tracks.all[x.ID] == nil && !r.tracks.room(x.Standing) {
		return refuse("id", "couldn't take a new track %q: %d are held", x.ID, len(r.tracks.all))
	}
	r.tracks.all[x.ID] = t
	if added == track.Moved {
		r.events = append(r.events, r.engine.Report(x.Report)...)
	}
	return nil
}

// forgetTracks drops what has been silent for very long.
func (r *reader) forgetTracks(now utc.Time) {
	for id, t := range r.tracks.all {
		if t.Age(now) > dropAfter {
			delete(r.tracks.all, id)
		}
	}
}

// watchVolumes gives the engine everybody's volumes as they stand.
func (r *reader) watchVolumes(p *picture.Picture) {
	r.engineDirty = false
	r.events = append(r.events, r.engine.Volumes(alert.Volumes(p))...)
	r.planned = map[string]picture.ID{}
	for _, pl := range p.Plans {
		if !pl.Ended && pl.Plan.Track != "" {
			r.planned[pl.Plan.Track] = pl.ID
		}
	}
}

// standing tells the engine what a track is to us.
func (r *reader) standing(id string) track.Standing {
	if r.planned[id] != "" {
		return track.Own
	}
	if t := r.tracks.all[id]; t != nil {
		return t.Standing
	}
	if r.resumed[id] { // an alert stands for it, so it was not other
		return track.Own
	}
	return track.Other
}

// resume tells the new engine what the home line says is standing, so that a
// restart neither raises it again nor leaves it standing for ever.
func (r *reader) resume() {
	r.take()
	p := r.now()
	r.watchVolumes(p)
	for _, s := range alert.Standings(p) {
		r.resumed[s.Track] = true
		r.engine.Resume(s.Track, s.Key, s.Kind, s.EnterAt)
	}
	clear(r.touched) // recheck looks at all of it once Run begins
}

// Tracks gives the tracks as the console draws them, by id.
func (n *Node) Tracks(ctx context.Context) ([]TrackView, error) {
	var vs []TrackView
	err := n.read(ctx, func(r *reader) {
		now := n.clock.Now()
		for _, t := range r.tracks.all {
			vs = append(vs, r.view(t, now))
		}
	})
	sort.Slice(vs, func(i, j int) bool { return vs[i].ID < vs[j].ID })
	return vs, err
}

func (r *reader) view(t *track.Track, now utc.Time) TrackView {
	last, _ := t.Latest()
	v := TrackView{
		ID: t.ID, Callsign: last.Callsign, Standing: t.Standing.String(), Source: last.Source, Synthetic: last.Synthetic,
		At: last.At, AgeSeconds: t.Age(now).Seconds(), State: t.State(now).String(), Point: last.Pos.Point,
		TrackDeg: last.TrackDeg, SpeedKt: last.SpeedKt, ClimbFPM: last.ClimbFPM, Plan: r.planned[t.ID],
	}
	if last.Pos.HasAlt {
		ft := last.Pos.Alt.Feet
		v.AltFeet, v.Datum = &ft, last.Pos.Alt.Datum.String()
	}
	if t.Standing.Predictable() && last.HasVelocity && t.State(now) != track.Lost {
		for s := time.Duration(0); s <= predictFor; s += time.Minute {
			p, _ := t.At(last.At.Add(s))
			v.Predicted = append(v.Predicted, p.Point)
		}
	}
	return v
}
