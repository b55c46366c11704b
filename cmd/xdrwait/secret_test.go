package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// checkFile runs `secret check` on a secret in a file. URL in it stands for the address.
func checkFile(t *testing.T, secret, url string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "acme.json")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(secret, "URL", url)), 0o600); err != nil {
		t.Fatal(err)
	}
	return command(t, "secret", "check", "--credentials", file, "--allow-origin", url)
}

// mustSay demands that a failed check says what is wrong and what to do, in two lines, without the key.
func mustSay(t *testing.T, code int, stderr, wrong, next string) {
	t.Helper()
	first, second, _ := strings.Cut(stderr, "\n")
	if code != exitUnknown || !strings.Contains(first, wrong) || !strings.HasPrefix(second, "xdrwait: next: ") || !strings.Contains(second, next) ||
		strings.Count(stderr, "\n") != 2 || strings.Contains(first, "group_action_id") {
		t.Errorf("exit code %d, %q, wanted %q and then %q", code, stderr, wrong, next)
	}
	if leak := xdrtest.Leak(stderr, xdrtest.Canary); leak != "" {
		t.Errorf("%q of the key is in %q", leak, stderr)
	}
}

const goodSecret = `{"api_url": "URL", "api_key_id": "7", "api_key": "` + xdrtest.Canary + `", "security_level": "advanced"}`

// Every shape of a secret that will not do.
func TestSecretCheckOfTheSecret(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:9"
	with := func(old, replacement string) string { return strings.Replace(goodSecret, old, replacement, 1) }
	for _, c := range []struct{ secret, wrong string }{
		{xdrtest.Canary, "expected a JSON object with api_url, api_key_id, api_key and security_level"},
		{`{"api_key": "` + xdrtest.Canary + `", "api_key": "x"}`, "without duplicate keys"},
		{with(`"api_url": "URL", `, ""), "api_url: missing or empty"},
		{with(`"api_key_id": "7", `, ""), "api_key_id is missing or empty"},
		{with(xdrtest.Canary, ""), "api_key is missing or empty"},
		{with(xdrtest.Canary, xdrtest.Canary+" "+xdrtest.Canary), "api_key: expected printable ASCII without spaces"},
		{with(`"advanced"`, `"high"`), `security_level: expected "standard" or "advanced"`},
		{with(`"advanced"`, `7`), "security_level: expected a string"},
		{with(`{`, `{"fqdn": "acme.xdr.us.paloaltonetworks.com", `), "fqdn: given together with api_url: expected only one of them"},
		{with("URL", "URL/public_api/v1"), "without the path /public_api"},
		{with("URL", xdrtest.Canary), "expected the tenant's address, such as https://api-acme"},
		{with("URL", "https://api-acme.example.com"), "https://api-acme.example.com is not on the allow-list XDR_ALLOWED_ORIGINS"},
		{with("URL", "http://api-acme.xdr.us.paloaltonetworks.com"), "is not on the allow-list"},
	} {
		code, stdout, stderr := checkFile(t, c.secret, url)
		next := "next: correct that in the secret: secret/create writes it anew"
		if strings.Contains(c.wrong, "allow-list") {
			next = "allow it with --allow-origin here and AllowedOrigins in the template"
		}
		mustSay(t, code, stderr, c.wrong, next)
		if stdout != "" {
			t.Errorf("%s: %q is said to be well", c.wrong, stdout)
		}
	}
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
		return answer(status, "Content-Type", "application/json", fmt.Sprintf(`{"reply": {"err_code": %d, "err_msg": "said %s"}}`, status, xdrtest.Canary))
	}
	early := time.Now().Add(-10 * time.Minute).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		answer      http.HandlerFunc
		wrong, next string
	}{
		{api(401), "XDR.Unauthorized: Cortex XDR answered 401; err_code: 401; err_msg: said [redacted]", "compare the key's id and security level with the tenant's API Keys page, or make a new key"},
		{answer(401, "Date", early, `{"err_code": 401}`), "the clock here is 10m", "set this machine's clock"},
		{api(402), "the tenant's licence does not cover this call", "ask who owns the tenant's licence"},
		{api(403), "Cortex XDR answered 403", "give the key's role the right to view the Action Center"},
		{answer(403, "Content-Type", "text/html", "<h1>blocked</h1>"), "not in the API's words", "compare api_url"},
		{api(400), "XDR.Rejected", "compare api_url"},
		{api(404), "XDR.Rejected", "compare api_url"},
		{answer(404, "Content-Type", "text/html", "<h1>nothing here</h1>"), "not in the API's words: a proxy or a wrong api_url?", "compare api_url"},
		{answer(302, "Location", "https://login.example.com", ""), "HTTP 302", "redirects are not followed"},
		{answer(200, "Content-Type", "text/html", "<h1>welcome</h1>"), "unreadable reply", "compare api_url"},
		{api(429), "XDR.Throttled", "10 requests a second"},
		{answer(429, "Content-Type", "text/html", "<h1>slow down</h1>"), "XDR.Throttled", "whatever else is between"},
		{answer(401, "Date", early, "<h1>who are you?</h1>"), "XDR.Unauthorized", "compare api_url"},
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
		{"http://" + closed.Addr().String(), "connection refused", "check api_url, the way out of this network and HTTPS_PROXY"},
		{silent.URL, "no answer: EOF", "check api_url, the way out of this network and HTTPS_PROXY"},
		{secure.URL, "certificate signed by unknown authority", "SSL_CERT_FILE"},
		{"https://" + strings.Repeat("a", 64) + ".example", "no such host", "check the host in api_url, then DNS"}, // too long a label: nobody is asked
	} {
		code, _, stderr := checkFile(t, goodSecret, c.url)
		mustSay(t, code, stderr, c.wrong, c.next)
	}
}

