package xdr_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

type statuses struct {
	of      map[string]xdr.Status
	reasons map[string]string
	out     xdr.Redactor
	remark  string
}

func (s *statuses) Begin(out xdr.Redactor)               { s.out = out }
func (s *statuses) NoStatus(id, value []byte)            { s.of[string(id)] = xdr.Status("JSON " + string(value)) }
func (s *statuses) AgentStatus(id []byte, st xdr.Status) { s.of[string(id)] = st }
func (s *statuses) ErrorReason(id []byte, reason xdr.ErrorReason) {
	s.reasons[string(id)] = reason.String()
}

func ask(t *testing.T, c *xdr.Client, apiURL, key string, level xdr.SecurityLevel, id int64) (*statuses, error) {
	t.Helper()
	base, err := url.Parse(apiURL)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := xdr.NewCredentials(base, "7", key, level)
	if err != nil {
		t.Fatal(err)
	}
	s := &statuses{of: map[string]xdr.Status{}, reasons: map[string]string{}}
	s.remark, err = c.GetActionStatus(t.Context(), cred, id, s)
	return s, err
}

func failure(t *testing.T, err error) *xdr.Error {
	t.Helper()
	var e *xdr.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want an *xdr.Error", err, err)
	}
	if strings.ContainsAny(e.Error(), "\r\n") {
		t.Errorf("more than one line: %q", e.Error())
	}
	return e
}

// client has a transport of its own: the shared one's idle connections belong to all tests.
func client(t *testing.T) *xdr.Client {
	transport := xdr.NewTransport(5 * time.Second)
	t.Cleanup(transport.CloseIdleConnections)
	return &xdr.Client{Transport: transport, Timeout: 5 * time.Second}
}

func scenario(t *testing.T, name string) xdrtest.Scenario {
	t.Helper()
	s, err := xdrtest.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each request is signed afresh, at the time of the client's clock in milliseconds.
func TestBothKindsOfKeyAreAccepted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 59, 123_456_789, time.UTC)
	c := client(t)
	c.Now = func() time.Time { return now }
	for _, level := range []xdr.SecurityLevel{xdr.Standard, xdr.Advanced} {
		for _, slash := range []string{"", "/"} {
			done := scenario(t, "done")
			sim := xdrtest.Start(t, xdrtest.Options{
				Scenarios: []xdrtest.Scenario{done}, SecurityLevel: string(level), BasePath: "/gateway/xdr", Now: c.Now,
			})
			sim.Expect(3)
			for range 3 {
				got, err := ask(t, c, sim.APIURL()+slash, sim.Key(), level, done.GroupActionID)
				if err != nil || len(got.of) != 5 {
					t.Fatalf("%s: %v, %v", level, got, err)
				}
			}
			nonces, stamps := map[string]bool{}, map[string]bool{}
			for _, r := range sim.Requests() {
				nonces[r.Header.Get("X-Xdr-Nonce")] = true
				stamps[r.Header.Get("X-Xdr-Timestamp")] = true
				if r.Header.Get("Accept-Encoding") != "gzip" || r.Header.Get("User-Agent") == "" {
					t.Errorf("headers %v", r.Header)
				}
			}
			if level == xdr.Advanced && (len(nonces) != 3 || !stamps[fmt.Sprint(now.UnixMilli())]) {
				t.Errorf("nonces %v, timestamps %v of 3 requests", nonces, stamps)
			}
		}
	}
}

