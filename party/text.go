package party

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckLine refuses a text that is longer than max bytes, is not UTF-8, or
// holds a character that can bend what a reader sees: controls, line breaks,
// the bidirectional embeddings, overrides and isolates (U+202A-U+202E,
// U+2066-U+2069), the byte order mark and the invisible tag characters. The
// plain marks that Hebrew, Arabic and Persian need (U+200C-U+200F, U+061C) pass.
// The error gives the place and the character but no field: the caller names it.
func CheckLine(s string, max int) error { return checkText(s, max, false) }

// CheckText is CheckLine for texts of several lines: the newline passes, no
// other control does.
func CheckText(s string, max int) error { return checkText(s, max, true) }

// Clean makes a text that somebody else wrote fit for a record of ours: what
// CheckText refuses becomes U+FFFD, and what is longer than max bytes is cut
// between characters. The result always passes CheckText.
func Clean(s string, max int) string {
	var out strings.Builder
	for _, r := range s {
		if refused(r, true) != "" {
			r = utf8.RuneError
		}
		if out.Len()+utf8.RuneLen(r) > max {
			break
		}
		out.WriteRune(r)
	}
	return out.String()
}

func checkText(s string, max int, lines bool) error {
	if len(s) > max {
		return fmt.Errorf("is %d bytes long, at most %d are allowed", len(s), max)
	}
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return fmt.Errorf("is not UTF-8 at byte %d", i)
		}
		if what := refused(r, lines); what != "" {
			return fmt.Errorf("holds %s at byte %d", what, i)
		}
	}
	return nil
}

// refused says why a character must not stand in a text, "" if it may.
func refused(r rune, lines bool) string {
	switch {
	case r == '\n' && lines:
		return ""
	case r < 0x20 || r >= 0x7f && r <= 0x9f:
		return fmt.Sprintf("the control character U+%04X", r)
	case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		return fmt.Sprintf("U+%04X, which turns the order of what is read,", r)
	case r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xe0000 && r <= 0xe007f:
		return fmt.Sprintf("the unseen character U+%04X", r)
	}
	return ""
}

// Blank reports whether s shows nothing: empty, or only white space and
// characters that have no shape of their own. The list is fixed, so that what
// is valid doesn't change with a release's Unicode tables.
func Blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !shapeless(r) {
			return false
		}
	}
	return true
}

// shapeless reports whether r shows nothing by itself: the soft hyphen, joiners,
// marks of direction, fillers, the empty Braille cell, variation selectors.
func shapeless(r rune) bool {
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f,
		r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x206f, r == 0x2800, r == 0x3164, r >= 0xfe00 && r <= 0xfe0f,
		r == 0xffa0, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return false
}
