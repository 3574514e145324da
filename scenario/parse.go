package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"parley/party"
	"parley/utc"
	"parley/volume"
)

// The bounds of a scenario file.
const (
	MaxFile     = 1 << 20 // bytes
	MaxText     = 4000    // bytes of one text
	MaxParties  = 16
	MaxLines    = 16
	MaxDisputed = 200
	MaxClaims   = 16
	MaxTracks   = 100
	MaxPoints   = 2000 // of one track
	MaxRuns     = 16
	MaxSteps    = 500                 // of one run
	maxAway     = 366 * 24 * 3600_000 // ms of a claimed time from the start
	maxSpan     = 24 * 3600_000       // ms from the start to the end
	maxNested   = 64                  // items of the small lists
	minMapDeg   = 0.05                // degrees across
	maxMapDeg   = 60                  //
	badDepth    = 32                  // brackets in brackets that the TOML may hold
)

// Parse reads a scenario. The error names the key and, where TOML itself knows
// it, the line.
func Parse(b []byte) (*Scenario, error) {
	if len(b) > MaxFile {
		return nil, fmt.Errorf("couldn't read the scenario: %d bytes, at most %d", len(b), MaxFile)
	}
	if err := shallow(b); err != nil {
		return nil, fmt.Errorf("couldn't read the scenario: %w", err)
	}
	var s Scenario
	dec := toml.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("couldn't read the scenario: %w", where(err))
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("couldn't read the scenario: %w", err)
	}
	return &s, nil
}

// shallow refuses text that would make the TOML reader call itself too deeply.
func shallow(b []byte) error {
	depth := 0
	for i, c := range b {
		switch c {
		case '[', '{':
			if depth++; depth > badDepth {
				return fmt.Errorf("line %d: more than %d brackets inside each other", 1+bytes.Count(b[:i], []byte("\n")), badDepth)
			}
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			// An unclosed bracket in a comment or text must not count for ever;
			// arrays over several lines nest no deeper than one a line here.
			if depth > 8 {
				depth = 8
			}
		}
	}
	return nil
}

// where puts the line and the key before what the TOML reader says.
func where(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: unknown key %q", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var e *toml.DecodeError
	if errors.As(err, &e) {
		row, _ := e.Position()
		key := strings.Join(e.Key(), ".")
		if key != "" {
			key = key + ": "
		}
		return fmt.Errorf("line %d: %s%s", row, key, strings.TrimPrefix(e.Error(), "toml: "))
	}
	return err
}

// checker gathers the first thing that is wrong.
type checker struct{ err error }

func (c *checker) fail(field, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...))
	}
}

func (c *checker) put(field string, err error) {
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("%s: %w", field, err)
	}
}

func (c *checker) text(field, s string, need bool) {
	switch {
	case need && strings.TrimSpace(s) == "":
		c.fail(field, "is missing")
	case party.CheckText(s, MaxText) != nil:
		c.put(field, party.CheckText(s, MaxText))
	}
}

func (c *checker) count(field string, n, least, most int) bool {
	if n < least || n > most {
		c.fail(field, "%d of them, want %d to %d", n, least, most)
	}
	return c.err == nil
}

func (c *checker) pos(field string, l LatLon, need bool) {
	if len(l) == 0 && !need {
		return
	}
	_, err := l.point()
	c.put(field, err)
}

