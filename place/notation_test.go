package place

import (
	"math"
	"strings"
	"testing"

	"parley/volume"
	"pgregory.net/rapid"
)

func TestParseReadsTheCommonNotations(t *testing.T) {
	want := volume.Deg(35.4734567, 35.95)
	min := volume.Point{LatE7: 354733333, LonE7: 359500000} // 35°28.4'N
	sec := volume.Point{LatE7: 354733333, LonE7: 359500000} // 35°28'24"N is the same
	whole := volume.Point{LatE7: 354666667, LonE7: 359500000}
	for in, c := range map[string]struct {
		p volume.Point
		n Notation
	}{
		"35.4734567N 35.95E":        {want, Decimal},
		"N35.4734567 E35.95":        {want, Decimal},
		"35.4734567°N, 35.95°E":     {want, Decimal},
		"n 35.4734567; e 035.95":    {want, Decimal},
		"35.95E 35.4734567N":        {want, Decimal},
		"35°N 36°E":                 {volume.Deg(35, 36), Decimal},
		"35N036E":                   {volume.Deg(35, 36), Decimal},
		"35°28.4'N 35°57'E":         {min, DegMin},
		"35° 28.4′ N, 035° 57′ E":   {min, DegMin},
		"35 28.4 N 035 57 E":        {min, DegMin},
		"N 35 28.4 E 035 57":        {min, DegMin},
		`35°28'24"N 35°57'00"E`:     {sec, DMS},
		`N35°28'24.00" E035°57'00"`: {sec, DMS},
		"35º28’24”N 35º57’00”E":     {sec, DMS},
		"35 28 24 N 35 57 00 E":     {sec, DMS},
		"35:28:24N 35:57:00E":       {sec, DMS},
		"3528N03557E":               {whole, ICAODM},
		"N3528E03557":               {whole, ICAODM},
		"3528.4N 03557.0E":          {min, ICAODM},
		"352824N0355700E":           {sec, ICAODMS},
		"352824N 0355700E":          {sec, ICAODMS},
		"352824.0N0355700.0E":       {sec, ICAODMS},
		"0000N00000E":               {volume.Deg(0, 0), ICAODM},
		"900000S1800000W":           {volume.Deg(-90, -180), ICAODMS},
		"  33.5S   70.25W ":         {volume.Deg(-33.5, -70.25), Decimal},
	} {
		if p, n, err := Parse(in); err != nil || p != c.p || n != c.n {
			t.Errorf("%q: %v %v %v, want %v %v", in, p, n, err, c.p, c.n)
		}
	}
	// The example in the issue of every NOTAM: 35°21'28"N 035°57'00"E.
	if p, n, err := Parse("352128N0355700E"); err != nil || n != ICAODMS || math.Abs(p.Lat()-35.3577778) > 1e-7 || p.LonE7 != 359500000 {
		t.Errorf("%v %v %v", p, n, err)
	}
}

func TestParseRefusesWhatCanBeReadInTwoWays(t *testing.T) {
	for in, why := range map[string]string{
		"35.41, 35.95":            "which number is the latitude",
		"35.41 35.95":             "which number is the latitude",
		"":                        "which number is the latitude",
		"-35.41N 35.95E":          "instead of a sign",
		"35.41N +35.95E":          "instead of a sign",
		"35,41N 35,95E":           "decimal point, not a comma",
		"35.41N":                  "one of N or S and one of E or W",
		"35.41N 35.95N":           "one of N or S and one of E or W",
		"35.41N 35.95E 1N":        "one of N or S and one of E or W",
		"N35.41 35.95E":           "both before or both behind",
		"35.41 N35.95 E1":         "both before or both behind",
		"3528N3557E":              "leading zeros", // is that 35°57' or 355°7'?
		"352824N355700E":          "leading zeros",
		"35N35E":                  "leading zeros",
		"528N03557E":              "leading zeros",
		"3560N03557E":             "go up to 59",
		"352860N0355700E":         "go up to 59",
		"35°61'N 35°57'E":         "go up to 59",
		"35 28.5 24 N 35 57 00 E": "decimals of a minute and seconds",
		"35.4°28'N 35°57'E":       "couldn't make out",
		"35.41N 0355700E":         "in the same way",
		"3528N0355700E":           "in the same way",
		"91.0N 35.0E":             "more than 90",
		"90.0000001N 35.0E":       "more than 90",
		"35.0N 180.1E":            "more than 180",
		"900001N0355700E":         "more than 90",
		"35.41N 35.95E ABC":       "unexpected letter",
		"37SCR1234":               "unexpected letter", // a grid reference
		"35..4N 35.95E":           "couldn't make out",
		"٣٥N ٣٦E":                 "couldn't make out",
		"35.123456789N 35.0E":     "couldn't make out",
		strings.Repeat("9", 81):   "longer than 80 bytes",
		"N E":                     "behind their numbers",
		"NE":                      "behind their numbers",
		"35.41N,, 35.95E":         "decimal point, not a comma",
	} {
		p, _, err := Parse(in)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v %v, want an error with %q", in, p, err, why)
		}
		if p != (volume.Point{}) {
			t.Errorf("%q: gives %v though refused", in, p)
		}
	}
}

func somewhere(t *rapid.T) volume.Point {
	return volume.Point{LatE7: rapid.Int32Range(-90e7, 90e7).Draw(t, "lat"), LonE7: rapid.Int32Range(-180e7, 180e7).Draw(t, "lon")}
}

// Half a unit of the last digit in latitude and longitude, in 1e-7 degree.
var halfUnit = map[Notation]float64{Decimal: 0, DegMin: 1e7 / 60000 / 2, DMS: 1e7 / 360000 / 2, ICAODM: 1e7 / 60 / 2, ICAODMS: 1e7 / 3600 / 2}

func TestFormatIsReadBackToItsPrecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somewhere(t)
		for n, tol := range halfUnit {
			s := Format(p, n)
			q, m, err := Parse(s)
			if err != nil || m != n {
				t.Fatalf("%v as %q: %v %v", p, s, m, err)
			}
			if math.Abs(float64(p.LatE7)-float64(q.LatE7)) > tol+0.5 || math.Abs(float64(p.LonE7)-float64(q.LonE7)) > tol+0.5 {
				t.Fatalf("%v as %q came back as %v", p, s, q)
			}
			if again := Format(q, n); again != s {
				t.Fatalf("%q, then %q", s, again)
			}
		}
	})
}

func TestFormatCarriesOver(t *testing.T) {
	p := volume.Point{LatE7: 359999999, LonE7: -9999999}
	for n, want := range map[Notation]string{
		Decimal: "35.9999999N 0.9999999W", DegMin: "36°00.000'N 001°00.000'W", DMS: `36°00'00.00"N 001°00'00.00"W`,
		ICAODM: "3600N00100W", ICAODMS: "360000N0010000W", Notation(99): "35.9999999N 0.9999999W",
	} {
		if got := Format(p, n); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"352128N0355700E", "35.41N 35.95E", `35°28'24"N 35°57'00"E`, "N35 28.4 E035 57", "3528N3557E", "35,41N", "\xff°'\"NE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, n, err := Parse(s)
		if err != nil {
			if len(err.Error()) > 600 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if p.Valid() != nil {
			t.Fatalf("%q gives %v", s, p)
		}
		if q, m, err := Parse(Format(p, n)); err != nil || m != n && !(n == Decimal) || volume.DistanceM(p, q) > 1400 {
			t.Fatalf("%q: %v, again %v %v %v", s, p, q, m, err)
		}
	})
}
