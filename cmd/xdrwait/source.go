package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// source is where the secret comes from, where its credentials may go, for which actions, and by which clock.
type source struct {
	ids      []string
	secretID string
	secrets  handler.SecretsManager
	origins  []handler.Origin
	clock    clock
	close    func()
}

func (o options) source(ctx context.Context) (source, error) {
	origins, err := o.allowed()
	if err != nil {
		return source{}, err
	}
	s := source{ids: o.ids, secretID: o.secretID, origins: origins, clock: clock{time.Now(), 1}, close: func() {}}
	switch {
	case o.simulate != "":
		return o.simulated(ctx, s)
	case o.credentials != "":
		s.secretID = o.credentials
		s.secrets, err = openFile(ctx, o.credentials)
	default:
		s.secrets, err = openSecretsManager(ctx, o.region)
	}
	return s, err
}

// allowed returns where credentials may go: to the usual origin and those of the command line.
func (o options) allowed() ([]handler.Origin, error) {
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

// step makes the checker for a source.
func (s source) step() *handler.Step {
	step := &handler.Step{Config: handler.DefaultConfig(), Secrets: s.secrets, Now: s.clock.Now}
	step.XDR = &xdr.Client{Now: s.clock.Now}
	step.SecretID = s.secretID
	step.SecretTTL = math.MaxInt64 // what works is kept: a pipe is read once, and AWS sessions end before waits do
	step.AllowedOrigins = s.origins
	return step
}

// simulated starts a tenant and its secret in this process. They are reached over HTTP on loopback, with real
// signatures and the real AWS SDK; only the time is their own.
func (o options) simulated(ctx context.Context, s source) (source, error) {
	scenario, err := xdrtest.Load(o.simulate)
	if err != nil {
		return s, usageError{err}
	}
	if len(s.ids) == 0 {
		s.ids = []string{strconv.FormatInt(cmp.Or(scenario.GroupActionID, 22519813685366), 10)}
	}
	scenario.GroupActionID = 0 // it is played under whatever id was given
	s.secretID = "xdr/sim"
	s.clock.speed = o.speed
	sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}, SecretID: s.secretID, Now: s.clock.Now})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return s, fmt.Errorf("simulator: %w", err)
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with close
	s.close = func() { _ = server.Close() }
	url := "http://" + listener.Addr().String()
	sim.SetURL(url)
	origin, err := handler.ParseOrigin(url)
	if err != nil {
		return s, err
	}
	s.origins = append(s.origins, origin)
	s.secrets = secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	})
	return s, nil
}

// openSecretsManager finds region and credentials as the AWS CLI does.
func openSecretsManager(ctx context.Context, region string) (*secretsmanager.Client, error) {
	silent := config.WithLogger(logging.Nop{}) // the default one writes to standard error
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), silent)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, usageError{errors.New("no AWS region: give --region or set AWS_REGION")}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("no AWS credentials: set AWS_PROFILE, or log in with aws sso login or aws configure: %w", err)
	}
	return secretsmanager.NewFromConfig(cfg, onlyFinalAnswers), nil
}

// onlyFinalAnswers keeps the SDK's transport, and with it AWS_CA_BUNDLE, but bounds it as the tenant's is bounded.
func onlyFinalAnswers(o *secretsmanager.Options) {
	if client, ok := o.HTTPClient.(interface{ GetTransport() *http.Transport }); ok {
		transport := client.GetTransport()
		transport.MaxResponseHeaderBytes = 1 << 20
		o.HTTPClient = xdr.FinalOnly{RoundTripper: transport}
	}
}
