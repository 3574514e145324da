package watch

import (
	"fmt"
	"math"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
)

const (
	knotMS = 1852.0 / 3600
	// slackM is what the bounding test gives away: far more than volume.TouchM
	// and than the rounding of any distance.
	slackM = 100.0
)

// velocity is what dead reckoning goes by.
type velocity struct {
	trackDeg, speedKt, climbFPM float64
}

// velocityOf gives what r reports, or without a velocity what the way from the
// report before says, if that is not too old to mean anything.
func velocityOf(r track.Report, before *track.Report) velocity {
	if r.HasVelocity {
		return velocity{r.TrackDeg, still(r.SpeedKt), r.ClimbFPM}
	}
	if before == nil || r.At.Sub(before.At) > track.LostAfter {
		return velocity{}
	}
	v, ok := way(*before, r)
	if !ok {
		return velocity{}
	}
	v.trackDeg = onward(before.Pos.Point, v.trackDeg, volume.DistanceM(before.Pos.Point, r.Pos.Point))
	return v
}

// still makes a speed that moves nothing, in a day not 50 m, a plain zero.
func still(kt float64) float64 {
	if kt < 0.001 {
		return 0
	}
	return kt
}

// way gives the velocity that leads from a to b at constant speed, and whether
// something could have flown it.
func way(a, b track.Report) (velocity, bool) {
	sec := b.At.Sub(a.At).Seconds()
	if sec <= 0 {
		return velocity{}, false
	}
	d := volume.DistanceM(a.Pos.Point, b.Pos.Point)
	v := velocity{trackDeg: volume.BearingDeg(a.Pos.Point, b.Pos.Point), speedKt: still(d / sec / knotMS)}
	if a.Pos.HasAlt && b.Pos.HasAlt && a.Pos.Alt.Datum == b.Pos.Alt.Datum {
		v.climbFPM = float64(b.Pos.Alt.Feet-a.Pos.Alt.Feet) / sec * 60
	}
	return v, v.speedKt <= track.PlausibleKt || d <= track.JumpSlackM
}

// onward gives the direction of the great circle that leaves p at deg, after
// distM metres on it.
func onward(p volume.Point, deg, distM float64) float64 {
	if distM == 0 {
		return deg
	}
	return volume.BearingDeg(volume.Destination(p, deg, distM), volume.Destination(p, deg, distM+10_000))
}

// reckon gives where the flight is at the instant t by dead reckoning, with its
// velocity there.
func (f *flight) reckon(t utc.Time) (volume.Position, velocity) {
	sec := t.Sub(f.last.At).Seconds()
	pos, v := f.last.Pos, f.vel
	if sec <= 0 {
		return pos, v
	}
	d := v.speedKt * knotMS * sec
	pos.Point = volume.Destination(f.last.Pos.Point, v.trackDeg, d)
	v.trackDeg = onward(f.last.Pos.Point, v.trackDeg, d)
	if pos.HasAlt {
		feet := float64(pos.Alt.Feet) + v.climbFPM*sec/60
		pos.Alt.Feet = int32(math.Round(max(volume.MinFeet, min(volume.MaxFeet, feet))))
	}
	return pos, v
}

// Report takes one report in. One that is not the newest of its track, is
// invalid, or lies ahead of the newest tick further than a clock may be wrong,
// moves nothing.
func (e *Engine) Report(r track.Report) []Event {
	if r.Validate() != nil || e.ticked && r.Ahead(e.now) {
		return nil
	}
	if !e.cfg.Standing(r.ID).Predictable() {
		delete(e.tracks, r.ID)
		return nil
	}
	f := e.tracks[r.ID]
	var before *track.Report
	switch {
	case f == nil && len(e.tracks) >= e.cfg.MaxTracks:
		e.dropped++
		return nil
	case f == nil:
		f = &flight{id: r.ID, pairs: map[*watched]*pair{}}
		e.tracks[r.ID] = f
	case r.At <= f.last.At:
		return nil
	case f.last.At.IsZero(): // resumed, and this is its first report
	default:
		last := f.last
		before = &last
	}
	if !e.ticked {
		e.now = max(e.now, r.At)
	}
	f.last, f.vel = r, velocityOf(r, before)
	f.until, f.silent = e.reach(f), e.silent(f)
	for _, w := range e.volumes {
		p := f.pairs[w]
		if p == nil {
			if !e.near(f, w, before) {
				continue
			}
			p = &pair{}
		}
		e.meet(f, w, p, before)
		f.keep(w, p)
	}
	return e.flush()
}

