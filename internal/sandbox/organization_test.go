package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

func TestReads(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, a, s := r.as("small"), r.Accounts()[0], r.Stores("small")[0]
	require.Equal(t, map[string]any{"id": a.OrganizationID, "name": a.OrganizationName}, u.call("GET", "", "").object(t))
	require.Equal(t, map[string]any{"id": s.BrandID, "name": s.BrandName}, u.call("GET", "/brands/"+s.BrandID, "").object(t))
	store := u.call("GET", "/brands/"+s.BrandID+"/stores/"+s.StoreID, "").object(t)
	require.Equal(t, s.StoreID, store["id"])
	require.Equal(t, s.Name, store["name"])
	require.Contains(t, store, "address")
	empty := r.as("empty").call("GET", "/brands?limit=100", "")
	require.Contains(t, empty.body, `"items":[]`)
}

func TestEveryCallNeedsTokenAndScope(t *testing.T) {
	r := start(t, sandbox.Options{})
	s := r.Stores("small")[0]
	brand := "/brands/" + s.BrandID
	store := brand + "/stores/" + s.StoreID
	calls := []struct {
		method, path string
		readOnly     int
	}{
		{"GET", "", 200}, {"GET", "/brands?limit=1", 200}, {"GET", brand, 200}, {"GET", brand + "/stores?limit=1", 200}, {"GET", store, 200},
		{"GET", store + "/connection", 403}, {"POST", store + "/connection", 403}, {"DELETE", store + "/connection", 403},
	}
	for _, c := range calls {
		none := r.do(c.method, base+c.path, "")
		none.requireError(t, 401, "")
		require.Equal(t, "Bearer", none.header.Get("WWW-Authenticate"))
		r.do(c.method, base+c.path, "", "Authorization", "Basic eDp5").requireError(t, 401, "")
		user{r, "unknown"}.call(c.method, c.path, "").requireError(t, 401, "")
		answer := r.as("read-only").call(c.method, c.path, storeID("A"))
		require.Equal(t, c.readOnly, answer.status, c.method+c.path)
	}
	r.do("GET", "/organization/v2/organization", "").requireError(t, 404, "")
	r.do("PUT", base, "").requireError(t, 404, "")
}

func TestUnknownAndForeign(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, own, foreign := r.as("small"), r.Stores("small"), r.Stores("large")[0]
	const unknown = "00000000-0000-4000-8000-000000000000"
	for _, path := range []string{
		"/brands/" + unknown, "/brands/" + foreign.BrandID, "/brands/not-a-uuid",
		"/brands/" + unknown + "/stores?limit=1", "/brands/" + foreign.BrandID + "/stores?limit=1",
		"/brands/" + own[0].BrandID + "/stores/" + unknown,
		"/brands/" + own[0].BrandID + "/stores/" + own[11].StoreID,
		"/brands/" + foreign.BrandID + "/stores/" + foreign.StoreID,
	} {
		u.call("GET", path, "").requireError(t, 404, "")
	}
	for _, path := range []string{
		"/brands/" + own[0].BrandID + "/stores/" + unknown + "/connection",
		"/brands/" + own[0].BrandID + "/stores/" + own[11].StoreID + "/connection",
		connectionOf(foreign),
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			u.call(method, path, storeID("A")).requireError(t, 404, "")
		}
	}
	_, connected := r.Connection(foreign.StoreID)
	require.False(t, connected)
}

type page struct {
	Items       []map[string]any
	OffsetToken *string
}

func TestPaging(t *testing.T) {
	r := start(t, sandbox.Options{})
	u := r.as("large")
	stores := r.Stores("large")
	absent, emptyString := false, false
	for _, limit := range []int{7, 100, 500} {
		for i := 0; i < 10000; i += 500 {
			list := "/brands/" + stores[i].BrandID + "/stores"
			ids, last := u.walk(list, limit)
			require.Len(t, ids, 500)
			for j, id := range ids {
				require.Equal(t, stores[i+j].StoreID, id)
			}
			absent, emptyString = absent || last == nil, emptyString || last != nil
			if limit == 7 {
				break
			}
		}
	}
	require.True(t, absent && emptyString, "the last page has no token in some lists, an empty one in others")
	brands, _ := u.walk("/brands", 3)
	require.Len(t, brands, 20)
}

