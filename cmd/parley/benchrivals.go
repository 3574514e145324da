package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// benchRival is one other way to get a message to another organisation and know
// it, measured in the same run by the program under bench/, which has a go.mod of
// its own so that Parley does not carry what it measures against.
type benchRival struct {
	Name   string           `json:"name"`
	Absent string           `json:"absent,omitempty"` // why it was not measured
	Means  string           `json:"means,omitempty"`
	Rows   []benchRivalsRow `json:"rows,omitempty"`
}

type benchRivalsRow struct {
	Writers   int     `json:"writers"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
}

const jetStream = "nats-jetstream-leaf-sourcing-sync-always"
const mosquitto = "mosquitto-bridge-qos2"

func benchRivals(ctx context.Context, fl benchFlags, folder string) []benchRival {
	none := func(why string) []benchRival {
		return []benchRival{{Name: jetStream, Absent: why}, {Name: mosquitto, Absent: why}}
	}
	program := fl.rivals
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return none(err.Error())
		}
		program = filepath.Join(filepath.Dir(self), "parley-bench-rivals")
	}
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		return none("its driver is not built (go build -C bench -o ../bin/parley-bench-rivals ./rivals)")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	millis := 2000
	if !fl.quick {
		millis = int(fl.millis)
	}
	cmd := exec.CommandContext(ctx, program, "-folder", folder, "-millis", fmt.Sprint(millis))
	out, err := cmd.Output()
	if err != nil {
		return none(fmt.Sprintf("its driver failed: %v", err))
	}
	var rs []benchRival
	if err := json.Unmarshal(out, &rs); err != nil {
		return none(fmt.Sprintf("its driver's answer can't be read: %v", err))
	}
	return rs
}

// benchGoal is one thing that must be reached. Met is null where it was not
// measured.
type benchGoal struct {
	What  string   `json:"what"`
	Goal  string   `json:"goal"`
	Now   *float64 `json:"now"`
	Unit  string   `json:"unit"`
	Limit *float64 `json:"limit"` // in the same unit, as it comes out on this machine
	Ratio *float64 `json:"ratio"` // now / limit
	Met   *bool    `json:"met"`
}

// judge holds what was measured against what must be reached.
func (r *benchResult) judge() {
	add := func(what, goal, unit string, now, limit float64, most bool) {
		t := benchGoal{What: what, Goal: goal, Unit: unit}
		if limit > 0 {
			t.Limit = &limit
		}
		if now > 0 && limit > 0 {
			ratio, met := now/limit, now >= limit
			if most {
				met = now <= limit
			}
			t.Now, t.Ratio, t.Met = &now, &ratio, &met
		}
		r.Goals = append(r.Goals, t)
	}
	m := r.Machine
	one, some, many := r.row(1), r.row(32), r.row(2048)
	js1, js32 := r.rival(jetStream, 1), r.rival(jetStream, 32)
	add("1 writer, p50", "at most RTT + 2 fsync + 600 µs", "us", one.P50, m.RTTP50+2*m.FsyncP50+600, true)
	add("1 writer", "at least 1.4 x JetStream with sync always", "per_second", one.PerSecond, 1.4*js1, false)
	add("32 writers", "at least 12,000 a second", "per_second", some.PerSecond, 12_000, false)
	add("32 writers", "at least 6 x JetStream with sync always", "per_second", some.PerSecond, 6*js32, false)
	add("2048 writers", "at least 22,000 a second", "per_second", many.PerSecond, 22_000, false)
	add("2048 writers", "at least 70 % of the machine's own sign + batch verify", "per_second", many.PerSecond, 0.7*m.SignVerify, false)
	var catchUp, p50, most, urgent float64
	if r.CatchUp != nil {
		catchUp = r.CatchUp.PerSecond
	}
	if r.Crash != nil {
		p50, most = r.Crash.P50, r.Crash.Max
	}
	if r.Urgent != nil {
		urgent = r.Urgent.P99
	}
	add("catch-up after a cut", "at least 45,000 a second, every signature verified", "per_second", catchUp, 45_000, false)
	add("first receipt after kill -9, p50", "at most 80 ms", "ms", p50, 80, true)
	add("first receipt after kill -9, worst", "at most 200 ms", "ms", most, 200, true)
	add("urgent during a routine backlog, p99", "at most RTT + 4 fsync + 20 ms", "us", urgent, m.RTTP50+4*m.FsyncP50+20_000, true)
}

func (r *benchResult) rival(name string, writers int) float64 {
	for _, v := range r.Rivals {
		for _, row := range v.Rows {
			if v.Name == name && row.Writers == writers {
				return row.PerSecond
			}
		}
	}
	return 0
}

// print is the answer for people.
func (r *benchResult) print(sh *shell) {
	m := r.Machine
	sh.say("Machine: %d cores; fsync p50 %.0f µs, p99 %.0f µs; loopback RTT p50 %.0f µs", m.Cores, m.FsyncP50, m.FsyncP99, m.RTTP50)
	sh.say("Ed25519 on one core: %.0f signed/s, %.0f verified/s, %.0f verified/s in batches", m.Sign, m.Verify, m.BatchVerify)
	sh.say("All cores doing nothing but sign and batch-verify: %.0f records/s", m.SignVerify)
	sh.say("")
	sh.say("%-10s %12s %10s %10s %18s", "writers", "records/s", "p50 µs", "p99 µs", "records/receipt")
	for _, w := range r.Writers {
		sh.say("%-10d %12.0f %10.0f %10.0f %18.1f", w.Writers, w.PerSecond, w.P50, w.P99, w.RecordsPerReceipt)
	}
	for _, v := range r.Rivals {
		for _, w := range v.Rows {
			sh.say("%-10d %12.0f %10.0f %10.0f   %s", w.Writers, w.PerSecond, w.P50, w.P99, v.Name)
		}
	}
	for _, w := range r.Wire {
		sh.say("On the wire, %.1f records a receipt: %.0f bytes a record, both ways", w.RecordsPerReceipt, w.BytesPerRecord)
	}
	sh.say("Memory with %d records held: writer %.0f MiB, reader %.0f MiB", r.Memory.Records,
		float64(r.Memory.WriterBytes)/(1<<20), float64(r.Memory.ReaderBytes)/(1<<20))
	if c := r.CatchUp; c != nil {
		sh.say("Catch-up after a cut: %d records in %.2f s, %.0f/s", c.Records, c.Seconds, c.PerSecond)
	}
	if k := r.Crash; k != nil {
		sh.say("First receipt after kill -9, log of %d: p50 %.0f ms, max %.0f ms in %d", k.LogRecords, k.P50, k.Max, k.Times)
	}
	if u := r.Urgent; u != nil {
		sh.say("Urgent with %d to %d routine records waiting: p50 %.0f µs, p99 %.0f µs in %d", u.Backlog, u.Left, u.P50, u.P99, u.Records)
	}
	sh.say("")
	sh.say("%-38s %12s %12s %7s  %-5s %s", "goal", "now", "limit", "ratio", "met", "")
	for _, t := range r.Goals {
		if t.Met == nil {
			sh.say("%-38s %12s %12s %7s  %-5s %s", t.What, "-", "-", "-", "-", t.Goal)
			continue
		}
		met := "no"
		if *t.Met {
			met = "yes"
		}
		sh.say("%-38s %12.0f %12.0f %7.2f  %-5s %s (%s)", t.What, *t.Now, *t.Limit, *t.Ratio, met, t.Goal, t.Unit)
	}
	sh.say("")
	for _, l := range r.LeftOut {
		sh.say("Left out: %s", l)
	}
	for _, l := range r.NotMeasured {
		sh.say("Not measured: %s", l)
	}
	sh.say("Took %.1f s", r.TookSeconds)
}
