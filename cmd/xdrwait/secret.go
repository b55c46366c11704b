package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// newCheckCommand is `xdrwait secret check`: everything that a check needs, tried out before there is an action.
func newCheckCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check whether the secret can be read and the tenant accepts its key",
		Long: `Read the secret and ask the tenant once, for an action that does not exist.

It shows whether the secret can be read and has the right shape, whether its address may get the
credentials, and whether the tenant accepts the key, its role and this machine's clock.

Exit code: 0 all is well, 2 something is wrong, 64 wrong usage. The message says what is wrong, and what
to do next.`,
		Example: `  xdrwait secret check --secret-id xdr/acme
  xdrwait secret check --credentials acme.json`,
		Args: cobra.NoArgs,
		RunE: o.checkSecret,
	}
	o.addSourceFlags(cmd.Flags())
	return cmd
}

const accepted = "ok  the tenant accepts the key, its role and the time of this machine"

func (o *options) checkSecret(cmd *cobra.Command, _ []string) error {
	if (o.secretID == "") == (o.credentials == "") {
		return usageError{errors.New("expected exactly one of --secret-id or --credentials")}
	}
	step, err := o.step(cmd.Context())
	if err != nil {
		return err
	}
	err = try(cmd.Context(), step)
	if _, asked := errors.AsType[*xdr.Error](err); asked || err == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "ok  secret %q can be read, has the right shape, and its address is allowed\n",
			step.SecretID)
	}
	if err != nil {
		return explain(err, step.SecretID)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), accepted)
	return err
}

// try asks the tenant once, for an action that no tenant has.
func try(ctx context.Context, step *handler.Step) error {
	_, err := step.Check(ctx, []byte(`{"group_action_id": 1}`))
	return err
}

// answer is an error of AWS, or of a file, that has a code: someone has said no.
type answer interface {
	error
	ErrorCode() string
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

// next says what to do about an error of `secret check` or `secret create`.
func next(e *handler.Error, secretID string) string {
	call, isTenant := errors.AsType[*xdr.Error](e)
	no, isAnswer := errors.AsType[answer](e)
	switch {
	case e.Advice != "":
		return e.Advice
	case isTenant:
		return nextOfTenant(call)
	case e.Name == handler.Internal:
		return "this is a bug here; please report it"
	case isAnswer && e.Temporary() && !aboutLogin.MatchString(no.ErrorCode()):
		return "try again in a minute; if this lasts, look at AWS's status page"
	case isAnswer, e.Name == handler.CredentialsUnavailable:
		return nextOfAWS(e, secretID, "secretsmanager:GetSecretValue on the secret, and kms:Decrypt")
	case errors.Is(e, handler.ErrOrigin):
		return "correct the address; if it is the tenant's, allow it: --allow-origin here, AllowedOrigins in the template"
	}
	return "correct it, in the file or with xdrwait secret create NAME ADDRESS KEY_ID LEVEL"
}

// aboutLogin matches the error codes of AWS that are about the caller's own credentials or clock.
var aboutLogin = regexp.MustCompile(
	"Token|Signature|AccessKey|UnrecognizedClient|RequestExpired|TimeTooSkewed|InTheFuture")

// nextOfAWS goes by the code of AWS's answer, or the file's. rights are what the call needs.
func nextOfAWS(err error, secretID, rights string) string {
	no, isAnswer := errors.AsType[answer](err)
	if !isAnswer {
		return "check the way out of this network, HTTPS_PROXY and AWS_ENDPOINT_URL_SECRETS_MANAGER, and AWS's status page"
	}
	switch code := no.ErrorCode(); {
	case aboutLogin.MatchString(code):
		return "log in to AWS again, and check this machine's clock"
	case code == "FileError":
		return "check the path and who may read it"
	case code == "ResourceNotFoundException":
		return "make it with xdrwait secret create, or correct the name, --region or AWS_PROFILE"
	case code == "AccessDeniedException", code == "DecryptionFailure", code == "EncryptionFailure":
		return "allow " + rights + " on its KMS key if it has one of its own"
	case code == "InvalidRequestException":
		return "if it is marked for deletion, bring it back: aws secretsmanager restore-secret --secret-id " + secretID
	}
	return "AWS's message above says what to correct"
}

func nextOfTenant(e *xdr.Error) string {
	_, noHost := errors.AsType[*net.DNSError](e)
	_, noAuthority := errors.AsType[x509.UnknownAuthorityError](e)
	by, _ := errors.AsType[*net.OpError](e)
	switch status := e.StatusCode; {
	case by != nil && by.Op == "proxyconnect":
		return "check HTTPS_PROXY, and whether its proxy runs"
	case noHost:
		return "check the host in api_url, then DNS"
	case noAuthority:
		return "if a proxy here has an authority of its own, put its certificate into the file that SSL_CERT_FILE names"
	case e.Kind == xdr.NoAnswer:
		return "check api_url, the way out of this network and HTTPS_PROXY"
	case status == http.StatusTooManyRequests && e.Kind == xdr.Refused:
		return "try again in a minute: all callers of the tenant's API share 10 requests a second"
	case status == http.StatusTooManyRequests:
		return "try again in a minute; if this lasts, look at HTTPS_PROXY and what else is between here and the tenant"
	case status >= 500:
		return "try again; if this lasts, api_url has a wrong path, or the tenant is down"
	case status >= 300 && status < 400:
		return "redirects are not followed: compare api_url with the address that the tenant's API Keys page shows"
	}
	return "compare api_url with the address that the tenant's API Keys page shows, " +
		"such as https://api-acme.xdr.us.paloaltonetworks.com, and look at HTTPS_PROXY"
}
