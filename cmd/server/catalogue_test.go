package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

type localStoreView struct {
	ID, Name, Group, Address, PostalCode, City, CountryCode string
	Latitude, Longitude                                     *float64
	Taken                                                   bool
}

// put sends a catalogue with the operator's token.
func (r *rig) put(query, mediaType string, body io.Reader, headers ...string) answer {
	r.t.Helper()
	return r.request(http.MethodPut, r.internal+"/admin/local-stores"+query, body,
		append([]string{"Authorization", "Bearer " + r.tokens[config.RoleOperate], "Content-Type", mediaType}, headers...)...)
}

// replaced sends a catalogue that must be taken and returns its counts: all, added, changed, removed.
func (r *rig) replaced(query, mediaType, body string) [4]int {
	r.t.Helper()
	a := r.put(query, mediaType, strings.NewReader(body))
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	var change struct{ Total, Added, Changed, Removed int }
	require.NoError(r.t, a.into(&change))
	return [4]int{change.Total, change.Added, change.Changed, change.Removed}
}

func (r *rig) catalogue(query string) []localStoreView {
	r.t.Helper()
	return all[localStoreView](r, "/admin/local-stores"+query)
}

func (r *rig) exportCatalogue(query string) string {
	r.t.Helper()
	a := r.request(http.MethodGet, r.internal+"/admin/local-stores"+query, nil,
		"Authorization", "Bearer "+r.tokens[config.RoleRead], "Accept", "text/csv")
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	require.Contains(r.t, a.header.Get("Content-Disposition"), "catalogue-")
	return string(a.body)
}

const csvUTF8 = "text/csv; charset=utf-8"

// The catalogue is replaced as a whole or by group, from CSV as spreadsheets write it or from JSON, and read by page.
func TestTheCatalogueIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	require.Equal(t, [4]int{3, 3, 0, 0}, r.replaced("", csvUTF8,
		"\uFEFFName;ID;group;latitude;longitude;address\r\nBurger 1;K-1;acme;52,5;13,4;\"Main St 1\nBack yard\"\r\n"+
			"\"Pizza; large\";K-2;acme;;;\r\n't Hoekje;K-3;other;;;\r\n;;;;;\r\n"))
	found := r.catalogue("")
	require.Len(t, found, 3)
	require.Equal(t, []string{"'t Hoekje", "Burger 1", "Pizza; large"}, []string{found[0].Name, found[1].Name, found[2].Name})
	require.InDelta(t, 52.5, *found[1].Latitude, 1e-9)
	require.Equal(t, "Main St 1\nBack yard", found[1].Address)
	require.Len(t, r.catalogue("?group=acme"), 2)
	require.Len(t, r.catalogue("?q=MAIN+st"), 1)
	require.Empty(t, r.catalogue("?q=%25%25%25"), "wildcards are taken literally")

	require.Equal(t, [4]int{2, 1, 1, 1}, r.replaced("?group=acme", "application/json",
		`{"items":[{"id":"K-1","name":"Burger One"},{"id":"K-4","name":"New","group":"acme","address":null}]}`))
	require.Equal(t, [4]int{2, 0, 0, 0}, r.replaced("?group=acme", csvUTF8, "id,name\nK-1,Burger One\nK-4,New\n"), "again: nothing changes")
	require.Len(t, r.catalogue(""), 3, "the other group stays")
	p := r.problemOf(r.put("?group=acme", csvUTF8, strings.NewReader("id,name\nK-9,x\n\nK-3,y\n")), http.StatusConflict, "conflict")
	require.Equal(t, "row 4, column id", p.Errors[0].Pointer)

	manager := r.signedIn(sandbox.AccountSmall)
	store := r.freeStores(sandbox.AccountSmall, 1)[0]
	require.Equal(t, "connected", manager.asked(store, "K-4", "").Outcome)
	var mine page[localStoreView]
	manager.get("/api/local-stores?limit=2", &mine)
	require.Len(t, mine.Items, 2)
	require.False(t, mine.Items[1].Taken)
	var rest page[localStoreView]
	manager.get("/api/local-stores?limit=2&cursor="+mine.NextCursor, &rest)
	require.Equal(t, "K-4", rest.Items[0].ID)
	require.True(t, rest.Items[0].Taken)
	require.Empty(t, rest.NextCursor)

	r.exec(`INSERT INTO local_stores (id, name) VALUES ('a/b 50%25', 'odd')`)
	remove := func(id string) answer {
		return r.operate(http.MethodDelete, "/admin/local-stores/"+url.PathEscape(id), nil)
	}
	require.Equal(t, http.StatusNoContent, remove("a/b 50%25").status)
	r.problemOf(remove("a/b 50%25"), http.StatusNotFound, "not-found")
	require.Equal(t, http.StatusNoContent, remove("K-4").status)
	require.Equal(t, "K-4", r.mappingOf(store).DesiredLocalStoreID, "the mapping stays")
	require.Equal(t, [4]int{0, 0, 0, 2}, r.replaced("", "application/json", `{"items":[]}`))
	manager.get("/api/local-stores", &rest)
	require.Empty(t, rest.Items)
}

