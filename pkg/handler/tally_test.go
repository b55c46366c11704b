package handler

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

func halfway() *Step { return &Step{Config: DefaultConfig(), Random: func() float64 { return 0.5 }} }

// lists is the verdict on n agents of this status, # standing for a number, and a reason for each. They come in falling
// order, so that each one displaces another.
func lists(status string, n int, reasonsFirst bool) Verdict {
	tl := newTally(request{policy: defaultPolicy})
	reasons := func() {
		for i := n - 1; i >= 0; i-- {
			tl.ErrorReason([]byte(agentID(i)), fmt.Appendf(nil, `{"errorDescription":"reason %d"}`, i))
		}
	}
	if reasonsFirst {
		reasons()
	}
	for i := n - 1; i >= 0; i-- {
		tl.AgentStatus([]byte(agentID(i)), xdr.Status(strings.Replace(status, "#", fmt.Sprintf("%03d", i), 1)))
	}
	if !reasonsFirst {
		reasons()
	}
	return halfway().verdict(request{policy: defaultPolicy}, tl, "", time.Unix(0, 0))
}

// Each list alone makes the verdict say that it is not whole. That of unknown statuses has a length in bytes, too.
func TestListsAreCappedAndCountsExact(t *testing.T) {
	t.Parallel()
	for status, fits := range map[string]int{"FAILED": 100, "PENDING": 100, "NEW_#": 100, "NEW_#_" + strings.Repeat("X", 39): 50} {
		for _, n := range []int{fits, fits + 1, 250} {
			want := Endpoints{Total: n, Pending: n, Seen: n}
			unknown, other := 0, 0
			switch status {
			case "FAILED":
				want = Endpoints{Total: n, Failed: n, Seen: n}
			case "PENDING":
			default:
				unknown, other = fits, n-fits
			}
			for _, reasonsFirst := range []bool{false, true} {
				v := lists(status, n, reasonsFirst)
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

// Expected agents that do not appear are pending, and named as the request wrote them. Other tools print ids in capitals,
// with dashes or spaces. Two agents of the reply stay two, however they are written.
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
		tl := newTally(request{policy: defaultPolicy, expected: expected})
		for _, named := range c.named {
			tl.AgentStatus([]byte(named), "COMPLETED_PARTIAL")
		}
		tl.finish()
		var missing []string
		for _, e := range tl.pending.entries {
			missing = append(missing, e.AgentID)
		}
		n := len(c.named)
		m := len(strings.Fields(c.missing))
		want := Endpoints{Total: n + m, Partial: n, Failed: n, Pending: m, Missing: m, Seen: n}
		if tl.Endpoints != want || strings.Join(missing, " ") != c.missing || tl.truncated {
			t.Errorf("%v of %v: %+v, missing %q", c.expected, c.named, tl.Endpoints, missing)
		}
	}
}

// Reasons that say nothing take no place, and those that name agents without a status count as seen.
func TestEmptyReasonsTakeNoPlace(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy})
	for i := range 150 {
		tl.ErrorReason([]byte(agentID(i)), xdr.ErrorReason([]string{"null", "{}", `"\n"`}[i%3]))
	}
	tl.ErrorReason([]byte(agentID(200)), xdr.ErrorReason(`{"errorDescription":"the one"}`))
	tl.AgentStatus([]byte(agentID(200)), "FAILED")
	if tl.finish(); tl.failed.entries[0].Error != "the one" || tl.Seen != 151 || tl.truncated {
		t.Errorf("%+v, seen %d, truncated %v", tl.failed.entries, tl.Seen, tl.truncated)
	}
}

// A status that only looks like a known one is named as it is, and counts as unknown. An agent without a status is
// pending whatever the policy says, and costs the others nothing.
func TestUnknownStatusesAreNamed(t *testing.T) {
	t.Parallel()
	p := defaultPolicy
	p.unknown = Failed
	tl := newTally(request{policy: p})
	for i, status := range []xdr.Status{
		"COMPLETED_SUCCESSFULLY", "\u200bCOMPLETED_SUCCESSFULLY", "\u200bCOMPLETED_PARTIAL", " FAILED", otherStatus,
	} {
		tl.AgentStatus([]byte(agentID(i)), status)
	}
	tl.NoStatus([]byte("b"), []byte("null"))
	tl.NoStatus([]byte("c"), []byte(`["`+strings.Repeat("x", 100)+`"]`))
	tl.finish()
	want := []string{
		`" FAILED"`, `"(other)"`, `"\u200bCOMPLETED_PARTIAL"`, `"\u200bCOMPLETED_SUCCESSFULLY"`,
		`["` + strings.Repeat("x", 61) + "…", "null",
	}
	if !slices.Equal(tl.unknown, want) || *tl.statuses.of("null") != 1 || tl.failed.entries[2].Status != `" FAILED"` {
		t.Errorf("%q, %+v", tl.unknown, tl.failed.entries)
	}
	if counts := (Endpoints{Total: 7, Succeeded: 1, Failed: 4, Pending: 2, Seen: 7}); tl.Endpoints != counts {
		t.Errorf("%+v", tl.Endpoints)
	}
}

