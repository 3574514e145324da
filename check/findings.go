package check

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"parley/picture"
	"parley/record"
)

// findings: a peer did what cannot be, or a leaf is stored that cannot be
// opened. Neither goes away by itself; the line goes on.
//
// A leaf of one byte costs its sender nothing, so not each one is an alert: of
// those that cannot be opened in one logbook, and of the findings that another
// party states in one of its own, it is the first, the second, the fourth, the
// eighth and so on. All of them stand in the picture.
func findings(v *view) []Conflict {
	var out []Conflict
	nth := ordinals(v)
	for _, it := range v.Findings {
		n := nth[it.ID]
		if bits.OnesCount(uint(n)) != 1 && it.Party != v.Self || !v.want(it.ID) {
			continue
		}
		c := Conflict{
			Rule: RuleFinding, Key: RuleFinding + "/" + string(it.ID), About: []record.About{about(it)}, IDs: []picture.ID{it.ID},
			From: it.Composed, Precedence: record.Immediate,
			Why: string(it.Party) + " states on " + it.LineName + " (" + string(it.ID) + "): " + it.Words,
		}
		if it.Body == nil {
			c.Rule, c.Key = RuleInvalid, RuleInvalid+"/"+string(it.ID)
			c.Why = "The record " + string(it.ID) + " of " + string(it.Party) + " is stored but can't be opened, and nothing acts on it: " + it.Problem + "."
		}
		if n > 2 && it.Party != v.Self {
			c.Why += fmt.Sprintf(" It is the %dth of this kind there; the next alert is at the %dth.", n, 2*n)
		}
		out = append(out, c)
	}
	return out
}

// ordinals gives each finding its number, from 1, among those of its kind in its
// logbook. A logbook only grows at its end, so the number stays.
func ordinals(v *view) map[picture.ID]int {
	type kind struct {
		line        record.LineID
		party       string
		lane        record.Lane
		incarnation uint32
		opened      bool
	}
	seen := map[kind]int{}
	nth := make(map[picture.ID]int, len(v.Findings))
	for _, it := range byPlace(v.Findings) {
		k := kind{it.Line, string(it.Party), it.Ref.Lane, it.Ref.Incarnation, it.Body != nil}
		seen[k]++
		nth[it.ID] = seen[k]
	}
	return nth
}

// byPlace gives the items in the order of their logbooks.
func byPlace(items []picture.Item) []picture.Item {
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b picture.Item) int { return cmp.Compare(a.Ref.Index, b.Ref.Index) })
	return out
}
