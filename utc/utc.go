// Package utc is the one notion of time in Parley: whole milliseconds since
// 1970-01-01T00:00:00Z, always UTC, never a zone.
//
// Records carry it, volumes are bounded by it, deadlines are counted in it. It
// is a value, not a clock: only package node reads a clock and hands the
// instant to everybody else, which is what makes the core replayable.
//
// It exists because of one accident among many: the schedules of the
// afternoon of 3 July 1988 stood in three time zones.
package utc

import (
	"fmt"
	"time"
)

// Time is an instant in milliseconds since the Unix epoch, UTC, leap seconds
// ignored as in POSIX. The zero value means "not given".
type Time int64

// Min and Max bound what Parley accepts from outside: the years 1970 to 2199.
const (
	Min Time = 1
	Max Time = 7258118399999 // 2199-12-31T23:59:59.999Z
)

// From gives the instant of t, cut (not rounded) to milliseconds.
func From(t time.Time) Time { return Time(t.UnixMilli()) }

// Std gives t as a time.Time in UTC.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add gives t moved by d, d cut to milliseconds.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Sub gives the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Millisecond }

// IsZero reports whether t is "not given".
func (t Time) IsZero() bool { return t == 0 }

// Valid reports whether t is given and inside [Min, Max].
func (t Time) Valid() bool { return t >= Min && t <= Max }

// String gives RFC 3339 with milliseconds, "2018-09-17T18:39:00.000Z", or ""
// for the zero value.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("2006-01-02T15:04:05.000Z")
}

// Clock gives the time of day, "18:39:00Z", with milliseconds only where they
// are not zero: "19:02:45.120Z".
func (t Time) Clock() string {
	if t%1000 == 0 {
		return t.Std().Format("15:04:05Z")
	}
	return t.Std().Format("15:04:05.000Z")
}

// Parse reads RFC 3339 with a zone of Z and at most milliseconds. Another zone
// is refused, not converted: whoever wrote "+03:00" should see what was made
// of it.
func Parse(s string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fmt.Errorf("couldn't read time %q: want UTC such as 2018-09-17T18:39:00Z", s)
	}
	if len(s) == 0 || s[len(s)-1] != 'Z' {
		return 0, fmt.Errorf("couldn't read time %q: write it in UTC, ending in Z", s)
	}
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return 0, fmt.Errorf("couldn't read time %q: at most milliseconds", s)
	}
	u := From(t)
	if !u.Valid() {
		return 0, fmt.Errorf("couldn't read time %q: outside 1970 to 2199", s)
	}
	return u, nil
}

// MarshalText writes t as String does; JSON therefore shows RFC 3339.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes; the empty text is "not given".
func (t *Time) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = 0
		return nil
	}
	u, err := Parse(string(b))
	if err != nil {
		return err
	}
	*t = u
	return nil
}
