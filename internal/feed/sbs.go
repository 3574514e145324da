package feed

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"parley/utc"
	"parley/volume"
)

// MaxLine is the longest line that is read, in bytes without its end. A real
// one has fewer than 160.
const MaxLine = 512

// ErrOther is given by ParseLine for lines that are well-formed but carry no
// flight data (SEL, ID, AIR, STA, CLK): they are passed over and are not bad.
var ErrOther = errors.New("not a MSG line")

// Message is one SBS-1 "MSG" line. Fields that the line left empty are absent:
// their Has field is false. Nothing is carried over from another line.
type Message struct {
	Type      int      // transmission type, 1 to 8
	Hex       string   // the 24-bit address, six upper-case hex digits
	Generated utc.Time // when the receiver heard it; in UTC after the configured offset
	Logged    utc.Time // when the receiver wrote it; 0 if not given
	Callsign  string   // without padding

	HasAlt   bool
	AltFeet  int32 // pressure altitude; the datum is FL
	HasPoint bool
	Point    volume.Point
	HasSpeed bool    // SpeedKt and TrackDeg come together
	SpeedKt  float64 // over the ground
	TrackDeg float64 // true, [0, 360)
	HasClimb bool
	ClimbFPM float64
	Squawk   string // four octal digits, or ""

	HasGround, OnGround bool
	Emergency           bool
}

// The fields of a MSG line, in order.
const (
	fMSG = iota
	fType
	fSession
	fAircraft
	fHex
	fFlight
	fGenDate
	fGenTime
	fLogDate
	fLogTime
	fCallsign
	fAltitude
	fSpeed
	fTrack
	fLat
	fLon
	fClimb
	fSquawk
	fAlert
	fEmergency
	fIdent
	fGround
	nFields
)

var fieldNames = [nFields]string{"MSG", "transmission type", "session", "aircraft", "hex address", "flight",
	"generated date", "generated time", "logged date", "logged time", "callsign", "altitude", "ground speed",
	"track", "latitude", "longitude", "vertical rate", "squawk", "alert", "emergency", "ident", "on ground"}

func bad(field int, format string, args ...any) error {
	return fmt.Errorf("field %d (%s): %s", field+1, fieldNames[field], fmt.Sprintf(format, args...))
}

// ParseLine reads one line without its line end. offset is what the receiver's
// clock is ahead of UTC (receivers commonly write local time). The error names
// the field by number and name; a line with an error is not used at all, since
// half a message is worse than none.
func ParseLine(line []byte, offset time.Duration) (Message, error) {
	var m Message
	if len(line) > MaxLine {
		return m, fmt.Errorf("line of %d bytes: at most %d", len(line), MaxLine)
	}
	for _, c := range line {
		if c < ' ' || c > '~' {
			return m, fmt.Errorf("byte 0x%02x: an SBS-1 line is printable ASCII", c)
		}
	}
	var f [nFields][]byte
	n := 0
	for rest, more := line, true; more; n++ {
		var one []byte
		one, rest, more = bytes.Cut(rest, []byte{','})
		if n < nFields {
			f[n] = bytes.TrimSpace(one)
		}
	}
	switch string(f[fMSG]) {
	case "MSG":
	case "SEL", "ID", "AIR", "STA", "CLK":
		return m, ErrOther
	default:
		return m, bad(fMSG, "%.12q: want MSG", f[fMSG])
	}
	if n != nFields {
		return m, fmt.Errorf("%d fields: want %d", n, nFields)
	}
	if len(f[fType]) != 1 || f[fType][0] < '1' || f[fType][0] > '8' {
		return m, bad(fType, "%.12q: want 1 to 8", f[fType])
	}
	m.Type = int(f[fType][0] - '0')
	var err error
	if m.Hex, err = hexAddress(f[fHex]); err != nil {
		return m, err
	}
	if err = m.times(f[:], offset); err != nil {
		return m, err
	}
	if err = m.identity(f[:]); err != nil {
		return m, err
	}
	if err = m.motion(f[:]); err != nil {
		return m, err
	}
	return m, nil
}

