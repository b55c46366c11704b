package torture

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const loopback = "127.0.0.1"

// service is one of the two services that the function calls, at the other end of a network that fails.
type service struct {
	net.Listener
	url  string
	cert atomic.Pointer[tls.Certificate] // shown to new connections

	mu    sync.Mutex
	wires []*wire
	toxic toxic // nil for none
	upper bool  // it is for what the function sends
}

// toxic is what happens to a piece of what is sent: it returns what passes of its begin.
type toxic func(w *wire, piece []byte) (rest []byte)

func serve(t *testing.T, ca *xdrtest.Authority, handler http.Handler) *service {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s := &service{Listener: server.Listener, url: "https://" + server.Listener.Addr().String()}
	good := ca.Issue(time.Now().Add(time.Hour), loopback)
	s.cert.Store(&good)
	server.Listener = tls.NewListener(s, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil },
	})
	server.Start()
	t.Cleanup(func() {
		s.hangUp()
		server.Close()
	})
	return s
}

// Accept puts the network between a connection and its TLS.
func (s *service) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, service: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wires = append(s.wires, w)
	return w, nil
}

// wire is one connection.
type wire struct {
	net.Conn
	service *service
	deaf    atomic.Bool // it takes what is sent, and says nothing
}

// meet lets a piece through, or what is left of it.
func (w *wire) meet(piece []byte, upper bool) (rest []byte) {
	w.service.mu.Lock()
	happens, here := w.service.toxic, w.service.upper == upper
	w.service.mu.Unlock()
	switch {
	case w.deaf.Load():
		return nil
	case happens != nil && here:
		return happens(w, piece)
	}
	return piece
}

func (w *wire) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = w.Conn.Read(p)
		n = len(w.meet(p[:n], true))
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	_, err := w.Conn.Write(w.meet(p, false))
	return len(p), err
}

func (w *wire) close() { _ = w.Close() }

// reset ends a connection with RST.
func (w *wire) reset() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.close()
}

// each does something with all connections.
func (s *service) each(do func(*wire)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wires {
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
