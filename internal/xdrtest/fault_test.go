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

// nothing is a fault without an effect, which leaves those of other faults as they are.
var nothing = xdrtest.Fault{To: 1000}

// faulty starts a Sim whose normal reply is normal.
func faulty(t *testing.T, faults ...xdrtest.Fault) rig {
	t.Helper()
	r := play(t, xdrtest.Agent{ID: agentA, Timeline: always("FAILED")})
	r.AddFaults(faults...)
	return r
}

func TestFaultReplies(t *testing.T) {
	t.Parallel()
	const page = "<html>502</html>"
	for _, tt := range []struct {
		name   string
		faults []xdrtest.Fault
		status int
		body   string // "" for the API's error object
		retry  string
	}{
		{"status", []xdrtest.Fault{{Status: 503}}, 503, "", ""},
		{"page", []xdrtest.Fault{{Status: 502, Body: page, ContentType: "text/html"}}, 502, page, ""},
		{"body alone", []xdrtest.Fault{{Body: "[]"}}, 200, "[]", ""},
		{"seconds", []xdrtest.Fault{{Status: 429, RetryAfter: "7"}}, 429, "", "7"},
		{"date", []xdrtest.Fault{{Status: 503, RetryAfter: "date+7"}}, 503, "", "Tue, 24 Nov 2026 10:00:07 GMT"},
		{"nonsense", []xdrtest.Fault{{RetryAfter: "soon"}}, 200, normal, "soon"},
		{"slow clock", []xdrtest.Fault{{Date: "date-900"}}, 200, normal, ""},
		{"padding", []xdrtest.Fault{{PadBytes: 3}}, 200, "{   " + normal[1:], ""},
		{"two faults", []xdrtest.Fault{{Status: 500, RetryAfter: "1"}, {Status: 504}}, 504, "", "1"},
		{"cut past the end", []xdrtest.Fault{{CutAfterBytes: 1000}}, 200, normal, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := faulty(t, tt.faults...).ask(anyID)
			if got.err != nil || got.status != tt.status || got.header.Get("Retry-After") != tt.retry {
				t.Errorf("got %+v, want %d", got, tt.status)
			}
			if tt.body == "" {
				checkError(t, got, tt.status)
			} else if got.body != tt.body {
				t.Errorf("got %s, want %s", got.body, tt.body)
			}
			date := "Tue, 24 Nov 2026 10:00:00 GMT"
			if tt.name == "slow clock" {
				date = "Tue, 24 Nov 2026 09:45:00 GMT"
			}
			if got.header.Get("Date") != date {
				t.Errorf("Date %q", got.header.Get("Date"))
			}
			if html := got.header.Get("Content-Type") == "text/html"; html != (tt.body == page) {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

func TestFaultWindow(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]xdrtest.Fault{ // F for a request that meets the fault
		"FFFFF": {}, "F....": {From: 1}, "..F..": {From: 3}, ".FFF.": {From: 2, To: 4}, "FF...": {To: 2},
	} {
		f.Status = 503
		r := faulty(t, f)
		for i, mark := range want {
			if got := r.ask(anyID); (got.status == f.Status) != (mark == 'F') {
				t.Errorf("%s: request %d got %d", want, i, got.status)
			}
		}
	}
}

func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	r := faulty(t, xdrtest.Fault{From: 1, Reset: true}, xdrtest.Fault{From: 2, CutAfterBytes: 20}, nothing)
	if got := r.ask(anyID); !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want a connection reset", got)
	}
	if got := r.ask(anyID); !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != normal[:20] {
		t.Errorf("got %+v, want %s and an unexpected EOF", got, normal[:20])
	}
	if got := r.ask(anyID); got.body != normal {
		t.Errorf("afterwards got %+v", got)
	}
	if q := r.Requests()[0]; q.Status != 0 {
		t.Errorf("logged status %d for a reset", q.Status)
	}
}

func TestFaultGzip(t *testing.T) {
	t.Parallel()
	r := faulty(t, xdrtest.Fault{Gzip: true, PadBytes: 1 << 20})
	if got := r.ask(anyID); len(got.body) != len(normal)+1<<20 {
		t.Errorf("got %d bytes and %v after the client's own decompression", len(got.body), got.err)
	}
	q := r.question(anyID)
	q.Header.Set("Accept-Encoding", "gzip") // net/http leaves the body alone
	got := send(q)
	if got.header.Get("Content-Encoding") != "gzip" || len(got.body) > 10_000 || !strings.HasPrefix(got.body, "\x1f\x8b") {
		t.Errorf("got %d bytes, %v", len(got.body), got.header)
	}
	q = r.question(anyID)
	q.Header.Set("Accept-Encoding", "identity")
	got = send(q)
	if got.header.Get("Content-Encoding") != "" || !strings.HasPrefix(got.body, "{ ") {
		t.Errorf("compressed for a client that does not accept it: %v", got.header)
	}
}

func TestFaultDelay(t *testing.T) {
	t.Parallel()
	r := faulty(t, xdrtest.Fault{From: 1, DelaySeconds: 0.05}, xdrtest.Fault{From: 2, DelaySeconds: 3600}, nothing)
	begin := time.Now()
	got := r.ask(anyID)
	if took := time.Since(begin); got.body != normal || took < 50*time.Millisecond {
		t.Errorf("got %+v after %v", got, took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := send(r.question(anyID).WithContext(ctx)); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("got %+v", got)
	} // closing the server would hang if the delay did not end with the client
}

func TestFaultsDoNotHideRefusals(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{RateLimit: 1})
	r.AddFaults(xdrtest.Fault{Status: 503})
	q := r.question(anyID)
	q.Header.Set("Authorization", "wrong")
	checkError(t, send(q), http.StatusUnauthorized)
	checkError(t, r.ask(anyID), http.StatusServiceUnavailable)
	checkError(t, r.ask(anyID), http.StatusTooManyRequests)
}
