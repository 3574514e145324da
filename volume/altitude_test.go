package volume

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAltitudeTextIsReadAndWritten(t *testing.T) {
	for in, want := range map[string]Altitude{
		"FL300": {30000, FL}, "fl085": {8500, FL}, "FL 300": {30000, FL}, "FL000": {0, FL}, "FL1000": {100000, FL},
		"5000ft AMSL": {5000, AMSL}, "5000 FT AMSL": {5000, AMSL}, " 400ft AGL ": {400, AGL}, "-1200ft AMSL": {-1200, AMSL},
		"30025ft FL": {30025, FL}, "20000ft WGS84": {20000, Ellipsoid}, "SFC": {0, AGL}, "gnd": {0, AGL},
	} {
		if got, err := ParseAltitude(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "300", "5000ft", "5000", "FL", "FL3", "FL30.5", "1500m AMSL", "5000ft QNH", "FL-10", "9999999ft AMSL", "500000ft AMSL", "-2001ft AMSL", "UNL", strings.Repeat("9", 100), "FL300 or so", "ft AMSL"} {
		if got, err := ParseAltitude(in); err == nil {
			t.Errorf("%q was read as %v", in, got)
		} else if !strings.Contains(err.Error(), "altitude") {
			t.Errorf("%q: the error does not say what it is about: %v", in, err)
		}
	}
}

func TestAltitudeTextComesBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Altitude{rapid.Int32Range(MinFeet, MaxFeet).Draw(t, "feet"), Datum(rapid.IntRange(0, 3).Draw(t, "datum"))}
		b, err := a.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var c Altitude
		if err := c.UnmarshalText(b); err != nil || c != a {
			t.Fatalf("%s: %v, %v", b, c, err)
		}
	})
}

func TestUnknownDatumIsRefused(t *testing.T) {
	if _, err := (Altitude{1, 4}).MarshalText(); err == nil {
		t.Error("wrote an altitude with datum 4")
	}
	if _, err := Datum(9).MarshalText(); err == nil {
		t.Error("wrote datum 9")
	}
	if s := Datum(9).String(); s != "datum(9)" {
		t.Errorf("datum 9 is %q", s)
	}
	var d Datum
	if err := d.UnmarshalText([]byte("fl")); err == nil {
		t.Error("read a datum in lower case")
	}
	for _, want := range []Datum{FL, AMSL, AGL, Ellipsoid} {
		b, _ := want.MarshalText()
		if err := d.UnmarshalText(b); err != nil || d != want {
			t.Errorf("%s came back as %v, %v", b, d, err)
		}
	}
}

func band(lower, upper string) Band {
	l, err := ParseAltitude(lower)
	if err != nil {
		panic(err)
	}
	if upper == "UNL" {
		return Band{Lower: l, Unlimited: true}
	}
	u, err := ParseAltitude(upper)
	if err != nil {
		panic(err)
	}
	return Band{Lower: l, Upper: u}
}

func TestBandSaysWhatIsWrong(t *testing.T) {
	for _, b := range []Band{band("SFC", "FL300"), band("FL100", "UNL"), band("FL100", "FL101"), band("5000ft AMSL", "FL100"), {Lower: Altitude{0, FL}, Upper: Altitude{-7, 9}, Unlimited: true}} {
		if err := b.Validate(); err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
	for want, b := range map[string]Band{
		"lower FL300 is not below": band("FL300", "FL100"),
		"lower FL200 is not below": {Lower: Altitude{20000, FL}, Upper: Altitude{20000, FL}},
		"not below upper 100ft":    band("FL300", "100ft AMSL"),
		"lower: altitude has":      {Lower: Altitude{0, 7}, Unlimited: true},
		"upper: altitude of":       {Upper: Altitude{900000, FL}},
	} {
		if err := b.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", b, err, want)
		}
	}
}

func TestBandEndsAreInside(t *testing.T) {
	b := band("FL100", "FL300")
	for feet, want := range map[int32]bool{9999: false, 10000: true, 20000: true, 30000: true, 30001: false} {
		if got := b.Contains(Altitude{feet, FL}); got != want {
			t.Errorf("%d ft in %v: %v", feet, b, got)
		}
	}
	if !band("FL100", "UNL").Contains(Altitude{MaxFeet, FL}) {
		t.Error("unlimited has a limit")
	}
}

// An altitude above the sea is compared with flight levels only about: widened
// by the weather, and no further.
func TestOtherDatumIsWidenedByItsMargin(t *testing.T) {
	b := band("FL200", "FL300")
	for alt, want := range map[Altitude]bool{
		{25000, AMSL}: true, {35200, AMSL}: true, {35201, AMSL}: false, {15800, AMSL}: true, {15799, AMSL}: false,
		{5000, AMSL}: false, {60000, AMSL}: false,
		{400, AGL}:      true, // over high ground
		{14, Ellipsoid}: false, {25000, Ellipsoid}: true,
	} {
		if got := b.Contains(alt); got != want {
			t.Errorf("%v in %v: %v, want %v", alt, b, got, want)
		}
	}
}

func TestLimitsAreContainsTurnedRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alt := func(s string) Altitude {
			return Altitude{rapid.Int32Range(MinFeet, MaxFeet).Draw(t, s), Datum(rapid.IntRange(0, 3).Draw(t, s+" datum"))}
		}
		b := Band{Lower: alt("lower"), Upper: alt("upper"), Unlimited: rapid.Bool().Draw(t, "unlimited")}
		d := Datum(rapid.IntRange(0, 3).Draw(t, "datum"))
		lo, hi := b.limits(d)
		probe := []float64{lo - 1, lo, lo + 1, hi - 1, hi, hi + 1, rapid.Float64Range(MinFeet, MaxFeet).Draw(t, "probe")}
		for _, x := range probe {
			x = math.Floor(x)
			if math.IsInf(x, 0) || math.Abs(x) > 700000 {
				continue
			}
			if got, want := x >= lo && x <= hi, b.Contains(Altitude{int32(x), d}); got != want {
				t.Fatalf("%v: %v ft %v: limits %v..%v say %v, Contains %v", b, x, d, lo, hi, got, want)
			}
		}
	})
}

func TestBandsMeetWhenOneAltitudeIsInBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(s string) Band {
			l := rapid.Int32Range(0, 400).Draw(t, s+" lower")
			u := rapid.Int32Range(0, 400).Draw(t, s+" height")
			return Band{Lower: Altitude{l * 100, FL}, Upper: Altitude{(l + u) * 100, FL}, Unlimited: rapid.IntRange(0, 4).Draw(t, s+" top") == 0}
		}
		a, b := draw("a"), draw("b")
		both := false
		for f := int32(0); f <= 900*100; f += 100 {
			both = both || a.Contains(Altitude{f, FL}) && b.Contains(Altitude{f, FL})
		}
		c, differ, ok := a.meet(b)
		if ok != both || differ {
			t.Fatalf("%v and %v: meet %v, differ %v, want %v", a, b, ok, differ, both)
		}
		if d, _, ok2 := b.meet(a); ok2 != ok || d != c {
			t.Fatalf("%v and %v: %v, the other way %v", a, b, c, d)
		}
		for f := int32(0); ok && f <= 900*100; f += 500 {
			x := Altitude{f, FL}
			if c.Contains(x) != (a.Contains(x) && b.Contains(x)) {
				t.Fatalf("%v of %v and %v is wrong at %v", c, a, b, x)
			}
		}
	})
}

func TestBandMeetingIsSymmetricAcrossDatums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(s string) Band {
			alt := func(s string) Altitude {
				return Altitude{rapid.Int32Range(0, 60000).Draw(t, s), Datum(rapid.IntRange(0, 3).Draw(t, s+" datum"))}
			}
			return Band{Lower: alt(s + " lower"), Upper: alt(s + " upper"), Unlimited: rapid.IntRange(0, 4).Draw(t, s+" top") == 0}
		}
		a, b := draw("a"), draw("b")
		c, d1, ok1 := a.meet(b)
		e, d2, ok2 := b.meet(a)
		if c != e || d1 != d2 || ok1 != ok2 {
			t.Fatalf("%v and %v: %v %v %v, the other way %v %v %v", a, b, c, d1, ok1, e, d2, ok2)
		}
	})
}

func TestCommonBandAcrossDatums(t *testing.T) {
	for _, c := range []struct {
		a, b   Band
		want   string // "" for no meeting
		differ bool
	}{
		{band("SFC", "FL300"), band("FL100", "FL200"), "FL100-FL200", false},
		{band("SFC", "FL300"), band("SFC", "FL200"), "0ft AGL-FL200", false},
		{band("FL300", "FL400"), band("FL200", "FL300"), "FL300-FL300", false},
		{band("FL300", "FL400"), band("FL200", "FL299"), "", false},
		{band("FL300", "FL400"), band("1000ft AMSL", "5000ft AMSL"), "", false},
		{band("FL300", "FL400"), band("1000ft AMSL", "29000ft AMSL"), "FL300-29000ft AMSL", true},
		{band("SFC", "400ft AGL"), band("FL200", "FL300"), "FL200-400ft AGL", true},
		{band("SFC", "400ft AGL"), band("FL400", "UNL"), "", false},
		{band("SFC", "UNL"), band("FL400", "UNL"), "FL400-UNL", false},
	} {
		got, differ, ok := c.a.meet(c.b)
		if ok != (c.want != "") || ok && (got.String() != c.want || differ != c.differ) {
			t.Errorf("%v and %v: %v, differ %v, %v; want %q, %v", c.a, c.b, got, differ, ok, c.want, c.differ)
		}
	}
}

func TestBandInJSON(t *testing.T) {
	b, err := json.Marshal(band("SFC", "UNL"))
	if err != nil || string(b) != `{"lower":"0ft AGL","unlimited":true}` {
		t.Errorf("%s, %v", b, err)
	}
	var back Band
	if err := json.Unmarshal(b, &back); err != nil || back != band("SFC", "UNL") {
		t.Errorf("came back as %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"lower":"5000ft","upper":"FL300"}`), &back); err == nil || !strings.Contains(err.Error(), "5000ft") {
		t.Errorf("a missing datum: %v", err)
	}
}

func FuzzAltitude(f *testing.F) {
	for _, s := range []string{"FL300", "5000ft AMSL", "-1200 ft wgs84", "SFC", "5000ft", "FL99999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAltitude(s)
		if err != nil {
			return
		}
		if b, err := ParseAltitude(a.String()); err != nil || b != a || a.Valid() != nil {
			t.Fatalf("%q is %v, again %v, %v", s, a, b, err)
		}
	})
}
