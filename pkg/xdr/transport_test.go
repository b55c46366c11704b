package xdr_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// A connection that cannot be made ends by the transport's own time, whatever the caller allows. What never answers here
// is the name server.
func TestTransportDialsInTime(t *testing.T) {
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
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := xdr.NewTransport(100*time.Millisecond).DialContext(ctx, "tcp", "api.example.invalid:443")
	if err == nil {
		conn.Close()
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}

// An idle connection is closed after a minute: a sandbox that was frozen must not use one that the server has closed
// long ago.
func TestTransportClosesIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		transport := xdr.NewTransport(10 * time.Second)
		transport.Proxy = nil
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return client, nil }
		defer transport.CloseIdleConnections()
		closed := make(chan time.Time, 1)
		go func() {
			_, _ = http.ReadRequest(bufio.NewReader(server))
			_, _ = io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, server)
			closed <- time.Now()
		}()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://api.example.invalid", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		answered := time.Now()
		synctest.Wait()
		time.Sleep(time.Hour) // of the bubble's clock
		select {
		case at := <-closed:
			if idle := at.Sub(answered); idle != time.Minute {
				t.Errorf("closed after %v", idle)
			}
		default:
			t.Error("still open after an hour")
		}
	})
}
