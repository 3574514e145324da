package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// How often the gate looks: right after the commit, then ever more seldom.
const (
	gateFirst = time.Millisecond
	gateLast  = 20 * time.Millisecond
)

// gateQuery asks how many synchronous standbys have flushed all that the
// primary had flushed when it was first asked ($1 null), which is after the
// commit: every write of ours is flushed at the primary before COMMIT
// returns (SET LOCAL synchronous_commit in begin), so the primary's own flush
// position is at or past it. (Its insert position would not do: at the edge of
// a page it can lie ahead of all that is ever sent.) sync_state is what
// PostgreSQL derives from synchronous_standby_names: sync or quorum; potential
// and async do not count.
const gateQuery = `
WITH at AS MATERIALIZED (SELECT coalesce($1::text::pg_lsn, pg_current_wal_flush_lsn()) AS lsn)
SELECT at.lsn::text, current_setting('synchronous_standby_names'), current_setting('fsync'), current_setting('full_page_writes'),
	(SELECT count(*) FROM pg_stat_replication r WHERE r.sync_state IN ('sync', 'quorum') AND r.flush_lsn >= at.lsn)
FROM at`

// pass waits until enough synchronous standbys hold all that c has committed
// or seen, and gives an error when ctx ends first or the connection breaks. c
// must be the very connection that committed: another may lead to another
// server, with another history.
func (db *DB) pass(ctx context.Context, c *pgx.Conn) error {
	if db.cfg.Alone {
		return nil
	}
	var first *string
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	for wait := gateFirst; ; wait = min(2*wait, gateLast) {
		var target, names, fsync, pages string
		var seen int
		if err := c.QueryRow(ctx, gateQuery, first).Scan(&target, &names, &fsync, &pages, &seen); err != nil {
			return err
		}
		if err := checkSettings(fsync, pages); err != nil {
			return err
		}
		if seen >= db.cfg.Standbys && !strings.Contains(names, "*") {
			return nil
		}
		first = &target
		pause.Reset(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return errGate(names, target, seen, db.cfg.Standbys, ctx.Err())
		}
	}
}
