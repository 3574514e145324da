package record

import "parley/volume"

// Relay gives a third party, on its own line, what it needs and nothing more.
type Relay struct {
	Origin  Hash            `cbor:"1,keyasint" json:"origin"` // commitment to an Origin
	Phrases []Phrase        `cbor:"2,keyasint" json:"phrases"`
	Volumes []volume.Volume `cbor:"3,keyasint,omitempty" json:"volumes,omitempty"` // the corridor
	Unit    string          `cbor:"4,keyasint,omitempty" json:"unit,omitempty"`    // whom it must reach
	Text    string          `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
	Lang    string          `cbor:"6,keyasint,omitempty" json:"lang,omitempty"`
	Wants   []Level         `cbor:"7,keyasint,omitempty" json:"wants,omitempty"`
}

// Kind gives KindRelay.
func (Relay) Kind() Kind { return KindRelay }

// Validate checks the relay by itself: it has an origin and at least one phrase.
func (r Relay) Validate() error {
	if err := needHash("origin", r.Origin); err != nil {
		return err
	}
	if len(r.Phrases) == 0 || len(r.Phrases) > MaxPhrases {
		return bad("phrases", "%d of them, want 1 to %d", len(r.Phrases), MaxPhrases)
	}
	for i, p := range r.Phrases {
		if err := p.Validate(); err != nil {
			return under(at("phrases", i), err)
		}
	}
	return first(
		volumes("volumes", r.Volumes, MaxVolumes),
		optLine("unit", r.Unit, MaxUnit),
		optText("text", r.Text, MaxText),
		langOf(r.Lang, r.Text),
		levels("wants", r.Wants),
	)
}

// Origin is what a relay's commitment hides: a record on another line.
type Origin struct {
	Line LineID `cbor:"1,keyasint" json:"line"`
	Ref  Ref    `cbor:"2,keyasint" json:"ref"`
}

// Validate checks the origin's form.
func (o Origin) Validate() error {
	if o.Line.IsZero() {
		return bad("line", "is missing")
	}
	return under("ref", o.Ref.Validate())
}

// Opening opens a commitment of the record in Envelope.Re: either a closed
// part (Label, Content) or a relay's Origin.
type Opening struct {
	Label   string  `cbor:"1,keyasint,omitempty" json:"label,omitempty"`
	Salt    Hash    `cbor:"2,keyasint" json:"salt"`
	Content []byte  `cbor:"3,keyasint,omitempty" json:"content,omitempty"`
	Origin  *Origin `cbor:"4,keyasint,omitempty" json:"origin,omitempty"`
}

// Kind gives KindOpening.
func (Opening) Kind() Kind { return KindOpening }

// Validate checks that the opening opens exactly one of the two things.
func (o Opening) Validate() error {
	if err := needHash("salt", o.Salt); err != nil {
		return err
	}
	if o.Origin != nil {
		if o.Label != "" {
			return bad("label", "doesn't belong to the opening of an origin")
		}
		if len(o.Content) > 0 {
			return bad("content", "doesn't belong to the opening of an origin")
		}
		return under("origin", o.Origin.Validate())
	}
	if !labelForm.MatchString(o.Label) {
		return bad("label", `%.40q: want the label of a closed part, or give an origin`, o.Label)
	}
	if len(o.Content) == 0 || len(o.Content) > MaxContent {
		return bad("content", "%d bytes, want 1 to %d", len(o.Content), MaxContent)
	}
	return nil
}

// Opens reports whether o opens the commitment h under its label, or the
// origin of a relay if o carries one.
func (o Opening) Opens(h Hash) bool {
	if o.Origin != nil {
		return CommitOrigin(o.Salt, *o.Origin) == h
	}
	return Commit(o.Salt, o.Content) == h
}
