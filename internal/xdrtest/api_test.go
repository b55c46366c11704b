package xdrtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// change makes a correct question another one.
type change func(*http.Request, rig)

func header(name, value string) change {
	return func(q *http.Request, _ rig) { q.Header.Set(name, value) }
}

func without(name string) change {
	return func(q *http.Request, _ rig) { q.Header.Del(name) }
}

func path(p string) change {
	return func(q *http.Request, _ rig) { q.URL.Path = p }
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

// standard makes it a question with a standard key.
func standard(q *http.Request, r rig) {
	q.Header.Del("x-xdr-nonce")
	q.Header.Del("x-xdr-timestamp")
	q.Header.Set("Authorization", r.Key())
}

func correct(*http.Request, rig) {}

// probe makes it the question if the key is good.
func probe(method string) change {
	return func(q *http.Request, _ rig) {
		q.Method = method
		q.URL.Path = "/tenant/api_keys/validate/"
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	type test struct {
		name   string
		status int
		change change
	}
	advanced := []test{
		{"correct", 200, correct},
		{"trailing slash", 200, path("/tenant" + statusPath + "/")},
		{"charset", 200, header("Content-Type", "application/json; charset=utf-8")},
		{"clock 15 min slow", 200, signed(newNonce(), -15*time.Minute)},
		{"clock 15 min fast", 200, signed(newNonce(), 15*time.Minute)},
		{"largest id", 200, body(questionBody(1<<63 - 1))},

		{"no base path", 500, path(statusPath)},
		{"wrong path", 500, path("/tenant/public_api/v1/actions/get_action")},
		{"wrong path comes before the method", 500, func(q *http.Request, _ rig) {
			q.Method = http.MethodGet
			q.URL.Path = "/"
		}},
		{"GET", 405, func(q *http.Request, _ rig) { q.Method = http.MethodGet }},
		{"probe, POST", 200, path("/tenant/api_keys/validate")},
		{"probe, PUT", 405, probe(http.MethodPut)},
		{"probe, GET", 200, probe(http.MethodGet)},
		{"probe with a wrong key", 401, func(q *http.Request, r rig) {
			probe(http.MethodGet)(q, r)
			q.Header.Set("Authorization", "x")
		}},

		{"clock too slow", 401, signed(newNonce(), -15*time.Minute-time.Millisecond)},
		{"clock too fast", 401, signed(newNonce(), 15*time.Minute+time.Millisecond)},
		{"nonce too short", 401, signed(newNonce()[1:], 0)},
		{"nonce too long", 401, signed(newNonce()+"A", 0)},
		{"nonce with a dash", 401, signed("-"+newNonce()[1:], 0)},
		{"no nonce", 401, without("x-xdr-nonce")},
		{"two nonces", 401, func(q *http.Request, _ rig) { q.Header.Add("x-xdr-nonce", newNonce()) }},
		{"no timestamp", 401, without("x-xdr-timestamp")},
		{"timestamp in seconds", 401, header("x-xdr-timestamp", "1795514400")},
		{"wrong key", 401, func(q *http.Request, r rig) { sign(q.Header, "other", newNonce(), r.Now()) }},
		{"upper-case digest", 401, func(q *http.Request, _ rig) {
			q.Header.Set("Authorization", strings.ToUpper(q.Header.Get("Authorization")))
		}},
		{"plain key", 401, func(q *http.Request, r rig) { q.Header.Set("Authorization", r.Key()) }},
		{"other key id", 401, header("x-xdr-auth-id", "8")},
		{"no key id", 401, without("x-xdr-auth-id")},
		{"no signature comes before the body", 401, func(q *http.Request, r rig) { standard(q, r); body("")(q, r) }},

		{"form", 400, header("Content-Type", "application/x-www-form-urlencoded")},
		{"empty body", 400, body("")},
		{"id as a string", 400, body(`{"request_data":{"group_action_id":"1"}}`)},
		{"id as a float", 400, body(`{"request_data":{"group_action_id":1.0}}`)},
		{"id over 63 bits", 400, body(`{"request_data":{"group_action_id":9223372036854775808}}`)},
		{"no request_data", 400, body(`{"group_action_id":1}`)},
		{"second field next to the id", 400, body(`{"request_data":{"group_action_id":1,"x":1}}`)},
		{"second field next to request_data", 400, body(`{"request_data":{"group_action_id":1},"x":1}`)},
		{"other case", 400, body(`{"Request_Data":{"group_action_id":1}}`)},
		{"two documents", 400, body(`{"request_data":{"group_action_id":1}}{}`)},
		{"too long", 400, body(questionBody(1) + strings.Repeat(" ", 64<<10))},
	}
	plain := []test{
		{"standard", 200, standard},
		{"standard, signed", 401, correct},
		{"standard, key and nonce", 401, func(q *http.Request, r rig) { standard(q, r); q.Header.Set("x-xdr-nonce", "1") }},
		{"standard, key and timestamp", 401, func(q *http.Request, r rig) {
			standard(q, r)
			q.Header.Set("x-xdr-timestamp", "1795514400000")
		}},
		{"standard, wrong key", 401, func(q *http.Request, r rig) {
			standard(q, r)
			q.Header.Set("Authorization", r.Key()+"x")
		}},
	}
	for level, tests := range map[string][]test{"advanced": advanced, "standard": plain} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				r := start(t, xdrtest.Options{SecurityLevel: level})
				q := r.question(anyID)
				tt.change(q, r)
				got := send(q)
				if got.status != tt.status {
					t.Errorf("got %+v, want %d", got, tt.status)
				}
				switch {
				case tt.status == http.StatusInternalServerError:
					if !strings.HasPrefix(got.body, "Internal Server Error\r\n") {
						t.Errorf("got %s", got.body)
					}
				case tt.status != http.StatusOK:
					checkError(t, got, tt.status)
				case strings.HasPrefix(tt.name, "probe") != (got.body == `"true"`):
					t.Errorf("got %s", got.body)
				}
				logged := r.Requests()[0]
				if logged.Status != tt.status || (logged.Problem == "") != (tt.status == http.StatusOK) {
					t.Errorf("logged %d %q, want %d", logged.Status, logged.Problem, tt.status)
				}
				if strings.Contains(got.body, r.Key()) {
					t.Error("the key is in the reply")
				}
			})
		}
	}
}

