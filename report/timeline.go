package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// axis puts instants on a line.
type axis struct {
	from, to utc.Time
	x0, x1   float64
}

func (a axis) x(t utc.Time) float64 {
	return a.x0 + (a.x1-a.x0)*float64(t-a.from)/float64(a.to-a.from)
}

// ticks draws the axis with about n names.
func (p *page) ticks(a axis, top, bottom float64, n int) {
	span := a.to.Sub(a.from)
	step := 24 * time.Hour
	for _, s := range []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour} {
		if span/s <= time.Duration(n) {
			step = s
			break
		}
	}
	ms := utc.Time(step.Milliseconds())
	for t := (a.from + ms - 1) / ms * ms; t <= a.to; t += ms {
		x := a.x(t)
		fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#16202c" stroke-opacity="0.13"/>`, x, top, x, bottom)
		name := minute(t)
		if step < time.Minute {
			name = clock(t)
		}
		p.f(`<text x="%s" y="%s" font-size="11.5" text-anchor="middle" fill="#56616f">%s</text>`+"\n", num(x), num(top-6), name)
	}
}

// timeline draws the whole evening: the claimed times, and each run below.
func (p *page) timeline(d Data) {
	a, ok := d.evening()
	if !ok || d.Scenario == nil && !slices.ContainsFunc(d.Runs, func(r Run) bool { return len(r.Outcome.Missing)+len(r.Outcome.Alerts) > 0 }) {
		return
	}
	q := &page{} // drawn first: its height is known last
	y := 34.0
	y = q.claimRows(d, a, y)
	for i := range d.Runs {
		y = q.runRows(d, i, a, y)
	}
	bottom := y + 6
	p.raw("<section>\n<h2>When</h2>\n<figure>\n")
	p.f("<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"Timeline\">\n", num(sheet), num(bottom+8))
	p.ticks(a, 26, bottom, 10)
	if !d.Moment.At.IsZero() {
		x := a.x(d.Moment.At)
		fmt.Fprintf(p, `<line x1="%.1f" y1="26" x2="%.1f" y2="%.1f" stroke="#16202c" stroke-width="1.8"/>`+"\n", x, x, bottom)
	}
	p.raw(q.String())
	p.raw("</svg>\n")
	caption := "Times by the signed records of each party; claimed times by their sources."
	if !d.Moment.At.IsZero() {
		caption = fmt.Sprintf("The upright line is %s: %s. Leads are counted to it. ", clock(d.Moment.At), lowerFirst(d.Moment.Name)) + caption
	}
	p.f("<figcaption>%s</figcaption>\n</figure>\n</section>\n", caption)
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && !(s[1] >= 'A' && s[1] <= 'Z') {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// evening is the span of everything that is drawn.
func (d Data) evening() (axis, bool) {
	a := axis{x0: 150, x1: sheet - 40}
	put := func(t utc.Time) {
		if !t.IsZero() && (a.from.IsZero() || t < a.from) {
			a.from = t
		}
		a.to = max(a.to, t)
	}
	if d.Scenario != nil {
		put(d.Moment.At)
		for _, x := range d.Scenario.Disputed {
			for _, c := range x.Claims {
				put(c.At)
			}
		}
	}
	for _, r := range d.Runs {
		for _, e := range r.story() {
			if e.kind != record.KindPlan {
				put(e.at)
			}
		}
	}
	if a.from.IsZero() || a.to-a.from > 400*24*3600_000 {
		return a, false
	}
	pad := max(a.to.Sub(a.from)/60, time.Second)
	a.from, a.to = a.from.Add(-pad), a.to.Add(pad)
	return a, true
}

// claimRows draws the claimed times, a row for each who claims.
func (p *page) claimRows(d Data, a axis, y float64) float64 {
	if d.Scenario == nil {
		return y
	}
	type point struct {
		at    utc.Time
		label string
	}
	rows := map[string][]point{}
	var order []string
	for _, x := range d.Scenario.Disputed {
		for _, c := range x.Claims {
			if c.At.IsZero() || c.Label == "" {
				continue
			}
			who, _, _ := strings.Cut(c.By, ",")
			if rows[who] == nil {
				order = append(order, who)
			}
			if !slices.Contains(rows[who], point{c.At, c.Label}) {
				rows[who] = append(rows[who], point{c.At, c.Label})
			}
		}
	}
	for _, who := range order {
		ps := rows[who]
		slices.SortStableFunc(ps, func(a, b point) int { return cmp.Compare(a.at, b.at) })
		var ends []float64 // where each level of labels is taken to
		top := y + 14
		type set struct {
			x, tx  float64
			lvl    int
			label  string
			anchor string
		}
		var sets []set
		for _, q := range ps {
			x := a.x(q.at)
			w := textWidth(q.label, 11.5)
			tx, anchor, x0, x1 := x+7, "start", x-6, x+7+w
			if x1 > sheet-4 {
				tx, anchor, x0, x1 = x-7, "end", x-7-w, x+6
			}
			lvl := 0
			for lvl < len(ends) && ends[lvl] > x0-8 {
				lvl++
			}
			if lvl == len(ends) {
				ends = append(ends, 0)
			}
			ends[lvl] = x1
			sets = append(sets, set{x, tx, lvl, q.label, anchor})
		}
		h := float64(len(ends)) * 16
		p.f(`<text x="14" y="%s" font-size="12.5" font-weight="600" fill="#16202c">%s</text><text x="14" y="%s" font-size="11" fill="#56616f">claims</text>`+"\n", num(top+4), who, num(top+19))
		for _, s := range sets {
			ly := top + float64(s.lvl)*16
			if s.lvl > 0 {
				fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#16202c" stroke-opacity="0.3"/>`, s.x, top, s.x, ly)
			}
			p.diamond(s.x, ly, 4.5)
			p.text(s.tx, ly+4, 11.5, s.anchor, "#16202c", "400", s.label)
		}
		y = top + math.Max(h, 26) + 2
		fmt.Fprintf(p, `<line x1="0" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#d5dae0"/>`+"\n", y, sheet, y)
	}
	return y
}

// runRows draws one run: what was missing, what was open, what was confirmed.
func (p *page) runRows(d Data, i int, a axis, y float64) float64 {
	r := d.Runs[i]
	name := r.Outcome.Name
	top := y + 20
	p.f(`<text x="14" y="%s" font-size="12.5" font-weight="600" fill="#16202c">%s</text>`+"\n", num(top+2), sentence(name))
	row := top - 2
	bar := func(from, to utc.Time, color, label string) {
		x0, x1 := a.x(from), a.x(to)
		fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="13" fill="%s"/>`, x0, row-9, math.Max(3, x1-x0), color)
		w := textWidth(label, 11.5) * 1.08
		if x1-x0 > w+14 {
			p.f(`<text x="%s" y="%s" font-size="11.5" fill="#fff" font-weight="600">%s</text>`+"\n", num(x0+7), num(row+1.5), label)
		} else {
			p.text(math.Min(x1+7, sheet-w-4), row+1.5, 11.5, "start", color, "600", label)
		}
		row += 20
	}
	until := d.Moment.At
	if until.IsZero() {
		until = a.to
	}
	n := 0
	for _, m := range r.Outcome.Missing {
		if m.Since >= a.from && n < 6 {
			bar(m.Since, until, "#b3131b", fmt.Sprintf("%s by %s: missing %s", levelName(m.Level), m.Party, seconds(m.Seconds)))
			n++
		}
	}
	for k, x := range r.Outcome.Alerts {
		if k == 4 {
			break
		}
		label := fmt.Sprintf("alert on %s at %s, nobody answers", x.Track, x.Party)
		to := until
		if x.AcknowledgedAt != nil {
			label, to = fmt.Sprintf("%s alert on %s at %s; answered after %s", clock(x.RaisedAt), x.Track, x.Party, span(x.AcknowledgedAt.Sub(x.RaisedAt))), *x.AcknowledgedAt
		}
		bar(x.RaisedAt, to, "#b3131b", label)
	}
	if r.Outcome.UnitConfirmed && len(r.Outcome.Alerts) > 0 {
		bar(r.Outcome.Alerts[0].RaisedAt, r.Outcome.UnitConfirmedAt, "#0b6e5f", fmt.Sprintf("%s unit confirms, %s after the alert", clock(r.Outcome.UnitConfirmedAt), span(r.Outcome.UnitConfirmedAt.Sub(r.Outcome.Alerts[0].RaisedAt))))
		if !d.Moment.At.IsZero() && d.Moment.At > r.Outcome.UnitConfirmedAt {
			bar(r.Outcome.UnitConfirmedAt, d.Moment.At, "#5f8f86", fmt.Sprintf("left to the moment: %s", span(d.Moment.At.Sub(r.Outcome.UnitConfirmedAt))))
		}
	}
	for k, x := range r.Outcome.Confirmations {
		if k == 2 {
			break
		}
		what := "the track itself leads into the area"
		if x.Rule == "inside" {
			what = "the track is in the area"
		}
		bar(x.RaisedAt, x.RaisedAt, "#8a5a00", fmt.Sprintf("%s %s", clock(x.RaisedAt), what))
	}
	if row < top+6 {
		p.f(`<text x="%s" y="%s" font-size="11.5" fill="#56616f">nothing was missing and no alert was raised</text>`+"\n", num(a.x0), num(row+1))
		row += 20
	}
	y = row + 2
	fmt.Fprintf(p, `<line x1="0" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#d5dae0"/>`+"\n", y, sheet, y)
	return y
}

// sequence draws the first minutes of a run: who told whom what, numbered as in
// the table below it.
func (p *page) sequence(d Data, r Run, events []event) {
	ids := d.parties()
	var show []event
	var start utc.Time
	for _, e := range events {
		if e.kind == record.KindPlan {
			continue
		}
		if start.IsZero() {
			start = e.at
		}
		if e.at <= start.Add(4*time.Minute) {
			show = append(show, e)
		}
	}
	if len(show) < 3 || len(ids) < 2 || len(ids) > 6 || len(show) > 40 {
		return
	}
	last := show[len(show)-1].at
	pad := max(last.Sub(start)/16, 3*time.Second)
	a := axis{from: start.Add(-pad), to: last.Add(pad), x0: 110, x1: sheet - 24}
	const gap, head = 96.0, 46.0
	lane := func(id party.ID) float64 { return head + 20 + gap*float64(slices.Index(ids, id)) }
	bottom := head + 20 + gap*float64(len(ids)-1) + 34
	p.raw("<figure>\n")
	p.f("<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"Who told whom\">\n", num(sheet), num(bottom))
	p.ticks(a, 28, bottom-8, 12)
	for _, id := range ids {
		y := lane(id)
		fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="2.4"/>`, a.x0-14, y, a.x1+14, y, d.color(id))
		p.f(`<text x="14" y="%s" font-size="14" font-weight="600" fill="%s">%s</text>`+"\n", num(y+5), d.color(id), d.nameOf(id))
	}
	// What falls on one instant is set side by side, in order.
	x := make([]float64, len(show))
	free := map[party.ID]float64{} // from where a lane has room
	for i, e := range show {
		x[i] = math.Max(a.x(e.at), free[e.party])
		free[e.party] = x[i] + 23
		for k, to := range e.to {
			if lands := x[i] + a.x(e.gotAt[k]) - a.x(e.at); to != e.party && e.kind != record.KindAck {
				free[to] = math.Max(free[to], lands+16)
			}
		}
	}
	for i, e := range show {
		for k, to := range e.to {
			y0, y1 := lane(e.party), lane(to)
			if e.party == to || y1 < 0 || !slices.Contains(ids, to) {
				continue
			}
			x1 := x[i] + (a.x(e.gotAt[k]) - a.x(e.at))
			dir := math.Copysign(1, y1-y0)
			color := arrowColor(e)
			fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="1.9"/>`, x[i], y0, x1, y1-dir*9, color)
			fmt.Fprintf(p, `<path d="M%.1f %.1fl-5 %.1fh10z" fill="%s"/>`+"\n", x1, y1-dir*2, -dir*9, color)
		}
	}
	for i, e := range show {
		y := lane(e.party)
		color := arrowColor(e)
		if e.kind == record.KindAlert {
			fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="21" height="21" fill="%s" stroke="#fff" stroke-width="1.4"/>`, x[i]-10.5, y-10.5, color)
		} else {
			fmt.Fprintf(p, `<circle cx="%.1f" cy="%.1f" r="10.5" fill="%s" stroke="#fff" stroke-width="1.4"/>`, x[i], y, color)
		}
		fmt.Fprintf(p, `<text x="%.1f" y="%.1f" font-size="11.5" font-weight="600" text-anchor="middle" fill="#fff">%d</text>`+"\n", x[i], y+4, e.number)
	}
	p.raw("</svg>\n")
	p.f("<figcaption>From %s to %s. Numbers as in the table. <b>Squares</b> are alerts that a node raised by itself; circles are what an officer said. An arrow ends where, and when, the other side's node signed that it holds the record.</figcaption>\n</figure>\n",
		clock(start), clock(last))
}

func arrowColor(e event) string {
	switch e.kind {
	case record.KindAlert:
		return "#b3131b"
	case record.KindNotice:
		return "#1f5fa8"
	case record.KindRelay, record.KindOpening:
		return "#0b6e5f"
	}
	return "#3b4a5a"
}
