package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

func from(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, err := readEnv(from(map[string]string{"XDR_SECRET_ID": "s", "XDR_WAIT_FRACTION": "", "XDR_ALLOWED_ORIGINS": ""}))
	want := handler.DefaultConfig()
	want.SecretID = "s"
	if err != nil || !reflect.DeepEqual(s.step, want) || s.httpTimeout != 10*time.Second || s.maxReplyBytes != 64<<20 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Each variable arrives where it is used. Waits that began together must not ask together for ever.
func TestEveryVariable(t *testing.T) {
	t.Parallel()
	f, err := newFunction(from(map[string]string{
		"XDR_SECRET_ID": "s", "XDR_TENANT_SECRET_PREFIX": "p/", "XDR_SECRET_TTL_SECONDS": "0", "XDR_HTTP_TIMEOUT_SECONDS": "3",
		"XDR_ALLOWED_ORIGINS": "*.example.com, http://127.0.0.1:8480", "XDR_TIMEOUT_SECONDS": "7200", "XDR_MIN_WAIT_SECONDS": "2",
		"XDR_MAX_WAIT_SECONDS": "60", "XDR_WAIT_FRACTION": "0.25", "XDR_EMPTY_GRACE_SECONDS": "0", "XDR_MAX_REPLY_BYTES": "5000000000",
		"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a",
		"AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_USE_FIPS_ENDPOINT": "True", "HTTPS_PROXY": "u:p@h:3128",
	}))
	must(t, err)
	if want := (handler.Config{
		SecretID: "s", TenantSecretPrefix: "p/", Timeout: 2 * time.Hour, MinWait: 2 * time.Second, MaxWait: time.Minute, WaitFraction: 0.25,
		AllowedOrigins: []handler.Origin{{Scheme: "https", Host: "*.example.com"}, {Scheme: "http", Host: "127.0.0.1", Port: "8480"}},
	}); !reflect.DeepEqual(f.step.Config, want) {
		t.Errorf("%+v", f.step.Config)
	}
	c := f.step.XDR
	u, ok := c.Transport.(*usualFirst)
	if c.Timeout != 3*time.Second || c.MaxReplyBytes != 5_000_000_000 || !ok ||
		u.system.TLSHandshakeTimeout != c.Timeout/2 || u.usual().TLSHandshakeTimeout != c.Timeout/2 {
		t.Errorf("%+v", c)
	}
	o := f.step.Secrets.(*secretsmanager.Client).Options()
	signer, err := o.Credentials.Retrieve(t.Context())
	want := aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", SessionToken: "c"}
	pause, _ := o.Retryer.RetryDelay(9, nil) // the longest
	if err != nil || signer != want || pause != 2*time.Second || o.Region != "eu-central-1" || *o.BaseEndpoint != "http://127.0.0.1:1" {
		t.Errorf("%+v in %s at %s, %v", signer, o.Region, *o.BaseEndpoint, err)
	}
}

// badValues are refused by the name of the variable.
var badValues = map[string][]string{
	"XDR_SECRET_ID":            {"", " "},
	"XDR_SECRET_TTL_SECONDS":   {"-1", "5m", "100000000"},
	"XDR_ALLOWED_ORIGINS":      {"https://h/path", "*.a,,", "https://*"},
	"XDR_HTTP_TIMEOUT_SECONDS": {"0", "100000000"},
	"XDR_TIMEOUT_SECONDS":      {"0", "1e3", "604801"},
	"XDR_EMPTY_GRACE_SECONDS":  {"x", "100000000"},
	"XDR_MIN_WAIT_SECONDS":     {"0", "601"},
	"XDR_MAX_WAIT_SECONDS":     {"x", "100000000"},
	"XDR_WAIT_FRACTION":        {"0", "NaN", "1.1"},
	"XDR_MAX_REPLY_BYTES":      {"0"},
	"AWS_USE_FIPS_ENDPOINT":    {"yes", "1"},
	"HTTPS_PROXY":              {"socks5://h:1", "http://u:CANARY@%zz", "http://", " http://h:1", "http://h:1\n", " "},
	"https_proxy":              {"::bad"},

	"AWS_ENDPOINT_URL_SECRETS_MANAGER": {"vpce-0a1b2c3d:443", "https://", "https://%zz"},
}

func TestBadValues(t *testing.T) {
	t.Parallel()
	for name, values := range badValues {
		for _, value := range values {
			env := map[string]string{"XDR_SECRET_ID": "s"}
			env[name] = value
			if _, err := newFunction(from(env)); err == nil || !strings.HasPrefix(err.Error(), name+":") || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	}
}

// FuzzEnvironment gives each variable any value: readEnv never panics, an error begins with the variable's name, and
// what is accepted is within the bounds that the step relies on.
func FuzzEnvironment(f *testing.F) {
	names := []string{
		"XDR_SECRET_ID", "XDR_TENANT_SECRET_PREFIX", "XDR_SECRET_TTL_SECONDS", "XDR_ALLOWED_ORIGINS", "XDR_TIMEOUT_SECONDS", "XDR_MIN_WAIT_SECONDS",
		"XDR_MAX_WAIT_SECONDS", "XDR_WAIT_FRACTION", "XDR_EMPTY_GRACE_SECONDS", "XDR_HTTP_TIMEOUT_SECONDS", "XDR_MAX_REPLY_BYTES",
	}
	f.Add("s\n\n300\nhttps://*.paloaltonetworks.com\n259200\n5\n300\n0.1\n120\n10\n67108864")
	f.Add("\nxdr/\n0\nhttp://127.0.0.1:8080, api.example.com:8443\n1\n1\n1\n1\n0\n1\n1")
	f.Add("s\n\n-1\n*\n99999999999\n5\n4\nNaN\n1e3\n0x10\n9223372036854775808")
	f.Fuzz(func(t *testing.T, text string) {
		values := strings.Split(text, "\n")
		s, err := readEnv(func(name string) string {
			if i := slices.Index(names, name); i >= 0 && i < len(values) {
				return values[i]
			}
			return ""
		})
		if err != nil {
			if name, _, ok := strings.Cut(err.Error(), ":"); !ok || !strings.HasPrefix(name, "XDR_") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q names no variable", err)
			}
			return
		}
		c := s.step
		const least, most = time.Second, 99_999_999 * time.Second
		switch {
		case c.SecretID == "" && c.TenantSecretPrefix == "", len(c.AllowedOrigins) == 0,
			c.MinWait < least, c.MaxWait < c.MinWait, c.MaxWait > most, c.Timeout < least, c.Timeout > 7*24*time.Hour,
			c.SecretTTL < 0, c.SecretTTL > most, c.EmptyGrace < 0, c.EmptyGrace > most, s.httpTimeout < least, s.httpTimeout > most,
			!(c.WaitFraction > 0 && c.WaitFraction <= 1), s.maxReplyBytes < 1:
			t.Errorf("accepted %q as %+v", text, s)
		}
	})
}
