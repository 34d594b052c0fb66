package upstream

import (
	"context"
	"net/http"

	"storelink"
)

const organizationPath = "/organization/v1/organization"

// Organization returns the organization that the token's user belongs to. Its errors are *storelink.UpstreamError.
func (c *Client) Organization(ctx context.Context, tok storelink.AccessToken) (storelink.Organization, error) {
	var o storelink.Organization
	err := c.do(ctx, request{
		op: "get organization", method: http.MethodGet, path: organizationPath, token: tok, lane: storelink.LaneInteractive, limit: singleBody,
		decode: func(body []byte) error {
			id, name, err := decodeNamed(body, "")
			o = storelink.Organization{ID: id, Name: name}
			return err
		},
	})
	if err != nil {
		return storelink.Organization{}, err
	}
	return o, nil
}

// decodeNamed reads {id, name}. The id must be a UUID, and the one asked for where asked names one; a name may be missing.
func decodeNamed(body []byte, asked string) (id, name string, err error) {
	var answer struct {
		ID   string `json:"id"`
		Name text   `json:"name"`
	}
	if err := lenient(body, &answer); err != nil {
		return "", "", errMalformed
	}
	id, ok := storelink.ParseUUID(answer.ID)
	if !ok || asked != "" && id != asked {
		return "", "", errMalformed
	}
	return id, printable(string(answer.Name)), nil
}
