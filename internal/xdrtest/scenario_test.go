package xdrtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const agentA, agentB = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"

func timeline(steps ...xdrtest.Step) []xdrtest.Step { return steps }

func always(status string) []xdrtest.Step { return timeline(xdrtest.Step{Status: status}) }

func TestTimeline(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{GroupActionID: anyID, Agents: []xdrtest.Agent{
		{ID: agentA, Timeline: timeline(xdrtest.Step{Status: "PENDING"}, xdrtest.Step{At: 12, Status: "FAILED"})},
		{ID: agentB, Timeline: timeline(xdrtest.Step{At: 5, Status: "IN_PROGRESS"}, xdrtest.Step{At: 20})},
	}}}})
	c.move(time.Hour) // the clock of the action has not started
	for _, tt := range []struct {
		move time.Duration
		want map[string]string
	}{
		{0, map[string]string{agentA: "PENDING"}},
		{4999 * time.Millisecond, map[string]string{agentA: "PENDING"}},
		{time.Millisecond, map[string]string{agentA: "PENDING", agentB: "IN_PROGRESS"}},
		{7 * time.Second, map[string]string{agentA: "FAILED", agentB: "IN_PROGRESS"}},
		{8 * time.Second, map[string]string{agentA: "FAILED"}},
		{time.Hour, map[string]string{agentA: "FAILED"}},
	} {
		c.move(tt.move)
		if got := statuses(t, s, c.Now(), anyID); !maps.Equal(got, tt.want) {
			t.Errorf("after %v more: got %v, want %v", tt.move, got, tt.want)
		}
	}
}

func TestEachActionHasItsOwnClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{Agents: []xdrtest.Agent{
		{ID: agentA, Timeline: timeline(xdrtest.Step{Status: "PENDING"}, xdrtest.Step{At: 10, Status: "FAILED"})},
	}}}})
	refused := request(t, s, c.Now(), 1)
	refused.Header.Set("Authorization", "wrong")
	send(refused) // does not start the clock
	c.move(10 * time.Second)
	statuses(t, s, c.Now(), 1)
	c.move(10 * time.Second)
	one, two := statuses(t, s, c.Now(), 1)[agentA], statuses(t, s, c.Now(), 2)[agentA]
	if one != "FAILED" || two != "PENDING" {
		t.Errorf("got %s for the first action and %s for the second", one, two)
	}
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Speed: 60, Scenarios: []xdrtest.Scenario{load(t, "late")}})
	id := load(t, "late").GroupActionID
	if got := statuses(t, s, c.Now(), id); len(got) != 0 {
		t.Errorf("at once: got %v", got)
	}
	c.move(time.Second)
	if got := counts(statuses(t, s, c.Now(), id)); got["COMPLETED_SUCCESSFULLY"] != 3 {
		t.Errorf("after a second that is a minute: got %v", got)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{Agents: []xdrtest.Agent{{
		Count: 5, Spread: 20,
		Timeline: timeline(xdrtest.Step{Status: "PENDING"}, xdrtest.Step{At: 10, Status: "FAILED"}),
	}}}}})
	for at := range 35 {
		want := 0 // the agents fail at 10, 15, 20, 25 and 30 s
		if at >= 10 {
			want = min(5, (at-10)/5+1)
		}
		got := counts(statuses(t, s, c.Now(), anyID))
		if got["FAILED"] != want || got["PENDING"] != 5-want {
			t.Errorf("at %d s: got %v, want %d failed", at, got, want)
		}
		c.move(time.Second)
	}
}

func TestMadeUpIDs(t *testing.T) {
	t.Parallel()
	c := newClock()
	agents := []xdrtest.Agent{{Count: 3, Timeline: always("FAILED")}, {Count: 3, Timeline: always("FAILED")}}
	o := xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{Agents: agents}}}
	first, second := statuses(t, start(t, o), c.Now(), 1), statuses(t, start(t, o), c.Now(), 2)
	if len(first) != 6 || !maps.Equal(first, second) {
		t.Errorf("got %v, then %v", first, second)
	}
	for id := range first {
		if len(id) != 32 {
			t.Errorf("id %q has not 32 digits", id)
		}
	}
}