func hexAddress(b []byte) (string, error) {
	if len(b) != 6 {
		return "", bad(fHex, "%.12q: want six hex digits", b)
	}
	up := bytes.ToUpper(b)
	for _, c := range up {
		if (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return "", bad(fHex, "%.12q: want six hex digits", b)
		}
	}
	return string(up), nil
}

func (m *Message) times(f [][]byte, offset time.Duration) error {
	var err error
	if len(f[fLogDate])+len(f[fLogTime]) > 0 {
		if m.Logged, err = instant(f, fLogDate, fLogTime, offset); err != nil {
			return err
		}
	}
	if len(f[fGenDate])+len(f[fGenTime]) == 0 {
		if m.Logged == 0 {
			return bad(fGenDate, "missing, and so is the logged time: a report without a time cannot be used")
		}
		m.Generated = m.Logged
		return nil
	}
	if m.Generated, err = instant(f, fGenDate, fGenTime, offset); err != nil {
		return err
	}
	// Written before it was heard, or long after: one of the clocks is wrong and
	// we cannot know which.
	if m.Logged != 0 && (m.Logged < m.Generated.Add(-2*time.Second) || m.Logged > m.Generated.Add(10*time.Minute)) {
		return bad(fLogTime, "logged %s, generated %s: cannot both be", m.Logged, m.Generated)
	}
	return nil
}

// instant reads "2018/09/17" and "18:39:00.000" (fraction optional, cut to ms).
func instant(f [][]byte, date, clock int, offset time.Duration) (utc.Time, error) {
	if len(f[date]) != 10 {
		return 0, bad(date, "%.12q: want YYYY/MM/DD", f[date])
	}
	if len(f[clock]) < 8 || len(f[clock]) > 18 {
		return 0, bad(clock, "%.20q: want HH:MM:SS.mmm", f[clock])
	}
	d, err := time.Parse("2006/01/02", string(f[date]))
	if err != nil {
		return 0, bad(date, "%.12q: want YYYY/MM/DD", f[date])
	}
	c, err := time.Parse("15:04:05.999999999", string(f[clock]))
	if err != nil {
		return 0, bad(clock, "%.20q: want HH:MM:SS.mmm", f[clock])
	}
	t := utc.From(d.Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute +
		time.Duration(c.Second())*time.Second + time.Duration(c.Nanosecond())).Add(-offset))
	if !t.Valid() {
		return 0, bad(date, "%s is outside 1970 to 2199", f[date])
	}
	return t, nil
}

func (m *Message) identity(f [][]byte) error {
	cs := bytes.TrimRight(f[fCallsign], "@ ") // "@@@@@@@@" is "none" on some receivers
	if len(cs) > 8 {
		return bad(fCallsign, "%.20q: at most 8 characters", cs)
	}
	for _, c := range cs {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != ' ' && c != '-' {
			return bad(fCallsign, "%.20q: want A-Z, 0-9, space or hyphen", cs)
		}
	}
	m.Callsign = string(cs)
	sq := f[fSquawk]
	if len(sq) > 0 {
		if len(sq) > 4 {
			return bad(fSquawk, "%.12q: want four octal digits", sq)
		}
		for _, c := range sq {
			if c < '0' || c > '7' {
				return bad(fSquawk, "%.12q: want four octal digits", sq)
			}
		}
		m.Squawk = "0000"[:4-len(sq)] + string(sq) // leading zeros are often dropped
	}
	var err error
	for _, i := range []int{fAlert, fIdent} {
		if _, _, err = flag(f, i); err != nil {
			return err
		}
	}
	if m.Emergency, _, err = flag(f, fEmergency); err != nil {
		return err
	}
	m.OnGround, m.HasGround, err = flag(f, fGround)
	return err
}

