package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Each name of the contract is produced by its cause and seen as errorType, and nothing that the process
// writes or answers on the way holds the key.
func TestErrorNames(t *testing.T) {
	t.Parallel()
	type cause struct {
		name    string
		want    string
		env     map[string]string
		prepare func(*xdrtest.Sim)
		event   string
	}
	var causes []cause
	fault := func(want string, f xdrtest.Fault) {
		name := fmt.Sprintf("%d %.40s reset=%v cut=%d", f.Status, f.Body, f.Reset, f.CutAfterBytes)
		causes = append(causes, cause{name, want, nil, func(s *xdrtest.Sim) { s.AddFaults(f) }, pendingID})
	}
	secret := func(want string, f xdrtest.SecretFault) {
		causes = append(causes, cause{want + " " + f.Name, want, nil, func(s *xdrtest.Sim) { s.AddSecretFaults(f) }, pendingID})
	}
	value := func(text string) {
		causes = append(causes, cause{"secret " + text, "XDR.CredentialsInvalid", nil, func(s *xdrtest.Sim) { s.SetSecret(text, false) }, pendingID})
	}
	secret("XDR.CredentialsInvalid", xdrtest.SecretFault{Name: "AccessDeniedException"})
	secret("XDR.CredentialsInvalid", xdrtest.SecretFault{Name: "ResourceNotFoundException"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Name: "ThrottlingException"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Name: "InternalServiceError"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Reset: true})
	for _, status := range []int{401, 402, 403} {
		fault("XDR.Unauthorized", xdrtest.Fault{Status: status})
	}
	for _, status := range []int{500, 502, 503, 504} {
		fault("XDR.Unavailable", xdrtest.Fault{Status: status})
	}
	for _, status := range []int{204, 302, 400, 404, 418} {
		fault("XDR.Rejected", xdrtest.Fault{Status: status})
	}
	fault("XDR.Throttled", xdrtest.Fault{Status: 429, RetryAfter: "7"})
	fault("XDR.Unavailable", xdrtest.Fault{Reset: true})
	fault("XDR.Unavailable", xdrtest.Fault{CutAfterBytes: 10})
	fault("XDR.Unavailable", xdrtest.Fault{Status: 502, Body: "<p>" + canary + "</p>", ContentType: "text/html"})
	fault("XDR.Rejected", xdrtest.Fault{Body: `{"reply":{"data":"` + canary + `"}}`})
	fault("XDR.Rejected", xdrtest.Fault{Status: 400, Body: `{"reply":{"err_code":400,"err_msg":"` + canary + `","err_extra":["` + canary + `"]}}`})
	value(canary)
	value(`{"api_key":"` + canary + `"}`)
	value(`{"api_url":"https://` + canary + `@evil.example","api_key_id":"7","api_key":"` + canary + `","security_level":"standard"}`)
	value(`{"api_url":"https://evil.example","api_key_id":"7","api_key":"` + canary + `","security_level":"standard"}`)
	nothing := func(*xdrtest.Sim) {}
	causes = append(causes,
		cause{"bad event", "XDR.InvalidRequest", nil, nothing, `{}`},
		cause{"null", "XDR.InvalidRequest", nil, nothing, `null`},
		cause{"a revoked key", "XDR.Unauthorized", nil, func(s *xdrtest.Sim) { s.RevokeKey() }, pendingID},
		cause{"oversize", "XDR.Rejected", map[string]string{"XDR_MAX_REPLY_BYTES": "100"}, nothing, pendingID},
		cause{"no tenants", "XDR.InvalidRequest", map[string]string{"XDR_TENANT_SECRET_PREFIX": ""}, nothing, `{"group_action_id":1,"tenant":"a"}`},
	)
	for name, proxy := range map[string]string{"a malformed proxy": "http://user:" + canary + "@%zz", "a dead proxy": "http://user:" + canary + "@127.0.0.1:1"} {
		beyond := func(s *xdrtest.Sim) {
			s.SetSecret(strings.Replace(s.SecretValue(), s.URL(), "http://api.example.invalid", 1), false)
		}
		causes = append(causes, cause{name, "XDR.Unavailable", map[string]string{"HTTP_PROXY": proxy, "XDR_ALLOWED_ORIGINS": "http://api.example.invalid"}, beyond, pendingID})
	}
	for _, c := range causes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, c.env, lambdatest.Options{}, c.prepare)
			r := d.invoke(t, c.event)
			if r.ErrorType != c.want {
				t.Errorf("%s: %s, want %s", r.ErrorType, r.ErrorMessage, c.want)
			}
			if log := d.Output(); r.ErrorType != "" && (!strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, r.ErrorType) || !strings.Contains(log, r.RequestID)) {
				t.Errorf("log: %s", log)
			}
			d.holdsNoKey(t, r)
		})
	}
}

func TestLogLevelsHoldNoKey(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR", ""} {
		for _, format := range []string{"JSON", "TEXT"} {
			d := deploy(t, map[string]string{"AWS_LAMBDA_LOG_LEVEL": level, "AWS_LAMBDA_LOG_FORMAT": format}, lambdatest.Options{})
			d.invoke(t, doneID)
			d.sim.RevokeKey()
			r := d.invoke(t, doneID)
			log := d.Output()
			if !strings.Contains(log, "XDR.Unauthorized") {
				t.Errorf("%s %s: %s", level, format, log)
			}
			d.holdsNoKey(t, r)
			if shown := strings.Contains(log, "all_succeeded"); shown != (level != "WARN" && level != "ERROR") {
				t.Errorf("%s %s: the good check is logged: %v", level, format, shown)
			}
		}
	}
}

func TestBadEnvironmentStopsTheInit(t *testing.T) {
	t.Parallel()
	for _, bad := range badValues {
		t.Run(bad.name+"="+bad.value, func(t *testing.T) {
			t.Parallel()
			f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: map[string]string{"XDR_SECRET_ID": "s", bad.name: bad.value}})
			code, err := f.InitError(t.Context())
			if err != nil || code != 1 || !strings.Contains(f.Stderr(), bad.name+":") || strings.Count(f.Output(), "\n") != 1 {
				t.Errorf("%d, %v: %s", code, err, f.Output())
			}
		})
	}
}

func TestSlowServicesEndBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	for want, prepare := range map[string]func(*xdrtest.Sim){
		"XDR.Unavailable":            func(s *xdrtest.Sim) { s.AddFaults(xdrtest.Fault{DelaySeconds: 60}) },
		"XDR.CredentialsUnavailable": func(s *xdrtest.Sim) { s.AddSecretFaults(xdrtest.SecretFault{Delay: time.Minute}) },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, nil, lambdatest.Options{Timeout: 2 * time.Second}, prepare)
			if r := d.invoke(t, pendingID); r.ErrorType != want {
				t.Errorf("%s: %s", r.ErrorType, r.ErrorMessage)
			}
		})
	}
}
