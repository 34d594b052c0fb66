package api

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// level is an object or array that repeatedName is inside of.
type level struct {
	names map[string]bool // nil: an array
	step  string          // the name or index that the scan is at
	index int
	value bool // in an object, the next token is a name's value
}

// repeatedName finds a name that stands twice in one object of a valid JSON document, and returns its place. Readers
// differ in which of the two counts (RFC 8259 section 4), so what was checked might not be what is used.
func repeatedName(document []byte) (place string, found bool) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var levels []level
	for {
		token, err := d.Token()
		if err != nil {
			return "", false
		}
		if delimiter, ok := token.(json.Delim); ok && (delimiter == '}' || delimiter == ']') {
			levels = levels[:len(levels)-1]
			continue
		}
		if len(levels) > 0 {
			if levels[len(levels)-1].next(token) {
				return placeIn(levels), true
			}
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}

// next takes the next token of this level and reports whether it repeats a name.
func (l *level) next(token json.Token) bool {
	if l.names == nil {
		l.step = strconv.Itoa(l.index)
		l.index++
		return false
	}
	if l.value {
		l.value = false
		return false
	}
	name, _ := token.(string)
	again := l.names[name]
	l.names[name], l.step, l.value = true, name, true
	return again
}

func placeIn(levels []level) string {
	steps := make([]string, len(levels))
	for i, l := range levels {
		steps[i] = cut(l.step)
	}
	return jsonPointer(steps)
}
