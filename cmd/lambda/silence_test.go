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
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// patience is for what must come soon, on a machine that is busy with something else.
const patience = time.Minute

// arrives waits for a channel to be closed.
func arrives(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
	}
}

// echo stands in front of a tenant or of its secret. After its first answer it sends a page that nobody has asked for and
// that repeats the request and all that the sender knows.
type echo struct {
	*httptest.Server
	tenant        *xdrtest.Sim
	idle          chan struct{} // closed when the program has its answer
	gone          chan struct{} // closed when the program has read the page and hung up
	authorization string
}

func newEcho(t *testing.T, tenant *xdrtest.Sim) *echo {
	t.Helper()
	e := &echo{tenant: tenant, idle: make(chan struct{}), gone: make(chan struct{})}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer close(e.gone)
	e.authorization = r.Header.Get("Authorization")
	request, err := httputil.DumpRequest(r, true)
	if err != nil {
		panic(err)
	}
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
	for _, level := range []string{"standard", "advanced"} {
		for _, from := range []string{"the API", "Secrets Manager"} {
			t.Run(level+" key, from "+from, func(t *testing.T) {
				t.Parallel()
				sim := tenant(t, level)
				e := newEcho(t, sim)
				env := map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": e.URL}
				if from == "the API" {
					env = map[string]string{"XDR_ALLOWED_ORIGINS": e.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL()}
					sim.SetURL(e.URL)
				}
				f := deployFor(t, sim, env, lambdatest.Options{})
				if r := f.invoke(t, doneID); !bytes.Contains(r.Payload, []byte(`"verdict":"done"`)) {
					t.Errorf("%s", body(r))
				}
				close(e.idle)
				arrives(t, "the program hangs up", e.gone)
				if piece := xdrtest.Leak(f.Output(), xdrtest.Canary, e.authorization); piece != "" || f.Stderr() != "" {
					t.Errorf("%q of the key or the signature in: %s", piece, f.Output())
				}
			})
		}
	}
}

// A person who starts the bootstrap by hand must not see a silent exit.
func TestStartedByHand(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), bootstrap)
	cmd.Env = []string{"XDR_SECRET_ID=s"}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	const want = "xdr-action-status: cannot start: AWS_LAMBDA_RUNTIME_API is not set: "
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("%v\n%s%s", err, &stdout, &stderr)
	}
}
