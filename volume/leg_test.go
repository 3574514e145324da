package volume

import (
	"math"
	"strings"
	"testing"
	"time"

	"parley/utc"
	"pgregory.net/rapid"
)

func TestLegSaysWhatIsWrong(t *testing.T) {
	good := Leg{Deg(35.93, 36.63), Deg(35.41, 35.95), band("FL100", "FL200"), evening.From, evening.To, 5000}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Leg){
		"from: lat":           func(l *Leg) { l.From.LatE7 = 1e9 },
		"to: lon":             func(l *Leg) { l.To.LonE7 = -2e9 },
		"band: lower":         func(l *Leg) { l.Band.Lower.Feet = 30000 },
		"to: antipodal":       func(l *Leg) { l.To = Deg(-35.93, -143.37) },
		"depart is missing":   func(l *Leg) { l.Depart = 0 },
		"arrive is missing":   func(l *Leg) { l.Arrive = 0 },
		"is not after depart": func(l *Leg) { l.Arrive = l.Depart },
		"more than 366 days":  func(l *Leg) { l.Arrive += utc.Time(MaxWindow.Milliseconds()) },
		"half_width_m 200001": func(l *Leg) { l.HalfWidthM = 200001 },
	} {
		l := good
		spoil(&l)
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The evening of 17 September 2018 in small: a notice's area at Latakia, and
// the way home of an aircraft from Idlib to Hmeimim. The positions are rough.
func TestWayHomeMeetsTheAreaAndAnotherWayDoesNot(t *testing.T) {
	area := vol(circle(35.54, 35.82, 20000))
	home := Leg{Deg(35.93, 36.63), Deg(35.41, 35.95), band("FL100", "FL200"), at("2018-09-17T18:45:00Z"), at("2018-09-17T19:05:00Z"), 5000}
	m, ok := MeetLeg(area, home)
	if !ok {
		t.Fatal("the way home does not meet the area")
	}
	if m.From <= home.Depart || m.From >= home.Arrive || m.To != home.Arrive {
		t.Errorf("it meets from %v to %v: it should come in on the way and end inside", m.From, m.To)
	}
	if m.SeparationM != 0 || !area.Area.ContainsPoint(m.At) || m.Lower.String() != "FL100" || m.Upper.String() != "FL200" || m.DatumsDiffer {
		t.Errorf("%+v", m)
	}
	away := home
	away.To = Deg(34.9, 36.9)
	if m, ok := MeetLeg(area, away); ok {
		t.Errorf("the other way meets the area: %+v", m)
	}
	late := home
	late.Depart, late.Arrive = area.Window.To, area.Window.To+1_200_000
	if m, ok := MeetLeg(area, late); ok {
		t.Errorf("after the window it meets the area: %+v", m)
	}
	high := home
	high.Band = band("FL310", "FL400")
	if m, ok := MeetLeg(area, high); ok {
		t.Errorf("above the band it meets the area: %+v", m)
	}
}

func TestWaitingInPlaceMeetsForAllItsTime(t *testing.T) {
	v := vol(circle(35.5, 35.8, 10000))
	l := Leg{Deg(35.6, 35.8), Deg(35.6, 35.8), band("FL100", "FL200"), evening.From - 60000, evening.From + 60000, 1200}
	m, ok := MeetLeg(v, l)
	if !ok || m.From != evening.From || m.To != l.Arrive {
		t.Fatalf("%v %+v", ok, m)
	}
	if want := 11119.5 - 10000; math.Abs(m.SeparationM-want) > 1 {
		t.Errorf("separation %g, want %g", m.SeparationM, want)
	}
	l.HalfWidthM = 1000
	if _, ok := MeetLeg(v, l); ok {
		t.Error("1,119 m away meets with 1,000 m of tolerance")
	}
}

func TestLegThatOnlyGrazesIsFound(t *testing.T) {
	v := vol(circle(0, 10, 10000))
	// Along a parallel great circle that stays 10,000 m away at its nearest.
	top := Destination(Deg(0, 10), 0, 10000)
	west, east := Destination(top, 270, 300000), Destination(top, 90, 300000)
	l := Leg{west, east, v.Band, evening.From, evening.From + 600_000, 0}
	m, ok := MeetLeg(v, l)
	if !ok {
		t.Fatal("a leg that touches the circle is not found")
	}
	if mid := l.Depart + 300_000; m.From > mid || m.To < mid || m.To-m.From > 200 {
		t.Errorf("touches from %v to %v, want about %v", m.From, m.To, mid)
	}
	v.Area.Circle.RadiusM = 9999
	if _, ok := MeetLeg(v, l); ok {
		t.Error("a metre beside is found")
	}
	// A corner that just touches the line, and one a metre short of it.
	for off, want := range map[float64]bool{0: true, 1: false} {
		tri := Area{Polygon: []Point{Destination(top, 180, off), Destination(Deg(0, 10), 200, 50000), Destination(Deg(0, 10), 160, 50000)}}
		if _, ok := MeetLeg(vol(tri), l); ok != want {
			t.Errorf("a corner %g m short: %v", off, ok)
		}
	}
}

// Stepping along the leg with the plain oracle: at every step inside, MeetLeg
// has the time; at its own first and last instant the oracle agrees.
func TestMeetLegAgreesWithSteppingByThePlainOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		v := Volume{area(t, "v", c), band("SFC", "UNL"), Window{1_000_000, 9_000_000}}
		l := Leg{From: aside(t, "from", c), To: aside(t, "to", c), Band: v.Band, Depart: 2_000_000, Arrive: 2_000_000 + utc.Time(rapid.Int64Range(1000, 3_600_000).Draw(t, "takes")),
			HalfWidthM: uint32(rapid.IntRange(0, 30000).Draw(t, "half width"))}
		if l.From == l.To {
			return
		}
		from, to := plainLL(l.From), plainLL(l.To)
		dist, brg := plainM(from, to), plainBearing(from, to)
		gap := func(ms float64) float64 { // to the area, negative inside
			d, in := plainAreaM(v.Area, plainGo(from, brg, dist*(ms-float64(l.Depart))/float64(l.Arrive-l.Depart)))
			if in {
				return -d
			}
			return d
		}
		m, ok := MeetLeg(v, l)
		// The plain formulas are good to about a decimetre for short edges near a pole.
		const slack = 0.5
		least := math.Inf(1)
		for k := 0; k <= 100; k++ {
			ms := float64(l.Depart) + float64(l.Arrive-l.Depart)*float64(k)/100
			g := gap(ms) - float64(l.HalfWidthM)
			least = math.Min(least, g)
			if g < -slack && (!ok || ms < float64(m.From) || ms > float64(m.To)) {
				t.Fatalf("at %.0f the corridor is in the area by %g m, but %v %d..%d", ms, -g, ok, m.From, m.To)
			}
		}
		if !ok {
			return
		}
		step := dist / float64(l.Arrive-l.Depart) // metres a millisecond
		for _, end := range []utc.Time{m.From, m.To} {
			if end == l.Depart || end == l.Arrive {
				continue
			}
			if g := gap(float64(end)) - float64(l.HalfWidthM); math.Abs(g) > slack+2*step {
				t.Fatalf("at %v, an end of the meeting, the corridor is %g m from the area's edge", end, g)
			}
		}
		if m.SeparationM > float64(l.HalfWidthM)+2*TouchM || m.SeparationM > math.Max(0, least+float64(l.HalfWidthM))+slack {
			t.Fatalf("nearest %g m, the oracle found %g m, half width %d", m.SeparationM, least+float64(l.HalfWidthM), l.HalfWidthM)
		}
		if v.Area.DistanceM(m.At) > 0 {
			t.Fatalf("%v is not in the area", m.At)
		}
	})
}

