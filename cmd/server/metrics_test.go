package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// scraped is what /metrics shows, by name.
func (r *rig) scraped() map[string]*dto.MetricFamily {
	r.t.Helper()
	a := r.admin("", http.MethodGet, "/metrics")
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	require.Contains(r.t, a.header.Get("Content-Type"), "version=0.0.4")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(a.body))
	require.NoError(r.t, err)
	return families
}

// value is a counter's or gauge's value, or a histogram's count, over all metrics that have the labels.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	var sum float64
	for _, m := range families[name].GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		fits := true
		for i := 0; i+1 < len(labels); i += 2 {
			fits = fits && has[labels[i]] == labels[i+1]
		}
		if fits {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func TestMetricsCountWhatHappens(t *testing.T) {
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.UpstreamRate = 1000 }})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	require.Equal(t, "connected", p.onboard(stores[0], "K-1", "").Items[0].Outcome)
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: "/connection$", Status: 429})
	require.Equal(t, "connected", p.onboard(stores[1], "K-2", "").Items[0].Outcome)
	p.ask(http.MethodGet, r.public+"/api/"+canary, "Sec-Fetch-Site", "same-origin")
	p.ask("BREW", r.public+"/api/session", "Sec-Fetch-Site", "same-origin")

	r.eventually("a pass is counted once it has settled", func() bool {
		return value(r.scraped(), "storelink_pass_duration_seconds", "lane", "interactive") == 2
	})
	m := r.scraped()
	require.InDelta(t, 2, value(m, "storelink_http_requests_total", "listener", "public", "method", "POST", "route", "/api/onboard", "status", "200"), 0)
	require.InDelta(t, 2, value(m, "storelink_http_request_duration_seconds", "route", "/api/onboard"), 0)
	require.InDelta(t, 1, value(m, "storelink_http_requests_total", "route", "none", "status", "404"), 0)
	require.NotZero(t, value(m, "storelink_http_requests_total", "method", "other"))
	require.InDelta(t, 2, value(m, "storelink_upstream_calls_total", "operation", "connect", "result", "ok"), 0)
	require.InDelta(t, 1, value(m, "storelink_upstream_calls_total", "operation", "get connection", "result", "429"), 0)
	require.InDelta(t, 2, value(m, "storelink_upstream_call_duration_seconds", "operation", "connect"), 0)
	require.InDelta(t, 1, value(m, "storelink_token_calls_total", "grant_type", "authorization_code", "result", "ok"), 0)
	require.InDelta(t, 2, value(m, "storelink_passes_total", "outcome", "connected"), 0)
	require.GreaterOrEqual(t, value(m, "storelink_budget_slots_total", "lane", "interactive"), 6.0)
	require.InDelta(t, value(m, "storelink_budget_slots_total"), value(m, "storelink_budget_wait_seconds"), 0)
	require.NotZero(t, value(m, "storelink_db_statement_duration_seconds", "pool", "leases", "statement", "update mappings"))
	require.InDelta(t, 2, value(m, "storelink_mappings", "state", "connected"), 0)
	require.InDelta(t, 1, value(m, "storelink_vitals_up"), 0)
	require.InDelta(t, 1, value(m, "storelink_build_info", "version", version), 0)
	require.InDelta(t, 16, value(m, "storelink_db_pool_max_connections", "pool", "general"), 0)
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-`)

// No label holds an id, an address or what a client made up: their number would grow without end.
func TestNoMetricHoldsAnID(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	p.onboard(r.box.Stores(sandbox.AccountSmall)[0], canary, "")
	for _, o := range r.routes() {
		if o.id != "signOut" {
			p.ask(o.method, o.address+"?q="+canary, "Sec-Fetch-Site", "same-origin", "Authorization", "Bearer "+canary)
		}
	}
	p.ask(http.MethodGet, r.public+"/"+canary, "User-Agent", canary)
	text := string(r.admin("", http.MethodGet, "/metrics").body)
	require.Contains(t, text, `route="/api/brands/:brandId"`)
	require.NotRegexp(t, uuid, text)
	require.NotContains(t, text, canary)
	require.NotContains(t, text, "127.0.0.1")
}

// A refresh is counted by what came of it.
func TestRefreshesAreCounted(t *testing.T) {
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.CacheTTL = 0 }})
	p := r.signedIn(sandbox.AccountRefreshing)
	for _, fault := range []int{0, 400} {
		r.exec(`UPDATE grants SET expires_at = storelink_now() - interval '1 second'`)
		if fault != 0 {
			r.box.Inject(sandbox.Fault{PathPattern: "/token$", Status: fault})
		}
		p.send(http.MethodGet, "/api/organization", nil)
	}
	m := r.scraped()
	require.InDelta(t, 1, value(m, "storelink_token_refreshes_total", "result", "refreshed"), 0)
	require.InDelta(t, 1, value(m, "storelink_token_refreshes_total", "result", "ended"), 0)
	require.InDelta(t, 1, value(m, "storelink_token_calls_total", "grant_type", "refresh_token", "result", "400"), 0)
}

func TestProfilesAreForOperators(t *testing.T) {
	r := newRig(t, rigOptions{})
	var list struct{ Items []struct{ Name string } }
	require.NoError(t, r.admin("operate", http.MethodGet, "/debug/pprof").into(&list))
	require.NotEmpty(t, list.Items)
	r.problemOf(r.admin("read", http.MethodGet, "/debug/pprof/heap"), http.StatusForbidden, "forbidden")
	for _, path := range []string{"heap", "goroutine", "profile?seconds=1"} {
		a := r.admin("operate", http.MethodGet, "/debug/pprof/"+path)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.Equal(t, []byte{0x1f, 0x8b}, a.body[:2], "%s: what pprof reads is packed by gzip", path)
	}
	require.Contains(t, string(r.admin("operate", http.MethodGet, "/debug/pprof/goroutine?debug=1").body), "goroutine profile")
	for _, path := range []string{"heap?seconds=1", "profile?debug=1", "profile?seconds=61", "cmdline", "heap?gc=1"} {
		r.problemOf(r.admin("operate", http.MethodGet, "/debug/pprof/"+path), http.StatusBadRequest, "invalid-request")
	}
	require.NoError(t, pprof.StartCPUProfile(io.Discard))
	defer pprof.StopCPUProfile()
	r.problemOf(r.admin("operate", http.MethodGet, "/debug/pprof/profile?seconds=1"), http.StatusTooManyRequests, "too-many-requests")
}

// expressions reads every PromQL expression of the files that are deployed, and the names of the alerts.
func expressions(t *testing.T) (all, alerts []string) {
	t.Helper()
	root := filepath.Join("..", "..", "deploy")
	text, err := os.ReadFile(filepath.Join(root, "prometheus", "alerts.yml"))
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&rules))
	for _, g := range rules.Groups {
		for _, rule := range g.Rules {
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
			all, alerts = append(all, rule.Expr), append(alerts, rule.Alert)
		}
	}
	text, err = os.ReadFile(filepath.Join(root, "grafana", "storelink.json"))
	require.NoError(t, err)
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		require.False(t, ids[panel.ID], "two panels have the id %d", panel.ID)
		ids[panel.ID] = true
		require.Equal(t, panel.Type == "row", len(panel.Targets) == 0, panel.Title)
		for _, target := range panel.Targets {
			all = append(all, target.Expr)
		}
	}
	return all, alerts
}

var (
	metricName = regexp.MustCompile(`\b(?:storelink|go|process)_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`([a-z0-9_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"([^"]*)"`)
)

