package upstream_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/upstream"
)

func TestListsAreReadOverAllPages(t *testing.T) {
	id := func(n int) string { return fmt.Sprintf("0190a8c0-0000-7000-8000-%012d", n) }
	o := newOtter(t,
		answer{status: 200, body: fmt.Sprintf(`{"items":[{"id":%q,"name":"One"}],"offsetToken":"a+/=&limit=9"}`, id(1))},
		answer{status: 200, body: fmt.Sprintf(`{"items":[{"id":%q,"name":"One"},{"id":%q,"name":null,"new":[]}],"offsetToken":"x"}`, id(1), strings.ToUpper(id(2)))},
		answer{status: 200, body: `{"items":null,"offsetToken":""}`},
	)
	brands, err := clientOf(t, o).Brands(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, []storelink.Brand{{ID: id(1), Name: "One"}, {ID: id(2)}}, brands)

	var queries []string
	for _, r := range o.asked() {
		require.Equal(t, []string{"500"}, r.URL.Query()["limit"])
		queries = append(queries, r.URL.Query().Get("token"))
	}
	require.Equal(t, []string{"", "a+/=&limit=9", "x"}, queries)
}

func TestListsThatDoNotEndAreAnError(t *testing.T) {
	o := newOtter(t,
		answer{status: 200, body: `{"items":[],"offsetToken":"a"}`},
		answer{status: 200, body: `{"items":[],"offsetToken":"b"}`},
		answer{status: 200, body: `{"items":[],"offsetToken":"a"}`},
	)
	_, err := clientOf(t, o).Stores(t.Context(), token, storelink.LaneInteractive, brandID)
	failure(t, err)
	require.Len(t, o.asked(), 3)

	pages := 0
	c := newClient(t, upstream.Options{BaseURL: "http://otter.example", Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		pages++
		return response(200, fmt.Sprintf(`{"items":[],"offsetToken":"%d"}`, pages)), nil
	})})
	_, err = c.Brands(t.Context(), token)
	failure(t, err)
	require.Equal(t, 2000, pages)
}

func TestAnswersThatAreNoListsAreAnError(t *testing.T) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `"x"`, `{"message":"later"}`, `{"items":{}}`, `{"items":"x"}`, `{"items":[null]}`,
		`{"items":[{"id":null,"name":"x"}]}`, `{"items":[{"id":"x","name":"x"}]}`, `{"items":[{"name":"x"}]}`,
		`{"items":[],"offsetToken":7}`, `{"items":[]`, `<html></html>`, strings.Repeat("[", 20000),
	} {
		instantly(t, answer{status: 200, body: body}, func(t *testing.T, c *upstream.Client) {
			brands, err := c.Brands(t.Context(), token)
			require.Equal(t, 200, failure(t, err).Status, body)
			require.Nil(t, brands)
		})
	}
}

func TestStoresAreReadTolerantly(t *testing.T) {
	str := func(s string) *string { return &s }
	for _, tc := range []struct {
		name, address string
		want          *storelink.Address
	}{
		{"null", `null`, nil},
		{"not an object", `"Main St"`, nil},
		{"empty", `{}`, &storelink.Address{}},
		{"all of it",
			`{"fullAddress":"1 Main St\nX","postalCode":"1","city":"X","state":"CA","countryCode":"US","addressLines":["1 Main St",null],"linesOfAddress":["old"],"location":{"latitude":1.5,"longitude":-2}}`,
			&storelink.Address{FullAddress: str("1 Main St X"), PostalCode: "1", City: "X", State: "CA", CountryCode: "US", AddressLines: []string{"1 Main St"}, Location: &storelink.Location{Latitude: 1.5, Longitude: -2}}},
		{"the deprecated twin", `{"fullAddress":null,"addressLines":null,"linesOfAddress":["old"],"location":null}`, &storelink.Address{AddressLines: []string{"old"}}},
		{"half a location", `{"location":{"latitude":1,"longitude":null}}`, &storelink.Address{}},
		{"wrong types", `{"postalCode":12345,"city":"X","location":{"latitude":"1","longitude":2}}`, &storelink.Address{City: "X"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := fmt.Sprintf(`{"id":%q,"name":"A\u0000 store","address":%s,"unknown":{"a":[1]}}`, storeID, tc.address)
			want := storelink.RemoteStore{ID: storeID, BrandID: brandID, Name: "A  store", Address: tc.want}
			one, err := clientOf(t, newOtter(t, answer{status: 200, body: body})).Store(t.Context(), token, ref)
			require.NoError(t, err)
			require.Equal(t, want, one)
			all, err := clientOf(t, newOtter(t, answer{status: 200, body: `{"items":[` + body + `]}`})).Stores(t.Context(), token, storelink.LaneInteractive, brandID)
			require.NoError(t, err)
			require.Equal(t, []storelink.RemoteStore{want}, all)
		})
	}
}

