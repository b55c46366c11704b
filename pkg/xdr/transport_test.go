package xdr

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// A connection that cannot be made, and a handshake, end by the transport's own time, whatever the caller allows. What
// never answers here is the name server, and then a server that nobody serves. A sandbox that was frozen must not use an
// idle connection that the server has closed long ago.
func TestTransportHasItsTimes(t *testing.T) {
	usual := net.DefaultResolver
	silent := make(chan struct{})
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		<-silent
		return nil, io.EOF
	}}
	defer func() {
		net.DefaultResolver = usual
		close(silent)
	}()
	transport := NewTransport(100 * time.Millisecond)
	if transport.IdleConnTimeout != time.Minute {
		t.Errorf("idle for %v", transport.IdleConnTimeout)
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c := &Client{Transport: transport, Timeout: 30 * time.Second}
	for address, want := range map[string]string{
		"api.example.invalid:443": "i/o timeout", server.Addr().String(): "TLS handshake timeout",
	} {
		if e := refused(t, c, "https://"+address); e.Kind != NoAnswer || !strings.Contains(e.Error(), want) {
			t.Errorf("%v, want %q", e, want)
		}
	}
}

// Only a connection that was kept alive and gave no byte is replaced: not one that was new, nor an answer that cannot be
// read or is slow. The API has enough to do.
func TestOnlyADeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
	for _, c := range []struct {
		name     string
		answers  []string // of a connection; it hangs up with the last
		requests int32
	}{
		{"garbage", []string{good, "garbage\r\n\r\n", ""}, 2},
		{"silence", []string{good, "", ""}, 2},
		{"new, and dead", []string{""}, 1},
	} {
		var requests atomic.Int32
		server := listen(t, func(conn net.Conn, n int, _ *http.Request) bool {
			requests.Add(1)
			_, _ = io.WriteString(conn, c.answers[n-1])
			return n == len(c.answers)
		})
		cl := client(t)
		cl.Timeout = 300 * time.Millisecond
		for range c.requests - 1 {
			if _, _, err := ask(t, cl, server, Standard); err != nil {
				t.Fatal(err)
			}
		}
		if e := refused(t, cl, server); e.Kind != NoAnswer || requests.Load() != c.requests {
			t.Errorf("%s: %v after %d requests", c.name, e, requests.Load())
		}
	}
}

// thawed closes its connections when it is told so, and says so.
type thawed struct {
	*http.Transport
	closed atomic.Int32
}

func (f *thawed) CloseIdleConnections() {
	f.closed.Add(1)
	f.Transport.CloseIdleConnections()
}

// Where a kept-alive connection is dead the call goes out once more, signed afresh, and on a new one: after a freeze all
// of them may be dead. The signature of the first attempt is as secret as that of the second, which may echo it.
func TestBothSignaturesAreSecret(t *testing.T) {
	t.Parallel()
	transport := &thawed{Transport: NewTransport(5 * time.Second)}
	defer transport.Transport.CloseIdleConnections()
	var mu sync.Mutex
	var signed []string // with each request
	var closed []int32  // until each request
	server := listen(t, func(conn net.Conn, n int, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		signed = append(signed, r.Header.Get("Authorization"))
		closed = append(closed, transport.closed.Load())
		if n == 1 {
			body := "<p>" + strings.Join(signed[len(signed)/2:], " ") // of this call
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 502 Bad\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
		return n > 1
	})
	for range 2 {
		e := refused(t, &Client{Transport: transport}, server)
		mu.Lock()
		if leak := xdrtest.Leak(e.Error(), signed...); leak != "" {
			t.Errorf("%q in %v", leak, e)
		}
		mu.Unlock()
	}
	if len(signed) != 3 || signed[1] == signed[2] || !slices.Equal(closed, []int32{0, 0, 1}) {
		t.Errorf("%q: want 3 requests, each with its own, the last on a connection of its own: %v", signed, closed)
	}
}

// A proxy that refuses may repeat the credentials of HTTPS_PROXY in its reason phrase.
func TestProxyRefusesWithoutWords(t *testing.T) {
	t.Parallel()
	address := listen(t, func(conn net.Conn, _ int, r *http.Request) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 407 "+r.Header.Get("Proxy-Authorization")+"\r\n\r\n")
		return true
	})
	through, err := url.Parse(strings.Replace(address, "://", "://user:CANARY@", 1))
	if err != nil {
		t.Fatal(err)
	}
	transport := NewTransport(5 * time.Second)
	transport.Proxy = http.ProxyURL(through)
	e := refused(t, &Client{Transport: transport}, "https://api.example.invalid")
	if e.Kind != NoAnswer || !strings.HasSuffix(e.Error(), "the proxy of HTTPS_PROXY refused to connect: HTTP 407") {
		t.Error(e)
	}
}
