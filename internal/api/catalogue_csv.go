package api

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"storelink"
)

// catalogueColumns are what a file of the catalogue may have, in the order of an export.
var catalogueColumns = []string{
	"id", "group", "name", "address", "postalCode", "city", "state", "countryCode", "latitude", "longitude",
}

// csvCatalogue reads a catalogue as spreadsheets write one.
type csvCatalogue struct {
	in      *bufio.Reader
	rows    *csv.Reader
	columns []string // of the cells; nil before the first row was read
	grouped bool     // the group is named elsewhere
	within  int      // lines that stood within cells so far: a spreadsheet does not count them
}

func newCSVCatalogue(in io.Reader, grouped bool) *csvCatalogue {
	return &csvCatalogue{in: bufio.NewReaderSize(in, 64<<10), grouped: grouped}
}

func (c *csvCatalogue) next() (catalogueRow, error) {
	if c.columns == nil {
		if err := c.begin(); err != nil {
			return catalogueRow{}, err
		}
	}
	for {
		cells, place, err := c.read()
		if err != nil {
			return catalogueRow{}, err
		}
		if strings.Join(cells, "") == "" {
			continue // spreadsheets end with such rows
		}
		if len(cells) != len(c.columns) {
			return catalogueRow{
				place: place, at: cellOf(place),
				wrong: []storelink.FieldError{{Pointer: place, Detail: fmt.Sprintf("has %d cells, and the first row has %d", len(cells), len(c.columns))}},
			}, nil
		}
		return c.row(place, cells)
	}
}

func cellOf(place string) func(string) string {
	return func(column string) string { return place + ", column " + column }
}

// read returns the cells of the next row, and its place as a spreadsheet counts it.
func (c *csvCatalogue) read() ([]string, string, error) {
	cells, err := c.rows.Read()
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		place := fmt.Sprintf("row %d", parse.StartLine-c.within)
		return nil, place, invalid(storelink.FieldError{Pointer: place, Detail: "has a quote where none may be"})
	case err != nil:
		return nil, "", err
	}
	line, _ := c.rows.FieldPos(0)
	place := fmt.Sprintf("row %d", line-c.within)
	for _, cell := range cells {
		c.within += strings.Count(cell, "\n")
	}
	return cells, place, nil
}

// begin looks at the first row: what stands between its cells, and which columns there are.
func (c *csvCatalogue) begin() error {
	start, err := c.in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte{0xFF, 0xFE}), bytes.HasPrefix(start, []byte{0xFE, 0xFF}):
		return invalid(storelink.FieldError{Pointer: "row 1", Detail: "is not UTF-8 but UTF-16: save the file as CSV UTF-8"})
	case bytes.HasPrefix(start, []byte("\uFEFF")):
		_, _ = c.in.Discard(len("\uFEFF"))
		start = start[len("\uFEFF"):]
	}
	if len(bytes.TrimSpace(start)) == 0 {
		return invalid(storelink.FieldError{Pointer: "row 1", Detail: "must name the columns: the file is empty"})
	}
	c.rows = csv.NewReader(c.in)
	c.rows.FieldsPerRecord = -1
	c.rows.Comma = separatorOf(start)
	cells, place, err := c.read()
	if err != nil {
		return err
	}
	return c.nameColumns(place, cells)
}

// separatorOf is what stands most often in the first line, a comma where nothing does.
func separatorOf(start []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(start, "\r\n"), []byte("\n"))
	best, most := ',', 0
	for _, candidate := range ",;\t" {
		if n := bytes.Count(line, []byte(string(candidate))); n > most {
			best, most = candidate, n
		}
	}
	return best
}

func (c *csvCatalogue) nameColumns(place string, cells []string) error {
	var wrong []storelink.FieldError
	for i, cell := range cells {
		name := strings.TrimSpace(cell)
		known := slices.IndexFunc(catalogueColumns, func(column string) bool { return strings.EqualFold(column, name) })
		switch {
		case !utf8.ValidString(name):
			return notUTF8(place)
		case known < 0:
			detail := fmt.Sprintf("is not a column of a catalogue; those are %s", strings.Join(catalogueColumns, ", "))
			wrong = append(wrong, storelink.FieldError{Pointer: fmt.Sprintf("%s, cell %d (%s)", place, i+1, cut(name)), Detail: detail})
			c.columns = append(c.columns, name)
		case slices.Contains(c.columns, catalogueColumns[known]):
			wrong = append(wrong, storelink.FieldError{Pointer: cellOf(place)(catalogueColumns[known]), Detail: "is given more than once"})
		default:
			c.columns = append(c.columns, catalogueColumns[known])
		}
		if len(wrong) == maxPlaces {
			break
		}
	}
	for _, needed := range []string{"id", "name", "group"} {
		if !slices.Contains(c.columns, needed) && (needed != "group" || !c.grouped) && len(wrong) < maxPlaces {
			wrong = append(wrong, storelink.FieldError{Pointer: cellOf(place)(needed), Detail: "is missing"})
		}
	}
	for _, pair := range [][2]string{{"latitude", "longitude"}, {"longitude", "latitude"}} {
		if slices.Contains(c.columns, pair[0]) && !slices.Contains(c.columns, pair[1]) && len(wrong) < maxPlaces {
			wrong = append(wrong, storelink.FieldError{Pointer: cellOf(place)(pair[1]), Detail: "is missing, and " + pair[0] + " is there"})
		}
	}
	if len(wrong) > 0 {
		return invalid(wrong...)
	}
	return nil
}

func notUTF8(place string) error {
	return invalid(storelink.FieldError{Pointer: place, Detail: "is not UTF-8 (perhaps Latin-1): save the file as CSV UTF-8"})
}

func (c *csvCatalogue) row(place string, cells []string) (catalogueRow, error) {
	row := catalogueRow{place: place, at: cellOf(place)}
	var latitude, longitude *float64
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return row, notUTF8(row.at(c.columns[i])) // so is the rest, most likely
		}
		cell = fuse(cell)
		s := &row.store
		switch c.columns[i] {
		case "latitude":
			latitude = c.number(&row, "latitude", cell)
		case "longitude":
			longitude = c.number(&row, "longitude", cell)
		default:
			*map[string]*string{
				"id": &s.ID, "group": &s.Group, "name": &s.Name, "address": &s.Address, "postalCode": &s.PostalCode,
				"city": &s.City, "state": &s.State, "countryCode": &s.CountryCode,
			}[c.columns[i]] = cell
		}
	}
	row.locate(latitude, longitude)
	return row, nil
}

// number reads a cell; where semicolons stand between the cells, a comma may stand for the point.
func (c *csvCatalogue) number(row *catalogueRow, column, cell string) *float64 {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return nil
	}
	if c.rows.Comma == ';' {
		cell = strings.Replace(cell, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || n != n {
		row.wrong = append(row.wrong, storelink.FieldError{Pointer: row.at(column), Detail: "must be a number"})
		return nil
	}
	return &n
}

// locate sets the store's location of its two halves.
func (r *catalogueRow) locate(latitude, longitude *float64) {
	switch {
	case latitude != nil && longitude != nil:
		r.store.Location = &storelink.Location{Latitude: *latitude, Longitude: *longitude}
	case len(r.wrong) > 0:
	case latitude != nil:
		r.wrong = append(r.wrong, storelink.FieldError{Pointer: r.at("longitude"), Detail: "is missing, and latitude is there"})
	case longitude != nil:
		r.wrong = append(r.wrong, storelink.FieldError{Pointer: r.at("latitude"), Detail: "is missing, and longitude is there"})
	}
}
