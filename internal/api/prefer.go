package api

import (
	"fmt"
	"strings"
	"time"
)

const (
	defaultWait = 10 * time.Second
	maxWait     = 30 * time.Second
)

// preference is what a Prefer header says about waiting.
type preference struct {
	wait    time.Duration
	applied string // for Preference-Applied (RFC 7240 section 3); "" where nothing was asked for
}

// parsePrefer reads wait and respond-async (RFC 7240 sections 4.1 and 4.3). The first of several equal preferences
// counts; anything that is not understood is ignored. Where both are given, wait says when to answer.
func parsePrefer(header string) preference {
	seen := map[string]string{}
	for _, element := range splitOutsideQuotes(header, ',') {
		first := splitOutsideQuotes(element, ';')[0]
		name, value, _ := strings.Cut(first, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, repeated := seen[name]; !repeated {
			seen[name] = unquote(strings.TrimSpace(value))
		}
	}
	if seconds, ok := parseSeconds(seen["wait"]); ok {
		return preference{wait: seconds, applied: fmt.Sprintf("wait=%d", int(seconds.Seconds()))}
	}
	if _, ok := seen["respond-async"]; ok {
		return preference{applied: "respond-async"}
	}
	return preference{wait: defaultWait}
}

// parseSeconds reads digits and clamps them at maxWait, however many there are.
func parseSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	var d time.Duration
	for _, digit := range s {
		if d = d*10 + time.Duration(digit-'0')*time.Second; d > maxWait {
			return maxWait, true
		}
	}
	return d, true
}

func splitOutsideQuotes(s string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// unquote takes the quotes and backslashes off a quoted-string (RFC 9110 section 5.6.4).
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