// A deployment for many customers shows nobody a store that no connect link allows.
func TestSessionsSeeTheLocalStoresOfTheirLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: sessionIDs})
	r.replaced("", csvUTF8, "id,name,group\nK-1,Burger,acme\nK-2,Pizza,acme\nK-3,Burger,other\n")
	p := r.signedIn(sandbox.AccountSmall)
	var mine page[localStoreView]
	p.get("/api/local-stores", &mine)
	require.Empty(t, mine.Items)
	secret, _ := r.mint(allows("K-2", "K-9"))
	require.Equal(t, http.StatusOK, p.redeem(secret).status)
	p.get("/api/local-stores", &mine)
	require.Len(t, mine.Items, 1)
	require.Equal(t, "K-2", mine.Items[0].ID)
	p.get("/api/local-stores?q=burger", &mine)
	require.Empty(t, mine.Items)
}

// An export that is put back changes nothing, whatever its cells begin with, and no cell of it is a formula.
func TestTheCatalogueRoundTrips(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	var items []string
	for i, start := range []string{"=", "+", "-", "@", "'", "''", "'=", "＝", "＠", "x"} {
		items = append(items, fmt.Sprintf(`{"id":%q,"name":%q,"group":%q,"address":%q,"latitude":-33.5,"longitude":%d}`,
			map[bool]string{true: fmt.Sprintf("%s%d", start, i), false: fmt.Sprint("id-", i)}[start[0] < 0x80],
			start+`1 "quoted", and; more`, start+"group", start+"a\nb\r\nc", i))
	}
	body := `{"items":[` + strings.Join(items, ",") + `]}`
	require.Equal(t, [4]int{10, 10, 0, 0}, r.replaced("", "application/json", body))
	file := r.exportCatalogue("")
	for row := range strings.SplitSeq(file, "\r\n") {
		require.NotContains(t, []string{"=", "+", "-", "@"}, strings.TrimLeft(row, `"`)[:min(1, len(row))], row)
	}
	require.Equal(t, [4]int{10, 0, 0, 0}, r.replaced("", csvUTF8, file))
	require.Equal(t, file, r.exportCatalogue(""))
	require.Equal(t, "id,group,name,address,postalCode,city,state,countryCode,latitude,longitude\r\n", r.exportCatalogue("?group=none"))
}

