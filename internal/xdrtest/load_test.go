package xdrtest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestLoadIsStrict(t *testing.T) {
	t.Parallel()
	const agent = `{"id":"` + agentA + `","timeline":[{"at":0}]}`
	file := filepath.Join(t.TempDir(), "mine.json")
	for _, tt := range []struct{ name, text, want string }{
		{"unknown field", `{"agentz":[]}`, `"agentz"`},
		{"unknown field in a step", `{"agents":[{"count":1,"timeline":[{"at":0,"state":"FAILED"}]}]}`, `"state"`},
		{"type", `{"agents":[{"count":"1"}]}`, "agents.0.count"},
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

func TestLoadMissing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nothing": "mixed", "../load": "mixed", "nothing.json": "nothing.json",
	} {
		if _, err := xdrtest.Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s in it", name, err, want)
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
