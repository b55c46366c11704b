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
// is the name server. A sandbox that was frozen must not use an idle connection that the server has closed long ago.
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
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	transport := xdr.NewTransport(100 * time.Millisecond)
	if transport.IdleConnTimeout != time.Minute {
		t.Errorf("idle for %v", transport.IdleConnTimeout)
	}
	conn, err := transport.DialContext(ctx, "tcp", "api.example.invalid:443")
	if err == nil {
		conn.Close()
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}
