package xdrtest_test

import (
	"encoding/json"
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
		q := post(t, r.URL()+path, "")
		q.Method = method
		return send(q)
	}
	if list := admin(http.MethodGet, "/_sim/requests"); strings.TrimSpace(list.body) != "[]" {
		t.Errorf("got %s", list.body)
	}
	good := r.question(anyID)
	send(good)
	bad := r.question(anyID)
	bad.Header.Set("Authorization", r.Key())
	send(bad)
	body := admin(http.MethodGet, "/_sim/requests").body
	var list []struct {
		Number, Status int
		Problem        string
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Status != 200 || list[1].Number != 2 || list[1].Status != 401 || list[1].Problem == "" {
		t.Errorf("got %s", body)
	}
	if strings.Contains(body, r.Key()) || strings.Contains(body, good.Header.Get("Authorization")) {
		t.Error("a secret is in the list")
	}
	first := r.Key()
	if got := admin(http.MethodPost, "/_sim/rotate"); got.status != http.StatusNoContent || r.Key() == first {
		t.Errorf("rotate: %+v", got)
	}
	second := r.Key()
	if got := admin(http.MethodPost, "/_sim/revoke"); got.status != http.StatusNoContent || r.Key() == second {
		t.Errorf("revoke: %+v", got)
	}
	if !strings.Contains(*r.getSecret().SecretString, second) {
		t.Error("revoke changed the secret")
	}
	if got := admin(http.MethodGet, "/_sim/rotate"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET rotate: %+v", got)
	}
}
