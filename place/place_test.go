package place

import (
	"strings"
	"testing"

	"parley/utc"
	"parley/volume"
	"pgregory.net/rapid"
)

func must(t *testing.T, name string) Place {
	t.Helper()
	p, ok := Lookup(name)
	if !ok {
		var c []string
		for _, q := range Candidates(name) {
			c = append(c, q.Name)
		}
		t.Fatalf("%q is not found; candidates %q", name, c)
	}
	return p
}

func around(p volume.Point, m uint32) volume.Area {
	return volume.Area{Circle: &volume.Circle{Center: p, RadiusM: m}}
}

func TestEveryNameInTheListFindsItsPlaceAndNoOther(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		if seen[p.Name] {
			t.Errorf("%q is in the list twice", p.Name)
		}
		seen[p.Name] = true
		if p.Point.Valid() != nil || p.RadiusM < 500 || p.RadiusM > 500_000 || p.Kind == "" {
			t.Errorf("%q: bad entry %+v", p.Name, p)
		}
		for _, n := range append([]string{p.Name}, p.Also...) {
			for _, s := range []string{n, strings.ToUpper(n), strings.ToLower(n), "  " + strings.ReplaceAll(n, "-", " ") + "."} {
				if got, ok := Lookup(s); !ok || got.Name != p.Name {
					t.Errorf("%q of %q finds %q, %v", s, p.Name, got.Name, ok)
				}
			}
		}
	}
	if n := len(seen); n < 60 {
		t.Errorf("only %d places", n)
	}
}

func TestListStandsWhereTheSourcesPutIt(t *testing.T) {
	for name, want := range map[string]volume.Point{
		"Hmeimim": volume.Deg(35.41, 35.95), "Latakia": volume.Deg(35.52, 35.78), "Baniyas": volume.Deg(35.18, 35.94),
	} {
		if p := must(t, name); p.Point != want {
			t.Errorf("%s at %v, want %v", name, p.Point, want)
		}
	}
	// Rough shape of the map: pairs of known distance, to 15 %.
	for _, c := range []struct {
		a, b string
		km   float64
	}{
		{"Damascus", "Beirut", 85}, {"Aleppo", "Damascus", 310}, {"Latakia", "Tartus", 71}, {"Haifa", "Tel Aviv", 84},
		{"Homs", "Hama", 45}, {"Deir ez-Zor", "Raqqa", 123}, {"Idlib", "Aleppo", 57}, {"Jerusalem", "Tel Aviv", 54}, {"Hmeimim", "Latakia", 20},
	} {
		if d := volume.DistanceM(must(t, c.a).Point, must(t, c.b).Point) / 1000; d < c.km*0.85 || d > c.km*1.15 {
			t.Errorf("%s to %s is %.0f km, about %.0f expected", c.a, c.b, d, c.km)
		}
	}
}

func TestLookupForgivesTransliteration(t *testing.T) {
	for in, want := range map[string]string{
		"Dayr az-Zawr": "Deir ez-Zor", "DEIR EZ ZOR": "Deir ez-Zor", "Deir es Zor": "Deir ez-Zor", "Dayr az Zor": "Deir ez-Zor",
		"al-Lādhiqīyah": "Latakia", "Lattakia": "Latakia", "Latakiya": "Latakia", "Ḥimṣ": "Homs", "Ḩamāh": "Hama", "Tartūs": "Tartus", "Tartoos": "Tartus",
		"Idleb": "Idlib", "Khmeimim": "Hmeimim", "el-Quneitra": "Quneitra", "Bayrūt": "Beirut",
		"the northern Syria": "north Syria", "North Syria": "north Syria", "Northwest Syria": "north-west Syria",
		"Latakia Province": "Latakia governorate", "Deir ez-Zor air base": "Deir ez-Zor airport", "Deir ez-Zor airbase": "Deir ez-Zor airport",
		"ЛАТАКИЯ": "Latakia", "اللَّاذِقِيَّة": "Latakia", "חיפה": "Haifa", "ادلب": "Idlib", "İSKENDERUN": "Iskenderun",
	} {
		if p, ok := Lookup(in); !ok || p.Name != want {
			t.Errorf("%q finds %q, %v; want %q", in, p.Name, ok, want)
		}
	}
	for _, in := range []string{"", "Paris", "xyzzy", "the", strings.Repeat("a", 100000), "\xff\xfe", "Tripoli"} {
		if p, ok := Lookup(in); ok {
			t.Errorf("%.20q finds %q", in, p.Name)
		}
	}
}

