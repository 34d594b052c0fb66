package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// publicQuery is how long a query of the public listener may take, and adminQuery one of the internal listener: the
	// wait for a connection included.
	publicQuery = 2 * time.Second
	adminQuery  = 5 * time.Second
	// beginWrite begins a transaction of the general pool. Accepting thousands of items takes its time, so its statements
	// have more than a query; a table that somebody locked must not keep the pool's connections all the same.
	beginWrite = `BEGIN; SET LOCAL statement_timeout = '10s'`
	// beginExport begins a transaction that reads everything, at the reader's pace.
	beginExport = `BEGIN READ ONLY; SET LOCAL statement_timeout = '10min'`
)

// limitedPool is a pool whose queries end after a time. What ends one is the process, which asks the server to cancel it,
// and not a setting of the connection: a pooler between the two would hand that on to others, or refuse it.
// Transactions are not limited.
type limitedPool struct {
	*pgxpool.Pool
	limit time.Duration
}

// Query is pgxpool.Pool.Query within the limit; reading the rows counts.
func (p limitedPool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	rows, err := p.Pool.Query(ctx, sql, args...)
	if err != nil {
		cancel()
		return nil, err
	}
	return limitedRows{Rows: rows, cancel: cancel}, nil
}

// QueryRow is pgxpool.Pool.QueryRow within the limit.
func (p limitedPool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	return limitedRow{row: p.Pool.QueryRow(ctx, sql, args...), cancel: cancel}
}

// Exec is pgxpool.Pool.Exec within the limit.
func (p limitedPool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	return p.Pool.Exec(ctx, sql, args...)
}

type limitedRows struct {
	pgx.Rows
	cancel context.CancelFunc
}

// Close is pgx.Rows.Close.
func (r limitedRows) Close() {
	r.Rows.Close()
	r.cancel()
}

type limitedRow struct {
	row    pgx.Row
	cancel context.CancelFunc
}

// Scan is pgx.Row.Scan.
func (r limitedRow) Scan(dest ...any) error {
	defer r.cancel()
	return r.row.Scan(dest...)
}
