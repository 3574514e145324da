// Command parley-bench-rivals measures what else is used to get a message to
// another organisation and to know that it is there, on the same machine and in
// the same run as `parley bench line`, which starts it.
//
// It is a module of its own, so that Parley does not carry what it is measured
// against. It prints a JSON array of rivals, each with its rows, or with the
// reason why it is absent.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"time"
)

// rival is one of them.
type rival struct {
	Name   string `json:"name"`
	Absent string `json:"absent,omitempty"` // why it was not measured
	Means  string `json:"means,omitempty"`  // what a receipt is
	Rows   []row  `json:"rows,omitempty"`
}

// row is so many writers, each of whom waits for one receipt before the next
// message.
type row struct {
	Writers   int     `json:"writers"`
	Records   int     `json:"records"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
}

// payload is as long as a sealed record with one sentence.
var payload = make([]byte, 400)

func main() {
	folder := flag.String("folder", os.TempDir(), "make throw-away folders here")
	millis := flag.Int64("millis", 2000, "how long each row runs")
	flag.Parse()
	d := time.Duration(*millis) * time.Millisecond
	if err := json.NewEncoder(os.Stdout).Encode([]rival{jetStream(*folder, d), mosquitto(*folder, d)}); err != nil {
		fmt.Fprintln(os.Stderr, "couldn't write the answer:", err)
		os.Exit(1)
	}
}

// write has so many writers call send, which returns when the receipt is here.
func write(writers int, d time.Duration, send func(writer, n int) error) (row, error) {
	took := make([][]time.Duration, writers)
	errs := make([]error, writers)
	var wg sync.WaitGroup
	start := time.Now()
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; time.Since(start) < d; n++ {
				t := time.Now()
				if errs[w] = send(w, n); errs[w] != nil {
					return
				}
				took[w] = append(took[w], time.Since(t))
			}
		}()
	}
	wg.Wait()
	whole := time.Since(start)
	var all []time.Duration
	for w := range writers {
		if errs[w] != nil {
			return row{}, errs[w]
		}
		all = append(all, took[w]...)
	}
	slices.Sort(all)
	at := func(q float64) float64 {
		return float64(all[max(int(math.Ceil(q*float64(len(all))))-1, 0)].Nanoseconds()) / 1000
	}
	return row{Writers: writers, Records: len(all), PerSecond: float64(len(all)) / whole.Seconds(), P50: at(0.5), P99: at(0.99)}, nil
}
