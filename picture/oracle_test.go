package picture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
)

// The oracle answers single questions about an evening by looking through all
// records each time, with none of the fold's tables.

type oracle struct {
	w *picturetest.World
	l *picturetest.Line
}

func (o oracle) records(f func(h picture.Held, r *record.Record)) {
	for _, h := range o.w.Held {
		if h.Line == o.l.ID && h.Rec != nil {
			f(h, h.Rec)
		}
	}
}

// received is when p first stated that it holds the record; zero if never.
func (o oracle) received(ref record.Ref, p party.ID) (at utc.Time) {
	o.records(func(h picture.Held, r *record.Record) {
		b, ok := r.Body.(record.Received)
		if !ok || r.Party != p {
			return
		}
		for _, head := range b.Heads {
			if head.Party == ref.Party && head.Lane == ref.Lane && head.Size > ref.Index && (at == 0 || r.Composed < at) {
				at = r.Composed
			}
		}
	})
	return at
}

// levels are the levels that p has stated of the record.
func (o oracle) levels(ref record.Ref, p party.ID) (out []string) {
	o.records(func(h picture.Held, r *record.Record) {
		if a, ok := r.Body.(record.Ack); ok && r.Party == p && r.Re != nil && *r.Re == ref && p != ref.Party {
			out = append(out, string(a.Level))
		}
	})
	slices.Sort(out)
	return out
}

// cancelled reports whether the author has cancelled the notice.
func (o oracle) cancelled(ref record.Ref) (yes bool) {
	o.records(func(h picture.Held, r *record.Record) {
		n, ok := r.Body.(record.Notice)
		yes = yes || ok && n.Class == record.Cancellation && r.Party == ref.Party && r.Re != nil && *r.Re == ref
	})
	return yes
}

func TestStatesAgreeWithLookingThroughEverything(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		p := w.Now(t("19:00:00"))
		for _, l := range w.Lines {
			o := oracle{w, l}
			for _, c := range p.Lines {
				if c.Line != l.ID || c.Home {
					continue
				}
				for _, it := range c.Items {
					if it.Kind == record.KindReceived || it.Kind == "" {
						continue
					}
					for _, ps := range it.States {
						var at utc.Time
						var levels []string
						for _, s := range ps.States {
							if s.State == "received" {
								at = s.At
							} else {
								levels = append(levels, s.State)
							}
						}
						slices.Sort(levels)
						if want := o.received(it.Ref, ps.Party); at != want {
							r.Fatalf("%s received by %s at %s, want %s", it.ID, ps.Party, at, want)
						}
						if want := o.levels(it.Ref, ps.Party); !slices.Equal(levels, want) {
							r.Fatalf("%s at %s: %v, want %v", it.ID, ps.Party, levels, want)
						}
						if !slices.IsSortedFunc(ps.States, func(a, b picture.StateAt) int { return int(a.At - b.At) }) {
							r.Fatalf("%s: states out of order: %+v", it.ID, ps.States)
						}
					}
				}
			}
		}
	})
}

func TestNoticesAgreeWithLookingThroughEverything(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		instant := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant"))
		for _, n := range w.Now(instant).Notices {
			var o oracle
			for _, l := range w.Lines {
				if l.ID == n.Line {
					o = oracle{w, l}
				}
			}
			if n.Notice.Class == record.HazardArea {
				if got, want := n.CancelledBy != "", o.cancelled(n.Ref); got != want {
					r.Fatalf("%s cancelled %v, want %v", n.ID, got, want)
				}
				if n.Active && n.CancelledBy != "" || len(n.Volumes) == 0 {
					r.Fatalf("%s: %+v", n.ID, n)
				}
			}
			// Who owes: each other member that has stated no officer's level.
			var owe, want []string
			for _, m := range n.Missing {
				owe = append(owe, string(m.Party))
				from := o.received(n.Ref, m.Party)
				if from == 0 || from > instant { // none, or one that claims the future
					from = n.Composed
				}
				if due := from + utc.Time(o.l.Charter.Clocks.Ack[n.Precedence-1]); m.Due != due || m.Overdue != (instant >= due) {
					r.Fatalf("%s by %s due %s overdue %v, want %s", n.ID, m.Party, m.Due, m.Overdue, due)
				}
			}
			for _, c := range o.l.Charter.Cards {
				if c.Party != n.Party && len(o.levels(n.Ref, c.Party)) == 0 && n.CancelledBy == "" && n.CorrectedBy == "" {
					want = append(want, string(c.Party))
				}
			}
			if !slices.Equal(owe, want) {
				r.Fatalf("%s owed by %v, want %v", n.ID, owe, want)
			}
		}
	})
}

