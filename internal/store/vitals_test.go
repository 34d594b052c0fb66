package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/store"
)

// watched puts a mapping of acme there with the columns given.
func (s *shelf) watched(columns, values string) string {
	s.t.Helper()
	var id string
	err := s.conn.QueryRow(s.t.Context(), `
		INSERT INTO mappings (id, organization_id, brand_id, store_id, `+columns+`)
		SELECT gen_random_uuid(), '`+acme+`', gen_random_uuid(), gen_random_uuid(), `+values+` RETURNING id::text`).Scan(&id)
	require.NoError(s.t, err)
	return id
}

func (s *shelf) open(mappingID, age string) {
	s.t.Helper()
	s.exec(`
		WITH run AS (
			INSERT INTO runs (id, organization_id, actor, request_id, created_at, total, pending)
			SELECT gen_random_uuid(), $1, 'user', '', storelink_now() - $2::text::interval, 1, 1 RETURNING id)
		INSERT INTO run_items (run_id, number, mapping_id, generation) SELECT id, 1, $3, 1 FROM run`, acme, age, mappingID)
}

func (s *shelf) granted(organization, expires, scopes string, refreshes bool) {
	s.t.Helper()
	s.exec(`
		INSERT INTO grants (id, organization_id, scopes, sealed_access, sealed_refresh, expires_at)
		SELECT gen_random_uuid(), $1, $2::text::text[], '', CASE WHEN $3 THEN ''::bytea END, storelink_now() + $4::text::interval`,
		organization, scopes, refreshes, expires)
}

const mayConnect = "{organization.read,organization.service_integration}"

func near(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.InDelta(t, want.Seconds(), got.Seconds(), 30)
}

func TestVitalsTellWhatIsWrongAndForHowLong(t *testing.T) {
	s := newShelf(t)
	_, err := s.Budget(t.Context(), "default", 20)
	require.NoError(t, err)
	v, err := s.Vitals(t.Context(), "default")
	require.NoError(t, err)
	require.Zero(t, v.Dark+v.Consents.Ended+v.Consents.Active)
	require.Empty(t, v.Unsettled)

	dark := s.watched("state, restore_local_id, observed_at, lane, due_at",
		"'pending', 'K-1', storelink_now(), 'background', storelink_now() - interval '2 minutes'")
	for _, age := range []string{"1 hour", "3 minutes"} {
		s.exec(`INSERT INTO mapping_events (id, mapping_id, actor, kind, at) SELECT $1, $2, 'storelink', 'observed', storelink_now() - $3::text::interval`,
			map[string]string{"1 hour": "01900000-0000-7000-8000-000000000001", "3 minutes": "01900000-0000-7000-8000-000000000002"}[age], dark, age)
	}
	s.watched("state, restore_local_id, observed_local_id, observed_at", "'connected', 'K-2', 'K-2', storelink_now()")
	stuck := s.watched("state, due_at", "'pending', storelink_now() - interval '20 minutes'")
	s.open(stuck, "40 minutes")
	s.open(s.watched("state, waiting_for", "'waiting', 'consent'"), "5 days")
	s.watched("state, due_at, lane", "'connected', storelink_now() - interval '1 hour', 'background'")
	s.watched("state, due_at, lane", "'connected', storelink_now() + interval '1 hour', 'background'")
	s.granted(acme, "3 days", mayConnect, false)
	s.granted(acme, "60 days", "{organization.read}", false)
	s.exec(`UPDATE budgets SET next_slot = storelink_now() + interval '40 seconds'`)

	v, err = s.Vitals(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, 1, v.Dark, "a store that shows an id is not dark")
	near(t, 3*time.Minute, v.DarkSince)
	require.Len(t, v.Unsettled, 2)
	near(t, 40*time.Minute, v.Unsettled["nothing"])
	near(t, 5*24*time.Hour, v.Unsettled["consent"])
	require.Equal(t, storelink.Total{Value: 2, Exact: true}, v.Due["interactive"].Depth, "a store without its connection goes first, whatever its lane")
	near(t, 20*time.Minute, v.Due["interactive"].Age)
	require.Equal(t, storelink.Total{Value: 1, Exact: true}, v.Due["background"].Depth)
	near(t, time.Hour, v.Due["background"].Age)
	require.Equal(t, storelink.Consents{Week: 1, Month: 1, Active: 2}, v.Consents, "a grant that may not connect does not last for it")
	near(t, 40*time.Second, v.Budget.Ahead)
	require.InDelta(t, 1, v.Budget.Share, 0)
}

