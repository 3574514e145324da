package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"parley/scenario"
	"parley/volume"
)

// proj puts degrees on paper: plate carrée with the scale of the middle
// latitude, which over a few degrees is off by less than a line's width.
type proj struct {
	box    scenario.Box
	width  float64
	height float64
	kx, ky float64
	ox, oy float64 // where the map's corner is on the sheet
}

func newProj(b scenario.Box, width float64) proj {
	mid := (b.South + b.North) / 2 * math.Pi / 180
	kx := width / (b.East - b.West)
	ky := kx / math.Cos(mid)
	return proj{box: b, width: width, height: ky * (b.North - b.South), kx: kx, ky: ky}
}

func (m proj) xy(lat, lon float64) (x, y float64) {
	return m.ox + (lon-m.box.West)*m.kx, m.oy + (m.box.North-lat)*m.ky
}

func (m proj) at(p volume.Point) (x, y float64) { return m.xy(p.Lat(), p.Lon()) }

// metres gives how long so many metres are on the sheet.
func (m proj) metres(v float64) float64 { return v / 111_195 * m.ky }

// baseMap is what is read of the GeoJSON base map.
type baseMap struct {
	Parley struct {
		Attribution string `json:"attribution"`
	} `json:"parley"`
	Features []struct {
		Properties struct {
			Layer string `json:"layer"`
			Name  string `json:"name_en"`
			Kind  string `json:"kind"`
			Rank  int    `json:"rank"`
		} `json:"properties"`
		Geometry struct {
			Type        string          `json:"type"`
			Coordinates json.RawMessage `json:"coordinates"`
		} `json:"geometry"`
	} `json:"features"`
}

func readBaseMap(b []byte) baseMap {
	var m baseMap
	if json.Unmarshal(b, &m) != nil {
		return baseMap{} // a report without coast is still a report
	}
	return m
}

func attributionOf(b []byte) string { return readBaseMap(b).Parley.Attribution }

// land draws coast, borders and disputed lines of the base map.
func (p *page) land(m proj, base baseMap) {
	var land, border, disputed strings.Builder
	for _, f := range base.Features {
		switch f.Properties.Layer {
		case "land":
			var polys [][][][2]float64
			if json.Unmarshal(f.Geometry.Coordinates, &polys) != nil {
				continue
			}
			for _, poly := range polys {
				for _, ring := range poly {
					trace(&land, m, clipRing(ring, m.box), true)
				}
			}
		case "border", "disputed":
			var lines [][][2]float64
			if json.Unmarshal(f.Geometry.Coordinates, &lines) != nil {
				continue
			}
			to := &border
			if f.Properties.Layer == "disputed" {
				to = &disputed
			}
			for _, l := range lines {
				for _, part := range clipLine(l, m.box) {
					trace(to, m, part, false)
				}
			}
		}
	}
	if land.Len() > 0 {
		fmt.Fprintf(p, `<path d="%s" fill="#f4f0e6" stroke="#a79f8a" stroke-width="0.9" fill-rule="evenodd"/>`+"\n", land.String())
	}
	if border.Len() > 0 {
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="#8d8672" stroke-width="1"/>`+"\n", border.String())
	}
	if disputed.Len() > 0 {
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="#8d8672" stroke-width="1" stroke-dasharray="5 3.5"/>`+"\n", disputed.String())
	}
}

func trace(b *strings.Builder, m proj, pts [][2]float64, closed bool) {
	if len(pts) < 2 {
		return
	}
	for i, q := range pts {
		x, y := m.xy(q[1], q[0])
		cmd := "L"
		if i == 0 {
			cmd = "M"
		}
		fmt.Fprintf(b, "%s%.1f %.1f", cmd, x, y)
	}
	if closed {
		b.WriteString("Z")
	}
}

// clipRing cuts a ring to a box a little wider than the map (Sutherland and
// Hodgman), so that the cut's own edges lie outside the picture.
func clipRing(ring [][2]float64, b scenario.Box) [][2]float64 {
	const d = 0.2
	w, s, e, n := b.West-d, b.South-d, b.East+d, b.North+d
	cut := func(in [][2]float64, keep func([2]float64) bool, cross func(a, b [2]float64) [2]float64) [][2]float64 {
		var out [][2]float64
		for i, q := range in {
			prev := in[(i+len(in)-1)%len(in)]
			if keep(q) != keep(prev) {
				out = append(out, cross(prev, q))
			}
			if keep(q) {
				out = append(out, q)
			}
		}
		return out
	}
	atX := func(x float64) func(a, b [2]float64) [2]float64 {
		return func(a, b [2]float64) [2]float64 {
			return [2]float64{x, a[1] + (b[1]-a[1])*(x-a[0])/(b[0]-a[0])}
		}
	}
	atY := func(y float64) func(a, b [2]float64) [2]float64 {
		return func(a, b [2]float64) [2]float64 {
			return [2]float64{a[0] + (b[0]-a[0])*(y-a[1])/(b[1]-a[1]), y}
		}
	}
	ring = cut(ring, func(q [2]float64) bool { return q[0] >= w }, atX(w))
	ring = cut(ring, func(q [2]float64) bool { return q[0] <= e }, atX(e))
	ring = cut(ring, func(q [2]float64) bool { return q[1] >= s }, atY(s))
	return cut(ring, func(q [2]float64) bool { return q[1] <= n }, atY(n))
}

