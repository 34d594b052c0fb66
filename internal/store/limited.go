package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// publicQuery is how long a query of the public listener may take, and adminQuery one of the internal listener.
	publicQuery = 2 * time.Second
	adminQuery  = 5 * time.Second
	// beginWrite begins a transaction of the general pool. Accepting thousands of items takes its time, so its statements
	// have more than a query; a table that somebody locked must not keep the pool's connections all the same.
	beginWrite = `BEGIN; SET LOCAL statement_timeout = '10s'`
	// beginBulk begins one that changes up to 10,000 mappings at an operator's word.
	beginBulk = `BEGIN; SET LOCAL statement_timeout = '30s'`
	// beginExport begins a transaction that reads everything, at the reader's pace.
	beginExport = `BEGIN READ ONLY; SET LOCAL statement_timeout = '10min'`
)

// limitedPool is a pool whose queries end after a time. What ends one is the process, which asks the server to cancel it,
// and not a setting of the connection: a pooler between the two would hand that on to others, or refuse it.
// Transactions are not limited, nor is the wait for a connection: who waits holds nothing, and ends with the request.
type limitedPool struct {
	*pgxpool.Pool
	limit time.Duration
}

// Query is pgxpool.Pool.Query within the limit; reading the rows counts.
func (p limitedPool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	end := func() { cancel(); conn.Release() }
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		end()
		return nil, err
	}
	return limitedRows{Rows: rows, end: sync.OnceFunc(end)}, nil
}

// QueryRow is pgxpool.Pool.QueryRow within the limit.
func (p limitedPool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return failedRow{err}
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	return limitedRow{row: conn.QueryRow(ctx, sql, args...), end: func() { cancel(); conn.Release() }}
}

// Exec is pgxpool.Pool.Exec within the limit.
func (p limitedPool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer conn.Release()
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	return conn.Exec(ctx, sql, args...)
}

type limitedRows struct {
	pgx.Rows
	end func()
}

// Close is pgx.Rows.Close.
func (r limitedRows) Close() {
	r.Rows.Close()
	r.end()
}

type limitedRow struct {
	row pgx.Row
	end func()
}

// Scan is pgx.Row.Scan.
func (r limitedRow) Scan(dest ...any) error {
	defer r.end()
	return r.row.Scan(dest...)
}

// failedRow is the row of a query that was not sent.
type failedRow struct{ err error }

// Scan is pgx.Row.Scan.
func (r failedRow) Scan(...any) error { return r.err }
