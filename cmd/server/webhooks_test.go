package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	uuids "github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

const (
	oldSecret = "the old secret of the endpoint"
	newSecret = "the new secret of the endpoint"
)

// deliver sends a webhook's body, signed with the secret.
func (r *rig) deliver(secret string, body []byte) answer {
	r.t.Helper()
	return r.request(http.MethodPost, r.public+"/webhooks/otter", bytes.NewReader(body),
		"Content-Type", "application/json", "X-HMAC-SHA256", sandbox.SignWebhook(secret, body))
}

func takesWebhooks(s *config.Settings) { s.WebhookSecrets = newSecret + ", " + oldSecret }

func webhookBody(eventID, eventType, localID, remoteID, name, address string) []byte {
	return fmt.Appendf(nil, `{"eventId":%q,"eventTime":"2026-11-24T10:00:00Z","eventType":%q,"metadata":{"storeId":%q,"applicationId":"app",
		"resourceHref":"https://evil.example/steal","payload":{"credentialsSchemaVersion":"1","credentials":[{"key":"password","value":%q}],
		"storeInfo":{"name":%q,"address":%q,"currencyCode":"EUR","timezone":"Europe/Berlin","internalStoreId":%q}}}}`,
		eventID, eventType, localID, canary, name, address, remoteID)
}

func looksAt(r *rig, s sandbox.Store) int {
	n := 0
	for _, c := range r.box.Calls() {
		if c.Method == http.MethodGet && strings.HasSuffix(c.Path, s.StoreID+"/connection") {
			n++
		}
	}
	return n
}

