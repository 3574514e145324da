package sqlite

import (
	"path/filepath"
	"testing"

	"parley/logbook"
)

// BenchmarkAccept is one signed entry at a time from its author to a mirror,
// flushed there.
func BenchmarkAccept(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "log.sqlite"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	m, err := logbook.Open(id, s, author.Public())
	if err != nil {
		b.Fatal(err)
	}
	own, err := logbook.Open(id, logbook.NewMemory(), author.Public())
	if err != nil {
		b.Fatal(err)
	}
	es := [][]byte{make([]byte, 500)}
	for b.Loop() {
		b.StopTimer()
		if _, err := own.Append(es, author); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := m.Accept(m.Size(), es, own.Note(), author.Public()); err != nil {
			b.Fatal(err)
		}
	}
}
