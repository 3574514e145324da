package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
	"parley/watch"
)

func at(clock string) utc.Time {
	t, err := utc.Parse("2018-09-17T" + clock + "Z")
	if err != nil {
		panic(err)
	}
	return t
}

// center of the areas below; a degree of latitude is 111.2 km, 60 NM.
var center = volume.Deg(35, 35)

func fl(n int32) volume.Altitude { return volume.Altitude{Feet: n * 100, Datum: volume.FL} }

// disc is a circle of 10 km about the center, FL000 to FL200.
func disc(key, from, to string) watch.Watched {
	return watch.Watched{Key: key, Name: "IL's hazard area", V: volume.Volume{
		Area:   volume.Area{Circle: &volume.Circle{Center: center, RadiusM: 10_000}},
		Band:   volume.Band{Lower: fl(0), Upper: fl(200)},
		Window: volume.Window{From: at(from), To: at(to)},
	}}
}

func own(string) track.Standing { return track.Own }

func engine() *watch.Engine { return watch.NewEngine(watch.Config{Standing: own}) }

// flies is a report of an aircraft distKM south of the center, going north
// (kt > 0) or south (kt < 0) at FL100.
func flies(clock string, distKM, kt float64) track.Report {
	deg := 0.0
	if kt < 0 {
		deg, kt = 180, -kt
	}
	return track.Report{ID: "il20", At: at(clock), HasVelocity: true, TrackDeg: deg, SpeedKt: kt,
		Pos: volume.Position{Point: volume.Destination(center, 180, distKM*1000), Alt: fl(100), HasAlt: true}}
}

// said writes events as "kind key At[ EnterAt]", one a line.
func said(es ...[]watch.Event) string {
	var out []string
	for _, list := range es {
		for _, e := range list {
			s := fmt.Sprintf("%s %s %s", e.Kind, e.Watched.Key, e.At.Clock())
			if e.Kind == watch.WillEnter {
				s += " " + e.EnterAt.Clock()
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

// hear is a tick at the instant of a report, and the report.
func hear(e *watch.Engine, r track.Report) []watch.Event {
	return append(e.Tick(r.At), e.Report(r)...)
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}

func TestAnAircraftIsPredictedEntersAndLeaves(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	// 360 kt are 185.2 m/s: 10 km from 65.56 km take exactly 300 s.
	want(t, "still far", said(e.Report(flies("18:59:00", 80, 360))), "")
	got := e.Report(flies("19:00:00", 65.56, 360))
	want(t, "in five minutes", said(got), "will-enter a 19:00:00Z 19:04:59.999Z")
	if len(got) == 1 && (!strings.Contains(got[0].Why, "299 s") || !strings.Contains(got[0].Why, "IL's hazard area (FL000-FL200")) {
		t.Errorf("why: %s", got[0].Why)
	}
	want(t, "said once", said(e.Report(flies("19:01:00", 54.448, 360)), e.Tick(at("19:01:30"))), "")
	want(t, "inside", said(hear(e, flies("19:06:00", 4, 360))), "inside a 19:04:59.999Z")
	want(t, "said once", said(hear(e, flies("19:06:10", 2, 360))), "")
	want(t, "one report outside is not enough", said(hear(e, flies("19:08:00", -11, 360)), hear(e, flies("19:08:06", -12, 360))), "")
	want(t, "three are", said(hear(e, flies("19:08:12", -13, 360))), "left a 19:08:00Z")
}

func TestTheHorizonIsExactThoughTheTickIsLate(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	want(t, "report", said(e.Report(flies("19:00:00", 65.56+18.52, 360))), "") // 400 s away
	want(t, "before", said(e.Tick(at("19:01:39.998"))), "")
	want(t, "late tick", said(e.Tick(at("19:01:55"))), "will-enter a 19:01:39.999Z 19:06:39.999Z")
}

func TestALostTrackThatIsPredictedToEnterRaises(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	e.Report(flies("19:00:00", 65.56, 360))
	got := e.Tick(at("19:07:00"))
	want(t, "seven minutes of silence", said(got), "inside a 19:04:59.999Z")
	if len(got) == 1 && !strings.Contains(got[0].Why, "reckoned from its last report at 19:00:00Z") {
		t.Errorf("why: %s", got[0].Why)
	}
	want(t, "an hour of silence", said(e.Tick(at("19:59:59"))), "")
	want(t, "the window ends", said(e.Tick(at("20:03:00"))), "left a 20:00:00Z")
}

func TestFeedLostInsideTheAreaStaysInside(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	want(t, "inside", said(e.Report(flies("19:00:00", 0, 360))), "inside a 19:00:00Z")
	for m := 1; m < 59; m++ {
		want(t, "silence", said(e.Tick(at("19:00:00").Add(time.Duration(m)*time.Minute))), "")
	}
	want(t, "it reports again, far away", said(hear(e, flies("19:59:00", 500, -360)), hear(e, flies("19:59:05", 501, -360))), "")
	want(t, "and again", said(hear(e, flies("19:59:10", 502, -360))), "left a 19:59:00Z")
}

func TestAWindowOpensOverAnAircraftInside(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "19:10:00", "19:20:00")})
	hover := func(clock string) track.Report { return flies(clock, 3, 0) }
	want(t, "before the horizon", said(e.Report(hover("19:04:00"))), "")
	want(t, "in the horizon", said(e.Report(hover("19:05:30"))), "will-enter a 19:05:30Z 19:10:00Z")
	want(t, "at that instant, within one tick", said(e.Tick(at("19:09:59.999"))), "")
	want(t, "late tick, exact instant", said(e.Tick(at("19:10:07"))), "inside a 19:10:00Z")
	want(t, "the last instant of the window", said(e.Tick(at("19:19:59.999"))), "")
	want(t, "the end, late", said(e.Tick(at("19:31:00"))), "left a 19:20:00Z")
}

func TestAWindowThatOpensAndEndsBetweenTwoTicksIsNotMissed(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "19:10:00", "19:10:30")})
	e.Report(flies("19:04:00", 3, 0))
	want(t, "one late tick", said(e.Tick(at("19:12:00"))), "will-enter a 19:05:00Z 19:10:00Z\ninside a 19:10:00Z\nleft a 19:10:30Z")
	e = engine()
	e.Volumes([]watch.Watched{disc("a", "19:10:00", "19:10:30")})
	e.Report(flies("19:04:00", 3, 0))
	want(t, "no tick but a report", said(e.Report(flies("19:12:00", 3, 0))), "inside a 19:10:00Z\nleft a 19:10:30Z")
}

