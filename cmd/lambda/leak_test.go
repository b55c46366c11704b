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

// A server may repeat the key and the signature of the request wherever its answer has room for a text.
var repeating = map[string]struct {
	status int
	answer func(request, key, signature string) string
}{
	"a page": {502, func(request, key, signature string) string {
		return "<html><body><h1>Bad gateway</h1><pre>" + request + "</pre>" + key + "</body></html>"
	}},
	"an error of the API": {400, func(request, key, signature string) string {
		return `{"reply":{"err_code":400,"err_msg":` + quoted("asked with "+key) + `,"err_extra":{` + quoted(signature) + `:` + quoted(request) + `}}}`
	}},
	"an error in escapes": {500, func(request, key, signature string) string {
		return `{"reply":{"err_code":500,"err_msg":"` + escaped(key) + `","err_extra":["` + escaped(signature) + `"]}}`
	}},
	"a name that is cut": {200, func(request, key, signature string) string {
		return `{"reply":{"data":{"` + strings.Repeat("x", 20) + key + `":{"` + signature + `":1},"` + strings.Repeat("x", 20) + key + `":1}}}`
	}},
	"agents and reasons": {200, func(request, key, signature string) string {
		return `{"reply":{"data":{"` + key + `":"FAILED","` + signature + `":null,"` + escaped(key) + `x":"` + signature + `","b":"FAILED"},` +
			`"errorReasons":{"` + key + `":` + quoted(request) + `,"b":{"errorData":` + quoted(`{"errorText":"`+key+`"}`) + `}}}}`
	}},
	"a remark": {200, func(request, key, signature string) string {
		return `{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"},"err_msg":` + quoted(request+key) + `}}`
	}},
}

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text always has a JSON form
	}
	return string(out)
}

func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}

func TestRepeatedSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"standard", "advanced"} {
		for name, c := range repeating {
			t.Run(level+" key, "+name, func(t *testing.T) {
				t.Parallel()
				var signature atomic.Value
				api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					request, _ := httputil.DumpRequest(r, true)
					signature.Store(r.Header.Get("Authorization"))
					w.Header().Set("X-Request-Id", canary)
					w.WriteHeader(c.status)
					_, _ = w.Write([]byte(c.answer(string(request), canary, r.Header.Get("Authorization"))))
				}))
				defer api.Close()
				sim := xdrtest.Start(t, xdrtest.Options{Key: canary, SecurityLevel: level})
				env := map[string]string{
					"XDR_SECRET_ID": "xdr/sim", "AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(), "XDR_ALLOWED_ORIGINS": api.URL,
					"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
				}
				sim.SetURL(api.URL)
				f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: env})
				r, err := f.Invoke(t.Context(), []byte(doneID))
				if err != nil {
					t.Fatalf("%v\n%s", err, f.Output())
				}
				said := f.Output() + string(body(r))
				if piece := xdrtest.Leak(said, canary, signature.Load().(string)); piece != "" {
					t.Errorf("%q of the key or the signature appears: %s", piece, said)
				}
			})
		}
	}
}
