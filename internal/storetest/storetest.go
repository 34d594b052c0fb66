// Package storetest gives each test a database of its own, cloned from a migrated template on the server that all tests
// of a checkout share.
//
// The first test to need that server starts it, in .storelink/testdb, and leaves it running for the packages and runs
// that follow; `make test` and `make check` stop it at their end. STORELINK_DATABASE_URL names another server, whose user
// has to be a superuser.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	pgxmigrate "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that pgtestdb opens by name
	"github.com/peterldowns/pgtestdb"

	"storelink/internal/devdb"
	"storelink/migrations"
)

// URL returns the address of a fresh database with the newest schema. It is dropped when the test ends, and kept for a
// look where the test failed. The test fails where there is no server.
func URL(t testing.TB) string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatalf("start the test database: %v", err)
	}
	return pgtestdb.Custom(t, *server, migrator{}).URL()
}

var sharedServer = sync.OnceValues(func() (*pgtestdb.Config, error) {
	address := os.Getenv("STORELINK_DATABASE_URL")
	if address == "" {
		s, err := devdb.Start(context.Background(), devdb.ForTests())
		if err != nil {
			return nil, err
		}
		address = s.URL()
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("STORELINK_DATABASE_URL is not an address that can be read")
	}
	port := u.Port()
	if port == "" {
		port = "5432"
	}
	password, _ := u.User.Password()
	return &pgtestdb.Config{
		DriverName: "pgx",
		Host:       u.Hostname(),
		Port:       port,
		User:       u.User.Username(),
		Password:   url.QueryEscape(password),
		Database:   strings.TrimPrefix(u.Path, "/"),
		Options:    u.RawQuery,
		// Tests of crashes abandon what they run; their connections are no finding.
		ForceTerminateConnections: true,
	}, nil
})

// migrator makes the template, and names it by the migrations' text.
type migrator struct{}

// Hash returns the same text for the same migrations.
func (migrator) Hash() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Migrate brings the empty template to the newest schema.
func (migrator) Migrate(_ context.Context, db *sql.DB, _ pgtestdb.Config) error {
	driver, err := pgxmigrate.WithInstance(db, &pgxmigrate.Config{})
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
	err = m.Up()
	// A template that somebody is connected to cannot be cloned.
	sourceErr, driverErr := m.Close()
	return errors.Join(err, sourceErr, driverErr)
}
