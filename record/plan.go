package record

import "parley/volume"

// Plan is a filed route of one's own. Home line only; never sent.
type Plan struct {
	Name  string       `cbor:"1,keyasint" json:"name"`                      // "Il-20"
	Track string       `cbor:"2,keyasint,omitempty" json:"track,omitempty"` // the id its track reports under
	Legs  []volume.Leg `cbor:"3,keyasint,omitempty" json:"legs,omitempty"`  // none only where Ended
	Crew  uint32       `cbor:"4,keyasint,omitempty" json:"crew,omitempty"`  // people aboard
	Text  string       `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
	Ended bool         `cbor:"6,keyasint,omitempty" json:"ended,omitempty"` // with Re: the plan is over
}

// MaxCrew bounds the people aboard.
const MaxCrew = 100_000

// Kind gives KindPlan.
func (Plan) Kind() Kind { return KindPlan }

// Validate checks the plan by itself. A plan has legs, in order of time, unless
// it says that it is over.
func (p Plan) Validate() error {
	err := first(
		needLine("name", p.Name, MaxName),
		optLine("track", p.Track, MaxTrack),
		optText("text", p.Text, MaxText),
	)
	if err != nil {
		return err
	}
	if p.Crew > MaxCrew {
		return bad("crew", "%d is more than %d", p.Crew, MaxCrew)
	}
	if len(p.Legs) == 0 && !p.Ended {
		return bad("legs", "are missing: a plan has at least one, unless it has ended")
	}
	if len(p.Legs) > MaxLegs {
		return bad("legs", "%d of them, at most %d", len(p.Legs), MaxLegs)
	}
	for i, l := range p.Legs {
		if err := l.Validate(); err != nil {
			return badField(at("legs", i), err)
		}
		if err := oneBand(l.Band); err != nil {
			return under(at("legs", i)+".band", err)
		}
		if i > 0 && l.Depart < p.Legs[i-1].Arrive {
			return bad(at("legs", i)+".depart", "%s is before the arrival of the leg before it, %s", l.Depart, p.Legs[i-1].Arrive)
		}
	}
	return nil
}
