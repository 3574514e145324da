// Package postgres keeps logbooks in one PostgreSQL database: the
// logbook.Store of a party that runs several nodes.
//
// One node of them, the sequencer of a log, writes; Take makes a node the
// sequencer and fences out whoever was it before. The others read (Follow)
// and take over. Entries, tree hashes and the signed checkpoint of a batch go
// in one transaction.
//
// # The fence
//
// Each log has an epoch, a number that only grows, and the name of who holds
// it. Take raises it. Every write locks the row of its log and compares both
// in its own transaction, so a sequencer that has slept through a take-over,
// or is cut off from all but the database, gets *FencedError and can never
// write again. Nothing here depends on clocks or leases: to take over too
// often is a waste and never a fork.
//
// # The release gate
//
// A COMMIT that PostgreSQL reports as done need not be on a second machine:
// cancelling the wait for the standby (pg_cancel_backend, a fast shutdown)
// returns success with a warning, and a failover tool may empty
// synchronous_standby_names while no standby lives. So Append says durable
// only after this node itself has seen, on the connection that committed, the
// flush position of a synchronous standby pass the primary's own at a moment
// after the commit. Where it could not see that, the write is unknown
// (*UnknownError; package logbook then refuses all until the log is opened
// again), and Load passes the same gate, so that what was unknown is either
// on the standby too or not shown.
//
// # What a crash leaves
//
// All of a batch or nothing of it. A batch whose Append gave nil survives the
// loss of the primary's machine if the standby that flushed it is the one
// promoted; docs/design/postgres.md says what the cluster must be told for
// that, and what this package cannot see.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	minVersion      = 150000 // server_version_num
	formatVersion   = 1      // of the tables; a greater one is of a newer Parley
	defaultSchema   = "parley"
	defaultPatience = 5 * time.Second
	schemaLock      = 0x50524c59 // "PRLY": advisory lock while tables are made
)

// Config says which database, and what counts as durable.
type Config struct {
	// DSN is a connection string or URL of PostgreSQL. It may name several
	// hosts: only one that takes writes is used, so that a failover is found
	// by trying. No pooler may stand between (it would mix connections).
	DSN string
	// Schema holds the tables and is created; "" is "parley". Parties that
	// share a database for an exercise have one each.
	Schema string
	// Holder names this node to people who ask who is the sequencer.
	Holder string
	// Standbys is how many synchronous standbys must have flushed a write
	// before it is durable; 0 is 1. It should be the number in
	// synchronous_standby_names.
	Standbys int
	// Alone leaves the release gate out: one PostgreSQL without a standby,
	// where the loss of its disk is the loss of the log.
	Alone bool
	// Patience bounds each write and each Load; what has not become durable
	// within it is unknown. 0 is 5 s.
	Patience time.Duration
}

// DB is one database. It may be used by many goroutines; each Store belongs
// to one.
type DB struct {
	cfg  Config
	pool *pgxpool.Pool
}

// Open connects, refuses a server that would lose what it acknowledged
// (*UnsafeError), and makes the tables when there are none.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the PostgreSQL store: %w", err)
	}
	return db, nil
}

func open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Schema == "" {
		cfg.Schema = defaultSchema
	}
	if cfg.Standbys < 0 || cfg.Patience < 0 {
		return nil, errors.New("standbys and patience can't be negative")
	}
	if cfg.Standbys == 0 {
		cfg.Standbys = 1
	}
	if cfg.Patience == 0 {
		cfg.Patience = defaultPatience
	}
	pc, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, err
	}
	pc.ConnConfig.RuntimeParams["search_path"] = pgx.Identifier{cfg.Schema}.Sanitize()
	if _, named := pc.ConnConfig.RuntimeParams["application_name"]; !named {
		pc.ConnConfig.RuntimeParams["application_name"] = "parley"
	}
	// A standby, or an old primary that was made one, is passed over.
	pc.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = cfg.Patience
	}
	db := &DB{cfg: cfg}
	// Each connection, not only the first: after a failover it is another server.
	pc.AfterConnect = db.checkServer
	if db.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, err
	}
	if err := db.create(ctx); err != nil {
		db.pool.Close()
		return nil, err
	}
	return db, nil
}

// Close lets go of all connections. Stores of it are of no use any more.
func (db *DB) Close() { db.pool.Close() }

// checkServer is run on every new connection.
func (db *DB) checkServer(ctx context.Context, c *pgx.Conn) error {
	var version int
	var fsync, pages, commit string
	var sees bool
	err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('fsync'),
		current_setting('full_page_writes'), current_setting('synchronous_commit'),
		pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')`).Scan(&version, &fsync, &pages, &commit, &sees)
	if err != nil {
		return err
	}
	if version < minVersion {
		return &UnsafeError{"server_version_num", fmt.Sprint(version), "Parley needs PostgreSQL 15 or newer"}
	}
	if err := checkSettings(fsync, pages); err != nil {
		return err
	}
	if commit == "off" {
		return &UnsafeError{"synchronous_commit", commit, "a commit would be reported before it is on any disk; set it to on for the server, this database and this role"}
	}
	if !db.cfg.Alone && !sees {
		return &UnsafeError{"pg_read_all_stats", "not granted", "without it this node can't see how far the standby is; run GRANT pg_read_all_stats TO this role"}
	}
	return nil
}

