package main

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What people need is accepted by both, and what the function cannot use is refused by the template.
func TestParametersOfTheFunction(t *testing.T) {
	t.Parallel()
	tpl := readTemplate(t)
	for name, cases := range map[string]struct {
		parameter string
		good, bad []string
	}{
		"XDR_SECRET_ID": {
			parameter: "SecretName",
			good:      []string{"xdr/acme", "Prod/soc_1/xdr+eu@acme=2.x-y"},
			bad:       []string{"xdr acme", "xdr/*", "arn:aws:secretsmanager:us-east-1:111122223333:secret:xdr/acme-AbCdEf"},
		},
		"XDR_TENANT_SECRET_PREFIX": {
			parameter: "TenantSecretPrefix",
			good:      []string{"", "xdr/tenant-", "/xdr/"},
			bad:       []string{"xdr/tenant ", "*"},
		},
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": {
			parameter: "SecretsManagerUrl",
			good:      []string{"", "https://vpce-0a1b2c3d-4e5f.secretsmanager.us-east-1.vpce.amazonaws.com", "https://secretsmanager-fips.us-gov-west-1.amazonaws.com:443", "http://127.0.0.1:4566"},
			bad:       []string{"https://", "https://%zz", "vpce-0a1b2c3d:443", "http://vpce-0a1b2c3d.example", "https://user:word@vpce-0a1b2c3d.example"},
		},
		"HTTPS_PROXY": {
			parameter: "HttpsProxy",
			good:      []string{"", "http://proxy.example.com:3128", "https://10.0.0.7:8443", "http://proxy"},
			bad:       []string{"http://", "http://%zz:3128", "http://user:word@proxy.example.com:3128", "proxy.example.com:3128", "socks5://proxy.example.com:1080"},
		},
		"XDR_ALLOWED_ORIGINS": {
			parameter: "AllowedOrigins",
			good: []string{
				"https://*.paloaltonetworks.com",
				"https://api-acme.xdr.us.paloaltonetworks.com,https://api-acme-labs.xdr.eu.paloaltonetworks.com",
				"https://*.paloaltonetworks.com, https://*.paloaltonetworks.cn",
				"api-acme.xdr.us.paloaltonetworks.com", "*.paloaltonetworks.com,  *.crtx.example",
				"https://gateway.acme.example:8443", "http://127.0.0.1:8480", "http://localhost:8480", "https://10.0.0.7",
			},
			bad: []string{
				"https://*", "*", "https://*.", "https://*:443", "https://a*.example", "https://*.*.example",
				"https://", "https://.a.example", "https://a.example.", "https://a..example", "https://a_b.example", "https://ä.example",
				"https://a.example/", "https://a.example/xsoar", "https://user@a.example", "https://a.example?x=1", "https://a.example:https", "ftp://a.example",
				"https://a.example,", ",https://a.example", "https://a.example,,https://b.example", "https://a.example https://b.example", "https://a.example;https://b.example",
			},
		},
	} {
		if given := tpl.Resources.StatusFunction.Properties.Environment.Variables[name]; given.Value != cases.parameter {
			t.Errorf("%s is %s", name, given.Value)
		}
		p := tpl.Parameters[cases.parameter]
		for _, text := range cases.good {
			env := map[string]string{"XDR_SECRET_ID": "s"}
			env[name] = text
			if _, err := readEnv(from(env)); err != nil || !p.accepts(text) {
				t.Errorf("%s=%q: the template accepts it: %v; the function: %v", name, text, p.accepts(text), err)
			}
		}
		for _, text := range cases.bad {
			if p.accepts(text) {
				t.Errorf("%s=%q: the template accepts it", name, text)
			}
		}
	}
}

// A default that its own pattern refuses would stop each deployment that does not name the parameter.
func TestDefaultsAreAllowed(t *testing.T) {
	t.Parallel()
	for name, p := range readTemplate(t).Parameters {
		if p.AllowedPattern != "" && !p.accepts(p.Default) {
			t.Errorf("%s: %q", name, p.Default)
		}
		if n, err := strconv.Atoi(p.Default); p.MinValue != nil && (err != nil || n < *p.MinValue || n > *p.MaxValue) {
			t.Errorf("%s: %q", name, p.Default)
		}
	}
}

// Every list of names and wildcards, with or without scheme and port, is accepted by both, as far as it is not too long.
func TestOriginsOfEveryForm(t *testing.T) {
	t.Parallel()
	allowed := readTemplate(t).Parameters["AllowedOrigins"]
	allowed.MaxLength = 0
	part := rapid.SampledFrom([]string{"api", "api-acme", "xdr", "US", "paloaltonetworks", "com", "10", "xn--bcher-kva"})
	entry := rapid.Custom(func(t *rapid.T) string {
		scheme := rapid.SampledFrom([]string{"", "https://", "http://"}).Draw(t, "scheme")
		wildcard := rapid.SampledFrom([]string{"", "*."}).Draw(t, "wildcard")
		port := rapid.SampledFrom([]string{"", ":1", ":443", ":8443", ":65535"}).Draw(t, "port")
		return scheme + wildcard + strings.Join(rapid.SliceOfN(part, 1, 5).Draw(t, "host"), ".") + port
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(entry, 1, 4).Draw(t, "entries"), rapid.SampledFrom([]string{",", ", "}).Draw(t, "between"))
		_, err := readEnv(from(map[string]string{"XDR_SECRET_ID": "s", "XDR_ALLOWED_ORIGINS": text}))
		if err != nil || !allowed.accepts(text) {
			t.Errorf("%q: the template accepts it: %v; the function: %v", text, allowed.accepts(text), err)
		}
	})
}
