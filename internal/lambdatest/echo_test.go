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

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambdatest-")
	if err != nil {
		panic(err)
	}
	if binary, err = lambdatest.Build(context.Background(), "testdata/echo", dir, nil); err != nil {
		panic(err)
	}
	os.Setenv("LAMBDATEST_LEAK", "of the test")
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
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
	event   []byte // makes an invocation go through the gate
	arrived chan struct{}
	open    func()
}

func newGate(t *testing.T) gate {
	arrived := make(chan struct{}, 10)
	passage := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-passage
	}))
	g := gate{
		event:   fmt.Appendf(nil, "%q", server.URL),
		arrived: arrived,
		open:    sync.OnceFunc(func() { close(passage) }),
	}
	t.Cleanup(server.Close)
	t.Cleanup(g.open)
	return g
}
