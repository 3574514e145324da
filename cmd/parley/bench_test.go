package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestAMeasurementJudgesOnlyWhatItMeasured(t *testing.T) {
	r := benchResult{
		Machine: benchMachine{FsyncP50: 100, RTTP50: 50, SignVerify: 40_000},
		Writers: []benchRow{{Writers: 1, PerSecond: 1000, P50: 800}, {Writers: 32, PerSecond: 11_000}, {Writers: 2048, PerSecond: 28_000}},
		Rivals:  []benchRival{{Name: jetStream, Rows: []benchRivalsRow{{Writers: 32, PerSecond: 2000}}}},
	}
	r.judge()
	got := map[string]string{}
	for _, v := range r.Goals {
		switch {
		case v.Met == nil && (v.Now != nil || v.Ratio != nil):
			t.Errorf("%s has a figure and no verdict", v.What)
		case v.Met == nil:
			got[v.What+"; "+v.Goal] = "open"
		case *v.Met:
			got[v.What+"; "+v.Goal] = "yes"
		default:
			got[v.What+"; "+v.Goal] = "no"
		}
	}
	for what, want := range map[string]string{
		"1 writer, p50; at most RTT + 2 fsync + 600 µs":                            "yes", // 800 of 850
		"1 writer; at least 1.4 x JetStream with sync always":                      "open",
		"32 writers; at least 12,000 a second":                                     "no",
		"32 writers; at least 6 x JetStream with sync always":                      "no", // 11,000 of 12,000
		"2048 writers; at least 22,000 a second":                                   "yes",
		"2048 writers; at least 70 % of the machine's own sign + batch verify":     "yes", // 28,000 of 28,000
		"catch-up after a cut; at least 45,000 a second, every signature verified": "open",
	} {
		if got[what] != want {
			t.Errorf("%s: %q, want %q", what, got[what], want)
		}
	}
	var out bytes.Buffer
	r.print(&shell{out: &out, err: &out})
	if !strings.Contains(out.String(), "2048") {
		t.Errorf("the table leaves rows out:\n%s", out.String())
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"p50_us":800`) || !strings.Contains(string(b), `"catch_up":null`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestQuantilesAreOfTheSortedTimes(t *testing.T) {
	var d []time.Duration
	for i := 200; i > 0; i-- {
		d = append(d, time.Duration(i)*time.Microsecond)
	}
	if p50, p99, most := quantiles(d); p50 != 100 || p99 != 198 || most != 200 {
		t.Errorf("%g, %g, %g", p50, p99, most)
	}
	if p50, p99, most := quantiles(nil); p50 != 0 || p99 != 0 || most != 0 {
		t.Errorf("of nothing: %g, %g, %g", p50, p99, most)
	}
}
