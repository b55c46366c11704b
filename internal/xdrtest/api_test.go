package xdrtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const probePath = "/tenant/api_keys/validate"

func TestRefusals(t *testing.T) {
	t.Parallel()
	const ms = "1795514400000"
	for _, tt := range []struct {
		name   string
		status int
		change change
	}{
		{"correct", 200, at("POST", statusPath)},
		{"trailing slash", 200, at("POST", statusPath+"/")},
		{"charset", 200, header("Content-Type", "application/json; charset=utf-8")},
		{"clock 15 min slow", 200, signed(newNonce(), -15*time.Minute)},
		{"clock 15 min fast", 200, signed(newNonce(), 15*time.Minute)},
		{"largest id", 200, body(questionBody(1<<63 - 1))},
		{"probe, POST", 200, at("POST", probePath)},
		{"probe, GET", 200, at("GET", probePath+"/")},
		{"standard", 200, plain},

		{"no base path", 500, at("POST", strings.TrimPrefix(statusPath, "/tenant"))},
		{"wrong path comes before the method", 500, at("GET", "/tenant/public_api/v1/actions/get_action")},
		{"GET", 405, at("GET", statusPath)},
		{"probe, PUT", 405, at("PUT", probePath)},

		{"clock too slow", 401, signed(newNonce(), -15*time.Minute-time.Millisecond)},
		{"clock too fast", 401, signed(newNonce(), 15*time.Minute+time.Millisecond)},
		{"nonce too short", 401, signed(newNonce()[1:], 0)},
		{"nonce too long", 401, signed(newNonce()+"A", 0)},
		{"nonce with a dash", 401, signed("-"+newNonce()[1:], 0)},
		{"no nonce", 401, header("x-xdr-nonce")},
		{"two nonces", 401, func(q *http.Request, _ rig) { q.Header.Add("x-xdr-nonce", newNonce()) }},
		{"no timestamp", 401, header("x-xdr-timestamp")},
		{"timestamp in seconds", 401, header("x-xdr-timestamp", ms[:10])},
		{"wrong key", 401, func(q *http.Request, r rig) { sign(q.Header, "other", newNonce(), r.Now()) }},
		{"upper-case digest", 401, func(q *http.Request, _ rig) {
			q.Header.Set("Authorization", strings.ToUpper(q.Header.Get("Authorization")))
		}},
		{"plain key", 401, func(q *http.Request, r rig) { q.Header.Set("Authorization", r.Key()) }},
		{"probe with a wrong key", 401, func(q *http.Request, _ rig) {
			q.URL.Path = probePath
			q.Header.Set("Authorization", "x")
		}},
		{"other key id", 401, header("x-xdr-auth-id", "8")},
		{"no key id", 401, header("x-xdr-auth-id")},
		{"no signature comes before the body", 401, func(q *http.Request, r rig) { plain(q, r); body("")(q, r) }},
		{"standard, signed", 401, signed(newNonce(), 0)},
		{"standard, key and nonce", 401, func(q *http.Request, r rig) { plain(q, r); header("x-xdr-nonce", "1")(q, r) }},
		{"standard, key and timestamp", 401, func(q *http.Request, r rig) { plain(q, r); header("x-xdr-timestamp", ms)(q, r) }},
		{"standard, wrong key", 401, func(q *http.Request, r rig) { plain(q, r); header("Authorization", r.Key()+"x")(q, r) }},

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
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var o xdrtest.Options
			if strings.HasPrefix(tt.name, "standard") {
				o.SecurityLevel = "standard"
			}
			r := start(t, o)
			got := r.ask(anyID, tt.change)
			if tt.status != http.StatusOK || !strings.HasPrefix(tt.name, "probe") {
				got.wants(t, tt.status)
			} else if got.status != tt.status || got.body != `"true"` {
				t.Errorf("got %+v", got)
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

// A lenient Sim takes a nonce that another request has used up, be that a refused one, and JSON without a Content-Type.
func TestLenient(t *testing.T) {
	t.Parallel()
	for lenient, want := range map[bool][2]int{false: {401, 400}, true: {200, 200}} {
		for _, key := range []string{"right", "wrong"} {
			r := start(t, xdrtest.Options{Lenient: lenient, Key: "right"})
			nonce := newNonce()
			r.ask(anyID, func(q *http.Request, r rig) { sign(q.Header, key, nonce, r.Now()) })
			got := [2]int{r.ask(anyID, signed(nonce, time.Second)).status, r.ask(anyID, header("Content-Type")).status}
			if got != want {
				t.Errorf("lenient %v: got %v", lenient, got)
			}
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{}) // ten a second
	for range 11 {                   // what is refused before does not count
		r.ask(anyID, header("Authorization", "wrong")).wants(t, http.StatusUnauthorized)
	}
	for _, step := range []struct {
		after            time.Duration
		allowed, refused int
	}{
		{0, 1, 0},
		{600 * time.Millisecond, 9, 2},
		{399 * time.Millisecond, 0, 1},
		{time.Millisecond, 1, 1}, // only the first one has left the window
		{time.Minute, 10, 1},
	} {
		r.Advance(step.after)
		for range step.allowed {
			r.ask(anyID).wants(t, http.StatusOK)
		}
		for range step.refused {
			r.ask(anyID).wants(t, http.StatusTooManyRequests)
		}
	}
	free := start(t, xdrtest.Options{RateLimit: -1})
	for range 11 {
		free.ask(anyID).wants(t, http.StatusOK)
	}
}
