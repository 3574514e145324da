package place

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"parley/volume"
)

// Tolerances of Disagree. A place is only known to about 0.01 degree; a region
// is a rough circle; "27 km west of" leaves a sector.
const (
	NameToleranceM  = 1_000.0 // added to the radius of every place
	RegionTolerance = 0.10    // of the radius, for regions and seas besides
	OffsetTolerance = 0.30    // of the distance in "27 km west of": half of one of eight directions is 22.5°
)

// Disagreement is a named place and coordinates that do not fit.
type Disagreement struct {
	Name      string  `json:"name"`       // the words it was found in: "north Syria", "9 km south of Deir ez-Zor"
	Place     Place   `json:"place"`      // the place that they name
	DistanceM float64 `json:"distance_m"` // from where the name points to the area
	AllowedM  float64 `json:"allowed_m"`  // how far would have been no disagreement
	Near      Place   `json:"near"`       // the known place nearest to the middle of the area
	Why       string  `json:"why"`        // in plain words
}

// Disagree tells whether a place named in words lies elsewhere than the
// coordinates. Every known name in the text is looked at, longest first, and the
// worst is given. With no known name there is nothing to compare: false.
//
// What is measured: for a town, airport, port or site, from its point to the
// nearest part of the area; for a region or sea, from its middle to the middle
// of the area, because a region is not meant as its edge. Both are 0 when the
// area holds the place's point. They disagree if that is more than AllowedM: the
// radius of the place plus the tolerances above.
func Disagree(name string, a volume.Area) (Disagreement, bool) {
	var worst Disagreement
	found := false
	for _, m := range mentions(name) {
		d, ok := m.against(a)
		if ok && (!found || d.DistanceM-d.AllowedM > worst.DistanceM-worst.AllowedM) {
			worst, found = d, true
		}
	}
	if found {
		worst.Why = worst.why(a)
	}
	return worst, found
}

// mention is a known name in a text, with what stands before it.
type mention struct {
	place   Place
	point   volume.Point // where the words point: the place, or so many km from it
	offsetM float64
	words   string
}

func (m mention) against(a volume.Area) (Disagreement, bool) {
	d := Disagreement{Name: m.words, Place: m.place, DistanceM: a.DistanceM(m.point)}
	d.AllowedM = m.place.RadiusM + NameToleranceM + m.offsetM*OffsetTolerance
	if k := m.place.Kind; (k == Region || k == Sea) && d.DistanceM > 0 {
		d.DistanceM = volume.DistanceM(a.Centroid(), m.point)
		d.AllowedM += m.place.RadiusM * RegionTolerance
	}
	if math.IsInf(d.DistanceM, 0) || d.DistanceM <= d.AllowedM {
		return Disagreement{}, false
	}
	return d, true
}

func (d *Disagreement) why(a volume.Area) string {
	mid := a.Centroid()
	near, far, dir := Near(mid)
	d.Near = near
	where := fmt.Sprintf("%s %s of %s", km(far), dir, near.Name)
	if far <= near.RadiusM {
		where = "at " + near.Name
	}
	s := fmt.Sprintf("The words say %q, but the coordinates are %s from there (%s would still fit); their middle is %s. Ask which is meant.",
		d.Name, km(d.DistanceM), km(d.AllowedM), where)
	if t := (volume.Point{LatE7: mid.LonE7, LonE7: mid.LatE7}); t.Valid() == nil && volume.DistanceM(t, d.Place.Point) <= d.AllowedM {
		s += " Latitude and longitude may have been exchanged: that would fit."
	}
	return s
}

// km writes a distance as it is said: "850 m", "9.1 km", "218 km".
func km(m float64) string {
	switch {
	case m < 995:
		return fmt.Sprintf("%.0f m", m)
	case m < 99_500:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", m/1000), ".0") + " km"
	}
	return fmt.Sprintf("%.0f km", m/1000)
}

var offset = regexp.MustCompile(`(?i)(\d{1,4}(?:\.\d{1,2})?) ?(km|nm)\.?,? +(?:to +the +)?(north|south|east|west|north[- ]?east|north[- ]?west|south[- ]?east|south[- ]?west|n|s|e|w|ne|nw|se|sw) +(?:of|from) +(.+)$`)

// mentions finds the known names in a text. Words that could name two places
// count as neither.
func mentions(text string) []mention {
	if len(text) > MaxName {
		text = text[:MaxName]
	}
	if m := offset.FindStringSubmatchIndex(text); m != nil {
		part := func(i int) string { return text[m[2*i]:m[2*i+1]] }
		if in := scan(part(4)); len(in) > 0 {
			dist, _ := strconv.ParseFloat(part(1), 64)
			dist *= 1000
			if strings.EqualFold(part(2), "nm") {
				dist *= 1.852
			}
			first := in[0]
			first.offsetM = dist
			first.point = volume.Destination(first.place.Point, bearing(part(3)), dist)
			first.words = strings.TrimSpace(text[m[0]:m[8]]) + " " + first.words
			return append(scan(text[:m[0]]), append([]mention{first}, in[1:]...)...)
		}
	}
	return scan(text)
}

func bearing(s string) float64 {
	s = strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "-", "", " ", "").Replace(strings.ToLower(s))
	for i, w := range [...]string{"n", "ne", "e", "se", "s", "sw", "w", "nw"} {
		if w == s {
			return float64(i) * 45
		}
	}
	return 0
}

// scan finds names by their words, longest first, without overlap.
func scan(text string) []mention {
	const longest = 6
	t := tokens(text)
	x := load()
	var out []mention
	for i := 0; i < len(t); {
		step := 1
		for n := min(longest, len(t)-i); n > 0; n-- {
			hits := x.find(t[i : i+n])
			if len(hits) == 0 {
				continue
			}
			if len(hits) == 1 {
				out = append(out, mention{place: hits[0], point: hits[0].Point, words: hits[0].Name})
			}
			step = n
			break
		}
		i += step
	}
	return out
}
