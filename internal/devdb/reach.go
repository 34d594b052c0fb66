package devdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// standIn is where a folder goes that the server's account cannot reach. Unlike /tmp it is kept over a restart.
const standIn = "/var/tmp"

// makeDir makes the folder that the server uses and hands it to the server's account.
func makeDir(o Options, acc *account) (string, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", fmt.Errorf("find the folder of the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the database: %w", err)
	}
	if !acc.reaches(filepath.Dir(dir)) {
		base, err := replacement(dir, acc)
		if err != nil {
			return "", err
		}
		o.Logger.Info("the database's folder cannot be reached by the account that runs it; another is used",
			"account", acc.name(), "dir", dir, "instead", base)
		dir = filepath.Join(base, "postgres")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the database: %w", err)
	}
	return dir, acc.own(dir)
}

// reachablePrograms returns bin, or the folder of a copy where the account cannot reach bin.
func (a *account) reachablePrograms(ctx context.Context, bin string) (string, error) {
	if a.reaches(bin) {
		return bin, nil
	}
	native := filepath.Dir(bin)
	pinned, _ := os.ReadFile(filepath.Join(filepath.Dir(native), "package.json")) // its version names the copy
	base, err := replacement(native+string(pinned), a)
	if err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(base, "lock"))
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", base, err)
	}
	defer unlock()
	copied, fresh := filepath.Join(base, "native"), filepath.Join(base, "native.new")
	if _, err := os.Stat(copied); err == nil {
		return filepath.Join(copied, "bin"), nil
	}
	if err := os.RemoveAll(fresh); err != nil {
		return "", fmt.Errorf("clear an unfinished copy: %w", err)
	}
	if err := os.CopyFS(fresh, os.DirFS(native)); err != nil {
		return "", fmt.Errorf("copy the PostgreSQL programs to where the account %s reaches them: %w", a.name(), err)
	}
	if err := os.Rename(fresh, copied); err != nil {
		return "", fmt.Errorf("put the copied PostgreSQL programs in place: %w", err)
	}
	return filepath.Join(copied, "bin"), nil
}

// replacement returns a folder of ours under /var/tmp that belongs to the given name.
func replacement(name string, acc *account) (string, error) {
	sum := sha256.Sum256([]byte(name))
	dir := filepath.Join(standIn, "storelink-"+hex.EncodeToString(sum[:6]))
	if !acc.reaches(standIn) {
		return "", fmt.Errorf("the account %s, which has to run PostgreSQL for root, reaches neither the project's folder nor %s; "+
			"move the project or run as another user", acc.name(), standIn)
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make a folder for the database: %w", err)
	}
	// Anybody may write to the parent: a folder that somebody else put there is not used.
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || !mine(info) {
		return "", fmt.Errorf("%s is not a folder of this user's: remove it", dir)
	}
	return dir, nil
}
