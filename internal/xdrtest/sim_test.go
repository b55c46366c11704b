package xdrtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fakeTB is a test that may fail.
type fakeTB struct {
	*testing.T

	failures int
	cleanup  func()
}

func (f *fakeTB) Errorf(string, ...any) { f.failures++ }
func (f *fakeTB) Cleanup(fn func())     { f.cleanup = fn }

func TestExpect(t *testing.T) {
	t.Parallel()
	const anything = -1
	for _, tt := range []struct{ want, api, secret, failures int }{
		{2, 2, 2, 0}, {2, 1, 2, 1}, {2, 3, 2, 1}, {0, 1, 2, 2}, {0, 0, 0, 0}, {anything, 1, 1, 0},
	} {
		f := &fakeTB{T: t}
		r := rig{Sim: xdrtest.Start(f, xdrtest.Options{}), t: t}
		if tt.want != anything {
			r.Expect(tt.want)
			r.ExpectSecretCalls(tt.want)
		}
		for range tt.api {
			send(r.request(statusPath))
		}
		for range tt.secret {
			r.secret(goodSecret)
		}
		f.cleanup()
		if f.failures != tt.failures {
			t.Errorf("%+v: got %d", tt, f.failures)
		}
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	r.ask(anyID)
	r.ask(anyID, plain)
	const want = `[{"number":1,"group_action_id":22519813685366,"status":200,"problem":""},` +
		`{"number":2,"group_action_id":0,"status":401,"problem":"x-xdr-nonce is not 64 letters and digits"}]`
	if list := send(r.request("/_sim/requests", at("GET", "/_sim/requests"))); strings.TrimSpace(list.body) != want {
		t.Errorf("got %s", list.body)
	}
	for path, inSecret := range map[string]bool{"/_sim/rotate": true, "/_sim/revoke": false} {
		before := r.Key()
		secret := r.secret(goodSecret).body
		if got := send(r.request(path)); got.status != http.StatusNoContent || r.Key() == before || len(r.Key()) != 128 {
			t.Errorf("%s: %+v", path, got)
		}
		after := r.secret(goodSecret).body
		if (after != secret) != inSecret || strings.Contains(after, r.Key()) != inSecret {
			t.Errorf("%s: the secret is %s, and was %s", path, after, secret)
		}
	}
}

func TestLeak(t *testing.T) {
	t.Parallel()
	const key = xdrtest.Canary
	escaped := fmt.Sprintf("u00%x", key[70]) + key[71:86]
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", false},
		{key, true},
		{"nothing " + key[:15] + " " + key[113:], false},
		{"the first 16: " + key[:16] + "…", true},
		{"the last 16: " + key[112:], true},
		{strings.ToUpper(key[40:56]), true},
		{`{"a":"\` + escaped + `"}`, true},
		{`"{\"a\":\"\\` + escaped + `\"}"`, true},
		{`"\u005c` + escaped + `"`, true},
		{"short", true},
		{"shor", false},
	} {
		if got := xdrtest.Leak(c.text, key, "short"); (got != "") != c.want {
			t.Errorf("Leak(%q) = %q, want a leak: %v", c.text, got, c.want)
		}
	}
}
