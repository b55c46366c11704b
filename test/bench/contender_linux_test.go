package bench

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// contender is a function that is measured.
type contender struct {
	name   string
	binary string
	args   []string // of an interpreter
	env    map[string]string
	event  string     // its format takes the number of endpoints
	echoes bool       // answers with the event and makes no check
	files  []*os.File // that it inherits
}

// The names of the contenders in the tables.
const (
	nameHello  = "hello, answers only"
	nameOurs   = "this step"
	nameLazy   = "this step, no prefetch"
	nameHand   = "hand-made"
	nameUsual  = "hand-made, usual roots"
	nameNaive  = "naive Go"
	namePython = "Python + boto3"
)

const plainEvent = `{"group_action_id":%d}`

// rig is what the contenders are built in and talk to.
type rig struct {
	testing.TB

	env map[string]string // of whoever makes the check
	cpu int               // for the contenders
}

// newRig serves the simulator over HTTPS: as the API with HTTP/2, and as Secrets Manager without, like AWS.
func newRig(t testing.TB) *rig {
	t.Helper()
	ca := xdrtest.NewAuthority("Amazon") // a usual one, see docs/adr/0008-usual-roots-first.md
	sim := xdrtest.New(xdrtest.Options{Scenarios: actions(), RateLimit: -1})
	api := serve(t, remembered(sim), ca, true)
	sim.SetURL(api)
	return &rig{TB: t, cpu: lastCPU(t), env: map[string]string{
		"SSL_CERT_FILE":                    certificateStore(t, ca),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": serve(t, sim, ca, false),
		"XDR_SECRET_ID":                    "xdr/sim",
		"XDR_ALLOWED_ORIGINS":              api,
	}}
}

// remembered answers a request for the same action with the same bytes: to make 100,000 statuses anew each time would
// take the server longer than reading them takes a contender.
func remembered(h http.Handler) http.Handler {
	var mu sync.Mutex
	known := map[string][]byte{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		reply := known[string(question)]
		if reply == nil {
			r.Body = io.NopCloser(bytes.NewReader(question))
			first := httptest.NewRecorder()
			h.ServeHTTP(first, r)
			reply = first.Body.Bytes()
			known[string(question)] = reply
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply)
	})
}

func serve(t testing.TB, h http.Handler, ca *xdrtest.Authority, http2 bool) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of processes that are killed
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{ca.Issue(time.Now().Add(24*time.Hour), "127.0.0.1")},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
	if http2 {
		server.EnableHTTP2 = true
		server.TLS.NextProtos = []string{"h2", "http/1.1"}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// certificateStore is the machine's own bundle with one more root at its end.
func certificateStore(t testing.TB, ca *xdrtest.Authority) string {
	t.Helper()
	var bundle []byte
	for _, file := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"} {
		if content, err := os.ReadFile(file); err == nil {
			bundle = content
			break
		}
	}
	file := filepath.Join(t.TempDir(), "ca-bundle.crt")
	check(t, os.WriteFile(file, append(bundle, ca.PEM()...), 0o600))
	return file
}

// sizes are the numbers of endpoints that the simulator has an action for, which is the action's id too.
var sizes = []int{1, 1_000, 100_000}

// actions are done on all endpoints but one of a thousand.
func actions() []xdrtest.Scenario {
	var all []xdrtest.Scenario
	group := func(n int, status string) xdrtest.Agent {
		return xdrtest.Agent{Count: n, Timeline: []xdrtest.Step{{Status: status}}}
	}
	for _, n := range sizes {
		s := xdrtest.Scenario{GroupActionID: int64(n)}
		running := n / 1000
		s.Agents = append(s.Agents, group(n-running, "COMPLETED_SUCCESSFULLY"))
		if running > 0 {
			s.Agents = append(s.Agents, group(running, "IN_PROGRESS"))
		}
		all = append(all, s)
	}
	return all
}

func (r *rig) hello(files ...string) contender {
	binary := build(r, "test/bench/contender/hello", files...)
	return contender{name: nameHello, binary: binary, event: plainEvent, echoes: true}
}

func (r *rig) handMade() contender {
	return contender{name: nameHand, binary: build(r, "test/bench/contender/handmade"), event: plainEvent, env: r.env}
}

// usual is the hand-made one with the step's shortcut to the usual roots.
func (r *rig) usual() contender {
	binary := build(r, "test/bench/contender/handmade", root+"/cmd/lambda/usual.go", "testdata/shortcut.go")
	return contender{name: nameUsual, binary: binary, event: plainEvent, env: r.env}
}

func (r *rig) naive(files ...string) contender {
	binary := build(r, "test/bench/contender/naive", files...)
	return contender{name: nameNaive, binary: binary, event: plainEvent, env: r.env}
}

func (r *rig) ours(files ...string) contender {
	binary := build(r, "cmd/lambda", files...)
	return contender{name: nameOurs, binary: binary, event: plainEvent, env: r.env}
}

// lazy is the step with a secret that it does not know before the event.
func (r *rig) lazy(ours contender) contender {
	ours.name = nameLazy
	ours.event = `{"group_action_id":%d,"tenant":"sim"}`
	ours.env = maps.Clone(ours.env)
	delete(ours.env, "XDR_SECRET_ID")
	ours.env["XDR_TENANT_SECRET_PREFIX"] = "xdr/"
	return ours
}

// boto3 runs in the interpreter that make bench installs.
func (r *rig) boto3() contender {
	script, err := filepath.Abs("contender/boto3/function.py")
	check(r, err)
	env := maps.Clone(r.env)
	env["AWS_CA_BUNDLE"] = env["SSL_CERT_FILE"]
	return contender{
		name:   namePython,
		binary: filepath.Join(root, ".tools/bench/bin/python"),
		args:   []string{script},
		event:  plainEvent,
		env:    env,
	}
}

// answered reports whether a payload is the contender's answer about so many endpoints.
func (c contender) answered(payload string, endpoints int) bool {
	return c.echoes || strings.Contains(payload, fmt.Sprintf(`"total":%d,`, endpoints))
}
