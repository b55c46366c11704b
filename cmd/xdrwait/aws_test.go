package main

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

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
		switching,
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
