// Package check finds what collides in a picture and says why.
//
// A rule looks at a picture and gives conflicts; each rule stands in a file of
// its own. All is the definition: every rule over the whole picture. Touching
// gives those conflicts of All in which one of some records takes part, without
// working out the rest; it is what the node asks when a record arrives.
//
// A conflict says in one sentence, with numbers, what collides with what, where
// and when: times in UTC, flight levels, nautical miles and kilometres. It
// grants nothing and forbids nothing. Its key depends on the rule and the
// records only, so that the same conflict found twice, in another order or at
// another node's restart, is the same one. A correction that moves the volumes
// makes another conflict of it, since an officer's answer was to the old place.
//
// A conflict stands as long as its facts do: until its time is past, its notice
// cancelled, expired or corrected clear, its plan over, its answer given. That a
// deadline passed or nobody spoke ends nothing; Over says what is really over.
package check

import (
	"cmp"
	"slices"
	"strings"

	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// The rules by name.
const (
	RuleNotices = "notice-notice" // two notices meet
	RulePlan    = "plan-notice"   // a notice meets a plan of ours
	RulePlace   = "place"         // the named place and the coordinates disagree
	RuleVolume  = "no-volume"     // cannot be checked against anything
	RuleLate    = "late"          // under the charter's lead, or already begun
	RuleMissing = "missing-ack"   // an acknowledgement is overdue
	RuleStop    = "stop"          // a stop was received
	RuleFlash   = "flash"         // something urgent was received that only an officer can answer
	RuleFinding = "finding"       // a peer did what cannot be
	RuleInvalid = "invalid"       // a record that cannot be opened
	RuleAnswer  = "answer"        // an objection or alternative to what we said

	RuleReadBack = "read-back"  // what was read back is not what was said
	RuleLeft     = "party-left" // a party has left a line
)

// Conflict is one thing that a person must look at.
type Conflict struct {
	Rule       string            `json:"rule"`
	Key        string            `json:"key"` // the same conflict has the same key, always
	Why        string            `json:"why"` // one sentence for a person
	About      []record.About    `json:"about"`
	IDs        []picture.ID      `json:"ids"` // the records that take part, notice first
	Plan       picture.ID        `json:"plan,omitempty"`
	Track      string            `json:"track,omitempty"`
	From       utc.Time          `json:"from,omitempty"` // first instant
	To         utc.Time          `json:"to,omitempty"`   // end, not included
	At         *volume.Point     `json:"at,omitempty"`
	Precedence record.Precedence `json:"precedence"`
}

// rule finds the conflicts of one kind in which a wanted record takes part.
type rule struct {
	name string
	find func(v *view) []Conflict
}

func rules() []rule {
	return []rule{
		{RuleNotices, noticesMeet}, {RulePlan, planMeets}, {RulePlace, placeDisagrees}, {RuleVolume, noVolume}, {RuleLate, late},
		{RuleMissing, missingAck}, {RuleStop, urgentReceived}, {RuleFinding, findings}, {RuleAnswer, answers}, {RuleReadBack, readBack},
		{RuleLeft, partyLeft},
	}
}

// All gives every conflict in the picture, the most urgent first.
func All(p *picture.Picture) []Conflict { return look(p, nil).find() }

// Touching gives the conflicts of All in which one of ids takes part, in the
// same order. Its cost goes with the number of ids, besides a glance at each
// record.
func Touching(p *picture.Picture, ids []picture.ID) []Conflict {
	in := make(map[picture.ID]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	return look(p, in).find()
}

func (v *view) find() []Conflict {
	out := []Conflict{}
	for _, r := range rules() {
		out = append(out, r.find(v)...)
	}
	slices.SortFunc(out, func(a, b Conflict) int {
		if c := cmp.Compare(a.Precedence, b.Precedence); c != 0 {
			return c
		}
		if c := cmp.Compare(a.From, b.From); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// names gives every record that stands behind the notice as it is in force.
func names(n *picture.Notice) []picture.ID {
	if n.CorrectedBy != "" {
		return []picture.ID{n.ID, n.CorrectedBy}
	}
	return []picture.ID{n.ID}
}

// version names the notice as it is in force, for a key.
func version(n *picture.Notice) string {
	if n.CorrectedBy != "" {
		return string(n.ID) + "+" + string(n.CorrectedBy)
	}
	return string(n.ID)
}

func about(it picture.Item) record.About { return record.About{Line: it.Line, Ref: it.Ref} }

// Dangerous classes are those that something else should not be in.
func Dangerous(c record.Class) bool {
	switch c {
	case record.HazardArea, record.Activity, record.Exercise, record.Electromagnetic, record.TestActivity, record.Accident,
		record.Correction: // of a notice that is not held here: of a class unknown
		return true
	}
	return false
}

// guarded classes are those of people whom danger must be kept from.
func guarded(c record.Class) bool {
	return c == record.ProtectedSite || c == record.ProtectedMovement || c == record.Distress
}
