package storelink

import "time"

// AdminSession is a browser in which an operator exchanged an admin token for a cookie.
type AdminSession struct {
	ID        string
	TokenHash []byte // SHA-256 of the token
	ExpiresAt time.Time
}
