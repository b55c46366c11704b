package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

func newSecretCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Write or check the secret with the credentials",
	}
	cmd.AddCommand(newCreateCommand(), newCheckCommand())
	return cmd
}

// newCheckCommand is `xdrwait secret check`: everything that a check needs, tried out before there is an action.
func newCheckCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try whether the secret can be read and the tenant accepts its key",
		Long: `Read the secret and ask the tenant once, for an action that does not exist.

It shows whether the secret can be read and has the right shape, whether its address may get the
credentials, and whether the tenant accepts the key, its role and this machine's clock.

Exit code: 0 all is well, 2 something is not, 64 wrong usage. The message says what is wrong, and what
to do next.`,
		Example: `  xdrwait secret check --secret-id xdr/acme
  xdrwait secret check --credentials acme.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.secretID == "") == (o.credentials == "") {
				return usageError{errors.New("expected exactly one of --secret-id or --credentials")}
			}
			return o.checkSecret(cmd.Context(), cmd.OutOrStdout())
		},
	}
	o.addSourceFlags(cmd)
	return cmd
}

const accepted = "ok  the tenant accepts the key, its role and the time of this machine"

func (o options) checkSecret(ctx context.Context, stdout io.Writer) error {
	s, err := o.source(ctx)
	if err != nil {
		return err
	}
	err = s.try(ctx)
	failed, _ := errors.AsType[*handler.Error](err)
	if failed == nil || failed.Name != handler.CredentialsInvalid && failed.Name != handler.CredentialsUnavailable {
		fmt.Fprintf(stdout, "ok  secret %q can be read, has the right shape, and its address is allowed\n", s.secretID)
	}
	if err != nil {
		return explain(err, s.secretID)
	}
	_, err = fmt.Fprintln(stdout, accepted)
	return err
}

// try asks the tenant once, for an action that no tenant has.
func (s source) try(ctx context.Context) error {
	_, err := s.step().Check(ctx, []byte(`{"group_action_id": 1}`))
	return err
}

// explain says what is wrong and what to do next. The action's id is left out, and that the secret has not changed.
func explain(err error, secretID string) error {
	failed, ok := errors.AsType[*handler.Error](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%s: %s\nnext: %s", failed.Name, messageOf(err), next(failed, secretID))
}

// messageOf leaves out the error's name, the action's id and the advice.
func messageOf(err error) string {
	if call, ok := errors.AsType[*xdr.Error](err); ok {
		return call.Error()
	}
	if failed, ok := errors.AsType[*handler.Error](err); ok {
		return inFlags(failed.Message)
	}
	return err.Error()
}

// inFlags puts the flag in place of the function's variable.
func inFlags(text string) string {
	return strings.Replace(text, handler.ErrOrigin.Error(), "is not allowed by --allow-origin", 1)
}
