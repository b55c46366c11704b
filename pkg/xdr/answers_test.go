package xdr_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// says reads a request, writes something, and keeps the connection open.
func says(t *testing.T, write func(net.Conn)) string {
	return listen(t, func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		write(conn)
		_, _ = io.Copy(io.Discard, conn) // until the other side hangs up
	})
}

// An answer without an end ends with the call.
func TestEveryCallEnds(t *testing.T) {
	t.Parallel()
	const unfinished = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
	forever := func(part string) func(net.Conn) {
		return func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, part); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond) // a drip
			}
		}
	}
	for _, c := range []struct {
		name  string
		write func(net.Conn)
		want  string
	}{
		{"101 and silence", whole("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "HTTP/1.1 with status 101 is no final answer"},
		{"101 without upgrade", whole("HTTP/1.1 101 Nothing\r\n\r\n{"), "status 101 is no final answer"},
		{"101 and a drip", func(conn net.Conn) {
			whole("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")(conn)
			forever(" ")(conn)
		}, "status 101 is no final answer"},
		{"a claim of HTTP/2", whole("HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "HTTP/2.0 with status 200 is no final answer"},
		{"status 99", whole("HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}"), "no answer: "},
		{"silence", whole(""), "timed out after "},
		{"half a header", whole("HTTP/1.1 200 OK\r\nContent-"), "timed out after "},
		{"half a body", whole(unfinished), "timed out after "},
		{"a drip of 100 Continue", forever("HTTP/1.1 100 Continue\r\n\r\n"), "timed out after "},
		{"a drip of headers", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\n")(conn)
			forever("X: y\r\n")(conn)
		}, "timed out after "},
		{"a drip of body", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\n\r\n")(conn)
			forever(" ")(conn)
		}, "timed out after "},
		{"a drip of chunks", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")(conn)
			forever("1\r\n \r\n")(conn)
		}, "timed out after "},
		{"a header of 2 MiB", whole("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n{}"), "headers exceeded 1048576 bytes"},
		{"2 MiB of headers", whole("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 2<<20/6) + "\r\n{}"), "headers exceeded 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := client(t) // with five seconds
			if strings.HasPrefix(c.want, "timed out") {
				cl.Timeout = 300 * time.Millisecond
			}
			_, err := ask(t, cl, says(t, c.write), xdrtest.Canary, xdr.Advanced, 1)
			if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), c.want) {
				t.Errorf("%v, want %q in it", e, c.want)
			}
		})
	}
}

func whole(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// How long was waited is said in tenths of a second.
func TestSlownessIsSaidRoundly(t *testing.T) {
	t.Parallel()
	c := client(t)
	c.Timeout = 130 * time.Millisecond
	_, err := ask(t, c, says(t, whole("")), xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); !regexp.MustCompile(`timed out after ([0-9]00ms|[0-9.]{1,4}s):`).MatchString(e.Error()) {
		t.Error(e)
	}
}

// A drip as an error's body ends too; the status is known by then.
func TestDrippingErrorEnds(t *testing.T) {
	t.Parallel()
	c := client(t)
	c.Timeout = 300 * time.Millisecond
	_, err := ask(t, c, says(t, whole("HTTP/1.1 503 Down\r\nContent-Length: 100\r\n\r\n<p>")), xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.StatusCode != 503 {
		t.Error(e)
	}
}

// The body ends with the context, whatever the transport makes of it.
func TestBodyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	t.Cleanup(func() { _ = w.Close() })
	c := &xdr.Client{Timeout: 50 * time.Millisecond, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, ProtoMajor: 1, Body: r}, nil
	})}
	_, err := ask(t, c, "http://127.0.0.1:1", xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), "timed out after ") {
		t.Error(e)
	}
}

// What is refused is closed: the bare connection would stay open.
func TestRefusedAnswerIsClosed(t *testing.T) {
	t.Parallel()
	body := &closer{Reader: strings.NewReader("")}
	c := &xdr.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, ProtoMajor: 1, Body: body}, nil
	})}
	_, err := ask(t, c, "http://127.0.0.1:1", xdrtest.Canary, xdr.Standard, 1)
	if failure(t, err).Kind != xdr.NoAnswer || !body.closed {
		t.Errorf("%v, closed %v", err, body.closed)
	}
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

