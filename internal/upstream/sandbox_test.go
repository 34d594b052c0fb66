package upstream_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
	"storelink/internal/upstream"
)

// TestAgainstTheSandbox walks every call against a server as strict as the contract.
func TestAgainstTheSandbox(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(func() { _ = s.Close() })
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	c := newClient(t, upstream.Options{BaseURL: server.URL})
	issued, err := s.IssueToken(sandbox.AccountLarge)
	require.NoError(t, err)
	tok := storelink.AccessToken{Value: issued.AccessToken}

	organization, err := c.Organization(t.Context(), tok)
	require.NoError(t, err)
	require.Equal(t, "Meridian Restaurant Group", organization.Name)
	brands, err := c.Brands(t.Context(), tok)
	require.NoError(t, err)
	require.Len(t, brands, 20)
	b, err := c.Brand(t.Context(), tok, brands[7].ID)
	require.NoError(t, err)
	require.Equal(t, brands[7], b)
	stores, err := c.Stores(t.Context(), tok, storelink.LaneInteractive, b.ID)
	require.NoError(t, err)
	require.Len(t, stores, 500)
	one, err := c.Store(t.Context(), tok, storelink.StoreRef{BrandID: b.ID, StoreID: stores[3].ID})
	require.NoError(t, err)
	require.Equal(t, stores[3].Name, one.Name)

	call := storelink.Call{Token: tok, Store: storelink.StoreRef{BrandID: b.ID, StoreID: one.ID}, Lane: storelink.LaneInteractive}
	connected := func(want string) {
		t.Helper()
		got, err := c.Connection(t.Context(), call)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	connected("")
	require.NoError(t, c.Connect(t.Context(), call, "K-17"))
	connected("K-17")
	require.Equal(t, 409, failure(t, c.Connect(t.Context(), call, "K-18")).Status)
	require.NoError(t, c.Disconnect(t.Context(), call))
	require.Equal(t, 404, failure(t, c.Disconnect(t.Context(), call)).Status)
	refused := failure(t, c.Connect(t.Context(), call, "é"))
	require.Equal(t, 422, refused.Status)
	require.NotEmpty(t, refused.Message)
	connected("")

	s.RevokeTokens(sandbox.AccountLarge)
	_, err = c.Organization(t.Context(), tok)
	require.Equal(t, 401, failure(t, err).Status)
}
