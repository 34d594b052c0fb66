package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/bench/population"
	"storelink/internal/store"
	"storelink/internal/storetest"
)

// A notebook keeps the queries that a database is asked, with their arguments.
type notebook struct{ queries []pgx.TraceQueryStartData }

func (n *notebook) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	n.queries = append(n.queries, q)
	return ctx
}

func (*notebook) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (n *notebook) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	for _, q := range b.Batch.QueuedQueries {
		n.queries = append(n.queries, pgx.TraceQueryStartData{SQL: q.SQL, Args: q.Arguments})
	}
	return ctx
}

func (*notebook) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*notebook) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

type plan struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Plans    []plan
}

func (p plan) scans(relation string) bool {
	for _, below := range p.Plans {
		if below.scans(relation) {
			return true
		}
	}
	return p.Relation == relation && strings.HasSuffix(p.Type, "Seq Scan")
}

// plannedShelf is a table that is large enough for indexes to be worth their while.
type plannedShelf struct {
	*store.DB
	t     *testing.T
	conn  *pgx.Conn
	notes *notebook
}

func newPlannedShelf(t *testing.T) *plannedShelf {
	t.Helper()
	address := storetest.URL(t)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	require.NoError(t, population.Fill(t.Context(), conn, population.Options{Mappings: 20_000, Organizations: 200}))
	_, err = conn.Exec(t.Context(), store.AdminSettings)
	require.NoError(t, err)
	notes := &notebook{}
	db, err := store.Open(t.Context(), address, store.Options{Tracer: notes})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return &plannedShelf{DB: db, t: t, conn: conn, notes: notes}
}

// requireNoScan plans every query that f asks, the same values in the same places, and looks for scans of mappings.
func (s *plannedShelf) requireNoScan(what string, f func() error) {
	s.t.Helper()
	s.notes.queries = nil
	require.NoError(s.t, f(), what)
	for _, q := range s.notes.queries {
		sql := strings.TrimSpace(q.SQL)
		if !strings.Contains(sql, "mappings") || strings.HasPrefix(sql, "EXPLAIN") {
			continue
		}
		args := append([]any{pgx.QueryExecModeCacheDescribe}, q.Args...)
		if len(q.Args) > 0 && fmt.Sprintf("%T", q.Args[0]) == "pgx.QueryExecMode" {
			args = q.Args
		}
		var text []byte
		require.NoError(s.t, s.conn.QueryRow(s.t.Context(), `EXPLAIN (FORMAT JSON) `+sql, args...).Scan(&text), what)
		var plans []struct{ Plan plan }
		require.NoError(s.t, json.Unmarshal(text, &plans))
		require.False(s.t, plans[0].Plan.scans("mappings"), "%s\n%s %v\n%s", what, sql, q.Args, text)
	}
}

// listsDoNotScan: no list of mappings reads the whole table, whatever it filters by and in whatever order it comes: neither a page nor
// the count beside it.
func (s *plannedShelf) listsDoNotScan() {
	t := s.t
	yes, no, since := true, false, time.Now().Add(-400*24*time.Hour)
	filters := map[string]storelink.MappingFilter{
		"all":               {},
		"local id":          {LocalStoreID: "4711"},
		"desired":           {DesiredLocalStoreID: "4711"},
		"observed":          {ObservedLocalStoreID: "4711"},
		"store":             {StoreID: population.OrganizationID(1)},
		"organization":      {OrganizationID: population.OrganizationID(7)},
		"brand":             {BrandID: population.OrganizationID(7)},
		"state":             {States: []storelink.MappingState{"failed"}},
		"states":            {States: []storelink.MappingState{"connected", "failed"}},
		"code":              {Codes: []storelink.FailureCode{"store_not_found"}},
		"codes":             {Codes: []storelink.FailureCode{"store_not_found", "access_denied"}},
		"dark":              {Dark: &yes},
		"not dark":          {Dark: &no},
		"stale":             {StaleSince: &since},
		"text":              {Query: "taco palace"},
		"rare text":         {Query: "harbor 3fa"},
		"text and state":    {Query: "taco", States: []storelink.MappingState{"failed"}},
		"state and code":    {States: []storelink.MappingState{"failed"}, Codes: []storelink.FailureCode{"access_denied"}},
		"state, one of it":  {OrganizationID: population.OrganizationID(7), States: []storelink.MappingState{"connected"}},
		"text, one of it":   {OrganizationID: population.OrganizationID(7), Query: "taco"},
		"no text at all":    {Query: "nobody is called so"},
		"states and stale":  {States: []storelink.MappingState{"connected"}, StaleSince: &since},
		"dark of a state":   {Dark: &yes, States: []storelink.MappingState{"failed"}},
		"code of one of it": {OrganizationID: population.OrganizationID(7), Codes: []storelink.FailureCode{"access_denied"}},
	}
	orders := []storelink.MappingSort{
		storelink.SortByID, storelink.SortByCreated, storelink.SortByUpdated, storelink.SortByObserved, storelink.SortByState,
		storelink.SortByLocalStoreID, storelink.SortByStoreName, storelink.SortByOrganization,
	}
	for name, f := range filters {
		for _, f.Sort = range orders {
			for _, f.Descending = range []bool{false, true} {
				f.Page = storelink.Page{Limit: 50}
				s.requireNoScan(fmt.Sprintf("%s by %s", name, f.Sort), func() error {
					list, err := s.FindMappings(t.Context(), f)
					f.Page.After = list.Next
					return err
				})
				if f.Page.After != nil && !f.Descending {
					s.requireNoScan(fmt.Sprintf("%s by %s, second page", name, f.Sort), func() error {
						_, err := s.FindMappings(t.Context(), f)
						return err
					})
				}
			}
		}
	}
}

// Nothing that operators ask reads the whole table mappings, but the export of all of it.
func TestNoAdminQueryScansMappings(t *testing.T) {
	t.Parallel()
	s := newPlannedShelf(t)
	s.listsDoNotScan()
	ctx := t.Context()
	figures := s.Figures(store.FiguresOptions{Egress: "default", Rate: 20, DriftInterval: time.Hour})
	list, err := s.FindMappings(ctx, storelink.MappingFilter{Page: storelink.Page{Limit: 1}})
	require.NoError(t, err)
	one := list.Items[0]
	for what, ask := range map[string]func() error{
		"look-up by local id":  func() error { _, err := s.LookupMapping(ctx, "4711", ""); return err },
		"look-up by store":     func() error { _, err := s.LookupMapping(ctx, "", one.Store.StoreID); return err },
		"look-up of a strange": func() error { _, err := s.LookupMapping(ctx, "", acme); return err },
		"mapping":              func() error { _, err := s.FindMapping(ctx, one.ID); return err },
		"history":              func() error { _, err := s.MappingHistory(ctx, one.ID, storelink.Page{Limit: 50}); return err },
		"organizations": func() error {
			_, err := s.FindOrganizations(ctx, storelink.OrganizationFilter{Page: storelink.Page{Limit: 50}})
			return err
		},
		"export of a state": func() error {
			return s.ExportMappings(ctx, storelink.MappingFilter{States: []storelink.MappingState{"failed"}},
				func(*storelink.Mapping) error { return nil })
		},
		"stats":      func() error { _, err := figures.Stats(ctx); return err },
		"stats days": func() error { _, err := figures.StatsHistory(ctx, 30); return err },
	} {
		s.requireNoScan(what, ask)
	}
}
