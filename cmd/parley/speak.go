package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/node"
	"parley/picture"
	"parley/place"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

// node gives the folder and a client of its running node.
func (sh *shell) node() (folder, *client, error) {
	f, err := sh.folder()
	if err != nil {
		return f, nil, err
	}
	c, err := f.dial()
	return f, c, err
}

// speaker are the flags of every verb that says something.
type speaker struct {
	officer    string
	pass       []string
	precedence string
	lane       string
	re         string
	body       string
	preview    bool
}

func (s *speaker) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.officer, "officer", "", "the officer who says it (default: the only one)")
	f.StringArrayVar(&s.pass, "passphrase-file", nil, passphraseFlagHelp)
	f.StringVar(&s.precedence, "precedence", "", "flash, immediate, priority or routine")
	f.StringVar(&s.lane, "lane", "", "urgent or routine (default: flash and immediate go urgent)")
	f.StringVar(&s.re, "re", "", "the `RECORD` that this one is about, such as IL-RU/RU/urgent/3")
	f.BoolVar(&s.preview, "preview", false, "say what it would collide with, and send nothing")
}

// message is what goes to the node.
type message struct {
	Line       string          `json:"line"`
	Kind       record.Kind     `json:"kind"`
	Precedence string          `json:"precedence,omitempty"`
	Lane       string          `json:"lane,omitempty"`
	Re         picture.ID      `json:"re,omitempty"`
	Body       json.RawMessage `json:"body"`
}

// sentView is node.Sent as the node answers it.
type sentView struct {
	ID        picture.ID     `json:"id"`
	Ref       record.Ref     `json:"ref"`
	Composed  utc.Time       `json:"composed"`
	Conflicts []conflictView `json:"conflicts,omitempty"`
}

type conflictView struct {
	Rule       string            `json:"rule"`
	Why        string            `json:"why"`
	IDs        []picture.ID      `json:"ids,omitempty"`
	Track      string            `json:"track,omitempty"`
	From       utc.Time          `json:"from,omitempty"`
	To         utc.Time          `json:"to,omitempty"`
	Precedence record.Precedence `json:"precedence"`
}

