package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// The call to Secrets Manager is signed with the function's own temporary credentials, for its region: AWS refuses it
// without the session token. Where there are no credentials, AWS would not say so to a call signed with an empty key.
func TestSecretsManagerClient(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"XDR_SECRET_ID": "s", "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1",
		"AWS_ACCESS_KEY_ID": "AKIDOFTHETEST", "AWS_SECRET_ACCESS_KEY": "secret of the test", "AWS_SESSION_TOKEN": "token of the test",
	}
	for _, missing := range []string{"", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		env := maps.Clone(all)
		delete(env, missing)
		f, err := newFunction(from(env))
		if err != nil {
			t.Fatal(err)
		}
		o := f.step.Secrets.(*secretsmanager.Client).Options()
		if o.Region != "eu-central-1" || *o.BaseEndpoint != "http://127.0.0.1:1" {
			t.Errorf("%s at %s", o.Region, *o.BaseEndpoint)
		}
		got, err := o.Credentials.Retrieve(t.Context())
		want := aws.Credentials{
			AccessKeyID: "AKIDOFTHETEST", SecretAccessKey: "secret of the test", SessionToken: "token of the test",
		}
		if missing == "" && (err != nil || got != want) {
			t.Errorf("%+v, %v", got, err)
		}
		if missing != "" && (err == nil || !strings.Contains(err.Error(), missing)) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

// A redirect would take the call, with its session token, to wherever it says. Of an upgrade net/http hands over the bare
// connection, which no timeout reaches.
func TestSecretsManagerAnswersForItself(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer elsewhere.Close()
	for status, want := range map[int]string{
		101: "101 is no final answer", 301: "301", 302: "302", 303: "303", 307: "307", 308: "308",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				const head = "HTTP/1.1 %d Other\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nLocation: %s\r\n\r\n"
				fmt.Fprintf(conn, head, status, elsewhere.URL)
				_ = conn.Close()
			}
		}))
		defer server.Close()
		s := awsSettings{region: "r", endpoint: server.URL, accessKeyID: "a", secretAccessKey: "b"}
		once := func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }
		_, err := secretsManager(s, newUsualFirst(5*time.Second)).GetSecretValue(
			t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}, once)
		if err == nil || !strings.Contains(err.Error(), want) || followed.Load() > 0 {
			t.Errorf("%d: followed %d times; %v", status, followed.Load(), err)
		}
	}
}

// The secret is read while Lambda initializes the function, before anybody asks.
func TestSecretIsReadBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	tell := sync.OnceFunc(func() { close(asked) })
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { tell() }))
	defer server.Close()
	deploy(t, map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL}, lambdatest.Options{})
	arrives(t, "the secret is asked for", asked)
}
