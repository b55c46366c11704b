package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// startFunction builds the bootstrap in the folder pkgDir and runs it against a simulated tenant with these actions.
// What it returns answers Invoke.
func startFunction(ctx context.Context, t *lifetime, pkgDir string, actions []xdrtest.Scenario) (http.Handler, error) {
	dir, err := os.MkdirTemp("", "semantics-")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	binary, err := lambdatest.Build(ctx, pkgDir, dir, nil)
	if err != nil {
		return nil, err
	}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: actions, RateLimit: -1})
	f := lambdatest.Start(t, lambdatest.Options{Binary: binary, Env: map[string]string{
		"XDR_SECRET_ID":                    "xdr/sim",
		"XDR_TENANT_SECRET_PREFIX":         "xdr/tenant-",
		"XDR_ALLOWED_ORIGINS":              sim.URL(),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(),
		"XDR_MIN_WAIT_SECONDS":             "1",
	}})
	return f.Invoker(), nil
}

// lifetime is what a testing.TB is to those who start things for a test.
type lifetime struct{ cleanups []func() }

func (*lifetime) Helper()                           {}
func (*lifetime) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*lifetime) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *lifetime) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }

func (t *lifetime) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
