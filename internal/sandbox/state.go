package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const saveAtMostEvery = 200 * time.Millisecond

// state is what outlives a restart. Tokens and codes are in it as fingerprints only.
type state struct {
	Connections map[string]string        `json:"connections"`
	Codes       map[string]*authCode     `json:"codes"`
	Tokens      map[string]*accessToken  `json:"tokens"`
	Refreshes   map[string]*refreshToken `json:"refreshTokens"`
}

// marshalState encodes under the lock, since the maps' values change in place.
func (c *Core) marshalState() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return json.Marshal(state{Connections: c.connections, Codes: c.codes, Tokens: c.tokens, Refreshes: c.refreshes})
}

// unmarshalState replaces the state. Connections of stores that are not seeded any more are left out.
func (c *Core) unmarshalState(data []byte) error {
	var st state
	if err := json.Unmarshal(data, &st); err != nil {
		return fmt.Errorf("decode sandbox state: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connections, c.holders = map[string]string{}, map[string]map[string]bool{}
	for storeID, localID := range st.Connections {
		if c.world.hasStore(storeID) {
			c.connect(storeID, localID)
		}
	}
	fill(c.codes, st.Codes)
	fill(c.tokens, st.Tokens)
	fill(c.refreshes, st.Refreshes)
	return nil
}

func fill[V any](into, from map[string]*V) {
	for key, value := range from {
		if value != nil {
			into[key] = value
		}
	}
}

// stateFile keeps a core's state in a file. Its one goroutine writes; close ends it.
type stateFile struct {
	path  string
	core  *Core
	log   *slog.Logger
	dirty chan struct{}
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once
	err   error // of the last write; read after done
}

func openStateFile(path string, core *Core, log *slog.Logger) *stateFile {
	f := &stateFile{path: path, core: core, log: log, dirty: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	if err := f.load(); err != nil {
		log.Warn("sandbox state not loaded, starting afresh", "error", err)
	}
	core.mu.Lock()
	core.onChange = f.touch
	core.mu.Unlock()
	go f.run()
	return f
}

func (f *stateFile) load() error {
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read sandbox state: %w", err)
	}
	return f.core.unmarshalState(data)
}

func (f *stateFile) touch() {
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

func (f *stateFile) run() {
	defer close(f.done)
	for {
		select {
		case <-f.dirty:
			f.wait()
			f.save()
		case <-f.quit:
			f.save()
			return
		}
	}
}

func (f *stateFile) wait() {
	timer := time.NewTimer(saveAtMostEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.quit:
	}
}

func (f *stateFile) save() {
	f.err = f.write()
	if f.err != nil {
		f.log.Error("sandbox state not saved", "error", f.err)
	}
}

// write replaces the file in one step, so that a crash leaves the old state or the new one.
func (f *stateFile) write() error {
	data, err := f.core.marshalState()
	if err != nil {
		return fmt.Errorf("encode sandbox state: %w", err)
	}
	// CreateTemp makes the file readable by its owner alone.
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*")
	if err != nil {
		return fmt.Errorf("write sandbox state: %w", err)
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("write sandbox state: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

func (f *stateFile) close() error {
	f.once.Do(func() { close(f.quit) })
	<-f.done
	return f.err
}
