package volume

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPointIsExactInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Point{rapid.Int32Range(-90e7, 90e7).Draw(t, "lat"), rapid.Int32Range(-180e7, 180e7).Draw(t, "lon")}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var q Point
		if err := json.Unmarshal(b, &q); err != nil || q != p {
			t.Fatalf("%s came back as %v, %v; was %v", b, q, err, p)
		}
		if again, _ := json.Marshal(q); string(again) != string(b) {
			t.Fatalf("%s encoded again as %s", b, again)
		}
		if Deg(p.Lat(), p.Lon()) != p {
			t.Fatalf("Deg(%v, %v) is not %v", p.Lat(), p.Lon(), p)
		}
	})
}

func TestPointInJSONLooksLikeDegrees(t *testing.T) {
	for p, want := range map[Point]string{
		Deg(35.41, 35.95):       `{"lat":35.41,"lon":35.95}`,
		Deg(-0.5, -180):         `{"lat":-0.5,"lon":-180}`,
		{1, -1}:                 `{"lat":0.0000001,"lon":-0.0000001}`,
		Deg(90, 0):              `{"lat":90,"lon":0}`,
		{354100001, -359500010}: `{"lat":35.4100001,"lon":-35.950001}`,
	} {
		if b, err := json.Marshal(p); err != nil || string(b) != want {
			t.Errorf("%v is %s, %v; want %s", p, b, err, want)
		}
	}
	for p, want := range map[Point]string{Deg(-33.5, -70.25): "33.5S 70.25W", Deg(35, 36): "35.0N 36.0E", {1, -1}: "0.0000001N 0.0000001W"} {
		if got := p.String(); got != want {
			t.Errorf("String gives %q, want %q", got, want)
		}
	}
}

func TestPointRefusesBadJSONAndNamesTheField(t *testing.T) {
	for in, want := range map[string]string{
		`{"lat":91,"lon":0}`:                  "lat 91",
		`{"lat":0,"lon":180.1}`:               "lon 180.1",
		`{"lat":0}`:                           "both lat and lon",
		`{"lat":0,"lon":null}`:                `"lon" is not a number`,
		`{"lat":"35","lon":0}`:                `"lat" is not a number`,
		`{"lat":0,"lon":0,"alt":1}`:           `unknown field "alt"`,
		`[35,36]`:                             "couldn't read point",
		`{"lat":1e400,"lon":0}`:               "lat",
		`{"lat":1e300,"lon":0}`:               "lat",
		`{"lat":35.41,"lon":35.95,"lon":"x"}`: "lon",
	} {
		p := Point{1, 2}
		if err := json.Unmarshal([]byte(in), &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", in, err, want)
		}
		if p != (Point{1, 2}) {
			t.Errorf("%s: changed the point to %v though refused", in, p)
		}
	}
}

func TestDegMakesNonsenseInvalid(t *testing.T) {
	for _, p := range []Point{Deg(math.NaN(), 0), Deg(0, math.NaN()), Deg(math.Inf(1), 0), Deg(0, math.Inf(-1)), Deg(90.0000001, 0), Deg(0, 200), Deg(-1e300, 0)} {
		if p.Valid() == nil {
			t.Errorf("%v is valid", p)
		}
	}
}

func TestOnePlaceHasOneCanonicalForm(t *testing.T) {
	if Deg(10, 180).Canonical() != Deg(10, -180).Canonical() {
		t.Error("180 and -180 differ")
	}
	if Deg(90, 12).Canonical() != Deg(90, -77).Canonical() {
		t.Error("the pole has many forms")
	}
	for _, pair := range [][2]Point{{Deg(10, 180), Deg(10, -180)}, {Deg(90, 12), Deg(90, -77)}, {Deg(-90, 180), Deg(-90, 0)}} {
		if d := DistanceM(pair[0], pair[1]); d != 0 {
			t.Errorf("%v and %v are %g m apart", pair[0], pair[1], d)
		}
	}
}

func TestDistanceAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anywhere(t, "a")
		b := anywhere(t, "b")
		if rapid.Bool().Draw(t, "close") {
			b = aside(t, "b", a)
		}
		got, want := DistanceM(a, b), bigDistanceM(a, b)
		if math.Abs(got-want) > 1e-7 {
			t.Fatalf("%v to %v: %.9f m, oracle %.9f m", a, b, got, want)
		}
		if got != DistanceM(b, a) {
			t.Fatal("not symmetric")
		}
	})
}

func TestDistanceOfNearlyAntipodalPointsIsGood(t *testing.T) {
	a, b := Deg(35.41, 35.95), Deg(-35.4100001, -144.05)
	if got, want := DistanceM(a, b), bigDistanceM(a, b); math.Abs(got-want) > 1e-6 {
		t.Errorf("%.9f m, oracle %.9f m", got, want)
	}
}