// Each kind of answer, and who is said to have given it. What has no text here was recorded as it came off a socket. The
// clock stands at 10:00:00.
func TestAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, answer string
		kind         xdr.Kind // 0: success
		status       int
		check        func(*xdr.Error) bool
		text         string
	}{
		{name: "success"},
		{name: "failed_chunked"},
		{name: "chunked_cut", kind: xdr.NoAnswer, status: 200, text: "unexpected EOF"},
		{name: "length_cut", kind: xdr.NoAnswer, status: 200, text: "unexpected EOF"},
		{name: "close_cut", kind: xdr.NoAnswer, status: 200, text: "broke off"},
		{name: "empty_200", kind: xdr.NoAnswer, status: 200, text: "broke off"},
		{name: "html_502", kind: xdr.Intercepted, status: 502, text: "502 Bad Gateway"},
		{name: "html_200", kind: xdr.Unreadable, status: 200, text: htmlNotJSON},
		{name: "HTML without its type", answer: "200 OK\r\n\r\n<html/>", kind: xdr.Unreadable, status: 200, text: htmlNotJSON},
		{name: "wrong type", answer: "200 OK\r\n\r\n{\"reply\":[]}", kind: xdr.Unreadable, status: 200, text: `at "/reply"`},
		{name: "empty_503", kind: xdr.Intercepted, status: 503, check: func(e *xdr.Error) bool { return e.RetryAfter == 2*time.Minute }},
		{name: "unauthorized_401", kind: xdr.Refused, status: 401, check: func(e *xdr.Error) bool {
			return e.ClockSkew == 2*time.Minute && e.RequestID == "req-1" && e.Code == "401" && e.Extra == ""
		}, text: "Public API request unauthorized"},
		{name: "401 in 200", answer: "200 OK\r\nDate: Tue, 24 Nov 2026 09:57:00 GMT\r\n\r\n{\"reply\":{\"err_code\":\"401\"}}",
			kind: xdr.Refused, status: 401, check: func(e *xdr.Error) bool { return e.ClockSkew == 3*time.Minute }, text: "answered 401"},
		{name: "bare_500", kind: xdr.Refused, status: 500, text: `[{"loc":"x"}]`},
		{name: "forbidden_in_200", kind: xdr.Refused, status: 403},
		{name: "odd_code_in_200", kind: xdr.Refused, status: 200, text: "E-17"},
		{name: "another code in 403", answer: "403 No\r\n\r\n{\"reply\":{\"err_code\":500}}", kind: xdr.Refused, status: 403, text: "answered 403; err_code: 500"},
		{name: "redirect_302", kind: xdr.Intercepted, status: 302},
		{name: "no_content_204", kind: xdr.Intercepted, status: 204},
		{name: "throttled_429_date", kind: xdr.Refused, status: 429, check: func(e *xdr.Error) bool { return e.RetryAfter == 30*time.Second }},
		{name: "throttled_429_seconds", kind: xdr.Refused, status: 429, check: func(e *xdr.Error) bool { return e.RetryAfter == 7*time.Second }},
		{name: "the API's throttling", answer: "429 Too Many\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nToo many requests.",
			kind: xdr.Refused, status: 429, text: "Cortex XDR answered 429; err_msg: Too many requests."},
		{name: "another's throttling", answer: "429 Too Many\r\nContent-Type: text/html\r\n\r\nToo many requests.", kind: xdr.Intercepted, status: 429},
		{name: "another's in text", answer: "429 Too Many\r\nContent-Type: text/plain\r\n\r\nSlow down", kind: xdr.Intercepted, status: 429, text: "text/plain Slow down"},
		{name: "a plain 403", answer: "403 No\r\nContent-Type: text/plain\r\n\r\nToo many requests.", kind: xdr.Intercepted, status: 403, text: "HTTP 403"},
		{name: "a long refusal", answer: "400 No\r\n\r\n" + `{"reply":{"err_code":400,"err_extra":"` + strings.Repeat("x", 60<<10) + `"}}`,
			kind: xdr.Refused, status: 400, check: func(e *xdr.Error) bool { return len(e.Extra) == 511+len("…") }},
		{name: "not_http", kind: xdr.NoAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer := "HTTP/1.1 " + c.answer
			if c.answer == "" {
				answer = recorded(t, c.name)
			}
			cl := client(t)
			cl.Now = func() time.Time { return now }
			got, err := ask(t, cl, answers(t, answer), xdrtest.Canary, xdr.Standard, 1)
			if c.kind == 0 {
				if err != nil || len(got.of) != 1 {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			e := failure(t, err)
			if e.Kind != c.kind || e.StatusCode != c.status || !strings.Contains(e.Error(), c.text) {
				t.Errorf("kind %d, %s; want kind %d, status %d, %q in it", e.Kind, e, c.kind, c.status, c.text)
			}
			if c.check != nil && !c.check(e) {
				t.Errorf("%+v", e)
			}
		})
	}
}

