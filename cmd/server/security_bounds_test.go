package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// activeQueries counts what the service asks of the database at this moment with a text like this.
func (r *rig) activeQueries(like string) int {
	return scalar[int](r, `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'storelink' AND state <> 'idle' AND query LIKE $1`, like)
}

// Somebody locks the table that everything looks at. Operators' queries, more of them than they have connections, end
// with a clear answer and are gone from the database; what the public listener does without the table goes on; and what
// needs it ends, too.
func TestQueriesEndAtTheirTimeOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	r.addMappings(10)
	p.get("/api/stores", &struct{}{})
	tx, err := r.sql.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }() // also where the test fails
	_, err = tx.Exec(t.Context(), `LOCK TABLE mappings IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)

	var asking sync.WaitGroup
	answers := make(chan answer, 24)
	for i := range cap(answers) {
		path := []string{"/admin/mappings", "/admin/mappings/lookup?localStoreId=D-1", "/admin/mappings/" + testID("8", 1)}[i%3]
		asking.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.internal+path, nil)
			if err != nil {
				return
			}
			req.Header.Set("Authorization", "Bearer "+r.tokens["read"])
			if a, err := newBrowser(r.internal).do(req); err == nil {
				answers <- a
			}
		})
	}
	r.eventually("operators' queries wait", func() bool { return r.activeQueries(`%mappings%`) >= 8 })
	for range 20 {
		p.get("/api/session", &struct{}{})
		p.get("/api/brands", &struct{}{})
	}
	require.Equal(t, http.StatusOK, r.admin("", http.MethodGet, "/readyz").status)
	r.problemOf(p.send(http.MethodGet, "/api/stores", nil), http.StatusServiceUnavailable, "database-unavailable")
	asking.Wait()
	require.Len(t, answers, cap(answers))
	for range cap(answers) {
		r.problemOf(<-answers, http.StatusServiceUnavailable, "database-unavailable")
	}
	r.eventually("the database does not go on with them", func() bool { return r.activeQueries(`%organization_name%`) == 0 })
	require.NoError(t, tx.Rollback(t.Context()))
	require.Len(t, r.findMappings("").Items, 10)
}

// Readers that take nothing of their exports hold no more than those, however many there are; who goes away ends the
// query; and a whole file comes to who reads it.
func TestSlowExportsLeaveTheRestAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	r.addMappings(100_000)
	export := func(ctx context.Context) *http.Response {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.internal+"/admin/mappings", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+r.tokens["read"])
		req.Header.Set("Accept", "text/csv")
		res, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		return res
	}
	slow, leave := context.WithCancel(t.Context())
	defer leave()
	for range 2 {
		require.Equal(t, http.StatusOK, export(slow).StatusCode)
	}
	refused := export(t.Context())
	require.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	require.NoError(t, refused.Body.Close())
	r.eventually("both are under way", func() bool { return r.activeQueries(`%organization_name%`) == 2 })
	for range 20 {
		p.get("/api/session", &struct{}{})
		require.Equal(t, http.StatusOK, r.admin("read", http.MethodGet, "/admin/mappings/lookup?localStoreId=D-1").status)
	}
	leave()
	r.eventually("their queries end", func() bool { return r.activeQueries(`%organization_name%`) == 0 })

	// Who has read a file to its end may be back before its place is free.
	oncePossible := func() (file *http.Response) {
		r.eventually("there is room again", func() bool {
			file = export(t.Context())
			if file.StatusCode != http.StatusOK {
				_ = file.Body.Close()
			}
			return file.StatusCode == http.StatusOK
		})
		return file
	}
	whole := oncePossible()
	text, err := io.ReadAll(whole.Body)
	require.NoError(t, err)
	require.NoError(t, whole.Body.Close())
	require.Equal(t, 100_001, strings.Count(string(text), "\r\n"))

	r.eventually("its query has ended", func() bool { return r.activeQueries(`%organization_name%`) == 0 })
	broken := oncePossible()
	r.eventually("its query is broken off", func() bool {
		return scalar[int](r, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'storelink' AND state <> 'idle' AND query LIKE '%organization_name%'`) > 0
	})
	_, err = io.ReadAll(broken.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "a file that broke off does not look whole")
	_ = broken.Body.Close()
}
