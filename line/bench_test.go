package line

import (
	"testing"

	"parley/record"
)

// BenchmarkOneRecordToItsReceipt is the whole way of one record between two
// lines in memory: append, push, store, receipt, verify, keep; no disk, no wire
// but its encoding.
func BenchmarkOneRecordToItsReceipt(b *testing.B) {
	w := newWorld(b, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	leaf := w.compose("IL", record.Urgent, 1, 300)
	b.ResetTimer()
	for range b.N {
		if err := w.append("IL", record.Urgent, leaf); err != nil {
			b.Fatal(err)
		}
		w.deliver()
	}
}
