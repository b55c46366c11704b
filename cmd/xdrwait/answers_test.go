package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// play gives each request to f, with its bare connection and its text, and returns the address.
func play(t *testing.T, f func(conn net.Conn, request *http.Request, raw string)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := httputil.DumpRequest(r, true) // it is complete, or else the reply will be noticed
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		f(conn, r, string(raw))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"

func reply(body string) string {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
	return fmt.Sprintf(head+"%d\r\n\r\n%s", len(body), body)
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
	url := play(t, func(conn net.Conn, _ *http.Request, _ string) {
		_, _ = io.WriteString(conn, switching)
		_, _ = conn.Read(make([]byte, 1)) // until the client hangs up
	})
	p := start(t, nil, "--credentials", credentialsFile(t, url, "advanced"), "--allow-origin", url, "7")
	p.stderr.await(t, "XDR.Unavailable: group_action_id 7: ")
	p.signal(t, os.Interrupt)
	code := p.end()
	if code != exitUnknown || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), "xdrwait: interrupted") {
		t.Errorf("exit code %d: %s%s", code, &p.stdout, &p.stderr)
	}
}
