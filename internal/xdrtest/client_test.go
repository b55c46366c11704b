package xdrtest_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
	statusPath = "/public_api/v1/actions/get_action_status"
	anyID      = 22519813685366
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start starts a Sim with a base path and without a rate limit, unless o says otherwise.
func start(t *testing.T, o xdrtest.Options) *xdrtest.Sim {
	t.Helper()
	if o.BasePath == "" {
		o.BasePath = "/tenant"
	}
	if o.RateLimit == 0 {
		o.RateLimit = -1
	}
	return xdrtest.Start(t, o)
}

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

// request is a correct, signed question.
func request(t *testing.T, s *xdrtest.Sim, now time.Time, id int64) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+statusPath, strings.NewReader(questionBody(id)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-xdr-auth-id", "7")
	sign(r.Header, s.Key(), newNonce(), now)
	return r
}

// reply is what came back; err is a failure to read all of it.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// send sends on a connection of its own, so that no failure is hidden by a second attempt.
func send(r *http.Request) reply {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(r)
	if err != nil {
		return reply{err: err}
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	return reply{res.StatusCode, res.Header, string(b), err}
}

func ask(t *testing.T, s *xdrtest.Sim, now time.Time, id int64) reply {
	t.Helper()
	return send(request(t, s, now, id))
}

// statuses asks, and returns the agents' statuses.
func statuses(t *testing.T, s *xdrtest.Sim, now time.Time, id int64) map[string]string {
	t.Helper()
	got := ask(t, s, now, id)
	if got.err != nil || got.status != http.StatusOK {
		t.Fatalf("got %+v", got)
	}
	var v struct {
		Reply struct {
			Data map[string]string `json:"data"`
		} `json:"reply"`
	}
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatal(err)
	}
	return v.Reply.Data
}

// counts counts the agents by status.
func counts(data map[string]string) map[string]int {
	n := map[string]int{}
	for _, status := range data {
		n[status]++
	}
	return n
}

func load(t *testing.T, name string) xdrtest.Scenario {
	t.Helper()
	s, err := xdrtest.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkError checks the API's error object.
func checkError(t *testing.T, got reply, status int) {
	t.Helper()
	var v struct {
		Reply struct {
			Code *int             `json:"err_code"`
			Msg  *string          `json:"err_msg"`
			Ext  *json.RawMessage `json:"err_extra"`
		} `json:"reply"`
	}
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatalf("%v in %+v", err, got)
	}
	if got.status != status || v.Reply.Code == nil || *v.Reply.Code != status || v.Reply.Msg == nil || *v.Reply.Msg == "" {
		t.Errorf("got %+v, want status and err_code %d and an err_msg", got, status)
	}
	if !strings.Contains(got.body, `"err_extra":`) {
		t.Errorf("no err_extra in %s", got.body)
	}
}

func withTimeout(t *testing.T, r *http.Request, d time.Duration) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), d)
	t.Cleanup(cancel)
	return r.WithContext(ctx)
}
