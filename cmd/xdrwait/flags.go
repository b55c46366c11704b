package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

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

// Bounds of the flags. At a lower speed a pause takes longer than anyone waits; at a higher one a signature is too old
// when it arrives. Seven days are the most that the step takes.
const (
	minSpeed   = 0.001
	maxSpeed   = 10_000
	maxTimeout = 7 * 24 * time.Hour
)

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

// refuseEmpty refuses what is an empty variable of a shell, most likely.
func refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if v := f.Value.String(); v == "" || v == "[]" {
			err = fmt.Errorf("--%s: expected a value, got nothing", f.Name)
		}
	})
	return err
}

// addPlaceFlags adds what says where the secret is, and where its credentials may go.
func (o *options) addPlaceFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.region, "region", "", "AWS `region` of the secret (default: as the AWS CLI finds it)")
	f.StringSliceVar(&o.origins, "allow-origin", nil,
		"`origin` that may get the credentials, beside https://*.paloaltonetworks.com")
}

// addSourceFlags adds what says where the credentials come from.
func (o *options) addSourceFlags(f *pflag.FlagSet) {
	f.StringVar(&o.secretID, "secret-id", "", "name or ARN of the `secret` with the credentials")
	f.StringVar(&o.credentials, "credentials", "", "`file` with the secret's JSON; a pipe is read once")
	o.addPlaceFlags(f)
}

func (o *options) addWaitFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.simulate, "simulate", "", "`scenario` to play instead of a real tenant: a name or a .json file")
	f.Float64Var(&o.speed, "speed", 10, "simulated seconds in a second, with --simulate")
	f.DurationVar(&o.timeout, "timeout", handler.DefaultConfig().Timeout,
		"time limit, from the start of xdrwait; what is still pending then counts as failed")
	f.IntVar(&o.minSuccess, "min-success", 100, "`percent` of the endpoints that must succeed")
	f.StringVar(&o.partial, "partial", "failed", "what COMPLETED_PARTIAL counts as: `failed|done|pending`")
	f.StringVar(&o.settle, "settle", "all", "`all|certain`: judge once all have ended, or once the outcome is certain")
	f.StringSliceVar(&o.expect, "expect", []string{}, "`agent` id that must appear; may be repeated")
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

var outputs = []string{"table", "json", "csv"}

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
		return fmt.Errorf("--speed: expected %s, got %v", wanted["float64"], o.speed)
	case o.timeout < time.Second, o.timeout > maxTimeout:
		return fmt.Errorf("--timeout: expected 1s to %.0fh, got %v", maxTimeout.Hours(), o.timeout)
	}
	return nil
}
