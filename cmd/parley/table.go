package main

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table prints columns for a person. Cells hold one line of text each.
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

// widths gives each column's width so that all fit into width: what holds
// several words gives way, the widest first, down to its longest word.
func (t *table) widths(width int) []int {
	wide, least := make([]int, len(t.head)), make([]int, len(t.head))
	total := -2
	for i, h := range t.head {
		wide[i] = utf8.RuneCountInString(h)
		least[i] = wide[i]
		for _, row := range t.rows {
			wide[i] = max(wide[i], utf8.RuneCountInString(row[i]))
			for _, w := range strings.Fields(row[i]) {
				least[i] = max(least[i], utf8.RuneCountInString(w))
			}
		}
		least[i] = min(least[i], 40)
		total += wide[i] + 2
	}
	for ; total > width; total-- {
		widest := -1
		for i := range wide {
			if wide[i] > least[i] && (widest < 0 || wide[i] > wide[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break // each line is cut at its end
		}
		wide[widest]--
	}
	return wide
}

// lines draws the table for a terminal of this width: one line a row with what
// does not fit cut, or wrapped.
func (t *table) lines(width int, wrapped bool) []string {
	wide := t.widths(width)
	out := t.draw(t.head, wide, wrapped)
	total := -2
	for _, w := range wide {
		total += w + 2
	}
	out = append(out, strings.Repeat("─", max(min(total, width), 1)))
	for _, row := range t.rows {
		out = append(out, t.draw(row, wide, wrapped)...)
	}
	for i := range out {
		out[i] = cut(out[i], width)
	}
	return out
}

func (t *table) draw(row []string, wide []int, wrapped bool) []string {
	var lines []string
	for n, more := 0, true; more; n++ {
		more = false
		var b strings.Builder
		for i, c := range row {
			parts := []string{cut(c, wide[i])}
			if wrapped {
				parts = broken(c, wide[i])
			}
			part := ""
			if n < len(parts) {
				part = parts[n]
			}
			more = more || n+1 < len(parts)
			b.WriteString(part + strings.Repeat(" ", max(wide[i]-utf8.RuneCountInString(part), 0)+2))
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// broken is wrap, with words that are longer than width broken too.
func broken(s string, width int) []string {
	var lines []string
	for _, l := range wrap(s, width) {
		r := []rune(l)
		for ; width > 0 && len(r) > width; r = r[width:] {
			lines = append(lines, string(r[:width]))
		}
		lines = append(lines, string(r))
	}
	return lines
}

// print writes the table wrapped to the terminal's width. A file or a pipe gets
// each row on one line, whole, and no rule: it is for grep and for diff.
func (t *table) print(sh *shell) {
	if len(t.rows) == 0 {
		sh.say("  (none)")
		return
	}
	if width, tty := sh.tty(); tty {
		for _, l := range t.lines(width-2, true) {
			sh.say("  %s", l)
		}
		return
	}
	wide := t.widths(math.MaxInt)
	for _, row := range append([][]string{t.head}, t.rows...) {
		sh.say("  %s", t.draw(row, wide, false)[0])
	}
}

// cut shortens s to width characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width || width < 2 {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
