package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

// Bounds of the flags. At a lower speed a pause takes longer than anyone waits; at a higher one a signature is too old
// when it arrives. Seven days are the most that the step takes.
const (
	minSpeed   = 0.001
	maxSpeed   = 10_000
	maxTimeout = 7 * 24 * time.Hour
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// options is the command line.
type options struct {
	ids         []string
	secretID    string
	region      string
	credentials string
	simulate    string
	speed       float64
	origins     []string
	timeout     time.Duration
	minSuccess  int
	partial     string
	settle      string
	expect      []string
	output      string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var code int
	cmd := newCommand(func(o options) (err error) {
		code, err = o.wait(ctx, stdout, stderr)
		return err
	})
	cmd.AddCommand(newSecretCommand(stdout, &code))
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return code
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "xdrwait: %v\nTry xdrwait --help.\n", err)
		return exitUsage
	}
	for line := range strings.Lines(err.Error()) { // what is wrong, and what to do next
		fmt.Fprintln(stderr, "xdrwait:", strings.TrimSpace(line))
	}
	return exitUnknown
}

func newCommand(wait func(options) error) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "xdrwait [flags] GROUP_ACTION_ID...",
		Short: "Wait until Cortex XDR response actions have ended",
		Long: `Wait until Cortex XDR response actions have ended, and tell how.

The credentials come from a secret in AWS Secrets Manager (--secret-id), from a file with
the same JSON (--credentials), or from a simulated tenant (--simulate).

Exit code: 0 done, 1 failed, 2 could not find out, 64 wrong usage; of several actions the highest.
Ctrl-C ends the wait and shows what was last seen; a second one ends xdrwait at once.`,
		Example: `  xdrwait --simulate mixed                    watch a simulated action; needs nothing else
  xdrwait --secret-id xdr/acme 22519813685366
  xdrwait --credentials acme.json --timeout 30m --min-success 90 22519813685366
  xdrwait --secret-id xdr/acme --output json 22519813685366 | jq .failed_endpoints`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && o.simulate == "" {
				return usageError{errors.New("expected at least one GROUP_ACTION_ID")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.ids = args
			if err := o.check(); err != nil {
				return usageError{err}
			}
			return wait(o)
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
	f.DurationVar(&o.timeout, "timeout", handler.DefaultConfig().Timeout, "how long to wait; what is pending then has failed")
	f.IntVar(&o.minSuccess, "min-success", 100, "`percent` of the endpoints that must succeed")
	f.StringVar(&o.partial, "partial", "failed", "what COMPLETED_PARTIAL counts as: failed, done or pending")
	f.StringVar(&o.settle, "settle", "all", "judge when `all` have ended, or as soon as the outcome is certain")
	f.StringSliceVar(&o.expect, "expect", nil, "`agent` id that must appear; may be repeated")
	f.StringVar(&o.output, "output", "table", "form of the final verdict on standard output: table, json or csv")
	for flag, values := range map[string][]string{
		"simulate": xdrtest.Names(), "partial": {"failed", "done", "pending"}, "settle": {"all", "certain"}, "output": {"table", "json", "csv"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveDefault)) // the flags exist
	}
}

// addSourceFlags adds what says where the credentials come from and where they may go.
func (o *options) addSourceFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.secretID, "secret-id", "", "name or ARN of the `secret` with the credentials")
	f.StringVar(&o.region, "region", "", "AWS `region` of the secret (default: as the AWS CLI finds it)")
	f.StringVar(&o.credentials, "credentials", "", "`file` with the secret's JSON; a pipe is read once")
	f.StringSliceVar(&o.origins, "allow-origin", nil, "`origin` beside https://*.paloaltonetworks.com that may get the credentials")
}

func (o *options) check() error {
	sources := 0
	for _, s := range []string{o.secretID, o.credentials, o.simulate} {
		if s != "" {
			sources++
		}
	}
	switch {
	case sources != 1:
		return errors.New("expected one of --secret-id, --credentials and --simulate")
	case o.output != "table" && o.output != "json" && o.output != "csv":
		return fmt.Errorf("--output: expected table, json or csv, got %q", o.output)
	case math.IsNaN(o.speed), o.speed < minSpeed, o.speed > maxSpeed:
		return fmt.Errorf("--speed: expected a number from %v to %v, got %v", minSpeed, maxSpeed, o.speed)
	case o.timeout < time.Second, o.timeout > maxTimeout:
		return fmt.Errorf("--timeout: expected 1s to %.0fh, got %v", maxTimeout.Hours(), o.timeout)
	}
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
