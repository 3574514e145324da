package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// Outcome is what came of a run, from the record alone.
type Outcome struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
	// Alerts are those of the check: a notice meets a filed route.
	Alerts []Alert `json:"alerts"`
	// Confirmations are those of the engine: the track itself leads into a volume.
	Confirmations []Alert `json:"confirmations"`
	// Flags are all other alerts: late, without an area, overdue …
	Flags           []Alert     `json:"flags"`
	Relayed         bool        `json:"relayed"`
	RelayedAt       utc.Time    `json:"relayed_at,omitzero"` // stored by the third party, by its clock
	UnitConfirmed   bool        `json:"unit_confirmed"`
	UnitConfirmedAt utc.Time    `json:"unit_confirmed_at,omitzero"`
	Unit            string      `json:"unit,omitempty"`
	Opened          bool        `json:"opened"` // the relay's origin was shown and fits
	Missing         []MissingAt `json:"missing"`
	LeadSeconds     int64       `json:"lead_seconds"` // the longest lead of Alerts; 0 if there are none
}

// Alert is one alert with its lead to the moment.
type Alert struct {
	Party          party.ID   `json:"party"` // whose node raised it
	ID             picture.ID `json:"id"`
	Rule           string     `json:"rule"`
	Track          string     `json:"track,omitempty"`
	Notice         picture.ID `json:"notice,omitempty"`
	Why            string     `json:"why"`
	RaisedAt       utc.Time   `json:"raised_at"`
	LeadSeconds    int64      `json:"lead_seconds"`
	AcknowledgedAt *utc.Time  `json:"acknowledged_at"` // null: nobody answered
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
}

// MissingAt is an acknowledgement that was asked for and was not there at the
// moment.
type MissingAt struct {
	Record         picture.ID   `json:"record"`
	Party          party.ID     `json:"party"` // who owed it
	Level          record.Level `json:"level"`
	Since          utc.Time     `json:"since"`           // received there, or composed where it was never received
	Due            utc.Time     `json:"due"`             //
	Seconds        int64        `json:"seconds"`         // from Since to the moment
	OverdueSeconds int64        `json:"overdue_seconds"` // from Due to the moment
}

// Judge says what came of a run: from each seat's record as it is at the end,
// and, for what was missing, as the author's seat knew it at the moment.
func Judge(r *Run, moment utc.Time, seats map[party.ID]Book) Outcome {
	o := Outcome{Name: r.Name, Text: r.Text, Alerts: []Alert{}, Confirmations: []Alert{}, Flags: []Alert{}, Missing: []MissingAt{}}
	ids := make([]party.ID, 0, len(seats))
	for id := range seats {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		end := seats[id].At(utc.Max, utc.Max)
		for _, a := range end.Alerts {
			o.take(alertOf(id, a, moment))
		}
		for _, x := range end.Relays {
			o.relay(x)
		}
		then := seats[id].At(moment, moment)
		for _, n := range then.Notices {
			if n.Party == id {
				o.missing(n.Item, n.Missing, moment)
			}
		}
		for _, x := range then.Relays {
			if x.Party == id {
				o.missing(x.Item, x.Missing, moment)
			}
		}
	}
	for _, as := range [][]Alert{o.Alerts, o.Confirmations, o.Flags} {
		slices.SortStableFunc(as, func(a, b Alert) int { return cmp.Compare(a.RaisedAt, b.RaisedAt) })
	}
	for _, a := range o.Alerts {
		o.LeadSeconds = max(o.LeadSeconds, a.LeadSeconds)
	}
	return o
}

func alertOf(id party.ID, a picture.Alert, moment utc.Time) Alert {
	out := Alert{Party: id, ID: a.ID, Rule: a.Alert.Rule, Track: a.Alert.Track, Why: a.Alert.Why, RaisedAt: a.Composed,
		LeadSeconds: int64(moment.Sub(a.Composed) / time.Second), AcknowledgedBy: a.AcknowledgedBy}
	for _, about := range a.AboutIDs {
		if line, _, err := picture.ParseID(about); err == nil && line != "home" {
			out.Notice = about
			break
		}
	}
	if !a.AcknowledgedAt.IsZero() {
		t := a.AcknowledgedAt
		out.AcknowledgedAt = &t
	}
	return out
}

