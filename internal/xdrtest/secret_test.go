package xdrtest_test

import (
	"encoding/base64"
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
)

// secretCall is a call as an AWS SDK makes it.
func (r rig) secretCall(body string) *http.Request {
	r.t.Helper()
	q := post(r.t, r.URL()+"/", body)
	q.Header.Set("Content-Type", "application/x-amz-json-1.1")
	q.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/secretsmanager/aws4_request, "+
		"SignedHeaders=host;x-amz-date;x-amz-target, Signature=00")
	return q
}

type secretReply struct {
	reply

	Name, Message              string
	VersionID                  string `json:"VersionId"`
	SecretString, SecretBinary *string
	Type                       string `json:"__type"`
}

func (r rig) sendSecret(q *http.Request) secretReply {
	r.t.Helper()
	v := secretReply{reply: send(q)}
	if err := json.Unmarshal([]byte(v.body), &v); err != nil {
		r.t.Fatalf("%v in %+v", err, v)
	}
	return v
}

func (r rig) getSecret() secretReply {
	r.t.Helper()
	v := r.sendSecret(r.secretCall(goodSecret))
	if v.status != http.StatusOK {
		r.t.Fatalf("got %+v", v)
	}
	return v
}

func TestSecretRequests(t *testing.T) {
	t.Parallel()
	const (
		unknown      = "UnknownOperationException"
		missing      = "ResourceNotFoundException"
		incomplete   = "IncompleteSignatureException"
		otherService = "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"
	)
	for _, tt := range []struct {
		name, err, body string
		change          change
	}{
		{"name", "", goodSecret, correct},
		{"alias", "", `{"SecretId":"xdr/tenant-acme"}`, correct},
		{"ARN", "", `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3"}`, correct},
		{"ARN without the suffix", "", `{"SecretId":"` + arnPrefix + `xdr/sim"}`, correct},
		{"current stage", "", `{"SecretId":"xdr/sim","VersionStage":"AWSCURRENT"}`, correct},

		{"other name", missing, `{"SecretId":"xdr/other"}`, correct},
		{"no name", missing, `{}`, correct},
		{"name with a suffix", missing, `{"SecretId":"xdr/sim-a1B2c3"}`, correct},
		{"ARN with a long suffix", missing, `{"SecretId":"` + arnPrefix + `xdr/sim-a1B2c3d"}`, correct},
		{"previous stage", missing, `{"SecretId":"xdr/sim","VersionStage":"AWSPREVIOUS"}`, correct},
		{"other version", missing, `{"SecretId":"xdr/sim","VersionId":"0"}`, correct},
		{"no JSON", "SerializationException", `{`, correct},
		{"other operation", unknown, goodSecret, header("X-Amz-Target", "secretsmanager.DescribeSecret")},
		{"other protocol", unknown, goodSecret, header("Content-Type", "application/json")},
		{"no signature", "MissingAuthenticationTokenException", goodSecret, without("Authorization")},
		{"API key as signature", incomplete, goodSecret, header("Authorization", "abc")},
		{"signed for another service", incomplete, goodSecret, header("Authorization", otherService)},
	} {
		r := start(t, xdrtest.Options{SecretAliases: []string{"xdr/tenant-acme"}})
		q := r.secretCall(tt.body)
		tt.change(q, r)
		v := r.sendSecret(q)
		want := http.StatusOK
		if tt.err != "" {
			want = http.StatusBadRequest
		}
		if v.status != want || v.Type != tt.err || (v.SecretString == nil) != (tt.err != "") {
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
	first := r.getSecret()
	stale := r.question(anyID)
	byVersion := `{"SecretId":"xdr/sim","VersionId":"` + first.VersionID + `"}`
	if v := r.sendSecret(r.secretCall(byVersion)); v.status != http.StatusOK {
		t.Errorf("asked for by its version: %+v", v)
	}
	r.RotateTo("next")
	if v := r.getSecret(); *v.SecretString != r.SecretValue() || !strings.Contains(r.SecretValue(), `"api_key":"next"`) {
		t.Errorf("the secret is %s", *v.SecretString)
	}
	if v := r.sendSecret(r.secretCall(byVersion)); v.Type != "ResourceNotFoundException" {
		t.Errorf("the old version is still there: %+v", v)
	}
	checkError(t, send(stale), http.StatusUnauthorized)
	if got := r.ask(anyID); got.status != http.StatusOK {
		t.Errorf("the new key got %+v", got)
	}
	r.Rotate()
	second := r.getSecret()
	stale = r.question(anyID)
	r.RevokeKey()
	if v := r.getSecret(); *v.SecretString != *second.SecretString || v.VersionID != second.VersionID || len(r.Key()) != 128 {
		t.Error("the secret changed with the key")
	}
	checkError(t, send(stale), http.StatusUnauthorized)
	r.SetSecret("any\x00text", true)
	if v := r.getSecret(); v.SecretString != nil ||
		*v.SecretBinary != base64.StdEncoding.EncodeToString([]byte("any\x00text")) || v.VersionID == second.VersionID {
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
		q := s.secretCall(c.body)
		q.Header.Set("X-Amz-Target", "secretsmanager."+c.operation)
		if v := s.sendSecret(q); v.Type != c.err || s.Stored("a") != c.stored {
			t.Errorf("call %d: %q, stored %q", i, v.Type, s.Stored("a"))
		}
		if call := s.SecretCalls()[i]; call.Operation != c.operation || call.Result != c.err {
			t.Errorf("logged %+v", call)
		}
	}
	if v := s.sendSecret(s.secretCall(`{"SecretId":"a"}`)); *v.SecretString != "3" || v.VersionID != "v" {
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
		xdrtest.SecretFault{From: 1, Name: "ThrottlingException"},
		xdrtest.SecretFault{From: 2, Name: "InternalServiceError"},
		xdrtest.SecretFault{From: 3, Reset: true},
	)
	if v := r.sendSecret(r.secretCall(goodSecret)); v.status != 400 || v.Type != "ThrottlingException" || v.Message == "" {
		t.Errorf("got %+v", v)
	}
	if v := r.sendSecret(r.secretCall(goodSecret)); v.status != 500 || v.Type != "InternalServiceError" {
		t.Errorf("got %+v", v)
	}
	if got := send(r.secretCall(goodSecret)); !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want a connection reset", got)
	}
}
