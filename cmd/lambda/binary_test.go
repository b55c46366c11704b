package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bootstrap")
	if err != nil {
		panic(err)
	}
	if bootstrap, err = lambdatest.Build(context.Background(), ".", dir, nil); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// deployed is the built binary under a Runtime API, with a simulated tenant that knows every scenario.
type deployed struct {
	*lambdatest.Function
	sim *xdrtest.Sim
}

// deploy prepares the tenant, and may still change env, before the process starts, which reads its secret at once.
func deploy(t *testing.T, env map[string]string, o lambdatest.Options, prepare ...func(*xdrtest.Sim)) deployed {
	t.Helper()
	var all []xdrtest.Scenario
	for _, name := range xdrtest.Names() {
		s, _ := xdrtest.Load(name) // its own tests load them all
		all = append(all, s)
	}
	sim := xdrtest.Start(t, xdrtest.Options{
		Scenarios: all, Key: canary, SecretAliases: []string{"xdr/tenant-acme"}, RateLimit: -1, SecurityLevel: "standard",
	})
	for _, p := range prepare {
		p(sim)
	}
	o.Env = map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_TENANT_SECRET_PREFIX": "xdr/tenant-", "XDR_ALLOWED_ORIGINS": sim.URL(),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(), "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
	}
	maps.Copy(o.Env, env)
	o.Binary = cmp.Or(o.Binary, bootstrap)
	return deployed{lambdatest.Start(t, o), sim}
}

func (d deployed) invoke(t *testing.T, event string) lambdatest.Reply {
	t.Helper()
	r, err := d.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Output())
	}
	if r.ErrorType == "" {
		if !bytes.Equal(r.Payload, bytes.TrimSpace(r.Payload)) {
			t.Errorf("%q", r.Payload)
		}
		if err := schematest.Validate("verdict", r.Payload); err != nil {
			t.Errorf("%s: %v", r.Payload, err)
		}
	}
	return r
}

// body is what the caller gets: the verdict or the error object.
func body(r lambdatest.Reply) []byte { return append(r.Payload, r.RawError...) }

// holdsNoKey looks for pieces of the key in what the process has written, and in a reply of it.
func (d deployed) holdsNoKey(t *testing.T, r lambdatest.Reply) {
	t.Helper()
	if piece := xdrtest.Leak(d.Output()+string(body(r)), canary); piece != "" {
		t.Errorf("%q of the key appears: %s\n%s", piece, body(r), d.Output())
	}
}

const (
	doneID    = `{"group_action_id":22519813685301}`
	pendingID = `{"group_action_id":22519813685314}`
	unknownID = `{"group_action_id":22519813685310}`
)

// Every sample of events/ gives the reply that stands beside it. Only times are compared by their form, and of an
// error message the beginning.
func TestSamples(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{})
	files, err := filepath.Glob("../../events/*.want.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		event, missing := os.ReadFile(strings.TrimSuffix(file, ".want.json") + ".json")
		raw, err := os.ReadFile(file)
		if err != nil || missing != nil {
			t.Fatal(missing, err)
		}
		r := d.invoke(t, string(event))
		want := fields(t, raw)
		got := fields(t, body(r))
		if message, ok := want["errorMessage"].(string); ok && strings.HasPrefix(r.ErrorMessage, message) {
			want["errorMessage"] = r.ErrorMessage
		}
		if since, ok := want["elapsed_seconds"].(float64); ok && since > 0 { // the sample began at a fixed time
			if now, _ := got["elapsed_seconds"].(float64); now <= 0 {
				t.Errorf("%s: %v seconds", file, now)
			}
			want["elapsed_seconds"] = got["elapsed_seconds"]
		}
		if at, ok := got["checked_at"]; ok {
			want["checked_at"] = at // its form is the schema's
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", file, got, want)
		}
	}
}

// A context is the caller's own: it comes back character by character.
func TestContextComesBackAsItWas(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{})
	for _, context := range []string{
		`{"b":1,"a":2,"b":3}`, `"<a href='x'>&</a>"`, "\"\u2028\"", `"\u00e9\/\ud83d\ude00\ud83d"`, `1.50e+400`,
	} {
		r := d.invoke(t, `{"group_action_id":22519813685301,"context":`+context+`}`)
		if !strings.Contains(string(r.Payload), `"context":`+context+`,`) {
			t.Errorf("%s: %s%s", context, r.Payload, r.RawError)
		}
	}
}

func fields(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
