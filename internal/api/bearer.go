package api

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"storelink"
)

// Role is what an admin token may do.
type Role string

// The roles of admin tokens.
const (
	RoleRead    Role = "read"    // every GET
	RoleOperate Role = "operate" // changes, too
	RoleConnect Role = "connect" // mints connect sessions, nothing else
)

// AdminToken is a token of the internal listener, known by its hash alone.
type AdminToken struct {
	Name   string // the actor in history
	Role   Role
	SHA256 [32]byte
}

type tokens []AdminToken

func newTokens(list []AdminToken) (tokens, error) {
	for _, t := range list {
		switch t.Role {
		case RoleRead, RoleOperate, RoleConnect:
		default:
			return nil, fmt.Errorf("admin token %q: unknown role %q", t.Name, t.Role)
		}
	}
	return list, nil
}

// find looks at every token, so that the time that it takes tells nothing.
func (ts tokens) find(secret string) (AdminToken, bool) {
	sum := sha256.Sum256([]byte(secret))
	found := -1
	for i := range ts {
		if subtle.ConstantTimeCompare(sum[:], ts[i].SHA256[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return AdminToken{}, false
	}
	return ts[found], true
}

// withHash returns the token that is configured with the hash, if it still is.
func (ts tokens) withHash(hash []byte) (AdminToken, bool) {
	for _, t := range ts {
		if bytes.Equal(t.SHA256[:], hash) {
			return t, true
		}
	}
	return AdminToken{}, false
}

// allows reports whether the role suffices. A profile is a look at the process itself, so reading does not do for it.
// Signing out changes nothing but the browser's own session.
func (t AdminToken) allows(method, path string) bool {
	switch t.Role {
	case RoleOperate:
		return true
	case RoleConnect:
		return method == http.MethodPost && path == "/admin/connect-sessions"
	case RoleRead:
		return safe(method) && !under(path, "/debug") || path == "/admin/session"
	}
	return false
}

// demandRole lets a request through whose bearer token (RFC 6750), or that of its browser's session, has the role that
// its method needs. Only what the contract leaves open, and addresses outside the guarded folders that do not exist, go
// without.
func demandRole(contract *contract, ts tokens, sessions AdminSessions) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			op, r := contract.of(c), c.Request()
			if op != nil && !op.guarded || op == nil && !under(r.URL.Path, "/admin", "/debug") {
				return next(c)
			}
			token, ok, err := identify(r, ts, sessions)
			if err != nil {
				return err
			}
			if !ok {
				return challenge(c, storelink.ErrNotSignedIn, "invalid_token", "An admin token is needed.")
			}
			v := visitOf(r.Context())
			v.actor, v.token = token.Name, token
			if !token.allows(r.Method, r.URL.Path) {
				return challenge(c, storelink.ErrForbidden, "insufficient_scope", "The token's role does not allow this.")
			}
			return next(c)
		}
	}
}

// identify finds the token of the request: the one that it carries, or else its browser's session was begun with.
func identify(r *http.Request, ts tokens, sessions AdminSessions) (AdminToken, bool, error) {
	if given := r.Header.Get(echo.HeaderAuthorization); given != "" {
		scheme, secret, _ := strings.Cut(given, " ")
		token, ok := ts.find(strings.TrimSpace(secret))
		return token, ok && strings.EqualFold(scheme, "Bearer"), nil
	}
	v := visitOf(r.Context())
	if v.admin == "" {
		return AdminToken{}, false, nil
	}
	session, err := sessions.AdminSession(r.Context(), v.admin)
	switch {
	case storelink.CodeOf(err) == storelink.ErrNotSignedIn:
		return AdminToken{}, false, nil
	case err != nil:
		return AdminToken{}, false, err
	}
	v.operator = &session
	token, ok := ts.withHash(session.TokenHash)
	return token, ok, nil
}

func challenge(c echo.Context, code storelink.ErrorCode, reason, message string) error {
	value := `Bearer realm="storelink"`
	if code == storelink.ErrForbidden || c.Request().Header.Get(echo.HeaderAuthorization) != "" {
		value += fmt.Sprintf(`, error=%q`, reason)
	}
	c.Response().Header()[http.CanonicalHeaderKey(echo.HeaderWWWAuthenticate)] = []string{value}
	return storelink.Errorf(code, "%s", message)
}
