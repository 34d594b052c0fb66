package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

// badCall is a request that must be refused, and the places that the problem must name.
type badCall struct {
	name, method, path string
	body               string
	headers            []string
	status             int
	slug               string
	places             []string
}

// onboardItem is one item of a body, with fields changed or added; a nil value takes a field away.
func onboardItem(s sandbox.Store, change map[string]any) map[string]any {
	i := map[string]any{"brandId": s.BrandID, "storeId": s.StoreID, "localStoreId": "K-1"}
	for field, value := range change {
		i[field] = value
		if value == nil {
			delete(i, field)
		}
	}
	return i
}

func onboardBody(items ...any) string {
	text, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// refuse sends each call with a session and an admin token, and checks that it is refused as it must be and that
// nothing came of it.
func (r *rig) refuse(p *person, calls []badCall) {
	r.t.Helper()
	r.untouched(func() {
		for _, c := range calls {
			internal := strings.HasPrefix(c.path, "/admin")
			headers := append(r.credentials(p, internal), "Sec-Fetch-Site", "same-origin")
			var body io.Reader
			if c.body != "" {
				body = strings.NewReader(c.body)
				headers = append(headers, "Content-Type", "application/json")
			}
			a := r.request(c.method, r.listener(internal)+c.path, body, append(headers, c.headers...)...)
			require.Equal(r.t, c.status, a.status, "%s: %s", c.name, a.body)
			found := r.problemOf(a, c.status, c.slug)
			places := []string{}
			for _, e := range found.Errors {
				places = append(places, e.Pointer)
				require.NotEmpty(r.t, e.Detail, c.name)
				require.Less(r.t, len(e.Pointer)+len(e.Detail), 400, c.name)
			}
			if c.places != nil {
				require.Equal(r.t, c.places, places, "%s: %s", c.name, a.body)
			}
			require.Less(r.t, len(a.body), 64<<10, c.name)
		}
	})
}

// invalidBody is a body of POST /api/onboard and of its preview that is answered with 400.
type invalidBody struct {
	name, body string
	places     []string
}

func invalidBodies(stores []sandbox.Store) []invalidBody {
	one := func(field string, value any) string {
		return onboardBody(onboardItem(stores[0], map[string]any{field: value}))
	}
	at := func(field string) []string { return []string{"/items/0/" + field} }
	good := onboardBody(onboardItem(stores[0], nil))
	bodies := []invalidBody{
		{"nothing", "", []string{""}},
		{"spaces", "  ", nil},
		{"no JSON", "items", []string{""}},
		{"half", good[:len(good)-3], []string{""}},
		{"trailing garbage", good + "x", []string{""}},
		{"two documents", good + good, []string{""}},
		{"a byte order mark", "\ufeff" + good, []string{""}},
		{"UTF-16", "{\x00}\x00", []string{""}},
		{"not UTF-8", strings.Replace(good, "K-1", "K-\xff", 1), nil},
		{"a control character", strings.Replace(good, "K-1", "K\x001", 1), []string{""}},
		{"nested without end", strings.Repeat("[", 1<<20), []string{""}},
		{"nested deep", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), nil},
		{"nested deep inside", `{"items":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000) + "}", nil},
		{"null", "null", nil},
		{"an array", "[]", nil},
		{"a text", `"items"`, nil},
		{"no fields", "{}", []string{"/items"}},
		{"an unknown field", strings.Replace(good, `{"items"`, `{"force":true,"items"`, 1), []string{"/force"}},
		{"a field in other case", strings.Replace(good, `"items"`, `"Items"`, 1), nil},
		{"a field twice", strings.Replace(good, `{"items"`, `{"items":[],"items"`, 1), []string{"/items"}},
		{"an item's field twice", strings.Replace(good, `"storeId"`, `"storeId":"x","storeId"`, 1), at("storeId")},
		{"a smuggled field", `{"items":[{"replaces":"\u0000"}],` + good[1:], []string{"/items"}},
		{"an escaped field twice", strings.Replace(good, `{"items"`, `{"it\u0065ms":[],"items"`, 1), []string{"/items"}},
		{"items null", `{"items":null}`, []string{"/items"}},
		{"items an object", `{"items":{}}`, []string{"/items"}},
		{"0 items", `{"items":[]}`, []string{"/items"}},
		{"an item null", `{"items":[null]}`, []string{"/items/0"}},
		{"an item a number", `{"items":[1]}`, []string{"/items/0"}},
		{"an item empty", `{"items":[{}]}`, nil},
		{"brandId missing", one("brandId", nil), at("brandId")},
		{"storeId missing", one("storeId", nil), at("storeId")},
		{"localStoreId missing", one("localStoreId", nil), at("localStoreId")},
		{"an item's unknown field", one("note/~x", "y"), []string{"/items/0/note~1~0x"}},
		{"replaces null", `{"items":[{"replaces":null,` + strings.TrimPrefix(good, `{"items":[{`), at("replaces")},
		{"replaces a number", one("replaces", 5), at("replaces")},
		{"replaces empty", one("replaces", ""), at("replaces")},
		{"brandId a number", one("brandId", 7), at("brandId")},
		{"storeId a list", one("storeId", []string{stores[0].StoreID}), at("storeId")},
		{"localStoreId true", one("localStoreId", true), at("localStoreId")},
		{"several places", onboardBody(onboardItem(stores[0], map[string]any{"localStoreId": " "}), onboardItem(stores[1], map[string]any{"storeId": "x"})),
			[]string{"/items/0/localStoreId", "/items/1/storeId"}},
		{"a store twice", onboardBody(onboardItem(stores[0], nil), onboardItem(stores[1], map[string]any{"localStoreId": "K-2"}),
			onboardItem(stores[0], map[string]any{"localStoreId": "K-3"})), []string{"/items/2/storeId"}},
		{"a store twice, in upper case", onboardBody(onboardItem(stores[0], nil), onboardItem(stores[0], map[string]any{
			"localStoreId": "K-3", "storeId": strings.ToUpper(stores[0].StoreID)})), []string{"/items/1/storeId"}},
		{"a local id twice", onboardBody(onboardItem(stores[0], nil), onboardItem(stores[1], nil)), []string{"/items/1/localStoreId"}},
	}
	for _, id := range []string{"", "x", "7", "null", stores[0].StoreID + " ", " " + stores[0].StoreID, stores[0].StoreID + "\n",
		"{" + stores[0].StoreID + "}", "urn:uuid:" + stores[0].StoreID, strings.ReplaceAll(stores[0].StoreID, "-", ""),
		stores[0].StoreID[:35], stores[0].StoreID + "0", "../" + stores[0].StoreID, stores[0].StoreID[:35] + "g", "\x00"} {
		bodies = append(bodies, invalidBody{fmt.Sprintf("storeId %q", id), one("storeId", id), at("storeId")},
			invalidBody{fmt.Sprintf("brandId %q", id), one("brandId", id), at("brandId")})
	}
	for _, id := range []string{"", " ", " K-1", "K-1 ", "\tK-1", "K-1\n", "K\x001", "K\x7f", "Küche", "店", "K\u00a01", "K\u200b1", strings.Repeat("K", 256), strings.Repeat("K", 1<<20)} {
		bodies = append(bodies, invalidBody{fmt.Sprintf("localStoreId %.12q", id), one("localStoreId", id), at("localStoreId")},
			invalidBody{fmt.Sprintf("replaces %.12q", id), one("replaces", id), at("replaces")})
	}
	return bodies
}

func TestBadBodiesAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	var calls []badCall
	for _, b := range invalidBodies(stores) {
		for _, path := range []string{"/api/onboard", "/api/onboard/preview"} {
			c := badCall{path + ", " + b.name, http.MethodPost, path, b.body, nil, http.StatusBadRequest, "invalid-request", b.places}
			if b.body == "" {
				c.headers = []string{"Content-Type", "application/json"}
			}
			calls = append(calls, c)
		}
	}
	var many []any
	for i := range storelink.MaxItems + 1 {
		many = append(many, onboardItem(stores[0], map[string]any{"storeId": fmt.Sprintf("01890000-0000-7000-8000-%012d", i), "localStoreId": fmt.Sprint("K-", i)}))
	}
	wrong := make([]any, 500)
	for i := range wrong {
		wrong[i] = map[string]any{strings.Repeat("x", 500): i}
	}
	post := func(name, path, body string, status int, slug string, places ...string) {
		calls = append(calls, badCall{name: name, method: http.MethodPost, path: path, body: body, status: status, slug: slug, places: places})
	}
	post("10,001 items", "/api/onboard", onboardBody(many...), http.StatusBadRequest, "invalid-request", "/items")
	post("101 items", "/api/onboard/preview", onboardBody(many[:101]...), http.StatusBadRequest, "invalid-request", "/items")
	post("many mistakes", "/api/onboard", onboardBody(wrong...), http.StatusBadRequest, "invalid-request")
	post("a large number", "/api/onboard", `{"items":[`+strings.Repeat("9", 1<<20)+`]}`, http.StatusBadRequest, "invalid-request")
	post("a large body", "/api/onboard", `{"items":"`+strings.Repeat("x", 8<<20)+`"}`, http.StatusRequestEntityTooLarge, "too-large")
	post("a large preview", "/api/onboard/preview", `{"items":"`+strings.Repeat("x", 8<<20)+`"}`, http.StatusRequestEntityTooLarge, "too-large")
	post("just within the bound", "/api/onboard", `{"items":"`+strings.Repeat("x", 8<<20-12)+`"}`, http.StatusBadRequest, "invalid-request", "/items")
	r.refuse(p, calls)
}

// Everywhere but in onboarding and for the catalogue a body may have 64 KiB, whether it says its length or not.
func TestLargeBodiesAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	large := `"` + strings.Repeat("x", 64<<10) + `"`
	r.untouched(func() {
		for _, o := range r.routes() {
			if !o.changes() || o.id == "startRun" || o.id == "previewRun" || o.id == "replaceCatalogue" {
				continue
			}
			for _, body := range []io.Reader{strings.NewReader(large), struct{ io.Reader }{strings.NewReader(large)}} {
				headers := append(r.credentials(p, o.internal), "Sec-Fetch-Site", "same-origin", "Content-Type", "application/json")
				a := r.request(o.method, o.address, body, headers...)
				require.Equal(t, http.StatusRequestEntityTooLarge, a.status, "%s: %s", o, a.body)
				r.problemOf(a, http.StatusRequestEntityTooLarge, "too-large")
			}
		}
	})
}

// Every list refuses what its parameters may not be, and every route what is no parameter of it.
func TestBadParametersAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	var calls []badCall
	bad := func(path, query string, places ...string) {
		calls = append(calls, badCall{name: path + query, method: http.MethodGet, path: path + query, status: http.StatusBadRequest, slug: "invalid-request", places: places})
	}
	for _, o := range r.routes() {
		path := strings.TrimPrefix(o.address, r.listener(o.internal))
		if o.changes() || !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/admin/") {
			continue
		}
		bad(path, "?unknown=1", "unknown")
		bad(path, "?"+strings.Repeat("x", 5000)+"=1")
		bad(path, "?%00=1")
		bad(path, "?a;b=1")
		bad(path, "?%zz=1", "query")
		bad(path, "?Limit=1", "Limit")
		if !r.lists(o) {
			bad(path, "?limit=1", "limit")
			continue
		}
		for _, limit := range []string{"0", "501", "ten", "-1", "1.5", "1e1", "0x10", "%201", "1%00", "99999999999999999999999", "", "+5", "true", "NaN"} {
			bad(path, "?limit="+limit, "limit")
		}
		bad(path, "?limit=1&limit=2", "limit")
		bad(path, "?limit=1&limit=1", "limit")
		for _, cursor := range []string{"x", "", "e30", "bnVsbA", "eyJmIjpudWxsLCJrIjpbXX0", strings.Repeat("A", 2049), "%00", "%ff", "a%0ab", "../x"} {
			bad(path, "?cursor="+cursor, "cursor")
		}
		bad(path, "?cursor=x&cursor=y", "cursor")
	}
	for _, path := range []string{"/api/brands", "/api/stores", "/api/brands/" + r.box.Stores(sandbox.AccountSmall)[0].BrandID + "/stores"} {
		for _, q := range []string{"ab", "%C3%BC%C3%BC", strings.Repeat("x", 201), strings.Repeat("%C3%BC", 201), "", "abc%00", "abc%0a", "abc%ff"} {
			bad(path, "?q="+q, "q")
		}
		bad(path, "?q=abc&q=abc", "q")
	}
	bad("/api/stores", "?state=happy", "state")
	bad("/api/stores", "?state=", "state")
	bad("/api/stores", "?brandId=1", "brandId")
	bad("/api/stores", "?brandId=..%2f", "brandId")
	bad("/api/stores", "?limit=0&q=ab&x=1", "x")
	bad("/api/onboard/01890000-0000-7000-8000-000000000000/items", "?outcome=good", "outcome")
	bad("/admin/mappings", "?localStoreId=", "localStoreId")
	bad("/admin/mappings", "?localStoreId=%00", "localStoreId")
	bad("/admin/mappings", "?localStoreId=K%20", "localStoreId")
	bad("/admin/mappings", "?localStoreId="+strings.Repeat("K", 256), "localStoreId")
	bad("/admin/mappings", "?remoteStoreId=x", "remoteStoreId")
	bad("/admin/mappings", "?organizationId=x&brandId=y", "organizationId", "brandId")
	bad("/admin/mappings", "?state=none", "state")
	bad("/admin/mappings/lookup", "", "localStoreId", "remoteStoreId")
	bad("/admin/mappings/lookup", "?localStoreId=K-1&remoteStoreId=01890000-0000-7000-8000-000000000000", "localStoreId", "remoteStoreId")
	r.refuse(p, calls)
	a := p.send(http.MethodGet, "/auth/login?return_to="+strings.Repeat("/x", 2000), nil)
	r.problemOf(a, http.StatusBadRequest, "invalid-request")
}

// lists reports whether the route has a limit and a cursor.
func (r *rig) lists(o route) bool { return strings.HasPrefix(o.id, "list") }

// A cursor serves the list, the filter and the organization that it was made for, and no other.
func TestForeignCursorsAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, other := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountLarge)
	var page struct{ NextCursor *string }
	p.get("/api/brands?limit=1", &page)
	require.NotNil(t, page.NextCursor)
	cursor := *page.NextCursor
	p.get("/api/brands?limit=2&cursor="+cursor, &page)
	brand := r.box.Stores(sandbox.AccountSmall)[0].BrandID
	flipped := "A" + cursor[1:]
	if cursor[0] == 'A' {
		flipped = "B" + cursor[1:]
	}
	var calls []badCall
	for _, path := range []string{
		"/api/stores?cursor=" + cursor, "/api/brands/" + brand + "/stores?cursor=" + cursor, "/api/onboard?cursor=" + cursor,
		"/api/brands?q=abc&cursor=" + cursor, "/api/brands?cursor=" + cursor[:len(cursor)-1], "/api/brands?cursor=" + cursor + "A",
		"/api/brands?cursor=" + cursor + "=", "/api/brands?cursor=" + flipped, "/admin/mappings?cursor=" + cursor,
	} {
		calls = append(calls, badCall{name: path, method: http.MethodGet, path: path, status: http.StatusBadRequest, slug: "invalid-request", places: []string{"cursor"}})
	}
	r.refuse(p, calls)
	r.refuse(other, []badCall{{name: "another organization", method: http.MethodGet, path: "/api/brands?cursor=" + cursor,
		status: http.StatusBadRequest, slug: "invalid-request", places: []string{"cursor"}}})
}

func TestBadHeadersPathsAndMethodsAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	p.onboard(store, "K-1", "")
	used := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Idempotency-Key", "used", "Prefer", "wait=20")
	require.Equal(t, http.StatusOK, used.status, "%s", used.body)
	body := onboardBody(onboardItem(store, map[string]any{"localStoreId": "K-9"}))
	var calls []badCall
	add := func(method, path, body string, status int, slug string, places []string, headers ...string) {
		calls = append(calls, badCall{fmt.Sprint(method, " ", path, " ", headers), method, path, body, headers, status, slug, places})
	}
	for _, key := range []string{"", " ", "a b", "schlüssel", strings.Repeat("k", 256)} {
		add(http.MethodPost, "/api/onboard", body, 400, "invalid-request", []string{"Idempotency-Key"}, "Idempotency-Key", key)
	}
	add(http.MethodPost, "/api/onboard", body, 400, "invalid-request", []string{"Idempotency-Key"}, "Idempotency-Key", "a", "Idempotency-Key", "b")
	add(http.MethodPost, "/api/onboard", body, 422, "idempotency-key-reused", nil, "Idempotency-Key", "used")
	for _, tag := range []string{"K-1", `"`, `""`, `" "`, `"K-1`, `W/"K-1"`, "*", `"K-1 "`, `"Küche"`, `"` + strings.Repeat("K", 256) + `"`, ""} {
		add(http.MethodDelete, connectionPath(store), "", 400, "invalid-request", []string{"If-Match"}, "If-Match", tag)
	}
	add(http.MethodDelete, connectionPath(store), "", 400, "invalid-request", []string{"If-Match"}, "If-Match", `"K-1"`, "If-Match", `"K-2"`)
	for _, path := range []string{"/api", "/api/", "/api/nothing", "/api/brands/", "/api/brands/x/y/z", "/api//brands", "/api/onboard/preview/x", "/auth/nothing", "/webhooks/nothing", "/problems/nothing", "/admin/nothing", "/api/%00", "/api/brands%2f"} {
		add(http.MethodGet, path, "", 404, "not-found", nil)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, "BREW"} {
		add(method, "/api/brands", "", 405, "method-not-allowed", nil)
		add(method, "/admin/mappings", "", 405, "method-not-allowed", nil)
		add(method, "/api/nothing", "", 404, "not-found", nil)
	}
	add(http.MethodDelete, "/api/brands", "{", 405, "method-not-allowed", nil)
	add(http.MethodGet, "/auth/logout", "", 405, "method-not-allowed", nil)
	add(http.MethodGet, "/api/onboard/preview", "", 400, "invalid-request", nil)
	r.refuse(p, calls)

	r.untouched(func() {
		for _, kind := range []string{"text/plain", "application/problem+json", "application/json; charset=latin1", "application/*", "json", "a/b/c", ""} {
			a := p.send(http.MethodPost, "/api/onboard", json.RawMessage(body), "Content-Type", kind)
			r.problemOf(a, http.StatusUnsupportedMediaType, "unsupported-media-type")
		}
	})
	for _, prefer := range []string{"", ",", ";;;", `"`, "wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "wait=\"", `wait="1`, "foo; bar=\"", "=", strings.Repeat("wait=1,", 2000), "wäit=1"} {
		a := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Prefer", prefer)
		require.Equal(t, http.StatusOK, a.status, "Prefer: %.20s is ignored: %s", prefer, a.body)
	}
}
