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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
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

var errInterrupted = errors.New("interrupted")

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newCommand()
	secret := &cobra.Command{Use: "secret", Short: "Write or check the secret with the credentials"}
	secret.AddCommand(newCreateCommand(), newCheckCommand())
	root.AddCommand(secret)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	refuseUnknownWords(root)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	understood := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		cmd.Flags().Visit(func(f *pflag.Flag) { // an empty variable of a shell, most likely
			if v := f.Value.String(); v == "" || v == "[]" {
				err = fmt.Errorf("--%s: expected a value, got nothing", f.Name)
			}
		})
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
	if ctx.Err() != nil && !errors.Is(err, errInterrupted) { // what it broke off has other words for it
		err = errInterrupted
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

// options is the command line.
type options struct {
	ids         []string
	secretID    string
	credentials string
	simulate    string
	region      string
	origins     []string
	speed       float64
	timeout     time.Duration
	minSuccess  int
	partial     string
	settle      string
	expect      []string
	output      string
	kmsKeyID    string
	untried     bool
}

// wanted says what a flag of that type takes.
var wanted = map[string]string{
	"bool":        "true or false",
	"duration":    "a duration such as 30s, 10m or 72h",
	"float64":     "a number from 0.001 to 10000",
	"int":         "an integer from 1 to 100",
	"stringSlice": "a list with commas, such as a,b",
}

func inOurWords(_ *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := bad.GetFlag()
		return fmt.Errorf("--%s: expected %s, got %q", flag.Name, wanted[flag.Value.Type()], bad.GetValue())
	}
	return err
}

// addPlaceFlags adds what says where the secret is, and where its credentials may go.
func (o *options) addPlaceFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.region, "region", "", "AWS `region` of the secret (default: as the AWS CLI finds it)")
	f.StringSliceVar(&o.origins, "allow-origin", nil,
		"`origin` that may get the credentials, in addition to https://*.paloaltonetworks.com")
}

// addSourceFlags adds what says where the credentials come from.
func (o *options) addSourceFlags(f *pflag.FlagSet) {
	f.StringVar(&o.secretID, "secret-id", "", "name or ARN of the `secret` with the credentials")
	f.StringVar(&o.credentials, "credentials", "", "`file` with the secret's JSON; a pipe is read once")
	o.addPlaceFlags(f)
}

func (o *options) addWaitFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	choice := func(to *string, flag, usage, usual string, values ...string) {
		f.StringVar(to, flag, usual, usage)
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveDefault)) // it exists
	}
	choice(&o.simulate, "simulate", "`scenario` to play instead of a real tenant: a name or a .json file", "",
		xdrtest.Names()...)
	f.Float64Var(&o.speed, "speed", 10, "simulated seconds for each real second, with --simulate")
	f.DurationVar(&o.timeout, "timeout", handler.DefaultConfig().Timeout,
		"time limit, from the start of xdrwait; what is still pending then counts as failed")
	f.IntVar(&o.minSuccess, "min-success", 100, "`percent` of the endpoints that must succeed")
	choice(&o.partial, "partial", "what COMPLETED_PARTIAL counts as: `failed|done|pending`", "failed",
		"failed", "done", "pending")
	choice(&o.settle, "settle", "`all|certain`: judge once all have ended, or once the outcome is certain", "all",
		"all", "certain")
	f.StringSliceVar(&o.expect, "expect", []string{}, "`agent` id that must appear; may be repeated")
	choice(&o.output, "output", "form of the final verdict on standard output: `table|json|csv`", "table", outputs...)
}

var outputs = []string{"table", "json", "csv"}

// check refuses, among others, a speed at which a pause takes longer than anyone waits, or a signature is too old when
// it arrives; and a time limit that the step does not take.
func (o *options) check() error {
	sources := []string{o.secretID, o.credentials, o.simulate}
	sources = slices.DeleteFunc(sources, func(s string) bool { return s == "" })
	switch {
	case len(o.ids) == 0 && o.simulate == "":
		return errors.New("expected at least one GROUP_ACTION_ID")
	case len(sources) == 0 && strings.Trim(o.ids[0], "0123456789") != "":
		return fmt.Errorf("unknown command %q", o.ids[0])
	case len(sources) != 1:
		return errors.New("expected exactly one of --secret-id, --credentials or --simulate")
	case !slices.Contains(outputs, o.output):
		return fmt.Errorf("--output: expected table, json or csv, got %q", o.output)
	case !(o.speed >= 0.001 && o.speed <= 10_000): // NaN is neither
		return fmt.Errorf("--speed: expected %s, got %v", wanted["float64"], o.speed)
	case o.timeout < time.Second, o.timeout > 168*time.Hour:
		return fmt.Errorf("--timeout: expected 1s to 168h, got %v", o.timeout)
	}
	return nil
}