func TestAWindowOpensOverTheLastPlaceOfASilentTrack(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "19:30:00", "19:40:00")})
	e.Report(flies("19:00:00", 0, 360)) // by reckoning it is long gone; but nobody saw it go
	e.Tick(at("19:20:00"))
	want(t, "in the horizon", said(e.Tick(at("19:25:00"))), "will-enter a 19:25:00Z 19:30:00Z")
	want(t, "open", said(e.Tick(at("19:30:00"))), "inside a 19:30:00Z")
	e = engine()
	e.Volumes([]watch.Watched{disc("a", "19:30:00", "19:40:00")})
	e.Report(flies("19:00:00", 0, 360))
	hear(e, flies("19:29:50", 30, -360))
	want(t, "but a fresh report elsewhere counts", said(e.Tick(at("19:30:00"))), "")
}

func TestAVolumePublishedOverAnAircraftInsideRaisesAtOnce(t *testing.T) {
	e := engine()
	e.Report(flies("19:00:00", 3, 200))
	e.Tick(at("19:00:05"))
	want(t, "published", said(e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})), "inside a 19:00:05Z")
	want(t, "given again", said(e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")}), e.Tick(at("19:00:06"))), "")

	e = engine()
	e.Report(flies("19:00:00", 3, 360))
	e.Tick(at("19:30:00")) // silent for half an hour
	want(t, "over a silent one", said(e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})), "inside a 19:30:00Z")
}

func TestAVolumePublishedAheadOfAnAircraftIsPredictedAtOnce(t *testing.T) {
	e := engine()
	e.Report(flies("19:00:00", 65.56, 360))
	e.Tick(at("19:01:00"))
	want(t, "published", said(e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})), "will-enter a 19:01:00Z 19:04:59.999Z")
}

