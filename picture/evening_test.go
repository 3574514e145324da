package picture_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// TestALongEveningOnThreeLines goes through an evening record by record, as a
// node would, and holds the kept picture against the definition after each; at
// the marks it says what stands.
func TestALongEveningOnThreeLines(tt *testing.T) {
	w := picturetest.New("RU")
	h, il, sy, all := w.Home(), w.Line("IL-RU", "IL", "RU"), w.Line("RU-SY", "RU", "SY"), w.Line("three", "IL", "RU", "SY")
	k := kept{tt, w.BookOf(nil)}
	stands := func(at string) string {
		p := k.same(t(at))
		var out []string
		for _, n := range p.Notices {
			s := "-"
			if n.Active {
				s = "+"
			}
			owed := ""
			for _, m := range n.Missing {
				owed += "!" + string(m.Party)
				if m.Overdue {
					owed += "!"
				}
			}
			out = append(out, s+string(n.ID)+owed)
		}
		for _, r := range p.Relays {
			out = append(out, fmt.Sprintf("relay %s opened %v owed by %d", r.ID, r.Opened != nil, len(r.Missing)))
		}
		for _, a := range p.Alerts {
			out = append(out, "alert "+a.Alert.Key+" "+a.Calls+a.AcknowledgedBy+a.EndedWhy)
		}
		return strings.Join(out, ", ")
	}
	want := func(at, want string) {
		tt.Helper()
		if got := stands(at); got != want {
			tt.Errorf("at %s\n got %s\nwant %s", at, got, want)
		}
	}
	k.add(h.Say(post{By: "RU", At: t("17:50:00"), Officer: "orlov", Body: record.Watch{Act: "take"}}))
	k.add(h.Say(post{By: "RU", At: t("17:55:00"), Body: record.Plan{Name: "Il-20", Legs: []volume.Leg{{Depart: t("18:30:00"), Arrive: t("19:30:00")}}}}))
	n := k.add(il.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Flash, Body: hazard(area())}))
	want("18:00:30", "+IL-RU/IL/urgent/1!RU")
	k.add(il.Receive("RU", t("18:00:40")))
	want("18:01:30", "+IL-RU/IL/urgent/1!RU")
	want("18:01:40", "+IL-RU/IL/urgent/1!RU!")
	a := k.add(h.Say(post{By: "RU", At: t("18:01:40"), Body: alertBody("late", t("18:02:40"))}))
	m := k.add(all.Say(post{By: "SY", At: t("18:01:50"), Precedence: record.Immediate, Body: hazard(area())}))
	want("18:02:00", "+IL-RU/IL/urgent/1!RU!, +three/SY/urgent/1!IL!RU, alert late duty")
	k.add(il.Ack("RU", t("18:02:30"), n, record.LevelUnderstood))
	k.add(h.Say(post{By: "RU", At: t("18:02:35"), Officer: "orlov", Re: &a, Body: record.Ack{Level: record.LevelRead}}))
	k.add(all.Receive("RU", t("18:02:50")))
	k.add(all.Ack("RU", t("18:03:00"), m, record.LevelRead))
	want("18:03:10", "+IL-RU/IL/urgent/1, +three/SY/urgent/1!IL, alert late orlov")
	salt, origin := record.Hash{9}, record.Origin{Line: il.ID, Ref: n.Ref}
	r := k.add(sy.Say(post{By: "RU", At: t("18:03:30"), Precedence: record.Flash, Body: record.Relay{Origin: record.CommitOrigin(salt, origin), Text: "hold", Wants: []record.Level{record.LevelUnit}}}))
	want("18:03:40", "+IL-RU/IL/urgent/1, +three/SY/urgent/1!IL, relay RU-SY/RU/urgent/1 opened false owed by 2, alert late orlov")
	k.add(sy.Ack("SY", t("18:04:00"), r, record.LevelUnit))
	wrong := origin
	wrong.Ref.Index = 7
	k.add(sy.Say(post{By: "RU", At: t("18:05:00"), Re: &r, Body: record.Opening{Salt: salt, Origin: &wrong}}))
	k.add(sy.Say(post{By: "SY", At: t("18:05:10"), Re: &r, Body: record.Opening{Salt: salt, Origin: &origin}}))
	want("18:05:20", "+IL-RU/IL/urgent/1, +three/SY/urgent/1!IL!, relay RU-SY/RU/urgent/1 opened false owed by 0, alert late orlov")
	k.add(sy.Say(post{By: "RU", At: t("18:06:00"), Re: &r, Body: record.Opening{Salt: salt, Origin: &origin}}))
	k.add(h.Say(post{By: "RU", At: t("18:06:30"), Officer: "-", Re: &a, Body: record.End{Reason: "; answered"}}))
	k.add(all.Say(post{By: "SY", At: t("18:07:00"), Re: &m, Seen: all.Heads("SY"), Body: record.Notice{Class: record.Cancellation}}))
	want("18:07:10", "+IL-RU/IL/urgent/1, -three/SY/urgent/1, -three/SY/urgent/2!IL!RU, relay RU-SY/RU/urgent/1 opened true owed by 0, alert late orlov; answered")
	want("19:30:00", "-IL-RU/IL/urgent/1, -three/SY/urgent/1, -three/SY/urgent/2!IL!RU, relay RU-SY/RU/urgent/1 opened true owed by 0, alert late orlov; answered")
	if got := picture.Folds(k.b); got != 1 {
		tt.Errorf("folded %d times", got)
	}
}

