package alert

import (
	"strings"
	"testing"

	"parley/check"
	"parley/picture"
	"parley/record"
)

// A party gives cause for five hundred alerts of one rule. The desk gets as many
// as it can look at, the most urgent first, and one more that says how many are
// left; what is ours and what is more urgent comes through all the same.
func TestAFloodBecomesOneAlertAndHidesNothingMoreUrgent(t *testing.T) {
	conflict := func(by string, i int, pr record.Precedence) check.Conflict {
		return check.Conflict{Rule: check.RuleNotices, Key: "k/" + by + "/" + string(pr+'0') + "/" + strings.Repeat("x", i), Why: "They meet.", Precedence: pr,
			About: []record.About{{Line: record.LineID{1}, Ref: record.Ref{Party: "RU", Lane: record.Routine, Incarnation: 1, Index: uint64(i), Leaf: record.Hash{1}}}}}
	}
	var cs []check.Conflict
	for i := range 400 {
		cs = append(cs, conflict("RU", i, record.Priority))
	}
	p := &picture.Picture{Self: "IL", Instant: 1537209540000}
	ds := Raise(p, cs, nil, record.DefaultClocks())
	if len(ds) != mostWaiting+1 {
		t.Fatalf("%d drafts, want %d and one for the rest", len(ds), mostWaiting)
	}
	last := ds[len(ds)-1].Body.(record.Alert)
	if last.Rule != RuleFlood || !strings.Contains(last.Why, "336 more") || last.Validate() != nil {
		t.Errorf("%+v: %v", last, last.Validate())
	}
	for i, d := range ds { // they stand now
		p.Alerts = append(p.Alerts, picture.Alert{Item: picture.Item{ID: picture.ID(strings.Repeat("i", i+1)), Precedence: d.Precedence}, Alert: d.Body.(record.Alert)})
	}
	if ds := Raise(p, cs, nil, record.DefaultClocks()); len(ds) != 0 {
		t.Errorf("asked again it raises %d", len(ds))
	}
	if ds := Raise(p, append(cs, conflict("RU", 1, record.Flash)), nil, record.DefaultClocks()); len(ds) != 1 || ds[0].Precedence != record.Flash {
		t.Errorf("what is more urgent is held back: %+v", ds)
	}
	own := conflict("IL", 1, record.Priority)
	own.About[0].Ref.Party = "IL"
	if ds := Raise(p, append(cs, own), nil, record.DefaultClocks()); len(ds) != 1 {
		t.Errorf("what is ours is held back: %+v", ds)
	}
	for i := range 40 { // an officer answers
		p.Alerts[i].AcknowledgedAt = p.Instant
	}
	ds = Raise(p, cs, nil, record.DefaultClocks())
	if len(ds) != 40 {
		t.Errorf("forty were answered, %d are raised in their place", len(ds))
	}
	for i := range p.Alerts[:mostWaiting] {
		p.Alerts[i].AcknowledgedAt = p.Instant
	}
	ds = Raise(p, nil, nil, record.DefaultClocks())
	if len(ds) != 1 || ds[0].Body.Kind() != record.KindEnd {
		t.Errorf("all are answered, and the flood stands: %+v", ds)
	}
}
