package xdr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// simulated is a tenant that knows the action of ask.
func simulated(t *testing.T, o xdrtest.Options) *xdrtest.Sim {
	t.Helper()
	done, err := xdrtest.Load("done")
	must(t, err)
	done.GroupActionID = 1
	o.Key = canary
	o.Scenarios = []xdrtest.Scenario{done}
	return xdrtest.Start(t, o)
}

// Each request is signed afresh, at the time of the client's clock in milliseconds.
func TestBothKindsOfKeyAreAccepted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 59, 123_456_789, time.UTC)
	c := client(t)
	c.Now = func() time.Time { return now }
	for _, level := range []SecurityLevel{Standard, Advanced} {
		sim := simulated(t, xdrtest.Options{SecurityLevel: string(level), BasePath: "/gateway/xdr", Now: c.Now})
		sim.Expect(3)
		for _, slash := range []string{"", "/", "//"} {
			if got := ask(t, c, sim.APIURL()+slash, level); got.events != 5 || got.failed != nil {
				t.Fatalf("%s: %v, %s", level, got, got.text)
			}
		}
		nonces := map[string]bool{}
		for _, r := range sim.Requests() {
			nonces[r.Header.Get("X-Xdr-Nonce")] = true
			if r.Header.Get("Accept-Encoding") != "gzip" || r.Header.Get("User-Agent") == "" {
				t.Errorf("headers %v", r.Header)
			}
			if stamp := r.Header.Get("X-Xdr-Timestamp"); level == Advanced && stamp != fmt.Sprint(now.UnixMilli()) {
				t.Errorf("timestamp %s", stamp)
			}
		}
		if level == Advanced && len(nonces) != 3 {
			t.Errorf("nonces %v of 3 requests", nonces)
		}
	}
}

// A reply is bounded after decompression, an error's body too.
func TestReplyIsBounded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		fault xdrtest.Fault
		want  string
	}{
		{xdrtest.Fault{Gzip: true}, ""},
		{xdrtest.Fault{PadBytes: 1 << 20}, "over the limit of 65536 bytes"},
		{xdrtest.Fault{PadBytes: 1 << 20, Gzip: true}, "over the limit of 65536 bytes"},
		{xdrtest.Fault{Status: 500, Body: large, ContentType: "text/plain"}, "; body: text/plain xxx"},
	} {
		sim := simulated(t, xdrtest.Options{})
		sim.AddFaults(c.fault)
		cl := client(t)
		cl.MaxReplyBytes = 1 << 16
		got := ask(t, cl, sim.APIURL(), Advanced)
		if !strings.Contains(got.text, c.want) || len(got.text) > 4096 || c.want == "" && (got.events != 5 || got.failed != nil) {
			t.Errorf("%+v: %v, %q, want %q", c.fault, got, got.text, c.want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		text := ask(t, client(t), server.URL, Standard).text
		server.Close()
		if !strings.HasPrefix(text, fmt.Sprintf("HTTP %d, not in the API's words", status)) || visits.Load() > 0 {
			t.Errorf("%d: %s; the credentials travelled %d times", status, text, visits.Load())
		}
	}
}

// What a call ends with when its context does, and without a key.
func TestTimeoutsStayInsideTheContext(t *testing.T) {
	t.Parallel()
	cred := credentials(t, drip(t, "", ""), canary, Standard)
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	for want, ctx := range map[string]context.Context{
		"no answer: timed out after ": late, "no answer: context canceled (after 0s)": cancelled,
	} {
		_, err := client(t).GetActionStatus(ctx, cred, 1, new(told))
		if !errors.Is(err, ctx.Err()) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := client(t).GetActionStatus(t.Context(), Credentials{}, 1, new(told))
	if err == nil || err.Error() != "no answer: no credentials" {
		t.Error(err)
	}
}

// Whatever echoes the request, and however it spells it, neither the key nor the signature comes into an error, a
// remark or what a sink shows.
func TestEchoIsRedacted(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"<p>%s</p>", "%s", `{"%s":1}`, `{"reply":"%s"}`, `{"reply":{"%s":{}}}`, `{"reply":{"data":["%s"]}}`, `{"reply":{"data":{"%s":5}},"reply":1}`,
		`{"reply":{"err_code":400,"err_msg":"%s","err_extra":["%s"]}}`, `{"reply":{"err_code":"%s"}}`, `{"reply":{"data":{"a":null},"err_msg":"%s"}}`,
		`{"reply":{"err_code":400,"err_msg":"{\"a\":\"%s\"}"}}`, `{"reply":{"err_extra":{"a":{"%s":["%s"]}}}}`, `{"reply" %s}`,
		`{"reply":{"data":{"a":"%s"},"errorReasons":{"a":"%s"}}}`,
	}
	echo := func(level SecurityLevel, status, at int, spell func(string) string) {
		var signed, body string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			signed = r.Header.Get("Authorization")
			w.Header().Set("X-Request-Id", strings.Repeat("x", at)+spell(signed))
			w.Header().Set("Content-Type", "text/plain; a="+signed)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "%s", strings.Repeat("x", at)+spell(signed)))
		}))
		defer server.Close()
		c := client(t)
		for _, body = range bodies {
			got := ask(t, c, server.URL, level)
			shown := got.text + got.remark + got.out.Line(got.String(), 9999)
			if leak := xdrtest.Leak(shown, canary, signed); leak != "" {
				t.Errorf("%s, status %d, %s, behind %d characters: %q in %s", level, status, body, at, leak, shown)
			}
		}
	}
	for _, spell := range []func(string) string{strings.Clone, escaped, strings.ToUpper} {
		for _, at := range []int{0, 60, 120, 240, 500} {
			for _, status := range []int{200, 400, 502} {
				echo(Standard, status, at, spell)
				echo(Advanced, status, at, spell)
			}
		}
	}
}
