package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// checkFile runs `secret check` on a secret in a file. URL in it stands for the address.
func checkFile(t *testing.T, secret, url string) (code int, stdout, stderr string) {
	t.Helper()
	file := inFile(t, strings.ReplaceAll(secret, "URL", url))
	return command(t, "secret", "check", "--credentials", file, "--allow-origin", url)
}

// mustSay demands that a failed check says what is wrong and what to do, in two lines, without the key.
func mustSay(t *testing.T, code int, stderr, wrong, next string) {
	t.Helper()
	first, second, _ := strings.Cut(stderr, "\n")
	if code != exitUnknown || !strings.Contains(first+"\n", wrong) || strings.Contains(first, "group_action_id") ||
		!strings.HasPrefix(second, "xdrwait: next: ") || !strings.Contains(second, next) || strings.Count(stderr, "\n") != 2 {
		t.Errorf("exit code %d, %q, wanted %q and then %q", code, stderr, wrong, next)
	}
	if leak := xdrtest.Leak(stderr, xdrtest.Canary); leak != "" {
		t.Errorf("%q of the key is in %q", leak, stderr)
	}
}

const goodSecret = `{"api_url": "URL", "api_key_id": "7", "api_key": "` + xdrtest.Canary +
	`", "security_level": "advanced"}`

// A secret that will not do, and a file that cannot be read.
func TestSecretCheckOfTheSecret(t *testing.T) {
	t.Parallel()
	with := func(old, replacement string) string { return strings.Replace(goodSecret, old, replacement, 1) }
	for _, c := range []struct{ secret, wrong, next string }{
		{xdrtest.Canary, "expected a JSON object with api_url", "next: correct that with xdrwait secret create"},
		{with(`"api_url": "URL", `, ""), "api_url: missing or empty", "next: correct that with xdrwait secret create"},
		{with("URL", "http://127.0.0.1:9"), "is not allowed by --allow-origin (", "--allow-origin here"},
		{with("URL", xdrtest.Canary), "expected the tenant's address, such as https://api-acme", "next: correct that"},
	} {
		code, stdout, stderr := checkFile(t, c.secret, "https://127.0.0.1:9")
		mustSay(t, code, stderr, c.wrong, c.next)
		if stdout != "" {
			t.Errorf("%s: %q is said to be well", c.wrong, stdout)
		}
	}
	code, _, stderr := command(t, "secret", "check", "--credentials", t.TempDir())
	mustSay(t, code, stderr, "is a directory", "check the path and who may read it")
}

// Every answer of a tenant, or of something before it, that is not the one wanted.
func TestSecretCheckOfTheTenant(t *testing.T) {
	t.Parallel()
	answer := func(status int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, value)
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	api := func(status int) http.HandlerFunc {
		body := fmt.Sprintf(`{"reply": {"err_code": %d, "err_msg": "said %s"}}`, status, xdrtest.Canary)
		return answer(status, "Content-Type", "application/json", body)
	}
	early := time.Now().Add(-10 * time.Minute).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		answer      http.HandlerFunc
		wrong, next string
	}{
		{api(401), "XDR.Unauthorized: Cortex XDR answered 401; err_code: 401; err_msg: said [redacted]\n", "check api_key"},
		{answer(401, "Date", early, `{"err_code": 401}`), "Cortex XDR answered 401", "the clock here is 10m"},
		{answer(403, "Content-Type", "text/html", "<h1>blocked</h1>"), "not in the API's words", "something in between"},
		{api(400), "XDR.Rejected", "compare api_url"},
		{api(404), "XDR.Rejected", "compare api_url"},
		{answer(404, "Content-Type", "text/html", "<h1>none</h1>"), "not in the API's words: a proxy", "compare api_url"},
		{answer(302, "Location", "https://login.example.com", ""), "HTTP 302", "redirects are not followed"},
		{answer(200, "Content-Type", "text/html", "<h1>welcome</h1>"), "unreadable reply", "compare api_url"},
		{api(429), "XDR.Throttled", "10 requests a second"},
		{answer(429, "Content-Type", "text/html", "<h1>slow down</h1>"), "XDR.Throttled", "what else is between"},
		{answer(401, "Date", early, "<h1>who are you?</h1>"), "XDR.Unauthorized", "something in between refuses"},
		{api(500), "XDR.Unavailable: Cortex XDR answered 500", "api_url has a wrong path, or the tenant is down"},
		{answer(503, "Content-Type", "text/html", "<h1>later</h1>"), "XDR.Unavailable", "try again"},
	} {
		server := httptest.NewServer(c.answer)
		code, stdout, stderr := checkFile(t, goodSecret, server.URL)
		server.Close()
		mustSay(t, code, stderr, c.wrong, c.next)
		if !strings.HasPrefix(stdout, "ok  secret ") || strings.Count(stdout, "\n") != 1 {
			t.Errorf("%s: %q", c.wrong, stdout)
		}
	}
}

