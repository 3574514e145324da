package check

import (
	"parley/picture"
	"parley/record"
	"parley/volume"
)

// view is a picture with the records that are wanted, and what several rules
// need worked out once.
type view struct {
	*picture.Picture
	ids     map[picture.ID]bool // wanted; nil: every record
	reaches []picture.Reach     // of Notices
	caps    [][]picture.Reach   // of the volumes of Notices, when first asked for

	wanted []*picture.Notice // in the order of Notices
	which  []int             // where in Notices they stand
	found  bool

	located []located // the wanted items, when first asked for

	asked  int // how often a notice was looked up
	byName map[picture.ID]*picture.Notice
}

func look(p *picture.Picture, ids map[picture.ID]bool) *view {
	return &view{Picture: p, ids: ids, reaches: p.Reaches()}
}

// want reports whether one of these records is wanted.
func (v *view) want(ids ...picture.ID) bool {
	if v.ids == nil {
		return true
	}
	for _, id := range ids {
		if v.ids[id] {
			return true
		}
	}
	return false
}

// notices gives the notices that are wanted under one of their names.
func (v *view) notices() []*picture.Notice {
	if v.found {
		return v.wanted
	}
	v.found = true
	if v.ids != nil {
		v.which = v.NoticesOf(v.ids)
	} else {
		v.which = make([]int, len(v.Notices))
		for i := range v.which {
			v.which[i] = i
		}
	}
	v.wanted = make([]*picture.Notice, len(v.which))
	for k, i := range v.which {
		v.wanted[k] = &v.Notices[i]
	}
	return v.wanted
}

// inForce reports whether the i-th notice has volumes in force that are not
// over.
func (v *view) inForce(i int) bool {
	r := &v.reaches[i]
	return v.Instant < r.Ends && r.To != 0
}

// forced gives the wanted notices that have volumes in force.
func (v *view) forced() []*picture.Notice {
	var out []*picture.Notice
	for _, n := range v.notices() {
		if n.Active && len(n.Volumes) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// windows gives the time of all the notice's windows together.
func windows(n *picture.Notice) volume.Window {
	var w volume.Window
	for i, x := range n.Volumes {
		if i == 0 {
			w = x.Window
		}
		w.From, w.To = min(w.From, x.Window.From), max(w.To, x.Window.To)
	}
	return w
}

// cap gives a cap that holds the k-th volume of the i-th notice.
func (v *view) cap(i, k int) *picture.Reach {
	if v.caps == nil {
		v.caps = make([][]picture.Reach, len(v.Notices))
	}
	if v.caps[i] == nil {
		for _, x := range v.Notices[i].Volumes {
			v.caps[i] = append(v.caps[i], picture.CapOfArea(x.Area))
		}
	}
	return &v.caps[i][k]
}

// items gives the wanted items.
func (v *view) items() []located {
	if v.located != nil {
		return v.located
	}
	out := []located{}
	defer func() { v.located = out }()
	if v.ids == nil {
		for i := range v.Lines {
			for k := range v.Lines[i].Items {
				out = append(out, located{&v.Lines[i], k, &v.Lines[i].Items[k]})
			}
		}
		return out
	}
	v.Each(v.ids, func(l *picture.Conversation, i int) { out = append(out, located{l, i, &l.Items[i]}) })
	return out
}

// located is an item in its line.
type located struct {
	line *picture.Conversation
	at   int
	*picture.Item
}

// notice finds a notice by its name.
func (v *view) notice(id picture.ID) *picture.Notice {
	if v.asked++; v.asked > 4 && v.byName == nil {
		v.byName = make(map[picture.ID]*picture.Notice, len(v.Notices))
		for i := range v.Notices {
			v.byName[v.Notices[i].ID] = &v.Notices[i]
		}
	}
	if v.byName != nil {
		return v.byName[id]
	}
	var last *picture.Notice
	for i := range v.Notices {
		if v.Notices[i].ID == id {
			last = &v.Notices[i]
		}
	}
	return last
}

// noticesAnd gives the wanted notices, and those that a wanted acknowledgement
// is of: by itself or by way of a correction.
func (v *view) noticesAnd() []*picture.Notice {
	out := v.notices()
	if v.ids == nil {
		return out
	}
	more := map[picture.ID]bool{}
	for _, it := range v.items() {
		for id, n := it.Re, 0; id != "" && !more[id] && n < 64 && it.Kind == record.KindAck; n++ {
			more[id] = true
			x := v.notice(id)
			if x == nil {
				break
			}
			id = x.Re
		}
	}
	in := map[*picture.Notice]bool{}
	for _, n := range out {
		in[n] = true
	}
	out = out[:len(out):len(out)]
	for _, i := range v.NoticesOf(more) {
		if n := &v.Notices[i]; !in[n] {
			out = append(out, n)
		}
	}
	return out
}
