package torture

import (
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// Figures of a report.
const (
	waitsEnded = "waits"
	worstLag   = "worst lag, in seconds"
	endedBy    = "waits that ended as "
	mistakes   = "waits lost, late or judged wrongly"
)

// soon is the promise for what errors have delayed: five minutes and the check itself.
const soon = 5*time.Minute + slowest

func (f *fleet) fail(format string, args ...any) {
	f.sum.count(mistakes, 1)
	f.t.Errorf(format, args...)
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

// limit is when the machine's own TimeoutSeconds ends an execution.
func (x *execution) limit() time.Time {
	return x.started.Add(time.Duration(x.TimeoutSeconds) * time.Second)
}

// judge compares a check's verdict with the observer's at the same moment.
func (f *fleet) judge(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	want := x.truth(at)
	x.seen = x.seen || x.shows(at)
	if !x.seen && at > f.step.EmptyGrace {
		want = "failed" // not found: no reply of this wait has ever named an endpoint
	}
	late := want == "pending" && at >= x.deadline && v.Outcome == handler.Failed && v.Reason == handler.DeadlineExceeded
	if string(v.Outcome) != want && !late {
		f.fail("WRONG VERDICT: action %d, %v after its begin: %s (%s), the truth is %s", x.id, at, v.Outcome, v.Reason, want)
	}
	if v.Outcome == handler.Pending && at > x.deadline {
		f.fail("action %d: pending %v past its deadline", x.id, at-x.deadline)
	}
	if v.Execution != x.name {
		f.fail("action %d: the verdict is for execution %q, not %q", x.id, v.Execution, x.name)
	}
}

// giveUp looks at a wait that an error has ended. Either it is past its deadline, at the first chance to notice that, or
// the function cannot be run at all.
func (f *fleet) giveUp(x *execution, name string) {
	noticeable := x.began.Add(x.deadline)
	if x.lastCrash.After(noticeable) {
		noticeable = x.lastCrash
	}
	late := f.now.Sub(noticeable)
	timedOut := name == string(handler.TimedOut) && late >= 0 && late <= soon
	neverRun := name == "States.Timeout" && f.lambdaDown.cover(f.now) && !f.now.After(x.limit())
	if !timedOut && !neverRun {
		f.fail("LOST: action %d, %v past its deadline: %s", x.id, late, name)
	}
	f.finish(x, name)
	f.sum.most("worst time past the deadline in an outage, in seconds", seconds(late))
}

// finish looks at what is the same for every wait that ends.
func (f *fleet) finish(x *execution, how string) {
	x.events += asl.EventsEnd
	if x.events >= asl.MaxEvents {
		f.fail("LOST: action %d: %d events", x.id, x.events)
	}
	f.sum.count(waitsEnded, 1)
	f.sum.count(endedBy+how, 1)
	f.sum.most("most history events", x.events)
}

// end looks at a wait that is over: was it noticed soon enough?
func (f *fleet) end(x *execution, v handler.Verdict, takes time.Duration) {
	at := f.now.Sub(x.began)
	since := x.deadline
	if v.Reason != handler.DeadlineExceeded {
		since = max(x.settled(at), x.started.Sub(x.began))
	}
	lag := at - since
	bound := min(max(since/10, 5*time.Second), f.step.MaxWait) + slowest
	if x.disturbed {
		bound = x.lastError.Sub(x.began) - since + soon
	} else {
		f.sum.most("worst lag without an error just before, in seconds", seconds(lag))
	}
	if lag > bound && f.pace == 0 {
		f.fail("action %d: noticed %v late, the bound is %v", x.id, lag, bound)
	}
	if x.stranded {
		f.fail("action %d: %s (%s) in an outage past its deadline", x.id, v.Outcome, v.Reason)
	}
	f.finish(x, string(v.Outcome)+", "+string(v.Reason))
	f.sum.most(worstLag, seconds(lag))
	f.lags = append(f.lags, lag+takes)
}
