package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestARingIsCutAtTheEdgeOfTheMap(t *testing.T) {
	b := box{0, 0, 10, 10}
	for _, c := range []struct {
		name     string
		ring     []point
		area     float64 // of what remains, in square degrees
		remained bool
	}{
		{"inside", []point{{1, 1}, {3, 1}, {3, 3}, {1, 3}}, 4, true},
		{"outside", []point{{11, 11}, {13, 11}, {13, 13}}, 0, false},
		{"over one side", []point{{-2, 1}, {2, 1}, {2, 3}, {-2, 3}}, 4, true},
		{"over a corner", []point{{8, 8}, {12, 8}, {12, 12}, {8, 12}}, 4, true},
		{"all round", []point{{-5, -5}, {15, -5}, {15, 15}, {-5, 15}}, 100, true},
	} {
		got := clipRing(c.ring, b)
		if (len(got) > 0) != c.remained {
			t.Errorf("%s: %v", c.name, got)
			continue
		}
		if c.remained && got[0] != got[len(got)-1] {
			t.Errorf("%s: not closed: %v", c.name, got)
		}
		for _, p := range got {
			if !b.has(p) {
				t.Errorf("%s: %v lies outside", c.name, p)
			}
		}
		var area float64
		for i := 0; i+1 < len(got); i++ {
			area += (got[i][0]*got[i+1][1] - got[i+1][0]*got[i][1]) / 2
		}
		if area != c.area {
			t.Errorf("%s: area %v, want %v", c.name, area, c.area)
		}
	}
}

// Two neighbours quarrel about the northern half of their border only.
func TestADisputedPartOfABorderIsNeverShownAsAgreed(t *testing.T) {
	topo := &topology{
		arcs: [][]point{
			{{30, 30}, {30.1, 31}, {30, 32}, {30.1, 33}, {30, 34}}, // the border
			{{30, 34}, {29, 32}, {30, 30}},                         // west coast
			{{30, 30}, {31, 32}, {30, 34}},                         // east coast
		},
		countries: []country{
			{"West", [][][]int{{{0, 1}}}},
			{"East", [][][]int{{{2, ^0}}}},
		},
	}
	north := &[4]float64{29, 32, 31, 35}
	agreed, dashed, err := splitBorders(topo, &disputes{Dash: []dash{{[2]string{"East", "*"}, "the north", north}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(agreed) != 1 || !slices.Equal(agreed[0], []point{{30, 30}, {30.1, 31}, {30, 32}}) {
		t.Errorf("agreed: %v, want the southern half", agreed)
	}
	if len(dashed) != 1 {
		t.Errorf("dashed: %v, want the northern half", dashed)
	}
	_, _, err = splitBorders(topo, &disputes{Dash: []dash{{[2]string{"East", "North"}, "", nil}}})
	if err == nil || !strings.Contains(err.Error(), "East and North") {
		t.Errorf("a dispute about a border that is not there: %v", err)
	}
}

func TestWhatIsWrittenByHandCanBeRead(t *testing.T) {
	d, err := readDisputes("disputed.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.Dash {
		if e.Why == "" {
			t.Errorf("%v is dashed without a reason", e.Between)
		}
	}
	for _, e := range d.Drawn {
		if e.Why == "" || len(e.Line) < 2 {
			t.Errorf("%v is drawn without a reason or a line", e.Between)
		}
	}
	places, err := readPlaces("places.csv")
	if err != nil || len(places) < 50 {
		t.Errorf("%d places, %v", len(places), err)
	}
}

func TestABadPlaceIsNamedByItsLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.csv")
	for _, line := range []string{"Atlantis,0,0,1,city", "Here,33,36,9,city", "Here,33,36,1", "Here,north,36,1,city"} {
		if err := os.WriteFile(path, []byte("# head\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readPlaces(path); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", line, err)
		}
	}
}
