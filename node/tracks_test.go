package node

import (
	"fmt"
	"testing"
	"time"

	"parley/track"
	"parley/utc"
	"parley/volume"
)

// A spoofed sky fills the table. Our own and protected tracks still get in, in
// the place of whoever has been silent longest; others do not.
func TestASpoofedSkyCannotKeepOurOwnOutOfTheTable(t *testing.T) {
	ts := newTracks()
	ts.most = 100
	base := at("2018-09-17T18:39:00Z")
	put := func(id string, s track.Standing, when utc.Time) bool {
		x := track.New(id, s)
		if old := ts.all[id]; old != nil {
			x = old
		}
		if _, err := x.Add(track.Report{ID: id, At: when, Pos: volume.Position{Point: volume.Deg(35, 35)}}); err != nil {
			t.Fatal(err)
		}
		if ts.all[id] == nil && !ts.room(s) {
			return false
		}
		ts.all[id] = x
		return true
	}
	for i := range 100 {
		s := track.Other
		if i < 10 {
			s = track.Civil // the oldest, but civil goes only after other
		}
		if !put(fmt.Sprintf("S%02d", i), s, base.Add(time.Duration(i)*time.Second)) {
			t.Fatalf("track %d was refused with room left", i)
		}
	}
	for _, s := range []track.Standing{track.Other, track.Civil} {
		if put("MORE", s, base) {
			t.Errorf("a new %s track was taken beyond the bound", s)
		}
	}
	if !put("OWN0", track.Own, base) || ts.all["S10"] != nil || ts.all["S00"] == nil {
		t.Error("the longest silent other track did not make room for our own")
	}
	if !put("S11", track.Other, base.Add(time.Hour)) { // it is held: no room needed
		t.Error("the report of a track that is held was refused")
	}
	if !put("CARE", track.Protected, base) || ts.all["S11"] == nil || ts.all["S12"] != nil {
		t.Error("a track that had just reported was given up")
	}
	for i := 1; i < 99; i++ {
		if !put(fmt.Sprintf("OWN%d", i), track.Own, base) {
			t.Fatalf("own track %d was refused", i)
		}
		if len(ts.all) > ts.most {
			t.Fatalf("%d tracks are held", len(ts.all))
		}
	}
	if put("LAST", track.Own, base) || len(ts.all) != 100 {
		t.Error("the table grew beyond its bound, or gave up one of ours for another of ours")
	}
}
