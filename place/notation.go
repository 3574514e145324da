// Package place is how people say where: coordinates in the notations that
// officers, NOTAMs and charts use, names, and the check that the two agree.
//
// It exists because of two evenings. On 17 September 2018 a notice said "north
// Syria" and meant Latakia. On 17 September 2016, near Deir ez-Zor, the place
// given lay nine kilometres from the place struck. Hence: Parse refuses whatever
// can be read in two ways, Disagree compares the name with the coordinates, and
// ReadBack and ReadBackMatches have a second person say the place again.
//
// The names are a small hand-made list, good to about 0.01 degree, to catch
// errors. It is not for navigation.
//
// Left out on purpose: UTM and MGRS. A grid reference is easily typed one zone
// or one letter off and still valid, and there was no independent implementation
// at hand to test one against; half right is worse here than not at all.
package place

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"parley/volume"
)

// Notation is a way of writing coordinates.
type Notation uint8

// The notations, with what Format writes and to what it rounds.
const (
	Decimal Notation = iota // 35.4734567N 36.0E             exact
	DegMin                  // 35°28.407'N 035°57.000'E      0.001' (1.9 m)
	DMS                     // 35°28'24.44"N 035°57'00.00"E  0.01" (0.3 m)
	ICAODM                  // 3528N03557E                   1' (1.9 km)
	ICAODMS                 // 352824N0355700E               1" (31 m)
)

var notationNames = [...]string{"decimal", "degrees and minutes", "DMS", "ICAO 4/5 digits", "ICAO 6/7 digits"}

// String names the notation.
func (n Notation) String() string {
	if int(n) < len(notationNames) {
		return notationNames[n]
	}
	return fmt.Sprintf("notation(%d)", uint8(n))
}

// MaxText is the longest text that Parse reads, in bytes.
const MaxText = 80

// Parse reads one point. It knows
//
//   - decimal degrees: "35.41N 35.95E", "N35.41 E35.95", "35.41°N, 35.95°E"
//   - degrees and minutes: "35°28.4'N 35°57'E", "35 28.4 N 035 57 E"
//   - degrees, minutes, seconds: "35°28'24\"N 35°57'00\"E", "35 28 24N 35 57 00E"
//   - ICAO: "35N036E", "3528N03557E" and "352824N0355700E", and with decimals of
//     the last unit "352824.5N0355700.2E"
//
// The hemisphere letters stand both before or both behind their numbers; either
// coordinate may come first. Refused, with the reason: no hemisphere (which one
// is the latitude?), a sign, a decimal comma, a dropped leading zero in the ICAO
// form, sixty minutes or seconds, two notations in one point, anything beyond 90
// or 180 degrees. More digits than 1e-7 degree are rounded.
func Parse(s string) (volume.Point, Notation, error) {
	fail := func(format string, args ...any) (volume.Point, Notation, error) {
		return volume.Point{}, 0, fmt.Errorf("couldn't read coordinates %.40q: %w", s, fmt.Errorf(format, args...))
	}
	if len(s) > MaxText {
		return fail("longer than %d bytes", MaxText)
	}
	t := marks.Replace(strings.ToUpper(strings.TrimSpace(s)))
	first, second, err := halves(t)
	if err != nil {
		return fail("%w", err)
	}
	a, na, err := first.read()
	if err != nil {
		return fail("%w", err)
	}
	b, nb, err := second.read()
	if err != nil {
		return fail("%w", err)
	}
	if na != nb {
		return fail("one part is %s and the other %s: write both in the same way", na, nb)
	}
	if first.lon() {
		a, b = b, a
	}
	return volume.Point{LatE7: a, LonE7: b}, na, nil
}

var marks = strings.NewReplacer(
	"º", "°", "˚", "°", "′", "'", "’", "'", "‘", "'", "´", "'", "″", `"`, "”", `"`, "“", `"`, "''", `"`,
	"\u00a0", " ", "\t", " ")

// half is one coordinate: its digits and its letter.
type half struct {
	body string
	hemi byte
}

