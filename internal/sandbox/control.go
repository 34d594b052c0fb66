package sandbox

import (
	"errors"
	"net/http"
	"time"
)

const controlPath = "/_sandbox/"

// Settings are what can be changed while a sandbox runs: see Options for their meaning.
type Settings struct {
	RatePerSecond  int      `json:"ratePerSecond"`
	TokenPerMinute int      `json:"tokenPerMinute"`
	StorePerMinute int      `json:"storePerMinute"`
	HeldID         HeldMode `json:"heldId"`
	LatencyMS      int64    `json:"latencyMs"`
}

// Settings returns the settings in force.
func (s *Sandbox) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// SetSettings replaces the settings. It returns an error, and changes nothing, where one is not valid.
func (s *Sandbox) SetSettings(set Settings) error {
	set.HeldID = set.HeldID.orDefault()
	switch set.HeldID {
	case HeldConflict, HeldUnprocessable, HeldAccept:
	default:
		return errors.New(`heldId must be "conflict", "unprocessable" or "accept"`)
	}
	if set.RatePerSecond < 0 || set.TokenPerMinute < 0 || set.StorePerMinute < 0 || set.LatencyMS < 0 {
		return errors.New("limits and latency must not be negative")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = set
	s.core.SetHeldMode(set.HeldID)
	return nil
}

// controlRoutes is no part of the upstream: it lets other processes see and steer the sandbox. Everything that changes
// something is PUT, DELETE or demands application/json, so that no page of another origin can do it.
func (s *Sandbox) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/accounts", get(func(*http.Request) (any, error) { return s.Accounts(), nil }))
	mux.HandleFunc("GET /_sandbox/stores", get(s.controlStores))
	mux.HandleFunc("GET /_sandbox/calls", get(func(*http.Request) (any, error) { return s.Calls(), nil }))
	mux.HandleFunc("DELETE /_sandbox/calls", act(func(*http.Request) error { s.ResetCalls(); return nil }))
	mux.HandleFunc("GET /_sandbox/faults", get(s.controlFaults))
	mux.HandleFunc("POST /_sandbox/faults", act(s.controlInject))
	mux.HandleFunc("DELETE /_sandbox/faults", act(func(*http.Request) error { s.ClearFaults(); return nil }))
	mux.HandleFunc("GET /_sandbox/connections/{storeId}", get(s.controlConnection))
	mux.HandleFunc("PUT /_sandbox/connections/{storeId}", act(s.controlConnect))
	mux.HandleFunc("DELETE /_sandbox/connections/{storeId}", act(s.controlDisconnect))
	mux.HandleFunc("GET /_sandbox/settings", get(func(*http.Request) (any, error) { return s.Settings(), nil }))
	mux.HandleFunc("PUT /_sandbox/settings", act(s.controlSettings))
	mux.HandleFunc("POST /_sandbox/redirect-uris", act(s.controlRedirectURI))
	mux.HandleFunc("GET /_sandbox/webhooks", get(func(*http.Request) (any, error) { return s.Webhooks(), nil }))
	mux.HandleFunc("PUT /_sandbox/webhooks", act(s.controlWebhooks))
	mux.HandleFunc("POST /_sandbox/webhooks", act(s.controlTell))
	mux.HandleFunc("DELETE /_sandbox/tokens", act(s.controlRevoke))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, refuse(http.StatusNotFound, "The sandbox has no such control."))
	})
	return http.MaxBytesHandler(mux, maxBody)
}

