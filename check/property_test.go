package check_test

import (
	"encoding/json"
	"fmt"
	"math"
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

// evening draws notices, plans, corrections and answers about one place.
func evening(r *rapid.T) *picturetest.World {
	w := picturetest.New("RU")
	h := w.Home()
	lines := []*picturetest.Line{w.Line("IL-RU", "IL", "RU"), w.Line("RU-SY", "RU", "SY")}
	said := map[*picturetest.Line][]picturetest.Posted{}
	now := t("18:00:00")
	for range rapid.IntRange(1, 25).Draw(r, "records") {
		now += utc.Time(rapid.IntRange(0, 60_000).Draw(r, "later"))
		if rapid.IntRange(0, 5).Draw(r, "home") == 0 {
			h.Say(post{By: "RU", At: now, Body: way(now+utc.Time(rapid.IntRange(0, 3_600_000).Draw(r, "depart")), 5)})
			continue
		}
		l := lines[rapid.IntRange(0, 1).Draw(r, "line")]
		by := l.Charter.Cards[rapid.IntRange(0, 1).Draw(r, "by")].Party
		p := post{By: by, At: now, Precedence: record.Precedence(rapid.IntRange(1, 4).Draw(r, "precedence"))}
		var re *picturetest.Posted
		if n := len(said[l]); n > 0 {
			re = &said[l][rapid.IntRange(0, n-1).Draw(r, "re")]
		}
		v := drawVolume(r, now)
		switch k := rapid.IntRange(0, 9).Draw(r, "kind"); {
		case k == 0 && re != nil:
			p.Body, p.Re = class(record.Correction, v), re
		case k == 1 && re != nil:
			p.Body, p.Re = record.Notice{Class: record.Cancellation}, re
		case k == 2 && re != nil:
			p.Body, p.Re = record.Ack{Level: record.LevelRead}, re
		case k == 3 && re != nil:
			p.Body, p.Re = record.Ack{Level: record.LevelObjection, Reason: "no"}, re
		case k == 4:
			l.Broken(by, picture.Invalid, "cannot be opened")
			continue
		case k == 5:
			p.Body = record.Notice{Class: record.Activity, Text: "somewhere"}
		case k == 6:
			l.Receive(by, now)
			continue
		case k == 7:
			p.Body = record.Say{Phrase: &record.Phrase{Code: "HOLD-FIRE"}}
		default:
			p.Body = class(rapid.SampledFrom(record.Classes()[:11]).Draw(r, "class"), v)
		}
		said[l] = append(said[l], l.Say(p))
	}
	return w
}

func drawVolume(r *rapid.T, now utc.Time) volume.Volume {
	from := now + utc.Time(rapid.IntRange(-1_800_000, 5_400_000).Draw(r, "from"))
	lat, lon := rapid.Float64Range(35.2, 35.8).Draw(r, "lat"), rapid.Float64Range(34.9, 36.1).Draw(r, "lon")
	size := rapid.Float64Range(1, 30).Draw(r, "km")
	to := from + utc.Time(rapid.IntRange(1000, 5_400_000).Draw(r, "long"))
	v := disc(lat, lon, size, from, to)
	if rapid.Bool().Draw(r, "box") {
		d := size / 111
		v = picturetest.Box(lat-d, lon-d, lat+d, lon+d, from, to)
	}
	v.Band.Lower.Feet = int32(rapid.IntRange(0, 200).Draw(r, "lower")) * 100
	v.Band.Upper.Feet = v.Band.Lower.Feet + int32(rapid.IntRange(1, 200).Draw(r, "thick"))*100
	return v
}

func TestTouchingIsAllFiltered(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		p := w.Now(t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant")))
		var all []picture.ID
		for _, l := range p.Lines {
			for _, it := range l.Items {
				all = append(all, it.ID)
			}
		}
		some := rapid.SliceOfN(rapid.SampledFrom(all), 0, 4).Draw(r, "ids")
		var want []check.Conflict
		for _, c := range check.All(p) {
			if slices.ContainsFunc(c.IDs, func(id picture.ID) bool { return slices.Contains(some, id) }) {
				want = append(want, c)
			}
		}
		if got := check.Touching(p, some); asJSON(got) != asJSON(want) && len(got)+len(want) > 0 {
			r.Fatalf("touching %v\n got %s\nwant %s", some, asJSON(got), asJSON(want))
		}
	})
}

