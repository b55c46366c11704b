package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// creation is the command line of `xdrwait secret create`.
type creation struct {
	options // region and origins

	name     string
	address  string
	keyID    string
	level    string
	kmsKeyID string
	untried  bool
}

func newCreateCommand() *cobra.Command {
	var c creation
	cmd := &cobra.Command{
		Use:   "create NAME ADDRESS KEY_ID LEVEL",
		Short: "Write the secret, or give it a new key",
		Long: `Write the secret NAME to AWS Secrets Manager. If it is there, it gets a new value.

The API key is asked for, and not shown; without a terminal it is read from standard input.
ADDRESS is the tenant's API address, or its host name alone. The tenant's API Keys page shows it,
and the key's KEY_ID and LEVEL (standard or advanced).
The tenant must accept the key before the secret is written, unless you say --untried.

Exit code: 0 the secret is written, 2 it is not, 64 wrong usage. The message says what is wrong, and
what to do next.`,
		Example: `  xdrwait secret create xdr/acme https://api-acme.xdr.us.paloaltonetworks.com 7 advanced
  pass show acme | xdrwait secret create xdr/acme acme.xdr.us.paloaltonetworks.com 7 advanced`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 4 {
				return fmt.Errorf("expected 4 arguments (NAME ADDRESS KEY_ID LEVEL; the key is asked for), got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c.name = args[0]
			c.address = args[1]
			c.keyID = args[2]
			c.level = args[3]
			return c.create(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	c.addPlaceFlags(cmd)
	f.StringVar(&c.kmsKeyID, "kms-key-id", "", "`id` or ARN of your own KMS key that encrypts the secret")
	f.BoolVar(&c.untried, "untried", false, "write the secret without asking the tenant whether it accepts the key")
	return cmd
}

// create asks for the key once all the rest is known to be good.
func (c creation) create(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	origins, err := c.allowed()
	if err != nil {
		return err
	}
	if _, err := c.secret("x", origins); err != nil {
		return usageError{err}
	}
	client, err := openSecretsManager(ctx, c.region)
	if err != nil {
		return err
	}
	key, err := readKey(ctx, stdin, stderr)
	if err != nil {
		return err
	}
	value, err := c.secret(key, origins)
	if err != nil {
		return err
	}
	if !c.untried {
		typed := file(func() ([]byte, error) { return value, nil })
		s := source{secretID: c.name, secrets: typed, origins: origins, clock: clock{time.Now(), 1}}
		if err := explain(s.try(ctx), c.name); err != nil {
			return fmt.Errorf("%w\nsecret %s is not written; to write it anyway, add --untried", err, c.name)
		}
		fmt.Fprintln(stdout, accepted)
	}
	return c.write(ctx, client, key, string(value), stdout)
}

// secret is the secret's JSON. It refuses what the step would refuse.
func (c creation) secret(key string, origins []handler.Origin) ([]byte, error) {
	address := "fqdn"
	if strings.Contains(c.address, "://") {
		address = "api_url"
	}
	raw, _ := json.Marshal(map[string]string{ // strings only
		address:          c.address,
		"api_key_id":     c.keyID,
		"api_key":        key,
		"security_level": c.level,
	})
	_, err := handler.ParseSecret(c.name, raw, origins)
	return raw, explain(err, c.name)
}

// write makes the secret, or gives it a new value, and says what to do next.
func (c creation) write(ctx context.Context, client *secretsmanager.Client, key, value string, stdout io.Writer) error {
	made, err := c.put(ctx, client, value)
	switch {
	case err != nil: // AWS may repeat what it was sent
		login, _ := client.Options().Credentials.Retrieve(ctx) // they were there a moment ago
		text := xdr.NewRedactor(key, login.SessionToken).Line(err.Error(), 4000)
		return fmt.Errorf("could not write secret %s: %s\nnext: %s", c.name, text, nextOfWrite(err, c.name))
	case made:
		fmt.Fprintf(stdout, "secret %s is created\n", c.name)
	default:
		fmt.Fprintf(stdout, "secret %s was there and has a new value; checks use it within five minutes\n", c.name)
	}
	next := "next: xdrwait secret check --secret-id " + c.name
	if c.region != "" {
		next += " --region " + c.region
	}
	for _, origin := range c.origins {
		next += " --allow-origin " + origin
	}
	_, err = fmt.Fprintln(stdout, next)
	return err
}

// put reports whether it made the secret. A new KMS key for one that is there needs another call than a new value.
func (c creation) put(ctx context.Context, client *secretsmanager.Client, value string) (made bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var kmsKeyID *string
	if c.kmsKeyID != "" {
		kmsKeyID = &c.kmsKeyID
	}
	_, err = client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: &c.name, KmsKeyId: kmsKeyID, SecretString: &value,
	})
	switch _, exists := errors.AsType[*types.ResourceExistsException](err); {
	case !exists:
		return err == nil, err
	case kmsKeyID == nil:
		_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &c.name, SecretString: &value})
	default:
		_, err = client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{
			SecretId: &c.name, KmsKeyId: kmsKeyID, SecretString: &value,
		})
	}
	return false, err
}

// readKey asks for the key on a terminal, where it is not shown. From anything else it reads to the end.
func readKey(ctx context.Context, stdin io.Reader, stderr io.Writer) (string, error) {
	read := func() ([]byte, error) { return io.ReadAll(io.LimitReader(stdin, maxSecret)) }
	if fd := descriptor(stdin); term.IsTerminal(fd) {
		before, err := term.GetState(fd)
		if err != nil {
			return "", fmt.Errorf("API key: %w", err)
		}
		defer term.Restore(fd, before) //nolint:errcheck // for an interrupt; there is nothing else to try
		defer fmt.Fprintln(stderr)
		fmt.Fprint(stderr, "API key (it is not shown): ")
		read = func() ([]byte, error) { return term.ReadPassword(fd) }
	}
	key, err := interruptible(ctx, read)
	switch {
	case ctx.Err() != nil:
		return "", errors.New("interrupted: nothing is written")
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("API key: %w", err)
	}
	typed := strings.TrimRight(string(key), "\r\n")
	if typed == "" {
		return "", errors.New("no API key was typed: nothing is written")
	}
	return typed, nil
}
