package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// clipLand cuts the land at the region's edge: outer rings and the waters in
// them. The cut runs along the edge, so an outline of the land shows there where
// the map ends.
func clipLand(t *topology) [][][]point {
	var land [][][]point
	for _, rings := range t.land {
		var polygon [][]point
		for i, arcs := range rings {
			cut := tidy(clipRing(t.ring(arcs), region))
			if len(cut) < 4 {
				if i == 0 {
					break // the island lies outside: so do its waters
				}
				continue
			}
			polygon = append(polygon, cut)
		}
		if len(polygon) > 0 {
			land = append(land, polygon)
		}
	}
	return land
}

// clipRing is Sutherland and Hodgman's cut of a closed ring by a box, one side
// after the other.
func clipRing(ring []point, b box) []point {
	sides := []struct {
		axis int
		at   float64
		keep float64 // +1 keeps what is greater, -1 what is smaller
	}{{0, b.west, 1}, {0, b.east, -1}, {1, b.south, 1}, {1, b.north, -1}}
	for _, s := range sides {
		var out []point
		for i := range ring {
			p, q := ring[i], ring[(i+1)%len(ring)]
			in := func(p point) bool { return (p[s.axis]-s.at)*s.keep >= 0 }
			if in(p) {
				out = append(out, p)
			}
			if in(p) != in(q) {
				out = append(out, crossing(p, q, s.axis, s.at))
			}
		}
		if ring = out; len(ring) == 0 {
			return nil
		}
	}
	return append(ring, ring[0])
}

// crossing gives the point of the segment from p to q where its axis is at.
func crossing(p, q point, axis int, at float64) point {
	f := (at - p[axis]) / (q[axis] - p[axis])
	c := point{p[0] + f*(q[0]-p[0]), p[1] + f*(q[1]-p[1])}
	c[axis] = at
	return c
}

// disputes is disputed.json.
type disputes struct {
	Note  string
	Dash  []dash // Natural Earth's lines that are not agreed
	Drawn []struct {
		Between [2]string
		Why     string
		Line    []point
	}
}

// dash names a border of Natural Earth by its two neighbours and says why it is
// drawn dashed. Neighbour "*" means any. In, where given, limits it to a part:
// west, south, east, north.
type dash struct {
	Between [2]string
	Why     string
	In      *[4]float64
}

func readDisputes(path string) (*disputes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read disputed lines: %w", err)
	}
	defer f.Close()
	var d disputes
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("couldn't read disputed lines in %s: %w", path, err)
	}
	return &d, nil
}

// match gives the entry that covers a segment of the border between a and b, or
// -1. mid is the segment's middle.
func (d *disputes) match(a, b string, mid point) int {
	return slices.IndexFunc(d.Dash, func(e dash) bool {
		x, y := e.Between[0], e.Between[1]
		named := (x == a && (y == b || y == "*")) || (x == b && (y == a || y == "*"))
		return named && (e.In == nil || box{e.In[0], e.In[1], e.In[2], e.In[3]}.has(mid))
	})
}

// splitBorders gives the agreed lines, and a feature for each disputed one in
// the order of disputed.json. An entry that matches no line of Natural Earth is
// an error: a name has changed, and a disputed line would be shown as agreed.
func splitBorders(t *topology, d *disputes) ([][]point, []any, error) {
	var agreed [][]point
	dashed := make([][][]point, len(d.Dash))
	owners := t.owners()
	for i, arc := range t.arcs {
		of := owners[i]
		if len(of) != 2 || of[0] == of[1] {
			continue
		}
		for start := 0; start+1 < len(arc); {
			is := segment(arc, start, of, d)
			end := start + 1
			for end+1 < len(arc) && segment(arc, end, of, d) == is {
				end++
			}
			line := tidy(arc[start : end+1])
			start = end
			switch {
			case is == outside || len(line) < 2:
			case is == plain:
				agreed = append(agreed, line)
			default:
				dashed[is] = append(dashed[is], line)
			}
		}
	}
	var features []any
	for i, e := range d.Dash {
		if len(dashed[i]) == 0 {
			return nil, nil, fmt.Errorf("couldn't find the border of %s and %s, which disputed.json names", e.Between[0], e.Between[1])
		}
		features = append(features, feature{"layer": "disputed", "between": e.Between, "why": e.Why}.with("MultiLineString", dashed[i]))
	}
	for _, e := range d.Drawn {
		features = append(features, feature{"layer": "disputed", "between": e.Between, "why": e.Why, "by_hand": true}.
			with("MultiLineString", [][]point{e.Line}))
	}
	return agreed, features, nil
}

const (
	outside = -2 // not on the map
	plain   = -1 // nothing in disputed.json
)

// segment says what the piece of an arc from point i on is: outside, plain, or
// the number of its entry in disputed.json.
func segment(arc []point, i int, of []string, d *disputes) int {
	p, q := arc[i], arc[i+1]
	mid := point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}
	if !region.has(mid) {
		return outside
	}
	return d.match(of[0], of[1], mid)
}