// TestTheWatchInEachOrder replays short duties; each is written as who does
// what, and gives who is on watch after it.
func TestTheWatchInEachOrder(tt *testing.T) {
	for _, c := range []struct{ duty, want string }{
		{"", ""},
		{"a:take", "a@0"},
		{"a:leave", ""},
		{"a:take a:leave", ""},
		{"a:take b:take", "a@0 b@1"},
		{"b:take a:take", "b@0 a@1"},
		{"a:take a:leave a:take", "a@2"},
		{"a:hand-over>b", ""},                                // who is not on watch has nothing to hand over
		{"a:hand-over>b b:take", "b@1"},                      //
		{"a:take a:hand-over>b", "a@0"},                      // until b takes it
		{"a:take a:hand-over>b b:take", "b@2"},               //
		{"a:take a:hand-over>b c:take", "a@0 c@2"},           // c was not asked
		{"a:take a:hand-over>b a:hand-over>c c:take", "c@3"}, // a thought better of it
		{"a:take a:hand-over>b a:hand-over>c c:take b:take", "c@3 b@4"},
		{"a:take a:hand-over>b a:leave b:take", "b@3"},                  //
		{"a:take a:hand-over>b a:leave", ""},                            // a's own word
		{"a:take b:take a:hand-over>b", "b@1"},                          // b is there already
		{"a:take a:hand-over>a", "a@0"},                                 // to oneself
		{"a:take a:hand-over>a a:take", "a@0"},                          //
		{"a:take b:take b:hand-over>c a:hand-over>c c:take", "b@1 c@4"}, // the last who handed over to c
		{"a:take a:sing", "a@0"},
		{"-:take", ""}, // a machine holds no watch
	} {
		w := picturetest.New("RU")
		h := w.Home()
		k := kept{tt, w.BookOf(nil)}
		for i, s := range strings.Fields(c.duty) {
			who, act, _ := strings.Cut(s, ":")
			act, to, _ := strings.Cut(act, ">")
			k.add(h.Say(post{By: "RU", At: t("18:00:00") + utc.Time(i*1000), Officer: who, Body: record.Watch{Act: act, To: to}}))
		}
		var on []string
		for _, x := range k.same(t("19:00:00")).OnWatch {
			on = append(on, fmt.Sprintf("%s@%d", x.Officer, (x.Since-t("18:00:00"))/1000))
		}
		if got := strings.Join(on, " "); got != c.want {
			tt.Errorf("%q: %q, want %q", c.duty, got, c.want)
		}
	}
}

// TestAnAlertInEachOrder: two alerts of one key (a, b) and one of another (c),
// acknowledged (k) and ended (e) in every order of arrival. What counts is the
// earliest of each, by its author's time, whatever came first.
func TestAnAlertInEachOrder(tt *testing.T) {
	for _, c := range []struct{ acts, want string }{
		{"", "x:every-desk y:every-desk"},
		{"ka", "y:every-desk x:o0"},
		{"kb", "y:every-desk x:o0"},
		{"kb ka", "y:every-desk x:o0"},
		{"ka kb", "y:every-desk x:o0"},
		{"kc", "x:every-desk y:o0"},
		{"ea", "y:every-desk x:.over0"},
		{"eb ea", "y:every-desk x:.over0"},
		{"ea ka", "y:every-desk x:o1.over0"},
		{"ka ea", "y:every-desk x:o0.over1"},
		{"ka ec", "x:o0 y:.over1"},
		{"ec ea kb", "x:o2.over1 y:.over0"},
		{"ea ea", "y:every-desk x:.over0"},
	} {
		rapid.Check(tt, func(r *rapid.T) {
			w := picturetest.New("RU")
			h := w.Home()
			said := map[byte]picturetest.Posted{}
			for i, key := range []string{"x", "x", "y"} {
				said["abc"[i]] = h.Say(post{By: "RU", At: t("18:00:00") + utc.Time(i*1000), Body: alertBody(key, t("18:01:00")+utc.Time(i))})
			}
			for i, s := range strings.Fields(c.acts) {
				re := said[s[1]]
				p := post{By: "RU", At: t("18:02:00") + utc.Time(i*1000), Officer: fmt.Sprint("o", i), Re: &re, Body: record.Ack{Level: record.LevelRead}}
				if s[0] == 'e' {
					p.Body = record.End{Reason: fmt.Sprint(".over", i)}
				}
				h.Say(p)
			}
			b := w.BookOf(rapid.Permutation(w.Held).Draw(r, "order"))
			var got []string
			for _, a := range b.Now(t("18:10:00")).Alerts {
				got = append(got, a.Alert.Key+":"+a.Calls+a.AcknowledgedBy+a.EndedWhy)
			}
			if s := strings.Join(got, " "); s != c.want {
				r.Errorf("%q: %q, want %q", c.acts, s, c.want)
			}
		})
	}
}