func TestConsentsGoByTheLastGrantOfAnOrganization(t *testing.T) {
	tests := []struct {
		name  string
		setup func(s *shelf)
		want  storelink.Consents
	}{
		{"none at all", func(*shelf) {}, storelink.Consents{Ended: 1}},
		{"expired", func(s *shelf) { s.granted(acme, "-1 hour", mayConnect, false) }, storelink.Consents{Ended: 1}},
		{"ends soon", func(s *shelf) { s.granted(acme, "1 hour", mayConnect, false) }, storelink.Consents{Day: 1, Week: 1, Month: 1, Active: 1}},
		{"one ends, another lasts", func(s *shelf) {
			s.granted(acme, "1 hour", mayConnect, false)
			s.granted(acme, "40 days", mayConnect, false)
		}, storelink.Consents{Active: 2}},
		{"is refreshed", func(s *shelf) { s.granted(acme, "-1 hour", mayConnect, true) }, storelink.Consents{Active: 1}},
		{"dead", func(s *shelf) {
			s.granted(acme, "40 days", mayConnect, true)
			s.exec(`UPDATE grants SET state = 'reauthorization_required'`)
		}, storelink.Consents{Ended: 1}},
		{"of an organization without mappings", func(s *shelf) {
			s.granted(acme, "40 days", mayConnect, false)
			s.granted(other, "1 hour", mayConnect, false)
		}, storelink.Consents{Active: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			_, err := s.Budget(t.Context(), "default", 20)
			require.NoError(t, err)
			s.watched("state", "'connected'")
			tt.setup(s)
			v, err := s.Vitals(t.Context(), "default")
			require.NoError(t, err)
			require.Equal(t, tt.want, v.Consents)
		})
	}
}

// gauge returns a metric's only value, or false where it is not shown.
func gauge(t *testing.T, registry *prometheus.Registry, name string) (*dto.Metric, bool) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0], true
		}
	}
	return nil, false
}

func TestVitalsAreReadOnceForAllWhoAsk(t *testing.T) {
	s := newShelf(t)
	_, err := s.Budget(t.Context(), "default", 20)
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	for _, c := range s.Figures(store.FiguresOptions{Egress: "default", Rate: 20}).Collectors() {
		registry.MustRegister(c)
	}
	up, _ := gauge(t, registry, "storelink_vitals_up")
	require.InDelta(t, 1, up.GetGauge().GetValue(), 0)
	s.watched("state, restore_local_id, observed_at", "'pending', 'K-1', storelink_now()")
	dark, _ := gauge(t, registry, "storelink_dark_mappings")
	require.Zero(t, dark.GetGauge().GetValue(), "10 s have not passed")
}

// A table that somebody has locked costs a scrape its time-out, and the gauges; everything else is still shown.
func TestVitalsThatCannotBeReadAreLeftOut(t *testing.T) {
	s := newShelf(t)
	_, err := s.Budget(t.Context(), "default", 20)
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	for _, c := range s.Figures(store.FiguresOptions{Egress: "default", Rate: 20}).Collectors() {
		registry.MustRegister(c)
	}
	tx, err := s.conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE mappings IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	up, _ := gauge(t, registry, "storelink_vitals_up")
	require.Zero(t, up.GetGauge().GetValue())
	_, shown := gauge(t, registry, "storelink_dark_mappings")
	require.False(t, shown)
	_, shown = gauge(t, registry, "storelink_db_pool_connections")
	require.True(t, shown)
	require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context())))
}
