// Package watch is the engine: it holds tracks against volumes and says when one
// of our own, of the protected or of civil traffic is in a dangerous volume or
// will be.
//
// Correct before fast. Every report and every tick settles the track against
// every watched volume; what cannot be reached is passed over by one distance.
// Four events exist. "will-enter": by dead reckoning the track is inside within
// the horizon. "inside": it is, or by dead reckoning must be. "will-not" and
// "left" take these back. Their instants are exact whatever the rhythm of the
// ticks: a window that opens over an aircraft raises at the window's first
// instant even if the tick comes a minute later.
//
// Silence never lowers. A late or lost track goes on by dead reckoning and may
// raise, but only a newer report that shows it outside, several times and for
// some seconds (hysteresis), or the end of the window, or the volume being taken
// out of force, makes "left" or "will-not". Where the altitude is unknown, the
// track is in every band.
//
// Tracks of any other standing are never held against anything: no prediction
// and no alert exists for them.
//
// An Engine is owned by one goroutine, reads no clock, and given the same calls
// gives the same events. What it raises is lost with the process; once raised,
// an alert is a record, and Resume tells a new engine what is standing.
package watch

import (
	"cmp"
	"slices"
	"time"

	"parley/record"
	"parley/track"
	"parley/utc"
	"parley/volume"
)

// Kind of an event.
type Kind string

// The kinds.
const (
	Inside    Kind = "inside"
	WillEnter Kind = "will-enter"
	Left      Kind = "left"     // takes Inside back
	WillNot   Kind = "will-not" // takes WillEnter back
)

// Watched is one volume to hold tracks against.
type Watched struct {
	Key   string       // unique; the same key with the same V is the same volume
	Name  string       // for the sentence: "IL's hazard area at Latakia"; may be empty
	About record.About // the record that it comes from
	V     volume.Volume
}

// Event is a change in how a track stands to a volume.
type Event struct {
	Kind    Kind
	Track   string
	Watched Watched
	At      utc.Time     // since when it is so
	EnterAt utc.Time     // inside, will-enter: first instant inside; left, will-not: that of what is taken back
	Where   volume.Point // inside, will-enter: about where it is, or will be, at EnterAt
	Why     string       // one sentence for a person
}

// Config of an Engine. Zero values take the defaults.
type Config struct {
	Standing     func(id string) track.Standing // required: what a track is to us; nil makes every track other
	Horizon      time.Duration                  // how far ahead will-enter looks; 300 s
	ClearReports int                            // newer reports in a row that must be clear; 3
	ClearFor     time.Duration                  // and the least time between the first and the last of them; 10 s
	Reckon       time.Duration                  // how long after its last report a track still raises by dead reckoning; 15 min
	Keep         time.Duration                  // how long a silent track with nothing standing is kept; 24 h
	MaxTracks    int                            // beyond, reports of new tracks are counted as Dropped; 100,000
}

func (c Config) withDefaults() Config {
	if c.Standing == nil {
		c.Standing = func(string) track.Standing { return track.Other }
	}
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&c.Horizon, 300*time.Second)
	set(&c.ClearFor, 10*time.Second)
	set(&c.Reckon, 15*time.Minute)
	set(&c.Keep, 24*time.Hour)
	if c.ClearReports <= 0 {
		c.ClearReports = 3
	}
	if c.MaxTracks <= 0 {
		c.MaxTracks = 100_000
	}
	return c
}

// Engine holds tracks against volumes.
type Engine struct {
	cfg     Config
	now     utc.Time // of the newest tick; before the first, of the newest report
	ticked  bool
	volumes []*watched // by key
	tracks  map[string]*flight
	dropped uint64
	out     []Event
}

// watched is a Watched with its bounding cap.
type watched struct {
	Watched
	since   utc.Time // when the engine was given it
	center  volume.Point
	radiusM float64
}

// flight is one track with its standing towards volumes.
type flight struct {
	id     string
	last   track.Report
	vel    velocity
	until  utc.Time           // pairs are worked out as far as this
	silent bool               // and for a track that may still be where it last reported
	pairs  map[*watched]*pair // only where something stands or is to come
}

// pair is how one track stands to one volume.
type pair struct {
	state   state
	entry   utc.Time // next entry by dead reckoning; zero: none in reach
	where   volume.Point
	raised  utc.Time // the EnterAt that what stands was raised with
	clear   int      // reports in a row that showed it clear, while something stands
	clearAt utc.Time // the first of them
}

type state uint8

const (
	nothing state = iota
	predicted
	inside
	over // its window has ended over what stood; nothing is raised again
)

// NewEngine gives an engine without volumes and tracks.
func NewEngine(cfg Config) *Engine {
	return &Engine{cfg: cfg.withDefaults(), tracks: map[string]*flight{}}
}

// Dropped counts reports that found no room.
func (e *Engine) Dropped() uint64 { return e.dropped }

// Volumes replaces what is watched. A volume that is new, or has changed under
// its key, is held at once against every track; what was standing on one that is
// gone or changed is taken back if the track is clear of it now.
func (e *Engine) Volumes(vs []Watched) []Event {
	old := make(map[string]*watched, len(e.volumes))
	for _, w := range e.volumes {
		old[w.Key] = w
	}
	next := make([]*watched, 0, len(vs))
	var fresh []*watched
	replaced := map[*watched]*watched{} // old → new, nil if gone
	seen := map[string]bool{}
	for _, v := range vs {
		if seen[v.Key] {
			continue
		}
		seen[v.Key] = true
		was := old[v.Key]
		if was != nil && sameVolume(was.V, v.V) {
			was.Watched = v
			next = append(next, was)
			continue
		}
		w := &watched{Watched: v, since: e.now}
		w.center, w.radiusM = capOf(v.V.Area)
		next = append(next, w)
		fresh = append(fresh, w)
		if was != nil {
			replaced[was] = w
		}
	}
	for _, w := range e.volumes {
		if !seen[w.Key] {
			replaced[w] = nil
		}
	}
	slices.SortFunc(next, func(a, b *watched) int { return cmp.Compare(a.Key, b.Key) })
	e.volumes = next
	for _, f := range e.tracks {
		e.replace(f, replaced)
		for _, w := range fresh {
			e.publish(f, w)
		}
	}
	return e.flush()
}