// message checks the flags and the body here, so that a wrong field is named
// before anybody is asked for a passphrase.
func (s *speaker) message(line string, b record.Body) (message, error) {
	m := message{Line: line, Kind: b.Kind(), Precedence: s.precedence, Lane: s.lane, Re: picture.ID(s.re)}
	var p record.Precedence
	if s.precedence != "" {
		if err := p.UnmarshalText([]byte(s.precedence)); err != nil {
			return m, usage("", "--precedence: %v", err)
		}
	}
	var l record.Lane
	if s.lane != "" {
		if err := l.UnmarshalText([]byte(s.lane)); err != nil {
			return m, usage("", "--lane: %v", err)
		}
	}
	if s.re != "" {
		if _, _, err := picture.ParseID(m.Re); err != nil {
			return m, usage("parley show lists the records of a line.", "--re: %v", err)
		}
	}
	if err := b.Validate(); err != nil {
		return m, usage("Nothing was sent.", "%s: %v", b.Kind(), err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return m, fmt.Errorf("couldn't write the %s: %w", b.Kind(), err)
	}
	m.Body = text
	return m, nil
}

// send says it, or only asks what it would collide with.
func (s *speaker) send(ctx context.Context, sh *shell, m message) error {
	f, c, err := sh.node()
	if err != nil {
		return err
	}
	if err := c.signOn(ctx, sh, f, s.officer, s.pass); err != nil {
		return err
	}
	if s.preview {
		var p struct {
			Conflicts []conflictView `json:"conflicts"`
		}
		if err := c.call(ctx, "POST", "/v1/preview", m, &p); err != nil {
			return err
		}
		return sh.answer(p, func() {
			if len(p.Conflicts) == 0 {
				sh.say("It collides with nothing known here. Nothing was sent.")
				return
			}
			printConflicts(sh, p.Conflicts)
			sh.say("Nothing was sent.")
		})
	}
	var sent sentView
	if err := c.call(ctx, "POST", "/v1/records", m, &sent); err != nil {
		return err
	}
	return sh.answer(sent, func() {
		sh.say("%s  said %s by %s; it is in our log", sent.ID, sent.Composed.Clock(), c.officer)
		printConflicts(sh, sent.Conflicts)
		if m.Line != homeName {
			sh.say("  parley show %s   shows who has received, read and answered it", sent.ID)
		}
	})
}

func printConflicts(sh *shell, cs []conflictView) {
	for _, c := range cs {
		sh.say("  COLLIDES  %s", printable(c.Why))
	}
}

// bodyFrom reads a body of a kind from FILE, or from standard input for "-".
func bodyFrom(sh *shell, kind record.Kind, path string) (record.Body, error) {
	var b []byte
	var err error
	if path == "-" {
		b, err = readAll(sh, 1<<20)
	} else {
		b, err = readBounded(path, 1<<20)
	}
	if err != nil {
		return nil, usage("", "couldn't read the body: %v", err)
	}
	body, err := record.BodyFromJSON(kind, b)
	if err != nil {
		return nil, usage("The fields are in docs/spec/record.md; nothing was sent.", "the body of the %s: %v", kind, err)
	}
	return body, nil
}

// volumeFlags describe one volume, or name a file with several.
type volumeFlags struct {
	circle, polygon, file string
	lower, upper          string
	from, to              string
}

func (v *volumeFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&v.circle, "circle", "", `"35.52N 35.78E, 20km": middle and radius (m, km or nm); a place's name will do for the middle`)
	f.StringVar(&v.polygon, "polygon", "", `"35.2N 35.5E; 35.9N 35.5E; 35.9N 36.1E": corners, in any notation with N/S and E/W`)
	f.StringVar(&v.lower, "lower", "SFC", `lower altitude with its datum: FL100, "3000ft AMSL", SFC`)
	f.StringVar(&v.upper, "upper", "", `upper altitude with its datum, or UNL`)
	f.StringVar(&v.from, "from", "", "start, UTC: 2018-09-17T18:40:00Z, 18:40Z (the next), now, or +10m")
	f.StringVar(&v.to, "to", "", "end, written likewise; +45m counts from the start")
	f.StringVar(&v.file, "volumes", "", "a JSON `FILE` with a list of volumes, instead of these")
}

