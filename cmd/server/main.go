// Command storelink puts a company's stores onto the Otter / CloudKitchens platform.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"storelink/internal/config"
)

// version is set when the program is linked.
var version = "development"

// Exit codes.
const (
	exitFailed     = 1
	exitBadSetting = 2
)

type commands struct {
	Serve      serveCommand      `cmd:"" help:"Run the service. Everything comes from the environment."`
	Dev        devCommand        `cmd:"" help:"Run the service with a private database and the sandbox, for development."`
	Demo       demoCommand       `cmd:"" help:"Play the whole flow on a throw-away stack, and print every step."`
	Sandbox    sandboxCommand    `cmd:"" help:"Run the stand-in upstream alone."`
	Migrate    migrateCommand    `cmd:"" help:"Change the database's schema."`
	Keyset     keysetCommand     `cmd:"" help:"Make and change keysets that seal tokens."`
	Reseal     resealCommand     `cmd:"" help:"Seal everything that is stored with the keyset's primary key. Replicas go on working."`
	AdminToken adminTokenCommand `cmd:"" name:"admin-token" help:"Make an admin token and its setting."`
	Secrets    secretsCommand    `cmd:"" help:"Write random secrets for a deployment into a folder, where they are missing."`
	Doctor     doctorCommand     `cmd:"" help:"Check a deployment, and change nothing. Takes the settings of serve."`
	Health     healthCommand     `cmd:"" help:"Ask a running service whether it is ready."`

	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run parses the command line, runs the command and returns the exit code.
func run(ctx context.Context, args []string) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("storelink"),
		kong.Description("Puts a company's stores onto the Otter / CloudKitchens platform."),
		kong.Vars{"version": version},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "storelink: "+settingError(err))
		return exitBadSetting
	}
	return fail(command.Run())
}

func fail(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "storelink: %v\n", err)
	var setting *config.Error
	if errors.As(err, &setting) {
		return exitBadSetting
	}
	return exitFailed
}
