package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// FindGrants returns grants, oldest first, without their tokens.
func (db *DB) FindGrants(ctx context.Context, f storelink.GrantFilter) (storelink.List[storelink.GrantRecord], error) {
	list := storelink.List[storelink.GrantRecord]{AsOf: time.Now().UTC()}
	where, args := "true", []any{f.Page.Limit + 1}
	add := func(condition, arg string) {
		args = append(args, arg)
		where += fmt.Sprintf(condition, len(args))
	}
	if f.OrganizationID != "" {
		add(" AND g.organization_id = $%d::uuid", f.OrganizationID)
	}
	if f.State != "" {
		add(" AND CASE WHEN "+spent+" THEN 'reauthorization_required' ELSE g.state END = $%d", string(f.State))
	}
	if len(f.Page.After) > 0 {
		add(" AND g.id > $%d::uuid", f.Page.After[0])
	}
	rows, err := db.admin.Query(ctx, `
		SELECT `+grantColumns+`, o.name, g.refreshed_at,
			(SELECT count(*) FROM sessions s WHERE s.grant_id = g.id AND s.ended_at IS NULL)
		FROM grants g JOIN organizations o ON o.id = g.organization_id
		WHERE `+where+` ORDER BY g.id LIMIT $1`, args...)
	if err != nil {
		return list, wrap("find grants", err)
	}
	grants, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.GrantRecord, error) {
		var g storelink.GrantRecord
		err := row.Scan(append(grantFields(&g.Grant), &g.Organization.Name, &g.RefreshedAt, &g.Sessions)...)
		g.Organization.ID = g.OrganizationID
		return g, err
	})
	if err != nil {
		return list, wrap("find grants", err)
	}
	list.Items, list.Next = cut(grants, f.Page.Limit, func(g storelink.GrantRecord) []string { return []string{g.ID} })
	return list, nil
}

// ForgetGrant deletes the grant and, with it, its sessions, or returns storelink.ErrNotFound. A refresh that is under
// way finds nothing to store its tokens in.
func (db *DB) ForgetGrant(ctx context.Context, id string) error {
	tag, err := db.admin.Exec(ctx, `DELETE FROM grants WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		return storelink.Errorf(storelink.ErrNotFound, "There is no such grant.")
	}
	return wrap("forget grant", err)
}
