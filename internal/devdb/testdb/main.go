// Command testdb starts and stops the database server that the tests share. The tests start it by themselves; make stops
// it after them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink/internal/devdb"
)

const usage = `usage: testdb start|stop|url

  start  start the shared test server, or find the running one
  stop   stop it, unless somebody is connected to it; it is no error where none runs
  url    print the address of the running one`

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		cancel()
		os.Exit(1) //nolint:gocritic // cancel has run
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s", usage)
	}
	o := devdb.ForTests()
	o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	if args[0] == "start" {
		_, err := devdb.Start(ctx, o)
		return err
	}
	s, err := devdb.Find(ctx, o)
	if err != nil {
		return err
	}
	switch {
	case args[0] == "stop" && s == nil:
		return nil
	case args[0] == "stop":
		return stop(ctx, s)
	case args[0] == "url" && s == nil:
		return fmt.Errorf("the test server does not run: testdb start")
	case args[0] == "url":
		_, err := fmt.Println(s.URL())
		return err
	}
	return fmt.Errorf("%s", usage)
}

func stop(ctx context.Context, s *devdb.Server) error {
	users, err := connections(ctx, s.URL())
	if err == nil && users > 0 {
		fmt.Fprintf(os.Stderr, "the test server stays: %d connections are open to it\n", users)
		return nil
	}
	return s.Stop(ctx)
}

// connections counts the clients of the server beside this one.
func connections(ctx context.Context, url string) (int, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx) //nolint:errcheck // the count is known by then
	var n int
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n)
	return n, err
}
