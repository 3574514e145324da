package picture

import (
	"cmp"
	"slices"
	"strings"

	"parley/record"
)

// converse builds the conversations and gathers what is wrong.
func (f *fold) converse() {
	for _, l := range f.lines {
		c := l.conversation()
		c.Items = make([]Item, 0, len(l.entries))
		for _, e := range l.entries {
			it := l.item(e)
			c.Items = append(c.Items, it)
			if !e.valid() || it.Kind == record.KindFinding {
				f.findings = append(f.findings, it)
			}
		}
		f.conversations = append(f.conversations, c)
	}
	sortFindings(f.findings)
}

// conversation is a line's conversation but for its items.
func (l *lineFold) conversation() Conversation {
	c := Conversation{Line: l.id, Name: l.name, Home: l.home, Parties: l.parties, Left: l.left()}
	c.Closed = l.closed(c.Left)
	if n := len(l.charters); n > 0 {
		c.Exercise = l.charters[n-1].Exercise
	}
	return c
}

func sortFindings(items []Item) {
	slices.SortFunc(items, func(a, b Item) int {
		if c := cmp.Compare(a.KnownAt, b.KnownAt); c != 0 {
			return c
		}
		if c := strings.Compare(string(a.ID), string(b.ID)); c != 0 {
			return c
		}
		return compareRef(a.Ref, b.Ref)
	})
}

// item shows one record. What is wrong with it has to be known by then.
func (l *lineFold) item(e *entry) Item {
	if e.shown == nil {
		it := l.show(e)
		e.shown = &it
	}
	return *e.shown
}

func (l *lineFold) show(e *entry) Item {
	it := l.brief(e)
	if e.valid() {
		it.States = l.states(e)
	}
	return it
}

// brief is show without the states.
func (l *lineFold) brief(e *entry) Item {
	it := Item{
		ID: e.id, Line: l.id, LineName: l.name, Ref: e.Ref, Party: e.Ref.Party,
		KnownAt: e.known, Problem: e.problem,
	}
	if !e.valid() {
		it.Words = "A record that can't be opened: " + e.problem + "."
		if e.State == Unreadable {
			it.Words = "A record of a kind or version that this release doesn't know: " + e.problem + "."
		}
		return it
	}
	r := e.Rec
	it.Kind, it.Officer, it.Precedence, it.Composed, it.Body = r.Kind, r.Officer, r.Precedence, r.Composed, r.Body
	if r.Re != nil {
		it.Re = FormatID(l.name, *r.Re)
	}
	if e.words == "" {
		e.words = words(r)
	}
	it.Words = e.words
	if fd, ok := bodyOf[record.Finding](r); ok && it.Problem == "" {
		it.Problem = fd.What + ": " + fd.Text
	}
	return it
}
