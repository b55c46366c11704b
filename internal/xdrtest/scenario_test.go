package xdrtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
		Count: 3, Spread: 20, Timeline: []xdrtest.Step{{Status: "PENDING"}, {At: 10, Status: "FAILED"}},
	})
	for _, failed := range []int{0, 0, 1, 1, 2, 2, 3, 3} { // every five seconds
		if got := r.ask(anyID).body; strings.Count(got, "FAILED") != failed || strings.Count(got, "PENDING") != 3-failed {
			t.Errorf("got %s, want %d failed", got, failed)
		}
		r.Advance(5 * time.Second)
	}
}

func TestEmptyReplies(t *testing.T) {
	t.Parallel()
	for as, want := range map[string]string{
		"": `{"reply":{"data":{}}}`, "null": `{"reply":{"data":null}}`, "absent": `{"reply":{}}`, "no_reply": `{}`,
	} {
		r := start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{{EmptyAs: as}}})
		if got := r.ask(anyID); got.body != want {
			t.Errorf("%q: got %s", as, got.body)
		}
	}
}

func TestErrorReasons(t *testing.T) {
	t.Parallel()
	const reason = `{"errorDescription":"x"}`
	explained := []string{"FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELLED", "CANCELED", "COMPLETED_PARTIAL"}
	others := []string{"COMPLETED_SUCCESSFULLY", "PENDING", "IN_PROGRESS", "PENDING_ABORT", `a "quoted" one`}
	for _, status := range slices.Concat(explained, others) {
		want := fmt.Sprintf(`{"reply":{"data":{"%s":%q}`, agentA, status)
		if slices.Contains(explained, status) {
			want += fmt.Sprintf(`,"errorReasons":{"%s":%s}`, agentA, reason)
		}
		r := play(t, xdrtest.Agent{ID: agentA, Timeline: always(status), ErrorReason: json.RawMessage(reason)})
		if got := r.ask(anyID); got.body != want+"}}" {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
}

func TestLoadIsStrict(t *testing.T) {
	t.Parallel()
	const agent = `{"id":"` + agentA + `","timeline":[{"at":0}]}`
	file := filepath.Join(t.TempDir(), "mine.json")
	for _, tt := range []struct{ name, text, want string }{
		{"unknown field", `{"agentz":[]}`, `"agentz"`},
		{"unknown field in a step", `{"agents":[{"count":1,"timeline":[{"at":0,"state":"FAILED"}]}]}`, `"state"`},
		{"no JSON", `{`, "EOF"},
		{"trailing data", `{} {}`, "data after"},
		{"negative id", `{"group_action_id":-1}`, "group_action_id:"},
		{"empty_as", `{"empty_as":"none"}`, "empty_as:"},
		{"no id, no count", `{"agents":[{"timeline":[{"at":0}]}]}`, "agents[0].count:"},
		{"id and count", `{"agents":[{"id":"` + agentA + `","count":2,"timeline":[{"at":0}]}]}`, "agents[0].count:"},
		{"short id", `{"agents":[{"id":"abc","timeline":[{"at":0}]}]}`, "agents[0].id:"},
		{"id twice", `{"agents":[` + agent + `,` + agent + `]}`, "agents[1].id:"},
		{"negative spread", `{"agents":[{"count":1,"spread":-1,"timeline":[{"at":0}]}]}`, "agents[0].spread:"},
		{"no timeline", `{"agents":[{"count":1,"timeline":[]}]}`, "agents[0].timeline:"},
		{"steps out of order", `{"agents":[{"count":1,"timeline":[{"at":5},{"at":5}]}]}`, "agents[0].timeline[1].at:"},
		{"negative time", `{"agents":[{"count":1,"timeline":[{"at":-0.5}]}]}`, "agents[0].timeline[0].at:"},
		{"negative from", `{"faults":[{"from":-1}]}`, "faults[0].from:"},
		{"to before from", `{"faults":[{},{"from":3,"to":2}]}`, "faults[1].from:"},
		{"status", `{"faults":[{"status":99}]}`, "faults[0].status:"},
		{"delay", `{"faults":[{"delay_seconds":-1}]}`, "faults[0].delay_seconds"},
		{"padding", `{"faults":[{"pad_bytes":-1}]}`, "pad_bytes"},
		{"cut", `{"faults":[{"cut_after_bytes":-1}]}`, "cut_after_bytes"},
		{"date", `{"faults":[{"date":"-600"}]}`, "faults[0].date:"},
	} {
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := xdrtest.Load(file)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want the file and %s", tt.name, err, tt.want)
		}
	}
}

// The faults of a scenario neither meet nor count the questions about another action.
func TestFaultsOfAScenario(t *testing.T) {
	t.Parallel()
	errors := load(t, "errors").GroupActionID
	done := load(t, "done").GroupActionID
	r := start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{load(t, "errors"), load(t, "done")}})
	for i, want := range []int{503, 429, 502, 0, 200} {
		if other := r.ask(done); other.status != http.StatusOK {
			t.Errorf("the other action got %+v", other)
		}
		got := r.ask(errors)
		if got.status != want || (got.err != nil) != (want == 0) {
			t.Errorf("question %d: got %+v, want %d", i+1, got, want)
		}
	}
}
