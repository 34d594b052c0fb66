package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
)

// rotated returns the sealer of the rig's keyset with a new key that seals, and that key's id.
func (r *rig) rotated() (*auth.Sealer, uint32) {
	r.t.Helper()
	keyset, id, err := auth.AddKey(r.keyset)
	require.NoError(r.t, err)
	keyset, err = auth.PromoteKey(keyset, id)
	require.NoError(r.t, err)
	sealer, err := auth.NewSealer(keyset)
	require.NoError(r.t, err)
	return sealer, id
}

// with is a replica with another keyset.
func (r *rig) with(sealer *auth.Sealer) *auth.Service {
	r.t.Helper()
	old := r.options.Sealer
	defer func() { r.options.Sealer = old }()
	r.options.Sealer = sealer
	return r.replica()
}

func silent(int, int64) {}

func TestEverythingIsResealed(t *testing.T) {
	r := newRig(t, strict)
	r.up.set(func() { r.up.refreshable = true })
	signedIn := r.session(r.signIn())
	r.signIn()
	waits := r.parked("192.0.2.1")
	atConsent := r.begin(beginHere)
	sealer, key := r.rotated()
	service := r.with(sealer)

	var progress [][2]int64
	done, err := sealer.Reseal(t.Context(), r.database(), func(done int, of int64) {
		progress = append(progress, [2]int64{int64(done), of})
	})
	require.NoError(t, err)
	require.Equal(t, auth.Resealed{Key: key, Sealed: 9}, done, "two grants' two tokens, four sign-ins' verifiers, a code")
	require.Equal(t, [2]int64{9, 9}, progress[len(progress)-1])
	require.Equal(t, 9, r.count(`
		SELECT count(*) FROM (
			SELECT unnest(ARRAY[sealed_access, sealed_refresh]) FROM grants
			UNION ALL SELECT unnest(ARRAY[sealed_verifier, sealed_code]) FROM signins) AS v (value)
		WHERE substring(value FROM 1 FOR 5) = $1`, storelink.SealedPrefix(key)))

	_, err = service.Token(t.Context(), signedIn)
	require.NoError(t, err)
	r.exec(`UPDATE token_budgets SET sent = '{}'`)
	out, err := service.Continue(t.Context(), waits.secret)
	require.NoError(t, err)
	require.NotEmpty(t, out.SessionCookie)
	out, err = service.Finish(t.Context(), atConsent.callback())
	require.NoError(t, err)
	require.NotEmpty(t, out.SessionCookie)
	_, err = r.service.Token(t.Context(), signedIn)
	require.Error(t, err, "a replica that was never given the key does not open what it sealed")
}

// meddler lets something happen between the read of values and their swap.
type meddler struct {
	auth.ResealStore
	before func(storelink.SealedField)
}

func (m meddler) SwapSealed(ctx context.Context, f storelink.SealedField, old []storelink.SealedValue, sealed [][]byte) (int, error) {
	m.before(f)
	return m.ResealStore.SwapSealed(ctx, f, old, sealed)
}

func TestWhatIsWrittenMeanwhileIsNotOverwritten(t *testing.T) {
	r, s := refreshing(t, time.Minute)
	sealer, key := r.rotated()
	db := r.database()
	var fresh storelink.AccessToken
	first := true
	store := meddler{db, func(f storelink.SealedField) {
		if f == storelink.SealedAccessToken && first {
			first = false
			var err error
			fresh, err = r.service.Token(t.Context(), s) // refreshed, and sealed with the old key
			require.NoError(t, err)
		}
	}}
	done, err := sealer.Reseal(t.Context(), store, silent)
	require.NoError(t, err)
	require.Zero(t, done.Left, "the second pass took what came meanwhile")
	require.Len(t, r.up.asked(), 1)
	token, err := r.with(sealer).Token(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, fresh.Value, token.Value)

	r.later(2 * time.Hour)
	next, err := r.with(sealer).Token(t.Context(), s)
	require.NoError(t, err, "the refresh token that came meanwhile is kept, too")
	require.NotEqual(t, token.Value, next.Value)
	require.Equal(t, 2, r.count(`SELECT count(*) FROM grants, unnest(ARRAY[sealed_access, sealed_refresh]) v WHERE substring(v FROM 1 FOR 5) = $1`,
		storelink.SealedPrefix(key)))
}

