package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
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
