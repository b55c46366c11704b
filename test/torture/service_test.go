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

	toxic atomic.Pointer[toxic]

	mu    sync.Mutex
	wires []*wire
}

// toxic is what happens to what is sent one way, on all connections.
type toxic struct {
	upper        bool          // what the function sends, not what it receives
	delay, perKB time.Duration // of each piece
	end          func(*wire)   // of a connection on which something does not pass; nil for none
	after        time.Duration // when that is

	mu    sync.Mutex
	bytes int // so many pass
}

func serve(t *testing.T, ca *xdrtest.Authority, handler http.Handler) *service {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s := &service{Listener: server.Listener, url: "https://" + server.Listener.Addr().String()}
	good := ca.Issue(time.Now().Add(time.Hour), loopback)
	s.cert.Store(&good)
	server.Listener = tls.NewListener(s, &tls.Config{
		GetCertificate:              func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil },
		DynamicRecordSizingDisabled: true, // each record is a piece: a long reply takes few
	})
	server.Start()
	t.Cleanup(func() {
		s.each((*wire).close)
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

type wire struct {
	net.Conn
	service *service
	deaf    atomic.Bool // it takes what is sent, and says nothing
}

func (w *wire) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = w.Conn.Read(p)
		n = w.passes(n, true)
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	_, err := w.Conn.Write(p[:w.passes(len(p), false)])
	return len(p), err
}

// passes says how much of a piece passes.
func (w *wire) passes(size int, upper bool) int {
	x := w.service.toxic.Load()
	switch {
	case w.deaf.Load():
		return 0
	case x == nil || x.upper != upper:
		return size
	}
	time.Sleep(x.delay + x.perKB*time.Duration(size)/1000)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes -= size
	if x.bytes >= 0 {
		return size
	}
	if x.end != nil {
		time.AfterFunc(x.after, func() { x.end(w) })
	}
	return max(0, size+x.bytes)
}

func (w *wire) close() { _ = w.Close() }

// reset ends a connection with RST.
func (w *wire) reset() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.close()
}

func (w *wire) deafen() { w.deaf.Store(true) }

func (s *service) each(do func(*wire)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wires {
		do(w)
	}
}
