package xdr_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

// An answer without an end ends with the call. How long was waited is said in tenths of a second.
func TestEveryCallEnds(t *testing.T) {
	t.Parallel()
	const late = `^no answer: timed out after ([0-9]00ms|[0-9.]{1,4}s):`
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
		{"silence", whole(""), late},
		{"half a header", whole("HTTP/1.1 200 OK\r\nContent-"), late},
		{"half a body", whole(unfinished), late},
		{"a drip of an error's body", whole("HTTP/1.1 503 Down\r\nContent-Length: 100\r\n\r\n<p>"), "HTTP 503, not in the API's words"},
		{"a drip of 100 Continue", forever("HTTP/1.1 100 Continue\r\n\r\n"), late},
		{"a drip of headers", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\n")(conn)
			forever("X: y\r\n")(conn)
		}, late},
		{"a drip of body", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\n\r\n")(conn)
			forever(" ")(conn)
		}, late},
		{"a drip of chunks", func(conn net.Conn) {
			whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")(conn)
			forever("1\r\n \r\n")(conn)
		}, late},
		{"a header of 2 MiB", whole("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n{}"), "headers exceeded 1048576 bytes"},
		{"2 MiB of headers", whole("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 2<<20/6) + "\r\n{}"), "headers exceeded 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := client(t) // with five seconds
			if c.want == late || strings.Contains(c.want, "503") {
				cl.Timeout = 330 * time.Millisecond
			}
			_, err := ask(t, cl, says(t, c.write), xdrtest.Canary, xdr.Advanced, 1)
			if e := failure(t, err); !regexp.MustCompile(c.want).MatchString(e.Error()) {
				t.Errorf("%v, want %q in it", e, c.want)
			}
		})
	}
}

func whole(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// The body ends with the context, whatever the transport makes of it. That of an answer that is refused is closed, too:
// the bare connection would stay open.
func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "timed out after ", 101: "status 101 is no final answer"} {
		r, w := io.Pipe()
		t.Cleanup(func() { _ = w.Close() })
		body := &closer{ReadCloser: r}
		c := &xdr.Client{Timeout: 50 * time.Millisecond, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, ProtoMajor: 1, Body: body}, nil
		})}
		_, err := ask(t, c, "http://127.0.0.1:1", xdrtest.Canary, xdr.Standard, 1)
		if e := failure(t, err); e.Kind != xdr.NoAnswer || !strings.Contains(e.Error(), want) || !body.closed.Load() {
			t.Errorf("%v, closed %v", e, body.closed.Load())
		}
	}
}

type closer struct {
	io.ReadCloser
	closed atomic.Bool
}

func (c *closer) Close() error {
	c.closed.Store(true)
	return c.ReadCloser.Close()
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

// Where a kept-alive connection is dead the call goes out once more, signed afresh. The signature of the first attempt is
// as secret as that of the second, which may echo it.
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
	if len(signed) != 3 || signed[1] == signed[2] {
		t.Errorf("%q: want 3 requests, each with its own", signed)
	}
}

// After a freeze every kept-alive connection may be dead: the second attempt takes none of them.
func TestSecondAttemptTakesANewConnection(t *testing.T) {
	t.Parallel()
	answer := recorded(t, "success")
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
		return answer
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
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ask(t, c, server, xdrtest.Canary, xdr.Standard, 1); err != nil {
		t.Error(err)
	}
}
