package xdrtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// fakeTB is a test that may fail.
type fakeTB struct {
	mu       sync.Mutex
	errors   []string
	cleanups []func()
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.errors)
}

func TestExpect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want, api, secret int
		before, after     int // failures before and after the cleanup
	}{
		{2, 2, 2, 0, 0}, {2, 1, 2, 0, 1}, {2, 2, 0, 0, 1}, {2, 3, 2, 1, 1}, {0, 0, 2, 2, 2}, {0, 0, 0, 0, 0},
	} {
		f := &fakeTB{}
		s := xdrtest.Start(f, xdrtest.Options{Now: newClock().Now})
		s.Expect(tt.want)
		s.ExpectSecretCalls(tt.want)
		for range tt.api {
			ask(t, s, newClock().Now(), anyID)
		}
		for range tt.secret {
			getSecret(t, s)
		}
		before := f.failures()
		for _, fn := range f.cleanups {
			fn()
		}
		if before != tt.before || f.failures() != tt.after {
			t.Errorf("%+v: got %d, then %v", tt, before, f.errors)
		}
	}
}

func TestNothingExpectedIsAnything(t *testing.T) {
	t.Parallel()
	f := &fakeTB{}
	s := xdrtest.Start(f, xdrtest.Options{Now: newClock().Now})
	ask(t, s, newClock().Now(), anyID)
	f.cleanups[0]()
	if f.failures() != 0 {
		t.Errorf("got %v", f.errors)
	}
}

func TestExpectNeedsStart(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	xdrtest.New(xdrtest.Options{}).Expect(1)
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now})
	admin := func(method, path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got := send(r)
		return got.status, got.body
	}
	if _, body := admin(http.MethodGet, "/_sim/requests"); strings.TrimSpace(body) != "[]" {
		t.Errorf("got %s", body)
	}
	good, bad := request(t, s, c.Now(), anyID), request(t, s, c.Now(), anyID)
	bad.Header.Set("Authorization", s.Key())
	send(good)
	send(bad)
	_, body := admin(http.MethodGet, "/_sim/requests")
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
	if strings.Contains(body, s.Key()) || strings.Contains(body, good.Header.Get("Authorization")) {
		t.Error("a secret is in the list")
	}

	first := s.Key()
	if status, _ := admin(http.MethodPost, "/_sim/rotate"); status != http.StatusNoContent || s.Key() == first {
		t.Errorf("rotate: %d", status)
	}
	second := s.Key()
	if status, _ := admin(http.MethodPost, "/_sim/revoke"); status != http.StatusNoContent || s.Key() == second {
		t.Errorf("revoke: %d", status)
	}
	if !strings.Contains(*getSecret(t, s).SecretString, second) {
		t.Error("revoke changed the secret")
	}
	if status, _ := admin(http.MethodGet, "/_sim/rotate"); status != http.StatusMethodNotAllowed {
		t.Errorf("GET rotate: %d", status)
	}
	if len(s.Requests()) != 2 {
		t.Error("the simulator's own paths count as API requests")
	}
}

func TestLogHasALineForEachRequestAndNoKey(t *testing.T) {
	t.Parallel()
	var out syncBuffer
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, SecurityLevel: "standard", Log: slog.New(slog.NewTextHandler(&out, nil))})
	r := request(t, s, c.Now(), anyID)
	standard(r, s)
	send(r)
	getSecret(t, s)
	if got := out.String(); strings.Count(got, "\n") != 2 || strings.Contains(got, s.Key()) {
		t.Errorf("got %s", got)
	}
}

func TestManyClients(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{load(t, "mixed")}})
	var wg sync.WaitGroup
	for i := range 20 {
		r := request(t, s, c.Now(), int64(i))
		wg.Go(func() {
			if got := send(r); got.status != http.StatusOK {
				t.Errorf("got %+v", got)
			}
			s.AddFaults(xdrtest.Fault{From: 1000, Status: 503})
			s.Requests()
			c.move(1)
		})
	}
	wg.Wait()
	for i, q := range s.Requests() {
		if q.Number != i+1 || q.Status != http.StatusOK {
			t.Errorf("request %d is logged as %d with %d", i+1, q.Number, q.Status)
		}
	}
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*syncBuffer)(nil)

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
