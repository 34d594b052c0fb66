package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
	"storelink/bench/population"
	"storelink/internal/store"
)

const plansDocument = "docs/ADMIN-QUERIES.md"

// question is something that operators or other services ask.
type question struct {
	what string
	ask  func(ctx context.Context, db *notedStore) error
}

// writePlans makes the mappings, asks every question, and writes how the database answered the queries behind it.
func (o options) writePlans(ctx context.Context, s *setup, m machine) error {
	took, err := s.populate(ctx, o.rows)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, plansText, o.rows, organizationsOfAll, m.database, inSeconds(took))
	scans := 0
	for _, q := range o.questions() {
		asked, err := s.asks(ctx, func(db *notedStore) error { return q.ask(ctx, db) })
		if err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
		fmt.Fprintf(&text, "\n## %s\n", q.what)
		for _, query := range asked {
			answer, err := s.explain(ctx, query)
			if err != nil {
				return fmt.Errorf("explain %s: %w", q.what, err)
			}
			if answer == "" {
				continue
			}
			if strings.Contains(answer, "Seq Scan on mappings") {
				scans++
			}
			fmt.Fprintf(&text, "\n```sql\n%s\n```\n\n```\n%s\n```\n", tidy(query.SQL), answer)
		}
	}
	fmt.Fprintf(&text, "\nScans of the whole table `mappings` in these plans: %d.\n", scans)
	if err := os.WriteFile(plansDocument, []byte(text.String()), 0o644); err != nil { //nolint:gosec // a document for everybody
		return fmt.Errorf("write %s: %w", plansDocument, err)
	}
	fmt.Printf("%s written; scans of mappings: %d\n", plansDocument, scans)
	return nil
}

const plansText = "# How the database answers operators\n\n" +
	"`make build && go run ./bench -explain` makes %d mappings of %d organizations, asks what follows, and writes this page: every query\n" +
	"with the values that it was asked with, and `EXPLAIN (ANALYZE, BUFFERS)` of it. The export without a filter is the one that has to read\n" +
	"every mapping.\n\n- %s\n- making them took %s\n"

// tidy takes away the indentation that the query has in the program.
func tidy(sql string) string {
	return strings.TrimSpace(indentation.ReplaceAllString(sql, "\n"))
}

var indentation = regexp.MustCompile(`\n\t+`)

// explain asks for the plan with the same values; "" where the query is a plan itself or no query at all.
func (s *setup) explain(ctx context.Context, q pgx.TraceQueryStartData) (string, error) {
	verb := strings.ToLower(strings.Fields(q.SQL + " ;")[0])
	if verb != "select" && verb != "with" || strings.TrimSpace(q.SQL) == "SELECT storelink_now()" {
		return "", nil
	}
	args := q.Args
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeExec}
	} else if _, ok := args[0].(pgx.QueryExecMode); !ok {
		args = append([]any{pgx.QueryExecModeCacheDescribe}, args...)
	}
	var lines []string
	err := s.onDatabase(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, store.AdminSettings); err != nil {
			return err
		}
		for range 2 { // what the first one reads from the disk, the second one finds in memory
			rows, err := conn.Query(ctx, `EXPLAIN (ANALYZE, BUFFERS) `+q.SQL, args...)
			if err != nil {
				return err
			}
			if lines, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return err
			}
		}
		return nil
	})
	return manyIDs.ReplaceAllString(strings.Join(lines, "\n"), "$1,…}"), err
}

// manyIDs are more ids than a reader of a plan looks at.
var manyIDs = regexp.MustCompile(`(\{[0-9a-f-]{36},[0-9a-f-]{36}),[0-9a-f,-]+\}`)

