package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/store"
	"storelink/internal/storetest"
)

// A shelf is a database with two organizations and a way to run plain SQL.
type shelf struct {
	*store.DB
	t    *testing.T
	conn *pgx.Conn
}

const (
	acme  = "0190a8c0-0000-7000-8000-00000000000a"
	other = "0190a8c0-0000-7000-8000-00000000000b"
)

func newShelf(t *testing.T) *shelf {
	address := storetest.URL(t)
	db, err := store.Open(t.Context(), address, store.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for id, name := range map[string]string{acme: "Acme", other: "Other"} {
		require.NoError(t, db.UpsertOrganization(t.Context(), storelink.Organization{ID: id, Name: name}))
	}
	return &shelf{DB: db, t: t, conn: conn}
}

func (s *shelf) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.conn.Exec(s.t.Context(), sql, args...)
	require.NoError(s.t, err)
}

func (s *shelf) stores(f storelink.StoreFilter) storelink.List[storelink.RemoteStore] {
	s.t.Helper()
	list, err := s.FindStores(s.t.Context(), acme, f)
	require.NoError(s.t, err)
	return list
}

// mapped puts a mapping there as a pass would leave it.
func (s *shelf) mapped(ref storelink.StoreRef, state storelink.MappingState, observed *string) {
	s.t.Helper()
	s.exec(`INSERT INTO mappings (id, organization_id, brand_id, store_id, state, observed_local_id, observed_at)
		VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, '2026-01-02T03:04:05Z')`, acme, ref.BrandID, ref.StoreID, state, observed)
}

func brand(n int) storelink.Brand {
	return storelink.Brand{ID: fmt.Sprintf("0190a8c0-0000-7000-8000-0000000b%04d", n), Name: fmt.Sprintf("Brand %d", n)}
}

func remote(b storelink.Brand, n int, name string) storelink.RemoteStore {
	return storelink.RemoteStore{ID: fmt.Sprintf("0190a8c0-0000-7000-8000-0000%04d%04d", b.ID[len(b.ID)-1], n), BrandID: b.ID, BrandName: b.Name, Name: name}
}

func namesOf(stores []storelink.RemoteStore) []string {
	names := []string{}
	for _, s := range stores {
		names = append(names, s.Name)
	}
	return names
}

func refOf(s storelink.RemoteStore) storelink.StoreRef {
	return storelink.StoreRef{BrandID: s.BrandID, StoreID: s.ID}
}

