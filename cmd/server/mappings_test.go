package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// addMappings makes n mappings, numbered from 1 on. Every seventh shares its times and name with its neighbours.
func (r *rig) addMappings(n int) {
	r.t.Helper()
	r.exec(`INSERT INTO organizations (id, name)
		SELECT ('01890000-0000-7000-a000-' || lpad(o::text, 12, '0'))::uuid, 'Organization ' || o FROM generate_series(0, 4) o`)
	r.exec(`INSERT INTO mappings (id, organization_id, brand_id, store_id, organization_name, brand_name, store_name,
			desired_kind, desired_local_id, asked_kind, asked_local_id, observed_local_id, observed_at, restore_local_id,
			state, code, waiting_for, waiting_since, generation, settled_generation, created_at, updated_at)
		SELECT ('01890000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
			('01890000-0000-7000-a000-' || lpad((i % 5)::text, 12, '0'))::uuid,
			('01890000-0000-7000-b000-' || lpad((i % 10)::text, 12, '0'))::uuid,
			('01890000-0000-7000-9000-' || lpad(i::text, 12, '0'))::uuid,
			'Organization ' || i % 5, 'Brand ' || i % 10, CASE WHEN i % 7 = 0 THEN 'Same' ELSE 'Store ' || i END,
			CASE WHEN i % 4 = 3 THEN 'none' ELSE 'id' END, CASE WHEN i % 4 <> 3 THEN 'D-' || i END,
			'id', 'A-' || i, CASE WHEN i % 3 <> 2 THEN 'O-' || i END,
			CASE WHEN i % 6 <> 1 THEN timestamptz '2026-03-01' + (i / 7) * interval '1 hour' END,
			CASE WHEN i % 5 = 2 THEN 'R-' || i END,
			CASE i % 4 WHEN 0 THEN 'connected' WHEN 1 THEN 'failed' WHEN 2 THEN 'conflict' ELSE 'disconnected' END,
			CASE WHEN i % 4 = 1 THEN CASE WHEN i % 8 = 1 THEN 'store_not_found' ELSE 'access_denied' END END,
			NULL, NULL, 1, 1, timestamptz '2026-01-01' + (i / 7) * interval '1 minute', timestamptz '2026-02-01' - (i / 7) * interval '1 minute'
		FROM generate_series(1, $1) i`, n)
	r.exec(`ANALYZE mappings`)
}

func testID(kind string, n int) string { return fmt.Sprintf("01890000-0000-7000-%s000-%012d", kind, n) }

type foundMapping struct {
	ID, StoreID, StoreName, OrganizationName, State, Code                             string
	DesiredLocalStoreID, AskedLocalStoreID, ObservedLocalStoreID, RestoreLocalStoreID string
	ObservedAt                                                                        *string
	CreatedAt, UpdatedAt                                                              string
	Dark                                                                              bool
}

type foundMappings struct {
	Items      []foundMapping
	NextCursor *string
	Total      *struct {
		Value int
		Exact bool
	}
}

func (r *rig) findMappings(query string) foundMappings {
	r.t.Helper()
	a := r.admin("read", http.MethodGet, "/admin/mappings"+query)
	require.Equal(r.t, http.StatusOK, a.status, "%s: %s\n%s", query, a.body, r.log)
	var l foundMappings
	require.NoError(r.t, a.into(&l))
	return l
}

// numbers are those of addMappings.
func (l foundMappings) numbers() []int {
	numbers := []int{}
	for _, m := range l.Items {
		n := 0
		_, _ = fmt.Sscanf(m.ID[24:], "%012d", &n)
		numbers = append(numbers, n)
	}
	return numbers
}