func TestLegCutInTwoMeetsWhenTheWholeDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		v := Volume{area(t, "v", c), band("SFC", "UNL"), Window{1_000_000, 9_000_000}}
		l := Leg{From: aside(t, "from", c), To: aside(t, "to", c), Band: v.Band, Depart: 2_000_000, Arrive: 4_000_000, HalfWidthM: 1000}
		d := DistanceM(l.From, l.To)
		if d < 1000 {
			return
		}
		one, two := l, l
		one.To = Destination(l.From, BearingDeg(l.From, l.To), d/2)
		one.Arrive, two.From, two.Depart = 3_000_000, one.To, 3_000_000
		m, ok := MeetLeg(v, l)
		m1, ok1 := MeetLeg(v, one)
		m2, ok2 := MeetLeg(v, two)
		if ok != (ok1 || ok2) {
			if m.SeparationM > 999 || m1.SeparationM > 999 && ok1 || m2.SeparationM > 999 && ok2 {
				return // only grazes
			}
			t.Fatalf("whole %v, halves %v and %v", ok, ok1, ok2)
		}
		if ok && ok1 && ok2 && (m1.To < 3_000_000-1000 || m2.From > 3_000_000+1000) {
			if m1.SeparationM == 0 && m2.SeparationM == 0 {
				return // a hollow area: out at the cut, in before and after
			}
		}
	})
}

