package xdrtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fakeTB is a test that may fail.
type fakeTB struct {
	*testing.T

	failures int
	cleanups []func()
}

func (f *fakeTB) Errorf(string, ...any) { f.failures++ }
func (f *fakeTB) Cleanup(fn func())     { f.cleanups = append(f.cleanups, fn) }

func TestExpect(t *testing.T) {
	t.Parallel()
	const anything = -1
	for _, tt := range []struct{ want, api, secret, failures int }{
		{2, 2, 2, 0}, {2, 1, 2, 1}, {2, 2, 0, 1}, {2, 3, 2, 1}, {0, 0, 2, 1}, {0, 0, 0, 0}, {anything, 1, 1, 0},
	} {
		f := &fakeTB{T: t}
		clock := lambdatest.NewClock()
		r := rig{xdrtest.Start(f, xdrtest.Options{Now: clock.Now}), clock, t}
		if tt.want != anything {
			r.Expect(tt.want)
			r.ExpectSecretCalls(tt.want)
		}
		for range tt.api {
			r.ask(anyID)
		}
		for range tt.secret {
			r.getSecret()
		}
		for _, fn := range f.cleanups {
			fn()
		}
		if f.failures != tt.failures {
			t.Errorf("%+v: got %d", tt, f.failures)
		}
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{})
	admin := func(method, path string) reply {
		q := post(t, r.URL()+"/_sim/"+path, "")
		q.Method = method
		return send(q)
	}
	good := r.question(anyID)
	send(good)
	bad := r.question(anyID)
	bad.Header.Set("Authorization", r.Key())
	send(bad)
	list := admin(http.MethodGet, "requests").body
	const want = `[{"number":1,"group_action_id":22519813685366,"status":200,"problem":""},` +
		`{"number":2,"group_action_id":0,"status":401,"problem":"Authorization is not the signature"}]`
	if strings.TrimSpace(list) != want {
		t.Errorf("got %s", list)
	}
	first := r.Key()
	if got := admin(http.MethodPost, "rotate"); got.status != http.StatusNoContent || r.Key() == first {
		t.Errorf("rotate: %+v", got)
	}
	second := r.Key()
	if got := admin(http.MethodPost, "revoke"); got.status != http.StatusNoContent || r.Key() == second {
		t.Errorf("revoke: %+v", got)
	}
	if !strings.Contains(*r.getSecret().SecretString, second) {
		t.Error("rotate did not change the secret, or revoke did")
	}
}
