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
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// contender is a function that is measured.
type contender struct {
	name   string
	binary string
	args   []string // of an interpreter
	env    map[string]string
	event  string // its format takes the number of endpoints
}

// The contenders that others are compared with in the tables.
const (
	nameHello = "hello, answers only"
	nameOurs  = "this step"
)

// meter is a file with which a program tells its allocations.
const meter = "testdata/meter.go"

// rig is what the contenders are built in and talk to.
type rig struct {
	testing.TB

	env map[string]string // of whoever makes the check
}

// newRig serves the simulator over HTTPS: as the API with HTTP/2, and as Secrets Manager without, like AWS.
func newRig(t testing.TB) *rig {
	ca := xdrtest.NewAuthority("Amazon") // a usual one, see docs/adr/0008-usual-roots-first.md
	sim := xdrtest.New(xdrtest.Options{Scenarios: actions(), RateLimit: -1})
	api := serve(t, remembered(sim), ca, true)
	sim.SetURL(api)
	return &rig{TB: t, env: map[string]string{
		"SSL_CERT_FILE":                    certificateStore(t, ca),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": serve(t, sim, ca, false),
		"XDR_SECRET_ID":                    "xdr/sim",
		"XDR_ALLOWED_ORIGINS":              api,
		"AWS_LAMBDA_LOG_FORMAT":            "JSON", // as in the template
	}}
}

// remembered answers a request for the same action with the same bytes: to make 100,000 statuses anew each time would
// take the server longer than reading them takes a contender.
func remembered(h http.Handler) http.Handler {
	var known sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, _ := io.ReadAll(r.Body)
		reply, ok := known.Load(string(question))
		if !ok {
			r.Body = io.NopCloser(bytes.NewReader(question))
			first := httptest.NewRecorder()
			h.ServeHTTP(first, r)
			reply, _ = known.LoadOrStore(string(question), first.Body.Bytes())
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply.([]byte))
	})
}

func serve(t testing.TB, h http.Handler, ca *xdrtest.Authority, http2 bool) string {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of processes that are killed
	server.EnableHTTP2 = http2
	certificate := ca.Issue(time.Now().Add(24*time.Hour), "127.0.0.1")
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// certificateStore is the machine's own bundle with one more root at its end.
func certificateStore(t testing.TB, ca *xdrtest.Authority) string {
	bundle := must(os.ReadFile(must(filepath.Glob("/etc/ssl/certs/ca-*.crt"))[0])) // -certificates or -bundle
	file := filepath.Join(t.TempDir(), "ca-bundle.crt")
	try(os.WriteFile(file, append(bundle, ca.PEM()...), 0o600))
	return file
}

// actions run on 1, 1,000 and 100,000 endpoints, which is their id too. They are done on all but one of a thousand.
func actions() []xdrtest.Scenario {
	done := []xdrtest.Step{{Status: "COMPLETED_SUCCESSFULLY"}}
	running := []xdrtest.Step{{Status: "IN_PROGRESS"}}
	all := []xdrtest.Scenario{{GroupActionID: 1, Agents: []xdrtest.Agent{{Timeline: done}}}}
	for _, n := range []int{1_000, 100_000} {
		agents := []xdrtest.Agent{{Count: n - n/1000, Timeline: done}, {Count: n / 1000, Timeline: running}}
		all = append(all, xdrtest.Scenario{GroupActionID: int64(n), Agents: agents})
	}
	return all
}

// inGo is the contender that is built from a package of the repository, with more files in it.
func (r *rig) inGo(name, pkg string, files ...string) contender {
	return contender{name: name, binary: build(r, pkg, files...), env: r.env, event: `{"group_action_id":%d}`}
}

func (r *rig) ours(files ...string) contender { return r.inGo(nameOurs, "cmd/lambda", files...) }

// lazy is the step with a secret that it does not know before the event.
func (r *rig) lazy(ours contender) contender {
	ours.name = "this step, no prefetch"
	ours.event = `{"group_action_id":%d,"tenant":"sim"}`
	ours.env = maps.Clone(ours.env)
	delete(ours.env, "XDR_SECRET_ID")
	ours.env["XDR_TENANT_SECRET_PREFIX"] = "xdr/"
	return ours
}

// hello answers with the event, and makes no check.
func (r *rig) hello(files ...string) contender {
	c := r.inGo(nameHello, rivals+"hello", files...)
	c.event = `{"total":%d,"checks":0}`
	return c
}

func (r *rig) naive(files ...string) contender { return r.inGo("naive Go", rivals+"naive", files...) }

// boto3 runs in the interpreter that make bench installs.
func (r *rig) boto3() contender {
	env := maps.Clone(r.env)
	env["AWS_CA_BUNDLE"] = env["SSL_CERT_FILE"]
	return contender{
		name:   "Python + boto3",
		binary: filepath.Join(root, ".tools/bench/bin/python"),
		args:   []string{must(filepath.Abs("contender/boto3/function.py"))},
		env:    env,
		event:  `{"group_action_id":%d}`,
	}
}

// process is a contender that runs under a Runtime API, and has asked for an event.
type process struct {
	*lambdatest.Function
	contender

	t    testing.TB
	init time.Duration // from its start to its first question for an event
}

// start runs a contender, which inherits the files.
func (r *rig) start(c contender, files ...*os.File) *process {
	p := &process{contender: c, t: r}
	var began time.Time
	p.Function = lambdatest.Start(r, lambdatest.Options{
		Binary:  c.binary,
		Env:     c.env,
		Timeout: 10 * time.Minute,
		Start: func(cmd *exec.Cmd) error {
			cmd.Args = append(cmd.Args, c.args...)
			cmd.ExtraFiles = files
			cmd.Stdout = io.Discard // through a pipe, as in Lambda
			return onLastCPU(func() error {
				began = time.Now()
				return cmd.Start()
			})
		},
	})
	select {
	case <-p.FirstNext():
		p.init = time.Since(began)
	case <-p.Exited():
		r.Fatalf("%s ended: %s", c.name, p.Stderr())
	}
	return p
}

// check returns the time from the event to the answer, which tells the number of endpoints.
func (p *process) check(endpoints int) time.Duration {
	reply := must(p.Invoke(p.t.Context(), fmt.Appendf(nil, p.event, endpoints)))
	total := fmt.Sprintf(`"total":%d,`, endpoints)
	if reply.Failed() || !strings.Contains(string(reply.Payload), total) {
		p.t.Fatalf("%s answered %s%s\n%s", p.name, reply.Payload, reply.RawError, p.Stderr())
	}
	return reply.Duration
}

// pageFaults returns those that needed no disk, since the process began.
func (p *process) pageFaults() float64 { return p.proc("stat", ") ", 7) } // the name before it may hold anything

// peakMemory returns the most that the process ever had in memory, in bytes.
func (p *process) peakMemory() float64 { return 1024 * p.proc("status", "VmHWM:", 0) }

// proc returns the field with an index, after some text, of what the kernel tells about the process in a file.
func (p *process) proc(file, after string, index int) float64 {
	content := must(os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.PID(), file)))
	_, tail, _ := strings.Cut(string(content), after)
	return must(strconv.ParseFloat(strings.Fields(tail)[index], 64))
}