func TestAlertsAgreeWithLookingThroughEverything(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		home := w.Lines[0]
		acked, ended, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, h := range w.Held {
			if h.Line != home.ID || h.Rec == nil {
				continue
			}
			if a, ok := h.Rec.Body.(record.Alert); ok {
				keys[a.Key] = true
			}
			if h.Rec.Re == nil {
				continue
			}
			for _, g := range w.Held {
				if g.Line != home.ID || g.Ref != *h.Rec.Re || g.Rec == nil {
					continue
				}
				if a, ok := g.Rec.Body.(record.Alert); ok {
					acked[a.Key] = acked[a.Key] || h.Rec.Kind == record.KindAck
					ended[a.Key] = ended[a.Key] || h.Rec.Kind == record.KindEnd
				}
			}
		}
		p := w.Now(t("20:00:00"))
		if len(p.Alerts) != len(keys) {
			r.Fatalf("%d alerts of %d keys", len(p.Alerts), len(keys))
		}
		for _, a := range p.Alerts {
			k := a.Alert.Key
			if acked[k] == a.AcknowledgedAt.IsZero() || ended[k] == a.EndedAt.IsZero() || (a.Calls == "") != (acked[k] || ended[k]) {
				r.Fatalf("%s: acknowledged %v ended %v, and it is %+v", k, acked[k], ended[k], a)
			}
		}
	})
}

// transcript writes a conversation as the terminal does: one line a record,
// with the states that its recipients have stated.
func transcript(p *picture.Picture, line string) string {
	var b strings.Builder
	for _, l := range p.Lines {
		if l.Name != line {
			continue
		}
		for _, it := range l.Items {
			if it.Kind == record.KindReceived || it.Kind == record.KindAck {
				continue
			}
			fmt.Fprintf(&b, "%s %s %s: %s\n", it.Composed.Clock(), it.Party, it.Precedence, it.Words)
			for _, ps := range it.States {
				for _, s := range ps.States {
					fmt.Fprintf(&b, "  %s %s %s", s.At.Clock(), ps.Party, s.State)
					if s.Unit != "" {
						b.WriteString(" " + s.Unit)
					}
					if s.Text != "" {
						b.WriteString(": " + s.Text)
					}
					b.WriteByte('\n')
				}
			}
		}
	}
	return b.String()
}