func TestNamesThatSoundAlikeAreToldApart(t *testing.T) {
	if a, b := must(t, "Banias"), must(t, "Baniyas"); a.Name == b.Name || volume.DistanceM(a.Point, b.Point) < 200_000 {
		t.Errorf("%q and %q", a.Name, b.Name)
	}
	// A spelling between the two is not decided for the officer.
	if _, ok := Lookup("Banniyas"); ok || len(Candidates("Banniyas")) != 2 {
		t.Errorf("Banniyas: %v, %d candidates", ok, len(Candidates("Banniyas")))
	}
	if d, bad := Disagree("Banniyas", around(volume.Deg(0, 0), 1)); bad {
		t.Errorf("compared with one of two: %s", d.Why)
	}
}

func TestMisspeltNamesAreSuggested(t *testing.T) {
	for in, want := range map[string]string{"Latkia": "Latakia", "Hmeimin": "Hmeimim", "Damascsu": "Damascus", "Alepo": "Aleppo", "Deir Zorr": "Deir ez-Zor", "Palmira": "Palmyra", "Latakia": "Latakia"} {
		got := Suggest(in)
		if len(got) == 0 || len(got) > 3 || got[0].Name != want {
			t.Errorf("%q: %v, want %q first", in, got, want)
		}
	}
	for _, in := range []string{"", "ab", "Constantinople", strings.Repeat("x", 1000)} {
		if got := Suggest(in); len(got) != 0 {
			t.Errorf("%.20q: %v", in, got)
		}
	}
}

func TestNorthSyriaButLatakiaIsFlagged(t *testing.T) {
	latakia := around(volume.Deg(35.54, 35.82), 10_000)
	d, bad := Disagree("north Syria", latakia)
	if !bad {
		t.Fatal("not flagged")
	}
	if d.DistanceM < 190_000 || d.DistanceM > 230_000 || d.Near.Name == "" || !strings.Contains(d.Why, "Latakia") || !strings.Contains(d.Why, `"north Syria"`) {
		t.Errorf("%+v", d)
	}
	t.Log(d.Why)
	for _, ok := range []string{"Latakia", "Latakia governorate", "near Latakia", "Latakia port, Syria", "Syrian coast", "", "objective 7"} {
		if d, bad := Disagree(ok, latakia); bad {
			t.Errorf("%q is flagged: %s", ok, d.Why)
		}
	}
	for _, name := range []string{"Aleppo", "Manbij", "Azaz"} {
		if d, bad := Disagree("north Syria", around(must(t, name).Point, 5000)); bad {
			t.Errorf("%s is not in north Syria: %s", name, d.Why)
		}
	}
	if d, bad := Disagree("Latakia, north Syria", latakia); !bad || d.Place.Name != "north Syria" {
		t.Errorf("one right name hides a wrong one: %v %+v", bad, d)
	}
}

func TestNineKilometresAtDeirEzZorAreFlagged(t *testing.T) {
	struck := volume.Deg(35.285, 40.176)
	for _, size := range []uint32{1, 500, 2000, 4000} {
		nineOff := around(volume.Destination(must(t, "Deir ez-Zor airport").Point, 200, 9000), size)
		if d, bad := Disagree("Deir ez-Zor airport", nineOff); !bad {
			t.Errorf("radius %d: nine kilometres off is not flagged", size)
		} else if size == 1 {
			t.Log(d.Why)
			if d.DistanceM < 8500 || d.DistanceM > 9500 || d.AllowedM > 5000 {
				t.Errorf("%+v", d)
			}
		}
	}
	d, bad := Disagree("9 km south of Deir ez-Zor airfield", around(struck, 1000))
	if !bad || d.Name != "9 km south of Deir ez-Zor airport" {
		t.Errorf("%v %+v", bad, d)
	}
	if d, bad := Disagree("Deir ez-Zor airport", around(struck, 1000)); bad {
		t.Errorf("the right name is flagged: %s", d.Why)
	}
	if d, bad := Disagree("9 km south of Deir ez-Zor airfield", around(volume.Destination(struck, 185, 8600), 500)); bad {
		t.Errorf("nine kilometres south is flagged: %s", d.Why)
	}
}

