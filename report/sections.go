package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"parley/party"
	"parley/record"
)

// head writes the title and what the paper is.
func (p *page) head(d Data) {
	kind := "Report on a record"
	if d.Scenario != nil {
		kind = "Replay of an evening"
	}
	p.f("<header>\n<div class=\"over\"><span>Parley · %s</span>", kind)
	if d.Exercise {
		p.raw("<b>Exercise record</b>")
	}
	p.f("</div>\n<h1>%s</h1>\n", d.Title)
	if d.Scenario != nil {
		p.f("<p class=\"lede\">%s</p>\n", d.Scenario.Summary)
		p.f("<p class=\"caution\">%s All times are UTC; local time was UTC+3.</p>\n", d.Scenario.Caution)
	}
	p.raw("</header>\n")
}

// figures writes the few numbers that the paper is about.
func (p *page) figures(d Data) {
	p.raw("<div class=\"cards\">\n")
	card := func(key, value, class, words string) {
		p.f("<div class=\"card\"><div class=\"k\">%s</div><div class=\"v %s\">%s</div><div class=\"w\">%s</div></div>\n", key, class, value, words)
	}
	if d.Scenario == nil {
		p.plainFigures(d, card)
		p.raw("</div>\n")
		return
	}
	if a, run := d.lead(); run != nil && !d.Moment.At.IsZero() {
		words := fmt.Sprintf("%s: the alert on the %s stood on %s's desk at %s; %s at %s.", sentence(run.Outcome.Name), a.Track, d.nameOf(a.Party), clock(a.RaisedAt), d.Moment.Short, clock(d.Moment.At))
		if len(d.Runs) > 1 {
			for _, r := range d.Runs {
				if r.Outcome.Name != run.Outcome.Name && len(r.Outcome.Alerts) == 0 {
					words += fmt.Sprintf(" %s: none.", sentence(r.Outcome.Name))
				}
			}
		}
		card("Lead gained", seconds(a.LeadSeconds), "good", words)
	} else {
		card("Lead gained", "none", "", "No notice met a filed route.")
	}
	if m, run := d.missing(); run != nil {
		card("Not acknowledged", seconds(m.Seconds), "bad", fmt.Sprintf("%s: “%s” was asked of %s at %s and was not there at %s; overdue since %s.",
			sentence(run.Outcome.Name), levelName(m.Level), d.nameOf(m.Party), clock(m.Since), clock(d.Moment.At), clock(m.Due)))
	} else {
		card("Not acknowledged", "none", "good", "Every acknowledgement that was asked for was given in time, or none was asked for.")
	}
	p.reached(d, card)
	recordCard(d, card)
	p.raw("</div>\n")
}

// plainFigures are those of a record that no scenario stands behind.
func (p *page) plainFigures(d Data, card func(key, value, class, words string)) {
	notices, answered, missing, alerts := 0, 0, 0, 0
	for _, r := range d.Runs {
		for _, e := range r.story() {
			switch e.kind {
			case record.KindNotice, record.KindRelay:
				notices++
			case record.KindAck:
				answered++
			case record.KindAlert:
				alerts++
			}
		}
		missing += len(r.Outcome.Missing)
	}
	card("Announced", fmt.Sprint(notices), "", "Notices and relays on these lines.")
	card("Answered", fmt.Sprint(answered), "", "Acknowledgements of every level. None of them is a permission.")
	class, words := "good", "At the end of this copy nothing that was asked for was overdue."
	if missing > 0 {
		class, words = "bad", "Acknowledgements that were asked for and are overdue at the end of this copy."
	}
	if alerts > 0 {
		words += fmt.Sprintf(" %d alerts stand on the holder's own record.", alerts)
	}
	card("Not acknowledged", fmt.Sprint(missing), class, words)
	recordCard(d, card)
}

func recordCard(d Data, card func(key, value, class, words string)) {
	if !d.Verified {
		card("Record", "not verified", "bad", orElse(d.Problem, "See the last section."))
		return
	}
	records, unreceipted := d.records()
	copies := fmt.Sprintf("%d copies, ", len(d.Copies))
	alike := "All holders have the same. "
	if len(d.Copies) == 1 {
		copies, alike = "One copy, ", ""
	}
	card("Record", "verified", "good", fmt.Sprintf("%s%d records, %d without receipt. %sCheck it yourself: last section.", copies, records, unreceipted, alike))
}

