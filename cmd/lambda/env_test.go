package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

func from(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
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

func TestEveryVariable(t *testing.T) {
	t.Parallel()
	s, err := readEnv(from(map[string]string{
		"XDR_SECRET_ID": "s", "XDR_TENANT_SECRET_PREFIX": "p/", "XDR_SECRET_TTL_SECONDS": "0", "XDR_HTTP_TIMEOUT_SECONDS": "3",
		"XDR_ALLOWED_ORIGINS": "*.example.com, http://127.0.0.1:8480", "XDR_TIMEOUT_SECONDS": "7200", "XDR_MIN_WAIT_SECONDS": "2",
		"XDR_MAX_WAIT_SECONDS": "60", "XDR_WAIT_FRACTION": "0.25", "XDR_EMPTY_GRACE_SECONDS": "0", "XDR_MAX_REPLY_BYTES": "5000000000",
		"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a",
		"AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_USE_FIPS_ENDPOINT": "True",
	}))
	want := settings{
		step: handler.Config{
			SecretID: "s", TenantSecretPrefix: "p/", Timeout: 2 * time.Hour, MinWait: 2 * time.Second, MaxWait: time.Minute, WaitFraction: 0.25,
			AllowedOrigins: []handler.Origin{{Scheme: "https", Host: "*.example.com"}, {Scheme: "http", Host: "127.0.0.1", Port: "8480"}},
		},
		httpTimeout: 3 * time.Second, maxReplyBytes: 5_000_000_000,
		aws: awsSettings{region: "eu-central-1", endpoint: "http://127.0.0.1:1", fips: true, accessKeyID: "a", secretAccessKey: "b", sessionToken: "c"},
	}
	if err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, %v", s, err)
	}
}

var badValues = []struct{ name, value string }{
	{"XDR_SECRET_TTL_SECONDS", "-1"}, {"XDR_SECRET_TTL_SECONDS", "5m"}, {"XDR_ALLOWED_ORIGINS", "https://h/path"}, {"XDR_ALLOWED_ORIGINS", "*.a,,"},
	{"XDR_HTTP_TIMEOUT_SECONDS", "0"}, {"XDR_TIMEOUT_SECONDS", "0"}, {"XDR_TIMEOUT_SECONDS", "1e3"}, {"XDR_TIMEOUT_SECONDS", "100000000"},
	{"XDR_SECRET_TTL_SECONDS", "100000000"}, {"XDR_EMPTY_GRACE_SECONDS", "100000000"}, {"XDR_HTTP_TIMEOUT_SECONDS", "100000000"}, {"XDR_MAX_WAIT_SECONDS", "100000000"},
	{"XDR_TIMEOUT_SECONDS", "604801"}, {"XDR_ALLOWED_ORIGINS", "https://*"}, {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "vpce-0a1b2c3d:443"},
	{"AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://"}, {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://%zz"}, {"AWS_USE_FIPS_ENDPOINT", "yes"}, {"AWS_USE_FIPS_ENDPOINT", "1"},
	{"XDR_MIN_WAIT_SECONDS", "0"}, {"XDR_MIN_WAIT_SECONDS", "601"}, {"XDR_MAX_WAIT_SECONDS", "x"}, {"XDR_WAIT_FRACTION", "0"},
	{"XDR_WAIT_FRACTION", "NaN"}, {"XDR_WAIT_FRACTION", "1.1"}, {"XDR_EMPTY_GRACE_SECONDS", "x"}, {"XDR_SECRET_ID", " "}, {"XDR_MAX_REPLY_BYTES", "0"}, {"XDR_SECRET_ID", ""},
}

func TestBadValues(t *testing.T) {
	t.Parallel()
	for _, bad := range badValues {
		env := map[string]string{"XDR_SECRET_ID": "s"}
		env[bad.name] = bad.value
		if _, err := newFunction(from(env)); err == nil || !strings.HasPrefix(err.Error(), bad.name+":") {
			t.Errorf("%s=%q: %v", bad.name, bad.value, err)
		}
	}
}