// Validate checks the scenario; the error names the field.
func (s *Scenario) Validate() error {
	c := &checker{}
	c.text("title", s.Title, true)
	c.text("summary", s.Summary, true)
	c.text("caution", s.Caution, true)
	s.checkTimes(c)
	c.text("moment.name", s.Moment.Name, true)
	c.text("moment.short", s.Moment.Short, true)
	c.box("map", Box{s.Map.South, s.Map.West, s.Map.North, s.Map.East})
	if s.Map.Wide != (Box{}) {
		c.box("map.wide", s.Map.Wide)
	}
	s.checkParties(c)
	if c.count("source", len(s.Sources), 1, MaxDisputed) {
		for i, x := range s.Sources {
			c.text(at("source", i)+".id", x.ID, true)
			c.text(at("source", i)+".text", x.Text, true)
		}
	}
	if c.count("assumed", len(s.Assumed), 0, MaxDisputed) {
		for i, x := range s.Assumed {
			c.text(at("assumed", i)+".item", x.Item, true)
			c.text(at("assumed", i)+".text", x.Text, true)
			if x.Kind != "assumed" && x.Kind != "synthetic" && x.Kind != "computed" {
				c.fail(at("assumed", i)+".kind", "%.30q: want assumed, synthetic or computed", x.Kind)
			}
		}
	}
	s.checkDisputed(c)
	s.checkTracks(c)
	if c.count("run", len(s.Runs), 1, MaxRuns) {
		names := map[string]bool{}
		for i := range s.Runs {
			if names[s.Runs[i].Name] {
				c.fail(at("run", i)+".name", "%q stands there twice", s.Runs[i].Name)
			}
			names[s.Runs[i].Name] = true
			s.checkRun(c, at("run", i), &s.Runs[i])
		}
	}
	return c.err
}

func (s *Scenario) checkTimes(c *checker) {
	for _, t := range []struct {
		field string
		at    utc.Time
	}{{"starts", s.Starts}, {"shows", s.Shows}, {"ends", s.Ends}, {"moment.at", s.Moment.At}} {
		if !t.at.Valid() {
			c.fail(t.field, "is missing or outside 1970 to 2199")
		}
	}
	if s.Starts > s.Shows || s.Shows > s.Moment.At || s.Moment.At > s.Ends || s.Ends <= s.Starts {
		c.fail("starts", "starts, shows, moment.at and ends must follow each other in time")
	}
	if s.Ends-s.Starts > maxSpan {
		c.fail("ends", "is more than 24 hours after starts")
	}
}

func (c *checker) box(field string, b Box) {
	ok := b.South >= -85 && b.North <= 85 && b.West >= -180 && b.East <= 180 &&
		b.North-b.South >= minMapDeg && b.East-b.West >= minMapDeg && b.North-b.South <= maxMapDeg && b.East-b.West <= maxMapDeg
	if !ok {
		c.fail(field, "want south < north and west < east in degrees, %v to %v across", minMapDeg, maxMapDeg)
	}
}

func (s *Scenario) checkParties(c *checker) {
	if !c.count("party", len(s.Parties), 2, MaxParties) || !c.count("line", len(s.Lines), 1, MaxLines) || !c.count("place", len(s.Places), 0, maxNested) {
		return
	}
	seen := map[party.ID]bool{}
	for i, p := range s.Parties {
		field := at("party", i)
		c.put(field+".id", p.ID.Validate())
		c.put(field+".name", party.CheckLine(p.Name, party.MaxName))
		c.text(field+".name", p.Name, true)
		if seen[p.ID] {
			c.fail(field+".id", "%s stands there twice", p.ID)
		}
		seen[p.ID] = true
		if !c.count(field+".officer", len(p.Officers), 1, maxNested) {
			return
		}
		chief := false
		for k, o := range p.Officers {
			c.put(at(field+".officer", k)+".id", party.CheckOfficerID(o.ID))
			c.put(at(field+".officer", k)+".name", party.CheckLine(o.Name, party.MaxName))
			c.text(at(field+".officer", k)+".name", o.Name, true)
			if len(o.Roles) == 0 || len(o.Roles) > 4 {
				c.fail(at(field+".officer", k)+".roles", "want one to four of duty, deputy, chief, observer")
			}
			for _, r := range o.Roles {
				if !r.Known() {
					c.fail(at(field+".officer", k)+".roles", "%.20q is none of duty, deputy, chief, observer", string(r))
				}
				chief = chief || r == party.Chief
			}
		}
		if !chief {
			c.fail(field+".officer", "none is a chief, so nobody could sign a charter")
		}
	}
	names := map[string]bool{"home": true}
	for i, l := range s.Lines {
		c.put(at("line", i)+".name", party.CheckLine(l.Name, 32))
		c.text(at("line", i)+".name", l.Name, true)
		c.text(at("line", i)+".purpose", l.Purpose, false)
		if names[l.Name] {
			c.fail(at("line", i)+".name", "%q is taken", l.Name)
		}
		names[l.Name] = true
		if len(l.Parties) < 2 {
			c.fail(at("line", i)+".parties", "want at least two")
		}
		for k, p := range l.Parties {
			if !seen[p] || slices.Contains(l.Parties[:k], p) {
				c.fail(at("line", i)+".parties", "%.20q is no [[party]], or stands there twice", string(p))
			}
		}
	}
	for i, p := range s.Places {
		c.text(at("place", i)+".name", p.Name, true)
		c.pos(at("place", i)+".pos", p.Pos, true)
	}
}

