package report

import (
	"fmt"
	"math"
	"strings"

	"parley/party"
	"parley/record"
	"parley/scenario"
	"parley/volume"
)

// The sheet of the map, in its own units.
const sheet = 1000.0

// maps draws the map of the evening: what was announced, filed and relayed, how
// things moved, and the places that are disputed, each with who claims it.
func (p *page) maps(d Data) {
	box := d.box()
	if box == (scenario.Box{}) {
		return
	}
	m := newProj(box, sheet)
	base := readBaseMap(d.BaseMap)
	p.raw("<section>\n<h2>Where</h2>\n<figure>\n")
	p.f("<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"Map\">\n", num(m.width), num(m.height))
	p.raw(mapDefs)
	fmt.Fprintf(p, `<rect width="%.1f" height="%.1f" fill="#e7eef4"/>`+"\n", m.width, m.height)
	fmt.Fprintf(p, `<clipPath id="sheet"><rect width="%.1f" height="%.1f"/></clipPath><g clip-path="url(#sheet)">`+"\n", m.width, m.height)
	p.land(m, base)
	p.graticule(m)
	l := &labels{w: m.width, h: m.height}
	inset := p.insetBox(d, m, l)
	p.scaleBar(m, l)
	p.blockMarks(d, m, l)
	p.areas(d, m, l)
	p.tracks(d, m, l)
	p.claims(d, m, l)
	p.names(d, m, l, base)
	p.raw("</g>\n")
	if inset != nil {
		p.inset(d, *inset, base, m)
	}
	p.raw("</svg>\n")
	p.f("<figcaption>%s</figcaption>\n</figure>\n", safe(d.mapCaption()))
	p.raw("</section>\n")
}

const mapDefs = `<defs>
<pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="9" stroke="#b3131b" stroke-width="1.1" stroke-opacity="0.34"/></pattern>
</defs>
`

func num(v float64) string { return fmt.Sprintf("%.1f", v) }

// box is the part of the world to draw: what the scenario says, or what holds
// all volumes.
func (d Data) box() scenario.Box {
	if d.Scenario != nil {
		s := d.Scenario.Map
		return scenario.Box{South: s.South, West: s.West, North: s.North, East: s.East}
	}
	var b scenario.Box
	first := true
	for _, a := range d.drawn() {
		lo, hi, crosses := a.v.Area.Bound()
		if crosses {
			continue
		}
		if first {
			b, first = scenario.Box{South: lo.Lat(), West: lo.Lon(), North: hi.Lat(), East: hi.Lon()}, false
			continue
		}
		b = scenario.Box{South: math.Min(b.South, lo.Lat()), West: math.Min(b.West, lo.Lon()), North: math.Max(b.North, hi.Lat()), East: math.Max(b.East, hi.Lon())}
	}
	if first || b.North > 80 || b.South < -80 || b.East-b.West > 60 {
		return scenario.Box{}
	}
	padLat, padLon := math.Max(0.15, (b.North-b.South)*0.3), math.Max(0.25, (b.East-b.West)*0.3)
	b = scenario.Box{South: b.South - padLat, West: b.West - padLon, North: b.North + padLat, East: b.East + padLon}
	mid := math.Cos((b.South + b.North) / 2 * math.Pi / 180)
	if want := (b.East - b.West) * mid * 0.42; b.North-b.South < want { // no flatter than the sheet likes
		extra := (want - (b.North - b.South)) / 2
		b.South, b.North = b.South-extra, b.North+extra
	}
	if want := (b.North - b.South) * 1.25 / mid; b.East-b.West < want {
		extra := (want - (b.East - b.West)) / 2
		b.West, b.East = b.West-extra, b.East+extra
	}
	return b
}

// area is a volume to draw.
type area struct {
	v    volume.Volume
	by   party.ID
	what string // notice, relay
	name string
}

