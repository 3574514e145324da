package check

import (
	"slices"
	"strings"
	"unicode/utf8"

	"parley/party"
	"parley/picture"
	"parley/record"
)

// partyLeft: another party has left a line. Nobody there answers any more, and
// whatever it left open is open, so the desk is told at once, however its
// machine ranked the record. It stands until an officer of ours has acknowledged
// the exit on its line, or the party is back by an amended charter. Of several
// close records of one absence the first is the exit.
func partyLeft(v *view) []Conflict {
	var out []Conflict
	for _, x := range v.items() {
		b, ok := closeOf(x.Item)
		if !ok || x.Party == v.Self || x.Problem != "" || !exited(x.line, x.ID) || answered(x.Item, v) {
			continue
		}
		c := Conflict{
			Rule: RuleLeft, Key: RuleLeft + "/" + string(x.ID), About: []record.About{about(*x.Item)}, IDs: []picture.ID{x.ID},
			From: x.Composed, Precedence: record.Immediate,
			Why: string(x.Party) + " has left " + x.LineName + " at " + x.Composed.Std().Format("15:04:05Z") + ": " + picture.Quote(short(b.Text)) + ".",
		}
		if len(b.Duties) > 0 {
			c.Why += " Duties left open: " + stop(short(strings.Join(b.Duties, "; ")))
		} else {
			c.Why += " It names no duty left open."
		}
		out = append(out, c)
	}
	return out
}

func closeOf(it *picture.Item) (record.Close, bool) {
	switch b := it.Body.(type) {
	case record.Close:
		return b, true
	case *record.Close:
		if b != nil {
			return *b, true
		}
	}
	return record.Close{}, false
}

// exited reports whether the record is an exit that stands.
func exited(l *picture.Conversation, id picture.ID) bool {
	return slices.ContainsFunc(l.Left, func(x picture.Exit) bool { return x.By == id })
}

// leftNoMore says why an exit calls nobody any more.
func (v *view) leftNoMore(a *picture.Alert) string {
	for _, x := range v.items() {
		if slices.Contains(a.AboutIDs, x.ID) && !exited(x.line, x.ID) {
			return string(x.Party) + " is back on " + x.LineName + "."
		}
	}
	return "An officer of ours has acknowledged it on its line."
}

// haveGone names who has gone: "RU has", "we have".
func haveGone(v *view, p party.ID) string {
	if p == v.Self {
		return "we have"
	}
	return string(p) + " has"
}

// mostQuoted bounds what an alert quotes, so that its sentence is not cut off
// before the duties; the record has all of it.
const mostQuoted = 200

// short puts a text of others on one line and cuts it to what an alert quotes.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= mostQuoted {
		return s
	}
	n := mostQuoted
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n]) + "…"
}

// stop ends a sentence with one full stop.
func stop(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
