package record

import (
	"regexp"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

// The bounds of what a body may hold, in bytes of UTF-8 and in items. They
// keep every record under MaxLeaf with room to spare and make the worst record
// cheap to check.
const (
	MaxText     = 4000 // free words
	MaxShort    = 500  // a reason, one alert's sentence, one open item
	MaxName     = 200  // a place, a contact
	MaxUnit     = 100
	MaxTrack    = 64
	MaxVolumes  = 32
	MaxCorners  = 512 // vertices of all polygons of one record together
	MaxLegs     = 256
	MaxHeads    = 64
	MaxPhrases  = 8
	MaxParams   = 16
	MaxClosed   = 16
	MaxContent  = 16 << 10 // bytes of an opened part
	MaxAbout    = 16
	MaxOpen     = 64 // open items of a watch, duties left by a close
	MaxProof    = 8
	MaxProofLen = 8 << 10
	MaxReadBack = 8
)

// maxCount bounds sizes and indexes, so that JSON numbers hold them exactly.
const maxCount = 1<<53 - 1

var (
	langForm  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$`)
	labelForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	codeForm  = regexp.MustCompile(`^[A-Z][A-Z0-9-]{1,47}$`)
	nameForm  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// first gives the first error of a list of checks.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// needLine wants one line of 1 to max bytes that is not blank.
func needLine(field, s string, max int) error {
	if party.Blank(s) {
		return bad(field, "is missing")
	}
	return optLine(field, s, max)
}

// optLine wants one line of at most max bytes, or nothing; a text of nothing
// but white space is neither.
func optLine(field, s string, max int) error { return optional(field, s, party.CheckLine(s, max)) }

// needText is needLine for texts of several lines.
func needText(field, s string, max int) error {
	if party.Blank(s) {
		return bad(field, "is missing")
	}
	return optText(field, s, max)
}

// optText is optLine for texts of several lines.
func optText(field, s string, max int) error { return optional(field, s, party.CheckText(s, max)) }

func optional(field, s string, err error) error {
	if err != nil {
		return badField(field, err)
	}
	if s != "" && party.Blank(s) {
		return bad(field, "is blank: leave it out")
	}
	return nil
}

// langOf wants a BCP 47 tag, and only beside a text.
func langOf(lang, text string) error {
	if lang == "" {
		return nil
	}
	if text == "" {
		return bad("lang", "is given without text")
	}
	if len(lang) > 35 || !langForm.MatchString(lang) {
		return bad("lang", `%.40q is no BCP 47 language tag such as "en" or "ru"`, lang)
	}
	return nil
}

func lines(field string, list []string, count, max int) error {
	if len(list) > count {
		return bad(field, "%d items, at most %d", len(list), count)
	}
	for i, s := range list {
		if err := needLine(at(field, i), s, max); err != nil {
			return err
		}
	}
	return nil
}

func needTime(field string, t utc.Time) error {
	if t.IsZero() {
		return bad(field, "is missing")
	}
	return optTime(field, t)
}

func optTime(field string, t utc.Time) error {
	if !t.IsZero() && !t.Valid() {
		return bad(field, "is outside 1970 to 2199")
	}
	return nil
}

func needHash(field string, h Hash) error {
	if h.IsZero() {
		return bad(field, "is missing")
	}
	return nil
}

// volumes checks each volume and the vertices of all of them together.
func volumes(field string, vs []volume.Volume, max int) error {
	if len(vs) > max {
		return bad(field, "%d of them, at most %d", len(vs), max)
	}
	corners := 0
	for i, v := range vs {
		if corners += len(v.Area.Polygon); corners > MaxCorners {
			return bad(field, "have more than %d vertices together", MaxCorners)
		}
		if err := v.Validate(); err != nil {
			return badField(at(field, i), err)
		}
		if err := oneBand(v.Band); err != nil {
			return under(at(field, i)+".band", err)
		}
	}
	return nil
}

// oneBand refuses the second way to write a band without an upper end.
func oneBand(b volume.Band) error {
	if b.Unlimited && b.Upper != (volume.Altitude{}) {
		return bad("upper", "is given although the band is unlimited")
	}
	return nil
}

// levels checks acknowledgements asked for: those that a sender can want.
func levels(field string, ls []Level) error {
	for i, l := range ls {
		if !l.wanted() {
			return bad(at(field, i), "%.30q is no level that can be asked for (read, understood, relayed, unit-confirms, no-objection)", string(l))
		}
		for _, m := range ls[:i] {
			if m == l {
				return bad(at(field, i), "%q stands there twice", string(l))
			}
		}
	}
	return nil
}