// Every filter finds what it says, alone and with others.
func TestMappingFilters(t *testing.T) {
	r := newRig(t, rigOptions{})
	const n = 200
	r.addMappings(n)
	dark := func(i int) bool { return i%5 == 2 && i%3 == 2 && i%6 != 1 }
	stale := func(i int) bool { return i%6 == 1 || i/7 < 10 }
	for _, tt := range []struct {
		query string
		want  func(i int) bool
	}{
		{"", func(int) bool { return true }},
		{"localStoreId=D-4", func(i int) bool { return i == 4 }},
		{"localStoreId=A-4", func(i int) bool { return i == 4 }},
		{"localStoreId=O-4", func(i int) bool { return i == 4 }},
		{"localStoreId=R-7", func(i int) bool { return i == 7 }},
		{"localStoreId=R-4", func(int) bool { return false }},
		{"desiredLocalStoreId=D-4", func(i int) bool { return i == 4 }},
		{"desiredLocalStoreId=A-4", func(int) bool { return false }},
		{"observedLocalStoreId=O-4", func(i int) bool { return i == 4 }},
		{"observedLocalStoreId=D-4", func(int) bool { return false }},
		{"remoteStoreId=" + testID("9", 17), func(i int) bool { return i == 17 }},
		{"organizationId=" + testID("a", 3), func(i int) bool { return i%5 == 3 }},
		{"organizationId=" + strings.ToUpper(testID("a", 3)), func(i int) bool { return i%5 == 3 }},
		{"brandId=" + testID("b", 3), func(i int) bool { return i%10 == 3 }},
		{"state=failed", func(i int) bool { return i%4 == 1 }},
		{"state=failed&state=conflict&state=failed", func(i int) bool { return i%4 == 1 || i%4 == 2 }},
		{"state=pending", func(int) bool { return false }},
		{"code=access_denied", func(i int) bool { return i%8 == 5 }},
		{"code=access_denied&code=store_not_found", func(i int) bool { return i%4 == 1 }},
		{"dark=true", dark},
		{"dark=false", func(i int) bool { return !dark(i) }},
		{"staleSince=2026-03-01T10:00:00Z", stale},
		{"staleSince=2026-03-01T11:00:00%2B01:00", stale},
		{"staleSince=0001-01-01T00:00:00Z", func(i int) bool { return i%6 == 1 }},
		{"q=sTORE%2017", func(i int) bool { return i%7 != 0 && strings.HasPrefix(fmt.Sprint(i), "17") }},
		{"q=organization%203", func(i int) bool { return i%5 == 3 }},
		{"q=d-19", func(i int) bool { return i%4 != 3 && strings.HasPrefix(fmt.Sprint(i), "19") }},
		{"q=9000-000000000017", func(i int) bool { return i == 17 }},
		{"q=%25%25%25", func(int) bool { return false }},
		{"q=store_17", func(int) bool { return false }},
		{"q=%5c%5c%5c", func(int) bool { return false }},
		{"state=failed&code=store_not_found&organizationId=" + testID("a", 1) + "&brandId=" + testID("b", 1) + "&dark=false&staleSince=2026-03-02T00:00:00Z&q=store&localStoreId=A-41",
			func(i int) bool { return i == 41 }},
	} {
		want := []int{}
		for i := 1; i <= n; i++ {
			if tt.want(i) {
				want = append(want, i)
			}
		}
		l := r.findMappings("?limit=500&" + tt.query)
		require.Equal(t, want, l.numbers(), tt.query)
		require.Nil(t, l.NextCursor, tt.query)
		require.Equal(t, len(want), l.Total.Value, tt.query)
		require.True(t, l.Total.Exact, tt.query)
	}
}

// Every order goes through all rows page by page, each once, in both directions; equal ones are ordered by id.
func TestMappingOrders(t *testing.T) {
	r := newRig(t, rigOptions{})
	const n = 120
	r.addMappings(n)
	keys := map[string]func(m foundMapping) string{
		"id":        func(m foundMapping) string { return m.ID },
		"createdAt": func(m foundMapping) string { return m.CreatedAt },
		"updatedAt": func(m foundMapping) string { return m.UpdatedAt },
		"observedAt": func(m foundMapping) string {
			if m.ObservedAt == nil {
				return ""
			}
			return *m.ObservedAt
		},
		"state": func(m foundMapping) string { return m.State },
		"localStoreId": func(m foundMapping) string {
			if m.DesiredLocalStoreID != "" {
				return m.DesiredLocalStoreID
			}
			return m.ObservedLocalStoreID
		},
		"storeName":        func(m foundMapping) string { return strings.ToLower(m.StoreName) },
		"organizationName": func(m foundMapping) string { return strings.ToLower(m.OrganizationName) },
	}
	for column, key := range keys {
		var both [2][]string
		for i, sort := range []string{column, "-" + column} {
			var all []foundMapping
			cursor := ""
			for {
				l := r.findMappings("?limit=17&sort=" + sort + cursor)
				all = append(all, l.Items...)
				if l.NextCursor == nil {
					break
				}
				cursor = "&cursor=" + url.QueryEscape(*l.NextCursor)
			}
			require.Len(t, all, n, sort)
			for _, m := range all {
				both[i] = append(both[i], key(m)+"\x00"+m.ID)
			}
		}
		require.True(t, slices.IsSorted(both[0]), "%s: %q", column, both[0])
		slices.Reverse(both[1])
		require.Equal(t, both[0], both[1], column)
	}
}

