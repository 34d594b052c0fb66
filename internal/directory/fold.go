package directory

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/gosimple/unidecode"
	"golang.org/x/text/unicode/norm"
)

func fields(s string) []string { return strings.Fields(s) }

var umlauts = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "ø", "o", "å", "a", "æ", "a", "œ", "o",
	"η", "i", "ή", "i", "χ", "h", "υ", "y", "ύ", "y", "ου", "ou", "ού", "ou")

// fold writes text in lower-case ASCII, whatever its script was: compatibility forms become plain ones, accents go, other
// scripts are spelled in Latin letters.
func fold(s string) string {
	s = umlauts.Replace(strings.ToLower(norm.NFKC.String(s)))
	ascii := true
	for _, r := range s {
		if r > unicode.MaxASCII {
			ascii = false
			break
		}
	}
	if !ascii {
		s = strings.ToLower(unidecode.Unidecode(norm.NFKC.String(s)))
	}
	return s
}

// spellings are two ways to write one sound, once umlauts are gone: Mueller is Müller.
var spellings = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ph", "f", "kh", "h", "iy", "i", "yy", "i", "ii", "i", "ij", "i")

var unquoted = strings.NewReplacer("'", "", "’", "", "`", "", "&", " ", "\"", "")

// tokens are the words and numbers of folded text. Apostrophes and dots within a word go; letters and digits part.
func tokens(folded string) []string {
	return strings.FieldsFunc(unquoted.Replace(folded), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func spelled(token string) string {
	if len(token) < 4 {
		return token
	}
	return spellings.Replace(token)
}

func isNumber(token string) bool { return token != "" && token[0] >= '0' && token[0] <= '9' }

func allDigits(token string) bool {
	for _, r := range token {
		if r < '0' || r > '9' {
			return false
		}
	}
	return token != ""
}

var ordinal = regexp.MustCompile(`^(\d+)(st|nd|rd|th|er|eme|e|a|o)$`)

// compact leaves letters and digits only.
func compact(s string) string { return strings.Join(tokens(fold(s)), "") }
