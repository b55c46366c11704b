package torture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// TestOddAnswers lets both commands meet every odd answer with both kinds of key. Each check ends, in time and in little
// memory, with the right name, and nothing of the key or of a signature comes out.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	kinds := slices.Concat(oddStatusLines, oddInterims, oddHeaders, oddBodies, oddChunks, oddConnections, oddPages, oddHeads, oddTexts)
	sum := &oddSummary{}
	t.Run("cells", func(t *testing.T) {
		for n, kind := range kinds {
			for m := range 4 {
				if !long && m != n%4 { // one of the four, in turn
					continue
				}
				command, level := oddCommands[m%2], []string{"standard", "advanced"}[m/2]
				t.Run(fmt.Sprint(kind.name, "/", command.name, " ", level), func(t *testing.T) {
					t.Parallel()
					odd := serveOdd(t, kind, "")
					sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary, SecurityLevel: level})
					cell := oddCell{odd: odd, sim: sim, api: odd.url(), secrets: sim.URL(), limit: command.limit(kind)}
					sim.SetURL(odd.url())
					sum.add(kind, command, cell.meet(t, kind, command.check))
				})
			}
		}
	})
	sum.print(t, len(kinds))
}

// meet makes the check and judges it.
func (c oddCell) meet(t *testing.T, kind oddAnswer, check oddCheck) oddResult {
	t.Helper()
	r, output := check(t, c)
	if kind.lingers {
		eventually(t, "the other side leaves", c.odd.wasLeft)
	}
	if !slices.Contains(strings.Split(kind.want, "|"), r.outcome) {
		t.Errorf("%s, want %s: %.400s", r.outcome, kind.want, output())
	}
	if r.memory > maxMemory {
		t.Errorf("%d MiB of memory, more than %d", r.memory, maxMemory)
	}
	if piece := xdrtest.Leak(output(), append(c.odd.received(), xdrtest.Canary, awsKey, awsToken)...); piece != "" {
		t.Errorf("%q comes out: %.1000s", piece, output())
	}
	return r
}

// oddSummary has a line for each kind, and the most of all for each command.
type oddSummary struct {
	mu     sync.Mutex
	lines  map[string][]string
	cells  int
	most   map[string]time.Duration
	memory int
}

func (s *oddSummary) add(kind oddAnswer, command oddCommand, r oddResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines, s.most = make(map[string][]string), make(map[string]time.Duration)
	}
	s.lines[kind.name] = append(s.lines[kind.name], fmt.Sprintf("%s %s %d ms %d MiB", command.name, r.outcome, r.took.Milliseconds(), r.memory))
	s.cells++
	s.most[command.name] = max(s.most[command.name], r.took)
	s.memory = max(s.memory, r.memory)
}

// print shows the real times.
func (s *oddSummary) print(t *testing.T, kinds int) {
	t.Helper()
	names := make([]string, 0, len(s.lines))
	for name := range s.lines {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	for _, name := range names {
		slices.Sort(s.lines[name])
		t.Logf("%-58s %s", name, strings.Join(s.lines[name], "; "))
	}
	t.Logf("%d kinds of odd answers, %d cells; slowest: function %v, xdrwait %v; most memory %d MiB",
		kinds, s.cells, s.most["function"].Round(time.Millisecond), s.most["xdrwait"].Round(time.Millisecond), s.memory)
}