// TestPlansInEachOrder: a plan stands until another names it, or itself says
// that it is over.
func TestPlansInEachOrder(tt *testing.T) {
	leg := []volume.Leg{{Depart: t("18:00:00"), Arrive: t("19:00:00")}}
	for _, c := range []struct{ plans, want string }{
		{"1", "1+"},
		{"1 2", "1+ 2+"},          // two flights
		{"1 2>1", "1- 2+"},        // replaced
		{"1 2>1 3>2", "1- 2- 3+"}, // and again
		{"1 2>1 3>1", "1- 2+ 3+"}, // both replace the first
		{"1 2x>1", "1-"},          // ended
		{"1 2x>1 3x>1", "1-"},     // twice
		{"1 2>1 3x>2", "1- 2-"},   //
		{"1 2>1 3x>1", "1- 2+"},   // the end of what was replaced ends nothing else
		{"1 2x>1 3>1", "1- 3+"},   // flown again
		{"1x", "1-"},              // never stood
		{"1 2x>1 3>2", "1- 3+"},   //
	} {
		w := picturetest.New("RU")
		h := w.Home()
		k := kept{tt, w.BookOf(nil)}
		said := map[string]picturetest.Posted{}
		for i, s := range strings.Fields(c.plans) {
			name, re, has := strings.Cut(s, ">")
			p := post{By: "RU", At: t("17:00:00") + utc.Time(i*1000), Body: record.Plan{Name: name[:1], Legs: leg, Ended: strings.HasSuffix(name, "x")}}
			if has {
				x := said[re]
				p.Re = &x
			}
			said[name[:1]] = k.add(h.Say(p))
		}
		var got []string
		for _, p := range k.same(t("18:30:00")).Plans {
			got = append(got, p.Plan.Name+map[bool]string{true: "-", false: "+"}[p.Ended])
		}
		if s := strings.Join(got, " "); s != c.want {
			tt.Errorf("%q: %q, want %q", c.plans, s, c.want)
		}
	}
}

// TestAForkInTheHomeLineIsShownAndActsOnce: an old copy of our own disk was put
// back and two records stand at one place. Both are shown; the alert of either
// is one, that of the lesser hash, whichever came first; so is what is found by name.
func TestAForkInTheHomeLineIsShownAndActsOnce(tt *testing.T) {
	w := picturetest.New("RU")
	h := w.Home()
	h.Say(post{By: "RU", At: t("18:00:00"), Officer: "orlov", Body: record.Watch{Act: "take"}})
	a := h.Say(post{By: "RU", At: t("18:01:00"), Body: alertBody("k", t("18:02:00"))})
	other := a.Held
	r := *a.Rec
	r.Body = alertBody("k", t("18:05:00"))
	r.Composed++
	other.Rec, other.Ref.Leaf = &r, record.Hash{1}
	h.Say(post{By: "RU", At: t("18:03:00"), Officer: "orlov", Re: &a, Body: record.Ack{Level: record.LevelRead}})
	for _, held := range [][]picture.Held{append([]picture.Held{other}, w.Held...), append(w.Held[:len(w.Held):len(w.Held)], other)} {
		b := w.BookOf(nil)
		for _, x := range held {
			b.Add(x)
			b.Now(t("18:04:00"))
		}
		p := b.Now(t("18:04:00"))
		if now, at := asJSON(tt, p), asJSON(tt, b.At(utc.Max, t("18:04:00"))); now != at {
			tt.Errorf("%s\n%s", now, at)
		}
		if len(p.Alerts) != 1 || p.Alerts[0].Alert.Deadline != t("18:05:00") || p.Alerts[0].AcknowledgedBy != "orlov" {
			tt.Errorf("%+v", p.Alerts)
		}
		if len(p.Lines[0].Items) != 4 || len(p.OnWatch) != 1 {
			tt.Errorf("%d items, %v on watch", len(p.Lines[0].Items), p.OnWatch)
		}
		if x, ok := b.ByID(a.ID); !ok || x.Ref != other.Ref {
			tt.Errorf("by name: %+v", x.Ref)
		}
	}
}
