package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os/exec"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// arrives waits for a channel to be closed, on a machine that is busy with something else.
func arrives(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatalf("never: %s", what)
	}
}

// echo stands in front of a tenant or of its secret. After its first answer it sends a page that nobody has asked for
// and that repeats the request and all that the sender knows.
type echo struct {
	tenant *xdrtest.Sim
	idle   chan struct{} // closed when the program has its answer
	gone   chan struct{} // closed when the program has read the page and hung up
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer close(e.gone)
	request, _ := httputil.DumpRequest(r, true)
	answer := httptest.NewRecorder()
	e.tenant.ServeHTTP(answer, r)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", answer.Body.Len(), answer.Body)
	<-e.idle
	page := fmt.Sprintf("<pre>%s</pre><!-- %s -->", request, e.tenant.SecretValue())
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
	_, _ = io.Copy(io.Discard, conn)
}

// net/http writes what comes on an idle connection to the standard logger, and only then hangs up.
func TestWhatNobodyAskedForIsNotLogged(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"the API", "Secrets Manager"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			e := &echo{idle: make(chan struct{}), gone: make(chan struct{})}
			env := map[string]string{}
			d := deploy(t, env, lambdatest.Options{}, func(s *xdrtest.Sim) {
				e.tenant = s
				server := httptest.NewServer(e)
				t.Cleanup(server.Close)
				env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = server.URL
				if from == "the API" {
					env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = s.URL()
					env["XDR_ALLOWED_ORIGINS"] = server.URL
					s.SetURL(server.URL)
				}
			})
			r := d.invoke(t, doneID)
			close(e.idle)
			arrives(t, "the program hangs up", e.gone)
			d.holdsNoKey(t, r)
			if d.Stderr() != "" || !bytes.Contains(r.Payload, []byte(`"verdict":"done"`)) {
				t.Errorf("%s\n%s", d.Stderr(), body(r))
			}
		})
	}
}

// A person who starts the bootstrap by hand must not see a silent exit.
func TestStartedByHand(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), bootstrap)
	cmd.Env = []string{"XDR_SECRET_ID=s"}
	stdout, err := cmd.Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 || len(stdout) > 0 || bytes.Count(exit.Stderr, []byte("\n")) != 1 ||
		!bytes.HasPrefix(exit.Stderr, []byte("xdr-action-status: cannot start: AWS_LAMBDA_RUNTIME_API is not set: ")) {
		t.Errorf("%v\n%s", err, stdout)
	}
}