// replace moves what stands on changed volumes to the new ones, and takes back
// what stood on those that are gone.
func (e *Engine) replace(f *flight, replaced map[*watched]*watched) {
	for was, w := range replaced {
		p := f.pairs[was]
		if p == nil {
			continue
		}
		delete(f.pairs, was)
		if p.state == nothing || p.state == over {
			continue
		}
		if w == nil {
			e.lower(f, was, p, e.now, "it is no longer in force")
			continue
		}
		f.pairs[w] = p
	}
}

// publish holds one track against a volume that the engine has just been given.
func (e *Engine) publish(f *flight, w *watched) {
	p := f.pairs[w]
	stood := nothing
	if p != nil {
		stood = p.state
		p.clear = 0
	} else {
		p = &pair{}
	}
	e.aim(f, w, p)
	if stood != nothing {
		// The volume has changed under something that stood: facts, not silence.
		in := !p.entry.IsZero() && p.entry <= e.now
		soon := !p.entry.IsZero() && p.entry <= e.now.Add(e.cfg.Horizon)
		if stood == inside && !in || stood == predicted && !soon {
			e.lower(f, w, p, e.now, "the volume was changed")
		}
	}
	e.settle(f, w, p, e.instant(f))
	f.keep(w, p)
}

// Resume tells a new engine that an alert of this kind, Inside or WillEnter, is
// standing for a track that has not reported to it yet, since or for enterAt.
// The volume has to be watched already. What is resumed is taken back as if this
// engine had raised it.
func (e *Engine) Resume(id, key string, k Kind, enterAt utc.Time) {
	if !e.cfg.Standing(id).Predictable() {
		return
	}
	for _, w := range e.volumes {
		if w.Key != key {
			continue
		}
		f := e.tracks[id]
		if f == nil {
			f = &flight{id: id, pairs: map[*watched]*pair{}}
			e.tracks[id] = f
		}
		p := f.pairs[w]
		if p == nil {
			p = &pair{}
			f.pairs[w] = p
		}
		switch {
		case k == Inside:
			p.state, p.raised = inside, enterAt
		case k == WillEnter && p.state == nothing:
			p.state, p.raised = predicted, enterAt
		}
	}
}

// instant is how far a track has to be settled: to now, or to its own report
// where that is newer.
func (e *Engine) instant(f *flight) utc.Time { return max(e.now, f.last.At) }

// Tick settles every track to now. A now before an earlier one counts as that.
func (e *Engine) Tick(now utc.Time) []Event {
	if e.ticked {
		now = max(now, e.now)
	}
	e.now, e.ticked = now, true
	for id, f := range e.tracks {
		if now.Sub(f.last.At) > e.cfg.Keep && !f.standing() {
			delete(e.tracks, id)
			continue
		}
		silent := e.silent(f)
		if e.instant(f).Add(e.cfg.Horizon) > f.until || silent && !f.silent {
			f.silent = silent
			e.aimAll(f)
		}
		for w, p := range f.pairs {
			e.settle(f, w, p, e.instant(f))
			f.keep(w, p)
		}
	}
	return e.flush()
}

func (f *flight) standing() bool {
	for _, p := range f.pairs {
		if p.state == predicted || p.state == inside {
			return true
		}
	}
	return false
}

// keep holds a pair only while something stands or is to come.
func (f *flight) keep(w *watched, p *pair) {
	if p.state == nothing && p.entry.IsZero() {
		delete(f.pairs, w)
	} else {
		f.pairs[w] = p
	}
}

// flush hands the events out in an order of their own.
func (e *Engine) flush() []Event {
	out := e.out
	e.out = nil
	rank := map[Kind]int{WillEnter: 0, Inside: 1, Left: 2, WillNot: 3}
	slices.SortStableFunc(out, func(a, b Event) int {
		if c := cmp.Compare(a.At, b.At); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Track, b.Track); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Watched.Key, b.Watched.Key); c != 0 {
			return c
		}
		return cmp.Compare(rank[a.Kind], rank[b.Kind])
	})
	return out
}

func sameVolume(a, b volume.Volume) bool {
	if a.Band != b.Band || a.Window != b.Window || !slices.Equal(a.Area.Polygon, b.Area.Polygon) {
		return false
	}
	if a.Area.Circle == nil || b.Area.Circle == nil {
		return a.Area.Circle == b.Area.Circle
	}
	return *a.Area.Circle == *b.Area.Circle
}

// capOf gives a circle that holds the area. A cap of less than half the globe
// that holds two points holds the shortest path between them, so the farthest
// vertex is the farthest point.
func capOf(a volume.Area) (volume.Point, float64) {
	if a.Circle != nil {
		return a.Circle.Center, float64(a.Circle.RadiusM)
	}
	c, r := a.Centroid(), 0.0
	for _, p := range a.Polygon {
		r = max(r, volume.DistanceM(c, p))
	}
	return c, r
}
