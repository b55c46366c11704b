package xdr_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

func TestBothKindsOfKeyAreAccepted(t *testing.T) {
	t.Parallel()
	for _, level := range []xdr.SecurityLevel{xdr.Standard, xdr.Advanced} {
		for _, slash := range []string{"", "/"} {
			done := scenario(t, "done")
			sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}, SecurityLevel: string(level), BasePath: "/gateway/xdr"})
			sim.Expect(3)
			c := client(t)
			for range 3 {
				got, err := ask(t, c, sim.APIURL()+slash, sim.Key(), level, done.GroupActionID)
				if err != nil || len(got.of) != 5 {
					t.Fatalf("%s: %v, %v", level, got, err)
				}
			}
			seen := map[string]bool{}
			for _, r := range sim.Requests() {
				seen[r.Header.Get("X-Xdr-Nonce")] = true
				if r.Header.Get("Accept-Encoding") != "gzip" || r.Header.Get("User-Agent") == "" {
					t.Errorf("headers %v", r.Header)
				}
			}
			if level == xdr.Advanced && len(seen) != 3 {
				t.Errorf("%d different nonces in 3 requests", len(seen))
			}
		}
	}
}

func TestZeroClientWorks(t *testing.T) {
	t.Parallel()
	failed := scenario(t, "failed")
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{failed}})
	got, err := ask(t, &xdr.Client{}, sim.APIURL(), sim.Key(), xdr.Advanced, failed.GroupActionID)
	if err != nil || len(got.of) == 0 || len(got.reasons) == 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWrongKey(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	sim.Expect(1)
	_, err := ask(t, client(t), sim.APIURL(), "wrong", xdr.Advanced, 1)
	if e := failure(t, err); e.Kind != xdr.Refused || e.StatusCode != 401 || e.RequestID == "" || e.Message == "" {
		t.Errorf("%+v", e)
	}
}

