package handler_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// Each test is named after another program that asks for an action's status, and shows that what goes wrong there
// does not go wrong here.

// judges is a subtest of an action on one endpoint for each status, separated by spaces, and what is made of it.
func judges(t *testing.T, name, statuses string, want handler.Outcome) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		v := newPeerRig(t, strings.Fields(statuses)...).check(t, anyID)
		if v.Outcome != want {
			t.Errorf("%+v", v)
		}
	})
}

// meets is a subtest of an action that is pending, and an answer of the API in the place of it.
func meets(t *testing.T, name string, fault xdrtest.Fault, want handler.ErrorName, says ...string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		r.XDR.Timeout = time.Second
		r.sim.AddFaults(fault)
		err := r.fails(t, want, anyID)
		for _, part := range says {
			if !strings.Contains(err.Text(), part) {
				t.Errorf("%s is not in: %s", part, err.Text())
			}
		}
	})
}

func TestPeerXSOARModule(t *testing.T) {
	t.Parallel()
	judges(t, "only the first endpoint decides", "COMPLETED_SUCCESSFULLY FAILED", handler.Failed)
	judges(t, "only the first endpoint decides", "COMPLETED_SUCCESSFULLY IN_PROGRESS", handler.Pending)
	judges(t, "FAILED ends like success", "FAILED", handler.Failed)
	t.Run("errorReasons null crashes", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t)
		r.sim.AddFaults(xdrtest.Fault{Body: `{"reply":{"data":{"a":"FAILED"},"errorReasons":null}}`})
		if v := r.check(t, anyID); v.Outcome != handler.Failed {
			t.Errorf("%+v", v)
		}
	})
	t.Run("an empty reply fails the task", func(t *testing.T) {
		t.Parallel()
		for _, form := range []string{"object", "null", "absent", "no_reply"} {
			r := newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{{EmptyAs: form}}})
			if v := r.check(t, anyID); v.Outcome != handler.Pending || v.Reason != handler.NoEndpoints {
				t.Errorf("%s: %+v", form, v)
			}
		}
	})
}

func TestPeerXSOARPlaybook(t *testing.T) {
	t.Parallel()
	judges(t, "success and failure are not told apart", "COMPLETED_SUCCESSFULLY", handler.Done)
	for _, bad := range strings.Fields("COMPLETED_PARTIAL FAILED TIMEOUT EXPIRED ABORTED CANCELLED") {
		judges(t, "success and failure are not told apart", bad, handler.Failed)
	}
	judges(t, "a test that never ends", "COMPLETED_SUCCESSFULLY EXPIRED", handler.Failed) // two different final statuses
	t.Run("a timeout ends as success", func(t *testing.T) {
		t.Parallel()
		const late = `{"group_action_id":5,"started_at":"2026-11-24T09:00:00Z","timeout_seconds":60}`
		v := newPeerRig(t, "COMPLETED_SUCCESSFULLY", "PENDING").check(t, late)
		if v.Outcome != handler.Failed || v.Reason != handler.DeadlineExceeded || len(v.PendingEndpoints) != 1 {
			t.Errorf("%+v", v)
		}
	})
}

func TestPeerTheHive(t *testing.T) {
	t.Parallel()
	judges(t, "PENDING and IN_PROGRESS count as success", "PENDING IN_PROGRESS", handler.Pending)
	t.Run("FAILED is reported as without errors", func(t *testing.T) {
		t.Parallel()
		s := actionOf("FAILED")
		s.Agents[0].ErrorReason = []byte(`{"errorDescription":"Element not found.\r\n"}`)
		v := newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{s}}).check(t, anyID)
		if len(v.FailedEndpoints) != 1 || v.FailedEndpoints[0].Error != "Element not found." {
			t.Errorf("%+v", v)
		}
	})
	t.Run("it loops for ever on empty data", func(t *testing.T) {
		t.Parallel()
		v := newPeerRig(t).check(t, `{"group_action_id":5,"started_at":"2026-11-24T09:57:00Z"}`)
		if v.Outcome != handler.Failed || v.Reason != handler.ActionNotFound {
			t.Errorf("%+v", v)
		}
	})
}

