package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// UpsertOrganization stores the organization, or its new name where it is known already.
func (db *DB) UpsertOrganization(ctx context.Context, o storelink.Organization) error {
	return db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return upsertOrganization(ctx, tx, o) })
}

// upsertOrganization leaves the organization's row locked until the transaction ends, whether or not its name changed.
func upsertOrganization(ctx context.Context, tx pgx.Tx, o storelink.Organization) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO organizations (id, name) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, updated_at = storelink_now()`, o.ID, o.Name)
	return wrap("upsert organization", err)
}

// FindOrganizations returns organizations by name, each with its mappings by state and the health of its grants.
func (db *DB) FindOrganizations(ctx context.Context, f storelink.OrganizationFilter) (storelink.List[storelink.OrganizationHealth], error) {
	list := storelink.List[storelink.OrganizationHealth]{AsOf: time.Now().UTC()}
	where, args := "true", []any{f.Page.Limit + 1}
	if f.Query != "" {
		args = append(args, "%"+literal(f.Query)+"%")
		where += fmt.Sprintf(` AND lower(o.name) LIKE lower($%d)`, len(args))
	}
	if len(f.Page.After) == 2 {
		args = append(args, f.Page.After[0], f.Page.After[1])
		where += fmt.Sprintf(` AND (lower(o.name) COLLATE "C", o.id) > ($%d COLLATE "C", $%d::uuid)`, len(args)-1, len(args))
	}
	rows, err := db.admin.Query(ctx, `
		SELECT o.id, o.name, o.created_at, COALESCE(o.drift_policy, ''), lower(o.name), m.states, m.counts, g.active, g.ended, g.expires_at
		FROM (
			SELECT * FROM organizations o WHERE `+where+` ORDER BY lower(o.name) COLLATE "C", o.id LIMIT $1
		) o
		CROSS JOIN LATERAL (
			SELECT COALESCE(array_agg(s.state), '{}') AS states, COALESCE(array_agg(s.n), '{}') AS counts
			FROM (SELECT state, count(*)::int AS n FROM mappings WHERE organization_id = o.id GROUP BY state) s
		) m
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE live)::int AS active, count(*) FILTER (WHERE NOT live)::int AS ended,
				max(expires_at) FILTER (WHERE live) AS expires_at
			FROM (SELECT g.expires_at, g.state = 'active' AND NOT `+spent+` AS live FROM grants g WHERE g.organization_id = o.id) l
		) g
		ORDER BY lower(o.name) COLLATE "C", o.id`, args...)
	if err != nil {
		return list, wrap("find organizations", err)
	}
	type row struct {
		storelink.OrganizationHealth
		key string
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		var o row
		var states []storelink.MappingState
		var counts []int
		err := r.Scan(&o.ID, &o.Name, &o.CreatedAt, &o.DriftPolicy, &o.key, &states, &counts, &o.Grants.Active, &o.Grants.Ended, &o.Grants.ExpiresAt)
		o.Mappings = make(map[storelink.MappingState]int, len(states))
		for i, state := range states {
			o.Mappings[state] = counts[i]
		}
		return o, err
	})
	if err != nil {
		return list, wrap("find organizations", err)
	}
	found, list.Next = cut(found, f.Page.Limit, func(o row) []string { return []string{o.key, o.ID} })
	list.Items = make([]storelink.OrganizationHealth, len(found))
	for i := range found {
		list.Items[i] = found[i].OrganizationHealth
	}
	return list, nil
}

// SetDriftPolicy sets what is done about the organization's drifted mappings; "" leaves it to the deployment. It returns
// storelink.ErrNotFound where there is no such organization.
func (db *DB) SetDriftPolicy(ctx context.Context, organizationID string, policy storelink.DriftPolicy) error {
	tag, err := db.admin.Exec(ctx, `
		UPDATE organizations SET drift_policy = NULLIF($2, ''), updated_at = storelink_now() WHERE id = $1`, organizationID, policy)
	if err == nil && tag.RowsAffected() == 0 {
		return storelink.Errorf(storelink.ErrNotFound, "There is no such organization.")
	}
	return wrap("set drift policy", err)
}
