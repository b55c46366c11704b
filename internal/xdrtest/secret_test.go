package xdrtest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
	arnPrefix  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
	goodSecret = `{"SecretId":"xdr/sim"}`
	credential = "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/"
)

type secretReply struct {
	reply

	Name, Message, SecretString string
	SecretBinary                []byte
	VersionID                   string `json:"VersionId"`
	Type                        string `json:"__type"`
}

// secret makes a call as an AWS SDK makes it, but for the changes.
func (r rig) secret(text string, changes ...change) secretReply {
	r.t.Helper()
	correct := []change{
		header("Content-Type", "application/x-amz-json-1.1"),
		header("X-Amz-Target", "secretsmanager.GetSecretValue"),
		header("Authorization", credential+"secretsmanager/aws4_request, SignedHeaders=host, Signature=00"),
		body(text),
	}
	v := secretReply{reply: send(r.request("/", append(correct, changes...)...))}
	if err := json.Unmarshal([]byte(v.body), &v); err != nil && v.err == nil {
		r.t.Errorf("%v in %+v", err, v)
	}
	return v
}

func TestSecretRequests(t *testing.T) {
	t.Parallel()
	const (
		unknown    = "UnknownOperationException"
		missing    = "ResourceNotFoundException"
		incomplete = "IncompleteSignatureException"
		s3         = credential + "s3/aws4_request, SignedHeaders=host, Signature=00"
	)
	post := at("POST", "/")
	for _, tt := range []struct {
		name, err, body string
		change          change
	}{
		{"name", "", goodSecret, post},
		{"alias", "", `{"SecretId":"xdr/tenant-acme"}`, post},
		{"ARN", "", `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3"}`, post},
		{"ARN without the suffix", "", `{"SecretId":"` + arnPrefix + `xdr/sim"}`, post},
		{"current stage", "", `{"SecretId":"xdr/sim","VersionStage":"AWSCURRENT"}`, post},

		{"other name", missing, `{"SecretId":"xdr/other"}`, post},
		{"no name", missing, `{}`, post},
		{"name with a suffix", missing, `{"SecretId":"xdr/sim-a1B2c3"}`, post},
		{"ARN with a long suffix", missing, `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3d"}`, post},
		{"previous stage", missing, `{"SecretId":"xdr/sim","VersionStage":"AWSPREVIOUS"}`, post},
		{"other version", missing, `{"SecretId":"xdr/sim","VersionId":"0"}`, post},
		{"no JSON", "SerializationException", `{`, post},
		{"GET", unknown, goodSecret, at("GET", "/")},
		{"other operation", unknown, goodSecret, header("X-Amz-Target", "secretsmanager.DescribeSecret")},
		{"other protocol", unknown, goodSecret, header("Content-Type", "application/json")},
		{"no signature", "MissingAuthenticationTokenException", goodSecret, header("Authorization")},
		{"API key as signature", incomplete, goodSecret, header("Authorization", "abc")},
		{"signed for another service", incomplete, goodSecret, header("Authorization", s3)},
	} {
		r := start(t, xdrtest.Options{SecretAliases: []string{"xdr/tenant-acme"}})
		v := r.secret(tt.body, tt.change)
		want := http.StatusOK
		if tt.err != "" {
			want = http.StatusBadRequest
		}
		if v.status != want || v.Type != tt.err || (v.SecretString == "") != (tt.err != "") {
			t.Errorf("%s: got %+v, want %q", tt.name, v, tt.err)
		}
		if !strings.Contains(tt.body, v.Name) || strings.HasSuffix(v.Name, "c3") {
			t.Errorf("%s: got the secret %s", tt.name, v.Name)
		}
		if call := r.SecretCalls()[0]; call.Result != tt.err {
			t.Errorf("%s: logged %+v, want %q", tt.name, call, tt.err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	first := r.secret(goodSecret)
	stale := r.question(anyID)
	byVersion := `{"SecretId":"xdr/sim","VersionId":"` + first.VersionID + `"}`
	if v := r.secret(byVersion); v.SecretString != first.SecretString {
		t.Errorf("asked for by its version: %+v", v)
	}
	r.RotateTo("next")
	if v := r.secret(goodSecret); v.SecretString != r.SecretValue() || !strings.Contains(v.SecretString, `"api_key":"next"`) {
		t.Errorf("the secret is %s", v.SecretString)
	}
	if v := r.secret(byVersion); v.Type != "ResourceNotFoundException" {
		t.Errorf("the old version is still there: %+v", v)
	}
	send(stale).wants(t, http.StatusUnauthorized)
	r.ask(anyID).wants(t, http.StatusOK)
	r.Rotate()
	second := r.secret(goodSecret)
	stale = r.question(anyID)
	r.RevokeKey()
	if v := r.secret(goodSecret); v.body != second.body || len(r.Key()) != 128 {
		t.Error("the secret changed with the key")
	}
	send(stale).wants(t, http.StatusUnauthorized)
	r.SetSecret("any\x00text", true)
	if v := r.secret(goodSecret); v.SecretString != "" || string(v.SecretBinary) != "any\x00text" || v.VersionID == second.VersionID {
		t.Errorf("got %+v", v)
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
		v := s.secret(c.body, header("X-Amz-Target", "secretsmanager."+c.operation))
		if v.Type != c.err || s.Stored("a") != c.stored {
			t.Errorf("call %d: %q, stored %q", i, v.Type, s.Stored("a"))
		}
		if call := s.SecretCalls()[i]; call.Operation != c.operation || call.Result != c.err {
			t.Errorf("logged %+v", call)
		}
	}
	if v := s.secret(`{"SecretId":"a"}`); v.SecretString != "3" || v.VersionID != "v" {
		t.Errorf("got %+v", v)
	}
	if s.SecretCalls()[4].KMSKeyID != "k" || s.Stored("xdr/sim") != s.SecretValue() {
		t.Error("not the key, or not the secret, that was written")
	}
}

func TestSecretFaults(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	r.AddSecretFaults(
		xdrtest.Fault{From: 1, Name: "ThrottlingException"},
		xdrtest.Fault{From: 2, Name: "InternalServiceError"},
		xdrtest.Fault{From: 3, Reset: true},
	)
	if v := r.secret(goodSecret); v.status != 400 || v.Type != "ThrottlingException" || v.Message == "" {
		t.Errorf("got %+v", v)
	}
	if v := r.secret(goodSecret); v.status != 500 || v.Type != "InternalServiceError" {
		t.Errorf("got %+v", v)
	}
	if v := r.secret(goodSecret); !errors.Is(v.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want a connection reset", v)
	}
}