func TestKeysAreStableAndUnique(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		w := evening(r)
		instant := t("18:00:00") + utc.Time(rapid.IntRange(0, 7_200_000).Draw(r, "instant"))
		cs := check.All(w.Now(instant))
		again := check.All(w.BookOf(rapid.Permutation(w.Held).Draw(r, "order")).Now(instant))
		if asJSON(cs) != asJSON(again) {
			r.Fatalf("another order of arrival:\n%s\n%s", asJSON(cs), asJSON(again))
		}
		seen := map[string]bool{}
		for _, c := range cs {
			if seen[c.Key] {
				r.Fatalf("two conflicts of key %s", c.Key)
			}
			seen[c.Key] = true
			if !strings.HasPrefix(c.Key, c.Rule+"/") || c.Why == "" || len(c.IDs) == 0 || len(c.About) == 0 || !c.Precedence.Valid() {
				r.Fatalf("incomplete: %+v", c)
			}
			a := record.Alert{Rule: c.Rule, Key: c.Key, Why: c.Why, About: c.About, Track: c.Track, From: c.From, To: c.To, At: c.At, Deadline: instant}
			if err := a.Validate(); err != nil {
				r.Fatalf("%s makes no alert: %v", c.Key, err)
			}
		}
	})
}

// inArea is the oracle's own: a place on a sphere against a disc, or against a
// box whose edges are sampled finely enough that the bulge of an edge (under 2 m
// at 60 km) is inside the tolerance of the tests.
func inArea(a volume.Area, lat, lon, marginM float64) bool {
	if a.Circle != nil {
		return haversine(lat, lon, a.Circle.Center.Lat(), a.Circle.Center.Lon()) <= float64(a.Circle.RadiusM)-marginM
	}
	south, west, north, east := a.Polygon[0].Lat(), a.Polygon[0].Lon(), a.Polygon[2].Lat(), a.Polygon[2].Lon()
	d := marginM / 111_195
	return lat >= south+d && lat <= north-d && lon >= west+d/0.8 && lon <= east-d/0.8
}

func haversine(lat1, lon1, lat2, lon2 float64) float64 {
	rad := math.Pi / 180
	s, c := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	return 2 * 6371008.8 * math.Asin(math.Sqrt(s*s+math.Cos(lat1*rad)*math.Cos(lat2*rad)*c*c))
}

