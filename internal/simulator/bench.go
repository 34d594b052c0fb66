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
	stores [replicas]*store.DB
	clocks [replicas]func() time.Time
}

// Open prepares the migrated database at url for schedules: its clock is a sequence from now on, which each reading
// moves by a microsecond, so that no two things happen at the same time.
func Open(ctx context.Context, url string) (*Bench, error) {
	sql, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	_, err = sql.Exec(ctx, `
		CREATE SEQUENCE sim_clock;
		CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL UNSAFE
			AS $$ SELECT timestamptz 'epoch' + nextval('sim_clock') * interval '1 microsecond' $$`)
	if err != nil {
		return nil, fmt.Errorf("replace the clock: %w", err)
	}
	b := &Bench{sql: sql}
	for i := range b.stores {
		b.clocks[i] = time.Now
		b.stores[i], err = store.Open(ctx, url, store.Options{
			MaxConns: 4, MaxLeaseConns: 8, Now: func() time.Time { return b.clocks[i]() }, Tracer: tracer{},
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
	b.sql.Close(context.Background()) //nolint:errcheck // nobody is left to be told
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
