package check_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// crowd draws many notices of two parties about a few places, of which some are
// at 180°, at a pole or in the theatre, with several volumes each.
func crowd(r *rapid.T, most int) (*picturetest.World, []picturetest.Posted) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	places := []volume.Point{volume.Deg(35.5, 35.5), volume.Deg(-12, 179.95), volume.Deg(-12, -179.95), volume.Deg(89.8, 10), volume.Deg(0, 0)}
	var said []picturetest.Posted
	for range rapid.IntRange(2, most).Draw(r, "notices") {
		n := record.Notice{Class: rapid.SampledFrom([]record.Class{record.HazardArea, record.Exercise, record.Transit, record.ProtectedSite}).Draw(r, "class")}
		for range rapid.IntRange(1, 3).Draw(r, "volumes") {
			from := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "from"))
			at := volume.Destination(rapid.SampledFrom(places).Draw(r, "place"), rapid.Float64Range(0, 359).Draw(r, "way"), rapid.Float64Range(0, 60_000).Draw(r, "off"))
			v := disc(at.Lat(), at.Lon(), rapid.Float64Range(0.5, 15).Draw(r, "km"), from, from+utc.Time(rapid.IntRange(1, 3_600_000).Draw(r, "long")))
			v.Band.Lower.Feet = int32(rapid.IntRange(0, 200).Draw(r, "lower")) * 100
			v.Band.Upper.Feet = v.Band.Lower.Feet + 5000
			n.Volumes = append(n.Volumes, v)
		}
		if rapid.IntRange(0, 4).Draw(r, "expires") == 0 {
			n.Expires = t("18:00:00") + utc.Time(rapid.IntRange(1, 9_000_000).Draw(r, "expiry"))
		}
		by := []party.ID{"IL", "RU"}[rapid.IntRange(0, 1).Draw(r, "by")]
		said = append(said, l.Say(post{By: by, At: t("17:00:00"), Body: n}))
	}
	return w, said
}

// TestTheSweepFindsWhatHoldingEachAgainstEachFinds takes the notices of a crowd
// two by two, without any pruning.
func TestTheSweepFindsWhatHoldingEachAgainstEachFinds(tt *testing.T) {
	met := 0
	rapid.Check(tt, func(r *rapid.T) {
		w, said := crowd(r, 40)
		instant := t("17:30:00") + utc.Time(rapid.IntRange(0, 9_000_000).Draw(r, "instant"))
		want := map[string]utc.Time{} // the first common instant of the two that is not over
		for i, a := range said {
			for _, b := range said[:i] {
				na, nb := a.Rec.Body.(record.Notice), b.Rec.Body.(record.Notice)
				area := func(c record.Class) bool { return c == record.HazardArea || c == record.Exercise }
				guarded := func(c record.Class) bool { return c == record.ProtectedSite }
				both := !guarded(na.Class) && !guarded(nb.Class)
				against := guarded(na.Class) && area(nb.Class) || area(na.Class) && guarded(nb.Class)
				if !(against || both && (a.Ref.Party != b.Ref.Party || area(na.Class) && area(nb.Class))) {
					continue
				}
				for _, x := range na.Volumes {
					for _, y := range nb.Volumes {
						m, ok := volume.Meet(x, y, 0)
						late := func(n record.Notice) bool {
							return n.Expires != 0 && (instant >= n.Expires || m.From >= n.Expires)
						}
						if !ok || m.To <= instant || late(na) || late(nb) {
							continue
						}
						ids := []string{string(a.ID), string(b.ID)}
						slices.Sort(ids)
						k := check.RuleNotices + "/" + ids[0] + "/" + ids[1]
						if at, there := want[k]; !there || m.From < at {
							want[k] = m.From
						}
					}
				}
			}
		}
		met += len(want)
		got := of(check.All(w.Now(instant)), check.RuleNotices)
		for _, c := range got {
			if at, ok := want[c.Key]; !ok || at != c.From {
				r.Fatalf("%s from %s: want %v from %s", c.Key, c.From, ok, at)
			}
		}
		if len(got) != len(want) {
			r.Fatalf("%d meetings, want %d: %v", len(got), len(want), want)
		}
	})
	if met == 0 {
		tt.Error("no two ever met: the test tests nothing")
	}
}

// TestTouchingManyIsTouchingEach: whether a few are held against all or many are
// swept, the same is found.
func TestTouchingManyIsTouchingEach(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w, said := crowd(r, 60)
		p := w.Now(t("17:30:00"))
		var ids []picture.ID
		each := map[string]bool{}
		for _, s := range said {
			if rapid.IntRange(0, 3).Draw(r, "asked") > 0 {
				ids = append(ids, s.ID)
				for _, c := range check.Touching(p, []picture.ID{s.ID}) {
					each[asJSON(c)] = true
				}
			}
		}
		for _, c := range check.Touching(p, ids) {
			if s := asJSON(c); !each[s] {
				r.Fatalf("of %d together: %s", len(ids), s)
			} else {
				delete(each, s)
			}
		}
		if len(each) != 0 {
			r.Fatalf("of %d one by one besides: %v", len(ids), each)
		}
	})
}

