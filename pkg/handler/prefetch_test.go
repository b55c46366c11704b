package handler_test

import (
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestPrefetchIsTheFirstChecksFetch(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.ExpectSecretCalls(1)
	r.sim.AddSecretFaults(xdrtest.SecretFault{DelaySeconds: 0.05})
	r.Prefetch(t.Context())
	r.check(t, anyID)
	r.check(t, anyID)
}

func TestFailedPrefetchCostsTheFirstCheckNothing(t *testing.T) {
	t.Parallel()
	r := newCacheRig(t)
	r.sim.ExpectSecretCalls(2)
	r.sim.AddSecretFaults(xdrtest.SecretFault{From: 1, To: 1, DelaySeconds: 0.05, Name: "AccessDeniedException"})
	r.Prefetch(t.Context())
	r.check(t, anyID)
}