func TestEntryThatIsKnown(t *testing.T) {
	v := vol(poly(35, 35, 35, 36, 36, 36, 36, 35))
	now := evening.From + 60_000
	// 36 km west of the western edge on the parallel's great circle, 600 kt: 117 s.
	p := Position{Deg(35.5, 34.6), Altitude{20000, FL}, true}
	e, ok := v.Entry(p, now, 90, 600, 0, 300*time.Second)
	if !ok || e.Inside {
		t.Fatalf("%v %+v", ok, e)
	}
	if s := e.At.Sub(now).Seconds(); math.Abs(s-117.3) > 1 {
		t.Errorf("enters after %g s", s)
	}
	if !e.Leave.IsZero() {
		t.Errorf("leaves at %v, beyond the look-ahead", e.Leave)
	}
	if _, ok := v.Entry(p, now, 90, 600, 0, 110*time.Second); ok {
		t.Error("found beyond the look-ahead")
	}
	if _, ok := v.Entry(p, now, 270, 600, 0, 300*time.Second); ok {
		t.Error("flying away enters")
	}
	if e, ok := v.Entry(p, now, 90, 600, 0, 600*time.Second); !ok || e.Leave.IsZero() || math.Abs(e.Leave.Sub(e.At).Seconds()-293) > 2 {
		t.Errorf("stays %v s", e.Leave.Sub(e.At).Seconds())
	}
}

func TestVolumePublishedOverAnAircraftIsEnteredAtOnce(t *testing.T) {
	v := vol(circle(35.41, 35.95, 20000))
	p := Position{Deg(35.41, 35.95), Altitude{16400, FL}, true}
	now := evening.From + 7
	for _, speed := range []float64{0, 300, math.NaN()} {
		e, ok := v.Entry(p, now, 10, speed, 0, 300*time.Second)
		if !ok || !e.Inside || e.At != now {
			t.Errorf("speed %g: %v %+v", speed, ok, e)
		}
	}
	if e, ok := v.Entry(p, now, 10, 300, 0, 0); !ok || !e.Inside {
		t.Errorf("with no look-ahead: %v %+v", ok, e)
	}
}

func TestWindowThatOpensOverAnAircraftIsAnEntry(t *testing.T) {
	v := vol(circle(35.41, 35.95, 50000))
	p := Position{Point: Deg(35.41, 35.95)}
	e, ok := v.Entry(p, evening.From-100_000, 10, 200, 0, 300*time.Second)
	if !ok || e.Inside || e.At != evening.From {
		t.Errorf("%v %+v, want %v", ok, e, evening.From)
	}
	if _, ok := v.Entry(p, evening.From-300_001, 10, 200, 0, 300*time.Second); ok {
		t.Error("a window that opens after the look-ahead is entered")
	}
	if e, ok := v.Entry(p, evening.To-1000, 0, 0, 0, 300*time.Second); !ok || !e.Inside || e.Leave != evening.To {
		t.Errorf("the window's end: %v %+v", ok, e)
	}
	if _, ok := v.Entry(p, evening.To, 0, 0, 0, 300*time.Second); ok {
		t.Error("after the window it is inside")
	}
}

