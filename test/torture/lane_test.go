package torture

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// The function's own limits in a lane. A check has time for a whole fetch of the secret (5 s), and a call after it.
const (
	httpTimeout     = 2 * time.Second
	functionTimeout = 9 * time.Second
)

// lane is one function with both of its services behind proxies. Its checks are made one after the other, so that it
// is known what each of them met.
type lane struct {
	t        *testing.T
	name     string
	r        *rand.Rand
	sum      *report
	sim      *xdrtest.Sim
	ca       *xdrtest.Authority // that the function trusts
	api      *service
	secrets  *service
	ttl      int                  // of the secret, in seconds
	function *lambdatest.Function // nil until it is started

	message string // of the last error
	warm    bool   // a check has succeeded: there is a value to fall back on
}

// start starts the function.
func (l *lane) start() {
	file := filepath.Join(l.t.TempDir(), "ca.pem")
	try(os.WriteFile(file, l.ca.PEM(), 0o600))
	env := map[string]string{
		"XDR_SECRET_TTL_SECONDS":   fmt.Sprint(l.ttl),
		"XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(httpTimeout.Seconds()),
		"SSL_CERT_FILE":            file,
	}
	origins := l.api.url + "," + unresolvable + "," + refusing
	l.function = startFunction(l.t, origins, l.secrets.url, lambdatest.Options{Env: env, Timeout: functionTimeout})
}

const right = "right verdict"

// check asks about one of the actions, and says what came of it: right, or the name of an error. Any other verdict than
// that of the action is a wrong one.
func (l *lane) check() string {
	a := actions[l.r.IntN(len(actions))]
	reply, err := l.function.Invoke(l.t.Context(), fmt.Appendf(nil, `{"group_action_id":%d}`, a.id))
	if err != nil { // it hangs, or has died
		l.message = err.Error()
		return "no answer"
	}
	noSecrets(l.t, reply.ErrorMessage+string(reply.Payload))
	l.message = reply.ErrorMessage
	if reply.Failed() {
		return reply.ErrorType
	}
	if got := verdictOf(l.t, reply.Payload); got.ID != a.id || got.String() != a.want {
		l.t.Errorf("%s: WRONG VERDICT, want %s: %s", l.name, a.want, reply.Payload)
		return "wrong verdict"
	}
	l.warm = true
	return right
}

// mustBeRight makes a check without a fault.
func (l *lane) mustBeRight(when string) {
	if outcome := l.check(); outcome != right {
		l.t.Errorf("%s %s: %s: %s", when, l.name, outcome, l.message)
	}
}

type verdict struct {
	ID        int64 `json:"group_action_id"`
	Verdict   string
	Reason    string
	Endpoints struct{ Total int }
}

func (v verdict) String() string {
	return fmt.Sprintf("%s, %s, %d", v.Verdict, v.Reason, v.Endpoints.Total)
}

func verdictOf(t *testing.T, payload []byte) (v verdict) {
	t.Helper()
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Errorf("%v: %s", err, payload)
	}
	return v
}

// action is a scenario that never changes, and its one right verdict.
type action struct {
	id     int64
	want   string
	agents []xdrtest.Agent
}

var actions = []action{
	{1, "done, all_succeeded, 3", agents("COMPLETED_SUCCESSFULLY", 3)},
	{1 << 40, "failed, endpoints_failed, 4", append(agents("COMPLETED_SUCCESSFULLY", 2), agents("FAILED", 2)...)},
	{3, "pending, in_progress, 3", append(agents("COMPLETED_SUCCESSFULLY", 2), agents("PENDING", 1)...)},
	{4, "failed, endpoints_failed, 1500", append(agents("FAILED", 1000), agents("COMPLETED_SUCCESSFULLY", 500)...)},
}

func agents(status string, count int) []xdrtest.Agent {
	return []xdrtest.Agent{{
		Count: count, Timeline: []xdrtest.Step{{Status: status}},
		ErrorReason: []byte(`{"errorDescription":"Element not found.\r\n"}`),
	}}
}

// tenant has the actions and no rate limit.
func tenant(level string) xdrtest.Options {
	o := xdrtest.Options{Key: xdrtest.Canary, RateLimit: -1, SecurityLevel: level}
	for _, a := range actions {
		o.Scenarios = append(o.Scenarios, xdrtest.Scenario{GroupActionID: a.id, Agents: a.agents})
	}
	return o
}
