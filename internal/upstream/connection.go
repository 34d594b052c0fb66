package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"storelink"
)

// Connection returns the local store id that the store is connected to, or "" where upstream answers 404: not
// connected, or no such store. A 404 that is a gateway's page says nothing about the store and is an error. Errors are
// *storelink.UpstreamError, the guard's, and storelink.ErrInvalid where an id is not a UUID.
func (c *Client) Connection(ctx context.Context, call storelink.Call) (string, error) {
	path, err := connectionPath(call.Store)
	if err != nil {
		return "", err
	}
	var localStoreID string
	err = c.do(ctx, request{
		op: "get connection", method: http.MethodGet, path: path, token: call.Token, lane: call.Lane, store: call.Store.StoreID, guard: call.Guard, limit: singleBody,
		decode: func(body []byte) (err error) { localStoreID, err = decodeConnection(body); return err },
	})
	var failed *storelink.UpstreamError
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound && failed.Err == nil {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return localStoreID, nil
}

// Connect connects the store to the local store id; nil means that upstream did it. The request is sent once, or twice
// where the first got a 401. Errors are *storelink.UpstreamError, the guard's, and storelink.ErrInvalid where an id is
// not a UUID.
func (c *Client) Connect(ctx context.Context, call storelink.Call, localStoreID string) error {
	path, err := connectionPath(call.Store)
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		StoreID string `json:"storeId"`
	}{localStoreID})
	if err != nil {
		return err
	}
	return c.do(ctx, request{
		op: "connect", method: http.MethodPost, path: path, body: body, token: call.Token, lane: call.Lane, store: call.Store.StoreID, guard: call.Guard,
	})
}

// Disconnect takes the store's connection away; nil means that upstream did it. The request is sent once, or twice where
// the first got a 401. Errors are *storelink.UpstreamError (404: there was none), the guard's, and storelink.ErrInvalid
// where an id is not a UUID.
func (c *Client) Disconnect(ctx context.Context, call storelink.Call) error {
	path, err := connectionPath(call.Store)
	if err != nil {
		return err
	}
	return c.do(ctx, request{
		op: "disconnect", method: http.MethodDelete, path: path, token: call.Token, lane: call.Lane, store: call.Store.StoreID, guard: call.Guard,
	})
}

func connectionPath(ref storelink.StoreRef) (string, error) {
	path, err := storePath(ref)
	return path + "/connection", err
}

// decodeConnection reads {storeId} exactly as it is. An empty one is no answer: "not connected" is a 404. A NUL is
// refused because no row could hold it.
func decodeConnection(body []byte) (string, error) {
	var answer struct {
		StoreID string `json:"storeId"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.StoreID == "" || strings.ContainsRune(answer.StoreID, 0) {
		return "", errMalformed
	}
	return answer.StoreID, nil
}