// TestThePlanRuleAgreesWithASampledFlight flies down the middle of the leg and
// samples: where the aircraft is surely in the volume (100 m deep), the rule must
// have a conflict that covers the instant. And a conflict must have some instant
// at which the widened volume holds some place of the corridor.
func TestThePlanRuleAgreesWithASampledFlight(tt *testing.T) {
	found := 0
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("RU")
		h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
		start := t("18:30:00")
		plan := way(start, 2)
		h.Say(post{By: "RU", At: t("17:00:00"), Body: plan})
		v := drawVolume(r, t("18:30:00"))
		if rapid.Bool().Draw(r, "in the way") {
			v.Area = volume.Area{Circle: &volume.Circle{Center: volume.Deg(35.5, rapid.Float64Range(35, 36).Draw(r, "at")), RadiusM: 5000}}
			v.Band.Lower.Feet, v.Band.Upper.Feet = 0, int32(rapid.IntRange(140, 200).Draw(r, "upper"))*100
		}
		l.Say(post{By: "IL", At: t("17:30:00"), Body: hazard(v)})
		got := of(check.All(w.Now(t("17:31:00"))), check.RulePlan)

		band := plan.Legs[0].Band
		heights := v.Band.Lower.Feet <= band.Upper.Feet && band.Lower.Feet <= v.Band.Upper.Feet
		close := false
		for s := 0.0; s <= 3600; s += 2 {
			at := start + utc.Time(s*1000)
			lat, lon := onLeg(plan.Legs[0], s/3600)
			if !heights || at < v.Window.From || at >= v.Window.To {
				continue
			}
			if inArea(v.Area, lat, lon, 100) {
				found++
				if len(got) != 1 || at < got[0].From || at > got[0].To {
					r.Fatalf("at %s the aircraft is inside, and the rule says %s", at, asJSON(got))
				}
			}
			close = close || inArea(v.Area, lat, lon, -2000*1.5-300)
		}
		if len(got) == 1 && !close && got[0].To-got[0].From > 5000 {
			r.Fatalf("no place of the corridor is ever near the volume: %s", got[0].Why)
		}
	})
	if found == 0 {
		tt.Error("no flight was ever inside: the test tests nothing")
	}
}

// onLeg gives the place a part f of the way along the great circle of a leg.
func onLeg(l volume.Leg, f float64) (lat, lon float64) {
	rad := math.Pi / 180
	d := haversine(l.From.Lat(), l.From.Lon(), l.To.Lat(), l.To.Lon()) / 6371008.8
	a, b := math.Sin((1-f)*d)/math.Sin(d), math.Sin(f*d)/math.Sin(d)
	point := func(p volume.Point) [3]float64 {
		return [3]float64{math.Cos(p.Lat()*rad) * math.Cos(p.Lon()*rad), math.Cos(p.Lat()*rad) * math.Sin(p.Lon()*rad), math.Sin(p.Lat() * rad)}
	}
	p, q := point(l.From), point(l.To)
	x, y, z := a*p[0]+b*q[0], a*p[1]+b*q[1], a*p[2]+b*q[2]
	return math.Atan2(z, math.Hypot(x, y)) / rad, math.Atan2(y, x) / rad
}

// TestTheNoticeRuleAgreesWithSampledPlaces samples places and instants in the
// first volume: one that is surely in the second too is a conflict, at that
// instant.
func TestTheNoticeRuleAgreesWithSampledPlaces(tt *testing.T) {
	found := 0
	rapid.Check(tt, func(r *rapid.T) {
		w := picturetest.New("RU")
		l := w.Line("IL-RU", "IL", "RU")
		a, b := drawVolume(r, t("18:00:00")), drawVolume(r, t("18:00:00"))
		l.Say(post{By: "IL", At: t("16:00:00"), Body: hazard(a)})
		l.Say(post{By: "RU", At: t("16:00:00"), Body: hazard(b)})
		got := of(check.All(w.Now(t("16:01:00"))), check.RuleNotices)
		heights := a.Band.Lower.Feet <= b.Band.Upper.Feet && b.Band.Lower.Feet <= a.Band.Upper.Feet
		from, to := max(a.Window.From, b.Window.From), min(a.Window.To, b.Window.To)
		common := false
		for lat := 34.8; lat < 36.2; lat += 0.02 {
			for lon := 34.5; lon < 36.6; lon += 0.02 {
				common = common || inArea(a.Area, lat, lon, 20) && inArea(b.Area, lat, lon, 20)
			}
		}
		if common && heights && from < to {
			found++
			if len(got) != 1 || got[0].From != from || got[0].To != to {
				r.Fatalf("they meet from %s to %s, and the rule says %s", from, to, asJSON(got))
			}
		}
		if (!heights || from >= to) && len(got) != 0 {
			r.Fatalf("they share no time or no height: %s", got[0].Why)
		}
	})
	if found == 0 {
		tt.Error("no two ever met: the test tests nothing")
	}
}

