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
