package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"storelink"
)

// maxPlaces bounds errors[] of a problem; a body larger than maxCollected stops at its first error, since each wrong
// value of it would be kept otherwise.
const (
	maxPlaces    = 100
	maxCollected = 512 << 10
)

// checkContract refuses a request that openapi.yaml does not allow, and names each place.
func checkContract(contract *contract) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			op := contract.of(c)
			if op == nil || op.openQuery {
				return next(c)
			}
			joinPrefer(c.Request().Header)
			if places := append(checkQuery(op, c.Request().URL.RawQuery), checkHeaders(op, c.Request().Header)...); len(places) > 0 {
				return invalid(places...)
			}
			if op.rawBody || op.streamed {
				return next(c)
			}
			places, err := checkNames(c.Request())
			if err != nil {
				return err
			}
			if len(places) == 0 {
				places = oncePerPlace(checkSchema(op, c))
			}
			if len(places) > 0 {
				return invalid(places[:min(len(places), maxPlaces)]...)
			}
			return next(c)
		}
	}
}

// checkNames finds a repeated name in the body, which readBody has bounded and found to be JSON.
func checkNames(r *http.Request) ([]storelink.FieldError, error) {
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if place, found := repeatedName(body); found {
		return []storelink.FieldError{{Pointer: place, Detail: "is given more than once"}}, nil
	}
	return nil, nil
}

// oncePerPlace keeps the first of several things that are wrong with one place.
func oncePerPlace(places []storelink.FieldError) []storelink.FieldError {
	seen := map[string]bool{}
	return slices.DeleteFunc(places, func(p storelink.FieldError) bool {
		again := seen[p.Pointer]
		seen[p.Pointer] = true
		return again
	})
}

// checkQuery finds unknown and repeated parameters, which kin-openapi does not look for, and bytes that no parameter may
// hold.
func checkQuery(op *operation, raw string) []storelink.FieldError {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return []storelink.FieldError{{Pointer: "query", Detail: "is not a well-formed query string"}}
	}
	var places []storelink.FieldError
	for _, name := range slices.Sorted(maps.Keys(query)) {
		several, known := op.query[name]
		switch {
		case !known:
			places = append(places, storelink.FieldError{Pointer: cut(name), Detail: "is not a parameter of this call"})
		case len(query[name]) > 1 && !several:
			places = append(places, storelink.FieldError{Pointer: name, Detail: "is given more than once"})
		case slices.ContainsFunc(query[name], unprintable):
			places = append(places, storelink.FieldError{Pointer: name, Detail: "holds a control character or is not UTF-8"})
		}
		if len(places) == maxPlaces {
			break
		}
	}
	return places
}

func unprintable(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
}

// checkHeaders finds repeated lines of a declared header, of which kin-openapi sees the first alone.
func checkHeaders(op *operation, h http.Header) []storelink.FieldError {
	var places []storelink.FieldError
	for _, name := range op.headers {
		if len(h.Values(name)) > 1 {
			places = append(places, storelink.FieldError{Pointer: name, Detail: "is given more than once"})
		}
	}
	return places
}

// cut shortens a name that a client made up, so that an answer stays short and printable.
func cut(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return name
}

func checkSchema(op *operation, c echo.Context) []storelink.FieldError {
	r := c.Request()
	params := make(map[string]string, len(c.ParamNames()))
	for _, name := range c.ParamNames() {
		value, err := url.PathUnescape(c.Param(name))
		if err != nil {
			return []storelink.FieldError{{Pointer: name, Detail: "is not well-formed"}}
		}
		params[name] = value
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      op.route,
		Options: &openapi3filter.Options{
			MultiError:         r.ContentLength <= maxCollected,
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
		},
	})
	if err == nil {
		return nil
	}
	return placesOf(err, "")
}

// placesOf turns kin-openapi's errors into places, in sentences of ours: its own can be long or quote a value.
func placesOf(err error, parameter string) []storelink.FieldError {
	switch e := err.(type) { //nolint:errorlint // each level of what kin-openapi nests is looked at by itself
	case openapi3.MultiError:
		var places []storelink.FieldError
		for _, one := range e {
			places = append(places, placesOf(one, parameter)...)
		}
		return places
	case *openapi3filter.RequestError:
		return placesOfRequest(e)
	case *openapi3.SchemaError:
		return []storelink.FieldError{placeOf(e, parameter)}
	}
	return []storelink.FieldError{{Pointer: parameter, Detail: "cannot be read"}}
}