// The total says whether it is exact.
func TestMappingTotals(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.addMappings(1500)
	for query, want := range map[string]struct {
		value int
		exact bool
	}{"": {1500, false}, "state=failed": {375, true}, "state=failed&state=conflict&state=connected": {1125, false}, "q=store%201499": {1, true}} {
		total := r.findMappings("?limit=1&" + query).Total
		require.Equal(t, want.exact, total.Exact, query)
		require.InDelta(t, want.value, total.Value, float64(want.value)/4, query)
	}
}

// An export can be read back to exactly what is in the database, whatever the ids and names begin with, and no cell of
// it is a formula.
func TestExportsDefuseFormulasWithoutLoss(t *testing.T) {
	r := newRig(t, rigOptions{})
	texts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "'1", "''1", "'=1", "K-1", `"quoted"`, "a,b", "a;=b", "a b", "\t=1", "\r=1", "\n=1", "a\r\nb", "a\nb", "＝1", "＋1", "－1", "＠1", "Küche", `=HYPERLINK("http://x","y")`}
	r.addMappings(len(texts))
	for i, text := range texts {
		r.exec(`UPDATE mappings SET desired_kind = 'id', desired_local_id = $2, store_name = $2, upstream_message = $2 WHERE id = $1`, testID("8", i+1), text)
	}
	a := r.request(http.MethodGet, r.internal+"/admin/mappings?sort=id", nil, "Accept", "text/csv", "Authorization", "Bearer "+r.tokens["read"])
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Regexp(t, `^attachment; filename="mappings-20\d\d-\d\d-\d\d\.csv"$`, a.header.Get("Content-Disposition"))
	require.Equal(t, "text/csv; charset=utf-8; header=present", a.header.Get("Content-Type"))
	// encoding/csv reads CRLF as LF, within cells too.
	reader := csv.NewReader(strings.NewReader(strings.ReplaceAll(string(a.body), "\r", "␍")))
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(texts)+1)
	require.Equal(t, "id", rows[0][0])
	require.Equal(t, "updatedAt␍", rows[0][len(rows[0])-1], "RFC 4180: lines end with CRLF")
	for i, text := range texts {
		for _, column := range []string{"desiredLocalStoreId", "storeName", "upstreamMessage"} {
			cell := strings.ReplaceAll(rows[i+1][slices.Index(rows[0], column)], "␍", "\r")
			require.NotContains(t, "=+-@\t\r\n＝＋－＠", string([]rune(cell)[:1]), "%q", cell)
			require.Equal(t, text, strings.TrimPrefix(cell, "'"), "one leading apostrophe is ours")
		}
	}
	one := r.findMappings("?remoteStoreId=" + testID("9", 1)).Items[0]
	require.Equal(t, one.CreatedAt, rows[1][slices.Index(rows[0], "createdAt")])
	require.Equal(t, one.ID, rows[1][0])
}

// What a client accepts decides between a page and a file.
func TestMappingsAnswerWhatIsAccepted(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.addMappings(3)
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "application/json": "application/json", "text/html": "application/json",
		"application/json, text/csv": "application/json", "text/csv;q=0": "application/json", "text/csv;q=x": "application/json",
		"text/csv": "text/csv", "text/csv, */*": "text/csv", "TEXT/CSV; q=0.9, application/json;q=0.8": "text/csv", "text/*": "text/csv",
	} {
		headers := []string{"Authorization", "Bearer " + r.tokens["read"]}
		if accept != "" {
			headers = append(headers, "Accept", accept)
		}
		a := r.request(http.MethodGet, r.internal+"/admin/mappings", nil, headers...)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", accept, a.body)
		require.Equal(t, want, strings.Split(a.header.Get("Content-Type"), ";")[0], accept)
		require.Equal(t, "Accept", a.header.Get("Vary"))
		a = r.request(http.MethodHead, r.internal+"/admin/mappings", nil, headers...)
		require.Equal(t, http.StatusOK, a.status)
		require.Empty(t, a.body)
	}
	for query, want := range map[string]string{"?format=csv": "text/csv", "?format=json": "application/json"} {
		a := r.request(http.MethodGet, r.internal+"/admin/mappings"+query, nil, "Accept", "text/html, text/csv", "Authorization", "Bearer "+r.tokens["read"])
		require.Equal(t, http.StatusOK, a.status, "%s: %s", query, a.body)
		require.Equal(t, want, strings.Split(a.header.Get("Content-Type"), ";")[0], "a link cannot set a header: %s", query)
	}
	empty := r.request(http.MethodGet, r.internal+"/admin/mappings?state=waiting", nil, "Accept", "text/csv", "Authorization", "Bearer "+r.tokens["read"])
	require.Equal(t, 1, strings.Count(string(empty.body), "\r\n"), "a header row alone: %s", empty.body)
}

