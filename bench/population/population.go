// Package population fills an empty database with what years of work would leave: mappings in every state, with their
// organizations, brands, consents and history. The same numbers make the same rows, but for their times.
package population

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	if _, err := conn.Exec(ctx, `
		ALTER TABLE mappings DISABLE TRIGGER USER;
		SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'`); err != nil {
		return fmt.Errorf("prepare to fill: %w", err)
	}
	defer func() {
		_, reset := conn.Exec(context.WithoutCancel(ctx),
			`ALTER TABLE mappings ENABLE TRIGGER USER; RESET synchronous_commit; RESET maintenance_work_mem; RESET work_mem`)
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
		{"mappings", mappings, []any{o.Mappings, o.Organizations, BrandsEach}},
		{"remote stores", remoteStores, nil},
		{"history", events, nil},
		{"days", days, nil},
	} {
		if _, err := conn.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("make %s: %w", step.what, err)
		}
	}
	for _, sql := range append(again, `SELECT storelink_recount_mappings()`, `VACUUM ANALYZE`) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// dropIndexes drops the indexes and constraints of the large tables, and returns what makes them again.
func dropIndexes(ctx context.Context, conn *pgx.Conn) (again []string, err error) {
	rows, err := conn.Query(ctx, `
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
		       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype IN ('u', 'f') AND conrelid IN ('mappings'::regclass, 'mapping_events'::regclass)
		UNION ALL
		SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		FROM pg_index i WHERE indrelid IN ('mappings'::regclass, 'mapping_events'::regclass, 'remote_stores'::regclass)
		  AND NOT indisprimary AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)`)
	if err != nil {
		return nil, fmt.Errorf("find indexes: %w", err)
	}
	var drop, create string
	var drops []string
	if _, err = pgx.ForEachRow(rows, []any{&drop, &create}, func() error {
		drops, again = append(drops, drop), append(again, create)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find indexes: %w", err)
	}
	if _, err := conn.Exec(ctx, strings.Join(drops, ";\n")); err != nil {
		return nil, fmt.Errorf("drop indexes: %w", err)
	}
	return again, nil
}

// OrganizationID is the id of the nth organization, from 1.
func OrganizationID(n int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", n) }

// Connected reports whether the nth mapping is: others may have no local store id.
func Connected(n int) bool { return n%10000 != 50 && n*7/3%100 < 92 }

// LocalID is the local store id of the nth mapping, from 1, as far as it has one.
func LocalID(n int) string { return fmt.Sprint(n) }
