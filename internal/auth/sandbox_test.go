package auth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
	"storelink/internal/sandbox"
)

// bearer asks a server over HTTP for the organization of a token.
type bearer string

func (b bearer) Organization(ctx context.Context, token storelink.AccessToken) (storelink.Organization, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(b)+"/organization/v1/organization", nil)
	if err != nil {
		return storelink.Organization{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token.Value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return storelink.Organization{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return storelink.Organization{}, fmt.Errorf("status %d", resp.StatusCode)
	}
	var o storelink.Organization
	return o, json.NewDecoder(resp.Body).Decode(&o)
}

// sandboxRig is a rig whose upstream is the sandbox. Its clock is moved by the returned function, with the database's.
func sandboxRig(t *testing.T) (*rig, *sandbox.Sandbox, func(time.Duration)) {
	t.Helper()
	var offset atomic.Int64
	sb := sandbox.New(sandbox.Options{
		RedirectURIs: []string{callbackURL},
		Clock:        func() time.Time { return time.Now().Add(time.Duration(offset.Load())) },
	})
	server := httptest.NewServer(sb.Handler())
	t.Cleanup(func() {
		server.Close()
		_ = sb.Close()
	})
	r := newRig(t, func(o *auth.Options) {
		o.Organizations = bearer(server.URL)
		o.ClientID, o.ClientSecret = sandbox.DefaultClientID, sandbox.DefaultClientSecret
		o.AuthorizeURL = server.URL + "/v1/auth/oauth2/authorize"
		o.TokenURL = server.URL + "/v1/auth/token"
	})
	return r, sb, func(d time.Duration) {
		offset.Store(int64(d))
		r.later(d)
	}
}

// consent clicks through the sandbox's page as a browser does and returns the callback's query.
func consent(t *testing.T, redirectURL, account, decision string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	authorize, err := url.Parse(redirectURL)
	require.NoError(t, err)
	resp, err := client.Get(redirectURL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	page, err := resp.Location()
	require.NoError(t, err)
	require.NotEqual(t, "localhost", page.Host, "the authorize call was refused")
	form := authorize.Query()
	form.Set("account", account)
	form.Set("decision", decision)
	page.RawQuery = ""
	resp, err = client.PostForm(page.String(), form)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	back, err := resp.Location()
	require.NoError(t, err)
	require.Equal(t, "localhost", back.Host)
	return back.Query()
}

func (r *rig) signInAs(account string) storelink.Session {
	r.t.Helper()
	begun, err := r.service.Begin(r.t.Context(), auth.BeginRequest{})
	require.NoError(r.t, err)
	out, err := r.service.Finish(r.t.Context(), auth.Callback{
		Query: consent(r.t, begun.RedirectURL, account, "allow"), BrowserSecret: begun.BrowserSecret,
	})
	require.NoError(r.t, err)
	return r.session(out.SessionCookie)
}

func TestSandboxAccountsSignIn(t *testing.T) {
	r, sb, _ := sandboxRig(t)
	for _, account := range sb.Accounts() {
		s := r.signInAs(account.Name)
		require.Equal(t, account.OrganizationID, s.Organization.ID)
		require.Equal(t, account.OrganizationName, s.Organization.Name)
		require.Equal(t, account.Name != sandbox.AccountReadOnly, s.Grant.Allows(storelink.ScopeConnect), account.Name)
		require.Equal(t, account.Name == sandbox.AccountRefreshing, s.Grant.Refreshable, account.Name)
		require.Equal(t, storelink.GrantActive, s.Grant.State)
	}

	begun, err := r.service.Begin(t.Context(), auth.BeginRequest{})
	require.NoError(t, err)
	_, err = r.service.Finish(t.Context(), auth.Callback{
		Query: consent(t, begun.RedirectURL, sandbox.AccountSmall, "deny"), BrowserSecret: begun.BrowserSecret,
	})
	r.refused(err, auth.SlugConsentDenied)
}

func TestSandboxGrantsEndOrAreRefreshed(t *testing.T) {
	r, sb, later := sandboxRig(t)
	short, lasting := r.signInAs(sandbox.AccountShortLived), r.signInAs(sandbox.AccountRefreshing)
	later(4 * time.Minute)
	_, err := r.service.Token(t.Context(), short)
	r.code(err, storelink.ErrReauthorizationRequired)
	token, err := r.service.Token(t.Context(), lasting)
	require.NoError(t, err)
	organization, err := r.options.Organizations.Organization(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, lasting.Organization.ID, organization.ID)

	sb.RevokeTokens(sandbox.AccountRefreshing)
	later(8 * time.Minute)
	_, err = r.service.Token(t.Context(), lasting)
	r.code(err, storelink.ErrReauthorizationRequired)
}
