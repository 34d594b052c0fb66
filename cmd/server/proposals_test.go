package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

type proposalsView struct {
	Ready bool
	Items []struct {
		BrandID, StoreID, LocalStoreID, LocalStoreName string
		Score                                          float64
		Reasons                                        []string
	}
}

type placedStore struct {
	ID, BrandID, Name string
	Address           *struct {
		AddressLines     []string
		FullAddress      *string
		PostalCode, City string
	}
	Mapping *struct{ LocalStoreID *string }
}

// Free stores are proposed their counterparts of the catalogue, out of those that the session may use and nobody has.
func TestProposals(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	var none proposalsView
	p.get("/api/proposals", &none)
	require.True(t, none.Ready)
	require.Empty(t, none.Items)

	var stores []placedStore
	r.eventually("the snapshot is there", func() bool {
		var list struct {
			Items   []placedStore
			Loading *struct{}
		}
		p.get("/api/stores?limit=500", &list)
		stores = list.Items
		return list.Loading == nil
	})
	file, want := &strings.Builder{}, map[string]string{}
	file.WriteString("id,group,name,address,postalCode,city\n")
	for i, s := range stores {
		if s.Address == nil || s.Mapping != nil {
			continue
		}
		line := strings.Join(s.Address.AddressLines, " ")
		if line == "" && s.Address.FullAddress != nil {
			line = *s.Address.FullAddress
		}
		want[s.ID] = fmt.Sprint("K-", i)
		fmt.Fprintf(file, "K-%d,acme,%q,%q,%s,%s\n", i, strings.ToUpper(s.Name), line, s.Address.PostalCode, s.Address.City)
	}
	require.NotEmpty(t, want)
	r.replaced("", csvUTF8, file.String())
	var found proposalsView
	p.get("/api/proposals", &found)
	require.True(t, found.Ready)
	require.NotEmpty(t, found.Items)
	for _, item := range found.Items {
		require.Equal(t, want[item.StoreID], item.LocalStoreID)
		require.NotEmpty(t, item.Reasons)
		require.GreaterOrEqual(t, item.Score, 0.9)
	}
	first := found.Items[0]
	require.Equal(t, "connected", p.asked(sandbox.Store{BrandID: first.BrandID, StoreID: first.StoreID}, first.LocalStoreID, "").Outcome)
	var rest proposalsView
	p.get("/api/proposals", &rest)
	require.Len(t, rest.Items, len(found.Items)-1)
	for _, item := range rest.Items {
		require.NotEqual(t, first.LocalStoreID, item.LocalStoreID)
	}
	p.get("/api/proposals?brandId=01890000-0000-7000-8000-000000000000", &rest)
	require.Empty(t, rest.Items)
	r.problemOf(r.visitor().send(http.MethodGet, "/api/proposals", nil), http.StatusUnauthorized, "not-signed-in")
}
