package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
)

// Each has a method of its own name.
type (
	brandReader = Brands
	storeReader = Stores
	proposer    = Proposals
)

// backstage stands for everything behind the handlers: one session that may connect, one run, and whatever is asked is
// accepted and remembered.
type backstage struct {
	SignIns
	brandReader
	storeReader
	Mappings
	Acts
	Organizations
	Grants
	proposer
	asked []storelink.Ask
	run   storelink.Run
}

func (*backstage) Session(context.Context, string) (storelink.Session, error) {
	return storelink.Session{
		ID: "session", Organization: storelink.Organization{ID: "organization"},
		Grant: storelink.Grant{State: storelink.GrantActive, Scopes: []string{storelink.ScopeConnect}},
	}, nil
}

func (*backstage) SessionAlive(context.Context, string) error { return nil }

func (b *backstage) Start(_ context.Context, _ storelink.Asker, asks []storelink.Ask, _ *storelink.IdempotencyKey) (storelink.Run, bool, error) {
	b.asked = asks
	return b.run, false, nil
}

func (b *backstage) Wait(context.Context, string, string, time.Duration) (storelink.Run, error) {
	return b.run, nil
}

func (b *backstage) Preview(_ context.Context, _ storelink.Session, asks []storelink.Ask) ([]storelink.Preview, error) {
	b.asked = asks
	return make([]storelink.Preview, len(asks)), nil
}

func (b *backstage) Run(context.Context, string, string) (storelink.Run, error) { return b.run, nil }

func (b *backstage) Cancel(context.Context, storelink.Asker, string) (storelink.Run, error) {
	return b.run, nil
}

func (*backstage) Items(context.Context, string, string, storelink.ItemFilter) (storelink.List[storelink.Item], error) {
	return storelink.List[storelink.Item]{}, nil
}

func (*backstage) Runs(context.Context, string, storelink.Page) (storelink.List[storelink.Run], error) {
	return storelink.List[storelink.Run]{}, nil
}

func (*backstage) AllRuns(context.Context, storelink.RunFilter) (storelink.List[storelink.Run], error) {
	return storelink.List[storelink.Run]{}, nil
}

func (*backstage) Watch(string) (<-chan struct{}, func()) { return nil, func() {} }

func (*backstage) BeginAdminSession(context.Context, []byte) (string, error) { return "secret", nil }

func (*backstage) AdminSession(context.Context, string) (storelink.AdminSession, error) {
	return storelink.AdminSession{}, nil
}

func (*backstage) AdminSessionAlive(context.Context, string) error { return nil }

func (*backstage) EndAdminSession(context.Context, string) error { return nil }

func (*backstage) MintConnectSession(_ context.Context, c storelink.ConnectSession, _ time.Duration) (storelink.ConnectSession, string, error) {
	return c, "", nil
}

func (*backstage) RedeemConnectSession(context.Context, string, string) (auth.Redeemed, error) {
	return auth.Redeemed{}, storelink.Errorf(storelink.ErrLinkUsed, "used")
}

func (*backstage) ChangedItems(context.Context, string, storelink.ItemMark, int64, int) ([]storelink.Item, error) {
	return nil, nil
}

const aRunID = "01890000-0000-7000-8000-000000000001"

// publicChain is the whole chain of the public listener, without anything behind it.
func publicChain(tb testing.TB) (*backstage, http.Handler) {
	tb.Helper()
	b := &backstage{run: storelink.Run{ID: aRunID, State: storelink.RunDone, Version: 17, Total: 1}}
	s, err := New(Options{
		PublicURL: &url.URL{Scheme: "http", Host: "localhost"}, InternalURL: &url.URL{Scheme: "http", Host: "localhost"}, LocalIDs: LocalIDsOpen, CursorKey: []byte("key"),
		Auth: b, Directory: b, Onboard: b, Mappings: b, Acts: b, Organizations: b, Grants: b, Logger: slog.New(slog.DiscardHandler),
		Gatherer: prometheus.NewRegistry(),
		Ready:    func(context.Context) error { return nil },
	})
	require.NoError(tb, err)
	return b, s.Public()
}

