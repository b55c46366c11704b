package handler

import (
	"cmp"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// verdictOf is the verdict of a step in the middle of its jitter on what a tally is told.
func verdictOf(r request, tell func(*tally)) Verdict {
	r.policy = cmp.Or(r.policy, defaultPolicy)
	t := newTally(r)
	tell(t)
	s := Step{Config: DefaultConfig(), Random: func() float64 { return 0.5 }}
	return s.verdict(r, t, "", start)
}

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// lists tells of n agents with this status, # standing for a number, and a reason for each. They come in falling order,
// so that each one displaces another. Reasons that say nothing take no place, and count as seen.
func lists(status string, n int, reasonsFirst bool) func(*tally) {
	return func(t *tally) {
		reasons := func() {
			for i := range 150 {
				t.ErrorReason(fmt.Appendf(nil, "!%d", i), xdr.ErrorReason([]string{"null", "{}", `"\n"`}[i%3]))
			}
			for i := n - 1; i >= 0; i-- {
				t.ErrorReason([]byte(agentID(i)), fmt.Appendf(nil, `{"errorDescription":"reason %d"}`, i))
			}
		}
		if reasonsFirst {
			reasons()
		}
		for i := n - 1; i >= 0; i-- {
			t.AgentStatus([]byte(agentID(i)), xdr.Status(strings.Replace(status, "#", fmt.Sprintf("%03d", i), 1)))
		}
		if !reasonsFirst {
			reasons()
		}
	}
}

// Each list alone makes the verdict say that it is not whole. That of unknown statuses has a length in bytes, too.
func TestListsAreCappedAndCountsExact(t *testing.T) {
	t.Parallel()
	for status, fits := range map[string]int{"FAILED": 100, "PENDING": 100, "NEW_#": 100, "NEW_#_" + strings.Repeat("X", 39): 50} {
		for _, n := range []int{fits, fits + 1, 250} {
			want := Endpoints{Total: n, Pending: n, Seen: n + 150}
			var unknown, other int
			switch status {
			case "FAILED":
				want = Endpoints{Total: n, Failed: n, Seen: n + 150}
			case "PENDING":
			default:
				unknown = fits
				other = n - fits
			}
			for _, reasonsFirst := range []bool{false, true} {
				v := verdictOf(request{}, lists(status, n, reasonsFirst))
				if v.Endpoints != want || v.Truncated != (n > fits) || len(v.UnknownStatuses) != unknown ||
					v.Statuses[otherStatus] != other || !slices.IsSorted(v.UnknownStatuses) ||
					len(v.FailedEndpoints) != min(want.Failed, 100) || len(v.PendingEndpoints) != min(want.Pending, 100) {
					t.Errorf("%d agents with %s: %.200s", n, status, fmt.Sprintf("%+v", v))
				}
				for i, e := range v.FailedEndpoints {
					if want := (FailedEndpoint{agentID(i), "FAILED", fmt.Sprintf("reason %d", i)}); e != want {
						t.Fatalf("%+v, want %+v", e, want)
					}
				}
				for i, id := range v.PendingEndpoints {
					if id != agentID(i) {
						t.Fatalf("pending %d: %s", i, id)
					}
				}
				sum := 0
				for _, agents := range v.Statuses {
					sum += agents
				}
				if sum != n {
					t.Errorf("statuses of %d agents: %v", n, v.Statuses)
				}
			}
		}
	}
}

// Expected agents that do not appear are pending, and named as the request wrote them. Other tools print ids in
// capitals, with dashes or spaces. Two agents of the reply stay two, however they are written.
func TestExpectedAgents(t *testing.T) {
	t.Parallel()
	const id = "1d665b9b1467944c128a5575119d1cfd"
	for _, c := range []struct {
		expected, named []string
		missing         string
	}{
		{[]string{"a", "b", "c"}, []string{"b", "d"}, "a c"},
		{[]string{strings.ToUpper(id)}, []string{id}, ""},
		{[]string{"1d665b9b-1467-944c-128a-5575119d1cfd "}, []string{id}, ""},
		{[]string{id}, []string{" 1D665B9B-1467-944C-128A-5575119D1CFD"}, ""},
		{[]string{"A-B"}, []string{id}, "A-B"},
		{[]string{id}, []string{id, strings.ToUpper(id)}, ""},
	} {
		list, _ := json.Marshal(c.expected)
		expected, _ := readAgents(list)
		v := verdictOf(request{expected: expected}, func(t *tally) {
			for _, named := range c.named {
				t.AgentStatus([]byte(named), "COMPLETED_PARTIAL")
			}
		})
		n := len(c.named)
		m := len(strings.Fields(c.missing))
		want := Endpoints{Total: n + m, Partial: n, Failed: n, Pending: m, Missing: m, Seen: n}
		if v.Endpoints != want || strings.Join(v.PendingEndpoints, " ") != c.missing || v.Truncated {
			t.Errorf("%v of %v: %+v", c.expected, c.named, v)
		}
	}
}

// A status that only looks like a known one is named as it is, and counts as unknown. An agent without a status is
// pending whatever the policy says, and costs the others nothing.
func TestUnknownStatusesAreNamed(t *testing.T) {
	t.Parallel()
	p := defaultPolicy
	p.unknown = Failed
	v := verdictOf(request{policy: p}, func(t *tally) {
		for i, status := range []xdr.Status{
			"COMPLETED_SUCCESSFULLY", "\u200bCOMPLETED_SUCCESSFULLY", "\u200bCOMPLETED_PARTIAL", " FAILED", otherStatus,
		} {
			t.AgentStatus([]byte(agentID(i)), status)
		}
		t.NoStatus([]byte("b"), []byte("null"))
		t.NoStatus([]byte("c"), []byte(`["`+strings.Repeat("x", 100)+`"]`))
	})
	want := []string{
		`" FAILED"`, `"(other)"`, `"\u200bCOMPLETED_PARTIAL"`, `"\u200bCOMPLETED_SUCCESSFULLY"`,
		`["` + strings.Repeat("x", 61) + "…", "null",
	}
	if !slices.Equal(v.UnknownStatuses, want) || v.Statuses["null"] != 1 || v.FailedEndpoints[2].Status != `" FAILED"` {
		t.Errorf("%+v", v)
	}
	if counts := (Endpoints{Total: 7, Succeeded: 1, Failed: 4, Pending: 2, Seen: 7}); v.Endpoints != counts {
		t.Errorf("%+v", v.Endpoints)
	}
}

// What is listed goes the one way out: agents, statuses and reasons, also of ids that share their beginning.
func TestListedTextHoldsNoSecret(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.ReplaceAll(`{"reply":{"data":{"x#":"FAILED","y#":"#","z#":["#"]},
			"errorReasons":{"x#":{"errorDescription":"said #"}}}}`, "#", canary))
	}))
	t.Cleanup(server.Close)
	base, _ := url.Parse(server.URL)
	cred, err := xdr.NewCredentials(base, "7", canary, xdr.Standard)
	if err != nil {
		t.Fatal(err)
	}
	v := verdictOf(request{}, func(tl *tally) {
		if _, err := new(xdr.Client).GetActionStatus(t.Context(), cred, 1, tl); err != nil {
			t.Error(err)
		}
	})
	raw, err := json.Marshal(v)
	if leak := xdrtest.Leak(string(raw), canary); err != nil || leak != "" {
		t.Errorf("%q in %s", leak, raw)
	}
	if f := v.FailedEndpoints; len(f) != 1 || f[0].AgentID != "x[redacted]" || f[0].Error != "said [redacted]" || v.Statuses["[redacted]"] != 1 {
		t.Errorf("%s", raw)
	}
}

