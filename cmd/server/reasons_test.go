package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// answerOf is what an operator reads of a look-up: a mapping, or a problem that says whether the store is known.
type answerOf struct {
	Status                                     int
	KnownStore                                 bool
	State, Code, WaitingFor                    string
	DesiredLocalStoreID, AskedLocalStoreID     string
	ObservedLocalStoreID, PreviousLocalStoreID string
	UpstreamMessage                            string
}

// A store gets no orders. One request tells why, for each of the reasons there are: docs/OPERATE.md has the same five.
func TestOneRequestTellsWhyAStoreGetsNoOrders(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: func(s *config.Settings) {
		shortTimeout(s)
		takesWebhooks(s)
	}})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.freeStores(sandbox.AccountSmall, 6)
	never, refused, removed, taken, holder, expired := stores[0], stores[1], stores[2], stores[3], stores[4], stores[5]
	p.withAddress(r.box.Stores(sandbox.AccountSmall)) // the snapshot is there

	r.connectByHand(refused, "K-9")
	r.fault(refused, http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity, Body: `{"message":"storeId is not acceptable"}`})
	require.Equal(t, "failed", p.asked(refused, "K-22", "K-9").Outcome)

	require.Equal(t, "connected", p.asked(removed, "K-23", "").Outcome)
	r.box.RemoveConnection(removed.StoreID)
	require.Equal(t, http.StatusOK, r.deliver(newSecret, webhookBody("0c7e3c6a-5f0a-4f58-8d3c-2a9c4b1f7e10", "stores.remove", "K-23", "", "", "")).status)

	r.connectByHand(holder, "K-24")
	require.Equal(t, "failed", p.asked(taken, "K-24", "").Outcome)

	r.box.RevokeTokens(sandbox.AccountSmall)
	p.begin(want{expired, "K-25", ""})

	for _, tt := range []struct {
		why   string
		store sandbox.Store
		found func(a answerOf) bool
	}{
		{"nobody ever asked for it", never, func(a answerOf) bool { return a.Status == http.StatusNotFound && a.KnownStore }},
		{"Otter refused the id", refused, func(a answerOf) bool {
			return a.State == "failed" && a.Code == "local_store_id_refused" && a.AskedLocalStoreID == "K-22" && a.ObservedLocalStoreID == "K-9" &&
				a.UpstreamMessage == "storeId is not acceptable"
		}},
		{"the consent has ended", expired, func(a answerOf) bool {
			return a.State == "waiting" && a.WaitingFor == "consent" && a.AskedLocalStoreID == "K-25"
		}},
		{"somebody removed it at Otter", removed, func(a answerOf) bool {
			return a.State == "drifted" && a.DesiredLocalStoreID == "K-23" && a.ObservedLocalStoreID == ""
		}},
		{"another store has the id", taken, func(a answerOf) bool {
			return a.State == "failed" && a.Code == "local_store_id_taken" && a.AskedLocalStoreID == "K-24"
		}},
	} {
		path := "/admin/mappings/lookup?remoteStoreId=" + tt.store.StoreID
		var last answer
		r.soon(tt.why, func() bool {
			last = r.admin(config.RoleRead, http.MethodGet, path)
			a := answerOf{Status: last.status}
			return json.Unmarshal(last.body, &a) == nil && tt.found(a)
		})
		t.Logf("%s: GET %s → %d %s", tt.why, path, last.status, last.body)
	}
}
