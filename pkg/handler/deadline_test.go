package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// Past the deadline, the request's or the installation's, nobody waits for an error to pass. What is final anyway keeps
// its name.
func TestDeadlineEndsAnOutage(t *testing.T) {
	t.Parallel()
	api := func(status int) func(*rig) { return func(r *rig) { r.sim.AddFaults(xdrtest.Fault{Status: status}) } }
	for _, c := range []struct {
		name    string
		prepare func(*rig)
		before  handler.ErrorName
		after   handler.ErrorName
	}{
		{"API down", api(503), handler.Unavailable, handler.TimedOut},
		{"API throttles", api(429), handler.Throttled, handler.TimedOut},
		{"Secrets Manager down", func(r *rig) { r.sim.AddSecretFaults(xdrtest.SecretFault{Name: "InternalServiceError"}) }, handler.CredentialsUnavailable, handler.TimedOut},
		{"key refused", api(403), handler.Unauthorized, handler.Unauthorized},
		{"reply refused", api(404), handler.Rejected, handler.Rejected},
		{"bug", func(r *rig) { r.Secrets = broken{} }, handler.Internal, handler.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, xdrtest.Options{}, "pending")
			c.prepare(r)
			started := r.clock.Now().Format(time.RFC3339)
			event := fmt.Sprintf(`{"group_action_id":22519813685366,"timeout_seconds":60,"started_at":%q}`, started)
			usual := fmt.Sprintf(`{"group_action_id":22519813685366,"started_at":%q}`, started)
			r.clock.Advance(59 * time.Second)
			r.fails(t, c.before, event)
			r.fails(t, c.before, `{"group_action_id":22519813685366}`) // without a start there is no deadline here
			r.clock.Advance(time.Second)
			if err := r.fails(t, c.after, event); c.after == handler.TimedOut {
				begins := string(c.before) + ": group_action_id 22519813685366: "
				ends := "; the deadline, 1m0s after started_at, has passed"
				if !strings.HasPrefix(err.Text(), begins) || !strings.HasSuffix(err.Text(), ends) || err.Temporary() ||
					err.Last != c.before || err.GroupActionID != 22519813685366 {
					t.Error(err)
				}
			}
			r.clock.Advance(72*time.Hour - 61*time.Second)
			r.fails(t, c.before, usual)
			r.clock.Advance(time.Second)
			r.fails(t, c.after, usual)
		})
	}
}

// An error text beside good statuses is logged, in one line and without the key.
func TestRemarkIsLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{Key: canary})
	r.sim.AddFaults(xdrtest.Fault{Body: `{"reply":{"err_code":0,"err_msg":"partial\noutage ` + canary + `","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`})
	v := r.check(t, anyID)
	if v.Outcome != handler.Pending || v.Reason != handler.InProgress || v.WaitSeconds != 5 {
		t.Errorf("%+v", v)
	}
	if log := r.log.String(); !strings.Contains(log, `"remark":"partial outage [redacted]"`) || !strings.Contains(log, `"level":"WARN"`) {
		t.Error(log)
	}
}
