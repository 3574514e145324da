package check

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"parley/picture"
	"parley/place"
	"parley/utc"
	"parley/volume"
)

// title names a notice in a sentence: "IL's hazard area (IL-RU/IL/urgent/12)".
func title(n *picture.Notice) string {
	return fmt.Sprintf("%s's %s (%s)", n.Party, lower(picture.ClassWords(n.Notice.Class)), n.ID)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// distance says metres as nautical miles and kilometres.
func distance(m float64) string {
	return fmt.Sprintf("%.1f NM (%.1f km)", m/1852, m/1000)
}

// heights says the common heights of a meeting.
func heights(m volume.Meeting) string {
	s := picture.BandWords(volume.Band{Lower: m.Lower, Upper: m.Upper, Unlimited: m.Unlimited})
	if m.DatumsDiffer {
		s = "about " + s
	}
	return s
}

// when says how far off an instant is.
func when(at, now utc.Time) string {
	if at <= now {
		return "it has begun"
	}
	return "it begins in " + span(at.Sub(now))
}

// span says a duration, downwards: "45 s", "24 min", "3 h 05 min".
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// spot says a place to a thousandth of a degree, about 100 m.
func spot(p volume.Point) string {
	ns, ew := "N", "E"
	lat, lon := p.Lat(), p.Lon()
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	return fmt.Sprintf("%.3f%s %.3f%s", lat, ns, lon, ew)
}

// farthest is how far a known place may be to say where something is.
const farthest = 300_000.0

// near says a place as one finds it on a map: "18 km NW of Latakia, 35.600N
// 35.600E".
func near(p volume.Point) string {
	here, best := picture.CapOf(p, 0), 4.0
	var at place.Place
	for _, x := range pins() {
		dx, dy, dz := x.X-here.X, x.Y-here.Y, x.Z-here.Z
		if d := dx*dx + dy*dy + dz*dz; d < best {
			best, at = d, x.Place
		}
	}
	d := volume.DistanceM(at.Point, p)
	switch {
	case at.Name == "" || d > farthest:
		return spot(p)
	case d <= at.RadiusM || d < 500:
		return at.Name + ", " + spot(p)
	}
	return fmt.Sprintf("%.0f km %s of %s, %s", d/1000, place.Direction(volume.BearingDeg(at.Point, p)), at.Name, spot(p))
}

// pin is a known place as a vector: ten thousand sentences look for the nearest.
type pin struct {
	place.Place
	picture.Reach
}

var pins = sync.OnceValue(func() []pin {
	var out []pin
	for _, x := range place.All() {
		if x.Kind != place.Region && x.Kind != place.Sea {
			out = append(out, pin{x, picture.CapOf(x.Point, 0)})
		}
	}
	return out
})

// where says where a notice is, for the head of a sentence: by its author's own
// words, or else by the map.
func where(n *picture.Notice) string {
	if n.Notice.Place != "" {
		return picture.Quote(n.Notice.Place)
	}
	if len(n.Volumes) > 0 {
		return near(n.Volumes[0].Area.Centroid())
	}
	return "No place given"
}

// clock says an instant downwards, with seconds only where there are some:
// "18:40Z", "18:39:20Z".
func clock(t utc.Time) string {
	if (t/1000)%60 == 0 {
		return t.Std().Format("15:04Z")
	}
	return t.Std().Format("15:04:05Z")
}
