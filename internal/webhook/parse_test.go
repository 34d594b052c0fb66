package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"storelink"
)

const eventID = "0c7e3c6a-5f0a-4f58-8d3c-2a9c4b1f7e10"

func TestParse(t *testing.T) {
	const store = `{"eventId":"0C7E3C6A-5F0A-4F58-8D3C-2A9C4B1F7E10","eventTime":"2026-11-24T10:00:00+02:00","eventType":"stores.upsert","metadata":
		{"storeId":"K-1","applicationId":"app","payload":{"credentialsSchemaVersion":"1","credentials":[{"key":"password","value":"hidden"}],
		"storeInfo":{"name":"Soho","address":ADDRESS,"currencyCode":"GBP","timezone":"Europe/London","internalStoreId":"` + eventID + `"}}}}`
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	whole := storelink.WebhookEvent{
		ID: eventID, Type: storelink.WebhookStoresUpsert, Time: at, LocalStoreID: "K-1", RemoteStoreID: eventID,
		StoreName: "Soho", StoreAddress: "12 Dean St",
	}
	unplaced := whole
	unplaced.StoreAddress = ""
	bare := storelink.WebhookEvent{ID: eventID, Type: storelink.WebhookStoresRemove}
	event := func(rest string) string {
		return `{"eventId":"` + eventID + `","eventType":"stores.remove"` + rest + `}`
	}
	for name, tt := range map[string]struct {
		body string
		want storelink.WebhookEvent
	}{
		"whole":                    {strings.Replace(store, "ADDRESS", `"12 Dean St"`, 1), whole},
		"an address in fields":     {strings.Replace(store, "ADDRESS", `{"fullAddress":"12 Dean St","city":"London"}`, 1), whole},
		"an address in lines":      {strings.Replace(store, "ADDRESS", `{"fullAddress":null,"addressLines":["12 Dean St"]}`, 1), whole},
		"no address":               {strings.Replace(store, "ADDRESS", `null`, 1), unplaced},
		"an address as a number":   {strings.Replace(store, "ADDRESS", `12`, 1), unplaced},
		"nothing but id and type":  {event(``), bare},
		"a clock that is wrong":    {event(`,"eventTime":"yesterday"`), bare},
		"metadata of another kind": {event(`,"metadata":"none"`), bare},
		"a payload that is a list": {event(`,"metadata":{"payload":[]}`), bare},
		"ids of another kind":      {event(`,"metadata":{"storeId":17,"payload":{"storeInfo":{"internalStoreId":"store-17"}}}`), bare},
		"unknown fields":           {event(`,"more":{"a":[1]},"metadata":{"resourceHref":"https://evil.example"}`), bare},
		"control characters":       {event(`,"metadata":{"storeId":"\u0000\n"}`), bare},
		"a ping": {`{"eventId":"` + eventID + `","eventType":"ping.ping","metadata":{"storeId":"K-1","payload":{"message":"hello"}}}`,
			storelink.WebhookEvent{ID: eventID, Type: storelink.WebhookPing}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(tt.body))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	for _, body := range []string{``, `{`, `[]`, `null`, `"x"`, `17`, `{}`, `{"eventId":"` + eventID + `"}`, `{"eventId":"17","eventType":"ping.ping"}`,
		`{"eventId":17,"eventType":"ping.ping"}`, `{"eventType":"ping.ping"}`, event(``) + `x`} {
		_, err := parse([]byte(body))
		require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err), "%s", body)
	}
}

// Whatever is signed: it is refused as unreadable, or what is kept of it is short, printable, and of the right form.
func FuzzWebhookBody(f *testing.F) {
	for _, body := range []string{
		`{"eventId":"` + eventID + `","eventType":"stores.upsert","metadata":{"storeId":"K-1","payload":{"storeInfo":{"name":"a","address":{"addressLines":["b"]}}}}}`,
		`{"eventId":"` + eventID + `","eventType":"ping.ping","eventTime":"2026-11-24T10:00:00Z"}`, `{"eventId":[],"metadata":[]}`, ``, `null`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parse(body)
		if err != nil {
			require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err))
			return
		}
		require.True(t, json.Valid(body))
		_, ok := storelink.ParseUUID(e.ID)
		require.True(t, ok)
		require.NotEmpty(t, e.Type)
		for _, s := range []string{string(e.Type), e.LocalStoreID, e.RemoteStoreID, e.StoreName, e.StoreAddress} {
			require.LessOrEqual(t, len([]rune(s)), maxText)
			require.False(t, strings.ContainsFunc(s, unicode.IsControl), "%q", s)
		}
	})
}
