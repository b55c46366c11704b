package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// newSecretCommand is `xdrwait secret check`: everything that a check needs, tried out before there is an action.
func newSecretCommand(stdout io.Writer, code *int) *cobra.Command {
	var o options
	check := &cobra.Command{
		Use:   "check",
		Short: "Try whether the secret can be read and the tenant accepts its key",
		Long: `Read the secret and ask the tenant once, for an action that does not exist.

It shows whether the secret can be read and has the right shape, whether its address may get the
credentials, and whether the tenant accepts the key, its role and this machine's clock.

Exit code: 0 all is well, 2 something is not; the message says what.`,
		Example: `  xdrwait secret check --secret-id xdr/acme
  xdrwait secret check --credentials acme.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.secretID == "") == (o.credentials == "") {
				return usageError{errors.New("expected one of --secret-id and --credentials")}
			}
			var err error
			*code, err = o.checkSecret(cmd.Context(), stdout)
			return err
		},
	}
	o.addSourceFlags(check)
	parent := &cobra.Command{Use: "secret", Short: "Look after the secret with the credentials"}
	parent.AddCommand(check)
	return parent
}

// noAction is an id that no tenant has given to an action.
const noAction = `{"group_action_id": 1}`

func (o options) checkSecret(ctx context.Context, stdout io.Writer) (int, error) {
	t, err := o.target(ctx)
	if err != nil {
		return exitUnknown, err
	}
	defer t.close()
	if _, err := t.step().Check(ctx, []byte(noAction)); err != nil {
		return exitUnknown, err
	}
	_, err = fmt.Fprintf(stdout, "secret %q can be read, its address is allowed, and the tenant accepts the key\n", t.secretID)
	return exitDone, err
}
