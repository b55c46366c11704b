package xdr_test

import (
	"context"
	"io"
	"net"
	"testing"
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

// A sandbox that was frozen must not use an idle connection that the server has closed long ago.
func TestTransportClosesIdleConnections(t *testing.T) {
	t.Parallel()
	if idle := xdr.NewTransport(10 * time.Second).IdleConnTimeout; idle != time.Minute {
		t.Errorf("closed after %v", idle)
	}
}
