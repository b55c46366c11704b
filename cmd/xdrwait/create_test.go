package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// createArgs are the arguments that write a secret. URL stands for the tenant's address.
func createArgs(sim *xdrtest.Sim, args string) []string {
	args = "secret create " + args + " --allow-origin URL"
	return strings.Fields(strings.ReplaceAll(args, "URL", sim.URL()))
}

// create writes a secret and returns all that is shown, which must not be the key, with URL for the tenant's address.
// Not for parallel tests: the AWS SDK reads the environment.
func create(t *testing.T, sim *xdrtest.Sim, key, args string) (code int, shown string) {
	t.Helper()
	setAWS(t, sim.URL())
	code, stdout, stderr := typed(t, key, createArgs(sim, args)...)
	if leak := xdrtest.Leak(stdout+stderr, xdrtest.Canary); leak != "" {
		t.Errorf("%s: %q of the key is in %s%s", args, leak, stdout, stderr)
	}
	return code, strings.ReplaceAll(stdout+stderr, sim.URL(), "URL")
}

// calls lists the calls of Secrets Manager, with their KMS keys.
func calls(sim *xdrtest.Sim) string {
	var all []string
	for _, call := range sim.SecretCalls() {
		all = append(all, strings.TrimSpace(call.Operation+" "+call.KMSKeyID))
	}
	return strings.Join(all, ", ")
}

const wrongKey = "X" + xdrtest.Canary

// A secret that is not there is made; one that is there gets a new value.
func TestSecretCreate(t *testing.T) {
	const made = "secret xdr/acme is created\nnext: xdrwait secret check --secret-id xdr/acme"
	const replaced = "secret xdr/sim was there and has a new value; checks use it within five minutes\nnext: "
	for _, c := range []struct{ args, calls, shown string }{
		{"xdr/acme URL 7 advanced", "CreateSecret", accepted + "\n" + made + " --allow-origin URL\n"},
		{"xdr/acme URL 7 advanced --region eu-west-1", "CreateSecret", made + " --region eu-west-1 --allow-origin URL\n"},
		{"xdr/acme URL 7 advanced --kms-key-id k", "CreateSecret k", made},
		{"xdr/sim URL 7 advanced", "CreateSecret, PutSecretValue", replaced},
		{"xdr/sim URL 7 advanced --kms-key-id k", "CreateSecret k, UpdateSecret k", replaced},
		{"xdr/acme acme.xdr.us.paloaltonetworks.com 8 Standard --untried", "CreateSecret", made},
	} {
		for _, key := range []string{xdrtest.Canary, xdrtest.Canary + "\n", xdrtest.Canary + "\r\n"} {
			sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
			code, shown := create(t, sim, key, c.args)
			if code != exitDone || calls(sim) != c.calls || !strings.Contains(shown, c.shown) {
				t.Errorf("%s: exit code %d, calls %s: %s", c.args, code, calls(sim), shown)
			}
			stored := sim.Stored(strings.Fields(c.args)[0])
			err := schematest.Validate("secret", []byte(stored))
			if err != nil || !strings.Contains(stored, `"`+xdrtest.Canary+`"`) {
				t.Errorf("%s: %v: %s", c.args, err, stored)
			}
		}
	}
}

// A key that will not do is not written, unless only the tenant says so and is not to be asked.
func TestSecretCreateTriesTheKey(t *testing.T) {
	const untried = "xdrwait: secret xdr/acme is not written; to write it anyway, add --untried\n"
	const good = "xdr/acme URL 7 advanced"
	const unreachable = "xdr/acme https://127.0.0.1:1 7 advanced --allow-origin https://127.0.0.1:1"
	for _, c := range []struct{ key, args, shown string }{
		{wrongKey, good, "xdrwait: XDR.Unauthorized: Cortex XDR answered 401;"},
		{wrongKey, good, "\nxdrwait: next: check api_key_id, api_key and security_level in the secret\n" + untried},
		{wrongKey, unreachable, "\nxdrwait: next: check api_url, the way out of this network and HTTPS_PROXY\n" + untried},
		{"\n", good, "xdrwait: no API key was typed: nothing is written\n"},
		{wrongKey + "\n" + wrongKey, good + " --untried", "api_key: expected printable ASCII without spaces\n"},
	} {
		sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
		code, shown := create(t, sim, c.key, c.args)
		if code != exitUnknown || calls(sim) != "" || !strings.Contains(shown, c.shown) {
			t.Errorf("%s: exit code %d, calls %s: %s", c.args, code, calls(sim), shown)
		}
	}
	sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
	sim.Expect(0)
	if code, _ := create(t, sim, wrongKey, good+" --untried"); code != exitDone {
		t.Errorf("--untried: exit code %d", code)
	}
}

