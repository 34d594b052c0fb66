package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"storelink"
)

// jsonCatalogue reads {"items": [...]} item by item.
type jsonCatalogue struct {
	d      *json.Decoder
	number int // of the next item; -1 before the first was reached
}

func newJSONCatalogue(in io.Reader) *jsonCatalogue {
	return &jsonCatalogue{d: json.NewDecoder(bufio.NewReaderSize(in, 64<<10)), number: -1}
}

// catalogueItem is an item as the contract has it.
type catalogueItem struct {
	ID          *string  `json:"id"`
	Group       *string  `json:"group"`
	Name        *string  `json:"name"`
	Address     *string  `json:"address"`
	PostalCode  *string  `json:"postalCode"`
	City        *string  `json:"city"`
	State       *string  `json:"state"`
	CountryCode *string  `json:"countryCode"`
	Latitude    *float64 `json:"latitude"`
	Longitude   *float64 `json:"longitude"`
}

func (j *jsonCatalogue) next() (catalogueRow, error) {
	if j.number < 0 {
		if err := j.begin(); err != nil {
			return catalogueRow{}, err
		}
		j.number = 0
	}
	if !j.d.More() {
		return catalogueRow{}, j.end()
	}
	var item json.RawMessage
	if err := j.d.Decode(&item); err != nil {
		return catalogueRow{}, notJSON(err)
	}
	row := catalogueRow{place: fmt.Sprintf("/items/%d", j.number)}
	place := row.place
	row.at = func(column string) string { return place + "/" + column }
	j.number++
	row.read(item)
	return row, nil
}

// begin reads up to the first item.
func (j *jsonCatalogue) begin() error {
	for _, want := range []json.Token{json.Delim('{'), "items", json.Delim('[')} {
		token, err := j.d.Token()
		name, isName := token.(string)
		switch {
		case err != nil:
			return notJSON(err)
		case token == want:
		case want == json.Delim('{'):
			return invalid(storelink.FieldError{Pointer: "", Detail: "must be an object"})
		case want == json.Delim('['):
			return invalid(storelink.FieldError{Pointer: "/items", Detail: "must be an array"})
		case isName:
			return invalid(storelink.FieldError{Pointer: jsonPointer([]string{cut(name)}), Detail: "is not a field of this object"})
		default:
			return invalid(storelink.FieldError{Pointer: "/items", Detail: "is missing"})
		}
	}
	return nil
}

// end reads what stands behind the last item: nothing may.
func (j *jsonCatalogue) end() error {
	if _, err := j.d.Token(); err != nil { // the array's end
		return notJSON(err)
	}
	token, err := j.d.Token()
	if err != nil {
		return notJSON(err)
	}
	if name, isName := token.(string); isName {
		detail := "is not a field of this object"
		if name == "items" {
			detail = "is given more than once"
		}
		return invalid(storelink.FieldError{Pointer: jsonPointer([]string{cut(name)}), Detail: detail})
	}
	switch _, err := j.d.Token(); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return notJSON(err)
	}
	return notJSON(nil)
}

// notJSON is what is wrong with a body that ends early or is no JSON; an error of reading it stays what it is.
func notJSON(err error) error {
	if errors.As(err, new(*storelink.Error)) {
		return err
	}
	return invalid(storelink.FieldError{Pointer: "", Detail: "is not valid JSON"})
}

func (r *catalogueRow) read(item json.RawMessage) {
	wrong := func(place, detail string) {
		r.wrong = append(r.wrong, storelink.FieldError{Pointer: place, Detail: detail})
	}
	if !utf8.Valid(item) {
		wrong(r.place, "is not UTF-8")
		return
	}
	if place, found := repeatedName(item); found {
		wrong(r.place+place, "is given more than once")
		return
	}
	var fields catalogueItem
	d := json.NewDecoder(bytes.NewReader(item))
	d.DisallowUnknownFields()
	var kind *json.UnmarshalTypeError
	switch err := d.Decode(&fields); {
	case errors.As(err, &kind) && kind.Field == "":
		wrong(r.place, "must be an object")
		return
	case errors.As(err, &kind) && (kind.Field == "latitude" || kind.Field == "longitude"):
		wrong(r.at(kind.Field), "must be a number")
		return
	case errors.As(err, &kind):
		wrong(r.at(kind.Field), "must be a string")
		return
	case err != nil:
		r.unknown(item)
		return
	}
	r.fill(fields)
}

// unknown names the fields that an item may not have.
func (r *catalogueRow) unknown(item json.RawMessage) {
	var given map[string]json.RawMessage
	if json.Unmarshal(item, &given) == nil {
		for name := range given {
			if !isCatalogueColumn(name) {
				r.wrong = append(r.wrong, storelink.FieldError{Pointer: r.place + jsonPointer([]string{cut(name)}), Detail: "is not a field of this object"})
			}
		}
	}
	if len(r.wrong) == 0 {
		r.wrong = []storelink.FieldError{{Pointer: r.place, Detail: "cannot be read"}}
	}
}

func isCatalogueColumn(name string) bool {
	for _, column := range catalogueColumns {
		if strings.EqualFold(column, name) {
			return true
		}
	}
	return false
}

func (r *catalogueRow) fill(f catalogueItem) {
	for column, given := range map[string]*string{"id": f.ID, "name": f.Name} {
		if given == nil {
			r.wrong = append(r.wrong, storelink.FieldError{Pointer: r.at(column), Detail: "is missing"})
		}
	}
	r.store = storelink.LocalStore{
		ID: deref(f.ID), Group: deref(f.Group), Name: deref(f.Name), Address: deref(f.Address), PostalCode: deref(f.PostalCode),
		City: deref(f.City), State: deref(f.State), CountryCode: deref(f.CountryCode),
	}
	r.locate(f.Latitude, f.Longitude)
}
