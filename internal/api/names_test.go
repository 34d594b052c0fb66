package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRepeatedName(t *testing.T) {
	tests := []struct {
		document, place string
		found           bool
	}{
		{`null`, "", false},
		{`"a"`, "", false},
		{`1e9999`, "", false},
		{`{}`, "", false},
		{`[[], {}, [1, "a", "a"]]`, "", false},
		{`{"a": 1, "b": {"a": "a"}, "c": [{"a": 1}, {"a": 2}]}`, "", false},
		{`{"a": "b", "b": "a"}`, "", false},
		{`{"a": 1, "A": 2}`, "", false},
		{`{"a": 1, "a": 1}`, "/a", true},
		{`{"a": {"b": []}, "a": {}}`, "/a", true},
		{`{"a": 1, "\u0061": 2}`, "/a", true},
		{`{"": 1, "": 2}`, "/", true},
		{`{"a/~": 1, "a/~": 2}`, "/a~1~0", true},
		{`{"a": [0, {"b": 1}, {"c": {}, "d": [[]], "c": 3}]}`, "/a/2/c", true},
		{`[[1, {"a": 1, "a": 1}]]`, "/0/1/a", true},
		{strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "", false},
	}
	for _, tt := range tests {
		place, found := repeatedName([]byte(tt.document))
		require.Equal(t, tt.found, found, "%.40s", tt.document)
		require.Equal(t, tt.place, place, "%.40s", tt.document)
	}
}
