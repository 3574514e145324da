package logbook

import "testing"

// BenchmarkAppend is one signed entry at a time, without a disk.
func BenchmarkAppend(b *testing.B) {
	l := openMem(b, NewMemory())
	es := [][]byte{make([]byte, 500)}
	for b.Loop() {
		_, err := l.Append(es, author)
		must(b, err)
	}
}

// BenchmarkAccept is one signed entry at a time at a mirror, without a disk.
func BenchmarkAccept(b *testing.B) {
	own, m := openMem(b, NewMemory()), openMem(b, NewMemory())
	es := [][]byte{make([]byte, 500)}
	for b.Loop() {
		b.StopTimer()
		_, err := own.Append(es, author)
		must(b, err)
		note := own.Note()
		b.StartTimer()
		_, err = m.Accept(m.Size(), es, note, author.Public())
		must(b, err)
	}
}

// BenchmarkAcceptLargest is the largest batch of small entries at a mirror.
func BenchmarkAcceptLargest(b *testing.B) {
	own := openMem(b, NewMemory())
	es := make([][]byte, MaxBatchEntries)
	for i := range es {
		es[i] = make([]byte, 500)
	}
	_, err := own.Append(es, author)
	must(b, err)
	for b.Loop() {
		_, err := openMem(b, NewMemory()).Accept(0, es, own.Note(), author.Public())
		must(b, err)
	}
}

// BenchmarkReceipt is one receipt given, checked and kept.
func BenchmarkReceipt(b *testing.B) {
	own := openMem(b, NewMemory())
	for b.Loop() {
		b.StopTimer()
		_, err := own.Append([][]byte{{1}}, author)
		must(b, err)
		b.StartTimer()
		line, err := own.Receipt(own.Size(), mirror, "RU/mirror", 1537209600000)
		must(b, err)
		_, err = own.AddReceipt(own.Size(), line, "RU/mirror", mirror.Public())
		must(b, err)
	}
}
