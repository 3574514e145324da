package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// table prints columns for a person. Cells are one line; what is too long for
// the terminal is cut in the last column, where the words stand.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// printable makes a text of another party harmless for a terminal: no escape
// sequences, no control characters, no direction marks, one line.
func printable(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, s)), " ")
}

func (t *table) lines(width int) []string {
	wide := make([]int, len(t.head))
	all := append([][]string{t.head}, t.rows...)
	for _, row := range all {
		for i, c := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	var out []string
	for n, row := range all {
		var b strings.Builder
		for i, c := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c)))
			}
		}
		out = append(out, cut(b.String(), width))
		if n == 0 {
			total := 0
			for _, w := range wide {
				total += w + 2
			}
			out = append(out, strings.Repeat("─", max(min(total-2, width), 1)))
		}
	}
	return out
}

func (t *table) print(sh *shell) {
	width, tty := sh.tty()
	if !tty {
		width = 1 << 16 // a file or a pipe gets all of it
	}
	if len(t.rows) == 0 {
		sh.say("  (none)")
		return
	}
	for _, l := range t.lines(width - 2) {
		sh.say("  %s", l)
	}
}

// cut shortens s to width characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width || width < 2 {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
