package main

import (
	"crypto/fips140"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// AWS would not say so to a call signed with an empty key.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	for _, s := range []awsSettings{{accessKeyID: "a"}, {secretAccessKey: "b"}} {
		_, err := secretsManager(s, nil).Options().Credentials.Retrieve(t.Context())
		if err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// asker notes where requests go, and answers with a status and a place to go on at.
type asker struct {
	status int
	urls   []string
}

func (a *asker) RoundTrip(r *http.Request) (*http.Response, error) {
	a.urls = append(a.urls, r.URL.String())
	return &http.Response{
		StatusCode: a.status, ProtoMajor: 1, Body: http.NoBody, Request: r,
		Header: http.Header{"Location": {"https://elsewhere.example/"}},
	}, nil
}

// ask asks once for a secret.
func (a *asker) ask(t *testing.T, s awsSettings) error {
	t.Helper()
	once := func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }
	_, err := secretsManager(s, a).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}, once)
	return err
}

// A redirect would take the call, with its session token, to wherever it says. Of an upgrade net/http hands over the
// bare connection, which no timeout reaches.
func TestSecretsManagerAnswersForItself(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		101: "101 is not a final HTTP answer", 301: "301", 302: "302", 303: "303", 307: "307", 308: "308",
	} {
		a := asker{status: status}
		err := a.ask(t, awsSettings{region: "r", accessKeyID: "a", secretAccessKey: "b"})
		if err == nil || !strings.Contains(err.Error(), want) || len(a.urls) != 1 {
			t.Errorf("%d: asked %q; %v", status, a.urls, err)
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

// The endpoints are those of AWS's own list. One that is spelled out, as of a VPC, wins.
//
// Source: https://docs.aws.amazon.com/general/latest/gr/asm.html
func TestEndpointOfSecretsManager(t *testing.T) {
	t.Parallel()
	const own = "https://vpce-0a1b2c3d-4e5f.secretsmanager-fips.us-gov-west-1.vpce.amazonaws.com"
	for _, c := range []struct{ region, fips, endpoint, want string }{
		{"eu-central-1", "", "", "https://secretsmanager.eu-central-1.amazonaws.com/"},
		{"us-east-1", "false", "", "https://secretsmanager.us-east-1.amazonaws.com/"},
		{"us-east-1", "true", "", "https://secretsmanager-fips.us-east-1.amazonaws.com/"},
		{"us-gov-west-1", "TRUE", "", "https://secretsmanager-fips.us-gov-west-1.amazonaws.com/"},
		{"us-gov-west-1", "true", own, own + "/"},
	} {
		s, err := readEnv(from(map[string]string{
			"XDR_SECRET_ID": "s", "AWS_REGION": c.region, "AWS_USE_FIPS_ENDPOINT": c.fips, "AWS_ENDPOINT_URL_SECRETS_MANAGER": c.endpoint,
			"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		}))
		must(t, err)
		a := asker{status: http.StatusBadRequest}
		if err := a.ask(t, s.aws); err == nil || !slices.Equal(a.urls, []string{c.want}) {
			t.Errorf("%+v: asked %q, %v", c, a.urls, err)
		}
	}
}

// Under make fips all tests of this package run in FIPS mode, and the binary that they build too; otherwise none does.
func TestFIPSModeIsAsBuilt(t *testing.T) {
	t.Parallel()
	if want := os.Getenv("GOFIPS140"); fips140.Enabled() != (want != "" && want != "off") {
		t.Errorf("GOFIPS140=%s: FIPS mode %v", want, fips140.Enabled())
	}
}
