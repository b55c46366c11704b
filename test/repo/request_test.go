package repo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// A field of the request is in the schema, in README and in a sample if and only if pkg/handler reads it.
func TestRequestFields(t *testing.T) {
	t.Parallel()
	want := fieldsOfTheCode(t)
	if len(want) < 14 {
		t.Errorf("pkg/handler reads only %v", want)
	}
	for place, got := range map[string][]string{
		"the schema":           fieldsOfTheSchema(t),
		"README":               fieldsOfREADME(t),
		"the samples together": fieldsOfTheSamples(t),
	} {
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v\npkg/handler reads %v", place, got, want)
		}
	}
}

// fieldsOfTheCode tries each word in the code of pkg/handler as a field.
func fieldsOfTheCode(t *testing.T) []string {
	t.Helper()
	var code strings.Builder
	for _, file := range list(t, "pkg/handler/*.go") {
		if !strings.HasSuffix(file, "_test.go") {
			code.WriteString(read(t, file))
		}
	}
	var fields []string
	for _, word := range slices.Compact(find(code.String(), `"(\w+)"`)) {
		if isRead(t, word) {
			fields = append(fields, word)
		}
		if !strings.Contains(answer(t, "policy", map[string]any{word: nil}), "is not known") {
			fields = append(fields, "policy."+word)
		}
	}
	slices.Sort(fields)
	return fields
}

// isRead reports whether a field makes a difference: as null, which most fields refuse, or as a verdict of this wait.
func isRead(t *testing.T, name string) bool {
	t.Helper()
	ignored := answer(t, "ignored", nil)
	previous := map[string]any{"group_action_id": 7, "endpoints": map[string]int{"seen": 3}}
	return answer(t, name, nil) != ignored || answer(t, name, previous) != ignored
}

// answer is what the step says to a request with one more field, about an action that has no endpoints an hour after
// its start.
func answer(t *testing.T, name string, value any) string {
	t.Helper()
	request := map[string]any{"group_action_id": 7, "started_at": now.Add(-time.Hour)}
	request[name] = value
	event, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := step(goodSecret).Check(t.Context(), event)
	return fmt.Sprintf("%+v %v", verdict, err)
}

func fieldsOfTheSchema(t *testing.T) []string {
	t.Helper()
	type object struct{ Properties map[string]object }
	var request object
	readJSON(t, "schema/request.schema.json", &request)
	fields := slices.Collect(maps.Keys(request.Properties))
	for name := range request.Properties["policy"].Properties {
		fields = append(fields, "policy."+name)
	}
	return fields
}

// fieldsOfREADME are the rows of its table. One row has two names, and policy is in the names of four.
func fieldsOfREADME(t *testing.T) []string {
	t.Helper()
	fields := find(column(t, "Request", 0), "(?m)^`([a-z_.]+)`$")
	fields = append(fields, find(column(t, "Request", 2), "`(action_id)`")...)
	return append(fields, "policy")
}

func fieldsOfTheSamples(t *testing.T) []string {
	t.Helper()
	var fields []string
	for _, name := range samples(t, ".json") {
		if strings.HasPrefix(name, "bad-") {
			continue
		}
		var request map[string]any
		if err := json.Unmarshal(sample(t, name), &request); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fields = slices.AppendSeq(fields, maps.Keys(request))
		policy, _ := request["policy"].(map[string]any)
		for name := range policy {
			fields = append(fields, "policy."+name)
		}
	}
	return fields
}

const goodSecret = `{"fqdn":"acme.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"standard"}`

// now is the time of all checks.
var now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// step makes checks with a secret, in a tenant where no action has endpoints.
func step(document string) *handler.Step {
	config := handler.DefaultConfig()
	config.SecretID = "xdr/acme"
	config.TenantSecretPrefix = "xdr/tenant-"
	return &handler.Step{
		Config:  config,
		Secrets: secret(document),
		XDR:     &xdr.Client{Transport: emptyTenant{}},
		Now:     func() time.Time { return now },
	}
}

type secret []byte

func (s secret) GetSecretValue(
	context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretBinary: s}, nil
}

type emptyTenant struct{}

func (emptyTenant) RoundTrip(*http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(`{"reply": {"data": {}}}`))
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, Body: body}, nil
}
