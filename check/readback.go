package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/picture"
	"parley/place"
	"parley/record"
	"parley/volume"
)

// readBack: an officer has stated "understood", and what was read back is not
// what the notice says. Whoever sent the notice has to hear of it, and whoever
// read it back; nobody else on the line can mend it. The last read-back of a
// party counts: a right one ends the conflict, and another wrong one is a
// conflict of its own. It is over too once the notice is, or is corrected, for
// then there is something else to be understood.
//
// It compares with the volumes as they were in force where the acknowledgement
// stands in the line: a correction that its author could not have seen is no
// mistake of his.
func readBack(v *view) []Conflict {
	var out []Conflict
	for _, n := range v.noticesAnd() {
		if !n.Active || len(n.Volumes) == 0 {
			continue
		}
		for _, r := range n.ReadBacks() {
			ids := append(names(n), r.Item.ID)
			if n.Party != v.Self && r.Party != v.Self || !v.want(ids...) {
				continue
			}
			wrong, at := readBackWrong(r.Lines, r.Against)
			if len(wrong) == 0 {
				continue
			}
			who := string(r.Party)
			if r.Party == v.Self {
				who = "we"
			}
			out = append(out, Conflict{
				Rule: RuleReadBack, Key: RuleReadBack + "/" + string(r.Item.ID), About: []record.About{about(n.Item), about(r.Item)}, IDs: ids,
				From: r.At, At: at, Precedence: record.Immediate,
				Why: fmt.Sprintf("%s: %s read back something else at %s than %s: %s.", where(n), who, clock(r.At), title(n), strings.Join(wrong, "; ")),
			})
		}
	}
	return out
}

// readBackWrong says what is wrong with a read-back of these volumes, and where
// they are. It gives nothing if every area was read back, in any order, and
// nothing besides was. Heights, times and radii that were read back must be
// among those of the volumes; that they are there at all is not asked.
func readBackWrong(lines []string, vs []volume.Volume) ([]string, *volume.Point) {
	if len(vs) == 0 {
		return nil, nil
	}
	s := hear(lines)
	wrong := slices.Concat(s.wrongPoints(vs), s.wrongRadii(vs), s.wrongHeights(vs), s.wrongTimes(vs))
	at := vs[0].Area.Centroid()
	return wrong, &at
}

// wrongPoints compares the points. Each area has to be among them as a run of
// its corners.
func (s heard) wrongPoints(vs []volume.Volume) []string {
	var wrong []string
	if s.err != nil {
		wrong = append(wrong, "it can't all be read: "+s.err.Error())
	}
	if len(s.at) == 0 {
		return append(wrong, "no coordinates are in it, only "+picture.Quote(fmt.Sprintf("%.120s", s.text)))
	}
	used := make([]bool, len(s.at))
	all := true
	for i, v := range vs {
		if slices.ContainsFunc(vs[:i], func(w volume.Volume) bool { return sameArea(v.Area, w.Area) }) {
			continue
		}
		k := 1
		if v.Area.Circle == nil {
			k = len(v.Area.Polygon)
		}
		var nearest []place.Mismatch
		first, found := 0, false
		for from := 0; from+k <= len(s.at); from++ {
			ms := place.ReadBackPointsMatch(v, s.at[from:from+k])
			switch {
			case len(ms) == 0:
				found = true
				for j := range k {
					used[from+j] = true
				}
			case nearest == nil || worst(ms).DistanceM < worst(nearest).DistanceM:
				nearest, first = ms, from
			}
		}
		all = all && found
		switch {
		case found:
		case nearest == nil:
			wrong = append(wrong, fmt.Sprintf("it has %s, they read %d", counted(k, "point"), len(s.at)))
		default:
			wrong = append(wrong, off(v, nearest, s.at[first:first+k]))
		}
	}
	over := 0
	for _, u := range used {
		if !u {
			over++
		}
	}
	if all && over > 0 {
		wrong = append(wrong, "they read "+counted(over, "point")+" besides")
	}
	return wrong
}

