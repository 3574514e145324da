package picture

// Item finds the conversation's item of a record by its name. It looks through
// the line that the name begins with.
func (p *Picture) Item(id ID) (Item, bool) {
	name, _, err := ParseID(id)
	if err != nil {
		return Item{}, false
	}
	for _, l := range p.Lines {
		if l.Name != name {
			continue
		}
		for _, it := range l.Items {
			if it.ID == id {
				return it, true
			}
		}
	}
	return Item{}, false
}

// Each calls f with every item of these names, line by line in order, as the i-th
// of its line. A fork has two of one name. It costs a glance at each record, and no more.
func (p *Picture) Each(ids map[ID]bool, f func(line *Conversation, i int)) {
	at := indices(ids)
	if len(at) == 0 {
		return
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		for k := range l.Items {
			if it := &l.Items[k]; at[it.Ref.Index] && ids[it.ID] {
				f(l, k)
			}
		}
	}
}

// NoticesOf gives where in Notices those stand that have one of these names, or
// whose volumes in force were said under one.
func (p *Picture) NoticesOf(ids map[ID]bool) []int {
	at := indices(ids)
	if len(at) == 0 {
		return nil
	}
	var out []int
	for i := range p.Notices {
		n := &p.Notices[i]
		if at[n.Ref.Index] && ids[n.ID] || n.CorrectedBy != "" && ids[n.CorrectedBy] {
			out = append(out, i)
		}
	}
	return out
}

// indices gives the places in their logbooks that these names have: what can be
// compared at a glance.
func indices(ids map[ID]bool) map[uint64]bool {
	at := make(map[uint64]bool, len(ids))
	for id := range ids {
		if _, ref, err := ParseID(id); err == nil {
			at[ref.Index] = true
		}
	}
	return at
}

// With gives a book that holds h beside everything that b holds: "what would
// the picture be if this were said?". b is not changed.
func (b *Book) With(h Held) *Book {
	c := NewBook(b.self)
	for id, l := range b.lines {
		for _, charter := range l.charters {
			c.AddCharter(id, l.name, charter)
		}
		for _, x := range l.leaves {
			c.Add(x.Held)
		}
		for k, g := range l.logs {
			for _, s := range g.known.steps {
				c.line(id).log(k).known.add(s.size, s.at, nil)
			}
		}
	}
	c.Add(h)
	return c
}
