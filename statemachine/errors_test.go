package statemachine

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// errorsTSV has a line for each error that an invocation of Check may end with: its name, the decision and the reason.
// test/e2e/semantics compares it with Lambda's own list and runs it on other engines.
//
//go:embed errors.tsv
var errorsTSV string

// decisions are the words of errors.tsv, in the order of Check's retriers.
var decisions = []string{"final", "throttled", "outage"}

// decided reads errors.tsv as decisions by name.
func decided(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for line := range strings.Lines(errorsTSV) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 || slices.Contains(fields, "") || rows[fields[0]] != "" {
			t.Fatalf("not an error, a decision and a reason, or not the first for this error: %q", line)
		}
		rows[fields[0]] = fields[1]
	}
	if rows["error"] != "decision" {
		t.Fatal("errors.tsv has no heading")
	}
	delete(rows, "error")
	return rows
}

func TestCheckReactsToEveryErrorAsDecided(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for name, want := range decided(t) {
		r, ok := m.Retried("Check", name)
		if !ok {
			t.Errorf("%s meets no retrier: %s", name, want)
			continue
		}
		if got := decisions[r.Index]; got != want {
			t.Errorf("%s is decided to be %s, and the machine says %s", name, want, got)
		}
	}
}

// The retriers must be what the decisions call them: never, and twice without end. A deadline is kept within five minutes:
// the longest delay, and the time of a check.
func TestCheckHasARetrierForEachDecision(t *testing.T) {
	t.Parallel()
	retriers := machine(t).States["Check"].Retry
	if len(retriers) != len(decisions) {
		t.Fatalf("%d retriers, want one for each of %q", len(retriers), decisions)
	}
	if final := retriers[0]; final.MaxAttempts != 0 {
		t.Errorf("%+v", final)
	}
	for _, r := range retriers[1:] {
		const endless = 99_999_999 // the most that AWS allows
		if r.MaxAttempts != endless || r.MaxDelaySeconds > 280 {
			t.Errorf("%+v", r)
		}
	}
	if first := retriers[outage].IntervalSeconds; first > 5 {
		t.Errorf("a blip costs a wait up to %d s", first)
	}
}

// A name that nothing raises is a typo of one that something does.
func TestEveryNameOfCheckIsDecided(t *testing.T) {
	t.Parallel()
	rows := decided(t)
	for _, r := range machine(t).Retries() {
		if r.State == "Check" && r.Error != asl.Wildcard && rows[r.Error] == "" {
			t.Errorf("%v: errors.tsv does not have it", r)
		}
	}
}

func TestOwnErrorsAreDecidedAsTheHandlerSays(t *testing.T) {
	t.Parallel()
	rows := decided(t)
	want := map[string]string{}
	for _, name := range constants(t, "ErrorName") {
		switch e := (&handler.Error{Name: handler.ErrorName(name)}); {
		case e.Name == handler.Throttled:
			want[name] = "throttled"
		case e.Temporary():
			want[name] = "outage"
		default:
			want[name] = "final"
		}
		if rows[name] != want[name] {
			t.Errorf("%s is decided to be %q, want %q", name, rows[name], want[name])
		}
	}
	for name := range rows {
		if strings.HasPrefix(name, "XDR.") && want[name] == "" {
			t.Errorf("pkg/handler has no error %s", name)
		}
	}
}

// A redrive enters the state that has failed. Only from Check does the wait go on from there.
func TestWhatFailsIsCheck(t *testing.T) {
	t.Parallel()
	m := machine(t)
	if catch := m.States["Check"].Catch; len(catch) > 0 {
		t.Errorf("Check has Catch: its error leads to %s, and a redrive would begin there", catch[0].Next)
	}
	for _, name := range m.Names() {
		s := m.States[name]
		if s.Type == "Fail" {
			t.Errorf("%s is a Fail state: a redrive only fails again", name)
		}
		if e, _ := m.Caught(name, "Something.New"); s.Type == "Task" && name != "Check" && e.To != s.Next {
			t.Errorf("%s fails the execution: an unknown error leads to %q, want %q", name, e.To, s.Next)
		}
	}
}
