package xdrtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	now := newClock().Now()
	body := func(text string) func(*http.Request, *xdrtest.Sim) {
		return func(r *http.Request, _ *xdrtest.Sim) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	header := func(name, value string) func(*http.Request, *xdrtest.Sim) {
		return func(r *http.Request, _ *xdrtest.Sim) { r.Header.Set(name, value) }
	}
	signed := func(nonce string, skew time.Duration) func(*http.Request, *xdrtest.Sim) {
		return func(r *http.Request, s *xdrtest.Sim) { sign(r.Header, s.Key(), nonce, now.Add(skew)) }
	}
	path := func(p string) func(*http.Request, *xdrtest.Sim) {
		return func(r *http.Request, _ *xdrtest.Sim) { r.URL.Path = p }
	}
	tests := []struct {
		name   string
		level  string
		change func(*http.Request, *xdrtest.Sim)
		status int
	}{
		{"correct", "advanced", func(*http.Request, *xdrtest.Sim) {}, 200},
		{"trailing slash", "advanced", path("/tenant" + statusPath + "/"), 200},
		{"charset", "advanced", header("Content-Type", "application/json; charset=utf-8"), 200},
		{"clock 14 min slow", "advanced", signed(newNonce(), -14*time.Minute), 200},
		{"clock 14 min fast", "advanced", signed(newNonce(), 14*time.Minute), 200},

		{"no base path", "advanced", path(statusPath), 500},
		{"wrong path", "advanced", path("/tenant/public_api/v1/actions/get_action"), 500},
		{"root", "advanced", path("/"), 500},
		{"GET", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Method = http.MethodGet }, 405},

		{"clock 16 min slow", "advanced", signed(newNonce(), -16*time.Minute), 401},
		{"clock 16 min fast", "advanced", signed(newNonce(), 16*time.Minute), 401},
		{"nonce too short", "advanced", signed(newNonce()[1:], 0), 401},
		{"nonce too long", "advanced", signed(newNonce()+"A", 0), 401},
		{"nonce with a dash", "advanced", signed("-"+newNonce()[1:], 0), 401},
		{"no nonce", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Header.Del("x-xdr-nonce") }, 401},
		{"no timestamp", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Header.Del("x-xdr-timestamp") }, 401},
		{"timestamp in seconds", "advanced", header("x-xdr-timestamp", "1795514400"), 401},
		{"timestamp as a date", "advanced", header("x-xdr-timestamp", "2026-11-24"), 401},
		{"wrong key", "advanced", func(r *http.Request, _ *xdrtest.Sim) { sign(r.Header, "other", newNonce(), now) }, 401},
		{"upper-case digest", "advanced", func(r *http.Request, _ *xdrtest.Sim) {
			r.Header.Set("Authorization", strings.ToUpper(r.Header.Get("Authorization")))
		}, 401},
		{"plain key", "advanced", func(r *http.Request, s *xdrtest.Sim) { r.Header.Set("Authorization", s.Key()) }, 401},
		{"two nonces", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Header.Add("x-xdr-nonce", newNonce()) }, 401},
		{"other key id", "advanced", header("x-xdr-auth-id", "8"), 401},
		{"no key id", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Header.Del("x-xdr-auth-id") }, 401},

		{"standard", "standard", standard, 200},
		{"standard, signed", "standard", func(*http.Request, *xdrtest.Sim) {}, 401},
		{"standard, key and nonce", "standard", func(r *http.Request, s *xdrtest.Sim) {
			standard(r, s)
			r.Header.Set("x-xdr-nonce", newNonce())
		}, 401},
		{"standard, key and timestamp", "standard", func(r *http.Request, s *xdrtest.Sim) {
			standard(r, s)
			r.Header.Set("x-xdr-timestamp", "1795514400000")
		}, 401},
		{"standard, wrong key", "standard", func(r *http.Request, s *xdrtest.Sim) {
			standard(r, s)
			r.Header.Set("Authorization", s.Key()+"x")
		}, 401},

		{"form", "advanced", header("Content-Type", "application/x-www-form-urlencoded"), 400},
		{"no content type", "advanced", func(r *http.Request, _ *xdrtest.Sim) { r.Header.Del("Content-Type") }, 400},
		{"empty body", "advanced", body(""), 400},
		{"broken JSON", "advanced", body(`{"request_data":`), 400},
		{"id as a string", "advanced", body(`{"request_data":{"group_action_id":"1"}}`), 400},
		{"id as a float", "advanced", body(`{"request_data":{"group_action_id":1.0}}`), 400},
		{"id with exponent", "advanced", body(`{"request_data":{"group_action_id":1e3}}`), 400},
		{"id null", "advanced", body(`{"request_data":{"group_action_id":null}}`), 400},
		{"id over 63 bits", "advanced", body(`{"request_data":{"group_action_id":9223372036854775808}}`), 400},
		{"no id", "advanced", body(`{"request_data":{}}`), 400},
		{"no request_data", "advanced", body(`{"group_action_id":1}`), 400},
		{"field beside the id", "advanced", body(`{"request_data":{"group_action_id":1,"x":1}}`), 400},
		{"field beside request_data", "advanced", body(`{"request_data":{"group_action_id":1},"x":1}`), 400},
		{"other case", "advanced", body(`{"Request_Data":{"group_action_id":1}}`), 400},
		{"two documents", "advanced", body(`{"request_data":{"group_action_id":1}}{}`), 400},
		{"too long", "advanced", body(questionBody(1) + strings.Repeat(" ", 64<<10)), 400},
		{"largest id", "advanced", body(questionBody(1<<63 - 1)), 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, xdrtest.Options{SecurityLevel: tt.level, Now: newClock().Now})
			r := request(t, s, now, anyID)
			tt.change(r, s)
			got := send(r)
			if got.status != tt.status {
				t.Errorf("got %+v, want %d", got, tt.status)
			}
			if tt.status != http.StatusOK {
				checkError(t, got, tt.status)
			}
			q := s.Requests()[0]
			if q.Status != tt.status || (q.Problem == "") != (tt.status == http.StatusOK) {
				t.Errorf("logged %d %q, want %d", q.Status, q.Problem, tt.status)
			}
			if strings.Contains(got.body, s.Key()) {
				t.Error("the key is in the reply")
			}
		})
	}
}

