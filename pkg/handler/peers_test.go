package handler_test

import (
	"context"
	"encoding/json"
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

const (
	done    = `"verdict":"done"`
	pending = `"verdict":"pending"`
	failed  = `"verdict":"failed"`
)

// judges is a subtest of an API that answers with these statuses, separated by spaces, or with this body. It names
// parts of the verdict.
func judges(t *testing.T, name, answer, event string, parts ...string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, answer)
		if strings.HasPrefix(answer, "{") {
			r.sim.AddFaults(xdrtest.Fault{Body: answer})
		}
		v, err := json.Marshal(r.check(t, "%s", event))
		for _, part := range parts {
			if err != nil || !strings.Contains(string(v), part) {
				t.Errorf("%s is not in: %s", part, v)
			}
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

func newPeerRig(t *testing.T, statuses string) *rig {
	t.Helper()
	var s xdrtest.Scenario // under any id
	for status := range strings.FieldsSeq(statuses) {
		s.Agents = append(s.Agents, xdrtest.Agent{Count: 1, Timeline: []xdrtest.Step{{Status: status}}})
	}
	return newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{s}})
}

func TestPeerXSOARModule(t *testing.T) {
	t.Parallel()
	judges(t, "only the first endpoint decides", "COMPLETED_SUCCESSFULLY FAILED", anyID, failed)
	judges(t, "only the first endpoint decides", "COMPLETED_SUCCESSFULLY IN_PROGRESS", anyID, pending)
	judges(t, "FAILED ends like success", "FAILED", anyID, failed)
	judges(t, "errorReasons null crashes", `{"reply":{"data":{"a":"FAILED"},"errorReasons":null}}`, anyID, failed)
	for _, body := range []string{`{"reply":{"data":{}}}`, `{"reply":{"data":null}}`, `{"reply":{}}`, `{}`} {
		judges(t, "an empty reply fails the task", body, anyID, pending, "no_endpoints")
	}
}

func TestPeerXSOARPlaybook(t *testing.T) {
	t.Parallel()
	judges(t, "success and failure are not told apart", "COMPLETED_SUCCESSFULLY", anyID, done)
	for bad := range strings.FieldsSeq("COMPLETED_PARTIAL FAILED TIMEOUT EXPIRED ABORTED CANCELLED") {
		judges(t, "success and failure are not told apart", bad, anyID, failed)
	}
	judges(t, "a test that never ends", "COMPLETED_SUCCESSFULLY EXPIRED", anyID, failed) // two different final statuses
	judges(t, "a timeout ends as success", "COMPLETED_SUCCESSFULLY PENDING",
		`{"group_action_id":5,"started_at":"2026-11-24T09:00:00Z","timeout_seconds":60}`,
		failed, "deadline_exceeded", `"pending_endpoints":["`)
}

func TestPeerTheHive(t *testing.T) {
	t.Parallel()
	judges(t, "PENDING and IN_PROGRESS count as success", "PENDING IN_PROGRESS", anyID, pending)
	judges(t, "FAILED is reported as without errors",
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"Element not found.\r\n"}}}}`, anyID,
		failed, `"failed_endpoints":[{"agent_id":"a","status":"FAILED","error":"Element not found."}]`)
	judges(t, "it loops for ever on empty data", "", `{"group_action_id":5,"started_at":"2026-11-24T09:57:00Z"}`,
		failed, "action_not_found")
}

func TestPeerGoogleSecOps(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"failed", "done", "pending"} { // by policies of the same names
		judges(t, "COMPLETED_PARTIAL pends until the timeout", "COMPLETED_PARTIAL",
			`{"group_action_id":5,"policy":{"partial":"`+want+`"}}`, `"verdict":"`+want, `"partial":1`)
	}
	t.Run("one signature for the whole session", func(t *testing.T) {
		t.Parallel()
		r := newPeerRig(t, "PENDING")
		for range 3 {
			r.clock.Advance(10 * time.Minute) // the second is out of the window of the first
			r.check(t, anyID)
		}
		seen := map[string]bool{}
		for _, q := range r.sim.Requests() {
			seen[q.Header.Get("X-Xdr-Nonce")] = true
			seen[q.Header.Get("X-Xdr-Timestamp")] = true
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
	judges(t, "omitted endpoints are noticed, as there", "COMPLETED_SUCCESSFULLY",
		`{"group_action_id":5,"expected_agents":["absent"]}`, pending, `"missing":1`, `"pending_endpoints":["absent"]`)
}

func TestPeerSplunkSOAR(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 204, 302} {
		meets(t, "any 2xx or 3xx is success", xdrtest.Fault{Status: status}, handler.Rejected)
	}
	judges(t, "any 2xx or 3xx is success", "FAILED FAILED", anyID, failed)
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
	judges(t, "the wait is a blind sleep", "PENDING", anyID, `"wait_seconds":5,`)
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
		if named, ok := errors.AsType[*handler.Error](err); !ok || !named.Temporary() {
			t.Error(err)
		}
	})
}
