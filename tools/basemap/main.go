// Command basemap makes web/assets/basemap.json, the map that lies under
// everything in the console: land, borders and place names of 18-48E 24-45N,
// with no tile server and nothing fetched while Parley runs. `make generate`
// runs it; its output is committed.
//
// Coast and borders are Natural Earth 4.1 at 1:10 million (public domain), as
// the npm package world-atlas carries it. Natural Earth draws lines of control
// as if they were borders. A tool that rivals share must not, so disputed.json,
// written by hand, says which of its lines are drawn dashed and why, and adds
// lines that Natural Earth leaves out. No country has an area of its own in the
// output: land is one colour, and whose it is the map does not say. places.csv
// is written by hand too. NOT FOR NAVIGATION: about 300 m on the coast, 2 km on
// what is drawn by hand.
//
// The output is GeoJSON, WGS84, [longitude, latitude], three decimals. Each
// feature has a property "layer":
//
//	land      polygons, cut at the edge of the map
//	border    lines that both neighbours accept or that no file here disputes
//	disputed  lines to be drawn dashed, with "between" and "why"
//	place     points with "name_en", "kind" and "rank" (0 is seen from furthest)
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// region is what the map covers, in degrees.
var region = box{18, 24, 48, 45}

// limit is the size of the output that a console may have to load, gzipped.
const limit = 150_000

type point [2]float64 // longitude, latitude, degrees

type box struct{ west, south, east, north float64 }

func (b box) has(p point) bool {
	return p[0] >= b.west && p[0] <= b.east && p[1] >= b.south && p[1] <= b.north
}

func main() {
	atlas := flag.String("atlas", "web/node_modules/world-atlas/countries-10m.json", "Natural Earth as TopoJSON")
	by := flag.String("by-hand", "tools/basemap", "folder of disputed.json and places.csv")
	out := flag.String("o", "web/assets/basemap.json", "file to write")
	flag.Parse()
	if err := run(*atlas, *by, *out); err != nil {
		fmt.Fprintln(os.Stderr, "basemap:", err)
		os.Exit(1)
	}
}

func run(atlas, by, out string) error {
	topo, err := readTopology(atlas)
	if err != nil {
		return err
	}
	disputes, err := readDisputes(filepath.Join(by, "disputed.json"))
	if err != nil {
		return err
	}
	places, err := readPlaces(filepath.Join(by, "places.csv"))
	if err != nil {
		return err
	}
	land := feature{"layer": "land"}.with("MultiPolygon", clipLand(topo))
	agreed, dashed, err := splitBorders(topo, disputes)
	if err != nil {
		return err
	}
	features := []any{land, feature{"layer": "border"}.with("MultiLineString", agreed)}
	features = append(features, dashed...)
	features = append(features, places...)
	return save(out, features, disputes.Note)
}

// save writes one feature a line, so that a diff of the output can be read.
func save(out string, features []any, note string) error {
	var b bytes.Buffer
	head, err := json.Marshal(map[string]any{
		"attribution": "Coast and borders: Natural Earth (public domain). Names and dashed lines: the Parley authors.",
		"note":        note,
		"bbox":        []float64{region.west, region.south, region.east, region.north},
	})
	if err != nil {
		return fmt.Errorf("couldn't encode: %w", err)
	}
	b.WriteString(`{"type":"FeatureCollection","parley":`)
	b.Write(head)
	b.WriteString(",\"features\":[\n")
	for i, f := range features {
		line, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("couldn't encode: %w", err)
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	packed, err := gzipped(b.Bytes())
	if err != nil {
		return err
	}
	if packed > limit {
		return fmt.Errorf("the map has %d bytes gzipped, more than the %d that a console may have to load", packed, limit)
	}
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("couldn't write the map: %w", err)
	}
	fmt.Printf("base map: %d features, %d kB, %d kB gzipped\n", len(features), b.Len()/1000, packed/1000)
	return nil
}

// feature is a GeoJSON feature's properties until with gives it a geometry.
type feature map[string]any

func (f feature) with(kind string, coordinates any) map[string]any {
	return map[string]any{
		"type": "Feature", "properties": f,
		"geometry": map[string]any{"type": kind, "coordinates": coordinates},
	}
}

// readPlaces reads name,lat,lon,rank,kind; lines with # are comments.
func readPlaces(path string) ([]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read places: %w", err)
	}
	var all []any
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, ",")
		if len(cells) != 5 {
			return nil, fmt.Errorf("couldn't read %s, line %d: want name,lat,lon,rank,kind", path, i+1)
		}
		var lat, lon float64
		var rank int
		if _, err := fmt.Sscan(cells[1]+" "+cells[2]+" "+cells[3], &lat, &lon, &rank); err != nil {
			return nil, fmt.Errorf("couldn't read %s, line %d: %w", path, i+1, err)
		}
		at := point{lon, lat}
		if !region.has(at) || rank < 0 || rank > 3 {
			return nil, fmt.Errorf("couldn't use %s, line %d: outside the map, or rank not 0 to 3", path, i+1)
		}
		all = append(all, feature{"layer": "place", "name_en": cells[0], "rank": rank, "kind": cells[4]}.with("Point", at))
	}
	return all, nil
}

// round gives three decimals: about 100 m, finer than Natural Earth's 300 m.
func round(p point) point {
	return point{math.Round(p[0]*1000) / 1000, math.Round(p[1]*1000) / 1000}
}

// tidy rounds a line and drops points that then repeat or lie on the straight
// line between their neighbours.
func tidy(line []point) []point {
	var out []point
	for _, p := range line {
		p = round(p)
		if n := len(out); n > 0 && out[n-1] == p {
			continue
		}
		if n := len(out); n > 1 && between(out[n-2], out[n-1], p) {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

// between reports whether b lies on the segment from a to c, within 0.1 m or
// so: the lines were cut to a grid, so true bends are far larger.
func between(a, b, c point) bool {
	cross := (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
	dot := (b[0]-a[0])*(c[0]-b[0]) + (b[1]-a[1])*(c[1]-b[1])
	return math.Abs(cross) < 1e-9 && dot >= 0
}
