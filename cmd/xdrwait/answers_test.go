package main

import (
	"encoding/pem"
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

// A Secrets Manager behind an authority of one's own, over HTTP/1 and where HTTP/2 is offered.
func TestOwnAuthorityOfAWS(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	for _, http2 := range []bool{false, true} {
		secure := httptest.NewUnstartedServer(sim)
		secure.EnableHTTP2 = http2
		secure.StartTLS()
		defer secure.Close()
		block := &pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}
		env := append(awsEnv(secure.URL), "AWS_CA_BUNDLE="+inFile(t, string(pem.EncodeToMemory(block))))
		p := start(t, env, "secret", "check", "--secret-id", "xdr/sim", "--allow-origin", sim.URL())
		if code := p.end(); code != exitDone || p.stderr.String() != "" {
			t.Errorf("HTTP/2 %v: exit code %d: %s", http2, code, &p.stderr)
		}
	}
}

// What the AWS SDK would log shows text of the answer, here a bad date. Nothing of it reaches the terminal.
func TestTheAWSLoggerIsSilent(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", xdrtest.Canary)
		sim.ServeHTTP(w, r)
	}))
	defer server.Close()
	p := start(t, awsEnv(server.URL), "secret", "check", "--secret-id", "xdr/sim", "--allow-origin", sim.URL())
	code := p.end()
	if code != exitDone || p.stderr.String() != "" || xdrtest.Leak(p.stdout.String(), xdrtest.Canary) != "" {
		t.Errorf("exit code %d: %s%s", code, &p.stdout, &p.stderr)
	}
}

// Secrets Manager hands over the raw connection, or answers with a flood of headers: there is no secret, and an end.
func TestOddAnswersOfSecretsManager(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\nContent-Length: 2\r\n\r\n{}",
	} {
		url := play(t, func(conn net.Conn, _ *http.Request, _ string) {
			_, _ = io.WriteString(conn, answer)
			_, _ = conn.Read(make([]byte, 1)) // until the client hangs up
		})
		p := start(t, awsEnv(url), "secret", "check", "--secret-id", "xdr/sim")
		code := p.end()
		said := p.stderr.String()
		if code != exitUnknown || !strings.Contains(said, "CredentialsUnavailable") || strings.Contains(said, "within 5s") {
			t.Errorf("%.40q: exit code %d: %.500s", answer, code, said)
		}
	}
}
