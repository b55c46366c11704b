package torture

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	toxic "github.com/Shopify/toxiproxy/v2/client"
	"github.com/rs/zerolog"
)

// injector serves toxiproxy's API inside the test and returns its client.
func injector(t *testing.T) *toxic.Client {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	api := httptest.NewServer(http.TimeoutHandler(server.Routes(), 8*time.Second, "")) // see service.note
	t.Cleanup(func() {
		_ = server.Collection.Clear()
		api.Close()
	})
	return toxic.NewClient(api.URL)
}

// service is one of the two services that the step calls, behind a proxy that makes faults.
type service struct {
	proxy *toxic.Proxy
	url   string // of the proxy
	cert  atomic.Pointer[tls.Certificate]

	hung bool // the proxy does not obey any more

	server *httptest.Server
	born   atomic.Int64 // connections so far
	deaf   atomic.Int64 // connections up to this one are never answered again
}

type connNumber struct{}

var services atomic.Int64 // so far: each proxy has a name of its own

// serve starts a service, with TLS where there is a pki.
func serve(t *testing.T, injector *toxic.Client, p *pki, handler http.Handler) *service {
	t.Helper()
	s := &service{}
	s.server = httptest.NewUnstartedServer(s.hear(handler))
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connNumber{}, s.born.Add(1))
	}
	scheme := "http"
	if p != nil {
		scheme = "https"
		s.cert.Store(p.good)
		s.server.Listener = tls.NewListener(s.server.Listener, &tls.Config{
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil },
		})
	}
	s.server.Start()
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	proxy, err := injector.CreateProxy(fmt.Sprint("service ", services.Add(1)), "127.0.0.1:0", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Delete() })
	s.proxy, s.url = proxy, scheme+"://"+proxy.Listen
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

// deafen makes every connection of now a half-dead one: it takes what is sent, and says nothing.
func (s *service) deafen() { s.deaf.Store(s.born.Load()) }

// add puts a toxic on all connections, those of now and those to come.
func (s *service) add(kind, stream string, attributes toxic.Attributes) {
	_, err := s.proxy.AddToxic("", kind, stream, 1, attributes)
	s.note(err)
}

// hangUp ends the connections of now: toxiproxy closes what a removed timeout held.
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

// note remembers that toxiproxy hung: it may lock itself up when a toxic comes or goes while a connection ends, and
// then its own API times out. What a check met is not known then.
func (s *service) note(err error) { s.hung = s.hung || err != nil }

// up reopens a port that was closed; another process may hold it for a moment.
func (s *service) up(t *testing.T) {
	t.Helper()
	eventually(t, "the proxy's port is free", func() bool { return s.proxy.Enable() == nil })
}
