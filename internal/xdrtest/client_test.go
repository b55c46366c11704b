package xdrtest_test

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
	statusPath = "/public_api/v1/actions/get_action_status"
	anyID      = 22519813685366
	agentA     = "0123456789abcdef0123456789abcdef"
	agentB     = "fedcba9876543210fedcba9876543210"
)

// rig is a Sim, its clock, and a client for both.
type rig struct {
	*xdrtest.Sim
	*lambdatest.Clock

	t *testing.T
}

// start starts a Sim with a base path and without a rate limit, unless o says otherwise.
func start(t *testing.T, o xdrtest.Options) rig {
	t.Helper()
	clock := lambdatest.NewClock()
	o.Now = clock.Now
	o.BasePath = "/tenant"
	o.RateLimit = cmp.Or(o.RateLimit, -1)
	return rig{xdrtest.Start(t, o), clock, t}
}

// play starts a Sim whose every action goes like this.
func play(t *testing.T, agents ...xdrtest.Agent) rig {
	t.Helper()
	return start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{{Agents: agents}}})
}

func always(status string) []xdrtest.Step { return []xdrtest.Step{{Status: status}} }

func newNonce() string {
	return (rand.Text() + rand.Text() + rand.Text())[:64]
}

func sign(h http.Header, key, nonce string, at time.Time) {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	h.Set("Authorization", fmt.Sprintf("%x", sha256.Sum256([]byte(key+nonce+stamp))))
	h.Set("x-xdr-nonce", nonce)
	h.Set("x-xdr-timestamp", stamp)
}

func questionBody(id int64) string {
	return fmt.Sprintf(`{"request_data": {"group_action_id": %d}}`, id)
}

func post(t *testing.T, url, body string) *http.Request {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// question is a correct, signed question.
func (r rig) question(id int64) *http.Request {
	r.t.Helper()
	q := post(r.t, r.APIURL()+statusPath, questionBody(id))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("x-xdr-auth-id", "7")
	sign(q.Header, r.Key(), newNonce(), r.Now())
	return q
}

// reply is what came back; err is a failure to read all of it.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// send sends on a connection of its own, so that no failure is hidden by a second attempt.
func send(q *http.Request) reply {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(q)
	if err != nil {
		return reply{err: err}
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	return reply{status: res.StatusCode, header: res.Header, body: string(b), err: err}
}

func (r rig) ask(id int64) reply {
	r.t.Helper()
	return send(r.question(id))
}

// statuses asks, and returns the agents' statuses.
func (r rig) statuses(id int64) map[string]string {
	r.t.Helper()
	got := r.ask(id)
	var v struct {
		Reply struct{ Data map[string]string }
	}
	if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status != http.StatusOK {
		r.t.Fatalf("got %+v, %v", got, err)
	}
	return v.Reply.Data
}

func load(t *testing.T, name string) xdrtest.Scenario {
	t.Helper()
	s, err := xdrtest.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkError checks the API's refusal: its error object, or the text that tenants were seen to send.
func checkError(t *testing.T, got reply, status int) {
	t.Helper()
	kind, want := "application/json", fmt.Sprintf(`{"reply":{"err_code":%d,"err_extra":`, status)
	switch status {
	case http.StatusUnauthorized:
		want += `null,"err_msg":"Public API request unauthorized"}}`
	case http.StatusTooManyRequests:
		kind, want = "text/plain", "Too many requests."
	}
	if got.status != status || got.header.Get("Content-Type") != kind || !strings.HasPrefix(got.body, want) {
		t.Errorf("got %+v, want %d and %s", got, status, want)
	}
}