func TestSavedStoresComeBackAsTheyWere(t *testing.T) {
	s := newShelf(t)
	full := `1 "Main" St`
	b := brand(1)
	one, two := remote(b, 1, "One"), remote(b, 2, "Two")
	one.Address = &storelink.Address{
		FullAddress: &full, PostalCode: "9", City: "X", State: "CA", CountryCode: "US",
		AddressLines: []string{"a", "b"}, Location: &storelink.Location{Latitude: 1.25, Longitude: -3},
	}
	require.NoError(t, s.SaveStores(t.Context(), acme, b, []storelink.RemoteStore{one, two}))
	local := "K-1"
	s.mapped(refOf(two), storelink.StateConnected, &local)

	list := s.stores(storelink.StoreFilter{})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Len(t, list.Items, 2)
	require.True(t, list.Items[1].Mapping.ObservedAt.Equal(at))
	two.Mapping = &storelink.StoreMapping{State: storelink.StateConnected, LocalStoreID: &local, ObservedAt: list.Items[1].Mapping.ObservedAt}
	require.Equal(t, []storelink.RemoteStore{one, two}, list.Items)
	require.Equal(t, &storelink.Total{Value: 2, Exact: true}, list.Total)
	require.Nil(t, list.Next)

	elsewhere, err := s.FindStores(t.Context(), other, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Empty(t, elsewhere.Items)
}

func TestSavingReplacesABrandsStoresAndNoOthers(t *testing.T) {
	s := newShelf(t)
	b1, b2 := brand(1), brand(2)
	require.NoError(t, s.SaveStores(t.Context(), acme, b1, []storelink.RemoteStore{remote(b1, 1, "a"), remote(b1, 2, "b")}))
	require.NoError(t, s.SaveStores(t.Context(), acme, b2, []storelink.RemoteStore{remote(b2, 1, "c")}))
	require.NoError(t, s.SaveStores(t.Context(), other, b1, []storelink.RemoteStore{remote(b1, 1, "theirs")}))

	b1.Name = "Renamed"
	require.NoError(t, s.SaveStores(t.Context(), acme, b1, []storelink.RemoteStore{remote(b1, 2, "b2"), remote(b1, 3, "d")}))
	list := s.stores(storelink.StoreFilter{})
	require.Equal(t, []string{"b2", "c", "d"}, namesOf(list.Items))
	require.Equal(t, "Renamed", list.Items[0].BrandName)

	require.NoError(t, s.SaveStores(t.Context(), acme, b1, nil))
	require.Equal(t, []string{"c"}, namesOf(s.stores(storelink.StoreFilter{}).Items))

	require.NoError(t, s.SaveBrands(t.Context(), acme, nil))
	require.Empty(t, s.stores(storelink.StoreFilter{}).Items)
	theirs, err := s.FindStores(t.Context(), other, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Equal(t, []string{"theirs"}, namesOf(theirs.Items))
}

func TestStoresAreFiltered(t *testing.T) {
	s := newShelf(t)
	b1, b2 := brand(1), brand(2)
	street := "5 Ocean 100% Drive"
	beach, hill, lake := remote(b1, 1, "Beach_House"), remote(b1, 2, "HILL"), remote(b2, 3, `Lake\Side`)
	hill.Address = &storelink.Address{FullAddress: &street, City: "Örebro"}
	require.NoError(t, s.SaveStores(t.Context(), acme, b1, []storelink.RemoteStore{beach, hill}))
	require.NoError(t, s.SaveStores(t.Context(), acme, b2, []storelink.RemoteStore{lake}))
	local := "KITCHEN_77"
	s.mapped(refOf(beach), storelink.StateConnected, &local)
	s.mapped(refOf(lake), storelink.StateFailed, nil)

	states := func(s ...storelink.MappingState) []storelink.MappingState { return s }
	for _, tc := range []struct {
		name string
		f    storelink.StoreFilter
		want []string
	}{
		{"all", storelink.StoreFilter{}, []string{beach.Name, hill.Name, lake.Name}},
		{"brand", storelink.StoreFilter{BrandID: b2.ID}, []string{lake.Name}},
		{"name, whatever the case", storelink.StoreFilter{Query: "hil"}, []string{hill.Name}},
		{"address", storelink.StoreFilter{Query: "OCEAN"}, []string{hill.Name}},
		{"beyond ASCII", storelink.StoreFilter{Query: "öREBRO"}, []string{hill.Name}},
		{"id", storelink.StoreFilter{Query: lake.ID}, []string{lake.Name}},
		{"local id", storelink.StoreFilter{Query: "kitchen_7"}, []string{beach.Name}},
		{"wildcards are letters", storelink.StoreFilter{Query: "h_l"}, nil},
		{"percent", storelink.StoreFilter{Query: "100%"}, []string{hill.Name}},
		{"percent alone", storelink.StoreFilter{Query: "5%D"}, nil},
		{"underscore", storelink.StoreFilter{Query: "h_h"}, []string{beach.Name}},
		{"backslash", storelink.StoreFilter{Query: `e\s`}, []string{lake.Name}},
		{"state", storelink.StoreFilter{States: states(storelink.StateFailed)}, []string{lake.Name}},
		{"none", storelink.StoreFilter{States: states(storelink.StateNone)}, []string{hill.Name}},
		{"two states", storelink.StoreFilter{States: states(storelink.StateNone, storelink.StateConnected)}, []string{beach.Name, hill.Name}},
		{"all at once", storelink.StoreFilter{BrandID: b1.ID, Query: "house", States: states(storelink.StateConnected)}, []string{beach.Name}},
	} {
		list := s.stores(tc.f)
		require.ElementsMatch(t, tc.want, namesOf(list.Items), tc.name)
		require.Equal(t, len(tc.want), list.Total.Value, tc.name)
	}
}

func TestPagesOfStoresLoseNothing(t *testing.T) {
	s := newShelf(t)
	b := brand(1)
	var stores []storelink.RemoteStore
	for i, name := range []string{"b", "B", "a", "Ä", "", "z", "Z", "b", "ä"} {
		stores = append(stores, remote(b, i, name))
	}
	require.NoError(t, s.SaveStores(t.Context(), acme, b, stores))
	all := s.stores(storelink.StoreFilter{Page: storelink.Page{Limit: 500}}).Items
	require.Len(t, all, len(stores))
	for limit := 1; limit <= len(stores); limit++ {
		var got []storelink.RemoteStore
		page := storelink.Page{Limit: limit}
		for {
			list := s.stores(storelink.StoreFilter{Page: page})
			require.Equal(t, len(stores), list.Total.Value)
			got = append(got, list.Items...)
			if list.Next == nil {
				break
			}
			require.Len(t, list.Items, limit)
			page.After = list.Next
		}
		require.Equal(t, all, got)
	}
	for _, after := range [][]string{{}, {"a"}, {"a", "b"}, {"a", b.ID, "c"}} {
		_, err := s.FindStores(t.Context(), acme, storelink.StoreFilter{Page: storelink.Page{After: after}})
		require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err))
	}
}