// AWS says no, to the first call or the second.
func TestSecretCreateWithoutAWS(t *testing.T) {
	for _, c := range []struct {
		fault xdrtest.SecretFault
		next  string
	}{
		{xdrtest.SecretFault{From: 1, Name: "AccessDeniedException"}, "allow secretsmanager:CreateSecret and PutSecretValue"},
		{xdrtest.SecretFault{From: 2, Name: "EncryptionFailure"}, "kms:GenerateDataKey and kms:Decrypt on its KMS key"},
		{xdrtest.SecretFault{From: 1, Name: "InvalidRequestException"}, "restore-secret --secret-id xdr/sim"},
		{xdrtest.SecretFault{From: 1, Name: "ExpiredTokenException"}, "log in to AWS again"},
		{xdrtest.SecretFault{From: 2, Name: "InternalServiceError"}, "go by AWS's words above"},
		{xdrtest.SecretFault{From: 1, Reset: true}, "check the way out of this network"},
	} {
		sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
		sim.AddSecretFaults(c.fault)
		code, shown := create(t, sim, xdrtest.Canary, "xdr/sim URL 7 advanced")
		wrong, next, _ := strings.Cut(shown, "\nxdrwait: next: ")
		if code != exitUnknown || !strings.Contains(wrong, "xdrwait: could not write secret xdr/sim: ") ||
			!strings.Contains(wrong, c.fault.Name) || !strings.Contains(next, c.next) {
			t.Errorf("%+v: exit code %d: %s", c.fault, code, shown)
		}
	}
}

// unread fails a test that reads it.
type unread struct{ *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.Error("the key was asked for")
	return 0, errors.New("not to be read")
}

// What is wrong with anything but the key is said before the key is asked for.
func TestSecretCreateRefusesBeforeThePrompt(t *testing.T) {
	setAWS(t, "http://127.0.0.1:1")
	good := strings.Fields("secret create xdr/acme https://api-acme.xdr.us.paloaltonetworks.com 7 advanced")
	for _, c := range []struct {
		place int // of the argument that is wrong
		value string
		says  string
	}{
		{3, good[3] + "/public_api/v1", "api_url: expected the address without the path /public_api"},
		{3, "ftp://api-acme.xdr.us.paloaltonetworks.com", "api_url: expected https"},
		{3, "http://api-acme.xdr.us.paloaltonetworks.com", "allow it: --allow-origin here"},
		{3, "acme.example.com", "fqdn: https://api-acme.example.com is not allowed by --allow-origin ("},
		{3, xdrtest.Canary, "fqdn: expected the tenant's address"},
		{4, "7 7", "api_key_id: expected printable ASCII without spaces"},
		{5, "high", `security_level: expected "standard" or "advanced"`},
		{5, xdrtest.Canary, `security_level: expected "standard" or "advanced"`},
	} {
		args := slices.Clone(good)
		args[c.place] = c.value
		var stdout, stderr output
		code := run(t.Context(), args, unread{t}, &stdout, &stderr)
		shown := stdout.String() + stderr.String()
		if code != exitUsage || !strings.Contains(shown, c.says) || xdrtest.Leak(shown, xdrtest.Canary) != "" ||
			!strings.HasSuffix(shown, "Try xdrwait secret create --help.\n") {
			t.Errorf("%q: exit code %d: %s", c.value, code, shown)
		}
	}
	t.Setenv("AWS_REGION", "")
	if code := run(t.Context(), good, unread{t}, io.Discard, io.Discard); code != exitUsage {
		t.Errorf("no AWS region: exit code %d", code)
	}
}

// What was interrupted before does not ask: the prompt would change the terminal of a process that is about to end.
func TestNothingIsAskedAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if _, err := readKey(ctx, unread{t}, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "interrupted") {
		t.Error(err)
	}
}

// AWS may repeat what it was sent.
func TestSecretCreateHidesWhatAWSRepeats(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := string(body) + r.Header.Get("X-Amz-Security-Token")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type": "ValidationException", "message": %q}`, said)
	}))
	defer server.Close()
	setAWS(t, server.URL)
	args := "secret create xdr/acme acme.xdr.us.paloaltonetworks.com 7 advanced --untried"
	code, _, stderr := typed(t, xdrtest.Canary, strings.Fields(args)...)
	leak := xdrtest.Leak(stderr, xdrtest.Canary, sessionToken)
	if code != exitUnknown || leak != "" || !strings.Contains(stderr, "security_level") {
		t.Errorf("exit code %d, %q in %s", code, leak, stderr)
	}
}
