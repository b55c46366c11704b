package xdrtest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const arnPrefix = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"

// secretRequest is a call as an AWS SDK makes it.
func secretRequest(t *testing.T, s *xdrtest.Sim, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/secretsmanager/aws4_request, "+
		"SignedHeaders=host;x-amz-date;x-amz-target, Signature=00")
	return r
}

type secretReply struct {
	ARN, Name     string
	VersionID     string `json:"VersionId"`
	SecretString  *string
	SecretBinary  *string
	VersionStages []string
	CreatedDate   float64
	Type          string `json:"__type"`
	Message       string
}

func sendSecret(t *testing.T, r *http.Request) (reply, secretReply) {
	t.Helper()
	got := send(r)
	var v secretReply
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatalf("%v in %+v", err, got)
	}
	return got, v
}

func getSecret(t *testing.T, s *xdrtest.Sim) secretReply {
	t.Helper()
	got, v := sendSecret(t, secretRequest(t, s, `{"SecretId":"xdr/sim"}`))
	if got.status != http.StatusOK {
		t.Fatalf("got %+v", got)
	}
	return v
}

func TestSecretReply(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	got, v := sendSecret(t, secretRequest(t, s, `{"SecretId":"xdr/sim"}`))
	if got.header.Get("Content-Type") != "application/x-amz-json-1.1" || got.header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("headers %v", got.header)
	}
	if !regexp.MustCompile(`^`+arnPrefix+`xdr/sim-[A-Za-z0-9]{6}$`).MatchString(v.ARN) || v.Name != "xdr/sim" ||
		!regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(v.VersionID) ||
		len(v.VersionStages) != 1 || v.VersionStages[0] != "AWSCURRENT" ||
		v.CreatedDate != float64(c.Now().Unix()) || v.SecretBinary != nil {
		t.Errorf("got %+v", v)
	}
	var value map[string]string
	if err := json.Unmarshal([]byte(*v.SecretString), &value); err != nil {
		t.Fatal(err)
	}
	if value["api_url"] != s.APIURL() || value["api_key_id"] != "7" || value["api_key"] != s.Key() ||
		value["security_level"] != "advanced" || len(value) != 4 {
		t.Errorf("got %v", value)
	}
}

func TestSecretRequests(t *testing.T) {
	t.Parallel()
	const good = `{"SecretId":"xdr/sim"}`
	for _, tt := range []struct {
		name, err, body string
		header, value   string // set on top of a correct call
	}{
		{"name", "", good, "", ""},
		{"alias", "", `{"SecretId":"xdr/tenant-acme"}`, "", ""},
		{"ARN", "", `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3"}`, "", ""},
		{"ARN without the suffix", "", `{"SecretId":"` + arnPrefix + `xdr/sim"}`, "", ""},
		{"current stage", "", `{"SecretId":"xdr/sim","VersionStage":"AWSCURRENT"}`, "", ""},

		{"other name", "ResourceNotFoundException", `{"SecretId":"xdr/other"}`, "", ""},
		{"no name", "ResourceNotFoundException", `{}`, "", ""},
		{"name with a suffix", "ResourceNotFoundException", `{"SecretId":"xdr/sim-a1B2c3"}`, "", ""},
		{"ARN with a long suffix", "ResourceNotFoundException", `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3d"}`, "", ""},
		{"previous stage", "ResourceNotFoundException", `{"SecretId":"xdr/sim","VersionStage":"AWSPREVIOUS"}`, "", ""},
		{"other version", "ResourceNotFoundException", `{"SecretId":"xdr/sim","VersionId":"0"}`, "", ""},
		{"no JSON", "SerializationException", `{`, "", ""},
		{"other operation", "UnknownOperationException", good, "X-Amz-Target", "secretsmanager.DescribeSecret"},
		{"other protocol", "UnknownOperationException", good, "Content-Type", "application/json"},
		{"no signature", "MissingAuthenticationTokenException", good, "Authorization", ""},
		{"API key as signature", "IncompleteSignatureException", good, "Authorization", "abc"},
		{"signed for another service", "IncompleteSignatureException", good, "Authorization",
			"AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, xdrtest.Options{SecretAliases: []string{"xdr/tenant-acme"}})
			r := secretRequest(t, s, tt.body)
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			got, v := sendSecret(t, r)
			want := http.StatusOK
			if tt.err != "" {
				want = http.StatusBadRequest
			}
			if got.status != want || v.Type != tt.err || (v.SecretString == nil) != (tt.err != "") {
				t.Errorf("got %+v, want %q", got, tt.err)
			}
			if call := s.SecretCalls()[0]; call.Number != 1 || call.Result != tt.err {
				t.Errorf("logged %+v, want %q", call, tt.err)
			}
		})
	}
}

func TestSecretVersionCanBeAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t, xdrtest.Options{})
	body := `{"SecretId":"xdr/sim","VersionId":"` + getSecret(t, s).VersionID + `"}`
	if got, _ := sendSecret(t, secretRequest(t, s, body)); got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
	s.Rotate()
	if got, v := sendSecret(t, secretRequest(t, s, body)); v.Type != "ResourceNotFoundException" {
		t.Errorf("after the rotation: got %+v", got)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	old, before := s.Key(), getSecret(t, s)
	stale := request(t, s, c.Now(), anyID)
	s.RotateTo("next")
	after := getSecret(t, s)
	if s.Key() != "next" || *after.SecretString != s.SecretValue() || !strings.Contains(s.SecretValue(), `"api_key":"next"`) {
		t.Errorf("the secret is %s", *after.SecretString)
	}
	if after.VersionID == before.VersionID {
		t.Error("the version is the same")
	}
	checkError(t, send(stale), http.StatusUnauthorized)
	if got := ask(t, s, c.Now(), anyID); got.status != http.StatusOK {
		t.Errorf("the new key got %+v", got)
	}
	s.Rotate()
	if s.Key() == "next" || s.Key() == old || len(s.Key()) != 128 {
		t.Errorf("rotated to %q", s.Key())
	}
}