func TestStoreMappingsAndNames(t *testing.T) {
	s := newShelf(t)
	b := brand(1)
	one, two := remote(b, 1, "One"), remote(b, 2, "Two")
	unknown := storelink.StoreRef{BrandID: brand(9).ID, StoreID: one.ID}
	unlisted := storelink.StoreRef{BrandID: b.ID, StoreID: remote(b, 7, "").ID}
	require.NoError(t, s.SaveStores(t.Context(), acme, b, []storelink.RemoteStore{one, two}))
	s.mapped(refOf(one), storelink.StatePending, nil)

	found, err := s.StoreMappings(t.Context(), acme, []storelink.StoreRef{refOf(one), refOf(two), unknown})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, storelink.StatePending, found[refOf(one)].State)
	require.Nil(t, found[refOf(one)].LocalStoreID)
	found, err = s.StoreMappings(t.Context(), other, []storelink.StoreRef{refOf(one)})
	require.NoError(t, err)
	require.Empty(t, found)

	names, err := s.StoreNames(t.Context(), acme, []storelink.StoreRef{refOf(one), unknown, unlisted})
	require.NoError(t, err)
	require.Equal(t, map[storelink.StoreRef][2]string{refOf(one): {b.Name, "One"}, unlisted: {b.Name, ""}}, names)
	names, err = s.StoreNames(t.Context(), other, []storelink.StoreRef{refOf(one)})
	require.NoError(t, err)
	require.Empty(t, names)
	names, err = s.StoreNames(t.Context(), acme, nil)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestNamesInMappingsFollow(t *testing.T) {
	s := newShelf(t)
	b := brand(1)
	one := remote(b, 1, "One")
	s.mapped(refOf(one), storelink.StatePending, nil)
	named := func() []string {
		var got [3]string
		require.NoError(t, s.conn.QueryRow(t.Context(), `SELECT organization_name, brand_name, store_name FROM mappings`).Scan(&got[0], &got[1], &got[2]))
		return got[:]
	}
	require.NoError(t, s.SaveBrands(t.Context(), acme, []storelink.Brand{b}))
	require.Equal(t, []string{"Acme", b.Name, ""}, named())
	require.NoError(t, s.SaveStores(t.Context(), acme, b, []storelink.RemoteStore{one}))
	require.Equal(t, []string{"Acme", b.Name, "One"}, named())
	// A store that is gone upstream keeps its name in the mapping.
	require.NoError(t, s.SaveBrands(t.Context(), acme, nil))
	require.Equal(t, []string{"Acme", b.Name, "One"}, named())

	tx, err := s.conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT 1 FROM mappings FOR UPDATE`)
	require.NoError(t, err)
	b.Name = "Renamed"
	require.NoError(t, s.SaveBrands(t.Context(), acme, []storelink.Brand{b}), "a mapping being written is not waited for")
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, s.SaveBrands(t.Context(), acme, []storelink.Brand{b}))
	require.Equal(t, []string{"Acme", "Renamed", "One"}, named())
}

func TestBrandsAreKnownForAWhile(t *testing.T) {
	s := newShelf(t)
	require.NoError(t, s.SaveBrands(t.Context(), acme, []storelink.Brand{brand(1), brand(2)}))
	b, err := s.FindBrand(t.Context(), acme, brand(2).ID, time.Minute)
	require.NoError(t, err)
	require.Equal(t, brand(2), b)
	s.exec(`UPDATE brands SET seen_at = seen_at - interval '2 minutes'`)
	for _, id := range []string{brand(2).ID, brand(3).ID} {
		_, err = s.FindBrand(t.Context(), acme, id, time.Minute)
		require.Equal(t, storelink.ErrNotFound, storelink.CodeOf(err))
	}
	require.Equal(t, storelink.ErrNotFound, storelink.CodeOf(s.SaveBrands(t.Context(), brand(1).ID, nil)), "an unknown organization")
}

func TestConcurrentSavesDoNotDeadlock(t *testing.T) {
	s := newShelf(t)
	var brands []storelink.Brand
	for i := range 4 {
		brands = append(brands, brand(i))
	}
	errs := make(chan error)
	for i := range 8 {
		go func() {
			mine := slices.Clone(brands)[i%4:]
			if i%2 == 0 {
				slices.Reverse(mine)
			}
			err := s.SaveBrands(context.Background(), acme, mine)
			for _, b := range mine {
				if err == nil {
					err = s.SaveStores(context.Background(), acme, b, []storelink.RemoteStore{remote(b, 1, "a"), remote(b, 2, "b")})
				}
			}
			errs <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-errs)
	}
}

func TestOneLoadOfASnapshotAtATime(t *testing.T) {
	s := newShelf(t)
	state := func() storelink.Snapshot {
		t.Helper()
		got, err := s.FindSnapshot(t.Context(), acme)
		require.NoError(t, err)
		return got
	}
	claim := func(olderThan time.Duration) (time.Time, bool) {
		t.Helper()
		at, ok, err := s.ClaimSnapshot(t.Context(), acme, olderThan)
		require.NoError(t, err)
		return at, ok
	}
	require.Equal(t, storelink.Snapshot{}, state())
	first, ok := claim(time.Minute)
	require.True(t, ok)
	require.True(t, state().Running)
	_, ok = claim(time.Minute)
	require.False(t, ok)
	require.NoError(t, s.AdvanceSnapshot(t.Context(), acme, first, storelink.TreeProgress{Brands: 2, Of: 5}))
	require.NoError(t, s.AdvanceSnapshot(t.Context(), acme, first, storelink.TreeProgress{Brands: 1, Of: 5}))
	require.Equal(t, storelink.TreeProgress{Brands: 2, Of: 5}, state().Progress)

	s.exec(`UPDATE snapshots SET heartbeat_at = heartbeat_at - interval '11 seconds'`)
	require.False(t, state().Running)
	second, ok := claim(time.Minute)
	require.True(t, ok, "a silent load is succeeded")
	require.ErrorIs(t, s.AdvanceSnapshot(t.Context(), acme, first, storelink.TreeProgress{Brands: 3, Of: 5}), storelink.ErrLeaseLost)
	require.NoError(t, s.EndSnapshot(t.Context(), acme, first, true))
	require.True(t, state().AsOf.IsZero() && state().Running, "the first load ends nothing any more")

	require.NoError(t, s.EndSnapshot(t.Context(), acme, second, false))
	require.True(t, state().AsOf.IsZero())
	third, ok := claim(time.Minute)
	require.True(t, ok, "a failed load is retried at once")
	require.NoError(t, s.EndSnapshot(t.Context(), acme, third, true))
	require.True(t, state().AsOf.Equal(third))
	require.False(t, state().Running)
	require.ErrorIs(t, s.AdvanceSnapshot(t.Context(), acme, third, storelink.TreeProgress{}), storelink.ErrLeaseLost)

	_, ok = claim(time.Minute)
	require.False(t, ok, "it is fresh")
	s.exec(`UPDATE snapshots SET as_of = as_of - interval '2 minutes'`)
	require.GreaterOrEqual(t, state().Age, 2*time.Minute)
	_, ok = claim(time.Minute)
	require.True(t, ok)
}
