//go:build unix

package devdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// isPostmaster reports whether the process is a living server of the data folder. A process id alone would not do: ids
// are given out again, and a dead child keeps its id until it is collected.
func isPostmaster(pid int, data string) bool {
	if pid <= 0 {
		return false
	}
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err == nil {
		return bytes.Contains(line, []byte("\x00"+data+"\x00"))
	}
	if _, procErr := os.Stat("/proc/self/cmdline"); procErr == nil && errors.Is(err, fs.ErrNotExist) {
		return false
	}
	// The answer must not depend on how much time the caller has left: no answer would read as "dead".
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // ps ends by itself
	return err == nil && bytes.Contains(out, []byte(" "+data+" "))
}

var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "KILL": syscall.SIGKILL}

// signal asks the server to end: INT closes connections and ends in order, QUIT leaves recovery to the next start.
func (p programs) signal(pid int, name string) error {
	if err := syscall.Kill(pid, signals[name]); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s to process %d: %w", name, pid, err)
	}
	return nil
}

// lock takes the file's lock, which ends with the process at the latest.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	var lockErr error
	err = poll(ctx, func() bool {
		lockErr = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		return !errors.Is(lockErr, syscall.EWOULDBLOCK) && !errors.Is(lockErr, syscall.EINTR)
	})
	if err := errors.Join(err, lockErr); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}
