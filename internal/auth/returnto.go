package auth

import (
	"net/url"
	"slices"
	"strings"
)

const maxReturnTo = 2048

// checkReturnTo returns the address that a sign-in ends on and whether it is one that a browser may be sent to: a path
// of this site, or an address on exactly one of the origins. Empty stands for "/". Whatever browsers, proxies or the
// page may read in two ways is refused.
func checkReturnTo(to string, origins []string) (string, bool) {
	if to == "" {
		return "/", true
	}
	if len(to) > maxReturnTo || !plain(to) {
		return "", false
	}
	u, err := url.Parse(to)
	if err != nil || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if u.Scheme == "" && u.Host == "" {
		return to, strings.HasPrefix(to, "/") && safePath(u.EscapedPath())
	}
	origin := u.Scheme + "://" + u.Host
	rest, found := strings.CutPrefix(to, origin)
	if !found || !slices.Contains(origins, origin) || (rest != "" && !strings.ContainsAny(rest[:1], "/?#")) {
		return "", false
	}
	path := u.EscapedPath()
	return to, path == "" || safePath(path)
}

// plain reports whether s is visible ASCII without a backslash, which browsers take for a slash.
func plain(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' || r == '\\' {
			return false
		}
	}
	return true
}

// safePath looks at the path as it stands and as it reads after each decoding: somebody on the way may decode it.
func safePath(path string) bool {
	for range 5 {
		if !printable(path) || !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || dotted(path) {
			return false
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			return false
		}
		if decoded == path {
			return true
		}
		path = decoded
	}
	return false
}

// printable reports whether a decoded path has neither control characters nor a backslash.
func printable(path string) bool {
	return !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' })
}

func dotted(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return s == "." || s == ".." })
}
