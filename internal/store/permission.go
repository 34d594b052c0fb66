package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// lockPermission holds what the session may use until the transaction ends, so that no write commits after it was
// revoked. Nil: any id.
func lockPermission(ctx context.Context, tx pgx.Tx, by storelink.Asker) (*storelink.Permission, error) {
	if by.SessionID == "" {
		return nil, nil
	}
	p := &storelink.Permission{}
	err := tx.QueryRow(ctx, `
		SELECT c.id::text, c.minted_by,
			CASE WHEN c.revoked_at IS NULL AND c.ended_at IS NULL AND c.organization_id = s.organization_id THEN c.local_ids ELSE '{}' END
		FROM sessions s JOIN connect_sessions c ON c.id = s.connect_session_id WHERE s.id = $1 FOR SHARE OF c`, by.SessionID).
		Scan(&p.ConnectSessionID, &p.MintedBy, &p.LocalIDs)
	err = wrap("lock permission", err)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		if by.NeedsPermission {
			return &storelink.Permission{}, nil
		}
		return nil, nil
	}
	return p, err
}

// checkAllowed refuses the whole request where it names an id that is not allowed, or its passes could take one away.
// A disconnect that names nothing gets the id that is known, so that it takes away that one and no other.
func checkAllowed(ctx context.Context, tx pgx.Tx, p *storelink.Permission, asks []storelink.Ask, targets targets) ([]storelink.Ask, error) {
	if p == nil {
		return asks, nil
	}
	held, err := heldIDs(ctx, tx, targets.ids())
	if err != nil {
		return nil, err
	}
	limited := make([]storelink.Ask, len(asks))
	var places []storelink.FieldError
	for i, a := range asks {
		h, known := held[targets[i].id]
		if a.LocalStoreID == "" && a.ReplacesAny {
			a.ReplacesAny, a.Replaces = false, h.shown
			if a.Replaces == "" {
				a.Replaces = h.desired
			}
		}
		limited[i] = a
		if a.LocalStoreID == "" && !known && a.Replaces == "" || !allowsAll(p, h, a.LocalStoreID == "") {
			places = append(places, storelink.NotAllowed(i, "storeId"))
		}
	}
	return limited, storelink.NotAllowedError(append(p.Refused(limited), places...))
}

// held are the ids that a mapping is concerned with.
type held struct {
	id, shown, desired string
	others             []string // settled before, or to be restored
	deletable          []string // what a pass may delete without its being named again
}

func allowsAll(p *storelink.Permission, h held, disconnects bool) bool {
	ids := h.deletable
	if disconnects {
		ids = append(append([]string{h.shown, h.desired}, h.others...), ids...)
	}
	for _, id := range ids {
		if id != "" && !p.Allows(id) {
			return false
		}
	}
	return true
}

func heldIDs(ctx context.Context, tx pgx.Tx, ids []string) (map[string]held, error) {
	rows, err := tx.Query(ctx, `
		SELECT id::text, COALESCE(observed_local_id, ''), COALESCE(desired_local_id, ''),
			ARRAY[COALESCE(settled_local_id, ''), COALESCE(restore_local_id, '')], named_ids || tried_ids
		FROM mappings WHERE id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return nil, wrap("look at mappings' ids", err)
	}
	all := map[string]held{}
	var h held
	_, err = pgx.ForEachRow(rows, []any{&h.id, &h.shown, &h.desired, &h.others, &h.deletable}, func() error {
		all[h.id] = h
		h.others, h.deletable = nil, nil
		return nil
	})
	return all, wrap("look at mappings' ids", err)
}
