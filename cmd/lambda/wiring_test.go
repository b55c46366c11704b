package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// An answer that never ends is given up after XDR_HTTP_TIMEOUT_SECONDS, which the error names.
func TestHTTPTimeoutBoundsTheWholeCall(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = fmt.Fprint(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	defer api.Close()
	env := map[string]string{"XDR_HTTP_TIMEOUT_SECONDS": "1", "XDR_ALLOWED_ORIGINS": api.URL}
	d := deploy(t, env, lambdatest.Options{}, func(s *xdrtest.Sim) {
		env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = s.URL()
		s.SetURL(api.URL)
	})
	if r := d.invoke(t, pendingID); r.ErrorType != "XDR.Unavailable" || !strings.Contains(r.ErrorMessage, " 1s") {
		t.Errorf("%s", body(r))
	}
}

// Both transports have the configured time; what they do with it is tested in pkg/xdr.
func TestTransportIsConfigured(t *testing.T) {
	t.Parallel()
	f, err := newFunction(from(map[string]string{"XDR_SECRET_ID": "s", "XDR_HTTP_TIMEOUT_SECONDS": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	u, ok := f.step.XDR.Transport.(*usualFirst)
	if !ok || u.system.ResponseHeaderTimeout != time.Second || u.usual().ResponseHeaderTimeout != time.Second {
		t.Fatal("not the transports of newFunction")
	}
}

// Waits that began together must not ask together for ever.
func TestWaitsAreSpread(t *testing.T) {
	t.Parallel()
	d := deploy(t, map[string]string{"XDR_MAX_WAIT_SECONDS": "1000"}, lambdatest.Options{})
	event := strings.Replace(pendingID, "}", `,"timeout_seconds":604800,"started_at":"`+time.Now().Add(-5*time.Hour).Format(time.RFC3339)+`"}`, 1)
	seen := map[int]bool{}
	for range 20 {
		var v struct {
			WaitSeconds int `json:"wait_seconds"`
		}
		if err := json.Unmarshal(d.invoke(t, event).Payload, &v); err != nil {
			t.Fatal(err)
		}
		if v.WaitSeconds < 900 || v.WaitSeconds > 1000 {
			t.Errorf("%d s", v.WaitSeconds)
		}
		seen[v.WaitSeconds] = true
	}
	if len(seen) < 2 {
		t.Errorf("20 waits of %v s", seen)
	}
}
