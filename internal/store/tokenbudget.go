package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// tokenWindow is upstream's minute, and a second for calls that arrive later than their slot was taken.
const tokenWindow = 61 * time.Second

// turnGrace is how long a free slot is kept for each sign-in that is ahead: a browser that went away does not ask again.
const turnGrace = 4 * time.Second

// tokenBudget is the state of one egress address's budget of token calls, read under its lock.
type tokenBudget struct {
	now     time.Time
	sent    []time.Time // the last calls, oldest first
	signins []time.Time // those of them that were sign-ins
}

// signinLimit is how many of limit calls may be sign-ins: one is kept for refreshes.
func signinLimit(limit int) int { return max(1, limit-1) }

// freeAt returns the time from which another call keeps within limit calls a window.
func freeAt(sent []time.Time, limit int) time.Time {
	if len(sent) < limit {
		return time.Time{}
	}
	return sent[len(sent)-limit].Add(tokenWindow)
}

// recent counts the calls of the running window.
func (b tokenBudget) recent(sent []time.Time) int {
	n := 0
	for _, t := range sent {
		if t.Add(tokenWindow).After(b.now) {
			n++
		}
	}
	return n
}

// signinWait returns how long a sign-in with ahead others before it has to wait; zero: it may go.
func (b tokenBudget) signinWait(limit, ahead int) time.Duration {
	free := freeAt(b.sent, limit)
	if t := freeAt(b.signins, signinLimit(limit)); t.After(free) {
		free = t
	}
	return max(0, free.Add(time.Duration(ahead)*turnGrace).Sub(b.now))
}

// refreshWait returns how long a refresh has to wait while so many sign-ins wait; zero: it may go.
func (b tokenBudget) refreshWait(limit, waiting int) time.Duration {
	free := limit - b.recent(b.sent)
	if free <= 0 {
		return max(0, freeAt(b.sent, limit).Sub(b.now))
	}
	if free <= min(waiting, signinLimit(limit)-b.recent(b.signins)) {
		return time.Second
	}
	return 0
}

// TakeSigninSlot takes a slot of the token endpoint's budget for the sign-in where it is its turn, and returns zero;
// else how long to wait before asking again. Addresses take turns, oldest sign-in first. A parked sign-in leaves the
// queue with its slot: where another call has taken it out already, storelink.ErrConflict is returned.
func (db *DB) TakeSigninSlot(ctx context.Context, egress string, limit int, signinID string, parked bool) (time.Duration, error) {
	var wait time.Duration
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lockTokenBudget(ctx, tx, egress)
		if err != nil {
			return err
		}
		ahead, err := signinsAhead(ctx, tx, signinID, b.now)
		if err != nil {
			return err
		}
		if wait = b.signinWait(limit, ahead); wait > 0 {
			return nil
		}
		if parked {
			if err := leaveQueue(ctx, tx, signinID); err != nil {
				return err
			}
		}
		b.signins = append(b.signins, b.now)
		return b.save(ctx, tx, egress, limit)
	})
	return wait, err
}

// TakeRefreshSlot takes a slot of the token endpoint's budget for a refresh and returns zero, or how long to wait
// before asking again. Sign-ins that wait go first, as far as their share reaches.
func (db *DB) TakeRefreshSlot(ctx context.Context, egress string, limit int) (time.Duration, error) {
	var wait time.Duration
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lockTokenBudget(ctx, tx, egress)
		if err != nil {
			return err
		}
		var waiting int
		err = tx.QueryRow(ctx, `SELECT count(*) FROM signins WHERE sealed_code IS NOT NULL AND consumed_at > $1`,
			b.now.Add(-storelink.SigninPatience)).Scan(&waiting)
		if err != nil {
			return wrap("count waiting sign-ins", err)
		}
		if wait = b.refreshWait(limit, waiting); wait > 0 {
			return nil
		}
		return b.save(ctx, tx, egress, limit)
	})
	return wait, err
}

// signinsEgress names the row that counts sign-ins alone. It is guarded by the lock of the egress's own row.
func signinsEgress(egress string) string { return egress + " sign-ins" }

func lockTokenBudget(ctx context.Context, tx pgx.Tx, egress string) (tokenBudget, error) {
	var b tokenBudget
	_, err := tx.Exec(ctx, `
		INSERT INTO token_budgets (egress) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`,
		[]string{egress, signinsEgress(egress)})
	if err != nil {
		return b, wrap("create token budget", err)
	}
	err = tx.QueryRow(ctx, `SELECT sent FROM token_budgets WHERE egress = $1 FOR UPDATE`, egress).Scan(&b.sent)
	if err != nil {
		return b, wrap("lock token budget", err)
	}
	err = tx.QueryRow(ctx, `SELECT sent, storelink_now() FROM token_budgets WHERE egress = $1`,
		signinsEgress(egress)).Scan(&b.signins, &b.now)
	return b, wrap("read token budget", err)
}

// save adds a call made now and keeps as many as the limit looks back on.
func (b tokenBudget) save(ctx context.Context, tx pgx.Tx, egress string, limit int) error {
	sent := append(slices.Clone(b.sent), b.now)
	_, err := tx.Exec(ctx, `
		UPDATE token_budgets t SET sent = CASE WHEN t.egress = $1 THEN $3::timestamptz[] ELSE $4 END
		WHERE t.egress IN ($1, $2)`,
		egress, signinsEgress(egress), last(sent, limit), last(b.signins, limit))
	return wrap("save token budget", err)
}

// last returns the last n times, an empty list where there are none: a nil one would be stored as NULL.
func last(times []time.Time, n int) []time.Time {
	return append([]time.Time{}, times[max(0, len(times)-n):]...)
}

// signinsAhead counts the waiting sign-ins whose turn comes before that of id. A sign-in's round is one more than the
// number of sign-ins of its address that wait before it or had their turn lately; who has the lower round goes first.
func signinsAhead(ctx context.Context, tx pgx.Tx, id string, now time.Time) (int, error) {
	var ahead int
	err := tx.QueryRow(ctx, `
		WITH queue AS (
			SELECT id, client_address, COALESCE(waiting_since, $2) AS since FROM signins
			WHERE id = $1 OR (sealed_code IS NOT NULL AND consumed_at > $3)
		), served AS (
			SELECT client_address, count(*) AS n FROM signins
			WHERE id <> $1 AND sealed_code IS NULL AND consumed_at > $4 GROUP BY client_address
		), ranked AS (
			SELECT q.id, q.since, COALESCE(s.n, 0) + row_number() OVER (PARTITION BY q.client_address ORDER BY q.since, q.id) AS round
			FROM queue q LEFT JOIN served s USING (client_address)
		)
		SELECT count(*) FROM ranked r JOIN ranked me ON me.id = $1
		WHERE (r.round, r.since, r.id) < (me.round, me.since, me.id)`,
		id, now, now.Add(-storelink.SigninPatience), now.Add(-2*tokenWindow)).Scan(&ahead)
	return ahead, wrap("find turn of sign-in", err)
}

func leaveQueue(ctx context.Context, tx pgx.Tx, signinID string) error {
	tag, err := tx.Exec(ctx, `UPDATE signins SET sealed_code = NULL WHERE id = $1 AND sealed_code IS NOT NULL`, signinID)
	if err != nil {
		return wrap("leave queue", err)
	}
	if tag.RowsAffected() == 0 {
		return storelink.Errorf(storelink.ErrConflict, "the sign-in goes on elsewhere")
	}
	return nil
}