// Only what a secret signed counts, as it came; nothing else is even read.
func TestWebhooksAreSigned(t *testing.T) {
	r := newRig(t, rigOptions{settings: takesWebhooks})
	body := webhookBody(uuids.NewString(), "ping.ping", "", "", "", "")
	for _, secret := range []string{oldSecret, newSecret} {
		a := r.deliver(secret, body)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.Empty(t, a.body)
	}
	r.untouched(func() {
		signature := sandbox.SignWebhook(newSecret, body)
		post := func(body []byte, headers ...string) answer {
			return r.request(http.MethodPost, r.public+"/webhooks/otter", bytes.NewReader(body), headers...)
		}
		altered := bytes.Replace(body, []byte("ping"), []byte("pinh"), 1)
		for _, headers := range [][]string{
			{}, {"X-HMAC-SHA256", ""}, {"X-HMAC-SHA256", "x"}, {"X-HMAC-SHA256", signature[:20]}, {"X-HMAC-SHA256", signature + "="},
			{"X-HMAC-SHA256", strings.ToLower(signature)}, {"X-HMAC-SHA256", sandbox.SignWebhook("", body)},
			{"X-HMAC-SHA256", sandbox.SignWebhook(newSecret+", "+oldSecret, body)},
		} {
			r.problemOf(post(body, headers...), http.StatusUnauthorized, "not-signed-in")
		}
		r.problemOf(post(altered, "X-HMAC-SHA256", signature), http.StatusUnauthorized, "not-signed-in")
		r.problemOf(post(append(body, ' '), "X-HMAC-SHA256", signature), http.StatusUnauthorized, "not-signed-in")
		r.problemOf(post(nil), http.StatusUnauthorized, "not-signed-in")
		r.problemOf(post(bytes.Repeat([]byte{'x'}, 10<<20)), http.StatusRequestEntityTooLarge, "too-large")
		r.problemOf(post(body, "X-HMAC-SHA256", signature, "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "unsupported-media-type")
		for _, bad := range []string{``, `{}`, `[]`, `x`, `{"eventId":"17","eventType":"ping.ping"}`} {
			r.problemOf(r.deliver(newSecret, []byte(bad)), http.StatusBadRequest, "invalid-request")
		}
	})
	require.Equal(t, http.StatusOK, r.request(http.MethodPost, r.public+"/webhooks/otter", bytes.NewReader(body),
		"X-HMAC-SHA256", sandbox.SignWebhook(newSecret, body), "Content-Type", "text/plain").status, "whatever it calls itself")

	plain := newRig(t, rigOptions{})
	plain.problemOf(plain.deliver("", body), http.StatusNotFound, "not-found")
}

// withAddress returns the first of the stores that has an address as one text, once the snapshot has it.
func (p *person) withAddress(stores []sandbox.Store) (found sandbox.Store, address string) {
	p.r.t.Helper()
	p.r.eventually("the stores are loaded", func() bool {
		var listed struct {
			Items []struct {
				ID      string
				Address *struct{ FullAddress *string }
			}
		}
		p.get("/api/stores?limit=500", &listed)
		for _, s := range stores {
			for _, l := range listed.Items {
				if l.ID == s.StoreID && l.Address != nil && l.Address.FullAddress != nil {
					found, address = s, *l.Address.FullAddress
					return true
				}
			}
		}
		return false
	})
	return found, address
}

// A change by hand is found by the webhook that tells of it: the mapping is looked at at once, and its word is not
// believed.
func TestAWebhookHasItsMappingLookedAt(t *testing.T) {
	r := newRig(t, rigOptions{settings: takesWebhooks})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	byID, byRemote, untouched := stores[0], stores[1], stores[4]
	byAddress, address := p.withAddress(stores[5:])
	for i, s := range []sandbox.Store{byID, byRemote, byAddress, untouched} {
		p.onboard(s, fmt.Sprintf("K-%d", i), "")
	}
	require.NoError(t, r.box.SetWebhooks(sandbox.WebhookSettings{})) // the deliveries are the test's own
	state := func(s sandbox.Store) string {
		return scalar[string](r, `SELECT state FROM mappings WHERE store_id = $1`, s.StoreID)
	}
	for name, tt := range map[string]struct {
		store sandbox.Store
		body  []byte
	}{
		"by our id":               {byID, webhookBody(uuids.NewString(), "stores.remove", "K-0", "", "", "")},
		"by the remote store":     {byRemote, webhookBody(uuids.NewString(), "stores.remove", "", strings.ToUpper(byRemote.StoreID), "", "")},
		"by its name and address": {byAddress, webhookBody(uuids.NewString(), "stores.upsert", "onboarding:"+uuids.NewString(), uuids.NewString(), strings.ToUpper(byAddress.Name), address)},
	} {
		r.box.RemoveConnection(tt.store.StoreID)
		a := r.deliver(newSecret, tt.body)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", name, a.body)
		r.eventually(name, func() bool { return state(tt.store) == "drifted" })
	}
	r.box.ResetCalls()
	require.Equal(t, http.StatusOK, r.deliver(newSecret, webhookBody(uuids.NewString(), "stores.remove", "K-3", "", "", "")).status)
	r.eventually("it is looked at", func() bool { return looksAt(r, untouched) == 1 })
	require.Equal(t, "connected", state(untouched), "the look decides")

	for _, body := range [][]byte{
		webhookBody(uuids.NewString(), "stores.upsert", "K-99", uuids.NewString(), "Nowhere", "1 Nowhere"),
		webhookBody(uuids.NewString(), "stores.upsert", "", "not a UUID", byAddress.Name, "1 Nowhere"),
		webhookBody(uuids.NewString(), "menus.publish", "K-3", "", "", ""),
	} {
		require.Equal(t, http.StatusOK, r.deliver(newSecret, body).status)
	}
	var unmatched struct {
		Items []struct {
			Type, EventID, ReceivedAt   string
			LocalStoreID, RemoteStoreID *string
		}
		NextCursor *string
	}
	a := r.admin("read", http.MethodGet, "/admin/webhooks/unmatched?limit=2")
	require.NoError(t, a.into(&unmatched))
	require.Len(t, unmatched.Items, 2)
	require.Equal(t, "menus.publish", unmatched.Items[0].Type, "newest first")
	a = r.admin("read", http.MethodGet, "/admin/webhooks/unmatched?limit=2&cursor="+*unmatched.NextCursor)
	require.NoError(t, a.into(&unmatched))
	require.Len(t, unmatched.Items, 1)
	require.Equal(t, "K-99", *unmatched.Items[0].LocalStoreID)
	require.Nil(t, unmatched.NextCursor)
	require.NotContains(t, string(a.body), canary)
	require.NotContains(t, r.log.String(), canary)
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM webhook_deliveries w WHERE w::text LIKE '%' || $1 || '%'`, canary))
}

// Repeats come to nothing; different events about one store come to one look a minute, and the last of them is not lost.
func TestRepeatedWebhooksLookOnce(t *testing.T) {
	r := newRig(t, rigOptions{settings: takesWebhooks})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	p.onboard(store, "K-1", "")
	r.box.ResetCalls()
	same := webhookBody(uuids.NewString(), "stores.upsert", "K-1", "", "", "")
	for range 100 {
		require.Equal(t, http.StatusOK, r.deliver(newSecret, same).status)
	}
	r.eventually("it is looked at", func() bool { return looksAt(r, store) == 1 })
	at := func() time.Duration {
		return time.Duration(scalar[float64](r, `SELECT EXTRACT(EPOCH FROM due_at - storelink_now())::float8 FROM mappings`) * float64(time.Second))
	}
	r.eventually("it rests", func() bool { return scalar[bool](r, `SELECT lease_token IS NULL FROM mappings`) })
	require.Greater(t, at(), 2*time.Minute, "by itself it is looked at in some hours")

	r.box.RemoveConnection(store.StoreID)
	for range 20 {
		body := webhookBody(uuids.NewString(), "stores.remove", "K-1", "", "", "")
		require.Equal(t, http.StatusOK, r.deliver(newSecret, body).status)
	}
	require.Equal(t, 1, looksAt(r, store))
	require.InDelta(t, time.Minute, at(), float64(30*time.Second), "a minute after the look before")
	r.exec(`UPDATE mappings SET due_at = storelink_now(), webhook_look_at = storelink_now()`)
	r.eventually("the change is found", func() bool { return scalar[string](r, `SELECT state FROM mappings`) == "drifted" })
	require.Equal(t, 2, looksAt(r, store))
	r.exec(`UPDATE webhook_deliveries SET received_at = received_at - interval '8 days'`)
	require.NoError(t, r.service.db.SweepWebhooks(t.Context()))
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM webhook_deliveries`))
}

