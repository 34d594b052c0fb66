package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-migrate/migrate/v4"
	pgxmigrate "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"storelink/migrations"
)

// Migrate brings the database at url to the newest schema.
func Migrate(url string) error {
	return withMigrator(url, func(m *migrate.Migrate) error { return m.Up() })
}

// MigrateDown takes steps migrations back.
func MigrateDown(url string, steps int) error {
	return withMigrator(url, func(m *migrate.Migrate) error { return m.Steps(-steps) })
}

// MigrationVersion returns the schema's version, 0 for an empty database, and whether a migration broke off half way.
func MigrationVersion(url string) (version uint, dirty bool, err error) {
	err = withMigrator(url, func(m *migrate.Migrate) error {
		var err error
		version, dirty, err = m.Version()
		if errors.Is(err, migrate.ErrNilVersion) {
			return nil
		}
		return err
	})
	return version, dirty, err
}

func withMigrator(url string, f func(*migrate.Migrate) error) (err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("the database URL cannot be read")
	}
	conn := stdlib.OpenDB(*cfg)
	defer func() { _ = conn.Close() }() // again, where the migrator did not get that far
	driver, err := pgxmigrate.WithInstance(conn, &pgxmigrate.Config{})
	if err != nil {
		return fmt.Errorf("open for migration: %w", err)
	}
	source, err := iofs.New(migrations.FS, ".")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	m, err := migrate.NewWithInstance("iofs", source, "postgres", driver)
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	defer func() { err = errors.Join(err, closeMigrator(m)) }()
	if err := f(m); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// closeMigrator gives back the connection that the migrator holds, too.
func closeMigrator(m *migrate.Migrate) error {
	source, database := m.Close()
	if err := errors.Join(source, database); err != nil {
		return fmt.Errorf("close after migration: %w", err)
	}
	return nil
}

// CheckSchema returns an error where the database's schema is older than this program needs, or half migrated. A newer
// one is fine: old code runs across each migration.
func (db *DB) CheckSchema(ctx context.Context) error {
	var version uint
	var dirty bool
	err := db.pool.QueryRow(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&version, &dirty)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42P01" || errors.Is(err, pgx.ErrNoRows) {
		version, err = 0, nil
	}
	switch newest := migrations.Newest(); {
	case err != nil:
		return wrap("read schema version", err)
	case dirty:
		return fmt.Errorf("the migration to version %d broke off: see the database's log, then run `storelink migrate up`", version)
	case version < newest:
		return fmt.Errorf("the database is at schema version %d and this program needs %d: run `storelink migrate up`", version, newest)
	}
	return nil
}