func TestAnAnswerAboutAnotherThingIsAnError(t *testing.T) {
	other := answer{status: 200, body: `{"id":"` + orgID + `","name":"x","address":null}`}
	instantly(t, other, func(t *testing.T, c *upstream.Client) {
		_, err := c.Store(t.Context(), token, ref)
		failure(t, err)
		_, err = c.Brand(t.Context(), token, brandID)
		failure(t, err)
	})
}

func TestConnection(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer answer
		want   string
		status int // of the failure
	}{
		{"connected", answer{status: 200, body: `{"storeId":" onboarding:7 ","more":1}`}, " onboarding:7 ", 0},
		{"not connected", answer{status: 404, body: `{"message":"none"}`}, "", 0},
		{"not connected, without words", answer{status: 404}, "", 0},
		{"a gateway's 404", answer{status: 404, body: `<html>`}, "", 404},
		{"empty", answer{status: 200, body: `{"storeId":""}`}, "", 200},
		{"null", answer{status: 200, body: `{"storeId":null}`}, "", 200},
		{"missing", answer{status: 200, body: `{}`}, "", 200},
		{"a number", answer{status: 200, body: `{"storeId":7}`}, "", 200},
		{"NUL", answer{status: 200, body: `{"storeId":"a\u0000"}`}, "", 200},
		{"denied", answer{status: 403}, "", 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			instantly(t, tc.answer, func(t *testing.T, c *upstream.Client) {
				got, err := c.Connection(t.Context(), call())
				require.Equal(t, tc.want, got)
				if tc.status == 0 {
					require.NoError(t, err)
				} else {
					require.Equal(t, tc.status, failure(t, err).Status)
				}
			})
		})
	}
}

func TestConnectSendsTheIDAsItIs(t *testing.T) {
	var sent string
	o := newOtter(t, answer{do: func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.Method + " " + string(body)
		w.WriteHeader(http.StatusOK)
	}})
	require.NoError(t, clientOf(t, o).Connect(t.Context(), call(), `K "17"`))
	require.Equal(t, `POST {"storeId":"K \"17\""}`, sent)
}

// FuzzAnswers holds that no answer makes a call panic, run on, or return what the nouns forbid.
func FuzzAnswers(f *testing.F) {
	store := `{"id":"` + storeID + `","name":"x","address":{"addressLines":[null],"location":{"latitude":1e999}}}`
	for _, body := range []string{
		store, `{"items":[` + store + `],"offsetToken":"t"}`, `{"items":[` + store, `{"storeId":"K"}`, `{"storeId":["K"]}`,
		`<html>`, `null`, strings.Repeat("[", 12000), strings.Repeat(`{"items":`, 9000), `{"storeId":"` + strings.Repeat("K", 70_000) + `"}`,
		"<!doctype html><title>502</title>", `{"message":"` + strings.Repeat("m", 5000) + `\u0000\u202e"}`, `{"items":{},"offsetToken":7}`, `{"items":[` + strings.Repeat(store+",", 20) + `null]}`, "\xff\xfe{", `{"message":"\ud800"}`,
	} {
		f.Add(body, 200)
		f.Add(body, 422)
		f.Add(body, 502)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			status = 200
		}
		instantly(t, answer{status: status, body: body}, func(t *testing.T, c *upstream.Client) {
			stores, err := c.Stores(t.Context(), token, storelink.LaneInteractive, brandID)
			for _, s := range stores {
				canonical, ok := storelink.ParseUUID(s.ID)
				require.True(t, ok && canonical == s.ID && s.BrandID == brandID)
				require.NotContains(t, s.Name, "\x00")
			}
			if err != nil {
				require.LessOrEqual(t, len([]rune(failure(t, err).Message)), 200)
			}
			_, _ = c.Store(t.Context(), token, ref)
			_, _ = c.Organization(t.Context(), token)
			brands, err := c.Brands(t.Context(), token)
			require.True(t, err == nil || len(brands) == 0, "all of a list or nothing")
			for _, write := range []error{c.Connect(t.Context(), call(), "K"), c.Disconnect(t.Context(), call())} {
				require.Equal(t, status/100 == 2, write == nil)
				if write != nil {
					message := failure(t, write).Message
					require.LessOrEqual(t, len([]rune(message)), 200)
					require.False(t, strings.ContainsFunc(message, unicode.IsControl), "%q", message)
				}
			}
			id, err := c.Connection(t.Context(), call())
			require.False(t, err == nil && id == "" && status != 404)
		})
	})
}
