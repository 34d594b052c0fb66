package api

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"storelink"
)

const maxCatalogue = 100_000 // stores in one import

// catalogueReader reads an import store by store. Once something is wrong it gives out no store any more: it reads on to
// name what else is wrong, and ends with all of it.
type catalogueReader struct {
	format catalogueFormat
	group  string            // of every store; "": each names its own
	seen   map[string]string // id → the place of its row
	places []string          // where the id of each store stands that was given out
	wrong  []storelink.FieldError
	rows   int
}

// catalogueFormat reads rows of a file. It returns io.EOF behind the last one, and any other error where it cannot go on.
type catalogueFormat interface {
	next() (catalogueRow, error)
}

// catalogueRow is one store as the file has it.
type catalogueRow struct {
	store storelink.LocalStore
	place string                     // of the whole row
	at    func(column string) string // the place of a cell
	wrong []storelink.FieldError     // what cannot be read
}

func newCatalogueReader(u *upload, mediaType, group string) *catalogueReader {
	r := &catalogueReader{group: group, seen: map[string]string{}}
	if mediaType == mimeCSV {
		r.format = newCSVCatalogue(u, group != "")
	} else {
		r.format = newJSONCatalogue(u)
	}
	return r
}

// next returns the next store, nil behind the last one.
func (r *catalogueReader) next() (*storelink.LocalStore, error) {
	for {
		row, err := r.format.next()
		switch {
		case errors.Is(err, io.EOF) && len(r.wrong) == 0:
			return nil, nil //nolint:nilnil // nil is the end
		case errors.Is(err, io.EOF):
			return nil, invalid(r.wrong...)
		case err != nil:
			return nil, r.unreadable(err)
		}
		if r.rows++; r.rows > maxCatalogue {
			return nil, storelink.Errorf(errTooLarge, "A catalogue may have at most %d stores.", maxCatalogue)
		}
		r.wrong = append(r.wrong, r.check(&row)...)
		if len(r.wrong) >= maxPlaces {
			return nil, invalid(r.wrong[:maxPlaces]...)
		}
		if len(r.wrong) == 0 {
			r.places = append(r.places, row.at("id"))
			return &row.store, nil
		}
	}
}

// unreadable adds what was wrong before to an error that ends the file, where that one points at something, too.
func (r *catalogueReader) unreadable(err error) error {
	var e *storelink.Error
	if errors.As(err, &e) && e.Code == storelink.ErrInvalid && len(e.Fields) > 0 && len(r.wrong) > 0 {
		return invalid(append(r.wrong, e.Fields...)[:min(maxPlaces, len(r.wrong)+len(e.Fields))]...)
	}
	return err
}

// place says where the id of a store stands, by its number among those given out.
func (r *catalogueReader) place(number int) string { return r.places[number] }

// check puts the row's store in order and returns what is wrong with it.
func (r *catalogueReader) check(row *catalogueRow) []storelink.FieldError {
	s, wrong := &row.store, row.wrong
	unread := map[string]bool{}
	for _, w := range wrong {
		unread[w.Pointer] = true
	}
	add := func(column, detail string) {
		if place := row.at(column); detail != "" && !unread[place] {
			wrong = append(wrong, storelink.FieldError{Pointer: place, Detail: detail})
		}
	}
	bad := storelink.CheckLocalStoreID(s.ID)
	first, again := r.seen[s.ID]
	switch {
	case bad != "":
		add("id", bad)
	case again:
		add("id", "stands at "+first+" as well")
	default:
		r.seen[s.ID] = row.place
	}
	checkTexts(s, add)
	if r.group != "" {
		if s.Group != "" && s.Group != r.group {
			add("group", "must be the group that is replaced, or empty")
		}
		s.Group = r.group
	}
	if l := s.Location; l != nil {
		if l.Latitude < -90 || l.Latitude > 90 {
			add("latitude", "must be from -90 to 90")
		}
		if l.Longitude < -180 || l.Longitude > 180 {
			add("longitude", "must be from -180 to 180")
		}
	}
	return wrong
}

func checkTexts(s *storelink.LocalStore, add func(column, detail string)) {
	for _, f := range []struct {
		column string
		text   *string
		most   int
	}{
		{"name", &s.Name, 500},
		{"group", &s.Group, 255},
		{"address", &s.Address, 1000},
		{"postalCode", &s.PostalCode, 32},
		{"city", &s.City, 200},
		{"state", &s.State, 200},
		{"countryCode", &s.CountryCode, 3},
	} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n"))
		switch {
		case *f.text == "" && f.column == "name":
			add(f.column, "must not be empty")
		case !utf8.ValidString(*f.text):
			add(f.column, "is not UTF-8")
		case utf8.RuneCountInString(*f.text) > f.most:
			add(f.column, fmt.Sprintf("may have at most %d characters", f.most))
		case strings.ContainsFunc(*f.text, func(c rune) bool { return unicode.IsControl(c) && (c != '\n' || f.column != "address") }):
			add(f.column, "holds a control character")
		}
	}
}