func TestOverEndsOnlyWhatIsOver(tt *testing.T) {
	w := picturetest.New("IL")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	n := l.Say(post{By: "IL", At: t("18:39:00"), Precedence: record.Flash, Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	raise := func(at string, c check.Conflict) {
		h.Say(post{By: "IL", At: t(at), Body: record.Alert{Rule: c.Rule, Key: c.Key, Why: c.Why, About: c.About, From: c.From, To: c.To, Deadline: t(at) + 60_000}})
	}
	raise("18:40:00", one(tt, check.All(w.Now(t("18:40:00"))), check.RuleMissing))
	over := func(at string) string {
		p := w.Now(t(at))
		for _, why := range check.Over(p, p.Alerts) {
			return why
		}
		return ""
	}
	if got := over("18:50:00"); got != "" {
		tt.Errorf("over by silence: %s", got)
	}
	l.Receive("RU", t("18:50:00")) // due moves to 18:51
	if got := over("18:50:10"); got != "" || len(of(check.All(w.Now(t("18:50:10"))), check.RuleMissing)) != 0 {
		tt.Errorf("a late receipt is no acknowledgement: %s", got)
	}
	l.Ack("RU", t("18:50:30"), n, record.LevelRead)
	if got := over("18:50:31"); got != "The acknowledgement is there." {
		tt.Errorf("acknowledged: %q", got)
	}
}

func TestOverKeepsWhatItCannotJudge(tt *testing.T) {
	p := picturetest.New("IL").Now(t("18:00:00"))
	ref := record.About{Ref: record.Ref{Party: "RU"}}
	for name, a := range map[string]record.Alert{
		"a rule of another release": {Rule: "later", Key: "later/x", About: []record.About{ref}},
		"a record not held here":    {Rule: check.RulePlan, Key: "plan-notice/x/y", About: []record.About{ref}},
		"about nothing":             {Rule: check.RuleStop, Key: "stop/x"},
	} {
		x := picture.Alert{Alert: a}
		if a.Rule == "later" {
			x.AboutIDs = []picture.ID{"IL-RU/RU/urgent/1"}
		}
		if got := check.Over(p, []picture.Alert{x}); len(got) != 0 {
			tt.Errorf("%s: %v", name, got)
		}
	}
}

func TestBaseTakesTheRoundOff(tt *testing.T) {
	for key, want := range map[string]string{"a/b": "a/b", "a/b#2": "a/b", "a/b#12": "a/b", "a#b": "a#b", "a/b#": "a/b#", "#2": "#2", "a#1#2": "a#1"} {
		if got := check.Base(key); got != want {
			tt.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestSpansAreSaidDownwards(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "IL", At: t("12:00:00"), Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	l.Say(post{By: "RU", At: t("12:00:00"), Body: hazard(disc(35.5, 35.5, 5, t("18:40:00"), t("19:30:00")))})
	for at, want := range map[string]string{"18:38:30.500": "in 89 s", "18:30:00": "in 10 min", "15:34:59": "in 3 h 05 min", "18:40:00": "it has begun"} {
		one(tt, check.All(w.Now(t(at))), check.RuleNotices, want)
	}
}

func TestThousandsOfNoticesAreCheckedByTheirBounds(tt *testing.T) {
	w := picturetest.New("RU")
	l := w.Line("IL-RU", "IL", "RU")
	var last picturetest.Posted
	for i := range 3000 {
		by := []party.ID{"IL", "RU"}[i%2]
		last = l.Say(post{By: by, At: t("12:00:00"), Body: hazard(disc(-60+float64(i%100)*1.2, float64(i/100)*10, 5, t("18:40:00"), t("19:30:00")))})
	}
	p := w.Now(t("12:00:01"))
	none(tt, check.All(p), check.RuleNotices)
	none(tt, check.Touching(p, []picture.ID{last.ID}), check.RuleNotices)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}
