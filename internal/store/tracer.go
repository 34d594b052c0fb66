package store

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
)

// maxNames bounds the statements whose names are remembered. Queries that are put together have many texts and few names.
const maxNames = 1000

// statementTracer times the statements of one pool.
type statementTracer struct {
	metrics *Metrics
	pool    string
}

type traceKey struct{}

// A trace is what was begun, for when it ends.
type trace struct {
	began     time.Time
	statement string
}

// tracer returns what a pool reports its statements to, beside another tracer.
func (m *Metrics) tracer(pool string, other pgx.QueryTracer) pgx.QueryTracer {
	if m == nil {
		return other
	}
	return both(other, statementTracer{metrics: m, pool: pool})
}

// both returns a tracer that tells the two; the first may be nil.
func both(one, other pgx.QueryTracer) pgx.QueryTracer {
	if one == nil {
		return other
	}
	return multitracer.New(one, other)
}

// TraceQueryStart is pgx.QueryTracer's.
func (statementTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, traceKey{}, trace{began: time.Now(), statement: nameOf(data.SQL)})
}

// TraceQueryEnd is pgx.QueryTracer's.
func (t statementTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	t.end(ctx, data.Err)
}

// TraceBatchStart is pgx.BatchTracer's.
func (statementTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return context.WithValue(ctx, traceKey{}, trace{began: time.Now(), statement: "batch"})
}

// TraceBatchQuery is pgx.BatchTracer's. Statements that are sent in one go have no time of their own.
func (statementTracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is pgx.BatchTracer's.
func (t statementTracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	t.end(ctx, data.Err)
}

func (t statementTracer) end(ctx context.Context, err error) {
	begun, ok := ctx.Value(traceKey{}).(trace)
	if !ok {
		return
	}
	t.metrics.statements.WithLabelValues(t.pool, begun.statement).Observe(time.Since(begun.began).Seconds())
	if err != nil && !errors.Is(err, context.Canceled) {
		t.metrics.errors.WithLabelValues(t.pool).Inc()
	}
}

var (
	names     sync.Map // a statement's text → its name
	nameCount atomic.Int64

	// What looks like a change or a table, and is none.
	noChange = regexp.MustCompile(`(?i)\bfor\s+(no\s+key\s+)?update\b|\bepoch\s+from\b`)
	changing = regexp.MustCompile(`(?i)\b(update|insert|delete)\s`)
	source   = regexp.MustCompile(`(?i)\b(?:update|into|from)\s+([a-z_]+)([(.]?)`)
)

// nameOf returns a statement's name: its verb and the first table in it, such as "select mappings". A query that begins
// WITH goes by the change in it. The text holds no value, so neither does the name.
func nameOf(sql string) string {
	if name, ok := names.Load(sql); ok {
		if known, ok := name.(string); ok {
			return known
		}
	}
	name := describe(sql)
	if nameCount.Add(1) <= maxNames {
		names.Store(sql, name)
	}
	return name
}

func describe(sql string) string {
	sql = strings.TrimSpace(noChange.ReplaceAllString(sql, ""))
	verb := strings.ToLower(strings.TrimRight(strings.Fields(sql + " ;")[0], ";"))
	switch verb {
	case "begin", "commit", "rollback", "savepoint", "release":
		return verb
	case "select", "insert", "update", "delete":
	case "with":
		verb = "select"
		if changed := changing.FindStringIndex(sql); changed != nil {
			verb = strings.ToLower(strings.TrimSpace(sql[changed[0]:changed[1]]))
			sql = sql[changed[0]:]
		}
	default:
		return "other"
	}
	for _, found := range source.FindAllStringSubmatch(sql, -1) {
		if found[2] == "" { // no function, no column
			return verb + " " + strings.ToLower(found[1])
		}
	}
	return verb
}
