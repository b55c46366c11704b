package main

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// No cell of the CSV is a formula to a spreadsheet, whatever the API writes.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		foreign := begin + `HYPERLINK("https://example.com","x")`
		failed := handler.FailedEndpoint{AgentID: foreign, Status: "=1", Error: foreign}
		harmless := handler.FailedEndpoint{AgentID: "a", Status: "FAILED", Error: "1 = 1"}
		verdict := handler.Verdict{Outcome: handler.Failed, PendingEndpoints: []string{foreign}}
		verdict.FailedEndpoints = []handler.FailedEndpoint{failed, harmless}
		var out bytes.Buffer
		if err := (options{output: "csv"}).print(&out, []result{{id: "7", verdict: &verdict}}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		want := [][]string{
			{"7", "failed", "", "0", "0", "0", "0", "", "", "", ""},
			{"7", "failed", "", "", "", "", "", "'" + foreign, "failed", "'=1", "'" + foreign},
			{"7", "failed", "", "", "", "", "", "a", "failed", "FAILED", "1 = 1"},
			{"7", "failed", "", "", "", "", "", "'" + foreign, "pending", "", ""},
		}
		if err != nil || !slices.EqualFunc(rows[1:], want, slices.Equal) {
			t.Errorf("%v: got %q, want %q", err, rows, want)
		}
	}
}

// A row for each action, one for each endpoint that is listed, and a word on the others.
func TestWhatIsCut(t *testing.T) {
	t.Parallel()
	many := inFile(t, `{"description": "x", "agents": [{"count": 250, "timeline": [{"at": 0, "status": "FAILED"}]}]}`)
	const cut = "cut: 100 of 250 failed and 0 of 0 pending endpoints are listed\n"
	for form, rows := range map[string]int{"csv": 1 + 2*101, "table": 2 * 102} {
		code, stdout, _ := command(t, "--simulate", many, "--output", form, "1", "2")
		if code != exitFailed || strings.Count(stdout, "\n") != rows || strings.Count(stdout, cut) != 2 {
			t.Errorf("%s: exit code %d: %s", form, code, stdout)
		}
	}
	refused := inFile(t, `{"description": "x", "faults": [{"status": 403}]}`)
	code, stdout, _ := command(t, "--simulate", refused, "--output", "csv", "7")
	if code != exitUnknown || !strings.Contains(stdout, "\n7,,,,,,,,,,XDR.Unauthorized: ") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}
