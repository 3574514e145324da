// Package phrase is the phrasebook: what two watches say to each other most
// often and must not misread, as a code with typed values and one rendering a
// language.
//
// A record carries only the code and the values; words are made here, once, for
// every screen and paper, so that both sides read the same sentence from the
// same record. A charter names the pack by its hash, which covers every code,
// value, mark and word: two parties with different packs see it before anything
// flows. A code that this release does not know is shown as it came, never
// hidden.
//
// The habits are those of the sea's standard phrases: one phrase an event, a
// marker first (what kind of message this is), and what must not be missed is
// said twice. No phrase grants anything: they inform, ask, warn and correct.
package phrase

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"parley/party"
	"parley/utc"
)

// Type is what a value of a phrase may be.
type Type string

const (
	Area     Type = "area"     // a name, or places in words, to 200 bytes
	Corridor Type = "corridor" // a way by name or from-to, to 200 bytes
	Time     Type = "time"     // RFC 3339, UTC, to the millisecond
	Minutes  Type = "minutes"  // 1 to 1440
	Place    Type = "place"    // a place by name or coordinates, to 200 bytes
	Unit     Type = "unit"     // to 100 bytes
	Item     Type = "item"     // a thing: an aircraft, a convoy, to 200 bytes
	Field    Type = "field"    // a field of a message: "place", "time"; to 64 bytes
	Number   Type = "number"   // a record's number, with its logbook or alone: "12", "IL/urgent/12"
	Text     Type = "text"     // one line to 500 bytes
)

// limits of the types that are plain text, in bytes of UTF-8.
var limits = map[Type]int{Area: 200, Corridor: 200, Place: 200, Unit: 100, Item: 200, Field: 64, Text: 500}

var numberForm = regexp.MustCompile(`^(([A-Za-z0-9][A-Za-z0-9-]{0,31}/)?[A-Z][A-Z0-9-]{0,15}/(urgent|routine)(~[1-9][0-9]{0,9})?/)?[1-9][0-9]{0,15}$`)

// ParamSpec is one value that a phrase takes.
type ParamSpec struct {
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Optional bool   `json:"optional,omitempty"` // a stop must be possible before anybody has typed an area
}

// Entry is one phrase.
type Entry struct {
	Code   string
	Params []ParamSpec
	Twice  bool              // rendered twice: it must not be missed
	Text   map[string]string // by language; {name} stands for a value, [ … ] goes with an optional one
}

// Book is a pack of phrases.
type Book struct {
	entries []Entry // ascending by code
	byCode  map[string]*Entry
}

var pack = newBook(seed())

// Pack gives the pack of this release.
func Pack() *Book { return pack }

func newBook(entries []Entry) *Book {
	sort.Slice(entries, func(i, j int) bool { return entries[i].Code < entries[j].Code })
	b := &Book{entries: entries, byCode: map[string]*Entry{}}
	for i := range entries {
		b.byCode[entries[i].Code] = &entries[i]
	}
	return b
}

// Entries gives every phrase, ascending by code; the caller must not change it.
func (b *Book) Entries() []Entry { return b.entries }

// Lookup gives the phrase of a code.
func (b *Book) Lookup(code string) (Entry, bool) {
	e, ok := b.byCode[code]
	if !ok {
		return Entry{}, false
	}
	return *e, true
}

// Canonical gives the text that the pack's hash is over: one line a phrase, a
// value and a wording, in fixed order.
func (b *Book) Canonical() string {
	var s strings.Builder
	s.WriteString("parley phrasebook 1\n")
	for _, e := range b.entries {
		s.WriteString("phrase " + e.Code)
		if e.Twice {
			s.WriteString(" twice")
		}
		s.WriteString("\n")
		for _, p := range e.Params {
			s.WriteString("  value " + p.Name + " " + string(p.Type))
			if p.Optional {
				s.WriteString(" optional")
			}
			s.WriteString("\n")
		}
		langs := make([]string, 0, len(e.Text))
		for l := range e.Text {
			langs = append(langs, l)
		}
		sort.Strings(langs)
		for _, l := range langs {
			s.WriteString("  " + l + " " + e.Text[l] + "\n")
		}
	}
	return s.String()
}

// Hash gives the SHA-256 of Canonical: what a charter calls its phrase pack.
func (b *Book) Hash() [32]byte { return sha256.Sum256([]byte(b.Canonical())) }

// Validate says whether code stands in the book and params are the values it
// takes: each once, of its type, none missing, none besides. The error names the
// value and what is wanted.
func (b *Book) Validate(code string, params [][2]string) error {
	e, ok := b.byCode[code]
	if !ok {
		return fmt.Errorf("phrase %.50q is not in the phrasebook", code)
	}
	given := map[string]bool{}
	for _, p := range params {
		spec, ok := e.spec(p[0])
		switch {
		case !ok:
			return fmt.Errorf("phrase %s takes no value %.40q", code, p[0])
		case given[p[0]]:
			return fmt.Errorf("phrase %s: the value %q is given twice", code, p[0])
		}
		given[p[0]] = true
		if err := spec.Type.check(p[1]); err != nil {
			return fmt.Errorf("phrase %s: %s %w", code, p[0], err)
		}
	}
	for _, spec := range e.Params {
		if !spec.Optional && !given[spec.Name] {
			return fmt.Errorf("phrase %s: %s is missing (%s)", code, spec.Name, spec.Type)
		}
	}
	return nil
}

func (e *Entry) spec(name string) (ParamSpec, bool) {
	for _, p := range e.Params {
		if p.Name == name {
			return p, true
		}
	}
	return ParamSpec{}, false
}

// check says what is wrong with v as a value of type t.
func (t Type) check(v string) error {
	switch t {
	case Time:
		if _, err := utc.Parse(v); err != nil {
			return fmt.Errorf("%.40q is no time: want UTC such as 2018-09-17T18:39:00Z", v)
		}
		return nil
	case Minutes:
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil || n < 1 || n > 1440 || strconv.FormatUint(n, 10) != v {
			return fmt.Errorf("%.20q is not 1 to 1440 minutes", v)
		}
		return nil
	case Number:
		if !numberForm.MatchString(v) {
			return fmt.Errorf(`%.60q is no number of a record such as "12" or "IL/urgent/12"`, v)
		}
		return nil
	}
	if party.Blank(v) {
		return fmt.Errorf("is blank")
	}
	return party.CheckLine(v, limits[t])
}

// Validate is Pack().Validate.
func Validate(code string, params [][2]string) error { return pack.Validate(code, params) }
