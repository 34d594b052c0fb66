package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink/internal/devdb"
)

// ask asks the database for one number.
func (s *setup) ask(ctx context.Context, sql string) (n float64, err error) {
	err = s.onDatabase(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, sql).Scan(&n) })
	return n, err
}

func (s *setup) tell(ctx context.Context, statements ...string) error {
	return s.onDatabase(ctx, func(conn *pgx.Conn) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *setup) onDatabase(ctx context.Context, f func(conn *pgx.Conn) error) (err error) {
	conn, err := pgx.Connect(ctx, s.database.URL())
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := f(conn); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

const (
	databaseSize = `SELECT pg_database_size(current_database())::float8`
	transactions = `SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()`
	statements   = `
		SELECT COALESCE(sum(calls), 0)::float8 FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
		  AND query !~* '^\s*(begin|commit|rollback|savepoint|release)'`
)

// statisticsLag is how late a backend may report what it did: pgstat's minimal interval is a second.
const statisticsLag = 1500 * time.Millisecond

// restartDatabase stops the server and starts it again, on another port.
func (s *setup) restartDatabase(ctx context.Context) error {
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := s.database.Stop(stopping); err != nil {
		return fmt.Errorf("stop the database: %w", err)
	}
	database, err := devdb.Start(ctx, s.databaseOptions())
	if err != nil {
		return fmt.Errorf("start the database again: %w", err)
	}
	*s.database = *database
	s.settings = append(s.settings, "STORELINK_DATABASE_URL="+s.database.URL())
	return nil
}

// counting runs f on a server that counts statements. It returns false, and does not run f, where these programs of
// PostgreSQL cannot.
func (s *setup) counting(ctx context.Context, f func() error) (can bool, err error) {
	known, err := s.ask(ctx, `SELECT count(*)::float8 FROM pg_available_extensions WHERE name = 'pg_stat_statements'`)
	if err != nil || known == 0 {
		return false, err
	}
	if err := s.tell(ctx, `ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`); err != nil {
		return false, err
	}
	if err := s.restartDatabase(ctx); err != nil {
		return false, err
	}
	defer func() {
		err = errors.Join(err, s.tell(ctx, `DROP EXTENSION IF EXISTS pg_stat_statements`, `ALTER SYSTEM RESET shared_preload_libraries`))
		err = errors.Join(err, s.restartDatabase(ctx))
	}()
	if err := s.tell(ctx, `CREATE EXTENSION pg_stat_statements`); err != nil {
		return false, err
	}
	return true, f()
}
