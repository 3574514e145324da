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

// begin opens every write. SET LOCAL: whatever a reload of the server's
// configuration says meanwhile, this commit is flushed at the primary, and
// sent to the synchronous standby and flushed there, before it returns.
var begin = pgx.TxOptions{BeginQuery: "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = on"}

// Store is one log. It belongs to one goroutine.
type Store struct {
	db     *DB
	origin string
	log    int64
	epoch  int64  // 0: read only
	token  string // tells two holders of one epoch apart, should a failover have lost a take-over

	stopped error // *FencedError for good; *UnknownError until Load
}

var _ logbook.Store = (*Store)(nil)

// Take makes this node the sequencer of a log: it raises the log's epoch,
// creating the log when there is none, and whoever held the last one can
// write no more. It returns when the new epoch is itself past the release
// gate, and with it everything that was committed before. Which node takes,
// and when, is for the caller to decide: the fence makes any choice safe.
func (db *DB) Take(ctx context.Context, origin string) (*Store, error) {
	s := &Store{db: db, origin: origin}
	ctx, cancel := context.WithTimeout(ctx, db.cfg.Patience)
	defer cancel()
	err := db.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		tx, err := c.BeginTx(ctx, begin)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		err = tx.QueryRow(ctx, `INSERT INTO logs AS l (origin, epoch, holder, token, taken) VALUES ($1, 1, $2, gen_random_uuid(), now())
			ON CONFLICT (origin) DO UPDATE SET epoch = l.epoch + 1, holder = $2, token = gen_random_uuid(), taken = now()
			RETURNING id, epoch, token::text`, origin, db.cfg.Holder).Scan(&s.log, &s.epoch, &s.token)
		if err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return &UnknownError{Log: origin, Err: err}
		}
		if err := db.pass(ctx, c.Conn()); err != nil {
			return &UnknownError{Log: origin, Committed: true, Err: err}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't take over log %s: %w", origin, err)
	}
	return s, nil
}

// Follow opens an existing log for reading beside its sequencer. Append and
// AddNote fail. It fences nobody out.
func (db *DB) Follow(ctx context.Context, origin string) (*Store, error) {
	s := &Store{db: db, origin: origin}
	ctx, cancel := context.WithTimeout(ctx, db.cfg.Patience)
	defer cancel()
	err := db.pool.QueryRow(ctx, "SELECT id FROM logs WHERE origin = $1", origin).Scan(&s.log)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errors.New("no such log in this database")
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read log %s: %w", origin, err)
	}
	return s, nil
}

// Epoch gives the epoch that this store holds or held; 0 when it only reads.
func (s *Store) Epoch() int64 { return s.epoch }

// Close lets go of nothing but the value: connections are the DB's, and the
// epoch stays until the next Take.
func (s *Store) Close() error { return nil }

// fence locks the row of the log for the rest of the transaction and checks
// that it is still ours. Whoever wants to take over waits for that long.
func (s *Store) fence(ctx context.Context, tx pgx.Tx) error {
	var now int64
	var holder, token, fsync, pages string
	err := tx.QueryRow(ctx, `SELECT epoch, holder, token::text, current_setting('fsync'), current_setting('full_page_writes')
		FROM logs WHERE id = $1 FOR UPDATE`, s.log).Scan(&now, &holder, &token, &fsync, &pages)
	if errors.Is(err, pgx.ErrNoRows) {
		now, holder, token, err = 0, "", "", nil
		fsync, pages = "on", "on"
	}
	if err != nil {
		return err
	}
	if now != s.epoch || token != s.token {
		s.stopped = &FencedError{Log: s.origin, Epoch: s.epoch, Now: now, Holder: holder}
		return s.stopped
	}
	return checkSettings(fsync, pages)
}

// write runs f in one transaction behind the fence and returns when it is
// past the release gate. A crash before COMMIT reaches the primary leaves the
// log as it was; after that, all of f or nothing, and until the gate is
// passed nobody here knows which.
func (s *Store) write(what string, f func(context.Context, pgx.Tx) error) error {
	err := s.stopped
	if s.epoch == 0 {
		err = errors.New("it is open for reading only")
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), s.db.cfg.Patience)
		defer cancel()
		err = s.db.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return s.commit(ctx, c, f) })
	}
	if err != nil {
		return fmt.Errorf("couldn't %s log %s: %w", what, s.origin, err)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, c *pgxpool.Conn, f func(context.Context, pgx.Tx) error) error {
	tx, err := c.BeginTx(ctx, begin)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // after Commit it does nothing
	if err := s.fence(ctx, tx); err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		s.stopped = &UnknownError{Log: s.origin, Err: err}
		return s.stopped
	}
	if err := s.db.pass(ctx, c.Conn()); err != nil {
		s.stopped = &UnknownError{Log: s.origin, Committed: true, Err: err}
		return s.stopped
	}
	return nil
}

// Append makes a batch durable in one transaction.
func (s *Store) Append(b logbook.Batch) error {
	return s.write("append to", func(ctx context.Context, tx pgx.Tx) error {
		// Its own statement after the lock, and so with a snapshot from after it.
		var size int64
		if err := tx.QueryRow(ctx, sizeQuery, s.log).Scan(&size); err != nil {
			return err
		}
		if err := logbook.CheckBatch(uint64(size), b); err != nil {
			return err
		}
		entries := make([][]byte, len(b.Entries))
		for i, e := range b.Entries {
			entries[i] = append([]byte{}, e...) // nil would be NULL
		}
		hashes := make([][]byte, len(b.Hashes))
		for i := range b.Hashes {
			hashes[i] = b.Hashes[i][:]
		}
		end := size + int64(len(entries))
		q := &pgx.Batch{}
		q.Queue("INSERT INTO entries (log, i, leaf) SELECT $1, $2 + n - 1, e FROM unnest($3::bytea[]) WITH ORDINALITY AS u (e, n)", s.log, size, entries)
		q.Queue("INSERT INTO hashes (log, i, h) SELECT $1, $2 + n - 1, h FROM unnest($3::bytea[]) WITH ORDINALITY AS u (h, n)",
			s.log, tlog.StoredHashIndex(0, size), hashes)
		q.Queue("INSERT INTO checkpoints (log, size, note) VALUES ($1, $2, $3)", s.log, end, b.Note)
		s.queueReceipts(q, end, b.Note)
		return tx.SendBatch(ctx, q).Close()
	})
}

// AddNote replaces the checkpoint of a size by the same with more receipts.
func (s *Store) AddNote(size uint64, note []byte) error {
	return s.write("add a receipt to", func(ctx context.Context, tx pgx.Tx) error {
		if size > logbook.MaxSize {
			return fmt.Errorf("no checkpoint of size %d is stored", size)
		}
		r, err := tx.Exec(ctx, "UPDATE checkpoints SET note = $3 WHERE log = $1 AND size = $2", s.log, int64(size), note)
		if err != nil {
			return err
		}
		if r.RowsAffected() != 1 {
			return fmt.Errorf("no checkpoint of size %d is stored", size)
		}
		q := &pgx.Batch{}
		s.queueReceipts(q, int64(size), note)
		return tx.SendBatch(ctx, q).Close()
	})
}

func (s *Store) queueReceipts(q *pgx.Batch, size int64, note []byte) {
	for _, name := range logbook.CosignerNames(note) {
		q.Queue(`INSERT INTO receipts AS r (log, name, size) VALUES ($1, $2, $3)
			ON CONFLICT (log, name) DO UPDATE SET size = greatest(r.size, excluded.size)`, s.log, name, size)
	}
}
