package store_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/store"
	"storelink/internal/storetest"
)

// BenchmarkAccept measures the largest run: all of its stores new, and all of them asked for again.
func BenchmarkAccept(b *testing.B) {
	db, err := store.Open(b.Context(), storetest.URL(b), store.Options{})
	require.NoError(b, err)
	defer db.Close()
	by := storelink.Asker{OrganizationID: uuid.NewString(), Actor: "user", RequestID: "request"}
	require.NoError(b, db.UpsertOrganization(b.Context(), storelink.Organization{ID: by.OrganizationID, Name: "Many"}))
	asks := func(local string) []storelink.Ask {
		brand := uuid.NewString()
		asks := make([]storelink.Ask, storelink.MaxItems)
		for i := range asks {
			asks[i] = storelink.Ask{
				Store: storelink.StoreRef{BrandID: brand, StoreID: uuid.NewString()}, LocalStoreID: fmt.Sprintf("%s-%s-%d", local, brand[:8], i),
			}
		}
		return asks
	}
	accept := func(b *testing.B, asks []storelink.Ask) {
		b.Helper()
		id, _, err := db.Accept(b.Context(), by, asks, nil)
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, db.Cancel(b.Context(), by, id)) // or the organization would have too many unfinished ones
		b.StartTimer()
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh := asks("K")
			b.StartTimer()
			accept(b, fresh)
		}
	})
	b.Run("again", func(b *testing.B) {
		same := asks("L")
		for b.Loop() {
			accept(b, same)
		}
	})
}
