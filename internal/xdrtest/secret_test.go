package xdrtest_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
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

func TestSecretCalls(t *testing.T) {
	t.Parallel()
	const (
		unknown    = "UnknownOperationException"
		missing    = "ResourceNotFoundException"
		incomplete = "IncompleteSignatureException"
		invalid    = "InvalidParameterException"
		exists     = "ResourceExistsException"
		s3         = credential + "s3/aws4_request, SignedHeaders=host, Signature=00"
	)
	call := func(operation string) change { return header("X-Amz-Target", "secretsmanager."+operation) }
	get := call("GetSecretValue")
	create := call("CreateSecret")
	put := call("PutSecretValue")
	update := call("UpdateSecret")
	r := start(t, xdrtest.Options{SecretAliases: []string{"xdr/tenant-acme"}})
	for i, c := range []struct {
		change    change
		body, err string
		secret    string // what is in the secret that the call is about
	}{
		{get, goodSecret, "", r.SecretValue()},
		{get, `{"SecretId":"xdr/tenant-acme"}`, "", r.SecretValue()},
		{get, `{"SecretId":"xdr/sim","VersionStage":"AWSCURRENT"}`, "", r.SecretValue()},

		{get, `{"SecretId":"xdr/other"}`, missing, ""},
		{get, `{}`, missing, ""},
		{get, `{"SecretId":"xdr/sim","VersionStage":"AWSPREVIOUS"}`, "InvalidRequestException", ""},
		{get, `{"SecretId":"xdr/sim","VersionId":"0"}`, "InvalidRequestException", ""},
		{get, `{`, "SerializationException", ""},
		{at("GET", "/"), goodSecret, unknown, ""},
		{call("DescribeSecret"), goodSecret, unknown, ""},
		{header("Content-Type", "application/json"), goodSecret, unknown, ""},
		{header("Authorization"), goodSecret, "MissingAuthenticationTokenException", ""},
		{header("Authorization", "abc"), goodSecret, incomplete, ""},
		{header("Authorization", s3), goodSecret, incomplete, ""},

		{put, `{"SecretId":"a","SecretString":"1","ClientRequestToken":"t"}`, missing, ""},
		{create, `{"Name":"a","SecretString":"1"}`, invalid, ""},
		{create, `{"Name":"a","ClientRequestToken":"t"}`, invalid, ""},
		{create, `{"Name":"a b","SecretString":"1","ClientRequestToken":"t"}`, "ValidationException", ""},
		{get, `{"SecretId":"a"}`, missing, ""},
		{create, `{"Name":"a","SecretString":"1","ClientRequestToken":"t","KmsKeyId":"k"}`, "", "1"},
		{create, `{"Name":"a","SecretString":"2","ClientRequestToken":"u"}`, exists, ""},
		{create, `{"Name":"xdr/sim","SecretString":"2","ClientRequestToken":"u"}`, exists, ""},
		{get, `{"SecretId":"a"}`, "", "1"},
		{put, `{"SecretId":"a","SecretString":"2","ClientRequestToken":"u"}`, "", "2"},
		{update, `{"SecretId":"a","SecretString":"3","ClientRequestToken":"v"}`, "", "3"},
		{get, `{"SecretId":"a"}`, "", "3"},
	} {
		v := r.secret(c.body, c.change)
		status := http.StatusOK
		if c.err != "" {
			status = http.StatusBadRequest
		}
		if v.status != status || v.Type != c.err || cmp.Or(v.SecretString, r.Stored(v.Name)) != c.secret {
			t.Errorf("%s: got %+v, want %q and %q", c.body, v, c.err, c.secret)
		}
		if _, token, wrote := strings.Cut(c.body, `Token":"`); wrote && c.err == "" && token[:1] != v.VersionID {
			t.Errorf("%s: got the version %s", c.body, v.VersionID)
		}
		logged := r.SecretCalls()[i]
		if named := strings.Contains(c.body, `":"`); logged.Result != c.err || (logged.SecretID != "") != named ||
			(logged.KMSKeyID == "k") != strings.Contains(c.body, "Kms") {
			t.Errorf("%s: logged %+v, want %q", c.body, logged, c.err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	first := r.secret(goodSecret)
	stale := r.question(anyID)
	r.RotateTo("next")
	next := r.secret(goodSecret)
	if next.VersionID == first.VersionID || !strings.Contains(next.SecretString, `"api_key":"next"`) {
		t.Errorf("the secret is %s", next.body)
	}
	send(stale).wants(t, http.StatusUnauthorized)
	r.ask(anyID).wants(t, http.StatusOK)
	r.SetSecret("any\x00text", true)
	if v := r.secret(goodSecret); v.SecretString != "" || string(v.SecretBinary) != "any\x00text" || v.VersionID == next.VersionID {
		t.Errorf("got %+v", v)
	}
}

func TestSecretFaults(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	r.AddSecretFaults(xdrtest.Fault{Name: "InternalServiceError"})
	if v := r.secret(goodSecret); v.status != 500 || v.Type != "InternalServiceError" || v.Message == "" {
		t.Errorf("got %+v", v)
	}
}