func TestClimbAndDescentAreCounted(t *testing.T) {
	v := vol(circle(35.41, 35.95, 90000))
	v.Band = band("FL100", "FL200")
	p := Position{Deg(35.41, 35.95), Altitude{25000, FL}, true}
	now := evening.From
	e, ok := v.Entry(p, now, 0, 0, -3000, 300*time.Second)
	if !ok || e.Inside || e.At != now+100_000 {
		t.Errorf("descends into the band: %v %+v", ok, e)
	}
	if !e.Leave.IsZero() {
		t.Errorf("leaves at %v; that is exactly the end of the look-ahead", e.Leave)
	}
	if e, _ := v.Entry(p, now, 0, 0, -3000, 301*time.Second); e.Leave != now+300_000 {
		t.Errorf("leaves below at %v", e.Leave)
	}
	if _, ok := v.Entry(p, now, 0, 0, 0, 300*time.Second); ok {
		t.Error("level above the band enters")
	}
	if _, ok := v.Entry(p, now, 0, 0, 3000, 300*time.Second); ok {
		t.Error("climbing away enters")
	}
	p.HasAlt = false
	if e, ok := v.Entry(p, now, 0, 0, 3000, 300*time.Second); !ok || !e.Inside {
		t.Errorf("unknown altitude is not inside: %v %+v", ok, e)
	}
	// One crosses the area while passing through the band only before it.
	v.Area.Circle.RadiusM = 1000
	q := Position{Destination(Deg(35.41, 35.95), 270, 30000), Altitude{15000, FL}, true}
	if e, ok := v.Entry(q, now, 90, 300, 6000, 300*time.Second); ok {
		t.Errorf("out of the band long before the area: %+v", e)
	}
}

func TestPathThatOnlyGrazesEnters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		r := uint32(rapid.IntRange(1, 100000).Draw(t, "radius"))
		v := Volume{Area{Circle: &Circle{c, r}}, band("SFC", "UNL"), Window{1, utc.Max}}
		brg := rapid.Float64Range(0, 360).Draw(t, "bearing")
		touchAt := Destination(c, brg, float64(r))
		far := rapid.Float64Range(100, 60000).Draw(t, "far")
		side := BearingDeg(touchAt, c) + 90
		start := Destination(touchAt, side, far)
		course := BearingDeg(start, touchAt)
		e, ok := v.Entry(Position{Point: start}, 1_000_000, course, 480, 0, 600*time.Second)
		// Rounding start and touchAt to the grid moves the path by up to 16 mm;
		// if that made it miss by more than TouchM, the oracle must say so.
		if !ok {
			least := math.Inf(1)
			for x := -2.0; x <= 2; x += 0.01 {
				p := plainGo(plainLL(start), course*math.Pi/180, far+x)
				least = math.Min(least, plainM(p, plainLL(c)))
			}
			if least < float64(r)+TouchM/2 {
				t.Fatalf("comes within %g m of the centre, radius %d, and is not found", least, r)
			}
			return
		}
		if want := far / (480 * knot); math.Abs(e.At.Sub(1_000_000).Seconds()-want) > 1 {
			t.Fatalf("enters after %v, want %.1f s", e.At.Sub(1_000_000), want)
		}
	})
}

func TestEntryAgreesWithSteppingByThePlainOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anywhere(t, "centre")
		const now = utc.Time(5_000_000)
		open := now + utc.Time(rapid.Int64Range(-400_000, 300_000).Draw(t, "opens"))
		v := Volume{area(t, "v", c), band("FL100", "FL300"), Window{open, open + utc.Time(rapid.Int64Range(1, 600_000).Draw(t, "for"))}}
		p := Position{aside(t, "p", c), Altitude{rapid.Int32Range(0, 500).Draw(t, "fl") * 100, FL}, rapid.Bool().Draw(t, "has alt")}
		if p.Point.LatE7 > 899e6 || p.Point.LatE7 < -899e6 {
			return // the plain oracle has no bearing at a pole
		}
		course := rapid.Float64Range(0, 360).Draw(t, "course")
		if rapid.Bool().Draw(t, "towards") {
			course = BearingDeg(p.Point, c)
		}
		speed, climb := rapid.Float64Range(0, 1200).Draw(t, "speed"), rapid.Float64Range(-8000, 8000).Draw(t, "climb")
		const look = 300 * time.Second
		e, ok := v.Entry(p, now, course, speed, climb, look)

		// inside tells by how much: 1 surely in, -1 surely out, 0 too near to say.
		inside := func(ms float64) int {
			x := plainGo(plainLL(p.Point), course*math.Pi/180, speed*1852/3600*ms/1000)
			d, in := plainAreaM(v.Area, x)
			sure := d > 0.5
			if p.HasAlt {
				feet := float64(p.Alt.Feet) + climb*ms/60000
				in = in && feet >= 10000 && feet <= 30000
				sure = sure && math.Abs(feet-10000) > 1 && math.Abs(feet-30000) > 1
			}
			when := float64(now) + ms
			in = in && when >= float64(v.Window.From) && when < float64(v.Window.To)
			sure = sure && math.Abs(when-float64(v.Window.From)) > 1 && math.Abs(when-float64(v.Window.To)) > 1
			switch {
			case !sure:
				return 0
			case in:
				return 1
			}
			return -1
		}
		for ms := 0.0; ms <= 300_000; ms += 1500 {
			when := now + utc.Time(ms)
			got := ok && when >= e.At && (e.Leave.IsZero() || when < e.Leave)
			switch k := inside(ms); {
			case k == 1 && (!ok || when < e.At):
				t.Fatalf("inside after %.1f s, but %v %+v", ms/1000, ok, e)
			case k == -1 && got:
				t.Fatalf("outside after %.1f s, but %+v", ms/1000, e)
			}
		}
		if e.Inside != (ok && v.Contains(p, now)) {
			t.Fatalf("inside %v, contains %v", e.Inside, v.Contains(p, now))
		}
		if ok && (e.At < now || e.At > now.Add(look) || !e.Leave.IsZero() && e.Leave <= e.At || !v.Window.Contains(e.At)) {
			t.Fatalf("bad times %+v", e)
		}
	})
}

func TestFlyingOnAcross180AndOverAPoleEnters(t *testing.T) {
	now := evening.From
	date := vol(poly(10, 179.5, 10, -179.5, 12, -179.5, 12, 179.5))
	if e, ok := date.Entry(Position{Point: Deg(11, 179)}, now, 90, 600, 0, 10*time.Minute); !ok || e.Inside {
		t.Errorf("across 180: %v %+v", ok, e)
	}
	if e, ok := date.Entry(Position{Point: Deg(11, -179)}, now, 270, 600, 0, 10*time.Minute); !ok || e.Inside {
		t.Errorf("across 180 westwards: %v %+v", ok, e)
	}
	over := vol(circle(88, 180, 50000))
	e, ok := over.Entry(Position{Point: Deg(88, 0)}, now, 0, 600, 0, time.Hour)
	if want := (4*111195.08 - 50000) / (600 * knot); !ok || math.Abs(e.At.Sub(now).Seconds()-want) > 0.2 {
		t.Errorf("over the pole: %v %+v, want %.1f s", ok, e, want)
	}
	// Most of the way round: more than a quarter turn at a time.
	behind := vol(circle(0, -90, 50000))
	behind.Window.To = evening.From + utc.Time(30*time.Hour/time.Millisecond)
	e, ok = behind.Entry(Position{Point: Deg(0, 0)}, now, 90, 1000, 0, 24*time.Hour)
	if want := (270*111195.08 - 50000) / (1000 * knot); !ok || math.Abs(e.At.Sub(now).Seconds()-want) > 1 {
		t.Errorf("three quarters round: %v %+v, want %.0f s", ok, e, want)
	}
}
