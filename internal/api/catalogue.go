package api

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"storelink"
	"storelink/internal/api/gen/operator"
)

const (
	maxImports = 2 // under way at once on this replica
	importTime = 90 * time.Second
)

// Catalogue keeps the integrator's own stores.
type Catalogue interface {
	FindCatalogue(ctx context.Context, f storelink.LocalStoreFilter) (storelink.List[storelink.LocalStore], error)
	// ExportCatalogue hands every store that matches to each.
	ExportCatalogue(ctx context.Context, f storelink.LocalStoreFilter, each func(storelink.LocalStore) error) error
	// ReplaceCatalogue makes what next returns the catalogue, or this group of it, and returns an error of next as it is.
	// ErrConflict where another group has one of the ids.
	ReplaceCatalogue(ctx context.Context, group string, next func() (*storelink.LocalStore, error), place func(number int) string) (storelink.CatalogueChange, error)
	RemoveLocalStore(ctx context.Context, id string) error
}

type catalogueHandlers struct {
	catalogue Catalogue
	cursors   cursors
	exports   chan struct{} // holds one for each export under way
	imports   chan struct{} // and one for each import
}

// ListCatalogue answers GET /admin/local-stores.
func (h catalogueHandlers) ListCatalogue(ctx context.Context, r operator.ListCatalogueRequestObject) (operator.ListCatalogueResponseObject, error) {
	f := storelink.LocalStoreFilter{
		Access: storelink.LocalStoreAccess{All: true}, Query: deref(r.Params.Q), Group: deref(r.Params.Group),
	}
	if v := visitOf(ctx); wantsExport(v) {
		if err := refusePaging(v.query); err != nil {
			return nil, err
		}
		return &catalogueExport{ctx: ctx, catalogue: h.catalogue, exports: h.exports, filter: f}, nil
	}
	scope := []string{"listCatalogue", f.Query, f.Group}
	var err error
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.catalogue.FindCatalogue(ctx, f)
	if err != nil {
		return nil, err
	}
	return listedCatalogue{
		Items: each(list.Items, catalogueShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// listedCatalogue is a page of the catalogue. Caches are told what the answer depends on.
type listedCatalogue operator.LocalStoreList

// VisitListCatalogueResponse implements operator.ListCatalogueResponseObject.
func (l listedCatalogue) VisitListCatalogueResponse(w http.ResponseWriter) error {
	w.Header().Add("Vary", "Accept")
	return operator.ListCatalogue200JSONResponse{Body: operator.LocalStoreList(l)}.VisitListCatalogueResponse(w)
}

// ReplaceCatalogue answers PUT /admin/local-stores.
func (h catalogueHandlers) ReplaceCatalogue(ctx context.Context, r operator.ReplaceCatalogueRequestObject) (operator.ReplaceCatalogueResponseObject, error) {
	v := visitOf(ctx)
	if v.upload == nil {
		return nil, invalid(storelink.FieldError{Pointer: "", Detail: "is missing"})
	}
	select {
	case h.imports <- struct{}{}:
		defer func() { <-h.imports }()
	default:
		err := storelink.Errorf(storelink.ErrTooManyRequests, "%d imports are under way already.", maxImports)
		err.RetryAfter = 5 * time.Second
		return nil, err
	}
	group := deref(r.Params.Group)
	if strings.TrimSpace(group) != group {
		return nil, invalid(storelink.FieldError{Pointer: "group", Detail: "must not begin or end with a space"})
	}
	mediaType, _, err := mime.ParseMediaType(v.mediaType)
	if err != nil {
		return nil, fmt.Errorf("read media type: %w", err)
	}
	reader := newCatalogueReader(v.upload, mediaType, group)
	change, err := h.catalogue.ReplaceCatalogue(ctx, group, reader.next, reader.place)
	if err != nil {
		return nil, err
	}
	return operator.ReplaceCatalogue200JSONResponse{
		Total: change.Total, Added: change.Added, Changed: change.Changed, Removed: change.Removed,
	}, nil
}

// RemoveFromCatalogue answers DELETE /admin/local-stores/{localStoreId}.
func (h catalogueHandlers) RemoveFromCatalogue(ctx context.Context, r operator.RemoveFromCatalogueRequestObject) (operator.RemoveFromCatalogueResponseObject, error) {
	if err := h.catalogue.RemoveLocalStore(ctx, r.LocalStoreId); err != nil {
		return nil, err
	}
	return operator.RemoveFromCatalogue204Response{}, nil
}

// catalogueExport is the catalogue as a file that ReplaceCatalogue reads.
type catalogueExport struct {
	ctx       context.Context // the request's: an answer is written after its handler returned
	catalogue Catalogue
	exports   chan struct{}
	filter    storelink.LocalStoreFilter
}

// VisitListCatalogueResponse implements operator.ListCatalogueResponseObject.
func (e *catalogueExport) VisitListCatalogueResponse(w http.ResponseWriter) error {
	return writeExport(e.ctx, w, e.exports, "catalogue", catalogueColumns, func(write func(row []byte) error) error {
		var row []byte
		return e.catalogue.ExportCatalogue(e.ctx, e.filter, func(l storelink.LocalStore) error {
			row = appendLocalStore(row[:0], l)
			return write(row)
		})
	})
}

func appendLocalStore(b []byte, l storelink.LocalStore) []byte {
	row := csvRow{b: b}
	row.text(l.ID, l.Group, l.Name, l.Address, l.PostalCode, l.City, l.State, l.CountryCode)
	if l.Location == nil {
		row.text("", "")
	} else {
		// A negative number is no formula, but the rule for reading the file is one for all of its cells.
		row.text(strconv.FormatFloat(l.Location.Latitude, 'f', -1, 64), strconv.FormatFloat(l.Location.Longitude, 'f', -1, 64))
	}
	return append(row.b, "\r\n"...)
}
