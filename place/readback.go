package place

import (
	"fmt"
	"strings"

	"parley/volume"
)

// ReadBack gives the lines in which a volume is read back, in the order in
// which they are said: the shape, each point in ICAO degrees, minutes and
// seconds and in decimal degrees, where that is in words, the altitudes with
// their datum, and the times with their date, in UTC.
func ReadBack(v volume.Volume) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if c := v.Area.Circle; c != nil {
		say("circle of %s about %s", radius(c.RadiusM), point(c.Center))
	} else {
		say("polygon of %d corners", len(v.Area.Polygon))
		for i, p := range v.Area.Polygon {
			say("corner %d: %s", i+1, point(p))
		}
	}
	if v.Area.Circle != nil || len(v.Area.Polygon) > 0 {
		near, d, dir := Near(v.Area.Centroid())
		if d <= near.RadiusM {
			say("that is at %s", near.Name)
		} else {
			say("its middle is %s %s of %s", km(d), dir, near.Name)
		}
	}
	say("from %s", altitude(v.Band.Lower))
	if v.Band.Unlimited {
		say("up without limit")
	} else {
		say("up to %s", altitude(v.Band.Upper))
	}
	say("from %s", v.Window.From)
	say("until %s", v.Window.To)
	return out
}

func point(p volume.Point) string { return Format(p, ICAODMS) + " (" + p.String() + ")" }

func radius(m uint32) string {
	if m%1000 == 0 {
		return fmt.Sprintf("%d km", m/1000)
	}
	return fmt.Sprintf("%d m", m)
}

func altitude(a volume.Altitude) string {
	switch {
	case a.Datum == volume.AGL && a.Feet == 0:
		return "the surface"
	case a.Datum == volume.FL && a.Feet >= 0 && a.Feet%100 == 0:
		return fmt.Sprintf("flight level %03d", a.Feet/100)
	}
	return fmt.Sprintf("%d feet %s", a.Feet, map[volume.Datum]string{
		volume.FL: "pressure altitude", volume.AMSL: "above mean sea level",
		volume.AGL: "above ground", volume.Ellipsoid: "above the WGS84 ellipsoid"}[a.Datum])
}

// ReadBackToleranceM is how far a point that was read back may be from the
// point in the volume: a point in whole seconds of arc is at most 22 m off, and
// as much again forgives one that was rounded twice. Whole minutes (up to
// 1.3 km off) pass only where the volume itself stands on whole minutes.
const ReadBackToleranceM = 50.0

// Mismatch is one thing wrong with a read-back.
type Mismatch struct {
	Corner    int     `json:"corner"` // 1, 2 …; 0 for the whole
	DistanceM float64 `json:"distance_m,omitempty"`
	Why       string  `json:"why"`
}

// ReadBackMatches compares what an officer typed back with the volume. The text
// has one point a line (or points parted by semicolons), each in any notation of
// Parse: the centre of a circle, or all corners of a polygon in their order,
// starting anywhere and going either way round. It gives nothing if all is
// right.
func ReadBackMatches(v volume.Volume, typed string) []Mismatch {
	const longest = (MaxText + 1) * (volume.MaxVertices + 1)
	if len(typed) > longest {
		return []Mismatch{{Why: fmt.Sprintf("what was typed is longer than %d bytes", longest)}}
	}
	var points []volume.Point
	for _, line := range strings.FieldsFunc(typed, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(points) == volume.MaxVertices {
			return []Mismatch{{Why: fmt.Sprintf("more than %d points were typed", volume.MaxVertices)}}
		}
		p, _, err := Parse(line)
		if err != nil {
			return []Mismatch{{Corner: len(points) + 1, Why: err.Error()}}
		}
		points = append(points, p)
	}
	return ReadBackPointsMatch(v, points)
}

// ReadBackPointsMatch is ReadBackMatches for points already read.
func ReadBackPointsMatch(v volume.Volume, points []volume.Point) []Mismatch {
	want := v.Area.Polygon
	if c := v.Area.Circle; c != nil {
		want = []volume.Point{c.Center}
	}
	if len(points) != len(want) {
		return []Mismatch{{Why: fmt.Sprintf("%d points were read back, the volume has %d", len(points), len(want))}}
	}
	var best []Mismatch
	for start := range want {
		for _, step := range [2]int{1, -1} {
			wrong := differ(want, points, start, step)
			if len(wrong) == 0 {
				return nil
			}
			if best == nil || len(wrong) < len(best) {
				best = wrong
			}
		}
	}
	return best
}

// differ compares the points with the corners from start on in one direction.
func differ(want, got []volume.Point, start, step int) []Mismatch {
	var out []Mismatch
	n := len(want)
	for i := range got {
		k := ((start+step*i)%n + n) % n
		if d := volume.DistanceM(want[k], got[i]); !(d <= ReadBackToleranceM) {
			out = append(out, Mismatch{k + 1, d, fmt.Sprintf("point %d was read back as %s, %s from corner %d at %s",
				i+1, got[i], km(d), k+1, want[k])})
		}
	}
	return out
}
