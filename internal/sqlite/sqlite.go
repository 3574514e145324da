// Package sqlite keeps one logbook in one SQLite file: the logbook.Store of a
// node that runs on one machine.
//
// Entries, tree hashes and the signed checkpoint of a batch go in one
// transaction, in WAL mode with synchronous=FULL, so that when Append gives
// nil the batch has been flushed, and after a crash at any instant the file
// holds all of a batch or nothing of it. SQLite replays the WAL by itself at
// the next open; package logbook then holds what it finds against the signed
// head.
//
// A file has one writer. A lock file beside it (flock; the kernel lets go when
// the process dies) turns a second node on the same folder away with words,
// and every Append checks inside its own transaction that the log is as long
// as the writer believes, so that even without the lock no two writers fork a
// log. Readers (verify, show) open the file with OpenReadOnly while the node
// runs.
//
//	NAME.sqlite          the log
//	NAME.sqlite-wal      batches not yet moved into it; part of the log!
//	NAME.sqlite-shm      index of the WAL, rebuilt when missing
//	NAME.sqlite.lock     the writer's lock
//
// A copy taken without -wal loses the newest batches and is an older log.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"parley/logbook"
)

// What marks a file as ours. userVersion is the version of the schema; a
// greater one is of a newer Parley and is refused.
const (
	applicationID = 0x50524c59 // "PRLY"
	userVersion   = 1
)

