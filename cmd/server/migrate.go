package main

import (
	"fmt"
	"os"
	"strings"

	"storelink/internal/config"
	"storelink/internal/store"
)

type databaseFlags struct {
	DatabaseURL     string `name:"database-url" env:"STORELINK_DATABASE_URL" help:"Address of the Postgres database."`
	DatabaseURLFile string `name:"database-url-file" env:"STORELINK_DATABASE_URL_FILE" help:"File that holds it."`
}

func (d databaseFlags) url() (string, error) {
	if d.DatabaseURLFile != "" {
		content, err := os.ReadFile(d.DatabaseURLFile)
		if err != nil {
			return "", &config.Error{Setting: "STORELINK_DATABASE_URL_FILE", Problem: "must be the path of a readable file"}
		}
		return strings.TrimSpace(string(content)), nil
	}
	if d.DatabaseURL == "" {
		return "", &config.Error{Setting: "STORELINK_DATABASE_URL", Problem: "is required (or STORELINK_DATABASE_URL_FILE)"}
	}
	return d.DatabaseURL, nil
}

type migrateCommand struct {
	Up      migrateUp      `cmd:"" help:"Bring the database to the newest schema."`
	Down    migrateDown    `cmd:"" help:"Take migrations back."`
	Version migrateVersion `cmd:"" help:"Print the schema's version."`
}

type migrateUp struct{ databaseFlags }

// Run migrates up.
func (c *migrateUp) Run() error {
	url, err := c.url()
	if err != nil {
		return err
	}
	return store.Migrate(url)
}

type migrateDown struct {
	databaseFlags
	Steps int `arg:"" optional:"" default:"1" help:"How many."`
}

// Run migrates down.
func (c *migrateDown) Run() error {
	url, err := c.url()
	if err != nil {
		return err
	}
	return store.MigrateDown(url, c.Steps)
}

type migrateVersion struct{ databaseFlags }

// Run prints the version.
func (c *migrateVersion) Run() error {
	url, err := c.url()
	if err != nil {
		return err
	}
	number, dirty, err := store.MigrationVersion(url)
	if err != nil {
		return err
	}
	if dirty {
		return fmt.Errorf("the migration to version %d broke off", number)
	}
	fmt.Println(number)
	return nil
}
