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
	type object struct{ Properties map[string]object }
	var schema object
	readJSON(t, "schema/request.schema.json", &schema)
	same(t, "the schema", fields(schema.Properties, schema.Properties["policy"].Properties), want)
	sample := map[string]any{"group_action_id": "in the sample by its other name"}
	readJSON(t, "events/every-field.json", &sample)
	policy, _ := sample["policy"].(map[string]any)
	same(t, "every-field.json", fields(sample, policy), want)
	rows := find(column(t, "Request", 0), "(?m)^`([a-z_.]+)`$")
	same(t, "README", append(rows, "policy", find(column(t, "Request", 2), "`(action_id)`")[0]), want)
}

func fields[V any](request, policy map[string]V) []string {
	names := slices.Collect(maps.Keys(request))
	for name := range policy {
		names = append(names, "policy."+name)
	}
	return names
}

// fieldsOfTheCode tries each word in the code of pkg/handler as a field: as null, which most fields refuse, and as a
// verdict of this wait. One that is read makes a difference.
func fieldsOfTheCode(t *testing.T) []string {
	t.Helper()
	code := strings.Join(slices.Collect(maps.Values(files(t, `^pkg/handler/[a-z]+\.go$`))), "\n") // without tests
	ignored := answer(t, "ignored", nil)
	previous := map[string]any{"group_action_id": 7, "endpoints": map[string]int{"seen": 3}}
	var read []string
	for _, word := range slices.Compact(slices.Sorted(slices.Values(find(code, `"(\w+)"`)))) {
		if answer(t, word, nil) != ignored || answer(t, word, previous) != ignored {
			read = append(read, word)
		}
		if !strings.Contains(answer(t, "policy", map[string]any{word: nil}), "is not known") {
			read = append(read, "policy."+word)
		}
	}
	return read
}

// answer is what the step says to a request with one more field, an hour after the start of an action without endpoints.
func answer(t *testing.T, name string, value any) string {
	t.Helper()
	request := map[string]any{"group_action_id": 7, "started_at": now.Add(-time.Hour)}
	request[name] = value
	event, err := json.Marshal(request)
	must(t, err)
	verdict, err := step(goodSecret).Check(t.Context(), event)
	return fmt.Sprintf("%+v %v", verdict, err)
}

const goodSecret = `{"fqdn":"acme.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"standard"}`

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
