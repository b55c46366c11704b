package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// play gives each request to f, with its connection and its text, and returns the address.
func play(t *testing.T, f func(conn net.Conn, request *http.Request, raw string)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go playOn(conn, f)
		}
	}()
	return "http://" + listener.Addr().String()
}

func playOn(conn net.Conn, f func(conn net.Conn, request *http.Request, raw string)) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for request, err := http.ReadRequest(in); err == nil; request, err = http.ReadRequest(in) {
		raw, _ := httputil.DumpRequest(request, true) // it is complete, or else the reply will be noticed
		f(conn, request, string(raw))
	}
}

func reply(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// After a good reply, a page comes unasked that shows the whole request. net/http gives it to Go's standard logger.
func TestWhatComesUnaskedIsNotShown(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"standard", "advanced"} {
		signed := make(chan string, 10)
		url := play(t, func(conn net.Conn, request *http.Request, raw string) {
			_, _ = io.WriteString(conn, reply(`{"reply": {"data": {"a": "IN_PROGRESS"}}}`))
			time.Sleep(20 * time.Millisecond) // the connection is idle by then; if it is not, the page comes all the same
			_, _ = io.WriteString(conn, strings.Replace(reply(raw), "200 OK", "502 Bad Gateway", 1))
			_, _ = conn.Read(make([]byte, 1)) // the client logs first, then hangs up
			signed <- request.Header.Get("Authorization")
		})
		p := start(t, nil, "--credentials", credentialsFile(t, url, level), "--allow-origin", url, "7")
		var authorization string
		select {
		case authorization = <-signed:
		case <-time.After(watchdog):
			t.Fatal("the connection stays open")
		}
		p.stderr.await(t, "pending: 1 endpoint")
		p.signal(t, os.Interrupt)
		code := p.end()
		shown := p.stdout.String() + p.stderr.String()
		if leak := xdrtest.Leak(shown, xdrtest.Canary, authorization); leak != "" {
			t.Errorf("%s: %q of the key or the signature is in %s", level, leak, shown)
		}
		if code != exitUnknown || strings.Contains(shown, "Unsolicited") {
			t.Errorf("%s: exit code %d: %s", level, code, shown)
		}
	}
}

// A 101 leaves nothing but the bare connection, which no context reaches. It is an outage, and a signal ends the wait.
func TestABareConnectionIsAnOutage(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"standard", "advanced"} {
		url := play(t, func(conn net.Conn, _ *http.Request, _ string) {
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		})
		p := start(t, nil, "--credentials", credentialsFile(t, url, level), "--allow-origin", url, "7")
		p.stderr.await(t, "XDR.Unavailable: group_action_id 7: ")
		p.signal(t, os.Interrupt)
		if code := p.end(); code != exitUnknown || !strings.Contains(p.stderr.String(), "xdrwait: interrupted") {
			t.Errorf("%s: exit code %d: %s", level, code, &p.stderr)
		}
	}
}
