package api

import (
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

// allows reports whether the role suffices. A profile is a look at the process itself, so reading does not do for it.
func (t AdminToken) allows(method, path string) bool {
	switch t.Role {
	case RoleOperate:
		return true
	case RoleRead:
		return safe(method) && !under(path, "/debug")
	}
	return false
}

// demandRole lets a request through whose bearer token (RFC 6750) has the role that its method needs. Only what the
// contract leaves open, and addresses outside the guarded folders that do not exist, go without.
func demandRole(contract *contract, ts tokens) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			op, r := contract.of(c), c.Request()
			if op != nil && !op.guarded || op == nil && !under(r.URL.Path, "/admin", "/debug") {
				return next(c)
			}
			scheme, secret, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
			token, ok := ts.find(strings.TrimSpace(secret))
			if !strings.EqualFold(scheme, "Bearer") || !ok {
				return challenge(c, storelink.ErrNotSignedIn, "invalid_token", "An admin token is needed.")
			}
			visitOf(r.Context()).actor = token.Name
			if !token.allows(r.Method, r.URL.Path) {
				return challenge(c, storelink.ErrForbidden, "insufficient_scope", "The token's role does not allow this.")
			}
			return next(c)
		}
	}
}

func challenge(c echo.Context, code storelink.ErrorCode, reason, message string) error {
	value := `Bearer realm="storelink"`
	if code == storelink.ErrForbidden || c.Request().Header.Get(echo.HeaderAuthorization) != "" {
		value += fmt.Sprintf(`, error=%q`, reason)
	}
	c.Response().Header()[http.CanonicalHeaderKey(echo.HeaderWWWAuthenticate)] = []string{value}
	return storelink.Errorf(code, "%s", message)
}
