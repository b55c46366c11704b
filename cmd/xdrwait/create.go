package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

func newCreateCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "create NAME ADDRESS KEY_ID LEVEL",
		Short: "Write the secret, or give it a new key",
		Long: `Write the secret NAME to AWS Secrets Manager. If it is there, it gets a new value.

xdrwait asks for the API key and does not show it; without a terminal it reads standard input.
ADDRESS is the tenant's API address, or its host name alone. The tenant's API Keys page shows it,
and the key's KEY_ID and LEVEL (standard or advanced).
The tenant must accept the key before the secret is written, unless you say --untried.

Exit code: 0 the secret is written, 2 it is not, 64 wrong usage. The message says what is wrong, and
what to do next.`,
		Example: `  xdrwait secret create xdr/acme https://api-acme.xdr.us.paloaltonetworks.com 7 advanced
  pass show acme-key | xdrwait secret create xdr/acme acme.xdr.us.paloaltonetworks.com 7 advanced`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 4 || slices.Contains(args, "") {
				return errors.New("expected NAME ADDRESS KEY_ID LEVEL, none of them empty; the key is asked for")
			}
			return nil
		},
		RunE: o.create,
	}
	f := cmd.Flags()
	o.addPlaceFlags(f)
	f.StringVar(&o.kmsKeyID, "kms-key-id", "", "`id` or ARN of your own KMS key that encrypts the secret")
	f.BoolVar(&o.untried, "untried", false, "write the secret without asking the tenant whether it accepts the key")
	return cmd
}

// create asks for the key once all the rest is known to be good.
func (o *options) create(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	name := args[0]
	origins, err := o.allowed()
	if err != nil {
		return err
	}
	if _, err := secretText(args, "x", origins); err != nil {
		return usageError{err}
	}
	client, err := openSecretsManager(ctx, o.region)
	if err != nil {
		return err
	}
	key, err := readKey(ctx, cmd.InOrStdin(), cmd.ErrOrStderr())
	if err == nil {
		err = logIn(ctx, client) // may take long, and what is typed before the prompt is shown
	}
	if err != nil {
		return beforeWriting(ctx, err)
	}
	text, err := secretText(args, key, origins)
	if err != nil {
		return err
	}
	if !o.untried {
		typed := file(func() ([]byte, error) { return text, nil })
		if err := explain(try(ctx, newStep(name, typed, origins)), name); err != nil {
			return beforeWriting(ctx, fmt.Errorf("%w\nsecret %s is not written; to write it anyway, add --untried", err, name))
		}
		fmt.Fprintln(cmd.OutOrStdout(), accepted)
	}
	did, err := o.put(ctx, client, name, string(text))
	if err != nil {
		return o.explainWrite(ctx, err, client, name, key)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "secret %s %s\nnext: %s\n", name, did, o.nextCheck(name))
	return err
}

func beforeWriting(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: nothing is written", errInterrupted)
	}
	return err
}

func (o *options) explainWrite(ctx context.Context, err error, client *secretsmanager.Client, name, key string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: secret %s may be written\nnext: %s", errInterrupted, name, o.nextCheck(name))
	}
	login, _ := client.Options().Credentials.Retrieve(ctx) // they were there a moment ago
	password, sent := xdr.ProxyLogin(&http.Request{URL: &url.URL{Scheme: "https", Host: "secretsmanager.amazonaws.com"}})
	said := xdr.NewRedactor(key, login.SessionToken, password, sent).Line(err.Error(), 4000) // they may be repeated
	return fmt.Errorf("could not write secret %s: %s\nnext: %s", name, said, nextOfAWS(err, name, rightsToWrite))
}

// nextCheck is the command that checks what was written.
func (o *options) nextCheck(name string) string {
	next := "xdrwait secret check --secret-id " + name
	if o.region != "" {
		next += " --region " + o.region
	}
	for _, origin := range o.origins {
		next += " --allow-origin " + origin
	}
	return next
}

// secretText is the secret's JSON, of the arguments and the key. It refuses what the step would refuse.
func secretText(args []string, key string, origins []handler.Origin) ([]byte, error) {
	address := "fqdn"
	if strings.Contains(args[1], "://") {
		address = "api_url"
	}
	raw, _ := json.Marshal(map[string]string{ // strings only
		address:          args[1],
		"api_key_id":     args[2],
		"api_key":        key,
		"security_level": args[3],
	})
	_, err := handler.ParseSecret(args[0], raw, origins)
	return raw, explain(err, args[0])
}

const rightsToWrite = "secretsmanager:CreateSecret and PutSecretValue (UpdateSecret with --kms-key-id) " +
	"on the secret, and kms:GenerateDataKey and kms:Decrypt"

// put makes the secret or gives it a new value, and says which. A new KMS key for one that is there needs another call
// than a new value.
func (o *options) put(ctx context.Context, client *secretsmanager.Client, name, value string) (did string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var kmsKeyID *string
	if o.kmsKeyID != "" {
		kmsKeyID = &o.kmsKeyID
	}
	_, err = client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: &name, KmsKeyId: kmsKeyID, SecretString: &value,
	})
	switch _, exists := errors.AsType[*types.ResourceExistsException](err); {
	case !exists:
		return "is created", err
	case kmsKeyID == nil:
		_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &value})
	default:
		_, err = client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{
			SecretId: &name, KmsKeyId: kmsKeyID, SecretString: &value,
		})
	}
	return "already existed and has a new value; checks use it within five minutes", err
}

// readKey asks for the key on a terminal, where it is not shown. From anything else it reads to the end.
func readKey(ctx context.Context, stdin io.Reader, stderr io.Writer) (string, error) {
	read := func() ([]byte, error) { return io.ReadAll(io.LimitReader(stdin, maxSecret)) }
	fd := descriptor(stdin)
	if before, err := term.GetState(fd); err == nil { // it is a terminal
		defer term.Restore(fd, before) //nolint:errcheck // for an interrupt; there is nothing else to try
		defer fmt.Fprintln(stderr)
		fmt.Fprint(stderr, "API key (it is not shown): ")
		read = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	key, err := interruptible(ctx, read)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", beforeWriting(ctx, fmt.Errorf("API key: %w", err))
	}
	typed := strings.TrimRight(string(key), "\r\n")
	if typed == "" {
		return "", errors.New("the API key is empty: nothing is written; run the command again with the key")
	}
	return typed, nil
}
