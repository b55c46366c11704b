package lambdatest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

var binary string // testdata/echo, built once

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lambdatest-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if binary, err = lambdatest.Build(context.Background(), "testdata/echo", dir, nil); err != nil {
		panic(err)
	}
	os.Setenv("LAMBDATEST_LEAK", "of the test")
	return m.Run()
}

func start(t *testing.T, o lambdatest.Options) *lambdatest.Function {
	t.Helper()
	o.Binary = binary
	return lambdatest.Start(t, o)
}

func invoke(t *testing.T, f *lambdatest.Function, event string) lambdatest.Reply {
	t.Helper()
	r, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return r
}

// gate is a URL at which invocations wait until the test lets them pass.
type gate struct {
	url     string
	arrived chan struct{}
	open    func()
}

func newGate(t *testing.T) gate {
	arrived, passage := make(chan struct{}, 10), make(chan struct{})
	g := gate{arrived: arrived, open: sync.OnceFunc(func() { close(passage) })}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-passage
	}))
	g.url = server.URL
	t.Cleanup(server.Close)
	t.Cleanup(g.open)
	return g
}

// event makes an invocation go through the gate.
func (g gate) event() []byte { return fmt.Appendf(nil, `{"get":%q}`, g.url) }

// fakeTB is a test that ends when told to, and may fail.
type fakeTB struct {
	fatal    string
	cleanups []func()
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.fatal = fmt.Sprintf(format, args...)
	panic(f)
}

func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) end() {
	for _, fn := range f.cleanups {
		fn()
	}
}
