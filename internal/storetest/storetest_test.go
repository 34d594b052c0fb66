package storetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink/internal/storetest"
)

func TestEachTestHasAMigratedDatabaseOfItsOwn(t *testing.T) {
	first, second := storetest.URL(t), storetest.URL(t)
	require.NotEqual(t, first, second)
	for _, url := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		var n int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM organizations").Scan(&n))
		require.Zero(t, n)
		_, err = conn.Exec(t.Context(), "INSERT INTO organizations (id, name) VALUES (gen_random_uuid(), 'one')")
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
	}
}
