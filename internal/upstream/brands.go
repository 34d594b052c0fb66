package upstream

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"storelink"
)

const brandsPath = organizationPath + "/brands"

// Brands returns all brands of the organization, over all pages. Its errors are *storelink.UpstreamError.
func (c *Client) Brands(ctx context.Context, tok storelink.AccessToken) ([]storelink.Brand, error) {
	return list(ctx, c, tok, storelink.LaneInteractive, "list brands", brandsPath, func(raw json.RawMessage) (string, storelink.Brand, error) {
		id, name, err := decodeNamed(raw, "")
		return id, storelink.Brand{ID: id, Name: name}, err
	})
}

// Brand returns one brand. Its errors are *storelink.UpstreamError, with status 404 where there is no such brand, and
// storelink.ErrInvalid where brandID is not a UUID.
func (c *Client) Brand(ctx context.Context, tok storelink.AccessToken, brandID string) (storelink.Brand, error) {
	path, err := brandPath(brandID)
	if err != nil {
		return storelink.Brand{}, err
	}
	brandID, _ = storelink.ParseUUID(brandID)
	var b storelink.Brand
	err = c.do(ctx, request{
		op: "get brand", method: http.MethodGet, path: path, token: tok, lane: storelink.LaneInteractive, limit: singleBody,
		decode: func(body []byte) error {
			id, name, err := decodeNamed(body, brandID)
			b = storelink.Brand{ID: id, Name: name}
			return err
		},
	})
	if err != nil {
		return storelink.Brand{}, err
	}
	return b, nil
}

func brandPath(brandID string) (string, error) {
	id, ok := storelink.ParseUUID(brandID)
	if !ok {
		return "", storelink.Errorf(storelink.ErrInvalid, "A brand id must be a UUID.")
	}
	return brandsPath + "/" + url.PathEscape(id), nil
}
