package api

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
)

func readCatalogue(mediaType string, file []byte) ([]storelink.LocalStore, error) {
	u := &upload{body: bytes.NewReader(file), control: http.NewResponseController(httptest.NewRecorder()), left: 1 << 20, limit: 1 << 20}
	r := newCatalogueReader(u, mediaType, "")
	var stores []storelink.LocalStore
	for {
		s, err := r.next()
		if err != nil || s == nil {
			return stores, err
		}
		stores = append(stores, *s)
	}
}

// Whatever is imported comes back from its export as it was; whatever is refused is refused with a place in words.
func FuzzCatalogue(f *testing.F) {
	f.Add("id,name,group\nK-1,'t Hoekje,\"a\"\n", false)
	f.Add("\uFEFFid;name;group;latitude;longitude\n=1;'=x;g;52,5;-1e2\n", false)
	f.Add("id\tname\tgroup\taddress\n\n-\t+\t@\t\"a\r\nb\"\n", false)
	f.Add(`{"items":[{"id":"K","name":"\u0000","latitude":1,"longitude":2}]}`, true)
	f.Add(`{"items":[{"ID":"K","Name":"ü","group":null}]}`, true)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		mediaType := mimeCSV
		if isJSON {
			mediaType = "application/json"
		}
		stores, err := readCatalogue(mediaType, []byte(text))
		if err != nil {
			require.Contains(t, []storelink.ErrorCode{storelink.ErrInvalid, errTooLarge}, storelink.CodeOf(err), "%v", err)
			return
		}
		file := []byte(strings.Join(catalogueColumns, ",") + "\r\n")
		for _, s := range stores {
			require.Empty(t, storelink.CheckLocalStoreID(s.ID))
			file = appendLocalStore(file, s)
		}
		again, err := readCatalogue(mimeCSV, file)
		require.NoError(t, err, "%s", file)
		require.Equal(t, stores, again)
	})
}

// A body within its bound ends as it ends; one byte more is an error, however it is read.
func TestUploadIsBounded(t *testing.T) {
	for _, size := range []int{0, 9, 10, 11, 100} {
		u := &upload{body: strings.NewReader(strings.Repeat("x", size)), control: http.NewResponseController(httptest.NewRecorder()), left: 10, limit: 10}
		read, err := io.ReadAll(u)
		if size <= 10 {
			require.NoError(t, err)
			require.Len(t, read, size)
		} else {
			require.Equal(t, errTooLarge, storelink.CodeOf(err))
		}
	}
}