// walk follows a list to its end and returns its ids and the last page's token.
func (u user) walk(list string, limit int) ([]string, *string) {
	u.t.Helper()
	ids, token := []string{}, ""
	for {
		answer := u.call("GET", fmt.Sprintf("%s?limit=%d&token=%s", list, limit, url.QueryEscape(token)), "")
		require.Equal(u.t, 200, answer.status, answer.body)
		var p page
		answer.into(u.t, &p)
		require.LessOrEqual(u.t, len(p.Items), limit)
		for _, item := range p.Items {
			ids = append(ids, fmt.Sprint(item["id"]))
		}
		if p.OffsetToken == nil || *p.OffsetToken == "" {
			return ids, p.OffsetToken
		}
		token = *p.OffsetToken
		for _, c := range "+/=" {
			require.Contains(u.t, token, string(c))
		}
	}
}

func TestListsRefuse(t *testing.T) {
	r := start(t, sandbox.Options{})
	u := r.as("large")
	brand := r.Stores("large")[0].BrandID
	var first, other page
	u.call("GET", "/brands?limit=3", "").into(t, &first)
	u.call("GET", "/brands/"+brand+"/stores?limit=3", "").into(t, &other)
	token := *first.OffsetToken
	for _, c := range []struct{ query, attribute string }{
		{"", "limit"}, {"?limit=", "limit"}, {"?limit=0", "limit"}, {"?limit=-1", "limit"}, {"?limit=501", "limit"},
		{"?limit=ten", "limit"}, {"?limit=1.5", "limit"}, {"?limit=1&limit=2", "limit"}, {"?limit=3&offset=3", "offset"},
		{"?limit=3&token=" + token, "token"}, // the plus arrives as a space
		{"?limit=3&token=nonsense", "token"},
		{"?limit=3&token=" + url.QueryEscape(token[:len(token)-1]), "token"},
		{"?limit=3&token=" + url.QueryEscape(token+"\n"), "token"},
		{"?limit=3&token=" + url.QueryEscape(*other.OffsetToken), "token"},
		{"?limit=3&offsetToken=" + url.QueryEscape(token), "offsetToken"},
	} {
		u.call("GET", "/brands"+c.query, "").requireError(t, 400, c.attribute)
	}
	u.call("GET", "/brands?limit=3&token=%zz", "").requireError(t, 400, "")
	u.call("GET", "/brands/"+brand+"/stores", "").requireError(t, 400, "limit")
	require.Equal(t, 200, u.call("GET", "/brands?limit=3&token="+url.QueryEscape(token), "").status)
}

func TestStoresVaryInWhatTheyLack(t *testing.T) {
	r := start(t, sandbox.Options{})
	var p page
	r.as("large").call("GET", "/brands/"+r.Stores("large")[0].BrandID+"/stores?limit=500", "").into(t, &p)
	seen := map[string]int{}
	for _, s := range p.Items {
		require.Contains(t, s, "address")
		if _, ok := s["timezone"]; ok {
			seen["unknown field"]++
		}
		a, ok := s["address"].(map[string]any)
		if !ok {
			seen["address"]++
			continue
		}
		for _, field := range []string{"postalCode", "city", "state", "countryCode"} {
			require.NotEmpty(t, a[field])
		}
		for _, field := range []string{"fullAddress", "addressLines", "linesOfAddress", "location"} {
			require.Contains(t, a, field)
			if a[field] == nil {
				seen[field]++
			}
		}
	}
	for _, what := range []string{"unknown field", "address", "fullAddress", "addressLines", "linesOfAddress", "location"} {
		require.Positive(t, seen[what], what)
		require.Less(t, seen[what], len(p.Items), what)
	}
}

func TestConnection(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[0]
	path := connectionOf(s)
	u.call("GET", path, "").requireError(t, 404, "")
	u.call("DELETE", path, "").requireError(t, 404, "")

	created := u.call("POST", path, storeID("A"))
	require.Equal(t, 204, created.status)
	require.Empty(t, created.body)
	require.JSONEq(t, `{"storeId":"A"}`, u.call("GET", path, "").body)
	u.call("POST", path, storeID("A")).requireError(t, 409, "")
	u.call("POST", path, storeID("B")).requireError(t, 409, "")
	local, ok := r.Connection(s.StoreID)
	require.True(t, ok)
	require.Equal(t, "A", local)

	removed := u.call("DELETE", path, "")
	require.Equal(t, 204, removed.status)
	require.Empty(t, removed.body)
	u.call("DELETE", path, "").requireError(t, 404, "")
	u.call("GET", path, "").requireError(t, 404, "")
	require.Equal(t, 204, u.call("POST", path, storeID("B")).status)
}

