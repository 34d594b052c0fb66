// Package store keeps the nouns in Postgres: one file per noun, the SQL beside its scan. Its errors are those of the
// root package; anything else is internal.
package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	oteltrace "go.opentelemetry.io/otel/trace"

	"storelink"
)

// DB is the database. Leases are renewed and passes settled over connections of their own, so that a pool full of
// other work never kills a live pass; slots of the budget are booked over others, so that waiting for its one row delays
// neither; and operators ask over others again, so that their slow queries never keep a user waiting.
type DB struct {
	pool   limitedPool
	admin  limitedPool
	leases *pgxpool.Pool
	budget *pgxpool.Pool
	now    func() time.Time

	metrics *Metrics
}

// Options sets the size of the pools. Zero values take the defaults: 16, 4, 3 and 8.
type Options struct {
	MaxConns       int32
	MaxLeaseConns  int32
	MaxBudgetConns int32
	MaxAdminConns  int32
	Now            func() time.Time         // the process's clock, as passes read it; nil: time.Now
	Tracer         pgx.QueryTracer          // told of each statement; nil: nobody is
	Metrics        *Metrics                 // nil: nothing is counted
	Traces         oteltrace.TracerProvider // nil: no spans
}

// Open connects to the database at url and checks that it answers. It returns an error with code
// storelink.ErrDatabaseUnavailable where it does not.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	for size, usual := range map[*int32]int32{&o.MaxConns: 16, &o.MaxLeaseConns: 4, &o.MaxBudgetConns: 3, &o.MaxAdminConns: 8} {
		if *size == 0 {
			*size = usual
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Traces != nil {
		o.Tracer = both(o.Tracer, newSpanTracer(o.Traces))
	}
	var pools []*pgxpool.Pool
	for _, p := range []struct {
		name     string
		size     int32
		settings []func(*pgxpool.Config)
	}{
		{name: generalPool, size: o.MaxConns},
		{name: adminPool, size: o.MaxAdminConns, settings: []func(*pgxpool.Config){setUp(AdminSettings)}},
		{name: leasePool, size: o.MaxLeaseConns, settings: []func(*pgxpool.Config){setUp(planOnce)}},
		{name: budgetPool, size: o.MaxBudgetConns},
	} {
		pool, err := newPool(ctx, url, p.size, o.Metrics.tracer(p.name, o.Tracer), p.settings...)
		if err != nil {
			for _, open := range pools {
				open.Close()
			}
			return nil, err
		}
		pools = append(pools, pool)
	}
	db := &DB{
		pool: limitedPool{pools[0], publicQuery}, admin: limitedPool{pools[1], adminQuery},
		leases: pools[2], budget: pools[3], now: o.Now, metrics: o.Metrics,
	}
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// planOnce keeps the plans of the passes' statements, which are few, long and run for every store: each is served by an
// index whatever its arguments are. A plan that was made while the tables were small must not scan them later on.
const planOnce = `SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off`

// AdminSettings make operators' queries go by an index in its order, and stop once a page is full, where the planner would
// rather collect all matches first: it counts on disks that turn, and takes reading off long lists of trigrams for cheaper
// than it is. What is compiled for a page costs more than the page.
const AdminSettings = `SET random_page_cost = 1.1; SET cpu_index_tuple_cost = 0.03; SET jit = off`

// setUp says it once a connection is there: poolers refuse what they do not know when one is opened.
func setUp(settings string) func(cfg *pgxpool.Config) {
	return func(cfg *pgxpool.Config) {
		cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, settings)
			return wrap("set up connection", err)
		}
	}
}

func newPool(ctx context.Context, url string, size int32, tracer pgx.QueryTracer, settings ...func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL cannot be read") // pgx's text may hold the password
	}
	cfg.MaxConns = size
	cfg.MinConns = 1
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.Tracer = tracer
	cfg.ConnConfig.RuntimeParams["application_name"] = "storelink"
	for _, set := range settings {
		set(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return pool, nil
}

// Close waits for connections in use and closes the pools.
func (db *DB) Close() {
	db.budget.Close()
	db.leases.Close()
	db.admin.Close()
	db.pool.Close()
}

// Ping asks the database for an answer.
func (db *DB) Ping(ctx context.Context) error {
	return wrap("ping", db.pool.Ping(ctx))
}

// inTx runs f in a transaction of the general pool and commits where f returns nil.
func (db *DB) inTx(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return inTx(ctx, db.pool.Pool, pgx.TxOptions{BeginQuery: beginWrite}, f)
}

// inLeaseTx is inTx over the connections kept for live passes.
func (db *DB) inLeaseTx(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return inTx(ctx, db.leases, pgx.TxOptions{}, f)
}

func inTx(ctx context.Context, pool *pgxpool.Pool, o pgx.TxOptions, f func(ctx context.Context, tx pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, pool, o, func(tx pgx.Tx) error { return f(ctx, tx) })
	return wrap("transaction", err)
}

// wrap turns a Postgres error into one of the root package's where callers decide on it, and names the operation in
// all others. Errors that have a code already, and cancellations by the caller, pass as they are.
func wrap(op string, err error) error {
	var coded *storelink.Error
	switch {
	case err == nil, errors.As(err, &coded), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return storelink.Errorf(storelink.ErrNotFound, "there is no such thing").WithCause(fmt.Errorf("%s: %w", op, err))
	case unavailable(err):
		return storelink.Errorf(storelink.ErrDatabaseUnavailable, "the database does not answer").
			WithCause(fmt.Errorf("%s: %w", op, err))
	}
	return fmt.Errorf("%s: %w", op, err)
}

func unavailable(err error) bool {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		// Connection exceptions, shutdowns, lack of resources, statement time-outs.
		for _, class := range []string{"08", "57", "53"} {
			if strings.HasPrefix(pgErr.Code, class) {
				return true
			}
		}
		return false
	}
	var connectErr *pgconn.ConnectError
	var netErr net.Error
	return errors.As(err, &connectErr) || errors.As(err, &netErr) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "closed pool")
}

// desiredTwice reports whether another mapping came to desire the same local store id first.
func desiredTwice(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.ConstraintName == "mappings_desired_local_id_key"
}

// newID returns a UUIDv7 (RFC 9562): ids of ours are made here, so that no SQL needs a server that makes them.
func newID() string {
	return uuid.Must(uuid.NewV7()).String()
}
