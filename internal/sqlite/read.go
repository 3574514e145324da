package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"parley/logbook"
)

// Load gives what is durably held.
func (s *Store) Load() (logbook.State, error) {
	st, err := s.load()
	if err != nil {
		return logbook.State{}, fmt.Errorf("couldn't read log file %s: %w", s.path, err)
	}
	return st, nil
}

func (s *Store) load() (logbook.State, error) {
	// One transaction: beside a writer, size and head must be of one instant.
	tx, err := s.db.Begin()
	if err != nil {
		return logbook.State{}, err
	}
	defer tx.Rollback()
	st := logbook.State{Receipts: map[string]uint64{}}
	if err := tx.Stmt(s.st.size).QueryRow().Scan(&st.Size); err != nil {
		return st, err
	}
	if err := tx.Stmt(s.st.last).QueryRow().Scan(&st.Note); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return st, err
	}
	rows, err := tx.Stmt(s.st.receipts).Query()
	if err != nil {
		return st, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var size uint64
		if err := rows.Scan(&name, &size); err != nil {
			return st, err
		}
		st.Receipts[name] = size
	}
	return st, rows.Err()
}

// Entries gives the entries [from, to) within maxBytes.
func (s *Store) Entries(from, to uint64, maxBytes int) ([][]byte, error) {
	out, err := s.entries(from, to, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("couldn't read entries %d to %d of log file %s: %w", from, to, s.path, err)
	}
	return out, nil
}

func (s *Store) entries(from, to uint64, maxBytes int) ([][]byte, error) {
	if from > to || to > logbook.MaxSize {
		return nil, fmt.Errorf("no such range")
	}
	rows, err := s.st.entries.Query(int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var i uint64
		var leaf []byte
		if err := rows.Scan(&i, &leaf); err != nil {
			return nil, err
		}
		if i != from+uint64(len(out)) {
			return nil, fmt.Errorf("entry %d is missing", from+uint64(len(out)))
		}
		if maxBytes -= len(leaf); maxBytes < 0 && len(out) > 0 {
			return out, nil
		}
		out = append(out, leaf)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if from+uint64(len(out)) != to {
		return nil, fmt.Errorf("entry %d is missing", from+uint64(len(out)))
	}
	return out, nil
}

// Hashes gives stored hashes by index, in the order asked for.
func (s *Store) Hashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		var h []byte
		if err := s.st.hash.QueryRow(x).Scan(&h); err != nil {
			return nil, fmt.Errorf("couldn't read hash %d of log file %s: %w", x, s.path, err)
		}
		if copy(out[i][:], h) != len(out[i]) {
			return nil, fmt.Errorf("couldn't read hash %d of log file %s: it has %d bytes", x, s.path, len(h))
		}
	}
	return out, nil
}

// Note gives the checkpoint of exactly this size, or nil.
func (s *Store) Note(size uint64) ([]byte, error) {
	var note []byte
	err := s.st.note.QueryRow(int64(size)).Scan(&note)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read checkpoint %d of log file %s: %w", size, s.path, err)
	}
	return note, nil
}

// NotesFrom gives up to max checkpoints from a size on, ascending.
func (s *Store) NotesFrom(size uint64, max int) ([]logbook.NoteAt, error) {
	if size > logbook.MaxSize || max <= 0 {
		return nil, nil // SQLite takes a negative limit as none, and a size above its integers as a small one
	}
	rows, err := s.st.notesFrom.Query(int64(size), max)
	if err != nil {
		return nil, fmt.Errorf("couldn't read checkpoints of log file %s: %w", s.path, err)
	}
	defer rows.Close()
	var out []logbook.NoteAt
	for rows.Next() {
		var n logbook.NoteAt
		if err := rows.Scan(&n.Size, &n.Note); err != nil {
			return nil, fmt.Errorf("couldn't read checkpoints of log file %s: %w", s.path, err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("couldn't read checkpoints of log file %s: %w", s.path, err)
	}
	return out, nil
}
