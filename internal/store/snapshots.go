package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// loadSilence is how long a load of a snapshot may give no sign of life before another may begin.
const loadSilence = 10 * time.Second

// FindSnapshot returns the state of the organization's snapshot; the zero value where nobody ever began one.
func (db *DB) FindSnapshot(ctx context.Context, organizationID string) (storelink.Snapshot, error) {
	var s storelink.Snapshot
	var asOf *time.Time
	var age float64
	err := db.pool.QueryRow(ctx, `
		SELECT as_of, COALESCE(EXTRACT(EPOCH FROM storelink_now() - as_of), 0)::float8,
			COALESCE(heartbeat_at >= storelink_now() - $2::interval, false), brands_loaded, brands_total
		FROM snapshots WHERE organization_id = $1`, organizationID, loadSilence).
		Scan(&asOf, &age, &s.Running, &s.Progress.Brands, &s.Progress.Of)
	if errors.Is(err, pgx.ErrNoRows) {
		return storelink.Snapshot{}, nil
	}
	if err != nil {
		return storelink.Snapshot{}, wrap("find snapshot", err)
	}
	if asOf != nil {
		s.AsOf, s.Age = *asOf, time.Duration(age*float64(time.Second))
	}
	return s, nil
}

// ClaimSnapshot begins a load, unless one is running on any replica or the snapshot is younger than olderThan. The
// claim goes into AdvanceSnapshot and EndSnapshot; it lapses after 10 s without either.
func (db *DB) ClaimSnapshot(ctx context.Context, organizationID string, olderThan time.Duration) (claim time.Time, claimed bool, err error) {
	err = db.pool.QueryRow(ctx, `
		INSERT INTO snapshots AS s (organization_id, started_at, heartbeat_at)
		SELECT $1, t.now, t.now FROM (SELECT storelink_now() AS now) t
		ON CONFLICT (organization_id) DO UPDATE
			SET started_at = EXCLUDED.started_at, heartbeat_at = EXCLUDED.started_at, brands_loaded = 0, brands_total = 0
			WHERE (s.heartbeat_at IS NULL OR s.heartbeat_at < EXCLUDED.started_at - $2::interval)
			  AND (s.as_of IS NULL OR s.as_of <= EXCLUDED.started_at - $3::interval)
		RETURNING started_at`, organizationID, loadSilence, olderThan).Scan(&claim)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return claim, err == nil, wrap("claim snapshot", err)
}

// AdvanceSnapshot notes how far the load has come and that it lives. It returns storelink.ErrLeaseLost where the claim
// went to another load.
func (db *DB) AdvanceSnapshot(ctx context.Context, organizationID string, claim time.Time, p storelink.TreeProgress) error {
	tag, err := db.pool.Exec(ctx, `
		UPDATE snapshots SET heartbeat_at = storelink_now(),
			brands_loaded = GREATEST(brands_loaded, $3), brands_total = GREATEST(brands_total, $4)
		WHERE organization_id = $1 AND started_at = $2 AND heartbeat_at IS NOT NULL`,
		organizationID, claim, p.Brands, p.Of)
	if err == nil && tag.RowsAffected() == 0 {
		return storelink.ErrLeaseLost
	}
	return wrap("advance snapshot", err)
}

// EndSnapshot ends the load. A complete one dates the snapshot from its beginning; after another, anybody may begin
// anew at once. It does nothing where the claim went to another load.
func (db *DB) EndSnapshot(ctx context.Context, organizationID string, claim time.Time, complete bool) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE snapshots SET as_of = CASE WHEN $3 THEN started_at ELSE as_of END, heartbeat_at = NULL
		WHERE organization_id = $1 AND started_at = $2 AND heartbeat_at IS NOT NULL`, organizationID, claim, complete)
	return wrap("end snapshot", err)
}
