package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// target is where to ask, with which secret, and by which clock.
type target struct {
	ids      []string
	secretID string
	secrets  handler.SecretsManager
	origins  []handler.Origin
	clock    clock
	close    func()
}

func (o options) target(ctx context.Context) (target, error) {
	t := target{ids: o.ids, secretID: o.secretID, clock: clock{time.Now(), 1}, close: func() {}}
	for _, text := range o.origins {
		origin, err := handler.ParseOrigin(text)
		if err != nil {
			return t, usageError{fmt.Errorf("--allow-origin: %w", err)}
		}
		t.origins = append(t.origins, origin)
	}
	switch {
	case o.simulate != "":
		return o.simulated(ctx, t)
	case o.credentials != "":
		t.secretID, t.secrets = o.credentials, file(o.credentials)
		if _, err := os.Stat(o.credentials); err != nil {
			return t, fmt.Errorf("--credentials: %w", err)
		}
		return t, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(o.region))
	if err != nil {
		return t, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return t, usageError{errors.New("no AWS region: give --region or set AWS_REGION")}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return t, fmt.Errorf("no AWS credentials: set AWS_PROFILE, or log in with aws sso login or aws configure: %w", err)
	}
	t.secrets = secretsmanager.NewFromConfig(cfg)
	return t, nil
}

// step makes the checker for a target.
func (t target) step() *handler.Step {
	s := &handler.Step{
		Config:  handler.DefaultConfig(),
		Secrets: t.secrets,
		XDR:     &xdr.Client{Now: t.clock.Now},
		Log:     slog.New(slog.DiscardHandler),
		Now:     t.clock.Now,
		Random:  rand.Float64,
	}
	s.SecretID = t.secretID
	s.AllowedOrigins = append(s.AllowedOrigins, t.origins...)
	return s
}

// file is a secret on disk, in place of Secrets Manager. It is read anew each time, so that a new key is noticed.
type file string

func (f file) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	raw, err := os.ReadFile(string(f)) //nolint:gosec // the user's own file
	if err != nil {
		return nil, fileError{err}
	}
	sum := sha256.Sum256(raw)
	version := hex.EncodeToString(sum[:])
	return &secretsmanager.GetSecretValueOutput{SecretBinary: raw, VersionId: &version}, nil
}

// fileError has a code, as the errors of AWS have: it is an answer, not an outage.
type fileError struct{ error }

func (fileError) ErrorCode() string { return "FileError" }

// simulated starts a tenant and its secret in this process. They are reached over HTTP on loopback, with real
// signatures and the real AWS SDK; only the time is their own.
func (o options) simulated(ctx context.Context, t target) (target, error) {
	scenario, err := xdrtest.Load(o.simulate)
	if err != nil {
		return t, usageError{err}
	}
	if len(t.ids) == 0 {
		t.ids = []string{strconv.FormatInt(cmp.Or(scenario.GroupActionID, 22519813685366), 10)}
	}
	scenario.GroupActionID = 0 // it is played under whatever id was given
	t.secretID, t.clock.speed = "xdr/sim", o.speed
	sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}, SecretID: t.secretID, Now: t.clock.Now})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return t, fmt.Errorf("simulator: %w", err)
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with close
	t.close = func() { _ = server.Close() }
	url := "http://" + listener.Addr().String()
	sim.SetURL(url)
	origin, err := handler.ParseOrigin(url)
	if err != nil {
		return t, err
	}
	t.origins = append(t.origins, origin)
	t.secrets = secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	})
	return t, nil
}
