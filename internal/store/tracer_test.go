package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatementsAreNamedByVerbAndTable(t *testing.T) {
	tests := []struct{ sql, name string }{
		{`SELECT 1`, "select"},
		{` SELECT version, dirty FROM schema_migrations`, "select schema_migrations"},
		{"\n\tSELECT EXTRACT(EPOCH FROM GREATEST(next_slot, now()))::float8 FROM budgets WHERE egress = $1", "select budgets"},
		{`INSERT INTO budgets (egress) VALUES ($1) ON CONFLICT DO UPDATE SET egress = 'x'`, "insert budgets"},
		{bookSQL + bookedSQL, "update budgets"},
		{claimDue, "update mappings"},
		{`SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE`, "select organizations"},
		{`WITH q AS (SELECT x FROM signins FOR UPDATE) SELECT count(*) FROM q`, "select signins"},
		{`DELETE FROM sessions WHERE id = 'secret'`, "delete sessions"},
		{"begin", "begin"},
		{"commit;", "commit"},
		{`LISTEN "storelink_work"`, "other"},
		{``, "other"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.name, nameOf(tt.sql), tt.sql)
		require.Equal(t, tt.name, nameOf(tt.sql), "remembered: %s", tt.sql)
	}
}