func TestDistanceAndDirectionInWordsAreUnderstood(t *testing.T) {
	wreck := around(volume.Deg(35.18, 35.64), 500)
	for _, ok := range []string{"27 km W of Baniyas", "27 km west of Baniyas", "crash, 27km to the west of Baniyas", "15 NM west of Baniyas"} {
		if d, bad := Disagree(ok, wreck); bad {
			t.Errorf("%q is flagged: %s", ok, d.Why)
		}
	}
	for _, no := range []string{"Baniyas", "27 km east of Baniyas", "60 km west of Baniyas", "27 km north-west of Haifa"} {
		if _, bad := Disagree(no, wreck); !bad {
			t.Errorf("%q is not flagged", no)
		}
	}
}

func TestExchangedCoordinatesAreSuspected(t *testing.T) {
	p := must(t, "Deir ez-Zor").Point
	d, bad := Disagree("Deir ez-Zor", around(volume.Point{LatE7: p.LonE7, LonE7: p.LatE7}, 1000))
	if !bad || !strings.Contains(d.Why, "exchanged") {
		t.Errorf("%v %+v", bad, d)
	}
}

func TestAreaThatHoldsThePlaceNeverDisagrees(t *testing.T) {
	all := All()
	rapid.Check(t, func(t *rapid.T) {
		p := all[rapid.IntRange(0, len(all)-1).Draw(t, "place")]
		r := uint32(rapid.IntRange(1, 900_000).Draw(t, "radius"))
		c := volume.Destination(p.Point, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 0.999).Draw(t, "off")*float64(r))
		if d, bad := Disagree(p.Name, around(c, r)); bad {
			t.Fatalf("flagged: %s", d.Why)
		}
		far := volume.Destination(p.Point, rapid.Float64Range(0, 360).Draw(t, "far bearing"), p.RadiusM*1.2+NameToleranceM+20_000)
		if d, bad := Disagree("at "+p.Name, around(far, 10)); !bad {
			t.Fatalf("far from %s is not flagged", p.Name)
		} else if d.DistanceM <= d.AllowedM || d.Why == "" {
			t.Fatalf("%+v", d)
		}
	})
}

func TestNearNamesThePlaceAndTheDirection(t *testing.T) {
	p, d, dir := Near(volume.Deg(35.18, 35.64))
	if p.Name != "Baniyas" || d < 26_000 || d > 29_000 || dir != "west" {
		t.Errorf("%s %.0f m %s", p.Name, d, dir)
	}
	for deg, want := range map[float64]string{0: "north", 22.4: "north", 22.6: "north-east", 359: "north", 180: "south", 270: "west", -90: "west", 725: "north"} {
		if got := Direction(deg); got != want {
			t.Errorf("%g is %s, want %s", deg, got, want)
		}
	}
}

func evening(t *testing.T) volume.Volume {
	t.Helper()
	from, err1 := utc.Parse("2018-09-17T18:40:00Z")
	to, err2 := utc.Parse("2018-09-17T19:30:00Z")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return volume.Volume{Area: around(volume.Deg(35.54, 35.82), 20_000),
		Band: volume.Band{Upper: volume.Altitude{Feet: 30000}}, Window: volume.Window{From: from, To: to}}
}

