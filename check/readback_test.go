package check_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/place"
	"parley/record"
	"parley/volume"
)

// understood lets an officer read a notice back.
func understood(l *picturetest.Line, by party.ID, at string, re picturetest.Posted, lines ...string) picturetest.Posted {
	return l.Say(post{By: by, At: t(at), Re: &re, Seen: l.Heads(by), Body: record.Ack{Level: record.LevelUnderstood, ReadBack: lines}})
}

// warned is a line on which IL has said two areas, seen from one party's seat.
func warned(self party.ID, vs ...volume.Volume) (*picturetest.World, *picturetest.Line, picturetest.Posted) {
	w := picturetest.New(self)
	l := w.Line("IL-RU", "IL", "RU")
	n := hazard(vs...)
	n.Place = "Latakia"
	return w, l, l.Say(post{By: "IL", At: t("18:30:00"), Precedence: record.Flash, Body: n})
}

func latakia() volume.Volume { return disc(35.52, 35.78, 25, t("18:40:00"), t("19:30:00")) }

func TestAWrongReadBackAlarmsBothAndNobodyElse(tt *testing.T) {
	for self, who := range map[party.ID]string{"IL": "RU read back", "RU": "we read back"} {
		w, l, n := warned(self, latakia())
		a := understood(l, "RU", "18:31:20", n, "35.41N 35.95E, radius 25 km")
		c := one(tt, check.All(w.Now(t("18:32:00"))), check.RuleReadBack,
			"“Latakia”: "+who+" something else at 18:31:20Z than IL's hazard area (IL-RU/IL/urgent/1)",
			"the middle is 35.520N 35.780E, they read 35.410N 35.950E, 10.6 NM (19.7 km) off")
		if c.Precedence != record.Immediate || ids(c.IDs...) != ids(n.ID, a.ID) || c.Key != "read-back/"+string(a.ID) || len(c.About) != 2 || c.At == nil {
			tt.Errorf("%s: %+v", self, c)
		}
		for _, id := range []picture.ID{n.ID, a.ID} {
			one(tt, check.Touching(w.Now(t("18:32:00")), []picture.ID{id}), check.RuleReadBack)
		}
	}
	w := picturetest.New("UN")
	l := w.Line("three", "IL", "RU", "UN")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(latakia())})
	understood(l, "RU", "18:31:00", n, "1.0N 1.0E")
	none(tt, check.All(w.Now(t("18:32:00"))), check.RuleReadBack) // neither can UN mend it
}

