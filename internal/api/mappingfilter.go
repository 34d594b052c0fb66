package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// mappingFilter reads the filter and the order of a list of mappings, but not its page.
func mappingFilter(p operator.ListMappingsParams) (storelink.MappingFilter, error) {
	f := storelink.MappingFilter{
		LocalStoreID:         deref(p.LocalStoreId),
		DesiredLocalStoreID:  deref(p.DesiredLocalStoreId),
		ObservedLocalStoreID: deref(p.ObservedLocalStoreId),
		StoreID:              strings.ToLower(deref(p.RemoteStoreId)),
		OrganizationID:       strings.ToLower(deref(p.OrganizationId)),
		BrandID:              strings.ToLower(deref(p.BrandId)),
		States:               anyOf[storelink.MappingState](p.State),
		Codes:                anyOf[storelink.FailureCode](p.Code),
		Dark:                 p.Dark,
		Query:                deref(p.Q),
	}
	column, descending := strings.CutPrefix(string(deref(p.Sort)), "-")
	f.Sort, f.Descending = storelink.MappingSort(column), descending
	if p.StaleSince != nil {
		since, err := time.Parse(time.RFC3339, *p.StaleSince)
		if err != nil {
			return f, invalid(storelink.FieldError{Pointer: "staleSince", Detail: "must be a time such as 2026-01-31T10:00:00Z (RFC 3339)"})
		}
		f.StaleSince = &since
	}
	return f, nil
}

// anyOf returns the given values in one order, each once: they mean the same however they were given.
func anyOf[T, G ~string](given *[]G) []T {
	values := make([]T, 0, len(deref(given)))
	for _, v := range deref(given) {
		values = append(values, T(v))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// mappingScope names the list for its cursors: the whole of its filter and its order.
func mappingScope(f storelink.MappingFilter) []string {
	if f.Sort == "" {
		f.Sort = storelink.SortByID
	}
	if f.StaleSince != nil {
		since := f.StaleSince.UTC()
		f.StaleSince = &since
	}
	f.Page = storelink.Page{}
	text, err := json.Marshal(f)
	if err != nil {
		text = fmt.Appendf(nil, "%+v", f) // a time beyond the year 9999 is the one thing that JSON cannot say
	}
	return []string{"listMappings", string(text)}
}

// refusePaging names the parameters that make no sense where everything is answered. It goes by what was sent: defaults
// are filled in by now.
func refusePaging(sent url.Values) error {
	var places []storelink.FieldError
	for _, name := range []string{"cursor", "limit"} {
		if sent.Has(name) {
			places = append(places, storelink.FieldError{Pointer: name, Detail: "does not go with text/csv, which holds all that match"})
		}
	}
	if len(places) > 0 {
		return invalid(places...)
	}
	return nil
}

// listedMappings is a page of mappings. Caches are told what the answer depends on.
type listedMappings operator.MappingList

// VisitListMappingsResponse implements operator.ListMappingsResponseObject.
func (l listedMappings) VisitListMappingsResponse(w http.ResponseWriter) error {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if err := json.NewEncoder(w).Encode(operator.MappingList(l)); err != nil {
		return fmt.Errorf("write mappings: %w", err)
	}
	return nil
}