func (h half) lon() bool { return h.hemi == 'E' || h.hemi == 'W' }

func (h half) name() string {
	if h.lon() {
		return "longitude"
	}
	return "latitude"
}

// halves cuts a text at its two hemisphere letters.
func halves(t string) (a, b half, err error) {
	var at []int
	for i := 0; i < len(t); i++ {
		switch c := t[i]; {
		case c == 'N' || c == 'S' || c == 'E' || c == 'W':
			at = append(at, i)
		case c >= 'A' && c <= 'Z':
			return a, b, fmt.Errorf("unexpected letter %q: only N, S, E and W", c)
		case c == '-' || c == '+':
			return a, b, fmt.Errorf("write N, S, E or W instead of a sign")
		}
	}
	if len(at) == 0 {
		return a, b, fmt.Errorf("which number is the latitude? write for example 35.41N 35.95E")
	}
	if len(at) != 2 {
		return a, b, fmt.Errorf("want one of N or S and one of E or W")
	}
	a.hemi, b.hemi = t[at[0]], t[at[1]]
	if a.lon() == b.lon() {
		return a, b, fmt.Errorf("want one of N or S and one of E or W")
	}
	switch {
	case at[0] == 0 && at[1] < len(t)-1:
		a.body, b.body = t[1:at[1]], t[at[1]+1:]
	case at[0] > 0 && at[1] == len(t)-1:
		a.body, b.body = t[:at[0]], t[at[0]+1:at[1]]
	default:
		return a, b, fmt.Errorf("put N, S, E and W both before or both behind their numbers")
	}
	// One comma or semicolon may stand between the two.
	if t[0] == a.hemi {
		a.body = strings.TrimRight(a.body, " ")
		a.body = strings.TrimSuffix(strings.TrimSuffix(a.body, ","), ";")
	} else {
		b.body = strings.TrimLeft(b.body, " ")
		b.body = strings.TrimPrefix(strings.TrimPrefix(b.body, ","), ";")
	}
	a.body, b.body = strings.TrimSpace(a.body), strings.TrimSpace(b.body)
	return a, b, nil
}

var (
	run    = regexp.MustCompile(`^(\d{1,7})(?:\.(\d{1,8}))?(°?)$`)
	marked = regexp.MustCompile(`^(\d{1,3}) ?° ?(\d{1,2})(?:\.(\d{1,8}))? ?'(?: ?(\d{1,2})(?:\.(\d{1,8}))? ?")?$`)
	spaced = regexp.MustCompile(`^(\d{1,3})[ :](\d{1,2})(?:\.(\d{1,8}))?(?:[ :](\d{1,2})(?:\.(\d{1,8}))?)?$`)
)

// read gives the coordinate in 1e-7 degree and its notation.
func (h half) read() (int32, Notation, error) {
	if strings.ContainsRune(h.body, ',') {
		return 0, 0, fmt.Errorf("%s %q: write a decimal point, not a comma", h.name(), h.body)
	}
	if m := run.FindStringSubmatch(h.body); m != nil {
		return h.readRun(m[1], m[2], m[3] != "")
	}
	m, n := marked.FindStringSubmatch(h.body), DMS
	if m == nil {
		m = spaced.FindStringSubmatch(h.body)
	}
	if m == nil {
		return 0, 0, fmt.Errorf("couldn't make out the %s %q", h.name(), h.body)
	}
	if m[4] == "" {
		n = DegMin
		v, err := h.join(m[1], m[2], m[3], "0", "")
		return v, n, err
	}
	if m[3] != "" {
		return 0, 0, fmt.Errorf("%s %q: decimals of a minute and seconds besides", h.name(), h.body)
	}
	v, err := h.join(m[1], m[2], "", m[4], m[5])
	return v, n, err
}