const htmlNotJSON = "a page of HTML, not JSON: is api_url the API's address"

func recorded(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "replies", file+".http"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// answers reads a request, writes a text, and hangs up.
func answers(t *testing.T, text string) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.WriteString(conn, text)
		}
	})
}

func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// A reply is bounded after decompression, an error's body too.
func TestReplyIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault xdrtest.Fault
		kind  xdr.Kind
	}{
		"gzip":                 {xdrtest.Fault{Gzip: true}, 0},
		"oversize":             {xdrtest.Fault{PadBytes: 1 << 20}, xdr.Unreadable},
		"oversize behind gzip": {xdrtest.Fault{PadBytes: 1 << 20, Gzip: true}, xdr.Unreadable},
		"a large error":        {xdrtest.Fault{Status: 500, Body: strings.Repeat("x", 1<<20), ContentType: "text/plain"}, xdr.Intercepted},
	} {
		done := scenario(t, "done")
		sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
		sim.AddFaults(c.fault)
		cl := client(t)
		cl.MaxReplyBytes = 1 << 16
		got, err := ask(t, cl, sim.APIURL(), sim.Key(), xdr.Advanced, done.GroupActionID)
		if c.kind == 0 {
			if err != nil || len(got.of) != 5 {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		} else if e := failure(t, err); e.Kind != c.kind || len(e.Error()) > 4096 {
			t.Errorf("%s: kind %d: %s", name, e.Kind, e)
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
		_, err := ask(t, client(t), server.URL, xdrtest.Canary, xdr.Standard, 1)
		server.Close()
		if e := failure(t, err); e.StatusCode != status {
			t.Errorf("%d: %v", status, e)
		}
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the credentials travelled %d times", n)
	}
}

func TestTimeoutsStayInsideTheContext(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse(says(t, whole("")))
	cred, err := xdr.NewCredentials(base, "7", xdrtest.Canary, xdr.Standard)
	if err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	for want, ctx := range map[error]context.Context{context.DeadlineExceeded: late, context.Canceled: cancelled} {
		_, err = client(t).GetActionStatus(ctx, cred, 1, &statuses{})
		e := failure(t, err)
		if e.Kind != xdr.NoAnswer || !errors.Is(e, want) || strings.Contains(e.Error(), "timed out after ") != (ctx == late) {
			t.Errorf("%v", e)
		}
	}
}

// A TLS handshake has a timeout of its own, whatever the context allows.
func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	silent := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	c := &xdr.Client{Transport: xdr.NewTransport(100 * time.Millisecond), Timeout: time.Minute}
	_, err := ask(t, c, "https"+strings.TrimPrefix(silent, "http"), xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), "TLS handshake timeout") {
		t.Error(e)
	}
}

// Only a connection that was kept alive and gave no byte is replaced: not one that was new, nor an answer that cannot be
// read or is slow. The API has enough to do.
func TestOnlyADeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	good := recorded(t, "success")
	for _, c := range []struct{ name, first, second string }{
		{"garbage", good, "garbage\r\n\r\n"},
		{"silence", good, ""},
		{"new, and dead", "", ""},
	} {
		var requests atomic.Int32
		server := listen(t, func(conn net.Conn) {
			for r := bufio.NewReader(conn); ; {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				text := c.first
				if requests.Add(1) > 1 {
					text = c.second
				}
				_, _ = io.WriteString(conn, text)
				if c.first == "" {
					return
				}
			}
		})
		cl := &xdr.Client{Transport: xdr.NewTransport(time.Minute), Timeout: 300 * time.Millisecond}
		want := int32(1)
		if c.first != "" {
			want = 2
			if _, err := ask(t, cl, server, xdrtest.Canary, xdr.Standard, 1); err != nil {
				t.Fatal(err)
			}
		}
		_, err := ask(t, cl, server, xdrtest.Canary, xdr.Standard, 1)
		if failure(t, err).Kind != xdr.NoAnswer || requests.Load() != want {
			t.Errorf("%s: %v after %d requests, want %d", c.name, err, requests.Load(), want)
		}
	}
}

