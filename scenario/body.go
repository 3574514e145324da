package scenario

import (
	"fmt"
	"slices"

	"parley/phrase"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// What officers say, as a person writes it in the file. Each maps onto the body
// of a record, and is checked by the record's own rules when the file is read.

// PlanText is a filed route: a way from point to point.
type PlanText struct {
	Name  string `toml:"name"`
	Track string `toml:"track"`
	Crew  uint32 `toml:"crew"`
	Text  string `toml:"text"`
	Legs  []Leg  `toml:"leg"`
}

// Leg is one piece of it.
type Leg struct {
	From        LatLon   `toml:"from"`
	To          LatLon   `toml:"to"`
	Lower       string   `toml:"lower"`
	Upper       string   `toml:"upper"`
	Depart      utc.Time `toml:"depart"`
	Arrive      utc.Time `toml:"arrive"`
	HalfWidthKm float64  `toml:"half_width_km"`
}

// Volume is an area, heights and a window.
type Volume struct {
	Polygon  []LatLon `toml:"polygon"`
	Center   LatLon   `toml:"center"`
	RadiusKm float64  `toml:"radius_km"`
	Lower    string   `toml:"lower"`
	Upper    string   `toml:"upper"`
	From     utc.Time `toml:"from"`
	To       utc.Time `toml:"to"`
}

// Notice is what a party announces.
type Notice struct {
	Class   record.Class   `toml:"class"`
	Place   string         `toml:"place"`
	Text    string         `toml:"text"`
	Late    string         `toml:"late"`
	Contact string         `toml:"contact"`
	Expires utc.Time       `toml:"expires"`
	Wants   []record.Level `toml:"wants"`
	Volumes []Volume       `toml:"volume"`
}

// Ack is an acknowledgement at one level. At, for a unit, is when the officer
// says it.
type Ack struct {
	Level       record.Level `toml:"level"`
	ReadBack    []string     `toml:"read_back"`
	Unit        string       `toml:"unit"`
	Reason      string       `toml:"reason"`
	Text        string       `toml:"text"`
	Alternative []Volume     `toml:"alternative"`
}

// Say is a phrase or words.
type Say struct {
	Phrase  *Phrase  `toml:"phrase"`
	Text    string   `toml:"text"`
	Volumes []Volume `toml:"volume"`
}

// RelayText is what a third party is told.
type RelayText struct {
	Unit    string         `toml:"unit"`
	Text    string         `toml:"text"`
	Wants   []record.Level `toml:"wants"`
	Phrases []Phrase       `toml:"phrase"`
	Volumes []Volume       `toml:"volume"`
}

// Phrase is a code of the phrasebook with its values.
type Phrase struct {
	Code   string            `toml:"code"`
	Values map[string]string `toml:"values"`
}

func (l LatLon) point() (volume.Point, error) {
	if len(l) != 2 {
		return volume.Point{}, fmt.Errorf("want [latitude, longitude], found %d numbers", len(l))
	}
	p := volume.Deg(l[0], l[1])
	return p, p.Valid()
}

func band(lower, upper string) (volume.Band, error) {
	lo, err := volume.ParseAltitude(lower)
	if err != nil {
		return volume.Band{}, fmt.Errorf("lower: %w", err)
	}
	if upper == "unlimited" {
		return volume.Band{Lower: lo, Unlimited: true}, nil
	}
	up, err := volume.ParseAltitude(upper)
	if err != nil {
		return volume.Band{}, fmt.Errorf("upper: %w", err)
	}
	return volume.Band{Lower: lo, Upper: up}, nil
}

// Volume gives the volume that v describes.
func (v Volume) Volume() (volume.Volume, error) {
	var out volume.Volume
	for i, c := range v.Polygon {
		p, err := c.point()
		if err != nil {
			return out, fmt.Errorf("polygon[%d]: %w", i, err)
		}
		out.Area.Polygon = append(out.Area.Polygon, p)
	}
	if v.Center.Given() || len(v.Center) > 0 || v.RadiusKm != 0 {
		p, err := v.Center.point()
		if err != nil {
			return out, fmt.Errorf("center: %w", err)
		}
		r, err := metres(v.RadiusKm, volume.MaxRadiusM)
		if err != nil {
			return out, fmt.Errorf("radius_km: %w", err)
		}
		out.Area.Circle = &volume.Circle{Center: p, RadiusM: r}
	}
	var err error
	if out.Band, err = band(v.Lower, v.Upper); err != nil {
		return out, err
	}
	out.Window = volume.Window{From: v.From, To: v.To}
	return out, out.Validate()
}

func metres(km float64, most float64) (uint32, error) {
	if !(km >= 0 && km*1000 <= most) {
		return 0, fmt.Errorf("%v km is outside 0 to %v", km, most/1000)
	}
	return uint32(km*1000 + 0.5), nil
}

func volumesOf(vs []Volume) ([]volume.Volume, error) {
	var out []volume.Volume
	for i, v := range vs {
		x, err := v.Volume()
		if err != nil {
			return nil, fmt.Errorf("volume[%d]: %w", i, err)
		}
		out = append(out, x)
	}
	return out, nil
}

// Body gives the plan as a record says it.
func (p PlanText) Body() (record.Plan, error) {
	out := record.Plan{Name: p.Name, Track: p.Track, Crew: p.Crew, Text: p.Text}
	for i, l := range p.Legs {
		at := func(err error) error { return fmt.Errorf("leg[%d]: %w", i, err) }
		from, err := l.From.point()
		if err != nil {
			return out, at(fmt.Errorf("from: %w", err))
		}
		to, err := l.To.point()
		if err != nil {
			return out, at(fmt.Errorf("to: %w", err))
		}
		b, err := band(l.Lower, l.Upper)
		if err != nil {
			return out, at(err)
		}
		w, err := metres(l.HalfWidthKm, volume.MaxHalfWidthM)
		if err != nil {
			return out, at(fmt.Errorf("half_width_km: %w", err))
		}
		out.Legs = append(out.Legs, volume.Leg{From: from, To: to, Band: b, Depart: l.Depart, Arrive: l.Arrive, HalfWidthM: w})
	}
	return out, out.Validate()
}

// Body gives the notice as a record says it.
func (n Notice) Body() (record.Notice, error) {
	vs, err := volumesOf(n.Volumes)
	if err != nil {
		return record.Notice{}, err
	}
	out := record.Notice{Class: n.Class, Place: n.Place, Volumes: vs, Text: n.Text, Wants: n.Wants, Late: n.Late, Contact: n.Contact, Expires: n.Expires}
	return out, out.Validate()
}

// Body gives the acknowledgement as a record says it at the instant at.
func (a Ack) Body(at utc.Time) (record.Ack, error) {
	vs, err := volumesOf(a.Alternative)
	if err != nil {
		return record.Ack{}, err
	}
	out := record.Ack{Level: a.Level, ReadBack: a.ReadBack, Unit: a.Unit, Reason: a.Reason, Alternative: vs, Text: a.Text}
	if a.Unit != "" {
		out.At = at
	}
	return out, out.Validate()
}

func (p Phrase) body() (record.Phrase, error) {
	out := record.Phrase{Code: p.Code}
	e, ok := phrase.Pack().Lookup(p.Code)
	if !ok {
		return out, fmt.Errorf("code %.50q is not in the phrasebook", p.Code)
	}
	var params [][2]string
	for _, spec := range e.Params {
		if v, ok := p.Values[spec.Name]; ok {
			out.Params = append(out.Params, record.Param{Name: spec.Name, Value: v})
		}
	}
	for k, v := range p.Values {
		params = append(params, [2]string{k, v})
	}
	slices.SortFunc(params, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return out, phrase.Validate(p.Code, params)
}

// Body gives the statement as a record says it.
func (s Say) Body() (record.Say, error) {
	vs, err := volumesOf(s.Volumes)
	if err != nil {
		return record.Say{}, err
	}
	out := record.Say{Text: s.Text, Volumes: vs}
	if s.Phrase != nil {
		p, err := s.Phrase.body()
		if err != nil {
			return out, fmt.Errorf("phrase: %w", err)
		}
		out.Phrase = &p
	}
	return out, out.Validate()
}

// Body gives the relay as a record says it, without its origin, which only the
// relaying node can make.
func (r RelayText) Body() (record.Relay, error) {
	vs, err := volumesOf(r.Volumes)
	if err != nil {
		return record.Relay{}, err
	}
	out := record.Relay{Volumes: vs, Unit: r.Unit, Text: r.Text, Wants: r.Wants}
	for i, p := range r.Phrases {
		b, err := p.body()
		if err != nil {
			return out, fmt.Errorf("phrase[%d]: %w", i, err)
		}
		out.Phrases = append(out.Phrases, b)
	}
	whole := out
	whole.Origin = record.Hash{1} // stands in for what the node fills, to check the rest
	return out, whole.Validate()
}