// reached is the card on how long it took to the unit.
func (p *page) reached(d Data, card func(key, value, class, words string)) {
	for _, r := range d.Runs {
		o := r.Outcome
		if !o.UnitConfirmed {
			continue
		}
		if len(o.Alerts) > 0 {
			card("From alert to unit", span(o.UnitConfirmedAt.Sub(o.Alerts[0].RaisedAt)), "good",
				fmt.Sprintf("%s: relayed on the other line at %s; “%s” confirmed at %s.", sentence(o.Name), clock(o.RelayedAt), o.Unit, clock(o.UnitConfirmedAt)))
			return
		}
		card("Unit confirmed", clock(o.UnitConfirmedAt), "good", fmt.Sprintf("“%s”", o.Unit))
		return
	}
	card("From alert to unit", "never", "bad", "No unit confirmed that it was told.")
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

func orElse(s, t string) string {
	if s == "" {
		return t
	}
	return s
}

func levelName(l record.Level) string {
	switch l {
	case record.LevelRead:
		return "read by an officer"
	case record.LevelRelayed:
		return "relayed to the unit"
	case record.LevelUnit:
		return "the unit confirms"
	}
	return strings.ReplaceAll(string(l), "-", " ")
}

// disputed writes every disputed fact with every claim, in the order of the
// file, none before another by anything but that.
func (p *page) disputed(d Data) {
	if d.Scenario == nil || len(d.Scenario.Disputed) == 0 {
		return
	}
	p.raw("<section>\n<h2>What is disputed</h2>\n<p>Every claim stands with who makes it and where it was read. This paper does not choose between them; where a figure needs a time, it says whose time that is and what is assumed.</p>\n")
	p.raw("<table class=\"facts\"><thead><tr><th>Fact</th><th>Claimed by</th><th>Claim</th><th>Source</th></tr></thead><tbody>\n")
	for _, x := range d.Scenario.Disputed {
		for i, c := range x.Claims {
			class := "more"
			if i == len(x.Claims)-1 {
				class = "last"
			}
			p.f("<tr class=\"%s\">", class)
			if i == 0 {
				p.f("<td rowspan=\"%d\">%s", len(x.Claims), x.Fact)
				if x.Why != "" {
					p.f("<span>%s</span>", x.Why)
				}
				p.raw("</td>")
			}
			p.f("<td class=\"by\">%s</td><td>%s</td><td class=\"src\">%s</td></tr>\n", c.By, c.Says, d.Scenario.Source(c.Source))
		}
	}
	p.raw("</tbody></table>\n</section>\n")
}

// assumed writes what nobody published.
func (p *page) assumed(d Data) {
	if d.Scenario == nil || len(d.Scenario.Assumed) == 0 {
		return
	}
	p.raw("<section>\n<h2>What is assumed, synthetic or computed</h2>\n<p>None of this was published by anybody. It is needed so that the evening can be replayed at all.</p>\n")
	p.raw("<table><thead><tr><th>Item</th><th>Kind</th><th>What, and why</th></tr></thead><tbody>\n")
	for _, a := range d.Scenario.Assumed {
		p.f("<tr><td style=\"width:28%%\"><b>%s</b></td><td style=\"white-space:nowrap\">%s</td><td>%s</td></tr>\n", a.Item, a.Kind, a.Text)
	}
	p.raw("</tbody></table>\n</section>\n")
}

// verification writes what was checked, what came of it, and how to do it again.
func (p *page) verification(d Data) {
	p.raw("<section>\n<h2>Whether the record holds</h2>\n")
	if d.Verified {
		p.raw("<p><span class=\"verdict good\">Verified.</span> Every signature, every checkpoint and every receipt in the copies below was checked from their bytes alone, by nothing but the keys in the charters that all parties signed. Where copies of one line by different parties stand below, they are the same, byte for byte.</p>\n")
	} else {
		p.f("<p><span class=\"verdict bad\">Not verified.</span> %s</p>\n", orElse(d.Problem, "The problems are listed below."))
	}
	if len(d.Copies) > 0 {
		p.raw("<table><thead><tr><th>Copy</th><th>Line</th><th>Held by</th><th>Records</th><th>Checkpoints</th><th>Receipts</th><th>Result</th></tr></thead><tbody>\n")
		for _, c := range d.Copies {
			v := c.Verdict
			verdict := safe(`<span class="verdict good">holds</span>`)
			if !v.OK {
				verdict = `<span class="verdict bad">does not hold</span>`
			}
			p.f("<tr><td>%s</td><td>%s</td><td>%s</td><td>%d</td><td>%d</td><td>%d</td><td>%s</td></tr>\n",
				orElse(c.Run+" · ", "")+path.Base(c.File), v.Name, d.nameOf(v.Holder), v.Records, v.Checkpoints, v.Receipts, verdict)
		}
		p.raw("</tbody></table>\n")
	}
	var problems []string
	for _, c := range d.Copies {
		for _, x := range c.Verdict.Problems {
			problems = append(problems, path.Base(c.File)+": "+x.String())
		}
	}
	if len(problems) > 0 {
		p.raw("<h3>Problems</h3>\n<ul>\n")
		for _, x := range problems[:min(len(problems), 50)] {
			p.f("<li>%s</li>\n", x)
		}
		p.raw("</ul>\n")
	}
	p.roots(d)
	if len(d.Commands) > 0 {
		p.raw("<h3>Check it yourself</h3>\n<p>Take the files that came with this paper, and a copy of Parley that you built. Nobody has to be asked, and no network is needed. Change any one byte of a bundle, and the same command names the place.</p>\n<pre>")
		p.f("%s</pre>\n", safe(escapeLines(d.Commands)))
	}
	p.raw("</section>\n")
}

func escapeLines(lines []string) string {
	q := &page{}
	for _, l := range lines {
		q.f("%s", l)
		q.raw("\n")
	}
	return q.String()
}

// roots prints each logbook's last root hash once, with who holds it: what two
// people compare who do not trust a file.
func (p *page) roots(d Data) {
	type row struct {
		run, log, root string
		to             uint64
		by             []party.ID
	}
	var rows []*row
	for _, c := range d.Copies {
		for _, g := range c.Verdict.Logs {
			name := c.Verdict.Name + "/" + g.Log
			i := slices.IndexFunc(rows, func(r *row) bool { return r.run == c.Run && r.log == name && r.root == g.Root.String() && r.to == g.To })
			if i < 0 {
				rows = append(rows, &row{run: c.Run, log: name, root: g.Root.String(), to: g.To})
				i = len(rows) - 1
			}
			rows[i].by = append(rows[i].by, c.Verdict.Holder)
		}
	}
	if len(rows) == 0 {
		return
	}
	p.raw("<h3>The head of every logbook</h3>\n<table><thead><tr><th>Logbook</th><th>Entries</th><th>Root (SHA-256)</th><th>Held alike by</th></tr></thead><tbody>\n")
	for _, r := range rows {
		var by []string
		for _, b := range r.by {
			by = append(by, string(b))
		}
		name := r.log
		if r.run != "" {
			name = r.run + " · " + name
		}
		p.f("<tr><td>%s</td><td>%d</td><td class=\"mono\">%s</td><td>%s</td></tr>\n", name, r.to, r.root, strings.Join(by, ", "))
	}
	p.raw("</tbody></table>\n")
}

func (p *page) sources(d Data) {
	if d.Scenario == nil {
		return
	}
	p.raw("<section>\n<h2>Sources</h2>\n<table><tbody>\n")
	for _, s := range d.Scenario.Sources {
		p.f("<tr><td style=\"width:20%%\" class=\"mono\">%s</td><td>%s</td></tr>\n", s.ID, s.Text)
	}
	p.raw("</tbody></table>\n</section>\n")
}

func (p *page) foot(d Data) {
	p.raw("<div class=\"foot small\">\n")
	if attribution := attributionOf(d.BaseMap); attribution != "" {
		p.f("<p>Map: %s Not for navigation. Showing a line says nothing about whose land it is.</p>\n", attribution)
	}
	p.f("<p>Made by Parley %s from the records named above. Parley informs and keeps a record; it gives nobody leave to do anything, and it names nobody guilty.</p>\n</div>\n", d.Version)
}
