package main

import (
	"crypto/fips140"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

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
		{"us-gov-east-1", "true", "", "https://secretsmanager-fips.us-gov-east-1.amazonaws.com/"},
		{"us-gov-west-1", "true", own, own + "/"},
	} {
		s, err := readEnv(from(map[string]string{
			"XDR_SECRET_ID": "s", "AWS_REGION": c.region, "AWS_USE_FIPS_ENDPOINT": c.fips, "AWS_ENDPOINT_URL_SECRETS_MANAGER": c.endpoint,
			"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		}))
		if err != nil {
			t.Fatal(err)
		}
		asked := asker{}
		id := "s"
		_, err = secretsManager(s.aws, &asked).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err == nil || asked.url != c.want {
			t.Errorf("%+v: asked %q, %v", c, asked.url, err)
		}
	}
}

// asker notes where a request goes, and refuses it for good.
type asker struct{ url string }

func (a *asker) RoundTrip(r *http.Request) (*http.Response, error) {
	a.url = r.URL.String()
	return &http.Response{StatusCode: http.StatusBadRequest, ProtoMajor: 1, Body: http.NoBody, Request: r}, nil
}

// Under make fips all tests of this package run in FIPS mode, and the binary that they build too; otherwise none does.
func TestFIPSModeIsAsBuilt(t *testing.T) {
	t.Parallel()
	if want := os.Getenv("GOFIPS140") != ""; fips140.Enabled() != want {
		t.Errorf("GOFIPS140=%s: FIPS mode %v", os.Getenv("GOFIPS140"), fips140.Enabled())
	}
}
