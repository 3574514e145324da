package check

import (
	"testing"
	"time"

	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
	"parley/volume"
)

func TestZZPerf(t *testing.T) {
	for _, n := range []int{1000, 10000} {
		b := picture.NewBook("IL")
		var line record.LineID
		line[0] = 1
		b.AddCharter(line, "IL-RU", record.Charter{Name: "IL-RU", Clocks: record.DefaultClocks(), Cards: []party.Card{{Party: "IL"}, {Party: "RU"}}, Mirrors: []party.ID{"IL", "RU"}})
		now := utc.Time(1537209600000)
		add := func(i int) picture.ID {
			v := volume.Volume{Area: volume.Area{Circle: &volume.Circle{Center: volume.Deg(30+float64(i%1000)/100, 30+float64(i/1000)/2), RadiusM: 500}},
				Band:   volume.Band{Lower: volume.Altitude{Feet: 0, Datum: volume.FL}, Upper: volume.Altitude{Feet: 35000, Datum: volume.FL}},
				Window: volume.Window{From: now.Add(time.Hour), To: now.Add(2 * time.Hour)}}
			ref := record.Ref{Party: "RU", Lane: 1, Incarnation: 1, Index: uint64(i)}
			b.Add(picture.Held{Line: line, Ref: ref, KnownAt: now, Rec: &record.Record{Kind: record.KindNotice, Version: 1, Envelope: record.Envelope{Line: line, Party: "RU", Lane: 1, Composed: now, Precedence: 4}, Body: record.Notice{Class: record.Activity, Place: "Latakia", Volumes: []volume.Volume{v}}}})
			return picture.FormatID("IL-RU", ref)
		}
		for i := 0; i < n; i++ {
			add(i)
		}
		b.Now(now)
		id := add(n)
		t1 := time.Now()
		p := b.Now(now)
		t2 := time.Now()
		cs := Touching(p, []picture.ID{id})
		t3 := time.Now()
		all := All(p)
		t.Log(n, "fold", t2.Sub(t1), "touching", t3.Sub(t2), len(cs), "all", time.Since(t3), len(all))
	}
}
