package torture

import (
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// judge compares a check's verdict with the observer's at the same moment.
func (f *fleet) judge(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	want := x.truth(at)
	late := want == "pending" && at >= x.deadline && v.Outcome == handler.Failed && v.Reason == handler.DeadlineExceeded
	if string(v.Outcome) != want && !late {
		f.fail("WRONG VERDICT: action %d, %v after its begin: %s (%s), the truth is %s", x.id, at, v.Outcome, v.Reason, want)
	}
	if v.Outcome == handler.Pending && at > x.deadline {
		f.fail("action %d: pending %v past its deadline", x.id, at-x.deadline)
	}
}

// giveUp looks at a wait that an error has ended. That may be only one that met an outage past its deadline, and at the
// first chance to notice it.
func (f *fleet) giveUp(x *execution, err error) {
	late := f.now.Sub(x.began) - x.deadline
	if x.ended != timedOut || late < 0 || late > f.workflow.longestPause()+slowest {
		f.fail("LOST: action %d, %v past its deadline: %v", x.id, late, err)
		return
	}
	f.finish(x)
	f.sum.verdicts[x.ended]++
	f.sum.worstGivingUp = max(f.sum.worstGivingUp, late)
}

// finish looks at what every wait that ends must keep to.
func (f *fleet) finish(x *execution) {
	x.events += eventsExit + eventsDecide + eventsEnd
	if at := f.now.Sub(x.began); x.events >= maxEvents || at > f.workflow.limit {
		f.fail("LOST: action %d: %d events, %v", x.id, x.events, at)
	}
	f.sum.waits++
	f.sum.events = max(f.sum.events, x.events)
}

// end looks at a wait that is over: was it noticed soon enough, within the limits of an execution?
func (f *fleet) end(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	since := x.deadline
	if v.Reason == handler.DeadlineExceeded {
		f.sum.deadlines++
	} else {
		since = min(x.settled(at), max(x.deadline, x.settled(at)))
	}
	lag := at - since
	calm := !x.disturbed
	bound := min(max(since/10, 5*time.Second), f.step.MaxWait) + slowest
	if !calm {
		bound = x.lastError.Sub(x.began) - since + f.workflow.longestPause() + slowest
	}
	if lag > bound {
		f.fail("action %d: noticed %v late, the bound is %v", x.id, lag, bound)
	}
	if x.stranded {
		f.fail("action %d: %s (%s) in an outage past its deadline", x.id, v.Outcome, v.Reason)
	}
	f.finish(x)
	f.sum.verdicts[string(v.Outcome)+" "+string(v.Reason)]++
	f.sum.worstLag = max(f.sum.worstLag, lag)
	if calm {
		f.sum.worstCalmLag = max(f.sum.worstCalmLag, lag)
	}
}