func TestPeerGoogleSecOps(t *testing.T) {
	t.Parallel()
	t.Run("COMPLETED_PARTIAL pends until the timeout", func(t *testing.T) {
		t.Parallel()
		for _, want := range []handler.Outcome{handler.Failed, handler.Done, handler.Pending} { // by policies of the same names
			v := newPeerRig(t, "COMPLETED_PARTIAL").check(t, `{"group_action_id":5,"policy":{"partial":%q}}`, want)
			if v.Outcome != want || v.Endpoints.Partial != 1 {
				t.Errorf("%+v", v)
			}
		}
	})
	t.Run("one signature for the whole session", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		for range 3 {
			r.clock.Advance(10 * time.Minute) // the second is out of the window of the first
			r.check(t, anyID)
		}
		seen := map[string]bool{}
		for _, q := range r.sim.Requests() {
			seen[q.Header.Get("X-Xdr-Nonce")], seen[q.Header.Get("X-Xdr-Timestamp")] = true, true
		}
		if len(seen) != 6 {
			t.Errorf("%d nonces and timestamps in 3 checks, want 6", len(seen))
		}
	})
	t.Run("429 is not retried", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		r.sim.AddFaults(xdrtest.Fault{From: 1, Status: 429})
		if err := r.fails(t, handler.Throttled, anyID); !err.Temporary() {
			t.Error(err)
		}
		r.check(t, anyID)
	})
	t.Run("omitted endpoints are noticed, as there", func(t *testing.T) {
		t.Parallel()
		v := newPeerRig(t, "COMPLETED_SUCCESSFULLY").check(t, `{"group_action_id":5,"expected_agents":["absent"]}`)
		if v.Outcome != handler.Pending || v.Endpoints.Missing != 1 || v.PendingEndpoints[0] != "absent" {
			t.Errorf("%+v", v)
		}
	})
}

func TestPeerSplunkSOAR(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 204, 302} {
		meets(t, "any 2xx or 3xx is success", xdrtest.Fault{Status: status}, handler.Rejected)
	}
	judges(t, "any 2xx or 3xx is success", "FAILED FAILED", handler.Failed)
	meets(t, "no timeout", xdrtest.Fault{DelaySeconds: 60}, handler.Unavailable)
	t.Run("TLS verification is off", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		server := httptest.NewTLSServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		server.Config.ErrorLog = nil
		r.AllowedOrigins = append(r.AllowedOrigins, origin(t, server.URL))
		r.sim.SetSecret(strings.Replace(r.sim.SecretValue(), r.sim.URL(), server.URL, 1), false)
		if err := r.fails(t, handler.Unavailable, anyID); !strings.Contains(err.Message, "certificate") {
			t.Error(err)
		}
	})
}

func TestPeerCortexXDRClient(t *testing.T) {
	t.Parallel()
	body := `{"reply":{"err_code":500,"err_msg":"An error occurred","err_extra":"x"}}`
	meets(t, "only the HTTP status is looked at", xdrtest.Fault{Status: 200, Body: body}, handler.Unavailable, "An error occurred")
}

func TestPeerInsightConnectAndFortiSOAR(t *testing.T) {
	t.Parallel()
	body := `{"reply":{"err_code":400,"err_msg":"Invalid group","err_extra":[{"loc":"id"}]}}`
	meets(t, "error text is thrown away", xdrtest.Fault{Status: 400, Body: body}, handler.Rejected,
		"group_action_id 5", "400", "Invalid group", `{"loc":"id"}`, "request id")
	t.Run("the wait is a blind sleep", func(t *testing.T) {
		t.Parallel()
		if v := newPeerRig(t, "PENDING").check(t, anyID); v.WaitSeconds != 5 {
			t.Errorf("%+v", v)
		}
	})
}

func TestPeerCortexCloudGo(t *testing.T) {
	t.Parallel()
	t.Run("401 is retried with the same key", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		r.sim.Expect(1)
		r.sim.RevokeKey()
		r.fails(t, handler.Unauthorized, anyID)
	})
	meets(t, "500 is not retried", xdrtest.Fault{Status: 500}, handler.Unavailable)
	for _, form := range []string{"7", "date+7"} {
		meets(t, "Retry-After is ignored", xdrtest.Fault{Status: 429, RetryAfter: form}, handler.Throttled, "retry after 7s")
	}
	t.Run("sleeps ignore the context", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := r.Check(ctx, []byte(anyID))
		var named *handler.Error
		if !errors.As(err, &named) || !named.Temporary() {
			t.Errorf("%v", err)
		}
	})
}

// actionOf is an action on one endpoint for each status, under any id.
func actionOf(statuses ...string) (s xdrtest.Scenario) {
	for _, status := range statuses {
		s.Agents = append(s.Agents, xdrtest.Agent{Count: 1, Timeline: []xdrtest.Step{{Status: status}}})
	}
	return s
}

func newPeerRig(t *testing.T, statuses ...string) *rig {
	t.Helper()
	return newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{actionOf(statuses...)}})
}