// A refresh that began before its grant was resealed stores what it brought; grants that end meanwhile stay gone.
func TestResealingDuringARefresh(t *testing.T) {
	r, s := refreshing(t, time.Minute)
	sealer, _ := r.rotated()
	db := r.database()
	claimed, ok, err := db.ClaimRefresh(t.Context(), s.Grant.ID, 1, time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	_, err = sealer.Reseal(t.Context(), db, silent)
	require.NoError(t, err)
	saved, err := db.SaveRefresh(t.Context(), claimed)
	require.NoError(t, err)
	require.True(t, saved)

	forgotten := false
	store := meddler{db, func(storelink.SealedField) {
		if !forgotten {
			forgotten = true
			require.NoError(t, db.ForgetGrant(t.Context(), s.Grant.ID))
		}
	}}
	done, err := sealer.Reseal(t.Context(), store, silent)
	require.NoError(t, err)
	require.Zero(t, done.Left)
	require.Zero(t, r.count(`SELECT count(*) FROM grants`))
}

func TestResealingGoesOnWhereItWasInterrupted(t *testing.T) {
	r := newRig(t)
	s := r.session(r.signIn())
	const more = 1200
	r.exec(`INSERT INTO signins (id, state_hash, browser_hash, sealed_verifier, return_to, expires_at)
		SELECT gen_random_uuid(), id::text::bytea, '', '', '/', now() + interval '1 hour' FROM generate_series(1, $1::int) id`, more)
	rows, err := r.conn.Query(t.Context(), `SELECT id::text FROM signins WHERE sealed_verifier = ''`)
	require.NoError(t, err)
	var ids []string
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	sealed := make([][]byte, len(ids))
	for i, id := range ids {
		sealed[i], err = r.options.Sealer.Seal("verifier", id, "", string(storelink.SealedCodeVerifier))
		require.NoError(t, err)
	}
	r.exec(`UPDATE signins SET sealed_verifier = v FROM unnest($1::uuid[], $2::bytea[]) AS s (row_id, v) WHERE id = row_id`, ids, sealed)
	sealer, _ := r.rotated()
	db := r.database()

	ctx, kill := context.WithCancel(t.Context())
	first, err := sealer.Reseal(ctx, db, func(done int, _ int64) {
		if done > 500 {
			kill()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NotZero(t, first.Sealed)
	require.Less(t, first.Sealed, more)
	second, err := sealer.Reseal(t.Context(), db, silent)
	require.NoError(t, err)
	require.Equal(t, more+2, first.Sealed+second.Sealed, "what was done is not done again")
	require.Zero(t, second.Left)
	_, err = r.with(sealer).Token(t.Context(), s)
	require.NoError(t, err)
}

// What does not open stays as it is, is named, and holds nothing else up.
func TestWhatDoesNotOpenIsLeftAlone(t *testing.T) {
	r := newRig(t)
	r.signIn()
	moved := r.session(r.signIn())
	r.exec(`UPDATE grants SET sealed_access = (SELECT sealed_access FROM grants WHERE id <> $1) WHERE id = $1`, moved.Grant.ID)
	sealer, key := r.rotated()
	done, err := sealer.Reseal(t.Context(), r.database(), silent)
	require.NoError(t, err)
	require.EqualValues(t, 1, done.Left)
	require.Len(t, done.Stuck, 1)
	require.Equal(t, moved.Grant.ID, done.Stuck[0].RowID)
	require.Equal(t, storelink.SealedAccessToken, done.Stuck[0].Field)
	require.NotEqual(t, key, storelink.KeyOfSealed(done.Stuck[0].Sealed))
}

// A column that is sealed and that nobody reseals would be lost with its key.
func TestEverySealedColumnIsKnown(t *testing.T) {
	r := newRig(t)
	require.Equal(t, len(storelink.SealedFields), r.count(`
		SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name LIKE '%seal%'`))
}