// drawn gives the volumes of all runs, each once.
func (d Data) drawn() []area {
	var out []area
	seen := map[string]bool{}
	put := func(a area) {
		key := fmt.Sprintf("%s %s %v", a.what, a.by, a.v)
		if a.v.Area.Circle != nil {
			key = fmt.Sprintf("%s %s %v %v %v", a.what, a.by, *a.v.Area.Circle, a.v.Band, a.v.Window)
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	for _, r := range d.Runs {
		for _, s := range r.seatsOf() {
			for _, n := range s.Notices {
				for _, v := range n.Volumes {
					put(area{v, n.Party, "notice", fmt.Sprintf("%s's notice: %s, %s–%s", d.nameOf(n.Party), v.Band, minute(v.Window.From), minute(v.Window.To))})
				}
			}
			for _, x := range s.Relays {
				for _, v := range x.Relay.Volumes {
					put(area{v, x.Party, "relay", fmt.Sprintf("corridor relayed by %s: until %s", d.nameOf(x.Party), minute(v.Window.To))})
				}
			}
		}
	}
	return out
}

// outline gives the corners of an area, with great-circle edges cut small.
func outline(a volume.Area) []volume.Point {
	if a.Circle != nil {
		var out []volume.Point
		for deg := 0.0; deg < 360; deg += 5 {
			out = append(out, volume.Destination(a.Circle.Center, deg, float64(a.Circle.RadiusM)))
		}
		return out
	}
	var out []volume.Point
	for i, q := range a.Polygon {
		out = append(out, between(q, a.Polygon[(i+1)%len(a.Polygon)])...)
	}
	return out
}

// between gives points on the shortest path from a to before b.
func between(a, b volume.Point) []volume.Point {
	dist := volume.DistanceM(a, b)
	n := max(1, min(40, int(dist/10_000)))
	var out []volume.Point
	for i := range n {
		if i == 0 {
			out = append(out, a)
			continue
		}
		out = append(out, volume.Destination(a, volume.BearingDeg(a, b), dist*float64(i)/float64(n)))
	}
	return out
}

func (m proj) points(ps []volume.Point) string {
	var b strings.Builder
	for i, q := range ps {
		if i > 0 {
			b.WriteByte(' ')
		}
		x, y := m.at(q)
		fmt.Fprintf(&b, "%.1f,%.1f", x, y)
	}
	return b.String()
}

// areas draws notices, corridors and filed routes.
func (p *page) areas(d Data, m proj, l *labels) {
	for _, r := range d.Runs {
		for _, s := range r.seatsOf() {
			for _, pl := range s.Plans {
				p.route(d, m, pl.Plan, s.Self)
			}
		}
	}
	for _, a := range d.drawn() {
		ring := outline(a.v.Area)
		switch a.what {
		case "notice":
			fmt.Fprintf(p, `<polygon points="%s" fill="url(#hatch)" stroke="#b3131b" stroke-width="2"/>`+"\n", m.points(ring))
		default:
			fmt.Fprintf(p, `<polygon points="%s" fill="#0b6e5f" fill-opacity="0.07" stroke="#0b6e5f" stroke-width="2" stroke-dasharray="9 5"/>`+"\n", m.points(ring))
		}
	}
	for _, a := range d.drawn() {
		lo, hi, _ := a.v.Area.Bound()
		color, w := "#b3131b", textWidth(a.name, 13)*1.06
		x, y := m.xy(hi.Lat(), lo.Lon())
		if a.what == "notice" { // over its upper edge, from its western end
			x += 4
		} else { // up to its eastern end
			color = "#0b6e5f"
			x, _ = m.xy(hi.Lat(), hi.Lon())
			x -= w
		}
		x = math.Max(6, math.Min(x, m.width-w-6))
		y = math.Max(26, math.Min(y-8, m.height-8))
		box := rect{x - 3, y - 13, x + w + 3, y + 4}
		for _, t := range l.taken { // two of one place stand over each other
			if t.y1-t.y0 > 15 && box.meets(t) {
				y -= 18
				box.y0, box.y1 = box.y0-18, box.y1-18
			}
		}
		l.taken = append(l.taken, box)
		p.text(x, y, 13, "start", color, "600", a.name)
	}
}

// blockMarks keeps names off what is drawn at a point.
func (p *page) blockMarks(d Data, m proj, l *labels) {
	if d.Scenario == nil {
		return
	}
	for _, x := range d.Scenario.Places {
		cx, cy := m.xy(x.Pos[0], x.Pos[1])
		l.block(cx, cy, 4)
	}
	for _, x := range d.Scenario.Disputed {
		for _, c := range x.Claims {
			if c.Pos.Given() {
				cx, cy := m.xy(c.Pos[0], c.Pos[1])
				l.block(cx, cy, 8)
			}
		}
	}
	for _, t := range d.Scenario.Tracks {
		for i, q := range t.Points {
			x, y := m.xy(q.Pos[0], q.Pos[1])
			l.block(x, y, 5)
			if i > 0 {
				px, py := m.xy(t.Points[i-1].Pos[0], t.Points[i-1].Pos[1])
				l.line(px, py, x, y)
			}
		}
	}
}

// route draws a filed route with its tolerance.
func (p *page) route(d Data, m proj, plan record.Plan, by party.ID) {
	color := d.color(by)
	for _, leg := range plan.Legs {
		w := m.metres(float64(leg.HalfWidthM)) * 2
		x0, y0 := m.at(leg.From)
		x1, y1 := m.at(leg.To)
		if leg.From == leg.To {
			fmt.Fprintf(p, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" fill-opacity="0.07" stroke="%s" stroke-opacity="0.5" stroke-width="1" stroke-dasharray="3 4"/>`+"\n", x0, y0, w/2, color, color)
			continue
		}
		fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-opacity="0.1" stroke-width="%.1f" stroke-linecap="round"/>`+"\n", x0, y0, x1, y1, color, w)
		fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-opacity="0.65" stroke-width="1.2" stroke-dasharray="2 4"/>`+"\n", x0, y0, x1, y1, color)
	}
}

// text writes one label with a halo, so that lines under it do not hide it.
func (p *page) text(x, y, size float64, anchor, color, weight, s string) {
	p.f(`<text x="%s" y="%s" font-size="%s" text-anchor="%s" fill="%s" font-weight="%s" stroke="#fff" stroke-width="3.2" stroke-linejoin="round" paint-order="stroke">%s</text>`+"\n",
		num(x), num(y), num(size), anchor, color, weight, s)
}

// tracks draws each way with its times. A published point is full, a computed
// one half, an assumed one hollow.
func (p *page) tracks(d Data, m proj, l *labels) {
	if d.Scenario == nil {
		return
	}
	type mark struct {
		x, y  float64
		text  string
		color string
	}
	var marks []mark
	for _, t := range d.Scenario.Tracks {
		color, dash := d.color(t.Party), ""
		if t.Claim != "" {
			color, dash = "#3b4a5a", ` stroke-dasharray="7 4"`
			for _, x := range d.Scenario.Parties {
				if strings.HasPrefix(t.Claim, x.Name) {
					color = d.color(x.ID)
				}
			}
		}
		var b strings.Builder
		for i, q := range t.Points {
			x, y := m.xy(q.Pos[0], q.Pos[1])
			fmt.Fprintf(&b, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x, y)
		}
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="%s" stroke-width="2.6" stroke-linejoin="round"%s/>`+"\n", b.String(), color, dash)
		named := false
		for i, q := range t.Points {
			x, y := m.xy(q.Pos[0], q.Pos[1])
			if x < 0 || y < 0 || x > m.width || y > m.height {
				continue
			}
			fill := "#fff"
			if q.Basis == "published" || q.Basis == "computed" {
				fill = color
			}
			fmt.Fprintf(p, `<circle cx="%.1f" cy="%.1f" r="4.2" fill="%s" stroke="%s" stroke-width="1.8"/>`+"\n", x, y, fill, color)
			if q.At < d.Scenario.Shows && i > 0 {
				continue
			}
			text := minute(q.At)
			if q.At%60000 != 0 {
				text = clock(q.At)
			}
			if !named && (q.At >= d.Scenario.Shows || i == len(t.Points)-1) || i == 0 && t.Standing == "own" {
				text = t.ID + " " + text
				named = true
			}
			marks = append(marks, mark{x, y, text, color})
		}
	}
	for _, k := range marks {
		x, y, anchor := l.place(k.x, k.y, 12.5, 9, k.text)
		p.text(x, y, 12.5, anchor, k.color, "600", k.text)
	}
}

// claims draws the disputed places, each with who claims it.
func (p *page) claims(d Data, m proj, l *labels) {
	if d.Scenario == nil {
		return
	}
	for _, x := range d.Scenario.Disputed {
		for _, c := range x.Claims {
			if !c.Pos.Given() {
				continue
			}
			cx, cy := m.xy(c.Pos[0], c.Pos[1])
			if cx < 0 || cy < 0 || cx > m.width || cy > m.height {
				continue
			}
			p.diamond(cx, cy, 7)
			tx, ty, anchor := l.place(cx, cy, 12.5, 12, c.Label)
			p.text(tx, ty, 12.5, anchor, "#111", "600", c.Label)
		}
	}
}

func (p *page) diamond(x, y, r float64) {
	fmt.Fprintf(p, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ" fill="#ffd24a" stroke="#111" stroke-width="1.6"/>`+"\n", x, y-r, x+r, y, x, y+r, x-r, y)
}

// names draws places.
func (p *page) names(d Data, m proj, l *labels, base baseMap) {
	put := func(name string, lat, lon float64) {
		x, y := m.xy(lat, lon)
		if x < 4 || y < 4 || x > m.width-4 || y > m.height-4 {
			return
		}
		fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="6" height="6" fill="#3a3a36"/>`+"\n", x-3, y-3)
		tx, ty, anchor := l.place(x, y, 13, 8, name)
		p.text(tx, ty, 13, anchor, "#3a3a36", "400", name)
	}
	if d.Scenario != nil {
		for _, x := range d.Scenario.Places {
			put(x.Name, x.Pos[0], x.Pos[1])
		}
		return
	}
	for _, f := range base.Features {
		if f.Properties.Layer == "place" && (f.Properties.Kind == "city" || f.Properties.Kind == "town") {
			if q, ok := pointOf(f.Geometry.Coordinates); ok {
				put(f.Properties.Name, q[1], q[0])
			}
		}
	}
}

func (d Data) mapCaption() string {
	var parts []string
	if d.Scenario != nil {
		parts = append(parts, "<b>Red hatching</b>: the area that the notice carries. <b>Green, broken</b>: the corridor that was relayed to the third party. <b>Faint band</b>: the filed route with its tolerance; it stands on its owner's own record and was sent to nobody.",
			"<b>Yellow diamonds</b>: disputed places, each with who claims it. <b>Broken tracks</b>: the same aircraft by two accounts. Full dots are published or computed from published figures, hollow ones assumed; the lines between are synthetic.")
	} else {
		parts = append(parts, "<b>Red hatching</b>: volumes of notices. <b>Green, broken</b>: volumes of relays.")
	}
	return strings.Join(parts, " ")
}