func TestAVolumeTakenOutOfForceTakesItsEventsBack(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00"), disc("b", "19:02:00", "20:00:00")})
	want(t, "raised", said(e.Report(flies("19:00:00", 0, 10))), "inside a 19:00:00Z\nwill-enter b 19:00:00Z 19:02:00Z")
	e.Tick(at("19:00:10"))
	want(t, "gone", said(e.Volumes(nil)), "left a 19:00:10Z\nwill-not b 19:00:10Z")
	want(t, "nothing more", said(e.Tick(at("19:05:00"))), "")
}

func TestAVolumeChangedUnderItsKey(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	e.Report(flies("19:00:00", 0, 10))
	e.Tick(at("19:00:10"))
	bigger := disc("a", "18:00:00", "20:00:00")
	bigger.V.Area.Circle.RadiusM = 20_000
	want(t, "bigger: still inside", said(e.Volumes([]watch.Watched{bigger})), "")
	away := disc("a", "18:00:00", "20:00:00")
	away.V.Area.Circle = &volume.Circle{Center: volume.Deg(10, 10), RadiusM: 10_000}
	want(t, "moved clear", said(e.Volumes([]watch.Watched{away})), "left a 19:00:10Z")
}

func TestAPredictionIsTakenBackOnlyAfterSeveralClearReports(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	e.Report(flies("19:00:00", 50, 360))
	want(t, "one", said(e.Report(flies("19:00:04", 50, -360))), "")
	want(t, "two", said(e.Report(flies("19:00:08", 50.5, -360))), "")
	want(t, "back on course: the count begins anew", said(e.Report(flies("19:00:12", 50.5, 360))), "")
	want(t, "one", said(e.Report(flies("19:00:16", 50.5, -360))), "")
	want(t, "two", said(e.Report(flies("19:00:18", 51, -360))), "")
	want(t, "three, but in 5 s only", said(e.Report(flies("19:00:21", 51.5, -360))), "")
	want(t, "silence counts nothing", said(e.Tick(at("19:03:00"))), "")
	want(t, "four, and long enough", said(hear(e, flies("19:03:01", 70, -360))), "will-not a 19:03:01Z")
	want(t, "and again", said(hear(e, flies("19:03:10", 65.56, 360))), "will-enter a 19:03:10Z 19:08:09.999Z")
}

func TestWhatHasNoAltitudeIsInEveryBand(t *testing.T) {
	e := engine()
	high := disc("high", "18:00:00", "20:00:00")
	high.V.Band = volume.Band{Lower: fl(300), Unlimited: true}
	e.Volumes([]watch.Watched{high})
	want(t, "FL100 under FL300", said(e.Report(flies("19:00:00", 3, 10))), "")
	r := flies("19:00:05", 3, 10)
	r.Pos.HasAlt, r.Pos.Alt = false, volume.Altitude{}
	got := e.Report(r)
	want(t, "unknown", said(got), "inside high 19:00:05Z")
	if len(got) == 1 && !strings.Contains(got[0].Why, "altitude is unknown") {
		t.Errorf("why: %s", got[0].Why)
	}
}

func TestAClimbIntoTheBandIsPredicted(t *testing.T) {
	e := engine()
	high := disc("high", "18:00:00", "20:00:00")
	high.V.Band = volume.Band{Lower: fl(120), Upper: fl(200)}
	e.Volumes([]watch.Watched{high})
	r := flies("19:00:00", 3, 0)
	r.ClimbFPM = 1000 // 2,000 ft to go
	want(t, "climbing", said(e.Report(r)), "will-enter high 19:00:00Z 19:02:00Z")
}

func TestOnlyOwnProtectedAndCivilTracksAreHeld(t *testing.T) {
	for s, raises := range map[track.Standing]bool{track.Own: true, track.Protected: true, track.Civil: true, track.Other: false} {
		e := watch.NewEngine(watch.Config{Standing: func(string) track.Standing { return s }})
		e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
		if got := said(e.Report(flies("19:00:00", 0, 360)), e.Tick(at("19:01:00"))); (got != "") != raises {
			t.Errorf("%s: %q", s, got)
		}
	}
	if got := watch.NewEngine(watch.Config{}); said(got.Report(flies("19:00:00", 0, 0))) != "" {
		t.Error("without a roster every track is other")
	}
}

