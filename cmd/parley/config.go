package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"parley/track"
)

// config is parley.toml. An unknown key is an error: a misspelt key that is
// passed over in silence is a safety setting that is not set.
type config struct {
	Listen  string       `toml:"listen"`  // where other parties' nodes reach this one; empty: it only dials
	Console string       `toml:"console"` // the console and the API; loopback only
	Tracks  bool         `toml:"record_tracks"`
	Feeds   []feedConfig `toml:"feed"`
	Tracked trackConfig  `toml:"tracks"`
}

type feedConfig struct {
	Name      string `toml:"name"`
	Address   string `toml:"address"`
	File      string `toml:"file"`
	UTCOffset string `toml:"utc_offset"` // "+03:00": what the receiver's clock is ahead of UTC
}

// trackConfig says whose tracks are whose. What is named nowhere is "other":
// drawn where it reports, never predicted, never exported.
type trackConfig struct {
	Own       []string `toml:"own"`
	Protected []string `toml:"protected"`
	Civil     []string `toml:"civil"`
	Default   string   `toml:"default"` // civil or other
}

func defaultConfig() config {
	return config{Console: "127.0.0.1:7480", Tracks: true, Tracked: trackConfig{Default: "other"}}
}

const configText = `# Parley: the node of %s (%s). "parley doctor" checks this file.
# An unknown key is an error. Times are UTC, everywhere.

# Where the other parties' nodes reach this one. Empty: it only dials out.
listen = %q

# The console and the command line. Loopback only; use an SSH tunnel from afar.
console = %q

# Keep every track report, by the minute, under tracks/. They never leave.
record_tracks = true

[tracks]
# Whose track is whose, by the id it reports under (the ICAO address in hex).
# Prediction and alerts exist for these three only.
own = []
protected = []
civil = []
# What is named nowhere: "other" (drawn, never predicted) or "civil".
default = "other"

# A receiver that serves SBS-1 ("BaseStation") lines, commonly on port 30003.
# [[feed]]
# name = "mast"
# address = "127.0.0.1:30003"
# utc_offset = "+00:00"    # what the receiver's clock is ahead of UTC
`

// config reads parley.toml. The error names the file, the key and the line.
func (f folder) config() (config, error) {
	c := defaultConfig()
	path := f.at("parley.toml")
	b, err := readBounded(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.made(); err != nil {
			return c, err
		}
		return c, usage("Restore it, or make an empty file for the defaults.", "%s is missing", path)
	}
	if err != nil {
		return c, fmt.Errorf("couldn't read the configuration: %w", err)
	}
	dec := toml.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, tomlError(path, err)
	}
	if err := c.validate(); err != nil {
		return c, usage("Mend it in "+path+".", "parley.toml: %v", err)
	}
	return c, nil
}

func tomlError(path string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		row, _ := e.Position()
		return usage("Known keys: listen, console, record_tracks, tracks.{own,protected,civil,default}, feed.{name,address,file,utc_offset}.",
			"%s, line %d: unknown key %q", path, row, strings.Join(e.Key(), "."))
	}
	var e *toml.DecodeError
	if errors.As(err, &e) {
		row, column := e.Position()
		key := ""
		if k := strings.Join(e.Key(), "."); k != "" {
			key = " (key " + k + ")"
		}
		return usage("Mend it there; the format is TOML.", "%s, line %d, column %d%s: %s", path, row, column, key, strings.TrimPrefix(e.Error(), "toml: "))
	}
	return usage("Mend it; the format is TOML.", "%s: %v", path, err)
}

func (c config) validate() error {
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			return fmt.Errorf("listen %q: want host:port, such as 0.0.0.0:7443", c.Listen)
		}
	}
	host, _, err := net.SplitHostPort(c.Console)
	if err != nil {
		return fmt.Errorf("console %q: want host:port, such as 127.0.0.1:7480", c.Console)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("console %q: must be a loopback address such as 127.0.0.1; the console has no way to tell officers apart from afar", c.Console)
	}
	if c.Tracked.Default != "other" && c.Tracked.Default != "civil" {
		return fmt.Errorf("tracks.default %q: want other or civil", c.Tracked.Default)
	}
	seen := map[string]string{}
	for _, l := range []struct {
		key string
		ids []string
	}{{"own", c.Tracked.Own}, {"protected", c.Tracked.Protected}, {"civil", c.Tracked.Civil}} {
		for _, id := range l.ids {
			if id == "" || len(id) > track.MaxID {
				return fmt.Errorf("tracks.%s: id %q: want 1 to %d characters", l.key, id, track.MaxID)
			}
			if other, ok := seen[strings.ToUpper(id)]; ok {
				return fmt.Errorf("tracks.%s: %q stands in tracks.%s as well", l.key, id, other)
			}
			seen[strings.ToUpper(id)] = l.key
		}
	}
	for i, f := range c.Feeds {
		if f.Name == "" {
			return fmt.Errorf("feed %d: name is missing", i+1)
		}
		if (f.Address == "") == (f.File == "") {
			return fmt.Errorf("feed %q: give an address or a file", f.Name)
		}
		if f.Address != "" {
			if _, _, err := net.SplitHostPort(f.Address); err != nil {
				return fmt.Errorf("feed %q: address %q: want host:port", f.Name, f.Address)
			}
		}
		if _, err := f.offset(); err != nil {
			return fmt.Errorf("feed %q: %w", f.Name, err)
		}
	}
	return nil
}

func (f feedConfig) offset() (time.Duration, error) {
	if f.UTCOffset == "" {
		return 0, nil
	}
	t, err := time.Parse("-07:00", f.UTCOffset)
	if err != nil {
		return 0, fmt.Errorf("utc_offset %q: want a form such as +03:00", f.UTCOffset)
	}
	_, sec := t.Zone()
	return time.Duration(sec) * time.Second, nil
}

// standing says what a track is to us.
func (t trackConfig) standing() func(id string) track.Standing {
	known := make(map[string]track.Standing)
	for s, ids := range map[track.Standing][]string{track.Own: t.Own, track.Protected: t.Protected, track.Civil: t.Civil} {
		for _, id := range ids {
			known[strings.ToUpper(id)] = s
		}
	}
	rest := t.rest()
	return func(id string) track.Standing {
		if s, ok := known[strings.ToUpper(id)]; ok {
			return s
		}
		return rest
	}
}

// rest is the standing of the tracks that are not named.
func (t trackConfig) rest() track.Standing {
	if t.Default == "civil" {
		return track.Civil
	}
	return track.Other
}