// standard makes r a question with a standard key.
func standard(r *http.Request, s *xdrtest.Sim) {
	r.Header.Del("x-xdr-nonce")
	r.Header.Del("x-xdr-timestamp")
	r.Header.Set("Authorization", s.Key())
}

func TestNonceIsUsedUpInAnyCase(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"accepted": "right", "refused": "wrong"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			s := start(t, xdrtest.Options{Now: c.Now, Key: "right"})
			nonce := newNonce()
			first := request(t, s, c.Now(), anyID)
			sign(first.Header, key, nonce, c.Now())
			send(first)
			second := request(t, s, c.Now(), anyID)
			sign(second.Header, "right", nonce, c.Now().Add(time.Second))
			checkError(t, send(second), http.StatusUnauthorized)
		})
	}
}

func TestReplyHeaders(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	a, b := ask(t, s, c.Now(), anyID), ask(t, s, c.Now(), anyID)
	if got := a.header.Get("Date"); got != "Tue, 24 Nov 2026 10:00:00 GMT" {
		t.Errorf("Date %q is not the Sim's time", got)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	id := a.header.Get("X-Request-Id")
	if id == "" || id == b.header.Get("X-Request-Id") || id != s.Requests()[0].RequestID {
		t.Errorf("X-Request-Id %q is not the request's own", id)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	probe := func(key string) reply {
		r := request(t, s, c.Now(), anyID)
		r.URL.Path = "/tenant/public_api/v1/api_keys/validate/"
		sign(r.Header, key, newNonce(), c.Now())
		return send(r)
	}
	if got := probe(s.Key()); got.body != `{"reply":true}` {
		t.Errorf("got %+v", got)
	}
	checkError(t, probe("other"), http.StatusUnauthorized)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, RateLimit: 3})
	want := func(step string, statuses ...int) {
		t.Helper()
		for i, status := range statuses {
			if got := ask(t, s, c.Now(), anyID); got.status != status {
				t.Errorf("%s: request %d got %d, want %d", step, i, got.status, status)
			}
		}
	}
	want("at 0 ms", 200)
	c.move(600 * time.Millisecond)
	want("at 600 ms", 200, 200, 429, 429)
	c.move(399 * time.Millisecond)
	want("at 999 ms", 429)
	c.move(time.Millisecond)
	want("at 1000 ms", 200, 429) // only the first one has left the window
	c.move(time.Minute)
	want("a minute later", 200, 200, 200, 429)

	got := ask(t, s, c.Now(), anyID)
	checkError(t, got, http.StatusTooManyRequests)
	if !strings.Contains(got.body, `"err_msg":"Too many requests."`) {
		t.Errorf("got %s", got.body)
	}
}

func TestDefaultRateLimitIsTen(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := xdrtest.Start(t, xdrtest.Options{Now: c.Now})
	for i := range 11 {
		want := http.StatusOK
		if i == 10 {
			want = http.StatusTooManyRequests
		}
		if got := ask(t, s, c.Now(), anyID); got.status != want {
			t.Errorf("request %d got %d, want %d", i+1, got.status, want)
		}
	}
}

func TestAuthenticationComesBeforeTheRateLimit(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, RateLimit: 1})
	for range 3 {
		r := request(t, s, c.Now(), anyID)
		r.Header.Set("Authorization", "wrong")
		checkError(t, send(r), http.StatusUnauthorized)
	}
	if got := ask(t, s, c.Now(), anyID); got.status != http.StatusOK {
		t.Errorf("got %+v: a refused request counted", got)
	}
}

func TestRequestsAreLoggedInFull(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	r := request(t, s, c.Now(), anyID)
	send(r)
	q := s.Requests()[0]
	if q.Number != 1 || !q.Time.Equal(c.Now()) || q.Method != http.MethodPost || q.Path != "/tenant"+statusPath ||
		string(q.Body) != questionBody(anyID) || q.GroupActionID != anyID {
		t.Errorf("got %+v", q)
	}
	if got := q.Header.Get("Authorization"); got != r.Header.Get("Authorization") {
		t.Errorf("Authorization %q", got)
	}
}
