//go:build linux

package postgres

import (
	"fmt"
	"testing"

	"parley/internal/postgres/pgtest"
)

// BenchmarkAppend is signed batches of entries of 500 bytes, durable on one
// server, and on a synchronous standby as the release gate saw it. Both
// servers share this machine and its disk.
func BenchmarkAppend(b *testing.B) {
	one := pgtest.Primary(b, "one", "two")
	for _, alone := range []bool{true, false} {
		name := "gated"
		if alone {
			name = "alone"
			one.Set("synchronous_standby_names", "")
		} else {
			one.Standby("two")
			one.Set("synchronous_standby_names", "two")
			one.WaitSync("two")
		}
		for _, size := range []int{1, 32, 512} {
			b.Run(fmt.Sprintf("%s/batch=%d", name, size), func(b *testing.B) {
				_, l := take(b, openDB(b, Config{DSN: one.DSN(), Alone: alone}), id)
				es := make([][]byte, size)
				for i := range es {
					es[i] = make([]byte, 500)
				}
				for b.Loop() {
					if _, err := l.Append(es, author); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "entries/s")
			})
		}
	}
}
