package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/public"
	"storelink/internal/auth"
)

// SignIns leads a browser through signing in and out.
type SignIns interface {
	// Begin starts a sign-in. It returns ErrInvalid for an address that may not be returned to.
	Begin(ctx context.Context, r auth.BeginRequest) (auth.Begun, error)
	// Finish takes what came back from the consent page. It returns *auth.SigninError for what a person is to be told.
	Finish(ctx context.Context, c auth.Callback) (auth.Outcome, error)
	// Continue looks whether a waiting sign-in's turn has come. Its errors are those of Finish.
	Continue(ctx context.Context, browserSecret string) (auth.Outcome, error)
	// Logout ends the session of the cookie; one that has ended is no error.
	Logout(ctx context.Context, cookie string) error
}

const signInLasts = 10 * time.Minute

type signInHandlers struct {
	signIns    SignIns
	sessionMax time.Duration
	pages      *pages
}

// SignIn answers GET /auth/login.
func (h signInHandlers) SignIn(ctx context.Context, r public.SignInRequestObject) (public.SignInResponseObject, error) {
	v := visitOf(ctx)
	begun, err := h.signIns.Begin(ctx, auth.BeginRequest{
		ReturnTo:      deref(r.Params.ReturnTo),
		SessionCookie: v.session,
		ConnectSecret: v.connect,
		ClientAddress: v.address,
	})
	if err != nil {
		return nil, err
	}
	signIn := newCookie(signInCookie, begun.BrowserSecret, http.SameSiteLaxMode, signInLasts)
	return redirect{to: begun.RedirectURL, cookies: []*http.Cookie{signIn}}, nil
}

// FinishSignIn answers GET /auth/callback.
func (h signInHandlers) FinishSignIn(ctx context.Context, _ public.FinishSignInRequestObject) (public.FinishSignInResponseObject, error) {
	v := visitOf(ctx)
	outcome, err := h.signIns.Finish(ctx, auth.Callback{Query: v.query, BrowserSecret: v.signIn, ClientAddress: v.address})
	if err == nil && outcome.Waiting {
		return redirect{to: "/auth/wait"}, nil
	}
	return h.goOn(outcome, err)
}

// AwaitSignIn answers GET /auth/wait.
func (h signInHandlers) AwaitSignIn(ctx context.Context, _ public.AwaitSignInRequestObject) (public.AwaitSignInResponseObject, error) {
	outcome, err := h.signIns.Continue(ctx, visitOf(ctx).signIn)
	if err == nil && outcome.Waiting {
		return h.pages.wait(outcome.WaitFor)
	}
	return h.goOn(outcome, err)
}

// SignOut answers POST /auth/logout.
func (h signInHandlers) SignOut(ctx context.Context, _ public.SignOutRequestObject) (public.SignOutResponseObject, error) {
	if cookie := visitOf(ctx).session; cookie != "" {
		if err := h.signIns.Logout(ctx, cookie); err != nil {
			return nil, err
		}
	}
	return signedOut{}, nil
}

// goOn sends the browser to where it was going, or to the page with the reason why not.
func (h signInHandlers) goOn(outcome auth.Outcome, err error) (redirect, error) {
	if refused := (*auth.SigninError)(nil); errors.As(err, &refused) {
		r := redirect{to: failedSignIn(refused.Slug, refused.ReturnTo)}
		if refused.ClearSignin {
			r.cookies = append(r.cookies, endCookie(signInCookie, http.SameSiteLaxMode))
		}
		return r, nil
	}
	if err != nil {
		return redirect{}, err
	}
	r := redirect{to: outcome.ReturnTo, cookies: []*http.Cookie{endCookie(signInCookie, http.SameSiteLaxMode)}}
	if r.to == "" {
		r.to = "/"
	}
	if outcome.SessionCookie != "" {
		r.cookies = append(r.cookies, newCookie(sessionCookie, outcome.SessionCookie, http.SameSiteStrictMode, h.sessionMax))
	}
	return r, nil
}

