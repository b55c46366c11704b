package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

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
		t.secretID = o.credentials
		var err error
		t.secrets, err = openFile(ctx, o.credentials)
		return t, err
	}
	var err error
	t.secrets, err = openSecretsManager(ctx, o.region)
	return t, err
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
	s.SecretTTL = math.MaxInt64 // what works is kept: a pipe gives its text once, and AWS sessions end before waits do
	s.AllowedOrigins = append(s.AllowedOrigins, t.origins...)
	return s
}

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