// checkSettings refuses what a reload of the server's configuration can
// change under us; it is asked again with every write.
func checkSettings(fsync, pages string) error {
	if fsync != "on" {
		return &UnsafeError{"fsync", fsync, "what is acknowledged could be lost with the power; set it to on, and take the database anew from a copy if it was ever off during a crash"}
	}
	if pages != "on" {
		return &UnsafeError{"full_page_writes", pages, "a torn page could not be mended after a power cut; set it to on"}
	}
	return nil
}

// tables of format 1. Indexes count from 0, of entries in the log and of
// hashes as tlog.StoredHashIndex gives them. No foreign keys: they would be
// looked up once an entry, and the lock on the log's row already orders all.
// Leaves are signed and salted: to try to compress them is a waste.
const tables = `
CREATE TABLE format (version int NOT NULL);
CREATE TABLE logs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, origin text NOT NULL UNIQUE,
	epoch bigint NOT NULL, holder text NOT NULL, token uuid NOT NULL, taken timestamptz NOT NULL);
CREATE TABLE entries (log bigint, i bigint CHECK (i >= 0), leaf bytea NOT NULL, PRIMARY KEY (log, i));
CREATE TABLE hashes (log bigint, i bigint CHECK (i >= 0), h bytea NOT NULL CHECK (length(h) = 32), PRIMARY KEY (log, i));
CREATE TABLE checkpoints (log bigint, size bigint CHECK (size > 0), note bytea NOT NULL, PRIMARY KEY (log, size));
CREATE TABLE receipts (log bigint, name text, size bigint NOT NULL, PRIMARY KEY (log, name));
ALTER TABLE entries ALTER leaf SET STORAGE EXTERNAL;
ALTER TABLE checkpoints ALTER note SET STORAGE EXTERNAL;
`

// create makes the tables, mark and all in one transaction. Nodes that start
// together wait for each other.
func (db *DB) create(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, db.cfg.Patience)
	defer cancel()
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(schemaLock)); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, "SELECT exists (SELECT FROM pg_namespace WHERE nspname = $1)", db.cfg.Schema).Scan(&there); err != nil {
			return err
		}
		if there {
			var version int
			if err := tx.QueryRow(ctx, "SELECT version FROM format").Scan(&version); err != nil {
				return fmt.Errorf("schema %q isn't Parley's: %w", db.cfg.Schema, err)
			}
			if version != formatVersion {
				return fmt.Errorf("the format of schema %q is %d, this Parley reads %d: use the Parley that wrote it", db.cfg.Schema, version, formatVersion)
			}
			return nil
		}
		_, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{db.cfg.Schema}.Sanitize()+";"+tables+
			fmt.Sprintf("INSERT INTO format VALUES (%d)", formatVersion))
		return err
	})
}

// UnsafeError says which setting of the server would lose what was acknowledged.
type UnsafeError struct {
	Setting, Value string
	Remedy         string
}

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("this PostgreSQL is not safe for a record: %s is %s; %s", e.Setting, e.Value, e.Remedy)
}

// FencedError says that another has taken the log over. The Store that gives
// it never writes again; who still wants to write must Take the log anew, and
// must first ask the other parties what of it they have seen.
type FencedError struct {
	Log    string // the log's origin
	Epoch  int64  // ours
	Now    int64  // the one in force; 0 where the log is gone
	Holder string // who holds it
}

func (e *FencedError) Error() string {
	if e.Now == 0 {
		return fmt.Sprintf("fenced out of log %s: it is not in this database any more (we held epoch %d)", e.Log, e.Epoch)
	}
	return fmt.Sprintf("fenced out of log %s: %q holds epoch %d, we held %d", e.Log, e.Holder, e.Now, e.Epoch)
}

// UnknownError says that a write was sent and may or may not last. The Store
// writes no more until Load has shown what is durable.
type UnknownError struct {
	Log string
	// Committed: the primary reported success and the gate was not passed.
	// Otherwise not even that came back.
	Committed bool
	Err       error
}

func (e *UnknownError) Error() string {
	if e.Committed {
		return fmt.Sprintf("log %s: the primary has committed, but no synchronous standby was seen to hold it, so it may be lost: %v", e.Log, e.Err)
	}
	return fmt.Sprintf("log %s: the commit was sent and its end is unknown: %v", e.Log, e.Err)
}
func (e *UnknownError) Unwrap() error { return e.Err }

// errGate says why the gate stayed shut.
func errGate(names, target string, seen, want int, cause error) error {
	why := fmt.Sprintf("%d of %d synchronous standbys have flushed up to %s", seen, want, target)
	switch {
	case names == "":
		why = "synchronous_standby_names is empty: name the standby there"
	case strings.Contains(names, "*"):
		why = "synchronous_standby_names has a *, under which a backup or any receiver of WAL counts as a standby: name the standbys"
	}
	return fmt.Errorf("%s: %w", why, cause)
}
