package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"storelink"
)

// Stores returns all stores of a brand, over all pages, with BrandName and Mapping left empty. Its errors are
// *storelink.UpstreamError, with status 404 where there is no such brand, and storelink.ErrInvalid where brandID is not
// a UUID.
func (c *Client) Stores(ctx context.Context, tok storelink.AccessToken, lane storelink.Lane, brandID string) ([]storelink.RemoteStore, error) {
	path, err := brandPath(brandID)
	if err != nil {
		return nil, err
	}
	brandID, _ = storelink.ParseUUID(brandID)
	return list(ctx, c, tok, lane, "list stores", path+"/stores", func(raw json.RawMessage) (string, storelink.RemoteStore, error) {
		s, err := decodeStore(raw, storelink.StoreRef{BrandID: brandID})
		return s.ID, s, err
	})
}

// Store returns one store, with BrandName and Mapping left empty. Its errors are *storelink.UpstreamError, with status
// 404 where there is no such store, and storelink.ErrInvalid where an id is not a UUID.
func (c *Client) Store(ctx context.Context, tok storelink.AccessToken, ref storelink.StoreRef) (storelink.RemoteStore, error) {
	path, err := storePath(ref)
	if err != nil {
		return storelink.RemoteStore{}, err
	}
	ref.BrandID, _ = storelink.ParseUUID(ref.BrandID)
	ref.StoreID, _ = storelink.ParseUUID(ref.StoreID)
	var s storelink.RemoteStore
	err = c.do(ctx, request{
		op: "get store", method: http.MethodGet, path: path, token: tok, lane: storelink.LaneInteractive, limit: singleBody,
		decode: func(body []byte) (err error) { s, err = decodeStore(body, ref); return err },
	})
	if err != nil {
		return storelink.RemoteStore{}, err
	}
	return s, nil
}

func storePath(ref storelink.StoreRef) (string, error) {
	brand, err := brandPath(ref.BrandID)
	if err != nil {
		return "", err
	}
	id, ok := storelink.ParseUUID(ref.StoreID)
	if !ok {
		return "", storelink.Errorf(storelink.ErrInvalid, "A store id must be a UUID.")
	}
	return brand + "/stores/" + url.PathEscape(id), nil
}

// decodeStore reads a store of the brand, and the very one where ref names it.
func decodeStore(body []byte, ref storelink.StoreRef) (storelink.RemoteStore, error) {
	id, name, err := decodeNamed(body, ref.StoreID)
	if err != nil {
		return storelink.RemoteStore{}, err
	}
	var answer struct {
		Address json.RawMessage `json:"address"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return storelink.RemoteStore{}, errMalformed
	}
	return storelink.RemoteStore{ID: id, BrandID: ref.BrandID, Name: name, Address: decodeAddress(answer.Address)}, nil
}

type address struct {
	FullAddress    *text           `json:"fullAddress"`
	PostalCode     text            `json:"postalCode"`
	City           text            `json:"city"`
	State          text            `json:"state"`
	CountryCode    text            `json:"countryCode"`
	AddressLines   []text          `json:"addressLines"`
	LinesOfAddress []text          `json:"linesOfAddress"`
	Location       json.RawMessage `json:"location"`
}

// decodeAddress returns nil for null and for what is no object. A store is not lost for an odd address: what has another
// type than the contract's is left out.
func decodeAddress(raw json.RawMessage) *storelink.Address {
	var a address
	if !bytes.HasPrefix(raw, []byte("{")) || lenient(raw, &a) != nil {
		return nil
	}
	n := &storelink.Address{
		PostalCode:  printable(string(a.PostalCode)),
		City:        printable(string(a.City)),
		State:       printable(string(a.State)),
		CountryCode: printable(string(a.CountryCode)),
		Location:    decodeLocation(a.Location),
	}
	if a.FullAddress != nil {
		full := printable(string(*a.FullAddress))
		n.FullAddress = &full
	}
	lines := a.AddressLines
	if len(lines) == 0 {
		lines = a.LinesOfAddress
	}
	for _, line := range lines {
		if line != "" {
			n.AddressLines = append(n.AddressLines, printable(string(line)))
		}
	}
	return n
}

// decodeLocation returns nil unless both coordinates are numbers.
func decodeLocation(raw json.RawMessage) *storelink.Location {
	var l struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	}
	if json.Unmarshal(raw, &l) != nil || l.Latitude == nil || l.Longitude == nil {
		return nil
	}
	return &storelink.Location{Latitude: *l.Latitude, Longitude: *l.Longitude}
}
