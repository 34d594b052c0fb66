package devdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postmaster is what postmaster.pid says of a server: the lines of PostgreSQL's pidfile.h.
type postmaster struct {
	pid  int
	port int
}

// readPostmaster returns nil where no server has left a file.
func readPostmaster(data string) (*postmaster, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a running server: %w", err)
	}
	var pm postmaster
	lines := strings.Split(string(text), "\n")
	// What cannot be read is 0, which is no process; the port comes a moment after the process id.
	pm.pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 3 {
		pm.port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	return &pm, nil
}

// adoptPatience is how long a server found running may take to answer: it may be recovering.
const adoptPatience = 10 * time.Second

// adopt takes over the server that runs in the folder, and reports whether there was one. One that does not answer is
// stopped.
func (s *Server) adopt(ctx context.Context) (bool, error) {
	pm, err := readPostmaster(s.data())
	if err != nil || pm == nil {
		return false, err
	}
	if !isPostmaster(pm.pid, s.data()) {
		// Postgres itself refuses to start where the process id went to another program of the same account.
		if err := os.Remove(filepath.Join(s.data(), "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("remove the file of a dead server: %w", err)
		}
		return false, nil
	}
	s.pid = pm.pid
	patience, cancel := context.WithTimeout(ctx, adoptPatience)
	defer cancel()
	err = poll(patience, func() bool {
		if pm, _ := readPostmaster(s.data()); pm != nil {
			s.port = pm.port
		}
		return (s.port != 0 && s.answers(patience)) || !isPostmaster(s.pid, s.data())
	})
	if err == nil && isPostmaster(s.pid, s.data()) {
		s.log.Info("postgres found running", "dir", s.dir, "port", s.port, "pid", s.pid)
		return true, nil
	}
	s.log.Warn("postgres found running does not answer and is stopped", "dir", s.dir, "pid", s.pid)
	return false, s.end(ctx)
}
