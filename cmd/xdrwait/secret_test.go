package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func reply(status int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(header, value)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

func api(status int) http.HandlerFunc {
	body := fmt.Sprintf(`{"reply": {"err_code": %d, "err_msg": "said %s"}}`, status, xdrtest.Canary)
	return reply(status, "Content-Type", "application/json", body)
}

func page(status int) http.HandlerFunc {
	return reply(status, "Content-Type", "text/html", "<h1>no</h1>")
}

// awsError is the name of an error of Secrets Manager.
type awsError string

// `secret check` says what is wrong and what to do next, in two lines and without the key: of the secret, of the
// tenant or of something before it, where there is no answer at all, and of Secrets Manager. Not parallel: the AWS SDK
// reads the environment.
func TestSecretCheck(t *testing.T) {
	with := func(old, replacement string) string { return strings.Replace(goodSecret, old, replacement, 1) }
	silent := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	early := time.Now().Add(-10 * time.Minute).UTC().Format(http.TimeFormat)
	secure := httptest.NewTLSServer(silent)
	defer secure.Close()
	closed := httptest.NewServer(silent)
	closed.Close()
	nowhere := "https://" + strings.Repeat("a", 64) + ".example" // nobody is asked for it
	sim := xdrtest.Start(t, xdrtest.Options{})
	t.Setenv(awsEndpoint, sim.URL())
	for _, c := range []struct {
		odd         any // a secret, with URL for the tenant's address, or a tenant, or an error of Secrets Manager
		wrong, next string
	}{
		{xdrtest.Canary, "expected a JSON object with api_url", "correct it, in the file or with xdrwait secret create NAME ADDRESS KEY_ID LEVEL"},
		{strings.Repeat(" ", maxSecret) + goodSecret, "expected a JSON object", "xdrwait secret create NAME"}, // it may be endless
		{with(`"api_url": "URL", `, ""), "api_url: missing or empty", "correct it, in the file or with xdrwait secret create NAME ADDRESS KEY_ID LEVEL"},
		{with(xdrtest.Canary, "a b"), "api_key: expected printable ASCII, no space", "correct it, in the file or with xdrwait secret create NAME ADDRESS KEY_ID LEVEL"},
		{with("URL", "http://127.0.0.1:9"), "is not allowed by --allow-origin (", "--allow-origin here"},
		{with("URL", xdrtest.Canary), "expected the tenant's address, such as https://api-acme", "xdrwait secret create NAME"},

		{api(401), "XDR.Unauthorized: Cortex XDR answered 401; err_code: 401; err_msg: said [redacted]\n", "check api_key"},
		{reply(401, "Date", early, `{"err_code": 401}`), "Cortex XDR answered 401", "the clock here is 10m"},
		{page(403), "not in the API's words", "something between"},
		{api(404), "XDR.Rejected", "compare api_url"},
		{page(404), "not in the API's words: a proxy", "compare api_url"},
		{reply(302, "Location", "https://login.example.com", ""), "HTTP 302", "redirects are not followed"},
		{page(200), "unreadable reply", "compare api_url"},
		{api(429), "XDR.Throttled", "10 requests a second"},
		{page(429), "XDR.Throttled", "what else is between"},
		{api(500), "XDR.Unavailable: Cortex XDR answered 500", "api_url has a wrong path, or the tenant is down"},
		{page(503), "XDR.Unavailable", "try again"},

		{silent, "no answer: EOF", "check api_url, the way out of this network and HTTPS_PROXY"},
		{with("URL", closed.URL), "connection refused", "check api_url, the way out of this network"},
		{with("URL", secure.URL), "certificate signed by unknown authority", "SSL_CERT_FILE"},
		{with("URL", nowhere), "no such host", "check the host in api_url"},

		{awsError("ResourceNotFoundException"), "does not exist in this account and region, or has no value yet",
			"make it with xdrwait secret create, or correct the name, --region or AWS_PROFILE"},
		{awsError("AccessDeniedException"), "allow secretsmanager:GetSecretValue on it", "next: allow " +
			"secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its KMS key if it has one of its own"},
		{awsError("InvalidRequestException"), "XDR.CredentialsInvalid", "aws secretsmanager restore-secret --secret-id xdr/acme"},
		{awsError("DecryptionFailure"), "XDR.CredentialsInvalid", "kms:Decrypt"},
		{awsError("ExpiredTokenException"), "AWS refuses", "log in to AWS again"},
		{awsError("InvalidSignatureException"), "AWS refuses", "this machine's clock"},
		{awsError("UnrecognizedClientException"), "AWS refuses", "log in to AWS again"},
		{awsError("InvalidAccessKeyId"), "AWS refuses", "log in to AWS again"},
		{awsError("RequestExpired"), "AWS refuses", "this machine's clock"},
		{awsError("RequestTimeTooSkewed"), "AWS refuses", "this machine's clock"},
		{awsError("ValidationException"), "cannot be read", "AWS's message"},
		{awsError("ThrottlingException"), "XDR.CredentialsUnavailable", "try again in a minute"},
		{awsError("InternalServiceError"), "Secrets Manager is failing", "AWS's status page"},
	} {
		secret := goodSecret
		tenant := silent
		switch odd := c.odd.(type) {
		case string:
			secret = odd
		case http.HandlerFunc:
			tenant = odd
		}
		server := httptest.NewServer(tenant)
		source := []string{"--credentials", inFile(t, strings.ReplaceAll(secret, "URL", server.URL))}
		name, ok := c.odd.(awsError)
		if ok {
			sim.AddSecretFaults(xdrtest.Fault{From: len(sim.SecretCalls()) + 1, Name: string(name)})
			source = []string{"--secret-id", "xdr/acme"}
		}
		origins := strings.Join([]string{server.URL, secure.URL, closed.URL, nowhere}, ",")
		stdout, said := mustExplain(t, c.wrong, c.next, append(source, "--allow-origin", origins)...)
		server.Close()
		isRead := strings.HasPrefix(stdout, "ok  secret ") && strings.Count(stdout, "\n") == 1
		if isRead == strings.Contains(said, "XDR.Credentials") || stdout != "" && !isRead || !strings.Contains(said, string(name)) {
			t.Errorf("%s: %s%s", c.wrong, stdout, said)
		}
	}
	mustExplain(t, "is a directory", "check the path and who may read it", "--credentials", t.TempDir())
	t.Setenv(awsEndpoint, "http://127.0.0.1:1")
	t.Setenv("AWS_REGION", "")
	const region = "xdrwait: no AWS region: give --region or set AWS_REGION\nTry xdrwait secret check --help.\n"
	if code, _, stderr := command(t, "secret", "check", "--secret-id", "s"); code != exitUsage || stderr != region {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	source := []string{"--secret-id", "s", "--region", "us-east-1"}
	mustExplain(t, "XDR.CredentialsUnavailable", "check the way out of this network, HTTPS_PROXY", source...)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	const login = "xdrwait: no AWS credentials: "
	code, _, stderr := command(t, append([]string{"secret", "check"}, source...)...)
	if code != exitUnknown || !strings.HasPrefix(stderr, login) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// mustExplain demands that `secret check` says what is wrong and what to do, in two lines without the key.
func mustExplain(t *testing.T, wrong, next string, source ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := command(t, append([]string{"secret", "check"}, source...)...)
	first, second, _ := strings.Cut(stderr, "\n")
	if code != exitUnknown || !strings.Contains(first+"\n", wrong) || strings.Contains(first, "group_action_id") ||
		!strings.HasPrefix(second, "xdrwait: next: ") || !strings.Contains(second, next) || strings.Count(stderr, "\n") != 2 {
		t.Errorf("exit code %d, %q, wanted %q and then %q", code, stderr, wrong, next)
	}
	if leak := xdrtest.Leak(stderr, xdrtest.Canary); leak != "" {
		t.Errorf("%q of the key is in %q", leak, stderr)
	}
	return stdout, stderr
}

// creates runs `secret create`, which must not show the key. It returns what is shown, with URL for the address of the
// simulator, and the calls of Secrets Manager, with their KMS keys. Not for parallel tests: the AWS SDK reads the
// environment.
func creates(t *testing.T, sim *xdrtest.Sim, stdin io.Reader, args string) (code int, shown, calls string) {
	t.Helper()
	t.Setenv(awsEndpoint, sim.URL())
	args = strings.ReplaceAll("secret create "+args+" --allow-origin URL", "URL", sim.URL())
	var out output
	code = run(t.Context(), strings.Fields(args), stdin, &out, &out)
	shown = strings.ReplaceAll(out.String(), sim.URL(), "URL")
	if leak := xdrtest.Leak(shown, xdrtest.Canary); leak != "" {
		t.Errorf("%s: %q of the key is in %s", args, leak, shown)
	}
	for _, call := range sim.SecretCalls() {
		calls += call.Operation + " " + call.KMSKeyID + ";"
	}
	return code, shown, calls
}

// A secret that is not there is made; one that is there gets a new value.
func TestSecretCreate(t *testing.T) {
	const made = "secret xdr/acme is created\nnext: xdrwait secret check --secret-id xdr/acme"
	const replaced = "secret xdr/sim already existed and has a new value; checks use it within five minutes\nnext: "
	for _, c := range []struct{ args, calls, shown string }{
		{"xdr/acme URL 7 advanced", "CreateSecret ;", accepted + "\n" + made + " --allow-origin URL\n"},
		{"xdr/acme URL 7 advanced --region eu-west-1", "CreateSecret ;", made + " --region eu-west-1 --allow-origin URL\n"},
		{"xdr/acme URL 7 advanced --kms-key-id k", "CreateSecret k;", made},
		{"xdr/sim URL 7 advanced", "CreateSecret ;PutSecretValue ;", replaced},
		{"xdr/sim URL 7 advanced --kms-key-id k", "CreateSecret k;UpdateSecret k;", replaced},
		{"xdr/acme acme.xdr.us.paloaltonetworks.com 8 Standard --untried", "CreateSecret ;", made},
	} {
		for _, end := range []string{"", "\n", "\r\n"} {
			sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
			code, shown, calls := creates(t, sim, strings.NewReader(xdrtest.Canary+end), c.args)
			if code != exitDone || calls != c.calls || !strings.Contains(shown, c.shown) {
				t.Errorf("%s: exit code %d, calls %s: %s", c.args, code, calls, shown)
			}
			stored := sim.Stored(strings.Fields(c.args)[0])
			err := schematest.Validate("secret", []byte(stored))
			if err != nil || !strings.Contains(stored, `"`+xdrtest.Canary+`"`) {
				t.Errorf("%s: %v: %s", c.args, err, stored)
			}
		}
	}
}

// unread fails a test that reads it.
type unread struct{ *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.Error("the key was asked for")
	return 0, errors.New("not to be read")
}

// A key that will not do is not written, unless only the tenant says so and is not to be asked. What is wrong with
// anything but the key is said before the key is asked for.
func TestSecretCreateRefuses(t *testing.T) {
	const wrongKey = "X" + xdrtest.Canary
	const untried = "xdrwait: secret xdr/acme is not written; to write it anyway, add --untried\n"
	const good = "xdr/acme URL 7 advanced"
	const acme = "xdr/acme https://api-acme.xdr.us.paloaltonetworks.com"
	for _, c := range []struct{ key, args, shown string }{
		{wrongKey, good, "xdrwait: XDR.Unauthorized: Cortex XDR answered 401;"},
		{wrongKey, good, "\nxdrwait: next: check api_key_id, api_key and security_level in the secret\n" + untried},
		{"\n", good, "xdrwait: the API key is empty: nothing is written; run the command again with the key\n"},
		{wrongKey + "\n" + wrongKey, good + " --untried", "api_key: expected printable ASCII, no space, no backslash\nxdrwait: next: correct it, in the file or"},

		{"", acme + "/public_api/v1 7 advanced", "api_url: expected the address without the path /public_api"},
		{"", "xdr/acme ftp://api-acme.xdr.us.paloaltonetworks.com 7 advanced", "api_url: expected https"},
		{"", "xdr/acme http://api-acme.xdr.us.paloaltonetworks.com 7 advanced", "allow it: --allow-origin here"},
		{"", "xdr/acme acme.example.com 7 advanced", "fqdn: https://api-acme.example.com is not allowed by --allow-origin ("},
		{"", "xdr/acme " + xdrtest.Canary + " 7 advanced", "fqdn: expected the tenant's address"},
		{"", acme + " 7é advanced", "api_key_id: expected at most 15 printable ASCII"},
		{"", acme + " 7 high", `security_level: expected "standard" or "advanced"`},
		{"", acme + " 7 " + xdrtest.Canary, `security_level: expected "standard" or "advanced"`},
	} {
		sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
		var stdin io.Reader = strings.NewReader(c.key)
		want := exitUnknown
		if c.key == "" {
			stdin = unread{t}
			want = exitUsage
		}
		code, shown, calls := creates(t, sim, stdin, c.args)
		hint := strings.HasSuffix(shown, "\nTry xdrwait secret create --help.\n")
		if code != want || calls != "" || !strings.Contains(shown, c.shown) || hint != (code == exitUsage) {
			t.Errorf("%s: exit code %d, calls %s: %s", c.args, code, calls, shown)
		}
	}
	sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
	sim.Expect(0)
	if code, shown, _ := creates(t, sim, strings.NewReader(wrongKey), good+" --untried"); code != exitDone {
		t.Errorf("--untried: exit code %d: %s", code, shown)
	}
	t.Setenv("AWS_REGION", "")
	if code, shown, _ := creates(t, sim, unread{t}, good); code != exitUsage {
		t.Errorf("no AWS region: exit code %d: %s", code, shown)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "") // to find none may take long, and what is typed before the prompt is shown
	typed := strings.NewReader(wrongKey)
	if code, shown, _ := creates(t, sim, typed, good+" --region r"); code != exitUnknown || typed.Len() > 0 || !strings.Contains(shown, "no AWS credentials") {
		t.Errorf("no AWS credentials: exit code %d: %s", code, shown)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "k")
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt() // the prompt would change the terminal of a process that is about to end
	if _, err := readKey(ctx, unread{t}, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "interrupted") {
		t.Error(err)
	}
	for args, want := range map[string]string{
		"check --credentials FILE":                         "xdrwait: interrupted\n",
		"create " + good + " --untried --region us-east-1": "xdrwait: interrupted: secret xdr/acme may be written\nxdrwait: next: xdrwait secret check",
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { interrupt() }))
		t.Setenv(awsEndpoint, server.URL)
		fill := strings.NewReplacer("URL", server.URL, "FILE", inFile(t, strings.ReplaceAll(goodSecret, "URL", server.URL)))
		var out output
		code := run(ctx, strings.Fields(fill.Replace("secret "+args+" --allow-origin URL")), strings.NewReader(wrongKey), &out, &out)
		if code != exitUnknown || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit code %d: %s", args, code, &out)
		}
		server.Close()
	}
}