// Whatever the API and the caller say, a verdict keeps its size.
func TestVerdictIsSmall(t *testing.T) {
	t.Parallel()
	r := request{
		echo:      jsontext.Value(`"9223372036854775807"`),
		tenant:    strings.Repeat("t", 48),
		execution: strings.Repeat("\x01", 80),
		context:   jsontext.Value(`"` + strings.Repeat("\u2028", maxContext/3-1) + `"`),
	}
	for _, filler := range []string{"x", `"`, `\`, "é", "\x00", "𝄞", "\xff", "<"} {
		v := verdictOf(r, func(t *tally) {
			for i := range 1000 {
				long := fmt.Sprintf("%04d", i) + strings.Repeat(filler, 1000)
				t.AgentStatus([]byte(long), xdr.Status(long))
				t.AgentStatus([]byte(long), xdr.StatusCompletedPartial)
				reason, _ := jsontext.AppendQuote(nil, long)
				t.ErrorReason([]byte(long), reason)
			}
		})
		out, err := json.Marshal(v, jsontext.PreserveRawStrings(true))
		if n := len(out); err != nil || n > maxVerdict || filler != "\x00" && n < 20_000 || !v.Truncated || len(v.PendingEndpoints) < 50 {
			t.Errorf("filled with %q: %v, %d bytes, %d pending", filler, err, n, len(v.PendingEndpoints))
		}
	}
}

// Long reasons cost entries of the failed, those before the pending ones, and never the counts.
func TestFailedEndpointsGiveWayFirst(t *testing.T) {
	t.Parallel()
	reason := xdr.ErrorReason(`{"errorDescription":"` + strings.Repeat("reason ", 100) + `"}`)
	long := jsontext.Value(`"` + strings.Repeat("c", maxContext-2) + `"`)
	for _, c := range []struct {
		failed, pending int
		context         jsontext.Value
		listed          int // of the failed
	}{{100, 0, nil, 92}, {100, 100, nil, 81}, {100, 100, long, 69}, {80, 100, nil, 80}} {
		v := verdictOf(request{context: c.context}, func(t *tally) {
			for i := range c.failed {
				t.AgentStatus([]byte(agentID(i)), "FAILED")
				t.ErrorReason([]byte(agentID(i)), reason)
			}
			for i := range c.pending {
				t.AgentStatus([]byte(agentID(1000+i)), "PENDING")
			}
		})
		if len(v.FailedEndpoints) != c.listed || len(v.PendingEndpoints) != c.pending ||
			v.Truncated != (c.listed < c.failed) || v.Endpoints.Failed != c.failed {
			t.Errorf("%+v: %d failed and %d pending endpoints listed, truncated %v, %+v",
				c, len(v.FailedEndpoints), len(v.PendingEndpoints), v.Truncated, v.Endpoints)
		}
	}
}