func TestDestinationIsAsFarAndInTheDirectionAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anywhere(t, "p")
		brg := rapid.Float64Range(0, 359.999).Draw(t, "bearing")
		d := math.Pow(10, rapid.Float64Range(0, 7).Draw(t, "log distance"))
		q := Destination(p, brg, d)
		if q.Valid() != nil {
			t.Fatalf("%v is not valid", q)
		}
		if got := bigDistanceM(p, q); math.Abs(got-d) > TouchM {
			t.Fatalf("asked for %.4f m, got %.4f m", d, got)
		}
		if d > 1000 && d < 1.9e7 {
			off := math.Abs(math.Remainder(BearingDeg(p, q)-brg, 360)) * math.Pi / 180
			if side := off * math.Sin(d/EarthRadiusM) * EarthRadiusM; side > 2*TouchM {
				t.Fatalf("bearing %.9f, got %.9f: %.4f m aside", brg, BearingDeg(p, q), side)
			}
		}
	})
}

func TestBearingsAndDestinationsThatAreKnown(t *testing.T) {
	for _, c := range []struct {
		a, b Point
		want float64
	}{
		{Deg(0, 0), Deg(1, 0), 0}, {Deg(0, 0), Deg(0, 1), 90}, {Deg(0, 0), Deg(-1, 0), 180}, {Deg(0, 0), Deg(0, -1), 270},
		{Deg(0, 179), Deg(0, -179), 90}, {Deg(0, -179), Deg(0, 179), 270},
		{Deg(80, 0), Deg(80, 180), 0}, {Deg(10, 20), Deg(10, 20), 0},
		{Deg(51.5, 0), Deg(-33.9, 151.2), 61.0}, // London to Sydney leaves north-east
	} {
		if got := BearingDeg(c.a, c.b); math.Abs(got-c.want) > 0.6 || got < 0 || got >= 360 {
			t.Errorf("bearing from %v to %v is %.3f, want %.1f", c.a, c.b, got, c.want)
		}
	}
	p := Deg(35, 35)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if Destination(p, x, 1) != p || Destination(p, 1, x) != p {
			t.Errorf("%g moved the point", x)
		}
	}
	if got := Destination(Deg(0, 179.9), 90, 22239); got.Lon() > -179.8 || got.Lon() < -180 {
		t.Errorf("over 180° led to %v", got)
	}
	if got := Destination(p, 90, 2*math.Pi*EarthRadiusM); DistanceM(p, got) > TouchM {
		t.Errorf("once round the globe led to %v", got)
	}
}

// vincenty is the geodesic on the WGS84 ellipsoid (T. Vincenty, "Direct and
// inverse solutions of geodesics on the ellipsoid", Survey Review 1975), good to
// half a millimetre where it converges.
func vincenty(p, q Point) float64 {
	const a, f = 6378137.0, 1 / 298.257223563
	const b = a * (1 - f)
	x, y := plainLL(p), plainLL(q)
	u1, u2 := math.Atan((1-f)*math.Tan(x.lat)), math.Atan((1-f)*math.Tan(y.lat))
	l := y.lon - x.lon
	lam := l
	var ss, cs, s, c2, cm float64
	for range 200 {
		sl, cl := math.Sincos(lam)
		ss = math.Hypot(math.Cos(u2)*sl, math.Cos(u1)*math.Sin(u2)-math.Sin(u1)*math.Cos(u2)*cl)
		if ss == 0 {
			return 0
		}
		cs = math.Sin(u1)*math.Sin(u2) + math.Cos(u1)*math.Cos(u2)*cl
		s = math.Atan2(ss, cs)
		sa := math.Cos(u1) * math.Cos(u2) * sl / ss
		c2 = 1 - sa*sa
		cm = 0
		if c2 > 1e-12 {
			cm = cs - 2*math.Sin(u1)*math.Sin(u2)/c2
		}
		c := f / 16 * c2 * (4 + f*(4-3*c2))
		next := l + (1-c)*f*sa*(s+c*ss*(cm+c*cs*(-1+2*cm*cm)))
		if math.Abs(next-lam) < 1e-13 {
			break
		}
		lam = next
	}
	k := c2 * (a*a - b*b) / (b * b)
	ka := 1 + k/16384*(4096+k*(-768+k*(320-175*k)))
	kb := k / 1024 * (256 + k*(-128+k*(74-47*k)))
	ds := kb * ss * (cm + kb/4*(cs*(-1+2*cm*cm)-kb/6*cm*(-3+4*ss*ss)*(-3+4*cm*cm)))
	return b * ka * (s - ds)
}

// The documentation states these errors of the sphere; here they are measured.
func TestSphereIsWithinTheStatedErrorOfTheGeodesic(t *testing.T) {
	worst := func(latLo, latHi float64) (w float64) {
		for lat := latLo; lat <= latHi; lat += 2.5 {
			for brg := 0.0; brg < 180; brg += 15 {
				for _, d := range []float64{1e3, 5e4, 5e5} {
					p := Deg(lat, 35)
					q := Destination(p, brg, d)
					if g := vincenty(p, q); g > 0 {
						w = math.Max(w, math.Abs(DistanceM(p, q)-g)/g)
					}
				}
			}
		}
		return w
	}
	if w := worst(-87.5, 87.5); w > 0.0057 || w < 0.004 {
		t.Errorf("worst on the globe %.5f, stated 0.57 %%", w)
	}
	if w := worst(32.5, 37.5); w > 0.0030 {
		t.Errorf("worst in the Levant %.5f, stated 0.30 %%", w)
	}
}
