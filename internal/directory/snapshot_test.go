package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/directory"
	"storelink/internal/sandbox"
)

// loaded waits until the snapshot is complete and returns its first page.
func loaded(t *testing.T, s *directory.Service, session storelink.Session, f storelink.StoreFilter) storelink.List[storelink.RemoteStore] {
	t.Helper()
	var list storelink.List[storelink.RemoteStore]
	require.Eventually(t, func() bool {
		var progress *storelink.TreeProgress
		var err error
		list, progress, err = s.AllStores(t.Context(), session, f)
		return err == nil && progress == nil
	}, 30*time.Second, 20*time.Millisecond)
	return list
}

func TestAllStoresAreLoadedOnceOverAllReplicas(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountLarge)
	second := r.replica()
	first, progress, err := r.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.NotNil(t, progress)
	require.NotNil(t, first.Items)
	_, progress, err = second.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.NotNil(t, progress)

	list := loaded(t, second, session, storelink.StoreFilter{Page: page(500, nil)})
	require.Equal(t, &storelink.Total{Value: 10_000, Exact: true}, list.Total)
	require.Len(t, list.Items, 500)
	require.NotEmpty(t, list.Items[0].BrandName)
	require.WithinDuration(t, time.Now(), list.AsOf, time.Minute)
	require.Equal(t, 1, r.asked("/brands"))
	require.Equal(t, 20, r.asked("/stores"))

	seen := map[string]bool{}
	for {
		for _, s := range list.Items {
			seen[s.ID] = true
		}
		if list.Next == nil {
			break
		}
		list, _, err = r.AllStores(t.Context(), session, storelink.StoreFilter{Page: page(500, list.Next)})
		require.NoError(t, err)
	}
	require.Len(t, seen, 10_000)

	sample := r.otter.Stores(sandbox.AccountLarge)[4321]
	found, _, err := r.AllStores(t.Context(), session, storelink.StoreFilter{Query: sample.StoreID})
	require.NoError(t, err)
	require.Equal(t, 1, found.Total.Value)
	require.Equal(t, sample.Name, found.Items[0].Name)
	ofBrand, _, err := r.AllStores(t.Context(), session, storelink.StoreFilter{BrandID: sample.BrandID})
	require.NoError(t, err)
	require.Equal(t, 500, ofBrand.Total.Value)

	other, progress, err := r.AllStores(t.Context(), r.signIn(sandbox.AccountSmall), storelink.StoreFilter{})
	require.NoError(t, err)
	require.NotNil(t, progress)
	for _, s := range other.Items {
		require.False(t, seen[s.ID], "another organization's store")
	}
}

func TestAnOrganizationWithoutBrandsIsLoaded(t *testing.T) {
	r := newRig(t, time.Minute)
	list := loaded(t, r.Service, r.signIn(sandbox.AccountEmpty), storelink.StoreFilter{})
	require.Empty(t, list.Items)
	require.Equal(t, 0, list.Total.Value)
}

func TestAFailedFirstLoadIsReportedAndTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault sandbox.Fault
		want  storelink.ErrorCode
	}{
		{"no brands", sandbox.Fault{PathPattern: "/brands$", Status: 503, Times: -1}, storelink.ErrUpstreamUnavailable},
		{"no stores", sandbox.Fault{PathPattern: "/stores$", Status: 403, Times: -1}, storelink.ErrForbidden},
		{"no grant", sandbox.Fault{PathPattern: "/stores$", Status: 401, Times: -1}, storelink.ErrReauthorizationRequired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, time.Minute)
			session := r.signIn(sandbox.AccountSmall)
			r.otter.Inject(tc.fault)
			var err error
			require.Eventually(t, func() bool {
				_, _, err = r.AllStores(t.Context(), session, storelink.StoreFilter{})
				return err != nil
			}, 20*time.Second, 10*time.Millisecond)
			require.Equal(t, tc.want, storelink.CodeOf(err))

			r.otter.ClearFaults()
			// Another grant does not inherit the failure.
			list := loaded(t, r.Service, r.signIn(sandbox.AccountReadOnly), storelink.StoreFilter{})
			require.Equal(t, 12, list.Total.Value)
		})
	}
}

func TestAnOldSnapshotIsServedWhileANewOneIsLoaded(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountSmall)
	before := loaded(t, r.Service, session, storelink.StoreFilter{})
	r.exec(`UPDATE snapshots SET as_of = as_of - interval '9 minutes'`)
	_, _, err := r.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Equal(t, 1, r.asked("/brands"), "it is not old enough")

	r.exec(`UPDATE snapshots SET as_of = as_of - interval '2 minutes'`)
	r.exec(`DELETE FROM remote_stores WHERE id = $1`, before.Items[0].ID)
	r.exec(`UPDATE remote_stores SET name = 'Another'`)
	r.otter.Inject(sandbox.Fault{PathPattern: "/brands$", Status: 500, Times: 3})
	list, progress, err := r.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Nil(t, progress)
	require.Equal(t, 11, list.Total.Value)
	require.True(t, list.AsOf.Before(before.AsOf))
	require.Eventually(t, func() bool { return !running(t, r, session) }, 10*time.Second, 10*time.Millisecond)

	// That load failed, which is no reason to bother anybody; another replica tries.
	other := r.replica()
	require.Eventually(t, func() bool {
		list, progress, err = other.AllStores(t.Context(), session, storelink.StoreFilter{})
		require.NoError(t, err)
		require.Nil(t, progress)
		return list.Total.Value == 12 && list.AsOf.After(before.AsOf)
	}, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, before.Items, list.Items)
}

func TestADeadReplicasLoadIsTakenOver(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountSmall)
	r.exec(`INSERT INTO snapshots (organization_id, started_at, heartbeat_at, brands_loaded, brands_total)
		VALUES ($1, now() - interval '5 seconds', now() - interval '5 seconds', 1, 2)`, session.Organization.ID)
	_, progress, err := r.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Equal(t, &storelink.TreeProgress{Brands: 1, Of: 2}, progress)
	require.Zero(t, r.asked("/brands"))
	r.exec(`UPDATE snapshots SET heartbeat_at = now() - interval '11 seconds'`)
	require.Equal(t, 12, loaded(t, r.Service, session, storelink.StoreFilter{}).Total.Value)
}

func TestCloseEndsALoadAndLeavesItToOthers(t *testing.T) {
	r := newRig(t, time.Minute)
	session := r.signIn(sandbox.AccountSmall)
	r.otter.Inject(sandbox.Fault{PathPattern: "/stores$", Hang: true, Times: 2})
	_, _, err := r.AllStores(t.Context(), session, storelink.StoreFilter{})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return r.asked("/stores") > 0 }, 10*time.Second, 5*time.Millisecond)
	r.Close()
	require.False(t, running(t, r, session))
	_, err = r.Organization(t.Context(), session)
	require.Equal(t, storelink.ErrUpstreamUnavailable, storelink.CodeOf(err))
	r.otter.ClearFaults()
	require.Equal(t, 12, loaded(t, r.replica(), session, storelink.StoreFilter{}).Total.Value)
}

func running(t *testing.T, r *rig, session storelink.Session) bool {
	t.Helper()
	state, err := r.db.FindSnapshot(t.Context(), session.Organization.ID)
	require.NoError(t, err)
	return state.Running
}
