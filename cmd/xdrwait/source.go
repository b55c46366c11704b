package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	awsretry "github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// step makes the checker: it knows where the secret comes from, where its credentials may go, and what time it is.
func (o *options) step(ctx context.Context) (*handler.Step, error) {
	origins, err := o.allowed()
	if err != nil {
		return nil, err
	}
	step := newStep(cmp.Or(o.secretID, o.credentials), nil, origins)
	if o.simulate != "" {
		return step, o.simulated(ctx, step)
	}
	o.speed = 1
	if o.credentials != "" {
		step.Secrets, err = openFile(ctx, o.credentials)
		return step, err
	}
	client, err := openSecretsManager(ctx, o.region)
	if err == nil {
		err = logIn(ctx, client)
	}
	step.Secrets = client
	return step, err
}

// newStep makes a checker that keeps the secret as long as it works: a pipe is read once, and AWS sessions end before
// waits do.
func newStep(secretID string, secrets handler.SecretsManager, origins []handler.Origin) *handler.Step {
	step := &handler.Step{Config: handler.DefaultConfig(), Secrets: secrets, Now: time.Now}
	step.SecretID = secretID
	step.SecretTTL = math.MaxInt64
	step.AllowedOrigins = origins
	return step
}

// allowed returns where credentials may go: to the usual origin and those of the command line.
func (o *options) allowed() ([]handler.Origin, error) {
	origins := handler.DefaultConfig().AllowedOrigins
	for _, text := range o.origins {
		origin, err := handler.ParseOrigin(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("--allow-origin: %w", err)}
		}
		origins = append(origins, origin)
	}
	return origins, nil
}

// simulated starts a tenant and its secret in this process. They are reached over HTTP on loopback, with real
// signatures and the real AWS SDK; only the time is their own.
func (o *options) simulated(ctx context.Context, step *handler.Step) error {
	scenario, err := xdrtest.Load(o.simulate)
	if err != nil {
		return usageError{err}
	}
	if len(o.ids) == 0 {
		o.ids = []string{fmt.Sprint(cmp.Or(scenario.GroupActionID, 22519813685366))}
	}
	scenario.GroupActionID = 0 // it is played under whatever id was given
	began := time.Now()
	step.Now = func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * o.speed)) }
	step.XDR = &xdr.Client{Now: step.Now}
	step.SecretID = "xdr/sim"
	sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}, SecretID: step.SecretID, Now: step.Now})
	server := httptest.NewServer(sim)
	context.AfterFunc(ctx, server.Close)
	sim.SetURL(server.URL)
	origin, _ := handler.ParseOrigin(server.URL) // it is one
	step.AllowedOrigins = append(step.AllowedOrigins, origin)
	step.Secrets = secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &server.URL,
		Credentials:  credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	}, bounded)
	return nil
}

// openSecretsManager finds the region as the AWS CLI does, and later the credentials.
func openSecretsManager(ctx context.Context, region string) (*secretsmanager.Client, error) {
	silent := config.WithLogger(logging.Nop{}) // the default one writes to standard error
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), silent)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, usageError{errors.New("no AWS region: give --region or set AWS_REGION")}
	}
	return secretsmanager.NewFromConfig(cfg, bounded), nil
}

func logIn(ctx context.Context, client *secretsmanager.Client) error {
	if _, err := client.Options().Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("no AWS credentials: %w; set AWS_PROFILE, or log in with aws sso login or aws configure", err)
	}
	return nil
}

// bounded keeps the SDK's transport, and with it AWS_CA_BUNDLE, but bounds it as the tenant's is bounded.
func bounded(o *secretsmanager.Options) {
	o.Retryer = awsretry.AddWithMaxBackoffDelay(o.Retryer, 2*time.Second) // three attempts end within a fetch
	if client, ok := o.HTTPClient.(interface{ GetTransport() *http.Transport }); ok {
		transport := client.GetTransport()
		transport.MaxResponseHeaderBytes = 1 << 20
		o.HTTPClient = xdr.FinalOnly{RoundTripper: transport}
	}
}

// file gives the text of a secret, in place of Secrets Manager.
type file func() ([]byte, error)

// maxSecret is the most that Secrets Manager keeps. What is longer is no secret, and a wrong path may be endless.
const maxSecret = 64 << 10

// openFile takes a regular file, which is read anew each time so that a new key is noticed, or anything else, such as
// a pipe, which gives its text once and is read here.
func openFile(ctx context.Context, path string) (file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("--credentials: %w", err)
	}
	read := func() ([]byte, error) {
		f, err := os.Open(path) //nolint:gosec // the user's own file
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, maxSecret))
	}
	if info.Mode().IsRegular() {
		return read, nil
	}
	raw, err := interruptible(ctx, read)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("--credentials: %w before %s could be read", errInterrupted, path)
	}
	return func() ([]byte, error) { return raw, err }, nil
}

// interruptible leaves a read that no context reaches when ctx ends.
func interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var raw []byte
	var err error
	reading, done := context.WithCancel(ctx)
	go func() {
		raw, err = read()
		done()
	}()
	<-reading.Done()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return raw, err
}

// GetSecretValue answers as Secrets Manager does. The version changes with the text.
func (f file) GetSecretValue(
	context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	raw, err := f()
	if err != nil {
		return nil, fileError{err}
	}
	version := fmt.Sprintf("%x", sha256.Sum256(raw))
	return &secretsmanager.GetSecretValueOutput{SecretBinary: raw, VersionId: &version}, nil
}

// fileError has a code, as the errors of AWS have: it is an answer, not an outage.
type fileError struct{ error }

func (fileError) ErrorCode() string { return "FileError" }