// read gives the volumes; now is the node's time, asked for only when needed.
func (v *volumeFlags) read(now func() (utc.Time, error)) ([]volume.Volume, error) {
	if v.file != "" {
		if v.circle != "" || v.polygon != "" {
			return nil, usage("", "--volumes and --circle or --polygon: give one")
		}
		b, err := readBounded(v.file, 1<<20)
		if err != nil {
			return nil, usage("", "--volumes: %v", err)
		}
		var vs []volume.Volume
		dec := json.NewDecoder(strings.NewReader(string(b)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&vs); err != nil {
			return nil, usage("", "--volumes %s: %v", v.file, err)
		}
		return vs, nil
	}
	if v.circle == "" && v.polygon == "" {
		if v.from != "" || v.to != "" || v.upper != "" {
			return nil, usage("", "--from, --to or --upper without an area: give --circle or --polygon")
		}
		return nil, nil
	}
	var vol volume.Volume
	var err error
	if vol.Area, err = v.area(); err != nil {
		return nil, err
	}
	if vol.Band.Lower, err = volume.ParseAltitude(v.lower); err != nil {
		return nil, usage("", "--lower: %v", err)
	}
	switch strings.ToUpper(v.upper) {
	case "":
		return nil, usage("Such as --upper FL300, or --upper UNL", "--upper is missing")
	case "UNL":
		vol.Band.Unlimited = true
	default:
		if vol.Band.Upper, err = volume.ParseAltitude(v.upper); err != nil {
			return nil, usage("", "--upper: %v", err)
		}
	}
	if v.from == "" || v.to == "" {
		return nil, usage("Such as --from now --to +45m", "--from and --to are needed: when is it?")
	}
	n, err := now()
	if err != nil {
		return nil, err
	}
	if vol.Window.From, err = parseInstant(v.from, n, n); err != nil {
		return nil, usage("", "--from: %v", err)
	}
	if vol.Window.To, err = parseInstant(v.to, vol.Window.From, vol.Window.From); err != nil {
		return nil, usage("", "--to: %v", err)
	}
	if err := vol.Validate(); err != nil {
		return nil, usage("", "the volume: %v", err)
	}
	return []volume.Volume{vol}, nil
}

func (v *volumeFlags) area() (volume.Area, error) {
	var a volume.Area
	if v.circle != "" && v.polygon != "" {
		return a, usage("", "--circle and --polygon: give one")
	}
	if v.circle != "" {
		i := strings.LastIndexByte(v.circle, ',')
		if i < 0 {
			return a, usage(`Such as --circle "35.52N 35.78E, 20km"`, "--circle %q: no radius", v.circle)
		}
		p, err := parsePoint(v.circle[:i])
		if err != nil {
			return a, usage("", "--circle: %v", err)
		}
		r, err := parseRadius(strings.TrimSpace(v.circle[i+1:]))
		if err != nil {
			return a, usage("", "--circle: %v", err)
		}
		a.Circle = &volume.Circle{Center: p, RadiusM: r}
		return a, nil
	}
	for i, s := range strings.Split(v.polygon, ";") {
		p, err := parsePoint(s)
		if err != nil {
			return a, usage("Corners are parted by semicolons.", "--polygon, corner %d: %v", i+1, err)
		}
		a.Polygon = append(a.Polygon, p)
	}
	return a, nil
}

// parsePoint reads coordinates in any notation, or a place's name.
func parsePoint(s string) (volume.Point, error) {
	p, _, err := place.Parse(s)
	if err == nil {
		return p, nil
	}
	if at, ok := place.Lookup(s); ok {
		return at.Point, nil
	}
	return p, err
}

func parseRadius(s string) (uint32, error) {
	for _, u := range []struct {
		name   string
		metres float64
	}{{"km", 1000}, {"nm", 1852}, {"m", 1}} {
		if text, ok := strings.CutSuffix(strings.ToLower(s), u.name); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err == nil && x > 0 && x*u.metres <= volume.MaxRadiusM {
				return uint32(x*u.metres + 0.5), nil
			}
		}
	}
	return 0, fmt.Errorf("radius %q: want a number with m, km or nm, at most %d km", s, volume.MaxRadiusM/1000)
}

// parseInstant reads a time: whole, of the day (the next such after now), now,
// or an offset from base.
func parseInstant(s string, now, base utc.Time) (utc.Time, error) {
	switch {
	case s == "now":
		return now, nil
	case strings.HasPrefix(s, "+"):
		d, err := time.ParseDuration(s[1:])
		if err != nil || d > volume.MaxWindow {
			return 0, fmt.Errorf("%q: want + and a duration such as 45m or 2h", s)
		}
		return base.Add(d), nil
	}
	for _, form := range []string{"15:04Z", "15:04:05Z", "1504Z"} {
		t, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		day := now.Std().Truncate(24 * time.Hour)
		at := utc.From(day.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second))
		if at < now.Add(-time.Minute) {
			at = at.Add(24 * time.Hour)
		}
		return at, nil
	}
	return utc.Parse(s)
}

// nodeTime asks the node what time it is, which on an exercise is not ours.
func nodeTime(ctx context.Context, sh *shell) func() (utc.Time, error) {
	return func() (utc.Time, error) {
		_, c, err := sh.node()
		if err != nil {
			return 0, err
		}
		var s node.Status
		if err := c.call(ctx, "GET", "/v1/status", nil, &s); err != nil {
			return 0, err
		}
		return s.Now, nil
	}
}

func parseLevels(s string) ([]record.Level, error) {
	var all []record.Level
	for _, w := range strings.Split(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			all = append(all, record.Level(w))
		}
	}
	return all, nil
}

func readAll(sh *shell, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(sh.in, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return b, err
}
