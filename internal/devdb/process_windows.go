package devdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// account is always nil here: the server runs as the user of this process.
type account struct{}

func serverAccount() (*account, error) { return nil, nil }

func (a *account) name() string { return "of this user" }

// apply puts cmd into a process group of its own, which Ctrl-C does not reach.
func (a *account) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func (a *account) own(string) error { return nil }

func (a *account) reaches(string) bool { return true }

func mine(os.FileInfo) bool { return true }

// isPostmaster reports whether the process lives. That it is the data folder's server is taken from postmaster.pid.
func isPostmaster(pid int, _ string) bool {
	handle, err := syscall.OpenProcess(syscall.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return false
	}
	defer syscall.CloseHandle(handle) //nolint:errcheck // nothing depends on it
	event, err := syscall.WaitForSingleObject(handle, 0)
	return err == nil && event == syscall.WAIT_TIMEOUT
}

// signal asks the server to end: INT closes connections and ends in order, QUIT leaves recovery to the next start.
func (p programs) signal(pid int, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := exec.CommandContext(ctx, p.path("pg_ctl"), "kill", name, strconv.Itoa(pid)).Run(); err != nil {
		return fmt.Errorf("signal %s to process %d: %w", name, pid, err)
	}
	return nil
}

// lock opens the file for this process alone, until unlock or the end of the process.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const sharingViolation syscall.Errno = 32
	var handle syscall.Handle
	var openErr error
	err = poll(ctx, func() bool {
		handle, openErr = syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
		return !errors.Is(openErr, sharingViolation)
	})
	if err := errors.Join(err, openErr); err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(handle) }, nil
}
