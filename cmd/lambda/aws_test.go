package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// The call to Secrets Manager is signed with the function's own temporary credentials, for its region. AWS refuses it
// without the session token; the simulator does not look.
func TestSecretsManagerCallIsSigned(t *testing.T) {
	t.Parallel()
	calls := make(chan *http.Request, 1)
	inFront := func(sim *xdrtest.Sim) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(content))
			sim.ServeHTTP(w, r)
			r.Body = io.NopCloser(bytes.NewReader(content))
			select {
			case calls <- r:
			default: // a repeated call
			}
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDOFTHETEST", "AWS_SECRET_ACCESS_KEY": "secret of the test", "AWS_SESSION_TOKEN": "token of the test",
	}
	d := deploy(t, env, lambdatest.Options{}, func(s *xdrtest.Sim) { env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = inFront(s) })
	if r := d.invoke(t, doneID); r.ErrorType != "" {
		t.Fatalf("%s", body(r))
	}
	r := <-calls
	if got := r.Header.Get("X-Amz-Security-Token"); got != env["AWS_SESSION_TOKEN"] {
		t.Errorf("session token %q", got)
	}
	scope := r.Header.Get("X-Amz-Date")[:8] + "/eu-central-1/secretsmanager/aws4_request"
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, signature, _ := strings.Cut(rest, ", Signature=")
	if want := "AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST/" + scope + ", "; !strings.HasPrefix(r.Header.Get("Authorization"), want) {
		t.Errorf("%s, want %s", r.Header.Get("Authorization"), want)
	}
	if !strings.Contains(signed, "x-amz-security-token") || signature != sign(r, signed, scope, env["AWS_SECRET_ACCESS_KEY"]) {
		t.Errorf("the signature of %s is not right", signed)
	}
}

// sign computes a signature of version 4 over the headers that are named.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func sign(r *http.Request, signed, scope, secret string) string {
	hash := func(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	payload, _ := io.ReadAll(r.Body)
	canonical := "POST\n/\n\n"
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + signed + "\n" + hash(payload)
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+hash([]byte(canonical))))
}

// A redirect would take the call, with its session token, to wherever it says.
func TestSecretsManagerRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var followed atomic.Int32
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
		defer elsewhere.Close()
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		defer server.Close()
		d := deploy(t, map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL}, lambdatest.Options{})
		r := d.invoke(t, doneID)
		if n := followed.Load(); n > 0 || !strings.HasPrefix(r.ErrorType, "XDR.Credentials") {
			t.Errorf("%d: followed %d times; %s", status, n, body(r))
		}
	}
}

// Of an upgrade net/http hands over the bare connection, which no timeout reaches.
func TestSecretsManagerUpgradeIsRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "h2c")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	defer server.Close()
	d := deploy(t, map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL}, lambdatest.Options{})
	r := d.invoke(t, doneID)
	for range 2 { // on a busy machine the SDK's attempts may outlast the five seconds of a fetch
		if !strings.Contains(r.ErrorMessage, "101") {
			r = d.invoke(t, doneID)
		}
	}
	if r.ErrorType != "XDR.CredentialsUnavailable" || !strings.Contains(r.ErrorMessage, "101") {
		t.Errorf("%s", body(r))
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

// Outside of Lambda there may be no credentials. An answer to a call that is signed with an empty key would not say so.
func TestMissingCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		d := deploy(t, map[string]string{name: ""}, lambdatest.Options{})
		d.sim.ExpectSecretCalls(0)
		if r := d.invoke(t, doneID); !strings.HasPrefix(r.ErrorType, "XDR.Credentials") || !strings.Contains(r.ErrorMessage, name) {
			t.Errorf("%s", body(r))
		}
	}
}