// A filter that is not one, or a cursor of another query, is refused by the name of its parameter.
func TestBadMappingQueriesAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.visitor()
	r.addMappings(20)
	cursor := url.QueryEscape(*r.findMappings("?limit=2&state=failed&state=conflict&sort=-updatedAt").NextCursor)
	require.NotEmpty(t, r.findMappings("?limit=3&state=conflict&state=failed&sort=-updatedAt&cursor="+cursor).Items, "the order of values and the limit may differ")
	var calls []badCall
	bad := func(query string, places ...string) {
		calls = append(calls, badCall{name: query, method: http.MethodGet, path: "/admin/mappings" + query, status: http.StatusBadRequest, slug: "invalid-request", places: places})
	}
	for _, query := range []string{"", "state=failed&sort=-updatedAt&", "state=conflict&state=failed&", "state=conflict&state=failed&sort=updatedAt&", "state=conflict&state=failed&sort=-createdAt&",
		"state=conflict&state=failed&sort=-updatedAt&q=abc&", "state=conflict&state=failed&sort=-updatedAt&dark=true&", "state=conflict&state=failed&sort=-updatedAt&staleSince=2026-01-01T00:00:00Z&"} {
		bad("?"+query+"cursor="+cursor, "cursor")
	}
	for parameter, values := range map[string][]string{
		"sort":                 {"", "name", "ID", "--id", "-", "id,-id", "created_at", "id%00", "id%3B", "+id"},
		"localStoreId":         {"", "%00", "K%20", strings.Repeat("K", 256), "%C3%BC"},
		"desiredLocalStoreId":  {"", "%00", "%20K", strings.Repeat("K", 256)},
		"observedLocalStoreId": {"", "%0a", "K%20", strings.Repeat("K", 256)},
		"remoteStoreId":        {"", "x", "%00", testID("9", 1) + "0"},
		"organizationId":       {"", "x", "1"},
		"brandId":              {"", "x", "1"},
		"state":                {"", "none", "happy", "failed,conflict", "Failed", "failed%00"},
		"code":                 {"", "none", "store-not-found", "%ff"},
		"dark":                 {"", "yes", "2", "null"},
		"staleSince":           {"", "yesterday", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00+01:00", "1767225600", "2026-01-01T00:00:00Z%00"},
		"q":                    {"", "ab", "%C3%BC%C3%BC", strings.Repeat("x", 201), strings.Repeat("x", 10_000), "abc%00", "abc%0a", "abc%ff"},
	} {
		for _, v := range values {
			bad("?"+parameter+"="+v, parameter)
		}
	}
	for _, pair := range []string{"sort=id&sort=id", "q=abc&q=abd", "dark=true&dark=true", "localStoreId=K&localStoreId=K", "staleSince=2026-01-01T00:00:00Z&staleSince=2026-01-01T00:00:00Z"} {
		bad("?"+pair, strings.Split(pair, "=")[0])
	}
	bad("?"+strings.Repeat("state=failed&", 9), "state")
	bad("?state=failed&state=happy", "state")
	bad("?filter=x", "filter")
	bad("?format=xlsx", "format")
	bad("?format=csv&limit=5", "limit")
	bad("?storeid=x&sort=x", "storeid")
	for _, id := range []string{"x", "1", testID("8", 1) + "0", "%00"} {
		for _, path := range []string{"", "/history"} {
			calls = append(calls, badCall{name: id + path, method: http.MethodGet, path: "/admin/mappings/" + id + path, status: http.StatusBadRequest, slug: "invalid-request", places: []string{"mappingId"}})
		}
	}
	for _, query := range []string{"limit=5", "cursor=" + cursor} {
		calls = append(calls, badCall{name: "csv " + query, method: http.MethodGet, path: "/admin/mappings?" + query, headers: []string{"Accept", "text/csv"},
			status: http.StatusBadRequest, slug: "invalid-request", places: []string{strings.Split(query, "=")[0]}})
	}
	r.refuse(p, calls)
}
