package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/soarstep/xdr-action-status/pkg/handler"
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

Exit code: 0 all is well, 2 something is not; the message says what, and what to do next.`,
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
	_, err = t.step().Check(ctx, []byte(noAction))
	var failed *handler.Error
	if errors.As(err, &failed) && isAboutSecret(failed.Name) {
		return exitUnknown, explain(failed, t.secretID)
	}
	fmt.Fprintf(stdout, "ok  secret %q can be read, has the right shape, and its address is allowed\n", t.secretID)
	if failed != nil {
		return exitUnknown, explain(failed, t.secretID)
	}
	_, err = fmt.Fprintln(stdout, "ok  the tenant accepts the key, its role and the time of this machine")
	return exitDone, err
}

func isAboutSecret(name handler.ErrorName) bool {
	return name == handler.CredentialsInvalid || name == handler.CredentialsUnavailable
}

// explain puts what to do next behind an error.
func explain(e *handler.Error, secretID string) error {
	message := strings.TrimPrefix(e.Text(), "group_action_id 1: ") // it is nobody's
	return fmt.Errorf("%s: %s\nnext: %s", e.Name, message, next(e, secretID))
}
