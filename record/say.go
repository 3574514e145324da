package record

import "parley/volume"

// CodeStop is the phrase of a stop. Package phrase holds the others; this one
// is known here because it alone carries rules of its own.
const CodeStop = "STOP-NOW"

// Param is one value of a phrase.
type Param struct {
	Name  string `cbor:"1,keyasint" json:"name"`
	Value string `cbor:"2,keyasint" json:"value"`
}

// Phrase is a code of the phrasebook with its values; rendered by package phrase.
type Phrase struct {
	Code   string  `cbor:"1,keyasint" json:"code"`
	Params []Param `cbor:"2,keyasint,omitempty" json:"params,omitempty"`
}

// Validate checks the phrase's form. Whether the code stands in the phrasebook
// is not asked: an unknown code must still be shown.
func (p Phrase) Validate() error {
	if !codeForm.MatchString(p.Code) {
		return bad("code", `%.50q: want 2 to 48 of A-Z, 0-9 and "-", beginning with a letter`, p.Code)
	}
	if len(p.Params) > MaxParams {
		return bad("params", "%d of them, at most %d", len(p.Params), MaxParams)
	}
	for i, q := range p.Params {
		if !nameForm.MatchString(q.Name) {
			return bad(at("params", i)+".name", `%.40q: want 1 to 32 of a-z, 0-9 and "_", beginning with a letter`, q.Name)
		}
		for _, r := range p.Params[:i] {
			if r.Name == q.Name {
				return bad(at("params", i)+".name", "%q stands there twice", q.Name)
			}
		}
		if err := needLine(at("params", i)+".value", q.Value, MaxShort); err != nil {
			return err
		}
	}
	return nil
}

// Say is a phrase, or free words, or both. A stop is Say with code STOP-NOW at
// Flash: any officer may send it, nobody has to agree.
type Say struct {
	Phrase  *Phrase         `cbor:"1,keyasint,omitempty" json:"phrase,omitempty"`
	Text    string          `cbor:"2,keyasint,omitempty" json:"text,omitempty"`
	Lang    string          `cbor:"3,keyasint,omitempty" json:"lang,omitempty"`
	Volumes []volume.Volume `cbor:"4,keyasint,omitempty" json:"volumes,omitempty"` // STOP-NOW, HOLD-FIRE: the area
}

// Kind gives KindSay.
func (Say) Kind() Kind { return KindSay }

// IsStop reports whether s is a stop.
func (s Say) IsStop() bool { return s.Phrase != nil && s.Phrase.Code == CodeStop }

// Validate checks the statement by itself: it has a phrase or words.
func (s Say) Validate() error {
	if s.Phrase == nil && s.Text == "" {
		return bad("phrase", "is missing, and so is text: say one of them")
	}
	if s.Phrase != nil {
		if err := s.Phrase.Validate(); err != nil {
			return under("phrase", err)
		}
	}
	return first(
		optText("text", s.Text, MaxText),
		langOf(s.Lang, s.Text),
		volumes("volumes", s.Volumes, MaxVolumes),
	)
}
