// Command xdrwait waits for a Cortex XDR response action from a terminal: the same step as the Lambda function,
// asked again until the action has ended. It also writes and checks the secret that the step reads.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what servers send unasked, and that may be an echo of the key
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once, even where no context reaches
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUnknown = 2  // could not find out
	exitUsage   = 64 // EX_USAGE of sysexits.h
)

// exitCode ends the command where all that there is to say has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is a mistake in the command line that shows only when the command runs.
type usageError struct{ error }

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newCommand()
	root.AddCommand(newSecretCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	refuseUnknownWords(root)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	understood := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := refuseEmpty(cmd.Flags())
		understood = err == nil
		return err
	}
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	for line := range strings.Lines(err.Error()) { // what is wrong, and what to do next
		fmt.Fprintln(stderr, "xdrwait:", strings.TrimSpace(line))
	}
	if _, ok := errors.AsType[usageError](err); ok || !understood {
		fmt.Fprintf(stderr, "Try %s --help.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitUnknown
}

func newCommand() *cobra.Command {
	var o options
	info, _ := debug.ReadBuildInfo() // it is in every command that is built from a module
	cmd := &cobra.Command{
		Use:   "xdrwait [flags] GROUP_ACTION_ID...",
		Short: "Wait until Cortex XDR response actions have ended",
		Long: `Wait until Cortex XDR response actions have ended, and print the result.

The credentials come from a secret in AWS Secrets Manager (--secret-id), from a file with
the same JSON (--credentials), or from a simulated tenant (--simulate).

Exit code: 0 done, 1 failed, 2 interrupted or could not find out, 64 wrong usage; of several actions
the highest.
Ctrl-C ends the wait and shows what was last seen. A second one ends xdrwait at once.`,
		Example: `  xdrwait --simulate mixed                    watch a simulated action; needs nothing else
  xdrwait --secret-id xdr/acme 22519813685366
  xdrwait --credentials acme.json --timeout 30m --min-success 90 22519813685366
  xdrwait --secret-id xdr/acme --output json 22519813685366 | jq .failed_endpoints`,
		Version:       info.Main.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          o.wait,
	}
	cmd.SetFlagErrorFunc(inOurWords)
	o.addSourceFlags(cmd.Flags())
	o.addWaitFlags(cmd)
	return cmd
}

// refuseUnknownWords is for the commands that only group, which would show their help, and for cobra's own help.
func refuseUnknownWords(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		var names []string
		for _, sub := range cmd.Commands() {
			names = append(names, sub.Name())
		}
		switch {
		case cmd.Name() == "help":
			cmd.Args = func(_ *cobra.Command, words []string) error {
				found, rest, _ := root.Find(words)
				return cobra.NoArgs(found, rest)
			}
		case names != nil:
			cmd.Args = cobra.NoArgs
			cmd.RunE = func(*cobra.Command, []string) error {
				return usageError{fmt.Errorf("expected a command: %s", strings.Join(names, ", "))}
			}
		}
	}
}
