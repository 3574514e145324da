package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func evening() *table {
	t := &table{head: []string{"record", "by", "words"}}
	t.add("IL-RU/IL/urgent/12", "IL levi", "Hazard area, north Syria, SFC-FL300, from 18:40Z to 19:30Z; your crews keep west of 35.10E until we say that it has ended")
	t.add("IL-RU/RU/routine/3", "RU orlov", "Read.")
	return t
}

func TestATableInAPipeHasWholeRowsAndNoRule(t *testing.T) {
	var out bytes.Buffer
	evening().print(&shell{out: &out})
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 3 || strings.Contains(out.String(), "─") {
		t.Errorf("want a head and two rows:\n%s", out.String())
	}
	if !strings.HasSuffix(rows[1], "until we say that it has ended") || !strings.HasSuffix(rows[2], "RU orlov  Read.") {
		t.Errorf("a row is not whole, or its columns don't stand under each other:\n%s", out.String())
	}
	for _, r := range rows {
		if r != strings.TrimRight(r, " ") {
			t.Errorf("%q ends with spaces", r)
		}
	}
}

func TestATableOnATerminalIsWrappedAndLosesNoWord(t *testing.T) {
	lines := evening().lines(78, true)
	text := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
	for _, w := range strings.Fields("IL-RU/IL/urgent/12 IL levi Hazard ended Read.") {
		if !strings.Contains(text, w) {
			t.Errorf("%q was lost:\n%s", w, strings.Join(lines, "\n"))
		}
	}
	if len(lines) < 6 {
		t.Errorf("nothing was wrapped:\n%s", strings.Join(lines, "\n"))
	}
	if got := evening().lines(78, false); len(got) != 4 || !strings.HasSuffix(got[2], "…") {
		t.Errorf("cut:\n%s", strings.Join(got, "\n"))
	}
}

func TestNoTableIsWiderThanItsTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tb := &table{head: []string{"one", "two", "three"}}
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			tb.add(rapid.String().Draw(t, "a"), rapid.StringMatching(`([a-zé]{1,60} ?){0,9}`).Draw(t, "b"), rapid.String().Draw(t, "c"))
		}
		width := rapid.IntRange(2, 120).Draw(t, "width")
		wrapped := rapid.Bool().Draw(t, "wrapped")
		for _, l := range tb.lines(width, wrapped) {
			if n := utf8.RuneCountInString(l); n > width {
				t.Fatalf("%d characters on a terminal of %d: %q", n, width, l)
			}
		}
		for _, row := range tb.rows {
			parts := broken(row[1], 10)
			if strings.ReplaceAll(strings.Join(parts, ""), " ", "") != strings.ReplaceAll(row[1], " ", "") {
				t.Fatalf("%q was broken into %q", row[1], parts)
			}
			for _, p := range parts {
				if utf8.RuneCountInString(p) > 10 {
					t.Fatalf("%q is longer than 10", p)
				}
			}
		}
	})
}
