package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
)

const maxPage = 500

// offsetPrefix encodes as "+/8B", and 16 bytes encode with "==" at the end: so every token holds all three characters that
// a client must escape in a query.
var offsetPrefix = []byte{0xfb, 0xff, 0x01}

// offsetKey only keeps clients from making tokens up. It is fixed, so that tokens outlive a restart.
var offsetKey = []byte("storelink sandbox offset tokens")

const offsetMAC = 9 // bytes: 3 + 4 + 9 = 16

// newOffset makes the token for the rows of list from n on. Tokens of one list are refused by every other.
func newOffset(list string, n uint32) string {
	raw := binary.BigEndian.AppendUint32(bytes.Clone(offsetPrefix), n)
	mac := hmac.New(sha256.New, offsetKey)
	mac.Write(raw)
	mac.Write([]byte(list))
	return base64.StdEncoding.EncodeToString(append(raw, mac.Sum(nil)[:offsetMAC]...))
}

// parseOffset is the opposite of newOffset. It reports false for everything that newOffset did not make for list.
func parseOffset(list, token string) (uint32, bool) {
	if strings.ContainsAny(token, "\r\n") { // which the decoder would skip
		return 0, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != len(offsetPrefix)+4+offsetMAC {
		return 0, false
	}
	n := binary.BigEndian.Uint32(raw[len(offsetPrefix):])
	if !hmac.Equal([]byte(newOffset(list, n)), []byte(token)) {
		return 0, false
	}
	return n, true
}

// pageOf cuts the page that starts at the offset token out of all.
func pageOf[T any](all []T, list string, limit int, offsetToken string) (Page[T], error) {
	if limit < 1 || limit > maxPage {
		return Page[T]{}, badLimit()
	}
	start := 0
	if offsetToken != "" {
		n, ok := parseOffset(list, offsetToken)
		if !ok || int(n) > len(all) {
			return Page[T]{}, refuse(http.StatusBadRequest, "The request is not valid.", Detail{"token", "is not an offset token of this list"})
		}
		start = int(n)
	}
	end := min(start+limit, len(all))
	page := Page[T]{Items: append([]T{}, all[start:end]...)}
	switch {
	case end < len(all):
		token := newOffset(list, uint32(end))
		page.OffsetToken = &token
	case emptyAtEnd(list):
		page.OffsetToken = new(string)
	}
	return page, nil
}

// emptyAtEnd says whether a list's last page carries an empty token rather than none: both mean the end, and clients meet
// both.
func emptyAtEnd(list string) bool {
	return list[len(list)-1]%2 == 1
}

func badLimit() *RefusalError {
	return refuse(http.StatusBadRequest, "The request is not valid.", Detail{"limit", "is required and must be a number from 1 to 500"})
}
