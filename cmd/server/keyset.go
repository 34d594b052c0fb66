package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/store"
)

type keysetCommand struct {
	New     keysetNew     `cmd:"" help:"Print a new keyset for STORELINK_KEYSET."`
	Add     keysetAdd     `cmd:"" help:"Print STORELINK_KEYSET with one more key, which opens but does not seal yet."`
	Promote keysetPromote `cmd:"" help:"Print STORELINK_KEYSET with another key as the one that seals."`
	Drop    keysetDrop    `cmd:"" help:"Print STORELINK_KEYSET without a key. Refused while it seals anything, where STORELINK_DATABASE_URL is set."`
}

// outFlag is where a keyset goes. A file that is there is never written over: the shell's > does that even before the
// command has read the old keyset.
type outFlag struct {
	Out string `type:"path" help:"Write it to this new file, which its owner alone can read, instead of printing it."`
}

func (o outFlag) put(keyset string) error {
	if o.Out == "" {
		fmt.Println(keyset)
		return nil
	}
	file, err := os.OpenFile(o.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the keyset: %w", err)
	}
	_, err = fmt.Fprintln(file, keyset)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the keyset: %w", err)
	}
	return nil
}

type keysetFlags struct {
	Keyset     string `env:"STORELINK_KEYSET" help:"The keyset."`
	KeysetFile string `name:"keyset-file" env:"STORELINK_KEYSET_FILE" help:"File that holds it."`
}

func (k keysetFlags) keyset() (string, error) {
	keyset, name := k.Keyset, "STORELINK_KEYSET"
	if k.KeysetFile != "" {
		name = "STORELINK_KEYSET_FILE"
		if keyset != "" {
			return "", &config.Error{Setting: "STORELINK_KEYSET", Problem: "is given twice: as itself and as STORELINK_KEYSET_FILE"}
		}
		content, err := os.ReadFile(k.KeysetFile)
		if err != nil {
			return "", &config.Error{Setting: name, Problem: "must be the path of a readable file"}
		}
		keyset = strings.TrimSpace(string(content))
	}
	if keyset == "" {
		return "", &config.Error{Setting: "STORELINK_KEYSET", Problem: "is required (or STORELINK_KEYSET_FILE)"}
	}
	if _, err := auth.NewSealer(keyset); err != nil {
		return "", &config.Error{Setting: name, Problem: "must be a keyset made by `storelink keyset new`"}
	}
	return keyset, nil
}

// say tells people what to do next, beside the keyset on standard output.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

type keysetNew struct{ outFlag }

// Run prints a keyset.
func (c *keysetNew) Run() error {
	keyset, err := auth.NewKeyset()
	if err != nil {
		return err
	}
	return c.put(keyset)
}

type keysetAdd struct {
	keysetFlags
	outFlag
}

// Run prints the keyset with a key more.
func (c *keysetAdd) Run() error {
	keyset, err := c.keyset()
	if err != nil {
		return err
	}
	keyset, id, err := auth.AddKey(keyset)
	if err != nil {
		return err
	}
	if err := c.put(keyset); err != nil {
		return err
	}
	say("key %d was added. Give this keyset to every replica, then: storelink keyset promote %d", id, id)
	return nil
}

type keysetPromote struct {
	keysetFlags
	outFlag
	ID uint32 `arg:"" help:"The key's id, as keyset add printed it and doctor lists it."`
}

// Run prints the keyset with another primary key.
func (c *keysetPromote) Run() error {
	keyset, err := c.keyset()
	if err != nil {
		return err
	}
	if keyset, err = auth.PromoteKey(keyset, c.ID); err != nil {
		return err
	}
	if err := c.put(keyset); err != nil {
		return err
	}
	say("key %d seals from now on. Give this keyset to every replica, then: storelink reseal", c.ID)
	return nil
}

type keysetDrop struct {
	keysetFlags
	databaseFlags
	outFlag
	ID uint32 `arg:"" help:"The key's id, as doctor lists it."`
}

// Run prints the keyset without the key, unless something is still sealed with it.
func (c *keysetDrop) Run(ctx context.Context) error {
	keyset, err := c.keyset()
	if err != nil {
		return err
	}
	if keyset, err = auth.DropKey(keyset, c.ID); err != nil {
		return err
	}
	checked := c.DatabaseURL != "" || c.DatabaseURLFile != ""
	if checked {
		if err := c.unused(ctx); err != nil {
			return err
		}
	}
	if err := c.put(keyset); err != nil {
		return err
	}
	if !checked {
		say("NOT CHECKED whether anything is still sealed with key %d: set STORELINK_DATABASE_URL to have that looked at", c.ID)
	}
	say("key %d was dropped. Give this keyset to every replica", c.ID)
	return nil
}

func (c *keysetDrop) unused(ctx context.Context) error {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	counts, err := db.CountSealed(ctx)
	if err != nil {
		return err
	}
	var used int64
	for _, count := range counts {
		if count.Key == c.ID {
			used += count.Count
		}
	}
	if used > 0 {
		return fmt.Errorf("key %d is still in use: %d values are sealed with it. Run `storelink reseal` first", c.ID, used)
	}
	return nil
}

// open opens the database for a command that does one thing after the other.
func (d databaseFlags) open(ctx context.Context) (*store.DB, error) {
	url, err := d.url()
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2, MaxLeaseConns: 1, MaxBudgetConns: 1, MaxAdminConns: 1})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := db.CheckSchema(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
