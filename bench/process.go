package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	stopPatience = 12 * time.Second
	pollEvery    = 2 * time.Millisecond
)

// process is a program that was started here and is ended here.
type process struct {
	name  string
	cmd   *exec.Cmd
	began time.Time
	done  chan struct{}
}

// startProcess starts a program whose output goes to a log of its name. Of this environment it gets only what programs
// need to run, so that a developer's own settings change no figure.
func startProcess(ctx context.Context, name string, settings []string, program string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(stateDir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	cmd := command(ctx, settings, program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	p := &process{name: name, cmd: cmd, began: time.Now(), done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // that it ended is all that is asked of it
	}()
	return p, nil
}

func command(ctx context.Context, settings []string, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the project's own programs
	cmd.Env = settings
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		cmd.Env = append(cmd.Env, name+"="+os.Getenv(name))
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopPatience
	return cmd
}

// output runs a command of storelink's to its end and returns what it printed.
func output(ctx context.Context, settings []string, args ...string) (string, error) {
	text, err := command(ctx, settings, binary, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("%s %s: %w: %s", binary, strings.Join(args, " "), err, failed.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", binary, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(text)), nil
}

// stop ends the process and returns once it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt) // where it has ended already, done says so
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-p.done:
		return
	case <-timer.C:
	}
	p.kill()
}

// kill ends the process by SIGKILL and returns once it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // where it has ended already, done says so
	<-p.done
}

// ready waits until the address answers 200, and returns how long that took since the start of the process.
func (p *process) ready(ctx context.Context, address string) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if answers(ctx, client, address) {
			return time.Since(p.began), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for %s: %w", p.name, ctx.Err())
		case <-p.done:
			return 0, fmt.Errorf("%s ended before it was ready", p.name)
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, client *http.Client, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// memory returns the process's resident memory in MiB, now (VmRSS) or at its highest (VmHWM): proc_pid_status(5).
func (p *process) memory(field string) (float64, error) {
	file, err := os.Open("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("memory is read from /proc, which Linux alone has: %w", err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && words[0] == field+":" {
			kib, err := strconv.ParseFloat(words[1], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", p.name, field)
}

// freePort returns a port that nobody listens on at the moment.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return strconv.Itoa(int(address.Port())), nil
}

// settle waits for things to come to rest.
func settle(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
