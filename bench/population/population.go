// Package population fills an empty database with what years of work would leave: mappings in every state, with their
// organizations, brands, consents and history. The same numbers make the same rows, but for their times.
package population

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Options say how much there is to be.
type Options struct {
	Mappings      int
	Organizations int
}

// BrandsEach is how many brands an organization has.
const BrandsEach = 5

// Fill fills the database. Rows go in past the triggers that count and, but for the primary keys, before their indexes and
// constraints, which is what makes it quick; counts and statistics are made at the end.
func Fill(ctx context.Context, conn *pgx.Conn, o Options) (err error) {
	if _, err := conn.Exec(ctx, `ALTER TABLE mappings DISABLE TRIGGER USER`); err != nil {
		return fmt.Errorf("prepare to fill: %w", err)
	}
	defer func() {
		_, reset := conn.Exec(context.WithoutCancel(ctx), `ALTER TABLE mappings ENABLE TRIGGER USER`)
		err = errors.Join(err, reset)
	}()
	again, err := dropIndexes(ctx, conn)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		what, sql string
		args      []any
	}{
		{"organizations", organizations, []any{o.Organizations}},
		{"grants", grants, []any{o.Organizations}},
		{"brands", brands, []any{o.Organizations, BrandsEach}},
		{"runs", runs, []any{o.Organizations}},
		{"days", days, nil},
	} {
		if _, err := conn.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("make %s: %w", step.what, err)
		}
	}
	var chunks []statement
	for first := 1; first <= o.Mappings; first += chunk {
		chunks = append(chunks, statement{mappings, []any{first, min(o.Mappings, first+chunk-1), o.Organizations, BrandsEach}})
	}
	for _, some := range [][]statement{chunks, {{sql: remoteStores}, {sql: events}}, again.constraints, again.indexes} {
		if err := sideBySide(ctx, conn, some); err != nil {
			return err
		}
	}
	for _, sql := range []string{`SELECT storelink_recount_mappings()`, `VACUUM ANALYZE`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// chunk is how many mappings one statement makes.
const chunk = 50_000

type statement struct {
	sql  string
	args []any
}

// sideBySide runs the statements in two sessions at once, in order as far as there is one.
func sideBySide(ctx context.Context, conn *pgx.Conn, all []statement) error {
	queue := make(chan statement, len(all))
	for _, s := range all {
		queue <- s
	}
	close(queue)
	failures := make([]error, 2)
	var group sync.WaitGroup
	for i := range failures {
		group.Go(func() { failures[i] = work(ctx, conn.Config(), queue) })
	}
	group.Wait()
	return errors.Join(failures...)
}

func work(ctx context.Context, config *pgx.ConnConfig, queue <-chan statement) (err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, quickly); err != nil {
		return fmt.Errorf("set up session: %w", err)
	}
	for s := range queue {
		if _, err := conn.Exec(ctx, s.sql, s.args...); err != nil {
			return fmt.Errorf("%.200s: %w", s.sql, err)
		}
	}
	return nil
}

// quickly are the settings of a session that makes rows and indexes.
const quickly = `SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'`

// again are the statements that make anew what was dropped.
type again struct{ constraints, indexes []statement }

// dropIndexes drops the indexes and constraints of the large tables, and returns what makes them again: the index that takes
// longest, of trigrams, first.
func dropIndexes(ctx context.Context, conn *pgx.Conn) (made again, err error) {
	rows, err := conn.Query(ctx, `
		SELECT is_constraint, gone, made FROM (
		SELECT true AS is_constraint, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS gone,
		       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS made
		FROM pg_constraint WHERE contype IN ('u', 'f') AND conrelid IN ('mappings'::regclass, 'mapping_events'::regclass)
		UNION ALL
		SELECT false, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		FROM pg_index i WHERE indrelid IN ('mappings'::regclass, 'mapping_events'::regclass, 'remote_stores'::regclass)
		  AND NOT indisprimary AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
		) all_of_them ORDER BY is_constraint DESC, made LIKE '%mappings USING gin (search%' DESC, made`)
	if err != nil {
		return made, fmt.Errorf("find indexes: %w", err)
	}
	var constraint bool
	var drop, create string
	var drops []string
	if _, err = pgx.ForEachRow(rows, []any{&constraint, &drop, &create}, func() error {
		drops = append(drops, drop)
		if constraint {
			made.constraints = append(made.constraints, statement{sql: create})
		} else {
			made.indexes = append(made.indexes, statement{sql: create})
		}
		return nil
	}); err != nil {
		return made, fmt.Errorf("find indexes: %w", err)
	}
	if _, err := conn.Exec(ctx, strings.Join(drops, ";\n")); err != nil {
		return made, fmt.Errorf("drop indexes: %w", err)
	}
	return made, nil
}

// OrganizationID is the id of the nth organization, from 1.
func OrganizationID(n int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", n) }

// Connected reports whether the nth mapping is: others may have no local store id.
func Connected(n int) bool { return n%10000 != 50 && n*7/3%100 < 92 }

// LocalID is the local store id of the nth mapping, from 1, as far as it has one.
func LocalID(n int) string { return fmt.Sprint(n) }
