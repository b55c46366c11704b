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
// never answers here is the name server, and then a server that nobody serves. A sandbox that was frozen must not use
// an idle connection that the server has closed long ago.
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
	transport := NewTransport(time.Second)
	if transport.IdleConnTimeout != time.Minute || transport.TLSHandshakeTimeout != time.Second/2 {
		t.Errorf("idle for %v, a handshake %v", transport.IdleConnTimeout, transport.TLSHandshakeTimeout)
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer server.Close()
	c := &Client{Transport: transport, Timeout: 30 * time.Second}
	for address, want := range map[string]string{
		"api.example.invalid:443": "i/o timeout", server.Addr().String(): "TLS handshake timeout",
	} {
		got := ask(t, c, "https://"+address, Standard)
		if !strings.HasPrefix(got.text, "no answer: ") || !strings.Contains(got.text, want) {
			t.Errorf("%s, want %q", got.text, want)
		}
	}
}

// counted closes its connections when it is told so, and counts that.
type counted struct {
	*http.Transport
	closed atomic.Int32
}

func (c *counted) CloseIdleConnections() {
	c.closed.Add(1)
	c.Transport.CloseIdleConnections()
}

// Only where a connection was kept alive and gave no byte the call goes out once more, signed afresh, and on a new one:
// after a freeze all of them may be dead. A new connection is not replaced, nor an answer that cannot be read or is
// slow: the API has enough to do. The signature of the first attempt is as secret as that of the second, which may echo
// it.
func TestBothSignaturesAreSecret(t *testing.T) {
	t.Parallel()
	const bad = "HTTP/1.1 502 Bad\r\nContent-Length: 200\r\n\r\n<p>" // and the signatures
	for _, c := range []struct {
		name    string
		answers []string // of a connection; it hangs up with the last
		closed  []int32  // how often the idle connections were closed until each request
		want    string
	}{
		{"dead", []string{bad, ""}, []int32{0, 0, 1}, "HTTP 502"},
		{"new, and dead", []string{""}, []int32{0}, "no answer: "},
		{"garbage", []string{bad, "garbage\r\n\r\n", ""}, []int32{0, 0}, "no answer: "},
		{"silence", []string{bad, "", ""}, []int32{0, 0}, "no answer: net/http: timeout awaiting response headers (after "},
	} {
		transport := &counted{Transport: NewTransport(time.Minute)}
		transport.ResponseHeaderTimeout = time.Second
		var mu sync.Mutex
		var signed []string
		var closed []int32
		server := listen(t, func(conn net.Conn, n int, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			signed = append(signed, r.Header.Get("Authorization"))
			closed = append(closed, transport.closed.Load())
			text := c.answers[n-1]
			if text == bad {
				text += fmt.Sprintf("%-197s", strings.Join(signed[len(signed)/2:], " ")) // of this call
			}
			_, _ = io.WriteString(conn, text)
			return n == len(c.answers)
		})
		var text string
		for range min(2, len(c.answers)) {
			text = ask(t, &Client{Transport: transport}, server, Advanced).text
			mu.Lock()
			if leak := xdrtest.Leak(text, signed...); leak != "" {
				t.Errorf("%s: %q in %s", c.name, leak, text)
			}
			mu.Unlock()
		}
		if !strings.HasPrefix(text, c.want) || !slices.Equal(closed, c.closed) || len(slices.Compact(signed)) != len(closed) {
			t.Errorf("%s: %s, signed %q, closed %v", c.name, text, signed, closed)
		}
		transport.Transport.CloseIdleConnections()
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
	must(t, err)
	transport := NewTransport(5 * time.Second)
	transport.Proxy = http.ProxyURL(through)
	got := ask(t, &Client{Transport: transport}, "https://api.example.invalid", Standard)
	if got.text != "no answer: the proxy of HTTPS_PROXY refused to connect: HTTP 407" {
		t.Error(got.text)
	}
}