// TestBothSeatsAndBothOrdersSayTheSameSentence: a duty officer at each end of the
// line reads the same about two notices, but for who "we" are.
func TestBothSeatsAndBothOrdersSayTheSameSentence(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w, _ := crowd(r, 20)
		seat := func(self party.ID, held []picture.Held) string {
			b := picture.NewBook(self)
			for _, l := range w.Lines {
				b.AddCharter(l.ID, l.Name, l.Charter)
			}
			for _, h := range held {
				b.Add(h)
			}
			return asJSON(of(check.All(b.Now(t("17:30:00"))), check.RuleNotices))
		}
		a := seat("IL", w.Held)
		if b := seat("RU", rapid.Permutation(w.Held).Draw(r, "order")); a != b {
			r.Fatalf("IL reads\n%s\nRU reads\n%s", a, b)
		}
	})
}

var (
	longNumber = regexp.MustCompile(`\d\.\d{4,}`)
	wholeClock = regexp.MustCompile(`\d\d:\d\d:00Z|\.\d\d\dZ`)
)

// TestSentencesAreFitForTwoInTheMorning reads every sentence of random evenings:
// rounded numbers, no seconds that are none, one line, no jargon, and the place
// first where there is one.
func TestSentencesAreFitForTwoInTheMorning(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		for _, c := range check.All(w.Now(t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant")))) {
			for _, bad := range []string{"0ft", "AGL", "approved", "cleared", "\n", "%!", "<nil>", "NaN"} {
				if strings.Contains(c.Why, bad) {
					r.Fatalf("%q is in %s", bad, c.Why)
				}
			}
			ours := c.Rule != check.RuleStop && c.Rule != check.RuleFlash && c.Rule != check.RuleAnswer // those quote others
			if ours && (longNumber.MatchString(c.Why) || wholeClock.MatchString(c.Why)) {
				r.Fatalf("not rounded: %s", c.Why)
			}
			if len(c.Why) > 500 {
				r.Fatalf("too long to read: %s", c.Why)
			}
			switch c.Rule {
			case check.RuleNotices, check.RulePlan, check.RuleLate, check.RuleVolume, check.RulePlace, check.RuleMissing, check.RuleReadBack:
				head, _, ok := strings.Cut(c.Why, ": ")
				if !ok || strings.Contains(head, "/") || len(head) > 80 {
					r.Fatalf("the place doesn't stand first: %s", c.Why)
				}
			}
		}
	})
}

func TestHeightsAndTimesAreSaidAsAnOfficerSaysThem(tt *testing.T) {
	sfc, amsl := volume.Altitude{Datum: volume.AGL}, volume.Altitude{Feet: 5000, Datum: volume.AMSL}
	for _, c := range []struct {
		band volume.Band
		from string
		want string
	}{
		{volume.Band{Lower: sfc, Upper: volume.Altitude{Feet: 30000}}, "18:40:00", "SFC to FL300, from 18:40Z to 19:30Z"},
		{volume.Band{Lower: sfc, Unlimited: true}, "18:40:00", "SFC and above, from 18:40Z"},
		{volume.Band{Lower: sfc, Upper: amsl}, "18:40:20", "SFC to 5000 ft AMSL, from 18:40:20Z to 19:30Z"},
		{volume.Band{Lower: amsl, Unlimited: true}, "18:40:20.700", "5000 ft AMSL and above, from 18:40:20Z"},
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		for _, by := range []party.ID{"IL", "RU"} {
			v := disc(35.5, 35.5, 30, t(c.from), t("19:30:00"))
			v.Band = c.band
			l.Say(post{By: by, At: t("17:00:00"), Body: hazard(v)})
		}
		one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, c.want)
	}
}

func TestAPlaceIsSaidByTheMap(tt *testing.T) {
	for _, c := range []struct {
		lat, lon float64
		want     string
	}{
		{35.5, 35.5, "km south-west of Ras Ibn Hani, 35.500N 35.500E: "},
		{-40, -150, "40.000S 150.000W: "}, // nothing known is near
	} {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		for _, by := range []party.ID{"IL", "RU"} {
			l.Say(post{By: by, At: t("17:00:00"), Body: hazard(disc(c.lat, c.lon, 5, t("18:40:00"), t("19:30:00")))})
		}
		one(tt, check.All(w.Now(t("17:30:00"))), check.RuleNotices, c.want)
	}
}

