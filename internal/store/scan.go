package store

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// columnPlans are how a connection reads the columns of a query. pgx finds that out anew for every query, which is a fifth
// of what a look-up by itself costs; they hold for all targets of the same types.
type columnPlans struct {
	columns []column
	plans   []pgtype.ScanPlan
}

type column struct {
	oid    uint32
	format int16
}

// scanPlanned is row.Scan with the plans kept with the connection under a name. Targets of one name have the same types.
func scanPlanned(row pgx.CollectableRow, name string, targets []any) error {
	rows, ok := row.(pgx.Rows)
	if !ok || rows.Conn() == nil || len(rows.FieldDescriptions()) != len(targets) {
		return row.Scan(targets...)
	}
	kept := rows.Conn().PgConn().CustomData()
	p, ok := kept[name].(*columnPlans)
	if !ok || !p.fit(rows.FieldDescriptions()) {
		p = planColumns(rows.Conn().TypeMap(), rows.FieldDescriptions(), targets)
		kept[name] = p
	}
	for i, value := range rows.RawValues() {
		if err := p.plans[i].Scan(value, targets[i]); err != nil {
			return fmt.Errorf("scan column %d of %s: %w", i, name, err)
		}
	}
	return nil
}

func planColumns(types *pgtype.Map, fields []pgconn.FieldDescription, targets []any) *columnPlans {
	p := &columnPlans{}
	for i, f := range fields {
		p.columns = append(p.columns, column{f.DataTypeOID, f.Format})
		p.plans = append(p.plans, types.PlanScan(f.DataTypeOID, f.Format, targets[i]))
	}
	return p
}

// fit reports whether the columns come as they did.
func (p *columnPlans) fit(fields []pgconn.FieldDescription) bool {
	return slices.EqualFunc(p.columns, fields, func(c column, f pgconn.FieldDescription) bool {
		return c == column{f.DataTypeOID, f.Format}
	})
}
