package party

import (
	"fmt"
	"strings"
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

func checkText(s string, max int, lines bool) error {
	if len(s) > max {
		return fmt.Errorf("is %d bytes long, at most %d are allowed", len(s), max)
	}
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return fmt.Errorf("is not UTF-8 at byte %d", i)
		case r == '\n' && lines:
		case r < 0x20 || r >= 0x7f && r <= 0x9f:
			return fmt.Errorf("holds the control character U+%04X at byte %d", r, i)
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return fmt.Errorf("holds U+%04X at byte %d, which turns the order of what is read", r, i)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xe0000 && r <= 0xe007f:
			return fmt.Errorf("holds the unseen character U+%04X at byte %d", r, i)
		}
	}
	return nil
}

// Blank reports whether s shows nothing: empty, or only white space.
func Blank(s string) bool { return strings.TrimSpace(s) == "" }