func get(read func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := read(r)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func act(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r); err != nil {
			writeError(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) controlStores(r *http.Request) (any, error) {
	stores := s.Stores(r.URL.Query().Get("account"))
	if stores == nil {
		return nil, refuse(http.StatusNotFound, "There is no such account.")
	}
	return stores, nil
}

// faultBody is a Fault as the control path has it: times in milliseconds.
type faultBody struct {
	Method       string `json:"method,omitempty"`
	PathPattern  string `json:"pathPattern,omitempty"`
	Status       int    `json:"status,omitempty"`
	Body         string `json:"body,omitempty"`
	ContentType  string `json:"contentType,omitempty"`
	RetryAfter   string `json:"retryAfter,omitempty"`
	Drop         string `json:"drop,omitempty"`
	Hang         bool   `json:"hang,omitempty"`
	AfterEffect  bool   `json:"afterEffect,omitempty"`
	DelayMS      int64  `json:"delayMs,omitempty"`
	LateEffectMS int64  `json:"lateEffectMs,omitempty"`
	Times        int    `json:"times,omitempty"`
}

func (s *Sandbox) controlFaults(*http.Request) (any, error) {
	bodies := []faultBody{}
	for _, f := range s.faults.list() {
		bodies = append(bodies, faultBody{
			Method: f.Method, PathPattern: f.PathPattern, Status: f.Status, Body: f.Body, ContentType: f.ContentType,
			RetryAfter: f.RetryAfter, Drop: f.Drop, Hang: f.Hang, AfterEffect: f.AfterEffect,
			DelayMS: f.Delay.Milliseconds(), LateEffectMS: f.LateEffect.Milliseconds(), Times: f.Times,
		})
	}
	return bodies, nil
}

func (s *Sandbox) controlInject(r *http.Request) error {
	var b faultBody
	if err := readJSON(r, &b); err != nil {
		return err
	}
	err := s.faults.add(Fault{
		Method: b.Method, PathPattern: b.PathPattern, Status: b.Status, Body: b.Body, ContentType: b.ContentType,
		RetryAfter: b.RetryAfter, Drop: b.Drop, Hang: b.Hang, AfterEffect: b.AfterEffect,
		Delay: time.Duration(b.DelayMS) * time.Millisecond, LateEffect: time.Duration(b.LateEffectMS) * time.Millisecond, Times: b.Times,
	})
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return nil
}

// controlLink is a store's connection as the control path has it.
type controlLink struct {
	LocalStoreID string `json:"localStoreId"`
}

func (s *Sandbox) controlConnection(r *http.Request) (any, error) {
	localID, ok := s.Connection(r.PathValue("storeId"))
	if !ok {
		return nil, refuse(http.StatusNotFound, "The store is not connected, or does not exist.")
	}
	return controlLink{localID}, nil
}

func (s *Sandbox) controlConnect(r *http.Request) error {
	var body controlLink
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if why := unacceptable(body.LocalStoreID); why != "" {
		return refuse(http.StatusUnprocessableEntity, "localStoreId "+why)
	}
	if !s.SetConnection(r.PathValue("storeId"), body.LocalStoreID) {
		return refuse(http.StatusNotFound, "There is no such store.")
	}
	return nil
}

func (s *Sandbox) controlDisconnect(r *http.Request) error {
	if !s.RemoveConnection(r.PathValue("storeId")) {
		return refuse(http.StatusNotFound, "The store is not connected, or does not exist.")
	}
	return nil
}

// controlSettings changes the settings that the body names and leaves the others.
func (s *Sandbox) controlSettings(r *http.Request) error {
	set := s.Settings()
	if err := readJSON(r, &set); err != nil {
		return err
	}
	if err := s.SetSettings(set); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return nil
}

// controlWebhooks changes the settings that the body names and leaves the others.
func (s *Sandbox) controlWebhooks(r *http.Request) error {
	set := s.Webhooks()
	if err := readJSON(r, &set); err != nil {
		return err
	}
	if err := s.SetWebhooks(set); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return nil
}

// controlTell sends a webhook about a store to which nothing happened.
func (s *Sandbox) controlTell(r *http.Request) error {
	var body struct {
		EventType    string `json:"eventType"`
		StoreID      string `json:"storeId"`
		LocalStoreID string `json:"localStoreId"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.EventType == "" {
		return refuse(http.StatusBadRequest, "eventType is required")
	}
	s.Tell(body.EventType, body.StoreID, body.LocalStoreID)
	return nil
}

func (s *Sandbox) controlRedirectURI(r *http.Request) error {
	var body struct {
		RedirectURI string `json:"redirectUri"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.RedirectURI == "" {
		return refuse(http.StatusBadRequest, "redirectUri is required")
	}
	s.AddRedirectURI(body.RedirectURI)
	return nil
}

func (s *Sandbox) controlRevoke(r *http.Request) error {
	account := r.URL.Query().Get("account")
	if s.core.world.account(account) == nil {
		return refuse(http.StatusNotFound, "There is no such account.")
	}
	s.RevokeTokens(account)
	return nil
}
