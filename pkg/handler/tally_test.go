package handler

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

func TestListsAreCappedAndCountsExact(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy, expected: []string{"zz-missing"}})
	for i := 249; i >= 0; i-- { // in falling order, so that each one displaces another
		tl.AgentStatus([]byte(agentID(i)), "FAILED")
		tl.AgentStatus([]byte(agentID(1000+i)), "PENDING")
		tl.AgentStatus([]byte(agentID(5000+i)), xdr.Status(fmt.Sprintf("NEW_%03d", i)))
	}
	for i := range 250 {
		tl.ErrorReason([]byte(agentID(i)), fmt.Appendf(nil, `{"errorDescription":"reason %d"}`, i))
	}
	tl.finish()
	if want := (Endpoints{Total: 751, Failed: 250, Pending: 501, Missing: 1}); tl.Endpoints != want || !tl.truncated {
		t.Errorf("%+v, truncated %v, want %+v", tl.Endpoints, tl.truncated, want)
	}
	if len(tl.failed.entries) != 100 || len(tl.pending.entries) != 100 || len(tl.unknown) != 100 {
		t.Errorf("%d failed, %d pending, %d unknown", len(tl.failed.entries), len(tl.pending.entries), len(tl.unknown))
	}
	for i, e := range tl.failed.entries {
		if e.AgentID != agentID(i) || e.Error != fmt.Sprintf("reason %d", i) || e.Status != "FAILED" {
			t.Fatalf("entry %d: %+v", i, e)
		}
	}
	if tl.pending.entries[0].AgentID != agentID(1000) || !slices.IsSorted(tl.unknown) {
		t.Errorf("first pending %s, unknown %v", tl.pending.entries[0].AgentID, tl.unknown)
	}
	sum := 0
	for _, c := range tl.statuses {
		sum += c.agents
	}
	if sum != tl.Total-tl.Missing || *tl.statuses.of(otherStatus) != 150 {
		t.Errorf("statuses add up to %d of %d, %d of them others", sum, tl.Total-tl.Missing, *tl.statuses.of(otherStatus))
	}
}

func TestManyLongUnknownStatusesAreTruncated(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy})
	for i := range 60 {
		tl.AgentStatus([]byte(agentID(i)), xdr.Status(fmt.Sprintf("NEW_%02d_%s", i, strings.Repeat("X", 40))))
	}
	if tl.finish(); !tl.truncated || len(tl.unknown) != 50 || *tl.statuses.of(otherStatus) != 10 {
		t.Errorf("%d unknown, %d others, truncated %v", len(tl.unknown), *tl.statuses.of(otherStatus), tl.truncated)
	}
}

// Each list alone makes the verdict say that it is not whole.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"FAILED", "PENDING", "NEW_%d"} {
		for n, want := range map[int]bool{100: false, 101: true} {
			tl := newTally(request{policy: defaultPolicy})
			for i := range n {
				s := status
				if strings.Contains(s, "%") {
					s = fmt.Sprintf(s, i)
				}
				tl.AgentStatus([]byte(agentID(i)), xdr.Status(s))
			}
			if tl.finish(); tl.truncated != want {
				t.Errorf("%d agents with %s: truncated %v", n, status, tl.truncated)
			}
		}
	}
}

func TestReasonsMayComeFirst(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy})
	for i := range 300 {
		tl.ErrorReason([]byte(agentID(299-i)), fmt.Appendf(nil, `{"errorDescription":"reason %d"}`, 299-i))
	}
	for i := range 300 {
		tl.AgentStatus([]byte(agentID(i)), "EXPIRED")
	}
	tl.finish()
	for i, e := range tl.failed.entries {
		if e.Error != fmt.Sprintf("reason %d", i) {
			t.Fatalf("entry %d: %+v", i, e)
		}
	}
}

func TestExpectedAgents(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy, expected: []string{"a", "b", "c"}})
	tl.AgentStatus([]byte("b"), "COMPLETED_SUCCESSFULLY")
	tl.AgentStatus([]byte("d"), "COMPLETED_PARTIAL")
	tl.finish()
	if want := (Endpoints{Total: 4, Succeeded: 1, Partial: 1, Failed: 1, Pending: 2, Missing: 2}); tl.Endpoints != want {
		t.Errorf("%+v, want %+v", tl.Endpoints, want)
	}
	if p := tl.pending.entries; len(p) != 2 || p[0].AgentID != "a" || p[1].AgentID != "c" || tl.truncated {
		t.Errorf("%+v", p)
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"plain", 5, "plain"},
		{"plain text", 8, "plain…"},
		{"two\nlines\u2028\x00", 64, "two lines  "},
		{`"quoted"`, 10, `"quoted"`},
		{`"quoted"`, 9, `"quot…`},
		{strings.Repeat("é", 40), 64, strings.Repeat("é", 30) + "…"},
		{"bad\xff", 64, "bad\ufffd"},
		{"", 64, ""},
	} {
		if got := clip(c.in, c.limit); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.in, c.limit, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(4, 300).Draw(t, "limit")
		got := clip(rapid.String().Draw(t, "text"), limit)
		var out strings.Builder
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(got); err != nil || len(out.String()) > limit+3 || !utf8.ValidString(got) { // two quotes, a line break
			t.Fatalf("%q takes %d bytes of %d", got, len(out.String()), limit)
		}
	})
}