func ask(ctx context.Context, h http.Handler, method, path, body string, headers http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "http://localhost"+path, strings.NewReader(body))
	r.Header = headers
	r.Header.Set("Cookie", sessionCookie+"=secret")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if body == "" {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// requireProblem checks that the answer is a problem of the client's making, short, and nothing else.
func requireProblem(t *testing.T, w *httptest.ResponseRecorder, statuses ...int) {
	t.Helper()
	require.Contains(t, statuses, w.Code, "%s", w.Body)
	var p struct {
		Type   string
		Status int
		Errors []struct{ Pointer, Detail string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), "%s", w.Body)
	require.Equal(t, w.Code, p.Status)
	require.True(t, strings.HasPrefix(p.Type, "/problems/"))
	require.LessOrEqual(t, len(p.Errors), maxPlaces)
	require.Less(t, w.Body.Len(), 64<<10)
}

// Whatever the body is: it is refused as the client's mistake, or what reaches the service is well-formed, within its
// bounds, each store and id once, and the same again where it is sent again.
func FuzzOnboardBody(f *testing.F) {
	const store = `{"brandId":"01890000-0000-7000-8000-00000000000b","storeId":"01890000-0000-7000-8000-00000000000C","localStoreId":"K-1"}`
	second := strings.NewReplacer("C\"", "D\"", "K-1", "K-2").Replace(store)
	for _, body := range []string{
		``, `{}`, `null`, `[]`, `{"items":[]}`, `{"items":[` + store + `]}`, `{"items":[` + store + `,` + second + `]}`,
		`{"items":[` + store + `,` + store + `]}`, `{"items":[` + strings.Replace(store, `"K-1"`, `"K-1","replaces":"K-0"`, 1) + `]}`,
		`{"items":[` + strings.Replace(store, "K-1", `\u0000`, 1) + `]}`, `{"items":[` + store + `],"items":[]}`,
		`{"items":[` + store + `]}x`, "\ufeff{}", `{"items":[{"brandId":1e999}]}`, `{"items":[` + strings.Repeat(store+",", 120) + second + `]}`,
		strings.Repeat("[", 5000), strings.Repeat(`{"items":`, 500) + "1" + strings.Repeat("}", 500), "{\"items\":[\xff]}",
		`{"items":[` + strings.Replace(store, "K-1", strings.Repeat("K", 256), 1) + `]}`, `{"items":[` + strings.Repeat("9", 5000) + `]}`,
	} {
		f.Add(body, false)
		f.Add(body, true)
	}
	b, chain := publicChain(f)
	f.Fuzz(func(t *testing.T, body string, preview bool) {
		path, limit := "/api/onboard", storelink.MaxItems
		if preview {
			path, limit = "/api/onboard/preview", 100
		}
		send := func(body string) *httptest.ResponseRecorder {
			b.asked = nil
			return ask(t.Context(), chain, http.MethodPost, path, body, http.Header{"Content-Type": {"application/json"}})
		}
		w := send(body)
		if w.Code != http.StatusOK {
			requireProblem(t, w, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
			require.Nil(t, b.asked, "nothing of it was asked")
			return
		}
		asked := slices.Clone(b.asked)
		require.NotEmpty(t, asked)
		require.LessOrEqual(t, len(asked), limit)
		stores, ids, items := map[string]bool{}, map[string]bool{}, []map[string]string{}
		for _, a := range asked {
			for _, id := range []string{a.Store.BrandID, a.Store.StoreID} {
				canonical, ok := storelink.ParseUUID(id)
				require.True(t, ok)
				require.Equal(t, canonical, id)
			}
			require.Empty(t, storelink.CheckLocalStoreID(a.LocalStoreID))
			require.False(t, stores[a.Store.StoreID] || ids[a.LocalStoreID])
			stores[a.Store.StoreID], ids[a.LocalStoreID] = true, true
			item := map[string]string{"brandId": a.Store.BrandID, "storeId": a.Store.StoreID, "localStoreId": a.LocalStoreID}
			if a.Replaces != "" {
				require.Empty(t, storelink.CheckLocalStoreID(a.Replaces))
				item["replaces"] = a.Replaces
			}
			items = append(items, item)
		}
		again, err := json.Marshal(map[string]any{"items": items})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, send(string(again)).Code)
		require.Equal(t, asked, b.asked)
	})
}

// Only the ids of a run's events are taken, in the one way that they are written.
func FuzzLastEventID(f *testing.F) {
	for _, id := range []string{"", "0", "1", "16", "17", "18", "-1", "+1", "01", "1 ", "1e1", "0x1", "9223372036854775807", "9223372036854775808",
		"99999999999999999999999999", "x", "1,2", "\x00", "１", "1\n2", "null"} {
		f.Add(id)
	}
	known := map[string]bool{}
	for id := range 18 {
		known[strconv.Itoa(id)] = true
	}
	_, chain := publicChain(f)
	f.Fuzz(func(t *testing.T, id string) {
		w := ask(t.Context(), chain, http.MethodGet, "/api/onboard/"+aRunID+"/events", "", http.Header{"Last-Event-Id": {id}})
		switch {
		case id == "17":
			require.Equal(t, http.StatusNoContent, w.Code)
		case known[id]:
			require.Equal(t, http.StatusOK, w.Code, "%q: %s", id, w.Body)
			require.Contains(t, w.Body.String(), "id: 17\ndata: {")
		default:
			requireProblem(t, w, http.StatusBadRequest)
			require.Contains(t, w.Body.String(), `"pointer":"Last-Event-ID"`)
		}
	})
}

// BenchmarkOnboardBody measures what the largest request costs before anything of it is done.
func BenchmarkOnboardBody(b *testing.B) {
	items := make([]map[string]string, storelink.MaxItems)
	for i := range items {
		items[i] = map[string]string{
			"brandId": "01890000-0000-7000-8000-00000000000b", "storeId": fmt.Sprintf("01890000-0000-7000-8000-%012d", i),
			"localStoreId": fmt.Sprintf("K-%0200d", i), "replaces": fmt.Sprintf("L-%0200d", i),
		}
	}
	body, err := json.Marshal(map[string]any{"items": items})
	require.NoError(b, err)
	_, chain := publicChain(b)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		w := ask(b.Context(), chain, http.MethodPost, "/api/onboard", string(body), http.Header{"Content-Type": {"application/json"}})
		require.Equal(b, http.StatusOK, w.Code)
	}
}