// The signature is checked against a vector that was not made in Go:
//
//	printf %s KEY NONCE 1795514400000 | sha256sum
func TestSignature(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{Key: xdrtest.Canary})
	q := r.question(anyID)
	q.Header.Set("x-xdr-nonce", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB")
	q.Header.Set("x-xdr-timestamp", "1795514400000")
	q.Header.Set("Authorization", "e35ae66c644615f6f318a29554820ccd1ee4cb715849a6bde720e64648e2e731")
	if got := send(q); got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
}

// A lenient Sim takes a nonce that another request has used up, be that a refused one, and JSON without a Content-Type.
func TestLenient(t *testing.T) {
	t.Parallel()
	for lenient, want := range map[bool][2]int{false: {401, 400}, true: {200, 200}} {
		for _, key := range []string{"right", "wrong"} {
			r := start(t, xdrtest.Options{Lenient: lenient, Key: "right"})
			nonce := newNonce()
			first := r.question(anyID)
			sign(first.Header, key, nonce, r.Now())
			send(first)
			second := r.question(anyID)
			sign(second.Header, "right", nonce, r.Now().Add(time.Second))
			third := r.question(anyID)
			third.Header.Del("Content-Type")
			if got := [2]int{send(second).status, send(third).status}; got != want {
				t.Errorf("lenient %v: got %v", lenient, got)
			}
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := lambdatest.NewClock()
	r := rig{xdrtest.Start(t, xdrtest.Options{Now: clock.Now}), clock, t} // ten a second
	for range 11 {                                                        // what is refused before does not count
		q := r.question(anyID)
		q.Header.Set("Authorization", "wrong")
		checkError(t, send(q), http.StatusUnauthorized)
	}
	for _, step := range []struct {
		after    time.Duration
		statuses []int
	}{
		{0, []int{200}},
		{600 * time.Millisecond, []int{200, 200, 200, 200, 200, 200, 200, 200, 200, 429, 429}},
		{399 * time.Millisecond, []int{429}},
		{time.Millisecond, []int{200, 429}}, // only the first one has left the window
		{time.Minute, []int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 429}},
	} {
		r.Advance(step.after)
		for i, status := range step.statuses {
			if got := r.ask(anyID); got.status != status {
				t.Errorf("%v later: request %d got %d, want %d", step.after, i, got.status, status)
			}
		}
	}
	checkError(t, r.ask(anyID), http.StatusTooManyRequests)
}

func TestRequestsAreLogged(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	sent := r.question(anyID)
	id := send(sent).header.Get("X-Request-Id")
	q := r.Requests()[0]
	if !q.Time.Equal(r.Now()) || q.Method != http.MethodPost || q.Path != "/tenant"+statusPath || q.RequestID != id || id == "" ||
		string(q.Body) != questionBody(anyID) || q.GroupActionID != anyID ||
		q.Header.Get("Authorization") != sent.Header.Get("Authorization") {
		t.Errorf("logged %+v", q)
	}
}