// off says how far the worst corner is off.
func off(v volume.Volume, ms []place.Mismatch, read []volume.Point) string {
	m := worst(ms)
	what, said := "the middle", v.Area.Centroid()
	if v.Area.Circle == nil {
		what, said = fmt.Sprintf("corner %d", m.Corner), v.Area.Polygon[m.Corner-1]
	}
	// The point that was meant is the one at that distance.
	got := slices.MinFunc(read, func(a, b volume.Point) int {
		return int(gap(volume.DistanceM(a, said), m.DistanceM)) - int(gap(volume.DistanceM(b, said), m.DistanceM))
	})
	out := fmt.Sprintf("%s is %s, they read %s, %s off", what, spot(said), spot(got), distance(m.DistanceM))
	if n := len(ms) - 1; n > 0 {
		out += ", and " + counted(n, "more corner")
	}
	return out
}

func worst(ms []place.Mismatch) place.Mismatch {
	return slices.MaxFunc(ms, func(a, b place.Mismatch) int { return int(a.DistanceM) - int(b.DistanceM) })
}

func (s heard) wrongRadii(vs []volume.Volume) []string {
	var radii []float64
	for _, v := range vs {
		if v.Area.Circle != nil {
			radii = append(radii, float64(v.Area.Circle.RadiusM))
		}
	}
	var wrong []string
	for _, r := range s.radii {
		if len(radii) == 0 {
			break // of a polygon lengths may be said, and mean nothing here
		}
		near := slices.MinFunc(radii, func(a, b float64) int { return int(gap(a, r)) - int(gap(b, r)) })
		if gap(near, r) > 100+near/100 { // "13.5 NM" is rounded
			wrong = append(wrong, fmt.Sprintf("its radius is %s, they read %s, %s", distance(near), distance(r), more(r-near, distance)))
		}
	}
	return wrong
}

func (s heard) wrongHeights(vs []volume.Volume) []string {
	var ends []volume.Altitude
	limited := true
	for _, v := range vs {
		ends = append(ends, v.Band.Lower)
		if v.Band.Unlimited {
			limited = false
		} else {
			ends = append(ends, v.Band.Upper)
		}
	}
	var wrong []string
	if s.unlimited && limited {
		wrong = append(wrong, "it is "+picture.BandWords(vs[0].Band)+", they read no upper limit")
	}
	for _, a := range s.alts {
		if slices.ContainsFunc(ends, func(e volume.Altitude) bool { return e == a || e.Feet == 0 && a.Feet == 0 }) {
			continue
		}
		like := slices.DeleteFunc(slices.Clone(ends), func(e volume.Altitude) bool { return e.Datum != a.Datum })
		s := fmt.Sprintf("it is %s, they read %s", picture.BandWords(vs[0].Band), picture.HeightWords(a))
		if len(like) > 0 {
			near := slices.MinFunc(like, func(x, y volume.Altitude) int {
				return int(gap(float64(x.Feet), float64(a.Feet))) - int(gap(float64(y.Feet), float64(a.Feet)))
			})
			s += ", " + more(float64(a.Feet-near.Feet), func(ft float64) string { return fmt.Sprintf("%.0f ft", ft) })
		}
		wrong = append(wrong, s)
	}
	return wrong
}

// wrongTimes compares times. One without a date is that of any day; one without
// seconds is the minute.
func (s heard) wrongTimes(vs []volume.Volume) []string {
	const day = 86_400_000
	var wrong []string
	for _, x := range s.times {
		unit, off := int64(60_000), int64(1<<62)
		if x.seconds {
			unit = 1000
		}
		for _, v := range vs {
			for _, end := range []int64{int64(v.Window.From), int64(v.Window.To)} {
				d := x.ms/unit*unit - end/unit*unit
				if !x.dated {
					d = ((d+day/2)%day+day)%day - day/2
				}
				if max(d, -d) < max(off, -off) {
					off = d
				}
			}
		}
		if off != 0 {
			w, way := vs[0].Window, "later"
			if off < 0 {
				way = "earlier"
			}
			wrong = append(wrong, fmt.Sprintf("it is from %s to %s, they read %s, %s %s", clock(w.From), clock(w.To), x.text,
				span(time.Duration(max(off, -off))*time.Millisecond), way))
		}
	}
	return wrong
}

func gap(a, b float64) float64 { return max(a-b, b-a) }

func more(d float64, f func(float64) string) string {
	if d < 0 {
		return f(-d) + " less"
	}
	return f(d) + " more"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
