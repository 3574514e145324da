package report

import (
	"fmt"
	"math"
	"strings"

	"parley/scenario"
)

// What stands round a map: degrees, scale, and the wider map in its corner.

// graticule draws whole and half degrees with their names at the edge.
func (p *page) graticule(m proj) {
	step := 0.5
	if m.box.East-m.box.West > 6 {
		step = 2
	}
	for lat := math.Ceil(m.box.South/step) * step; lat < m.box.North; lat += step {
		_, y := m.xy(lat, m.box.West)
		fmt.Fprintf(p, `<line x1="0" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#5b6b7b" stroke-opacity="0.22" stroke-width="0.8"/>`, y, m.width, y)
		if y < m.height-70 && y > 24 {
			p.f(`<text x="5" y="%s" font-size="10.5" fill="#5b6b7b">%s</text>`+"\n", num(y-3), degrees(lat, "N", "S"))
		}
	}
	for lon := math.Ceil(m.box.West/step) * step; lon < m.box.East; lon += step {
		x, _ := m.xy(m.box.South, lon)
		fmt.Fprintf(p, `<line x1="%.1f" y1="0" x2="%.1f" y2="%.1f" stroke="#5b6b7b" stroke-opacity="0.22" stroke-width="0.8"/>`, x, x, m.height)
		if x < m.width-50 {
			p.f(`<text x="%s" y="12" font-size="10.5" fill="#5b6b7b">%s</text>`+"\n", num(x+4), degrees(lon, "E", "W"))
		}
	}
}

func degrees(v float64, pos, neg string) string {
	h := pos
	if v < 0 {
		h, v = neg, -v
	}
	whole := math.Floor(v + 1e-9)
	return fmt.Sprintf("%d°%02d′%s", int(whole), int(math.Round((v-whole)*60)), h)
}

// scaleBar draws kilometres and nautical miles, and which way is north.
func (p *page) scaleBar(m proj, l *labels) {
	km := 40.0
	for m.metres(km*1000) > m.width/8 {
		km /= 2
	}
	for m.metres(km*1000) < m.width/14 {
		km *= 2
	}
	x, y, w := 22.0, m.height-22, m.metres(km*1000)
	nm := m.metres(math.Round(km/1.852/2) * 1852)
	l.taken = append(l.taken, rect{x - 10, y - 32, x + w + 120, m.height})
	fmt.Fprintf(p, `<path d="M%.1f %.1fv6h%.1fv-6" fill="none" stroke="#222" stroke-width="1.5"/>`, x, y-6, w)
	p.text(x+w+8, y+3, 11.5, "start", "#222", "400", fmt.Sprintf("%g km", km))
	fmt.Fprintf(p, `<path d="M%.1f %.1fv-6h%.1fv6" fill="none" stroke="#222" stroke-width="1.5"/>`, x, y-9, nm)
	p.text(x+nm+8, y-11, 11.5, "start", "#222", "400", fmt.Sprintf("%g NM · north is up", math.Round(km/1.852/2)))
}

// insetBox finds the room for the wider map, in the lower right corner.
func (p *page) insetBox(d Data, m proj, l *labels) *proj {
	if d.Scenario == nil || d.Scenario.Map.Wide == (scenario.Box{}) {
		return nil
	}
	in := newProj(d.Scenario.Map.Wide, m.width*0.205)
	if in.height > m.height*0.62 {
		in = newProj(d.Scenario.Map.Wide, m.width*0.205*m.height*0.62/in.height)
	}
	in.ox, in.oy = m.width-in.width-10, m.height-in.height-10
	l.taken = append(l.taken, rect{in.ox - 4, in.oy - 4, m.width, m.height})
	return &in
}

func (p *page) inset(d Data, in proj, base baseMap, main proj) {
	fmt.Fprintf(p, `<clipPath id="inset"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/></clipPath><g clip-path="url(#inset)">`+"\n", in.ox, in.oy, in.width, in.height)
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#e7eef4"/>`+"\n", in.ox, in.oy, in.width, in.height)
	p.land(in, base)
	x0, y0 := in.xy(main.box.North, main.box.West)
	x1, y1 := in.xy(main.box.South, main.box.East)
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#222" stroke-width="1.2"/>`+"\n", x0, y0, x1-x0, y1-y0)
	l := &labels{w: in.ox + in.width, h: in.oy + in.height}
	for _, t := range d.Scenario.Tracks {
		if t.Claim == "" {
			continue
		}
		color := "#3b4a5a"
		for _, x := range d.Scenario.Parties {
			if strings.HasPrefix(t.Claim, x.Name) {
				color = d.color(x.ID)
			}
		}
		var b strings.Builder
		for i, q := range t.Points {
			x, y := in.xy(q.Pos[0], q.Pos[1])
			fmt.Fprintf(&b, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x, y)
		}
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="%s" stroke-width="1.8" stroke-dasharray="5 3"/>`+"\n", b.String(), color)
	}
	for _, x := range d.Scenario.Disputed {
		for _, c := range x.Claims {
			if !c.Pos.Given() {
				continue
			}
			cx, cy := in.xy(c.Pos[0], c.Pos[1])
			outside := c.Pos[0] < main.box.South || c.Pos[0] > main.box.North || c.Pos[1] < main.box.West || c.Pos[1] > main.box.East
			if outside {
				p.diamond(cx, cy, 5)
				tx, ty, anchor := l.place(cx, cy, 11.5, 9, c.Label)
				p.text(tx, ty, 11.5, anchor, "#111", "600", c.Label)
			}
		}
	}
	p.raw("</g>\n")
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#222" stroke-width="1.4"/>`+"\n", in.ox, in.oy, in.width, in.height)
}