func TestRevokedKeyStaysInTheSecret(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	before, stale := getSecret(t, s), request(t, s, c.Now(), anyID)
	s.RevokeKey()
	after := getSecret(t, s)
	if *after.SecretString != *before.SecretString || after.VersionID != before.VersionID {
		t.Error("the secret changed")
	}
	checkError(t, send(stale), http.StatusUnauthorized)

	s.SetSecret(s.SecretValue(), false)
	if v := getSecret(t, s); *v.SecretString == *before.SecretString || v.VersionID == before.VersionID {
		t.Error("the secret cannot be replaced")
	}
}

func TestSetSecret(t *testing.T) {
	t.Parallel()
	s := start(t, xdrtest.Options{})
	before := getSecret(t, s)
	s.SetSecret("any\x00text", true)
	v := getSecret(t, s)
	if v.SecretString != nil || *v.SecretBinary != base64.StdEncoding.EncodeToString([]byte("any\x00text")) {
		t.Errorf("got %+v", v)
	}
	if v.VersionID == before.VersionID {
		t.Error("the version is the same")
	}
	s.SetSecret("text", false)
	if v := getSecret(t, s); *v.SecretString != "text" || v.SecretBinary != nil {
		t.Errorf("got %+v", v)
	}
	s.Rotate()
	if v := getSecret(t, s); *v.SecretString != s.SecretValue() {
		t.Errorf("a rotation left %s", *v.SecretString)
	}
}

func TestSecretsAreWritten(t *testing.T) {
	t.Parallel()
	s := start(t, xdrtest.Options{})
	for i, c := range []struct{ operation, body, err, stored string }{
		{"PutSecretValue", `{"SecretId":"a","SecretString":"1","ClientRequestToken":"t"}`, "ResourceNotFoundException", ""},
		{"CreateSecret", `{"Name":"a","SecretString":"1"}`, "InvalidParameterException", ""},
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"t"}`, "InvalidParameterException", ""},
		{"CreateSecret", `{"Name":"a b","SecretString":"1","ClientRequestToken":"t"}`, "ValidationException", ""},
		{"CreateSecret", `{"Name":"a","SecretString":"1","ClientRequestToken":"t","KmsKeyId":"k"}`, "", "1"},
		{"CreateSecret", `{"Name":"a","SecretString":"2","ClientRequestToken":"u"}`, "ResourceExistsException", "1"},
		{"PutSecretValue", `{"SecretId":"a","SecretString":"2","ClientRequestToken":"u"}`, "", "2"},
		{"UpdateSecret", `{"SecretId":"` + arnPrefix + `a-a1B2c3","SecretString":"3","ClientRequestToken":"v"}`, "", "3"},
		{"CreateSecret", `{"Name":"xdr/sim","SecretString":"1","ClientRequestToken":"t"}`, "ResourceExistsException", "3"},
	} {
		r := secretRequest(t, s, c.body)
		r.Header.Set("X-Amz-Target", "secretsmanager."+c.operation)
		if _, v := sendSecret(t, r); v.Type != c.err || s.Stored("a") != c.stored {
			t.Errorf("call %d: %q, stored %q", i, v.Type, s.Stored("a"))
		}
		if call := s.SecretCalls()[i]; call.Operation != c.operation || call.Result != c.err {
			t.Errorf("logged %+v", call)
		}
	}
	if got, v := sendSecret(t, secretRequest(t, s, `{"SecretId":"a"}`)); *v.SecretString != "3" || v.VersionID != "v" {
		t.Errorf("got %+v", got)
	}
	if s.SecretCalls()[4].KMSKeyID != "k" || s.Stored("xdr/sim") != s.SecretValue() {
		t.Error("not the key, or not the secret, that was written")
	}
}

func TestSecretFaults(t *testing.T) {
	t.Parallel()
	s := start(t, xdrtest.Options{})
	s.AddSecretFaults(
		xdrtest.SecretFault{From: 1, Name: "ThrottlingException"},
		xdrtest.SecretFault{From: 2, Name: "InternalServiceError", Delay: time.Millisecond},
		xdrtest.SecretFault{From: 3, Reset: true},
	)
	call := func() *http.Request { return secretRequest(t, s, `{"SecretId":"xdr/sim"}`) }
	if got, v := sendSecret(t, call()); got.status != http.StatusBadRequest || v.Type != "ThrottlingException" || v.Message == "" {
		t.Errorf("got %+v", got)
	}
	if got, v := sendSecret(t, call()); got.status != http.StatusInternalServerError || v.Type != "InternalServiceError" {
		t.Errorf("got %+v", got)
	}
	if got := send(call()); !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want a connection reset", got)
	}
	getSecret(t, s)
	calls := s.SecretCalls()
	if len(calls) != 4 || calls[0].Result != "ThrottlingException" || calls[3].Result != "" || calls[3].SecretID != "xdr/sim" {
		t.Errorf("logged %+v", calls)
	}
}
