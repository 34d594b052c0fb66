package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// mostFits bounds how many mappings one webhook may concern: two stores can show one id where upstream lets them.
const mostFits = 10

// TakeWebhook notes the event, once, and makes the mapping due that fits it: by the local store id, else by the remote
// store's id, else by name and address where exactly one fits. A mapping that rests is looked at now, or a minute after
// the look that a webhook asked for last; one that is under way sees for itself.
func (db *DB) TakeWebhook(ctx context.Context, e storelink.WebhookEvent) (storelink.WebhookResult, error) {
	result := storelink.WebhookTaken
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fresh, err := insertDelivery(ctx, tx, e)
		switch {
		case err != nil:
			return err
		case !fresh:
			result = storelink.WebhookRepeated
			return nil
		case e.Type == storelink.WebhookPing:
			return nil
		}
		var fits []string
		if e.NamesStore() {
			if fits, err = findFits(ctx, tx, e); err != nil {
				return err
			}
		}
		if len(fits) == 0 {
			result = storelink.WebhookUnmatched
			_, err = tx.Exec(ctx, `UPDATE webhook_deliveries SET unmatched = true WHERE event_id = $1`, e.ID)
			return wrap("keep unmatched webhook", err)
		}
		result, err = askForLooks(ctx, tx, fits)
		return err
	})
	return result, err
}

// insertDelivery notes the event, and reports whether it is the first of its id.
func insertDelivery(ctx context.Context, tx pgx.Tx, e storelink.WebhookEvent) (fresh bool, err error) {
	var at *time.Time
	if !e.Time.IsZero() {
		at = &e.Time
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO webhook_deliveries (event_id, event_type, event_time, local_store_id, remote_store_id)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event_id) DO NOTHING`,
		e.ID, string(e.Type), at, e.LocalStoreID, e.RemoteStoreID)
	return tag.RowsAffected() == 1, wrap("note webhook", err)
}

// findFits returns the ids of the mappings that the event is about.
func findFits(ctx context.Context, tx pgx.Tx, e storelink.WebhookEvent) ([]string, error) {
	for _, by := range []struct{ where, value string }{
		{`desired_local_id = $1 OR observed_local_id = $1`, e.LocalStoreID},
		{`store_id = NULLIF($1, '')::uuid`, e.RemoteStoreID},
	} {
		if by.value == "" {
			continue
		}
		rows, err := tx.Query(ctx, `SELECT id::text FROM mappings WHERE `+by.where+` ORDER BY id LIMIT $2`, by.value, mostFits)
		if err != nil {
			return nil, wrap("find mapping of webhook", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(ids) > 0 {
			return ids, wrap("find mapping of webhook", err)
		}
	}
	return findByAddress(ctx, tx, e)
}

// mostNamesakes bounds the stores of one name whose addresses are compared.
const mostNamesakes = 500

// findByAddress returns the one mapping whose store has the event's name and address, if there is exactly one.
func findByAddress(ctx context.Context, tx pgx.Tx, e storelink.WebhookEvent) ([]string, error) {
	want := plain(e.StoreAddress)
	if e.StoreName == "" || want == "" {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT m.id::text, s.address FROM mappings m
		JOIN remote_stores s ON s.organization_id = m.organization_id AND s.brand_id = m.brand_id AND s.id = m.store_id
		WHERE lower(m.store_name) COLLATE "C" = lower($1) LIMIT $2`, e.StoreName, mostNamesakes)
	if err != nil {
		return nil, wrap("find namesakes", err)
	}
	var fits []string
	var id string
	var address []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &address}, func() error {
		if sameAddress(address, want) {
			fits = append(fits, id)
		}
		return nil
	})
	if len(fits) != 1 {
		fits = nil
	}
	return fits, wrap("find namesakes", err)
}

// sameAddress compares letters and digits alone, with the address as one text and as its lines.
func sameAddress(stored []byte, want string) bool {
	var a storelink.Address
	if len(stored) == 0 || json.Unmarshal(stored, &a) != nil {
		return false
	}
	lines, full := strings.Join(a.AddressLines, " "), ""
	if a.FullAddress != nil {
		full = *a.FullAddress
	}
	for _, text := range []string{full, lines, lines + " " + a.PostalCode + " " + a.City} {
		if plain(text) == want {
			return true
		}
	}
	return false
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// askForLooks goes in the background's lane, which is above that of the looks for drift. Where a look is on its way, which
// begins after this event, it is enough; one for drift that goes on at the moment may have looked before it.
func askForLooks(ctx context.Context, tx pgx.Tx, ids []string) (storelink.WebhookResult, error) {
	var resting int
	err := tx.QueryRow(ctx, `
		WITH resting AS (
			SELECT id, COALESCE(leased_until > storelink_now(), false) AS live,
				GREATEST(storelink_now(), webhook_look_at + interval '1 minute') AS at
			FROM mappings
			WHERE id = ANY ($1::uuid[]) AND state IN ('connected', 'disconnected', 'drifted') AND settled_generation = generation
			  AND NOT (COALESCE(leased_until > storelink_now(), false) AND due_for IS DISTINCT FROM 'drift')
			ORDER BY id FOR UPDATE
		), due AS (
			UPDATE mappings m SET
				due_at  = CASE WHEN live THEN at ELSE LEAST(due_at, at) END,
				webhook_look_at = CASE WHEN live THEN at ELSE GREATEST(storelink_now(), LEAST(due_at, at)) END,
				due_for = COALESCE(due_for, 'drift'),
				lane    = CASE WHEN lane = 'drift' THEN 'background' ELSE lane END
			FROM resting
			WHERE m.id = resting.id AND (m.webhook_look_at IS NULL OR m.webhook_look_at <= storelink_now())
		)
		SELECT count(*) FROM resting`, ids).Scan(&resting)
	if err != nil {
		return "", wrap("make mapping due", err)
	}
	if resting == 0 {
		return storelink.WebhookAtRest, nil
	}
	return storelink.WebhookLook, notify(ctx, tx, workChannel, "")
}

// FindUnmatchedWebhooks returns what came to nothing within the last 7 days, newest first.
func (db *DB) FindUnmatchedWebhooks(ctx context.Context, p storelink.Page) (storelink.List[storelink.UnmatchedWebhook], error) {
	list := storelink.List[storelink.UnmatchedWebhook]{AsOf: time.Now().UTC()}
	after := ""
	args := []any{p.Limit + 1}
	if len(p.After) == 2 {
		after = `AND (received_at, event_id) < ($2::text::timestamptz, $3::uuid)`
		args = append(args, p.After[0], p.After[1])
	}
	rows, err := db.admin.Query(ctx, `
		SELECT event_id::text, event_type, event_time, received_at, local_store_id, remote_store_id FROM webhook_deliveries
		WHERE unmatched `+after+` ORDER BY received_at DESC, event_id DESC LIMIT $1`, args...)
	if err != nil {
		return list, wrap("find unmatched webhooks", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[storelink.UnmatchedWebhook])
	if err != nil {
		return list, wrap("find unmatched webhooks", err)
	}
	list.Items, list.Next = cut(found, p.Limit, func(w storelink.UnmatchedWebhook) []string {
		return []string{w.ReceivedAt.Format(time.RFC3339Nano), w.EventID}
	})
	return list, nil
}

// SweepWebhooks forgets deliveries after 7 days.
func (db *DB) SweepWebhooks(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM webhook_deliveries WHERE received_at < storelink_now() - interval '7 days'`)
	return wrap("sweep webhooks", err)
}
