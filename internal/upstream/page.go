package upstream

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"storelink"
)

const (
	pageSize = 500
	maxPages = 2000
)

// list reads all pages of a list and returns each item once: lists shift while they are read. A list that leads in a
// circle, or on and on, is an error.
func list[T any](ctx context.Context, c *Client, tok storelink.AccessToken, lane storelink.Lane, op, path string, parse parser[T]) ([]T, error) {
	items := []T{}
	known := map[string]bool{}
	followed := map[string]bool{}
	for next := ""; ; {
		var p page[T]
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if next != "" {
			query.Set("token", next)
		}
		err := c.do(ctx, request{
			op: op, method: http.MethodGet, path: path, query: query, token: tok, lane: lane, limit: listBody,
			decode: func(body []byte) (err error) { p, err = decodePage(body, parse); return err },
		})
		if err != nil {
			return nil, err
		}
		for i, id := range p.ids {
			if !known[id] {
				known[id] = true
				items = append(items, p.items[i])
			}
		}
		if p.next == "" {
			return items, nil
		}
		if followed[p.next] || len(followed) >= maxPages-1 {
			return nil, &storelink.UpstreamError{Op: op, Status: http.StatusOK, Sent: true, Err: errPaging}
		}
		followed[p.next] = true
		next = p.next
	}
}

// parser reads one item of a list, and says what its id is.
type parser[T any] func(json.RawMessage) (id string, item T, err error)

type page[T any] struct {
	ids   []string
	items []T
	next  string // "": the last page
}

// decodePage refuses an answer without items: an error in the guise of a 200 must not look like an empty list.
func decodePage[T any](body []byte, parse parser[T]) (page[T], error) {
	var answer struct {
		Items       json.RawMessage `json:"items"`
		OffsetToken *string         `json:"offsetToken"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Items) == 0 {
		return page[T]{}, errMalformed
	}
	var items []json.RawMessage
	if err := json.Unmarshal(answer.Items, &items); err != nil {
		return page[T]{}, errMalformed
	}
	var p page[T]
	for _, raw := range items {
		id, item, err := parse(raw)
		if err != nil {
			return page[T]{}, err
		}
		p.ids, p.items = append(p.ids, id), append(p.items, item)
	}
	if answer.OffsetToken != nil {
		p.next = *answer.OffsetToken
	}
	return p, nil
}
