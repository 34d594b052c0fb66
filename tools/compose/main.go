// Command compose reads a Compose file as Docker Compose does and fails where it is not valid: an unknown key, a service
// or volume that is not there, a cycle.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: compose FILE")
		os.Exit(2)
	}
	if err := check(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(ctx context.Context, path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithWorkingDirectory(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if _, err := options.LoadProject(ctx); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
