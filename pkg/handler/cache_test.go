package handler_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// many makes n checks at once and returns their errors.
func (r *rig) many(ctx context.Context, n int, event string) []error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { _, errs[i] = r.Check(ctx, []byte(event)) })
	}
	group.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

func newCacheRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{anyAction("done")}, RateLimit: -1})
}

// The first checks find the secret that is being fetched ahead of them. If that fails, one of them fetches it itself.
func TestPrefetchIsTheFirstChecksFetch(t *testing.T) {
	t.Parallel()
	for name, calls := range map[string]int{"": 1, "AccessDeniedException": 2} {
		r := newCacheRig(t)
		r.sim.ExpectSecretCalls(calls)
		r.sim.AddSecretFaults(xdrtest.Fault{From: 1, To: 1, DelaySeconds: 0.05, Name: name})
		r.Prefetch(t.Context())
		for _, err := range r.many(t.Context(), 100, anyID) {
			t.Error(err)
		}
	}
}

func TestTenantsHaveTheirOwnSecrets(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.ExpectSecretCalls(2)
	usual := r.SecretID
	r.SecretID = "" // nothing to prefetch
	r.Prefetch(t.Context())
	r.SecretID = usual
	for range 3 {
		r.check(t, anyID)
		r.check(t, `{"group_action_id":5,"tenant":"acme"}`)
	}
	if c := r.sim.SecretCalls(); c[0].SecretID != "xdr/sim" || c[1].SecretID != "xdr/tenant-acme" {
		t.Errorf("%+v", c)
	}
}

// Where Secrets Manager fails, the last good value serves; where it says no, it does not. Then all is well again.
func TestDeniedSecretIsNotServedStale(t *testing.T) {
	t.Parallel()
	for fault, denied := range map[xdrtest.Fault]bool{
		{Name: "AccessDeniedException"}: true, {Name: "ResourceNotFoundException"}: true, {Name: "DecryptionFailure"}: true,
		{Name: "ThrottlingException"}: false, {Name: "InternalServiceError"}: false, {Reset: true}: false,
	} {
		r := newCacheRig(t)
		fault.From = 2
		fault.To = 3
		r.sim.AddSecretFaults(fault)
		r.check(t, anyID)
		r.clock.Advance(6 * time.Minute)
		for range 2 {
			if denied {
				r.fails(t, handler.CredentialsInvalid, anyID)
			} else {
				r.check(t, anyID)
			}
			r.clock.Advance(31 * time.Second)
		}
		r.check(t, anyID)
		log := r.log.String()
		stale := strings.Count(log, `"secret":"stale"`)
		if (stale == 2) == denied || strings.Count(log, `"level":"WARN"`) != stale || strings.Count(log, `"secret":"fetched"`) != 2 {
			t.Errorf("%+v: %s", fault, log)
		}
	}
}

func TestRotationLosesNoCheck(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	for range 6 {
		for _, err := range r.many(t.Context(), 50, anyID) {
			t.Error(err)
		}
		r.sim.Rotate()
	}
	if calls := len(r.sim.SecretCalls()); calls < 6 || calls > 12 {
		t.Errorf("%d Secrets Manager calls for 5 rotations", calls)
	}
}

// A wrong key never loops: the secret is read once more, and the call repeated only if that brought another version.
func TestWrongKeyEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		change      func(*xdrtest.Sim)
		calls       int
		secretCalls int
		want        handler.ErrorName
		unchanged   bool
	}{
		{"the secret changes to another wrong key", func(s *xdrtest.Sim) {
			s.SetSecret(strings.Replace(s.SecretValue(), `"api_key":"`, `"api_key":"x`, 1), false)
		}, 3, 2, handler.Unauthorized, false},
		{"the secret does not change", func(*xdrtest.Sim) {}, 2, 2, handler.Unauthorized, true},
		{"Secrets Manager is down", func(s *xdrtest.Sim) {
			s.AddSecretFaults(xdrtest.Fault{From: 2, To: 9, Name: "ThrottlingException"})
		}, 2, 2, handler.CredentialsUnavailable, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newCacheRig(t)
			r.check(t, anyID)
			r.sim.Expect(c.calls)
			r.sim.ExpectSecretCalls(c.secretCalls)
			r.sim.RevokeKey()
			c.change(r.sim)
			if err := r.fails(t, c.want, anyID); strings.Contains(err.Message, "not changed") != c.unchanged {
				t.Error(err)
			}
		})
	}
}