// There is no file, or none that can be read.
func TestSecretCheckOfAFile(t *testing.T) {
	t.Parallel()
	code, _, stderr := command(t, "secret", "check", "--credentials", t.TempDir())
	mustSay(t, code, stderr, "is a directory", "check the path and who may read it")
	if code, _, stderr := command(t, "secret", "check", "--credentials", "nowhere.json"); code != exitUnknown || stderr != "xdrwait: --credentials: stat nowhere.json: no such file or directory\n" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// Every answer of Secrets Manager but the secret. Not parallel: the AWS SDK reads the environment.
func TestSecretCheckOfSecretsManager(t *testing.T) {
	var status int
	var code, message string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"__type": %q, "message": %q}`, code, message)
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
	check := []string{"secret", "check", "--secret-id", "xdr/acme"}
	for _, c := range []struct {
		status        int
		code, message string
		wrong, next   string
	}{
		{400, "ResourceNotFoundException", "not here", "does not exist in this account and region, or has no value yet; create it, or check its name and the region", "make it with secret/create, or correct the name, --region or AWS_PROFILE"},
		{400, "AccessDeniedException", "not authorized to perform: secretsmanager:GetSecretValue", "allow secretsmanager:GetSecretValue on it", "next: allow secretsmanager:GetSecretValue on the secret"},
		{400, "AccessDeniedException", "Access to KMS is not allowed", "Access to KMS is not allowed", "next: allow kms:Decrypt on the secret's KMS key"},
		{400, "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.", "marked for deletion", "aws secretsmanager restore-secret --secret-id xdr/acme"},
		{400, "DecryptionFailure", "cannot decrypt", "XDR.CredentialsInvalid", "next: allow kms:Decrypt"},
		{400, "ExpiredTokenException", "The security token included in the request is expired", "is expired", "log in to AWS again"},
		{403, "InvalidSignatureException", "Signature expired", "Signature expired", "this machine's clock"},
		{400, "UnrecognizedClientException", "invalid", "AWS refuses", "log in to AWS again"},
		{400, "InvalidAccessKeyId", "not here", "AWS refuses", "log in to AWS again"},
		{400, "RequestExpired", "too old", "AWS refuses", "this machine's clock"},
		{400, "RequestTimeTooSkewed", "too far", "AWS refuses", "this machine's clock"},
		{400, "ValidationException", "bad name", "bad name", "AWS's words"},
		{400, "ThrottlingException", "slow down", "XDR.CredentialsUnavailable", "try again in a minute"},
		{500, "InternalServiceError", "oops", "Secrets Manager is failing", "AWS's status page"},
	} {
		status, code, message = c.status, c.code, c.message
		exit, _, stderr := command(t, check...)
		mustSay(t, exit, stderr, c.wrong, c.next)
	}
	server.Close()
	exit, _, stderr := command(t, check...)
	mustSay(t, exit, stderr, "XDR.CredentialsUnavailable", "HTTPS_PROXY")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if exit, _, stderr := command(t, check...); exit != exitUnknown || !strings.HasPrefix(stderr, "xdrwait: no AWS credentials: set AWS_PROFILE, or log in with aws sso login or aws configure: ") {
		t.Errorf("exit code %d: %s", exit, stderr)
	}
	t.Setenv("AWS_REGION", "")
	if exit, _, stderr := command(t, check...); exit != exitUsage || !strings.Contains(stderr, "no AWS region: give --region or set AWS_REGION") {
		t.Errorf("exit code %d: %s", exit, stderr)
	}
}

func TestSecretCheckIsWell(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	code, stdout, stderr := checkFile(t, sim.SecretValue(), sim.URL())
	if code != 0 || stderr != "" || strings.Count(stdout, "ok  ") != 2 || !strings.Contains(stdout, "the tenant accepts the key") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
