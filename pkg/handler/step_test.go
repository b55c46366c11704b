package handler_test

import (
	"context"
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// rig is a step with the real AWS SDK in front of a simulated tenant.
type rig struct {
	*handler.Step
	sim   *xdrtest.Sim
	clock *lambdatest.Clock
	log   *lambdatest.Buffer
}

func newRig(t *testing.T, o xdrtest.Options, scenarios ...string) *rig {
	t.Helper()
	for _, name := range scenarios {
		s, err := xdrtest.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		o.Scenarios = append(o.Scenarios, s)
	}
	c := new(lambdatest.Clock)
	o.Now = c.Now
	o.BasePath = "/gateway"
	o.SecretAliases = []string{"xdr/tenant-acme"}
	sim := xdrtest.Start(t, o)
	log := new(lambdatest.Buffer)
	transport := xdr.NewTransport(5 * time.Second)
	t.Cleanup(transport.CloseIdleConnections)
	config := handler.DefaultConfig()
	config.SecretID = "xdr/sim"
	config.TenantSecretPrefix = "xdr/tenant-"
	config.AllowedOrigins = []handler.Origin{origin(t, sim.URL())}
	return &rig{
		Step: &handler.Step{
			Config:  config,
			Secrets: sdk(sim.URL()),
			XDR:     &xdr.Client{Transport: transport, Timeout: 5 * time.Second, Now: c.Now},
			Log:     slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Now:     c.Now,
			Random:  func() float64 { return 0.5 },
		},
		sim: sim, clock: c, log: log,
	}
}

func origin(t *testing.T, base string) handler.Origin {
	t.Helper()
	o, err := handler.ParseOrigin(base)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// token is of the session that signs the calls of Secrets Manager.
const token = "fwogzxivyxdzecanarytokenofthesession0123456789abcdef"

func sdk(endpoint string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: token}, nil
		}),
		Retryer: aws.NopRetryer{},
	})
}

func (r *rig) check(t *testing.T, event string, args ...any) handler.Verdict {
	t.Helper()
	v, err := r.Check(t.Context(), fmt.Appendf(nil, event, args...))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jsonv1.Marshal(v) // it makes null of a list that is nil
	if err == nil {
		err = schematest.Validate("verdict", raw)
	}
	if err != nil {
		t.Errorf("%s: %v", raw, err)
	}
	return v
}

// fails makes a check that must end in an error of this name.
func (r *rig) fails(t *testing.T, want handler.ErrorName, event string) *handler.Error {
	t.Helper()
	v, err := r.Check(t.Context(), []byte(event))
	named, ok := errors.AsType[*handler.Error](err)
	if !ok || named.Name != want {
		t.Fatalf("verdict %q, error %v, want %s", v.Outcome, err, want)
	}
	if strings.ContainsAny(named.Text(), "\r\n") {
		t.Errorf("more than one line: %q", named.Text())
	}
	return named
}

// anyID asks for the action of a scenario that answers for any id.
const (
	anyID     = `{"group_action_id":5}`
	pendingID = `{"group_action_id":22519813685314}`
	canary    = xdrtest.Canary
)

func anyAction(name string) xdrtest.Scenario {
	s, err := xdrtest.Load(name)
	if err != nil {
		panic(err)
	}
	s.GroupActionID = 0
	return s
}

// A verdict has every field. What the workflow hands through comes back, and only the execution's name is logged.
func TestVerdict(t *testing.T) {
	t.Parallel()
	r := newRig(t, xdrtest.Options{}, "pending")
	v := r.check(t, `{"group_action_id":"22519813685314","started_at":"2026-11-24T09:57:30Z","tenant":"acme","execution":"run-1",
		"context":{"ticket": "T<1>"},"previous":{"group_action_id":22519813685314,"endpoints":{"seen":9},"note":"private"}}`)
	got, err := json.Marshal(v, json.Deterministic(true))
	want := jsontext.Value(fmt.Sprintf(`{"group_action_id":"22519813685314","verdict":"pending","reason":"in_progress","wait_seconds":14,
		"endpoints":{"total":3,"succeeded":1,"partial":0,"failed":1,"pending":1,"missing":0,"seen":9},
		"statuses":{"COMPLETED_SUCCESSFULLY":1,"FAILED":1,"IN_PROGRESS":1},
		"failed_endpoints":[{"agent_id":%q,"status":"FAILED","error":"Element not found."}],
		"pending_endpoints":[%q],"unknown_statuses":[],"truncated":false,
		"elapsed_seconds":150,"checked_at":"2026-11-24T10:00:00Z","tenant":"acme","context":{"ticket":"T<1>"},"execution":"run-1"}`,
		v.FailedEndpoints[0].AgentID, v.PendingEndpoints[0]))
	if err = errors.Join(err, want.Compact()); err != nil || string(got) != string(want) {
		t.Errorf("%v: got %s\nwant %s", err, got, want)
	}
	if log := r.log.String(); !strings.Contains(log, `"execution":"run-1"`) || strings.Contains(log, "ticket") || strings.Contains(log, "private") {
		t.Error(log)
	}
}

