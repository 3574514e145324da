// Package picturetest makes records for tests of what reads a picture: an
// evening on a few lines, said in Go, without keys, logs or a network.
//
// Positions, incarnations and leaf hashes are given as a log would; the leaf
// hash is that of the place alone. Nothing is signed, and nothing is checked but
// what the picture itself checks.
package picturetest

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// World is what one party's node holds.
type World struct {
	Self  party.ID
	Lines []*Line
	Held  []picture.Held
}

// New gives an empty world of one party.
func New(self party.ID) *World { return &World{Self: self} }

// Line is one line of a world.
type Line struct {
	w       *World
	ID      record.LineID
	Name    string
	Charter record.Charter
	size    map[head]uint64
}

type head struct {
	party party.ID
	lane  record.Lane
}

// Line adds a line with the default clocks.
func (w *World) Line(name string, parties ...party.ID) *Line {
	l := &Line{w: w, ID: sha256.Sum256([]byte("line " + name)), Name: name, size: map[head]uint64{}}
	l.Charter = record.Charter{Name: name, Clocks: record.DefaultClocks(), Made: 1, Home: len(parties) == 1}
	slices.Sort(parties)
	for _, p := range parties {
		l.Charter.Cards = append(l.Charter.Cards, party.Card{Party: p, Name: string(p)})
	}
	w.Lines = append(w.Lines, l)
	return l
}

// Home adds the home line.
func (w *World) Home() *Line { return w.Line("home-"+string(w.Self), w.Self) }

// Post is one record to be said. Zero values: lane urgent, precedence routine
// ("ordinary"), officer "o" of the party, none for the machine's own kinds.
type Post struct {
	By         party.ID
	At         utc.Time
	Officer    string
	Lane       record.Lane
	Precedence record.Precedence
	Re         *Posted
	Seen       []record.Head
	Body       record.Body
}

// Posted is a record that was said.
type Posted struct {
	picture.Held
	ID picture.ID
}

// Say puts a record at the end of its author's log.
func (l *Line) Say(p Post) Posted {
	if p.Lane == 0 {
		p.Lane = record.Urgent
	}
	if p.Precedence == 0 {
		p.Precedence = record.Ordinary
	}
	kind := p.Body.Kind()
	if p.Officer == "" && kind != record.KindReceived && kind != record.KindMinute && kind != record.KindAlert && kind != record.KindEnd {
		p.Officer = "o"
	}
	if p.Officer == "-" {
		p.Officer = ""
	}
	r := &record.Record{Kind: kind, Version: 1, Body: p.Body}
	r.Envelope = record.Envelope{Line: l.ID, Party: p.By, Lane: p.Lane, Officer: p.Officer, Composed: p.At, Precedence: p.Precedence, Seen: p.Seen}
	if p.Re != nil {
		ref := p.Re.Ref
		r.Re = &ref
	}
	return l.put(p.By, p.Lane, picture.Held{Rec: r})
}

// Broken puts a leaf that cannot be opened at the end of a log.
func (l *Line) Broken(by party.ID, s picture.State, problem string) Posted {
	return l.put(by, record.Urgent, picture.Held{State: s, Problem: problem})
}

func (l *Line) put(by party.ID, lane record.Lane, h picture.Held) Posted {
	k := head{by, lane}
	h.Line = l.ID
	h.Ref = record.Ref{Party: by, Lane: lane, Incarnation: 1, Index: l.size[k]}
	h.Ref.Leaf = sha256.Sum256(fmt.Appendf(nil, "%s %s %d %d", l.Name, by, lane, h.Ref.Index))
	l.size[k]++
	l.w.Held = append(l.w.Held, h)
	return Posted{Held: h, ID: picture.FormatID(l.Name, h.Ref)}
}

// Heads gives how far the logs of everybody but by have come.
func (l *Line) Heads(by party.ID) []record.Head {
	var hs []record.Head
	for _, c := range l.Charter.Cards {
		for _, lane := range []record.Lane{record.Urgent, record.Routine} {
			if n := l.size[head{c.Party, lane}]; n > 0 && c.Party != by {
				hs = append(hs, record.Head{Party: c.Party, Lane: lane, Incarnation: 1, Size: n})
			}
		}
	}
	return hs
}

// Receive lets by state that it holds all that the others have said.
func (l *Line) Receive(by party.ID, at utc.Time) Posted {
	return l.Say(Post{By: by, At: at, Body: record.Received{Heads: l.Heads(by)}})
}

// Ack lets an officer of by acknowledge a record.
func (l *Line) Ack(by party.ID, at utc.Time, re Posted, level record.Level) Posted {
	a := record.Ack{Level: level}
	switch level {
	case record.LevelUnderstood:
		a.ReadBack = []string{"35.52N 35.78E"}
	case record.LevelRelayed, record.LevelUnit:
		a.Unit, a.At = "battery 7", at-1000
	case record.LevelObjection:
		a.Reason = "we fly there"
	}
	return l.Say(Post{By: by, At: at, Re: &re, Body: a, Precedence: re.Rec.Precedence})
}

// Book gives a book of all that was said.
func (w *World) Book() *picture.Book { return w.BookOf(w.Held) }

// BookOf gives a book of these leaves, in this order.
func (w *World) BookOf(held []picture.Held) *picture.Book {
	b := picture.NewBook(w.Self)
	for _, l := range w.Lines {
		b.AddCharter(l.ID, l.Name, l.Charter)
	}
	for _, h := range held {
		b.Add(h)
	}
	return b
}

// Now gives the picture of all that was said, at an instant.
func (w *World) Now(instant utc.Time) *picture.Picture { return w.Book().Now(instant) }

// T reads a time of the evening of 17 September 2018: "18:39:00".
func T(clock string) utc.Time {
	t, err := utc.Parse("2018-09-17T" + clock + "Z")
	if err != nil {
		panic(err)
	}
	return t
}

// Disc gives a circle of radiusKM about a point, from FL000 to FL300.
func Disc(lat, lon, radiusKM float64, from, to utc.Time) volume.Volume {
	return volume.Volume{
		Area:   volume.Area{Circle: &volume.Circle{Center: volume.Deg(lat, lon), RadiusM: uint32(radiusKM * 1000)}},
		Band:   volume.Band{Lower: volume.Altitude{Feet: 0, Datum: volume.FL}, Upper: volume.Altitude{Feet: 30000, Datum: volume.FL}},
		Window: volume.Window{From: from, To: to},
	}
}

// Box gives a box of latitude and longitude, from FL000 to FL300.
func Box(south, west, north, east float64, from, to utc.Time) volume.Volume {
	v := Disc(south, west, 1, from, to)
	v.Area = volume.Area{Polygon: []volume.Point{volume.Deg(south, west), volume.Deg(south, east), volume.Deg(north, east), volume.Deg(north, west)}}
	return v
}

// Hazard is a notice of a hazard area.
func Hazard(vs ...volume.Volume) record.Notice {
	return record.Notice{Class: record.HazardArea, Volumes: vs}
}
