package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"storelink/internal/auth"
	"storelink/internal/config"
)

type adminTokenCommand struct {
	Name string `arg:"" help:"The actor in history."`
	Role string `required:"" enum:"read,operate,connect" help:"read, operate or connect."`
}

// Run prints a token, once, and what to put into the setting.
func (c *adminTokenCommand) Run() error {
	if strings.ContainsAny(c.Name, ":, ") || c.Name == "" {
		return errors.New("the name must be without colons, commas and spaces: it becomes part of a setting")
	}
	token, setting := newAdminToken(c.Name, c.Role)
	fmt.Printf("token:   %s\nsetting: %s\n", token, setting)
	return nil
}

func newAdminToken(name, role string) (token, setting string) {
	token = rand.Text()
	return token, adminSetting(name, role, token)
}

func adminSetting(name, role, token string) string {
	return fmt.Sprintf("%s:%s:%x", name, role, sha256.Sum256([]byte(token)))
}

type secretsCommand struct {
	Dir      string `arg:"" help:"The folder."`
	Database string `default:"postgres://storelink@postgres:5432/storelink?sslmode=disable" help:"The database's address, without a password."`
	Owner    int    `default:"-1" help:"User id that the files are given to."`
}

// Run writes each secret that is missing into a file of its own.
func (c *secretsCommand) Run() error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	password, err := c.keep("database-password", func() (string, error) { return rand.Text(), nil })
	if err != nil {
		return err
	}
	address, err := url.Parse(c.Database)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	address.User = url.UserPassword(address.User.Username(), password)
	for name, fresh := range map[string]func() (string, error){
		"database-url":  func() (string, error) { return address.String(), nil },
		"client-secret": func() (string, error) { return rand.Text(), nil },
		"keyset":        auth.NewKeyset,
	} {
		if _, err := c.keep(name, fresh); err != nil {
			return err
		}
	}
	token, err := c.keep("admin-token", func() (string, error) { return rand.Text(), nil })
	if err != nil {
		return err
	}
	_, err = c.keep("admin-tokens", func() (string, error) { return adminSetting("operator", config.RoleOperate, token), nil })
	return err
}

// keep returns the content of the file, which it writes where it is missing.
func (c *secretsCommand) keep(name string, fresh func() (string, error)) (string, error) {
	path := filepath.Join(c.Dir, name)
	content, err := os.ReadFile(path)
	if err == nil {
		return string(content), c.give(path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	secret, err := fresh()
	if err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	if err := os.WriteFile(path, []byte(secret), 0o400); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return secret, c.give(path)
}

// give makes the file the owner's, who alone can read it.
func (c *secretsCommand) give(path string) error {
	if c.Owner < 0 {
		return nil
	}
	if err := os.Chown(path, c.Owner, c.Owner); err != nil {
		return fmt.Errorf("give a secret away: %w", err)
	}
	return nil
}
