package handler_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// many makes n checks at once and returns their errors.
func (r *rig) many(ctx context.Context, n int, event string) (errs []error) {
	var (
		mu    sync.Mutex
		group sync.WaitGroup
	)
	for range n {
		group.Go(func() {
			if _, err := r.Check(ctx, []byte(event)); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	group.Wait()
	return errs
}

func newCacheRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{anyAction("done")}, RateLimit: -1})
}

func TestColdConcurrentChecksShareOneFetch(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.Expect(200)
	r.sim.ExpectSecretCalls(1)
	r.sim.AddSecretFaults(xdrtest.SecretFault{Delay: 50 * time.Millisecond})
	for _, err := range r.many(t.Context(), 200, anyID) {
		t.Error(err)
	}
}

func TestTenantsHaveTheirOwnSecrets(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.ExpectSecretCalls(2)
	for range 3 {
		r.check(t, anyID)
		r.check(t, `{"group_action_id":5,"tenant":"acme"}`)
	}
	for i, want := range []string{"xdr/sim", "xdr/tenant-acme"} {
		if got := r.sim.SecretCalls()[i].SecretID; got != want {
			t.Errorf("call %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestSecretIsReadAgainAfterItsTTL(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.ExpectSecretCalls(2)
	for _, step := range []time.Duration{0, 299 * time.Second, time.Second, 299 * time.Second} {
		r.clock.Advance(step)
		r.check(t, anyID)
	}
	if got := strings.Count(r.log.String(), `"secret":"fetched"`); got != 2 {
		t.Errorf("fetched %d times: %s", got, r.log.String())
	}
}

func TestStaleSecretServesThroughAnOutage(t *testing.T) {
	t.Parallel()
	for _, fault := range []xdrtest.SecretFault{{Name: "ThrottlingException"}, {Name: "InternalServiceError"}, {Reset: true}} {
		r := newCacheRig(t)
		r.check(t, anyID)
		fault.From, fault.To = 2, 3
		r.sim.AddSecretFaults(fault)
		r.clock.Advance(6 * time.Minute)
		r.check(t, anyID) // tries, fails, serves stale
		r.clock.Advance(29 * time.Second)
		r.check(t, anyID) // does not try again so soon
		r.clock.Advance(2 * time.Second)
		r.check(t, anyID) // tries and fails again
		r.clock.Advance(31 * time.Second)
		r.check(t, anyID) // the outage is over
		log := r.log.String()
		if calls := len(r.sim.SecretCalls()); calls != 4 || strings.Count(log, `"secret":"stale"`) != 3 || strings.Count(log, `"level":"WARN"`) != 3 ||
			strings.Count(log, `"secret":"fetched"`) != 2 {
			t.Errorf("%+v: %d calls, log %s", fault, calls, log)
		}
	}
}

func TestDeniedSecretIsNotServedStale(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"AccessDeniedException", "ResourceNotFoundException", "DecryptionFailure"} {
		r := newCacheRig(t)
		r.check(t, anyID)
		r.sim.AddSecretFaults(xdrtest.SecretFault{From: 2, To: 3, Name: name})
		r.clock.Advance(6 * time.Minute)
		r.fails(t, handler.CredentialsInvalid, anyID)
		r.fails(t, handler.CredentialsInvalid, anyID)
		r.check(t, anyID)
	}
}

func TestRotationLosesNoCheck(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.check(t, anyID)
	for range 5 {
		r.sim.Rotate()
		for _, err := range r.many(t.Context(), 50, anyID) {
			t.Error(err)
		}
	}
	if calls := len(r.sim.SecretCalls()); calls < 6 || calls > 12 {
		t.Errorf("%d Secrets Manager calls for 5 rotations", calls)
	}
}

// A wrong key never loops: the secret is read once more, and the call repeated only if that brought another version.
func TestWrongKeyEnds(t *testing.T) {
	t.Parallel()
	t.Run("the secret changes to another wrong key", func(t *testing.T) {
		t.Parallel()
		r := newCacheRig(t)
		r.check(t, anyID)
		r.sim.Expect(3)
		r.sim.ExpectSecretCalls(2)
		r.sim.RevokeKey()
		r.sim.SetSecret(strings.Replace(r.sim.SecretValue(), `"api_key":"`, `"api_key":"x`, 1), false)
		if err := r.fails(t, handler.Unauthorized, anyID); strings.Contains(err.Message, "not changed") {
			t.Error(err)
		}
	})
	t.Run("the secret does not change", func(t *testing.T) {
		t.Parallel()
		r := newCacheRig(t)
		r.check(t, anyID)
		r.sim.Expect(2)
		r.sim.ExpectSecretCalls(2)
		r.sim.RevokeKey()
		if err := r.fails(t, handler.Unauthorized, anyID); !strings.Contains(err.Message, "not changed") {
			t.Error(err)
		}
	})
	t.Run("Secrets Manager is down", func(t *testing.T) {
		t.Parallel()
		r := newCacheRig(t)
		r.check(t, anyID)
		r.sim.RevokeKey()
		r.sim.AddSecretFaults(xdrtest.SecretFault{From: 2, Name: "ThrottlingException"})
		r.fails(t, handler.CredentialsUnavailable, anyID)
	})
}

// scripted answers GetSecretValue from a list, each reply when the test lets it go.
type scripted struct {
	arrived chan struct{}
	reply   chan *secretsmanager.GetSecretValueOutput
}

func (s *scripted) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s.arrived <- struct{}{}
	return <-s.reply, nil
}

func TestCheckGivesUpAndTheFetchGoesOn(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	sm := &scripted{make(chan struct{}, 1), make(chan *secretsmanager.GetSecretValueOutput)}
	r.Secrets = sm
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := r.Check(ctx, []byte(anyID))
		result <- err
	}()
	<-sm.arrived
	cancel()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Error(err)
	}
	value, version := r.sim.SecretValue(), "1"
	sm.reply <- &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}
	r.check(t, anyID) // would wait for ever if it asked anew
}
