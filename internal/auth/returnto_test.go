package auth

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var trusted = []string{"https://app.example.com", "https://app.example.com:8443"}

func TestReturnTo(t *testing.T) {
	for to, want := range map[string]bool{
		"":                                      true,
		"/":                                     true,
		"/brands/1?q=a%20b&x=//y#part":          true,
		"/a.b/..c":                              true,
		"/100%25":                               false, // reads as half an escape once decoded
		"https://app.example.com":               true,
		"https://app.example.com/":              true,
		"https://app.example.com/x?y#z":         true,
		"https://app.example.com?x":             true,
		"https://app.example.com:8443/x":        true,
		"//e":                                   false,
		"///e":                                  false,
		`/\e`:                                   false,
		`\\e`:                                   false,
		`/a\b`:                                  false,
		"/%5Ce":                                 false,
		"/%255Ce":                               false,
		"%09//e":                                false,
		"/%09//e":                               false,
		"/%09/e":                                false,
		"/\t/e":                                 false,
		"\t//e":                                 false,
		" //e":                                  false,
		"/%2Fe":                                 false,
		"/%2f%2fe":                              false,
		"/%252Fe":                               false,
		"/.//e":                                 false,
		"/x/..//e":                              false,
		"/./e":                                  false,
		"/%2e%2e/e":                             false,
		"/a%0d%0aSet-Cookie:x":                  false,
		"/a\r\nb":                               false,
		"/ä":                                    false,
		"/%zz":                                  false,
		"e":                                     false,
		"?x":                                    false,
		"javascript:alert(1)":                   false,
		"data:text/html,x":                      false,
		"https:/e":                              false,
		"https:e":                               false,
		"https:///e":                            false,
		"http://app.example.com/":               false,
		"HTTPS://app.example.com/":              false,
		"https://app.example.com:444/":          false,
		"https://app.example.com.e/":            false,
		"https://app.example.com@e/":            false,
		"https://e@app.example.com/":            false,
		"https://e/https://app.example.com":     false,
		"https://app.example.com//e":            false,
		"https://app.example.com\\@e":           false,
		"https://APP.example.com/":              false,
		"https://evil.example.com/":             false,
		"/" + strings.Repeat("a", maxReturnTo):  false,
		"https://app.example.com/%09//e":        false,
		"https://app.example.com/x%252F%252Fe/": false,
	} {
		got, ok := checkReturnTo(to, trusted)
		require.Equal(t, want, ok, "%q", to)
		if ok && to != "" {
			require.Equal(t, to, got)
		}
	}
}

// Whatever is accepted leads, read as browsers read it, to this site or to a trusted origin.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{"/", "//e", `/\e`, "/%09//e", "https://app.example.com/x", "https://app.example.com@e/", "/a/../b", "https:e"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://self.example.net/auth/callback")
	require.NoError(f, err)
	allowed := append([]string{"https://self.example.net"}, trusted...)
	f.Fuzz(func(t *testing.T, to string) {
		got, ok := checkReturnTo(to, trusted)
		if !ok {
			return
		}
		// The URL standard strips white space and reads a backslash as a slash.
		asBrowser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(got))
		require.Equal(t, got, asBrowser)
		u, err := base.Parse(asBrowser)
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.True(t, slices.Contains(allowed, u.Scheme+"://"+u.Host), "%q leads to %q", to, u.Host)
		require.False(t, strings.HasPrefix(u.Path, "//"), "%q", to)
	})
}