// What is listed goes the one way out: agents, statuses and reasons, also of ids that share their beginning.
func TestListedTextHoldsNoSecret(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy})
	r := tellTally(t, tl, `{"reply":{"data":{"x`+canary+`":"FAILED","y`+canary+`":"`+canary+`","z`+canary+`":["`+canary+`"]},
		"errorReasons":{"x`+canary+`":{"errorDescription":"said `+canary+`"}}}}`)
	v := r.verdict(request{policy: defaultPolicy}, tl, "", time.Unix(0, 0))
	raw, err := json.Marshal(v)
	if leak := xdrtest.Leak(string(raw), canary); err != nil || leak != "" {
		t.Errorf("%q in %s", leak, raw)
	}
	if f := v.FailedEndpoints; len(f) != 1 || f[0].AgentID != "x[redacted]" || f[0].Error != "said [redacted]" || v.Statuses["[redacted]"] != 1 {
		t.Errorf("%s", raw)
	}
}

// tellTally tells a tally a reply as the client does.
func tellTally(t *testing.T, tl *tally, reply string) *Step {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, reply) }))
	t.Cleanup(server.Close)
	base, _ := url.Parse(server.URL)
	cred, err := xdr.NewCredentials(base, "7", canary, xdr.Standard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := new(xdr.Client).GetActionStatus(t.Context(), cred, 1, tl); err != nil {
		t.Fatal(err)
	}
	return halfway()
}