func TestConnectionRefuses(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[0]
	path := connectionOf(s)
	for name, id := range map[string]string{
		"empty": "", "256": strings.Repeat("x", 256), "umlaut": "Zürich", "tab": "a\tb", "newline": "a\n", "delete": "a\x7f", "nul": "\x00",
	} {
		t.Run(name, func(t *testing.T) { u.call("POST", path, storeID(id)).requireError(t, 422, "storeId") })
	}
	for name, body := range map[string]string{
		"nothing": "", "text": "A", "array": `["A"]`, "string": `"A"`, "number": `{"storeId":1}`, "missing": `{}`, "null": `{"storeId":null}`,
		"unknown": `{"storeId":"A","force":true}`, "two": `{"storeId":"A"}{}`, "cut": `{"storeId":"A"`,
	} {
		t.Run(name, func(t *testing.T) { u.call("POST", path, body).requireError(t, 400, "") })
	}
	auth := "Bearer " + u.token
	r.do("POST", base+path, storeID("A"), "Authorization", auth, "Content-Type", "text/plain").requireError(t, 400, "")
	r.do("POST", base+path, storeID("A"), "Authorization", auth).requireError(t, 400, "")
	u.call("POST", path, storeID(strings.Repeat("x", 70000))).requireError(t, 413, "")
	_, connected := r.Connection(s.StoreID)
	require.False(t, connected)

	for _, id := range []string{strings.Repeat("x", 255), " ", "~", `onboarding:00000000-0000-4000-8000-000000000000`} {
		require.Equal(t, 204, u.call("POST", path, storeID(id)).status, id)
		require.Equal(t, 204, u.call("DELETE", path, "").status)
	}
}

func TestHeldID(t *testing.T) {
	for mode, status := range map[sandbox.HeldMode]int{
		"": 409, sandbox.HeldConflict: 409, sandbox.HeldUnprocessable: 422, sandbox.HeldAccept: 204,
	} {
		t.Run(string(mode), func(t *testing.T) {
			r := start(t, sandbox.Options{HeldID: mode})
			u, mine, theirs := r.as("small"), r.Stores("small"), r.Stores("large")
			require.Equal(t, 204, u.call("POST", connectionOf(mine[0]), storeID("A")).status)
			require.Equal(t, status, u.call("POST", connectionOf(mine[1]), storeID("A")).status)
			require.Equal(t, status, r.as("large").call("POST", connectionOf(theirs[0]), storeID("A")).status, "one id per application")
			require.Equal(t, 204, u.call("POST", connectionOf(mine[3]), storeID("a")).status, "case matters")

			r.RemoveConnection(mine[1].StoreID)
			r.RemoveConnection(theirs[0].StoreID)
			require.Equal(t, 204, u.call("DELETE", connectionOf(mine[0]), "").status)
			require.Equal(t, 204, u.call("POST", connectionOf(mine[1]), storeID("A")).status, "free again")
		})
	}
}

func TestChangesByHand(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[2]
	require.True(t, r.SetConnection(s.StoreID, "BY-HAND"))
	require.JSONEq(t, `{"storeId":"BY-HAND"}`, u.call("GET", connectionOf(s), "").body)
	require.False(t, r.SetConnection("unknown", "X"))
	require.True(t, r.RemoveConnection(s.StoreID))
	require.False(t, r.RemoveConnection(s.StoreID))
	u.call("GET", connectionOf(s), "").requireError(t, 404, "")
}

func TestCallsAreRecordedWithoutSecrets(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[0]
	u.call("POST", connectionOf(s), storeID("A"))
	u.call("GET", "/brands?limit=5", "")
	r.form(tokenPath, exchangeForm(r.code("small")), "Cookie", "session=canary")

	calls := r.Calls()
	require.Len(t, calls, 4)
	require.Equal(t, "small", calls[0].Account)
	require.Equal(t, http.MethodPost, calls[0].Method)
	require.Equal(t, base+connectionOf(s), calls[0].Path)
	require.Equal(t, 204, calls[0].Status)
	require.Equal(t, "A", calls[0].LocalID)
	require.True(t, calls[0].Effect)
	require.False(t, calls[1].Effect)
	require.Equal(t, []string{"limit"}, calls[1].QueryKeys)
	require.Equal(t, "authorization_code", calls[3].GrantType)
	require.Contains(t, calls[3].FormKeys, "code_verifier")
	all, err := json.Marshal(calls)
	require.NoError(t, err)
	for _, secret := range []string{u.token, "canary", sandbox.DefaultClientSecret, verifier} {
		require.NotContains(t, string(all), secret)
	}
	r.ResetCalls()
	require.Empty(t, r.Calls())
}