// TestAnEveningOnALineOfThree: who is told what of one notice, its late twin, a
// wrong read-back and an objection, at each of three seats.
func TestAnEveningOnALineOfThree(tt *testing.T) {
	rules := func(self party.ID, w *picturetest.World, at string) string {
		b := picture.NewBook(self)
		for _, l := range w.Lines {
			b.AddCharter(l.ID, l.Name, l.Charter)
		}
		for _, h := range w.Held {
			b.Add(h)
		}
		var out []string
		for _, c := range check.All(b.Now(t(at))) {
			out = append(out, c.Rule)
		}
		slices.Sort(out)
		return fmt.Sprintf("%s %s", self, strings.Join(out, " "))
	}
	w := picturetest.New("IL")
	l := w.Line("three", "IL", "RU", "UN")
	want := func(at string, seats ...string) {
		tt.Helper()
		for i, self := range []party.ID{"IL", "RU", "UN"} {
			if got := strings.TrimSpace(rules(self, w, at)); got != seats[i] {
				tt.Errorf("at %s\n got %s\nwant %s", at, got, seats[i])
			}
		}
	}
	n := l.Say(post{By: "IL", At: t("18:00:00"), Precedence: record.Immediate, Body: hazard(latakia())})
	want("18:00:30", "IL", "RU", "UN")
	l.Receive("RU", t("18:00:05"))
	want("18:02:00", "IL missing-ack", "RU", "UN missing-ack") // UN has not even received it
	l.Receive("UN", t("18:02:10"))
	understood(l, "UN", "18:02:30", n, "35.52N 35.78E")
	understood(l, "RU", "18:02:40", n, "35.52N 35.87E")
	want("18:05:00", "IL read-back", "RU read-back", "UN")
	x := l.Say(post{By: "UN", At: t("18:06:00"), Re: &n, Body: record.Ack{Level: record.LevelObjection, Reason: "our convoy is there"}})
	want("18:06:30", "IL answer read-back", "RU read-back", "UN")
	understood(l, "RU", "18:07:00", n, "35.52N 35.78E")
	want("18:07:30", "IL answer", "RU", "UN")
	one(tt, check.Touching(w.Now(t("18:07:30")), []picture.ID{x.ID}), check.RuleAnswer, "our convoy is there")
	one(tt, check.Touching(w.Now(t("18:07:30")), []picture.ID{n.ID}), check.RuleAnswer)
	c := l.Say(post{By: "IL", At: t("18:10:00"), Re: &n, Seen: l.Heads("IL"), Precedence: record.Immediate, Body: class(record.Correction, disc(35.9, 35.5, 10, t("18:40:00"), t("19:30:00")))})
	want("18:10:30", "IL", "RU", "UN")
	l.Receive("RU", t("18:10:10"))
	l.Receive("UN", t("18:10:10"))
	want("18:13:00", "IL missing-ack missing-ack", "RU missing-ack", "UN missing-ack")
	understood(l, "RU", "18:13:10", c, "35.90N 35.50E")
	understood(l, "UN", "18:13:20", c, "35.50N 35.90E") // exchanged
	want("18:14:00", "IL read-back", "RU", "UN read-back")
	l.Say(post{By: "IL", At: t("18:20:00"), Re: &n, Seen: l.Heads("IL"), Body: record.Notice{Class: record.Cancellation}})
	want("18:20:01", "IL", "RU", "UN")
}

// TestBothOfAForkCollide: of two leaves at one place of a log
// both stand, and both collide.
func TestBothOfAForkCollide(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:00:00"), Body: hazard(latakia())})
	o := l.Say(post{By: "RU", At: t("18:00:00"), Body: hazard(disc(35.52, 35.0, 10, t("18:40:00"), t("19:30:00")))})
	fork := n.Held
	r := *n.Rec
	r.Body = hazard(disc(35.52, 35.0, 25, t("18:40:00"), t("19:30:00")))
	fork.Rec, fork.Ref.Leaf = &r, record.Hash{7}
	none(tt, check.All(w.Now(t("18:10:00"))), check.RuleNotices)
	for _, held := range [][]picture.Held{append(slices.Clone(w.Held), fork), append([]picture.Held{fork}, w.Held...)} {
		p := w.BookOf(held).Now(t("18:10:00"))
		c := one(tt, of(check.All(p), check.RuleNotices)[:1], check.RuleNotices)
		if !slices.Contains(c.IDs, n.ID) {
			tt.Errorf("%+v", c)
		}
		if len(of(check.Touching(p, []picture.ID{o.ID}), check.RuleNotices)) != 1 {
			tt.Error("touching the other finds it too")
		}
	}
}