// readRun reads a run of digits: the number before the point tells which units.
func (h half) readRun(whole, frac string, degreeSign bool) (int32, Notation, error) {
	d := 2
	if h.lon() {
		d = 3
	}
	switch n := len(whole); {
	case n <= d && (frac != "" || degreeSign):
		v, err := h.degrees(whole, frac)
		return v, Decimal, err
	case degreeSign:
	case n == d:
		v, err := h.degrees(whole, "")
		return v, Decimal, err
	case n == d+2:
		v, err := h.join(whole[:d], whole[d:], frac, "0", "")
		return v, ICAODM, err
	case n == d+4:
		v, err := h.join(whole[:d], whole[d:d+2], "", whole[d+2:], frac)
		return v, ICAODMS, err
	}
	return 0, 0, fmt.Errorf("%s %q: want %d, %d or %d digits before the point, with leading zeros, or %s", h.name(), h.body, d, d+2, d+4, "degrees with a point")
}

func (h half) degrees(whole, frac string) (int32, error) {
	return h.inRange(fixed(whole, frac) * 3600)
}

// join adds up degrees, minutes and seconds exactly, in 1e-8 of a second.
func (h half) join(deg, min, minFrac, sec, secFrac string) (int32, error) {
	m, s := fixed(min, minFrac), fixed(sec, secFrac)
	if m >= 60*unit || s >= 60*unit {
		return 0, fmt.Errorf("%s %q: minutes and seconds go up to 59", h.name(), h.body)
	}
	return h.inRange(fixed(deg, "")*3600 + m*60 + s)
}

const unit = 100_000_000 // what fixed counts in: 1e-8

// fixed gives whole.frac in 1e-8. The lengths are bounded by the patterns.
func fixed(whole, frac string) int64 {
	n, _ := strconv.ParseInt(whole+(frac + "00000000")[:8], 10, 64)
	return n
}

// inRange turns seconds of arc in 1e-8 into 1e-7 degree with its sign.
func (h half) inRange(sec int64) (int32, error) {
	most := int64(90)
	if h.lon() {
		most = 180
	}
	if sec > most*3600*unit {
		return 0, fmt.Errorf("%s %q is more than %d degrees", h.name(), h.body, most)
	}
	const perE7 = 3600 * unit / 10_000_000
	v := (sec + perE7/2) / perE7
	if h.hemi == 'S' || h.hemi == 'W' {
		v = -v
	}
	return int32(v), nil
}

// Format writes p in a notation, rounded as the list of notations says; Parse
// reads it back. A notation that is unknown gives Decimal.
func Format(p volume.Point, n Notation) string {
	switch n {
	case DegMin:
		f := func(deg int, x int64, hemi string) string {
			return fmt.Sprintf("%0*d°%02d.%03d'%s", deg, x/60000, x/1000%60, x%1000, hemi)
		}
		return both(p, 60_000, f, " ")
	case DMS:
		f := func(deg int, x int64, hemi string) string {
			return fmt.Sprintf("%0*d°%02d'%02d.%02d\"%s", deg, x/360000, x/6000%60, x/100%60, x%100, hemi)
		}
		return both(p, 360_000, f, " ")
	case ICAODM:
		f := func(deg int, x int64, hemi string) string {
			return fmt.Sprintf("%0*d%02d%s", deg, x/60, x%60, hemi)
		}
		return both(p, 60, f, "")
	case ICAODMS:
		f := func(deg int, x int64, hemi string) string {
			return fmt.Sprintf("%0*d%02d%02d%s", deg, x/3600, x/60%60, x%60, hemi)
		}
		return both(p, 3600, f, "")
	}
	return p.String()
}

// both rounds latitude and longitude to 1/perDeg degree and writes them with f.
func both(p volume.Point, perDeg int64, f func(deg int, x int64, hemi string) string, sep string) string {
	one := func(e7 int32, deg int, plus, minus string) string {
		v, hemi := int64(e7), plus
		if v < 0 {
			v, hemi = -v, minus
		}
		x := (v*perDeg + 5_000_000) / 10_000_000
		if x == 0 {
			hemi = plus
		}
		return f(deg, x, hemi)
	}
	return one(p.LatE7, 2, "N", "S") + sep + one(p.LonE7, 3, "E", "W")
}