// Recorded bytes, as they came off a socket. The clock stands at 10:00:00.
func TestRecordedReplies(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		file   string
		kind   xdr.Kind // 0: success
		status int
		check  func(*xdr.Error) bool
		text   string
	}{
		{file: "success"},
		{file: "failed_chunked"},
		{file: "chunked_cut", kind: xdr.NoAnswer, status: 200, text: "unexpected EOF"},
		{file: "length_cut", kind: xdr.NoAnswer, status: 200, text: "unexpected EOF"},
		{file: "close_cut", kind: xdr.NoAnswer, status: 200, text: "broke off"},
		{file: "empty_200", kind: xdr.NoAnswer, status: 200, text: "broke off"},
		{file: "html_502", kind: xdr.Intercepted, status: 502, text: "502 Bad Gateway"},
		{file: "html_200", kind: xdr.Unreadable, status: 200, text: "a page of HTML, not JSON: is api_url the API's address"},
		{file: "empty_503", kind: xdr.Intercepted, status: 503, check: func(e *xdr.Error) bool { return e.RetryAfter == 2*time.Minute }},
		{file: "unauthorized_401", kind: xdr.Refused, status: 401, check: func(e *xdr.Error) bool {
			return e.ClockSkew == 2*time.Minute && e.RequestID == "req-1" && e.Code == "401" && e.Extra == ""
		}, text: "Public API request unauthorized"},
		{file: "bare_500", kind: xdr.Refused, status: 500, text: `[{"loc":"x"}]`},
		{file: "forbidden_in_200", kind: xdr.Refused, status: 403},
		{file: "odd_code_in_200", kind: xdr.Refused, status: 200, text: "E-17"},
		{file: "redirect_302", kind: xdr.Intercepted, status: 302},
		{file: "no_content_204", kind: xdr.Intercepted, status: 204},
		{file: "throttled_429_date", kind: xdr.Refused, status: 429, check: func(e *xdr.Error) bool { return e.RetryAfter == 30*time.Second }},
		{file: "throttled_429_seconds", kind: xdr.Refused, status: 429, check: func(e *xdr.Error) bool { return e.RetryAfter == 7*time.Second }},
		{file: "not_http", kind: xdr.NoAnswer},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			cl := client(t)
			cl.Now = func() time.Time { return now }
			got, err := ask(t, cl, playback(t, c.file), xdrtest.Canary, xdr.Standard, 1)
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

// playback answers one request on a raw socket with recorded bytes, and hangs up.
func playback(t *testing.T, file string) string {
	t.Helper()
	bytes, err := os.ReadFile(filepath.Join("testdata", "replies", file+".http"))
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = conn.Write(bytes)
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

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fault  xdrtest.Fault
		kind   xdr.Kind
		status int
	}{
		{"gzip", xdrtest.Fault{Gzip: true}, 0, 200},
		{"delay", xdrtest.Fault{DelaySeconds: 60}, xdr.NoAnswer, 0},
		{"cut off", xdrtest.Fault{CutAfterBytes: 30}, xdr.NoAnswer, 200},
		{"reset", xdrtest.Fault{Reset: true}, xdr.NoAnswer, 0},
		{"oversize", xdrtest.Fault{PadBytes: 1 << 20}, xdr.Unreadable, 200},
		{"oversize behind gzip", xdrtest.Fault{PadBytes: 1 << 20, Gzip: true}, xdr.Unreadable, 200},
		{"wrong type", xdrtest.Fault{Body: `{"reply":{"data":["x"]}}`}, xdr.Unreadable, 200},
		{"error with a large body", xdrtest.Fault{Status: 500, Body: strings.Repeat("x", 1<<20), ContentType: "text/plain"}, xdr.Intercepted, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			done := scenario(t, "done")
			sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
			sim.AddFaults(c.fault)
			cl := client(t)
			cl.MaxReplyBytes = 1 << 16
			if c.fault.DelaySeconds > 0 {
				cl.Timeout = 200 * time.Millisecond
			}
			got, err := ask(t, cl, sim.APIURL(), sim.Key(), xdr.Advanced, done.GroupActionID)
			if c.kind == 0 {
				if err != nil || len(got.of) != 5 {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if e := failure(t, err); e.Kind != c.kind || e.StatusCode != c.status || len(e.Error()) > 4096 {
				t.Errorf("kind %d: %s", e.Kind, e)
			}
		})
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

// A thawed sandbox finds its kept-alive connection dead: the call goes out once more, signed afresh.
func TestDeadConnectionIsReplacedOnce(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("testdata/replies/success.http")
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu     sync.Mutex
		nonces []string
	)
	server := listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for answers := 0; ; answers++ {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			mu.Lock()
			nonces = append(nonces, req.Header.Get("X-Xdr-Nonce"))
			mu.Unlock()
			if answers > 0 {
				_ = conn.(*net.TCPConn).SetLinger(0) // the second request on a connection meets a reset
				return
			}
			_, _ = req.Body.Read(make([]byte, 1024))
			_, _ = conn.Write(recorded)
		}
	})
	c := client(t)
	for i := range 3 {
		if _, err := ask(t, c, server, xdrtest.Canary, xdr.Advanced, 1); err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(nonces) != 5 || nonces[1] == nonces[2] || nonces[3] == nonces[4] {
		t.Errorf("nonces %q: want 5 requests, each with its own", nonces)
	}
}

func TestTimeoutsStayInsideTheContext(t *testing.T) {
	t.Parallel()
	silent := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	base, _ := url.Parse(silent)
	cred, err := xdr.NewCredentials(base, "7", xdrtest.Canary, xdr.Standard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = client(t).GetActionStatus(ctx, cred, 1, &statuses{})
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), "timed out after ") {
		t.Errorf("%v", e)
	}
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	_, err = client(t).GetActionStatus(cancelled, cred, 1, &statuses{})
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !errors.Is(e, context.Canceled) {
		t.Errorf("%v", e)
	}
}

// Each phase has a timeout of its own, whatever the context allows.
func TestTransportTimeouts(t *testing.T) {
	t.Parallel()
	silent := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	for name, apiURL := range map[string]string{"TLS handshake timeout": "https" + strings.TrimPrefix(silent, "http"), "timeout awaiting response headers": silent} {
		transport := xdr.NewTransport(100 * time.Millisecond)
		_, err := ask(t, &xdr.Client{Transport: transport, Timeout: time.Minute}, apiURL, xdrtest.Canary, xdr.Standard, 1)
		if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), name) {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// A slow answer on a kept-alive connection is not asked for again: the API has enough to do.
func TestSlowAnswerIsNotRepeated(t *testing.T) {
	t.Parallel()
	done := scenario(t, "done")
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
	sim.Expect(2)
	sim.AddFaults(xdrtest.Fault{From: 2, DelaySeconds: 60})
	c := &xdr.Client{Transport: xdr.NewTransport(300 * time.Millisecond), Timeout: time.Minute}
	if _, err := ask(t, c, sim.APIURL(), sim.Key(), xdr.Advanced, done.GroupActionID); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, c, sim.APIURL(), sim.Key(), xdr.Advanced, done.GroupActionID); failure(t, err).Kind != xdr.NoAnswer {
		t.Error(err)
	}
}

