package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

func TestTheTreeOfAnOrganization(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountSmall)
	o, err := r.Organization(t.Context(), session)
	require.NoError(t, err)
	require.Equal(t, session.Organization, o)

	brands, err := r.Brands(t.Context(), session, storelink.BrandFilter{Page: page(50, nil)})
	require.NoError(t, err)
	require.Equal(t, "Bao & Beyond", brands.Items[0].Name)
	require.Equal(t, "Nonna Lucia", brands.Items[1].Name)
	require.Equal(t, &storelink.Total{Value: 2, Exact: true}, brands.Total)
	require.Nil(t, brands.Next)
	require.WithinDuration(t, time.Now(), brands.AsOf, time.Minute)

	b, err := r.Brand(t.Context(), session, brands.Items[1].ID)
	require.NoError(t, err)
	require.Equal(t, brands.Items[1], b)
	stores, err := r.Stores(t.Context(), session, storelink.StoreFilter{BrandID: b.ID, Page: page(50, nil)})
	require.NoError(t, err)
	require.Len(t, stores.Items, 6)
	for _, s := range stores.Items {
		require.Equal(t, storelink.Brand{ID: s.BrandID, Name: s.BrandName}, b)
		one, err := r.Store(t.Context(), session, storelink.StoreRef{BrandID: b.ID, StoreID: s.ID})
		require.NoError(t, err)
		// The sandbox leaves nullable fields out now and then.
		one.Address = s.Address
		require.Equal(t, s, one)
	}
	require.Equal(t, 1, r.asked("/brands/"+b.ID), "the name of the brand was known from the list")

	unknown := strings.Repeat("0", 8) + b.ID[8:]
	for _, err := range []error{
		second(r.Brand(t.Context(), session, unknown)),
		second(r.Stores(t.Context(), session, storelink.StoreFilter{BrandID: unknown})),
		second(r.Store(t.Context(), session, storelink.StoreRef{BrandID: b.ID, StoreID: unknown})),
		second(r.Connection(t.Context(), session, storelink.StoreRef{BrandID: b.ID, StoreID: unknown})),
	} {
		require.Equal(t, storelink.ErrNotFound, storelink.CodeOf(err))
	}
	empty, err := r.Brands(t.Context(), r.signIn(sandbox.AccountEmpty), storelink.BrandFilter{})
	require.NoError(t, err)
	require.Empty(t, empty.Items)
	require.NotNil(t, empty.Items)
}

func TestListsAreCompleteWhateverTheLimit(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountLarge)
	var brands []storelink.Brand
	for next := []string(nil); ; {
		list, err := r.Brands(t.Context(), session, storelink.BrandFilter{Page: page(3, next)})
		require.NoError(t, err)
		require.Equal(t, 20, list.Total.Value)
		brands = append(brands, list.Items...)
		if next = list.Next; next == nil {
			break
		}
	}
	require.Len(t, brands, 20)
	seen := map[string]bool{}
	var order []string
	for next := []string(nil); ; {
		list, err := r.Stores(t.Context(), session, storelink.StoreFilter{BrandID: brands[0].ID, Page: page(33, next)})
		require.NoError(t, err)
		for _, s := range list.Items {
			seen[s.ID] = true
			order = append(order, strings.ToLower(s.Name))
		}
		if next = list.Next; next == nil {
			break
		}
	}
	require.Len(t, seen, 500)
	require.Len(t, order, 500)
	require.True(t, slices.IsSorted(order))
	require.Equal(t, 1, r.asked("/brands"))
	require.Equal(t, 1, r.asked("/stores"))

	found, err := r.Brands(t.Context(), session, storelink.BrandFilter{Query: strings.ToUpper(brands[4].Name)})
	require.NoError(t, err)
	require.Equal(t, []storelink.Brand{brands[4]}, found.Items)
	for _, after := range [][]string{{}, {"a"}, {"a", "b", "c"}} {
		_, err := r.Brands(t.Context(), session, storelink.BrandFilter{Page: page(3, after)})
		require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err))
	}
}