// Whatever the API says, the verdict fits as the Cause of a failed execution.
func TestVerdictIsSmall(t *testing.T) {
	t.Parallel()
	s := &Step{Config: DefaultConfig(), Random: func() float64 { return 0.5 }}
	size := func(tl *tally) int {
		v := s.verdict(request{echo: json.RawMessage(`"` + strings.Repeat("0", 61) + `1"`)}, tl, time.Unix(0, 0))
		var out strings.Builder
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		return out.Len()
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
		if n := size(tl); n > maxVerdict || n < 20_000 {
			t.Errorf("filled with %q: %d bytes", filler, n)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		tl := newTally(request{policy: anyPolicy(rt)})
		for _, a := range rapid.SliceOf(rapid.SliceOfN(rapid.String(), 3, 3)).Draw(rt, "agents") {
			tl.AgentStatus([]byte(a[0]), xdr.Status(a[1]))
			tl.ErrorReason([]byte(a[0]), xdr.ErrorReason(a[2]))
		}
		if n := size(tl); n > maxVerdict {
			rt.Fatalf("%d bytes", n)
		}
	})
}

func TestWaitSeconds(t *testing.T) {
	t.Parallel()
	const never = time.Duration(-1)
	for _, c := range []struct {
		elapsed, left time.Duration
		random        float64
		want          int
	}{
		{0, never, 0.5, 5},
		{0, never, 0, 5},
		{0, never, 0.999, 5},
		{50 * time.Second, never, 0.5, 5},
		{59 * time.Second, never, 0, 5},
		{100 * time.Second, never, 0, 10},
		{100 * time.Second, never, 0.001, 9},
		{100 * time.Second, never, 0.999, 9},
		{1000 * time.Second, never, 0.5, 95},
		{time.Hour, never, 0, 300},
		{7 * 24 * time.Hour, never, 0.5, 285},
		{7 * 24 * time.Hour, never, 0.999, 270},
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
		got := s.waitSeconds(elapsed, left)
		if got < 1 || got > 300 || left >= time.Second && time.Duration(got)*time.Second > left {
			t.Fatalf("%d", got)
		}
		if late := time.Duration(got) * time.Second; late > max(5*time.Second, elapsed/10) {
			t.Fatalf("%v after %v", late, elapsed)
		}
	})
}

func TestVerdictTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	s := &Step{Config: DefaultConfig(), Random: func() float64 { return 0.5 }}
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
		v := s.verdict(request{startedAt: c.started, timeout: c.timeout, policy: defaultPolicy}, tl, now)
		if v.Reason != c.reason || v.ElapsedSeconds != c.elapsed || v.WaitSeconds != c.wait || len(v.PendingEndpoints) != 1 {
			t.Errorf("%s: %s after %d s, wait %d", c.name, v.Reason, v.ElapsedSeconds, v.WaitSeconds)
		}
	}
	for elapsed, want := range map[time.Duration]Reason{120 * time.Second: NoEndpoints, 121 * time.Second: ActionNotFound} {
		v := s.verdict(request{startedAt: now.Add(-elapsed), policy: defaultPolicy}, newTally(request{}), now)
		if v.Reason != want {
			t.Errorf("empty after %v: %s, want %s", elapsed, v.Reason, want)
		}
	}
}

// Long reasons cost entries of the list, never the counts.
func TestFailedEndpointsStayWithinTheirBytes(t *testing.T) {
	t.Parallel()
	tl := newTally(request{policy: defaultPolicy})
	for i := range 100 {
		tl.AgentStatus([]byte(agentID(i)), "FAILED")
		reason, _ := json.Marshal(map[string]string{"errorDescription": strings.Repeat("reason ", 100)})
		tl.ErrorReason([]byte(agentID(i)), reason)
	}
	tl.finish()
	size := 0
	for _, e := range tl.failed.entries {
		raw, _ := json.Marshal(e)
		size += len(raw) + 1
	}
	if n := len(tl.failed.entries); n != 53 || size > maxFailed || size < maxFailed-400 || tl.Failed != 100 || !tl.truncated {
		t.Errorf("%d entries, %d bytes, %d failed, truncated %v", n, size, tl.Failed, tl.truncated)
	}
}