// reach is how far ahead pairs are worked out: past the horizon, so that most
// ticks have nothing to do, but no further than dead reckoning is believed.
func (e *Engine) reach(f *flight) utc.Time {
	return e.instant(f).Add(e.cfg.Horizon + 2*time.Minute)
}

// silent reports whether the flight's newest report is too old to say that it is
// gone from where it was. Dead reckoning then counts beside the last place.
func (e *Engine) silent(f *flight) bool { return e.instant(f).Sub(f.last.At) > track.LateAfter }

// near reports whether the flight can be in the volume at any instant from the
// report before to as far as pairs are worked out.
func (e *Engine) near(f *flight, w *watched, before *track.Report) bool {
	if w.V.Window.To <= f.last.At && (before == nil || w.V.Window.To <= before.At) || w.V.Window.From > f.until {
		return false
	}
	reach := f.vel.speedKt * knotMS * f.until.Sub(f.last.At).Seconds()
	if before != nil {
		reach = max(reach, volume.DistanceM(before.Pos.Point, f.last.Pos.Point))
	}
	return volume.DistanceM(w.center, f.last.Pos.Point) <= w.radiusM+reach*1.01+slackM
}

// meet holds a new report against one volume: the way to it, the place itself,
// and what lies ahead.
func (e *Engine) meet(f *flight, w *watched, p *pair, before *track.Report) {
	r := f.last
	if p.state == over {
		return
	}
	if before != nil && p.state != inside {
		if v, ok := way(*before, r); ok {
			x, hit := w.V.Entry(before.Pos, before.At, v.trackDeg, v.speedKt, v.climbFPM, r.At.Sub(before.At))
			if hit && (x.Leave.IsZero() || x.Leave > w.since) {
				e.enter(f, w, p, x.At, placeOn(before.Pos.Point, v, x.At.Sub(before.At)))
			}
		}
	}
	p.entry = 0
	e.aim(f, w, p)
	in := w.V.Contains(r.Pos, r.At)
	soon := !p.entry.IsZero() && p.entry <= e.instant(f).Add(e.cfg.Horizon)
	switch {
	case p.state == inside && !in:
		if e.clear(p, r.At) {
			e.lower(f, w, p, p.clearAt, "it reports outside")
		}
	case p.state == predicted && !soon && !in:
		if e.clear(p, r.At) {
			e.lower(f, w, p, r.At, "its way no longer leads there")
		}
	default:
		p.clear = 0
	}
	e.settle(f, w, p, e.instant(f))
}

// clear counts a report that shows the flight clear of what stands, and reports
// whether that is enough.
func (e *Engine) clear(p *pair, at utc.Time) bool {
	if p.clear == 0 {
		p.clearAt = at
	}
	p.clear++
	return p.clear >= e.cfg.ClearReports && at.Sub(p.clearAt) >= e.cfg.ClearFor
}

// aimAll works every pair out as far as reach. Only a silent track gets here.
func (e *Engine) aimAll(f *flight) {
	f.until = e.reach(f)
	for _, w := range e.volumes {
		p := f.pairs[w]
		if p == nil {
			if !e.near(f, w, nil) {
				continue
			}
			p = &pair{}
		}
		e.aim(f, w, p)
		f.keep(w, p)
	}
}

