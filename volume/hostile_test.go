package volume

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// comb is a polygon of 256 vertices whose long thin teeth all lie beside each
// other: no bound tells its edges apart.
func comb(lat, lon, tooth, gap float64) Area {
	var a Area
	a.Polygon = append(a.Polygon, Deg(lat-gap, lon))
	for i := range 127 {
		x := lon + float64(i)*gap
		if i%2 == 0 {
			a.Polygon = append(a.Polygon, Deg(lat+tooth, x), Deg(lat+tooth, x+gap/2))
		} else {
			a.Polygon = append(a.Polygon, Deg(lat, x), Deg(lat, x+gap/2))
		}
	}
	a.Polygon = append(a.Polygon, Deg(lat-gap, lon+127*gap))
	return a
}

// slow is the definition: every vertex against every edge, every edge against
// every other, nothing passed over.
func slow(a Area) bool {
	s := a.shape()
	n := len(s.v)
	for i := range s.v {
		for j := range s.v {
			k := (j + 1) % n
			if i != j && i != k {
				if d, _ := toSegment(s.v[i], s.v[j], s.v[k]); d <= touch {
					return false
				}
			}
		}
	}
	for i := range n {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue
			}
			if d, _, _ := between(s.v[i], s.v[(i+1)%n], s.v[j], s.v[(j+1)%n]); d == 0 {
				return false
			}
		}
	}
	return true
}

// The cheap tests pass over nothing that the full ones would have found.
func TestCheapRejectionNeverChangesTheVerdict(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		scale := math.Pow(10, rapid.Float64Range(-6, 1).Draw(r, "scale"))
		lat, lon := rapid.Float64Range(-89, 89).Draw(r, "lat"), rapid.Float64Range(-180, 180).Draw(r, "lon")
		n := rapid.IntRange(3, 9).Draw(r, "n")
		grid := rapid.Bool().Draw(r, "grid") // collinear and touching ones are frequent on a grid
		var a Area
		for range n {
			y, x := rapid.Float64Range(-1, 1).Draw(r, "y"), rapid.Float64Range(-1, 1).Draw(r, "x")
			if grid {
				y, x = math.Round(3*y)/3, math.Round(3*x)/3
			}
			a.Polygon = append(a.Polygon, Destination(Destination(Deg(lat, lon), 0, 100_000*scale*y), 90, 100_000*scale*x))
		}
		s := a.shape()
		for i := range s.v {
			if s.reach*EarthRadiusM > MaxExtentM || angle(s.v[i], s.v[(i+1)%n]) <= touch {
				r.Skip("refused before")
			}
		}
		if got, want := a.validPolygon() == nil, slow(a); got != want {
			r.Fatalf("%v: valid %t, want %t", a.Polygon, got, want)
		}
	})
}

// A notice may carry two polygons of 256 vertices, a batch of 1 MiB some two
// hundred notices, and all of it is read in the way of everybody's receipts.
func TestTheCostliestPolygonIsStillCheap(t *testing.T) {
	a := comb(35, 35, 5, 0.01)
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	es, left := a.shape().edges(), 0
	for i := range es {
		for j := range es {
			if !es[j].clearOf(es[i].a) {
				left++
			}
			if !es[i].apart(&es[j]) {
				left++
			}
		}
	}
	if most := 8 * len(es); left > most {
		t.Errorf("%d of %d pairs are looked at closely, want at most %d", left, 2*len(es)*len(es), most)
	}
}

func BenchmarkValidateComb(b *testing.B) {
	a := comb(35, 35, 5, 0.01)
	for b.Loop() {
		_ = a.Validate()
	}
}

func BenchmarkMeetCombs(b *testing.B) {
	x, y := vol(comb(35, 35, 5, 0.01)), vol(comb(34.99, 36.5, 5, 0.01))
	for b.Loop() {
		Meet(x, y, 0)
	}
}
