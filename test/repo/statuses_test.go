package repo

import (
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// The scenario all_statuses has one agent for each status that pkg/xdr knows. README's table is in TestTablesOfREADME;
// the tables in pkg/handler/decide_test.go read the statuses of pkg/xdr themselves.
func TestAllStatuses(t *testing.T) {
	t.Parallel()
	scenario, err := xdrtest.Load("all_statuses")
	if err != nil {
		t.Fatal(err)
	}
	var played []string
	for _, agent := range scenario.Agents {
		played = append(played, agent.Timeline[0].Status)
	}
	same(t, "all_statuses plays", played, find(read(t, "pkg/xdr/status.go"), ` Status += "(\w+)"`))
}
