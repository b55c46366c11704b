package xdrtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const normal = `{"reply":{"data":{"` + agentA + `":"FAILED"}}}`

// faulty starts a Sim whose normal reply is normal.
func faulty(t *testing.T, c *clock, faults ...xdrtest.Fault) *xdrtest.Sim {
	t.Helper()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{
		Agents: []xdrtest.Agent{{ID: agentA, Timeline: always("FAILED")}},
	}}})
	s.AddFaults(faults...)
	return s
}

func TestFaultReplies(t *testing.T) {
	t.Parallel()
	const page = "<html>502</html>"
	for _, tt := range []struct {
		name   string
		faults []xdrtest.Fault
		status int
		body   string // "" for the API's error object
		header map[string]string
	}{
		{"status", []xdrtest.Fault{{Status: 503}}, 503, "", nil},
		{"402", []xdrtest.Fault{{Status: 402}}, 402, "", nil},
		{"page", []xdrtest.Fault{{Status: 502, Body: page, ContentType: "text/html"}}, 502, page,
			map[string]string{"Content-Type": "text/html"}},
		{"body alone", []xdrtest.Fault{{Body: "[]"}}, 200, "[]", nil},
		{"headers alone", []xdrtest.Fault{{Headers: map[string]string{"location": "http://127.0.0.1/"}}}, 200, normal,
			map[string]string{"Location": "http://127.0.0.1/"}},
		{"seconds", []xdrtest.Fault{{Status: 429, RetryAfter: "7"}}, 429, "", map[string]string{"Retry-After": "7"}},
		{"date", []xdrtest.Fault{{Status: 503, RetryAfter: "date+7"}}, 503, "",
			map[string]string{"Retry-After": "Tue, 24 Nov 2026 10:00:07 GMT"}},
		{"nonsense", []xdrtest.Fault{{RetryAfter: "soon"}}, 200, normal, map[string]string{"Retry-After": "soon"}},
		{"padding", []xdrtest.Fault{{PadBytes: 3}}, 200, "{   " + normal[1:], nil},
		{"two faults", []xdrtest.Fault{{Status: 500, RetryAfter: "1"}, {Status: 504}}, 504, "",
			map[string]string{"Retry-After": "1"}},
		{"cut past the end", []xdrtest.Fault{{CutAfterBytes: 1000}}, 200, normal, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			got := ask(t, faulty(t, c, tt.faults...), c.Now(), anyID)
			switch {
			case got.err != nil || got.status != tt.status:
				t.Errorf("got %+v, want %d", got, tt.status)
			case tt.body == "":
				checkError(t, got, tt.status)
			case got.body != tt.body:
				t.Errorf("got %s, want %s", got.body, tt.body)
			}
			for name, want := range tt.header {
				if got.header.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
				}
			}
		})
	}
}

func TestFaultWindow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to int
		want     string // of five requests: F for a fault
	}{
		{0, 0, "FFFFF"}, {1, 0, "F...."}, {3, 0, "..F.."}, {2, 4, ".FFF."}, {0, 2, "FF..."},
	} {
		c := newClock()
		s := faulty(t, c, xdrtest.Fault{From: tt.from, To: tt.to, Status: 503})
		var got strings.Builder
		for range 5 {
			if ask(t, s, c.Now(), anyID).status == http.StatusOK {
				got.WriteByte('.')
			} else {
				got.WriteByte('F')
			}
		}
		if got.String() != tt.want {
			t.Errorf("from %d to %d: got %s, want %s", tt.from, tt.to, got.String(), tt.want)
		}
	}
}

func TestFaultRateIsSeeded(t *testing.T) {
	t.Parallel()
	pattern := func(seed uint64) (string, int) {
		c := newClock()
		s := start(t, xdrtest.Options{Now: c.Now, Seed: seed})
		s.AddFaults(xdrtest.Fault{Rate: 0.2, Status: 503})
		var b strings.Builder
		for range 200 {
			b.WriteString(http.StatusText(ask(t, s, c.Now(), anyID).status))
		}
		return b.String(), strings.Count(b.String(), "Unavailable")
	}
	first, n := pattern(1)
	if again, _ := pattern(1); again != first {
		t.Error("the same seed hits other requests")
	}
	if other, _ := pattern(2); other == first {
		t.Error("another seed hits the same requests")
	}
	if n < 20 || n > 60 {
		t.Errorf("%d of 200 hit, want about 40", n)
	}
}

func TestFaultReset(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := faulty(t, c, xdrtest.Fault{From: 1, Reset: true})
	if got := ask(t, s, c.Now(), anyID); !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want a connection reset", got)
	}
	if got := ask(t, s, c.Now(), anyID); got.body != normal {
		t.Errorf("afterwards got %+v", got)
	}
	if q := s.Requests()[0]; q.Status != 0 {
		t.Errorf("logged status %d for a reset", q.Status)
	}
}

func TestFaultCut(t *testing.T) {
	t.Parallel()
	c := newClock()
	got := ask(t, faulty(t, c, xdrtest.Fault{CutAfterBytes: 20}), c.Now(), anyID)
	if !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != normal[:20] {
		t.Errorf("got %+v, want %s and an unexpected EOF", got, normal[:20])
	}
}

func TestFaultGzip(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := faulty(t, c, xdrtest.Fault{Gzip: true, PadBytes: 1 << 20})
	if got := ask(t, s, c.Now(), anyID); len(got.body) != len(normal)+1<<20 {
		t.Errorf("got %d bytes and %v after the client's own decompression", len(got.body), got.err)
	}

	r := request(t, s, c.Now(), anyID)
	r.Header.Set("Accept-Encoding", "gzip") // net/http leaves the body alone
	got := send(r)
	if got.header.Get("Content-Encoding") != "gzip" || len(got.body) > 10_000 || !strings.HasPrefix(got.body, "\x1f\x8b") {
		t.Errorf("got %d bytes, %v", len(got.body), got.header)
	}

	r = request(t, s, c.Now(), anyID)
	r.Header.Set("Accept-Encoding", "identity")
	got = send(r)
	if got.header.Get("Content-Encoding") != "" || !strings.HasPrefix(got.body, "{ ") {
		t.Errorf("compressed for a client that does not accept it: %v", got.header)
	}
}

func TestFaultDelayEndsWithTheClient(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := faulty(t, c, xdrtest.Fault{DelaySeconds: 3600})
	r := withTimeout(t, request(t, s, c.Now(), anyID), 20*time.Millisecond)
	if got := send(r); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("got %+v", got)
	} // closing the server would hang if the delay went on
}

func TestFaultDelayPrecedesTheReply(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := faulty(t, c, xdrtest.Fault{DelaySeconds: 0.05})
	begin := time.Now()
	got := ask(t, s, c.Now(), anyID)
	if took := time.Since(begin); got.body != normal || took < 50*time.Millisecond {
		t.Errorf("got %+v after %v", got, took)
	}
}

func TestFaultsDoNotHideRefusals(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, RateLimit: 1})
	s.AddFaults(xdrtest.Fault{Status: 503})
	r := request(t, s, c.Now(), anyID)
	r.Header.Set("Authorization", "wrong")
	checkError(t, send(r), http.StatusUnauthorized)
	checkError(t, ask(t, s, c.Now(), anyID), http.StatusServiceUnavailable)
	checkError(t, ask(t, s, c.Now(), anyID), http.StatusTooManyRequests)
}
