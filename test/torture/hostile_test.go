package torture

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// maxMemory is what a check may take, in MiB of the whole process: half of the function that the template makes.
const maxMemory = 64

// TestHostileReplies: each check ends in what the contract says, and takes no more memory than a small function has.
func TestHostileReplies(t *testing.T) {
	for _, c := range hostileReplies {
		t.Run(c.name, func(t *testing.T) {
			f := hostile(t, c)
			event := c.event
			if event == "" {
				event = `{"group_action_id":1}`
			}
			began := time.Now()
			r, err := f.Invoke(t.Context(), []byte(event))
			took := time.Since(began)
			if err != nil {
				t.Fatal(err)
			}
			outcome := r.ErrorType
			if outcome == "" {
				outcome = verdictOf(t, r.Payload)
			}
			t.Logf("%-18s %4d MiB, %5d ms: %.120s", outcome, peakMemory(t, f.PID()), took.Milliseconds(), r.ErrorMessage)
			if !slices.Contains(strings.Split(c.want, "|"), outcome) {
				t.Errorf("%s: %.300s, want %s", outcome, r.ErrorMessage, c.want)
			}
			if n := len(r.Payload) + len(r.ErrorMessage); n > 32<<10 {
				t.Errorf("%d bytes of verdict", n)
			}
			if peak := peakMemory(t, f.PID()); peak > maxMemory {
				t.Errorf("%d MiB of memory, more than %d", peak, maxMemory)
			}
			noSecrets(t, f.Output())
		})
	}
}

// hostile runs the binary against a tenant that gives one hostile reply; its secret comes from the simulator.
func hostile(t *testing.T, c hostileReply) *lambdatest.Function {
	t.Helper()
	sim := xdrtest.New(xdrtest.Options{Key: xdrtest.Canary, SecurityLevel: "standard"})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			sim.ServeHTTP(w, r)
			return
		}
		if c.raw {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			c.write(conn)
			return
		}
		for name, value := range c.headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(max(c.status, http.StatusOK))
		buffered := bufio.NewWriterSize(w, 64<<10)
		c.write(buffered)
		_ = buffered.Flush()
	}))
	t.Cleanup(server.Close)
	sim.SetURL(server.URL)
	return lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_ALLOWED_ORIGINS": server.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL,
	}})
}

// peakMemory is the most that a process has had in memory, in MiB.
func peakMemory(t *testing.T, pid int) int { return memory(t, pid, "VmHWM:") / 1024 }

func memory(t *testing.T, pid int, field string) int {
	t.Helper()
	n, err := memoryOf(pid, field)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// memoryOf reads a figure in KiB of a process.
func memoryOf(pid int, field string) (n int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), field)
	_, err = fmt.Sscan(rest, &n)
	return n, err
}
