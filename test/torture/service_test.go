package torture

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	toxic "github.com/Shopify/toxiproxy/v2/client"
	"github.com/rs/zerolog"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const loopback = "127.0.0.1"

// trust is an authority that the function trusts, by SSL_CERT_FILE.
type trust struct {
	*xdrtest.Authority
	file string
}

func newTrust(t *testing.T) *trust {
	t.Helper()
	ca := &trust{xdrtest.NewAuthority("torture"), filepath.Join(t.TempDir(), "ca.pem")}
	try(os.WriteFile(ca.file, ca.PEM(), 0o600))
	return ca
}

// service is one of the two services that the function calls, behind a proxy that makes faults.
type service struct {
	server *httptest.Server
	proxy  *toxic.Proxy
	url    string                          // of the proxy
	cert   atomic.Pointer[tls.Certificate] // shown to new connections

	hung bool         // the proxy does not obey any more
	born atomic.Int64 // connections so far
	deaf atomic.Int64 // connections up to this one are never answered again
}

type connNumber struct{}

// serve starts a service. Each has a toxiproxy of its own: if one hangs, the others go on.
func serve(t *testing.T, ca *trust, handler http.Handler) *service {
	t.Helper()
	s := &service{}
	s.server = httptest.NewUnstartedServer(s.hear(handler))
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connNumber{}, s.born.Add(1))
	}
	good := ca.Issue(time.Now().Add(time.Hour), loopback)
	s.cert.Store(&good)
	s.server.Listener = tls.NewListener(s.server.Listener, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil },
	})
	s.server.Start()
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	injector := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	api := httptest.NewServer(http.TimeoutHandler(injector.Routes(), 8*time.Second, "")) // see note
	t.Cleanup(api.Close)
	upstream := s.server.Listener.Addr().String()
	s.proxy = must(toxic.NewClient(api.URL).CreateProxy("service", loopback+":0", upstream))
	s.url = "https://" + s.proxy.Listen
	t.Cleanup(func() {
		if !s.hung {
			_ = s.proxy.Delete()
		}
	})
	return s
}

// hear lets a request on a deaf connection hang until the caller gives up.
func (s *service) hear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if number, _ := r.Context().Value(connNumber{}).(int64); number <= s.deaf.Load() {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		next.ServeHTTP(w, r)
	})
}

// deafen makes all present connections half dead: they take what is sent, and say nothing.
func (s *service) deafen() { s.deaf.Store(s.born.Load()) }

// add puts a toxic on all connections, present and future.
func (s *service) add(kind, stream string, attributes toxic.Attributes) {
	_, err := s.proxy.AddToxic("", kind, stream, 1, attributes)
	s.note(err)
}

// hangUp ends the present connections: toxiproxy closes what a removed timeout held.
func (s *service) hangUp() {
	s.add("timeout", "downstream", toxic.Attributes{"timeout": 0})
	s.heal()
}

// heal takes all toxics away.
func (s *service) heal() {
	list, err := s.proxy.Toxics()
	s.note(err)
	for _, one := range list {
		s.note(s.proxy.RemoveToxic(one.Name))
		time.Sleep(3 * time.Millisecond) // for toxiproxy to forget the connections that this has ended
	}
}

// note remembers that toxiproxy hung. It may lock itself up when a toxic comes or goes while a connection ends, and its
// API then times out. What a check met is not known then.
func (s *service) note(err error) { s.hung = s.hung || err != nil }
