// Package report is what a picture looks like on paper: one HTML file that
// needs nothing else, and a text for the terminal.
//
// Build is a pure function: the same data give the same bytes. The page has no
// script, no link to anything outside, and draws its map and timelines as SVG
// from the records themselves, so that it can be printed, mailed and read in
// twenty years. Everything in it that came from a record or a file is escaped.
//
// Three rules hold for every page. What is claimed stands with who claims it,
// beside the other claims, and the page never chooses. What is assumed or
// synthetic says so. And the page is not the proof: it says how to check the
// bundles that it was made from.
package report

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"parley/line"
	"parley/party"
	"parley/picture"
	"parley/scenario"
	"parley/utc"
)

// Data is what a report is made of.
type Data struct {
	Title    string
	Scenario *scenario.Scenario // nil: a report on records alone
	Moment   scenario.Moment    // what leads are counted to; At zero: none
	Runs     []Run
	Copies   []Copy
	Verified bool   // every copy verifies and all agree
	Problem  string // why not, in one sentence
	Commands []string
	BaseMap  []byte // GeoJSON with the property layer; nil: none is drawn
	Exercise bool
	Version  string // of the program that made it
}

// Run is one way that the evening went, as each seat holds it at the end.
type Run struct {
	Outcome     scenario.Outcome
	Seats       map[party.ID]*picture.Picture
	Records     int
	Receipted   int
	Unreceipted int
}

// Copy is one copy of one line and the verdict on it.
type Copy struct {
	File    string
	Run     string
	Verdict line.Verdict
}

// Build gives the page.
func Build(d Data) []byte {
	p := &page{}
	p.raw("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.raw(`<meta name="viewport" content="width=device-width, initial-scale=1">` + "\n")
	p.raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` + "\n")
	p.f("<title>%s</title>\n", d.Title)
	p.raw("<style>\n" + style + "</style>\n</head>\n<body>\n<main>\n")
	p.head(d)
	p.figures(d)
	p.maps(d)
	p.timeline(d)
	for i := range d.Runs {
		p.story(d, i)
	}
	p.disputed(d)
	p.assumed(d)
	p.verification(d)
	p.sources(d)
	p.foot(d)
	p.raw("</main>\n</body>\n</html>\n")
	return []byte(p.String())
}

// page gathers HTML. What goes in through f is escaped.
type page struct {
	strings.Builder
}

// raw writes what this package itself wrote.
func (p *page) raw(s string) { p.WriteString(s) }

// safe marks text that is HTML already.
type safe string

// f writes format with every string, and everything that prints itself, escaped.
func (p *page) f(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case safe:
			args[i] = string(a)
		case int, int64, uint64, float64, bool:
		default:
			args[i] = html.EscapeString(clean(fmt.Sprint(a)))
		}
	}
	fmt.Fprintf(p, format, args...)
}

// clean takes out what would turn the direction of the text round it, and
// control characters; HTML cannot hold the latter.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, s)
}

// span says a duration: "23 min 45 s", "45 s", "2 h 05 min".
func span(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 0:
		return "−" + span(-d)
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600 && s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
}

func seconds(n int64) string { return span(time.Duration(n) * time.Second) }

// parties gives every party of the data, ascending.
func (d Data) parties() []party.ID {
	var all []party.ID
	if d.Scenario != nil {
		for _, p := range d.Scenario.Parties {
			all = append(all, p.ID)
		}
		return all
	}
	for _, r := range d.Runs {
		for _, p := range r.Seats {
			for _, l := range p.Lines {
				all = append(all, l.Parties...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// color gives a party's colour in every drawing; told apart without hue too,
// for each stands with its name.
func (d Data) color(id party.ID) string {
	palette := []string{"#1f5fa8", "#b04a12", "#0b6e5f", "#6a3d9a", "#7a6a00", "#444444"}
	if i := slices.Index(d.parties(), id); i >= 0 {
		return palette[i%len(palette)]
	}
	return "#444444"
}

// nameOf gives a party's name.
func (d Data) nameOf(id party.ID) string {
	if d.Scenario != nil {
		if p, ok := d.Scenario.Party(id); ok {
			return p.Name
		}
	}
	return string(id)
}

// lead gives the longest lead of all runs, and the run.
func (d Data) lead() (scenario.Alert, *Run) {
	var best scenario.Alert
	var run *Run
	for i := range d.Runs {
		for _, a := range d.Runs[i].Outcome.Alerts {
			if run == nil || a.LeadSeconds > best.LeadSeconds {
				best, run = a, &d.Runs[i]
			}
		}
	}
	return best, run
}

// missing gives the acknowledgement that was missing longest.
func (d Data) missing() (scenario.MissingAt, *Run) {
	var best scenario.MissingAt
	var run *Run
	for i := range d.Runs {
		for _, m := range d.Runs[i].Outcome.Missing {
			if run == nil || m.Seconds > best.Seconds {
				best, run = m, &d.Runs[i]
			}
		}
	}
	return best, run
}

func (d Data) records() (records, unreceipted int) {
	for _, r := range d.Runs {
		records += r.Records
		unreceipted += r.Unreceipted
	}
	return records, unreceipted
}

// seatsOf gives a run's pictures in the order of the parties.
func (r Run) seatsOf() []*picture.Picture {
	var out []*picture.Picture
	for _, p := range r.Seats {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *picture.Picture) int { return cmp.Compare(a.Self, b.Self) })
	return out
}

// clock prints an instant of the day without milliseconds that are zero.
func clock(t utc.Time) string { return t.Clock() }

// minute prints an instant as hours and minutes.
func minute(t utc.Time) string { return t.Std().Format("15:04") + "Z" }