func (s *Scenario) known(source string) bool {
	return slices.ContainsFunc(s.Sources, func(x Source) bool { return x.ID == source })
}

func (s *Scenario) checkDisputed(c *checker) {
	if !c.count("disputed", len(s.Disputed), 0, MaxDisputed) {
		return
	}
	for i, d := range s.Disputed {
		field := at("disputed", i)
		c.text(field+".fact", d.Fact, true)
		c.text(field+".why", d.Why, false)
		if len(d.Claims) < 2 {
			c.fail(field+".claim", "%d of them: a disputed fact has at least two, each with its source", len(d.Claims))
		}
		c.count(field+".claim", len(d.Claims), 2, MaxClaims)
		for k, x := range d.Claims {
			f := at(field+".claim", k)
			c.text(f+".by", x.By, true)
			c.text(f+".says", x.Says, true)
			c.text(f+".label", x.Label, false)
			c.pos(f+".pos", x.Pos, false)
			if !x.At.IsZero() && (x.At < s.Starts-maxAway || x.At > s.Starts+maxAway) {
				c.fail(f+".at", "is more than a year from starts")
			}
			if !s.known(x.Source) {
				c.fail(f+".source", "%.40q is unknown: name one of the [[source]] ids", x.Source)
			}
		}
	}
}

func (s *Scenario) checkTracks(c *checker) {
	if !c.count("track", len(s.Tracks), 0, MaxTracks) {
		return
	}
	ids := map[string]bool{}
	for i, t := range s.Tracks {
		field := at("track", i)
		if _, ok := s.Party(t.Party); !ok {
			c.fail(field+".party", "%.20q is no [[party]]", string(t.Party))
		}
		if _, ok := standing(t.Standing); !ok {
			c.fail(field+".standing", "%.20q: want own, protected, civil or other", t.Standing)
		}
		if ids[t.ID] {
			c.fail(field+".id", "%q stands there twice", t.ID)
		}
		ids[t.ID] = true
		c.text(field+".text", t.Text, false)
		c.text(field+".claim", t.Claim, false)
		if !c.count(field+".point", len(t.Points), 1, MaxPoints) {
			return
		}
		for k, p := range t.Points {
			f := at(field+".point", k)
			c.pos(f+".pos", p.Pos, true)
			if p.At < s.Starts-maxAway || p.At > s.Starts+maxAway || k > 0 && p.At <= t.Points[k-1].At {
				c.fail(f+".at", "is missing, more than a year from starts, or not after the point before it")
			}
			if p.Altitude != "" {
				_, err := volume.ParseAltitude(p.Altitude)
				c.put(f+".altitude", err)
			}
			switch p.Basis {
			case "published", "computed":
				if !s.known(p.Source) {
					c.fail(f+".source", "%.40q is unknown: name one of the [[source]] ids", p.Source)
				}
			case "assumed":
			default:
				c.fail(f+".basis", "%.30q: want published, computed or assumed", p.Basis)
			}
			c.text(f+".note", p.Note, false)
		}
		if c.err != nil {
			return
		}
		for _, p := range t.Points {
			if r, ok := t.Report(p.At); ok {
				c.put(field, r.Validate())
			}
		}
	}
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i+1) }