// questions are all that the internal listener asks the mapping table and its neighbours.
func (o options) questions() []question {
	yes, since := true, time.Now().Add(-time.Duration(o.rows)*31*time.Second+time.Hour)
	organization := population.OrganizationID(7)
	local := population.LocalID(o.rows / 2)
	lists := []struct {
		what string
		f    storelink.MappingFilter
	}{
		{"List: all", storelink.MappingFilter{}},
		{"List: all, by the last look, newest first", storelink.MappingFilter{Sort: storelink.SortByObserved, Descending: true}},
		{"List: all, by store name", storelink.MappingFilter{Sort: storelink.SortByStoreName}},
		{"List: local store id, in any role", storelink.MappingFilter{LocalStoreID: local}},
		{"List: observed local store id", storelink.MappingFilter{ObservedLocalStoreID: local}},
		{"List: organization", storelink.MappingFilter{OrganizationID: organization}},
		{"List: organization and state", storelink.MappingFilter{OrganizationID: organization, States: []storelink.MappingState{"failed"}}},
		{"List: organization, by store name", storelink.MappingFilter{OrganizationID: organization, Sort: storelink.SortByStoreName}},
		{"List: state", storelink.MappingFilter{States: []storelink.MappingState{"failed"}}},
		{"List: states, by update, newest first", storelink.MappingFilter{
			States: []storelink.MappingState{"conflict", "failed"}, Sort: storelink.SortByUpdated, Descending: true,
		}},
		{"List: state and code", storelink.MappingFilter{
			States: []storelink.MappingState{"failed"}, Codes: []storelink.FailureCode{"access_denied"},
		}},
		{"List: code", storelink.MappingFilter{Codes: []storelink.FailureCode{"store_not_found"}}},
		{"List: dark", storelink.MappingFilter{Dark: &yes}},
		{"List: not looked at since", storelink.MappingFilter{StaleSince: &since}},
		{"List: free text, many matches", storelink.MappingFilter{Query: "taco"}},
		{"List: free text, some matches", storelink.MappingFilter{Query: "noodle mill 3"}},
		{"List: free text, no match", storelink.MappingFilter{Query: "nobody is called so"}},
		{"List: free text and state", storelink.MappingFilter{Query: "taco", States: []storelink.MappingState{"failed"}}},
		{"List: free text and organization", storelink.MappingFilter{Query: "taco", OrganizationID: organization}},
		{"List: free text, by update, newest first", storelink.MappingFilter{Query: "noodle", Sort: storelink.SortByUpdated, Descending: true}},
	}
	var all []question
	for _, l := range lists {
		all = append(all, question{l.what, func(ctx context.Context, db *notedStore) error {
			l.f.Page.Limit = 50
			_, err := db.FindMappings(ctx, l.f)
			return err
		}})
	}
	return append(all, otherQuestions(organization, local)...)
}

func otherQuestions(organization, local string) []question {
	enough := errors.New("one is enough")
	page := storelink.Page{Limit: 50}
	return []question{
		{"List: a page in the middle, by store name", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindMappings(ctx, storelink.MappingFilter{
				Sort: storelink.SortByStoreName, Page: storelink.Page{Limit: 50, After: []string{"noodle mill", organization}},
			})
			return err
		}},
		{"Look-up by local store id", func(ctx context.Context, db *notedStore) error {
			_, err := db.LookupMapping(ctx, local, "")
			return err
		}},
		{"Look-up by remote store, that has no mapping", func(ctx context.Context, db *notedStore) error {
			_, err := db.LookupMapping(ctx, "", organization)
			return err
		}},
		{"History of a mapping", func(ctx context.Context, db *notedStore) error {
			list, err := db.FindMappings(ctx, storelink.MappingFilter{Page: storelink.Page{Limit: 1}})
			if err != nil {
				return err
			}
			db.queries = nil
			_, err = db.MappingHistory(ctx, list.Items[0].ID, page)
			return err
		}},
		{"Organizations", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindOrganizations(ctx, storelink.OrganizationFilter{Page: page})
			return err
		}},
		{"Organizations: free text", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindOrganizations(ctx, storelink.OrganizationFilter{Query: "taco", Page: page})
			return err
		}},
		{"Grants: that need consent again", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindGrants(ctx, storelink.GrantFilter{State: storelink.GrantReauthorizationRequired, Page: page})
			return err
		}},
		{"Runs", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindAllRuns(ctx, storelink.RunFilter{Page: page})
			return err
		}},
		{"Runs: organization", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindAllRuns(ctx, storelink.RunFilter{OrganizationID: organization, Page: page})
			return err
		}},
		{"Runs: waiting", func(ctx context.Context, db *notedStore) error {
			_, err := db.FindAllRuns(ctx, storelink.RunFilter{State: "waiting", Page: page})
			return err
		}},
		{"Stats", func(ctx context.Context, db *notedStore) error {
			_, err := db.Figures(store.FiguresOptions{Egress: "default", Rate: 20, DriftInterval: 6 * time.Hour}).Stats(ctx)
			return err
		}},
		{"Stats by day", func(ctx context.Context, db *notedStore) error {
			_, err := db.Figures(store.FiguresOptions{}).StatsHistory(ctx, storelink.MaxStatsDays)
			return err
		}},
		{"Export of one state", func(ctx context.Context, db *notedStore) error {
			err := db.ExportMappings(ctx, storelink.MappingFilter{States: []storelink.MappingState{"conflict"}},
				func(*storelink.Mapping) error { return nil })
			return err
		}},
		{"Export of everything", func(ctx context.Context, db *notedStore) error {
			err := db.ExportMappings(ctx, storelink.MappingFilter{}, func(*storelink.Mapping) error { return enough })
			if errors.Is(err, enough) {
				return nil
			}
			return err
		}},
	}
}
