package xdrtest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const normal = `{"reply":{"data":{"` + agentA + `":"FAILED"}}}`

// faulty starts a Sim whose normal reply is normal.
func faulty(t *testing.T, faults ...xdrtest.Fault) rig {
	t.Helper()
	r := play(t, xdrtest.Agent{ID: agentA, Timeline: always("FAILED")})
	r.AddFaults(faults...)
	return r
}

func TestFaultReplies(t *testing.T) {
	t.Parallel()
	const now, page = "Tue, 24 Nov 2026 10:00:00 GMT", "<html>502</html>"
	for name, tt := range map[string]struct {
		faults            []xdrtest.Fault
		status            int
		body, retry, date string // the body is "" for the API's own error
	}{
		"page":         {[]xdrtest.Fault{{Status: 502, Body: page, ContentType: "text/html"}}, 502, page, "", now},
		"body alone":   {[]xdrtest.Fault{{Body: "[]"}}, 200, "[]", "", now},
		"seconds":      {[]xdrtest.Fault{{Status: 429, RetryAfter: "7"}}, 429, "", "7", now},
		"a date":       {[]xdrtest.Fault{{RetryAfter: "date+7"}}, 200, normal, "Tue, 24 Nov 2026 10:00:07 GMT", now},
		"a slow clock": {[]xdrtest.Fault{{Date: "date-900"}}, 200, normal, "", "Tue, 24 Nov 2026 09:45:00 GMT"},
		"two faults":   {[]xdrtest.Fault{{Status: 500, RetryAfter: "1"}, {Status: 504}}, 504, "", "1", now},
	} {
		got := faulty(t, tt.faults...).ask(anyID)
		if got.header.Get("Retry-After") != tt.retry || got.header.Get("Date") != tt.date {
			t.Errorf("%s: got %v", name, got.header)
		}
		html := got.header.Get("Content-Type") == "text/html"
		if tt.body == "" {
			got.wants(t, tt.status)
		} else if got.status != tt.status || got.body != tt.body || html != (tt.body == page) {
			t.Errorf("%s: got %+v", name, got)
		}
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
	r := faulty(t, xdrtest.Fault{From: 1, Reset: true}, xdrtest.Fault{From: 2, CutAfterBytes: 20}, xdrtest.Fault{})
	if got := r.ask(anyID); !errors.Is(got.err, syscall.ECONNRESET) || r.Requests()[0].Status != 0 {
		t.Errorf("got %+v, want a connection reset, and no status logged", got)
	}
	if got := r.ask(anyID); !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != normal[:20] {
		t.Errorf("got %+v, want %s and an unexpected EOF", got, normal[:20])
	}
}

func TestFaultGzip(t *testing.T) {
	t.Parallel()
	r := faulty(t, xdrtest.Fault{Gzip: true, PadBytes: 1 << 20})
	for accepted, want := range map[string]string{"gzip": "\x1f\x8b", "identity": "{ "} {
		got := r.ask(anyID, header("Accept-Encoding", accepted))
		if !strings.HasPrefix(got.body, want) || (got.header.Get("Content-Encoding") == "gzip") != (accepted == "gzip") {
			t.Errorf("%s: got %.20q, %v", accepted, got.body, got.header)
		}
	}
}

func TestFaultsDoNotHideRefusals(t *testing.T) {
	t.Parallel()
	r := start(t, xdrtest.Options{RateLimit: 1})
	r.AddFaults(xdrtest.Fault{Status: 503})
	r.ask(anyID, header("Authorization", "wrong")).wants(t, http.StatusUnauthorized)
	r.ask(anyID).wants(t, http.StatusServiceUnavailable)
	r.ask(anyID).wants(t, http.StatusTooManyRequests)
}

// The faults of a scenario neither meet nor count the questions about another action.
func TestFaultsOfAScenario(t *testing.T) {
	t.Parallel()
	own, err := xdrtest.Load("errors")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{own}})
	for _, want := range []int{503, 429, 502, 0, 200} {
		r.ask(anyID).wants(t, http.StatusOK)
		if got := r.ask(own.GroupActionID); got.status != want || (got.err != nil) != (want == 0) {
			t.Errorf("got %+v, want %d", got, want)
		}
	}
}
