package sandbox

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed consent.html
var consentHTML string

var consentTemplate = template.Must(template.New("consent").Parse(consentHTML))

type consentView struct {
	Error    string // shown instead of the form
	Action   string
	Params   []param
	Scopes   []string
	Accounts []Account
}

type param struct{ Name, Value string }

// authorize answers 302: to the consent page, or back to the application with an error. What must not be sent on is shown.
func (s *Sandbox) authorize(w http.ResponseWriter, r *http.Request) {
	if _, err := s.core.CheckAuthorize(r.URL.Query()); err != nil {
		refuseAuthorize(w, err)
		return
	}
	id := s.core.OpenRequest(r.URL.Query())
	redirect(w, consentPath+"?request="+id)
}

func (s *Sandbox) consentPage(w http.ResponseWriter, r *http.Request) {
	q, ok := s.core.PendingRequest(r.URL.Query().Get("request"))
	if !ok {
		showPage(w, http.StatusBadRequest, consentView{Error: "This sign-in has expired. Go back to the application and start again."})
		return
	}
	req, err := s.core.CheckAuthorize(q)
	if err != nil {
		refuseAuthorize(w, err)
		return
	}
	view := consentView{Action: consentPath, Scopes: req.Scopes, Accounts: s.core.Accounts()}
	for _, name := range authorizeParams {
		if q.Has(name) {
			view.Params = append(view.Params, param{name, q.Get(name)})
		}
	}
	showPage(w, http.StatusOK, view)
}

// consent takes the page's form: the parameters of the authorize call, account, and decision (allow or deny).
func (s *Sandbox) consent(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil {
		showPage(w, http.StatusBadRequest, consentView{Error: "The form could not be read."})
		return
	}
	req, err := s.core.CheckAuthorize(r.PostForm)
	if err != nil {
		refuseAuthorize(w, err)
		return
	}
	traceOf(r).account = r.PostForm.Get("account")
	switch r.PostForm.Get("decision") {
	case "allow":
		code, err := s.core.Approve(req, r.PostForm.Get("account"))
		if err != nil {
			refuseAuthorize(w, err)
			return
		}
		traceOf(r).effect = true
		redirect(w, withQuery(req.RedirectURI, url.Values{"code": {code}, "state": {req.State}}))
	case "deny":
		denied := AuthorizeError{Code: "access_denied", Description: "The user denied access.", RedirectURI: req.RedirectURI, State: req.State}
		redirect(w, denied.Location())
	default:
		showPage(w, http.StatusBadRequest, consentView{Error: "The decision must be allow or deny."})
	}
}

func refuseAuthorize(w http.ResponseWriter, err error) {
	var refused *AuthorizeError
	if errors.As(err, &refused) && refused.RedirectURI != "" {
		redirect(w, refused.Location())
		return
	}
	showPage(w, http.StatusBadRequest, consentView{Error: err.Error()})
}

func redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusFound)
}

// showPage sets no form-action: Chromium applies it to the redirect after the form too, which leads to another origin.
func showPage(w http.ResponseWriter, status int, view consentView) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	// The page is buffered, and the template is checked by its test.
	_ = consentTemplate.Execute(w, view)
}
