package api

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"storelink"
)

const (
	maxExports     = 2                // under way at once on this replica
	exportTime     = 10 * time.Minute // of one, as long as its reader may take
	exportPatience = 30 * time.Second // for a reader that takes nothing
	exportBuffer   = 64 << 10         // bytes: all that is kept of a file
)

// mappingExport is an answer that is written as its rows come from the database, at the reader's pace.
type mappingExport struct {
	ctx      context.Context // the request's: an answer is written after its handler returned
	mappings Mappings
	exports  chan struct{}
	filter   storelink.MappingFilter
}

// VisitListMappingsResponse implements operator.ListMappingsResponseObject.
func (e *mappingExport) VisitListMappingsResponse(w http.ResponseWriter) error {
	return writeExport(e.ctx, w, e.exports, "mappings", csvColumns, func(write func(row []byte) error) error {
		var row []byte
		return e.mappings.ExportMappings(e.ctx, e.filter, func(m *storelink.Mapping) error {
			row = appendMapping(row[:0], m)
			return write(row)
		})
	})
}

// writeExport writes rows as they come, at the reader's pace, as a file of this name. Nothing is sent before the first
// row is there, so that what fails at once is answered with a problem.
func writeExport(ctx context.Context, w http.ResponseWriter, exports chan struct{}, name string, columns []string, rows func(write func(row []byte) error) error) error {
	select {
	case exports <- struct{}{}:
		defer func() { <-exports }()
	default:
		err := storelink.Errorf(storelink.ErrTooManyRequests, "%d exports are under way already.", maxExports)
		err.RetryAfter = exportPatience
		return err
	}
	control := http.NewResponseController(w)
	// The server's read deadline would end the request's context. A recorder has none, and that is its only error here.
	_ = control.SetReadDeadline(time.Time{})
	if isHead(ctx) {
		begin(w, name)
		return nil
	}
	out := bufio.NewWriterSize(&patientWriter{w: w, control: control}, exportBuffer)
	begun := false
	start := func() error {
		begun = true
		begin(w, name)
		_, err := out.WriteString(strings.Join(columns, ",") + "\r\n")
		return err
	}
	err := rows(func(row []byte) error {
		if !begun {
			if err := start(); err != nil {
				return fmt.Errorf("write export: %w", err)
			}
		}
		if _, err := out.Write(row); err != nil {
			return fmt.Errorf("write export: %w", err)
		}
		return nil
	})
	if err == nil && !begun {
		err = start()
	}
	switch {
	case err != nil && begun:
		return fmt.Errorf("%w: %w", errCutShort, err)
	case err != nil:
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errCutShort, err)
	}
	return nil
}

func begin(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`-`+time.Now().UTC().Format(time.DateOnly)+`.csv"`)
	w.Header().Add("Vary", "Accept")
	w.WriteHeader(http.StatusOK)
}

// patientWriter gives each write its time, so that a reader may be slow and yet not hold an export by standing still.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(exportPatience))
	n, err := p.w.Write(b)
	if err != nil {
		return n, fmt.Errorf("write: %w", err)
	}
	return n, nil
}
