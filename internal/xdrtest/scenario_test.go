package xdrtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestTimeline(t *testing.T) {
	t.Parallel()
	r := play(t,
		xdrtest.Agent{ID: agentA, Timeline: []xdrtest.Step{{Status: "PENDING"}, {At: 12, Status: "FAILED"}}},
		xdrtest.Agent{ID: agentB, Timeline: []xdrtest.Step{{At: 5, Status: "IN_PROGRESS"}, {At: 20}}})
	refused := r.question(anyID)
	refused.Header.Set("Authorization", "wrong")
	send(refused)
	r.Advance(time.Hour) // the clock of the action has not started
	for _, tt := range []struct {
		after time.Duration
		want  map[string]string
	}{
		{0, map[string]string{agentA: "PENDING"}},
		{4999 * time.Millisecond, map[string]string{agentA: "PENDING"}},
		{time.Millisecond, map[string]string{agentA: "PENDING", agentB: "IN_PROGRESS"}},
		{7 * time.Second, map[string]string{agentA: "FAILED", agentB: "IN_PROGRESS"}},
		{8 * time.Second, map[string]string{agentA: "FAILED"}},
		{time.Hour, map[string]string{agentA: "FAILED"}},
	} {
		r.Advance(tt.after)
		if got := r.statuses(anyID); !maps.Equal(got, tt.want) {
			t.Errorf("after %v more: got %v, want %v", tt.after, got, tt.want)
		}
	}
	r.Advance(-3 * time.Hour) // as for the earlier of two questions at a time, if the later one starts the clock
	if early := r.statuses(anyID); !maps.Equal(early, map[string]string{agentA: "PENDING"}) {
		t.Errorf("before the clock has started: %v", early)
	}
	if other := r.statuses(1)[agentA]; other != "PENDING" {
		t.Errorf("another action, which has a clock of its own, is %s", other)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	r := play(t, xdrtest.Agent{
		Count: 5, Spread: 20, Timeline: []xdrtest.Step{{Status: "PENDING"}, {At: 10, Status: "FAILED"}},
	})
	for _, failed := range []int{0, 0, 1, 2, 3, 4, 5, 5} { // every five seconds
		if got := r.counts(anyID); got["FAILED"] != failed || got["PENDING"] != 5-failed {
			t.Errorf("got %v, want %d failed", got, failed)
		}
		r.Advance(5 * time.Second)
	}
}

func TestErrorReasons(t *testing.T) {
	t.Parallel()
	const reason = `{"errorDescription":"x"}`
	explained := []string{"FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELLED", "CANCELED", "COMPLETED_PARTIAL"}
	others := []string{"COMPLETED_SUCCESSFULLY", "PENDING", "IN_PROGRESS", "PENDING_ABORT", `a \"quoted\" ☃`}
	for _, status := range slices.Concat(explained, others) {
		want := fmt.Sprintf(`{"reply":{"data":{"%s":"%s"}`, agentA, status)
		if slices.Contains(explained, status) {
			want += fmt.Sprintf(`,"errorReasons":{"%s":%s}`, agentA, reason)
		}
		var text string
		if err := json.Unmarshal([]byte(`"`+status+`"`), &text); err != nil {
			t.Fatal(err)
		}
		r := play(t, xdrtest.Agent{ID: agentA, Timeline: always(text), ErrorReason: json.RawMessage(reason)})
		if got := r.ask(anyID); got.body != want+"}}" {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
}
