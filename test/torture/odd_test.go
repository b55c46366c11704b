package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// kind is one kind of answer, and what a check must make of it.
type kind struct {
	name    string
	want    string // a verdict or an error's name; two with | between them where it depends on who is faster
	play    play
	event   string // that the function gets; "" asks about action 1
	early   bool   // begins when the connection does, before there is a request
	lingers bool   // goes on after the answer: look at the output when the other side has left
}

// plays are answers by their names.
type plays map[string]play

// all are answers that end alike.
func all(want string, of plays) []kind {
	var kinds []kind
	for _, name := range slices.Sorted(maps.Keys(of)) {
		kinds = append(kinds, kind{name: name, want: want, play: of[name]})
	}
	return kinds
}

// each is an answer for each text. They have the same form and end alike.
func each(want, what string, form func(string) play, texts ...string) []kind {
	var kinds []kind
	for _, text := range texts {
		kinds = append(kinds, kind{name: fmt.Sprintf("%s: %.90q", what, text), want: want, play: form(text)})
	}
	return kinds
}

func early(kinds []kind) []kind     { return with(kinds, func(k *kind) { k.early = true }) }
func lingering(kinds []kind) []kind { return with(kinds, func(k *kind) { k.lingers = true }) }

func with(kinds []kind, change func(*kind)) []kind {
	for n := range kinds {
		change(&kinds[n])
	}
	return kinds
}

// TestOddAnswers lets both commands meet every odd answer of the API.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	kinds := slices.Concat(oddLines, oddHeaders, oddBodies, oddConnections, oddTexts, oddHeads)
	meetAll(t, "API", kinds, (*testing.T).Parallel)
}

// TestOddSecretsManager is the same with Secrets Manager as the odd one.
func TestOddSecretsManager(t *testing.T) {
	t.Parallel()
	meetAll(t, "Secrets Manager", oddSecrets, (*testing.T).Parallel)
}

// TestHostileReplies is the same with huge, deep and ambiguous replies, one after the other: their times are of use.
func TestHostileReplies(t *testing.T) {
	meetAll(t, "API", hostileReplies, func(*testing.T) {})
	sum := newReport()
	for _, k := range hostileRequests {
		t.Run(k.name, func(t *testing.T) { newCell(t, k, "API", "standard").meet(t, oddCommands[0], sum) })
	}
}

// meetAll lets both commands, with both kinds of key, meet every kind of answer of one service.
func meetAll(t *testing.T, odd string, kinds []kind, begin func(*testing.T)) {
	sum := newReport()
	sum.count("kinds", len(kinds))
	t.Run("cells", func(t *testing.T) {
		for n, k := range kinds {
			for m := range 4 {
				if !long && m != n%4 { // one of the four, in turn
					continue
				}
				command := oddCommands[m%2]
				level := []string{"standard", "advanced"}[m/2]
				t.Run(fmt.Sprint(k.name, "/", command.name, " ", level), func(t *testing.T) {
					begin(t)
					newCell(t, k, odd, level).meet(t, command, sum)
				})
			}
		}
	})
	sum.print(t)
}

// meet makes a check and judges it: it ends, in time and in little memory, with the right name, and nothing of the key
// or of a signature comes out.
func (c cell) meet(t *testing.T, by command, sum *report) {
	t.Helper()
	r, output := by.check(t, c)
	if c.kind.lingers {
		eventually(t, "the other side leaves", c.odd.left.Load)
	}
	if !slices.Contains(strings.Split(c.kind.want, "|"), r.outcome) {
		t.Errorf("%s, want %s: %.400s", r.outcome, c.kind.want, output())
	}
	if r.memory > maxMemory {
		t.Errorf("%d MiB of memory, more than %d", r.memory, maxMemory)
	}
	noSecrets(t, output(), c.odd.received()...)
	t.Logf("%s, %s: %s, %d ms, %d MiB", c.kind.name, by.name, r.outcome, r.took.Milliseconds(), r.memory)
	sum.count("cells", 1)
	sum.most("slowest in ms, "+by.name, int(r.took.Milliseconds()))
	sum.most("most memory in MiB", r.memory)
}

// cell is where one command finds its services, of which one is odd.
type cell struct {
	kind         kind
	odd          *oddServer
	sim          *xdrtest.Sim // the other one
	api, secrets string
}

func newCell(t *testing.T, k kind, odd, level string) cell {
	t.Helper()
	sim := xdrtest.Start(t, tenant(level))
	c := cell{kind: k, sim: sim, odd: serveOdd(t, k, sim.SecretValue()), api: sim.URL(), secrets: sim.URL()}
	if odd == "API" {
		c.api = c.odd.url
		sim.SetURL(c.api) // in the secret
	} else {
		c.secrets = c.odd.url
	}
	return c
}

func (c cell) apiIsOdd() bool { return c.api == c.odd.url }