// There is no answer at all.
func TestSecretCheckWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer silent.Close()
	for _, c := range []struct{ url, wrong, next string }{
		{"http://" + closed.Addr().String(), "connection refused", "check api_url, the way out of this network"},
		{silent.URL, "no answer: EOF", "check api_url, the way out of this network and HTTPS_PROXY"},
		{secure.URL, "certificate signed by unknown authority", "SSL_CERT_FILE"},
		{"https://" + strings.Repeat("a", 64) + ".example", "no such host", "check the host in api_url"}, // asks nobody
	} {
		code, _, stderr := checkFile(t, goodSecret, c.url)
		mustSay(t, code, stderr, c.wrong, c.next)
	}
}

// Every answer of Secrets Manager but the secret. Not parallel: the AWS SDK reads the environment.
func TestSecretCheckOfSecretsManager(t *testing.T) {
	sim := xdrtest.Start(t, xdrtest.Options{})
	setAWS(t, sim.URL())
	check := []string{"secret", "check", "--secret-id", "xdr/acme"}
	for i, c := range []struct{ code, wrong, next string }{
		{"ResourceNotFoundException", "does not exist in this account and region, or has no value yet; create it, or check " +
			"its name and the region", "make it with xdrwait secret create, or correct the name, --region or AWS_PROFILE"},
		{"AccessDeniedException", "allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key", "next: allow " +
			"secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its KMS key if it has one of its own"},
		{"InvalidRequestException", "XDR.CredentialsInvalid", "aws secretsmanager restore-secret --secret-id xdr/acme"},
		{"DecryptionFailure", "XDR.CredentialsInvalid", "kms:Decrypt"},
		{"ExpiredTokenException", "AWS refuses", "log in to AWS again"},
		{"InvalidSignatureException", "AWS refuses", "this machine's clock"},
		{"UnrecognizedClientException", "AWS refuses", "log in to AWS again"},
		{"InvalidAccessKeyId", "AWS refuses", "log in to AWS again"},
		{"RequestExpired", "AWS refuses", "this machine's clock"},
		{"RequestTimeTooSkewed", "AWS refuses", "this machine's clock"},
		{"ValidationException", "cannot be read", "AWS's words"},
		{"ThrottlingException", "XDR.CredentialsUnavailable", "try again in a minute"},
		{"InternalServiceError", "Secrets Manager is failing", "AWS's status page"},
	} {
		sim.AddSecretFaults(xdrtest.SecretFault{From: i + 1, Name: c.code})
		exit, stdout, stderr := command(t, check...)
		mustSay(t, exit, stderr, c.wrong, c.next)
		if stdout != "" || !strings.Contains(stderr, c.code+": A simulated fault.") {
			t.Errorf("%s: %s%s", c.code, stdout, stderr)
		}
	}
	setAWS(t, "http://127.0.0.1:1")
	exit, _, stderr := command(t, check...)
	mustSay(t, exit, stderr, "XDR.CredentialsUnavailable", "HTTPS_PROXY")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	exit, _, stderr = command(t, check...)
	const login = "xdrwait: no AWS credentials: set AWS_PROFILE, or log in with aws sso login or aws configure: "
	if exit != exitUnknown || !strings.HasPrefix(stderr, login) {
		t.Errorf("exit code %d: %s", exit, stderr)
	}
	t.Setenv("AWS_REGION", "")
	exit, _, stderr = command(t, check...)
	if exit != exitUsage || !strings.Contains(stderr, "no AWS region: give --region or set AWS_REGION") {
		t.Errorf("exit code %d: %s", exit, stderr)
	}
}
