package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	toxic "github.com/Shopify/toxiproxy/v2/client"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// The step's own limits in a lane. A check has time for a whole fetch of the secret (5 s), and a call after it.
const (
	httpTimeout     = 2 * time.Second
	functionTimeout = 9 * time.Second
)

// lane is one step with both of its services behind proxies. Its checks are made one after the other, so that it is
// known what each of them met.
type lane struct {
	name    string
	sim     *xdrtest.Sim
	api     *service
	secrets *service
	ttl     int // of the cached secret, in seconds
	step    step
	pid     int // 0 for a step inside the test

	message string // of the last error
	warm    bool   // a check has succeeded: there is a value to fall back on
}

// step answers an event: with a verdict, or with an error's name and message.
type step func(ctx context.Context, event []byte) (payload []byte, name, message string)

// newServices makes a lane without its step. p is nil for plain HTTP.
func newServices(t *testing.T, injector *toxic.Client, p *pki, ttl int) *lane {
	t.Helper()
	sim := xdrtest.New(xdrtest.Options{Scenarios: scenarios(), Key: xdrtest.Canary, RateLimit: -1, SecurityLevel: "standard"})
	l := &lane{sim: sim, api: serve(t, injector, p, sim), secrets: serve(t, injector, p, sim), ttl: ttl}
	sim.SetURL(l.api.url)
	return l
}

// runBinary puts the built binary into the lane, and looks at all that it wrote when it has ended.
func (l *lane) runBinary(t *testing.T, p *pki) {
	t.Helper()
	env := map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_SECRET_TTL_SECONDS": fmt.Sprint(l.ttl), "XDR_HTTP_TIMEOUT_SECONDS": "2",
		"XDR_ALLOWED_ORIGINS": l.api.url + "," + unresolvable, "AWS_ENDPOINT_URL_SECRETS_MANAGER": l.secrets.url,
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
	}
	if p != nil {
		env["SSL_CERT_FILE"] = p.file
	}
	f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: env, Timeout: functionTimeout})
	l.pid, l.step = f.PID(), invoke(f)
	t.Cleanup(func() { noSecrets(t, f.Output()) })
}

// invoke makes a step of a function. A function that hangs or dies has no error name, and none is allowed.
func invoke(f *lambdatest.Function) step {
	return func(ctx context.Context, event []byte) ([]byte, string, string) {
		r, err := f.Invoke(ctx, event)
		if err != nil {
			return nil, "no answer", err.Error()
		}
		return r.Payload, r.ErrorType, r.ErrorMessage
	}
}

// noSecrets looks for what may not be in a text, in pieces: the API key, and lambdatest's AWS credentials.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	if piece := xdrtest.Leak(text, xdrtest.Canary, awsKey, awsToken); piece != "" {
		at := max(0, strings.Index(text, piece)) // it may be spelled in another way
		t.Errorf("%q appears: …%s…", piece, text[max(0, at-200):min(len(text), at+200)])
	}
}

// mayBeWarm tells whether the process may hold a secret: a check that failed later may have got it.
func (l *lane) mayBeWarm() bool { return len(l.sim.SecretCalls()) > 0 }

const right = "right verdict"

// check asks about one of the actions, and tells what came of it: right, or the name of an error. Anything else than
// the verdict of that action is a wrong one.
func (l *lane) check(t *testing.T, r *rand.Rand) string {
	t.Helper()
	want := actions[r.IntN(len(actions))]
	payload, name, message := l.step(t.Context(), fmt.Appendf(nil, `{"group_action_id":%d}`, want.id))
	noSecrets(t, message+string(payload))
	l.message = message
	if name != "" {
		return name
	}
	if err := want.compare(payload); err != nil {
		t.Errorf("%s: WRONG VERDICT: %v: %s", l.name, err, payload)
		return "wrong verdict"
	}
	l.warm = true
	return right
}

// action is a scenario that never changes, and its one right verdict.
type action struct {
	id              int64
	verdict, reason string
	total           int
	agents          []xdrtest.Agent
}

var actions = []action{
	{1, "done", "all_succeeded", 3, agents("COMPLETED_SUCCESSFULLY", 3)},
	{1 << 40, "failed", "endpoints_failed", 4, append(agents("COMPLETED_SUCCESSFULLY", 2), agents("FAILED", 2)...)},
	{3, "pending", "in_progress", 3, append(agents("COMPLETED_SUCCESSFULLY", 2), agents("PENDING", 1)...)},
	{4, "failed", "endpoints_failed", 1500, append(agents("FAILED", 1000), agents("COMPLETED_SUCCESSFULLY", 500)...)},
}

func agents(status string, count int) []xdrtest.Agent {
	return []xdrtest.Agent{{
		Count: count, Timeline: []xdrtest.Step{{Status: status}},
		ErrorReason: []byte(`{"errorDescription":"Element not found.\r\n"}`),
	}}
}

func scenarios() []xdrtest.Scenario {
	var list []xdrtest.Scenario
	for _, a := range actions {
		list = append(list, xdrtest.Scenario{GroupActionID: a.id, Agents: a.agents})
	}
	return list
}

func (a action) compare(payload []byte) error {
	var v struct {
		ID        int64  `json:"group_action_id"`
		Verdict   string `json:"verdict"`
		Reason    string `json:"reason"`
		Endpoints struct{ Total int }
	}
	if err := json.Unmarshal(payload, &v); err != nil {
		return err
	}
	if v.ID != a.id || v.Verdict != a.verdict || v.Reason != a.reason || v.Endpoints.Total != a.total {
		return errors.New("not that of action " + fmt.Sprint(a.id))
	}
	return nil
}

// descriptors counts the open files of a process; 0 for the test itself.
func descriptors(pid int) int {
	if pid == 0 {
		return 0
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(entries)
}

func verdictOf(t *testing.T, payload []byte) string {
	t.Helper()
	var v struct{ Verdict string }
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Errorf("%v: %s", err, payload)
	}
	return v.Verdict
}
