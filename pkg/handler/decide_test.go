package handler

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// In these tests only, missing stands for an expected agent that the reply does not name, and noText for one whose
// status is no string.
const (
	missing xdr.Status = "(missing)"
	noText  xdr.Status = "null"
)

// countsAs is what each status counts as: an outcome, or what the policy says of one that is partial or unknown.
var countsAs = map[xdr.Status]string{
	"PENDING":                                "pending",
	"IN_PROGRESS":                            "pending",
	"PENDING_ABORT":                          "pending",
	"COMPLETED_SUCCESSFULLY":                 "done",
	"COMPLETED_PARTIAL":                      "partial",
	"FAILED":                                 "failed",
	"TIMEOUT":                                "failed",
	"EXPIRED":                                "failed",
	"ABORTED":                                "failed",
	"CANCELLED":                              "failed",
	"CANCELED":                               "failed",
	"":                                       "unknown",
	"SUCCEEDED":                              "unknown",
	"COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS": "unknown",
	"completed_successfully":                 "unknown",
	"COMPLETED_SUCCESSFULLY ":                "unknown",
	noText:                                   "pending",
	missing:                                  "pending",
}

var every = slices.Sorted(maps.Keys(countsAs))

func agentID(i int) string { return fmt.Sprintf("%032x", i) }

// judged folds statuses as a reply would and decides.
func judged(p policy, pastDeadline bool, statuses ...xdr.Status) (Outcome, Reason, Endpoints) {
	r := request{policy: p, expected: agents{}}
	for i, s := range statuses {
		if s == missing {
			r.expected[agentID(i)] = agentID(i)
		}
	}
	t := newTally(r)
	for i, s := range statuses {
		if s == noText {
			t.NoStatus([]byte(agentID(i)), []byte(s))
		} else if s != missing {
			t.AgentStatus([]byte(agentID(i)), s)
		}
	}
	t.finish()
	outcome, reason := decide(situation{Endpoints: t.Endpoints, pastDeadline: pastDeadline}, p)
	return outcome, reason, t.Endpoints
}

// oracle decides by trying out every way in which the pending agents could end: an outcome is certain if it is the
// same for all of them. It shares nothing with decide.
func oracle(p policy, statuses []xdr.Status) Outcome {
	n := map[string]int{}
	present := 0
	for _, s := range statuses {
		as := countsAs[s]
		switch as {
		case "partial":
			as = string(p.partial)
		case "unknown":
			as = string(p.unknown)
		}
		n[as]++
		if s != missing {
			present++
		}
	}
	if present == 0 || n["pending"] > 0 && !p.certain {
		return Pending
	}
	var enough, short int
	for good := n["done"]; good <= n["done"]+n["pending"]; good++ {
		// good of all, in percent, without rounding: 100·good ≥ percent·all
		if 100*good >= p.minSuccessPercent*len(statuses) && good >= 1 {
			enough++
		} else {
			short++
		}
	}
	switch {
	case short == 0:
		return Done
	case enough == 0:
		return Failed
	}
	return Pending
}

// agrees judges statuses and compares with the oracle. The reason follows from the outcome, the deadline ends what is
// pending and nothing else, and the counts add up.
func agrees(t rapid.TB, p policy, statuses ...xdr.Status) {
	outcome, reason, e := judged(p, false, statuses...)
	want := map[Outcome]Reason{Done: EnoughSucceeded, Failed: EndpointsFailed, Pending: InProgress}[outcome]
	switch {
	case outcome == Done && e.Succeeded == e.Total:
		want = AllSucceeded
	case outcome == Pending && e.Missing == e.Total:
		want = NoEndpoints
	}
	if outcome != oracle(p, statuses) || reason != want {
		t.Errorf("%q under %+v: %s, %s, want %s", statuses, p, outcome, reason, oracle(p, statuses))
	}
	late, why, _ := judged(p, true, statuses...)
	if outcome == Pending && (late != Failed || why != DeadlineExceeded) || outcome != Pending && (late != outcome || why != reason) {
		t.Errorf("%q under %+v past the deadline: %s, %s", statuses, p, late, why)
	}
	if n := len(statuses); e.Total != n || e.Succeeded+e.Failed+e.Pending != n || e.Missing > e.Pending {
		t.Errorf("%q: counts %+v do not add up", statuses, e)
	}
}

