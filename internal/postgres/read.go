package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"parley/logbook"
)

const sizeQuery = "SELECT coalesce(max(i) + 1, 0) FROM entries WHERE log = $1"

// Load gives what is durably held: what is read is given only after it has
// passed the release gate, for a commit whose wait was cancelled can be seen
// before any standby has it. For the sequencer it passes the fence too, and
// ends the unknown that a failed write left.
func (s *Store) Load() (logbook.State, error) {
	st, err := s.load()
	if err != nil {
		return logbook.State{}, fmt.Errorf("couldn't read log %s: %w", s.origin, err)
	}
	return st, nil
}

func (s *Store) load() (logbook.State, error) {
	var fenced *FencedError
	if errors.As(s.stopped, &fenced) {
		return logbook.State{}, fenced
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.db.cfg.Patience)
	defer cancel()
	var st logbook.State
	err := s.db.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		tx, err := c.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		// The lock waits for a commit of our own that is still under way on a
		// connection we have lost: otherwise it could become seen after we have
		// looked, and we would sign the same places again.
		if s.epoch > 0 {
			if err := s.fence(ctx, tx); err != nil {
				return err
			}
		}
		if st, err = s.read(ctx, tx); err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return err
		}
		if err := s.db.pass(ctx, c.Conn()); err != nil {
			return &UnknownError{Log: s.origin, Committed: true, Err: err}
		}
		return nil
	})
	if err == nil {
		s.stopped = nil
	}
	return st, err
}

// read is one statement, for a snapshot of one instant.
func (s *Store) read(ctx context.Context, tx pgx.Tx) (logbook.State, error) {
	st := logbook.State{Receipts: map[string]uint64{}}
	var size int64
	var names []string
	var sizes []int64
	err := tx.QueryRow(ctx, "SELECT ("+sizeQuery+`),
		(SELECT note FROM checkpoints WHERE log = $1 ORDER BY size DESC LIMIT 1),
		(SELECT array_agg(name ORDER BY name) FROM receipts WHERE log = $1),
		(SELECT array_agg(size ORDER BY name) FROM receipts WHERE log = $1)`, s.log).Scan(&size, &st.Note, &names, &sizes)
	if err != nil {
		return st, err
	}
	st.Size = uint64(size)
	for i, name := range names {
		st.Receipts[name] = uint64(sizes[i])
	}
	return st, nil
}

// reading gives the context of one read.
func (s *Store) reading() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.db.cfg.Patience)
}

// Entries gives the entries [from, to) within maxBytes.
func (s *Store) Entries(from, to uint64, maxBytes int) ([][]byte, error) {
	out, err := s.entries(from, to, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("couldn't read entries %d to %d of log %s: %w", from, to, s.origin, err)
	}
	return out, nil
}

func (s *Store) entries(from, to uint64, maxBytes int) ([][]byte, error) {
	if from > to || to > logbook.MaxSize {
		return nil, errors.New("no such range")
	}
	ctx, cancel := s.reading()
	defer cancel()
	var out [][]byte
	// In steps, and cut by the server, so that a small maxBytes does not make
	// it send all of a long range.
	for at := from; at < to; at = from + uint64(len(out)) {
		end := min(to, at+logbook.MaxBatchEntries)
		rows, err := s.db.pool.Query(ctx, entriesQuery, s.log, int64(at), int64(end), maxBytes, at == from)
		if err != nil {
			return nil, err
		}
		var i int64
		var leaf []byte
		_, err = pgx.ForEachRow(rows, []any{&i, &leaf}, func() error {
			if uint64(i) != from+uint64(len(out)) {
				return fmt.Errorf("entry %d is missing", from+uint64(len(out)))
			}
			maxBytes -= len(leaf)
			out = append(out, leaf)
			leaf = nil
			return nil
		})
		if err != nil {
			return nil, err
		}
		next := from + uint64(len(out))
		if next == end {
			continue
		}
		var there bool // it was cut there, or there is no more
		if err := s.db.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM entries WHERE log = $1 AND i = $2)", s.log, int64(next)).Scan(&there); err != nil {
			return nil, err
		}
		if !there {
			return nil, fmt.Errorf("entry %d is missing", next)
		}
		return out, nil
	}
	return out, nil
}

// entriesQuery gives entries [$2, $3) of log $1 while they are $4 bytes at most
// together, and where $5 is true at least one.
const entriesQuery = `
SELECT i, leaf FROM (
	SELECT i, leaf, sum(length(leaf)) OVER (ORDER BY i) AS bytes FROM entries WHERE log = $1 AND i >= $2 AND i < $3) e
WHERE bytes <= $4::bigint OR $5 AND i = $2 ORDER BY i`

// Hashes gives stored hashes by index, in the order asked for.
func (s *Store) Hashes(idx []int64) ([]tlog.Hash, error) {
	ctx, cancel := s.reading()
	defer cancel()
	rows, err := s.db.pool.Query(ctx, "SELECT i, h FROM hashes WHERE log = $1 AND i = ANY($2)", s.log, idx)
	if err != nil {
		return nil, fmt.Errorf("couldn't read hashes of log %s: %w", s.origin, err)
	}
	held := make(map[int64]tlog.Hash, len(idx))
	var i int64
	var h []byte
	_, err = pgx.ForEachRow(rows, []any{&i, &h}, func() error {
		if len(h) != tlog.HashSize {
			return fmt.Errorf("hash %d has %d bytes", i, len(h))
		}
		held[i] = tlog.Hash(h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read hashes of log %s: %w", s.origin, err)
	}
	out := make([]tlog.Hash, len(idx))
	for k, x := range idx {
		var ok bool
		if out[k], ok = held[x]; !ok {
			return nil, fmt.Errorf("couldn't read hash %d of log %s: there is none", x, s.origin)
		}
	}
	return out, nil
}

// Note gives the checkpoint of exactly this size, or nil.
func (s *Store) Note(size uint64) ([]byte, error) {
	ns, err := s.NotesFrom(size, 1)
	if err != nil || len(ns) == 0 || ns[0].Size != size {
		return nil, err
	}
	return ns[0].Note, nil
}

// NotesFrom gives up to max checkpoints from a size on, ascending.
func (s *Store) NotesFrom(size uint64, max int) ([]logbook.NoteAt, error) {
	if size > logbook.MaxSize || max <= 0 {
		return nil, nil
	}
	ctx, cancel := s.reading()
	defer cancel()
	rows, err := s.db.pool.Query(ctx, "SELECT size, note FROM checkpoints WHERE log = $1 AND size >= $2 ORDER BY size LIMIT $3", s.log, int64(size), int64(max))
	if err != nil {
		return nil, fmt.Errorf("couldn't read checkpoints of log %s: %w", s.origin, err)
	}
	var out []logbook.NoteAt
	var at int64
	var note []byte
	_, err = pgx.ForEachRow(rows, []any{&at, &note}, func() error {
		out = append(out, logbook.NoteAt{Size: uint64(at), Note: note})
		note = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read checkpoints of log %s: %w", s.origin, err)
	}
	return out, nil
}