// aim finds the next instant at which the flight is in the volume, by its newest
// report and dead reckoning from there. For a volume that came later it counts
// from when it came.
func (e *Engine) aim(f *flight, w *watched, p *pair) {
	p.entry = 0
	from := max(f.last.At, w.since)
	if w.V.Window.To <= from || f.last.At.IsZero() {
		return
	}
	// Where it last reported: it may still be there, whatever reckoning says.
	if w.since > f.last.At && w.V.Contains(f.last.Pos, w.since) {
		p.entry, p.where = w.since, f.last.Pos.Point
		return
	}
	ahead := min(f.until.Sub(from), f.last.At.Add(e.cfg.Reckon).Sub(from))
	if ahead >= 0 {
		pos, v := f.reckon(from)
		if x, ok := w.V.Entry(pos, from, v.trackDeg, v.speedKt, v.climbFPM, ahead); ok {
			p.entry, p.where = x.At, placeOn(pos.Point, v, x.At.Sub(from))
		}
	}
	// A silent track may still be where it last reported when a window opens
	// there.
	open := w.V.Window.From
	if e.silent(f) && open > from && (p.entry.IsZero() || p.entry > open) && w.V.Contains(f.last.Pos, open) {
		p.entry, p.where = open, f.last.Pos.Point
	}
}

func placeOn(p volume.Point, v velocity, after time.Duration) volume.Point {
	return volume.Destination(p, v.trackDeg, v.speedKt*knotMS*after.Seconds())
}

// settle brings one pair to the instant t: predicted, inside, over.
func (e *Engine) settle(f *flight, w *watched, p *pair, t utc.Time) {
	if p.state == over {
		return
	}
	if !p.entry.IsZero() && p.state != inside {
		if p.state == nothing && p.entry > f.last.At && p.entry > w.since && p.entry <= t.Add(e.cfg.Horizon) {
			e.predict(f, w, p)
		}
		if p.entry <= t {
			e.enter(f, w, p, p.entry, p.where)
		}
	}
	if w.V.Window.To <= t {
		p.entry = 0
		if p.state != nothing {
			e.lower(f, w, p, w.V.Window.To, "its time is over")
			p.state = over
		}
	}
}

func (e *Engine) predict(f *flight, w *watched, p *pair) {
	p.state, p.raised, p.clear = predicted, p.entry, 0
	at := max(f.last.At, w.since, p.entry.Add(-e.cfg.Horizon))
	e.out = append(e.out, Event{
		Kind: WillEnter, Track: f.id, Watched: w.Watched, At: at, EnterAt: p.entry, Where: p.where,
		Why: fmt.Sprintf("%s will be in %s at %s, in %d s, if it goes on as it reported at %s.",
			f.id, w.name(), p.entry.Clock(), int(p.entry.Sub(at).Seconds()), f.last.At.Clock()),
	})
}

func (e *Engine) enter(f *flight, w *watched, p *pair, at utc.Time, where volume.Point) {
	if p.state == inside {
		return
	}
	p.state, p.raised, p.clear = inside, at, 0
	why := fmt.Sprintf("%s is in %s since %s.", f.id, w.name(), at.Clock())
	if at > f.last.At {
		why = fmt.Sprintf("%s is in %s since %s, reckoned from its last report at %s.", f.id, w.name(), at.Clock(), f.last.At.Clock())
	}
	if !f.last.Pos.HasAlt {
		why += " Its altitude is unknown."
	}
	e.out = append(e.out, Event{Kind: Inside, Track: f.id, Watched: w.Watched, At: max(at, w.since), EnterAt: at, Where: where, Why: why})
}

// lower takes back what stands.
func (e *Engine) lower(f *flight, w *watched, p *pair, at utc.Time, why string) {
	k, verb := WillNot, "will not be in"
	if p.state == inside {
		k, verb = Left, "is no longer in"
	}
	p.state, p.clear = nothing, 0
	e.out = append(e.out, Event{Kind: k, Track: f.id, Watched: w.Watched, At: at, EnterAt: p.raised, Where: f.last.Pos.Point,
		Why: fmt.Sprintf("%s %s %s since %s: %s.", f.id, verb, w.name(), at.Clock(), why)})
}

func (w *watched) name() string {
	s := w.Name
	if s == "" {
		s = "the volume"
	}
	return fmt.Sprintf("%s (%s, %s to %s)", s, w.V.Band, w.V.Window.From.Clock(), w.V.Window.To.Clock())
}
