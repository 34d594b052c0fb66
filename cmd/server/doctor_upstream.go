package main

import (
	"context"
	"net/http"
	"time"

	"storelink/internal/auth"

	"storelink"
)

const (
	// A Date header knows whole seconds, and may be a cache's. Much more than that makes TLS and Retry-After go wrong.
	smallUpstreamSkew = 5 * time.Second
	bigUpstreamSkew   = time.Minute
	// tokenPerMinute is what upstream allows.
	tokenPerMinute = 3
)

// examineUpstream asks each OAuth endpoint once.
func (d *doctor) examineUpstream(ctx context.Context) {
	if !d.usable("upstream", "STORELINK_UPSTREAM_URL", "STORELINK_AUTHORIZE_URL", "STORELINK_TOKEN_URL", "STORELINK_PUBLIC_URL",
		"STORELINK_CLIENT_ID", "STORELINK_CLIENT_SECRET", "STORELINK_SCOPES") {
		return
	}
	s := d.settings
	probe := auth.NewProbe(auth.Options{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret, AuthorizeURL: s.AuthorizeURL, TokenURL: s.TokenURL,
		RedirectURL: s.RedirectURL(), Scopes: storelink.SplitScopes(s.Scopes), TokenTimeout: s.UpstreamTimeout,
	})
	d.ok("redirect URI", "%s has to be registered with Otter, exactly so", s.RedirectURL())
	asked := probe.Authorize(ctx)
	client, probed := d.askClient(ctx, probe)
	d.judgeAuthorize(asked, client)
	if probed {
		d.judgeToken(asked, client)
	}
	for _, a := range []auth.ProbeAnswer{client, asked} {
		if !a.Date.IsZero() {
			// The header leaves the fraction of the second out.
			d.judgeClock("upstream clock", skew(a.Date, a.AskedFrom.Truncate(time.Second), a.AskedTo), smallUpstreamSkew, bigUpstreamSkew)
			return
		}
	}
	d.warn("upstream clock", "none, if the endpoints above are all right", "not checked: no answer had a date")
}

// askClient asks the token endpoint within the budget that all replicas share, as far as there is a database to share it.
func (d *doctor) askClient(ctx context.Context, probe *auth.Probe) (answer auth.ProbeAnswer, asked bool) {
	if d.migrated {
		wait, err := d.db.TakeRefreshSlot(ctx, d.settings.Egress, tokenPerMinute)
		if err != nil {
			d.warn("client", "see the database's log", "not checked: the budget of the token endpoint could not be read")
			return answer, false
		}
		if wait > 0 {
			d.warn("client", "ask again in a minute", "not checked: the token endpoint takes 3 calls a minute, and they are used up")
			return answer, false
		}
	}
	return probe.Client(ctx), true
}

// rightEndpoint is what to do where something else than an OAuth endpoint answers.
const rightEndpoint = "see that STORELINK_UPSTREAM_URL is the base URL that Otter gave you, and that this machine may reach it"

func (d *doctor) judgeAuthorize(a, client auth.ProbeAnswer) {
	const check = "authorize URL"
	switch {
	case a.Status == 0:
		d.fail(check, rightEndpoint, "no answer: %s", a.Reason)
	case a.SentBack && a.Code == "invalid_scope":
		d.fail(check, "ask Otter for the scopes of STORELINK_SCOPES", "the application may not ask for these scopes")
	case a.SentBack:
		d.fail(check, "ask Otter whether the application may sign users in", "it refuses the application: %s", orUnnamed(a.Code))
	case a.Status/100 == 3:
		d.ok(check, "leads to consent, for this client id and redirect URI")
	case a.Status == http.StatusOK:
		d.ok(check, "shows a page, for this client id and redirect URI")
	case a.Status == http.StatusTooManyRequests:
		d.warn(check, "ask again in a minute", "it takes no more calls for now")
	case a.Status == http.StatusBadRequest || a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		if client.Tokens {
			d.fail(check, "register the redirect URI above with Otter, exactly so", "it knows the client and refuses: the redirect URI is not registered, most likely")
			return
		}
		d.fail(check, "compare STORELINK_CLIENT_ID, and the redirect URI above, with what is registered with Otter", "it does not know the client id, or not the redirect URI")
	default:
		d.fail(check, rightEndpoint, "it answers %d, as no OAuth endpoint does", a.Status)
	}
}

func (d *doctor) judgeToken(asked, a auth.ProbeAnswer) {
	const endpoint, client = "token URL", "client"
	switch {
	case a.Status == 0:
		d.fail(endpoint, rightEndpoint, "no answer: %s", a.Reason)
		return
	case a.Status == http.StatusTooManyRequests:
		d.warn(endpoint, "ask again in a minute; where that repeats, something else calls it from this address", "it takes no more calls for now")
		return
	case a.Status/100 != 2 && a.Status != http.StatusBadRequest && a.Status != http.StatusUnauthorized && a.Status != http.StatusForbidden,
		a.Status/100 == 2 && !a.Tokens:
		d.fail(endpoint, rightEndpoint, "it answers %d without a token, as no OAuth endpoint does", a.Status)
		return
	}
	d.ok(endpoint, "answers as an OAuth endpoint does")
	switch {
	case a.Tokens:
		d.ok(client, "id and secret are accepted")
	case a.Code == "unauthorized_client", a.Code == "unsupported_grant_type":
		d.ok(client, "id and secret are accepted; a token of its own it may not have, and does not need")
	case a.Code == "invalid_scope":
		d.warn(client, "ask Otter for the scopes of STORELINK_SCOPES", "id and secret are accepted, the scopes are not")
	case a.Code != "invalid_client" && a.Status != http.StatusUnauthorized:
		d.warn(client, "ask Otter what it means, or see whether a sign-in works", "it answers %d, %s", a.Status, orUnnamed(a.Code))
	case asked.Status/100 == 3 && !asked.SentBack, asked.Status == http.StatusOK:
		d.fail(client, "correct STORELINK_CLIENT_SECRET", "the id is known, the secret is wrong")
	case asked.Status == http.StatusBadRequest, asked.Status == http.StatusUnauthorized, asked.Status == http.StatusForbidden:
		d.fail(client, "correct STORELINK_CLIENT_ID, then ask again for its secret", "the id is not known (or its secret is wrong and the redirect URI not registered)")
	default:
		d.fail(client, "correct STORELINK_CLIENT_ID or STORELINK_CLIENT_SECRET", "id and secret do not fit")
	}
}

func orUnnamed(code string) string {
	if code == "" {
		return "without a known reason"
	}
	return code
}
