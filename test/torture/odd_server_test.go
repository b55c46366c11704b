package torture

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// oddServer answers every request in one odd way. It is no net/http server: that one refuses to send nonsense.
type oddServer struct {
	listener net.Listener
	answer   oddAnswer
	value    string // of the secret
	group    sync.WaitGroup

	mu      sync.Mutex
	open    map[net.Conn]bool
	secrets []string // each Authorization, and whatever else may not come back out
	hungUp  int      // connections that the other side has ended
}

// oddCall is one request, and the connection to answer it on.
type oddCall struct {
	net.Conn
	server   *oddServer
	request  string // as it came, head and body
	sent     string // its Authorization
	received int    // its number on this server, from 1
}

// serveOdd starts a server; value is that of the secret where it is to be Secrets Manager.
func serveOdd(t *testing.T, a oddAnswer, value string) *oddServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &oddServer{listener: listener, answer: a, value: value, open: make(map[net.Conn]bool)}
	s.group.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *oddServer) url() string { return "http://" + s.listener.Addr().String() }

func (s *oddServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.group.Go(func() {
			s.converse(conn)
			_ = conn.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.open, conn)
		})
	}
}

// close ends all connections, and waits until nobody uses them.
func (s *oddServer) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.group.Wait()
}

// converse answers the requests of one connection until one of the two sides ends it.
func (s *oddServer) converse(conn net.Conn) {
	if s.answer.early {
		s.answer.play(&oddCall{Conn: conn, server: s})
	}
	for r := bufio.NewReader(conn); ; {
		request, err := readRequest(r)
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.mu.Lock()
				s.hungUp++
				s.mu.Unlock()
			}
			return
		}
		sent := field(request, "Authorization")
		number := s.remember(sent)
		if !s.answer.early {
			s.answer.play(&oddCall{conn, s, request, sent, number})
		}
	}
}

// remember keeps what may appear nowhere, and counts.
func (s *oddServer) remember(secret string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secret)
	return len(s.secrets)
}

func (s *oddServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

func (s *oddServer) wasLeft() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hungUp > 0
}

// readRequest reads a head, and the body whose length it tells.
func readRequest(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for !strings.HasSuffix(b.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		b.WriteString(line)
	}
	length, _ := strconv.Atoi(field(b.String(), "Content-Length"))
	_, err := io.CopyN(&b, r, int64(length))
	return b.String(), err
}

// field returns the value of a header field.
func field(request, name string) string {
	for line := range strings.SplitSeq(request, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && http.CanonicalHeaderKey(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// say writes; false when the other side listens no more.
func (c *oddCall) say(parts ...string) bool {
	_, err := io.WriteString(c.Conn, strings.Join(parts, ""))
	return err == nil
}

// forever repeats a text for as long as the other side listens.
func (c *oddCall) forever(text string, pause time.Duration) {
	for c.say(text) {
		time.Sleep(pause)
	}
}

// drip writes in ten parts.
func (c *oddCall) drip(text string) {
	for part := range slices.Chunk([]byte(text), len(text)/10+1) {
		if !c.say(string(part)) {
			return
		}
		time.Sleep(tick)
	}
}

func (c *oddCall) endWriting() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// reset ends the connection with RST.
func (c *oddCall) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