// TestAnEveningWithARelay tells how a notice on one line leads to a relay on
// another, and what each line shows of it: the third party's line shows nothing
// of the first.
func TestAnEveningWithARelay(tt *testing.T) {
	w := picturetest.New("RU")
	il, sy := w.Line("IL-RU", "IL", "RU"), w.Line("RU-SY", "RU", "SY")
	n := il.Say(post{By: "IL", At: t("18:39:00"), Officer: "levi", Precedence: record.Flash, Body: record.Notice{
		Class: record.HazardArea, Place: "Latakia", Volumes: hazard(area()).Volumes}})
	il.Receive("RU", t("18:39:01"))
	il.Ack("RU", t("18:39:20"), n, record.LevelUnderstood)
	salt := record.Hash{5}
	r := sy.Say(post{By: "RU", At: t("18:39:40"), Officer: "orlov", Precedence: record.Flash, Body: record.Relay{
		Origin: record.CommitOrigin(salt, record.Origin{Line: il.ID, Ref: n.Ref}), Unit: "battery 7",
		Text: "Own aircraft returns by the corridor.", Volumes: hazard(disc(35.4, 35.9, 5, t("18:40:00"), t("19:10:00"))).Volumes,
		Wants: []record.Level{record.LevelUnit}}})
	sy.Receive("SY", t("18:39:41"))
	sy.Ack("SY", t("18:39:55"), r, record.LevelRelayed)
	sy.Ack("SY", t("18:40:25"), r, record.LevelUnit)
	il.Ack("RU", t("18:41:00"), n, record.LevelRelayed)
	s := il.Say(post{By: "RU", At: t("18:41:30"), Officer: "orlov", Precedence: record.Immediate, Body: record.Say{Text: "Our aircraft is in your area."}})
	il.Receive("IL", t("18:41:31"))
	il.Ack("IL", t("18:41:50"), s, record.LevelRead)
	p := w.Now(t("18:45:00"))

	want := `18:39:00Z IL flash: Hazard area at “Latakia”: FL000 to FL300, 18:40:00Z to 19:30:00Z.
  18:39:01Z RU received
  18:39:20Z RU understood
  18:40:59Z RU relayed battery 7
18:41:30Z RU immediate: Our aircraft is in your area.
  18:41:31Z IL received
  18:41:50Z IL read
`
	if got := transcript(p, "IL-RU"); got != want {
		tt.Errorf("IL-RU\n%s\nwant\n%s", got, want)
	}
	want = `18:39:40Z RU flash: Relay for unit “battery 7”: Own aircraft returns by the corridor. Area: FL000 to FL300, 18:40:00Z to 19:10:00Z.
  18:39:41Z SY received
  18:39:54Z SY relayed battery 7
  18:40:24Z SY unit-confirms battery 7
`
	if got := transcript(p, "RU-SY"); got != want {
		tt.Errorf("RU-SY\n%s\nwant\n%s", got, want)
	}
	if m := p.Relays[0].Missing; len(m) != 0 {
		tt.Errorf("the relay still misses %+v", m)
	}
	for _, l := range p.Lines {
		if s := asJSON(tt, l); l.Name == "RU-SY" && (strings.Contains(s, "IL-RU") || strings.Contains(s, "Latakia") || strings.Contains(s, il.ID.String())) {
			tt.Error("the first line leaks into the second")
		}
	}

	// What SY's own node shows is the same conversation, without our line.
	theirs := picturetest.New("SY")
	theirs.Lines = []*picturetest.Line{sy}
	for _, h := range w.Held {
		if h.Line == sy.ID {
			theirs.Held = append(theirs.Held, h)
		}
	}
	if got := transcript(theirs.Now(t("18:45:00")), "RU-SY"); got != want {
		tt.Errorf("both ends of one line show different things:\n%s", got)
	}
}

// TestBothPartiesOfALineShowTheSame folds one line in the books of both its
// parties: records, order, states and what is missing agree.
func TestBothPartiesOfALineShowTheSame(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		l := w.Lines[1]
		show := func(self party.ID) string {
			b := picture.NewBook(self)
			b.AddCharter(l.ID, l.Name, l.Charter)
			for _, h := range w.Held {
				if h.Line == l.ID {
					b.Add(h)
				}
			}
			p := b.Now(t("19:00:00"))
			s := transcript(p, l.Name)
			for _, n := range p.Notices {
				s += fmt.Sprintln(n.ID, n.Active, n.CancelledBy, n.CorrectedBy, n.Volumes, n.Missing)
			}
			return s
		}
		if a, b := show("IL"), show("RU"); a != b {
			r.Fatalf("IL shows\n%s\nRU shows\n%s", a, b)
		}
	})
}

func TestWithAsksWhatIfAndChangesNothing(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	a := l.Say(post{By: "IL", At: t("18:39:00"), Body: hazard(area())})
	b := w.Book()
	b.Known(l.ID, record.Head{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: 1}, t("18:39:05"))
	before := asJSON(tt, b.Now(t("18:40:00")))
	c := l.Say(post{By: "IL", At: t("18:39:30"), Re: &a, Body: record.Notice{Class: record.Cancellation}})
	what := b.With(c.Held).Now(t("18:40:00"))
	if n := notice(tt, what, a.ID); n.CancelledBy != c.ID || n.KnownAt != t("18:39:05") {
		tt.Errorf("%+v", n)
	}
	if got := asJSON(tt, b.Now(t("18:40:00"))); got != before {
		tt.Error("the book itself changed")
	}
	if it, ok := what.Item(a.ID); !ok || it.ID != a.ID {
		tt.Error("Item doesn't find the record")
	}
	if _, ok := what.Item("IL-RU/IL/urgent/9"); ok {
		tt.Error("Item finds what is not there")
	}
}
