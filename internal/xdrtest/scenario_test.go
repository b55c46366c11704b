package xdrtest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// data is a reply about agents whose statuses are these, in the order of agentA and agentB; "" for none.
func data(statuses ...string) string {
	var members []string
	for i, id := range []string{agentA, agentB}[:len(statuses)] {
		if statuses[i] != "" {
			members = append(members, fmt.Sprintf("%q:%q", id, statuses[i]))
		}
	}
	return `{"reply":{"data":{` + strings.Join(members, ",") + "}}}"
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	r := play(t,
		xdrtest.Agent{ID: agentA, Timeline: []xdrtest.Step{{Status: "PENDING"}, {At: 12, Status: "FAILED"}}},
		xdrtest.Agent{ID: agentB, Timeline: []xdrtest.Step{{At: 5, Status: "IN_PROGRESS"}, {At: 20}}})
	r.ask(anyID, header("Authorization", "wrong"))
	r.Advance(time.Hour) // the clock of the action has not started
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{
		{0, data("PENDING")},
		{4999 * time.Millisecond, data("PENDING")},
		{time.Millisecond, data("PENDING", "IN_PROGRESS")},
		{7 * time.Second, data("FAILED", "IN_PROGRESS")},
		{8 * time.Second, data("FAILED")},
		{time.Hour, data("FAILED")},
		{-3 * time.Hour, data("PENDING")}, // as for the earlier of two questions at a time, if the later one starts the clock
	} {
		r.Advance(tt.after)
		if got := r.ask(anyID); got.body != tt.want {
			t.Errorf("after %v more: got %+v, want %s", tt.after, got, tt.want)
		}
	}
	r.Advance(4 * time.Hour)
	if got := r.ask(1); got.body != data("PENDING") {
		t.Errorf("another action, which has a clock of its own: %+v", got)
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

func TestReplies(t *testing.T) {
	t.Parallel()
	const reason = `{"errorDescription":"x"}`
	all := map[string]xdrtest.Scenario{
		`{"reply":{"data":{}}}`: {}, `{"reply":{"data":null}}`: {EmptyAs: "null"}, `{}`: {EmptyAs: "no_reply"},
	}
	explained := []string{"FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELLED", "CANCELED", "COMPLETED_PARTIAL"}
	others := []string{"COMPLETED_SUCCESSFULLY", "PENDING", "IN_PROGRESS", "PENDING_ABORT", `a "quoted" one`}
	for _, status := range slices.Concat(explained, others) {
		want := data(status)
		if slices.Contains(explained, status) {
			want = strings.TrimSuffix(want, "}}") + `,"errorReasons":{"` + agentA + `":` + reason + "}}}"
		}
		agent := xdrtest.Agent{ID: agentA, Timeline: always(status), ErrorReason: json.RawMessage(reason)}
		all[want] = xdrtest.Scenario{Agents: []xdrtest.Agent{agent}}
	}
	for want, scenario := range all {
		r := start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}})
		if got := r.ask(anyID); got.body != want {
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
		{"trailing data", `{} {}`, "after top-level value"},
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
