package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"parley/line"
	"parley/line/courier"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/report"
	"parley/scenario"
	"parley/utc"
	"parley/web"
)

// demoBundle is one exported copy of one line.
type demoBundle struct {
	File    string        `json:"file"`
	Run     string        `json:"run"`
	Line    string        `json:"line"`
	Holder  party.ID      `json:"holder"`
	OK      bool          `json:"ok"`
	Records int           `json:"records"`
	Verdict *line.Verdict `json:"-"`
}

// collect asks every party for its copy of every line, keeps the bundles, and
// verifies them from their bytes.
func (d *demonstration) collect(ctx context.Context, st *stage, run *scenario.Run, r *demoRun) error {
	for _, l := range d.sc.Lines {
		for _, id := range l.Parties {
			s := st.seat(id)
			var b bytes.Buffer
			if err := s.api.call(ctx, "GET", "/v1/export?line="+l.Name, nil, &b); err != nil {
				return fmt.Errorf("couldn't export %s from %s: %w", l.Name, id, err)
			}
			file := filepath.Join(d.fl.out, "bundles", slug(run.Name), fmt.Sprintf("%s-held-by-%s.parley", l.Name, id))
			if err := writeFile(file, b.Bytes(), 0o644); err != nil {
				return err
			}
			bundle, v, err := courier.Judge(bytes.NewReader(b.Bytes()))
			if err != nil {
				return fmt.Errorf("couldn't read back %s: %w", file, err)
			}
			d.copies.Copies = append(d.copies.Copies, copyVerdict{file, v, bundle.History})
			d.answer.Bundles = append(d.answer.Bundles, demoBundle{File: file, Run: run.Name, Line: l.Name, Holder: id, OK: v.OK, Records: v.Records, Verdict: &v})
			for _, g := range v.Logs {
				if g.Party == id { // the author's own copy holds the others' receipts
					r.Records += g.Opened
					r.Unreceipted += int(g.Unreceipted)
				}
			}
		}
	}
	r.Receipted = r.Records - r.Unreceipted
	return nil
}

// close verifies, writes the report and answers.
func (d *demonstration) close(began time.Time) error {
	d.copies.OK = true
	d.copies.compare()
	for _, c := range d.copies.Copies {
		d.copies.OK = d.copies.OK && c.OK
	}
	a := &d.answer
	a.Verified = d.copies.OK && len(d.copies.Problems) == 0 && d.sameHeads() && len(d.copies.Copies) > 0
	for _, r := range a.Runs {
		if r.Unreceipted > 0 {
			a.Failures = append(a.Failures, fmt.Sprintf("%s: %d records have no receipt", r.Name, r.Unreceipted))
		}
	}
	a.Expected = len(a.Failures) == 0
	if err := d.paper(); err != nil {
		return err
	}
	a.Elapsed = time.Since(began).Round(time.Millisecond).Seconds()
	if err := d.sh.answer(a, func() {}); err != nil {
		return err
	}
	for _, f := range a.Failures {
		fmt.Fprintln(d.sh.err, "parley: not as the scenario expects:", f)
	}
	switch {
	case !a.Verified:
		return &failure{code: exitNotVerified, err: fmt.Errorf("the exported record does not verify"), quiet: d.sh.json}
	case !a.Expected:
		return &failure{code: exitFailed, err: fmt.Errorf("the evening did not show what its scenario expects"), quiet: true}
	}
	return nil
}

// sameHeads reports whether all holders of a line have the same root of every
// logbook.
func (d *demonstration) sameHeads() bool {
	type key struct {
		line record.LineID
		log  string
	}
	roots := map[key]line.LogVerdict{}
	for _, c := range d.copies.Copies {
		for _, g := range c.Logs {
			k := key{c.Line, g.Log}
			if x, ok := roots[k]; ok && (x.Root != g.Root || x.To != g.To) {
				return false
			}
			roots[k] = g
		}
	}
	return len(roots) > 0
}

// paper writes the report, as a page and on the terminal.
func (d *demonstration) paper() error {
	data := report.Data{Title: d.sc.Title, Scenario: d.sc, Moment: d.sc.Moment, Verified: d.answer.Verified, BaseMap: web.BaseMap(), Exercise: true, Version: version()}
	if !data.Verified {
		data.Problem = "A copy does not verify, or two copies differ."
		if len(d.copies.Problems) > 0 {
			data.Problem = d.copies.Problems[0].String()
		}
	}
	for _, r := range d.answer.Runs {
		run := report.Run{Outcome: r.Outcome, Seats: map[party.ID]*picture.Picture{}, Records: r.Records, Receipted: r.Receipted, Unreceipted: r.Unreceipted}
		for id, book := range r.books {
			run.Seats[id] = book.At(utc.Max, d.sc.Ends)
		}
		data.Runs = append(data.Runs, run)
	}
	folders := map[string]bool{}
	for i, c := range d.copies.Copies {
		data.Copies = append(data.Copies, report.Copy{File: c.Path, Run: d.answer.Bundles[i].Run, Verdict: c.Verdict})
		folders[filepath.Dir(c.Path)] = true
	}
	for _, dir := range sorted(folders) {
		if d.fl.brief {
			break
		}
		rel, err := filepath.Rel(d.fl.out, dir)
		if err != nil {
			rel = dir
		}
		data.Commands = append(data.Commands, "parley verify "+filepath.ToSlash(rel))
	}
	if len(data.Copies) > 0 && !d.fl.brief {
		if rel, err := filepath.Rel(d.fl.out, data.Copies[len(data.Copies)-1].File); err == nil {
			data.Commands = append(data.Commands, "parley replay "+filepath.ToSlash(rel)+" --known-at "+d.sc.Moment.At.String())
		}
	}
	if d.fl.brief {
		d.answer.Bundles = []demoBundle{} // gone with their folder
		if !d.sh.json {
			width, _ := d.sh.tty()
			d.say("%s", report.Text(data, width))
		}
		return nil
	}
	path := filepath.Join(d.fl.out, "report.html")
	if err := writeFile(path, report.Build(data), 0o644); err != nil {
		return err
	}
	d.answer.Report = path
	if !d.sh.json {
		width, _ := d.sh.tty()
		d.say("%s", report.Text(data, width))
		d.say("The report for people:  %s", path)
		d.say("Bundles, to be verified by anybody:  %s", filepath.Join(d.fl.out, "bundles"))
	}
	return nil
}