func failedSignIn(slug, returnTo string) string {
	query := "/?error=" + url.QueryEscape(slug)
	if returnTo != "" && returnTo != "/" {
		query += "&return_to=" + url.QueryEscape(returnTo)
	}
	return query
}

// leadBack keeps a person who signs in from ending on JSON: what is not theirs to mend leads to the page with a reason.
func leadBack(contract *contract, logger *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			op := contract.of(c)
			if err == nil || op == nil || c.Response().Committed {
				return err
			}
			code := asError(err).Code
			switch op.id() {
			case "signIn":
				if problemTypes[code].Status < http.StatusInternalServerError && code != storelink.ErrTooManyRequests {
					return err
				}
			case "finishSignIn", "awaitSignIn":
				if code == errWrongHost || code == errCrossSite {
					return err
				}
			default:
				return err
			}
			slug := "sign-in-failed"
			if code == storelink.ErrInvalid {
				slug = "sign-in-invalid"
			}
			ctx := c.Request().Context()
			logger.WarnContext(ctx, "sign-in failed", "request_id", visitOf(ctx).id, "code", code, "error", err)
			return c.Redirect(http.StatusSeeOther, failedSignIn(slug, ""))
		}
	}
}

func newCookie(name, value string, sameSite http.SameSite, lasts time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(lasts.Seconds()),
		Secure: true, HttpOnly: true, SameSite: sameSite,
	}
}

func endCookie(name string, sameSite http.SameSite) *http.Cookie {
	c := newCookie(name, "", sameSite, 0)
	c.MaxAge = -1
	return c
}

// redirect is a 303 with cookies; the generated answers have no room for several.
type redirect struct {
	to      string
	cookies []*http.Cookie
}

func (r redirect) write(w http.ResponseWriter) error {
	for _, c := range r.cookies {
		http.SetCookie(w, c)
	}
	w.Header().Set(echo.HeaderLocation, r.to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// VisitSignInResponse writes the redirect.
func (r redirect) VisitSignInResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitFinishSignInResponse writes the redirect.
func (r redirect) VisitFinishSignInResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitAwaitSignInResponse writes the redirect.
func (r redirect) VisitAwaitSignInResponse(w http.ResponseWriter) error { return r.write(w) }

type signedOut struct{}

// VisitSignOutResponse ends the cookies one by one: clearing all of the site's would end those of other programs, too.
func (signedOut) VisitSignOutResponse(w http.ResponseWriter) error {
	http.SetCookie(w, endCookie(sessionCookie, http.SameSiteStrictMode))
	http.SetCookie(w, endCookie(signInCookie, http.SameSiteLaxMode))
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// page is an HTML document, or another text that is served as it is.
type page struct {
	contentType string
	refresh     int // seconds; 0: stays
	body        []byte
}

func (p page) write(w http.ResponseWriter) error {
	w.Header().Set(echo.HeaderContentType, p.contentType)
	if p.refresh > 0 {
		w.Header().Set("Refresh", strconv.Itoa(p.refresh)+"; url=/auth/wait")
	}
	w.WriteHeader(http.StatusOK)
	_, err := bytes.NewReader(p.body).WriteTo(w)
	return err
}

// VisitAwaitSignInResponse writes the page.
func (p page) VisitAwaitSignInResponse(w http.ResponseWriter) error { return p.write(w) }

// VisitGetContractResponse writes the document.
func (p page) VisitGetContractResponse(w http.ResponseWriter) error { return p.write(w) }

// VisitGetDocsResponse writes the page.
func (p page) VisitGetDocsResponse(w http.ResponseWriter) error { return p.write(w) }

// VisitGetProblemTypeResponse writes the page.
func (p page) VisitGetProblemTypeResponse(w http.ResponseWriter) error { return p.write(w) }
