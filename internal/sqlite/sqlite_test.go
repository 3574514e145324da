package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/logbook"
	"parley/logbook/storetest"
	"parley/party"
	"parley/record"
)

var (
	author = party.NewSigner([32]byte{1})
	id     = logbook.ID{Line: record.LineID{9}, Party: "IL", Lane: record.Urgent, Incarnation: 1}
)

func TestTheStoreDoesWhatEveryStoreMustDo(t *testing.T) {
	storetest.Run(t, func(t testing.TB, folder string) logbook.Store {
		s, err := Open(filepath.Join(folder, "a log ?#%.sqlite"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func openLog(t *testing.T, path string) (*Store, *logbook.Log) {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l, err := logbook.Open(id, s, author.Public())
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

func say(t *testing.T, l *logbook.Log, entries ...string) {
	t.Helper()
	var es [][]byte
	for _, e := range entries {
		es = append(es, []byte(e))
	}
	if _, err := l.Append(es, author); err != nil {
		t.Fatal(err)
	}
}

func TestASecondWriterIsTurnedAwayAndAReaderIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sqlite")
	_, l := openLog(t, path)
	say(t, l, "a", "b")
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another process writes to it") {
		t.Fatalf("second writer: %v", err)
	}
	r, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 3 { // the reader keeps seeing what the writer adds
		say(t, l, "more")
		got, err := logbook.Open(id, r, author.Public())
		if err != nil {
			t.Fatal(err)
		}
		if got.Head() != l.Head() {
			t.Fatalf("reader sees %v, writer has %v", got.Head(), l.Head())
		}
		if err := got.CheckAll(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Append(logbook.Batch{}); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Fatalf("write through a reader: %v", err)
	}
	if err := r.AddNote(1, nil); err == nil {
		t.Fatal("receipt through a reader")
	}
}

func TestAFolderThatCannotBeWrittenToIsStillRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.sqlite")
	s, l := openLog(t, path)
	say(t, l, "a", "b")
	s.Close() // moves the WAL into the file
	os.Remove(path + "-shm")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	r, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if st, err := r.Load(); err != nil || st.Size != 2 {
		t.Fatal(st, err)
	}
}

func TestWhatIsNoLogIsRefusedWithWords(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.sqlite")
	if _, err := OpenReadOnly(missing); err == nil {
		t.Fatal("read a file that is not there")
	}
	text := filepath.Join(dir, "text.sqlite")
	os.WriteFile(text, []byte(strings.Repeat("this is no database at all\n", 100)), 0o600)
	other := filepath.Join(dir, "other.sqlite")
	newer := filepath.Join(dir, "newer.sqlite")
	for path, q := range map[string]string{
		other: "CREATE TABLE cake (i INTEGER)",
		newer: "PRAGMA application_id=1347570777; PRAGMA user_version=2; CREATE TABLE entry (i INTEGER)",
	} {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
		db.Close()
	}
	for path, want := range map[string]string{text: "not a database", other: "not a Parley log", newer: "use the Parley that wrote it"} {
		before, _ := os.ReadFile(path)
		for _, open := range []func(string) (*Store, error){Open, OpenReadOnly} {
			if _, err := open(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		}
		if after, _ := os.ReadFile(path); path == text && string(after) != string(before) {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestTheFileIsMarkedAndFlushesEveryCommit(t *testing.T) {
	s, l := openLog(t, filepath.Join(t.TempDir(), "log.sqlite"))
	say(t, l, "a")
	for pragma, want := range map[string]string{
		"application_id": "1347570777", "user_version": "1", "journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000",
	} {
		var got string
		if err := s.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %s (%v), want %s", pragma, got, err, want)
		}
	}
}

// Every way in which one row can be lost or changed is found at Open or, for
// what lies far below the head, by CheckAll.
func TestATornFileIsFound(t *testing.T) {
	for _, q := range []string{
		"DELETE FROM entry WHERE i = 6",
		"DELETE FROM entry WHERE i = 3",
		"UPDATE entry SET leaf = x'00' WHERE i = 0",
		"UPDATE entry SET leaf = x'00' WHERE i = 6",
		"DELETE FROM hash WHERE i = (SELECT max(i) FROM hash)",
		"UPDATE hash SET h = zeroblob(32) WHERE i = 0",
		"UPDATE hash SET h = zeroblob(32) WHERE i = 6",
		"DELETE FROM checkpoint WHERE size = 7",
		"DELETE FROM checkpoint",
		"UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 3) WHERE size = 7",
		"INSERT INTO entry VALUES (7, x'00')",
		"DELETE FROM entry",
	} {
		t.Run(q, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.sqlite")
			s, l := openLog(t, path)
			say(t, l, "a", "b", "c")
			say(t, l, "d", "e", "f", "g")
			if _, err := s.db.Exec(q); err != nil {
				t.Fatal(err)
			}
			s.Close()
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := logbook.Open(id, s, author.Public()); err == nil ||
				!strings.Contains(err.Error(), "keep the file") {
				t.Fatalf("a torn log opened: %v", err)
			}
		})
	}
}

// A full disk: the write that does not fit is refused whole, the log says that
// it must be opened again, and then goes on from what was acknowledged.
func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sqlite")
	s, l := openLog(t, path)
	var pages int
	if err := s.db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+40)); err != nil {
		t.Fatal(err)
	}
	var err error
	last := l.Head()
	for i := 0; err == nil && i < 1000; i++ {
		last = l.Head()
		_, err = l.Append([][]byte{[]byte(strings.Repeat("x", 5000))}, author)
	}
	var again *logbook.ReopenError
	if !errors.As(err, &again) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("a disk of 40 pages: %v", err)
	}
	if _, err := l.Append([][]byte{{1}}, author); !errors.As(err, &again) {
		t.Fatalf("the log went on: %v", err)
	}
	s.Close()
	_, l = openLog(t, path) // room again
	if l.Head() != last {
		t.Fatalf("holds %v, acknowledged %v", l.Head(), last)
	}
	say(t, l, "after")
	if err := l.CheckAll(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkAppend is one signed, flushed entry at a time.
func BenchmarkAppend(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "log.sqlite"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	l, err := logbook.Open(id, s, author.Public())
	if err != nil {
		b.Fatal(err)
	}
	e := make([]byte, 500)
	for b.Loop() {
		if _, err := l.Append([][]byte{e}, author); err != nil {
			b.Fatal(err)
		}
	}
}