// Alerts and dashboard name metrics, labels and values that a running service shows. This looks at names, not at the
// grammar of PromQL.
func TestDeployedQueriesNameMetricsThatExist(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	p.onboard(r.box.Stores(sandbox.AccountSmall)[0], "K-1", "")
	m := r.scraped()
	queries, _ := expressions(t)
	require.Greater(t, len(queries), 40)
	used := map[string]bool{}
	family := func(name string) *dto.MetricFamily {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			if f, ok := m[strings.TrimSuffix(name, suffix)]; ok && (suffix == "" || f.GetType() == dto.MetricType_HISTOGRAM) {
				return f
			}
		}
		return nil
	}
	for _, query := range queries {
		require.Equal(t, strings.Count(query, "("), strings.Count(query, ")"), query)
		names := metricName.FindAllString(query, -1)
		require.NotEmpty(t, names, query)
		for _, name := range names {
			f := family(name)
			require.NotNil(t, f, "%s in %s", name, query)
			used[f.GetName()] = true
		}
		for _, selected := range selector.FindAllStringSubmatch(query, -1) {
			for _, match := range matcher.FindAllStringSubmatch(selected[2], -1) {
				requireLabel(t, family(selected[1]), match[1], match[2], match[3])
			}
		}
	}
	for name := range m {
		if strings.HasPrefix(name, "storelink_") {
			require.True(t, used[name], "%s is on the dashboard or in an alert", name)
		}
	}
}

// closedLabels are those whose values are all shown from the start.
var closedLabels = map[string]bool{"lane": true, "days": true, "waiting_for": true, "outcome": true, "pool": true, "state": true}

func requireLabel(t *testing.T, f *dto.MetricFamily, name, operator, want string) {
	t.Helper()
	values := map[string]bool{}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == name {
				values[l.GetValue()] = true
			}
		}
	}
	require.NotEmpty(t, values, "%s has a label %s", f.GetName(), name)
	if closedLabels[name] && operator != "=~" {
		require.True(t, values[want], "%s{%s=%q}", f.GetName(), name, want)
	}
}

// Each alert has its paragraph.
func TestEachAlertHasARunbook(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "OPERATE.md"))
	require.NoError(t, err)
	_, alerts := expressions(t)
	require.NotEmpty(t, alerts)
	for _, alert := range alerts {
		require.Contains(t, string(text), "**"+alert+"**")
	}
}
