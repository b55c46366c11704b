package main

import (
	"slices"
	"strings"
	"testing"
)

// What people need is accepted by both, and what the function cannot use is refused by the template. The parameters
// without a variable do not reach the function.
func TestParameters(t *testing.T) {
	t.Parallel()
	tpl, _ := readTemplate(t)
	const arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:xdr/acme"
	const account = "arn:aws:iam::111122223333:"
	for name, cases := range map[string]struct {
		variable  string
		good, bad []string
	}{
		"SecretName": {
			variable: "XDR_SECRET_ID",
			good:     []string{"xdr/acme", "Prod/soc_1/xdr+eu@acme=2.x-y", strings.Repeat("x", 512)},
			bad:      []string{"xdr acme", "xdr/*", arn + "-AbCdEf", strings.Repeat("x", 513)},
		},
		"SecretArn": {
			variable: "XDR_SECRET_ID",
			good:     []string{arn + "-AbCdEf", "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:xdr-1a2b3c"},
			bad:      []string{"xdr/acme", arn, arn + "-*", arn + "-??????", "arn:aws:kms:us-east-1:111122223333:key/1234abcd"},
		},
		"TenantSecretPrefix": {
			variable: "XDR_TENANT_SECRET_PREFIX",
			good:     []string{"", "xdr/tenant-", "/xdr/", "security/soar/production/cortex-xdr/tenant-"},
			bad:      []string{"xdr/tenant ", "*"},
		},
		"SecretsManagerUrl": {
			variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
			good:     []string{"", "https://vpce-0a1b2c3d-4e5f.secretsmanager.us-east-1.vpce.amazonaws.com", "https://secretsmanager-fips.us-gov-west-1.amazonaws.com:443", "http://127.0.0.1:4566"},
			bad:      []string{"https://", "https://%zz", "vpce-0a1b2c3d:443", "http://vpce-0a1b2c3d.example", "https://user:word@vpce-0a1b2c3d.example"},
		},
		"HttpsProxy": {
			variable: "HTTPS_PROXY",
			good: []string{
				"", "http://proxy.example.com:3128", "https://10.0.0.7:8443", "http://proxy",
				"http://internal-egress-proxy-0123456789.eu-central-1.elb.amazonaws.com:3128",
			},
			bad: []string{"http://", "http://%zz:3128", "http://user:word@proxy.example.com:3128", "proxy.example.com:3128", "socks5://proxy.example.com:1080"},
		},
		"AllowedOrigins": {
			variable: "XDR_ALLOWED_ORIGINS",
			good: []string{
				"https://*.paloaltonetworks.com",
				"https://api-acme.xdr.us.paloaltonetworks.com,https://api-acme-labs.xdr.eu.paloaltonetworks.com",
				"https://*.paloaltonetworks.com, https://*.paloaltonetworks.cn",
				"api-acme.xdr.us.paloaltonetworks.com", "*.paloaltonetworks.com,  *.crtx.example",
				"https://gateway.acme.example:8443", "http://127.0.0.1:8480", "A:65535, http://*.xn--BCHER-kva.example:65535", "http://localhost:8480", "https://10.0.0.7",
			},
			bad: []string{
				"https://*", "*", "https://*.", "https://*:443", "https://a*.example", "https://*.*.example",
				"https://", "https://.a.example", "https://a.example.", "https://a..example", "https://a_b.example", "https://ä.example",
				"https://a.example/", "https://a.example/xsoar", "https://user@a.example", "https://a.example?x=1", "https://a.example:https", "ftp://a.example",
				"https://a.example,", ",https://a.example", "https://a.example,,https://b.example", "https://a.example https://b.example", "https://a.example;https://b.example",
			},
		},
		"EventBusName": {
			good: []string{"default", "soar-bus"},
			bad:  []string{"", "soar bus", "arn:aws:events:us-east-1:111122223333:event-bus/soar"},
		},
		"EventBusArn": {
			good: []string{"", "arn:aws-cn:events:cn-north-1:111122223333:event-bus/soar"},
			bad:  []string{"soar", "arn:aws:events:us-east-1:111122223333:rule/soar"},
		},
		"PermissionsBoundaryArn": {
			good: []string{"", account + "policy/boundary", account + "policy/soc/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"},
			bad:  []string{"boundary", account + "role/boundary"},
		},
		"RolePath": {
			good: []string{"/", "/soc/", "/soc/xdr/"},
			bad:  []string{"", "soc", "/soc", "soc/", "//"},
		},
		"LogKmsKeyArn": {
			good: []string{"", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234abcd"},
			bad:  []string{"alias/soc", "arn:aws:kms:us-east-1:111122223333:alias/soc"},
		},
	} {
		if given := parameters(tpl.variables()[cases.variable]); cases.variable != "" && !slices.Contains(given, name) {
			t.Errorf("%s is %v", cases.variable, given)
		}
		p := tpl.Parameters[name]
		for _, text := range cases.good {
			env := map[string]string{"XDR_SECRET_ID": "s"}
			if cases.variable != "" {
				env[cases.variable] = text
			}
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