// Whatever the API and the caller say, a verdict keeps its size.
func TestVerdictIsSmall(t *testing.T) {
	t.Parallel()
	s := halfway()
	size := func(tl *tally) (int, Verdict) {
		v := s.verdict(request{
			echo:      json.RawMessage(`"9223372036854775807"`),
			tenant:    strings.Repeat("t", 48),
			execution: strings.Repeat("\x01", 80),
			context:   json.RawMessage(`"` + strings.Repeat("\u2028", maxContext/3-1) + `"`),
		}, tl, "", time.Unix(0, 0))
		out, err := jsonv2.Marshal(v, jsontext.PreserveRawStrings(true))
		if err != nil {
			t.Fatal(err)
		}
		return len(out), v
	}
	for _, filler := range []string{"x", `"`, `\`, "é", "\x00", "𝄞", "\xff", "<"} {
		tl := newTally(request{policy: defaultPolicy})
		long := strings.Repeat(filler, 1000)
		for i := range 1000 {
			id := []byte(fmt.Sprintf("%04d", i) + long)
			tl.AgentStatus(id, xdr.Status(fmt.Sprintf("%04d", i)+long))
			tl.AgentStatus(id, xdr.StatusCompletedPartial)
			reason, _ := json.Marshal(long)
			tl.ErrorReason(id, reason)
		}
		if n, v := size(tl); n > maxVerdict || filler != "\x00" && n < 20_000 || !v.Truncated || len(v.PendingEndpoints) < 50 {
			t.Errorf("filled with %q: %d bytes, %d pending", filler, n, len(v.PendingEndpoints))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		tl := newTally(request{policy: rapid.SampledFrom(policies(100)).Draw(rt, "policy")})
		for _, a := range rapid.SliceOf(rapid.SliceOfN(rapid.String(), 3, 3)).Draw(rt, "agents") {
			tl.AgentStatus([]byte(a[0]), xdr.Status(a[1]))
			tl.ErrorReason([]byte(a[0]), xdr.ErrorReason(a[2]))
		}
		if n, _ := size(tl); n > maxVerdict {
			rt.Fatalf("%d bytes", n)
		}
	})
}

// Long reasons cost entries of the failed, those before the pending ones, and never the counts.
func TestFailedEndpointsGiveWayFirst(t *testing.T) {
	t.Parallel()
	reason, _ := json.Marshal(map[string]string{"errorDescription": strings.Repeat("reason ", 100)})
	long := json.RawMessage(`"` + strings.Repeat("c", maxContext-2) + `"`)
	for _, c := range []struct {
		failed, pending int
		context         json.RawMessage
		listed          int // of the failed
	}{{100, 0, nil, 92}, {100, 100, nil, 81}, {100, 100, long, 69}, {80, 100, nil, 80}} {
		tl := newTally(request{policy: defaultPolicy})
		for i := range c.failed {
			tl.AgentStatus([]byte(agentID(i)), "FAILED")
			tl.ErrorReason([]byte(agentID(i)), reason)
		}
		for i := range c.pending {
			tl.AgentStatus([]byte(agentID(1000+i)), "PENDING")
		}
		v := halfway().verdict(request{context: c.context, policy: defaultPolicy}, tl, "", time.Unix(0, 0))
		if len(v.FailedEndpoints) != c.listed || len(v.PendingEndpoints) != c.pending ||
			v.Truncated != (c.listed < c.failed) || v.Endpoints.Failed != c.failed {
			t.Errorf("%+v: %d failed and %d pending endpoints listed, truncated %v, %+v",
				c, len(v.FailedEndpoints), len(v.PendingEndpoints), v.Truncated, v.Endpoints)
		}
	}
}

func TestWaitSeconds(t *testing.T) {
	t.Parallel()
	const never = time.Duration(-1)
	for _, c := range []struct {
		elapsed, left time.Duration
		random        float64
		want          int
	}{
		{0, never, 0.999, 5},
		{59 * time.Second, never, 0, 5},
		{100 * time.Second, never, 0, 10},
		{100 * time.Second, never, 0.001, 9},
		{1000 * time.Second, never, 0.5, 95},
		{7 * 24 * time.Hour, never, 0, 600},
		{7 * 24 * time.Hour, never, 0.999, 540},
		{time.Hour, 100500 * time.Millisecond, 0.5, 100},
		{time.Hour, 400 * time.Millisecond, 0.5, 1},
	} {
		s := &Step{Config: DefaultConfig(), Random: func() float64 { return c.random }}
		if got := s.waitSeconds(c.elapsed, c.left); got != c.want {
			t.Errorf("after %v with %v left, random %v: %d, want %d", c.elapsed, c.left, c.random, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := &Step{Config: DefaultConfig(), Random: func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") }}
		elapsed := time.Duration(rapid.Int64Range(0, int64(time.Hour*24*365)).Draw(t, "elapsed"))
		left := time.Duration(rapid.Int64Range(-1, int64(time.Hour*24*7)).Draw(t, "left"))
		got := time.Duration(s.waitSeconds(elapsed, left)) * time.Second
		most := max(5*time.Second, min(10*time.Minute, elapsed/10))
		late := left >= time.Second && got > left
		if got < time.Second || got > most || late || left < 0 && got < most*9/10-time.Second {
			t.Fatalf("%v after %v with %v left", got, elapsed, left)
		}
	})
}

func TestVerdictTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	s := halfway()
	for _, c := range []struct {
		name    string
		started time.Time
		timeout time.Duration
		reason  Reason
		elapsed int64
		wait    int
	}{
		{"no start", time.Time{}, time.Second, InProgress, 0, 5},
		{"start in the future", now.Add(time.Hour), time.Minute, InProgress, 0, 5},
		{"in time", now.Add(-59 * time.Second), time.Minute, InProgress, 59, 1},
		{"at the deadline", now.Add(-time.Minute), time.Minute, DeadlineExceeded, 60, 0},
		{"default timeout", now.Add(-72*time.Hour + time.Second), 0, InProgress, 259199, 1},
		{"past the default timeout", now.Add(-72 * time.Hour), 0, DeadlineExceeded, 259200, 0},
	} {
		tl := newTally(request{policy: defaultPolicy})
		tl.AgentStatus([]byte("a"), "PENDING")
		v := s.verdict(request{startedAt: c.started, timeout: c.timeout, policy: defaultPolicy}, tl, "", now)
		if v.Reason != c.reason || v.ElapsedSeconds != c.elapsed || v.WaitSeconds != c.wait || len(v.PendingEndpoints) != 1 {
			t.Errorf("%s: %s after %d s, wait %d", c.name, v.Reason, v.ElapsedSeconds, v.WaitSeconds)
		}
	}
	for elapsed, want := range map[time.Duration]Reason{120 * time.Second: NoEndpoints, 121 * time.Second: ActionNotFound} {
		v := s.verdict(request{startedAt: now.Add(-elapsed), policy: defaultPolicy}, newTally(request{}), "", now)
		if v.Reason != want {
			t.Errorf("empty after %v: %s, want %s", elapsed, v.Reason, want)
		}
	}
}