// clipLine keeps the parts of a line that have a point near the map.
func clipLine(l [][2]float64, b scenario.Box) [][][2]float64 {
	const d = 0.2
	near := func(q [2]float64) bool {
		return q[0] >= b.West-d && q[0] <= b.East+d && q[1] >= b.South-d && q[1] <= b.North+d
	}
	var out [][][2]float64
	var part [][2]float64
	for i, q := range l {
		if near(q) || i > 0 && near(l[i-1]) || i+1 < len(l) && near(l[i+1]) {
			part = append(part, q)
			continue
		}
		if len(part) > 1 {
			out = append(out, part)
		}
		part = nil
	}
	if len(part) > 1 {
		out = append(out, part)
	}
	return out
}

// labels places texts so that they do not lie on each other.
type labels struct {
	taken []rect
	w, h  float64
}

type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) meets(s rect) bool {
	return r.x0 < s.x1 && s.x0 < r.x1 && r.y0 < s.y1 && s.y0 < r.y1
}

func (l *labels) block(x, y, r float64) { l.taken = append(l.taken, rect{x - r, y - r, x + r, y + r}) }

// line blocks the way of a line, so that names stay off it where they can.
func (l *labels) line(x0, y0, x1, y1 float64) {
	n := int(math.Hypot(x1-x0, y1-y0)/14) + 1
	for i := 0; i <= n; i++ {
		f := float64(i) / float64(n)
		l.block(x0+(x1-x0)*f, y0+(y1-y0)*f, 2.5)
	}
}

// place finds a spot for a text of that size beside x, y and gives its anchor's
// start, middle or end. Where every spot is taken the one with the least
// trouble is used: a text that overlaps is better than one that is missing.
func (l *labels) place(x, y, size, gap float64, text string) (tx, ty float64, anchor string) {
	w := textWidth(text, size)
	type spot struct {
		x, y   float64
		anchor string
	}
	g := gap
	spots := []spot{{x + g, y + size*0.36, "start"}, {x - g, y + size*0.36, "end"}, {x, y - g, "middle"}, {x, y + g + size*0.75, "middle"},
		{x + g*0.8, y - g*0.8, "start"}, {x + g*0.8, y + g*0.8 + size*0.7, "start"}, {x - g*0.8, y - g*0.8, "end"}, {x - g*0.8, y + g*0.8 + size*0.7, "end"},
		{x + g, y - size*1.6, "start"}, {x + g, y + size*2.2, "start"}, {x - g, y - size*1.6, "end"}, {x - g, y + size*2.2, "end"},
		{x, y - g - size*1.5, "middle"}, {x, y + g + size*2.4, "middle"}}
	best, bestCost := 0, math.Inf(1)
	boxes := make([]rect, len(spots))
	for i, s := range spots {
		x0 := s.x
		switch s.anchor {
		case "end":
			x0 -= w
		case "middle":
			x0 -= w / 2
		}
		boxes[i] = rect{x0 - 2, s.y - size*0.95, x0 + w + 2, s.y + size*0.28}
		cost := float64(i) * 0.05
		for _, t := range l.taken {
			if boxes[i].meets(t) {
				cost += 1 + (t.x1-t.x0)/60
			}
		}
		if boxes[i].x0 < 2 || boxes[i].y0 < 2 || boxes[i].x1 > l.w-2 || boxes[i].y1 > l.h-2 {
			cost += 50
		}
		if cost < bestCost {
			best, bestCost = i, cost
		}
	}
	l.taken = append(l.taken, boxes[best])
	return spots[best].x, spots[best].y, spots[best].anchor
}

// textWidth is about how wide a text is in the page's typeface.
func textWidth(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljtfr.,:;'|!() ", r):
			w += 0.34
		case strings.ContainsRune("mwMW", r):
			w += 0.86
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			w += 0.61
		default:
			w += 0.55
		}
	}
	return w * size
}

func pointOf(raw json.RawMessage) ([2]float64, bool) {
	var q [2]float64
	err := json.Unmarshal(raw, &q)
	return q, err == nil
}
