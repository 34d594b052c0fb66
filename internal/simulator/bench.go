package simulator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink/internal/store"
)

// replicas is how many processes live at a time.
const replicas = 2

// epoch is when every schedule begins.
var epoch = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Bench is a database that schedules are played on, one after the other.
type Bench struct {
	sql    *pgx.Conn
	watch  *pgx.Conn // used while an actor may be using the other one
	stores [replicas]*store.DB
	clocks [replicas]func() time.Time
}

// Open prepares the migrated database at url for schedules. Its clock is a sequence from now on, which each reading
// moves by a microsecond, so that no two things happen at the same time; and statements touch their rows in one order,
// whatever the planner thinks of the tables' sizes.
func Open(ctx context.Context, url string) (*Bench, error) {
	sql, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	_, err = sql.Exec(ctx, `
		CREATE SEQUENCE sim_clock;
		CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL UNSAFE
			AS $$ SELECT timestamptz 'epoch' + nextval('sim_clock') * interval '1 microsecond' $$;
		DO $$ DECLARE setting text; BEGIN
			FOREACH setting IN ARRAY ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_bitmapscan'] LOOP
				EXECUTE format('ALTER DATABASE %I SET %I = off', current_database(), setting);
			END LOOP;
		END $$`)
	if err != nil {
		return nil, fmt.Errorf("replace the clock: %w", err)
	}
	// Connections opened from here on have the settings.
	watch, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	b := &Bench{sql: sql, watch: watch}
	for i := range b.stores {
		b.clocks[i] = time.Now
		b.stores[i], err = store.Open(ctx, url, store.Options{
			MaxConns: 12, MaxLeaseConns: 12, Now: func() time.Time { return b.clocks[i]() }, Tracer: tracer{},
		})
		if err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	return b, nil
}

// Close closes what Open opened.
func (b *Bench) Close() {
	for _, db := range b.stores {
		db.Close()
	}
	b.watch.Close(context.Background()) //nolint:errcheck // as the next
	b.sql.Close(context.Background())   //nolint:errcheck // nobody is left to be told
}

// clean empties the tables, and begins time again.
func (b *Bench) clean(ctx context.Context) error {
	_, err := b.sql.Exec(ctx, `
		DELETE FROM idempotency_keys; DELETE FROM mapping_events; DELETE FROM run_items; DELETE FROM mappings;
		DELETE FROM runs; DELETE FROM sessions; DELETE FROM grants; DELETE FROM organizations;
		SELECT setval('sim_clock', `+fmt.Sprint(epoch.UnixMicro())+`)`)
	return err
}

// setClock moves the database's clock on, never back.
func (b *Bench) setClock(ctx context.Context, to time.Time) error {
	_, err := b.sql.Exec(ctx, `SELECT setval('sim_clock', GREATEST(last_value, $1)) FROM sim_clock`, to.UnixMicro())
	return err
}

// blocked returns how many connections wait for a lock, and which connections hold them up. The lock that lets one commit
// with a NOTIFY go after the other is the whole server's: who holds it is about to give it up, in another database perhaps.
func (b *Bench) blocked(ctx context.Context) (n int, by []uint32, err error) {
	err = b.watch.QueryRow(ctx, `
		SELECT count(DISTINCT l.pid), COALESCE(array_agg(DISTINCT h) FILTER (WHERE h IS NOT NULL), '{}')
		FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		LEFT JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS h ON true
		WHERE NOT l.granted AND a.datname = current_database() AND a.backend_type = 'client backend'
		  AND NOT (l.locktype = 'object' AND l.database = 0)`).Scan(&n, &by)
	return n, by, err
}

// nextDue returns when there is something to claim.
func (b *Bench) nextDue(ctx context.Context) (time.Time, bool, error) {
	var at *time.Time
	err := b.sql.QueryRow(ctx, `
		SELECT min(GREATEST(wake_at, COALESCE(leased_until, wake_at))) FROM mappings WHERE wake_at IS NOT NULL`).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, false, err
	}
	return *at, true, nil
}