// schema of version 1. Indexes count from 0: of entries in the log, and of
// hashes as tlog.StoredHashIndex gives them.
const schema = `
CREATE TABLE entry (i INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE TABLE hash (i INTEGER PRIMARY KEY, h BLOB NOT NULL CHECK (length(h) = 32)) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
CREATE TABLE receipt (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// Store is one open file. It belongs to one goroutine.
type Store struct {
	path string
	db   *sql.DB
	lock *os.File // nil when read-only
	st   statements
}

// statements are prepared once; the pool holds one connection.
type statements struct {
	size, entries, hash, note, notesFrom, last, receipts *sql.Stmt
	addEntry, addHash, addNote, setNote, addReceipt      *sql.Stmt
}

// Open opens the log at path for writing and creates it when there is none.
// The folder must exist. It fails with words if another process writes to it.
func Open(path string) (*Store, error) {
	s, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't open log file %s: %w", path, err)
	}
	return s, nil
}

func open(path string) (_ *Store, err error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: lock}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)", "wal_autocheckpoint(1000)",
	}}
	if err := s.connect(q); err != nil {
		return nil, err
	}
	if err := s.create(); err != nil {
		return nil, err
	}
	if err := s.prepare(true); err != nil {
		return nil, err
	}
	// The file may just have been created, and the -wal file is created anew
	// at every first read after a clean close. Until the folder itself is
	// flushed, a power cut may lose their names, and with the name of the -wal
	// all that was committed to it.
	if _, err := os.Stat(path + "-wal"); err != nil {
		return nil, fmt.Errorf("its write-ahead log is not there: %w", err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return s, nil
}

// OpenReadOnly opens an existing log beside a writer that may be running.
// Append and AddNote fail. Where nothing may be created beside the file (a
// read-only disk), it is read as it lies, provided that no -wal is left over.
func OpenReadOnly(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("couldn't open log file: %w", err)
	}
	s := &Store{path: path}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)", "query_only(1)", "trusted_schema(0)"}}
	err := s.openReading(q)
	if err == nil {
		return s, nil
	}
	s.Close()
	if fi, werr := os.Stat(path + "-wal"); errors.Is(werr, os.ErrNotExist) || werr == nil && fi.Size() == 0 {
		s = &Store{path: path}
		q.Set("immutable", "1")
		if s.openReading(q) == nil {
			return s, nil
		}
		s.Close()
	}
	return nil, fmt.Errorf("couldn't open log file %s: %w", path, err)
}

func (s *Store) openReading(q url.Values) error {
	if err := s.connect(q); err != nil {
		return err
	}
	app, version, err := s.marks(s.db)
	if err != nil {
		return err
	}
	if err := checkMarks(app, version); err != nil {
		return err
	}
	return s.prepare(false)
}

func (s *Store) connect(q url.Values) error {
	abs, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath() + "?" + q.Encode()
	if s.db, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	// One connection: statements stay prepared on it, and nothing of ours can
	// wait for anything else of ours.
	s.db.SetMaxOpenConns(1)
	s.db.SetMaxIdleConns(1)
	return nil
}

type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func (s *Store) marks(q querier) (app, version int64, err error) {
	if err = q.QueryRowContext(context.Background(), "PRAGMA application_id").Scan(&app); err != nil {
		return 0, 0, err
	}
	err = q.QueryRowContext(context.Background(), "PRAGMA user_version").Scan(&version)
	return app, version, err
}

func checkMarks(app, version int64) error {
	if app != applicationID {
		return fmt.Errorf("it is not a Parley log: its application id is %#x, want %#x", app, applicationID)
	}
	if version != userVersion {
		return fmt.Errorf("its format is %d, this Parley reads %d: use the Parley that wrote it", version, userVersion)
	}
	return nil
}

// create makes the tables in an empty file, marks and all in one transaction:
// a crash leaves an empty file or a whole one.
func (s *Store) create() error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	app, version, err := s.marks(tx)
	if err != nil {
		return err
	}
	var tables int
	if err := tx.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if app != 0 || version != 0 || tables != 0 {
		return checkMarks(app, version)
	}
	if _, err := tx.Exec(schema + fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d;", applicationID, userVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *Store) prepare(writing bool) error {
	var err error
	prep := func(p **sql.Stmt, q string) {
		if err == nil {
			*p, err = s.db.Prepare(q)
		}
	}
	prep(&s.st.size, "SELECT coalesce(max(i)+1, 0) FROM entry")
	prep(&s.st.entries, "SELECT i, leaf FROM entry WHERE i >= ? AND i < ? ORDER BY i")
	prep(&s.st.hash, "SELECT h FROM hash WHERE i = ?")
	prep(&s.st.note, "SELECT note FROM checkpoint WHERE size = ?")
	prep(&s.st.notesFrom, "SELECT size, note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT ?")
	prep(&s.st.last, "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
	prep(&s.st.receipts, "SELECT name, size FROM receipt")
	if writing {
		prep(&s.st.addEntry, "INSERT INTO entry (i, leaf) VALUES (?, ?)")
		prep(&s.st.addHash, "INSERT INTO hash (i, h) VALUES (?, ?)")
		prep(&s.st.addNote, "INSERT INTO checkpoint (size, note) VALUES (?, ?)")
		prep(&s.st.setNote, "UPDATE checkpoint SET note = ? WHERE size = ?")
		prep(&s.st.addReceipt, "INSERT INTO receipt (name, size) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET size = max(size, excluded.size)")
	}
	return err
}

// Close lets go of the file. What is durable stays so.
func (s *Store) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
		s.db = nil
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}

// Append makes a batch durable in one transaction.
func (s *Store) Append(b logbook.Batch) error {
	return s.write("append to", func(tx *sql.Tx) error {
		var size int64
		if err := tx.Stmt(s.st.size).QueryRow().Scan(&size); err != nil {
			return err
		}
		if err := logbook.CheckBatch(uint64(size), b); err != nil {
			return err
		}
		add := tx.Stmt(s.st.addEntry)
		for i, e := range b.Entries {
			if e == nil {
				e = []byte{} // nil would be NULL
			}
			if _, err := add.Exec(size+int64(i), e); err != nil {
				return err
			}
		}
		add = tx.Stmt(s.st.addHash)
		first := tlog.StoredHashIndex(0, size)
		for i := range b.Hashes {
			if _, err := add.Exec(first+int64(i), b.Hashes[i][:]); err != nil {
				return err
			}
		}
		end := size + int64(len(b.Entries))
		if _, err := tx.Stmt(s.st.addNote).Exec(end, b.Note); err != nil {
			return err
		}
		return s.addReceipts(tx, end, b.Note)
	})
}

// AddNote replaces the checkpoint of a size by the same with more receipts.
func (s *Store) AddNote(size uint64, note []byte) error {
	return s.write("add a receipt to", func(tx *sql.Tx) error {
		r, err := tx.Stmt(s.st.setNote).Exec(note, int64(size))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return errors.Join(fmt.Errorf("no checkpoint of size %d is stored", size), err)
		}
		return s.addReceipts(tx, int64(size), note)
	})
}

func (s *Store) addReceipts(tx *sql.Tx, size int64, note []byte) error {
	for _, name := range logbook.CosignerNames(note) {
		if _, err := tx.Stmt(s.st.addReceipt).Exec(name, size); err != nil {
			return err
		}
	}
	return nil
}

// write runs f in one transaction. Before Commit a crash leaves the file as it
// was; during Commit, as it was or with all of f; when Commit has given nil,
// with all of f. An error of Commit is unknown, and so is every error here.
func (s *Store) write(what string, f func(*sql.Tx) error) error {
	if s.st.addEntry == nil {
		return fmt.Errorf("couldn't %s log file %s: it is open for reading only", what, s.path)
	}
	tx, err := s.db.Begin()
	if err != nil {
		return fmt.Errorf("couldn't %s log file %s: %w", what, s.path, err)
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return fmt.Errorf("couldn't %s log file %s: %w", what, s.path, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("couldn't %s log file %s, it may or may not be done: %w", what, s.path, err)
	}
	return nil
}