func TestStoresCarryTheirMappings(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountSmall)
	sample := r.otter.Stores(sandbox.AccountSmall)[0]
	r.exec(`INSERT INTO mappings (id, organization_id, brand_id, store_id, state, observed_local_id, observed_at)
		VALUES (gen_random_uuid(), $1, $2, $3, 'connected', 'Kitchen-7', now())`, session.Organization.ID, sample.BrandID, sample.StoreID)
	for _, tc := range []struct {
		name  string
		f     storelink.StoreFilter
		total int
		first string // id
	}{
		{"all", storelink.StoreFilter{}, 6, ""},
		{"by local id", storelink.StoreFilter{Query: "KITCHEN-7"}, 1, sample.StoreID},
		{"by id", storelink.StoreFilter{Query: sample.StoreID[9:]}, 1, sample.StoreID},
		{"by name", storelink.StoreFilter{Query: strings.ToUpper(sample.Name)}, 1, sample.StoreID},
		{"wildcards are letters", storelink.StoreFilter{Query: "%_%"}, 0, ""},
		{"by state", storelink.StoreFilter{States: []storelink.MappingState{storelink.StateConnected}}, 1, sample.StoreID},
		{"none", storelink.StoreFilter{States: []storelink.MappingState{storelink.StateNone}}, 5, ""},
		{"page of those found", storelink.StoreFilter{States: []storelink.MappingState{storelink.StateNone}, Page: page(2, nil)}, 5, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.f.BrandID = sample.BrandID
			list, err := r.Stores(t.Context(), session, tc.f)
			require.NoError(t, err)
			require.Equal(t, tc.total, list.Total.Value)
			if tc.first != "" {
				require.Equal(t, tc.first, list.Items[0].ID)
				require.Equal(t, "Kitchen-7", *list.Items[0].Mapping.LocalStoreID)
				require.Equal(t, storelink.StateConnected, list.Items[0].Mapping.State)
			}
		})
	}
	one, err := r.Store(t.Context(), session, storelink.StoreRef{BrandID: sample.BrandID, StoreID: sample.StoreID})
	require.NoError(t, err)
	require.Equal(t, "Kitchen-7", *one.Mapping.LocalStoreID)

	r.exec(`DELETE FROM mappings`)
	one, err = r.Store(t.Context(), session, storelink.StoreRef{BrandID: sample.BrandID, StoreID: sample.StoreID})
	require.NoError(t, err)
	require.Nil(t, one.Mapping, "the mapping is not cached")
	require.Zero(t, r.asked("/connection"), "no upstream call per store")
}

func TestAnswersAreKeptPerGrant(t *testing.T) {
	for name, tc := range map[string]struct {
		ttl   time.Duration
		calls int
	}{"cached": {time.Minute, 2}, "off": {0, 4}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tc.ttl)
			for _, session := range []storelink.Session{r.signIn(sandbox.AccountSmall), r.signIn(sandbox.AccountReadOnly)} {
				for range 2 {
					_, err := r.Organization(t.Context(), session)
					require.NoError(t, err)
				}
			}
			require.Equal(t, tc.calls, r.asked("/organization"))
		})
	}
}

func TestADeadGrantReadsNothing(t *testing.T) {
	r := newRig(t, time.Minute)
	dead, alive := r.signIn(sandbox.AccountSmall), r.signIn(sandbox.AccountReadOnly)
	sample := r.otter.Stores(sandbox.AccountSmall)[0]
	ref := storelink.StoreRef{BrandID: sample.BrandID, StoreID: sample.StoreID}
	reads := func(s storelink.Session) []error {
		return []error{
			second(r.Organization(t.Context(), s)),
			second(r.Brands(t.Context(), s, storelink.BrandFilter{})),
			second(r.Brand(t.Context(), s, ref.BrandID)),
			second(r.Stores(t.Context(), s, storelink.StoreFilter{BrandID: ref.BrandID})),
			second(r.Store(t.Context(), s, ref)),
			third(r.AllStores(t.Context(), s, storelink.StoreFilter{})),
		}
	}
	for _, err := range append(reads(dead), reads(alive)...) {
		require.NoError(t, err)
	}
	require.NoError(t, r.tokens.MarkGrant(t.Context(), dead.Grant.ID, "test"))
	before := len(r.otter.Calls())
	for _, err := range append(reads(dead), second(r.Connection(t.Context(), dead, ref))) {
		require.Equal(t, storelink.ErrReauthorizationRequired, storelink.CodeOf(err))
	}
	for _, err := range reads(alive) {
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(r.otter.Calls())-before, 3, "a load of the snapshot may still have been running")
}

