package torture

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// service is one of the two services that the function calls, behind a proxy that makes the faults of a network.
type service struct {
	server *httptest.Server
	url    string                          // of the proxy
	cert   atomic.Pointer[tls.Certificate] // shown to new connections

	mu    sync.Mutex
	wires map[*wire]bool
	toxic toxic // nil for none
	upper bool  // it is for what the function sends
}

// toxic is what happens to a piece of what is sent: it returns what passes, and whether the connection goes on.
type toxic func(w *wire, piece []byte) (rest []byte, on bool)

// wire is one connection through a proxy.
type wire struct {
	client, server net.Conn
	deaf           atomic.Bool // it takes what is sent, and says nothing
}

func serve(t *testing.T, ca *trust, handler http.Handler) *service {
	t.Helper()
	s := &service{wires: make(map[*wire]bool)}
	s.server = httptest.NewUnstartedServer(handler)
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	good := ca.Issue(time.Now().Add(time.Hour), loopback)
	s.cert.Store(&good)
	s.server.Listener = tls.NewListener(s.server.Listener, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil },
	})
	s.server.Start()
	proxy := must(net.Listen("tcp", loopback+":0"))
	s.url = "https://" + proxy.Addr().String()
	t.Cleanup(func() {
		_ = proxy.Close()
		s.each((*wire).close)
		s.server.Close()
	})
	go func() {
		for client, err := proxy.Accept(); err == nil; client, err = proxy.Accept() {
			server, err := net.Dial("tcp", s.server.Listener.Addr().String())
			if err != nil { // the test is over
				_ = client.Close()
				return
			}
			w := &wire{client: client, server: server}
			s.mu.Lock()
			s.wires[w] = true
			s.mu.Unlock()
			go s.pass(w, w.server, w.client, true)
			go s.pass(w, w.client, w.server, false)
		}
	}()
	return s
}

// pass lets one direction of a connection through, piece by piece.
func (s *service) pass(w *wire, to, from net.Conn, upper bool) {
	defer w.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		piece := buffer[:n]
		on := true
		s.mu.Lock()
		happens, here := s.toxic, s.upper == upper
		s.mu.Unlock()
		if happens != nil && here {
			piece, on = happens(w, piece)
		}
		if w.deaf.Load() {
			continue
		}
		if _, err := to.Write(piece); err != nil || !on {
			return
		}
	}
}

func (w *wire) close() {
	_ = w.client.Close()
	_ = w.server.Close()
}

// reset ends a connection with RST.
func (w *wire) reset() {
	if tcp, ok := w.client.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.close()
}

// each does something with all present connections.
func (s *service) each(do func(*wire)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.wires {
		do(w)
	}
}

// hangUp ends the present connections.
func (s *service) hangUp() { s.each((*wire).close) }

// deafen makes the present connections half dead.
func (s *service) deafen() { s.each(func(w *wire) { w.deaf.Store(true) }) }

// add puts a toxic on one direction of all connections, present and future; nil heals.
func (s *service) add(what toxic, upper bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.toxic = what
	s.upper = upper
}