func TestEveryErrorName(t *testing.T) {
	t.Parallel()
	fault := func(f xdrtest.Fault) func(*rig) { return func(r *rig) { r.sim.AddFaults(f) } }
	status := func(code int) func(*rig) { return fault(xdrtest.Fault{Status: code}) }
	runs := func(ahead time.Duration) func(*rig) {
		return func(r *rig) { r.XDR.Now = func() time.Time { return r.clock.Now().Add(ahead) } }
	}
	secretFault := func(name string) func(*rig) {
		return func(r *rig) { r.sim.AddSecretFaults(xdrtest.Fault{Name: name}) }
	}
	for _, c := range []struct {
		name    string
		prepare func(*rig)
		event   string
		want    handler.ErrorName
		text    []string
	}{
		{"bad event", func(*rig) {}, `{"x":1}`, handler.InvalidRequest, []string{"group_action_id is missing"}},
		{"no such secret", func(r *rig) { r.SecretID = "nobody" }, anyID, handler.CredentialsInvalid, []string{`"nobody" does not exist`}},
		{"no such tenant", func(*rig) {}, `{"group_action_id":5,"tenant":"x"}`, handler.CredentialsInvalid, []string{`"xdr/tenant-x" does not exist`}},
		{"no tenants", func(r *rig) { r.TenantSecretPrefix = "" }, `{"group_action_id":5,"tenant":"x"}`, handler.InvalidRequest, []string{"tenant"}},
		{"denied", secretFault("AccessDeniedException"), anyID, handler.CredentialsInvalid, []string{"secretsmanager:GetSecretValue"}},
		{"cannot decrypt", secretFault("DecryptionFailure"), anyID, handler.CredentialsInvalid, []string{"cannot be read"}},
		{"malformed", func(r *rig) { r.sim.SetSecret("not JSON", false) }, anyID, handler.CredentialsInvalid, []string{"expected a JSON object"}},
		{"origin", func(r *rig) { r.AllowedOrigins = handler.DefaultConfig().AllowedOrigins }, anyID, handler.CredentialsInvalid, []string{"allow-list"}},
		{"no Secrets Manager", func(r *rig) { r.Secrets = sdk("http://127.0.0.1:1") }, anyID, handler.CredentialsUnavailable, []string{"refused"}},
		{"own credentials expired", secretFault("ExpiredTokenException"), anyID, handler.CredentialsUnavailable, []string{"the caller's own credentials or clock"}},
		{"wrong key", func(r *rig) { r.sim.RevokeKey() }, anyID, handler.Unauthorized, []string{"401", "has not changed", "check api_key_id"}},
		{"skewed clock", runs(20 * time.Minute), anyID, handler.Unauthorized, []string{"401", "the clock here is 20m0s ahead of the API's"}},
		{"slow clock", runs(-20 * time.Minute), anyID, handler.Unauthorized, []string{"401", "the clock here is 20m0s behind the API's"}},
		{"no licence", status(402), anyID, handler.Unauthorized, []string{"402", "licence"}},
		{"no role", status(403), anyID, handler.Unauthorized, []string{"403", "role"}},
		{"a proxy's 403", fault(xdrtest.Fault{Status: 403, ContentType: "text/html", Body: "<p>no"}), anyID, handler.Unauthorized, []string{"something between here and the API refuses", "IP address"}},
		{"throttled", fault(xdrtest.Fault{Status: 429, RetryAfter: "7"}), anyID, handler.Throttled, []string{"429", "retry after 7s"}},
		{"408", status(408), anyID, handler.Unavailable, []string{"408"}},
		{"500", status(500), anyID, handler.Unavailable, []string{"500", "group_action_id 5", "request id"}},
		{"bug", func(r *rig) { r.XDR.Transport = struct{ http.RoundTripper }{} }, anyID, handler.Internal, []string{"panic", "nil pointer"}},
		{"bug in the SDK", func(r *rig) { r.Secrets = broken{} }, anyID, handler.Internal, []string{"panic with a string"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{anyAction("pending")}, Key: canary})
			c.prepare(r)
			err := r.fails(t, c.want, c.event)
			for _, text := range c.text {
				if !strings.Contains(err.Text(), text) {
					t.Errorf("%q is not in: %s", text, err.Text())
				}
			}
			if err.Temporary() != strings.Contains("XDR.CredentialsUnavailable XDR.Throttled XDR.Unavailable", string(c.want)) || err.Error() != string(c.want)+": "+err.Text() {
				t.Errorf("%v, temporary: %v", err, err.Temporary())
			}
			if log := r.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, string(c.want)) {
				t.Errorf("log: %s", log)
			}
			if hasStack := strings.Contains(r.log.String(), `"stack":`); hasStack != (c.want == handler.Internal) {
				t.Errorf("a stack in the log: %v", hasStack)
			}
			if out := fmt.Sprintf("%v %+v %#v %s", err, err, err, r.log.String()); xdrtest.Leak(out, canary) != "" {
				t.Errorf("the key appears: %s", out)
			}
			r.isTimedOut(t, err, c.event)
		})
	}
}

// isTimedOut repeats a check that fails, until it is past its deadline: from there on nobody waits for an error to
// pass. What is final anyway keeps its name.
func (r *rig) isTimedOut(t *testing.T, usual *handler.Error, event string) {
	t.Helper()
	event = strings.Replace(event, "}", `,"timeout_seconds":60,"started_at":"2026-11-24T10:00:00Z"}`, 1)
	r.clock.Advance(59 * time.Second)
	r.fails(t, usual.Name, event)
	r.clock.Advance(time.Second)
	if !usual.Temporary() {
		r.fails(t, usual.Name, event)
		return
	}
	err := r.fails(t, handler.TimedOut, event)
	begins := string(usual.Name) + ": group_action_id 5: "
	ends := "; the deadline, 1m0s after started_at, has passed"
	if !strings.HasPrefix(err.Text(), begins) || !strings.HasSuffix(err.Text(), ends) || err.Temporary() ||
		err.Last != usual.Name || err.GroupActionID != 5 {
		t.Error(err)
	}
}

// broken panics with the credentials' text in hand.
type broken struct{}

func (broken) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	panic("with " + canary)
}
