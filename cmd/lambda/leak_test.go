package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// A server may repeat the key and the signature of the request wherever its answer has room for a text. REQUEST stands for
// the request as a JSON string.
var repeating = map[int]string{
	502: `<html><body><h1>Bad gateway</h1><pre>REQUEST</pre>KEY</body></html>`,
	400: `{"reply":{"err_code":400,"err_msg":"asked with KEY","err_extra":{"SIGNATURE":REQUEST}}}`,
	500: `{"reply":{"err_code":500,"err_msg":"ESCAPED","err_extra":["SIGNATURE"]}}`,
	200: `{"reply":{"data":{"KEY":"FAILED","SIGNATURE":null,"ESCAPEDx":"SIGNATURE","b":"FAILED"},
		"errorReasons":{"KEY":REQUEST,"b":{"errorData":"{\"errorText\":\"<b>5 & 7</b> KEY\"}"}},"err_msg":REQUEST}}`,
}

func TestRepeatedSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	escaped := ""
	for _, r := range canary {
		escaped += fmt.Sprintf(`\u%04x`, r)
	}
	for _, level := range []string{"standard", "advanced"} {
		for status, answer := range repeating {
			t.Run(fmt.Sprintf("%s key, %d", level, status), func(t *testing.T) {
				t.Parallel()
				var signature atomic.Value
				api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					dump, _ := httputil.DumpRequest(r, true)
					request, _ := json.Marshal(string(dump))
					signature.Store(r.Header.Get("Authorization"))
					w.Header().Set("X-Request-Id", canary)
					w.WriteHeader(status)
					fill := strings.NewReplacer("REQUEST", string(request), "KEY", canary,
						"SIGNATURE", r.Header.Get("Authorization"), "ESCAPED", escaped)
					_, _ = fill.WriteString(w, answer)
				}))
				defer api.Close()
				sim := tenant(t, level)
				env := map[string]string{"XDR_ALLOWED_ORIGINS": api.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL()}
				sim.SetURL(api.URL)
				d := deployFor(t, sim, env, lambdatest.Options{})
				r := d.invoke(t, doneID)
				if status == http.StatusOK && !strings.Contains(string(r.Payload), "<b>5 & 7</b> [redacted]") {
					t.Errorf("a page that shows it does its own escaping: %s", body(r))
				}
				said := d.Output() + string(body(r))
				if piece := xdrtest.Leak(said, canary, signature.Load().(string)); piece != "" {
					t.Errorf("%q of the key or the signature appears: %s", piece, said)
				}
			})
		}
	}
}