func TestAnOldOrFalseReportMovesNothing(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	e.Tick(at("19:00:00"))
	want(t, "far outside", said(e.Report(flies("19:00:00", 200, -360))), "")
	want(t, "older, inside", said(e.Report(flies("18:59:00", 0, 360))), "")
	want(t, "twice", said(e.Report(flies("19:00:00", 0, 360))), "")
	want(t, "from the future", said(e.Report(flies("19:00:06", 0, 360))), "")
	bad := flies("19:00:01", 0, 360)
	bad.SpeedKt = -1
	want(t, "invalid", said(e.Report(bad)), "")
	want(t, "the next true one", said(e.Report(flies("19:00:02", 0, 360))), "inside a 19:00:02Z")
}

func TestACornerCutBetweenTwoReportsIsSeen(t *testing.T) {
	e := engine()
	small := disc("a", "18:00:00", "20:00:00")
	small.V.Area.Circle = &volume.Circle{Center: center, RadiusM: 500}
	e.Volumes([]watch.Watched{small})
	r := flies("19:00:00", 5, 0)
	r.HasVelocity, r.TrackDeg, r.SpeedKt = false, 0, 0
	want(t, "before", said(e.Report(r)), "")
	r2 := flies("19:00:50", -5, 0)
	r2.HasVelocity, r2.TrackDeg, r2.SpeedKt = false, 0, 0
	want(t, "across", said(e.Report(r2)), "inside a 19:00:22.499Z")
}

func TestAJumpThatNothingCouldFlyCrossesNothing(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	e.Report(flies("19:00:00", 300, -10))
	want(t, "600 km in a second", said(e.Report(flies("19:00:01", -300, 10))), "")
}

func TestWithoutVelocityTheWayBetweenReportsCounts(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00")})
	for i, km := range []float64{60, 58} {
		r := flies("19:00:00", km, 0)
		r.At += utc.Time(i * 10_000) // 200 m/s
		r.HasVelocity = false
		got := said(e.Report(r))
		if i == 1 && !strings.HasPrefix(got, "will-enter a 19:00:10Z 19:04:10") {
			t.Errorf("48 km at 200 m/s: %q", got)
		}
	}
}

func TestANewEngineIsToldWhatStands(t *testing.T) {
	e := engine()
	e.Volumes([]watch.Watched{disc("a", "18:00:00", "20:00:00"), disc("b", "18:00:00", "20:00:00")})
	e.Resume("il20", "a", watch.Inside, at("19:00:00"))
	e.Resume("il20", "b", watch.WillEnter, at("19:10:00"))
	e.Resume("il20", "gone", watch.Inside, at("19:00:00"))
	want(t, "not raised again", said(e.Tick(at("19:05:00")), e.Report(flies("19:05:00", 3, 10))), "inside b 19:05:00Z")
	hear(e, flies("19:06:00", 50, -360))
	hear(e, flies("19:06:06", 51, -360))
	got := hear(e, flies("19:06:12", 52, -360))
	want(t, "taken back", said(got), "left a 19:06:00Z\nleft b 19:06:00Z")
	if len(got) == 2 && got[0].EnterAt != at("19:00:00") {
		t.Errorf("taken back with %s, not with the instant it was raised with", got[0].EnterAt)
	}
	e.Resume("il20", "a", watch.Inside, at("19:00:00"))
	want(t, "the window ends over what never reports", said(e.Tick(at("20:00:00"))), "left a 20:00:00Z")
}

func TestMoreTracksThanThereIsRoomForAreCounted(t *testing.T) {
	e := watch.NewEngine(watch.Config{Standing: own, MaxTracks: 2, Keep: time.Hour})
	for i := range 4 {
		r := flies("19:00:00", 100, 10)
		r.ID = fmt.Sprint("t", i)
		e.Report(r)
	}
	if e.Dropped() != 2 {
		t.Errorf("dropped %d", e.Dropped())
	}
	e.Tick(at("20:30:00")) // the silent ones are forgotten
	r := flies("20:30:00", 100, 10)
	r.ID = "t9"
	if e.Report(r); e.Dropped() != 2 {
		t.Error("no room although the others are long silent")
	}
}