func TestAGrantThatUpstreamRefusesIsMarked(t *testing.T) {
	r := newRig(t, 0)
	session := r.signIn(sandbox.AccountSmall)
	r.otter.RevokeTokens(sandbox.AccountSmall)
	_, err := r.Organization(t.Context(), session)
	require.Equal(t, storelink.ErrReauthorizationRequired, storelink.CodeOf(err))
	require.NotEmpty(t, r.tokens.marked(session))
	require.Equal(t, 2, r.asked("/organization"), "once more before it is believed")
}

func TestAGrantForAnotherOrganizationIsDead(t *testing.T) {
	r := newRig(t, 0)
	session := r.signIn(sandbox.AccountSmall)
	session.Organization = r.signIn(sandbox.AccountLarge).Organization
	_, err := r.Organization(t.Context(), session)
	require.Equal(t, storelink.ErrReauthorizationRequired, storelink.CodeOf(err))
	require.NotEmpty(t, r.tokens.marked(session))
}

func TestAnOrganizationsNewNameIsKept(t *testing.T) {
	r := newRig(t, 0)
	session := r.signIn(sandbox.AccountSmall)
	session.Organization.Name = "Old Name"
	require.NoError(t, r.db.UpsertOrganization(t.Context(), session.Organization))
	o, err := r.Organization(t.Context(), session)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var name string
		err := r.conn.QueryRow(t.Context(), `SELECT name FROM organizations WHERE id = $1`, o.ID).Scan(&name)
		return err == nil && name == o.Name
	}, 10*time.Second, 10*time.Millisecond)
}

func TestTheOwnGrantDecidesWhatMayBeSeen(t *testing.T) {
	r := newRig(t, time.Minute)
	manager, reader := r.signIn(sandbox.AccountSmall), r.signIn(sandbox.AccountReadOnly)
	require.Equal(t, manager.Organization, reader.Organization)
	stores := r.otter.Stores(sandbox.AccountSmall)
	legacy := storelink.StoreRef{BrandID: stores[2].BrandID, StoreID: stores[2].StoreID}
	bare := storelink.StoreRef{BrandID: stores[0].BrandID, StoreID: stores[0].StoreID}

	c, err := r.Connection(t.Context(), manager, legacy)
	require.NoError(t, err)
	require.Equal(t, storelink.Connection{LocalStoreID: sandbox.LegacyLocalID}, c)
	c, err = r.Connection(t.Context(), manager, bare)
	require.NoError(t, err)
	require.Equal(t, storelink.Connection{}, c)
	_, err = r.Connection(t.Context(), reader, legacy)
	require.Equal(t, storelink.ErrScopeMissing, storelink.CodeOf(err))
	require.Empty(t, r.tokens.marked(reader))

	blind := r.tokens.grant(manager.Organization, "x", []string{storelink.ScopeConnect})
	_, _, err = r.AllStores(t.Context(), blind, storelink.StoreFilter{})
	require.Equal(t, storelink.ErrScopeMissing, storelink.CodeOf(err))
}

func TestConnectionsAreLive(t *testing.T) {
	r := newRig(t, time.Hour)
	session := r.signIn(sandbox.AccountSmall)
	s := r.otter.Stores(sandbox.AccountSmall)[0]
	for _, id := range []string{"K-1", "K-2"} {
		require.True(t, r.otter.SetConnection(s.StoreID, id))
		c, err := r.Connection(t.Context(), session, storelink.StoreRef{BrandID: s.BrandID, StoreID: s.StoreID})
		require.NoError(t, err)
		require.Equal(t, id, c.LocalStoreID)
	}
}

func TestWhatIsReadIsKept(t *testing.T) {
	r := newRig(t, 0)
	session := r.signIn(sandbox.AccountSmall)
	s := r.otter.Stores(sandbox.AccountSmall)[0]
	ref := storelink.StoreRef{BrandID: s.BrandID, StoreID: s.StoreID}
	_, err := r.Stores(t.Context(), session, storelink.StoreFilter{BrandID: s.BrandID})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		names, err := r.db.StoreNames(t.Context(), session.Organization.ID, []storelink.StoreRef{ref})
		return err == nil && names[ref] == [2]string{s.BrandName, s.Name}
	}, 10*time.Second, 10*time.Millisecond)
	_, err = r.Store(t.Context(), session, ref)
	require.NoError(t, err)
	require.Equal(t, 1, r.asked("/brands/"+s.BrandID), "the second time the brand's name was known")
}

func second[T any](_ T, err error) error { return err }

func third[A, B any](_ A, _ B, err error) error { return err }