func policies(percents ...int) (all []policy) {
	for _, percent := range percents {
		for _, partial := range []Outcome{Failed, Done, Pending} {
			for _, unknown := range []Outcome{Pending, Failed} {
				for _, certain := range []bool{false, true} {
					all = append(all, policy{percent, partial, unknown, certain})
				}
			}
		}
	}
	return all
}

func TestEveryStatusAlone(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../xdr/status.go")
	known := regexp.MustCompile(` Status += "(\w+)"`).FindAllSubmatch(source, -1)
	if err != nil || len(known) == 0 {
		t.Fatalf("no statuses in the source of pkg/xdr: %v", err)
	}
	for _, m := range known {
		if as := countsAs[xdr.Status(m[1])]; as == "" || as == "unknown" {
			t.Errorf("%s counts as %q", m[1], as)
		}
	}
	for _, p := range policies(1) {
		for _, status := range every {
			agrees(t, p, status)
		}
	}
}

func TestEveryPairOfStatuses(t *testing.T) {
	t.Parallel()
	for _, p := range policies(1, 50, 51, 100) {
		for _, a := range every {
			for _, b := range every {
				agrees(t, p, a, b)
			}
		}
	}
}

func TestAnyNumberOfStatuses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(policies(rapid.IntRange(1, 100).Draw(t, "percent"))).Draw(t, "policy")
		agrees(t, p, rapid.SliceOfN(rapid.SampledFrom(every), 1, 300).Draw(t, "agents")...)
	})
}

// An action that had endpoints does not become unknown. An error text beside the statuses makes success doubtful, and
// nothing else.
func TestSituations(t *testing.T) {
	t.Parallel()
	ok := Endpoints{Total: 2, Succeeded: 2, Seen: 2}
	bad := Endpoints{Total: 2, Succeeded: 1, Failed: 1, Seen: 2}
	open := Endpoints{Total: 2, Succeeded: 1, Pending: 1, Seen: 2}
	missing := Endpoints{Total: 2, Succeeded: 1, Pending: 1, Missing: 1, Seen: 1}
	for _, c := range []struct {
		name string
		situation
		outcome Outcome
		reason  Reason
	}{
		{"young and empty", situation{}, Pending, NoEndpoints},
		{"old and empty", situation{pastGrace: true}, Failed, ActionNotFound},
		{"young, empty and late", situation{pastDeadline: true}, Failed, DeadlineExceeded},
		{"old, empty and late", situation{pastGrace: true, pastDeadline: true}, Failed, ActionNotFound},
		{"old, empty and doubtful", situation{pastGrace: true, doubtful: true}, Pending, NoEndpoints},
		{"old, all expected missing", situation{Endpoints: Endpoints{Total: 2, Pending: 2, Missing: 2}, pastGrace: true}, Failed, ActionNotFound},
		{"old and empty after endpoints", situation{Endpoints: Endpoints{Seen: 1}, pastGrace: true}, Pending, NoEndpoints},
		{"the same, late", situation{Endpoints: Endpoints{Seen: 1}, pastGrace: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"late with one missing", situation{Endpoints: missing, pastGrace: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"old with one missing", situation{Endpoints: missing, pastGrace: true}, Pending, InProgress},
		{"doubtful", situation{Endpoints: ok, doubtful: true}, Pending, InProgress},
		{"doubtful and late", situation{Endpoints: ok, doubtful: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"doubtful but failed", situation{Endpoints: bad, doubtful: true}, Failed, EndpointsFailed},
		{"doubtful and pending", situation{Endpoints: open, doubtful: true}, Pending, InProgress},
	} {
		outcome, reason := decide(c.situation, defaultPolicy)
		if outcome != c.outcome || reason != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.name, outcome, reason, c.outcome, c.reason)
		}
	}
}