func placesOfRequest(e *openapi3filter.RequestError) []storelink.FieldError {
	name := ""
	if e.Parameter != nil {
		name = e.Parameter.Name
	}
	var parse *openapi3filter.ParseError
	var schema *openapi3.SchemaError
	var several openapi3.MultiError
	switch {
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
		return []storelink.FieldError{{Pointer: name, Detail: "is missing"}}
	case errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
		return []storelink.FieldError{{Pointer: name, Detail: "must not be empty"}}
	case errors.As(e.Err, &several):
		return placesOf(several, name)
	case errors.As(e.Err, &schema):
		return placesOf(schema, name)
	case errors.As(e.Err, &parse) && e.Parameter != nil:
		return []storelink.FieldError{{Pointer: name, Detail: "must be " + typeWords(e.Parameter.Schema.Value)}}
	}
	return []storelink.FieldError{{Pointer: name, Detail: "cannot be read"}}
}

func placeOf(e *openapi3.SchemaError, parameter string) storelink.FieldError {
	pointer := parameter
	if parameter == "" {
		pointer = jsonPointer(e.JSONPointer())
	}
	if quoted, ok := strings.CutPrefix(e.Reason, "property "); ok && e.SchemaField == "properties" {
		name, err := strconv.Unquote(strings.TrimSuffix(quoted, " is unsupported"))
		if err == nil {
			return storelink.FieldError{Pointer: pointer + jsonPointer([]string{cut(name)}), Detail: "is not a field of this object"}
		}
	}
	return storelink.FieldError{Pointer: pointer, Detail: sentence(e)}
}

// sentence says what is wrong with the value, without the value.
func sentence(e *openapi3.SchemaError) string {
	s := e.Schema
	text, isText := e.Value.(string)
	switch e.SchemaField {
	case "required":
		return "is missing"
	case "type", "nullable":
		return "must be " + typeWords(s)
	case "enum":
		return "must be one of " + enumWords(s)
	case "minimum", "maximum":
		return fmt.Sprintf("must be from %g to %g", deref(s.Min), deref(s.Max))
	case "minItems":
		return fmt.Sprintf("must have at least %d entry", s.MinItems)
	case "maxItems":
		return fmt.Sprintf("may have at most %d entries", deref(s.MaxItems))
	}
	switch {
	case isText && s.Format == "uuid":
		return "must be a UUID with its hyphens"
	case isText && e.SchemaField == "pattern" && deref(s.MaxLength) == storelink.MaxLocalStoreID && storelink.CheckLocalStoreID(text) != "":
		return storelink.CheckLocalStoreID(text)
	case e.SchemaField == "minLength" && s.MinLength == 1:
		return "must not be empty"
	case e.SchemaField == "minLength":
		return fmt.Sprintf("must have at least %d characters", s.MinLength)
	case e.SchemaField == "maxLength":
		return fmt.Sprintf("may have at most %d characters", deref(s.MaxLength))
	case e.SchemaField == "pattern":
		return "must match " + s.Pattern
	}
	return "is not valid"
}

func typeWords(s *openapi3.Schema) string {
	if s.Format == "uuid" {
		return "a UUID with its hyphens"
	}
	switch {
	case s.Type.Is("integer"):
		return "a whole number"
	case s.Type.Is("array"):
		return "an array"
	case s.Type.Is("object"):
		return "an object"
	case s.Type.Is("boolean"):
		return "true or false"
	case s.Type.Is("number"):
		return "a number"
	}
	return "a string"
}

func enumWords(s *openapi3.Schema) string {
	words := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// jsonPointer joins the steps as RFC 6901 section 3 has it.
func jsonPointer(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
	}
	return b.String()
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// joinPrefer makes one line of the several that Prefer may come in (RFC 7240 section 2).
func joinPrefer(h http.Header) {
	switch lines := h.Values("Prefer"); {
	case len(lines) > 1:
		h.Set("Prefer", strings.Join(lines, ", "))
	case len(lines) == 1 && strings.TrimSpace(lines[0]) == "":
		h.Del("Prefer")
	}
	if strings.Trim(h.Get("Prefer"), ", \t") == "" {
		h.Del("Prefer")
	}
}
