package check

import (
	"regexp"
	"strconv"
	"strings"

	"parley/place"
	"parley/utc"
	"parley/volume"
)

// heard is what a read-back states, out of a person's own lines.
type heard struct {
	text      string // all of it
	at        []volume.Point
	err       error // something looks like coordinates and can't be read
	radii     []float64
	alts      []volume.Altitude
	unlimited bool
	times     []heardTime
}

type heardTime struct {
	text    string
	ms      int64 // of the day, or since 1970 if dated
	dated   bool
	seconds bool
}

// What is looked for, in capital letters. Heights, times and distances go
// first, so that their digits are not taken for those of a point.
var (
	datedTime = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z`)
	dayTime   = regexp.MustCompile(`\b(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d{1,3})?)?Z`)
	feet      = regexp.MustCompile(`-?\b\d{1,6} ?(?:FT|FEET) ?(?:FL|AMSL|AGL|WGS84)\b|\bFL ?\d{2,4}\b|\bSFC\b|\bGND\b`)
	spoken    = regexp.MustCompile(`\bFLIGHT LEVEL (\d{2,4})\b`)
	spokenFt  = regexp.MustCompile(`(-?\b\d{1,6}) FEET (ABOVE MEAN SEA LEVEL|ABOVE GROUND|ABOVE THE WGS84 ELLIPSOID|PRESSURE ALTITUDE)`)
	endless   = regexp.MustCompile(`\bUNL(?:IMITED)?\b|\bWITHOUT LIMIT\b`)
	length    = regexp.MustCompile(`\b(\d{1,5}(?:\.\d{1,3})?) ?(KM|NM|M)\b(\.? ?(?:TO THE )?(?:NORTH|SOUTH|EAST|WEST|[NSEW]{1,3}\b|FROM\b|OF\b))?`)
	numbered  = regexp.MustCompile(`\b(?:CORNER|POINT) \d{1,2}:?|\b\d{1,2} (?:CORNERS|POINTS)\b|^ *\d{1,2}[.)] `)

	number     = `\d[\d.°º˚'′’"″”: ]*`
	hemiBehind = regexp.MustCompile(number + `[NS][,; ]*` + number + `[EW]\b|` + number + `[EW][,; ]*` + number + `[NS]\b`)
	hemiBefore = regexp.MustCompile(`\b[NS] ?` + number + `[,; ]*[EW] ?` + number + `|\b[EW] ?` + number + `[,; ]*[NS] ?` + number)
)

// hear reads lines as a person types them: coordinates in any notation of
// place.Parse, heights, times in UTC and radii, among any other words.
func hear(lines []string) heard {
	h := heard{text: strings.Join(lines, "; ")}
	for _, line := range lines {
		h.line(strings.ToUpper(line))
	}
	return h
}

func (h *heard) line(s string) {
	take := func(re *regexp.Regexp, f func(m []string)) {
		s = re.ReplaceAllStringFunc(s, func(x string) string {
			f(re.FindStringSubmatch(x))
			return "|"
		})
	}
	take(numbered, func([]string) {})
	take(datedTime, func(m []string) {
		text := m[0]
		seconds := strings.Count(text, ":") > 1
		if !seconds {
			text = strings.TrimSuffix(text, "Z") + ":00Z"
		}
		if t, err := utc.Parse(text); err == nil {
			h.times = append(h.times, heardTime{m[0], int64(t), true, seconds})
		} else {
			h.err = err
		}
	})
	take(dayTime, func(m []string) {
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		second, _ := strconv.Atoi(m[3])
		h.times = append(h.times, heardTime{m[0], int64(hour*3600+minute*60+second) * 1000, false, m[3] != ""})
	})
	take(spokenFt, func(m []string) {
		datum := map[string]volume.Datum{"ABOVE MEAN SEA LEVEL": volume.AMSL, "ABOVE GROUND": volume.AGL,
			"ABOVE THE WGS84 ELLIPSOID": volume.Ellipsoid, "PRESSURE ALTITUDE": volume.FL}[m[2]]
		ft, _ := strconv.Atoi(m[1])
		h.alts = append(h.alts, volume.Altitude{Feet: int32(ft), Datum: datum})
	})
	take(spoken, func(m []string) { h.altitude("FL" + m[1]) })
	take(feet, func(m []string) { h.altitude(strings.Replace(m[0], "FEET", "FT", 1)) })
	take(endless, func([]string) { h.unlimited = true })
	if strings.Contains(s, "THE SURFACE") {
		h.altitude("SFC")
	}
	take(length, func(m []string) {
		x, _ := strconv.ParseFloat(m[1], 64)
		if m[3] == "" { // "9 km west of" is no radius
			h.radii = append(h.radii, x*map[string]float64{"KM": 1000, "NM": 1852, "M": 1}[m[2]])
		}
	})
	h.coordinates(s)
}

func (h *heard) altitude(s string) {
	a, err := volume.ParseAltitude(s)
	if err != nil {
		h.err = err
		return
	}
	h.alts = append(h.alts, a)
}

// coordinates takes the points out of a line, from the left. A point in
// brackets that repeats the one before it, as read-backs are written, is one.
func (h *heard) coordinates(s string) {
	first := len(h.at)
	for {
		a, b := hemiBehind.FindStringIndex(s), hemiBefore.FindStringIndex(s)
		if a == nil || b != nil && b[0] < a[0] {
			a = b
		}
		if a == nil {
			return
		}
		p, _, err := place.Parse(strings.Trim(s[a[0]:a[1]], " ,;:"))
		repeats := strings.HasSuffix(strings.TrimRight(s[:a[0]], " "), "(") && len(h.at) > first &&
			volume.DistanceM(p, h.at[len(h.at)-1]) <= place.ReadBackToleranceM
		switch {
		case err != nil:
			h.err = err
		case !repeats:
			h.at = append(h.at, p)
		}
		s = s[a[1]:]
	}
}