// What is wrong with an import is said by row and column, and nothing of it is taken.
func TestBadImportsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.replaced("", csvUTF8, "id,name,group\nK-1,Burger,acme\n")
	long := strings.Repeat("x", 256)
	for name, tt := range map[string]struct{ query, mediaType, body, pointer, detail string }{
		"no body":            {"", csvUTF8, "", "", "is missing"},
		"nothing":            {"", csvUTF8, "\r\n\r\n", "row 1", "must name the columns: the file is empty"},
		"JSON: nothing":      {"", "application/json", " ", "", "is not valid JSON"},
		"Latin-1":            {"", "text/csv", "id,name,group\nK-1,Caf\xe9,a\n", "row 2, column name", "is not UTF-8 (perhaps Latin-1): save the file as CSV UTF-8"},
		"UTF-16":             {"", "text/csv", "\xff\xfei\x00d\x00", "row 1", "is not UTF-8 but UTF-16: save the file as CSV UTF-8"},
		"a missing column":   {"", csvUTF8, "id,group\nK-1,a\n", "row 1, column name", "is missing"},
		"no group anywhere":  {"", csvUTF8, "id,name\nK-1,a\n", "row 1, column group", "is missing"},
		"another column":     {"", csvUTF8, "id,name,group,phone\n", "row 1, cell 4 (phone)", ""},
		"a column twice":     {"", csvUTF8, "id,name,group,Name\n", "row 1, column name", "is given more than once"},
		"a long id":          {"", csvUTF8, "id,name,group\n" + long + ",a,b\n", "row 2, column id", "must be at most 255 characters"},
		"an id with ü":       {"", csvUTF8, "id,name,group\n\n\nü,a,b\n", "row 4, column id", "must be printable ASCII"},
		"lines in a name":    {"", csvUTF8, "id,name,group\nA,\"a\nb\nc\",b\n", "row 2, column name", "holds a control character"},
		"an id twice":        {"", csvUTF8, "id,name,group\nA,a,b\nB,n,\nA,n,\n", "row 4, column id", "stands at row 2 as well"},
		"cells":              {"", csvUTF8, "id,name,group\nA,a\n", "row 2", "has 2 cells, and the first row has 3"},
		"a quote":            {"", csvUTF8, "id,name,group\nA,a \"b,c\n", "row 2", "has a quote where none may be"},
		"no name":            {"", csvUTF8, "id,name,group\nA, ,c\n", "row 2, column name", "must not be empty"},
		"half a place":       {"", csvUTF8, "id,name,group,latitude,longitude\nA,a,c,1,\n", "row 2, column longitude", "is missing, and latitude is there"},
		"no number":          {"", csvUTF8, "id,name,group,latitude,longitude\nA,a,c,north,1\n", "row 2, column latitude", "must be a number"},
		"off the globe":      {"", csvUTF8, "id,name,group,latitude,longitude\nA,a,c,91,1\n", "row 2, column latitude", "must be from -90 to 90"},
		"another group":      {"?group=b", csvUTF8, "id,name,group\nA,a,c\n", "row 2, column group", "must be the group that is replaced, or empty"},
		"JSON: a field":      {"", "application/json", `{"items":[{"id":"A","name":"a"},{"id":"B","name":"b","phone":1}]}`, "/items/1/phone", "is not a field of this object"},
		"JSON: a type":       {"", "application/json", `{"items":[{"id":1,"name":"a"}]}`, "/items/0/id", "must be a string"},
		"JSON: a name twice": {"", "application/json", `{"items":[{"id":"A","name":"a","id":"B"}]}`, "/items/0/id", "is given more than once"},
		"JSON: no id":        {"", "application/json", `{"items":[{"name":"a"}]}`, "/items/0/id", "is missing"},
		"JSON: an array":     {"", "application/json", `[]`, "", "must be an object"},
		"JSON: cut off":      {"", "application/json", `{"items":[{"id":"A","name":"a"}`, "", "is not valid JSON"},
		"JSON: more":         {"", "application/json", `{"items":[]}{}`, "", "is not valid JSON"},
		"JSON: other items":  {"", "application/json", `{"items":[],"more":1}`, "/more", "is not a field of this object"},
		"a parameter":        {"?groups=b", csvUTF8, "id,name\n", "groups", "is not a parameter of this call"},
	} {
		p := r.problemOf(r.put(tt.query, tt.mediaType, strings.NewReader(tt.body)), http.StatusBadRequest, "invalid-request")
		require.Equal(t, tt.pointer, p.Errors[0].Pointer, name)
		if tt.detail != "" {
			require.Equal(t, tt.detail, p.Errors[0].Detail, name)
		}
	}
	many := "id,name,group\n" + strings.Repeat(",,\"\"x\n", 2) + strings.Repeat("ä,b,c\n", 300)
	require.LessOrEqual(t, len(r.problemOf(r.put("", csvUTF8, strings.NewReader(many)), http.StatusBadRequest, "invalid-request").Errors), 100)

	for mediaType, headers := range map[string][]string{
		"text/csv; charset=iso-8859-1": nil, "text/plain": nil, "": nil, "text/csv": {"Content-Encoding", "gzip"},
	} {
		r.problemOf(r.put("", mediaType, strings.NewReader("id,name,group\n"), headers...), http.StatusUnsupportedMediaType, "unsupported-media-type")
	}
	require.Len(t, r.catalogue(""), 1)
	require.Equal(t, 0, scalar[int](r, `SELECT version::int - 1 FROM catalogue`))
}

// A catalogue has its bounds in stores and in bytes; a sender that goes away leaves nothing.
func TestLargeCatalogues(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	row := func(i int) string {
		return fmt.Sprintf("K-%d,Burger Palace No %d,group %d,%d Main Street,%05d,Springfield\n", i, i, i%200, i%400, i)
	}
	rows := strings.Builder{}
	rows.WriteString("id,name,group,address,postalCode,city\n")
	for i := range 20_000 {
		rows.WriteString(row(i))
	}
	require.Equal(t, [4]int{20_000, 20_000, 0, 0}, r.replaced("", csvUTF8, rows.String()))
	for i := 20_000; i <= 100_000; i++ {
		rows.WriteString(row(i))
	}
	r.problemOf(r.put("", csvUTF8, strings.NewReader(rows.String())), http.StatusRequestEntityTooLarge, "too-large")
	var p page[localStoreView]
	r.read("/admin/local-stores?q=palace+no+19999", &p)
	require.Len(t, p.Items, 1)

	big := func() io.Reader { // its length is not known before
		return io.LimitReader(io.MultiReader(strings.NewReader("id,name,group\nA,a,"), zeros{}), 33<<20)
	}
	r.problemOf(r.put("", csvUTF8, big()), http.StatusRequestEntityTooLarge, "too-large")
	broken, sender := io.Pipe()
	go func() {
		_, _ = io.WriteString(sender, "id,name,group\nA,a,b\n")
		_ = sender.CloseWithError(io.ErrUnexpectedEOF)
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.internal+"/admin/local-stores", broken)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+r.tokens[config.RoleOperate])
	req.Header.Set("Content-Type", csvUTF8)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		_ = res.Body.Close()
	}
	require.Equal(t, 20_000, scalar[int](r, `SELECT count(*) FROM local_stores`))
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}
