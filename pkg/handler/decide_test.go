package handler

import (
	"fmt"
	"os"
	"regexp"
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

// defaultPolicy is that of a request without one.
var defaultPolicy = new(reader).policy()

// every is each status that pkg/xdr knows, an unknown one, and none. A new status is in the tests as soon as it is there.
var every = append(known("../xdr/status.go"), "SUCCEEDED", noText, missing)

// known reads the constants in the source of pkg/xdr.
func known(file string) (all []xdr.Status) {
	source, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	for _, m := range regexp.MustCompile(` Status += "(\w+)"`).FindAllSubmatch(source, -1) {
		all = append(all, xdr.Status(m[1]))
	}
	return all
}

// judged folds statuses as a reply would and decides.
func judged(p policy, pastGrace, pastDeadline bool, statuses ...xdr.Status) (Outcome, Reason, *tally) {
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
	o, why := decide(situation{Endpoints: t.Endpoints, pastGrace: pastGrace, pastDeadline: pastDeadline}, p)
	return o, why, t
}

func agentID(i int) string { return fmt.Sprintf("%032x", i) }

func TestEveryStatusAlone(t *testing.T) {
	t.Parallel()
	open := [3]Reason{InProgress, InProgress, InProgress}
	bad := [3]Reason{EndpointsFailed, EndpointsFailed, EndpointsFailed}
	table := map[xdr.Status][3]Reason{ // what one agent alone leads to, by policy.partial: failed, done, pending
		"PENDING":                                open,
		"IN_PROGRESS":                            open,
		"PENDING_ABORT":                          open,
		"COMPLETED_SUCCESSFULLY":                 {AllSucceeded, AllSucceeded, AllSucceeded},
		"COMPLETED_PARTIAL":                      {EndpointsFailed, AllSucceeded, InProgress},
		"FAILED":                                 bad,
		"TIMEOUT":                                bad,
		"EXPIRED":                                bad,
		"ABORTED":                                bad,
		"CANCELLED":                              bad,
		"CANCELED":                               bad,
		"":                                       open,
		"SUCCEEDED":                              open,
		"COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS": open,
		"completed_successfully":                 open,
		"COMPLETED_SUCCESSFULLY ":                open,
		noText:                                   open,
		missing:                                  {NoEndpoints, NoEndpoints, NoEndpoints},
	}
	for _, status := range every {
		if _, ok := table[status]; !ok {
			t.Errorf("%q is not in this table", status)
		}
	}
	for status, want := range table {
		for i, p := range []Outcome{Failed, Done, Pending} {
			for _, s := range []string{settleAll, settleCertain} {
				_, why, _ := judged(policy{1, p, Pending, s}, false, false, status)
				if why != want[i] {
					t.Errorf("%q, partial %s, settle %s: %s, want %s", status, p, s, why, want[i])
				}
				late, why, _ := judged(policy{1, p, Pending, s}, false, true, status)
				if want[i] == InProgress && (late != Failed || why != DeadlineExceeded) {
					t.Errorf("%q past the deadline: %s, %s", status, late, why)
				}
			}
		}
	}
}

// oracle decides by trying out every way in which the pending agents could end: an outcome is certain if it is the
// same for all of them. It shares nothing with decide.
func oracle(p policy, agents []xdr.Status) Outcome {
	good, bad, open, present := 0, 0, 0, 0
	for _, s := range agents {
		if s != missing {
			present++
		}
		switch {
		case s == "COMPLETED_SUCCESSFULLY", s == "COMPLETED_PARTIAL" && p.partial == "done":
			good++
		case s == "FAILED", s == "TIMEOUT", s == "EXPIRED", s == "ABORTED", s == "CANCELLED", s == "CANCELED",
			s == "COMPLETED_PARTIAL" && p.partial == "failed", s == "SUCCEEDED" && p.unknown == "failed":
			bad++
		default:
			open++
		}
	}
	if present == 0 || open > 0 && p.settle == "all" {
		return Pending
	}
	enough, short := 0, 0
	for more := 0; more <= open; more++ {
		// good of all, in percent, without rounding: 100·good ≥ percent·all
		if 100*(good+more) >= p.minSuccessPercent*len(agents) && good+more >= 1 {
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

// agrees judges these statuses and compares with the oracle. The counts add up, and past the deadline nothing is pending.
func agrees(t rapid.TB, p policy, statuses ...xdr.Status) {
	got, why, tally := judged(p, false, false, statuses...)
	if want := oracle(p, statuses); got != want {
		t.Errorf("%s under %+v: %s (%s), want %s", statuses, p, got, why, want)
	}
	n := len(statuses)
	e := tally.Endpoints
	if (why == AllSucceeded) != (e.Succeeded == n) || (why == EnoughSucceeded) != (got == Done && e.Succeeded < n) {
		t.Errorf("%s under %+v: %s", statuses, p, why)
	}
	if e.Total != n || e.Succeeded+e.Failed+e.Pending != n || e.Missing > e.Pending {
		t.Errorf("%s: counts %+v do not add up", statuses, e)
	}
	if late, _, _ := judged(p, true, true, statuses...); late == Pending {
		t.Errorf("%s under %+v: pending past the deadline", statuses, p)
	}
}

func TestEveryPairOfStatuses(t *testing.T) {
	t.Parallel()
	for _, percent := range []int{1, 50, 51, 100} {
		for _, partial := range []Outcome{Failed, Done, Pending} {
			for _, unknown := range []Outcome{Pending, Failed} {
				for _, settle := range []string{settleAll, settleCertain} {
					for _, a := range every {
						for _, b := range every {
							agrees(t, policy{percent, partial, unknown, settle}, a, b)
						}
					}
				}
			}
		}
	}
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
		{"old, all expected missing", situation{Endpoints: Endpoints{Total: 2, Pending: 2, Missing: 2}, pastGrace: true}, Failed, ActionNotFound},
		{"old and empty after endpoints", situation{Endpoints: Endpoints{Seen: 1}, pastGrace: true}, Pending, NoEndpoints},
		{"the same, late", situation{Endpoints: Endpoints{Seen: 1}, pastGrace: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"late with one pending", situation{Endpoints: open, pastGrace: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"late with one missing", situation{Endpoints: missing, pastGrace: true, pastDeadline: true}, Failed, DeadlineExceeded},
		{"late but done", situation{Endpoints: ok, pastGrace: true, pastDeadline: true}, Done, AllSucceeded},
		{"late and failed", situation{Endpoints: bad, pastGrace: true, pastDeadline: true}, Failed, EndpointsFailed},
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

func anyPolicy(t *rapid.T) policy {
	return policy{
		rapid.IntRange(1, 100).Draw(t, "percent"),
		rapid.SampledFrom([]Outcome{Failed, Done, Pending}).Draw(t, "partial"),
		rapid.SampledFrom([]Outcome{Pending, Failed}).Draw(t, "unknown"),
		rapid.SampledFrom([]string{settleAll, settleCertain}).Draw(t, "settle"),
	}
}

func TestAnyNumberOfStatuses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		agrees(t, anyPolicy(t), rapid.SliceOfN(rapid.SampledFrom(every), 1, 300).Draw(t, "agents")...)
	})
}
