package main

import (
	"bytes"
	"encoding/csv"
	"slices"
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
			{"7", "failed", "'" + foreign, "failed", "'=1", "'" + foreign},
			{"7", "failed", "a", "failed", "FAILED", "1 = 1"},
			{"7", "failed", "'" + foreign, "pending", "", ""},
		}
		if err != nil || !slices.EqualFunc(rows[1:], want, slices.Equal) {
			t.Errorf("%v: got %q, want %q", err, rows, want)
		}
	}
}