// What is not HTTP can echo the key too.
func TestEchoedKeyInBrokenHTTPIsRedacted(t *testing.T) {
	t.Parallel()
	const key = xdrtest.Canary
	for _, reply := range []string{key, "HTTP/1.1 " + key + " x", "HTTP/1.1 200 OK\r\nContent-Length: " + key, "HTTP/1.1 200 OK\r\n" + key} {
		_, err := ask(t, client(t), answers(t, reply+"\r\n\r\n"), key, xdr.Standard, 1)
		if e := failure(t, err); xdrtest.Leak(e.Error()+e.Err.Error(), key) != "" {
			t.Errorf("%q: %v", reply, e)
		}
	}
}

// A proxy that refuses may repeat the credentials of HTTPS_PROXY in its reason phrase.
func TestProxyRefusesWithoutWords(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn) {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = conn.Write([]byte("HTTP/1.1 407 " + r.Header.Get("Proxy-Authorization") + "\r\n\r\n"))
		}
	})
	through, err := url.Parse(strings.Replace(address, "://", "://user:CANARY@", 1))
	if err != nil {
		t.Fatal(err)
	}
	transport := xdr.NewTransport(5 * time.Second)
	transport.Proxy = http.ProxyURL(through)
	_, err = ask(t, &xdr.Client{Transport: transport}, "https://api.example.invalid", xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.HasSuffix(e.Error(), "the proxy of HTTPS_PROXY refused to connect: HTTP 407") {
		t.Error(e)
	}
}

func TestZeroCredentials(t *testing.T) {
	t.Parallel()
	_, err := client(t).GetActionStatus(t.Context(), xdr.Credentials{}, 1, &statuses{})
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), "no credentials") {
		t.Errorf("%v", e)
	}
}

// Whatever echoes the request, and however it spells it, neither the key nor the signature comes into an error, a remark
// or what a sink shows.
func TestEchoIsRedacted(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"<p>%s</p>", "%s", `{"%s":1}`, `{"reply":"%s"}`, `{"reply":{"%s":{}}}`, `{"reply":{"data":["%s"]}}`, `{"reply":{"data":{"%s":5}},"reply":1}`,
		`{"reply":{"err_code":400,"err_msg":"%s","err_extra":["%s"]}}`, `{"reply":{"err_code":"%s"}}`, `{"reply":{"data":{"a":null},"err_msg":"%s"}}`,
		`{"reply":{"err_code":400,"err_msg":"{\"a\":\"%s\"}"}}`, `{"reply":{"err_extra":{"a":{"%s":["%s"]}}}}`, `{"reply" %s}`,
		`{"reply":{"data":{"a":"%s"},"errorReasons":{"a":"%s"}}}`,
	}
	for _, level := range []xdr.SecurityLevel{xdr.Standard, xdr.Advanced} {
		for _, spell := range []func(string) string{strings.Clone, escaped, strings.ToUpper} {
			for _, at := range []int{0, 60, 120, 240, 500} {
				for _, status := range []int{200, 400, 502} {
					var signed, body string
					server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						signed = r.Header.Get("Authorization")
						w.Header().Set("X-Request-Id", strings.Repeat("x", at)+spell(signed))
						w.Header().Set("Content-Type", "text/plain; a="+signed)
						w.WriteHeader(status)
						_, _ = io.WriteString(w, strings.ReplaceAll(body, "%s", strings.Repeat("x", at)+spell(signed)))
					}))
					c := client(t)
					for _, body = range bodies {
						got, err := ask(t, c, server.URL, xdrtest.Canary, level, 1)
						shown := fmt.Sprintf("%v %s %s", err, got.remark, got.out.Line(string(got.of["a"])+" "+got.reasons["a"], 9999))
						if leak := xdrtest.Leak(shown, xdrtest.Canary, signed); leak != "" {
							t.Errorf("%s, status %d, %s, behind %d characters: %q in %s", level, status, body, at, leak, shown)
						}
					}
					server.Close()
				}
			}
		}
	}
}

// escaped spells a text with JSON escapes only.
func escaped(s string) string {
	var b strings.Builder
	for _, c := range s {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}
