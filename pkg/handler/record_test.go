package handler_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// slowSecrets and slowAPI take time on the test's clock.
type slowSecrets struct {
	handler.SecretsManager
	clock *lambdatest.Clock
	takes []time.Duration // one call after the other
}

func (s *slowSecrets) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, o ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s.clock.Advance(s.takes[0])
	s.takes = s.takes[1:]
	return s.SecretsManager.GetSecretValue(ctx, in, o...)
}

type slowAPI struct {
	http.RoundTripper
	clock *lambdatest.Clock
	takes []time.Duration
}

func (s *slowAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	s.clock.Advance(s.takes[0])
	s.takes = s.takes[1:]
	return s.RoundTripper.RoundTrip(r)
}

// The log says what each service took, over both calls, where the secret came from at last, and for whom.
func TestLogSaysWhatTookHowLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{}, "pending")
	secrets := &slowSecrets{r.Secrets, r.clock, []time.Duration{40 * time.Millisecond, 300 * time.Millisecond}}
	api := &slowAPI{r.XDR.Transport, r.clock, []time.Duration{7 * time.Millisecond, 11 * time.Millisecond, 1900 * time.Microsecond}}
	r.Secrets, r.XDR.Transport = secrets, api

	r.check(t, `{"group_action_id":22519813685366}`)
	r.sim.Rotate() // the next call meets 401, reads the secret again and repeats itself
	r.check(t, `{"group_action_id":22519813685366,"execution":"second"}`)
	r.fails(t, handler.InvalidRequest, `{"group_action_id":22519813685366,"tenant":"acme","policy":5}`)

	want := []map[string]any{
		{"secret": "fetched", "secret_ms": 40.0, "api_ms": 7.0, "api_calls": 1.0, "tenant": "", "execution": "", "cold_start": true},
		{"secret": "fetched", "secret_ms": 300.0, "api_ms": 12.9, "api_calls": 2.0, "tenant": "", "execution": "second", "cold_start": false},
		{"secret": "", "secret_ms": 0.0, "api_ms": 0.0, "api_calls": 0.0, "tenant": "acme", "execution": "", "cold_start": false},
	}
	lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		for name, value := range want[i] {
			if got[name] != value {
				t.Errorf("line %d: %s is %v, want %v", i+1, name, got[name], value)
			}
		}
	}
}

// A cached secret is said to be one, also where the wait for it was long.
func TestLogSaysCached(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{}, "pending")
	r.check(t, `{"group_action_id":22519813685366}`)
	r.check(t, `{"group_action_id":22519813685366}`)
	if lines := strings.Split(r.log.String(), "\n"); !strings.Contains(lines[1], `"secret":"cached"`) {
		t.Error(lines[1])
	}
}
