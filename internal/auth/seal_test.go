package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/auth"
)

func TestSealedOpensInItsOwnPlaceOnly(t *testing.T) {
	sealer := newSealer(t)
	sealed, err := sealer.Seal("canary", "grant", "organization", "field")
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "canary")

	opened, err := sealer.Open(sealed, "grant", "organization", "field")
	require.NoError(t, err)
	require.Equal(t, "canary", opened)

	for _, place := range [][3]string{
		{"grant2", "organization", "field"},
		{"grant", "organization2", "field"},
		{"grant", "organization", "field2"},
		{"grantorganization", "", "field"},
	} {
		_, err := sealer.Open(sealed, place[0], place[1], place[2])
		require.Error(t, err, place)
	}
	_, err = newSealer(t).Open(sealed, "grant", "organization", "field")
	require.Error(t, err, "another keyset")
}

func TestABadKeysetIsRefusedWithoutShowingIt(t *testing.T) {
	for _, bad := range []string{"", "canary!", "Y2FuYXJ5", "e30="} {
		_, err := auth.NewSealer(bad)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "canary")
	}
}

func newSealer(t *testing.T) *auth.Sealer {
	t.Helper()
	encoded, err := auth.NewKeyset()
	require.NoError(t, err)
	sealer, err := auth.NewSealer(encoded)
	require.NoError(t, err)
	return sealer
}
