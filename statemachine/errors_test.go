package statemachine

import (
	_ "embed"
	"os"
	"path/filepath"
	"regexp"
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

// constants returns, sorted, the values of the constants of a string type in the source of pkg/handler: a new one
// cannot be forgotten here.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	files, err := filepath.Glob("../pkg/handler/*.go")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	var values []string
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\s*\w+ +`+typeName+` += "(.+)"`).FindAllSubmatch(source, -1) {
			values = append(values, string(m[1]))
		}
	}
	slices.Sort(values)
	return values
}

// Check reacts to every error as decided. A name that has no decision is a typo of one that has.
func TestCheckReactsToEveryErrorAsDecided(t *testing.T) {
	t.Parallel()
	m := machine(t)
	rows := decided(t)
	for name, want := range rows {
		if r, ok := m.Retried("Check", name); !ok || decisions[r.Index] != want {
			t.Errorf("%s is decided to be %s, and meets a retrier: %v, which is %s", name, want, ok, decisions[r.Index])
		}
	}
	for _, r := range m.States["Check"].Retry {
		for _, name := range r.ErrorEquals {
			if name != asl.Wildcard && rows[name] == "" {
				t.Errorf("errors.tsv does not have %s", name)
			}
		}
	}
}

// The retriers must be what the decisions call them: never, and twice without end. A deadline is kept within five
// minutes: the longest delay, and the time of a check.
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

func TestOwnErrorsAreDecidedAsTheHandlerSays(t *testing.T) {
	t.Parallel()
	rows := decided(t)
	names := constants(t, "ErrorName")
	for _, name := range names {
		want := "final"
		switch e := (&handler.Error{Name: handler.ErrorName(name)}); {
		case e.Name == handler.Throttled:
			want = "throttled"
		case e.Temporary():
			want = "outage"
		}
		if rows[name] != want {
			t.Errorf("%s is decided to be %q, want %q", name, rows[name], want)
		}
	}
	for name := range rows {
		if strings.HasPrefix(name, "XDR.") && !slices.Contains(names, name) {
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
	for name, s := range m.States {
		if s.Type == "Fail" {
			t.Errorf("%s is a Fail state: a redrive only fails again", name)
		}
		if e, _ := m.Caught(name, "Something.New"); s.Type == "Task" && name != "Check" && e.To != s.Next {
			t.Errorf("%s fails the execution: an unknown error leads to %q, want %q", name, e.To, s.Next)
		}
	}
}
