package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"time"

	"parley/internal/api"
	"parley/phrase"
	"parley/place"
	"parley/utc"
)

// What the API asks of us because it is an edge and must not ask others.

func phrasebook() api.Phrasebook {
	hash := phrase.Pack().Hash()
	b := api.Phrasebook{Hash: hex.EncodeToString(hash[:])}
	for _, e := range phrase.Pack().Entries() {
		var ps []api.PhraseParam
		for _, p := range e.Params {
			ps = append(ps, api.PhraseParam{Name: p.Name, Type: string(p.Type)})
		}
		b.Entries = append(b.Entries, api.PhraseEntry{Code: e.Code, Params: &ps, Text: e.Text})
	}
	return b
}

// places finds what was typed: coordinates in any notation first, else names.
func places(q string) ([]api.Place, error) {
	p, _, err := place.Parse(q)
	if err == nil {
		return []api.Place{{Point: p, Text: place.Format(p, place.DMS)}}, nil
	}
	all := []api.Place{}
	for _, c := range place.Candidates(q) {
		kind := string(c.Kind)
		all = append(all, api.Place{Name: c.Name, Kind: &kind, Point: c.Point, Text: place.Format(c.Point, place.DMS)})
	}
	if len(all) == 0 {
		return nil, err // no name either: say what is wrong with the coordinates
	}
	return all, nil
}

// export writes a line's bundle.
func (s *server) export(ctx context.Context, name string, w io.Writer) error {
	if name == homeName {
		return usage("", "the home line is never exported")
	}
	h, err := s.node.Export(ctx, name)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := writeBundle(&buf, h, utc.From(time.Now())); err != nil {
		return err
	}
	_, err = w.Write(buf.Bytes())
	return err
}