// flag reads -1 or 1 (set), 0 (not set) or nothing.
func flag(f [][]byte, i int) (set, given bool, err error) {
	switch string(f[i]) {
	case "":
		return false, false, nil
	case "0":
		return false, true, nil
	case "1", "-1":
		return true, true, nil
	}
	return false, false, bad(i, "%.12q: want -1, 0, 1 or nothing", f[i])
}

func (m *Message) motion(f [][]byte) error {
	alt, has, err := number(f, fAltitude, volume.MinFeet, 150000)
	if err != nil {
		return err
	}
	m.HasAlt, m.AltFeet = has, int32(math.Round(alt))
	lat, hasLat, err := number(f, fLat, -90, 90)
	if err != nil {
		return err
	}
	lon, hasLon, err := number(f, fLon, -180, 180)
	if err != nil {
		return err
	}
	if hasLat != hasLon {
		return bad(fLat, "latitude and longitude come together")
	}
	if hasLat {
		m.HasPoint, m.Point = true, volume.Deg(lat, lon)
	}
	speed, hasSpeed, err := number(f, fSpeed, 0, 4000)
	if err != nil {
		return err
	}
	track, hasTrack, err := number(f, fTrack, 0, 360)
	if err != nil {
		return err
	}
	if hasSpeed && hasTrack { // one without the other predicts nothing
		m.HasSpeed, m.SpeedKt, m.TrackDeg = true, speed, math.Mod(track, 360)
	}
	m.ClimbFPM, m.HasClimb, err = number(f, fClimb, -60000, 60000)
	return err
}

// number reads a plain decimal between lo and hi, to seven places; exponents, "NaN", "0x" and
// "Inf", which strconv would take, are refused.
func number(f [][]byte, i int, lo, hi float64) (float64, bool, error) {
	b := f[i]
	if len(b) == 0 {
		return 0, false, nil
	}
	if len(b) > 20 {
		return 0, false, bad(i, "%.24q: too long for a number", b)
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			return 0, false, bad(i, "%.24q: not a number", b)
		}
	}
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, false, bad(i, "%.24q: not a number", b)
	}
	if x < lo || x > hi {
		return 0, false, bad(i, "%s: want %g to %g", b, lo, hi)
	}
	return math.Round(x*1e7) / 1e7, true, nil
}

// Line writes m as SBS-1 writes it, without a line end, with times in UTC. What
// ParseLine reads from it equals m.
func (m Message) Line() string {
	var f [nFields]string
	f[fMSG], f[fType], f[fSession], f[fAircraft], f[fHex], f[fFlight] = "MSG", strconv.Itoa(m.Type), "1", "1", m.Hex, "1"
	f[fGenDate], f[fGenTime] = dateAndTime(m.Generated)
	f[fLogDate], f[fLogTime] = dateAndTime(m.Logged)
	f[fCallsign], f[fSquawk] = m.Callsign, m.Squawk
	if m.HasAlt {
		f[fAltitude] = strconv.Itoa(int(m.AltFeet))
	}
	if m.HasPoint {
		f[fLat] = strconv.FormatFloat(m.Point.Lat(), 'f', 7, 64)
		f[fLon] = strconv.FormatFloat(m.Point.Lon(), 'f', 7, 64)
	}
	if m.HasSpeed {
		f[fSpeed] = plain(m.SpeedKt)
		f[fTrack] = plain(m.TrackDeg)
	}
	if m.HasClimb {
		f[fClimb] = plain(m.ClimbFPM)
	}
	if m.Emergency {
		f[fEmergency] = "-1"
	}
	if m.HasGround {
		f[fGround] = "0"
		if m.OnGround {
			f[fGround] = "-1"
		}
	}
	line := f[0]
	for _, s := range f[1:] {
		line += "," + s
	}
	return line
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func dateAndTime(t utc.Time) (date, clock string) {
	if t == 0 {
		return "", ""
	}
	s := t.Std()
	return s.Format("2006/01/02"), s.Format("15:04:05.000")
}