// Neither is one that came and cannot be read, nor one on a connection that was new.
func TestOnlyADeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("testdata/replies/success.http")
	if err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]string{"garbage": "garbage\r\n\r\n", "hangs up at once": ""} {
		var requests atomic.Int32
		server := listen(t, func(conn net.Conn) {
			for r := bufio.NewReader(conn); ; {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				switch n := requests.Add(1); {
				case second == "": // every connection is new, and every one is dead
					return
				case n == 1:
					_, _ = conn.Write(recorded)
				default:
					_, _ = conn.Write([]byte(second))
					return
				}
			}
		})
		c := client(t)
		want := int32(1)
		if second != "" {
			want = 2
			if _, err := ask(t, c, server, xdrtest.Canary, xdr.Standard, 1); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ask(t, c, server, xdrtest.Canary, xdr.Standard, 1); failure(t, err).Kind != xdr.NoAnswer || requests.Load() != want {
			t.Errorf("%s: %v after %d requests, want %d", name, err, requests.Load(), want)
		}
	}
}

// What is not HTTP can echo the key too.
func TestEchoedKeyInBrokenHTTPIsRedacted(t *testing.T) {
	t.Parallel()
	const key = xdrtest.Canary
	for _, reply := range []string{key + "\r\n\r\n", "HTTP/1.1 " + key + " x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + key + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + key + "\r\n\r\n"} {
		server := listen(t, func(conn net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = conn.Write([]byte(reply))
			}
		})
		_, err := ask(t, client(t), server, key, xdr.Standard, 1)
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

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would report our refusal
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := ask(t, client(t), server.URL, xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), "certificate") {
		t.Errorf("%v", e)
	}
}

func TestZeroCredentialsAndBrokenRandomness(t *testing.T) {
	t.Parallel()
	_, err := client(t).GetActionStatus(t.Context(), xdr.Credentials{}, 1, &statuses{})
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), "no credentials") {
		t.Errorf("%v", e)
	}
	c := client(t)
	c.Random = strings.NewReader("")
	if _, err := ask(t, c, "http://127.0.0.1:1", xdrtest.Canary, xdr.Advanced, 1); failure(t, err).Kind != xdr.NoAnswer {
		t.Errorf("%v", err)
	}
}

// Whatever echoes the request, and however it spells it, neither the key nor the signature comes into an error or a
// remark.
func TestEchoIsRedacted(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"<p>%s</p>", "%s", `{"%s":1}`, `{"reply":"%s"}`, `{"reply":{"%s":{}}}`, `{"reply":{"data":["%s"]}}`, `{"reply":{"data":{"%s":5}},"reply":1}`,
		`{"reply":{"err_code":400,"err_msg":"%s","err_extra":["%s"]}}`, `{"reply":{"err_code":"%s"}}`, `{"reply":{"data":{"a":null},"err_msg":"%s"}}`,
		`{"reply":{"err_code":400,"err_msg":"{\"a\":\"%s\"}"}}`, `{"reply":{"err_extra":{"a":{"%s":["%s"]}}}}`, `{"reply" %s}`,
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
						if leak := xdrtest.Leak(fmt.Sprintf("%v %s", err, got.remark), xdrtest.Canary, signed); leak != "" {
							t.Errorf("%s, status %d, %s, behind %d characters: %q in %v %s", level, status, body, at, leak, err, got.remark)
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

// What a sink shows goes the same way out.
func TestSinkIsToldTheSecrets(t *testing.T) {
	t.Parallel()
	for _, level := range []xdr.SecurityLevel{xdr.Standard, xdr.Advanced} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			signed := r.Header.Get("Authorization")
			fmt.Fprintf(w, `{"reply":{"data":{"a":%q},"errorReasons":{"a":%q}}}`, signed, signed)
		}))
		got, err := ask(t, client(t), server.URL, xdrtest.Canary, level, 1)
		server.Close()
		if line := got.out.Line(string(got.of["a"])+" "+got.reasons["a"], 999); err != nil || line != "[redacted] [redacted]" {
			t.Errorf("%s: %q, %v", level, line, err)
		}
	}
}