// The sandbox sends them as upstream does: repeated, late, in disorder, and with bad signatures on demand.
func TestTheSandboxSendsWebhooks(t *testing.T) {
	r := newRig(t, rigOptions{settings: takesWebhooks})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)[:2]
	for i, s := range stores {
		p.onboard(s, fmt.Sprintf("K-%d", i), "")
	}
	configure := func(set map[string]any) {
		t.Helper()
		body, err := json.Marshal(set)
		require.NoError(t, err)
		a := r.request(http.MethodPut, r.upstream.URL+"/_sandbox/webhooks", bytes.NewReader(body), "Content-Type", "application/json")
		require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	}
	deliveries := func() int { return scalar[int](r, `SELECT count(*) FROM webhook_deliveries`) }
	configure(map[string]any{"url": r.public + "/webhooks/otter", "secret": oldSecret, "repeats": 2, "delayMs": 5, "hold": 1})
	for _, s := range stores {
		r.box.SetConnection(s.StoreID, "BY-HAND-"+s.StoreID[:4])
	}
	r.eventually("both are found", func() bool {
		return scalar[int](r, `SELECT count(*) FROM mappings WHERE state = 'drifted'`) == 2
	})
	require.Equal(t, 2, deliveries())
	configure(map[string]any{"hold": 0, "badSignature": true})
	r.box.RemoveConnection(stores[0].StoreID)
	r.eventually("it is refused", func() bool { return strings.Contains(r.log.String(), `"route":"/webhooks/otter","status":401`) })
	require.Equal(t, 2, deliveries())
}
