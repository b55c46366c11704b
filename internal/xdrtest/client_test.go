package xdrtest_test

import (
	"crypto/rand"
	"crypto/sha256"
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
	statusPath = "/tenant/public_api/v1/actions/get_action_status"
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

func start(t *testing.T, o xdrtest.Options) rig {
	t.Helper()
	clock := new(lambdatest.Clock)
	o.Now = clock.Now
	o.BasePath = "/tenant"
	return rig{xdrtest.Start(t, o), clock, t}
}

// play starts a Sim whose every action goes like this.
func play(t *testing.T, agents ...xdrtest.Agent) rig {
	t.Helper()
	return start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{{Agents: agents}}})
}

func always(status string) []xdrtest.Step { return []xdrtest.Step{{Status: status}} }

func newNonce() string { return (rand.Text() + rand.Text() + rand.Text())[:64] }

func sign(h http.Header, key, nonce string, at time.Time) {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	h.Set("Authorization", fmt.Sprintf("%x", sha256.Sum256([]byte(key+nonce+stamp))))
	h.Set("x-xdr-nonce", nonce)
	h.Set("x-xdr-timestamp", stamp)
}

// change makes a correct request another one.
type change func(*http.Request, rig)

func header(name string, values ...string) change {
	return func(q *http.Request, _ rig) { q.Header[http.CanonicalHeaderKey(name)] = values }
}

func at(method, path string) change {
	return func(q *http.Request, _ rig) {
		q.Method = method
		q.URL.Path = path
	}
}

func body(text string) change {
	return func(q *http.Request, _ rig) {
		q.Body = io.NopCloser(strings.NewReader(text))
		q.ContentLength = int64(len(text))
	}
}

func signed(nonce string, skew time.Duration) change {
	return func(q *http.Request, r rig) { sign(q.Header, r.Key(), nonce, r.Now().Add(skew)) }
}

// plain makes it a question with a standard key.
func plain(q *http.Request, r rig) {
	q.Header.Del("x-xdr-nonce")
	q.Header.Del("x-xdr-timestamp")
	q.Header.Set("Authorization", r.Key())
}

func (r rig) request(url string, changes ...change) *http.Request {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.URL()+url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range changes {
		c(q, r)
	}
	return q
}

func questionBody(id int64) string {
	return fmt.Sprintf(`{"request_data": {"group_action_id": %d}}`, id)
}

// question is a signed question, correct but for the changes.
func (r rig) question(id int64, changes ...change) *http.Request {
	r.t.Helper()
	correct := []change{header("Content-Type", "application/json"), header("x-xdr-auth-id", "7"),
		signed(newNonce(), 0), body(questionBody(id))}
	return r.request(statusPath, append(correct, changes...)...)
}

func (r rig) ask(id int64, changes ...change) reply {
	r.t.Helper()
	return send(r.question(id, changes...))
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
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	res, err := c.Do(q)
	if err != nil {
		return reply{err: err}
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	return reply{status: res.StatusCode, header: res.Header, body: string(b), err: err}
}

// wants checks a refusal: the API's error object, or the text that tenants were seen to send.
func (got reply) wants(t *testing.T, status int) {
	t.Helper()
	kind := "application/json"
	want := fmt.Sprintf(`{"reply":{"err_code":%d,"err_extra":`, status)
	switch status {
	case http.StatusOK:
		want = `{"reply":{"data":{`
	case http.StatusUnauthorized:
		want += `null,"err_msg":"Public API request unauthorized"}}`
	case http.StatusTooManyRequests:
		kind = "text/plain"
		want = "Too many requests."
	case http.StatusInternalServerError: // of the web server, to a wrong path
		kind = "text/plain"
		want = "Internal Server Error\r\n"
	}
	if got.status != status || got.header.Get("Content-Type") != kind || !strings.HasPrefix(got.body, want) {
		t.Errorf("got %+v, want %d and %s", got, status, want)
	}
}
