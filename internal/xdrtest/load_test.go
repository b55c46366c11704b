package xdrtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestLoadIsStrict(t *testing.T) {
	t.Parallel()
	const id = agentA
	for _, tt := range []struct{ name, text, want string }{
		{"unknown field", `{"agentz":[]}`, `"agentz"`},
		{"unknown field in a step", `{"agents":[{"count":1,"timeline":[{"at":0,"state":"FAILED"}]}]}`, `"state"`},
		{"type", `{"agents":[{"count":"1"}]}`, "count: want int, got string"},
		{"no JSON", `{`, "EOF"},
		{"trailing data", `{} {}`, "data after"},
		{"negative id", `{"group_action_id":-1}`, "group_action_id:"},
		{"empty_as", `{"empty_as":"none"}`, "empty_as:"},
		{"error_reasons", `{"error_reasons":"always"}`, "error_reasons:"},
		{"no id, no count", `{"agents":[{"timeline":[{"at":0}]}]}`, "agents[0].count:"},
		{"id and count", `{"agents":[{"id":"` + id + `","count":2,"timeline":[{"at":0}]}]}`, "agents[0].count:"},
		{"short id", `{"agents":[{"id":"abc","timeline":[{"at":0}]}]}`, "agents[0].id:"},
		{"id twice", `{"agents":[{"id":"` + id + `","timeline":[{"at":0}]},{"id":"` + id + `","timeline":[{"at":0}]}]}`, "agents[1].id:"},
		{"negative spread", `{"agents":[{"count":1,"spread":-1,"timeline":[{"at":0}]}]}`, "agents[0].spread:"},
		{"no timeline", `{"agents":[{"count":1,"timeline":[]}]}`, "agents[0].timeline:"},
		{"steps out of order", `{"agents":[{"count":1,"timeline":[{"at":5},{"at":5}]}]}`, "agents[0].timeline[1].at:"},
		{"negative time", `{"agents":[{"count":1,"timeline":[{"at":-0.5}]}]}`, "agents[0].timeline[0].at:"},
		{"negative from", `{"faults":[{"from":-1}]}`, "faults[0].from:"},
		{"to before from", `{"faults":[{},{"from":3,"to":2}]}`, "faults[1].to:"},
		{"rate", `{"faults":[{"rate":1.5}]}`, "faults[0].rate:"},
		{"status", `{"faults":[{"status":99}]}`, "faults[0].status:"},
		{"delay", `{"faults":[{"delay_seconds":-1}]}`, "faults[0].delay_seconds:"},
		{"padding", `{"faults":[{"pad_bytes":-1}]}`, "faults[0].pad_bytes:"},
		{"cut", `{"faults":[{"cut_after_bytes":-1}]}`, "faults[0].cut_after_bytes:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "mine.json")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := xdrtest.Load(file)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %v, want the file and %s", err, tt.want)
			}
		})
	}
}

func TestLoadFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.json")
	text := `{"group_action_id":5,"agents":[{"count":2,"spread":1.5,"timeline":[{"at":1,"status":null}]}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := xdrtest.Load(file)
	if err != nil || s.GroupActionID != 5 || s.Agents[0].Count != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestLoadMissing(t *testing.T) {
	t.Parallel()
	if _, err := xdrtest.Load("nothing"); err == nil || !strings.Contains(err.Error(), "mixed") {
		t.Errorf("got %v, want the names", err)
	}
	if _, err := xdrtest.Load("../load"); err == nil {
		t.Error("a name left the directory")
	}
	if _, err := xdrtest.Load("nothing.json"); err == nil || !strings.Contains(err.Error(), "nothing.json") {
		t.Errorf("got %v, want the path", err)
	}
}
