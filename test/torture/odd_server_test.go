package torture

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// oddServer answers every request in one odd way. It is no net/http server: that one refuses to send nonsense.
type oddServer struct {
	kind  kind
	url   string
	value string      // of the secret
	left  atomic.Bool // the other side has ended a connection

	mu      sync.Mutex
	secrets []string // each Authorization
}

// call is one request, and the connection to answer it on.
type call struct {
	net.Conn
	server  *oddServer
	request string // as it came, head and body
	sent    string // its Authorization
	number  int    // on this server, from 1
}

// play answers a request.
type play func(*call)

// serveOdd starts a server. Its connections end with the command that asks.
func serveOdd(t *testing.T, k kind, value string) *oddServer {
	t.Helper()
	listener := must(net.Listen("tcp", loopback+":0"))
	s := &oddServer{kind: k, url: "http://" + listener.Addr().String(), value: value}
	var group sync.WaitGroup
	group.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			group.Go(func() { s.converse(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		group.Wait()
	})
	return s
}

// converse answers the requests of one connection until one of the two sides ends it.
func (s *oddServer) converse(conn net.Conn) {
	defer conn.Close()
	if s.kind.early {
		s.kind.play(&call{Conn: conn, server: s})
	}
	for in := bufio.NewReader(conn); ; {
		request, err := http.ReadRequest(in)
		if err != nil {
			s.left.Store(true)
			return
		}
		text, _ := httputil.DumpRequest(request, true)
		c := &call{Conn: conn, server: s, request: string(text), sent: request.Header.Get("Authorization")}
		c.number = s.remember(c.sent)
		if !s.kind.early {
			s.kind.play(c)
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

// fill puts in what words in capitals stand for.
func (c *call) fill(text string) string {
	return strings.NewReplacer("GOOD", goodBody, "SENT", c.sent, "REQUEST", c.request, "TOKEN", awsToken,
		"VALUE", c.server.value, "HERE", c.server.url).Replace(text)
}

// write reports whether the other side still listens.
func (c *call) write(text string) bool {
	_, err := io.WriteString(c.Conn, text)
	return err == nil
}

// reply is a whole answer. header is empty or ends in CRLF.
func reply(status, header, body string) string {
	const format = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
	return fmt.Sprintf(format, status, len(body), header, body)
}

func good(header string) string { return reply("200 OK", header, goodBody) }

const tick = 5 * time.Millisecond // between two pieces of what drips

// say writes a text and leaves the connection open.
func say(text string) play { return func(c *call) { c.write(c.fill(text)) } }

// page is a whole answer whose parts may have words to fill in.
func page(status, header, body string) play {
	return func(c *call) { c.write(reply(status, c.fill(header), c.fill(body))) }
}

// then is one thing after the other.
func then(steps ...play) play {
	return func(c *call) {
		for _, step := range steps {
			step(c)
		}
	}
}

func pause(d time.Duration) play { return func(*call) { time.Sleep(d) } }

func hangUp(c *call) { _ = c.Close() }

func ended(text string) play { return then(say(text), hangUp) }

func halfClosed(text string) play {
	return then(say(text), func(c *call) {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	})
}

// endless is a form: it repeats a text for as long as the other side listens.
func endless(pause time.Duration) func(string) play {
	return func(text string) play {
		return func(c *call) {
			for c.write(text) {
				time.Sleep(pause)
			}
		}
	}
}

func flood(text string) play { return then(say(text), endless(0)(block)) }

func drip(text string) play { return then(say(text), endless(tick)(" ")) }

// inParts writes a text in ten parts.
func inParts(text string) play {
	return func(c *call) {
		for part := range slices.Chunk([]byte(text), len(text)/10+1) {
			c.write(string(part))
			time.Sleep(tick)
		}
	}
}

// reset ends the connection with RST.
func reset(c *call) {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
