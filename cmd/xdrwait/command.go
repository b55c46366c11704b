package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

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

// usageError is a mistake in the command line.
type usageError struct{ error }

// Bounds of the flags. At a lower speed a pause takes longer than anyone waits; at a higher one a signature is too old
// when it arrives. Seven days are the most that the step takes.
const (
	minSpeed   = 0.001
	maxSpeed   = 10_000
	maxTimeout = 7 * 24 * time.Hour
)

var outputs = []string{"table", "json", "csv"}

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
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newCommand()
	root.AddCommand(newSecretCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	strict(root)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
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
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(stderr, "Try %s --help.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitUnknown
}

func newCommand() *cobra.Command {
	var o options
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
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			cmd.Flags().Visit(func(f *pflag.Flag) { // an empty variable of a shell, most likely
				if v := f.Value.String(); v == "" || v == "[]" {
					err = usageError{fmt.Errorf("--%s: expected a value, got nothing", f.Name)}
				}
			})
			return err
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ids = args
			if err := o.check(); err != nil {
				return usageError{err}
			}
			return o.wait(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	o.addSourceFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.simulate, "simulate", "", "`scenario` to play instead of a real tenant: a name or a .json file")
	f.Float64Var(&o.speed, "speed", 10, "simulated seconds in a second, with --simulate")
	f.DurationVar(&o.timeout, "timeout", handler.DefaultConfig().Timeout,
		"time limit, from the start of xdrwait; what is still pending then counts as failed")
	f.IntVar(&o.minSuccess, "min-success", 100, "`percent` of the endpoints that must succeed")
	f.StringVar(&o.partial, "partial", "failed", "what COMPLETED_PARTIAL counts as: `failed|done|pending`")
	f.StringVar(&o.settle, "settle", "all", "`all|certain`: judge once all have ended, or once the outcome is certain")
	f.StringSliceVar(&o.expect, "expect", nil, "`agent` id that must appear; may be repeated")
	f.StringVar(&o.output, "output", outputs[0], "form of the final verdict on standard output: `table|json|csv`")
	for flag, values := range map[string][]string{
		"simulate": xdrtest.Names(),
		"partial":  {"failed", "done", "pending"},
		"settle":   {"all", "certain"},
		"output":   outputs,
	} {
		complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveDefault)
		_ = cmd.RegisterFlagCompletionFunc(flag, complete) // the flags exist
	}
}

// addSourceFlags adds what says where the credentials come from.
func (o *options) addSourceFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.secretID, "secret-id", "", "name or ARN of the `secret` with the credentials")
	f.StringVar(&o.credentials, "credentials", "", "`file` with the secret's JSON; a pipe is read once")
	o.addPlaceFlags(cmd)
}

// addPlaceFlags adds what says where the secret is, and where its credentials may go.
func (o *options) addPlaceFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.region, "region", "", "AWS `region` of the secret (default: as the AWS CLI finds it)")
	f.StringSliceVar(&o.origins, "allow-origin", nil,
		"`origin` that may get the credentials, beside https://*.paloaltonetworks.com")
}

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
	case !(o.speed >= minSpeed && o.speed <= maxSpeed): // NaN is neither
		return fmt.Errorf("--speed: expected a number from %v to %v, got %v", minSpeed, maxSpeed, o.speed)
	case o.timeout < time.Second, o.timeout > maxTimeout:
		return fmt.Errorf("--timeout: expected 1s to %.0fh, got %v", maxTimeout.Hours(), o.timeout)
	}
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "(unknown)"
}

// strict makes every word that a command does not take a wrong usage, also for cobra's own commands.
func strict(cmd *cobra.Command) {
	var names []string
	for _, sub := range cmd.Commands() {
		strict(sub)
		names = append(names, sub.Name())
	}
	accepts := cmd.Args
	switch {
	case cmd.Name() == "help":
		accepts = func(_ *cobra.Command, words []string) error {
			found, rest, _ := cmd.Root().Find(words)
			return cobra.NoArgs(found, rest)
		}
	case names != nil && cmd.HasParent(): // it only groups, and would show its help
		accepts = cobra.NoArgs
		cmd.RunE = func(*cobra.Command, []string) error {
			return usageError{fmt.Errorf("expected a command: %s", strings.Join(names, ", "))}
		}
	}
	cmd.Args = func(_ *cobra.Command, words []string) error {
		if err := accepts(cmd, words); err != nil {
			return usageError{err}
		}
		return nil
	}
}
