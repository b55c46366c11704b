package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// hijacked answers on the bare connection, and returns when the client has hung up.
func hijacked(w http.ResponseWriter, answers ...string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // there is another answer then
	}
	defer conn.Close()
	for _, answer := range answers {
		_, _ = io.WriteString(conn, answer)
		time.Sleep(20 * time.Millisecond) // the connection is idle by then; if it is not, the next comes all the same
	}
	_, _ = io.Copy(io.Discard, conn)
}

// After a good reply, a page comes unasked that shows the whole request. net/http gives it to Go's standard logger.
func TestWhatComesUnaskedIsNotShown(t *testing.T) {
	t.Parallel()
	hungUp := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, _ := httputil.DumpRequest(r, true) // it is complete, or else the reply will be noticed
		const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n"
		hijacked(w, ok+`{"reply": {"data": {"a": "IN_PROGRESS"}}}`, "HTTP/1.1 502 Bad Gateway\r\n\r\n"+string(request))
		hungUp <- struct{}{}
	}))
	defer server.Close()
	secret := strings.NewReplacer("URL", server.URL, "advanced", "standard").Replace(goodSecret) // the key is in the header
	p := start(t, nil, nil, "--credentials", inFile(t, secret), "--allow-origin", server.URL, "7")
	select {
	case <-hungUp:
	case <-time.After(watchdog):
		t.Fatal("the connection stays open")
	}
	p.stderr.await(t, "pending: 1 endpoint")
	_ = p.Process.Signal(os.Interrupt)
	code := p.end()
	shown := p.stdout.String() + p.stderr.String()
	if xdrtest.Leak(shown, xdrtest.Canary) != "" || code != exitUnknown || strings.Contains(shown, "Unsolicited") {
		t.Errorf("exit code %d: %s", code, shown)
	}
}

// Secrets Manager behind an authority of one's own, over HTTP/1 and where HTTP/2 is offered; one whose answer the AWS
// SDK would log, here for a bad date; and one that hands over the bare connection, or sends a flood of headers.
func TestAnswersOfSecretsManager(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{})
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
	flood := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\nContent-Length: 2\r\n\r\n{}"
	for name, answer := range map[string]http.HandlerFunc{
		"HTTP/1": sim.ServeHTTP,
		"HTTP/2": sim.ServeHTTP,
		"date": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", xdrtest.Canary)
			sim.ServeHTTP(w, r)
		},
		"no answer: upgrade": func(w http.ResponseWriter, _ *http.Request) { hijacked(w, upgrade) },
		"no answer: flood":   func(w http.ResponseWriter, _ *http.Request) { hijacked(w, flood) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(answer)
			server.EnableHTTP2 = name == "HTTP/2"
			var env []string
			if strings.HasPrefix(name, "HTTP/") {
				server.StartTLS()
				block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
				env = append(env, "AWS_CA_BUNDLE="+inFile(t, string(pem.EncodeToMemory(block))))
			} else {
				server.Start()
			}
			defer server.Close()
			env = append(env, awsEndpoint+"="+server.URL)
			p := start(t, nil, env, "secret", "check", "--secret-id", "xdr/sim", "--allow-origin", sim.URL())
			code := p.end()
			said := p.stderr.String()
			refused := strings.Contains(said, "CredentialsUnavailable") && !strings.Contains(said, "within 5s")
			if strings.HasPrefix(name, "no answer") {
				if code != exitUnknown || !refused {
					t.Errorf("exit code %d: %.500s", code, said)
				}
			} else if code != exitDone || said != "" || strings.Count(p.stdout.String(), "ok  ") != 2 {
				t.Errorf("exit code %d: %s%s", code, said, &p.stdout)
			}
		})
	}
}

// AWS says no, to the first call or the second, and may repeat what it was sent.
func TestSecretCreateWithoutAWS(t *testing.T) {
	for _, c := range []struct {
		fault xdrtest.Fault
		next  string
	}{
		{xdrtest.Fault{From: 1, Name: "AccessDeniedException"}, "allow secretsmanager:CreateSecret and PutSecretValue"},
		{xdrtest.Fault{From: 2, Name: "EncryptionFailure"}, "kms:GenerateDataKey and kms:Decrypt on its KMS key"},
		{xdrtest.Fault{From: 1, Reset: true}, "check the way out of this network"},
	} {
		sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
		sim.AddSecretFaults(c.fault)
		code, shown, _ := creates(t, sim, strings.NewReader(xdrtest.Canary), "xdr/sim URL 7 advanced")
		wrong, next, _ := strings.Cut(shown, "\nxdrwait: next: ")
		if code != exitUnknown || !strings.Contains(wrong, "xdrwait: could not write secret xdr/sim: ") ||
			!strings.Contains(wrong, c.fault.Name) || !strings.Contains(next, c.next) {
			t.Errorf("%+v: exit code %d: %s", c.fault, code, shown)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := string(body) + r.Header.Get("X-Amz-Security-Token")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type": "ValidationException", "message": %q}`, said)
	}))
	defer server.Close()
	echo := xdrtest.New(xdrtest.Options{})
	echo.SetURL(server.URL)
	args := "xdr/acme acme.xdr.us.paloaltonetworks.com 7 advanced --untried"
	code, shown, _ := creates(t, echo, strings.NewReader(xdrtest.Canary), args)
	if code != exitUnknown || xdrtest.Leak(shown, sessionToken) != "" || !strings.Contains(shown, "security_level") {
		t.Errorf("exit code %d: %s", code, shown)
	}
}