// A refusal with a long text is still the API's.
func TestLongRefusalIsTheAPIs(t *testing.T) {
	t.Parallel()
	body := `{"reply":{"err_code":400,"err_extra":"` + strings.Repeat("x", 60<<10) + `"}}`
	answer := "HTTP/1.1 400 No\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	_, err := ask(t, client(t), says(t, whole(answer)), xdrtest.Canary, xdr.Standard, 1)
	if e := failure(t, err); e.Kind != xdr.Refused || len(e.Extra) != 511+len("…") {
		t.Errorf("%d characters: %v", len(e.Extra), e.Kind)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport of the caller's own may speak HTTP/2.
func TestRealHTTP2IsFinal(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"reply":{"data":{"`+r.Proto+`":"PENDING"}}}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	got, err := ask(t, &xdr.Client{Transport: server.Client().Transport}, server.URL, xdrtest.Canary, xdr.Standard, 1)
	if err != nil || got.of["HTTP/2.0"] != xdr.StatusPending {
		t.Errorf("%v, %v", got.of, err)
	}
}

// Each kind of answer that is not the API's good one, and who is said to have given it.
func TestWhoAnswered(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, answer string
		kind         xdr.Kind
		text         string
	}{
		{"HTML without its type", "200 OK\r\nContent-Length: 7\r\n\r\n<html/>", xdr.Unreadable, "a page of HTML, not JSON: is api_url the API's address"},
		{"the API's throttling", "429 Too Many\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 18\r\n\r\nToo many requests.", xdr.Refused, "Cortex XDR answered 429; err_msg: Too many requests."},
		{"another's throttling", "429 Too Many\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\nToo many requests.", xdr.Intercepted, "not in the API's words"},
		{"another's plain throttling", "429 Too Many\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nSlow down", xdr.Intercepted, "text/plain Slow down"},
		{"a plain 403", "403 No\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\nToo many requests.", xdr.Intercepted, "HTTP 403"},
		{"a refusal within 200", "200 OK\r\nDate: Tue, 24 Nov 2026 09:57:00 GMT\r\nContent-Length: 28\r\n\r\n{\"reply\":{\"err_code\":\"401\"}}", xdr.Refused, "answered 401"},
		{"an err_code of its own", "403 No\r\nContent-Length: 26\r\n\r\n{\"reply\":{\"err_code\":500}}", xdr.Refused, "answered 403; err_code: 500"},
	} {
		cl := client(t)
		cl.Now = func() time.Time { return now }
		_, err := ask(t, cl, says(t, whole("HTTP/1.1 "+c.answer)), xdrtest.Canary, xdr.Standard, 1)
		e := failure(t, err)
		if e.Kind != c.kind || !strings.Contains(e.Error(), c.text) {
			t.Errorf("%s: kind %d, %v; want kind %d, %q in it", c.name, e.Kind, e, c.kind, c.text)
		}
		if strings.Contains(c.answer, "Date") && e.ClockSkew != 3*time.Minute {
			t.Errorf("%s: skew %v", c.name, e.ClockSkew)
		}
	}
}

// The timestamp is the time of the attempt in milliseconds.
func TestTimestampIsExact(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 59, 123_456_789, time.UTC)
	var stamp string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stamp = r.Header.Get("X-Xdr-Timestamp") }))
	t.Cleanup(server.Close)
	c := client(t)
	c.Now = func() time.Time { return now }
	_, _ = ask(t, c, server.URL, xdrtest.Canary, xdr.Advanced, 1)
	if stamp != strconv.FormatInt(now.UnixMilli(), 10) {
		t.Errorf("timestamp %s", stamp)
	}
}

// dying answers the first request of each connection, and hangs up at the second.
func dying(t *testing.T, answer func(*http.Request) string) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for n := 0; ; n++ {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			text := answer(req)
			if n > 0 {
				return
			}
			_, _ = io.WriteString(conn, text)
		}
	})
}

// The signature of the first attempt is as secret as that of the second, which may echo it.
func TestBothSignaturesAreSecret(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var signed []string
	server := dying(t, func(req *http.Request) string {
		mu.Lock()
		defer mu.Unlock()
		signed = append(signed, req.Header.Get("Authorization"))
		body := "<p>" + strings.Join(signed[len(signed)-min(2, len(signed)):], " ") // of this call and the dead one
		return "HTTP/1.1 502 Bad\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	})
	c := client(t)
	for range 2 {
		_, err := ask(t, c, server, xdrtest.Canary, xdr.Advanced, 1)
		mu.Lock()
		if leak := xdrtest.Leak(failure(t, err).Error(), signed...); leak != "" {
			t.Errorf("%q in %v", leak, err)
		}
		mu.Unlock()
	}
	if len(signed) != 3 {
		t.Errorf("%d requests, want 3", len(signed))
	}
}

// After a freeze every kept-alive connection may be dead: the second attempt takes none of them.
func TestSecondAttemptTakesANewConnection(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("testdata/replies/success.http")
	if err != nil {
		t.Fatal(err)
	}
	const kept = 3
	var arrived, answered atomic.Int32
	together := make(chan struct{})
	server := dying(t, func(*http.Request) string {
		if answered.Load() < kept { // the first calls, so that each has a connection of its own
			if arrived.Add(1) == kept {
				close(together)
			}
			<-together
		}
		answered.Add(1)
		return string(recorded)
	})
	c := client(t)
	errs := make(chan error)
	for range kept {
		go func() {
			_, err := ask(t, c, server, xdrtest.Canary, xdr.Standard, 1)
			errs <- err
		}()
	}
	for range kept {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, c, server, xdrtest.Canary, xdr.Standard, 1); err != nil {
		t.Error(err)
	}
}
