package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// No cell of the CSV is a formula to a spreadsheet, whatever the API writes.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if got := cell(begin + "1"); got != "'"+begin+"1" {
			t.Errorf("got %q", got)
		}
	}
	v := handler.Verdict{Outcome: handler.Failed, PendingEndpoints: []string{"=1"}}
	v.FailedEndpoints = []handler.FailedEndpoint{{AgentID: "=1", Status: "=2", Error: "=3"}, {Error: "1 = 1"}}
	var out bytes.Buffer
	if err := printCSV(&out, []result{{id: "7", verdict: &v}}); err != nil {
		t.Fatal(err)
	}
	const want = "7,failed,,0,0,0,0,,,,\n7,failed,,,,,,'=1,failed,'=2,'=3\n7,failed,,,,,,,failed,,1 = 1\n7,failed,,,,,,'=1,pending,,\n"
	if _, got, _ := strings.Cut(out.String(), "note\n"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
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
