package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"storelink"
)

const (
	sessionCookie = "__Host-storelink"
	signInCookie  = "__Host-storelink-signin"
	connectCookie = "__Host-storelink-connect"
	adminCookie   = "__Host-storelink-admin"

	requestIDHeader = "X-Request-Id"
)

// visit is what is known of a request beside its parameters; the steps fill it in as they go.
type visit struct {
	id      string // the request's id, ours: one that a client sends does not count
	address string // the client's
	query   url.Values
	session string   // the session cookie's value
	signIn  string   // the sign-in cookie's value
	connect string   // the value of the cookie that holds a redeemed link
	admin   string   // the admin cookie's value
	actor   string   // the admin token's name
	accept  []string // the request's Accept lines
	user    *storelink.Session

	upload    *upload // the body of an operation that reads it as it comes
	mediaType string  // the upload's

	token    AdminToken              // what opened the internal listener's route
	operator *storelink.AdminSession // whose token it is; nil: it came with the request
}

type visitKey struct{}

// visitOf returns the request's visit, or an empty one outside a request.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// sessionOf returns the signed-in session, or ErrNotSignedIn.
func sessionOf(ctx context.Context) (storelink.Session, error) {
	if user := visitOf(ctx).user; user != nil {
		return *user, nil
	}
	return storelink.Session{}, errNoSession()
}

func errNoSession() error {
	return storelink.Errorf(storelink.ErrNotSignedIn, "Nobody is signed in, or the session has ended.")
}

// startVisit gives the request its id and notes what later steps ask of it.
func startVisit(e *echo.Echo) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			r := c.Request()
			v := &visit{
				id:      id.String(),
				address: e.IPExtractor(r),
				query:   r.URL.Query(),
				session: cookieValue(r, sessionCookie),
				signIn:  cookieValue(r, signInCookie),
				connect: cookieValue(r, connectCookie),
				admin:   cookieValue(r, adminCookie),
				accept:  r.Header.Values("Accept"),
			}
			c.Response().Header().Set(requestIDHeader, v.id)
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
			return next(c)
		}
	}
}

func cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// clientAddress believes X-Forwarded-For as far as trusted proxies wrote it, and no further.
func clientAddress(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		p = p.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP:   p.Addr().AsSlice(),
			Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

type headKey struct{}

// isHead reports whether the request wants the header of its answer alone.
func isHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

// headAsGet routes HEAD as GET; net/http leaves the body out. It stands before Echo, which routes by the request that it
// was given, whatever its own first steps make of it.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