func (o *Outcome) take(a Alert) {
	switch {
	case a.Rule == check.RulePlan:
		o.Alerts = append(o.Alerts, a)
	case a.Track != "":
		o.Confirmations = append(o.Confirmations, a)
	default:
		o.Flags = append(o.Flags, a)
	}
}

// relay takes in a relay as one seat holds it. The earliest time stands: each is
// a signed statement of the one who received it.
func (o *Outcome) relay(x picture.Relay) {
	o.Opened = o.Opened || x.Opened != nil
	earliest := func(t *utc.Time, at utc.Time) bool {
		if t.IsZero() || at < *t {
			*t = at
			return true
		}
		return false
	}
	for _, p := range x.States {
		for _, s := range p.States {
			switch s.State {
			case "received":
				o.Relayed = true
				earliest(&o.RelayedAt, s.At)
			case string(record.LevelUnit):
				o.UnitConfirmed = true
				if earliest(&o.UnitConfirmedAt, s.At) {
					o.Unit = s.Unit
				}
			}
		}
	}
}

func (o *Outcome) missing(it picture.Item, ms []picture.Missing, moment utc.Time) {
	for _, m := range ms {
		if !m.Overdue {
			continue
		}
		x := MissingAt{Record: it.ID, Party: m.Party, Level: m.Level, Since: it.Composed, Due: m.Due}
		for _, p := range it.States {
			for _, s := range p.States {
				if p.Party == m.Party && s.State == "received" {
					x.Since = s.At
				}
			}
		}
		x.Seconds = int64(moment.Sub(x.Since) / time.Second)
		x.OverdueSeconds = int64(moment.Sub(x.Due) / time.Second)
		o.Missing = append(o.Missing, x)
	}
}

// Check compares the outcome with what the run has to show, and gives a sentence
// for each thing that it does not.
func (e Expect) Check(o Outcome) []string {
	var bad []string
	fail := func(format string, args ...any) { bad = append(bad, o.Name+": "+fmt.Sprintf(format, args...)) }
	if e.AlertOn != "" {
		i := slices.IndexFunc(o.Alerts, func(a Alert) bool { return a.Track == e.AlertOn })
		switch {
		case i < 0:
			fail("no notice met the filed route of %s, so no alert was raised on it", e.AlertOn)
		case !e.AlertBefore.IsZero() && o.Alerts[i].RaisedAt >= e.AlertBefore:
			fail("the alert on %s was raised at %s, not before %s", e.AlertOn, o.Alerts[i].RaisedAt.Clock(), e.AlertBefore.Clock())
		case o.Alerts[i].LeadSeconds < e.LeadSeconds:
			fail("the alert on %s came %d s before the moment, want at least %d s", e.AlertOn, o.Alerts[i].LeadSeconds, e.LeadSeconds)
		case o.Alerts[i].AcknowledgedAt == nil:
			fail("nobody acknowledged the alert on %s", e.AlertOn)
		}
	}
	if e.NoAlerts && len(o.Alerts) > 0 {
		fail("an alert was raised although no route is filed: %s", o.Alerts[0].Why)
	}
	if e.Relayed != o.Relayed {
		fail("relayed to a third party: %v, want %v", o.Relayed, e.Relayed)
	}
	if e.UnitConfirmed != o.UnitConfirmed {
		fail("a unit confirmed: %v, want %v", o.UnitConfirmed, e.UnitConfirmed)
	}
	if e.Opened != o.Opened {
		fail("the relay's origin was opened: %v, want %v", o.Opened, e.Opened)
	}
	if e.Flag != "" && !slices.ContainsFunc(o.Flags, func(a Alert) bool { return a.Rule == e.Flag }) {
		fail("no alert by the rule %q", e.Flag)
	}
	if m := e.Missing; m != nil && !slices.ContainsFunc(o.Missing, func(x MissingAt) bool {
		return x.Party == m.Party && x.Level == m.Level && x.Seconds >= m.Seconds
	}) {
		fail("the acknowledgement %q by %s was not missing for %d s", m.Level, m.Party, m.Seconds)
	}
	return bad
}
