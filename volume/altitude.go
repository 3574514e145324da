package volume

import (
	"fmt"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Datum says what an altitude is counted from.
type Datum uint8

// The datums. FL is pressure altitude: the level in the standard atmosphere
// with 1013.25 hPa at the bottom, the one thing that barometric transponders
// report. AMSL is above mean sea level (the geoid), AGL above the ground or
// water below, Ellipsoid above the WGS84 ellipsoid (what satellites give).
const (
	FL Datum = iota
	AMSL
	AGL
	Ellipsoid
)

var datumNames = [...]string{"FL", "AMSL", "AGL", "WGS84"}

// String gives "FL", "AMSL", "AGL" or "WGS84".
func (d Datum) String() string {
	if int(d) < len(datumNames) {
		return datumNames[d]
	}
	return "datum(" + strconv.Itoa(int(d)) + ")"
}

// MarshalText writes d as String does; an unknown datum is an error.
func (d Datum) MarshalText() ([]byte, error) {
	if int(d) >= len(datumNames) {
		return nil, fmt.Errorf("couldn't write datum %d: unknown", uint8(d))
	}
	return []byte(datumNames[d]), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (d *Datum) UnmarshalText(b []byte) error {
	for i, s := range datumNames {
		if s == string(b) {
			*d = Datum(i)
			return nil
		}
	}
	return fmt.Errorf("couldn't read datum %.20q: want FL, AMSL, AGL or WGS84", b)
}

// MinFeet and MaxFeet bound every altitude.
const (
	MinFeet = -2000
	MaxFeet = 400000
)

// Altitude is a height in feet above its datum. FL300 is {30000, FL}.
type Altitude struct {
	Feet  int32 `cbor:"1,keyasint"`
	Datum Datum `cbor:"2,keyasint"`
}

// Valid tells what is out of range, if something is.
func (a Altitude) Valid() error {
	if int(a.Datum) >= len(datumNames) {
		return fmt.Errorf("altitude has an unknown datum %d", uint8(a.Datum))
	}
	if a.Feet < MinFeet || a.Feet > MaxFeet {
		return fmt.Errorf("altitude of %d ft is outside %d to %d ft", a.Feet, MinFeet, MaxFeet)
	}
	return nil
}

// String gives "FL300" for whole hundreds of feet of pressure altitude, else
// feet and datum: "5000ft AMSL", "30025ft FL".
func (a Altitude) String() string {
	if a.Datum == FL && a.Feet >= 0 && a.Feet%100 == 0 {
		return fmt.Sprintf("FL%03d", a.Feet/100)
	}
	return fmt.Sprintf("%dft %s", a.Feet, a.Datum)
}

var (
	flText   = regexp.MustCompile(`^FL ?(\d{2,4})$`)
	feetText = regexp.MustCompile(`^(-?\d{1,6}) ?FT ?(FL|AMSL|AGL|WGS84)$`)
)

// ParseAltitude reads "FL300", "5000ft AMSL", "400 ft AGL", "30025ft FL",
// "20000ft WGS84" and "SFC" or "GND" (0 ft AGL), in either case. A bare number,
// metres, and "5000ft" without a datum are refused: which datum was meant is
// the question that has to be asked.
func ParseAltitude(s string) (Altitude, error) {
	if len(s) > 32 {
		return Altitude{}, fmt.Errorf("couldn't read altitude %.20q…: too long", s)
	}
	t := strings.ToUpper(strings.TrimSpace(s))
	if t == "SFC" || t == "GND" {
		return Altitude{0, AGL}, nil
	}
	var a Altitude
	if m := flText.FindStringSubmatch(t); m != nil {
		n, _ := strconv.Atoi(m[1])
		a = Altitude{int32(n) * 100, FL}
	} else if m := feetText.FindStringSubmatch(t); m != nil {
		n, _ := strconv.Atoi(m[1])
		a.Feet = int32(n)
		_ = a.Datum.UnmarshalText([]byte(m[2]))
	} else {
		return Altitude{}, fmt.Errorf(`couldn't read altitude %.20q: write "FL300", "5000ft AMSL", "400ft AGL" or "SFC"`, s)
	}
	if err := a.Valid(); err != nil {
		return Altitude{}, fmt.Errorf("couldn't read altitude %.20q: %w", s, err)
	}
	return a, nil
}

// MarshalText writes a as String does.
func (a Altitude) MarshalText() ([]byte, error) {
	if err := a.Valid(); err != nil {
		return nil, fmt.Errorf("couldn't write altitude: %w", err)
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads what ParseAltitude reads.
func (a *Altitude) UnmarshalText(b []byte) error {
	got, err := ParseAltitude(string(b))
	if err != nil {
		return err
	}
	*a = got
	return nil
}

// DatumMarginFt gives how far, in feet, the true height above mean sea level of
// a may lie below and above its number. Comparing two altitudes of different
// datums widens by these; with the same datum nothing is widened.
//
//   - AMSL: 0.
//   - FL: 2,200 ft for a sea-level pressure of 940 to 1,080 hPa at some 30 ft
//     each, and a tenth of the height for air warmer or colder than standard.
//   - WGS84: 400 ft; the geoid lies -107 to +86 m from the ellipsoid (EGM2008).
//   - AGL: the ground itself, anywhere from 1,450 ft below the sea (Dead Sea) to
//     29,100 ft above it. There is no terrain model here, so the ground is
//     unknown, and a band in AGL is compared with others only this coarsely.
func DatumMarginFt(a Altitude) (below, above int32) {
	switch a.Datum {
	case AMSL:
		return 0, 0
	case FL:
		m := a.Feet / 10
		if m < 0 {
			m = -m
		}
		return 2200 + m, 2200 + m
	case Ellipsoid:
		return 400, 400
	default:
		return 1450, 29100
	}
}

func (a Altitude) lowest() int64  { b, _ := DatumMarginFt(a); return int64(a.Feet) - int64(b) }
func (a Altitude) highest() int64 { _, b := DatumMarginFt(a); return int64(a.Feet) + int64(b) }

// mayBeAtMost reports whether a may be at or below b: exactly with one datum,
// by the widest reading of both with two.
func mayBeAtMost(a, b Altitude) bool {
	if a.Datum == b.Datum {
		return a.Feet <= b.Feet
	}
	return a.lowest() <= b.highest()
}

// less orders altitudes by their number, then their datum; only to choose
// between two bounds in the same way from both sides.
func less(a, b Altitude) bool {
	if a.Feet != b.Feet {
		return a.Feet < b.Feet
	}
	return a.Datum < b.Datum
}

// Band is the heights from Lower to Upper, both ends included. With Unlimited
// there is no upper end and Upper is ignored. Lower and Upper may have
// different datums: from the ground (0 ft AGL) to FL300 is usual.
type Band struct {
	Lower     Altitude `cbor:"1,keyasint" json:"lower"`
	Upper     Altitude `cbor:"2,keyasint,omitzero" json:"upper,omitzero"`
	Unlimited bool     `cbor:"3,keyasint,omitempty" json:"unlimited,omitempty"`
}

// String gives "FL100-FL300" or "FL100-UNL".
func (b Band) String() string {
	if b.Unlimited {
		return b.Lower.String() + "-UNL"
	}
	return b.Lower.String() + "-" + b.Upper.String()
}

// Validate refuses altitudes out of range, and a lower end that is certainly
// not below the upper one.
func (b Band) Validate() error {
	if err := b.Lower.Valid(); err != nil {
		return fmt.Errorf("lower: %w", err)
	}
	if b.Unlimited {
		return nil
	}
	if err := b.Upper.Valid(); err != nil {
		return fmt.Errorf("upper: %w", err)
	}
	if b.Lower.Datum == b.Upper.Datum && b.Lower.Feet == b.Upper.Feet || !mayBeAtMost(b.Lower, b.Upper) {
		return fmt.Errorf("lower %s is not below upper %s", b.Lower, b.Upper)
	}
	return nil
}

// Contains reports whether a may be in the band; a tie is inside.
func (b Band) Contains(a Altitude) bool {
	return mayBeAtMost(b.Lower, a) && (b.Unlimited || mayBeAtMost(a, b.Upper))
}

// limits gives the feet of datum d that are in the band, both ends included;
// it is Contains turned round, so the two cannot disagree.
func (b Band) limits(d Datum) (lo, hi float64) {
	const wide = 2 * MaxFeet
	lo = float64(sort.Search(2*wide, func(i int) bool { return mayBeAtMost(b.Lower, Altitude{int32(i - wide), d}) }) - wide)
	if b.Unlimited {
		return lo, math.Inf(1)
	}
	return lo, float64(sort.Search(2*wide, func(i int) bool { return !mayBeAtMost(Altitude{int32(i - wide), d}, b.Upper) }) - wide - 1)
}

// surely reports whether a is at or below b on every reading of their datums.
// The ground is at or below everything that flies.
func surely(a, b Altitude) bool {
	if a.Datum == b.Datum {
		return a.Feet <= b.Feet
	}
	return a.Datum == AGL && a.Feet <= 0 || a.highest() <= b.lowest()
}

// order gives the lower and the upper of two altitudes, and whether that is
// sure; if not, the smaller number is the lower.
func order(a, b Altitude) (lower, upper Altitude, sure bool) {
	switch ab, ba := surely(a, b), surely(b, a); {
	case ab && (!ba || !less(b, a)):
		return a, b, true
	case ba:
		return b, a, true
	case less(b, a):
		return b, a, false
	}
	return a, b, false
}

// meet gives what is common to b and c. Where it depends on how two datums lie
// to each other, differ is true: read the bounds as "about"; they may even
// stand the wrong way round.
func (b Band) meet(c Band) (common Band, differ, ok bool) {
	sure, s := true, true
	if !c.Unlimited {
		ok = mayBeAtMost(b.Lower, c.Upper)
		sure = surely(b.Lower, c.Upper)
	} else {
		ok = true
	}
	if !b.Unlimited {
		ok = ok && mayBeAtMost(c.Lower, b.Upper)
		sure = sure && surely(c.Lower, b.Upper)
	}
	if !ok {
		return Band{}, false, false
	}
	_, common.Lower, s = order(b.Lower, c.Lower)
	sure = sure && s
	switch {
	case b.Unlimited && c.Unlimited:
		common.Unlimited = true
	case b.Unlimited:
		common.Upper = c.Upper
	case c.Unlimited:
		common.Upper = b.Upper
	default:
		common.Upper, _, s = order(b.Upper, c.Upper)
		sure = sure && s
	}
	return common, !sure, true
}
