package node

import (
	"context"
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

// maxTracks bounds the table; beyond it the report of a new track is refused.
const maxTracks = 100_000

// dropAfter is how long a track that fell silent is still drawn, as lost.
const dropAfter = 2 * time.Hour

// predictFor is how far ahead a track is predicted, in the console and in the
// engine alike.
const predictFor = 300 * time.Second

type tracks struct {
	all map[string]*track.Track
}

func newTracks() *tracks { return &tracks{all: map[string]*track.Track{}} }

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
	if err := n.do(ctx, func() {
		now := n.clock.Now()
		for _, r := range rs {
			if err := n.track(r, now); err != nil {
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

// track moves one track and lets the engine look at it. Loop only.
func (n *Node) track(r TrackReport, now utc.Time) error {
	if r.Ahead(now) {
		return refuse("at", "couldn't take the report of %q: its time %s is ahead of this seat's %s", r.ID, r.At, now)
	}
	if n.planned[r.ID] != "" {
		r.Standing = track.Own
	}
	t := n.tracks.all[r.ID]
	if t == nil {
		if len(n.tracks.all) >= maxTracks {
			return refuse("id", "couldn't take a new track %q: %d are held", r.ID, maxTracks)
		}
		t = track.New(r.ID, r.Standing)
	}
	t.Standing = r.Standing
	added, err := t.Add(r.Report)
	if err != nil {
		return refuse("track", "couldn't take a report: %v", err)
	}
	n.tracks.all[r.ID] = t
	if added == track.Moved {
		n.events = append(n.events, n.engine.Report(r.Report)...)
	}
	return nil
}

// standing tells the engine what a track is to us. Loop only.
func (n *Node) standing(id string) track.Standing {
	if n.planned[id] != "" {
		return track.Own
	}
	if t := n.tracks.all[id]; t != nil {
		return t.Standing
	}
	if n.resumed[id] { // an alert stands for it, so it was not other
		return track.Own
	}
	return track.Other
}

// forgetTracks drops what has been silent for very long. Loop only.
func (n *Node) forgetTracks(now utc.Time) {
	for id, t := range n.tracks.all {
		if t.Age(now) > dropAfter {
			delete(n.tracks.all, id)
		}
	}
}

// watchVolumes gives the engine everybody's volumes as they stand. Loop only.
func (n *Node) watchVolumes(p *picture.Picture) {
	n.events = append(n.events, n.engine.Volumes(alert.Volumes(p))...)
	n.planned = map[string]picture.ID{}
	for _, pl := range p.Plans {
		if !pl.Ended && pl.Plan.Track != "" {
			n.planned[pl.Plan.Track] = pl.ID
		}
	}
}

// resume tells the new engine what the home line says is standing, so that a
// restart neither raises it again nor leaves it standing for ever.
func (n *Node) resume() {
	p := n.book.Now(n.clock.Now())
	n.watchVolumes(p)
	for _, s := range alert.Standings(p) {
		n.resumed[s.Track] = true
		n.engine.Resume(s.Track, s.Key, s.Kind, s.EnterAt)
	}
	clear(n.touched) // recheck looks at all of it once Run begins
}

// Tracks gives the tracks as the console draws them, by id.
func (n *Node) Tracks(ctx context.Context) ([]TrackView, error) {
	var vs []TrackView
	err := n.do(ctx, func() {
		now := n.clock.Now()
		for _, t := range n.tracks.all {
			vs = append(vs, n.viewTrack(t, now))
		}
	})
	sort.Slice(vs, func(i, j int) bool { return vs[i].ID < vs[j].ID })
	return vs, err
}

func (n *Node) viewTrack(t *track.Track, now utc.Time) TrackView {
	r, _ := t.Latest()
	v := TrackView{
		ID: t.ID, Callsign: r.Callsign, Standing: t.Standing.String(), Source: r.Source, Synthetic: r.Synthetic,
		At: r.At, AgeSeconds: t.Age(now).Seconds(), State: t.State(now).String(), Point: r.Pos.Point,
		TrackDeg: r.TrackDeg, SpeedKt: r.SpeedKt, ClimbFPM: r.ClimbFPM, Plan: n.planned[t.ID],
	}
	if r.Pos.HasAlt {
		ft := r.Pos.Alt.Feet
		v.AltFeet, v.Datum = &ft, r.Pos.Alt.Datum.String()
	}
	if t.Standing.Predictable() && r.HasVelocity && t.State(now) != track.Lost {
		for s := time.Duration(0); s <= predictFor; s += time.Minute {
			p, _ := t.At(r.At.Add(s))
			v.Predicted = append(v.Predicted, p.Point)
		}
	}
	return v
}
