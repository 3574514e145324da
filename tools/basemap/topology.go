package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
)

// topology is the part of a TopoJSON file that is used: shared lines ("arcs")
// and the countries made of them.
type topology struct {
	arcs      [][]point
	land      [][][]int // polygons of rings of arcs
	countries []country
}

// country is a name and its polygons; each ring is a list of arcs, where ^i
// means arc i backwards.
type country struct {
	name     string
	polygons [][][]int
}

func readTopology(path string) (*topology, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read Natural Earth (make deps fetches it): %w", err)
	}
	var file struct {
		Arcs      [][][2]float64
		Transform struct{ Scale, Translate [2]float64 }
		Objects   struct {
			Countries struct {
				Geometries []struct {
					Type       string
					Arcs       json.RawMessage
					Properties struct{ Name string }
				}
			}
			Land struct {
				Geometries []struct{ Arcs [][][]int }
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("couldn't read Natural Earth: %w", err)
	}
	t := &topology{}
	for _, deltas := range file.Arcs {
		var line []point
		var x, y float64
		for _, d := range deltas {
			x, y = x+d[0], y+d[1]
			s, o := file.Transform.Scale, file.Transform.Translate
			line = append(line, point{x*s[0] + o[0], y*s[1] + o[1]})
		}
		t.arcs = append(t.arcs, line)
	}
	for _, g := range file.Objects.Land.Geometries {
		t.land = append(t.land, g.Arcs...)
	}
	for _, g := range file.Objects.Countries.Geometries {
		c := country{name: g.Properties.Name}
		switch g.Type {
		case "Polygon":
			var rings [][]int
			err = json.Unmarshal(g.Arcs, &rings)
			c.polygons = [][][]int{rings}
		case "MultiPolygon":
			err = json.Unmarshal(g.Arcs, &c.polygons)
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read Natural Earth's %s: %w", c.name, err)
		}
		t.countries = append(t.countries, c)
	}
	return t, nil
}

// arc gives an arc in the direction that i asks for.
func (t *topology) arc(i int) []point {
	if i >= 0 {
		return t.arcs[i]
	}
	forward := t.arcs[^i]
	back := make([]point, len(forward))
	for k, p := range forward {
		back[len(forward)-1-k] = p
	}
	return back
}

// ring joins arcs into one closed line, its first point not repeated.
func (t *topology) ring(arcs []int) []point {
	var ring []point
	for _, i := range arcs {
		line := t.arc(i)
		ring = append(ring, line[:len(line)-1]...) // the next arc begins there
	}
	return ring
}

// owners gives, for each arc, the countries that it bounds: one on a coast, two
// on a border.
func (t *topology) owners() map[int][]string {
	of := map[int][]string{}
	for _, c := range t.countries {
		for _, rings := range c.polygons {
			for _, ring := range rings {
				for _, i := range ring {
					if i < 0 {
						i = ^i
					}
					of[i] = append(of[i], c.name)
				}
			}
		}
	}
	return of
}

func gzipped(data []byte) (int, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return 0, fmt.Errorf("couldn't measure: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return 0, fmt.Errorf("couldn't measure: %w", err)
	}
	if err := w.Close(); err != nil {
		return 0, fmt.Errorf("couldn't measure: %w", err)
	}
	return b.Len(), nil
}