func TestHowAReadBackMayBeWritten(tt *testing.T) {
	circle, box := latakia(), picturetest.Box(35.4, 35.5, 35.6, 35.9, t("18:40:00"), t("19:30:20"))
	open := latakia()
	open.Band = volume.Band{Lower: volume.Altitude{Datum: volume.AGL}, Unlimited: true}
	for _, c := range []struct {
		name  string
		v     volume.Volume
		lines []string
		wrong string // "" if right; else words of the reason
	}{
		{"only the place", circle, []string{"35.52N 35.78E"}, ""},
		{"in capitals or not, with words", circle, []string{"hazard about n35.52 e35.78, fl000 to fl300, 1840z till 1930z"}, ""},
		{"in minutes", circle, []string{"35°31.2'N 035°46.8'E"}, ""},
		{"in the ICAO form", circle, []string{"353112N0354648E"}, ""},
		{"with its radius in miles", circle, []string{"35.52N 35.78E", "13.5 NM"}, ""},
		{"a distance is no radius", circle, []string{"35.52N 35.78E, 9 km west of Latakia"}, ""},
		{"as it is read out", circle, place.ReadBack(circle), ""},
		{"a box as it is read out", box, place.ReadBack(box), ""},
		{"without a top as it is read out", open, place.ReadBack(open), ""},
		{"the surface by another name", open, []string{"35.52N 35.78E SFC to UNL"}, ""},
		{"the corners the other way round", box, []string{"35.6N 35.5E; 35.6N 35.9E", "35.4N 35.9E; 35.4N 35.5E"}, ""},
		{"the seconds left out", box, []string{"35.4N 35.5E; 35.4N 35.9E; 35.6N 35.9E; 35.6N 35.5E until 19:30Z"}, ""},

		{"no coordinates", circle, []string{"off Latakia, FL000 to FL300"}, "no coordinates are in it, only “off Latakia, FL000 to FL300”"},
		{"cannot be read", circle, []string{"95.52N 35.78E"}, "it can't all be read"},
		{"half of it cannot be read", circle, []string{"35.52N 35.78E", "35.99.1N 35.78E"}, "it can't all be read"},
		{"exchanged", circle, []string{"35.78N 35.52E"}, "20.1 NM (37.3 km) off"},
		{"south for north", circle, []string{"35.52S 35.78E"}, "they read 35.520S 35.780E"},
		{"another radius", circle, []string{"35.52N 35.78E, 35 km"}, "its radius is 13.5 NM (25.0 km), they read 18.9 NM (35.0 km), 5.4 NM (10.0 km) more"},
		{"another height", circle, []string{"35.52N 35.78E, FL000 to FL200"}, "it is FL000 to FL300, they read FL200, 10000 ft less"},
		{"another datum", circle, []string{"35.52N 35.78E up to 30000 ft AMSL"}, "they read 30000 ft AMSL"},
		{"no top", circle, []string{"35.52N 35.78E up to unlimited"}, "they read no upper limit"},
		{"later", circle, []string{"35.52N 35.78E until 19:40Z"}, "it is from 18:40Z to 19:30Z, they read 19:40Z, 10 min later"},
		{"earlier", circle, []string{"35.52N 35.78E from 1810Z"}, "they read 1810Z, 30 min earlier"},
		{"another day", circle, []string{"35.52N 35.78E until 2018-09-18T19:30:00Z"}, "24 h 00 min later"},
		{"one corner of four", box, []string{"35.4N 35.5E; 35.4N 35.9E; 35.6N 35.7E; 35.6N 35.5E"}, "corner 3 is 35.600N 35.900E, they read 35.600N 35.700E, 9.8 NM (18.1 km) off"},
		{"a corner too few", box, []string{"35.4N 35.5E; 35.4N 35.9E; 35.6N 35.9E"}, "it has 4 points, they read 3"},
		{"a point too many", circle, []string{"35.52N 35.78E", "34.0N 33.0E"}, "they read 1 point besides"},
	} {
		w, l, n := warned("IL", c.v)
		understood(l, "RU", "18:31:00", n, c.lines...)
		cs := check.All(w.Now(t("18:32:00")))
		if got := of(cs, check.RuleReadBack); c.wrong == "" && len(got) != 0 {
			tt.Errorf("%s: %s", c.name, got[0].Why)
		} else if c.wrong != "" && (len(got) != 1 || !strings.Contains(got[0].Why, c.wrong)) {
			tt.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestTheReadBackIsOfWhatWasInForceThen(tt *testing.T) {
	w, l, n := warned("IL", latakia())
	moved := disc(35.52, 35.40, 25, t("18:40:00"), t("19:30:00"))
	understood(l, "RU", "18:31:00", n, "35.52N 35.78E")
	none(tt, check.All(w.Now(t("18:32:00"))), check.RuleReadBack)
	c := l.Say(post{By: "IL", At: t("18:33:00"), Re: &n, Seen: l.Heads("IL"), Body: class(record.Correction, moved)})
	none(tt, check.All(w.Now(t("18:34:00"))), check.RuleReadBack) // it was right when it was said
	old := understood(l, "RU", "18:34:00", c, "35.52N 35.78E")    // the correction, read back as it was before
	got := one(tt, check.All(w.Now(t("18:35:00"))), check.RuleReadBack, "they read 35.520N 35.780E", "km) off")
	if ids(got.IDs...) != ids(n.ID, c.ID, old.ID) {
		tt.Errorf("%v", got.IDs)
	}
	one(tt, check.Touching(w.Now(t("18:35:00")), []picture.ID{old.ID}), check.RuleReadBack)
	understood(l, "RU", "18:36:00", n, "35.52N 35.40E")
	none(tt, check.All(w.Now(t("18:37:00"))), check.RuleReadBack)
	l.Say(post{By: "IL", At: t("18:38:00"), Re: &c, Seen: l.Heads("IL"), Body: record.Notice{Class: record.Cancellation}})
	none(tt, check.All(w.Now(t("18:39:00"))), check.RuleReadBack) // the old area stands again, and has to be understood anew
}

func TestTheLastReadBackCounts(tt *testing.T) {
	w := picturetest.New("IL")
	h, l := w.Home(), w.Line("three", "IL", "RU", "UN")
	n := l.Say(post{By: "IL", At: t("18:30:00"), Body: hazard(latakia())})
	understood(l, "RU", "18:31:00", n, "35.62N 35.78E")
	understood(l, "UN", "18:31:00", n, "35.52N 35.78E")
	raised(w, h, t("18:31:30"), check.RuleReadBack)
	first := one(tt, check.All(w.Now(t("18:31:30"))), check.RuleReadBack)
	understood(l, "UN", "18:31:40", n, "35.52N 35.78E")
	if got := over(tt, w, t("18:31:50")); got != "" {
		tt.Errorf("another party's word ended it: %s", got)
	}
	l.Ack("RU", t("18:31:55"), n, record.LevelRead)
	if got := over(tt, w, t("18:31:56")); got != "" {
		tt.Errorf("another level ended it: %s", got)
	}
	understood(l, "RU", "18:32:00", n, "35.72N 35.78E")
	if second := one(tt, check.All(w.Now(t("18:32:30"))), check.RuleReadBack); second.Key == first.Key {
		tt.Error("another wrong read-back is another conflict")
	}
	if got := over(tt, w, t("18:32:30")); got != "It has been read back anew." {
		tt.Errorf("the first: %q", got)
	}
	understood(l, "RU", "18:33:00", n, "35.52N 35.78E")
	none(tt, check.All(w.Now(t("18:33:30"))), check.RuleReadBack)
	understood(l, "RU", "18:34:00", n, "35.82N 35.78E")
	one(tt, check.All(w.Now(t("18:34:30"))), check.RuleReadBack) // and it can be lost again
	l.Say(post{By: "IL", At: t("18:35:00"), Re: &n, Body: record.Notice{Class: record.Cancellation}})
	none(tt, check.All(w.Now(t("18:35:30"))), check.RuleReadBack)
}

func TestAWrongReadBackIsOverWithItsNotice(tt *testing.T) {
	w, l, n := warned("IL", latakia())
	understood(l, "RU", "18:31:00", n, "35.62N 35.78E")
	one(tt, check.All(w.Now(t("19:29:59"))), check.RuleReadBack)
	none(tt, check.All(w.Now(t("19:30:00"))), check.RuleReadBack)
}

// TestEveryVolumeHasToBeReadBack draws notices of one to three areas and reads
// some of them back, each moved by a known distance.
func TestEveryVolumeHasToBeReadBack(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		var vs []volume.Volume
		var lines []string
		right := true
		for i := range rapid.IntRange(1, 3).Draw(r, "volumes") {
			lat, lon := -80+50*float64(i)+rapid.Float64Range(0, 40).Draw(r, "lat"), rapid.Float64Range(-180, 179).Draw(r, "lon")
			v := disc(lat, lon, 5+float64(i), t("18:40:00"), t("19:30:00"))
			points := []volume.Point{v.Area.Circle.Center}
			if rapid.Bool().Draw(r, "box") {
				v = picturetest.Box(lat, lon, lat+0.5, lon+0.5, t("18:40:00"), t("19:30:00"))
				points = v.Area.Polygon
			}
			vs = append(vs, v)
			if rapid.IntRange(0, 9).Draw(r, "left out") == 0 {
				right = false
				continue
			}
			off := rapid.SampledFrom([]float64{0, 20, 45, 60, 5000, 400_000}).Draw(r, "off")
			k := rapid.IntRange(0, len(points)-1).Draw(r, "corner")
			right = right && off < place.ReadBackToleranceM
			points = slices.Clone(points)
			points[k] = volume.Destination(points[k], rapid.Float64Range(0, 359).Draw(r, "way"), off)
			n := rapid.SampledFrom([]place.Notation{place.Decimal, place.DMS}).Draw(r, "notation")
			var said []string
			for _, p := range points {
				said = append(said, place.Format(p, n))
			}
			lines = append(lines, strings.Join(said, "; "))
		}
		if len(lines) == 0 {
			return
		}
		w, l, n := warned("IL", vs...)
		understood(l, "RU", "18:31:00", n, lines...)
		got := of(check.All(w.Now(t("18:32:00"))), check.RuleReadBack)
		if right != (len(got) == 0) {
			r.Fatalf("right %v, and the rule says %s\nof %s", right, asJSON(got), lines)
		}
	})
}

// FuzzReadBack: whatever is typed, nothing panics, and what is found wrong is
// said in a bounded sentence.
func FuzzReadBack(f *testing.F) {
	for _, s := range []string{"35.52N 35.78E", "N35.52 E35.78 FL300 1840Z", "35.52N 35.78E (35.52N 35.78E)", "corner 1: 353112N0354648E", "°'\"NE;9Z FL99999"} {
		f.Add(s)
	}
	f.Fuzz(func(tt *testing.T, s string) {
		if len(s) > record.MaxName*record.MaxReadBack {
			return
		}
		w, l, n := warned("IL", latakia(), picturetest.Box(35.4, 35.5, 35.6, 35.9, t("18:40:00"), t("19:30:00")))
		understood(l, "RU", "18:31:00", n, strings.Split(s, "\n")...)
		for _, c := range of(check.All(w.Now(t("18:32:00"))), check.RuleReadBack) {
			if c.Why == "" || strings.Contains(c.Why, "%!") && !strings.Contains(s, "%!") || len(c.Why) > 3000 {
				tt.Errorf("%q: %s", s, c.Why)
			}
		}
	})
}

// TestAReadBackReadOutIsAlwaysRight reads any volume out as place.ReadBack
// writes it for the officer, in lines as long as a record holds: no volume is
// read back wrongly by its own words.
func TestAReadBackReadOutIsAlwaysRight(tt *testing.T) {
	rapid.Check(tt, func(r *rapid.T) {
		v := drawVolume(r, t("18:40:00"))
		v.Band.Unlimited = rapid.Bool().Draw(r, "unlimited")
		v.Band.Lower = rapid.SampledFrom([]volume.Altitude{{Datum: volume.AGL}, {Feet: 400, Datum: volume.AGL}, {Feet: 5000, Datum: volume.AMSL},
			{Feet: 10000}, {Feet: 1234}, {Feet: 300, Datum: volume.Ellipsoid}}).Draw(r, "lower")
		if v.Band.Unlimited {
			v.Band.Upper = volume.Altitude{}
		}
		w, l, n := warned("IL", v)
		understood(l, "RU", "18:31:00", n, place.ReadBack(v)...)
		if got := of(check.All(w.Now(t("17:32:00"))), check.RuleReadBack); len(got) != 0 {
			r.Fatalf("%s\nof %s", got[0].Why, strings.Join(place.ReadBack(v), "\n"))
		}
	})
}

// TestOneWrongFigureIsFound changes one figure of a right read-back so that it
// means something else, and the sentence shows both values.
func TestOneWrongFigureIsFound(tt *testing.T) {
	right := "35.52N 35.78E, radius 25 km, FL000 to FL300, 18:40Z to 19:30Z"
	for _, c := range [][3]string{
		{"35.52N", "35.62N", "they read 35.620N 35.780E"},
		{"35.78E", "35.87E", "they read 35.520N 35.870E"},
		{"35.78E", "35.78W", "they read 35.520N 35.780W"},
		{"25 km", "52 km", "they read 28.1 NM (52.0 km)"},
		{"25 km", "25 NM", "they read 25.0 NM (46.3 km)"},
		{"FL300", "FL030", "they read FL030, 3000 ft more"},
		{"FL300", "FL310", "they read FL310, 1000 ft more"},
		{"FL000", "FL100", "they read FL100, 10000 ft more"},
		{"18:40Z", "18:04Z", "they read 18:04Z, 36 min earlier"},
		{"19:30Z", "20:30Z", "they read 20:30Z, 60 min later"},
		{"19:30Z", "19:31Z", "they read 19:31Z, 60 s later"},
		{"19:30Z", "2018-09-16T19:30Z", "they read 2018-09-16T19:30Z, 23 h 10 min earlier"},
	} {
		w, l, n := warned("IL", latakia())
		understood(l, "RU", "18:31:00", n, right)
		none(tt, check.All(w.Now(t("18:32:00"))), check.RuleReadBack)
		wrong := strings.Replace(right, c[0], c[1], 1)
		understood(l, "RU", "18:32:00", n, wrong)
		one(tt, check.All(w.Now(t("18:33:00"))), check.RuleReadBack, c[2])
	}
}
