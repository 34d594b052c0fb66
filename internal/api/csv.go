package api

import (
	"mime"
	"strconv"
	"strings"
	"time"

	"storelink"
)

// csvColumns are the header row of an export of mappings: the names that their fields have in JSON.
var csvColumns = []string{
	"id", "organizationId", "organizationName", "brandId", "brandName", "storeId", "storeName", "managed",
	"desiredLocalStoreId", "askedLocalStoreId", "observedLocalStoreId", "previousLocalStoreId", "restoreLocalStoreId",
	"state", "code", "dark", "waitingFor", "waitingSince", "attempts", "nextTryAt", "upstreamMessage", "leasedUntil",
	"generation", "settledGeneration", "observedAt", "createdAt", "updatedAt",
}

// appendMapping appends the mapping's row.
func appendMapping(b []byte, m *storelink.Mapping) []byte {
	row := csvRow{b: b}
	row.text(m.ID, m.Organization.ID, m.Organization.Name, m.Store.BrandID, m.BrandName, m.Store.StoreID, m.StoreName)
	row.plain(strconv.FormatBool(m.Managed))
	row.text(deref(m.DesiredLocalStoreID), deref(m.AskedLocalStoreID), deref(m.ObservedLocalStoreID),
		deref(m.PreviousLocalStoreID), deref(m.RestoreLocalStoreID))
	row.plain(string(m.State))
	row.plain(string(m.Code))
	row.plain(strconv.FormatBool(m.Dark))
	row.plain(m.WaitingFor)
	row.time(m.WaitingSince)
	row.plain(strconv.Itoa(m.Attempts))
	row.time(m.NextTryAt)
	row.text(m.UpstreamMessage)
	row.time(m.LeasedUntil)
	row.plain(strconv.FormatInt(m.Generation, 10))
	row.plain(strconv.FormatInt(m.SettledGeneration, 10))
	row.time(m.ObservedAt)
	row.time(&m.CreatedAt)
	row.time(&m.UpdatedAt)
	return append(row.b, "\r\n"...)
}

// csvRow appends the cells of one row (RFC 4180). encoding/csv will not do: with the line ends that the RFC wants, it
// changes those within a cell.
type csvRow struct {
	b     []byte
	begun bool
}

func (r *csvRow) next() {
	if r.begun {
		r.b = append(r.b, ',')
	}
	r.begun = true
}

// plain appends a cell of our own making, which needs no care.
func (r *csvRow) plain(s string) {
	r.next()
	r.b = append(r.b, s...)
}

// time appends a time as JSON has it, or an empty cell.
func (r *csvRow) time(t *time.Time) {
	r.next()
	if t != nil {
		r.b = t.UTC().AppendFormat(r.b, time.RFC3339Nano)
	}
}

// text appends cells that others wrote.
func (r *csvRow) text(cells ...string) {
	for _, s := range cells {
		r.next()
		r.b = appendQuoted(r.b, defuse(s))
	}
}

// defuse puts an apostrophe before what a spreadsheet would take for a formula (ASVS 1.2.10), and before what begins
// with one: who takes one leading apostrophe away has the exact text again.
func defuse(s string) string {
	for _, start := range []string{"=", "+", "-", "@", "'", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, start) {
			return "'" + s
		}
	}
	return s
}

// fuse takes the apostrophe away that defuse puts, and leaves one that stands before anything else: files that people
// write begin words with it, too.
func fuse(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && defuse(rest) != rest {
		return rest
	}
	return s
}

func appendQuoted(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "\",;\t\r\n ") {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

// wantsExport reports whether the request asks for a file: by its format parameter, which a link in a page can carry,
// else by its Accept lines.
func wantsExport(v *visit) bool {
	if format := v.query.Get("format"); format != "" {
		return format == "csv"
	}
	return wantsCSV(v.accept)
}

// wantsCSV reports whether the request with these Accept lines prefers text/csv to JSON (RFC 9110 section 12.5.1). What accepts both alike gets
// JSON.
func wantsCSV(accept []string) bool {
	csv, json := 0.0, 0.0
	csvRank, jsonRank := -1, -1
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := params["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		// The more a range says, the more it counts.
		if rank := rangeRank(kind, mimeCSV); rank > csvRank {
			csv, csvRank = quality, rank
		}
		if rank := rangeRank(kind, "application/json"); rank > jsonRank {
			json, jsonRank = quality, rank
		}
	}
	return csv > json || csvRank == 2 && csv == json && csv > 0 && jsonRank < 2
}

// rangeRank says how closely a media range names the type: 2 exactly, 1 its family, 0 anything, -1 not at all.
func rangeRank(mediaRange, mediaType string) int {
	family, _, _ := strings.Cut(mediaType, "/")
	switch mediaRange {
	case mediaType:
		return 2
	case family + "/*":
		return 1
	case "*/*":
		return 0
	}
	return -1
}