func TestEmptyReplies(t *testing.T) {
	t.Parallel()
	for as, want := range map[string]string{
		"":         `{"reply":{"data":{}}}`,
		"object":   `{"reply":{"data":{}}}`,
		"null":     `{"reply":{"data":null}}`,
		"absent":   `{"reply":{}}`,
		"no_reply": `{}`,
	} {
		c := newClock()
		s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{
			EmptyAs: as, Agents: []xdrtest.Agent{{ID: agentA, Timeline: always("")}},
		}}})
		if got := ask(t, s, c.Now(), anyID); got.body != want {
			t.Errorf("%q: got %s", as, got.body)
		}
	}
	c := newClock()
	if got := ask(t, start(t, xdrtest.Options{Now: c.Now}), c.Now(), anyID); got.body != `{"reply":{"data":{}}}` {
		t.Errorf("unknown action: got %s", got.body)
	}
}

func TestErrorReasons(t *testing.T) {
	t.Parallel()
	reason := json.RawMessage(`{"errorDescription":"x"}`)
	const sent = `,"errorReasons":{"` + agentA + `":{"errorDescription":"x"}}`
	for _, tt := range []struct{ mode, status, want string }{
		{"", "FAILED", sent},
		{"when_failed", "FAILED", sent},
		{"", "TIMEOUT", sent},
		{"", "EXPIRED", sent},
		{"", "ABORTED", sent},
		{"", "CANCELLED", sent},
		{"", "CANCELED", sent},
		{"", "COMPLETED_PARTIAL", sent},
		{"", "COMPLETED_SUCCESSFULLY", ""},
		{"", "PENDING", ""},
		{"", "IN_PROGRESS", ""},
		{"", "PENDING_ABORT", ""},
		{"", "SOMETHING_ELSE", ""},
		{"null", "FAILED", `,"errorReasons":null`},
		{"null", "PENDING", `,"errorReasons":null`},
		{"absent", "FAILED", ""},
	} {
		c := newClock()
		s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{
			ErrorReasons: tt.mode,
			Agents:       []xdrtest.Agent{{ID: agentA, Timeline: always(tt.status), ErrorReason: reason}},
		}}})
		want := fmt.Sprintf(`{"reply":{"data":{"%s":"%s"}%s}}`, agentA, tt.status, tt.want)
		if got := ask(t, s, c.Now(), anyID); got.body != want {
			t.Errorf("%q, %s: got %s, want %s", tt.mode, tt.status, got.body, want)
		}
	}
}

func TestAnyStatusText(t *testing.T) {
	t.Parallel()
	c := newClock()
	const odd = "a \"quoted\"\n\u2028 ☃"
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{
		Agents: []xdrtest.Agent{{ID: agentA, Timeline: always(odd)}},
	}}})
	if got := statuses(t, s, c.Now(), anyID)[agentA]; got != odd {
		t.Errorf("got %q", got)
	}
}

func TestHundredThousandAgents(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{{Agents: []xdrtest.Agent{
		{Count: 50_000, Timeline: always("COMPLETED_SUCCESSFULLY")},
		{Count: 50_000, Timeline: always("FAILED"), ErrorReason: json.RawMessage(`{"errorDescription":"x"}`)},
	}}}})
	got := counts(statuses(t, s, c.Now(), anyID))
	if got["COMPLETED_SUCCESSFULLY"] != 50_000 || got["FAILED"] != 50_000 {
		t.Errorf("got %v", got)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]time.Duration{
		"done": 0, "empty": 0, "mixed": 90 * time.Second, "offline": 72 * time.Hour, "thousand": time.Minute,
	} {
		if got := load(t, name).Duration(); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
