package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	authorizePath    = "/v1/auth/oauth2/authorize"
	consentPath      = "/v1/auth/oauth2/consent"
	tokenPath        = "/v1/auth/token" //nolint:gosec // a path, not a credential
	organizationPath = "/organization/v1/organization"
	brandPath        = organizationPath + "/brands/{brandId}"
	storePath        = brandPath + "/stores/{storeId}"
	connectionPath   = storePath + "/connection"
)

func (s *Sandbox) upstreamRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+authorizePath, s.authorize)
	mux.HandleFunc("GET "+consentPath, s.consentPage)
	mux.HandleFunc("POST "+consentPath, s.consent)
	mux.HandleFunc("POST "+tokenPath, s.token)
	mux.HandleFunc("GET "+organizationPath, s.as(ScopeRead, s.organization))
	mux.HandleFunc("GET "+organizationPath+"/brands", s.as(ScopeRead, s.brands))
	mux.HandleFunc("GET "+brandPath, s.as(ScopeRead, s.brand))
	mux.HandleFunc("GET "+brandPath+"/stores", s.as(ScopeRead, s.stores))
	mux.HandleFunc("GET "+storePath, s.as(ScopeRead, s.store))
	mux.HandleFunc("GET "+connectionPath, s.as(ScopeIntegration, s.getConnection))
	mux.HandleFunc("POST "+connectionPath, s.as(ScopeIntegration, s.createConnection))
	mux.HandleFunc("DELETE "+connectionPath, s.as(ScopeIntegration, s.deleteConnection))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, refuse(http.StatusNotFound, "The resource was not found."))
	})
	return mux
}

// as wraps a handler of the Organization domain: it answers with a value and 200, nothing and 204, or a refusal.
func (s *Sandbox) as(scope string, handle func(*Principal, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.core.Authenticate(bearer(r), scope)
		traceOf(r).account = p.Account()
		if err != nil {
			if p == nil {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			writeError(w, err)
			return
		}
		answer, err := handle(p, r)
		switch {
		case err != nil:
			writeError(w, err)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			writeJSON(w, http.StatusOK, answer)
		}
	}
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || len(r.Header.Values("Authorization")) != 1 {
		return ""
	}
	return token
}

func (s *Sandbox) organization(p *Principal, _ *http.Request) (any, error) {
	return s.core.Organization(p), nil
}

func (s *Sandbox) brands(p *Principal, r *http.Request) (any, error) {
	limit, token, err := listQuery(r)
	if err != nil {
		return nil, err
	}
	return orError(s.core.Brands(p, limit, token))
}

func (s *Sandbox) brand(p *Principal, r *http.Request) (any, error) {
	return orError(s.core.Brand(p, r.PathValue("brandId")))
}

func (s *Sandbox) stores(p *Principal, r *http.Request) (any, error) {
	limit, token, err := listQuery(r)
	if err != nil {
		return nil, err
	}
	return orError(s.core.StoresOf(p, r.PathValue("brandId"), limit, token))
}

func (s *Sandbox) store(p *Principal, r *http.Request) (any, error) {
	return orError(s.core.Store(p, r.PathValue("brandId"), r.PathValue("storeId")))
}

// connection is the body of the connection calls; StoreID is the partner's own id.
type connection struct {
	StoreID *string `json:"storeId"`
}

func (s *Sandbox) getConnection(p *Principal, r *http.Request) (any, error) {
	localID, err := s.core.GetConnection(p, r.PathValue("brandId"), r.PathValue("storeId"))
	if err != nil {
		return nil, err
	}
	return connection{&localID}, nil
}

func (s *Sandbox) createConnection(p *Principal, r *http.Request) (any, error) {
	// A store that does not exist is 404 whatever the body says.
	if _, err := s.core.Store(p, r.PathValue("brandId"), r.PathValue("storeId")); err != nil {
		return nil, err
	}
	var body connection
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.StoreID == nil {
		return nil, refuse(http.StatusBadRequest, "The request is not valid.", Detail{"storeId", "is required"})
	}
	traceOf(r).localID = *body.StoreID
	if err := s.core.CreateConnection(p, r.PathValue("brandId"), r.PathValue("storeId"), *body.StoreID); err != nil {
		return nil, err
	}
	traceOf(r).effect = true
	return nil, nil
}

func (s *Sandbox) deleteConnection(p *Principal, r *http.Request) (any, error) {
	if err := s.core.DeleteConnection(p, r.PathValue("brandId"), r.PathValue("storeId")); err != nil {
		return nil, err
	}
	traceOf(r).effect = true
	return nil, nil
}

// listQuery takes limit and token, and refuses everything that the contract does not name.
func listQuery(r *http.Request) (int, string, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return 0, "", refuse(http.StatusBadRequest, "The query is not valid.")
	}
	for name, values := range q {
		if !slices.Contains([]string{"limit", "token"}, name) || len(values) > 1 {
			return 0, "", refuse(http.StatusBadRequest, "The request is not valid.", Detail{name, "is unknown or repeated"})
		}
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > maxPage {
		return 0, "", badLimit()
	}
	return limit, q.Get("token"), nil
}

// readJSON refuses with 400 a body that is not one JSON object of application/json with the fields of into.
func readJSON(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuse(http.StatusBadRequest, "The body must be application/json.")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, "The body is not the JSON that is expected here.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "The body holds more than one JSON value.")
	}
	return nil
}

func orError[T any](answer T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// token answers POST /v1/auth/token.
func (s *Sandbox) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		writeError(w, oauthRefusal(http.StatusBadRequest, "invalid_request", "The body must be application/x-www-form-urlencoded."))
		return
	}
	t := traceOf(r)
	t.formKeys, t.grantType = keys(r.PostForm), r.PostForm.Get("grant_type")
	basic := basicCredentials(r)
	answer, err := s.core.Token(r.PostForm, basic)
	if err != nil {
		if basic != nil {
			w.Header().Set("WWW-Authenticate", "Basic")
		}
		writeError(w, err)
		return
	}
	t.effect = true
	writeJSON(w, http.StatusOK, answer)
}

// basicCredentials undoes the form encoding that RFC 6749 section 2.3.1 puts on id and secret.
func basicCredentials(r *http.Request) *Credentials {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return nil
	}
	if plain, err := url.QueryUnescape(id); err == nil {
		id = plain
	}
	if plain, err := url.QueryUnescape(secret); err == nil {
		secret = plain
	}
	return &Credentials{ID: id, Secret: secret}
}