func TestReadBackSaysAllThatMatters(t *testing.T) {
	v := evening(t)
	want := `circle of 20 km about 353224N0354912E (35.54N 35.82E)
that is at Latakia
from flight level 000
up to flight level 300
from 2018-09-17T18:40:00.000Z
until 2018-09-17T19:30:00.000Z`
	if got := strings.Join(ReadBack(v), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	v.Area = volume.Area{Polygon: []volume.Point{volume.Deg(35, 35), volume.Deg(35, 35.5), volume.Deg(35.5, 35.2)}}
	v.Band = volume.Band{Lower: volume.Altitude{Datum: volume.AGL}, Unlimited: true}
	got := strings.Join(ReadBack(v), "\n")
	for _, s := range []string{"polygon of 3 corners", "corner 2: 350000N0353000E (35.0N 35.5E)", "from the surface", "up without limit", "west of"} {
		if !strings.Contains(got, s) {
			t.Errorf("no %q in\n%s", s, got)
		}
	}
	v.Band = volume.Band{Lower: volume.Altitude{Feet: 5000, Datum: volume.AMSL}, Upper: volume.Altitude{Feet: 30025}}
	if got := strings.Join(ReadBack(v), "\n"); !strings.Contains(got, "5000 feet above mean sea level") || !strings.Contains(got, "30025 feet pressure altitude") {
		t.Error(got)
	}
	if got := ReadBack(volume.Volume{}); len(got) == 0 {
		t.Error("an empty volume is read back as nothing")
	}
}

func TestReadBackMatches(t *testing.T) {
	v := evening(t)
	square := v
	square.Area = volume.Area{Polygon: []volume.Point{volume.Deg(35, 35), volume.Deg(35, 36), volume.Deg(36, 36), volume.Deg(36, 35)}}
	for _, c := range []struct {
		what, typed string
		v           volume.Volume
		why         string // "" if it matches
	}{
		{"as it was read", "353224N0354912E", v, ""},
		{"another notation", "35.54N 35.82E\n", v, ""},
		{"one second off", "353225N0354912E", v, ""},
		{"two digits exchanged", "353242N0354912E", v, "from corner 1"},
		{"a degree off", "36.54N 35.82E", v, "111 km"},
		{"nothing", "", v, "0 points were read back, the volume has 1"},
		{"one too many", "353224N0354912E; 353224N0354912E", v, "2 points"},
		{"no hemisphere", "35.54 35.82", v, "which number is the latitude"},
		{"corners", "3500N03500E;3500N03600E;3600N03600E;3600N03500E", square, ""},
		{"from another corner", "3600N03600E\n3600N03500E\n3500N03500E\n3500N03600E", square, ""},
		{"the other way round", "3600N03600E\n3500N03600E\n3500N03500E\n3600N03500E", square, ""},
		{"crosswise", "3500N03500E;3600N03600E;3500N03600E;3600N03500E", square, "from corner"},
		{"one corner wrong", "3500N03500E;3500N03600E;3600N03606E;3600N03500E", square, "from corner 3"},
		{"endless", strings.Repeat(";", 1_000_000), v, "longer than"},
		{"too many", strings.Repeat("35N035E;", 300), v, "more than 256"},
	} {
		got := ReadBackMatches(c.v, c.typed)
		if c.why == "" && len(got) > 0 || c.why != "" && (len(got) == 0 || !strings.Contains(got[0].Why, c.why)) {
			t.Errorf("%s: %+v, want %q", c.what, got, c.why)
		}
	}
}

// Whatever Format writes to a second or better matches; a point farther off than
// the tolerance never does.
func TestReadBackToleranceIsASecondAndNotAMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somewhere(t)
		v := volume.Volume{Area: around(p, 1000)}
		for _, n := range []Notation{Decimal, DegMin, DMS, ICAODMS} {
			if wrong := ReadBackMatches(v, Format(p, n)); len(wrong) > 0 {
				t.Fatalf("%v as %q: %+v", p, Format(p, n), wrong)
			}
		}
		q := volume.Destination(p, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(51, 100_000).Draw(t, "off"))
		if wrong := ReadBackPointsMatch(v, []volume.Point{q}); len(wrong) == 0 {
			t.Fatalf("%v matches %v", q, p)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"north Syria", "27 km W of Baniyas", "Deir ez-Zor, 9 km", "اللاذقية", "99999 km n of n of n of", "\xff"} {
		f.Add(s)
	}
	a := around(volume.Deg(35, 36), 1000)
	f.Fuzz(func(t *testing.T, s string) {
		Lookup(s)
		Suggest(s)
		if d, bad := Disagree(s, a); bad && (d.Why == "" || d.DistanceM <= d.AllowedM) {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
